"""The house card of a room, and the steps taken on it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from wangge.domains.cases import at_homes
from wangge.domains.fieldwork import visits
from wangge.domains.people import benefits, house_card
from wangge.domains.people.actions import enrolling, needs, registering
from wangge.domains.people.homes import address_of
from wangge.doors.desk.cases.rows import rows
from wangge.doors.desk.homes.forms import BenefitForm, NeedForm
from wangge.foundation.accounts.authority import authority_of
from wangge.foundation.accounts.gate import gate
from wangge.foundation.accounts.permissions import P
from wangge.foundation.core.problems import NotAllowedError, NotFoundError, Problem

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from wangge.domains.people.house_card import HouseCard
    from wangge.domains.people.models import Circumstance, Enrolment

NAMES = {
    "person": "desk:person",
    "verify": "desk:house-verify",
    "need_confirm": "desk:need-confirm",
    "need_end": "desk:need-end",
    "benefit_renew": "desk:benefit-renew",
    "benefit_end": "desk:benefit-end",
    "visit": "desk:visit-door",
}


@gate(P.PERSON_VIEW)
@require_GET
def house(request: HttpRequest, room_id: int) -> HttpResponse:
    """房→人→事→情→策 of one room."""
    card = house_card.of(request.user, room_id)
    building = card.room.entrance.building
    knows = card.duties is not None
    context = {
        "card": card,
        "title": address_of(card.room),
        "matters": matters_of(request.user, card) if authority_of(request.user).holds(P.CASE_VIEW) else None,
        "visits": visits.at_homes(request.user, [home.household for home in card.homes]),
        "may_verify": card.may_edit,
        "names": NAMES,
        "links": {
            "map_url": reverse("desk:building", args=[building.pk]),
            "sheet_url": reverse("desk:building-sheet", args=[building.pk]) if knows else "",
            "ties_url": reverse("desk:ties", args=[room_id]) if card.may_edit else "",
            "need_url": reverse("desk:house-need", args=[room_id]) if knows and card.living else "",
            "benefit_url": reverse("desk:house-benefit", args=[room_id]) if knows and card.living else "",
        },
        "may_report": authority_of(request.user).holds(P.REPORT_MAKE),
    }
    return render(request, "desk/homes/house.html", context)


def matters_of(user: Any, card: HouseCard) -> list[dict[str, Any]]:
    """The open cases of the building, those first whose words name this room."""
    found = at_homes.open_in(user, card.room.entrance.building)
    lines = [
        {
            "label": line["matter"],
            "url": line["url"],
            "note": line["place"],
            "clock": line["clock"],
            "here": at_homes.names_room(line["case"], card.room.entrance.name, card.room.name),
        }
        for line in rows(found)
    ]
    return sorted(lines, key=lambda line: not line["here"])


@gate(P.PERSON_EDIT)
@require_POST
def verify(request: HttpRequest, room_id: int, household_id: int) -> HttpResponse:
    """核实无误: a household was found as it is recorded."""
    found = house_card.household_in(request.user, room_id, household_id)
    persons = registering.verify_household(by=request.user, household=found)
    messages.success(request, _("Verified; %(count)s persons were confirmed.") % {"count": persons})
    return redirect("desk:house", room_id=room_id)


@gate(P.PERSON_NEED)
@require_http_methods(["GET", "POST"])
def need(request: HttpRequest, room_id: int) -> HttpResponse:
    """Record what somebody in the room needs."""
    card = card_of_need(request.user, room_id)
    form = NeedForm(request.POST or None, card=card)
    if request.method == "POST" and form.is_valid():
        try:
            needs.record(by=request.user, **form.values())
        except (NotFoundError, NotAllowedError):
            raise
        except Problem as problem:
            form.add_error(problem.field if problem.field in form.fields else None, str(problem.title))
        else:
            messages.success(request, _("Recorded. What it means for you stands under “What to do here”."))
            return redirect("desk:house", room_id=room_id)
    return _form_page(request, card, form, _("Record a need"), "duties")


@gate(P.PERSON_NEED)
@require_http_methods(["GET", "POST"])
def benefit(request: HttpRequest, room_id: int) -> HttpResponse:
    """Note that somebody in the room draws a benefit."""
    card = card_of_need(request.user, room_id)
    form = BenefitForm(request.POST or None, card=card)
    if request.method == "POST" and form.is_valid():
        try:
            enrolling.enrol(by=request.user, **form.values())
        except (NotFoundError, NotAllowedError):
            raise
        except Problem as problem:
            form.add_error(problem.field if problem.field in form.fields else None, str(problem.title))
        else:
            messages.success(request, _("Noted."))
            return redirect("desk:house", room_id=room_id)
    return _form_page(request, card, form, _("Note a benefit"), "benefits")


def card_of_need(user: Any, room_id: int) -> HouseCard:
    """The card for somebody who may know what is needed there; else `NotFoundError`."""
    card = house_card.of(user, room_id)
    if card.duties is None:
        raise NotFoundError
    return card


def _form_page(request: HttpRequest, card: HouseCard, form: Any, title: str, section: str) -> HttpResponse:
    context = {
        "form": form,
        "title": title,
        "address": address_of(card.room),
        "back_url": reverse("desk:house", args=[card.room.pk]) + f"#{section}",
    }
    return render(request, "desk/homes/form.html", context, status=422 if request.method == "POST" else 200)


@gate(P.PERSON_NEED)
@require_POST
def need_confirm(request: HttpRequest, room_id: int, need_id: int) -> HttpResponse:
    """It is still so."""
    needs.confirm(by=request.user, need=_need(request.user, room_id, need_id))
    messages.success(request, _("Confirmed until the next review."))
    return redirect("desk:house", room_id=room_id)


@gate(P.PERSON_NEED)
@require_POST
def need_end(request: HttpRequest, room_id: int, need_id: int) -> HttpResponse:
    """It is no longer so."""
    needs.end(by=request.user, need=_need(request.user, room_id, need_id))
    messages.success(request, _("Ended from today."))
    return redirect("desk:house", room_id=room_id)


@gate(P.PERSON_NEED)
@require_POST
def benefit_renew(request: HttpRequest, room_id: int, enrolment_id: int) -> HttpResponse:
    """续办: it was renewed."""
    row = enrolling.renew(by=request.user, enrolment=_enrolment(request.user, room_id, enrolment_id))
    if row.renew_on is not None:
        messages.success(request, _("Renewed; next by %(day)s.") % {"day": row.renew_on.isoformat()})
    else:
        messages.success(request, _("Renewed; it need not be renewed again."))
    return redirect("desk:house", room_id=room_id)


@gate(P.PERSON_NEED)
@require_POST
def benefit_end(request: HttpRequest, room_id: int, enrolment_id: int) -> HttpResponse:
    """It is drawn no longer."""
    enrolling.end(by=request.user, enrolment=_enrolment(request.user, room_id, enrolment_id))
    messages.success(request, _("Ended from today."))
    return redirect("desk:house", room_id=room_id)


def _need(user: Any, room_id: int, pk: int) -> Circumstance:
    row = benefits.get_need(user, pk)
    _lives_in(row.person, room_id)
    return row


def _enrolment(user: Any, room_id: int, pk: int) -> Enrolment:
    row = benefits.get_enrolment(user, pk)
    _lives_in(row.person, room_id)
    return row


def _lives_in(person: Any, room_id: int) -> None:
    if not benefits.lives_in(person, room_id):
        raise NotFoundError

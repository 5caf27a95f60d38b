"""房→人→事→情→策 on one screen, where the worker stands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import pgettext
from django.views.decorators.http import require_GET, require_POST

from wangge.domains.cases import at_homes
from wangge.domains.fieldwork import visits
from wangge.domains.people import house_card
from wangge.domains.people.actions import registering
from wangge.domains.people.homes import address_of
from wangge.doors.field.clocks import chip
from wangge.foundation.accounts.authority import authority_of
from wangge.foundation.accounts.gate import gate
from wangge.foundation.accounts.permissions import P

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from wangge.domains.people.house_card import HouseCard

# What is seldom done has its page on the desk, which fits a phone too.
NAMES = {
    "person": "desk:person",
    "verify": "field:house-verify",
    "need_confirm": "desk:need-confirm",
    "need_end": "desk:need-end",
    "benefit_renew": "desk:benefit-renew",
    "benefit_end": "desk:benefit-end",
    "visit": "desk:visit-door",
}


@gate(P.PERSON_VIEW)
@require_GET
def house(request: HttpRequest, room_id: int) -> HttpResponse:
    """The card of one room."""
    card = house_card.of(request.user, room_id)
    building = card.room.entrance.building
    knows = card.duties is not None
    authority = authority_of(request.user)
    context = {
        "card": card,
        "title": address_of(card.room),
        "matters": _matters(request.user, card) if authority.holds(P.CASE_VIEW) else None,
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
        "may_report": authority.holds(P.REPORT_MAKE),
        "back_url": reverse("field:home"),
    }
    return render(request, "field/homes/house.html", context)


def _matters(user: Any, card: HouseCard) -> list[dict[str, Any]]:
    entrance, room = card.room.entrance.name, card.room.name
    lines = [
        {
            "label": case.matter.name if case.matter is not None else pgettext("field", "Matter not yet known"),
            "url": reverse("field:case", args=[case.number]),
            "note": case.address,
            "clock": chip(case),
            "here": at_homes.names_room(case, entrance, room),
        }
        for case in at_homes.open_in(user, card.room.entrance.building)
    ]
    return sorted(lines, key=lambda line: not line["here"])


@gate(P.PERSON_EDIT)
@require_POST
def verify(request: HttpRequest, room_id: int, household_id: int) -> HttpResponse:
    """核实无误, with one tap."""
    found = house_card.household_in(request.user, room_id, household_id)
    registering.verify_household(by=request.user, household=found)
    messages.success(request, pgettext("field", "Verified. Thank you."))
    return redirect("field:house", room_id=room_id)

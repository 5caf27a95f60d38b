"""Telling a change: choose the kind, fill one short form, done. It runs as a matter from then on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import pgettext
from django.views.decorators.http import require_GET, require_http_methods

from wangge.domains.cases import actions as cases
from wangge.domains.people import access, homes
from wangge.domains.people.models import PopulationChange
from wangge.doors.field.changes.forms import FORMS
from wangge.foundation.accounts.gate import gate
from wangge.foundation.accounts.permissions import P
from wangge.foundation.core.problems import NotAllowedError, NotFoundError, Problem

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from wangge.domains.people.models import Household, Person
    from wangge.foundation.places.models import Room

_ICONS = {"move_in": "plus", "move_out": "user-minus", "let": "home", "birth": "heart-handshake", "death": "user-minus"}
_SHOWS = frozenset({"move_out", "birth", "death"})  # the kinds whose form names residents


@gate(P.PERSON_EDIT)
@require_GET
def choose(request: HttpRequest, room_id: int) -> HttpResponse:
    """Which kind of change."""
    room = access.get_room(request.user, room_id, P.PERSON_EDIT)
    lived_in = bool(homes.residents_of(room))
    kinds = [
        {"url": reverse("field:change-tell", args=[room_id, code]), "label": label, "icon": _ICONS[code]}
        for code, label in PopulationChange.Kind.choices
        if lived_in or code not in _SHOWS
    ]
    context = {"address": homes.address_of(room), "kinds": kinds, "back_url": reverse("field:house", args=[room_id])}
    return render(request, "field/changes/choose.html", context)


@gate(P.PERSON_EDIT)
@require_http_methods(["GET", "POST"])
def tell(request: HttpRequest, room_id: int, kind: str) -> HttpResponse:
    """The form, and the change."""
    if kind not in FORMS:
        raise NotFoundError
    room = access.get_room(request.user, room_id, P.PERSON_EDIT)
    households, persons = _living(request, room, named=kind in _SHOWS)
    form = FORMS[kind](
        request.POST if request.method == "POST" else None,
        households=[(key, label) for key, (_row, label) in households.items()],
        persons=[(key, label) for key, (_row, label) in persons.items()],
    )
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            given = form.cleaned_data
            household, person = _whom(given, households, persons)
            try:
                voice = cases.report_change(
                    by=request.user,
                    kind=kind,
                    room=room,
                    happened_on=given["happened_on"],
                    household=household,
                    person=person,
                    facts=form.facts(),
                    seen=given["seen"],
                    change_id=given["public_id"],
                )
            except NotAllowedError:
                raise
            except Problem as problem:
                field = _field(form, problem.field)
                form.add_error(field, f"{problem.title} {problem.remedy}")
                status = problem.status
            else:
                messages.success(request, pgettext("field", "Told. The registry follows when it is settled."))
                return redirect("field:ticket", public_id=voice.public_id)
    context = {
        "form": form,
        "kind": kind,
        "title": dict(PopulationChange.Kind.choices)[kind],
        "address": homes.address_of(room),
        "back_url": reverse("field:change", args=[room_id]),
        "lines": form.lines() if hasattr(form, "lines") else [],
        "plain": [field for field in form if not field.name[-1].isdigit()],
    }
    return render(request, "field/changes/tell.html", context, status=status)


def _living(
    request: HttpRequest, room: Room, *, named: bool
) -> tuple[dict[str, tuple[Household, Any]], dict[str, tuple[Person, str]]]:
    """Who lives there now, masked where the form names them."""
    members = homes.residents_of(room)
    if not named:
        return {}, {}
    access.seen(request.user, [one.person for one in members])
    masked = access.masked([one.person for one in members])
    by_household: dict[str, tuple[Household, Any]] = {}
    for one in members:
        key = str(one.household.public_id)
        if key not in by_household:
            label = pgettext("field", "The whole household of %(name)s") % {"name": masked[one.person_id].name}
            by_household[key] = (one.household, label)
    people = {
        str(one.person.public_id): (one.person, f"{masked[one.person_id].name} · {one.get_role_display()}")
        for one in members
    }
    return by_household, people


def _whom(
    given: dict[str, Any], households: dict[str, tuple[Household, Any]], persons: dict[str, tuple[Person, str]]
) -> tuple[Household | None, Person | None]:
    which, _colon, key = given.get("who", "").partition(":")
    if which == "h":
        return households[key][0], None
    if which == "p":
        return None, persons[key][0]
    if given.get("household"):
        return households[given["household"]][0], None
    return None, None


def _field(form: Any, field: str | None) -> str | None:
    """A refusal about a person stands at the first line."""
    if field in form.fields:
        return field
    return f"{field}1" if f"{field}1" in form.fields else None

"""Owners and letting of a room: who owns it and to whom it is let, entered, corrected and ended."""

from __future__ import annotations

import uuid
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from wangge.domains.people import access, firms, homes, ties
from wangge.domains.people.actions import letting, owning, registering
from wangge.doors.desk.homes import ties_forms as forms
from wangge.foundation.accounts.gate import gate
from wangge.foundation.accounts.permissions import P
from wangge.foundation.core.problems import NotAllowedError, NotFoundError, Problem

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.forms import Form
    from django.http import HttpRequest, HttpResponse

    from wangge.domains.people.models import Firm, Household, Person
    from wangge.foundation.places.models import Room

_MOST_FIRMS = 6  # of one part of a name; nobody chooses among more


class UnclearFirmError(Problem):
    """The words name no firm, or several: `found`."""

    code = "unclear-firm"
    status = 409

    def __init__(self, found: list[Firm]) -> None:
        self.found = found
        super().__init__(
            _("Several firms are called so.") if found else _("No firm of your places is called so."),
            remedy=_("Choose one of them above.") if found else _("Enter it under “Firms” first."),
            field="firm",
        )


@gate(P.PERSON_EDIT)
@require_GET
def of_room(request: HttpRequest, room_id: int) -> HttpResponse:
    """Owners and lettings, now and before."""
    room = access.get_room(request.user, room_id, P.PERSON_EDIT)
    found = ties.of(room, past=True)
    access.listed(request.user, [one for one in found.persons if one.area_path])
    context = {
        "room": room,
        "ties": found,
        "address": homes.address_of(room),
    }
    return render(request, "desk/homes/ties.html", context)


@gate(P.PERSON_EDIT)
@require_http_methods(["GET", "POST"])
def owner_new(request: HttpRequest, room_id: int) -> HttpResponse:
    """An owner: searched for before anybody is entered."""
    room = access.get_room(request.user, room_id, P.PERSON_EDIT)
    persons, sitting = [one.person for one in homes.residents_of(room)], firms.firms_in(request.user, room=room)
    _add_chosen(request, persons, sitting)
    posted = request.POST if request.method == "POST" else None
    left = 1 - sum((one.share for one in homes.owners_of(room)), Decimal(0))
    form = forms.OwnerForm(posted, offered=_offered(request.user, persons, sitting), left=left)
    alike, status = "", 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                _own(request, room, form)
            except (registering.KnownPersonError, registering.LookAlikesError, UnclearFirmError) as problem:
                status = problem.status
                if isinstance(problem, registering.KnownPersonError):
                    access.listed(request.user, [problem.person])
                met = _met(request.user, problem)
                sitting += problem.found if isinstance(problem, UnclearFirmError) else []
                form = forms.OwnerForm(posted, offered=_offered(request.user, [*persons, *met], sitting), left=left)
                form.full_clean()
                _add_error(form, problem)
                if isinstance(problem, registering.LookAlikesError):
                    alike = " ".join(str(one.public_id) for one in met)
            except NotAllowedError:
                raise
            except Problem as problem:
                _add_error(form, problem)
            else:
                messages.success(request, _("The owner is recorded."))
                return redirect("desk:ties", room_id=room_id)
    return _page(request, room, form, _("Enter an owner"), _("Enter"), status=status, alike=alike)


def _own(request: HttpRequest, room: Room, form: forms.OwnerForm) -> None:
    given, by = form.cleaned_data, request.user
    held: dict[str, Any] = {"by": by, "room": room, "since": given["since"], "share": form.share_part()}
    kind, _colon, key = given["who"].partition(":")
    if kind == forms.OTHER:
        others = form.said_others() if request.POST.get("other_person") else ()
        made = owning.own_as_new(draft=form.draft(), others=others, **held)
        access.listed(by, [made.person] if made.person is not None and made.person.area_path else [])
    elif kind == "p":
        owning.own(owner=access.get_person(by, uuid.UUID(key)), **held)
    elif kind == "f":
        owning.own(owner=firms.get_firm(by, uuid.UUID(key)), **held)
    else:
        owning.own(owner=_firm(by, given["firm"]) if kind == forms.FIRM else None, **held)


@gate(P.PERSON_EDIT)
@require_http_methods(["GET", "POST"])
def owner_step(request: HttpRequest, room_id: int, title_id: int, verb: str) -> HttpResponse:
    """End a title, or correct it."""
    room = access.get_room(request.user, room_id, P.PERSON_EDIT)
    title = ties.get_title(request.user, room, title_id)
    posted = request.POST if request.method == "POST" else None
    form: Any
    if verb == "end" and title.valid_to is None:
        form, heading = forms.EndOwnerForm(posted), _("No longer the owner")
    elif verb == "correct":
        form, heading = forms.CorrectOwnerForm(posted, title=title), _("Correct the owner's entry")
    else:
        raise NotFoundError
    if request.method == "POST" and form.is_valid():
        given, by = form.cleaned_data, request.user
        try:
            if verb == "correct":
                owning.correct_title(by=by, title=title, share=form.share_part(), since=given["since"])
            elif given["reason"] == forms.MISTAKE:
                owning.withdraw_title(by=by, title=title)
            else:
                owning.end_title(by=by, title=title, until=given["until"], reason=given["reason"])
        except NotAllowedError:
            raise
        except Problem as problem:
            _add_error(form, problem)
        else:
            messages.success(request, _("Saved."))
            return redirect("desk:ties", room_id=room_id)
    return _page(request, room, form, heading, _("Save"), danger=verb == "end")


@gate(P.PERSON_EDIT)
@require_http_methods(["GET", "POST"])
def letting_new(request: HttpRequest, room_id: int) -> HttpResponse:
    """To whom the room is let."""
    room = access.get_room(request.user, room_id, P.PERSON_EDIT)
    households, sitting = ties.tenant_households(room), firms.firms_in(request.user, room=room)
    _add_chosen(request, [], sitting)
    landlords = _landlords(request.user, room)
    posted = request.POST if request.method == "POST" else None
    offered = [*_called(request.user, households), *_firm_choices(sitting)]
    form = forms.LettingForm(posted, offered=offered, landlords=_choices(request.user, landlords))
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                _let(request.user, room, form, landlords, dict(_by_key(households)))
            except UnclearFirmError as problem:
                status = problem.status
                offered += _firm_choices(problem.found)
                form = forms.LettingForm(posted, offered=offered, landlords=_choices(request.user, landlords))
                form.full_clean()
                _add_error(form, problem)
            except NotAllowedError:
                raise
            except NotFoundError as problem:
                form.add_error("link", f"{problem.title} {problem.remedy}")
            except Problem as problem:
                _add_error(form, problem)
            else:
                messages.success(request, _("The letting is recorded."))
                return redirect("desk:ties", room_id=room_id)
    return _page(request, room, form, _("Enter a letting"), _("Enter"), status=status)


def _let(by: Any, room: Room, form: forms.LettingForm, landlords: list[Person], here: dict[str, Household]) -> None:
    given = form.cleaned_data
    kind, _colon, key = given["who"].partition(":")
    tenant: Household | Firm | Person
    if kind == "h":
        tenant = here[key]
    elif kind == "f":
        tenant = firms.get_firm(by, uuid.UUID(key))
    elif kind == forms.FIRM:
        tenant = _firm(by, given["firm"])
    else:
        tenant = _behind(by, given["page"])
    names = ("purpose", "since", "until", "agreement", "agreed_until", "in_parts")
    letting.let(
        by=by,
        room=room,
        tenant=tenant,
        landlord=_landlord(landlords, given["landlord"]),
        **{name: given[name] for name in names},
    )


@gate(P.PERSON_EDIT)
@require_http_methods(["GET", "POST"])
def letting_step(request: HttpRequest, room_id: int, tenancy_id: int, verb: str) -> HttpResponse:
    """End a letting, or correct it."""
    room = access.get_room(request.user, room_id, P.PERSON_EDIT)
    tenancy = ties.get_tenancy(request.user, room, tenancy_id)
    landlords = _landlords(request.user, room)
    if tenancy.landlord is not None and tenancy.landlord not in landlords:
        landlords.append(tenancy.landlord)
    posted = request.POST if request.method == "POST" else None
    form: Any
    if verb == "end" and tenancy.valid_to is None:
        lives_here = tenancy.household is not None and tenancy.household.room_id == room.pk
        form, heading = forms.EndLettingForm(posted, lives_here=lives_here), _("No longer let to them")
    elif verb == "correct":
        choices = _choices(request.user, landlords)
        form = forms.CorrectLettingForm(posted, tenancy=tenancy, landlords=choices)
        heading = _("Correct or prolong the letting")
    else:
        raise NotFoundError
    if request.method == "POST" and form.is_valid():
        given, by = form.cleaned_data, request.user
        try:
            if verb == "correct":
                values = given | {"landlord": _landlord(landlords, given["landlord"])}
                letting.correct_tenancy(by=by, tenancy=tenancy, **values)
            elif given["reason"] == forms.MISTAKE:
                letting.withdraw_tenancy(by=by, tenancy=tenancy)
            else:
                letting.end_tenancy(by=by, tenancy=tenancy, **given)
        except NotAllowedError:
            raise
        except Problem as problem:
            _add_error(form, problem)
        else:
            messages.success(request, _("Saved."))
            return redirect("desk:ties", room_id=room_id)
    return _page(request, room, form, heading, _("Save"), danger=verb == "end")


def _page(
    request: HttpRequest,
    room: Room,
    form: Form,
    title: str,
    button: str,
    *,
    status: int | None = None,
    danger: bool = False,
    alike: str = "",
) -> HttpResponse:
    context = {
        "title": title,
        "form": form,
        "button": button,
        "danger": danger,
        "alike": alike,
        "back_label": homes.address_of(room),
        "back_url": reverse("desk:ties", args=[room.pk]),
    }
    code = status or (422 if request.method == "POST" else 200)
    return render(request, "desk/homes/tie_form.html", context, status=code)


def _add_error(form: Any, problem: Problem) -> None:
    form.add_error(problem.field if problem.field in form.fields else None, f"{problem.title} {problem.remedy}")


def _met(user: Any, problem: Problem) -> list[Person]:
    """The entries that a search before the entering found, as far as the asker may see them."""
    if isinstance(problem, registering.KnownPersonError):
        return [access.get_person(user, problem.public_id)] if problem.public_id is not None else []
    return [one.person for one in problem.found] if isinstance(problem, registering.LookAlikesError) else []


def _add_chosen(request: HttpRequest, persons: list[Person], sitting: list[Firm]) -> None:
    """Whoever was offered after a search and chosen then; what the asker may not see is no choice."""
    kind, _colon, key = request.POST.get("who", "").partition(":")
    try:
        public_id = uuid.UUID(key)
    except ValueError:
        return
    try:
        if kind == "p" and public_id not in {one.public_id for one in persons}:
            person = access.get_person(request.user, public_id)
            if access.sees(request.user, person):
                persons.append(person)
        elif kind == "f" and public_id not in {one.public_id for one in sitting}:
            sitting.append(firms.get_firm(request.user, public_id))
    except NotFoundError:
        return


def _firm(user: Any, text: str) -> Firm:
    found = firms.firms(user, text=text, limit=_MOST_FIRMS)
    exact = [one for one in found if text in {one.name, one.credit_code}]
    if len(exact) == 1 or len(found) == 1:
        return (exact or found)[0]
    raise UnclearFirmError(found)


def _behind(user: Any, key: uuid.UUID) -> Household | Person:
    """The household or the person whose page it is."""
    try:
        return access.get_household(user, key)
    except NotFoundError:
        return access.get_person(user, key)


def _offered(user: Any, persons: list[Person], sitting: list[Firm]) -> list[tuple[str, str]]:
    return [*((f"p:{key}", label) for key, label in _choices(user, persons)), *_firm_choices(sitting)]


def _choices(user: Any, persons: list[Person]) -> list[tuple[str, str]]:
    access.listed(user, [one for one in persons if one.area_path])
    masked = access.masked(persons)
    return [
        (
            str(one.public_id),
            " · ".join(part for part in (masked[one.pk].name, masked[one.pk].id_number, masked[one.pk].phone) if part),
        )
        for one in persons
    ]


def _firm_choices(sitting: Iterable[Firm]) -> list[tuple[str, str]]:
    return [(f"f:{one.public_id}", " · ".join(part for part in (one.name, one.credit_code) if part)) for one in sitting]


def _called(user: Any, households: list[tuple[Household, Person | None]]) -> list[tuple[str, str]]:
    heads = [head for _household, head in households if head is not None]
    access.listed(user, [one for one in heads if one.area_path])
    masked = access.masked(heads)
    return [
        (f"h:{one.public_id}", _("The household of %(name)s") % {"name": masked[head.pk].name})
        for one, head in households
        if head is not None
    ]


def _by_key(households: list[tuple[Household, Person | None]]) -> Iterable[tuple[str, Household]]:
    return ((str(one.public_id), one) for one, _head in households)


def _landlords(user: Any, room: Room) -> list[Person]:
    return [one for one in ties.landlords_of(room) if access.sees(user, one)]


def _landlord(landlords: list[Person], key: str) -> Person | None:
    return next((one for one in landlords if str(one.public_id) == key), None)

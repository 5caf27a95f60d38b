"""A household: who belongs to it, where it stayed, who owns and lets the dwelling; opening one and moving it."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from wangge.domains.people import access, changes, firms, homes, registry, ties
from wangge.domains.people.actions import changing, moving, registering
from wangge.doors.desk import paging
from wangge.doors.desk.people import forms
from wangge.foundation.accounts.authority import authority_of
from wangge.foundation.accounts.gate import gate
from wangge.foundation.accounts.permissions import P
from wangge.foundation.core.problems import NotAllowedError, NotFoundError, Problem

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from wangge.domains.people.models import PopulationChange


@gate(P.PERSON_VIEW)
@require_GET
def household(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """One household, masked."""
    found = access.get_household(request.user, public_id)
    members, former = homes.members_of(found), homes.former_members_of(found)
    access.seen(request.user, [one.person for one in members])
    room = found.room
    own_place = access.is_under(found.area_path, access.places_of(request.user))
    tied = ties.of(room, households=None if own_place else [found]) if room is not None else None
    beside = [one.person for one in former]
    named = [*beside, *(tied.persons if tied is not None else ())]
    access.listed(request.user, [one for one in named if one.area_path])
    masked = access.masked({one.pk: one for one in [*(one.person for one in members), *beside]}.values())
    context = {
        "household": found,
        "address": homes.address_of(room) if room is not None else "",
        "members": [_member(request.user, one, masked) for one in members],
        "former": [_member(request.user, one, masked) for one in former],
        "stays": [{"stay": stay, "address": homes.address_of(stay.room)} for stay in homes.stays_of(found)],
        "ties": tied,
        "firms": firms.firms_in(request.user, room=room) if room is not None else [],
        "may_edit": access.is_under(found.area_path, access.places_of(request.user, P.PERSON_EDIT)),
        "house_url": reverse("desk:house", args=[room.pk]) if room is not None else "",
        "ties_url": reverse("desk:ties", args=[room.pk]) if room is not None else "",
    }
    return render(request, "desk/people/household.html", context)


def _member(user: Any, one: Any, masked: dict[int, Any]) -> dict[str, Any]:
    return {
        "row": one,
        "shown": masked[one.person_id],
        "url": reverse("desk:person", args=[one.person.public_id]) if access.sees(user, one.person) else "",
    }


@gate(P.PERSON_EDIT)
@require_http_methods(["GET", "POST"])
def new(request: HttpRequest, room_id: int) -> HttpResponse:
    """A household in a room; its members are entered next."""
    room = access.get_room(request.user, room_id, P.PERSON_EDIT)
    posted = request.POST if request.method == "POST" else None
    form = forms.HouseholdForm(posted, initial={"public_id": str(uuid.uuid4())})
    if request.method == "POST" and form.is_valid():
        try:
            made = registering.new_household(by=request.user, room=room, **form.cleaned_data)
        except NotAllowedError:
            raise
        except Problem as problem:
            form.add_error(problem.field if problem.field in form.fields else None, f"{problem.title} {problem.remedy}")
        else:
            messages.success(request, _("The household is opened; now its members."))
            return redirect(reverse("desk:person-new") + f"?household={made.public_id}")
    context = {
        "title": _("New household"),
        "form": form,
        "button": _("Open the household"),
        "back_label": homes.address_of(room),
        "back_url": reverse("desk:house", args=[room.pk]),
    }
    return render(request, "desk/people/form.html", context, status=422 if request.method == "POST" else 200)


@gate(P.PERSON_EDIT)
@require_http_methods(["GET", "POST"])
def move(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """The household moves: within a building (`?building=`, its own unless said otherwise), or away."""
    found = access.get_household(request.user, public_id, P.PERSON_EDIT)
    own = found.room.entrance.building_id if found.room is not None else None
    building = paging.by_id(request.GET, "building") or own
    rooms = registry.rooms_of_building(request.user, building) if building else []
    choices = [(room.pk, homes.address_of(room)) for room in rooms if room.pk != found.room_id]
    form = forms.MoveForm(request.POST if request.method == "POST" else None, rooms=choices)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        room = next((one for one in rooms if one.pk == given["room"]), None)
        try:
            moving.move(by=request.user, household=found, room=room, since=given["since"], basis=given["basis"])
        except NotAllowedError:
            raise
        except Problem as problem:
            form.add_error(problem.field if problem.field in form.fields else None, f"{problem.title} {problem.remedy}")
        else:
            messages.success(request, _("The moving is recorded."))
            return redirect("desk:household", public_id=public_id) if room else redirect("desk:people")
    context = {
        "title": _("Move the household"),
        "form": form,
        "button": _("Move"),
        "back_label": homes.address_of(found.room) if found.room is not None else "",
        "back_url": reverse("desk:household", args=[public_id]),
    }
    return render(request, "desk/people/form.html", context, status=422 if request.method == "POST" else 200)


@gate(P.PERSON_EDIT)
@require_GET
def change_list(request: HttpRequest) -> HttpResponse:
    """Changes of population that wait to be verified, and what became of the others."""
    waiting = request.GET.get("all") != "1"
    before = paging.by_id(request.GET)
    found = changes.changes(request.user, waiting=waiting, before=before, limit=paging.PAGE + 1)
    shown = found[: paging.PAGE]
    context = {
        "rows": [_change(one) for one in shown],
        "waiting": waiting,
        "next_url": paging.next_url(request.GET, before=shown[-1].pk) if len(found) > paging.PAGE else "",
        "first_url": paging.next_url(request.GET, before="") if before else "",
        "sees_cases": authority_of(request.user).holds(P.CASE_VIEW),
    }
    return render(request, "desk/people/changes.html", context)


def _change(one: PopulationChange) -> dict[str, Any]:
    room = one.room or (one.household.room if one.household is not None else None)
    return {"row": one, "address": homes.address_of(room) if room is not None else ""}


@gate(P.PERSON_EDIT)
@require_POST
def settle_change(request: HttpRequest, public_id: uuid.UUID, verdict: str) -> HttpResponse:
    """By hand, where something stood in the way when the matter was settled."""
    change = changes.get_change(request.user, public_id)
    if verdict not in {"apply", "refuse"}:
        raise NotFoundError
    act = changing.apply if verdict == "apply" else changing.refuse
    try:
        done = act(change=change, by=request.user)
    except NotAllowedError:
        raise
    except Problem as problem:
        messages.error(request, f"{problem.title} {problem.remedy}")
    else:
        if done:
            messages.success(request, _("Saved."))
        else:
            messages.info(request, _("This change was settled already."))
    return redirect("desk:changes")

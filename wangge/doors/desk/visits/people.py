"""Who is linked to whom, who is away and who stands in, what is handed over, office hours, referrals."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from wangge.domains.fieldwork import absences, links, office_hours, referrals
from wangge.domains.fieldwork.actions import absences as leaving
from wangge.domains.fieldwork.actions import handing_over, referring
from wangge.domains.fieldwork.actions import links as linking
from wangge.domains.fieldwork.actions import office_hours as opening
from wangge.domains.people.homes import address_of
from wangge.doors.desk import paging
from wangge.doors.desk.context import post_in_words
from wangge.doors.desk.visits.forms import (
    WEEKDAYS,
    BuildingFilter,
    HandOverForm,
    LeaveForm,
    LinkForm,
    MemberForm,
    OfficeHourForm,
)
from wangge.doors.desk.visits.plans import tried
from wangge.doors.desk.visits.tabs import tabs
from wangge.doors.desk.words import DUTIES, OTHER_DUTY
from wangge.foundation.accounts import queries as accounts
from wangge.foundation.accounts.authority import authority_of
from wangge.foundation.accounts.gate import gate
from wangge.foundation.accounts.permissions import P
from wangge.foundation.core import clock
from wangge.foundation.core.problems import NotAllowedError, NotFoundError, Problem
from wangge.foundation.places import queries as places

if TYPE_CHECKING:
    import uuid
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponse

    from wangge.foundation.accounts.models import User
    from wangge.foundation.places.models import Building

_MOST_COMPOUNDS = 300


# Links


@gate(P.VISIT_PLAN)
@require_http_methods(["GET", "POST"])
def members(request: HttpRequest) -> HttpResponse:
    """Who is linked to how many households."""
    form = MemberForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            found = accounts.user_by_username(form.cleaned_data["username"])
        except NotFoundError as problem:
            form.add_error("username", str(problem.title))
        else:
            return redirect("desk:link-member", member=found.pk)
    context = {"tabs": tabs("links", request.user), "rows": links.members(request.user), "form": form}
    return render(request, "desk/visits/links.html", context, status=422 if request.method == "POST" else 200)


@gate(P.VISIT_PLAN)
@require_http_methods(["GET", "POST"])
def member(request: HttpRequest, member: int) -> HttpResponse:
    """One member: his households, and a building from which further ones are chosen."""
    one = accounts.get_user(member)
    grids = places.areas("grid", under_paths=authority_of(request.user).places(P.VISIT_PLAN))
    chosen = next((grid for grid in grids if str(grid.pk) == request.GET.get("grid")), None)
    houses = links.buildings(request.user, chosen.path) if chosen is not None else []
    where = BuildingFilter(
        request.GET,
        grids=[(grid.pk, grid.name) for grid in grids],
        buildings=[(house.pk, _called(house)) for house in houses],
    )
    building = where.cleaned_data["building"] if where.is_valid() else None
    free = links.unlinked_in(request.user, building) if building is not None else []
    form = LinkForm(request.POST or None, households=[(home.pk, address_of(home.room)) for home in free])
    if request.method == "POST" and form.is_valid():
        homes = links.households(request.user, form.cleaned_data["households"])
        if tried(form, lambda: linking.link(by=request.user, user=one, households=homes)) is not None:
            messages.success(request, _("Linked."))
            return redirect("desk:link-member", member=one.pk)
    held = links.links_of(request.user, one)
    context = {
        "member": one,
        "rows": [
            {"link": row, "address": address_of(row.household.room) if row.household.room is not None else ""}
            for row in held
        ],
        "count": links.how_many(one),
        "fewest": links.FEWEST,
        "most": links.MOST,
        "where": where,
        "form": form if free else None,
        "building": building,
    }
    return render(request, "desk/visits/linked.html", context, status=422 if request.method == "POST" else 200)


@gate(P.VISIT_PLAN)
@require_POST
def unlink(request: HttpRequest, link: int) -> HttpResponse:
    """Not linked any more."""
    row = links.get_link(request.user, link)
    linking.unlink(by=request.user, link=row)
    messages.success(request, _("The link has ended."))
    return redirect("desk:link-member", member=row.user_id)


def _called(house: Building) -> str:
    return f"{house.compound.name if house.compound is not None else ''}{house.name}"


# Leave


@gate(P.LEAVE_GRANT)
@require_http_methods(["GET", "POST"])
def leave(request: HttpRequest) -> HttpResponse:
    """Who is away and who stands in. Why somebody is away is not asked."""
    people, colleagues = absences.people(request.user), absences.colleagues(request.user)
    form = LeaveForm(request.POST or None, people=people, colleagues=colleagues)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        made = tried(
            form,
            lambda: leaving.note_absence(
                by=request.user,
                user=_among(people, given["user"]),
                from_on=given["from_on"],
                to_on=given["to_on"],
                substitute=_among(colleagues, given["substitute"]) if given["substitute"] else None,
            ),
        )
        if made is not None:
            messages.success(request, _("Noted. Whoever stands in has the posts for these days."))
            return redirect("desk:leave")
    before = paging.by_id(request.GET)
    found = absences.absences(request.user, running="all" not in request.GET, before=before, limit=absences.PAGE + 1)
    shown = found[: absences.PAGE]
    today = clock.today()
    context = {
        "tabs": tabs("leave", request.user),
        "form": form,
        "rows": [
            {
                "absence": row,
                "over": row.ended_on is not None or row.to_on < today,
                "mine": row.user_id == request.user.pk,
            }
            for row in shown
        ],
        "people": people,
        "all": "all" in request.GET,
        "next_url": paging.next_url(request.GET, before=shown[-1].pk) if len(found) > absences.PAGE else "",
    }
    return render(request, "desk/visits/leave.html", context, status=422 if request.method == "POST" else 200)


@gate(P.LEAVE_GRANT)
@require_POST
def back(request: HttpRequest, absence: int) -> HttpResponse:
    """Back sooner."""
    row = absences.get_absence(request.user, absence)
    return _stepped(
        request, lambda: leaving.end_absence(by=request.user, absence=row), _("Noted: back again."), "desk:leave"
    )


@gate(P.LEAVE_GRANT)
@require_http_methods(["GET", "POST"])
def hand_over(request: HttpRequest, person: int) -> HttpResponse:
    """交接: everything that hangs on one person, and to whom it goes."""
    one = absences.leaver(request.user, person)
    colleagues = [each for each in absences.colleagues(request.user) if each.pk != one.pk]
    form = HandOverForm(request.POST or None, colleagues=colleagues)
    if request.method == "POST" and form.is_valid():
        heir = _among(colleagues, form.cleaned_data["heir"])
        done = tried(form, lambda: handing_over.hand_over(by=request.user, leaver=one, heir=heir))
        if done is not None:
            said = {"name": heir.name, "tasks": done.tasks, "links": done.links, "hours": done.office_hours}
            text = _("%(name)s has taken over %(tasks)s tasks, %(links)s linked households and %(hours)s office hours.")
            messages.success(request, text % said)
            return redirect("desk:hand-over", person=one.pk)
    work = absences.open_work(request.user, one)
    context = {
        "person": one,
        "work": work,
        "duties": [{"duty": duty, "look": DUTIES.get(duty.kind, OTHER_DUTY)} for duty in work.duties],
        "links": [address_of(row.household.room) for row in work.links if row.household.room is not None],
        "hours": [{"hour": row, "weekday": WEEKDAYS[row.weekday]} for row in work.office_hours],
        "posts": [{"post": post, "words": post_in_words(post)} for post in accounts.posts_of(one)],
        "form": form,
    }
    return render(request, "desk/visits/handover.html", context, status=422 if request.method == "POST" else 200)


def _among(people: list[User], pk: int) -> User:
    found = next((one for one in people if one.pk == pk), None)
    if found is None:
        raise NotFoundError
    return found


# Office hours


@gate(P.VISIT_VIEW)
@require_http_methods(["GET", "POST"])
def hours(request: HttpRequest) -> HttpResponse:
    """Office hours of one's places."""
    authority = authority_of(request.user)
    may_plan = authority.holds(P.VISIT_PLAN)
    if request.method == "POST" and not may_plan:
        raise NotAllowedError
    form = _hour_form(request) if may_plan else None
    if request.method == "POST" and form is not None and form.is_valid():
        given = dict(form.cleaned_data)
        area, compound, who = given.pop("area"), given.pop("compound"), given.pop("user")
        made = tried(
            form,
            lambda: opening.set_office_hour(
                by=request.user,
                area=places.get_area(area),
                compound=places.get_compound(compound) if compound else None,
                user=accounts.get_user(who) if who else None,
                **given,
            ),
        )
        if made is not None:
            messages.success(request, _("It stands on the public page of the place."))
            return redirect("desk:office-hours")
    context = {
        "tabs": tabs("hours", request.user),
        "form": form,
        "rows": [
            {
                "hour": row,
                "weekday": WEEKDAYS[row.weekday],
                "may_end": authority.may(P.VISIT_PLAN, area_path=row.area_path),
            }
            for row in office_hours.office_hours(request.user)
        ],
    }
    return render(request, "desk/visits/hours.html", context, status=422 if request.method == "POST" else 200)


def _hour_form(request: HttpRequest) -> OfficeHourForm:
    paths = authority_of(request.user).places(P.VISIT_PLAN)
    compounds = places.compounds(under_paths=paths)[:_MOST_COMPOUNDS]
    return OfficeHourForm(
        request.POST or None,
        user=request.user,  # type: ignore[arg-type]
        compounds=[(one.pk, one.name) for one in compounds],
        people=[*absences.colleagues(request.user), request.user],  # type: ignore[list-item]
    )


@gate(P.VISIT_PLAN)
@require_POST
def end_hour(request: HttpRequest, hour: int) -> HttpResponse:
    """Nobody is there any more."""
    row = office_hours.get_office_hour(request.user, hour)
    return _stepped(
        request, lambda: opening.end_office_hour(by=request.user, hour=row), _("Ended from today."), "desk:office-hours"
    )


# Referrals


@gate(P.CASE_HANDLE)
@require_GET
def counselling(request: HttpRequest) -> HttpResponse:
    """Wishes for counselling that were handed to one's unit; where it is, only who has taken it on is told."""
    before = paging.by_id(request.GET)
    found = referrals.referrals(request.user, before=before, limit=referrals.PAGE + 1)
    shown = found[: referrals.PAGE]
    context = {
        "rows": shown,
        "next_url": paging.next_url(request.GET, before=shown[-1].referral.pk) if len(found) > referrals.PAGE else "",
    }
    return render(request, "desk/visits/referrals.html", context)


@gate(P.CASE_HANDLE)
@require_POST
def counselling_step(request: HttpRequest, referral: uuid.UUID, step: str) -> HttpResponse:
    """Take it on, give it back, or end it."""
    row = referrals.get_referral(request.user, referral)
    steps = {
        "take": (referring.take_referral, _("You have taken it on; only you see where it is.")),
        "back": (referring.give_back_referral, _("Given back; a colleague can take it on.")),
        "end": (referring.end_referral, _("Ended.")),
    }
    if step not in steps:
        raise NotFoundError
    act, said = steps[step]
    return _stepped(request, lambda: act(by=request.user, referral=row), said, "desk:referrals")


def _stepped(request: HttpRequest, act: Callable[[], Any], said: str, page: str) -> HttpResponse:
    try:
        act()
    except (NotFoundError, NotAllowedError):
        raise
    except Problem as problem:
        messages.error(request, str(problem.title))
    else:
        messages.success(request, said)
    return redirect(page)

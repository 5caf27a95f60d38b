"""Visits due at one's places, in the order of a walk; one door, and the visit made there."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from wangge.domains.fieldwork import visits
from wangge.domains.fieldwork.actions.referring import refer
from wangge.domains.fieldwork.actions.visits import allow_visits, make_visit, may_visit
from wangge.domains.fieldwork.models import Visit, VisitDue
from wangge.doors.desk import paging
from wangge.doors.desk.visits.forms import DueFilter, VisitForm
from wangge.doors.desk.visits.tabs import tabs
from wangge.foundation.accounts.authority import authority_of
from wangge.foundation.accounts.gate import gate
from wangge.foundation.accounts.permissions import P
from wangge.foundation.catalogue.kinds import Task
from wangge.foundation.core import clock
from wangge.foundation.core.problems import NotAllowedError, NotFoundError, Problem
from wangge.foundation.places import queries as places

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

_MOST_ROWS = 100_000


@gate(P.VISIT_VIEW)
@require_GET
def dues(request: HttpRequest) -> HttpResponse:
    """Doors and days: nothing here says who lives there or why one goes."""
    grids = places.areas("grid", under_paths=authority_of(request.user).places(P.VISIT_VIEW))
    form = DueFilter(request.GET, grids=[(grid.pk, grid.name) for grid in grids])
    chosen, days = None, visits.SOON_DAYS
    if form.is_valid():
        chosen = next((grid for grid in grids if grid.pk == form.cleaned_data["grid"]), None)
        days = form.days()
    after = min(paging.by_id(request.GET, "after") or 0, _MOST_ROWS)
    found = visits.dues(
        request.user,
        area_path=chosen.path if chosen is not None else "",
        until=clock.today() + dt.timedelta(days=days),
        after=after,
        limit=visits.PAGE + 1,
    )
    lines = found[: visits.PAGE]
    counts = visits.grids_with_dues(request.user, grids)
    context = {
        "tabs": tabs("dues", request.user),
        "form": form,
        "groups": _by_building(lines),
        "grids": [
            {"name": grid.name, "count": counts[grid.path], "url": f"{reverse('desk:visits')}?grid={grid.pk}"}
            for grid in grids
            if grid.path in counts
        ],
        "narrow": bool(chosen or days != visits.SOON_DAYS),
        "next_url": paging.next_url(request.GET, after=after + visits.PAGE) if len(found) > visits.PAGE else "",
        "first_url": paging.next_url(request.GET, after="") if after else "",
    }
    return render(request, "desk/visits/dues.html", context)


@gate(P.VISIT_VIEW)
@require_http_methods(["GET", "POST"])
def door(request: HttpRequest, visit: uuid.UUID) -> HttpResponse:
    """One door: when and (for who may know) why, the visits before, and the form of the visit made."""
    due = visits.get_due(request.user, visit)
    form: VisitForm | None = None
    status = 200
    # A visit that comes late, or twice, is for the action to sort out.
    is_asked = due.state == VisitDue.State.OPEN or request.method == "POST"
    if is_asked and may_visit(request.user, due.area_path, due.household):
        form = VisitForm(request.POST or None, initial={"key": uuid.uuid4()}, firm=due.firm is not None)
    if request.method == "POST":
        if form is None:
            raise NotAllowedError
        status = 422
        if form.is_valid():
            try:
                made = make_visit(by=request.user, due=due, **form.values())
            except (NotFoundError, NotAllowedError):
                raise
            except Problem as problem:
                form.add_error(problem.field if problem.field in form.fields else None, str(problem.title))
            else:
                messages.success(request, _told(made.visit.result, told=made.told))
                return redirect("desk:visits")
    return render(request, "desk/visits/door.html", _door(request, due, form), status=status)


@gate(P.VISIT_DO)
@require_POST
def send(request: HttpRequest, visit: uuid.UUID) -> HttpResponse:
    """心理疏导转介: they wish to be called by a counsellor. Nothing else is said."""
    due = visits.get_due(request.user, visit)
    if due.household is None:
        raise NotFoundError
    try:
        refer(by=request.user, public_id=uuid.uuid4(), household=due.household)
    except (NotFoundError, NotAllowedError):
        raise
    except Problem as problem:
        messages.error(request, str(problem.title))
    else:
        messages.success(request, _("The wish was handed on. Nothing about it is shown here."))
    return redirect("desk:visit-door", visit=due.public_id)


@gate(P.VISIT_DO)
@require_POST
def allow(request: HttpRequest, visit: uuid.UUID) -> HttpResponse:
    """They wish to be visited again."""
    due = visits.get_due(request.user, visit)
    if due.household is None:
        raise NotFoundError
    allow_visits(by=request.user, household=due.household)
    messages.success(request, _("Noted: they may be visited again."))
    return redirect("desk:visits")


def _by_building(lines: list[visits.DueLine]) -> list[dict[str, Any]]:
    groups: list[dict[str, Any]] = []
    for line in lines:
        building = line.building
        key = building.pk if building is not None else 0
        if not groups or groups[-1]["key"] != key:
            compound = building.compound if building is not None else None
            name = f"{compound.name if compound is not None else ''}{building.name}" if building is not None else ""
            groups.append({"key": key, "name": name or _("Elsewhere"), "lines": []})
        groups[-1]["lines"].append(line)
    return groups


def _door(request: HttpRequest, due: VisitDue, form: VisitForm | None) -> dict[str, Any]:
    line = visits.line_of(due, request.user)
    home = due.household
    made = visits.visits_of(request.user, home) if home is not None else []
    tasks = dict(Task.choices)
    sees = home is not None and authority_of(request.user).may(P.PERSON_VIEW, area_path=due.area_path)
    return {
        "due": due,
        "line": line,
        "title": visits.address(line),
        "why": _why(request, line),
        "made": [
            {"visit": one, "note": note, "tasks": [tasks[task] for task in one.tasks if task in tasks]}
            for one, note in made
        ],
        "form": form,
        "is_open": due.state == VisitDue.State.OPEN,
        "house_url": reverse("desk:house", args=[home.room_id]) if home is not None and home.room_id and sees else "",
        "may_refer": home is not None and may_visit(request.user, due.area_path, home),
        "may_allow": home is not None
        and home.declines_visits
        and authority_of(request.user).may(P.VISIT_DO, area_path=due.area_path),
    }


def _why(request: HttpRequest, line: visits.DueLine) -> list[str] | None:
    words = visits.why(request.user, line.due)
    if words is None or line.campaign is None:
        return words
    return [word for word in words if word != line.campaign.name]  # it stands above them already


def _told(result: str, *, told: bool) -> str:
    if result == Visit.Result.NOBODY:
        return _("Noted: nobody at home. Due again in three days.")
    if result == Visit.Result.DECLINED:
        return _("Noted and respected: they are not visited any more until they wish it, but for an emergency.")
    if result == Visit.Result.GONE:
        if told:
            return _("The moving out was reported; until it is verified they stay in the registry.")
        return _("Noted: the worker of the grid will see whether they have moved away.")
    return _("The visit is noted.")

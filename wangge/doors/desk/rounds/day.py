"""日双巡: the rounds of a day by grid, one of them with its points, and letting some off. Of grids, never of people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from wangge.domains.fieldwork import round_queries
from wangge.domains.fieldwork.actions import rounds as actions
from wangge.domains.fieldwork.models import RoundWindow
from wangge.doors.desk.cases.steps import sentences
from wangge.doors.desk.rounds.forms import DayFilter, ExemptForm
from wangge.doors.desk.rounds.looks import POINTS, ROUNDS, areas_of, tabs
from wangge.foundation.accounts.authority import authority_of
from wangge.foundation.accounts.gate import gate
from wangge.foundation.accounts.permissions import P
from wangge.foundation.core import clock
from wangge.foundation.core.problems import NotAllowedError, Problem

if TYPE_CHECKING:
    import datetime as dt
    import uuid

    from django.http import HttpRequest, HttpResponse

    from wangge.domains.fieldwork.round_queries import GridDay


@gate(P.PATROL_VIEW)
@require_GET
def rounds(request: HttpRequest) -> HttpResponse:
    """The rounds of a day: which are due, walked, not walked, let off."""
    return _page(request)


def _page(request: HttpRequest, form: ExemptForm | None = None) -> HttpResponse:
    areas = areas_of(request.user, P.PATROL_VIEW)
    narrowed = DayFilter(request.GET or None, areas=areas)
    given: dict[str, Any] = narrowed.cleaned_data if narrowed.is_valid() else {}
    day: dt.date = given.get("day") or clock.today()
    chosen = next((area for area in areas if area.pk == given.get("area")), None)
    found = round_queries.rounds_of_day(request.user, day, area_path=chosen.path if chosen else "")
    kinds = [kind for kind in RoundWindow.Kind if any(kind.value in line.rounds for line in found)]
    plans = areas_of(request.user, P.PATROL_PLAN)
    context = {
        "filter": DayFilter({"day": day.isoformat(), "area": chosen.pk if chosen else ""}, areas=areas),
        "narrow": bool(given.get("area") or given.get("day")),
        "day": day,
        "kinds": [kind.label for kind in kinds],
        "lines": [_line(line, kinds) for line in found],
        "form": form or (ExemptForm(areas=plans) if plans else None),
        "tabs": tabs("day"),
    }
    return render(request, "desk/rounds/day.html", context, status=422 if form is not None else 200)


def _line(line: GridDay, kinds: list[RoundWindow.Kind]) -> dict[str, Any]:
    cells = []
    for kind in kinds:
        walk = line.rounds.get(kind.value)
        seen, whole = line.points.get(kind.value, (0, 0))
        cells.append(
            {
                "kind": kind.label,
                "walk": walk,
                "look": ROUNDS[walk.state] if walk is not None else None,
                "seen": seen,
                "whole": whole,
            }
        )
    return {"grid": line.grid, "cells": cells}


@gate(P.PATROL_PLAN)
@require_POST
def exempt(request: HttpRequest) -> HttpResponse:
    """Let rounds off that were not, or cannot be, walked."""
    areas = areas_of(request.user, P.PATROL_PLAN)
    form = ExemptForm(request.POST, areas=areas)
    if form.is_valid():
        given = form.cleaned_data
        area = next(area for area in areas if area.pk == given["area"])
        try:
            count = actions.exempt_rounds(
                by=request.user, area=area, day=given["day"], reason=given["reason"], kinds_=given["kinds"]
            )
        except NotAllowedError:
            raise
        except Problem as problem:
            form.add_error(problem.field if problem.field in form.fields else None, sentences(problem))
        else:
            words = ngettext("%(count)s round was let off.", "%(count)s rounds were let off.", count)
            messages.success(request, words % {"count": count})
            return redirect(f"{reverse('desk:rounds')}?day={given['day'].isoformat()}")
    return _page(request, form)


@gate(P.PATROL_VIEW)
@require_GET
def one(request: HttpRequest, walk: uuid.UUID) -> HttpResponse:
    """One round and its points: how each was proved. Who walked it is not told."""
    found = round_queries.get_round_by_id(request.user, walk)
    points = round_queries.points_of(found)
    context = {
        "walk": found,
        "look": ROUNDS[found.state],
        "points": [{"point": point, "look": POINTS[point.state]} for point in points],
        "sees_cases": authority_of(request.user).may(P.CASE_VIEW, area_path=found.area_path),
    }
    return render(request, "desk/rounds/round.html", context)

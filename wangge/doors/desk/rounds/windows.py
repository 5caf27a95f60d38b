"""When rounds are walked: per place the window of each kind, its own or the one planned above it."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from wangge.domains.fieldwork import round_queries
from wangge.domains.fieldwork.actions import checkpoints as actions
from wangge.domains.fieldwork.models import RoundWindow
from wangge.doors.desk.cases.steps import sentences
from wangge.doors.desk.rounds.forms import PlaceFilter, WindowForm
from wangge.doors.desk.rounds.looks import areas_of, chosen_area, may_plan, tabs
from wangge.foundation.accounts.gate import gate
from wangge.foundation.accounts.permissions import P
from wangge.foundation.core import clock
from wangge.foundation.core.problems import NotAllowedError, Problem

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


@gate(P.PATROL_VIEW)
@require_http_methods(["GET", "POST"])
def windows(request: HttpRequest) -> HttpResponse:
    """The windows of a place from tomorrow on; whoever plans there changes them."""
    areas = areas_of(request.user, P.PATROL_VIEW)
    plans = areas_of(request.user, P.PATROL_PLAN)
    chosen = chosen_area(request.GET, areas) or (areas[0] if areas else None)
    form: WindowForm | None = None
    if request.method == "POST":
        if not plans:
            raise NotAllowedError
        form = WindowForm(request.POST, areas=plans)
        if form.is_valid() and (area := _set(request, form, plans)) is not None:
            messages.success(request, _("From tomorrow on the rounds are walked in this window."))
            return redirect(f"{reverse('desk:rounds-windows')}?area={area}")
    elif chosen is not None and may_plan(request, chosen.path):
        form = WindowForm(areas=plans, initial={"area": chosen.pk})
    context = {
        "filter": PlaceFilter({"area": chosen.pk} if chosen else None, areas=areas),
        "chosen": chosen,
        "lines": [_line(line) for line in round_queries.windows_at(chosen, on=_tomorrow())] if chosen else [],
        "form": form,
        "may_plan": chosen is not None and may_plan(request, chosen.path),
        "tabs": tabs("windows"),
    }
    bad = form is not None and form.is_bound
    return render(request, "desk/rounds/windows.html", context, status=422 if bad else 200)


def _tomorrow() -> dt.date:
    return clock.today() + dt.timedelta(days=1)


def _line(line: round_queries.WindowAt) -> dict[str, Any]:
    return {
        "line": line,
        "kind": RoundWindow.Kind(line.kind).label,
        "days": RoundWindow.Days(line.window.days).label if line.window is not None else "",
        "never": line.window is not None and line.window.days == RoundWindow.Days.NEVER,
    }


def _set(request: HttpRequest, form: WindowForm, plans: list[Any]) -> int | None:
    given = form.cleaned_data
    area = next(area for area in plans if area.pk == given["area"])
    try:
        actions.set_window(
            by=request.user,
            area=area,
            kind=given["kind"],
            days=given["days"],
            opens=given["opens"],
            closes=given["closes"],
        )
    except Problem as problem:
        form.add_error(problem.field if problem.field in form.fields else None, sentences(problem))
        return None
    return int(area.pk)


@gate(P.PATROL_PLAN)
@require_POST
def drop(request: HttpRequest, window: int) -> HttpResponse:
    """Follow the place above again."""
    row = round_queries.get_window(request.user, window)
    actions.drop_window(by=request.user, window=row)
    messages.success(request, _("From tomorrow on this place follows the one above it."))
    return redirect(f"{reverse('desk:rounds-windows')}?area={row.area_id}")

"""Quarterly figures of whistles, and the kinds of whistle."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from wangge.domains.cases import whistle_queries, whistling
from wangge.domains.cases.actions.whistling import save_kind
from wangge.doors.desk.whistles.forms import KindForm
from wangge.doors.desk.whistles.views import tabs
from wangge.doors.desk.whistles.words import BANDS
from wangge.foundation.accounts.authority import authority_of
from wangge.foundation.accounts.gate import gate
from wangge.foundation.accounts.permissions import P
from wangge.foundation.core import clock
from wangge.foundation.core.problems import NotAllowedError, Problem

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from wangge.domains.cases.whistle_queries import UnitFigures

_QUARTER = re.compile(r"^(20\d\d)-([1-4])$")
_BACK = 8  # quarters to choose from


@gate(P.STATS_VIEW, P.CASE_HANDLE)
@require_GET
def figures(request: HttpRequest) -> HttpResponse:
    """One quarter: how units answered, how they are rated, how often is whistled. A called unit sees its own row."""
    asked = _QUARTER.match(request.GET.get("quarter", ""))
    today = whistling.quarter_of(clock.today())
    year, quarter = (int(asked[1]), int(asked[2])) if asked else today
    found = whistle_queries.figures(request.user, year, quarter)
    context = {
        "tabs": tabs(request, "figures"),
        "chosen": f"{year}-{quarter}",
        "quarters": [(f"{y}-{q}", _quarter_in_words(y, q)) for y, q in _last(*today)],
        "title": _quarter_in_words(year, quarter),
        "sees_all": authority_of(request.user).holds(P.STATS_VIEW),
        "found": found,
        "rate": share(found.whistled, found.cases),
        "concluded": share(found.concluded, found.confirmed),
        "band": BANDS[found.band][0],
        "band_tone": BANDS[found.band][1],
        "band_from": round(whistling.BAND_FROM * 100),
        "band_to": round(whistling.BAND_TO * 100),
        "units": [unit_line(row) for row in found.units],
    }
    return render(request, "desk/whistles/figures.html", context)


def _last(year: int, quarter: int) -> list[tuple[int, int]]:
    index = year * 4 + quarter - 1
    return [((index - n) // 4, (index - n) % 4 + 1) for n in range(_BACK)]


def _quarter_in_words(year: int, quarter: int) -> str:
    return _("Quarter %(quarter)d of %(year)d") % {"quarter": quarter, "year": year}


def share(part: int, whole: int) -> dict[str, Any]:
    """A share in words: the percentage, and under 30 the interval in which it lies."""
    if not whole:
        return {"text": "—", "part": part, "whole": whole, "interval": ""}
    low, high = whistling.interval(part, whole)
    between = f"{low:.0%} – {high:.0%}" if whole < whistling.FEWEST else ""
    return {"text": f"{part / whole:.0%}", "part": part, "whole": whole, "interval": between}


def unit_line(row: UnitFigures) -> dict[str, Any]:
    """One unit; its marks with how many of them there are."""
    sides = (row.presence, row.duty, row.result)
    return {
        "row": row,
        "arrived": share(row.arrived, row.called),
        "in_time": share(row.in_time, row.called),
        "marks": [f"{mark:.1f}" if mark is not None else "—" for mark in sides],
    }


@gate(P.CATALOGUE_EDIT)
@require_http_methods(["GET", "POST"])
def kinds(request: HttpRequest) -> HttpResponse:
    """The kinds of whistle: what they are called, how soon a unit must come, whether they are in use."""
    known = {kind.code: kind for kind in whistle_queries.kinds(also_inactive=True)}
    chosen = known.get(request.GET.get("code", ""))
    first = {name: getattr(chosen, name) for name in KindForm.base_fields} if chosen is not None else {"active": True}
    form = KindForm(request.POST if request.method == "POST" else None, initial=first)
    if form.is_bound and form.is_valid():
        try:
            kind = save_kind(by=request.user, **form.cleaned_data)
        except NotAllowedError:
            raise
        except Problem as problem:
            form.add_error(problem.field if problem.field in form.fields else None, str(problem.title))
        else:
            messages.success(request, _("The kind “%(name)s” was saved.") % {"name": kind.name})
            return redirect("desk:whistle-kinds")
    context = {"tabs": tabs(request, "kinds"), "kinds": list(known.values()), "form": form, "chosen": chosen}
    return render(request, "desk/whistles/kinds.html", context, status=422 if form.is_bound else 200)

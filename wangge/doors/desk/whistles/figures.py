"""Quarterly figures of whistles, and the kinds of whistle."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from wangge.domains.cases import whistle_queries
from wangge.domains.cases.actions.whistling import save_kind
from wangge.domains.stats import queries
from wangge.domains.stats.indicators import INDICATORS
from wangge.domains.stats.periods import Period, quarters_of
from wangge.doors.desk.stats import showing
from wangge.doors.desk.stats.asking import StatsForm, address, period_name
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

_BACK = 8  # quarters to choose from
_OF_WHISTLES = ("whistle_confirmed", "whistle_concluded", "whistle_share")
_OF_UNITS = ("whistle_came", "whistle_came_in_time", "whistle_presence", "whistle_duty", "whistle_result")


@gate(P.STATS_VIEW, P.CASE_HANDLE)
@require_GET
def figures(request: HttpRequest) -> HttpResponse:
    """One quarter: how units answered, how they are rated, how often is whistled. A called unit sees its own row.

    The numbers are those of the indicators, of the same place and period.
    """
    today = clock.today()
    period = _quarter(request.GET.get("quarter", "")) or Period.quarter_of(today)
    context: dict[str, Any] = {
        "tabs": tabs(request, "figures"),
        "chosen": period.key,
        "quarters": [(quarter.key, period_name(quarter)) for quarter in quarters_of(today, _BACK)],
        "title": period_name(period),
        "own": [unit_line(row, "") for row in queries.of_own_units(request.user, period, _OF_UNITS)],
    }
    if authority_of(request.user).places(P.STATS_VIEW):
        context |= _at_place(request, period)
    return render(request, "desk/whistles/figures.html", context)


def _quarter(key: str) -> Period | None:
    try:
        return Period.of_key(key) if "Q" in key else None
    except ValueError:
        return None


def _at_place(request: HttpRequest, period: Period) -> dict[str, Any]:
    """What somebody sees who sees the figures of a place: those of whistles, and of every unit that was called."""
    form = StatsForm({"period": period.key, "area": request.GET.get("area", "")}, user=request.user)
    asked = form.asked()
    found = queries.figures(request.user, asked, keys=_OF_WHISTLES)
    query = {"period": period.key, "area": str(asked.area.pk)}
    offered = {value for value, _name in form.fields["unit"].choices}  # type: ignore[attr-defined]
    confirmed, concluded, share = (found[key] for key in _OF_WHISTLES)
    low, high = INDICATORS["whistle_share"].band or (0.0, 1.0)
    return {
        "asked": asked,
        "form": form if len(form.areas) > 1 else None,
        "confirmed": showing.shown(confirmed, address({}, **query)),
        "concluded": showing.shown(concluded, address({}, **query)),
        "share": showing.shown(share, address({}, **query)),
        "band": BANDS[share.band or ""],
        "band_from": round(low * 100),
        "band_to": round(high * 100),
        "units": [
            unit_line(row, address({}, **query, unit=str(row.unit.pk)) if row.unit.pk in offered else "")
            for row in queries.by_unit(request.user, asked, _OF_UNITS)
        ],
    }


def unit_line(row: queries.OfUnit, query: str) -> dict[str, Any]:
    """One unit as the table draws it; without a query nothing of it can be opened."""
    came, in_time, *marks = (showing.shown(row.figures[key], query) for key in _OF_UNITS)
    return {"unit": row.unit, "came": came, "shares": [came, in_time], "marks": marks, "opens": bool(query)}


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

"""Figures: all of them for a place and a period, one of them over a year and side by side, and the rows behind it."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from wangge.domains.stats import field_figures, home_figures, queries
from wangge.domains.stats.fieldwork import FIELD, POINTS
from wangge.domains.stats.homes import HOMES
from wangge.domains.stats.indicators import INDICATORS
from wangge.doors.desk import paging
from wangge.doors.desk.cases.rows import rows as case_lines
from wangge.doors.desk.stats import showing
from wangge.doors.desk.stats.asking import StatsForm, address, period_name
from wangge.foundation.accounts.authority import authority_of
from wangge.foundation.accounts.gate import gate
from wangge.foundation.accounts.permissions import P
from wangge.foundation.core import clock

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

    from django.http import HttpRequest

    from wangge.domains.stats.definitions import Measure
    from wangge.domains.stats.queries import Asked, Compared, Figure, Lateness

_LATENESS_UP_TO_DAYS = 100  # the median needs every case: a quarter, not a year of a district
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_SORTS = ("", "value", "-value")
_HOUSEHOLDS = {"all": "", "hit": "&verified=fresh", "miss": "&verified=due"}


def _late(request: HttpRequest, asked: Asked) -> Lateness | None:
    if (asked.period.last - asked.period.first).days >= _LATENESS_UP_TO_DAYS:
        return None
    return queries.lateness(request.user, asked)


def _common(request: HttpRequest, form: StatsForm, asked: Asked) -> dict[str, Any]:
    query = address(request.GET, sort="")
    return {
        "form": form,
        "asked": asked,
        "place": asked.area.name,
        "period": period_name(asked.period),
        "query": query,
        "overview_url": reverse("desk:stats") + query,
        "filtered": bool(query),
        "now": clock.now(),
        "more_open": bool(form.errors.keys() & {"from", "to"}) or bool(request.GET.get("from")),
    }


def _status(form: StatsForm) -> int:
    return 422 if form.errors else 200


@gate(P.STATS_VIEW)
@require_GET
def overview(request: HttpRequest) -> HttpResponse:
    """Every indicator of a place and a period."""
    form = StatsForm(request.GET, user=request.user)
    asked = form.asked()
    figures = queries.figures(request.user, asked)
    common = _common(request, form, asked)
    homes = home_figures.of_place(request.user, asked)
    sections = showing.sections(figures, _late(request, asked), common["query"])
    context = common | {
        "sections": sections,
        "homes": showing.home_section(homes, common["query"], _households(request, asked)),
        "homes_day": home_figures.counted_on(asked) if homes else None,
        "field": showing.field_section(
            field_figures.of_place(request.user, asked), common["query"], _points(request, asked)
        ),
        "export_url": reverse("desk:stats-export") + common["query"],
        "nothing": not any(figure.rows for figure in figures.values()),
    }
    return render(request, "desk/stats/overview.html", context, status=_status(form))


def _households(request: HttpRequest, asked: Asked) -> dict[str, str]:
    """Where the households behind the freshness are listed, for who may see homes there and in the present month."""
    held = authority_of(request.user).places(P.PERSON_VIEW)
    area = asked.area
    if not any(area.path.startswith(path) for path in held) or asked.period.last < clock.today().replace(day=1):
        return {}
    url = reverse("desk:people")
    if area.kind == "grid":
        return {part: f"{url}?grid={area.pk}{more}" for part, more in _HOUSEHOLDS.items()}
    if all(path.startswith(area.path) for path in held):  # all that one may see lies in the place
        return {part: url + more.replace("&", "?") for part, more in _HOUSEHOLDS.items()}
    return {}


@gate(P.STATS_VIEW)
@require_GET
def indicator(request: HttpRequest, indicator: str) -> HttpResponse:
    """One indicator: its definition, twelve months, places and units side by side."""
    one = queries.get_indicator(indicator)
    form = StatsForm(request.GET, user=request.user)
    asked = form.asked()
    sort = request.GET.get("sort", "")
    sort = sort if sort in _SORTS else ""
    common = _common(request, form, asked)
    figure = queries.figures(request.user, asked, keys=[one.key])[one.key]
    url = reverse("desk:stats-indicator", args=[one.key])
    context = common | {
        "indicator": one,
        "card": showing.card(figure, common["query"]),
        "chart": showing.chart(queries.trend(request.user, asked, one)),
        "comparisons": [
            table
            for table in (
                _comparison(
                    request, _("By place"), "area", queries.compare_places(request.user, asked, one), url, sort
                ),
                None
                if asked.unit is not None
                else _comparison(
                    request, _("By unit"), "unit", queries.compare_units(request.user, asked, one), url, sort
                ),
            )
            if table is not None
        ],
        "action": url,
        "sort": sort,
    }
    return render(request, "desk/stats/indicator.html", context, status=_status(form))


@gate(P.STATS_VIEW)
@require_GET
def home_measure(request: HttpRequest, measure: str) -> HttpResponse:
    """One measure of the registry: its definition, twelve months, places side by side."""
    one = home_figures.get_measure(measure)

    def more(asked: Asked) -> dict[str, Any]:
        return {"homes_day": home_figures.counted_on(asked)}

    behind = _households if one.key == showing.FRESH else _nothing
    return _measure(request, home_figures, one, "desk:stats-home", showing.home_card, behind, more)


@gate(P.STATS_VIEW)
@require_GET
def field_measure(request: HttpRequest, measure: str) -> HttpResponse:
    """One measure of rounds and visits: its definition, twelve months, places side by side."""
    one = field_figures.get_measure(measure)
    behind = _points if one.key == POINTS else _nothing
    return _measure(request, field_figures, one, "desk:stats-field", showing.field_card, behind)


def _nothing(*_asked: Any) -> dict[str, Any]:
    return {}


def _measure(
    request: HttpRequest,
    figures: ModuleType,
    one: Measure,
    page: str,
    card: Callable[[Figure, str, dict[str, str]], showing.Card],
    behind: Callable[[HttpRequest, Asked], dict[str, str]],
    more: Callable[[Asked], dict[str, Any]] = _nothing,
) -> HttpResponse:
    """A page of what is counted by place only: `figures` counts it, `behind` knows where its rows are listed."""
    form = StatsForm(request.GET, user=request.user, places_only=True)
    asked = form.asked()
    sort = request.GET.get("sort", "")
    sort = sort if sort in _SORTS else ""
    common = _common(request, form, asked)
    figure = figures.one_of_place(request.user, asked, one)
    url = reverse(page, args=[one.key])
    rows_ = behind(request, asked)
    compared = figures.compare_places(request.user, asked, one)
    table = _comparison(
        request, _("By place"), "area", compared, url, sort, make=lambda figure, query: card(figure, query, {})
    )
    context = common | {
        "indicator": one,
        "card": card(figure, common["query"], rows_),
        "chart": showing.chart(figures.trend(request.user, asked, one)),
        "comparisons": [] if table is None else [table],
        "action": url,
        "sort": sort,
        **more(asked),
    }
    return render(request, "desk/stats/indicator.html", context, status=_status(form))


def _points(request: HttpRequest, asked: Asked) -> dict[str, str]:
    """Where the checkpoints behind a share are listed, late ones first, for who may see all of them."""
    if not authority_of(request.user).may(P.PATROL_VIEW, area_path=asked.area.path):
        return {}
    url = f"{reverse('desk:rounds-coverage')}?area={asked.area.pk}"
    return dict.fromkeys(("all", "hit", "miss"), url)


def _comparison(
    request: HttpRequest,
    title: str,
    name: str,
    compared: list[Compared],
    page: str,
    sort: str,
    *,
    make: Callable[[Figure, str], showing.Card] = showing.card,
) -> dict[str, Any] | None:
    """Two lists: those with enough rows, which may be put in order; and those with too few, as they come."""
    if not compared:
        return None
    if sort:
        enough, few = queries.ranked(compared, descending=sort == "-value")
    else:
        enough = [each for each in compared if not each.figure.small]
        few = [each for each in compared if each.figure.small]
    sorts = [
        {"label": label, "url": page + address(request.GET, sort=key), "active": key == sort}
        for key, label in (("", _("As listed")), ("-value", _("Highest first")), ("value", _("Lowest first")))
    ]
    return {
        "title": title,
        "name": name,
        "enough": [_line(request, page, name, each, make) for each in enough],
        "few": [_line(request, page, name, each, make) for each in few],
        "sorts": sorts if len(enough) > 1 else [],
    }


def _line(
    request: HttpRequest, page: str, name: str, each: Compared, make: Callable[[Figure, str], showing.Card]
) -> dict[str, Any]:
    query = address(request.GET, **{name: str(each.pk)})
    return {"name": each.name, "url": page + query, "shown": make(each.figure, query)}


@gate(P.STATS_VIEW)
@require_GET
def rows(request: HttpRequest, indicator: str) -> HttpResponse:
    """The cases behind a figure: all, those that count, those that do not; as many as the figure says."""
    one = queries.get_indicator(indicator)
    form = StatsForm(request.GET, user=request.user)
    asked = form.asked()
    part = request.GET.get("part", "")
    before = paging.by_id(request.GET)
    size = paging.PAGE
    found = queries.rows_behind(request.user, asked, one, part=part, before=before, limit=size + 1)
    common = _common(request, form, asked)
    figure = queries.figures(request.user, asked, keys=[one.key])[one.key]
    page, query = found[:size], common["query"]
    joint = "&" if query else "?"
    url = reverse("desk:stats-rows", args=[one.key]) + query
    tabs = [
        {"label": _("All that were counted"), "url": url, "active": not part, "count": figure.rows},
        {"label": _("In the numerator"), "url": f"{url}{joint}part=hit", "active": part == "hit", "count": figure.hits},
        {"label": _("Not in it"), "url": f"{url}{joint}part=miss", "active": part == "miss", "count": figure.misses},
    ]
    context = common | {
        "indicator": one,
        "card": showing.card(figure, query),
        "tabs": tabs if one.kind == "share" else tabs[:1],
        "rows": _lines(page, marked=not part and one.kind == "share"),
        "next_url": paging.next_url(request.GET, before=page[-1].pk) if len(found) > size else "",
        "first_url": paging.next_url(request.GET, before="") if before is not None else "",
    }
    return render(request, "desk/stats/rows.html", context, status=_status(form))


def _lines(page: list[queries.Row], *, marked: bool) -> list[dict[str, Any]]:
    lines = case_lines([row.case for row in page])
    for row, line in zip(page, lines, strict=True):
        line["id"] = f"row-{row.pk}"  # one case may stand behind several rows
        if marked:
            label, tone = (_("counts"), "green") if row.hit else (_("does not count"), "quiet")
            line["flags"] = [{"label": label, "tone": tone, "icon": ""}, *line["flags"]]
    return lines


@gate(P.STATS_VIEW)
@require_GET
def export(request: HttpRequest) -> HttpResponse:
    """All figures as CSV, for a spreadsheet: no cell of it is ever a formula."""
    form = StatsForm(request.GET, user=request.user)
    asked = form.asked()
    if form.errors:
        return HttpResponse(_("The period could not be read."), status=422, content_type="text/plain; charset=utf-8")
    figures = queries.figures(request.user, asked)
    response = HttpResponse("\ufeff", content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="figures-{asked.period.first}-{asked.period.last}.csv"'
    writer = csv.writer(response)

    def write(*cells: object) -> None:
        writer.writerow([inert(str(cell)) for cell in cells])

    place = asked.area.name if asked.unit is None else f"{asked.area.name} {asked.unit.name}"
    write(
        *(_("No."), _("Indicator"), _("Location"), _("First day"), _("Last day"), _("Value"), _("Numerator")),
        *(_("Denominator"), _("95% low"), _("95% high"), _("Shown beside"), _("Formula")),
    )
    homes = home_figures.of_place(request.user, asked)
    homes |= field_figures.of_place(request.user, asked)
    listed: dict[str, Measure] = {**INDICATORS}
    if homes:
        listed |= {**HOMES, **FIELD}
    for key, one in listed.items():
        figure = {**figures, **homes}[key]
        held = showing.ends(figure)
        beside = figure.beside
        write(
            *(one.number, one.name, place, asked.period.first, asked.period.last, showing.value(figure)),
            *(showing.amount(figure.score), figure.denominator),
            *(held or ("", "")),
            "" if beside is None else f"{beside.indicator.name} {showing.value(beside)} ({beside.hits}/{beside.rows})",
            one.formula,
        )
    return response


def inert(text: str) -> str:
    """A cell that a spreadsheet takes for text whatever it begins with."""
    return f"'{text}" if text.startswith(_FORMULA) else text

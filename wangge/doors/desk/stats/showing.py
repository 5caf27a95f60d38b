"""Figures as people read them: per cents, what was counted, a line of twelve months."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from django.urls import reverse
from django.utils.translation import gettext as _

from wangge.domains.stats.definitions import Band
from wangge.domains.stats.fieldwork import FIELD, POINTS
from wangge.domains.stats.homes import HOMES, OMITTED
from wangge.domains.stats.indicators import INDICATORS, TOPICS, Kind, Topic
from wangge.domains.stats.queries import three_rates
from wangge.doors.desk.stats.asking import month_name

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Mapping

    from wangge.domains.stats.definitions import Measure
    from wangge.domains.stats.queries import Figure, Lateness

NONE = "–"
FRESH = "fresh_homes"  # the one measure of the registry whose rows are a list of households


def percent(share: float | None) -> str:
    """Say 92.0%, or – where there is nothing to divide by."""
    return NONE if share is None else f"{share * 100:.1f}%"


def value(figure: Figure) -> str:
    """The number of an indicator: a share in per cent, a mean with two places, a rate with one."""
    if figure.value is None:
        return NONE
    if figure.indicator.kind is Kind.RATE:
        return f"{figure.value:.1f}"
    return percent(figure.value) if figure.indicator.kind is Kind.SHARE else f"{figure.value:.2f}"


def ends(figure: Figure) -> tuple[str, str] | None:
    """The two ends of the interval, as the number itself is written."""
    held = figure.interval
    if held is None:
        return None
    low, high = held
    if figure.indicator.kind is Kind.RATE:
        return f"{low:.1f}", f"{high:.1f}"
    return percent(low), percent(high)


def amount(number: float) -> str:
    """Say 12, or 12.5 where halves count."""
    return f"{number:g}" if number != int(number) else str(int(number))


def between(figure: Figure) -> str:
    """Say 62.3%–88.1%: the interval, however many rows."""
    held = ends(figure)
    return "" if held is None else f"{held[0]}–{held[1]}"


def interval(figure: Figure) -> str:
    """The interval in a sentence, for few rows only."""
    held = ends(figure)
    if held is None or not figure.small:
        return ""
    return _("few cases: between %(low)s and %(high)s (95%%)") % {"low": held[0], "high": held[1]}


@dataclasses.dataclass(frozen=True, slots=True)
class Shown:
    """One number on a card, with the addresses of its rows."""

    figure: Figure
    name: str
    value: str
    numerator: str
    interval: str
    between: str
    url: str
    hits_url: str
    misses_url: str
    rows_url: str
    band: str

    @property
    def rows(self) -> int:
        """The denominator."""
        return self.figure.denominator

    @property
    def misses(self) -> int:
        """Rows that are no hits."""
        return self.figure.misses

    @property
    def is_mean(self) -> bool:
        """A mean has marks, not hits and misses."""
        return self.figure.indicator.kind is Kind.MEAN

    @property
    def is_rate(self) -> bool:
        """A rate compares what was counted with the residents."""
        return self.figure.indicator.kind is Kind.RATE


@dataclasses.dataclass(frozen=True, slots=True)
class Card:
    """What stands together on the page. `beside` is never missing where an indicator asks for it."""

    shown: Shown
    definition: dict[str, str]
    beside: Shown | None = None
    beside_definition: dict[str, str] | None = None


def shown(figure: Figure, query: str) -> Shown:
    """One number."""
    key = figure.indicator.key
    rows = reverse("desk:stats-rows", args=[key])
    joint = f"{rows}{query}{'&' if query else '?'}"
    return Shown(
        figure=figure,
        name=str(figure.indicator.name),
        value=value(figure),
        numerator=amount(figure.score),
        interval=interval(figure),
        between=between(figure),
        url=reverse("desk:stats-indicator", args=[key]) + query,
        hits_url=f"{joint}part=hit",
        misses_url=f"{joint}part=miss",
        rows_url=f"{rows}{query}",
        band=_band(figure),
    )


def home_shown(figure: Figure, query: str, rows: Mapping[str, str]) -> Shown:
    """One number of the registry. `rows`: where the households behind it are listed, by part, if the reader may see them."""
    return Shown(
        figure=figure,
        name=str(figure.indicator.name),
        value=value(figure),
        numerator=amount(figure.score),
        interval=interval(figure),
        between=between(figure),
        url=reverse("desk:stats-home", args=[figure.indicator.key]) + query,
        hits_url=rows.get("hit", ""),
        misses_url=rows.get("miss", ""),
        rows_url=rows.get("all", ""),
        band="",
    )


def home_card(figure: Figure, query: str, rows: Mapping[str, str]) -> Card:
    """One card of the registry."""
    return Card(shown=home_shown(figure, query, rows), definition=definition(figure.indicator))


def home_section(figures: Mapping[str, Figure], query: str, rows: Mapping[str, str]) -> dict[str, Any] | None:
    """The cards of the registry; None where units or matters were asked for, which have no homes."""
    if not figures:
        return None
    return {
        "key": Topic.HOMES.value,
        "title": str(TOPICS[Topic.HOMES]),
        "cards": [home_card(figures[key], query, rows if key == FRESH else {}) for key in HOMES],
        "omitted": [{"name": str(one.name), "why": str(one.why)} for one in OMITTED],
    }


def field_card(figure: Figure, query: str, rows: Mapping[str, str]) -> Card:
    """One card of the rounds and visits."""
    shown_ = home_shown(figure, query, rows)
    url = reverse("desk:stats-field", args=[figure.indicator.key]) + query
    return Card(shown=dataclasses.replace(shown_, url=url), definition=definition(figure.indicator))


def field_section(figures: Mapping[str, Figure], query: str, points: Mapping[str, str]) -> dict[str, Any] | None:
    """The cards of the rounds and visits; None where units or matters were asked for, which have none. `points`: where the
    checkpoints are listed, if the reader may see them.
    """
    if not figures:
        return None
    return {
        "key": Topic.FIELD.value,
        "title": str(TOPICS[Topic.FIELD]),
        "cards": [field_card(figures[key], query, points if key == POINTS else {}) for key in FIELD],
    }


def _band(figure: Figure) -> str:
    held = figure.indicator.band
    if held is None:
        return ""
    low, high = percent(held[0]), percent(held[1])
    within = _("band: %(low)s to %(high)s, not a target")
    said = {
        Band.LOW: _("below the band of %(low)s to %(high)s: does anybody dare to blow?"),
        Band.HIGH: _("above the band of %(low)s to %(high)s: ordinary dispatch does not hold"),
    }
    return said.get(figure.band or Band.WITHIN, within) % {"low": low, "high": high}


def definition(indicator: Measure) -> dict[str, str]:
    """What the card opens to."""
    return {
        "formula": str(indicator.formula),
        "window": str(indicator.window),
        "excluded": str(indicator.excluded),
        "rows": str(indicator.rows),
        "source": indicator.source,
        "note": str(indicator.note),
    }


def card(figure: Figure, query: str) -> Card:
    """One card; an indicator that is only read beside another brings it along."""
    beside = figure.beside
    return Card(
        shown=shown(figure, query),
        definition=definition(figure.indicator),
        beside=shown(beside, query) if beside is not None else None,
        beside_definition=definition(beside.indicator) if beside is not None else None,
    )


def sections(figures: Mapping[str, Figure], late: Lateness | None, query: str) -> list[dict[str, Any]]:
    """The cards of the page by topic. Whatever stands beside another has no card of its own."""
    companions = {one.beside for one in INDICATORS.values() if one.beside}
    made = []
    for topic, title in TOPICS.items():
        if topic in {Topic.HOMES, Topic.FIELD}:
            continue
        cards = [
            card(figures[key], query)
            for key, one in INDICATORS.items()
            if one.topic is topic and key not in companions and key in figures and not one.detail
        ]
        made.append(
            {
                "key": topic.value,
                "title": str(title),
                "cards": cards,
                "late": lateness(late, query) if topic is Topic.TIME else None,
                "together": together(figures) if topic is Topic.VOICES else None,
            }
        )
    return made


def lateness(late: Lateness | None, query: str) -> dict[str, str] | None:
    """The card of the hours; None where they were not counted."""
    if late is None:
        return None

    def hours(number: float | None) -> str:
        return NONE if number is None else _("%(n)s h") % {"n": f"{number:.1f}"}

    url = reverse("desk:stats-rows", args=["handled_in_time"])
    return {
        "total": hours(late.late_hours) if late.due else NONE,
        "late": str(late.late),
        "due": str(late.due),
        "median": hours(late.median),
        "p90": hours(late.p90),
        "handled": str(late.handled),
        "late_url": f"{url}{query}{'&' if query else '?'}part=miss",
        "rows_url": f"{url}{query}",
    }


def together(figures: Mapping[str, Figure]) -> dict[str, Any]:
    """The three rates as one."""
    found = three_rates(figures)
    return {
        "name": str(found.composite.name),
        "value": percent(found.value),
        "rows": found.rows,
        "small": found.small,
        "formula": str(found.composite.formula),
        "note": str(found.composite.note),
        "parts": [
            {"name": str(figure.indicator.name), "value": value(figure), "weight": percent(weight)}
            for figure, weight in found.parts
        ],
    }


# -- the line of twelve months, drawn by the server: 12 columns, 0 to 100 % (marks: 1 to 3) from the bottom up

_LEFT, _TOP, _WIDE, _HIGH = 44, 12, 640, 150
_SCALES = {Kind.SHARE: (0.0, 1.0), Kind.MEAN: (1.0, 3.0)}


def _round_up(number: float) -> float:
    """The next 2, 4, 10, 20, 40, 100 …: the top of a scale whose half is a plain number too."""
    top = 2.0
    while top < number:
        top *= 2.5 if f"{top:g}".startswith("4") else 2
    return top


def chart(trend: Iterable[tuple[dt.date, Figure]]) -> dict[str, Any]:
    """Points, lines and labels of an SVG, and the same as rows of a table."""
    rows = list(trend)
    kind = rows[0][1].indicator.kind
    low, high = _SCALES.get(kind) or (0.0, _round_up(max(one.value or 0.0 for _day, one in rows)))
    step = _WIDE / max(1, len(rows) - 1)

    def x(n: int) -> float:
        return round(_LEFT + n * step, 1)

    def y(number: float) -> float:
        return round(_TOP + _HIGH * (1 - (number - low) / (high - low)), 1)

    def line(figures: list[Figure | None]) -> dict[str, Any]:
        points = [
            {
                "x": x(n),
                "y": y(one.value),
                "small": one.small,
                "low": y(one.interval[0]) if one.interval else None,
                "high": y(min(one.interval[1], high)) if one.interval else None,
                "title": f"{month_name(rows[n][0])} {value(one)} (n = {one.rows})",
            }
            for n, one in enumerate(figures)
            if one is not None and one.value is not None
        ]
        return {"points": points, "path": " ".join(f"{point['x']},{point['y']}" for point in points)}

    ticks = (low, (low + high) / 2, high)
    return {
        "main": line([one for _day, one in rows]),
        "beside": line([one.beside for _day, one in rows]) if rows[0][1].beside is not None else None,
        "width": _LEFT + _WIDE + 24,
        "height": _TOP + _HIGH + 28,
        "left": _LEFT,
        "right": _LEFT + _WIDE,
        "ticks": [{"y": y(tick), "label": f"{tick:.0%}" if kind is Kind.SHARE else f"{tick:g}"} for tick in ticks],
        "months": [
            {"x": x(n), "y": _TOP + _HIGH + 20, "label": f"{day.month}", "first": n == 0 or day.month == 1}
            for n, (day, _one) in enumerate(rows)
        ],
        "rows": [
            {
                "month": month_name(day),
                "value": value(one),
                "numerator": amount(one.score),
                "rows": one.denominator,
                "interval": between(one),
                "beside": value(one.beside) if one.beside is not None else "",
                "beside_rows": one.beside.rows if one.beside is not None else 0,
            }
            for day, one in rows
        ],
    }

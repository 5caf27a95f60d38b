"""Figures of the registry for somebody: all of a place, a year of one, and how places compare."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wangge.domains.stats import registered
from wangge.domains.stats.homes import HOMES
from wangge.domains.stats.periods import months_of
from wangge.domains.stats.queries import Asked, Compared, Figure
from wangge.foundation.accounts.authority import authority_of
from wangge.foundation.accounts.permissions import P
from wangge.foundation.core import clock
from wangge.foundation.core.problems import NotFoundError
from wangge.foundation.places import queries as places

if TYPE_CHECKING:
    import datetime as dt

    from wangge.domains.stats.definitions import HomeMeasure

_NOBODY = (0, 0)


def get_measure(key: str) -> HomeMeasure:
    """The definition; `NotFoundError` for a key that is none."""
    if key not in HOMES:
        raise NotFoundError
    return HOMES[key]


def of_place(user: Any, asked: Asked, *, now: dt.datetime | None = None) -> dict[str, Figure]:
    """Every measure of a place at the end of a period, by key; nothing where one unit or some matters are asked for."""
    _check(user, asked)
    if asked.unit is not None or asked.module or asked.matter_class:
        return {}
    found = registered.shares(HOMES.values(), asked.area.path, asked.period.last, now or clock.now())
    return {key: _figure(one, found.get(key, _NOBODY)) for key, one in HOMES.items()}


def one_of_place(user: Any, asked: Asked, measure: HomeMeasure, *, now: dt.datetime | None = None) -> Figure:
    """One measure of a place, whatever else was asked: units and matters have no homes."""
    _check(user, asked)
    found = registered.shares([measure], asked.area.path, asked.period.last, now or clock.now())
    return _figure(measure, found.get(measure.key, _NOBODY))


def trend(
    user: Any, asked: Asked, measure: HomeMeasure, *, months: int = 12, now: dt.datetime | None = None
) -> list[tuple[dt.date, Figure]]:
    """A measure as each month ended, oldest first."""
    _check(user, asked)
    days = months_of(min(asked.period.last, clock.day_of(now or clock.now())), months)
    found = registered.shares_by_month(measure, asked.area.path, days)
    return [(day, _figure(measure, found.get(day, _NOBODY))) for day in days]


def compare_places(user: Any, asked: Asked, measure: HomeMeasure, *, now: dt.datetime | None = None) -> list[Compared]:
    """The areas one rung below the chosen one, in the order of their codes."""
    _check(user, asked)
    children = [area for area in places.areas(under_paths=[asked.area.path]) if area.parent_id == asked.area.pk]
    found = registered.shares_by_place(measure, [area.path for area in children], asked.period.last, now or clock.now())
    return [Compared(area.name, area.pk, _figure(measure, found.get(area.path, _NOBODY))) for area in children]


def counted_on(asked: Asked, *, now: dt.datetime | None = None) -> dt.date | None:
    """For which day the figures of a place hold; None where nobody counted."""
    return registered.counted_on(asked.area.path, asked.period.last, now or clock.now())


def _check(user: Any, asked: Asked) -> None:
    if not authority_of(user).may(P.STATS_VIEW, area_path=asked.area.path):
        raise NotFoundError


def _figure(measure: HomeMeasure, counted: tuple[int, int]) -> Figure:
    whole, part = counted
    return Figure(measure, whole, part, float(part))

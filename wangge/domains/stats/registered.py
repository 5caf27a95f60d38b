"""Reads of what is registered at a place: residents for the rates, and the state of the registry (numbers 14).

From the count of each night (`models.HomesMonth`): a period takes the last month that was counted by its end.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Max, Sum

from wangge.domains.stats.models import HomesMonth
from wangge.foundation.core import clock
from wangge.foundation.core.scoping import under

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable

    from wangge.domains.stats.definitions import HomeMeasure


def month_by(last: dt.date, now: dt.datetime, *, whole: bool = False) -> dt.date | None:
    """The last counted month that had begun on day `last`; `whole`: with households and rooms, not residents alone."""
    until = min(last, clock.day_of(now))
    found = HomesMonth.objects.filter(month__lte=until)
    if whole:
        found = found.filter(households__isnull=False)
    month: dt.date | None = found.aggregate(last=Max("month"))["last"]
    # A count of months ago says nothing of a later month.
    return month if month is not None and month >= until.replace(day=1) else None


def residents(path: str, last: dt.date, now: dt.datetime) -> int | None:
    """How many lived at or under a place at the end of a period; None where nobody counted."""
    return residents_by_place([path], last, now).get(path)


def residents_by_place(paths: Iterable[str], last: dt.date, now: dt.datetime) -> dict[str, int]:
    """The same of several places, by path."""
    month = month_by(last, now)
    return {} if month is None else _by_place(paths, month, "residents")


def residents_by_month(path: str, months: Iterable[dt.date]) -> dict[dt.date, int]:
    """The same of one place, by month."""
    found = HomesMonth.objects.filter(under("area_path", [path]), month__in=list(months))
    return dict(found.order_by().values_list("month").annotate(n=Sum("residents")))


def shares(measures: Iterable[HomeMeasure], path: str, last: dt.date, now: dt.datetime) -> dict[str, tuple[int, int]]:
    """(whole, part) of each measure at or under a place, at the end of a period."""
    wanted = list(measures)
    month = month_by(last, now, whole=True)
    if month is None:
        return {}
    columns = {column for one in wanted for column in (one.part, one.whole)}
    row = HomesMonth.objects.filter(under("area_path", [path]), month=month).aggregate(
        **{f"n_{column}": Sum(column) for column in columns}
    )
    return {one.key: (row[f"n_{one.whole}"] or 0, row[f"n_{one.part}"] or 0) for one in wanted}


def shares_by_place(
    measure: HomeMeasure, paths: Iterable[str], last: dt.date, now: dt.datetime
) -> dict[str, tuple[int, int]]:
    """(whole, part) of one measure at several places, by path."""
    several = list(paths)
    month = month_by(last, now, whole=True)
    if month is None:
        return {}
    whole, part = (_by_place(several, month, column) for column in (measure.whole, measure.part))
    return {path: (whole[path], part.get(path, 0)) for path in several if path in whole}


def shares_by_month(measure: HomeMeasure, path: str, months: Iterable[dt.date]) -> dict[dt.date, tuple[int, int]]:
    """(whole, part) of one measure at a place, by month."""
    found = HomesMonth.objects.filter(under("area_path", [path]), month__in=list(months), households__isnull=False)
    counted = found.order_by().values_list("month").annotate(whole=Sum(measure.whole), part=Sum(measure.part))
    return {month: (whole, part) for month, whole, part in counted}


def counted_on(path: str, last: dt.date, now: dt.datetime) -> dt.date | None:
    """For which day the numbers of a place hold."""
    month = month_by(last, now, whole=True)
    if month is None:
        return None
    found = HomesMonth.objects.filter(under("area_path", [path]), month=month)
    day: dt.date | None = found.aggregate(day=Max("counted_on"))["day"]
    return day


def _by_place(paths: Iterable[str], month: dt.date, column: str) -> dict[str, int]:
    several = list(paths)
    rows = HomesMonth.objects.filter(under("area_path", several), month=month).order_by()
    found: dict[str, int] = {}
    for area_path, number in rows.values_list("area_path", column):
        for path in several:
            if area_path.startswith(path):
                found[path] = found.get(path, 0) + (number or 0)
    return found

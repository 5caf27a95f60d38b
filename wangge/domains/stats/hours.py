"""Working hours of many spans: one addition per span, where the clock of one case would walk its days."""

from __future__ import annotations

import datetime as dt
from bisect import bisect_right
from typing import TYPE_CHECKING

from wangge.foundation.core.clock import OFFICE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wangge.foundation.core.worktime import Calendar


class Ruler:
    """Working time laid out in a line, from `first` to `last` (days, both included)."""

    def __init__(self, calendar: Calendar, first: dt.date, last: dt.date) -> None:
        self._begins: list[float] = []
        self._ends: list[float] = []
        self._before: list[float] = []  # worked seconds before each span
        total, day = 0.0, first - dt.timedelta(days=1)
        while day <= last:
            for opens, closes in calendar.spans(day):
                self._begins.append(opens.timestamp())
                self._ends.append(closes.timestamp())
                self._before.append(total)
                total += closes.timestamp() - opens.timestamp()
            day += dt.timedelta(days=1)

    def _at(self, instant: float) -> float:
        place = bisect_right(self._begins, instant) - 1
        if place < 0:
            return 0.0
        return self._before[place] + min(instant, self._ends[place]) - self._begins[place]

    def hours(self, start: dt.datetime, end: dt.datetime) -> float:
        """Working hours between two instants; 0 when `end` is not after `start`."""
        if end <= start:
            return 0.0
        return (self._at(end.timestamp()) - self._at(start.timestamp())) / 3600


def ruler_over(calendar: Calendar, instants: Sequence[dt.datetime]) -> Ruler:
    """A ruler long enough for some instants (at least one)."""
    return Ruler(calendar, min(instants).astimezone(OFFICE).date(), max(instants).astimezone(OFFICE).date())


def quantile(ordered: Sequence[float], share: float) -> float:
    """The value below which `share` of an ordered, non-empty sequence lies, by linear interpolation (as Excel's
    PERCENTILE.INC and PostgreSQL's percentile_cont do).
    """
    place = share * (len(ordered) - 1)
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)

"""Periods of figures: a month, a quarter, a year, or any days; in the office's time."""

from __future__ import annotations

import dataclasses
import datetime as dt
import re

from wangge.foundation.core.clock import OFFICE

LONGEST_DAYS = 366 * 2
_MONTH = re.compile(r"^(20\d\d)-(0[1-9]|1[0-2])$")
_QUARTER = re.compile(r"^(20\d\d)-Q([1-4])$")
_YEAR = re.compile(r"^20\d\d$")


@dataclasses.dataclass(frozen=True, slots=True)
class Period:
    """Days `first` to `last`, both included; `key` is "2026-11", "2026-Q4", "2026" or "custom"."""

    key: str
    first: dt.date
    last: dt.date

    @classmethod
    def of_days(cls, first: dt.date, last: dt.date, *, key: str = "custom") -> Period:
        """Some days; `ValueError` when they end before they begin or are too many."""
        if last < first or (last - first).days >= LONGEST_DAYS:
            raise ValueError(f"{first} to {last}")
        return cls(key, first, last)

    @classmethod
    def of_key(cls, key: str) -> Period:
        """A month, quarter or year by its name; `ValueError` for anything else."""
        if match := _MONTH.match(key):
            first = dt.date(int(match[1]), int(match[2]), 1)
            return cls(key, first, _month_end(first))
        if match := _QUARTER.match(key):
            first = dt.date(int(match[1]), 3 * int(match[2]) - 2, 1)
            return cls(key, first, _month_end(first.replace(month=first.month + 2)))
        if _YEAR.match(key):
            return cls(key, dt.date(int(key), 1, 1), dt.date(int(key), 12, 31))
        raise ValueError(key)

    @classmethod
    def quarter_of(cls, day: dt.date) -> Period:
        """The quarter that holds a day."""
        return cls.of_key(f"{day.year}-Q{(day.month + 2) // 3}")

    @property
    def since(self) -> dt.datetime:
        """The first instant."""
        return dt.datetime.combine(self.first, dt.time(), tzinfo=OFFICE)

    @property
    def until(self) -> dt.datetime:
        """The first instant after."""
        return dt.datetime.combine(self.last + dt.timedelta(days=1), dt.time(), tzinfo=OFFICE)


def months_of(last: dt.date, count: int) -> list[dt.date]:
    """The first days of `count` months up to the one that holds `last`, oldest first."""
    place = last.year * 12 + last.month - 1
    return [dt.date(n // 12, n % 12 + 1, 1) for n in range(place - count + 1, place + 1)]


def quarters_of(last: dt.date, count: int) -> list[Period]:
    """`count` quarters up to the one that holds `last`, the newest first."""
    return [Period.quarter_of(day) for day in reversed(months_of(last, 3 * count - 2))][::3]


def _month_end(first: dt.date) -> dt.date:
    following = (first.replace(day=28) + dt.timedelta(days=4)).replace(day=1)
    return following - dt.timedelta(days=1)

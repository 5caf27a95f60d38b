"""Deadlines by working days and hours, with China's holidays and 调休 working weekends.

Rules: the day of filing is not counted; N working days end at the close of the Nth working day. Working hours run only
inside the office slots; urgent hours run round the clock (紧急工作时). A year whose holidays the State Council has not
announced is computed by Monday–Friday and the statutory days, and marked provisional.
"""

from __future__ import annotations

import datetime as dt
from functools import cache, lru_cache
from typing import Literal, NamedTuple

import holidays

from wangge.foundation.core.clock import OFFICE

Kind = Literal["working_days", "working_hours", "urgent_hours"]

SLOTS = ((dt.time(8, 30), dt.time(12, 0)), (dt.time(14, 30), dt.time(18, 0)))
CLOSE_OF_DAY = SLOTS[-1][1]
LAST_ANNOUNCED_YEAR = 2026


class Deadline(NamedTuple):
    """When something is due, and whether the calendar for it is not yet final."""

    at: dt.datetime
    provisional: bool


@cache
def _calendar() -> holidays.HolidayBase:
    return holidays.country_holidays("CN", years=range(2020, LAST_ANNOUNCED_YEAR + 3))


@lru_cache(maxsize=4096)
def is_working_day(day: dt.date) -> bool:
    """Whether the office works on `day`."""
    return _calendar().is_working_day(day)


def next_working_day(day: dt.date) -> dt.date:
    """The first working day after `day`."""
    day += dt.timedelta(days=1)
    while not is_working_day(day):
        day += dt.timedelta(days=1)
    return day


def deadline(start: dt.datetime, kind: str, amount: float) -> Deadline:
    """The instant by which `amount` units of `kind` have passed since `start` (aware)."""
    local = start.astimezone(OFFICE)
    if kind == "urgent_hours":
        end = local + dt.timedelta(hours=amount)
        return Deadline(end, provisional=False)
    if kind == "working_days":
        day = local.date()
        for _n in range(int(amount)):
            day = next_working_day(day)
        end = dt.datetime.combine(day, CLOSE_OF_DAY, tzinfo=OFFICE)
    elif kind == "working_hours":
        end = _spend(local, dt.timedelta(hours=amount))
    else:
        raise ValueError(kind)
    return Deadline(end, provisional=end.year > LAST_ANNOUNCED_YEAR)


def _spend(local: dt.datetime, left: dt.timedelta) -> dt.datetime:
    day = local.date()
    while True:
        if is_working_day(day):
            for opens, closes in SLOTS:
                begin = max(local, dt.datetime.combine(day, opens, tzinfo=OFFICE))
                end = dt.datetime.combine(day, closes, tzinfo=OFFICE)
                if begin >= end:
                    continue
                if end - begin >= left:
                    return begin + left
                left -= end - begin
        day += dt.timedelta(days=1)
        local = dt.datetime.combine(day, dt.time(0), tzinfo=OFFICE)


def working_days_between(first: dt.date, last: dt.date) -> int:
    """Working days after `first` up to and including `last`; 0 when `last` is not after `first`."""
    days = 0
    while first < last:
        first = next_working_day(first)
        days += first <= last
    return days

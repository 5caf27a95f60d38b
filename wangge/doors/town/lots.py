"""Drawing lots: shares that come out exactly, and working time as staff spend it."""

from __future__ import annotations

import datetime as dt
import math
from functools import lru_cache
from typing import TYPE_CHECKING

from wangge.foundation.core import clock
from wangge.foundation.core.worktime import deadline

if TYPE_CHECKING:
    import random


class Share:
    """Says yes to a fixed share of the questions, spread evenly: 8 of every 100, not about 8."""

    def __init__(self, share: float) -> None:
        self._share = share
        self._owed = 0.5

    def owe(self) -> None:
        """Count a case that belongs to the whole."""
        self._owed += self._share

    def pay(self, *, forced: bool = False) -> bool:
        """Whether one is due now (`forced`: it happens anyway, and counts)."""
        if forced or self._owed >= 1:
            self._owed -= 1
            return True
        return False

    def ask(self) -> bool:
        """Count and answer in one."""
        self.owe()
        return self.pay()


class Pace:
    """How long things take, from one random source."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng

    def office(self, start: dt.datetime, hours: float, spread: float = 0.5) -> dt.datetime:
        """About `hours` of office time after `start`."""
        spent = hours * self._rng.lognormvariate(0, spread)
        at = _office(start.replace(microsecond=0), max(1, round(spent * 60)))
        return at + dt.timedelta(seconds=self._rng.randrange(50))

    def clock(self, start: dt.datetime, hours: float, spread: float = 0.5) -> dt.datetime:
        """About `hours` after `start`, day and night."""
        return start + dt.timedelta(seconds=round(hours * 3600 * self._rng.lognormvariate(0, spread)) + 20)


@lru_cache(maxsize=20_000)
def _office(start: dt.datetime, minutes: int) -> dt.datetime:
    return deadline(start, "working_hours", minutes / 60).at


def hours_of(kind: str, amount: float) -> float:
    """A time limit in hours of its own kind: a working day has seven office hours."""
    return amount * 7 if kind == "working_days" else amount


def at_hour(day: dt.date, hour: float) -> dt.datetime:
    """An instant of a day at the office's place."""
    minutes = math.floor(hour * 60)
    return dt.datetime.combine(day, dt.time(), tzinfo=clock.OFFICE) + dt.timedelta(minutes=minutes)

"""日双巡, the rules: which windows hold on a day, which checkpoints a round takes, what proves that one was seen. No table.

*The promise*: as long as the rounds are walked, a checkpoint is seen at least every `every_days` days. A public holiday
on which nobody walks does not count, and where days off leave no round in time, the first round after them is in time.

*The rotation* (风险加权轮巡): a round takes as many points as it must for every later round to keep the promise without
growing, nearest end first; and is filled up to its fair share by risk and by how much of their days is spent.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import math
from typing import TYPE_CHECKING, NamedTuple

from wangge.foundation.core import clock
from wangge.foundation.core.worktime import DayKind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from wangge.foundation.core.worktime import Calendar

MORNING, AFTERNOON, NIGHT = "morning", "afternoon", "night"
KINDS = (MORNING, AFTERNOON, NIGHT)
WORKDAYS, DAILY, WEEKENDS, NEVER = "workdays", "daily", "weekends", "never"

MOST = 15
"""Points a round holds by default. The promise stands above it: a place that needs more is told so."""
NIGHT_RISK = 3
"""The least risk that is looked at in the dark (夜间巡逻)."""
NEAR_M = 80
"""Metres within which a tap proves that somebody was there."""
ACCURACY_M = 50
"""Of the inaccuracy that the phone reports, so many metres are believed."""
LATE = dt.timedelta(days=3)
"""So long after its window what the phone held back still counts (no signal): by our clock, not by the phone's."""
EARLY = dt.timedelta(hours=1)
EVERY_DAYS: Mapping[int, int] = {3: 3, 2: 7, 1: 30}
"""Risk → how often a checkpoint is seen unless somebody says otherwise, in days."""

_FURTHEST = 400  # days looked ahead for a round
_ONE = dt.timedelta(days=1)
_SPENT = 0.5  # of its days, before a point is looked at again without need
_AHEAD = 28  # days over which the number of rounds is averaged


class Window(NamedTuple):
    """When a grid is walked; `closes` not after `opens` is on the next day."""

    kind: str
    days: str
    opens: dt.time
    closes: dt.time


DEFAULTS: tuple[Window, ...] = (
    Window(MORNING, WORKDAYS, dt.time(8, 30), dt.time(11, 30)),
    Window(AFTERNOON, WORKDAYS, dt.time(14, 30), dt.time(18)),
)
"""What holds where nobody planned anything: two a working day, none at night."""


def holds(window: Window, day: dt.date, calendar: Calendar) -> bool:
    """Whether a window is walked on a day. On half a working day only that half is."""
    if window.days in {NEVER, DAILY}:
        return window.days == DAILY
    if not calendar.is_working_day(day):
        return window.days == WEEKENDS
    special = calendar.special(day)
    halved = {DayKind.MORNING: AFTERNOON, DayKind.AFTERNOON: MORNING}
    if special is not None and halved.get(special.kind) == window.kind:
        return False
    return window.days == WORKDAYS


def span(window: Window, day: dt.date) -> tuple[dt.datetime, dt.datetime]:
    """The window of a day as two instants."""
    last = day if window.closes > window.opens else day + _ONE
    opens = dt.datetime.combine(day, window.opens, tzinfo=clock.OFFICE)
    return opens, dt.datetime.combine(last, window.closes, tzinfo=clock.OFFICE)


def nearest(planned: Iterable[tuple[str, Window]], path: str) -> tuple[Window, ...]:
    """The windows of a grid: per kind the one planned at the nearest place at or above it, else the default."""
    found: dict[str, tuple[int, Window]] = {window.kind: (0, window) for window in DEFAULTS}
    for at, window in planned:
        if path.startswith(at) and len(at) > found.get(window.kind, (0, None))[0]:
            found[window.kind] = (len(at), window)
    return tuple(found[kind][1] for kind in KINDS if kind in found)


# -- rotation


class Spot(NamedTuple):
    """A checkpoint as the rotation sees it. `seen_on`: last seen, or the day on which it was set up."""

    id: int
    every_days: int
    risk: int
    seen_on: dt.date

    def seen(self, day: dt.date) -> Spot:
        """The same spot, last seen on another day."""
        return Spot(self.id, self.every_days, self.risk, day)


@dataclasses.dataclass(frozen=True, slots=True)
class Course:
    """The rounds of a grid to come: how many on a day, and which days without one do not count."""

    rounds: Callable[[dt.date], int]
    rests: Callable[[dt.date], bool]

    def end(self, spot: Spot) -> dt.date:
        """The last day on which a point can be seen in time."""
        day, left = spot.seen_on, spot.every_days
        while left:
            day += _ONE
            if self.rounds(day) or not self.rests(day):
                left -= 1
        last = day
        while last > spot.seen_on and not self.rounds(last):
            last -= _ONE
        if last > spot.seen_on:
            return last
        for _n in range(_FURTHEST):
            if self.rounds(day):
                break
            day += _ONE
        return day

    def days_since(self, seen_on: dt.date, day: dt.date) -> int:
        """Days that count between two days."""
        span_ = (seen_on + _ONE * n for n in range(1, (day - seen_on).days + 1))
        return sum(1 for one in span_ if self.rounds(one) or not self.rests(one))

    def a_day(self, day: dt.date) -> float:
        """Rounds a day on average, over the four weeks from a day on."""
        return sum(self.rounds(day + _ONE * n) for n in range(_AHEAD)) / _AHEAD


def course(windows: Sequence[Window], calendar: Calendar, *, night: bool = False) -> Course:
    """The day rounds of a grid with these windows; or its night patrols."""
    counted = [window for window in windows if (window.kind == NIGHT) is night]
    known: dict[dt.date, tuple[int, bool]] = {}

    def look(day: dt.date) -> tuple[int, bool]:
        if day not in known:
            special = calendar.special(day)
            known[day] = (
                sum(holds(window, day, calendar) for window in counted),
                special is not None and special.kind is DayKind.OFF,
            )
        return known[day]

    return Course(rounds=lambda day: look(day)[0], rests=lambda day: look(day)[1])


def needed(spots: Iterable[Spot], course_: Course, day: dt.date) -> float:
    """How many points a round must hold on average for the promise to be kept; above `MOST` the place has too many."""
    a_day = course_.a_day(day)
    if not a_day:
        return 0.0
    return sum(1 / max(1.0, spot.every_days * a_day) for spot in spots)


def chosen(spots: Sequence[Spot], course_: Course, day: dt.date, nth: int = 0) -> list[int]:
    """The points that the `nth` round of a day takes (0 is the first), most pressing first.

    What runs out today is always taken, and what is late already (rounds were missed) is caught up with over some rounds.
    The rest is filled up by risk and by how much of their days is spent, from the half of them on: nobody is sent twice
    as often as asked.
    """
    to_come = course_.rounds(day) - nth
    if to_come <= 0 or not spots:
        return []
    ends = {spot.id: course_.end(spot) for spot in spots}
    waiting = sorted(
        (spot for spot in spots if spot.seen_on < day), key=lambda one: (ends[one.id], -one.risk, one.seen_on, one.id)
    )
    late = [spot for spot in waiting if ends[spot.id] < day]
    in_time = waiting[len(late) :]
    fair = math.ceil(needed(spots, course_, day) - 1e-9)
    now, rate = _level([ends[spot.id] for spot in in_time], course_, day, to_come)
    take = in_time[:now]
    take += late[: max(fair, MOST - len(take))]
    taken = {spot.id for spot in take}
    spent = [((day - one.seen_on).days / one.every_days, one) for one in waiting if one.id not in taken]
    left = sorted((-part * one.risk, one.id) for part, one in spent if part >= _SPENT)
    return [spot.id for spot in take] + [key for _weight, key in left[: max(0, fair - len(take), rate - len(take))]]


def _level(ends: Sequence[dt.date], course_: Course, day: dt.date, to_come: int) -> tuple[int, int]:
    """(The fewest points now, points a round at most later on) with which the promise is kept. `ends` ascend."""
    asked, rounds, upto = [], to_come, day
    for count, end in enumerate(ends, start=1):
        while upto < end:
            upto += _ONE
            rounds += course_.rounds(upto)
        asked.append((count, rounds))
    rate = max((math.ceil(count / held) for count, held in asked), default=0)
    return max((0, *(count - (held - 1) * rate for count, held in asked))), rate


# -- proof


def is_near(metres: float, accuracy_m: float | None) -> bool:
    """Whether a tap so far away proves that somebody was there; what the phone is unsure of counts up to a limit."""
    return metres <= NEAR_M + min(max(accuracy_m or 0.0, 0.0), ACCURACY_M)


def rounded(metres: float) -> int:
    """What is kept of a distance: tens of metres, so that no position can be worked out of several."""
    return round(metres / 10) * 10

"""Working time: which minutes the office works, and so when a time limit ends.

Pure: a `Calendar` is a frozen value (days, plans, the last announced year), and every answer follows from it alone. It
is kept as versioned data by the catalogue; `catalogue.calendars` makes the value.

Rules. *Working days*: the day of the start is not counted; N working days end at the close of the Nth. *Working hours*
run only inside the slots of working days. *Urgent hours* run round the clock (紧急工作时). A year whose holidays the
State Council has not announced is Monday to Friday less the statutory days, and what ends in it is provisional; so are
the last three days of an announced year, which the next notice may still exchange (29 December 2018 became a working
Saturday that way). A half day is a working day; the morning is what lies before 13:00. No calendar, however empty,
makes an answer raise or loop: without a single working day in 400 the limit is counted in plain days and hours,
provisionally.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from enum import StrEnum
from functools import cache
from typing import TYPE_CHECKING, Literal, NamedTuple

from wangge.foundation.core.clock import OFFICE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

Kind = Literal["working_days", "working_hours", "urgent_hours"]
KINDS = frozenset({"working_days", "working_hours", "urgent_hours"})

_NOON_SPLIT = 13 * 60  # minutes after midnight: where a half day is cut
_DAY = 24 * 60
_GIVE_UP_AFTER = 400  # days without a single working one
_OPEN_DAYS = 3  # at the end of an announced year
_ONE_DAY = dt.timedelta(days=1)
_NOTHING = dt.timedelta(0)


class Deadline(NamedTuple):
    """When something is due, and whether the calendar for it is not yet final."""

    at: dt.datetime
    provisional: bool


class Slot(NamedTuple):
    """Minutes after the midnight of its day; `closes` may lie beyond 1,440 (a night shift ends on the next day)."""

    opens: int
    closes: int


class DayKind(StrEnum):
    """What a day is, whatever its weekday says."""

    OFF = "off"
    WORK = "work"
    MORNING = "morning"
    AFTERNOON = "afternoon"


class Day(NamedTuple):
    """A day that is not what its weekday says. `source` is "notice", "local" or "statutory"."""

    kind: DayKind
    name: str = ""
    source: str = "notice"


@dataclasses.dataclass(frozen=True, slots=True)
class Plan:
    """The slots of a season; `first` and `last` are (month, day), both included, and may run over the new year."""

    slots: tuple[Slot, ...]
    weekdays: frozenset[int] = frozenset({1, 2, 3, 4, 5})  # ISO
    first: tuple[int, int] = (1, 1)
    last: tuple[int, int] = (12, 31)
    name: str = ""

    def covers(self, day: dt.date) -> bool:
        """Whether the season of the plan holds a day."""
        now = (day.month, day.day)
        if self.first <= self.last:
            return self.first <= now <= self.last
        return now >= self.first or now <= self.last


OFFICE_SLOTS = (Slot(8 * 60 + 30, 12 * 60), Slot(14 * 60 + 30, 18 * 60))


@dataclasses.dataclass(frozen=True, slots=True)
class Calendar:
    """One version of the working calendar. Of the plans that cover a day the first counts."""

    version: int
    announced_through: int
    days: Mapping[dt.date, Day] = dataclasses.field(default_factory=dict)
    plans: tuple[Plan, ...] = (Plan(OFFICE_SLOTS),)
    # What was worked out before; a calendar is asked about the same days again and again.
    _slots: dict[dt.date, tuple[Slot, ...]] = dataclasses.field(default_factory=dict, compare=False, repr=False)
    _spans: dict[dt.date, tuple[tuple[dt.datetime, dt.datetime], ...]] = dataclasses.field(
        default_factory=dict, compare=False, repr=False
    )

    def special(self, day: dt.date) -> Day | None:
        """Why a day is not what its weekday says; None for an ordinary one."""
        held = self.days.get(day)
        if held is None and day.year > self.announced_through and (name := statutory(day.year).get(day)):
            return Day(DayKind.OFF, name, "statutory")
        return held

    def slots(self, day: dt.date) -> tuple[Slot, ...]:
        """The slots worked on a day, in minutes after its midnight; empty on a day off."""
        known = self._slots.get(day)
        if known is None:
            known = self._slots[day] = self._slots_of(day)
        return known

    def _slots_of(self, day: dt.date) -> tuple[Slot, ...]:
        special = self.special(day)
        if special is not None and special.kind is DayKind.OFF:
            return ()
        plan = next((plan for plan in self.plans if plan.covers(day)), None)
        if plan is None or (special is None and day.isoweekday() not in plan.weekdays):
            return ()
        if special is None or special.kind is DayKind.WORK:
            return plan.slots
        if special.kind is DayKind.MORNING:
            halves = [Slot(slot.opens, min(slot.closes, _NOON_SPLIT)) for slot in plan.slots]
        else:
            halves = [Slot(max(slot.opens, _NOON_SPLIT), slot.closes) for slot in plan.slots]
        return tuple(slot for slot in halves if slot.opens < slot.closes)

    def is_working_day(self, day: dt.date) -> bool:
        """Whether the office works on a day, be it half of it."""
        return bool(self.slots(day))

    def close_of(self, day: dt.date) -> dt.datetime | None:
        """When the work of a day ends; None on a day off."""
        slots = self.slots(day)
        return _instant(day, slots[-1].closes) if slots else None

    def is_provisional(self, end: dt.datetime) -> bool:
        """Whether the days before `end` may still be exchanged by a notice that is not out yet."""
        day = end.astimezone(OFFICE).date()
        return (day.year, day.month, day.day) > (self.announced_through, 12, 31 - _OPEN_DAYS)

    def spans(self, day: dt.date) -> tuple[tuple[dt.datetime, dt.datetime], ...]:
        """The worked spans that begin on a day, in order; a night shift of the day before is not counted twice."""
        known = self._spans.get(day)
        if known is None:
            before = self.slots(day - _ONE_DAY)
            taken = before[-1].closes - _DAY if before else 0
            made = [(max(slot.opens, taken), slot.closes) for slot in self.slots(day)]
            known = tuple((_instant(day, opens), _instant(day, closes)) for opens, closes in made if opens < closes)
            self._spans[day] = known
        return known


def office(version: int = 0, announced_through: int = 0) -> Calendar:
    """A calendar of office hours, Monday to Friday, that knows no notice: everything in it is provisional."""
    return Calendar(version, announced_through)


def _instant(day: dt.date, minutes: int) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(), tzinfo=OFFICE) + dt.timedelta(minutes=minutes)


# -- limits


def deadline(start: dt.datetime, kind: str, amount: float, calendar: Calendar | None = None) -> Deadline:
    """The instant by which `amount` units of `kind` have passed since `start` (aware)."""
    local = start.astimezone(OFFICE)
    if kind == "urgent_hours":
        return Deadline(local + dt.timedelta(hours=amount), provisional=False)
    calendar = calendar or in_force()
    if kind == "working_days":
        end = _close_of_nth(local.date(), int(amount), calendar)
        fallback = _instant(local.date() + dt.timedelta(days=int(amount)), OFFICE_SLOTS[-1].closes)
    elif kind == "working_hours":
        end = _add(local, dt.timedelta(hours=amount), calendar)
        fallback = local + dt.timedelta(hours=amount)
    else:
        raise ValueError(kind)
    if end is None:
        return Deadline(fallback, provisional=True)
    return Deadline(end, provisional=calendar.is_provisional(end))


def later(due: dt.datetime, days: int, calendar: Calendar) -> Deadline:
    """A deadline extended by working days: the close of the Nth working day after the day on which it fell."""
    return deadline(due, "working_days", days, calendar)


def shifted(due: dt.datetime, passed: dt.timedelta, kind: str, calendar: Calendar) -> Deadline:
    """A deadline moved on by the time that passed in a pause, counted as the clock counts (`spent`).

    An urgent clock moves by plain time; the others by working time, so that exactly as much work fits between now and
    the deadline as did before the pause.
    """
    local = due.astimezone(OFFICE)
    if kind == "urgent_hours":
        return Deadline(local + passed, provisional=False)
    end = _add(local, passed, calendar)
    if end is None:
        return Deadline(local + passed, provisional=True)
    return Deadline(end, provisional=calendar.is_provisional(end))


def spent(start: dt.datetime, end: dt.datetime, kind: str, calendar: Calendar | None = None) -> dt.timedelta:
    """How much of a limit of `kind` passes between two instants: plain time for urgent hours, else working time."""
    if end <= start:
        return _NOTHING
    if kind == "urgent_hours":
        return end - start
    if kind not in KINDS:
        raise ValueError(kind)
    calendar = calendar or in_force()
    start, end = start.astimezone(OFFICE), end.astimezone(OFFICE)
    total, day, last = _NOTHING, start.date() - _ONE_DAY, end.date()
    while day <= last:
        for opens, closes in calendar.spans(day):
            begin, stop = max(opens, start), min(closes, end)
            if begin < stop:
                total += stop - begin
        day += _ONE_DAY
    return total


def _add(local: dt.datetime, left: dt.timedelta, calendar: Calendar) -> dt.datetime | None:
    """The first instant by which so much working time has passed; None when there is none for too long."""
    if left <= _NOTHING:
        return local
    day, idle = local.date() - _ONE_DAY, 0
    while idle < _GIVE_UP_AFTER:
        idle += 1
        for opens, closes in calendar.spans(day):
            begin = max(opens, local)
            if begin >= closes:
                continue
            idle = 0
            if closes - begin >= left:
                return begin + left
            left -= closes - begin
        day += _ONE_DAY
    return None


def _close_of_nth(day: dt.date, amount: int, calendar: Calendar) -> dt.datetime | None:
    idle = 0
    while amount > 0:
        day += _ONE_DAY
        if calendar.slots(day):
            amount, idle = amount - 1, 0
        else:
            idle += 1
            if idle >= _GIVE_UP_AFTER:
                return None
    return calendar.close_of(day) or _instant(day, OFFICE_SLOTS[-1].closes)


def _working_days_after(day: dt.date, calendar: Calendar) -> Iterator[dt.date]:
    for _n in range(_GIVE_UP_AFTER):
        day += _ONE_DAY
        if calendar.is_working_day(day):
            yield day


# -- days, for whoever speaks of days


def is_working_day(day: dt.date, calendar: Calendar | None = None) -> bool:
    """Whether the office works on `day`."""
    return (calendar or in_force()).is_working_day(day)


def next_working_day(day: dt.date, calendar: Calendar | None = None) -> dt.date:
    """The first working day after `day`; simply the next day where the calendar knows none."""
    return next(_working_days_after(day, calendar or in_force()), day + _ONE_DAY)


def working_days_between(first: dt.date, last: dt.date, calendar: Calendar | None = None) -> int:
    """Working days after `first` up to and including `last`; 0 when `last` is not after `first`."""
    calendar = calendar or in_force()
    return sum(calendar.is_working_day(first + _ONE_DAY * n) for n in range(1, (last - first).days + 1))


def ends_a_day(due: dt.datetime, calendar: Calendar | None = None) -> bool:
    """Whether a deadline falls on the close of a working day, as those of day clocks do."""
    local = due.astimezone(OFFICE)
    return (calendar or in_force()).close_of(local.date()) == local


# -- statutory days of years without a notice

# 春节 (the first day of the lunar year), 清明, 端午, 中秋 of each year: calendar facts.
_MOVABLE = {
    2027: "02-06 04-05 06-09 09-15", 2028: "01-26 04-04 05-28 10-03", 2029: "02-13 04-04 06-16 09-22",
    2030: "02-03 04-05 06-05 09-12", 2031: "01-23 04-05 06-24 10-01", 2032: "02-11 04-04 06-12 09-19",
    2033: "01-31 04-04 06-01 09-08", 2034: "02-19 04-05 06-20 09-27", 2035: "02-08 04-05 06-10 09-16",
    2036: "01-28 04-04 05-30 10-04", 2037: "02-15 04-04 06-18 09-24", 2038: "02-04 04-05 06-07 09-13",
    2039: "01-24 04-05 05-27 10-02", 2040: "02-12 04-04 06-14 09-20", 2041: "02-01 04-04 06-03 09-10",
    2042: "01-22 04-04 06-22 09-28", 2043: "02-10 04-05 06-11 09-17", 2044: "01-30 04-04 05-31 10-05",
    2045: "02-17 04-04 06-19 09-25", 2046: "02-06 04-04 06-08 09-15", 2047: "01-26 04-05 05-29 10-04",
    2048: "02-14 04-04 06-15 09-22", 2049: "02-02 04-04 06-04 09-11", 2050: "01-23 04-04 06-23 09-30",
}  # fmt: skip


@cache
def statutory(year: int) -> dict[dt.date, str]:
    """The days off by law, without any exchanged day (全国年节及纪念日放假办法, as amended in November 2024).

    The movable ones are known up to 2050; before 2027 every year has its notice.
    """
    days = {dt.date(year, 1, 1): "元旦"}
    days |= {dt.date(year, 5, day): "劳动节" for day in (1, 2)}
    if year in _MOVABLE:
        spring, *others = (dt.date.fromisoformat(f"{year}-{text}") for text in _MOVABLE[year].split())
        days |= {spring + _ONE_DAY * n: "春节" for n in range(-1, 3)}
        days |= dict(zip(others, ("清明节", "端午节", "中秋节"), strict=True))
    return days | {dt.date(year, 10, day): "国庆节" for day in (1, 2, 3)}


# -- the calendar in force, for those who name none

_source: Callable[[], Calendar] = office


def read_from(source: Callable[[], Calendar]) -> None:
    """Name the function that gives the calendar in force; the catalogue does so at start-up."""
    global _source  # noqa: PLW0603 — wired once, when the process starts
    _source = source


def in_force() -> Calendar:
    """The office's calendar as it stands now."""
    return _source()

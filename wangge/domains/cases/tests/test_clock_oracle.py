"""The clocks against an oracle that knows nothing but minutes: 2004 to 2027, 调休, half days, seasons, night shifts,
pauses and extensions.

The oracle paints every worked minute of twenty-five years into one long row and counts along it; it shares no code with
the clocks. 2,000 cases in the ordinary suite, 100,000 with `-m soak`; the same answers whatever the server's time zone.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
import os
import random
import subprocess
import sys

import numpy as np
import pytest

from wangge.domains.cases import clocks
from wangge.foundation.core.clock import OFFICE
from wangge.foundation.core.tests.calendars import notices
from wangge.foundation.core.worktime import Calendar, Day, DayKind, Plan, Slot

FIRST, LAST = dt.date(2003, 12, 1), dt.date(2029, 6, 30)
MINUTES_A_DAY = 1440
PAPER = [(8 * 60 + 30, 12 * 60), (14 * 60 + 30, 18 * 60)]


@dataclasses.dataclass(frozen=True)
class Rules:
    """A calendar as people would write it on paper: seasons as (from, to, slots, weekdays), days as (kind)."""

    seasons: tuple
    days: dict


def on_paper() -> list[Rules]:
    """Six offices: ordinary, with a summer, with a winter over the new year, half days, a night shift, a bare winter."""
    known = {day: what.kind.value for day, what in notices().items()}
    ordinary = ((1, 1), (12, 31), PAPER, {1, 2, 3, 4, 5})
    local = random.Random(20260302)
    halves = dict(known)
    for _n in range(400):
        day = dt.date(2004, 1, 1) + dt.timedelta(days=local.randrange(23 * 365))
        halves[day] = local.choice(["morning", "afternoon", "off", "work"])
    summer = ((6, 1), (9, 30), [(510, 720), (900, 1110)], {1, 2, 3, 4, 5})
    winter = ((11, 15), (3, 14), [(540, 720), (810, 1020)], {1, 2, 3, 4, 5, 6})
    night = ((1, 1), (12, 31), [(60, 180), (1320, 1560)], {1, 3, 5, 7})
    bare = ((12, 10), (2, 20), [], {1, 2, 3, 4, 5})
    return [
        Rules((ordinary,), known),
        Rules((summer, ordinary), known),
        Rules((winter, summer, ordinary), halves),
        Rules((ordinary,), halves),
        Rules((night,), known),
        Rules((bare, ordinary), known),
    ]


def as_calendar(rules: Rules) -> Calendar:
    plans = tuple(
        Plan(tuple(Slot(*slot) for slot in slots), frozenset(weekdays), first, last)
        for first, last, slots, weekdays in rules.seasons
    )
    return Calendar(1, 2026, {day: Day(DayKind(kind)) for day, kind in rules.days.items()}, plans)


# What the law alone says of 2027 to 2029, typed in by hand.
BY_LAW = {
    2027: "0101 0205 0206 0207 0208 0405 0501 0502 0609 0915 1001 1002 1003",
    2028: "0101 0125 0126 0127 0128 0404 0501 0502 0528 1003 1001 1002",
    2029: "0101 0212 0213 0214 0215 0404 0501 0502 0616 0922 1001 1002 1003",
}


class Minutes:
    """Every minute from FIRST to LAST: worked or not. Nothing is cleverer than a loop over the days."""

    def __init__(self, rules: Rules) -> None:
        days = (LAST - FIRST).days + 1
        self.worked = np.zeros(days * MINUTES_A_DAY, dtype=bool)
        self.closes: dict[dt.date, int] = {}  # worked days, with the minute at which the last slot ends
        by_law = {
            dt.date(year, int(text[:2]), int(text[2:])) for year, texts in BY_LAW.items() for text in texts.split()
        }
        for n in range(days):
            day = FIRST + dt.timedelta(days=n)
            kind = rules.days.get(day) or ("off" if day in by_law else "")
            slots, weekdays = self.season(rules, day)
            if kind == "off" or (not kind and day.isoweekday() not in weekdays):
                continue
            for opens, closes in slots:
                first = max(opens, 780) if kind == "afternoon" else opens
                last = min(closes, 780) if kind == "morning" else closes
                if first < last:
                    self.worked[n * MINUTES_A_DAY + first : n * MINUTES_A_DAY + last] = True
                    self.closes[day] = n * MINUTES_A_DAY + last

    @staticmethod
    def season(rules: Rules, day: dt.date):
        for first, last, slots, weekdays in rules.seasons:
            today = (day.month, day.day)
            inside = first <= today <= last if first <= last else (today >= first or today <= last)
            if inside:
                return slots, weekdays
        return [], set()

    def nth(self, row, start: int, count: int) -> int:
        """The end of the `count`-th worked minute from `start` on."""
        if not count:
            return start
        reach = 60 * MINUTES_A_DAY
        while True:
            passed = np.cumsum(row[start : start + reach])
            if len(passed) and passed[-1] >= count:
                return start + int(np.searchsorted(passed, count)) + 1
            reach *= 2

    def nth_close(self, start: int, count: int) -> int:
        day = FIRST + dt.timedelta(days=start // MINUTES_A_DAY)
        while count:
            day += dt.timedelta(days=1)
            count -= day in self.closes
        return self.closes[day]

    def due(self, kind: str, amount: int, start: int, pauses, extensions) -> int:
        """In the words of the rule, minute by minute. `amount` is in minutes, or days."""
        if kind == "working_hours" and not extensions:
            # No moving of deadlines at all: just count the worked minutes outside the pauses.
            row = self.worked.copy() if pauses else self.worked
            for begun, ended in pauses:
                row[begun:ended] = False
            return self.nth(row, start, amount)
        if kind == "working_days":
            plain = self.nth_close(start, amount)
        else:
            plain = self.nth(self.worked, start, amount) if kind == "working_hours" else start + amount
        paused, due = 0, plain
        what = sorted([("p", *pause) for pause in pauses] + [("x", *one) for one in extensions], key=lambda e: e[1])
        for sort, at, value in what:
            if sort == "x":
                plain = self.nth_close(plain, value)
            elif at < due:
                paused += value - at if kind == "urgent_hours" else int(self.worked[at:value].sum())
            due = plain + paused if kind == "urgent_hours" else self.nth(self.worked, plain, paused)
        return due


def instant(minute: int) -> dt.datetime:
    return dt.datetime.combine(FIRST, dt.time(), tzinfo=OFFICE) + dt.timedelta(minutes=minute)


@dataclasses.dataclass(frozen=True)
class Event:
    kind: str
    at: dt.datetime
    kind_of_time: str = ""
    amount: float | None = None
    calendar_id: int = 1
    unit_id: int | None = None
    until: dt.datetime | None = None
    reason: str = ""
    clock: str = "handle"
    assignment_id: int | None = None


def draw(chance: random.Random):
    """One case: kind, amount, start, pauses, extensions, all in minutes of the row."""
    kind = chance.choice(["working_hours", "working_hours", "working_days", "urgent_hours"])
    amount = {"working_hours": 2400, "working_days": 15, "urgent_hours": 6000}[kind]
    amount = chance.randrange(1, amount + 1)
    begin = (dt.date(2004, 1, 2) - FIRST).days * MINUTES_A_DAY
    end = (dt.date(2027, 12, 1) - FIRST).days * MINUTES_A_DAY
    start = chance.randrange(begin, end)
    at, pauses = start, []
    for _n in range(chance.choice([0, 0, 1, 1, 2, 3])):
        begun = at + chance.randrange(1, chance.choice([90, 2000, 20_000]))
        at = begun + chance.randrange(1, chance.choice([45, 3000, 30_000]))
        pauses.append((begun, at))
    extensions = []
    if chance.randrange(4) == 0:
        extensions.append((start + chance.randrange(0, 1 + (at - start)), chance.randrange(1, 11)))
        # An extension is decided at another minute than a pause begins or ends.
        taken = {minute for pause in pauses for minute in pause}
        extensions = [(minute, days) for minute, days in extensions if minute not in taken]
    return kind, amount, start, pauses, extensions


def answer(calendar: Calendar, kind, amount, start, pauses, extensions) -> dt.datetime:
    """What the clocks say."""
    units = amount if kind == "working_days" else amount / 60
    events = [Event("start", instant(start), kind, units)]
    rest = [Event("pause", instant(a)) for a, _b in pauses] + [Event("resume", instant(b)) for _a, b in pauses]
    rest += [Event("extend", instant(at), "working_days", days) for at, days in extensions]
    due = clocks.run(events + sorted(rest, key=lambda event: event.at), lambda _version, _unit: calendar)
    return due.at


def inside(case) -> bool:
    """An extension within a pause is decided while the clock stands: there the row of minutes has no word for it."""
    _kind, _amount, _start, pauses, extensions = case
    return any(begun < at < ended for at, _days in extensions for begun, ended in pauses)


def compare(count: int, seed: int) -> None:
    chance = random.Random(seed)
    offices = on_paper()
    for n, rules in enumerate(offices):
        minutes, calendar = Minutes(rules), as_calendar(rules)
        for _n in range(count // len(offices) + (n < count % len(offices))):
            case = draw(chance)
            while inside(case):
                case = draw(chance)
            kind, amount, start, pauses, extensions = case
            wanted = instant(minutes.due(kind, amount, start, pauses, extensions))
            said = answer(calendar, kind, amount, start, pauses, extensions)
            assert said.replace(second=0, microsecond=0) == said.replace(microsecond=0), case
            assert said == wanted, (n, case, instant(start))


def test_two_thousand_cases_are_the_oracles():
    compare(2000, seed=3)


@pytest.mark.soak
def test_a_hundred_thousand_cases_are_the_oracles():
    compare(100_000, seed=11)


def test_the_oracle_itself_by_hand():
    """Two answers of the oracle that a person counted."""
    minutes = Minutes(on_paper()[0])
    friday = ((dt.date(2026, 2, 13) - FIRST).days * MINUTES_A_DAY) + 16 * 60
    assert instant(minutes.due("working_days", 5, friday, [], [])) == dt.datetime(2026, 2, 27, 18, tzinfo=OFFICE)
    # 16:00 to 18:00, then the worked Saturday from 08:30: 120 + 90 minutes
    assert instant(minutes.due("working_hours", 210, friday, [], [])) == dt.datetime(2026, 2, 14, 10, tzinfo=OFFICE)


def answers(count: int) -> list[str]:
    """The instants of some cases, in UTC."""
    chance, calendars = random.Random(5), [as_calendar(rules) for rules in on_paper()]
    return [answer(calendars[n % 6], *draw(chance)).astimezone(dt.UTC).isoformat() for n in range(count)]


def digest() -> str:
    return hashlib.sha256(repr(answers(600)).encode()).hexdigest()


@pytest.mark.parametrize("zone", ["UTC", "Asia/Shanghai", "America/New_York"])
def test_the_server_may_stand_anywhere(zone):
    code = "from wangge.domains.cases.tests.test_clock_oracle import digest; print(digest())"
    env = os.environ | {"TZ": zone}
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == digest()

"""Deadlines against an independent oracle, with the holidays of 2025 and 2026 typed in again by hand.

Source of the days: the State Council's notices on holiday arrangements for 2025 and 2026.
"""

import datetime as dt
import random
from zoneinfo import ZoneInfo

import pytest

from wangge.foundation.core import clock
from wangge.foundation.core.clock import OFFICE
from wangge.foundation.core.worktime import deadline, is_working_day, next_working_day, working_days_between


def days(year, month, first, last=None):
    return {dt.date(year, month, day) for day in range(first, (last or first) + 1)}


OFF = (
    days(2025, 1, 1) | days(2025, 1, 28, 31) | days(2025, 2, 1, 4) | days(2025, 4, 4, 6) | days(2025, 5, 1, 5)
    | days(2025, 5, 31) | days(2025, 6, 1, 2) | days(2025, 10, 1, 8)
    | days(2026, 1, 1, 3) | days(2026, 2, 15, 23) | days(2026, 4, 4, 6) | days(2026, 5, 1, 5) | days(2026, 6, 19, 21)
    | days(2026, 9, 25, 27) | days(2026, 10, 1, 7)
)  # fmt: skip
WORKING_WEEKENDS = (
    days(2025, 1, 26) | days(2025, 2, 8) | days(2025, 4, 27) | days(2025, 9, 28) | days(2025, 10, 11)
    | days(2026, 1, 4) | days(2026, 2, 14) | days(2026, 2, 28) | days(2026, 5, 9) | days(2026, 9, 20)
    | days(2026, 10, 10)
)  # fmt: skip


def works(day):
    """The oracle's calendar."""
    return day in WORKING_WEEKENDS or (day.weekday() < 5 and day not in OFF)


def in_slot(moment):
    minutes = moment.hour * 60 + moment.minute
    return works(moment.date()) and (510 <= minutes < 720 or 870 <= minutes < 1080)


def oracle_hours(start, minutes):
    """Minute by minute: the end of the last working minute that was needed."""
    moment = start
    while minutes:
        if in_slot(moment):
            minutes -= 1
        moment += dt.timedelta(minutes=1)
    return moment


def oracle_days(start, amount):
    day = start.date()
    while amount:
        day += dt.timedelta(days=1)
        amount -= works(day)
    return dt.datetime.combine(day, dt.time(18), tzinfo=OFFICE)


def moment(year, month, day, hour=0, minute=0):
    return dt.datetime(year, month, day, hour, minute, tzinfo=OFFICE)


def test_every_day_of_two_years_is_as_announced():
    day = dt.date(2025, 1, 1)
    while day.year < 2027:
        assert is_working_day(day) is works(day), day
        day += dt.timedelta(days=1)


@pytest.mark.parametrize(
    ("day", "working"),
    [
        (dt.date(2026, 2, 14), True),  # a Saturday before the Spring Festival, worked
        (dt.date(2026, 2, 15), False),
        (dt.date(2026, 2, 23), False),
        (dt.date(2026, 2, 24), True),
        (dt.date(2026, 2, 28), True),
        (dt.date(2026, 10, 7), False),
        (dt.date(2026, 10, 10), True),
        (dt.date(2025, 10, 8), False),
        (dt.date(2025, 10, 11), True),
        (dt.date(2026, 3, 7), False),
    ],
)
def test_announced_days(day, working):
    assert is_working_day(day) is working


def starts(seed, number):
    chance = random.Random(seed)
    first = moment(2025, 1, 1)
    return [first + dt.timedelta(minutes=chance.randrange(700 * 1440)) for _n in range(number)]


def test_working_hours_are_the_oracles_for_300_starts():
    chance = random.Random(7)
    for start in starts(1, 300):
        minutes = chance.choice([1, 30, 59, 60, 90, 120, 210, 211, 240, 300, 420, 421, 480, 840])
        assert deadline(start, "working_hours", minutes / 60).at == oracle_hours(start, minutes), (start, minutes)


def test_working_days_are_the_oracles_for_300_starts():
    chance = random.Random(8)
    for start in starts(2, 300):
        amount = chance.randrange(1, 20)
        assert deadline(start, "working_days", amount).at == oracle_days(start, amount), (start, amount)


def test_the_same_answer_from_every_time_zone():
    for start in starts(3, 60):
        for kind, amount in (("working_hours", 4), ("working_days", 3), ("urgent_hours", 2)):
            wanted = deadline(start, kind, amount)
            for zone in (dt.UTC, ZoneInfo("America/New_York"), ZoneInfo("Pacific/Kiritimati")):
                assert deadline(start.astimezone(zone), kind, amount) == wanted


@pytest.mark.parametrize(
    ("start", "kind", "amount", "due"),
    [
        (moment(2026, 3, 2, 9), "working_hours", 4, moment(2026, 3, 2, 15, 30)),  # the lunch break stands still
        (moment(2026, 3, 2, 9), "working_hours", 3, moment(2026, 3, 2, 12)),  # not 14:30: done when the slot ends
        (moment(2026, 3, 2, 12), "working_hours", 1, moment(2026, 3, 2, 15, 30)),
        (moment(2026, 3, 2, 17, 30), "working_hours", 1, moment(2026, 3, 3, 9)),
        (moment(2026, 3, 6, 17), "working_hours", 4, moment(2026, 3, 9, 11, 30)),  # over the weekend
        (moment(2026, 2, 14, 17), "working_hours", 2, moment(2026, 2, 24, 9, 30)),  # over the Spring Festival
        (moment(2026, 3, 2, 23), "working_days", 1, moment(2026, 3, 3, 18)),  # the day of filing is not counted
        (moment(2026, 3, 2, 0), "working_days", 1, moment(2026, 3, 3, 18)),
        (moment(2026, 3, 6, 9), "working_days", 1, moment(2026, 3, 9, 18)),
        (moment(2026, 2, 13, 9), "working_days", 2, moment(2026, 2, 24, 18)),  # the 14th is worked
        (moment(2026, 2, 27, 9), "working_days", 1, moment(2026, 2, 28, 18)),  # a Saturday
        (moment(2026, 3, 7, 9), "working_days", 3, moment(2026, 3, 11, 18)),  # filed on a Saturday
        (moment(2026, 9, 30, 18), "working_days", 5, moment(2026, 10, 13, 18)),
        (moment(2026, 2, 16, 23, 55), "urgent_hours", 10 / 60, moment(2026, 2, 17, 0, 5)),
        (moment(2026, 2, 15, 9), "urgent_hours", 24, moment(2026, 2, 16, 9)),
    ],
)
def test_examples(start, kind, amount, due):
    assert deadline(start, kind, amount) == (due, False)


@pytest.mark.parametrize("year", [2027, 2028, 2029, 2035, 2060])
@pytest.mark.parametrize(("kind", "amount"), [("working_days", 15), ("working_hours", 40)])
def test_an_unannounced_year_never_raises_and_is_provisional(year, kind, amount):
    due = deadline(moment(year, 6, 1, 9), kind, amount)
    assert due.provisional is True
    assert due.at.year == year


def test_a_deadline_that_reaches_into_an_unannounced_year_is_provisional():
    assert deadline(moment(2026, 12, 31, 9), "working_days", 1).provisional is True
    assert deadline(moment(2026, 12, 30, 9), "working_days", 1) == (moment(2026, 12, 31, 18), False)
    assert deadline(moment(2026, 12, 31, 23), "urgent_hours", 4).provisional is False  # needs no calendar


def test_an_unknown_kind_is_an_error():
    with pytest.raises(ValueError, match="moon_days"):
        deadline(moment(2026, 3, 2), "moon_days", 1)


def test_counting_working_days_is_the_reverse_of_adding_them():
    for start in starts(4, 100):
        for amount in (1, 2, 5):
            end = deadline(start, "working_days", amount).at.date()
            assert working_days_between(start.date(), end) == amount
    assert working_days_between(dt.date(2026, 3, 6), dt.date(2026, 3, 8)) == 0
    assert working_days_between(dt.date(2026, 3, 6), dt.date(2026, 3, 6)) == 0
    assert working_days_between(dt.date(2026, 3, 9), dt.date(2026, 3, 6)) == 0
    assert next_working_day(dt.date(2026, 2, 14)) == dt.date(2026, 2, 24)


def test_a_day_is_the_offices_day():
    assert clock.day_of(dt.datetime(2026, 3, 2, 15, 59, tzinfo=dt.UTC)) == dt.date(2026, 3, 2)
    assert clock.day_of(dt.datetime(2026, 3, 2, 16, 0, tzinfo=dt.UTC)) == dt.date(2026, 3, 3)


def test_the_clock_is_aware_and_is_held_by_the_test(time_machine):
    time_machine.move_to(dt.datetime(2026, 3, 2, 16, 30, tzinfo=dt.UTC), tick=False)
    assert clock.now() == dt.datetime(2026, 3, 2, 16, 30, tzinfo=dt.UTC)
    assert clock.today() == dt.date(2026, 3, 3)

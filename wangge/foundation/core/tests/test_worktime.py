"""Deadlines against an independent oracle, with the holidays of 2025 and 2026 typed in again by hand.

Source of the days: the State Council's notices on holiday arrangements for 2025 and 2026.
"""

import datetime as dt
import json
import random
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wangge.foundation.core import clock
from wangge.foundation.core.clock import OFFICE
from wangge.foundation.core.tests.calendars import calendar
from wangge.foundation.core.worktime import (
    Calendar,
    Day,
    DayKind,
    Plan,
    Slot,
    deadline,
    ends_a_day,
    in_force,
    is_working_day,
    later,
    next_working_day,
    office,
    shifted,
    spent,
    statutory,
    working_days_between,
)

# The notices once more, as another source has them (../shared/data/README.md); not part of the project.
NOTICES = Path(__file__).resolve().parents[5] / "shared" / "data" / "holidays"
CN = calendar()


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
        assert is_working_day(day, CN) is works(day), day
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
    assert is_working_day(day, CN) is working


def starts(seed, number):
    chance = random.Random(seed)
    first = moment(2025, 1, 1)
    return [first + dt.timedelta(minutes=chance.randrange(700 * 1440)) for _n in range(number)]


def test_working_hours_are_the_oracles_for_300_starts():
    chance = random.Random(7)
    for start in starts(1, 300):
        minutes = chance.choice([1, 30, 59, 60, 90, 120, 210, 211, 240, 300, 420, 421, 480, 840])
        assert deadline(start, "working_hours", minutes / 60, CN).at == oracle_hours(start, minutes), (start, minutes)


def test_working_days_are_the_oracles_for_300_starts():
    chance = random.Random(8)
    for start in starts(2, 300):
        amount = chance.randrange(1, 20)
        assert deadline(start, "working_days", amount, CN).at == oracle_days(start, amount), (start, amount)


def test_the_same_answer_from_every_time_zone():
    for start in starts(3, 60):
        for kind, amount in (("working_hours", 4), ("working_days", 3), ("urgent_hours", 2)):
            wanted = deadline(start, kind, amount, CN)
            for zone in (dt.UTC, ZoneInfo("America/New_York"), ZoneInfo("Pacific/Kiritimati")):
                assert deadline(start.astimezone(zone), kind, amount, CN) == wanted


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
    assert deadline(start, kind, amount, CN) == (due, False)


@pytest.mark.parametrize("year", [2027, 2028, 2029, 2035, 2060])
@pytest.mark.parametrize(("kind", "amount"), [("working_days", 15), ("working_hours", 40)])
def test_an_unannounced_year_never_raises_and_is_provisional(year, kind, amount):
    due = deadline(moment(year, 6, 1, 9), kind, amount, CN)
    assert due.provisional is True
    assert due.at.year == year


def test_a_deadline_that_reaches_into_an_unannounced_year_is_provisional():
    assert deadline(moment(2026, 12, 31, 9), "working_days", 1, CN).provisional is True
    assert deadline(moment(2026, 12, 25, 9), "working_days", 1, CN) == (moment(2026, 12, 28, 18), False)
    # The last three days are final only with the next notice: 29 December 2018 became a working Saturday that way.
    assert deadline(moment(2026, 12, 28, 9), "working_days", 1, CN) == (moment(2026, 12, 29, 18), True)
    assert deadline(moment(2026, 12, 31, 23), "urgent_hours", 4, CN).provisional is False  # needs no calendar


def test_an_unknown_kind_is_an_error():
    with pytest.raises(ValueError, match="moon_days"):
        deadline(moment(2026, 3, 2), "moon_days", 1, CN)


def test_counting_working_days_is_the_reverse_of_adding_them():
    for start in starts(4, 100):
        for amount in (1, 2, 5):
            end = deadline(start, "working_days", amount, CN).at.date()
            assert working_days_between(start.date(), end, CN) == amount
    assert working_days_between(dt.date(2026, 3, 6), dt.date(2026, 3, 8), CN) == 0
    assert working_days_between(dt.date(2026, 3, 6), dt.date(2026, 3, 6), CN) == 0
    assert working_days_between(dt.date(2026, 3, 9), dt.date(2026, 3, 6), CN) == 0
    assert next_working_day(dt.date(2026, 2, 14), CN) == dt.date(2026, 2, 24)


def test_a_day_is_the_offices_day():
    assert clock.day_of(dt.datetime(2026, 3, 2, 15, 59, tzinfo=dt.UTC)) == dt.date(2026, 3, 2)
    assert clock.day_of(dt.datetime(2026, 3, 2, 16, 0, tzinfo=dt.UTC)) == dt.date(2026, 3, 3)


def test_the_clock_is_aware_and_is_held_by_the_test(time_machine):
    time_machine.move_to(dt.datetime(2026, 3, 2, 16, 30, tzinfo=dt.UTC), tick=False)
    assert clock.now() == dt.datetime(2026, 3, 2, 16, 30, tzinfo=dt.UTC)
    assert clock.today() == dt.date(2026, 3, 3)


# -- the calendar itself


@pytest.mark.skipif(not NOTICES.is_dir(), reason="the published notices are not beside the project: nothing compared!")
def test_every_day_of_the_published_notices_is_as_shipped():
    published = {}
    for file in sorted(NOTICES.glob("*.json")):
        for day in json.loads(file.read_text(encoding="utf-8"))["days"]:
            published[dt.date.fromisoformat(day["date"])] = day["isOffDay"]
    assert len(published) > 300
    day = dt.date(2018, 1, 1)
    while day.year < 2027:
        working = not published[day] if day in published else day.weekday() < 5
        assert is_working_day(day, CN) is working, day
        if published.get(day):
            assert CN.special(day).kind == "off", day
        day += dt.timedelta(days=1)


SUMMER = Plan((Slot(510, 720), Slot(900, 1110)), first=(6, 1), last=(9, 30), name="夏季作息")


def test_a_season_has_its_own_hours():
    summer = calendar(SUMMER)
    assert deadline(moment(2026, 7, 1, 14), "working_hours", 1, summer).at == moment(2026, 7, 1, 16)
    assert deadline(moment(2026, 7, 1, 9), "working_days", 1, summer).at == moment(2026, 7, 2, 18, 30)
    assert deadline(moment(2026, 9, 30, 18), "working_hours", 1, summer).at == moment(2026, 10, 8, 9)  # over its end
    assert ends_a_day(moment(2026, 7, 2, 18, 30), summer)
    assert not ends_a_day(moment(2026, 7, 2, 18), summer)
    assert ends_a_day(moment(2026, 5, 28, 18), summer)


def test_a_season_may_run_over_the_new_year():
    winter = calendar(Plan((Slot(540, 720), Slot(840, 1020)), first=(12, 1), last=(2, 28), name="冬季作息"))
    days = [dt.date(2025, 11, 28), dt.date(2025, 12, 1), dt.date(2026, 1, 5), dt.date(2026, 2, 27), dt.date(2026, 3, 2)]
    assert [winter.close_of(day).hour for day in days] == [18, 17, 17, 17, 18]
    assert deadline(moment(2025, 11, 28, 17), "working_hours", 2, winter).at == moment(2025, 12, 1, 10)


def test_of_several_plans_the_first_counts():
    own = Plan((Slot(480, 600),), weekdays=frozenset({6}), name="周六")
    both = calendar(own, SUMMER)
    assert both.slots(dt.date(2026, 7, 4)) == (Slot(480, 600),)
    assert both.slots(dt.date(2026, 7, 3)) == ()


def test_half_days():
    day = dt.date(2026, 3, 4)
    morning = calendar(extra={day: Day(DayKind.MORNING, "半天", "local")})
    afternoon = calendar(extra={day: Day(DayKind.AFTERNOON, "半天", "local")})
    assert deadline(moment(2026, 3, 3, 9), "working_days", 1, morning).at == moment(2026, 3, 4, 12)
    assert deadline(moment(2026, 3, 3, 9), "working_days", 1, afternoon).at == moment(2026, 3, 4, 18)
    assert deadline(moment(2026, 3, 4, 8), "working_hours", 4, morning).at == moment(2026, 3, 5, 9)
    assert deadline(moment(2026, 3, 4, 8), "working_hours", 4, afternoon).at == moment(2026, 3, 5, 9)
    assert spent(moment(2026, 3, 4), moment(2026, 3, 5), "working_hours", morning) == dt.timedelta(hours=3.5)
    whole = Calendar(1, 2026, {day: Day(DayKind.MORNING)}, (Plan((Slot(480, 1080),)),))
    assert whole.slots(day) == (Slot(480, 780),)  # a slot across noon is cut at one o'clock


def test_a_local_extra_day_is_worked_whatever_its_weekday():
    sunday = dt.date(2026, 3, 8)
    extra = calendar(extra={sunday: Day(DayKind.WORK, "创城", "local")})
    assert deadline(moment(2026, 3, 6, 17), "working_hours", 2, extra).at == moment(2026, 3, 8, 9, 30)
    assert deadline(moment(2026, 3, 6, 9), "working_days", 1, extra).at == moment(2026, 3, 8, 18)


def test_a_night_shift_belongs_to_the_day_on_which_it_begins():
    night = Calendar(1, 2026, {}, (Plan((Slot(22 * 60, 26 * 60),)),))
    assert spent(moment(2026, 3, 2), moment(2026, 3, 4), "working_hours", night) == dt.timedelta(hours=6)
    assert deadline(moment(2026, 3, 3, 1), "working_hours", 2, night).at == moment(2026, 3, 3, 23)
    assert deadline(moment(2026, 3, 2, 9), "working_days", 1, night).at == moment(2026, 3, 4, 2)
    assert deadline(moment(2026, 3, 6, 23), "working_hours", 4, night).at == moment(
        2026, 3, 9, 23
    )  # Friday to Saturday
    both = Calendar(1, 2026, {}, (Plan((Slot(60, 240), Slot(22 * 60, 26 * 60))),))
    assert spent(moment(2026, 3, 3), moment(2026, 3, 4), "working_hours", both) == dt.timedelta(hours=2 + 2 + 2)


@pytest.mark.parametrize("kind", ["working_days", "working_hours", "urgent_hours"])
@pytest.mark.parametrize("empty", [Calendar(1, 2026, {}, ()), Calendar(1, 2026, {}, (Plan(()),))])
def test_a_calendar_without_any_work_neither_raises_nor_loops(empty, kind):
    due = deadline(moment(2026, 3, 2, 9), kind, 3, empty)
    wanted = moment(2026, 3, 5, 18) if kind == "working_days" else moment(2026, 3, 2, 12)
    assert due == (wanted, kind != "urgent_hours")
    assert next_working_day(dt.date(2026, 3, 2), empty) == dt.date(2026, 3, 3)
    assert shifted(moment(2026, 3, 2, 9), dt.timedelta(hours=1), "working_hours", empty).at == moment(2026, 3, 2, 10)
    assert spent(moment(2026, 3, 2), moment(2026, 3, 9), "working_hours", empty) == dt.timedelta(0)


def test_the_statutory_days_of_a_year_without_a_notice():
    names = statutory(2027)
    assert len(names) == 13
    assert names[dt.date(2027, 2, 5)] == "春节"  # the eve
    assert names[dt.date(2027, 2, 8)] == "春节"
    assert names[dt.date(2027, 9, 15)] == "中秋节"
    assert len(statutory(2031)) == 12  # 中秋 falls on the first of October
    assert len(statutory(2090)) == 6
    assert not is_working_day(dt.date(2027, 6, 9), CN)
    assert is_working_day(dt.date(2027, 6, 9), calendar(announced_through=2027))


def test_whoever_names_no_calendar_gets_the_one_in_force(db):
    assert in_force().announced_through == 2026
    assert deadline(moment(2026, 2, 13, 9), "working_days", 2).at == moment(2026, 2, 24, 18)
    assert is_working_day(dt.date(2026, 2, 14)) is True
    assert spent(moment(2026, 2, 14), moment(2026, 2, 24), "working_hours") == dt.timedelta(hours=7)


def test_office_hours_without_any_notice_are_provisional():
    assert deadline(moment(2026, 3, 2, 9), "working_days", 1, office()) == (moment(2026, 3, 3, 18), True)


SPANS = st.integers(0, 60 * 24 * 40)


@settings(derandomize=True, database=None, deadline=None, max_examples=300)
@given(st.integers(0, 525600), SPANS, SPANS)
def test_working_time_adds_up(begin, first, second):
    """What passes in two spans passes in both together, and moving on by it comes to the same place."""
    start = moment(2026, 1, 1) + dt.timedelta(minutes=begin)
    middle, end = start + dt.timedelta(minutes=first), start + dt.timedelta(minutes=first + second)
    a, b = (spent(x, y, "working_hours", CN) for x, y in ((start, middle), (middle, end)))
    assert a + b == spent(start, end, "working_hours", CN)
    once = shifted(start, a + b, "working_hours", CN).at
    assert once == shifted(shifted(start, a, "working_hours", CN).at, b, "working_hours", CN).at
    assert spent(start, once, "working_hours", CN) == a + b
    assert once <= end


def test_an_extension_ends_at_the_close_of_a_working_day():
    assert later(moment(2026, 2, 13, 11), 2, CN).at == moment(2026, 2, 24, 18)
    assert later(moment(2026, 2, 13, 18), 2, CN).at == moment(2026, 2, 24, 18)

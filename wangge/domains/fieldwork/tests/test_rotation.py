"""The rules of the rounds: windows, the rotation and its promise, what proves a point."""

from __future__ import annotations

import datetime as dt
import itertools
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wangge.domains.fieldwork import rounds
from wangge.domains.fieldwork.rounds import Spot, Window
from wangge.foundation.core.worktime import Calendar, Day, DayKind

ONE = dt.timedelta(days=1)
MONDAY = dt.date(2026, 9, 7)
# National Day 2026 as it might be announced: Thursday 1 to Wednesday 7 October off, Saturday 10 October worked.
CALENDAR = Calendar(
    version=1,
    announced_through=2026,
    days={
        **{dt.date(2026, 10, day): Day(DayKind.OFF, "国庆节") for day in (1, 2, 5, 6, 7)},
        dt.date(2026, 10, 10): Day(DayKind.WORK),
        dt.date(2026, 9, 25): Day(DayKind.MORNING),
    },
)
BOTH = rounds.DEFAULTS
COURSE = rounds.course(BOTH, CALENDAR)


def spot(every_days: int, *, risk: int = 1, seen_on: dt.date = MONDAY, key: int = 1) -> Spot:
    return Spot(key, every_days, risk, seen_on)


def test_two_rounds_on_a_working_day_and_none_on_a_day_off():
    assert [COURSE.rounds(MONDAY + ONE * n) for n in range(7)] == [2, 2, 2, 2, 2, 0, 0]
    assert COURSE.rounds(dt.date(2026, 10, 1)) == 0
    assert COURSE.rounds(dt.date(2026, 10, 10)) == 2


def test_half_a_working_day_has_only_its_half():
    day = dt.date(2026, 9, 25)
    assert [rounds.holds(window, day, CALENDAR) for window in BOTH] == [True, False]


def test_the_window_of_the_nearest_place_counts_for_each_kind():
    street = Window("morning", "daily", dt.time(7), dt.time(9))
    night = Window("night", "weekends", dt.time(22), dt.time(1))
    no_morning = Window("morning", "never", dt.time(7), dt.time(9))
    planned = [("/1/2/", street), ("/1/2/3/4/", no_morning), ("/1/2/3/", night), ("/1/9/", no_morning)]
    assert rounds.nearest(planned, "/1/2/3/4/") == (no_morning, BOTH[1], night)
    assert rounds.nearest(planned, "/1/2/3/5/") == (street, BOTH[1], night)
    assert rounds.nearest([], "/1/2/3/5/") == BOTH


def test_a_night_ends_on_the_next_day():
    opens, closes = rounds.span(Window("night", "daily", dt.time(22), dt.time(1)), MONDAY)
    office = ZoneInfo("Asia/Shanghai")
    assert opens == dt.datetime(2026, 9, 7, 22, tzinfo=office)
    assert closes == dt.datetime(2026, 9, 8, 1, tzinfo=office)


@pytest.mark.parametrize(
    ("every_days", "seen_on", "end"),
    [
        (7, dt.date(2026, 9, 7), dt.date(2026, 9, 14)),
        (5, dt.date(2026, 9, 7), dt.date(2026, 9, 11)),  # the fifth day is a Saturday: on Friday
        (1, dt.date(2026, 9, 11), dt.date(2026, 9, 14)),  # on no day between: the first after the days off
        (3, dt.date(2026, 9, 30), dt.date(2026, 10, 8)),  # 3 and 4 October count as a weekend does, the others not
        (5, dt.date(2026, 9, 30), dt.date(2026, 10, 10)),  # the worked Saturday
    ],
)
def test_the_last_day_in_time(every_days, seen_on, end):
    assert COURSE.end(spot(every_days, seen_on=seen_on)) == end


def test_a_holiday_does_not_count_into_the_days_since():
    assert COURSE.days_since(dt.date(2026, 9, 30), dt.date(2026, 10, 8)) == 3
    assert COURSE.days_since(dt.date(2026, 9, 7), dt.date(2026, 9, 14)) == 7


def test_what_runs_out_today_is_taken_and_the_rest_is_spread():
    due = [spot(7, key=n) for n in range(4)]  # all end next Monday: ten rounds for four points
    assert rounds.chosen(due, COURSE, MONDAY + ONE) == []  # seen yesterday: not again yet
    assert len(rounds.chosen(due, COURSE, MONDAY + ONE * 4)) == 1
    last = rounds.chosen(due, COURSE, MONDAY + ONE * 7, nth=1)
    assert sorted(last) == [0, 1, 2, 3]


def test_the_riskier_of_two_that_end_together_comes_first():
    both = [spot(7, risk=1, key=1), spot(7, risk=3, key=2)]
    assert rounds.chosen(both, COURSE, MONDAY + ONE * 4) == [2]


def test_what_is_looked_at_once_a_month_is_not_looked_at_every_day():
    seen, sizes = _walk([(30, 1, 0)], COURSE, 70)
    assert len(seen[0]) - 1 <= 5
    assert max(sizes) == 1


def test_what_was_seen_today_is_not_taken_again():
    assert rounds.chosen([spot(1, seen_on=MONDAY)], COURSE, MONDAY, nth=1) == []


def test_after_missed_rounds_the_late_ones_are_caught_up_with_and_do_not_swamp_the_next():
    late = [spot(7, key=n, seen_on=dt.date(2026, 7, 1)) for n in range(60)]
    assert len(rounds.chosen(late, COURSE, MONDAY)) == rounds.MOST


def test_without_any_round_nothing_is_chosen_and_nothing_needed():
    never = rounds.course([Window("morning", "never", dt.time(8), dt.time(9))], CALENDAR)
    assert rounds.chosen([spot(7)], never, MONDAY) == []
    assert rounds.needed([spot(7)], never, MONDAY) == 0.0


def test_a_place_with_too_many_points_is_told_so():
    daily = [spot(1, key=n) for n in range(60)]
    assert rounds.needed(daily, COURSE, MONDAY) > rounds.MOST


_SPOTS = st.lists(
    st.tuples(st.sampled_from([1, 2, 3, 5, 7, 10, 14, 30, 60, 90]), st.integers(1, 3), st.integers(0, 20)), max_size=60
)


def _walk(given_spots, course_, days):
    """Walk every round of some weeks; (what was seen when, per point; the sizes of the rounds)."""
    seen = {n: [MONDAY - ONE * min(ago, every - 1)] for n, (every, _risk, ago) in enumerate(given_spots)}
    sizes = []
    for day in (MONDAY + ONE * n for n in range(days)):
        for nth in range(course_.rounds(day)):
            now = [Spot(n, every, risk, seen[n][-1]) for n, (every, risk, _ago) in enumerate(given_spots)]
            taken = rounds.chosen(now, course_, day, nth)
            assert len(taken) == len(set(taken))
            sizes.append(len(taken))
            for key in taken:
                seen[key].append(day)
    return seen, sizes


@settings(max_examples=60, deadline=None)
@given(_SPOTS)
def test_no_point_exceeds_its_days_as_long_as_rounds_are_walked(given_spots):
    seen, _sizes = _walk(given_spots, COURSE, 70)
    for key, days in seen.items():
        every = given_spots[key][0]
        for before, after in itertools.pairwise(days):
            if before < MONDAY and COURSE.end(Spot(key, every, 1, before)) < MONDAY:
                continue  # the weekend before the walk began
            assert after <= COURSE.end(Spot(key, every, 1, before)), (key, before, after)
        assert COURSE.end(Spot(key, every, 1, days[-1])) >= MONDAY + ONE * 69 or days[-1] >= MONDAY + ONE * 66


@settings(max_examples=60, deadline=None)
@given(_SPOTS)
def test_a_round_stays_small_where_the_place_has_no_more_than_its_share(given_spots):
    spots = [Spot(n, every, risk, MONDAY) for n, (every, risk, _ago) in enumerate(given_spots)]
    need = rounds.needed(spots, COURSE, MONDAY)
    _seen, sizes = _walk(given_spots, COURSE, 70)
    if need <= rounds.MOST / 2:
        assert max(sizes, default=0) <= rounds.MOST


def test_distance_and_what_is_kept_of_it():
    assert rounds.rounded(99.6) == 100
    assert rounds.rounded(84.9) == 80
    assert rounds.is_near(80, None)
    assert not rounds.is_near(81, None)
    assert rounds.is_near(130, 500)
    assert not rounds.is_near(131, 500)
    assert not rounds.is_near(81, -20)

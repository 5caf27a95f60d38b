"""The plain arithmetic: intervals, working hours, quantiles, periods."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wangge.domains.stats.hours import Ruler, quantile
from wangge.domains.stats.periods import Period, months_of
from wangge.domains.stats.wilson import wilson
from wangge.foundation.core.clock import OFFICE
from wangge.foundation.core.worktime import office, spent


@pytest.mark.parametrize(
    ("hits", "n", "low", "high"),
    [
        # Newcombe 1998, table I, method 3: 81/263, 15/148, 0/20, 1/29.
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
        (20, 20, 0.8389, 1.0),
    ],
)
def test_wilson_as_published(hits, n, low, high):
    assert wilson(hits, n) == (pytest.approx(low, abs=5e-5), pytest.approx(high, abs=5e-5))


def test_wilson_of_nothing_is_nothing():
    assert wilson(0, 0) is None


@given(st.integers(1, 10_000).flatmap(lambda n: st.tuples(st.floats(0, n), st.just(n))))
def test_wilson_holds_the_share_and_stays_inside(pair):
    hits, n = pair
    low, high = wilson(hits, n)
    assert 0.0 <= low <= hits / n <= high <= 1.0
    wider = wilson(hits, n)
    tighter = wilson(hits * 4, n * 4)
    assert tighter[1] - tighter[0] <= wider[1] - wider[0] + 1e-12


FIRST, LAST = dt.datetime(2026, 9, 1), dt.datetime(2026, 12, 31)  # noqa: DTZ001 — hypothesis adds the zone
INSTANTS = st.datetimes(FIRST, LAST, timezones=st.just(OFFICE))


@given(INSTANTS, INSTANTS)
def test_the_ruler_measures_as_the_clock_of_one_case_does(start, end):
    calendar = office()
    ruler = Ruler(calendar, dt.date(2026, 8, 1), dt.date(2027, 1, 31))
    expected = spent(start, end, "working_hours", calendar).total_seconds() / 3600
    assert ruler.hours(start, end) == pytest.approx(expected, abs=1e-6)


def test_quantiles_as_a_spreadsheet_computes_them():
    assert quantile([7.0], 0.9) == 7.0
    assert quantile([1.0, 2.0], 0.5) == 1.5
    assert quantile([1.0, 2.0, 3.0, 4.0, 10.0], 0.9) == pytest.approx(7.6)


@pytest.mark.parametrize(
    ("key", "first", "last"),
    [
        ("2026-02", dt.date(2026, 2, 1), dt.date(2026, 2, 28)),
        ("2024-02", dt.date(2024, 2, 1), dt.date(2024, 2, 29)),
        ("2026-Q1", dt.date(2026, 1, 1), dt.date(2026, 3, 31)),
        ("2026-Q4", dt.date(2026, 10, 1), dt.date(2026, 12, 31)),
        ("2026", dt.date(2026, 1, 1), dt.date(2026, 12, 31)),
    ],
)
def test_periods_by_name(key, first, last):
    period = Period.of_key(key)
    assert (period.first, period.last) == (first, last)
    assert (period.since.isoformat(), period.until.isoformat()) == (
        f"{first}T00:00:00+08:00",
        f"{last + dt.timedelta(days=1)}T00:00:00+08:00",
    )


@pytest.mark.parametrize(
    "key", ["", "2026-13", "2026-00", "2026-Q5", "26-01", "2026-1", "１２３４", "1999", "2026-11-01"]
)
def test_what_is_no_period(key):
    with pytest.raises(ValueError):
        Period.of_key(key)


def test_some_days():
    assert Period.of_days(dt.date(2026, 1, 1), dt.date(2026, 1, 1)).last == dt.date(2026, 1, 1)
    with pytest.raises(ValueError):
        Period.of_days(dt.date(2026, 1, 2), dt.date(2026, 1, 1))
    with pytest.raises(ValueError):
        Period.of_days(dt.date(2024, 1, 1), dt.date(2026, 1, 2))


def test_twelve_months_over_the_new_year():
    assert months_of(dt.date(2026, 2, 14), 3) == [dt.date(2025, 12, 1), dt.date(2026, 1, 1), dt.date(2026, 2, 1)]

"""The golden table: every indicator of November, computed by hand from the list of its cases."""

from __future__ import annotations

import datetime as dt

import pytest

from wangge.domains.stats import queries
from wangge.domains.stats.indicators import INDICATORS
from wangge.domains.stats.periods import Period
from wangge.domains.stats.tests.november import NOW, November

NOVEMBER = Period.of_key("2026-11")

# Whoever sees everything of the south street. Names are those of `november.py`.
#
# Closed: good late patrol reworked returned reopened dismissed silent settled taken_up extended next_community whistled
# = 13. Filed: these without settled = 12, and settled_badly unhandled unsigned hung came_back passed_up of_street_level
# secret = 20. Due to be handled: the 12, and unhandled unsigned came_back passed_up of_street_level secret = 18 (hung:
# its clock stands still; settled_badly: not dispatched, no promise yet).
GOLDEN = {
    # 20 filed less settled_badly (settled first, so never to be accepted) = 19, and unaccepted, again; late is late.
    "accepted_in_time": (21, 18, 18.0),
    # Not: late reworked reopened (late), unhandled unsigned came_back passed_up of_street_level secret (not handled).
    "handled_in_time": (18, 9, 9.0),
    "handled": (18, 12, 12.0),
    "closed": (18, 12, 12.0),
    "closed_in_time": (18, 9, 9.0),
    "extended": (18, 1, 1.0),
    "hung": (20, 3, 3.0),  # hung taken_up came_back
    "hangs_reviewed": (3, 1, 1.0),  # taken_up
    # 20 filed less settled_badly of_street_level = 18 dispatched, returned twice = 19; its first one was wrong.
    "dispatched_right": (19, 18, 18.0),
    "right_at_once": (18, 16, 16.0),  # not returned passed_up
    # 18 dispatched less passed_up (to be dispatched anew) = 17; not late unsigned secret.
    "signed_in_time": (17, 14, 14.0),
    "contacted_in_time": (6, 5, 5.0),  # good late reopened dismissed silent whistled; not late
    "on_the_spot": (13, 1, 1.0),  # settled
    "spot_checks_passed": (2, 1, 1.0),  # settled, settled_badly
    "reworked": (12, 1, 1.0),
    "reopened": (13, 1, 1.0),
    "checks_disagreed": (3, 1, 1.0),  # patrol
    "checks_done": (4, 3, 3.0),  # not silent
    # Last judgements: good yes/yes/contacted, same partly/fairly/–, late partly/fairly/no, reopened yes/fairly/–,
    # dismissed no/no/no, whistled yes/yes/contacted.
    "responded": (4, 2, 2.0),
    "solved": (6, 5, 4.0),  # 1 + ½ + ½ + 1 + 0 + 1
    "satisfied": (6, 5, 5.0),
    "answered": (8, 6, 6.0),  # not silent settled
    # patrol reworked returned unhandled unsigned hung taken_up came_back extended passed_up next_community of_street_level
    "found_by_patrol": (20, 12, 12.0),
    # 20 filed less secret; residents: good late reopened dismissed silent settled_badly whistled
    "missed_by_patrol": (19, 7, 7.0),
    "reported_again": (13, 1, 1.0),  # patrol
    # good with the voice merged into it, late reopened dismissed silent settled settled_badly whistled secret
    "voices_per_10k": (10, 10, 10.0),
    "whistle_came": (2, 2, 2.0),
    "whistle_came_in_time": (2, 1, 1.0),
    "whistle_concluded": (1, 1, 1.0),
    "whistle_marks": (2, 2, 5.0),  # (3+3+3)/3 + (1+2+3)/3
    "whistle_presence": (2, 2, 4.0),  # 3 + 1
    "whistle_duty": (2, 2, 5.0),  # 3 + 2
    "whistle_result": (2, 2, 6.0),  # 3 + 3
    "whistle_confirmed": (1, 1, 1.0),
    "whistle_share": (3, 1, 1.0),  # whistled of_street_level secret
}


@pytest.fixture
def november(town) -> November:
    return November(town)


def numbers(figures) -> dict:
    return {key: (one.rows, one.hits, round(one.score, 6)) for key, one in figures.items()}


def test_every_indicator_has_a_golden_line():
    assert set(GOLDEN) == set(INDICATORS)


def test_november_is_as_computed_by_hand(november, town):
    asked = queries.asked_of(town.luo, NOVEMBER)
    assert asked.area == town.south
    assert numbers(queries.figures(town.luo, asked, now=NOW)) == GOLDEN


def how_late_and_how_long(november, town):
    """Working hours. Late: late ½, reworked 1, reopened ½; until the 30th 18:00, 126 hours after the 4th 18:00 (18 days
    of seven): unhandled 126, unsigned 126, passed_up 119, of_street_level 112, secret 105, came_back 38.
    From dispatch to result: taken_up 3 (2 before, 1 after it was hung), next_community 4, good silent whistled 5,
    returned 6½, late 10, patrol 12½, dismissed 13, reworked 14, reopened 20½, extended 21½.
    """
    found = queries.lateness(town.luo, queries.asked_of(town.luo, NOVEMBER), now=NOW)
    assert (found.due, found.late, found.handled) == (18, 9, 12)
    assert found.late_hours == pytest.approx(0.5 + 1 + 0.5 + 126 + 126 + 119 + 112 + 105 + 38)
    # 3 4 5 5 5 6½ | 10 12½ 13 14 20½ 21½
    assert found.median == pytest.approx((6.5 + 10) / 2)
    assert found.p90 == pytest.approx(14 + 0.9 * (20.5 - 14))


def who_may_not_see_confidential_cases_counts_without_them(november, town):
    """Less: secret, which was accepted in time, filed, dispatched once and right, not signed, not handled, level 3."""
    without = GOLDEN | {
        "accepted_in_time": (20, 17, 17.0),
        "handled_in_time": (17, 9, 9.0),
        "handled": (17, 12, 12.0),
        "closed": (17, 12, 12.0),
        "closed_in_time": (17, 9, 9.0),
        "extended": (17, 1, 1.0),
        "hung": (19, 3, 3.0),
        "dispatched_right": (18, 17, 17.0),
        "right_at_once": (17, 15, 15.0),
        "signed_in_time": (16, 14, 14.0),
        "found_by_patrol": (19, 12, 12.0),
        "voices_per_10k": (9, 9, 9.0),
        "whistle_share": (2, 1, 1.0),
    }
    asked = queries.asked_of(town.chen, NOVEMBER)
    assert numbers(queries.figures(town.chen, asked, now=NOW)) == without


def the_three_rates_together(november, town):
    """0.10 × 2/4 + 0.45 × 4/6 + 0.45 × 5/6; as well founded as the four answers of the first."""
    found = queries.figures(town.luo, queries.asked_of(town.luo, NOVEMBER), now=NOW)
    together = queries.three_rates(found)
    assert together.value == pytest.approx(0.725)
    assert together.rows == 4
    empty = queries.figures(town.luo, queries.asked_of(town.luo, Period.of_key("2026-06")), now=NOW)
    assert queries.three_rates(empty).value is None


def what_is_not_yet_due_is_not_counted(november, town):
    """On the 4th at noon: due so far for handling are good late patrol reworked returned (3rd 18:00). Figures look at the
    rows as they are now: what has been handled since is handled.
    """
    noon = NOW.replace(day=4, hour=12)
    found = queries.figures(town.luo, queries.asked_of(town.luo, NOVEMBER), now=noon)
    assert (found["handled_in_time"].rows, found["handled_in_time"].hits) == (5, 3)


def a_month_before_anything_happened_is_empty(november, town):
    found = queries.figures(town.luo, queries.asked_of(town.luo, Period.of_key("2026-06")), now=NOW)
    assert {one.rows for one in found.values()} == {0}
    assert {one.value for one in found.values()} == {None}
    assert {one.interval for one in found.values()} == {None}
    late = queries.lateness(town.luo, queries.asked_of(town.luo, Period.of_key("2026-06")), now=NOW)
    assert (late.due, late.late_hours, late.median, late.p90) == (0, 0.0, None, None)


def one_unit_and_one_class(november, town):
    """The sanitation station handled `returned` and was called to `whistled`; 22 is the class of the secret matter."""
    asked = queries.asked_of(town.luo, NOVEMBER, unit=town.sanitation.pk)
    found = numbers(queries.figures(town.luo, asked, now=NOW))
    assert found["handled_in_time"] == (1, 1, 1.0)
    assert found["dispatched_right"] == (1, 1, 1.0)
    assert found["whistle_came_in_time"] == (1, 0, 0.0)
    assert found["satisfied"] == (0, 0, 0.0)
    asked = queries.asked_of(town.luo, NOVEMBER, matter_class="22")
    assert numbers(queries.figures(town.luo, asked, now=NOW))["handled"] == (1, 0, 0.0)


def the_units_beside_each_other(november, town):
    """Due to be handled: sanitation 1 (returned), peace 1 (secret), none yet 2, the team 14."""
    asked = queries.asked_of(town.luo, NOVEMBER)
    compared = queries.compare_units(town.luo, asked, INDICATORS["handled_in_time"], now=NOW)
    found = {one.pk: (one.figure.rows, one.figure.hits) for one in compared}
    assert found == {town.enforcement.pk: (14, 8), town.sanitation.pk: (1, 1), town.peace.pk: (1, 0)}


def a_year_month_by_month(november, town):
    asked = queries.asked_of(town.luo, NOVEMBER)
    found = queries.trend(town.luo, asked, INDICATORS["satisfied"], now=NOW)
    assert [day for day, _figure in found] == [
        dt.date(2025, 12, 1),
        *(dt.date(2026, month, 1) for month in range(1, 12)),
    ]
    assert [(one.rows, one.hits) for _day, one in found] == [(0, 0)] * 11 + [(6, 5)]
    assert [one.beside.rows for _day, one in found] == [0] * 11 + [8]


CHECKS = (
    how_late_and_how_long,
    who_may_not_see_confidential_cases_counts_without_them,
    the_three_rates_together,
    what_is_not_yet_due_is_not_counted,
    a_month_before_anything_happened_is_empty,
    one_unit_and_one_class,
    the_units_beside_each_other,
    a_year_month_by_month,
)


def test_the_other_figures_of_november(november, town, subtests):
    for check in CHECKS:
        with subtests.test(check.__name__):
            check(november, town)

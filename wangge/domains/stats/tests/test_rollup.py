"""The roll-up says what the rows say, whatever is asked; and is counted again when the rows have moved."""

from __future__ import annotations

import datetime as dt
import itertools

import pytest

from wangge.domains.cases import actions as cases
from wangge.domains.cases.models import Evaluation
from wangge.domains.stats import actions, queries
from wangge.domains.stats.bases import EVERYWHERE, Scope, Window
from wangge.domains.stats.counting import count
from wangge.domains.stats.indicators import INDICATORS
from wangge.domains.stats.models import TalliedMonth, Tally
from wangge.domains.stats.periods import Period
from wangge.domains.stats.rollup import summed
from wangge.domains.stats.tests.november import November
from wangge.foundation.core.clock import OFFICE

NOVEMBER = Period.of_key("2026-11")
LATER = dt.datetime(2026, 12, 10, 9, 0, tzinfo=OFFICE)
ALL = list(INDICATORS.values())


@pytest.fixture
def november(town) -> November:
    return November(town)


def direct(scope: Scope, period: Period, by=()) -> dict:
    return count(ALL, scope, Window(period.since, period.until, LATER), by=by)


def test_whatever_is_asked_the_roll_up_says_the_same(november, town, django_assert_num_queries):
    actions.recount(at=LATER)
    scopes = {
        "everywhere": EVERYWHERE,
        "street": Scope(paths=(town.south.path,), secret=None),
        "without secret": Scope(paths=(town.south.path,), secret=()),
        "secret in a part": Scope(paths=(town.south.path,), secret=(town.community2.path,)),
        "community": Scope(paths=(town.community.path,), secret=None),
        "unit": Scope(paths=(town.south.path,), secret=None, unit_ids=(town.enforcement.pk,)),
        "class": Scope(paths=(town.south.path,), secret=None, matter_class="06"),
        "module": Scope(paths=(town.south.path,), secret=None, module="city"),
        "unit and class": Scope(paths=None, secret=None, unit_ids=(town.enforcement.pk,), matter_class="06"),
    }
    groups = itertools.cycle(((), ("month",), ("area",), ("unit",)))
    periods = (
        NOVEMBER,
        Period.of_key("2026-Q4"),
        Period.of_key("2026"),
        Period.of_days(dt.date(2026, 10, 4), dt.date(2026, 12, 9)),
        Period.of_days(dt.date(2026, 11, 3), dt.date(2026, 11, 5)),
    )
    # Nine scopes and four groups: the pairs are all met.
    for (name, scope), period in itertools.product(scopes.items(), periods):
        by = next(groups)
        held = {group: found for group, found in summed(ALL, scope, period, LATER, by=by).items() if found}
        expected = {group: found for group, found in direct(scope, period, by=by).items() if found}
        assert held == expected, (name, by, period)
    # And it is the roll-up that answers: which months are counted, and their sums.
    with django_assert_num_queries(2):
        summed(ALL, scopes["street"], NOVEMBER, LATER)


def test_a_month_that_is_not_over_is_counted_from_the_rows(november, town):
    during = dt.datetime(2026, 11, 20, 9, 0, tzinfo=OFFICE)
    assert actions.tally_month(month=NOVEMBER.first, at=during) > 0
    Tally.objects.all().delete()  # had it answered, nothing would be left to answer
    found = summed(ALL, EVERYWHERE, NOVEMBER, LATER)
    assert found == direct(EVERYWHERE, NOVEMBER)
    assert found[()]["closed"].rows == 19  # 18 in the south, and other_street


def test_what_has_moved_is_counted_again(november, town):
    assert actions.recount(at=LATER) == 1
    assert actions.recount(at=LATER) == 0
    assert list(TalliedMonth.objects.values_list("month", flat=True)) == [NOVEMBER.first]
    asked = queries.asked_of(town.luo, NOVEMBER)
    assert queries.figures(town.luo, asked, now=LATER)["handled"].hits == 12
    november.handle("unhandled", "30 17:00")
    # Until the job runs, the past month is as it was counted; then it is as it is.
    assert queries.figures(town.luo, asked, now=LATER)["handled"].hits == 12
    assert actions.recount(at=LATER) == 1
    assert queries.figures(town.luo, asked, now=LATER)["handled"].hits == 13
    assert actions.recount(at=LATER) == 0


def test_a_case_that_left_its_month_is_counted_no_more(november, town):
    actions.recount(at=LATER)
    asked = queries.asked_of(town.luo, NOVEMBER)
    assert queries.figures(town.luo, asked, now=LATER)["on_the_spot"].rows == 13
    report = town.voice(november.cases["silent"])
    cases.object_to(report=report, reason="又堆起来了。", at=dt.datetime(2026, 11, 18, 9, 0, tzinfo=OFFICE))
    assert actions.recount(at=LATER) == 1
    assert queries.figures(town.luo, asked, now=LATER)["on_the_spot"].rows == 12


def test_a_new_report_counts_against_a_closing_of_last_month(november, town):
    actions.recount(at=LATER)
    asked = queries.asked_of(town.luo, NOVEMBER)
    assert queries.figures(town.luo, asked, now=LATER)["reported_again"].hits == 1
    address = november.cases["extended"].address  # closed on the 9th
    place = cases.Place(area=town.grid2, address=address)
    town.report(place=place, matter=town.litter, at=dt.datetime(2026, 12, 8, 9, 0, tzinfo=OFFICE))
    assert actions.recount(at=LATER) == 1
    assert queries.figures(town.luo, asked, now=LATER)["reported_again"].hits == 2


def test_once_a_night_everything(november, town):
    actions.recount(at=LATER)
    Evaluation.objects.filter(satisfied="fairly").update(satisfied="no")  # behind everybody's back
    assert actions.recount(at=LATER) == 0
    assert actions.recount(everything=True, at=LATER) == 1
    found = queries.figures(town.luo, queries.asked_of(town.luo, NOVEMBER), now=LATER)
    assert (found["satisfied"].rows, found["satisfied"].hits) == (6, 2)


def test_a_recount_replaces_and_does_not_add(november):
    actions.tally_month(month=NOVEMBER.first, at=LATER)
    before = Tally.objects.count()
    assert actions.tally_month(month=NOVEMBER.first, at=LATER) == before
    assert Tally.objects.count() == before


def test_before_the_first_report_there_is_nothing_to_count(town):
    assert actions.recount(at=LATER) == 0
    assert (TalliedMonth.objects.count(), Tally.objects.count()) == (0, 0)

"""Several figures of each unit: the same numbers as everywhere, in the order of the register, and one's own alone."""

from __future__ import annotations

import datetime as dt

import pytest

from wangge.domains.cases import actions
from wangge.domains.cases.models import SecondCheck, WhistleKind
from wangge.domains.stats import queries
from wangge.domains.stats.definitions import Band
from wangge.domains.stats.periods import Period, quarters_of
from wangge.domains.stats.tests.november import NOW, November, at
from wangge.foundation.core.problems import NotFoundError

NOVEMBER = Period.of_key("2026-11")
WHISTLES = ("whistle_came", "whistle_came_in_time", "whistle_presence", "whistle_duty", "whistle_result")
CHECKS = ("checks_disagreed", "checks_done")


@pytest.fixture
def november(town) -> November:
    return November(town)


def numbers(rows) -> dict:
    return {
        row.unit.name_zh: {key: (one.rows, one.hits, round(one.score, 6)) for key, one in row.figures.items()}
        for row in rows
    }


TEAM = {
    "whistle_came": (1, 1, 1.0),
    "whistle_came_in_time": (1, 1, 1.0),
    "whistle_presence": (1, 1, 3.0),
    "whistle_duty": (1, 1, 3.0),
    "whistle_result": (1, 1, 3.0),
}
STATION = {
    "whistle_came": (1, 1, 1.0),
    "whistle_came_in_time": (1, 0, 0.0),
    "whistle_presence": (1, 1, 1.0),
    "whistle_duty": (1, 1, 2.0),
    "whistle_result": (1, 1, 3.0),
}


def how_called_units_answered(november, town):
    """Two came, the second ten minutes late; the third was excused and is nowhere."""
    asked = queries.asked_of(town.luo, NOVEMBER)
    found = queries.by_unit(town.luo, asked, WHISTLES, now=NOW)
    assert [row.unit for row in found] == [town.enforcement, town.sanitation]
    assert numbers(found) == {"综合执法队": TEAM, "环卫所": STATION}
    whole = queries.figures(town.luo, asked, keys=WHISTLES, now=NOW)
    for key in WHISTLES:
        assert sum(row.figures[key].rows for row in found) == whole[key].rows
        assert sum(row.figures[key].score for row in found) == pytest.approx(whole[key].score)


def a_called_unit_sees_its_own_row_alone(november, town):
    assert numbers(queries.of_own_units(town.hua, NOVEMBER, WHISTLES, now=NOW)) == {"环卫所": STATION}
    for nobody in (town.bai, town.luo, town.lin, town.root, town.fang):  # no unit, or one that was not called
        assert queries.of_own_units(nobody, NOVEMBER, WHISTLES, now=NOW) == [], nobody.username
    with pytest.raises(NotFoundError):
        queries.asked_of(town.hua, NOVEMBER)


def whoever_sees_another_place_sees_none_of_it(november, town):
    assert queries.by_unit(town.zhao, queries.asked_of(town.zhao, NOVEMBER), WHISTLES, now=NOW) == []
    asked = queries.asked_of(town.luo, NOVEMBER)
    with pytest.raises(NotFoundError):
        queries.by_unit(town.zhao, asked, WHISTLES, now=NOW)


def a_call_that_is_not_due_is_not_counted(november, town):
    asked = queries.asked_of(town.luo, NOVEMBER)
    due = at("5 10:30")
    assert queries.by_unit(town.luo, asked, WHISTLES, now=due) == []
    assert len(queries.by_unit(town.luo, asked, WHISTLES, now=due + dt.timedelta(seconds=1))) == 2


def how_often_the_second_look_contradicted_the_first(november, town):
    """Drawn: good patrol silent of the team, returned of the station. Not passed: patrol. Never done: silent."""
    asked = queries.asked_of(town.luo, NOVEMBER)
    assert numbers(queries.by_unit(town.luo, asked, CHECKS, now=NOW)) == {
        "综合执法队": {"checks_disagreed": (2, 1, 1.0), "checks_done": (3, 2, 2.0)},
        "环卫所": {"checks_disagreed": (1, 0, 0.0), "checks_done": (1, 1, 1.0)},
    }
    SecondCheck.objects.filter(at__isnull=True).update(lapsed="overtaken")
    assert numbers(queries.by_unit(town.luo, asked, CHECKS, now=NOW))["综合执法队"]["checks_done"] == (2, 2, 2.0)


def what_was_called_off_counts_only_as_blown(november, town):
    case, kind = november.cases["of_street_level"], WhistleKind.objects.get(code="joint")
    off = actions.whistling.blow(case=case, by=town.lin, kind=kind, reason="需多部门到场。", at=at("6 09:00"))
    asked = queries.asked_of(town.luo, NOVEMBER)
    found = queries.figures(town.luo, asked, now=NOW)
    assert (found["whistle_confirmed"].rows, found["whistle_confirmed"].hits) == (2, 1)
    actions.whistling.decline(whistle=off, by=town.luo, reason="改日再议。", at=at("6 09:30"))
    found = queries.figures(town.luo, asked, now=NOW)
    assert (found["whistle_confirmed"].rows, found["whistle_confirmed"].hits) == (2, 1)
    assert (found["whistle_concluded"].rows, found["whistle_share"].hits) == (1, 1)
    assert found["whistle_share"].band is Band.UNKNOWN


def test_figures_by_unit(november, town, subtests):
    for check in (
        how_called_units_answered,
        a_called_unit_sees_its_own_row_alone,
        whoever_sees_another_place_sees_none_of_it,
        a_call_that_is_not_due_is_not_counted,
        how_often_the_second_look_contradicted_the_first,
        what_was_called_off_counts_only_as_blown,
    ):
        with subtests.test(check.__name__):
            check(november, town)


@pytest.mark.parametrize(
    ("day", "keys"),
    [
        (dt.date(2026, 1, 31), ["2026-Q1", "2025-Q4", "2025-Q3"]),
        (dt.date(2026, 6, 30), ["2026-Q2", "2026-Q1", "2025-Q4"]),
        (dt.date(2026, 7, 1), ["2026-Q3", "2026-Q2", "2026-Q1"]),
    ],
)
def test_the_last_quarters(day, keys):
    assert [quarter.key for quarter in quarters_of(day, 3)] == keys
    assert Period.quarter_of(day).key == keys[0]

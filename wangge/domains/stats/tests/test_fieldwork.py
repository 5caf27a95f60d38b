"""Rounds, checkpoints and visits (numbers 13): a table worked out by hand, of places only."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db.models import ForeignKey

from wangge.domains.fieldwork.actions import round_plans, rounds
from wangge.domains.fieldwork.models import Round, Visit, VisitDue
from wangge.domains.fieldwork.tests.walking import DAY, at, set_up, walk_of
from wangge.domains.stats import field_figures, queries
from wangge.domains.stats.definitions import Text
from wangge.domains.stats.fieldwork import FIELD, POINTS, ROUNDS, VISITS
from wangge.domains.stats.indicators import Kind
from wangge.domains.stats.periods import Period
from wangge.foundation.core.problems import NotFoundError

NOVEMBER = Period.of_key("2026-11")
OCTOBER = Period.of_key("2026-10")
ONE = dt.timedelta(days=1)
NOW = at(20, day=DAY + ONE)  # Wednesday evening: four rounds a grid are over


def pairs(found) -> dict[str, tuple[int, int]]:
    return {key: (figure.rows, figure.hits) for key, figure in found.items()}


@pytest.fixture
def two_days(town):
    """Tuesday and Wednesday: grid 1 walked thrice of four; in grid 2 one walked, one let off, two not."""
    town.fang = town.fresh(town.fang)
    for day in (DAY, DAY + ONE):
        round_plans.make_rounds(at=at(7, day=day))
    mine, his = (town.fresh(town.lin), town.grid1), (town.fresh(town.gao), town.grid2)
    for (who, grid), kind, day in (
        (mine, "morning", DAY),
        (mine, "afternoon", DAY),
        (mine, "morning", DAY + ONE),
        (his, "morning", DAY),
    ):
        walk = walk_of(grid, kind, day)
        rounds.finish_round(by=who, walk=walk, nothing_found=True, at=walk.closes_at)
    rounds.exempt_rounds(
        by=town.fang, area=town.grid2, day=DAY, reason="weather", kinds_=["afternoon"], at=at(18, day=DAY)
    )
    round_plans.close_windows(at=NOW)
    return town


def test_rounds_by_hand(two_days):
    town = two_days
    asked = queries.asked_of(town.luo, NOVEMBER, area=town.community.pk)
    assert pairs(field_figures.of_place(town.luo, asked, now=NOW))[ROUNDS] == (7, 4)
    compared = field_figures.compare_places(town.luo, asked, FIELD[ROUNDS], now=NOW)
    assert [(one.pk, one.figure.rows, one.figure.hits) for one in compared] == [
        (town.grid1.pk, 4, 3),
        (town.grid2.pk, 3, 1),
    ]
    assert queries.ranked(compared) == ([], compared)  # below thirty nobody is put in order
    tuesday = queries.asked_of(town.luo, Period.of_days(DAY, DAY), area=town.grid1.pk)
    assert pairs(field_figures.of_place(town.luo, tuesday, now=NOW))[ROUNDS] == (2, 2)
    assert pairs(field_figures.of_place(town.luo, asked, now=at(12, day=DAY)))[ROUNDS] == (2, 2)


def test_a_year_of_rounds(two_days):
    town = two_days
    asked = queries.asked_of(town.luo, NOVEMBER, area=town.grid1.pk)
    found = field_figures.trend(town.luo, asked, FIELD[ROUNDS], now=NOW)
    assert len(found) == 12
    assert [(day, figure.rows, figure.hits) for day, figure in found if figure.rows] == [(dt.date(2026, 11, 1), 4, 3)]


def test_checkpoints_as_they_are_today(town):
    set_up(town, risk=3, when=at(7, day=DAY - 8 * ONE))
    set_up(town, name="刚设立", risk=3, when=at(7, day=DAY))
    set_up(town, area=town.grid2, name="一月一看", risk=1, when=at(7, day=DAY - 8 * ONE))
    asked = queries.asked_of(town.luo, NOVEMBER, area=town.community.pk)
    assert pairs(field_figures.of_place(town.luo, asked, now=NOW))[POINTS] == (3, 1)
    before = queries.asked_of(town.luo, OCTOBER, area=town.community.pk)
    assert pairs(field_figures.of_place(town.luo, before, now=NOW))[POINTS] == (0, 0)
    compared = field_figures.compare_places(town.luo, asked, FIELD[POINTS], now=NOW)
    assert [(one.figure.rows, one.figure.hits) for one in compared] == [(2, 1), (1, 0)]
    assert [f.rows for _day, f in field_figures.trend(town.luo, asked, FIELD[POINTS], now=NOW)] == [0] * 11 + [3]


def _due(home, on, state, *, made: tuple[str, dt.datetime] | None = None, by=None) -> None:
    due = VisitDue.objects.create(household=home, area_path=home.area_path, due_on=on, state=state)
    if made is not None:
        result, when = made
        Visit.objects.create(
            public_id=due.public_id,
            household=home,
            due=due,
            area_path=home.area_path,
            result=result,
            by=by,
            occurred_at=when,
            recorded_at=when,
        )


def test_visits_by_hand(town, homes):
    home = homes.wang_home
    assert home.area_path == town.grid1.path
    _due(home, DAY, "made", made=("met", at(10, day=DAY)), by=town.lin)  # on its day
    _due(home, DAY - ONE, "made", made=("met", at(10, day=DAY)), by=town.lin)  # a day late
    _due(home, DAY - ONE, "declined")  # not wished: counts nowhere
    _due(home, DAY - ONE, "dropped")
    _due(home, DAY, "open")  # still waits
    asked = queries.asked_of(town.luo, NOVEMBER, area=town.community.pk)
    assert pairs(field_figures.of_place(town.luo, asked, now=NOW))[VISITS] == (3, 1)
    assert pairs(field_figures.of_place(town.luo, asked, now=at(20, day=DAY)))[VISITS] == (1, 0)


def test_units_and_matters_have_none_and_foreign_places_are_not_there(two_days):
    town = two_days
    of_unit = queries.asked_of(town.luo, NOVEMBER, unit=town.sanitation.pk)
    assert field_figures.of_place(town.luo, of_unit, now=NOW) == {}
    foreign = queries.asked_of(town.luo, NOVEMBER, area=town.community.pk)
    for ask in (
        lambda: field_figures.of_place(town.zhao, foreign, now=NOW),
        lambda: field_figures.trend(town.zhao, foreign, FIELD[ROUNDS], now=NOW),
        lambda: field_figures.compare_places(town.zhao, foreign, FIELD[ROUNDS], now=NOW),
        lambda: field_figures.get_measure("handled"),
    ):
        with pytest.raises(NotFoundError):
            ask()


@pytest.mark.parametrize("one", FIELD.values(), ids=lambda one: one.key)
def test_a_measure_says_everything_in_both_languages(one):
    said = [one.name, one.formula, one.window, one.rows, one.excluded, one.note]
    assert [text for text in said if not (isinstance(text, Text) and text.zh and text.en)] == []
    assert "÷" in one.formula.zh
    assert (one.number, one.kind) == ("13", Kind.SHARE)


def test_no_figure_goes_by_who_walked():
    people = {f.name for f in Round._meta.get_fields() if isinstance(f, ForeignKey) and f.name.endswith("_by")}
    assert people == {"done_by", "exempted_by"}
    assert field_figures.Counted._fields == ("area_path", "month", "rows", "hits")

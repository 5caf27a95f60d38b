"""The state of the registry and the residents behind the rate, computed by hand from the few homes of the tests.

Grid 1: 吴 1, 王 3, the tenants 2 = 6 people in 3 households, of which the tenants' was never verified; 8 rooms, 5 of them
without anybody. Grid 2: the 程 family of 3 in one room, verified. North street: the 孙 family of 2.
"""

from __future__ import annotations

import dataclasses
import datetime as dt

import pytest
from django.db.models import ForeignKey

from wangge.domains.people import freshness
from wangge.domains.people.models import Firm, Household, Membership, Person, PersonMerge
from wangge.domains.stats import actions, home_figures, queries, registered
from wangge.domains.stats.definitions import Kind, Text
from wangge.domains.stats.homes import HOMES, OMITTED
from wangge.domains.stats.indicators import INDICATORS
from wangge.domains.stats.models import HomesMonth
from wangge.domains.stats.periods import Period
from wangge.domains.stats.queries import Asked, Figure
from wangge.domains.stats.tests.november import NOW, November
from wangge.foundation.accounts.models import User
from wangge.foundation.core.clock import OFFICE
from wangge.foundation.core.problems import NotFoundError

NOVEMBER = Period.of_key("2026-11")
OCTOBER = Period.of_key("2026-10")


def pairs(found: dict[str, Figure]) -> dict[str, tuple[int, int]]:
    return {key: (one.rows, one.hits) for key, one in found.items()}


def test_the_registry_is_as_computed_by_hand(town, homes):
    assert actions.count_homes(at=NOW) == 3  # three grids with anybody in them
    asked = queries.asked_of(town.luo, NOVEMBER)
    assert asked.area == town.south
    assert pairs(home_figures.of_place(town.luo, asked, now=NOW)) == {
        "fresh_homes": (4, 3),
        "empty_rooms": (9, 5),
        "double_entries": (9, 0),
    }
    first = queries.asked_of(town.luo, NOVEMBER, area=town.grid1.pk)
    assert pairs(home_figures.of_place(town.luo, first, now=NOW)) == {
        "fresh_homes": (3, 2),
        "empty_rooms": (8, 5),
        "double_entries": (6, 0),
    }
    assert home_figures.counted_on(asked, now=NOW) == dt.date(2026, 11, 30)
    held = freshness.at(town.south.path, on=dt.date(2026, 11, 30))
    assert (held.all, held.fresh) == (4, 3)


def test_a_firm_fills_a_room_and_an_old_verification_is_none(town, homes):
    Firm.objects.unscoped("the shop of the tests").filter(pk=homes.shop.pk).update(room=homes.rooms["402"])
    Household.objects.unscoped("the fixture's").filter(pk=homes.wu_home.pk).update(verified_on=dt.date(2025, 11, 29))
    actions.count_homes(at=NOW)
    asked = queries.asked_of(town.luo, NOVEMBER, area=town.grid1.pk)
    found = pairs(home_figures.of_place(town.luo, asked, now=NOW))
    assert (found["empty_rooms"], found["fresh_homes"]) == ((8, 4), (3, 1))


def test_a_merged_entry_was_one_too_many_until_it_is_parted_again(town, homes):
    # 单玉芳 was entered a second time, without a home and without a number.
    again = Person.objects.create(id_kind="none")
    PersonMerge.objects.create(kept=homes.shan, gone=again, reason="同一个人登记了两次。", at=NOW, by=town.fang)
    actions.count_homes(at=NOW)
    asked = queries.asked_of(town.luo, NOVEMBER)
    assert pairs(home_figures.of_place(town.luo, asked, now=NOW))["double_entries"] == (10, 1)
    PersonMerge.objects.update(undone_at=NOW, undone_by=town.fang)
    actions.count_homes(at=NOW)
    assert pairs(home_figures.of_place(town.luo, asked, now=NOW))["double_entries"] == (9, 0)


def test_the_rate_divides_the_voices_by_who_lives_there(town, homes):
    November(town)
    asked = queries.asked_of(town.luo, NOVEMBER)
    before = queries.figures(town.luo, asked, keys=["voices_per_10k"], now=NOW)["voices_per_10k"]
    assert (before.rows, before.residents, before.value, before.interval) == (10, None, None, None)
    actions.count_homes(at=NOW)
    # good and the voice merged into it, late, reopened, dismissed, silent, settled, settled_badly, whistled, secret.
    found = queries.figures(town.luo, asked, keys=["voices_per_10k"], now=NOW)["voices_per_10k"]
    assert (found.rows, found.hits, found.residents, found.small) == (10, 10, 9, True)
    assert found.value == pytest.approx(10 / 9 * 10_000)
    assert found.interval is None  # more voices than people: no share of them
    # In grid 2, of three people, silent alone.
    places = queries.compare_places(
        town.luo, dataclasses.replace(asked, area=town.community), INDICATORS["voices_per_10k"], now=NOW
    )
    assert [(one.pk, one.figure.rows, one.figure.residents) for one in places] == [
        (town.grid1.pk, 9, 6),
        (town.grid2.pk, 1, 3),
    ]
    low, high = places[1].figure.interval
    assert (round(low), round(high)) == (615, 7923)  # Wilson of 1 in 3, per ten thousand
    # A unit has no residents: units are not compared.
    assert queries.compare_units(town.luo, asked, INDICATORS["voices_per_10k"], now=NOW) == []
    rows = queries.rows_behind(town.luo, asked, INDICATORS["voices_per_10k"], now=NOW)
    assert len(rows) == 10


def test_residents_of_earlier_months_come_from_the_dated_graph(town, homes):
    town.report(at=dt.datetime(2026, 10, 8, 9, 0, tzinfo=OFFICE))
    Membership.objects.filter(person=homes.zhou).update(valid_to=dt.date(2026, 11, 10))
    assert actions.count_homes(at=NOW) == 6
    lived = registered.residents_by_month(town.south.path, [OCTOBER.first, NOVEMBER.first])
    assert lived == {OCTOBER.first: 9, NOVEMBER.first: 8}
    assert registered.residents(town.south.path, OCTOBER.last, NOW) == 9
    # Of October nobody can say any more which homes had been verified.
    asked = queries.asked_of(town.luo, OCTOBER)
    assert pairs(home_figures.of_place(town.luo, asked, now=NOW))["fresh_homes"] == (0, 0)
    assert home_figures.counted_on(asked, now=NOW) is None
    measure = HOMES["fresh_homes"]
    year = home_figures.trend(town.luo, queries.asked_of(town.luo, NOVEMBER), measure, now=NOW)
    assert [(day, one.rows, one.hits) for day, one in year[-2:]] == [(OCTOBER.first, 0, 0), (NOVEMBER.first, 4, 3)]
    trend = queries.trend(town.luo, queries.asked_of(town.luo, NOVEMBER), INDICATORS["voices_per_10k"], now=NOW)
    assert [one.residents for _day, one in trend[-2:]] == [9, 8]


def test_a_month_that_is_over_keeps_what_its_last_night_said(town, homes):
    actions.count_homes(at=NOW)
    Household.objects.unscoped("the fixture's").update(verified_on=dt.date(2026, 12, 5))
    later = dt.datetime(2026, 12, 10, 9, 0, tzinfo=OFFICE)
    actions.count_homes(at=later)
    actions.count_homes(at=later)  # twice is once
    assert HomesMonth.objects.count() == 6
    november = queries.asked_of(town.luo, NOVEMBER)
    december = queries.asked_of(town.luo, Period.of_key("2026-12"))
    assert pairs(home_figures.of_place(town.luo, november, now=later))["fresh_homes"] == (4, 3)
    assert pairs(home_figures.of_place(town.luo, december, now=later))["fresh_homes"] == (4, 4)


def test_each_sees_his_own_place_and_no_unit_has_homes(town, homes):
    actions.count_homes(at=NOW)
    asked = queries.asked_of(town.zhao, NOVEMBER)
    assert pairs(home_figures.of_place(town.zhao, asked, now=NOW))["fresh_homes"] == (1, 1)
    foreign = Asked(town.south, NOVEMBER)
    for read in (
        lambda: home_figures.of_place(town.zhao, foreign, now=NOW),
        lambda: home_figures.one_of_place(town.zhao, foreign, HOMES["fresh_homes"], now=NOW),
        lambda: home_figures.trend(town.zhao, foreign, HOMES["fresh_homes"], now=NOW),
        lambda: home_figures.compare_places(town.zhao, foreign, HOMES["fresh_homes"], now=NOW),
        lambda: home_figures.get_measure("handled"),
    ):
        with pytest.raises(NotFoundError):
            read()
    of_unit = queries.asked_of(town.luo, NOVEMBER, unit=town.sanitation.pk)
    of_class = queries.asked_of(town.luo, NOVEMBER, matter_class="06")
    assert [home_figures.of_place(town.luo, one, now=NOW) for one in (of_unit, of_class)] == [{}, {}]


def test_places_beside_each_other_and_no_order_below_thirty(town, homes):
    actions.count_homes(at=NOW)
    asked = queries.asked_of(town.luo, NOVEMBER, area=town.community.pk)
    found = home_figures.compare_places(town.luo, asked, HOMES["fresh_homes"], now=NOW)
    assert [(one.pk, one.figure.rows, one.figure.hits) for one in found] == [
        (town.grid1.pk, 3, 2),
        (town.grid2.pk, 1, 1),
    ]
    assert queries.ranked(found) == ([], found)
    low, high = found[0].figure.interval
    assert (round(low, 4), round(high, 4)) == (0.2077, 0.9385)  # Wilson of 2 in 3


def test_a_day_may_name_the_month(town, homes):
    """A period that ends within the present month takes the count of last night; one in the future the same."""
    actions.count_homes(at=NOW)
    for period in (Period.of_days(dt.date(2026, 11, 3), dt.date(2026, 11, 5)), Period.of_key("2026")):
        assert registered.residents(town.south.path, period.last, NOW) == 9
    assert registered.residents(town.south.path, dt.date(2026, 9, 30), NOW) is None


@pytest.mark.parametrize("one", HOMES.values(), ids=lambda one: one.key)
def test_a_measure_says_everything_in_both_languages_and_names_nobody(one):
    said = [one.name, one.formula, one.window, one.rows, one.excluded, one.note]
    assert [text for text in said if not (isinstance(text, Text) and text.zh and text.en)] == []
    assert "÷" in one.formula.zh
    assert (one.number, one.kind) == ("14", Kind.SHARE)
    columns = {field.name for field in HomesMonth._meta.get_fields()}
    assert {one.part, one.whole} <= columns


def test_the_count_holds_no_person_and_what_is_always_zero_is_said():
    assert [
        f.name for f in HomesMonth._meta.get_fields() if isinstance(f, ForeignKey) and f.related_model is User
    ] == []
    assert [one.name.zh for one in OMITTED] == ["一人多处常住数"]
    assert "membership_lives_in_one_household" in [one.name for one in Membership._meta.constraints]

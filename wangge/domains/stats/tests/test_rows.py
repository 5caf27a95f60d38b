"""Every figure opens to its rows: as many as it counts, in the reader's scope, and nobody else's."""

from __future__ import annotations

import pytest

from wangge.domains.stats import queries
from wangge.domains.stats.indicators import INDICATORS
from wangge.domains.stats.periods import Period
from wangge.domains.stats.tests.november import NOW, November
from wangge.foundation.core.problems import NotFoundError

NOVEMBER = Period.of_key("2026-11")


@pytest.fixture
def november(town) -> November:
    return November(town)


def as_many_rows_as_the_figure_counts(november, town):
    for who in ("luo", "chen", "fang", "zhao"):
        user = getattr(town, who)
        asked = queries.asked_of(user, NOVEMBER)
        for key, figure in queries.figures(user, asked, now=NOW).items():
            one = INDICATORS[key]
            found = {
                part: queries.rows_behind(user, asked, one, part=part, now=NOW, limit=100)
                for part in ("", "hit", "miss")
            }
            sizes = {part: len(rows) for part, rows in found.items()}
            assert sizes == {"": figure.rows, "hit": figure.hits, "miss": figure.misses}, (who, key)
            hits, misses = ({row.pk for row in found[part]} for part in ("hit", "miss"))
            assert hits | misses == {row.pk for row in found[""]}
            assert {row.pk for row in found[""] if row.hit} == hits


def the_rows_are_the_ones_meant(november, town):
    def names(key: str, part: str) -> list[str]:
        rows = queries.rows_behind(town.luo, asked, INDICATORS[key], part=part, now=NOW)
        known = {case.pk: name for name, case in november.cases.items()}
        return sorted(known[row.case.pk] for row in rows)

    asked = queries.asked_of(town.luo, NOVEMBER)
    assert names("hung", "hit") == ["came_back", "hung", "taken_up"]
    assert names("accepted_in_time", "miss") == ["again", "late", "unaccepted"]
    # The merged voice is shown with the case that goes on.
    assert names("satisfied", "hit") == ["good", "good", "late", "reopened", "whistled"]
    assert names("answered", "miss") == ["settled", "silent"]
    # A dispatch that was wrong: the case, although another unit has it by now.
    assert names("dispatched_right", "miss") == ["returned"]


def pages_follow_each_other(november, town):
    asked = queries.asked_of(town.luo, NOVEMBER)
    seen, before = [], None
    while page := queries.rows_behind(town.luo, asked, INDICATORS["handled"], before=before, limit=5, now=NOW):
        seen += [row.pk for row in page]
        before = page[-1].pk
    assert seen == sorted(set(seen), reverse=True)
    assert len(seen) == 18


def there_is_no_third_part(november, town):
    asked = queries.asked_of(town.luo, NOVEMBER)
    with pytest.raises(NotFoundError):
        queries.rows_behind(town.luo, asked, INDICATORS["handled"], part="both", now=NOW)


def the_head_of_a_station_sees_her_community_only(november, town):
    asked = queries.asked_of(town.fang, NOVEMBER)
    assert asked.area == town.community
    found = queries.figures(town.fang, asked, now=NOW)
    # Without next_community, and without the confidential case: she holds no permission for it.
    assert (found["closed"].rows, found["closed"].hits) == (16, 11)
    for foreign in (town.south, town.district, town.community2, town.grid3, town.north):
        with pytest.raises(NotFoundError):
            queries.asked_of(town.fang, NOVEMBER, area=foreign.pk)


def what_is_foreign_answers_like_what_is_not_there(november, town):
    for area in (town.south.pk, town.grid1.pk, 999_999_999):
        with pytest.raises(NotFoundError):
            queries.asked_of(town.zhao, NOVEMBER, area=area)
    for unit in (town.sanitation.pk, 999_999_999):
        with pytest.raises(NotFoundError):
            queries.asked_of(town.zhao, NOVEMBER, unit=unit)
    for nobody in (town.lin, town.he, town.root):  # a grid worker, a handler, the administrator
        with pytest.raises(NotFoundError):
            queries.asked_of(nobody, NOVEMBER)
    asked = queries.asked_of(town.luo, NOVEMBER)
    with pytest.raises(NotFoundError):
        queries.figures(town.zhao, asked, now=NOW)
    with pytest.raises(NotFoundError):
        queries.rows_behind(town.zhao, asked, INDICATORS["handled"], now=NOW)


def places_beside_each_other(november, town):
    asked = queries.asked_of(town.luo, NOVEMBER)
    found = queries.compare_places(town.luo, asked, INDICATORS["handled"], now=NOW)
    assert [(one.pk, one.figure.rows, one.figure.hits) for one in found] == [
        (town.community.pk, 17, 11),
        (town.community2.pk, 1, 1),
    ]
    asked = queries.asked_of(town.luo, NOVEMBER, area=town.community.pk)
    found = queries.compare_places(town.luo, asked, INDICATORS["satisfied"], now=NOW)
    assert [(one.pk, one.figure.rows, one.figure.beside.rows) for one in found] == [
        (town.grid1.pk, 6, 7),
        (town.grid2.pk, 0, 1),
    ]


def test_an_order_only_from_thirty_on(town):
    def compared(name: str, rows: int, hits: int) -> queries.Compared:
        return queries.Compared(name, rows, queries.Figure(INDICATORS["handled"], rows, hits, float(hits)))

    several = [compared("甲", 30, 15), compared("乙", 29, 29), compared("丙", 100, 90), compared("丁", 0, 0)]
    enough, too_few = queries.ranked(several)
    assert [one.name for one in enough] == ["丙", "甲"]
    assert [one.name for one in too_few] == ["乙", "丁"]
    assert [one.name for one in queries.ranked(several, descending=False)[0]] == ["甲", "丙"]


CHECKS = (
    as_many_rows_as_the_figure_counts,
    the_rows_are_the_ones_meant,
    pages_follow_each_other,
    there_is_no_third_part,
    the_head_of_a_station_sees_her_community_only,
    what_is_foreign_answers_like_what_is_not_there,
    places_beside_each_other,
)


def test_rows_behind_the_figures(november, town, subtests):
    for check in CHECKS:
        with subtests.test(check.__name__):
            check(november, town)

"""The plan on paper: no gaps, no overlaps, always the same; the texts; the lots. No database."""

import random

import pytest
import shapely
from shapely.geometry import shape

from wangge.doors.town import ground, paper, pictures, plan, recipe
from wangge.doors.town.lots import Share
from wangge.doors.town.wording import topics
from wangge.foundation.core import clock


@pytest.fixture(scope="module")
def drawn():
    return plan.draw(recipe.load("full"))


@pytest.mark.parametrize("era", ["now", "before"])
def test_grids_tile_their_communities_on_the_earth(drawn, era):
    for community in drawn.communities:
        whole = shape(paper.polygon(community.shape))
        parts = [shape(paper.polygon(grid.shape)) for grid in drawn.grids_of(community, era)]
        assert all(part.is_valid for part in parts)
        assert sum(part.area for part in parts) == pytest.approx(whole.area, rel=1e-9)
        assert shapely.union_all(parts).symmetric_difference(whole).area < whole.area * 1e-9


def test_communities_tile_their_street(drawn):
    for street in drawn.streets:
        whole = shape(paper.polygon(street.shape))
        parts = [shape(paper.polygon(c.shape)) for c in drawn.communities if c.parent == street.key]
        assert shapely.union_all(parts).symmetric_difference(whole).area < whole.area * 1e-9
        assert sum(part.area for part in parts) == pytest.approx(whole.area, rel=1e-9)


def test_the_southern_street_is_the_same_in_both_sizes():
    small, full = (plan.draw(recipe.load(size)) for size in ("small", "full"))
    grids = [{g.key: g.shape.wkt for g in p.grids if g.code.startswith("999999001")} for p in (small, full)]
    assert grids[0] == grids[1]
    other = plan.draw(recipe.load("small", seed=7))
    assert {g.key: g.shape.wkt for g in other.grids if g.code.startswith("999999001")} != grids[0]


def test_houses_stand_in_their_community_and_not_in_each_other(drawn):
    built = ground.build(recipe.load("full"), drawn)
    home = {community.key: community.shape for community in drawn.communities}
    prints = [shapely.Polygon(house.corners) for house in built.houses]
    assert all(home[h.community].covers(p) for h, p in zip(built.houses, prints, strict=True))
    tree = shapely.STRtree(prints)
    first, second = tree.query(prints, predicate="overlaps")
    assert len(first) == len(second) == 0
    assert [h.name for h in built.houses] == [h.name for h in ground.build(recipe.load("full"), drawn).houses]


def test_texts_are_varied_and_name_real_matters():
    found = topics()
    frequent = sorted(found, key=lambda topic: -topic.weight)[:40]
    assert len({text for topic in frequent for text in (*topic.residents, *topic.workers)}) >= 150
    assert all(topic.residents for topic in found)
    assert len({topic.code for topic in found}) == len(found)


def test_a_share_comes_out_exactly():
    share = Share(0.08)
    assert sum(share.ask() for _n in range(1000)) == 80


def test_a_picture_is_the_same_for_the_same_key_and_carries_its_time():
    taken = clock.now().replace(microsecond=0)
    assert pictures.draw("shed_before", taken) == pictures.draw("shed_before", taken)
    assert pictures.draw("06010-1", taken) != pictures.draw("06010-2", taken)


def test_the_bend_of_the_paper_turns_nothing_over():
    rng = random.Random(1)
    for _n in range(500):
        u, v = rng.uniform(0, 2500), rng.uniform(0, 3600)
        here, east, up = paper.place(u, v), paper.place(u + 20, v), paper.place(u, v + 20)
        cross = (east[0] - here[0]) * (up[1] - here[1]) - (east[1] - here[1]) * (up[0] - here[0])
        assert cross > 0

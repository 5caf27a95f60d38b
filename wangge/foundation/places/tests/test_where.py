"""What a position or a compound means: the grid, and as much more as is certain."""

from __future__ import annotations

import pytest

from wangge.foundation.core.problems import NotFoundError
from wangge.foundation.places import queries
from wangge.foundation.places.models import Compound


def test_at_a_building_everything_is_known(town):
    found = queries.where(town.compound.lon, town.compound.lat)
    assert (found.area, found.compound, found.address) == (town.grid1, town.compound, "物业所家属院3号楼")
    assert found.building.name == "3号楼"


def test_near_a_compound_is_not_in_it(town):
    found = queries.where(town.compound.lon + 0.003, town.compound.lat)
    assert (found.area, found.compound, found.building, found.address) == (town.grid1, None, None, "")


def test_within_its_boundary_it_is(town):
    lon, lat = town.compound.lon, town.compound.lat
    ring = [
        [lon - 0.004, lat - 0.004],
        [lon + 0.004, lat - 0.004],
        [lon + 0.004, lat + 0.004],
        [lon - 0.004, lat - 0.004],
    ]
    Compound.objects.filter(pk=town.compound.pk).update(boundary={"type": "Polygon", "coordinates": [ring]})
    found = queries.where(lon + 0.003, lat)
    assert (found.compound, found.address) == (town.compound, "物业所家属院")


def test_a_building_of_another_community_does_not_count(town):
    town.compound.buildings.update(community=town.community2)
    assert queries.where(town.compound.lon, town.compound.lat).building is None


def test_outside_every_grid_is_nowhere(town):
    assert queries.where(0.0, 0.0) is None


def test_a_compound_lies_in_the_grid_that_holds_its_centre(town):
    assert queries.where_compound(town.compound).area == town.grid1
    Compound.objects.filter(pk=town.compound.pk).update(lon=0.0, lat=0.0)
    assert queries.where_compound(Compound.objects.get(pk=town.compound.pk)).area == town.community


def test_compounds_and_codes(town):
    assert queries.compounds(under_paths=[town.community.path]) == [town.compound]
    assert queries.compounds(under_paths=[town.community2.path]) == []
    assert queries.compounds(under_paths=[]) == []
    assert queries.get_compound(town.compound.pk) == town.compound
    with pytest.raises(NotFoundError):
        queries.get_compound(0)
    assert queries.area_by_code(town.grid2.code) == town.grid2
    assert queries.area_by_code("nothing") is None

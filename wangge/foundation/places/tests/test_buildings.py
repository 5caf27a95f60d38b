"""One building, its rooms, its neighbours."""

from __future__ import annotations

import pytest

from wangge.foundation.core.problems import NotFoundError
from wangge.foundation.places import buildings
from wangge.foundation.places.models import Building, Entrance, Room


@pytest.fixture
def estate(town):
    """The family compound with 3号楼 of the cast, 13号楼 and 30号楼; a shop house that stands alone."""
    for name in ("13号楼", "30号楼"):
        Building.objects.create(
            community=town.community, compound=town.compound, name=name, floors=4, lon=116.005, lat=35.005
        )
    Building.objects.create(
        community=town.community, name="12号沿街楼", address="槐荫路12号", floors=2, lon=116.006, lat=35.005
    )
    return town.compound


def test_one_building_in_scope_or_none(town, estate):
    building = Building.objects.get(name="3号楼")
    assert buildings.get_building(building.pk, under_paths=[town.south.path]) == building
    for pk, paths in ((building.pk, [town.north.path]), (building.pk, []), (0, [town.south.path])):
        with pytest.raises(NotFoundError):
            buildings.get_building(pk, under_paths=paths)
    with pytest.raises(NotFoundError):
        buildings.get_compound_in(estate.pk, under_paths=[town.north.path])
    assert buildings.get_compound_in(estate.pk, under_paths=[town.south.path]) == estate


def test_entrances_by_number_with_their_rooms(town, estate, django_assert_num_queries):
    building = Building.objects.get(name="30号楼")
    for name in ("10单元", "2单元", "1单元"):
        entrance = Entrance.objects.create(building=building, name=name)
        for floor in (2, 1):
            Room.objects.create(entrance=entrance, floor=floor, name=f"{floor}01")
    with django_assert_num_queries(2):
        found = buildings.entrances_of(building)
    assert [(entrance.name, [room.name for room in rooms]) for entrance, rooms in found] == [
        ("1单元", ["101", "201"]),
        ("2单元", ["101", "201"]),
        ("10单元", ["101", "201"]),
    ]


def test_buildings_of_a_compound_by_number(town, estate):
    assert [one.name for one in buildings.buildings_of(estate)] == ["3号楼", "13号楼", "30号楼"]


def test_what_stands_around(town, estate):
    square = {"type": "Polygon", "coordinates": [[[116, 35], [116.0001, 35], [116.0001, 35.0001], [116, 35]]]}
    Building.objects.update(footprint=square)
    far = Building.objects.get(name="13号楼")
    Building.objects.filter(pk=far.pk).update(lon=116.02)
    here = Building.objects.get(name="3号楼")
    assert buildings.around(here)[0] == here
    assert {one.name for one in buildings.around(here)} == {"3号楼", "30号楼", "12号沿街楼"}

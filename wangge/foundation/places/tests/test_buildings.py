"""One building, its rooms, its neighbours; compounds and buildings by name."""

from __future__ import annotations

import pytest

from wangge.foundation.core.problems import NotFoundError
from wangge.foundation.places import buildings
from wangge.foundation.places.models import Building, Compound, Entrance, Room


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


@pytest.mark.parametrize(
    "text",
    [
        "物业所家属院3号楼", "家属院3号楼", "家属院三号楼", "家属院3#", "家属院 3 号楼", "家属院３号楼", "家属院3栋",
        "物业所家属院03号楼", "家属院3", "  家属院 三幢 ",
    ],
)  # fmt: skip
def test_a_building_in_any_common_writing(town, estate, text):
    found = buildings.find(text, under_paths=[town.south.path])
    assert found[0].name == "物业所家属院3号楼"
    assert [hit.name for hit in found if hit.building and hit.building.name in {"13号楼", "30号楼"}] == []


def test_tens(town, estate):
    found = buildings.find("家属院三十号楼", under_paths=[town.south.path])
    assert [hit.name for hit in found] == ["物业所家属院30号楼"]
    assert buildings.find("家属院十三号楼", under_paths=[town.south.path])[0].name == "物业所家属院13号楼"


@pytest.mark.parametrize("text", ["家属院", "物业所", "Family Compound", "family"])
def test_a_compound_by_a_part_of_its_names(town, estate, text):
    (hit,) = buildings.find(text, under_paths=[town.south.path])
    assert (hit.compound, hit.building) == (estate, None)


def test_a_house_that_stands_alone(town, estate):
    for text in ("12号沿街楼", "槐荫路12号"):
        assert [hit.name for hit in buildings.find(text, under_paths=[town.south.path])] == ["12号沿街楼"]


@pytest.mark.parametrize("text", ["", "   ", "不存在的小区", "%", "家属院99号楼", "'); DROP TABLE", "3号楼"])
def test_nothing_found(town, estate, text):
    assert buildings.find(text, under_paths=[town.south.path]) == []


def test_never_beyond_the_paths(town, estate):
    assert buildings.find("家属院3号楼", under_paths=[town.north.path]) == []
    assert buildings.find("家属院3号楼", under_paths=[]) == []


def test_no_more_than_asked_for(town, estate):
    for n in range(20):
        Compound.objects.create(
            community=town.community, name_zh=f"家属院{n}区", kind="old", management="none", lon=116.0, lat=35.0
        )
    assert len(buildings.find("家属院", under_paths=[town.south.path], limit=5)) == 5


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

"""Compounds and buildings by what people type."""

from __future__ import annotations

import pytest

from wangge.domains.people import house_search
from wangge.foundation.places.models import Building, Compound


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
        "物业所家属院03号楼", "家属院3", "  家属院 三幢 ", "家属院3座", "家属院3号楼2单元301", "槐荫社区物业所家属院三號樓",
    ],
)  # fmt: skip
def test_a_building_in_any_common_writing(town, estate, text):
    found = house_search.find(text, under_paths=[town.south.path])
    assert found[0].name == "物业所家属院3号楼"
    assert [hit.name for hit in found if hit.building and hit.building.name in {"13号楼", "30号楼"}] == []


def test_tens(town, estate):
    found = house_search.find("家属院三十号楼", under_paths=[town.south.path])
    assert [hit.name for hit in found] == ["物业所家属院30号楼"]
    assert house_search.find("家属院十三号楼", under_paths=[town.south.path])[0].name == "物业所家属院13号楼"


@pytest.mark.parametrize("text", ["家属院", "物业所", "Family Compound", "family"])
def test_a_compound_by_a_part_of_its_names(town, estate, text):
    (hit,) = house_search.find(text, under_paths=[town.south.path])
    assert (hit.compound, hit.building) == (estate, None)


def test_a_house_that_stands_alone(town, estate):
    for text in ("12号沿街楼", "槐荫路12号"):
        assert [hit.name for hit in house_search.find(text, under_paths=[town.south.path])] == ["12号沿街楼"]


@pytest.mark.parametrize("text", ["", "   ", "不存在的小区", "%", "家属院99号楼", "'); DROP TABLE", "3号楼"])
def test_nothing_found(town, estate, text):
    assert house_search.find(text, under_paths=[town.south.path]) == []


def test_never_beyond_the_paths(town, estate):
    assert house_search.find("家属院3号楼", under_paths=[town.north.path]) == []
    assert house_search.find("家属院3号楼", under_paths=[]) == []


def test_no_more_than_asked_for(town, estate):
    for n in range(20):
        Compound.objects.create(
            community=town.community, name_zh=f"家属院{n}区", kind="old", management="none", lon=116.0, lat=35.0
        )
    assert len(house_search.find("家属院", under_paths=[town.south.path], limit=5)) == 5

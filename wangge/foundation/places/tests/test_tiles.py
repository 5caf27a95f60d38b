"""Vector tiles: what is in them, whose, and where they end."""

from __future__ import annotations

import gzip
import math

import mapbox_vector_tile
import pytest
from django.utils import translation

from tests.town import SOUTH, STEP, WEST
from wangge.foundation.core import memo
from wangge.foundation.places import tiles
from wangge.foundation.places.models import Area, Building, Compound, MapFeature

HERE = (WEST + 0.5 * STEP, SOUTH + 0.5 * STEP)  # the middle of grid 1
SOUTH_STREET, NORTH_STREET, DISTRICT = "south", "north", "district"


def square_of(z: int, lon: float, lat: float) -> tuple[int, int, int]:
    """The tile that holds a position."""
    n = 2**z
    row = (1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2 * n
    return z, int((lon + 180) / 360 * n), int(row)


def block(lon: float, lat: float, half: float = 0.0001) -> dict:
    ring = [[lon - half, lat - half], [lon + half, lat - half], [lon + half, lat + half], [lon - half, lat + half]]
    return {"type": "Polygon", "coordinates": [[*ring, ring[0]]]}


def read(body: bytes) -> dict:
    return mapbox_vector_tile.decode(gzip.decompress(body)) if body else {}


def names(found: dict, kind: str) -> set[str]:
    said = [feature["properties"] for feature in found.get("label", {"features": []})["features"]]
    return {one["name"] for one in said if one["kind"] == kind}


@pytest.fixture
def drawn(town):
    """`drawn(z, lon, lat, "south")` → the layers of the tile there, for somebody with a post at that area."""
    Building.objects.filter(name="3号楼").update(footprint=block(*HERE))

    def at(z: int, lon: float, lat: float, area: str = SOUTH_STREET, houses: str = "") -> dict:
        memo.forget_all()
        path = getattr(town, area).path
        seen = [getattr(town, houses).path] if houses else [path]
        return read(tiles.tile(*square_of(z, lon, lat), areas=[path], houses=seen))

    return at


def test_layers_of_a_near_tile(town, drawn):
    lon, lat = HERE
    feature = MapFeature.objects.create(
        kind="road",
        name_zh="槐荫路",
        rank=2,
        geometry={"type": "LineString", "coordinates": [[lon - 0.002, lat], [lon, lat]]},
    )
    building = Building.objects.get(name="3号楼")
    found = drawn(16, lon, lat)
    assert set(found) == {"area", "ground", "building", "label"}
    (house,) = found["building"]["features"]
    assert (house["id"], house["properties"]) == (building.pk, {"floors": 6, "compound": building.compound_id})
    (road,) = found["ground"]["features"]
    assert (road["id"], road["properties"]) == (feature.pk, {"kind": "road", "rank": 2, "name": "槐荫路"})
    assert {one["properties"]["kind"] for one in found["area"]["features"]} == {"community", "grid"}
    assert names(found, "building") == {"3号楼"}
    assert names(found, "compound") == {"物业所家属院"}
    assert names(found, "grid") == {"第一网格"}


def test_nothing_of_a_person_or_a_room_is_in_a_tile(town, drawn, homes):
    said = drawn(16, *HERE)
    keys = {key for layer in said.values() for one in layer["features"] for key in one["properties"]}
    assert keys == {"kind", "name", "floors", "compound"}


def test_the_outline_is_where_the_house_stands(town, drawn):
    z, x, y = square_of(16, *HERE)
    ring = drawn(16, *HERE)["building"]["features"][0]["geometry"]["coordinates"][0]
    n, extent = 2**z, 4096
    back = []
    for east, north in ring:  # the decoder turns y upside down
        south = extent - north
        lon = (x + east / extent) / n * 360 - 180
        lat = math.degrees(math.atan(math.sinh(math.pi * (1 - 2 * (y + south / extent) / n))))
        back.append((lon, lat))
    west, east = min(p[0] for p in back), max(p[0] for p in back)
    south, north = min(p[1] for p in back), max(p[1] for p in back)
    assert (west, south, east, north) == pytest.approx(
        (HERE[0] - 0.0001, HERE[1] - 0.0001, HERE[0] + 0.0001, HERE[1] + 0.0001), abs=2e-6
    )  # 2e-6 degrees are some 20 cm: a unit of the tile is 12 cm


def test_far_tiles_leave_out_what_would_not_be_seen(town, drawn):
    assert "building" in drawn(14, *HERE)
    assert "building" not in drawn(13, *HERE)
    assert names(drawn(13, *HERE), "compound") == {"物业所家属院"}
    assert names(drawn(12, *HERE), "compound") == set()
    assert names(drawn(15, *HERE), "building") == set()


def test_only_the_streets_that_were_asked_for(town, drawn):
    north = (WEST + 3.5 * STEP, SOUTH + 0.5 * STEP)
    Building.objects.create(
        community=town.north_community, name="9号楼", floors=3, lon=north[0], lat=north[1], footprint=block(*north)
    )
    assert drawn(16, *north) == {}
    assert names(drawn(16, *north, NORTH_STREET), "building") == {"9号楼"}
    wide = drawn(16, *north, SOUTH_STREET, houses=DISTRICT)
    assert names(wide, "building") == {"9号楼"}
    assert names(wide, "grid") == set()
    assert "area" not in wide


def test_a_point_is_written_in_one_tile_only(town, drawn):
    z, x, y = square_of(16, *HERE)
    path = [town.south.path]
    there = [read(tiles.tile(z, x + i, y + j, areas=path, houses=path)) for i in (-1, 0, 1) for j in (-1, 0, 1)]
    assert sum("3号楼" in names(one, "building") for one in there) == 1


def test_a_redrawn_grid_is_seen_at_once(town, drawn):
    before = tiles.version()
    town_grid = Area.objects.get(pk=town.grid1.pk)
    Area.objects.filter(pk=town_grid.pk).update(valid_to="2025-01-01")
    Area.objects.create(
        kind="grid", grid_kind="special", code="999999001001099", name_zh="专属网格", parent=town.community,
        path=f"{town.community.path}999/", boundary=town_grid.boundary, lon=town_grid.lon, lat=town_grid.lat,
        valid_from="2025-01-01",
    )  # fmt: skip
    memo.forget_all()
    assert tiles.version() != before
    found = drawn(16, *HERE)
    assert (names(found, "grid"), names(found, "special")) == (set(), {"专属网格"})


@pytest.mark.parametrize(
    ("z", "x", "y"), [(0, 0, 0), (8, 210, 101), (17, 107700, 51900), (16, -1, 5), (16, 2**16, 5), (16, 5, 2**16)]
)
def test_no_such_tile(town, z, x, y):
    assert tiles.tile(z, x, y, areas=[town.district.path], houses=[town.district.path]) == b""


def test_the_open_sea_is_empty(town):
    assert tiles.tile(*square_of(14, 130.0, 20.0), areas=[town.district.path], houses=[town.district.path]) == b""


def test_names_follow_the_language(town, drawn):
    Compound.objects.update(boundary=block(*HERE, half=0.001))
    with translation.override("en"):
        found = drawn(16, *HERE)
    assert names(found, "compound") == {"Property Office Family Compound"}
    assert [one["properties"] for one in found["compound"]["features"]] == [{"kind": "compound"}]


def test_kept_tiles_cost_no_query(town, drawn, django_assert_num_queries):
    drawn(16, *HERE)
    path = [town.south.path]
    with django_assert_num_queries(0):
        assert tiles.tile(*square_of(16, *HERE), areas=path, houses=path)

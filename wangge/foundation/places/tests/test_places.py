"""The dated tree, point → grid, redrawn grids, buildings that stay."""

import datetime as dt
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from tests.town import square
from wangge.foundation.audit.models import AuditEntry
from wangge.foundation.core.problems import InvalidError, NotFoundError
from wangge.foundation.places import actions, queries
from wangge.foundation.places.models import Area, AreaLineage, Building, BuildingGrid

THEN, REDRAWN, NOW = dt.date(2024, 6, 1), dt.date(2025, 7, 1), dt.date(2025, 7, 1)
W, S, STEP = 116.0, 35.0, 0.01


@pytest.fixture(autouse=True)
def _fresh_index():
    """The index of grids is kept by the process; a test's grids are rolled back."""
    queries.forget_grids()
    yield
    queries.forget_grids()


@pytest.fixture
def redrawn(town):
    """Grid 1 was cut in two halves and grid 2 kept: west and east from the day of the redrawing on."""
    Area.objects.filter(pk=town.grid1.pk).update(valid_to=REDRAWN)
    halves = []
    for number, (name, left) in enumerate((("西网格", 0.0), ("东网格", 0.5))):
        halves.append(
            actions.add_area(
                by=None, kind="grid", grid_kind="basic", code=f"99999900100101{number}", name_zh=name,
                parent=town.community, valid_from=REDRAWN, boundary=square(left, 0, 0.5),
            )
        )  # fmt: skip
    actions.record_lineage(by=None, links=[(town.grid1, half, 0.5) for half in halves])
    return halves


@pytest.mark.parametrize(
    ("lon", "lat", "grid"),
    [
        (W + 0.005, S + 0.005, "grid1"),
        (W + 0.015, S + 0.005, "grid2"),
        (W + 0.025, S + 0.005, "grid3"),
        (W + 0.035, S + 0.005, "north_grid"),
        (W + 0.01, S + 0.005, "grid1"),  # on the shared edge: the lower code
        (W + 0.02, S + 0.005, "grid2"),
        (W + 0.03, S + 0.005, "grid3"),
        (W + 0.01, S, "grid1"),  # on a corner that two share
        (W, S, "grid1"),
        (W + 0.04, S + 0.01, "north_grid"),
        (W - 0.0001, S + 0.005, None),
        (W + 0.0401, S + 0.005, None),
        (W + 0.005, S - 0.0001, None),
        (W + 0.005, S + 0.0101, None),
        (0.0, 0.0, None),
        (S, W - 80, None),  # latitude and longitude exchanged
    ],
)
def test_a_point_lies_in_one_grid_or_in_none(town, lon, lat, grid):
    found = queries.grid_at(lon, lat)
    assert found == (getattr(town, grid) if grid else None)


def test_a_point_is_answered_as_of_the_day(town, redrawn):
    west, east = redrawn
    for lon, new in ((W + 0.002, west), (W + 0.008, east)):
        assert queries.grid_at(lon, S + 0.005, on=THEN) == town.grid1
        assert queries.grid_at(lon, S + 0.005, on=REDRAWN - dt.timedelta(days=1)) == town.grid1
        assert queries.grid_at(lon, S + 0.005, on=NOW) == new
        assert queries.grid_at(lon, S + 0.005) == new
    assert queries.grid_at(W + 0.005, S + 0.005, on=NOW) == west  # the new edge
    assert queries.grid_at(W + 0.005, S + 0.005, on=dt.date(2023, 1, 1)) is None  # before there were grids


def test_both_divisions_are_counted_on_their_day(town, redrawn):
    codes = lambda day: [area.name_zh for area in queries.areas("grid", on=day)]  # noqa: E731
    assert codes(THEN) == ["第一网格", "第二网格", "第三网格", "北关网格"]
    assert codes(NOW) == ["第二网格", "西网格", "东网格", "第三网格", "北关网格"]
    assert len(queries.grid_index(THEN)) == 4
    assert len(queries.grid_index(NOW)) == 5
    outlines = [feature["properties"]["name"] for feature in queries.outline("grid", on=THEN)["features"]]
    assert outlines == codes(THEN)


def test_lineage_both_ways_with_shares(town, redrawn):
    west, east = redrawn
    assert queries.successors(town.grid1) == [(west, 0.5), (east, 0.5)]
    assert queries.predecessors(east) == [(town.grid1, 0.5)]
    assert queries.successors(town.grid2) == []
    assert sum(share for _area, share in queries.successors(town.grid1)) == 1
    entry = AuditEntry.objects.order_by("-id").first()
    assert (entry.kind, entry.subject_type, entry.subject_id) == ("area.redraw", "area", town.grid1.pk)


@pytest.mark.parametrize("share", [Decimal(0), Decimal("-0.1"), Decimal("1.1")])
def test_a_share_is_a_part(town, share):
    with pytest.raises(IntegrityError), transaction.atomic():
        AreaLineage.objects.create(old=town.grid1, new=town.grid2, share=share)


def test_a_building_keeps_its_place_and_changes_its_grid(town, redrawn):
    west, east = redrawn
    building = Building.objects.get(compound=town.compound)
    BuildingGrid.objects.filter(building=building).update(valid_to=REDRAWN)
    BuildingGrid.objects.create(building=building, grid=east, valid_from=REDRAWN)
    assert queries.grid_of_building(building, on=THEN) == town.grid1
    assert queries.grid_of_building(building, on=REDRAWN - dt.timedelta(days=1)) == town.grid1
    assert queries.grid_of_building(building, on=REDRAWN) == east
    assert queries.grid_of_building(building) == east
    assert queries.grid_of_building(building, on=dt.date(2020, 1, 1)) is None
    assert queries.compounds_of_grid(town.grid1, on=THEN) == [town.compound]
    assert queries.compounds_of_grid(town.grid1, on=NOW) == []
    assert queries.compounds_of_grid(east, on=NOW) == [town.compound]
    assert west.building_links.count() == 0


def test_a_building_is_in_one_grid_at_a_time(town):
    building = Building.objects.get(compound=town.compound)
    with pytest.raises(IntegrityError), transaction.atomic():
        BuildingGrid.objects.create(building=building, grid=town.grid2, valid_from=REDRAWN)


def test_paths_come_from_the_parents(town):
    for key, ancestors in (
        ("district", []),
        ("south", ["district"]),
        ("community", ["district", "south"]),
        ("grid1", ["district", "south", "community"]),
    ):
        area = getattr(town, key)
        wanted = "/" + "".join(f"{getattr(town, name).pk}/" for name in [*ancestors, key])
        assert area.path == wanted
    assert queries.ancestor(town.grid1, "street") == town.south
    assert queries.ancestor(town.grid1, "grid") == town.grid1
    assert queries.ancestor(town.district, "street") is None


def test_areas_under_paths_and_as_of(town):
    names = lambda **more: [area.code for area in queries.areas("grid", **more)]  # noqa: E731
    assert names(under_paths=[town.community.path]) == [town.grid1.code, town.grid2.code]
    assert names(under_paths=[town.north.path]) == [town.north_grid.code]
    assert names(under_paths=[]) == []
    assert names(on=dt.date(2023, 12, 31)) == []
    assert [area.code for area in queries.areas("street")] == [town.south.code, town.north.code]


def test_adding_an_area_is_audited_and_known_at_once(town):
    assert queries.grid_at(W + 0.045, S + 0.005) is None
    before = AuditEntry.objects.count()
    area = actions.add_area(
        by=town.root, kind="grid", grid_kind="special", code="999999002001002", name_zh="市场专属网格",
        parent=Area.objects.get(code="999999002001"), valid_from=THEN, boundary=square(4, 0),
    )  # fmt: skip
    assert queries.grid_at(W + 0.045, S + 0.005) == area
    assert AuditEntry.objects.count() == before + 1
    entry = AuditEntry.objects.order_by("-id").first()
    assert (entry.kind, entry.actor_id, entry.subject_id) == ("area.add", town.root.pk, area.pk)


@pytest.mark.parametrize(
    "values",
    [
        {"valid_to": THEN},  # ends on the day on which it begins
        {"code": "999999001001001"},  # in force already
        {"kind": "street", "grid_kind": "basic"},
        {"parent": None},
    ],
)
def test_what_the_tree_refuses(town, values):
    before = (Area.objects.count(), AuditEntry.objects.count())
    given = {"kind": "grid", "code": "999999001001009", "parent": town.community} | values
    with pytest.raises(IntegrityError), transaction.atomic():
        actions.add_area(by=None, name_zh="错", valid_from=THEN, **given)
    assert (Area.objects.count(), AuditEntry.objects.count()) == before


def test_the_same_code_again_after_the_first_has_ended(town):
    first = town.grid1
    Area.objects.filter(pk=first.pk).update(valid_to=REDRAWN)
    again = actions.add_area(
        by=None, kind="grid", code=first.code, name_zh="新一", parent=town.community, valid_from=REDRAWN
    )
    assert [a.pk for a in queries.areas("grid", on=NOW) if a.code == first.code] == [again.pk]
    assert [a.pk for a in queries.areas("grid", on=THEN) if a.code == first.code] == [first.pk]


def test_a_grid_of_several_pieces_with_a_hole(town):
    ring = lambda x, y, size: [[x, y], [x + size, y], [x + size, y + size], [x, y + size], [x, y]]  # noqa: E731
    shape = {
        "type": "MultiPolygon",
        "coordinates": [[ring(117, 36, 0.1), ring(117.04, 36.04, 0.02)], [ring(118, 36, 0.1)]],
    }
    grid = actions.add_area(
        by=None, kind="grid", code="999999009", name_zh="飞地", parent=town.community, valid_from=THEN, boundary=shape
    )
    assert queries.grid_at(117.01, 36.01) == grid
    assert queries.grid_at(118.05, 36.05) == grid
    assert queries.grid_at(117.05, 36.05) is None  # in the hole
    assert queries.grid_at(117.5, 36.05) is None


def test_the_index_of_a_day_is_kept_and_forgotten(town, django_assert_num_queries):
    queries.grid_index(THEN)
    wanted = town.grid1.pk
    with django_assert_num_queries(0):
        assert queries.grid_index(THEN).grid_at(W + 0.005, S + 0.005) == wanted
    queries.forget_grids()
    with django_assert_num_queries(1):
        queries.grid_index(THEN)


def test_an_unknown_area_is_not_found(town):
    assert queries.get_area(town.grid1.pk) == town.grid1
    with pytest.raises(NotFoundError):
        queries.get_area(0)


@pytest.mark.parametrize(
    ("lon", "lat"), [(180.1, 0), (-181, 0), (0, 90.5), (0, -91), (float("nan"), 0), (0, float("inf"))]
)
def test_a_position_off_the_earth_is_refused(lon, lat):
    with pytest.raises(InvalidError) as caught:
        queries.check_point(lon, lat)
    assert caught.value.field == "lon"


def test_the_nearest_compound_and_building_or_none(town):
    lon, lat = town.grid1.lon, town.grid1.lat
    assert queries.nearest_compound(lon + 0.003, lat) == town.compound
    assert queries.nearest_compound(lon + 0.005, lat) is None
    assert queries.nearest_building(lon + 0.0009, lat).name == "3号楼"
    assert queries.nearest_building(lon + 0.0011, lat) is None


def test_search_by_name_alias_and_code(town):
    assert queries.search("家属院") == [town.compound]
    assert queries.search("第一") == [town.grid1]
    assert queries.search(town.grid2.code) == [town.grid2]
    assert queries.search("  ") == []
    assert queries.search("没有") == []

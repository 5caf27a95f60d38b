"""Reads about places: the tree as of a date, point → grid, what is near."""

from __future__ import annotations

import dataclasses
import time
from typing import TYPE_CHECKING, Any

import shapely
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from wangge.foundation.core import clock
from wangge.foundation.core.memo import for_seconds
from wangge.foundation.core.problems import InvalidError, NotFoundError
from wangge.foundation.core.scoping import under
from wangge.foundation.places.models import Area, AreaLineage, Building, BuildingGrid, Compound, MapFeature, Room

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Sequence

_FRESH_SECONDS = 30.0


class GridIndex:
    """The grids in force on one day, in memory: point → grid in microseconds (shapely STRtree)."""

    def __init__(self, grids: Sequence[tuple[int, Any]]) -> None:
        self._ids = [pk for pk, _boundary in grids]
        self._shapes = [shapely.geometry.shape(boundary) for _pk, boundary in grids]
        self._tree = shapely.STRtree(self._shapes)
        shapely.prepare(self._shapes)

    def __len__(self) -> int:
        return len(self._ids)

    def grid_at(self, lon: float, lat: float) -> int | None:
        """Primary key of the grid that holds the point; on a shared edge the lower code; None outside all."""
        hits = self._tree.query(shapely.Point(lon, lat), predicate="intersects")
        return self._ids[min(hits)] if len(hits) else None


_indexes: dict[dt.date, tuple[float, tuple[int, int], GridIndex]] = {}


def grid_index(day: dt.date | None = None) -> GridIndex:
    """The index for `day`; kept per process and checked against the table every 30 s."""
    day = day or clock.today()
    held = _indexes.get(day)
    if held and time.monotonic() - held[0] < _FRESH_SECONDS:
        return held[2]
    grids = Area.objects.as_of(day).filter(kind=Area.Kind.GRID, boundary__isnull=False)
    rows = list(grids.order_by("code", "id").values_list("pk", "boundary"))
    index = GridIndex(rows)
    if len(_indexes) > 8:  # a few days are asked for again and again; history does not pile up
        _indexes.clear()
    _indexes[day] = (time.monotonic(), (len(rows), 0), index)
    return index


def forget_grids() -> None:
    """Drop the indexes of this process (after a change of grids)."""
    _indexes.clear()


def grid_at(lon: float, lat: float, *, on: dt.date | None = None) -> Area | None:
    """The grid that holds a point on a day (today), or None."""
    pk = grid_index(on).grid_at(lon, lat)
    return Area.objects.select_related("parent__parent").get(pk=pk) if pk is not None else None


def get_area(pk: int) -> Area:
    """The area, whatever its dates; `NotFoundError` when there is none."""
    try:
        return Area.objects.select_related("parent__parent__parent").get(pk=pk)
    except Area.DoesNotExist:
        raise NotFoundError(_("There is no such area.")) from None


def areas(
    kind: str | None = None, *, on: dt.date | None = None, under_paths: Iterable[str] | None = None
) -> list[Area]:
    """Areas in force on a day, in code order; restricted to those at or under the given paths."""
    found = Area.objects.as_of(on or clock.today()).select_related("parent")
    if kind:
        found = found.filter(kind=kind)
    if under_paths is not None:
        found = found.filter(under("path", under_paths))
    return list(found.order_by("code", "id"))


def ancestor(area: Area, kind: str) -> Area | None:
    """The area itself or its nearest ancestor of `kind`."""
    node: Area | None = area
    while node is not None and node.kind != kind:
        node = node.parent
    return node


@for_seconds(30)
def street_of(path: str) -> tuple[int, str]:
    """(primary key, letters of the case numbers) of the street over a path; the district's where there is no street."""
    parts = [int(part) for part in path.strip("/").split("/")]
    found = Area.objects.get(pk=parts[1] if len(parts) > 1 else parts[0])
    return found.pk, found.short_code or found.code


def successors(area: Area) -> list[tuple[Area, float]]:
    """What a redrawn grid became: (new grid, share of the old one's area)."""
    rows = AreaLineage.objects.filter(old=area).select_related("new")
    return [(row.new, float(row.share)) for row in rows]


def predecessors(area: Area) -> list[tuple[Area, float]]:
    """What a grid was made from: (old grid, share of the old one's area)."""
    rows = AreaLineage.objects.filter(new=area).select_related("old")
    return [(row.old, float(row.share)) for row in rows]


def grid_of_building(building: Building, *, on: dt.date | None = None) -> Area | None:
    """The grid to which a building belonged on a day."""
    link = BuildingGrid.objects.as_of(on or clock.today()).filter(building=building).select_related("grid").first()
    return link.grid if link else None


def buildings_by_grid(day: dt.date) -> list[tuple[Building, int]]:
    """Every building with the grid to which it belonged on a day, in the order of their keys."""
    links = BuildingGrid.objects.as_of(day).select_related("building__compound").order_by("building_id")
    return [(link.building, link.grid_id) for link in links]


def nearest_compound(lon: float, lat: float, *, within_degrees: float = 0.004) -> Compound | None:
    """The compound whose centre is nearest, within about 400 m; None when there is none."""
    near = Compound.objects.filter(
        lon__range=(lon - within_degrees, lon + within_degrees), lat__range=(lat - within_degrees, lat + within_degrees)
    )
    return min(near, key=lambda c: (c.lon - lon) ** 2 + (c.lat - lat) ** 2, default=None)


def nearest_building(lon: float, lat: float, *, within_degrees: float = 0.001) -> Building | None:
    """The building whose centre is nearest, within about 100 m; None when there is none."""
    near = Building.objects.select_related("compound").filter(
        lon__range=(lon - within_degrees, lon + within_degrees), lat__range=(lat - within_degrees, lat + within_degrees)
    )
    return min(near, key=lambda b: (b.lon - lon) ** 2 + (b.lat - lat) ** 2, default=None)


@dataclasses.dataclass(frozen=True, slots=True)
class Where:
    """What a position or a compound means in the tree of places: the grid, and as much more as is certain."""

    area: Area
    compound: Compound | None = None
    building: Building | None = None
    address: str = ""  # as people say it, in Chinese: "物业所家属院3号楼"


def where(lon: float, lat: float) -> Where | None:
    """What is at a position today; None outside every grid.

    A building counts within about 100 m and in the same community; a compound only when its boundary holds the point
    (or, where no boundary is known, when its building does): being near a compound does not make it the place.
    """
    grid = grid_at(lon, lat)
    if grid is None:
        return None
    building = nearest_building(lon, lat)
    if building is not None and building.community_id != grid.parent_id:
        building = None
    if building is not None:
        name = f"{building.compound.name_zh if building.compound else ''}{building.name}"
        return Where(grid, building.compound, building, name)
    compound = nearest_compound(lon, lat)
    if compound is None or compound.community_id != grid.parent_id:
        return Where(grid)
    if compound.boundary and shapely.geometry.shape(compound.boundary).contains(shapely.Point(lon, lat)):
        return Where(grid, compound, None, compound.name_zh)
    return Where(grid, None, None, compound.address)


def where_compound(compound: Compound) -> Where:
    """The grid that holds a compound's centre today, or its community where no grid does."""
    area = grid_at(compound.lon, compound.lat)
    if area is None or area.parent_id != compound.community_id:
        area = get_area(compound.community_id)
    return Where(area, compound, None, compound.name_zh)


def get_compound(pk: int) -> Compound:
    """The compound; `NotFoundError` when there is none."""
    try:
        return Compound.objects.select_related("community").get(pk=pk)
    except Compound.DoesNotExist:
        raise NotFoundError(_("There is no such compound.")) from None


def compounds(*, under_paths: Iterable[str]) -> list[Compound]:
    """Compounds of the communities at or under the given paths, by name."""
    found = Compound.objects.filter(under("community__path", under_paths)).select_related("community")
    return list(found.order_by("community__code", "name_zh", "id"))


def area_by_code(code: str) -> Area | None:
    """The area in force today under a code (the one printed on a grid's notice), or None."""
    return Area.objects.as_of(clock.today()).select_related("parent__parent__parent").filter(code=code).first()


def search(text: str, *, limit: int = 10) -> list[Area | Compound]:
    """Areas in force and compounds whose name holds `text`, for the place picker."""
    text = text.strip()
    if not text:
        return []
    found_areas = Area.objects.as_of(clock.today()).filter(Q(name_zh__contains=text) | Q(code=text))[:limit]
    found_compounds = Compound.objects.filter(Q(name_zh__contains=text) | Q(aliases__contains=[text]))[:limit]
    found: list[Area | Compound] = [*found_compounds, *found_areas]
    return found[:limit]


def check_point(lon: float, lat: float) -> None:
    """Refuse what is no WGS-84 position."""
    if not (-180 <= lon <= 180 and -90 <= lat <= 90):
        raise InvalidError(_("The position is not on earth."), field="lon")


def compounds_of_grid(grid: Area, *, on: dt.date | None = None) -> list[Compound]:
    """The compounds of which a building belonged to a grid on a day."""
    links = BuildingGrid.objects.as_of(on or clock.today()).filter(grid=grid, building__compound__isnull=False)
    return list(Compound.objects.filter(pk__in=links.values("building__compound_id")))


def buildings_of_grids(grids: Iterable[int], *, on: dt.date | None = None) -> list[tuple[Building, int]]:
    """The buildings of some grids (ids) on a day, each with its grid; without their outlines."""
    links = BuildingGrid.objects.as_of(on or clock.today()).filter(grid__in=list(grids)).select_related("building")
    return [(link.building, link.grid_id) for link in links.defer("building__footprint").order_by("building_id")]


def compounds_of_grids(grids: Iterable[int], *, on: dt.date | None = None) -> list[Compound]:
    """The compounds of which a building belonged to one of some grids (ids) on a day; without their outlines."""
    links = BuildingGrid.objects.as_of(on or clock.today()).filter(grid__in=list(grids))
    found = Compound.objects.filter(
        pk__in=links.filter(building__compound__isnull=False).values("building__compound_id")
    )
    return list(found.defer("boundary").order_by("pk"))


def outline(kind: str, *, on: dt.date | None = None, under_paths: Iterable[str] | None = None) -> dict[str, Any]:
    """A GeoJSON FeatureCollection of the areas of a kind in force on a day, all or those under some paths."""
    rows = Area.objects.as_of(on or clock.today()).filter(kind=kind, boundary__isnull=False).order_by("code")
    if under_paths is not None:
        rows = rows.filter(under("path", under_paths))
    return _collection(
        (area.pk, area.boundary, {"name": area.name, "code": area.code, "kind": area.grid_kind or area.kind})
        for area in rows
    )


def ground() -> dict[str, Any]:
    """A GeoJSON FeatureCollection of roads, water and green."""
    return _collection(
        (feature.pk, feature.geometry, {"name": feature.name, "kind": feature.kind, "rank": feature.rank})
        for feature in MapFeature.objects.all()
    )


def _collection(rows: Iterable[tuple[int, Any, dict[str, Any]]]) -> dict[str, Any]:
    features = [
        {"type": "Feature", "id": pk, "geometry": geometry, "properties": properties}
        for pk, geometry, properties in rows
    ]
    return {"type": "FeatureCollection", "features": features}


@dataclasses.dataclass(frozen=True, slots=True)
class Placed:
    """A room with what is above it on a day."""

    room: int
    use: str
    floor: int
    name: str
    entrance: str
    building: Building
    grid: Area


def rooms_by_grid(day: dt.date) -> list[Placed]:
    """Every room with its building and the grid to which that belonged on a day, in the order of their keys."""
    links = BuildingGrid.objects.as_of(day).select_related("building__compound", "building__community", "grid")
    shapes = ("building__footprint", "building__compound__boundary", "building__community__boundary", "grid__boundary")
    above = {link.building_id: link for link in links.defer(*shapes)}
    rows = Room.objects.order_by("id").values_list("id", "use", "floor", "name", "entrance__name", "entrance__building")
    return [
        Placed(pk, use, floor, name, entrance, above[building].building, above[building].grid)
        for pk, use, floor, name, entrance, building in rows
        if building in above
    ]

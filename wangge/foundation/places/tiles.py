"""Vector tiles of our own ground (MVT 2.1): the outlines and names that every map of the house draws.

What is in a tile is known from the street: borders, roads, water, houses, their names and numbers of floors. Never a
person, a case or how a room is used. A tile is made when it is asked for, from the rows that its square touches, and
kept by the process; an edited outline is seen within ten minutes, a new area, building or road within thirty seconds.
"""

from __future__ import annotations

import gzip
import hashlib
import math
from typing import TYPE_CHECKING, Any

import mapbox_vector_tile
import numpy as np
import shapely
from django.db.models import Count, Max
from django.utils.translation import get_language

from wangge.foundation.core import clock
from wangge.foundation.core.memo import for_seconds
from wangge.foundation.core.scoping import under
from wangge.foundation.places.models import Area, Building, Compound, MapFeature

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable

COARSEST, FINEST = 9, 16  # zooms that are drawn; the browser enlarges the finest
_EXTENT = 4096
_MARGIN = 96  # of a tile: lines and walls run on beyond its edge, so that no seam shows
_LANES, _COMPOUNDS, _BUILDINGS, _NUMBERS = 13, 13, 14, 16  # the zoom from which each is drawn
_LONGEST = 0.004  # degrees, about 400 m: half of the longest footprint
_NO_DETAIL = 6  # units of a coarse tile below which a bend of an outline is not seen


@for_seconds(30)
def version() -> str:
    """A short token that changes with the day, with a redrawn grid, and with every added building, compound or road."""
    parts: list[Any] = [clock.today()]
    for model in (Area, Building, Compound, MapFeature):
        parts += model.objects.aggregate(rows=Count("pk"), last=Max("pk")).values()
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:12]


def tile(z: int, x: int, y: int, *, areas: Iterable[str], houses: Iterable[str]) -> bytes:
    """One tile as gzipped MVT; empty where there is nothing to draw, or when the zoom is none of ours.

    Borders of communities and grids at or under the paths `areas`; compounds and buildings at or under `houses`.
    Names are in the language in force. Layers: `area`, `ground`, `compound`, `building`, `label` (points).
    """
    if not (COARSEST <= z <= FINEST and 0 <= x < 2**z and 0 <= y < 2**z):
        return b""
    return _made(z, x, y, tuple(sorted(areas)), tuple(sorted(houses)), get_language() or "", version())


@for_seconds(600)
def _made(
    z: int, x: int, y: int, areas: tuple[str, ...], houses: tuple[str, ...], _language: str, _version: str
) -> bytes:
    square = _Square(z, x, y)
    day = clock.today()
    layers = [
        ("area", square.cut(_areas(areas, day), simplify=z < _BUILDINGS)),
        ("ground", square.cut(one for one in _ground() if z >= _LANES or one[2].get("rank", 1) < 3)),
        ("compound", square.cut(_compounds(houses)) if z >= _COMPOUNDS else []),
        ("building", square.cut(_buildings(square, houses)) if z >= _BUILDINGS else []),
        ("label", square.points(_labels(square, areas, houses, day))),
    ]
    drawn = [{"name": name, "features": features} for name, features in layers if features]
    if not drawn:
        return b""
    body = mapbox_vector_tile.encode(drawn, default_options={"y_coord_down": True, "extents": _EXTENT})
    return gzip.compress(body, compresslevel=6, mtime=0)


Drawn = tuple[int, Any, dict[str, Any]]  # key, GeoJSON or (lon, lat), what is said of it


@for_seconds(30)
def _areas(paths: tuple[str, ...], day: dt.date) -> list[Drawn]:
    rows = Area.objects.as_of(day).filter(
        under("path", paths), kind__in=[Area.Kind.COMMUNITY, Area.Kind.GRID], boundary__isnull=False
    )
    return [(area.pk, shapely.geometry.shape(area.boundary), {"kind": _kind(area)}) for area in rows]


@for_seconds(30)
def _ground() -> list[Drawn]:
    return [
        (
            feature.pk,
            shapely.geometry.shape(feature.geometry),
            {"kind": feature.kind, "rank": feature.rank, "name": feature.name},
        )
        for feature in MapFeature.objects.all()
    ]


@for_seconds(30)
def _compounds(paths: tuple[str, ...]) -> list[Drawn]:
    rows = Compound.objects.filter(under("community__path", paths), boundary__isnull=False)
    return [(one.pk, shapely.geometry.shape(one.boundary), {"kind": "compound"}) for one in rows]


def _buildings(square: _Square, paths: tuple[str, ...]) -> list[Drawn]:
    west, south, east, north = square.degrees(_LONGEST)
    rows = Building.objects.filter(
        under("community__path", paths), footprint__isnull=False, lon__range=(west, east), lat__range=(south, north)
    )
    return [
        (pk, shapely.geometry.shape(footprint), {"floors": floors, "compound": compound or 0})
        for pk, footprint, floors, compound in rows.values_list("pk", "footprint", "floors", "compound_id")
    ]


def _labels(square: _Square, areas: tuple[str, ...], houses: tuple[str, ...], day: dt.date) -> list[Drawn]:
    west, south, east, north = square.degrees(0.0)
    here = {"lon__range": (west, east), "lat__range": (south, north)}
    named = Area.objects.as_of(day).filter(under("path", areas), kind__in=[Area.Kind.COMMUNITY, Area.Kind.GRID], **here)
    found: list[Drawn] = [(area.pk, (area.lon, area.lat), {"kind": _kind(area), "name": area.name}) for area in named]
    if square.z >= _COMPOUNDS:
        found += [
            (one.pk, (one.lon, one.lat), {"kind": "compound", "name": one.name})
            for one in Compound.objects.filter(under("community__path", houses), **here)
        ]
    if square.z >= _NUMBERS:
        rows = Building.objects.filter(under("community__path", houses), **here)
        found += [
            (pk, (lon, lat), {"kind": "building", "name": name, "floors": floors})
            for pk, lon, lat, name, floors in rows.values_list("pk", "lon", "lat", "name", "floors")
        ]
    return found


def _kind(area: Area) -> str:
    """community, grid or special."""
    if area.kind == Area.Kind.COMMUNITY:
        return "community"
    return "special" if area.grid_kind == Area.GridKind.SPECIAL else "grid"


class _Square:
    """A square of the Web Mercator grid: degrees in, units of the tile out (x to the east, y to the south)."""

    def __init__(self, z: int, x: int, y: int) -> None:
        self.z, self._x, self._y = z, x, y

    def degrees(self, margin: float) -> tuple[float, float, float, float]:
        """(west, south, east, north), widened by `margin` degrees."""
        n = 2.0**self.z

        def latitude(row: int) -> float:
            return math.degrees(math.atan(math.sinh(math.pi * (1 - 2 * row / n))))

        return (
            self._x / n * 360 - 180 - margin,
            latitude(self._y + 1) - margin,
            (self._x + 1) / n * 360 - 180 + margin,
            latitude(self._y) + margin,
        )

    def _units(self, degrees: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        n = 2.0**self.z
        lon, lat = degrees[:, 0], np.radians(np.clip(degrees[:, 1], -85.0, 85.0))
        east = ((lon + 180) / 360 * n - self._x) * _EXTENT
        south = ((1 - np.arcsinh(np.tan(lat)) / math.pi) / 2 * n - self._y) * _EXTENT
        return np.column_stack((east, south))

    def cut(self, drawn: Iterable[Drawn], *, simplify: bool = False) -> list[dict[str, Any]]:
        """Lines and polygons that touch the square, cut a little beyond its edge."""
        rows = list(drawn)
        if not rows:
            return []
        west, south, east, north = self.degrees(0.0)
        reach = (north - south) * 0.1
        shapes = np.array([shape for _pk, shape, _said in rows], dtype=object)
        near = shapely.intersects(shapes, shapely.box(west - reach, south - reach, east + reach, north + reach))
        found = []
        for index in np.flatnonzero(near):
            pk, shape, said = rows[index]
            there = shapely.transform(shape, self._units)
            if simplify:
                there = shapely.simplify(there, _NO_DETAIL)
            there = shapely.clip_by_rect(there, -_MARGIN, -_MARGIN, _EXTENT + _MARGIN, _EXTENT + _MARGIN)
            found += [{"id": pk, "geometry": part, "properties": said} for part in _whole(there)]
        return found

    def points(self, drawn: Iterable[Drawn]) -> list[dict[str, Any]]:
        """Points inside the square; each lies in one tile only, so that no name is written twice."""
        rows = list(drawn)
        if not rows:
            return []
        there = self._units(np.array([where for _pk, where, _said in rows], dtype=float))
        return [
            {"id": pk, "geometry": shapely.Point(east, south), "properties": said}
            for (pk, _where, said), (east, south) in zip(rows, there, strict=True)
            if 0 <= east < _EXTENT and 0 <= south < _EXTENT
        ]


def _whole(geometry: Any) -> list[Any]:
    """What can be encoded of a cut geometry: collections in parts, nothing empty."""
    if geometry.is_empty:
        return []
    if geometry.geom_type == "GeometryCollection":
        return [part for part in geometry.geoms if not part.is_empty]
    return [geometry]

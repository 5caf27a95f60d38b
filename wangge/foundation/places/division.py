"""The geometry of a division into grids: plain shapely, degrees in, no table.

Grids tile their community without gap or overlap. Where a grid is cut between its buildings, the cut runs half-way
between them (Voronoi), so that every border lies on ground that is nobody's front door; borders that did not change stay
as they were, to the last digit.
"""

from __future__ import annotations

import dataclasses
import math
from collections import defaultdict
from typing import TYPE_CHECKING, Any

import shapely
from shapely.geometry import MultiPoint, Point, mapping, shape

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from shapely.geometry.base import BaseGeometry

Seed = tuple[float, float]
_M_PER_DEG = 111_320.0
_DIGITS = 1e-7  # a centimetre
_APART = 2e-6  # degrees: how far seeds at one point are moved apart, some 20 cm
SLIP_M2, SLIP_M = 25.0, 1.0  # a gap or overlap so small, or so thin all along, is a slip of the hand, and closed


@dataclasses.dataclass(frozen=True, slots=True)
class Flaw:
    """What is wrong with drawn grids: `kind` is "gap", "overlap", "outside" or "invalid"; `area_m2` how much."""

    kind: str
    codes: tuple[str, ...]
    area_m2: float


def square_metres(geometry: BaseGeometry) -> float:
    """The size of a geometry in degrees, on the ground; good to a part in a thousand."""
    if geometry.is_empty:
        return 0.0
    return float(geometry.area) * _M_PER_DEG**2 * math.cos(math.radians(geometry.centroid.y))


def geojson(geometry: BaseGeometry) -> dict[str, Any]:
    """A polygon as it is kept: tuples become lists, as JSON gives them back."""
    kept = mapping(_polygonal(geometry))

    def lists(value: Any) -> Any:
        return [lists(one) for one in value] if isinstance(value, (list, tuple)) else value

    return {"type": kept["type"], "coordinates": lists(kept["coordinates"])}


def cut(ground: BaseGeometry, seeds: Mapping[str, Sequence[Seed]]) -> dict[str, BaseGeometry]:
    """A piece of ground cut up between seeds by whose they are; each owner gets the ground nearest to its seeds."""
    owners = [owner for owner, points in seeds.items() if points]
    if len(owners) <= 1:
        return dict.fromkeys(owners or list(seeds)[:1], ground)
    where: dict[Seed, str] = {}
    for owner in owners:
        for lon, lat in seeds[owner]:
            spot = (lon, lat)
            while where.get(spot, owner) != owner:
                spot = (spot[0] + _APART, spot[1] + _APART / 3)
            where[spot] = owner
    cells = shapely.voronoi_polygons(MultiPoint(list(where)), extend_to=ground.envelope).geoms
    tree = shapely.STRtree(list(cells))
    pieces: dict[str, list[BaseGeometry]] = defaultdict(list)
    for (lon, lat), owner in where.items():
        pieces[owner].append(tree.geometries[int(tree.nearest(Point(lon, lat)))])
    left = ground
    shares = {}
    for owner in owners[:-1]:
        part = _polygonal(shapely.set_precision(shapely.union_all(pieces[owner]).intersection(left), _DIGITS))
        shares[owner] = part
        left = left.difference(part)
    shares[owners[-1]] = _polygonal(left)
    return shares


def join(parts: Sequence[BaseGeometry]) -> BaseGeometry:
    """Pieces that belong together, as one polygon (or several, where they do not touch)."""
    return _polygonal(parts[0] if len(parts) == 1 else shapely.union_all(list(parts)))


def flaws(ground: BaseGeometry, drawn: Mapping[str, BaseGeometry]) -> list[Flaw]:
    """What keeps drawn grids (valid polygons) from tiling the ground, worst first; slips of the hand do not count."""
    found = []
    codes = sorted(drawn)
    tree = shapely.STRtree([drawn[code] for code in codes])
    for a, b in zip(*tree.query([drawn[code] for code in codes], predicate="intersects"), strict=True):
        if a < b:
            common = drawn[codes[a]].intersection(drawn[codes[b]])
            if not is_slip(common):
                found.append(Flaw("overlap", (codes[a], codes[b]), square_metres(common)))
    whole = shapely.union_all(list(drawn.values()))
    missing = ground.difference(whole)
    if not is_slip(missing):
        found.append(Flaw("gap", (), square_metres(missing)))
    for code in codes:
        beyond = drawn[code].difference(ground)
        if not is_slip(beyond):
            found.append(Flaw("outside", (code,), square_metres(beyond)))
    return sorted(found, key=lambda flaw: -flaw.area_m2)


def is_slip(geometry: BaseGeometry) -> bool:
    """Whether a gap, an overlap or a difference is so small, or so thin all along, that nobody meant it."""
    if geometry.is_empty:
        return True
    if square_metres(geometry) <= SLIP_M2:
        return True
    return bool(geometry.buffer(-SLIP_M / 2 / _M_PER_DEG).is_empty)


def close(ground: BaseGeometry, drawn: Mapping[str, BaseGeometry]) -> dict[str, BaseGeometry]:
    """Drawn grids without the slips of the hand: cut to the ground, overlaps to the first, slivers to the neighbour."""
    closed: dict[str, BaseGeometry] = {}
    left = ground
    for code in sorted(drawn):
        closed[code] = _polygonal(drawn[code].intersection(left))
        left = left.difference(closed[code])
    for sliver in getattr(left, "geoms", [left]):
        if not sliver.is_empty:
            nearest = max(closed, key=lambda code: sliver.buffer(1e-6).intersection(closed[code]).area)
            closed[nearest] = _polygonal(closed[nearest].union(sliver))
    return closed


def shares(old: BaseGeometry, new: Mapping[int, BaseGeometry]) -> dict[int, float]:
    """Which part of an old grid's ground each new one took; they add up to one. Crumbs below a ten-thousandth do not count."""
    parts = {key: old.intersection(one).area / old.area for key, one in new.items()}
    parts = {key: part for key, part in parts.items() if part > 1e-4}
    whole = sum(parts.values())
    return {key: part / whole for key, part in parts.items()}


def read(boundary: Mapping[str, Any]) -> BaseGeometry:
    """A GeoJSON Polygon or MultiPolygon as shapely knows it; ValueError for anything else."""
    if boundary.get("type") not in {"Polygon", "MultiPolygon"}:
        raise ValueError(boundary.get("type"))
    try:
        found = shape(boundary)
    except (TypeError, KeyError, IndexError, AttributeError, shapely.errors.ShapelyError) as error:
        raise ValueError("coordinates") from error
    if found.is_empty:
        raise ValueError("empty")
    return shapely.force_2d(found)


def _polygonal(geometry: BaseGeometry) -> BaseGeometry:
    """Only what has an area: a cut may leave lines and points behind."""
    parts = [part for part in getattr(geometry, "geoms", [geometry]) if part.geom_type == "Polygon" and part.area > 0]
    if geometry.geom_type in {"Polygon", "MultiPolygon"}:
        return geometry
    return shapely.union_all(parts) if parts else shapely.Polygon()

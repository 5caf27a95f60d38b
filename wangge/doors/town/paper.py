"""From the flat sheet to the earth: a smooth bend, a turn, and degrees.

The bend makes roads swing a little, as streets do; it is a function of the point alone, so shared borders stay shared.
"""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING, Any

from wangge.doors.town.plan import LATTICE

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from shapely.geometry import Polygon

LON, LAT = 116.0, 35.0
_CENTRE = (1260.0, 1320.0)
_TURN = math.radians(-6.5)
_COS, _SIN = math.cos(_TURN), math.sin(_TURN)
M_PER_DEG_LAT = 110_941.0  # at 35° north
M_PER_DEG_LON = 91_290.0
_DIGITS = 6  # a decimetre


def place(u: float, v: float) -> tuple[float, float]:
    """(lon, lat) of a point of the sheet, WGS-84."""
    x = u + 34 * math.sin(v / 470 + 0.6) + 18 * math.sin(u / 600 + v / 1000)
    y = v + 30 * math.sin(u / 520 + 1.2) + 15 * math.sin(v / 640 + u / 940 + 2.0)
    x, y = x - _CENTRE[0], y - _CENTRE[1]
    return (
        round(LON + (x * _COS - y * _SIN) / M_PER_DEG_LON, _DIGITS),
        round(LAT + (x * _SIN + y * _COS) / M_PER_DEG_LAT, _DIGITS),
    )


def ring(points: Sequence[tuple[float, float]]) -> list[list[float]]:
    """A ring of lattice corners as a closed GeoJSON ring, with a vertex at every lattice point on the way."""
    dense = _along_lattice(points)
    return [list(place(u, v)) for u, v in dense]


def polygon(shape: Polygon) -> dict[str, Any]:
    """A lattice polygon as GeoJSON, counter-clockwise outside."""
    outer = list(shape.exterior.coords)
    if not shape.exterior.is_ccw:
        outer.reverse()
    return {"type": "Polygon", "coordinates": [ring(outer), *(ring(list(i.coords)) for i in shape.interiors)]}


def quadrangle(corners: Iterable[tuple[float, float]]) -> dict[str, Any]:
    """A small polygon (a footprint) as GeoJSON: only its corners are bent."""
    points = [list(place(u, v)) for u, v in corners]
    return {"type": "Polygon", "coordinates": [[*points, points[0]]]}


def line(points: Sequence[tuple[float, float]], step: float = LATTICE) -> dict[str, Any]:
    """A line of the sheet as a GeoJSON LineString with a vertex at least every `step` metres."""
    dense: list[tuple[float, float]] = [points[0]]
    for a, b in itertools.pairwise(points):
        n = max(1, math.ceil(math.dist(a, b) / step))
        dense += [(a[0] + (b[0] - a[0]) * i / n, a[1] + (b[1] - a[1]) * i / n) for i in range(1, n + 1)]
    return {"type": "LineString", "coordinates": [list(place(u, v)) for u, v in dense]}


def _along_lattice(points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    dense: list[tuple[float, float]] = [points[0]]
    for a, b in itertools.pairwise(points):
        steps = round(max(abs(b[0] - a[0]), abs(b[1] - a[1])) / LATTICE)
        dense += [(a[0] + (b[0] - a[0]) * i / steps, a[1] + (b[1] - a[1]) * i / steps) for i in range(1, steps + 1)]
    return dense

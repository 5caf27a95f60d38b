"""A drawing of a building among its neighbours, for a page without a map: plain figures, north up."""

from __future__ import annotations

import dataclasses
import math
from typing import TYPE_CHECKING

from wangge.foundation.places.buildings import around

if TYPE_CHECKING:
    from wangge.foundation.places.models import Building

WIDTH, HEIGHT = 320, 200  # of the drawing
_PER_METRE = 1.5
_METRES = 111_320  # a degree of latitude
_BLOCK = 0.00012  # degrees: half of the square that stands for a building without a footprint


@dataclasses.dataclass(frozen=True, slots=True)
class Shape:
    """One building of the drawing: the points of its outline, what it is called, where its name stands."""

    points: str
    name: str
    x: str
    y: str
    lit: bool


def plan_of(building: Building) -> tuple[Shape, ...]:
    """The buildings within some 150 m, the one asked for last, so that it lies on top; it is always there."""
    north = _METRES * _PER_METRE
    east = north * math.cos(math.radians(building.lat))

    def at(lon: float, lat: float) -> tuple[float, float]:
        return WIDTH / 2 + (lon - building.lon) * east, HEIGHT / 2 - (lat - building.lat) * north

    def shape(one: Building, *, lit: bool) -> Shape:
        ring = (one.footprint or _block(one))["coordinates"][0]
        points = " ".join(f"{x:.1f},{y:.1f}" for x, y in (at(lon, lat) for lon, lat in ring))
        x, y = at(one.lon, one.lat)
        return Shape(points=points, name=one.name, x=f"{x:.1f}", y=f"{y:.1f}", lit=lit)

    others = [shape(one, lit=False) for one in around(building) if one.pk != building.pk]
    return (*others, shape(building, lit=True))


def _block(one: Building) -> dict[str, list[list[list[float]]]]:
    west, east, south, north = one.lon - _BLOCK, one.lon + _BLOCK, one.lat - _BLOCK / 2, one.lat + _BLOCK / 2
    return {"coordinates": [[[west, south], [east, south], [east, north], [west, north]]]}

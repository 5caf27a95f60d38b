"""What the map of a plan is given: its grids to be drawn on, the present outlines, the houses with their households."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from wangge.doors.desk.map.scope import bounds, map_urls
from wangge.foundation.places.models import Area

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from wangge.foundation.places.grid_plans import Preview
    from wangge.foundation.places.models import Building

_MOST_POINTS = 100_000  # of a drawing that is given back


def canvas(seen: Preview, houses: Iterable[Building], people: Mapping[int, tuple[int, int]]) -> dict[str, Any]:
    """The data of the drawing; without a single outline there is nothing to draw on."""
    drawn = [
        _feature(grid.boundary, name=grid.name_zh, code=grid.code, kind=grid.grid_kind)
        for grid in seen.new
        if grid.boundary
    ]
    shapes = [grid.boundary for grid in seen.old if grid.boundary]
    box = bounds(shapes or [one["geometry"] for one in drawn])
    if not box:
        return {}
    return {
        "drawing_json": _collection(drawn),
        "before_json": _collection([_feature(shape) for shape in shapes]),
        "houses_json": [[house.lon, house.lat, people.get(house.pk, (0, 0))[0]] for house in houses],
        "draw_bounds": box,
        "grid_kinds": Area.GridKind.choices,
        "map": map_urls(),
    }


def drawable(collection: Any) -> dict[str, Any] | None:
    """A drawing that was sent and did not fit, to go on with; None when nothing of it can be drawn."""
    try:
        found = [_polygon(one) for one in collection["features"]]
    except (AttributeError, IndexError, KeyError, TypeError, ValueError):
        return None
    points = sum(len(ring) for one in found for polygon in _polygons(one["geometry"]) for ring in polygon)
    return _collection(found) if found and points <= _MOST_POINTS else None


def _polygon(feature: Any) -> dict[str, Any]:
    geometry, given = feature["geometry"], feature["properties"]
    kind = str(geometry["type"])
    if kind not in {"Polygon", "MultiPolygon"}:
        raise ValueError(kind)
    rings = [
        [[[_finite(x), _finite(y)] for x, y in ring] for ring in polygon]
        for polygon in _polygons({"type": kind, "coordinates": geometry["coordinates"]})
    ]
    named = {key: str(given.get(key) or "")[:60] for key in ("name", "code", "kind")}
    kept = {"type": kind, "coordinates": rings if kind == "MultiPolygon" else rings[0]}
    return _feature(kept, **named, cuts=given.get("cuts") is True)


def _finite(value: Any) -> float:
    number = float(value)
    if not math.isfinite(number):
        raise ValueError(value)
    return number


def _polygons(geometry: dict[str, Any]) -> list[Any]:
    found: list[Any] = geometry["coordinates"] if geometry["type"] == "MultiPolygon" else [geometry["coordinates"]]
    return found


def _feature(geometry: dict[str, Any], **properties: Any) -> dict[str, Any]:
    return {"type": "Feature", "geometry": geometry, "properties": properties}


def _collection(features: list[dict[str, Any]]) -> dict[str, Any]:
    return {"type": "FeatureCollection", "features": features}

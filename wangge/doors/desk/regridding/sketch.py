"""A plan as a picture without a map: outlines of the grids, buildings as dots, as inline SVG. Works in every browser."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from wangge.foundation.places.models import Area, Building, GridPlanGrid

_WIDTH = 720.0
_TONES = 8  # classes dk-sketch__tone0 … 7
_MARGIN = 10.0


def sketch(old: Sequence[Area], new: Sequence[GridPlanGrid], houses: Iterable[Building]) -> dict[str, Any] | None:
    """Paths and dots in a view box; None when no ground is known."""
    rings = [ring for grid in new for ring in _rings(grid.boundary)]
    if not rings:
        return None
    paper = _Paper([point for ring in rings for point in ring])
    tone = {grid.pk: n % _TONES for n, grid in enumerate(new)}
    owner = {pk: tone[grid.pk] for grid in new for pk in grid.buildings}
    return {
        "width": round(paper.width),
        "height": round(paper.height),
        "new": [
            {
                "path": paper.path(_rings(grid.boundary)),
                "tone": tone[grid.pk],
                "name": grid.name,
                "at": paper.middle(_rings(grid.boundary)),
            }
            for grid in new
            if grid.boundary
        ],
        "old": [paper.path(_rings(grid.boundary)) for grid in old if grid.boundary],
        "dots": [{"at": paper.at(house.lon, house.lat), "tone": owner.get(house.pk, "none")} for house in houses],
    }


def _rings(boundary: dict[str, Any] | None) -> list[list[list[float]]]:
    if not boundary:
        return []
    if boundary["type"] == "Polygon":
        return list(boundary["coordinates"])
    return [ring for polygon in boundary["coordinates"] for ring in polygon]


class _Paper:
    """Degrees to the units of the view box, north up."""

    def __init__(self, points: list[list[float]]) -> None:
        longitudes, latitudes = [point[0] for point in points], [point[1] for point in points]
        self._west, self._north = min(longitudes), max(latitudes)
        self._squeeze = math.cos(math.radians(self._north))
        wide = max((max(longitudes) - self._west) * self._squeeze, 1e-9)
        self._scale = (_WIDTH - 2 * _MARGIN) / wide
        self.width = _WIDTH
        self.height = (self._north - min(latitudes)) * self._scale + 2 * _MARGIN

    def at(self, lon: float, lat: float) -> tuple[str, str]:
        """X and y as text, always with a point."""
        x = (lon - self._west) * self._squeeze * self._scale + _MARGIN
        y = (self._north - lat) * self._scale + _MARGIN
        return f"{x:.1f}", f"{y:.1f}"

    def path(self, rings: list[list[list[float]]]) -> str:
        """An SVG path of closed rings."""
        return " ".join("M" + " L".join(" ".join(self.at(lon, lat)) for lon, lat, *_z in ring) + " Z" for ring in rings)

    def middle(self, rings: list[list[list[float]]]) -> tuple[str, str]:
        """About the middle of the outer ring, for a name."""
        outer = max(rings, key=len)
        return self.at(
            (min(p[0] for p in outer) + max(p[0] for p in outer)) / 2,
            (min(p[1] for p in outer) + max(p[1] for p in outer)) / 2,
        )

"""What a drawing of grids says: polygons read from GeoJSON, put upon each other, compared with what is there.

Plain shapely, no table. A drawing comes as a file or from the map of the desk; where it does not fit, `FlawedError` says
where.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import shapely
from django.utils.translation import gettext_lazy as _

from wangge.foundation.core.problems import InvalidError
from wangge.foundation.places import crs, division
from wangge.foundation.places.models import Area

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from shapely.geometry.base import BaseGeometry

    from wangge.foundation.places.models import Building, GridPlanGrid


class FlawedError(InvalidError):
    """The drawn grids do not tile their ground; `flaws` says where."""

    code = "grids-do-not-tile"

    def __init__(self, detail: Any, found: Sequence[division.Flaw] = ()) -> None:
        super().__init__(detail, field="file")
        self.flaws = list(found)


@dataclasses.dataclass(frozen=True, slots=True)
class Drawn:
    """A drawn grid. `code` is "" for a new one; `kind` is "" where the drawing does not say."""

    name: str
    code: str
    kind: str
    cuts: bool  # takes its ground from those it was drawn over
    ground: BaseGeometry


def read(collection: Any, datum: str) -> list[Drawn]:
    """The polygons of a FeatureCollection in WGS-84. A feature may say `name`, `code`, `kind` and `cuts`."""
    features = collection.get("features") if isinstance(collection, dict) else None
    if not isinstance(features, list) or not features:
        raise FlawedError(_("This is no GeoJSON collection of polygons."))
    drawn = [_feature(feature, number, datum) for number, feature in enumerate(features, start=1)]
    crossed = [one.name or one.code for one in drawn if not one.ground.is_valid]
    if crossed:
        raise FlawedError(_("An outline crosses itself."), [division.Flaw("invalid", (one,), 0.0) for one in crossed])
    return _cut_out(drawn)


def _feature(feature: Any, number: int, datum: str) -> Drawn:
    try:
        ground = division.read(crs.shape_to_wgs(feature["geometry"], datum))
        given = feature.get("properties") or {}
        name, code = str(given.get("name") or "").strip()[:60], str(given.get("code") or "").strip()[:20]
        kind = given.get("kind") if given.get("kind") in Area.GridKind.values else ""
        cuts = given.get("cuts") is True
    except (AttributeError, IndexError, KeyError, TypeError, ValueError):
        raise FlawedError(_("Polygon %(number)d cannot be read.") % {"number": number}) from None
    return Drawn(name, code, kind or "", cuts, ground)


def _cut_out(drawn: list[Drawn]) -> list[Drawn]:
    """Who was drawn over others takes the ground from those before it; of whom nothing is left is gone."""
    left: list[Drawn] = []
    for one in drawn:
        if one.cuts:
            left = [dataclasses.replace(other, ground=_without(other.ground, one.ground)) for other in left]
        left.append(one)
    return [one for one in left if not one.ground.is_empty]


def _without(ground: BaseGeometry, taken: BaseGeometry) -> BaseGeometry:
    """What is left of a ground, without crumbs; untouched ground is the same to the last digit."""
    if not ground.intersects(taken) or division.is_slip(ground.intersection(taken)):
        return ground
    rest = ground.difference(taken)
    parts = [part for part in getattr(rest, "geoms", [rest]) if not division.is_slip(part)]
    return division.join(parts) if parts else shapely.Polygon()


def fits_its_ground(drawn: Sequence[BaseGeometry], grounds: Sequence[BaseGeometry], datum: str) -> None:
    """Ask "moved 540 m?": the outermost corners of the drawing against those of the communities it is meant for."""
    (west, south, east, north), known = (
        shapely.union_all(list(drawn)).bounds,
        shapely.union_all(list(grounds)).bounds,
    )
    corners = [(west, south), (west, north), (east, south), (east, north)]
    given = [crs.from_wgs(*corner, datum) for corner in corners]
    there = [(known[0], known[1]), (known[0], known[3]), (known[2], known[1]), (known[2], known[3])]
    moved = crs.doubt(list(zip(given, there, strict=True)), datum)
    if moved is not None:
        raise FlawedError(
            _(
                "The drawing lies %(n)d m beside its community. As %(datum)s it would fit: choose that and send it again."
            )
            % {"n": round(moved.as_said_m), "datum": dict(crs.CHOICES)[moved.likely]}
        )


def same_ground(planned: GridPlanGrid | None, drawn: BaseGeometry) -> bool:
    """Whether a grid was drawn as it stands in the plan, but for a slip of the hand."""
    if planned is None or not planned.boundary:
        return False
    return division.is_slip(division.read(planned.boundary).symmetric_difference(drawn))


def as_planned(planned: Mapping[str, GridPlanGrid], drawn: Sequence[Drawn]) -> bool:
    """Whether a drawing of a community says what the plan says already of the grids that have ground."""
    known = {code for code, grid in planned.items() if grid.boundary}
    if {one.code for one in drawn} != known or len(drawn) != len(known):
        return False
    return all(
        same_ground(planned[one.code], one.ground)
        and one.name in ("", planned[one.code].name_zh)
        and one.kind in ("", planned[one.code].grid_kind)
        for one in drawn
    )


def settled(
    whole: BaseGeometry, planned: Mapping[str, GridPlanGrid], drawn: Mapping[str, Drawn]
) -> dict[str, BaseGeometry]:
    """The grounds of a community without slips of the hand; who was not redrawn keeps his borders to the last digit."""
    kept = {
        code: division.read(planned[code].boundary or {})
        for code, one in drawn.items()
        if same_ground(planned.get(code), one.ground)
    }
    left = whole.difference(shapely.union_all(list(kept.values()))) if kept else whole
    rest = {code: one.ground for code, one in drawn.items() if code not in kept}
    return kept | (division.close(left, rest) if rest else {})


def holder(tree: shapely.STRtree, codes: Sequence[str], house: Building) -> str:
    """The code of the ground on which a building stands, else of the nearest."""
    spot = shapely.Point(house.lon, house.lat)
    hits = tree.query(spot, predicate="intersects")
    return codes[int(min(hits)) if len(hits) else int(tree.nearest(spot))]

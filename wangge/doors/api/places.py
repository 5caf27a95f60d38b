# ruff: noqa: ARG001 — the router calls every operation with the request
"""Places: what is at a position, the dated tree of areas, and names."""

import datetime as dt
from typing import TYPE_CHECKING, Annotated, Literal

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from ninja import Path, Query, Router

from wangge.doors.api.contract import answer, operation
from wangge.doors.api.ground import area_of
from wangge.doors.api.shapes import AreaCode, AreaRef, Crs, Day, Out, PlaceRef, Position
from wangge.foundation.core.problems import NotFoundError
from wangge.foundation.places import crs as datums
from wangge.foundation.places import queries
from wangge.foundation.places.models import Area

router = Router(tags=["places"])

_MOST_AREAS = 100
if TYPE_CHECKING:
    KindIn = str
else:
    KindIn = Literal[tuple(Area.Kind.values)]
Lon = Annotated[float, Query(ge=-180, le=180, allow_inf_nan=False)]
Lat = Annotated[float, Query(ge=-90, le=90, allow_inf_nan=False)]


class WhereAnswer(Out):
    """What a position means: its grid and the areas above it, the compound and building if certain."""

    position: Position
    grid: AreaRef
    above: list[AreaRef]
    compound: PlaceRef | None
    building: PlaceRef | None
    address: str


class AreaFull(AreaRef):
    """An area with its dates, its size and the area above it."""

    grid_kind: str
    parent: AreaRef | None
    position: Position | None
    households: int
    phone: str
    valid_from: dt.date
    valid_to: dt.date | None

    @classmethod
    def full(cls, area: Area) -> "AreaFull":
        return cls(
            **AreaRef.of(area).model_dump(),
            grid_kind=area.grid_kind,
            parent=AreaRef.of(area.parent) if area.parent is not None else None,
            position=Position.of(area.lon, area.lat),
            households=area.households,
            phone=area.phone,
            valid_from=area.valid_from,
            valid_to=area.valid_to,
        )


class Areas(Out):
    """Areas in code order; `next` is the code after which to go on."""

    items: list[AreaFull]
    next: str | None


class Found(Out):
    """A place whose name was looked for."""

    type: Literal["area", "compound"]
    code: str | None
    id: int | None
    name: str


class FoundList(Out):
    """At most ten places."""

    items: list[Found]


@router.get("/places/where", **operation("place_where", answers=WhereAnswer))
def place_where(request: HttpRequest, lon: Lon, lat: Lat, crs: Annotated[Crs, Query()] = "WGS84") -> HttpResponse:
    """What is at a position today; 404 outside every grid."""
    there = datums.to_wgs(lon, lat, crs)
    found = queries.where(*there)
    if found is None:
        raise NotFoundError(_("This position lies in no grid of ours."), field="lon")
    above = []
    node = found.area.parent
    while node is not None:
        above.append(AreaRef.of(node))
        node = node.parent
    return answer(
        WhereAnswer(
            position=Position(lon=there[0], lat=there[1]),
            grid=AreaRef.of(found.area),
            above=above,
            compound=PlaceRef.of(found.compound),
            building=PlaceRef.of(found.building),
            address=found.address,
        )
    )


@router.get("/places/areas", **operation("areas", answers=Areas))
def areas(
    request: HttpRequest,
    kind: Annotated[KindIn | None, Query()] = None,
    on: Annotated[Day | None, Query()] = None,
    under: Annotated[AreaCode | None, Query()] = None,
    after: Annotated[AreaCode | None, Query()] = None,
) -> HttpResponse:
    """Areas in force on a day (today), at most 100 after a code, in code order."""
    paths = [area_of(under).path] if under else None
    rows = queries.areas(kind, on=on, under_paths=paths)
    rest = [row for row in rows if after is None or row.code > after]
    page = rest[:_MOST_AREAS]
    following = page[-1].code if len(rest) > _MOST_AREAS else None
    return answer(Areas(items=[AreaFull.full(row) for row in page], next=following))


@router.get("/places/areas/{code}", **operation("area", answers=AreaFull))
def area(request: HttpRequest, code: Annotated[AreaCode, Path()]) -> HttpResponse:
    """The area in force today under a code."""
    found = queries.area_by_code(code)
    if found is None:
        raise NotFoundError(_("There is no such area."))
    return answer(AreaFull.full(found))


@router.get("/places/search", **operation("place_search", answers=FoundList))
def place_search(request: HttpRequest, q: Annotated[str, Query(min_length=1, max_length=60)]) -> HttpResponse:
    """Areas and compounds whose name holds some words."""
    items = [
        Found(type="area", code=found.code, id=None, name=found.name)
        if isinstance(found, Area)
        else Found(type="compound", code=None, id=found.pk, name=found.name)
        for found in queries.search(q)
    ]
    return answer(FoundList(items=items))

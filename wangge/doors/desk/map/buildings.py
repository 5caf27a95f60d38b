"""Houses on the map: the search, the card beside the map, and the building's face (单元 × 楼层)."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET

from wangge.domains.cases.building_queries import open_at
from wangge.domains.people import house_search
from wangge.domains.people.building_face import RoomFace, face
from wangge.domains.people.plans import plan_of
from wangge.doors.desk.cases.rows import rows
from wangge.doors.desk.map.scope import bounds, house_url, houses_of, in_streets_of, map_urls, streets_of
from wangge.foundation.accounts.authority import authority_of
from wangge.foundation.accounts.gate import gate
from wangge.foundation.accounts.permissions import P
from wangge.foundation.core.problems import NotFoundError
from wangge.foundation.places import buildings as houses
from wangge.foundation.places.models import Room
from wangge.foundation.places.queries import compounds, grid_of_building

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from wangge.foundation.places.models import Area, Building, Compound, Entrance

seen_on_maps = gate(P.AREA_VIEW, P.CASE_VIEW, P.CASE_HANDLE)

_CLOSE = 17.4  # zoom at which one building fills a good part of the screen


@seen_on_maps
@require_GET
def find(request: HttpRequest) -> HttpResponse:
    """The compounds and buildings that a word finds, as lines that fly the map there."""
    return render(request, "desk/map/found.html", found_for(request))


@seen_on_maps
@require_GET
def card(request: HttpRequest, pk: int) -> HttpResponse:
    """What stands beside the map about a building that was clicked."""
    return render(request, "desk/map/card.html", _card(request, *_with_grid(request, pk)))


@seen_on_maps
@require_GET
def building(request: HttpRequest, pk: int) -> HttpResponse:
    """The face of a building: every room by entrance and floor; `?room=` marks one. Works without script and map."""
    shown, grid = _with_grid(request, pk)
    mine = in_streets_of(request.user, shown.community.path)
    seen = face(request.user, shown, grid.path if grid else "")
    entrances = houses.entrances_of(shown)
    marked = request.GET.get("room", "")
    doors = _Doors(seen.rooms, marked, mine=mine, linked=seen.counted)
    authority = authority_of(request.user)
    cases = open_at(request.user, shown) if authority.holds(P.CASE_VIEW) or authority.holds(P.CASE_HANDLE) else []
    context = {
        **_card(request, shown, grid),
        "entrances": [entrance for entrance, _rooms in entrances],
        "floors": _floors(entrances, doors),
        "by_entrance": [(entrance, [doors.of(room) for room in found]) for entrance, found in entrances],
        "room_count": sum(len(found) for _entrance, found in entrances),
        "living": seen.living,
        "stale": seen.stale,
        "empty": sum(room.use == Room.Use.EMPTY for _entrance, found in entrances for room in found),
        "counted": seen.counted,
        "mine": mine,
        "rows": rows(cases),
    }
    return render(request, "desk/map/building.html", context)


@dataclasses.dataclass(frozen=True, slots=True)
class Door:
    """One room of the face."""

    name: str
    floor: int
    url: str
    use: str  # "" where the reader may not know it
    use_name: Any
    face: RoomFace
    here: bool


class _Doors:
    def __init__(self, faces: dict[int, RoomFace], marked: str, *, mine: bool, linked: bool) -> None:
        self._faces, self._marked, self._mine = faces, marked, mine
        self._url = house_url(0) if linked else ""

    def of(self, room: Room) -> Door:
        return Door(
            name=room.name,
            floor=room.floor,
            url=self._url.replace("/0/", f"/{room.pk}/"),
            use=room.use if self._mine else "",
            use_name=room.get_use_display() if self._mine else "",
            face=self._faces.get(room.pk) or RoomFace(),
            here=str(room.pk) == self._marked,
        )


def _floors(entrances: list[tuple[Entrance, list[Room]]], doors: _Doors) -> list[tuple[int, list[list[Door]]]]:
    """From the top floor down: (floor, for every entrance its rooms there)."""
    cells: dict[int, dict[int, list[Door]]] = {}
    for entrance, found in entrances:
        for room in found:
            cells.setdefault(room.floor, {}).setdefault(entrance.pk, []).append(doors.of(room))
    return [
        (floor, [cells[floor].get(entrance.pk, []) for entrance, _rooms in entrances])
        for floor in sorted(cells, reverse=True)
    ]


def found_for(request: HttpRequest) -> dict[str, Any]:
    """What `?q=` finds: `hits` is None when nothing was asked."""
    text = request.GET.get("q", "").strip()
    if not text:
        return {"q": "", "hits": None}
    found = house_search.find(text, under_paths=houses_of(request.user))
    page = reverse("desk:map")
    hits = []
    for hit in found:
        kind, row = ("building", hit.building) if hit.building else ("compound", hit.compound)
        if row is not None:
            hits.append(
                {
                    "name": hit.name,
                    "note": row.address,
                    "kind": kind,
                    "id": row.pk,
                    "lon": f"{row.lon:.6f}",
                    "lat": f"{row.lat:.6f}",
                    "box": _box(row) if hit.building is None else "",
                    "url": f"{page}?{kind}={row.pk}",
                    "card": reverse("desk:map-building", args=[row.pk]) if hit.building else "",
                }
            )
    return {"q": text, "hits": hits}


def compounds_for(request: HttpRequest) -> list[dict[str, Any]]:
    """The compounds of the person's streets: the map as a list."""
    page = reverse("desk:map")
    return [
        {"text": one.name, "url": f"{page}?compound={one.pk}", "note": one.community.name}
        for one in compounds(under_paths=streets_of(request.user))
    ]


def shown_for(request: HttpRequest) -> dict[str, Any]:
    """What `?building=` or `?compound=` lights and flies to; nothing when neither was given."""
    for kind in ("building", "compound"):
        given = request.GET.get(kind, "")
        if not given:
            continue
        if not (given.isascii() and given.isdigit() and len(given) < 10):
            raise NotFoundError
        if kind == "building":
            shown, grid = _with_grid(request, int(given))
            place = {"center": f"{shown.lon:.6f},{shown.lat:.6f}", "zoom": _CLOSE, "lit_building": shown.pk}
            return place | {"bounds": "", "card": _card(request, shown, grid)}
        compound = houses.get_compound_in(int(given), under_paths=houses_of(request.user))
        return {
            "bounds": _box(compound),
            "lit_compound": compound.pk,
            "compound": compound,
            "compound_buildings": houses.buildings_of(compound),
        }
    return {}


def _with_grid(request: HttpRequest, pk: int) -> tuple[Building, Area | None]:
    shown = houses.get_building(pk, under_paths=houses_of(request.user))
    return shown, grid_of_building(shown)


def _box(compound: Compound | Building) -> str:
    shape = getattr(compound, "boundary", None)
    if shape:
        return bounds([shape])
    near = 0.0012
    edges = (compound.lon - near, compound.lat - near, compound.lon + near, compound.lat + near)
    return ",".join(f"{edge:.6f}" for edge in edges)


def _card(request: HttpRequest, shown: Building, grid: Area | None) -> dict[str, Any]:
    return {
        "building": shown,
        "name": f"{shown.compound.name if shown.compound else ''}{shown.name}",
        "grid": grid,
        "grid_is_mine": authority_of(request.user).holds(P.AREA_VIEW)
        and in_streets_of(request.user, shown.community.path),
        "plan": plan_of(shown),
        "map": map_urls(),
    }

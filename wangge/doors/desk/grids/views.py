"""网格: the division as of a day, and the card of one grid as it hangs where residents are."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET

from wangge.domains.cases import queries
from wangge.doors.desk.cases.rows import points, rows
from wangge.doors.desk.map.scope import bounds, map_urls, streets_of
from wangge.foundation.accounts.authority import authority_of
from wangge.foundation.accounts.gate import gate
from wangge.foundation.accounts.permissions import P
from wangge.foundation.accounts.queries import answering_for, team_of
from wangge.foundation.accounts.roles import ROLES
from wangge.foundation.core import clock
from wangge.foundation.core.problems import NotFoundError
from wangge.foundation.places import queries as places

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

_CASES = 20
_RANK = ("grid_head", "grid_guide", "grid_worker", "part_time_worker", "micro_grid_head", "building_head")


def _day(request: HttpRequest) -> dt.date:
    try:
        return dt.date.fromisoformat(request.GET.get("on", ""))
    except ValueError:
        return clock.today()


@gate(P.AREA_VIEW)
@require_GET
def grids(request: HttpRequest) -> HttpResponse:
    """The grids in force on a day, community by community."""
    day = _day(request)
    streets = streets_of(request.user)
    found = places.areas("grid", on=day, under_paths=streets)
    groups: dict[int, dict[str, Any]] = {}
    for grid in found:
        if grid.parent is not None:
            groups.setdefault(grid.parent_id or 0, {"community": grid.parent, "grids": []})["grids"].append(grid)
    shapes = places.outline("grid", on=day, under_paths=streets)
    for feature in shapes["features"]:
        kind = feature["properties"]["kind"]
        feature["properties"] |= {
            "id": feature["id"],
            "kind": "grid" if kind == "basic" else kind,
            "url": reverse("desk:grid", args=[feature["id"]]),
        }
    for feature in places.outline("community", on=day, under_paths=streets)["features"]:
        feature["properties"]["id"] = feature["id"]
        shapes["features"].append(feature)
    context = {
        "day": day,
        "is_today": day == clock.today(),
        "basic": sum(grid.grid_kind != "special" for grid in found),
        "special": sum(grid.grid_kind == "special" for grid in found),
        "communities": len(groups),
        "groups": list(groups.values()),
        "shapes": shapes,
        "bounds": bounds(feature["geometry"] for feature in shapes["features"]),
        "map": map_urls(),
        "may_redraw": authority_of(request.user).holds(P.GRID_REDRAW),
    }
    return render(request, "desk/grids/grids.html", context)


@gate(P.AREA_VIEW)
@require_GET
def grid(request: HttpRequest, pk: int) -> HttpResponse:
    """One grid: boundary, team, compounds, open cases, what it was made from and what it became."""
    area = places.get_area(pk)
    if area.kind != "grid" or not any(area.path.startswith(street) for street in streets_of(request.user)):
        raise NotFoundError
    day = clock.today()
    ended = area.valid_to is not None and area.valid_to <= day
    if ended and area.valid_to is not None:
        day = area.valid_to - dt.timedelta(days=1)
    sees = authority_of(request.user).holds(P.CASE_VIEW)
    narrowed = queries.Filter(area_path=area.path, open_only=True)
    found = queries.next_due(request.user, narrowed, limit=_CASES) if sees else []
    team = sorted(team_of(area, on=day), key=lambda p: (_RANK.index(p.role) if p.role in _RANK else len(_RANK), p.pk))
    context = {
        "area": area,
        "ended": ended,
        "sees": sees,
        "team": [{"post": post, "role": ROLES[post.role].name} for post in team],
        "branches": answering_for(area, on=day),
        "compounds": places.compounds_of_grid(area, on=day),
        "rows": rows(found),
        "points": points(found),
        "predecessors": [(old, round(share * 100)) for old, share in places.predecessors(area)],
        "successors": [(new, round(share * 100)) for new, share in places.successors(area)],
        "shape": {
            "type": "FeatureCollection",
            "features": [
                {
                    "type": "Feature",
                    "id": area.pk,
                    "geometry": area.boundary,
                    "properties": {"id": area.pk, "name": area.name, "kind": "grid"},
                }
            ]
            if area.boundary
            else [],
        },
        "bounds": bounds([area.boundary] if area.boundary else []),
        "map": map_urls(),
    }
    return render(request, "desk/grids/grid.html", context)

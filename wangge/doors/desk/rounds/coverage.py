"""Where one has long not been: days since each checkpoint was last looked at, on the map, by grid and by building."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET

from wangge.domains.fieldwork import round_queries
from wangge.doors.desk.map.scope import map_urls
from wangge.doors.desk.rounds.forms import PlaceFilter
from wangge.doors.desk.rounds.looks import STANDINGS, areas_of, chosen_area, tabs
from wangge.foundation.accounts.gate import gate
from wangge.foundation.accounts.permissions import P

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.http import HttpRequest, HttpResponse

    from wangge.domains.fieldwork.round_queries import Covered, Ground

MOST = 2000  # points of one map
_ROWS = 60


@gate(P.PATROL_VIEW)
@require_GET
def coverage(request: HttpRequest) -> HttpResponse:
    """The checkpoints of a place by how long ago they were looked at."""
    areas = areas_of(request.user, P.PATROL_VIEW)
    chosen = chosen_area(request.GET, areas)
    rows = round_queries.checkpoints(request.user, area_path=chosen.path if chosen else "", limit=MOST)
    covered = round_queries.coverage(rows)
    oldest = sorted(covered, key=lambda one: (one.standing != "late", one.standing != "soon", -one.days))
    context = {
        "filter": PlaceFilter(request.GET or None, areas=areas),
        "narrow": chosen is not None,
        "full": len(rows) == MOST,
        "grids": [_ground(ground) for ground in round_queries.by_grid(covered)],
        "buildings": [_ground(ground) for ground in round_queries.by_building(covered)[:_ROWS]],
        "oldest": [{"one": one, "look": STANDINGS[one.standing]} for one in oldest[:_ROWS]],
        "late": sum(one.standing == "late" for one in covered),
        "count": len(covered),
        "points": points(covered),
        "bounds": box(covered),
        "map": map_urls(),
        "tabs": tabs("coverage"),
    }
    return render(request, "desk/rounds/coverage.html", context)


def _ground(ground: Ground) -> dict[str, Any]:
    return {"ground": ground, "look": STANDINGS[ground.standing]}


def points(covered: Iterable[Covered]) -> dict[str, Any]:
    """Checkpoints as GeoJSON points in the colours of how long ago they were looked at."""
    features = [
        {
            "type": "Feature",
            "id": one.checkpoint.pk,
            "geometry": {"type": "Point", "coordinates": [one.checkpoint.lon, one.checkpoint.lat]},
            "properties": {
                "id": str(one.checkpoint.public_id),
                "title": f"{one.checkpoint.name} · {_since(one)}",
                "tone": STANDINGS[one.standing].tone,
                "url": reverse("desk:checkpoint", args=[one.checkpoint.public_id]),
            },
        }
        for one in covered
    ]
    return {"type": "FeatureCollection", "features": features}


def _since(one: Covered) -> str:
    if one.never:
        return _("not looked at yet")
    return ngettext("%(count)s day ago", "%(count)s days ago", one.days) % {"count": one.days}


def box(covered: Iterable[Covered]) -> str:
    """Say w,s,e,n around some checkpoints, with a margin; "" for none."""
    spots = [(one.checkpoint.lon, one.checkpoint.lat) for one in covered]
    if not spots:
        return ""
    margin = 0.001
    west, east = min(x for x, _y in spots) - margin, max(x for x, _y in spots) + margin
    south, north = min(y for _x, y in spots) - margin, max(y for _x, y in spots) + margin
    return f"{west:.6f},{south:.6f},{east:.6f},{north:.6f}"

"""Reads about the cases of one building."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wangge.domains.cases.models import Case
from wangge.domains.cases.surroundings import surround

if TYPE_CHECKING:
    from wangge.foundation.places.models import Building

_SHOWN = 20
_NEAR = 0.002  # degrees: a case at a building lies within some 200 m of it; this is what the index is walked by


def open_at(user: Any, building: Building) -> list[Case]:
    """Open cases at a building that somebody may see, the newest first, at most twenty."""
    found = (
        Case.objects.visible_to(user)
        .still_open()
        .filter(
            building=building,
            lon__range=(building.lon - _NEAR, building.lon + _NEAR),
            lat__range=(building.lat - _NEAR, building.lat + _NEAR),
        )
        .order_by("-reported_at", "-id")
    )
    cases = list(found[:_SHOWN])
    surround(cases)
    return cases

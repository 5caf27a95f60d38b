"""Where open cases lie: positions only, to see which grid would have them after a redrawing."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from wangge.domains.cases.models import Case

if TYPE_CHECKING:
    from collections.abc import Iterable

_MOST = 5000


@dataclasses.dataclass(frozen=True, slots=True)
class OpenCase:
    """An open case: its grid, and its building or position if they are known."""

    area: int
    building: int | None
    lon: float | None
    lat: float | None


def open_in(areas: Iterable[int]) -> list[OpenCase]:
    """Open cases of some grids, at most 5,000."""
    found = Case.objects.unscoped("counted by grid, to compare divisions").still_open().filter(area__in=list(areas))
    rows = found.order_by("pk").values_list("area_id", "building_id", "lon", "lat")[:_MOST]
    return [OpenCase(*row) for row in rows]

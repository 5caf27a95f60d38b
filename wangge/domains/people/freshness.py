"""人房鲜活度: which share of the households of a place was verified within twelve months."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from django.db.models import Count, Q

from wangge.domains.people.models import Household
from wangge.domains.people.registry import fresh_since
from wangge.foundation.accounts.permissions import P
from wangge.foundation.core import clock
from wangge.foundation.core.scoping import under

if TYPE_CHECKING:
    import datetime as dt

WHY = "an indicator counts households of a place, it shows none"


@dataclasses.dataclass(frozen=True, slots=True)
class Fresh:
    """Of `all` households that live at a place, `fresh` were verified within twelve months."""

    all: int
    fresh: int

    @property
    def percent(self) -> int | None:
        """Rounded down, so that 100 means all; None where nobody lives."""
        return self.fresh * 100 // self.all if self.all else None


def of_grids(user: Any, *, on: dt.date | None = None) -> dict[str, Fresh]:
    """By path of grid, for the places where the user sees homes. One pass over the index (area, verified)."""
    found = Household.objects.visible_to(user, P.PERSON_VIEW).filter(active=True).exclude(area_path="")
    return {
        row["area_path"]: Fresh(row["all"], row["fresh"])
        for row in found.values("area_path").annotate(**_shares(on)).order_by("area_path")
    }


def of_buildings(user: Any, area_path: str, *, on: dt.date | None = None) -> dict[int, Fresh]:
    """By building, of one grid: the households of a grid are some hundreds."""
    found = Household.objects.visible_to(user, P.PERSON_VIEW).filter(
        under("area_path", [area_path]), active=True, room__isnull=False
    )
    building = "room__entrance__building_id"
    return {
        row[building]: Fresh(row["all"], row["fresh"])
        for row in found.values(building).annotate(**_shares(on)).order_by(building)
    }


def at(area_path: str, *, on: dt.date | None = None) -> Fresh:
    """Of a whole place, for the indicators."""
    found = Household.objects.unscoped(WHY).filter(under("area_path", [area_path]), active=True)
    row = found.aggregate(**_shares(on))
    return Fresh(row["all"], row["fresh"])


def _shares(on: dt.date | None) -> dict[str, Any]:
    since = fresh_since(on or clock.today())
    return {"all": Count("pk"), "fresh": Count("pk", filter=Q(verified_on__gte=since))}

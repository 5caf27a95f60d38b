"""What the house has put right by itself: the last run of each upkeep, and how much it ever found. Read by /readyz."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from django.db.models import F

from wangge.foundation.core import clock
from wangge.foundation.core.models import Upkeep

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping


@dataclasses.dataclass(frozen=True, slots=True)
class Kept:
    """`last` is what the latest run found, by kind; `total` everything since the beginning."""

    at: dt.datetime
    last: dict[str, int]
    total: int


def note(name: str, found: Mapping[str, int], *, at: dt.datetime | None = None) -> None:
    """Remember one run of the upkeep called `name`."""
    at = at or clock.now()
    healed = sum(found.values())
    row, _made = Upkeep.objects.get_or_create(job=name, defaults={"at": at})
    changed = {"at": at, "last": dict(found), "total": F("total") + healed}
    Upkeep.objects.filter(pk=row.pk).update(**changed)


def remember(name: str, place: Mapping[str, int], *, at: dt.datetime | None = None) -> None:
    """Where an upkeep that goes through everything in slices has come to."""
    Upkeep.objects.update_or_create(job=name, defaults={"at": at or clock.now(), "last": dict(place)})


def kept(name: str) -> Kept | None:
    """The latest run of an upkeep; None when it never ran."""
    row = Upkeep.objects.filter(job=name).first()
    return Kept(row.at, row.last, row.total) if row else None

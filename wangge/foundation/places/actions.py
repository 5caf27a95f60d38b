"""Writes about places."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from django.db import transaction

from wangge.foundation.audit import kinds
from wangge.foundation.audit.actions import record
from wangge.foundation.places.models import (
    Area,
    AreaLineage,
    Building,
    BuildingGrid,
    Compound,
    Entrance,
    MapFeature,
    Room,
)
from wangge.foundation.places.queries import forget_grids

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Mapping, Sequence

kinds.declare("area.add", "area.redraw", "ground.lay")

_BATCH = 2000


@transaction.atomic
def add_area(
    *,
    by: Any,
    kind: str,
    code: str,
    name_zh: str,
    parent: Area | None,
    valid_from: dt.date,
    name_en: str = "",
    grid_kind: str = "",
    short_code: str = "",
    boundary: dict[str, Any] | None = None,
    lon: float | None = None,
    lat: float | None = None,
    households: int = 0,
    phone: str = "",
    valid_to: dt.date | None = None,
) -> Area:
    """Add a node to the tree; its path is derived from its parent's."""
    area = Area.objects.create(
        kind=kind,
        code=code,
        name_zh=name_zh,
        name_en=name_en,
        parent=parent,
        grid_kind=grid_kind,
        short_code=short_code,
        boundary=boundary,
        lon=lon,
        lat=lat,
        households=households,
        phone=phone,
        valid_from=valid_from,
        valid_to=valid_to,
    )
    area.path = f"{parent.path if parent else '/'}{area.pk}/"
    area.save(update_fields=["path"])
    record("area.add", by=by, subject=area)
    forget_grids()
    return area


@transaction.atomic
def record_lineage(*, by: Any, links: Iterable[tuple[Area, Area, float]]) -> None:
    """Keep which new grid came from which old one, with the share of the old one's area that it took."""
    rows = [AreaLineage(old=old, new=new, share=round(share, 5)) for old, new, share in links]
    AreaLineage.objects.bulk_create(rows)
    for old in {row.old for row in rows}:
        record("area.redraw", by=by, subject=old)


@dataclasses.dataclass(frozen=True, slots=True)
class Built:
    """A building to be written, with its grids over time and its rooms: entrance → (floor, room, use)."""

    building: Building
    grids: Sequence[tuple[Area, dt.date, dt.date | None]]
    rooms: Mapping[str, Sequence[tuple[int, str, str]]]


@transaction.atomic
def lay_ground(
    *, by: Any, compounds: Sequence[Compound], buildings: Sequence[Built], features: Sequence[MapFeature]
) -> int:
    """Write a whole survey at once: unsaved compounds, buildings (which may point at those compounds), map features.

    The caller's objects get their keys. Returns the number of rooms.
    """
    Compound.objects.bulk_create(compounds, batch_size=_BATCH)
    Building.objects.bulk_create([built.building for built in buildings], batch_size=_BATCH)
    BuildingGrid.objects.bulk_create(
        [
            BuildingGrid(building=built.building, grid=grid, valid_from=first, valid_to=last)
            for built in buildings
            for grid, first, last in built.grids
        ],
        batch_size=_BATCH,
    )
    entrances = [
        (Entrance(building=b.building, name=name), rooms) for b in buildings for name, rooms in b.rooms.items()
    ]
    Entrance.objects.bulk_create([entrance for entrance, _rooms in entrances], batch_size=_BATCH)
    rooms = [
        Room(entrance=entrance, floor=floor, name=name, use=use)
        for entrance, held in entrances
        for floor, name, use in held
    ]
    Room.objects.bulk_create(rooms, batch_size=_BATCH)
    MapFeature.objects.bulk_create(features, batch_size=_BATCH)
    record(
        "ground.lay",
        by=by,
        subject_type="building",
        compounds=len(compounds),
        buildings=len(buildings),
        rooms=len(rooms),
        features=len(features),
    )
    return len(rooms)

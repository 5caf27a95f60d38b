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

kinds.declare("area.add", "area.redraw", "ground.build", "ground.lay", "ground.unbuild")

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


@dataclasses.dataclass(frozen=True, slots=True)
class WantedRoom:
    """A room that ought to stand in a building; its entrance is built with it where it is missing."""

    building: int
    entrance: str
    floor: int
    name: str


@dataclasses.dataclass(frozen=True, slots=True)
class BuiltRooms:
    """The rooms that were wanted, in their order, and which rooms and entrances had to be made."""

    rooms: list[int]
    new_rooms: list[int]
    new_entrances: list[int]


@transaction.atomic
def build_rooms(*, by: Any, wanted: Sequence[WantedRoom], reason: str) -> BuiltRooms:
    """Rooms in known buildings: what is there already is taken as it is. `reason` names what asked for it ("batch 7")."""
    buildings = {one.building for one in wanted}
    entrances = {(row.building_id, row.name): row for row in Entrance.objects.filter(building__in=buildings)}
    missing = {(one.building, one.entrance) for one in wanted} - set(entrances)
    made = Entrance.objects.bulk_create(Entrance(building_id=building, name=name) for building, name in sorted(missing))
    entrances |= {(row.building_id, row.name): row for row in made}
    there = {
        (row.entrance_id, row.name): row.pk
        for row in Room.objects.filter(entrance__in=[row.pk for row in entrances.values()])
    }
    keys = [(entrances[one.building, one.entrance].pk, one.name) for one in wanted]
    floors = {key: one.floor for key, one in zip(keys, wanted, strict=True)}
    new = Room.objects.bulk_create(
        [
            Room(entrance_id=entrance, name=name, floor=floor)
            for (entrance, name), floor in floors.items()
            if (entrance, name) not in there
        ],
        batch_size=_BATCH,
    )
    there |= {(row.entrance_id, row.name): row.pk for row in new}
    if new:
        record("ground.build", by=by, subject_type="building", rooms=len(new), entrances=len(made), reason=reason)
    return BuiltRooms([there[key] for key in keys], [row.pk for row in new], [row.pk for row in made])


@transaction.atomic
def unbuild_rooms(*, by: Any, rooms: Iterable[int], entrances: Iterable[int], reason: str) -> int:
    """Take rooms and entrances away again on which nothing hangs; how many rooms. The others stay."""
    free = _unused(Room, rooms)
    Room.objects.filter(pk__in=free).delete()
    Entrance.objects.filter(pk__in=_unused(Entrance, entrances)).delete()
    if free:
        record("ground.unbuild", by=by, subject_type="building", rooms=len(free), reason=reason)
    return len(free)


def _unused(model: type[Room | Entrance], pks: Iterable[int]) -> set[int]:
    """Those to which no row of any table points."""
    free = set(pks)
    for relation in model._meta.related_objects:
        if relation.field is None or not free:
            continue
        name, other = relation.field.attname, relation.related_model
        rows = other._base_manager.filter(**{f"{relation.field.name}__in": free})  # noqa: SLF001
        free -= set(rows.values_list(name, flat=True))
    return free

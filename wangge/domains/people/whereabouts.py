"""From the words of an address to the buildings and rooms it may mean, and from a room to where it is."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from django.db.models import Q, Value
from django.db.models.functions import StrIndex

from wangge.domains.people import addresses
from wangge.foundation.accounts.queries import holders, unit_of_kind_at
from wangge.foundation.core import clock
from wangge.foundation.core.dated import in_force
from wangge.foundation.core.scoping import under
from wangge.foundation.places.models import Area, Building, BuildingGrid, Compound, Entrance, Room

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable

    from django.db.models import QuerySet

    from wangge.domains.people.addresses import Address

_MOST = 60
_MOST_COMPOUNDS = 300


@dataclasses.dataclass(frozen=True, slots=True)
class Spot:
    """What an address may mean, and what of it is not known there, as it was typed."""

    buildings: list[Building] = dataclasses.field(default_factory=list)
    rooms: list[Room] = dataclasses.field(default_factory=list)
    unmatched: tuple[str, ...] = ()
    more: bool = False


@dataclasses.dataclass(frozen=True, slots=True)
class Where:
    """A room in words, and the grid in which it lies today."""

    room: Room
    building: Building
    compound: Compound | None
    address: str
    grid: Area | None


def resolve(places: list[str], address: Address, *, on: dt.date | None = None) -> Spot:
    """Buildings and rooms at or under `places` that an address may mean."""
    unmatched: list[str] = []
    found = _buildings_under(places, on or clock.today())
    if address.compound:
        compounds = _compounds(address.compound)
        if compounds:
            found = found.filter(compound__in=compounds)
        elif not (found := found.filter(address__contains=address.compound)).exists():
            return Spot(unmatched=(address.compound,))
    if address.building:
        found = found.filter(name__in=addresses.building_names(address.building))
    buildings = list(found.select_related("compound", "community").order_by("compound_id", "pk")[: _MOST + 1])
    if address.building and not buildings:
        return Spot(unmatched=(f"{address.building}号楼",))
    if address.rest:
        unmatched.append(address.rest)
    rooms: list[Room] = []
    if address.entrance or address.room or address.floor is not None:
        rooms = _rooms(buildings[:_MOST], address, unmatched)
    if rooms:  # only the houses where there is such a room
        kept = {room.entrance.building_id for room in rooms}
        buildings = [building for building in buildings if building.pk in kept]
    return Spot(buildings=buildings[:_MOST], rooms=rooms, unmatched=tuple(unmatched), more=len(buildings) > _MOST)


def compound(places: list[str], name: str) -> Spot:
    """The buildings of compounds that are called so, at or under `places`."""
    found = _buildings_under(places, clock.today()).filter(compound__in=_compounds(name))
    buildings = list(found.select_related("compound", "community").order_by("compound_id", "pk")[: _MOST + 1])
    return Spot(buildings=buildings[:_MOST], more=len(buildings) > _MOST)


def buildings_named(text: str) -> QuerySet[Building]:
    """Buildings anywhere that a place in words may mean: to narrow down, not to list."""
    address = addresses.parse(text)
    found = Building.objects.all()
    if address.compound:
        found = found.filter(Q(compound__in=_compounds(address.compound)) | Q(address__contains=address.compound))
    if address.building:
        found = found.filter(name__in=addresses.building_names(address.building))
    return found


def of_rooms(rooms: Iterable[int]) -> dict[int, Where]:
    """Where rooms are, by primary key; three reads, however many."""
    found = Room.objects.filter(pk__in=set(rooms)).select_related("entrance__building__compound")
    by_pk = {room.pk: room for room in found}
    links = BuildingGrid.objects.as_of(clock.today()).filter(
        building__in={room.entrance.building_id for room in by_pk.values()}
    )
    grids = {link.building_id: link.grid for link in links.select_related("grid__parent")} if by_pk else {}
    return {
        pk: Where(
            room=room,
            building=room.entrance.building,
            compound=room.entrance.building.compound,
            address=in_words(room),
            grid=grids.get(room.entrance.building_id),
        )
        for pk, room in by_pk.items()
    }


@dataclasses.dataclass(frozen=True, slots=True)
class OnDuty:
    """Who works a grid, and the telephone under which the grid is reached."""

    names: tuple[str, ...]
    phone: str
    office: str


def on_duty(grid: Area) -> OnDuty:
    """The grid's workers and its telephone; where the grid has none, that of the community's office."""
    posts = holders("grid_worker", grid) or holders("part_time_worker", grid)
    names = tuple(sorted({post.user.name for post in posts if post.user.is_active}))
    office = unit_of_kind_at("community", grid.path)
    phone = grid.phone or (office.phone if office is not None else "")
    return OnDuty(names=names, phone=phone, office=office.name if office is not None else "")


def in_words(room: Room) -> str:
    """As "物业所家属院3号楼2单元301"."""
    building = room.entrance.building
    before = building.compound.name if building.compound is not None else building.address
    return f"{before}{building.name}{room.entrance.name}{room.name}"


def _buildings_under(places: list[str], day: dt.date) -> QuerySet[Building]:
    links = BuildingGrid.objects.filter(in_force(day)).filter(under("grid__path", places))
    return Building.objects.filter(pk__in=links.values("building_id"))


def _compounds(name: str) -> list[int]:
    """Keys of the compounds that are called so, whose name is part of what was typed, or has it as a part."""
    found = Compound.objects.annotate(at=StrIndex(Value(name), "name_zh")).filter(
        Q(name_zh__contains=name) | Q(aliases__contains=[name]) | Q(at__gt=0)
    )
    return list(found.order_by("pk").values_list("pk", flat=True)[:_MOST_COMPOUNDS])


def _rooms(buildings: list[Building], address: Address, unmatched: list[str]) -> list[Room]:
    entrances = list(Entrance.objects.filter(building__in=buildings))
    if address.entrance:
        fitting = [one for one in entrances if addresses.entrance_key(one.name) == address.entrance]
        if not fitting:
            unmatched.append(f"{address.entrance}单元")
        entrances = fitting or entrances
    rooms = list(
        Room.objects.filter(entrance__in=entrances)
        .select_related("entrance")
        .order_by("entrance__building_id", "entrance_id", "floor", "pk")[:5000]
    )
    if address.floor is not None:
        on_floor = [room for room in rooms if room.floor == address.floor]
        if not on_floor:
            unmatched.append(f"{address.floor}层")
        rooms = on_floor or rooms
    if address.room:
        fitting_rooms = [room for room in rooms if addresses.room_key(room.name) == address.room]
        fitting_rooms = fitting_rooms or _on_a_side(rooms, address.room)
        if not fitting_rooms:
            unmatched.append(address.room)
            # A floor or an entrance was named: its rooms are worth showing; a whole building is not.
            return rooms if (address.floor is not None or address.entrance) and len(rooms) <= _MOST else []
        return fitting_rooms
    return rooms


def _on_a_side(rooms: list[Room], side: str) -> list[Room]:
    """东户: rooms whose name has the side in it."""
    return [room for room in rooms if side.endswith("户") and side[:-1] and side[:-1] in room.name]

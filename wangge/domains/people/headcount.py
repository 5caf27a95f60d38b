"""How many live where: numbers only, nobody is named and nothing is opened."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from django.db.models import Count, Q

from wangge.domains.people.models import Firm, Household, Membership, Person, PersonMerge
from wangge.domains.people.registry import fresh_since
from wangge.foundation.core.dated import in_force
from wangge.foundation.places.models import Room

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable

_WHY = "counted by building, to compare sizes of grids"
_BY_GRID = "counted by grid, for the indicators"


def by_building(buildings: Iterable[int]) -> dict[int, tuple[int, int]]:
    """Building → (households that live there now, people who live in them). Buildings without any are missing."""
    wanted = list(buildings)
    homes = Household.objects.unscoped(_WHY).filter(active=True, room__entrance__building__in=wanted)
    households = dict(
        homes.order_by()
        .values_list("room__entrance__building")
        .annotate(n=Count("pk"))
        .values_list("room__entrance__building", "n")
    )
    living = Membership.objects.filter(
        Q(valid_to__isnull=True, presence=Membership.Presence.LIVES, household__active=True),
        household__room__entrance__building__in=wanted,
    )
    persons = dict(
        living.order_by()
        .values_list("household__room__entrance__building")
        .annotate(n=Count("pk"))
        .values_list("household__room__entrance__building", "n")
    )
    return {pk: (count, persons.get(pk, 0)) for pk, count in households.items()}


@dataclasses.dataclass(slots=True)
class Registered:
    """What is registered in a grid, in numbers."""

    residents: int = 0
    households: int = 0
    verified: int = 0  # households, within twelve months
    rooms: int = 0
    empty: int = 0  # rooms without a household and without a firm
    merged: int = 0  # entries that were merged into another one as duplicates


def residents_by_grid(on: dt.date) -> dict[int, int]:
    """Grid (its key) → how many people lived there on a day, by the dated graph. A full pass: for jobs."""
    home = "household__stays__room__entrance__building__grids__"
    there = in_force(on, "household__stays__") & in_force(on, home)
    living = (
        Membership.objects.as_of(on)
        .filter(there, presence=Membership.Presence.LIVES)
        .exclude(person__state__in=(Person.State.MERGED, Person.State.ERASED))
    )
    counted = living.order_by().values_list(f"{home}grid").annotate(n=Count("person", distinct=True))
    return dict(counted.values_list(f"{home}grid", "n"))


def registered_by_grid(on: dt.date) -> dict[str, Registered]:
    """Path of a grid → households, rooms and merged entries as they stand, `on` being today. A full pass: for jobs."""
    found: dict[str, Registered] = {}

    def of(path: str) -> Registered:
        return found.setdefault(path, Registered())

    homes = Household.objects.unscoped(_BY_GRID).filter(active=True).exclude(area_path="").order_by()
    fresh = Count("pk", filter=Q(verified_on__gte=fresh_since(on)))
    for path, count, verified in homes.values_list("area_path").annotate(n=Count("pk"), fresh=fresh):
        of(path).households, of(path).verified = count, verified
    taken = Household.objects.unscoped(_BY_GRID).filter(active=True, room__isnull=False).order_by().values("room")
    firms = Firm.objects.unscoped(_BY_GRID).filter(in_force(on), room__isnull=False).order_by().values("room")
    rooms = Room.objects.filter(in_force(on, "entrance__building__grids__")).order_by()
    for path, count in _by_path(rooms):
        of(path).rooms = of(path).empty = count
    for path, count in _by_path(rooms.filter(Q(pk__in=taken) | Q(pk__in=firms))):
        of(path).empty -= count
    merges = PersonMerge.objects.filter(undone_at__isnull=True).exclude(kept__area_path="").order_by()
    for path, count in merges.values_list("kept__area_path").annotate(n=Count("pk")):
        of(path).merged = count
    return found


def _by_path(rooms: Any) -> Any:
    path = "entrance__building__grids__grid__path"
    return rooms.values_list(path).annotate(n=Count("pk", distinct=True)).values_list(path, "n")

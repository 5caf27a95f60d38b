"""What the face of a building says about its rooms: how many live there, what is stale, where a duty waits. No names.

Numbers are shown to those who hold `person:view` at the building's grid, duties to those who hold `person:need` there;
to everybody else a room is a number on a door. Four queries, whatever the height of the house.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from wangge.domains.people.models import Circumstance, Firm, Household, Membership, Person, PopulationChange
from wangge.domains.people.registry import fresh_since
from wangge.foundation.accounts.authority import authority_of
from wangge.foundation.accounts.permissions import P
from wangge.foundation.core import clock

if TYPE_CHECKING:
    import datetime as dt

    from wangge.foundation.places.models import Building


@dataclasses.dataclass(slots=True)
class RoomFace:
    """One room, in numbers."""

    living: int = 0
    households: int = 0
    stale: bool = False  # a home here was not verified within twelve months
    duties: int = 0  # persons for whom a duty is kept; 0 for those who may not know
    changes: int = 0  # changes of population told and not yet verified
    firm: str = ""  # who does business here; public


@dataclasses.dataclass(frozen=True, slots=True)
class Face:
    """A building as somebody may see it. `counted` says whether numbers of persons are part of it."""

    rooms: dict[int, RoomFace]
    counted: bool

    @property
    def living(self) -> int:
        """How many live in the building."""
        return sum(room.living for room in self.rooms.values())

    @property
    def stale(self) -> int:
        """Rooms with a home that was not verified within twelve months."""
        return sum(room.stale for room in self.rooms.values())


def face(user: Any, building: Building, area_path: str, *, on: dt.date | None = None) -> Face:
    """The rooms of a building in the grid `area_path`, in numbers, as of today; by the room's key."""
    day = on or clock.today()
    rooms: dict[int, RoomFace] = {}
    here = {"room__entrance__building": building}
    counted = authority_of(user).may(P.PERSON_VIEW, area_path=area_path)
    if counted:
        homes = Household.objects.visible_to(user).filter(active=True, **here)
        of_home: dict[int, int] = {}
        since = fresh_since(day)
        for pk, room_id, verified_on in homes.order_by().values_list("pk", "room_id", "verified_on"):
            of_home[pk] = room_id
            room = rooms.setdefault(room_id, RoomFace())
            room.households += 1
            room.stale |= verified_on is None or verified_on < since
        _people(rooms, of_home, day, duties=authority_of(user).may(P.PERSON_NEED, area_path=area_path))
        told = PopulationChange.objects.visible_to(user).filter(state=PopulationChange.State.TOLD, **here)
        for room_id in told.order_by().values_list("room_id", flat=True):
            rooms.setdefault(room_id, RoomFace()).changes += 1
    firms = Firm.objects.visible_to(user, P.FIRM_VIEW).filter(valid_to__isnull=True, **here)
    for room_id, name in firms.order_by("id").values_list("room_id", "name"):
        rooms.setdefault(room_id, RoomFace()).firm = name
    return Face(rooms, counted)


def _people(rooms: dict[int, RoomFace], of_home: dict[int, int], day: dt.date, *, duties: bool) -> None:
    living = (
        Membership.objects.as_of(day)
        .filter(household__in=list(of_home), presence=Membership.Presence.LIVES, person__state=Person.State.PRESENT)
        .order_by()
    )
    room_of = {}
    for household_id, person_id in living.values_list("household_id", "person_id"):
        room_of[person_id] = of_home[household_id]
        rooms[of_home[household_id]].living += 1
    if duties and room_of:
        kept = Circumstance.objects.as_of(day).filter(person__in=list(room_of)).order_by()
        for person_id in set(kept.values_list("person_id", flat=True)):
            rooms[room_of[person_id]].duties += 1

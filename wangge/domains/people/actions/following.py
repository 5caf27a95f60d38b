"""What follows from a changed graph: what rooms are used for, what people could claim, which duties their rooms have.

Once per action, at its end and in its transaction, however many rows it wrote: the public verbs wrap their work in
`following`, the verbs inside them do not. What was seen on the ground of a room stays when neither letting nor living
in it has changed.
"""

from __future__ import annotations

import contextlib
import dataclasses
from collections import defaultdict
from typing import TYPE_CHECKING, Any

from wangge.domains.people.actions import matching
from wangge.domains.people.models import Firm, Household, Membership, Person, Stay, Tenancy
from wangge.domains.people.uses import Occupied, use_of
from wangge.foundation.audit import kinds
from wangge.foundation.audit.actions import record
from wangge.foundation.places.models import Room

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Iterator

kinds.declare("room.use")

_WHY = "the homes of whoever an action touched"


@dataclasses.dataclass(slots=True)
class Touched:
    """Whom and what an action touched: persons, their households and their rooms, before and after."""

    persons: set[int] = dataclasses.field(default_factory=set)
    households: set[int] = dataclasses.field(default_factory=set)
    uses: dict[int, str] = dataclasses.field(default_factory=dict)  # room → its use as it followed before

    def add(
        self, *persons: Person | None, households: Iterable[Household | None] = (), rooms: Iterable[Room | None] = ()
    ) -> None:
        """Whom the next step touches. Before the step: the home that somebody leaves is followed too."""
        self.persons |= {one.pk for one in persons if one is not None}
        self.households |= {one.pk for one in households if one is not None}
        self.look({one.pk for one in rooms if one is not None})

    def look(self, rooms: Iterable[int] = ()) -> None:
        """Add where they live now; what their rooms were used for is kept from the first look."""
        seats = Membership.objects.filter(
            person__in=self.persons, valid_to__isnull=True, presence=Membership.Presence.LIVES
        )
        self.households |= set(seats.order_by().values_list("household_id", flat=True))
        stays = Stay.objects.filter(household__in=self.households, valid_to__isnull=True)
        new = ({*rooms, *stays.order_by().values_list("room_id", flat=True)}) - self.uses.keys()
        self.uses |= uses_of(new)


@contextlib.contextmanager
def following(
    *,
    by: Any,
    at: dt.datetime,
    persons: Iterable[Person | None] = (),
    households: Iterable[Household | None] = (),
    rooms: Iterable[Room | None] = (),
) -> Iterator[Touched]:
    """Do the work of an action inside it; what it raises is raised, and then nothing follows."""
    touched = Touched()
    touched.add(*persons, households=households, rooms=rooms)
    yield touched
    touched.look()
    follow_uses(touched.uses, by=by, at=at)
    matching.rematch(touched.persons, touched.households, touched.uses, at=at)


def uses_of(rooms: Iterable[int]) -> dict[int, str]:
    """Room → the use that follows from who lives in it and who rents it now."""
    ids = set(rooms)
    if not ids:
        return {}
    lets, homes, ended = defaultdict(list), defaultdict(list), set()
    for let in Tenancy.objects.filter(room__in=ids).select_related("household").order_by("pk"):
        if let.valid_to is None:
            lets[let.room_id].append((let.purpose, _shared(let.household)))
        elif let.purpose == Tenancy.Purpose.BUSINESS:
            ended.add(let.room_id)
    for stay in Stay.objects.filter(room__in=ids, valid_to__isnull=True, household__active=True).select_related(
        "household"
    ):
        homes[stay.room_id].append((stay.basis, _shared(stay.household)))
    firms = Firm.objects.unscoped(_WHY).filter(room__in=ids, valid_to__isnull=True)
    sitting = set(firms.order_by().values_list("room_id", flat=True))
    return {
        pk: use_of(now, Occupied(tuple(lets[pk]), tuple(homes[pk]), pk in sitting, pk in ended))
        for pk, now in Room.objects.filter(pk__in=ids).order_by().values_list("pk", "use")
    }


def follow_uses(before: dict[int, str], *, by: Any, at: dt.datetime | None = None) -> None:
    """Write the use of the rooms for which another one follows than followed before, with an audit row for each."""
    for room, use in _changed(before):
        was, room.use = room.use, use
        room.save(update_fields=["use"])
        record("room.use", by=by, subject=room, at=at, was=was, use=use)


def follow_uses_of_batch(before: dict[int, str], *, by: Any, ref: str) -> None:
    """`follow_uses` for whatever a part of a file brought: one audit row names the rooms by their keys."""
    changed = _changed(before)
    by_use: dict[str, list[int]] = defaultdict(list)
    for room, use in changed:
        by_use[use].append(room.pk)
    for use, rooms in by_use.items():
        Room.objects.filter(pk__in=rooms).update(use=use)
    if changed:
        record("room.use", by=by, ref=ref, rooms=dict(by_use))


def _changed(before: dict[int, str]) -> list[tuple[Room, str]]:
    after = {pk: use for pk, use in uses_of(before).items() if use != before[pk]}
    rooms = Room.objects.filter(pk__in=after).order_by("pk").select_for_update(no_key=True)
    return [(room, after[room.pk]) for room in rooms if room.use != after[room.pk]]


def _shared(household: Household | None) -> bool:
    return household is not None and household.kind != Household.Kind.FAMILY

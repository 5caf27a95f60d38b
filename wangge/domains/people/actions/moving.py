"""Moving house, joining and leaving a household, dying: each ends a dated row and begins another."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from wangge.domains.people import access
from wangge.domains.people.actions import graph
from wangge.domains.people.actions.graph import Told
from wangge.domains.people.actions.indexing import reindex_household, reindex_person
from wangge.domains.people.models import Household, Membership, Origin, Person, Stay
from wangge.foundation.accounts.authority import authority_of
from wangge.foundation.accounts.permissions import P
from wangge.foundation.audit import kinds
from wangge.foundation.audit.actions import record
from wangge.foundation.core import clock
from wangge.foundation.core.problems import ConflictError, InvalidError, NotAllowedError

if TYPE_CHECKING:
    import datetime as dt

    from wangge.foundation.places.models import Room

kinds.declare("household.move", "household.join", "household.leave", "household.role", "person.die")

_LIVES = Membership.Presence.LIVES.value


@transaction.atomic
def move(
    *,
    by: Any,
    household: Household,
    room: Room | None,
    since: dt.date,
    basis: str = Stay.Basis.OWN.value,
    source: str = Origin.VISIT.value,
    source_ref: str = "",
    at: dt.datetime | None = None,
) -> bool:
    """The whole household lives in `room` from `since` on; None: it moved away. False when it is so already.

    Needs `person:edit` where it lives and where it goes.
    """
    at = at or clock.now()
    locked = graph.lock_households([household.pk])[household.pk]
    _require(by, locked.area_path, access.room_path(room) if room is not None else "")
    return move_household(
        by=by, household=locked, room=room, since=since, basis=basis, told=Told(source, source_ref), at=at
    )


def move_household(
    *,
    by: Any,
    household: Household,
    room: Room | None,
    since: dt.date,
    told: Told,
    at: dt.datetime,
    basis: str = Stay.Basis.OWN.value,
) -> bool:
    """`move` for a locked household, without asking who may."""
    if basis not in Stay.Basis.values:
        raise InvalidError(_("There is no such basis of living there."), field="basis")
    graph.check_day(since, at=at)
    left = household.room_id
    if not graph.place(household, room, since=since, told=told, basis=basis):
        return False
    reindex_household(household)
    record(
        "household.move",
        by=by,
        subject=household,
        at=at,
        left=left,
        room=room.pk if room is not None else None,
        since=since.isoformat(),
        source=told.source,
        ref=told.ref,
    )
    return True


@transaction.atomic
def join(
    *,
    by: Any,
    person: Person,
    household: Household,
    role: str,
    since: dt.date,
    presence: str = _LIVES,
    source: str = Origin.VISIT.value,
    source_ref: str = "",
    at: dt.datetime | None = None,
) -> Membership:
    """The person belongs to `household` from `since` on; if he lives there, where he lived before ends on that day.

    Needs `person:edit` where he lives and where the household is.
    """
    at = at or clock.now()
    _require(by, household.area_path)
    if person.area_path or presence != _LIVES:
        _require_person(by, person)
    return join_household(
        by=by,
        person=person,
        household=household,
        role=role,
        since=since,
        presence=presence,
        told=Told(source, source_ref),
        at=at,
    )


def join_household(
    *,
    by: Any,
    person: Person,
    household: Household,
    role: str,
    since: dt.date,
    told: Told,
    at: dt.datetime,
    presence: str = _LIVES,
) -> Membership:
    """`join` without asking who may. Who belongs to it already in this way stays as he is."""
    if presence not in Membership.Presence.values:
        raise InvalidError(_("There is no such kind of presence."), field="presence")
    graph.check_day(since, at=at)
    locked, households = graph.lock_with_homes(person, household.pk)
    _alive(locked)
    held = locked.memberships.filter(valid_to__isnull=True, presence=presence, household_id=household.pk).first()
    if held is not None:
        return held
    membership = graph.seat(locked, households[household.pk], role=role, since=since, told=told, presence=presence)
    _settle(households, since)
    record(
        "household.join",
        by=by,
        subject=locked,
        at=at,
        household=household.pk,
        left=sorted(set(households) - {household.pk}),
        role=role,
        presence=presence,
        since=since.isoformat(),
        source=told.source,
        ref=told.ref,
    )
    return membership


@transaction.atomic
def leave(
    *,
    by: Any,
    person: Person,
    since: dt.date,
    presence: str = _LIVES,
    source: str = Origin.VISIT.value,
    source_ref: str = "",
    at: dt.datetime | None = None,
) -> bool:
    """From `since` on the person lives in no household here (or is registered in none). False when it is so already."""
    at = at or clock.now()
    _require_person(by, person)
    return leave_household(by=by, person=person, since=since, presence=presence, told=Told(source, source_ref), at=at)


def leave_household(
    *, by: Any, person: Person, since: dt.date, told: Told, at: dt.datetime, presence: str = _LIVES
) -> bool:
    """`leave` without asking who may."""
    graph.check_day(since, at=at)
    locked, households = graph.lock_with_homes(person)
    held = locked.memberships.filter(valid_to__isnull=True, presence=presence).first()
    if held is None:
        return False
    graph.unseat(locked, since=since, presence=presence)
    _settle(households, since)
    locked.refresh_from_db()
    reindex_person(locked)
    record(
        "household.leave",
        by=by,
        subject=locked,
        at=at,
        household=held.household_id,
        presence=presence,
        since=since.isoformat(),
        source=told.source,
        ref=told.ref,
    )
    return True


@transaction.atomic
def change_role(
    *,
    by: Any,
    person: Person,
    role: str,
    since: dt.date,
    source: str = Origin.VISIT.value,
    source_ref: str = "",
    at: dt.datetime | None = None,
) -> bool:
    """From `since` on the person has another place in his household (a new head). False when he has it already."""
    at = at or clock.now()
    _require_person(by, person)
    graph.check_day(since, at=at)
    locked, households = graph.lock_with_homes(person)
    held = graph.living(locked)
    if held is None:
        raise ConflictError(_("This person lives in no household here."))
    if held.role == role:
        return False
    graph.seat(locked, households[held.household_id], role=role, since=since, told=Told(source, source_ref))
    record(
        "household.role", by=by, subject=locked, at=at, household=held.household_id, role=role, since=since.isoformat()
    )
    return True


@transaction.atomic
def die(
    *,
    by: Any,
    person: Person,
    on: dt.date,
    source: str = Origin.VISIT.value,
    source_ref: str = "",
    at: dt.datetime | None = None,
) -> bool:
    """The person died on a day: from then on he belongs to no household. False when that is known."""
    at = at or clock.now()
    _require_person(by, person)
    return pass_away(by=by, person=person, on=on, told=Told(source, source_ref), at=at)


def pass_away(*, by: Any, person: Person, on: dt.date, told: Told, at: dt.datetime) -> bool:
    """`die` without asking who may. Who came on the day itself lived there for that day."""
    graph.check_day(on, at=at, field="on")
    locked, households = graph.lock_with_homes(person)
    if locked.state == Person.State.DEAD:
        return False
    _alive(locked)
    for held in locked.memberships.filter(valid_to__isnull=True):
        if held.valid_from > on:
            raise graph.TooEarlyError(field="on")
        held.valid_to = max(on, held.valid_from + graph.ONE_DAY)
        held.save(update_fields=["valid_to"])
    locked.state = Person.State.DEAD
    locked.save(update_fields=["state"])
    _settle(households, on)
    reindex_person(locked)
    record("person.die", by=by, subject=locked, at=at, on=on.isoformat(), source=told.source, ref=told.ref)
    return True


def _settle(households: dict[int, Household], since: dt.date) -> None:
    for household in households.values():
        graph.close_if_empty(household, since=since)
        reindex_household(household)


def _alive(person: Person) -> None:
    if person.state not in {Person.State.PRESENT, Person.State.AWAY}:
        raise ConflictError(_("This entry is closed; nothing in it can be changed."))


def _require(by: Any, *area_paths: str) -> None:
    authority = authority_of(by)
    asked = [path for path in area_paths if path]
    if not authority.holds(P.PERSON_EDIT) or any(not authority.may(P.PERSON_EDIT, area_path=one) for one in asked):
        raise NotAllowedError


def _require_person(by: Any, person: Person) -> None:
    if not access.sees(by, person, P.PERSON_EDIT):
        raise NotAllowedError

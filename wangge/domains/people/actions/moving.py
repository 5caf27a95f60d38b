"""Moving house, joining and leaving a household: each ends a dated row and begins another."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from wangge.domains.people import access
from wangge.domains.people.actions import graph
from wangge.domains.people.actions.following import following
from wangge.domains.people.actions.graph import Told
from wangge.domains.people.actions.indexing import reindex_household, reindex_person
from wangge.domains.people.models import Household, Membership, Origin, Person, Stay, Tenancy
from wangge.foundation.accounts.authority import authority_of
from wangge.foundation.accounts.permissions import P
from wangge.foundation.audit import kinds
from wangge.foundation.audit.actions import record
from wangge.foundation.core import clock
from wangge.foundation.core.problems import ConflictError, InvalidError, NotAllowedError

if TYPE_CHECKING:
    import datetime as dt

    from wangge.foundation.places.models import Room

kinds.declare("household.move", "household.join", "household.leave", "household.role")

_LIVES = Membership.Presence.LIVES.value
_HOMES = (Tenancy.Purpose.LIVING, Tenancy.Purpose.DORMITORY)


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
    with following(by=by, at=at, households=[locked], rooms=[room]):
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
    _end_letting(by, household, left, since, told, at)
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
    with following(by=by, at=at, persons=[person], households=[household]):
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
    graph.check_alive(locked)
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
    told = Told(source, source_ref)
    with following(by=by, at=at, persons=[person]):
        return leave_household(by=by, person=person, since=since, presence=presence, told=told, at=at)


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


def _end_letting(by: Any, household: Household, left: int | None, since: dt.date, told: Told, at: dt.datetime) -> None:
    """Who moves out of a dwelling that was let to him rents it no longer."""
    rows = Tenancy.objects.filter(room=left, household=household, valid_to__isnull=True)
    for row in rows.filter(purpose__in=_HOMES).select_related("room").order_by("pk"):
        row.valid_to = max(since, row.valid_from + graph.ONE_DAY)
        row.save(update_fields=["valid_to"])
        record("room.end_let", by=by, subject=row.room, at=at, tenancy=row.pk, reason="moved", ref=told.ref)


def _settle(households: dict[int, Household], since: dt.date) -> None:
    for household in households.values():
        graph.close_if_empty(household, since=since)
        reindex_household(household)


def _require(by: Any, *area_paths: str) -> None:
    authority = authority_of(by)
    asked = [path for path in area_paths if path]
    if not authority.holds(P.PERSON_EDIT) or any(not authority.may(P.PERSON_EDIT, area_path=one) for one in asked):
        raise NotAllowedError


def _require_person(by: Any, person: Person) -> None:
    if not access.sees(by, person, P.PERSON_EDIT):
        raise NotAllowedError

"""The dated graph as it is written: who belongs to which household, which household stays where, since when.

Nothing here asks who may: the verbs of `registering`, `moving`, `changing` and `merging` do, and audit. A row is ended
and a new one begun; only a row that begins on the very day of the change is corrected in place (the audit row keeps
what it said), because a row that holds on no day says nothing. No day of the past is rewritten, no day of the future
written.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_lazy as _

from wangge.domains.people.models import Household, Membership, Person, Stay
from wangge.foundation.core import clock
from wangge.foundation.core.problems import ConflictError, InvalidError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from wangge.foundation.places.models import Room

ONE_DAY = dt.timedelta(days=1)
_LIVES = Membership.Presence.LIVES.value
_LOCK = "a verb of the registry locks the row it was given; whether its user may is checked by the verb"


@dataclasses.dataclass(frozen=True, slots=True)
class Told:
    """Where a fact came from: one of `Origin`, and the number of the case, batch or letter."""

    source: str
    ref: str = ""


class TooEarlyError(InvalidError):
    """The day lies before something that is already known about it."""

    code = "before-what-is-known"
    title = _("This day lies before what is already recorded.")
    remedy = _("Choose a later day, or correct the earlier entry first.")


class EmptiedError(ConflictError):
    """Somebody else moved the person in the meantime."""

    code = "moved-meanwhile"


def check_day(day: dt.date, *, at: dt.datetime, field: str = "since") -> dt.date:
    """Refuse a day in the future: what repeats the graph is true today."""
    if day > clock.day_of(at):
        raise InvalidError(_("This day is still to come."), field=field)
    return day


def lock_households(pks: Iterable[int]) -> dict[int, Household]:
    """Households, locked in the order of their keys; always before persons."""
    found = Household.objects.unscoped(_LOCK).filter(pk__in=set(pks)).order_by("pk").select_for_update()
    return {household.pk: household for household in found}


def lock_persons(pks: Iterable[int]) -> dict[int, Person]:
    """Persons, locked in the order of their keys."""
    found = Person.objects.unscoped(_LOCK).filter(pk__in=set(pks)).order_by("pk").select_for_update()
    return {person.pk: person for person in found}


def check_alive(person: Person) -> None:
    """Refuse whoever died, was merged or was erased."""
    if person.state not in {Person.State.PRESENT, Person.State.AWAY}:
        raise ConflictError(_("This entry is closed; nothing in it can be changed."))


def living(person: Person) -> Membership | None:
    """The household in which a person lives now."""
    return person.memberships.filter(valid_to__isnull=True, presence=_LIVES).select_related("household").first()


def lock_with_homes(person: Person, *more: int) -> tuple[Person, dict[int, Household]]:
    """A person and the household in which he lives, with some others, locked; `EmptiedError` if he moved meanwhile."""
    now = living(person)
    wanted = {*more, *([now.household_id] if now is not None else [])}
    households = lock_households(wanted)
    locked = lock_persons([person.pk])[person.pk]
    again = living(locked)
    if (again.household_id if again is not None else None) != (now.household_id if now is not None else None):
        raise EmptiedError
    return locked, households


def place(household: Household, room: Room | None, *, since: dt.date, told: Told, basis: str = Stay.Basis.OWN) -> bool:
    """The household stays in `room` from `since` on (None: nowhere here). False when it does already."""
    now = household.stays.filter(valid_to__isnull=True).first()
    if (now.room_id if now is not None else None) == (room.pk if room is not None else None):
        return False
    amended = _make_way(household.stays, since, ends=room is None)
    if room is None:
        return True
    if amended is not None:
        amended.room, amended.basis = room, basis
        amended.source, amended.source_ref = told.source, told.ref
        amended.save(update_fields=["room", "basis", "source", "source_ref"])
        return True
    Stay.objects.create(
        household=household, room=room, basis=basis, valid_from=since, source=told.source, source_ref=told.ref
    )
    return True


def seat(
    person: Person,
    household: Household,
    *,
    role: str,
    since: dt.date,
    told: Told,
    presence: str = _LIVES,
) -> Membership:
    """The person belongs to `household` from `since` on; where he lived before ends on that day."""
    check_role(household, role, but=person)
    amended: Membership | None = _make_way(person.memberships.filter(presence=presence), since)
    if amended is not None:
        amended.household, amended.role = household, role
        amended.source, amended.source_ref = told.source, told.ref
        amended.save(update_fields=["household", "role", "source", "source_ref"])
        return amended
    return Membership.objects.create(
        person=person,
        household=household,
        role=role,
        presence=presence,
        valid_from=since,
        source=told.source,
        source_ref=told.ref,
    )


def unseat(person: Person, *, since: dt.date, presence: str = _LIVES) -> None:
    """The person lives in no household here from `since` on."""
    _make_way(person.memberships.filter(presence=presence), since, ends=True)


def check_role(household: Household, role: str, *, but: Person | None = None) -> None:
    """Refuse a role that is none, and a second head."""
    if role not in Membership.Role.values:
        raise InvalidError(_("There is no such role in a household."), field="role")
    if role != Membership.Role.HEAD:
        return
    heads = household.memberships.filter(valid_to__isnull=True, role=role)
    if (heads.exclude(person=but) if but is not None else heads).exists():
        raise InvalidError(_("This household has a head already."), field="role")


def end(row: Any, until: dt.date, *, at: dt.datetime) -> bool:
    """End a dated row on a day; False when it has ended. It lasts a day at least."""
    check_day(until, at=at, field="until")
    if row.valid_to is not None:
        return False
    if until <= row.valid_from:
        raise TooEarlyError(field="until")
    row.valid_to = until
    row.save(update_fields=["valid_to"])
    return True


def close_if_empty(household: Household, *, since: dt.date) -> None:
    """A household in which nobody lives any more stays nowhere."""
    if household.memberships.filter(valid_to__isnull=True, presence=_LIVES).exists():
        return
    stay = household.stays.filter(valid_to__isnull=True).first()
    if stay is not None:
        stay.valid_to = max(since, stay.valid_from + ONE_DAY)
        stay.save(update_fields=["valid_to"])


def _make_way(rows: Any, since: dt.date, *, ends: bool = False) -> Any | None:
    """End the row in force on `since`; the row itself when it begins on that very day and is to be corrected."""
    latest = rows.order_by("-valid_from", "-pk").first()
    if latest is None:
        return None
    if latest.valid_to is not None:
        if since < latest.valid_to:
            raise TooEarlyError(field="since")
        return None
    if since < latest.valid_from or (ends and since == latest.valid_from):
        raise TooEarlyError(field="since")
    if since == latest.valid_from:
        return latest
    latest.valid_to = since
    latest.save(update_fields=["valid_to"])
    return None

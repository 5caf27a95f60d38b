"""A death, and taking back one that was told by mistake.

With the person end, in the same transaction, the homes he belonged to, what his household rented when nobody is left in
it, what he drew and what he needed. What he owned and let stays, for his heirs. `Death.ended` names it all by id, so that
the correction brings back what the death ended and nothing else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import transaction

from wangge.domains.people import access
from wangge.domains.people.actions import graph
from wangge.domains.people.actions.following import following
from wangge.domains.people.actions.graph import Told
from wangge.domains.people.actions.indexing import reindex_household, reindex_person
from wangge.domains.people.models import (
    Circumstance,
    Death,
    Enrolment,
    Household,
    Membership,
    Origin,
    Person,
    Stay,
    Tenancy,
)
from wangge.foundation.accounts.permissions import P
from wangge.foundation.audit import kinds
from wangge.foundation.audit.actions import record
from wangge.foundation.core import clock
from wangge.foundation.core.problems import NotAllowedError
from wangge.foundation.places.models import Room

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable

    from django.db.models import QuerySet

kinds.declare("person.die", "person.undie")

_Ended = dict[str, dict[str, str]]
_TIES: tuple[tuple[str, type[Circumstance | Enrolment]], ...] = (
    ("needs", Circumstance),
    ("benefits", Enrolment),
)


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
    with following(by=by, at=at, persons=[person]):
        return pass_away(by=by, person=person, on=on, told=Told(source, source_ref), at=at)


def pass_away(*, by: Any, person: Person, on: dt.date, told: Told, at: dt.datetime) -> bool:
    """`die` without asking who may, and what follows left to the caller. Who came on the day itself lived there for it."""
    graph.check_day(on, at=at, field="on")
    locked, households = graph.lock_with_homes(person)
    if locked.state == Person.State.DEAD:
        return False
    graph.check_alive(locked)
    seats = locked.memberships.filter(valid_to__isnull=True)
    if seats.filter(valid_from__gt=on).exists():
        raise graph.TooEarlyError(field="on")
    ended: _Ended = {"homes": _end(seats, on)}
    locked.state = Person.State.DEAD
    locked.save(update_fields=["state"])
    empty = [one for one in households.values() if _nobody_lives_in(one)]
    ended["stays"] = _end(Stay.objects.filter(household__in=empty, valid_to__isnull=True), on)
    ended["lettings"] = _end(Tenancy.objects.filter(household__in=empty, valid_to__isnull=True), on)
    for name, model in _TIES:
        ended[name] = _end(model.objects.filter(person=locked, valid_to__isnull=True), on)
    for household in households.values():
        reindex_household(household)
    reindex_person(locked)
    Death.objects.create(
        person=locked, died_on=on, ended=ended, source=told.source, source_ref=told.ref, at=at, by=_user(by)
    )
    record(
        "person.die",
        by=by,
        subject=locked,
        at=at,
        on=on.isoformat(),
        ended={name: len(rows) for name, rows in ended.items() if rows},
        source=told.source,
        ref=told.ref,
    )
    return True


@transaction.atomic
def undo_death(*, by: Any, person: Person, at: dt.datetime | None = None) -> bool:
    """He did not die: what his death ended holds again, unless somebody changed it since. False when he is not dead.

    A death that was recorded before its ends were kept leaves him as moved away; he then joins his household anew.
    """
    at = at or clock.now()
    _require_person(by, person)
    row = Death.objects.filter(person=person, undone_at__isnull=True).first()
    ended: _Ended = row.ended if row is not None else {}
    seats = Membership.objects.filter(pk__in=_keys(ended, "homes"))
    households = graph.lock_households(seats.order_by().values_list("household_id", flat=True))
    locked = graph.lock_persons([person.pk])[person.pk]
    if locked.state != Person.State.DEAD:
        return False
    rooms = Room.objects.filter(stays__in=_keys(ended, "stays"))
    with following(by=by, at=at, persons=[locked], households=households.values(), rooms=rooms):
        brought = {"homes": _reopen_seats(ended)}
        brought["stays"] = _reopen(Stay.objects.all(), ended, "stays", but=_lives_elsewhere)
        brought["lettings"] = _reopen(Tenancy.objects.all(), ended, "lettings", but=_let_since)
        for name, model in _TIES:
            brought[name] = _reopen(model.objects.filter(person=locked), ended, name)
        locked.state = Person.State.AWAY
        locked.save(update_fields=["state"])
        for household in households.values():
            reindex_household(household)
        reindex_person(Person.objects.unscoped("the person at hand").get(pk=locked.pk))
        if row is not None:
            row.undone_at, row.undone_by = at, _user(by)
            row.save(update_fields=["undone_at", "undone_by"])
        record(
            "person.undie",
            by=by,
            subject=locked,
            at=at,
            brought={name: number for name, number in brought.items() if number},
        )
    return True


def _end(rows: QuerySet[Any], on: dt.date) -> dict[str, str]:
    """End dated rows on a day; each lasts a day at least."""
    found = {}
    for row in rows.select_for_update(of=("self",)).order_by("pk"):
        row.valid_to = max(on, row.valid_from + graph.ONE_DAY)
        row.save(update_fields=["valid_to"])
        found[str(row.pk)] = row.valid_to.isoformat()
    return found


def _nobody_lives_in(household: Household) -> bool:
    living = household.memberships.filter(valid_to__isnull=True, presence=Membership.Presence.LIVES)
    return not living.exists()


def _keys(ended: _Ended, name: str) -> list[int]:
    return [int(pk) for pk in ended.get(name, {})]


def _as_left(rows: Iterable[Any], ended: _Ended, name: str) -> list[Any]:
    """Those rows that still end on the day on which the death ended them."""
    return [
        row for row in rows if row.valid_to is not None and row.valid_to.isoformat() == ended[name].get(str(row.pk))
    ]


def _reopen(rows: QuerySet[Any], ended: _Ended, name: str, *, but: Any = None) -> int:
    found = rows.filter(pk__in=_keys(ended, name)).select_for_update(of=("self",)).order_by("pk")
    again = [row for row in _as_left(found, ended, name) if but is None or not but(row)]
    for row in again:
        row.valid_to = None
        row.save(update_fields=["valid_to"])
    return len(again)


def _reopen_seats(ended: _Ended) -> int:
    """He belongs to his households again; one that found another head meanwhile keeps him."""
    found = Membership.objects.filter(pk__in=_keys(ended, "homes")).select_for_update(of=("self",)).order_by("pk")
    again = _as_left(found, ended, "homes")
    for row in again:
        heads = Membership.objects.filter(household_id=row.household_id, role=row.role, valid_to__isnull=True)
        if row.role == Membership.Role.HEAD and heads.exists():
            row.role = Membership.Role.OTHER
        row.valid_to = None
        row.save(update_fields=["valid_to", "role"])
    return len(again)


def _lives_elsewhere(stay: Stay) -> bool:
    return Stay.objects.filter(household_id=stay.household_id, valid_from__gte=stay.valid_to).exists()


def _let_since(tenancy: Tenancy) -> bool:
    later = Tenancy.objects.filter(room_id=tenancy.room_id).exclude(pk=tenancy.pk)
    return later.exclude(valid_to__lte=tenancy.valid_to).exists()


def _user(by: Any) -> Any:
    return by if getattr(by, "pk", None) else None


def _require_person(by: Any, person: Person) -> None:
    if not access.sees(by, person, P.PERSON_EDIT):
        raise NotAllowedError

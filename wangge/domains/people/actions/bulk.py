"""Taking in whole streets at once: sealed and indexed like single entries, written by COPY, audited once per load.

For a first census, the demo and the benchmarks. Nothing is searched or overwritten here: what may already be known comes
in through the import wizard.
"""

from __future__ import annotations

import dataclasses
import json
import uuid
from itertools import islice
from typing import TYPE_CHECKING, Any

from django.db import connection, transaction

from wangge.domains.people import tokens
from wangge.domains.people.models import Household, Membership, Origin, Person, Stay
from wangge.domains.people.sealing import Keyring
from wangge.foundation.audit import actions as audit
from wangge.foundation.audit import kinds
from wangge.foundation.core import clock

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from django.db.models import Model

kinds.declare("people.load")

_AT_ONCE = 1000  # households in one transaction
SEALED = ("name", "former_name", "sex", "born", "id_number", "phone", "registered_address", "work_or_school")


@dataclasses.dataclass(frozen=True, slots=True)
class PersonDraft:
    """A person as somebody wrote him down. `born` is an ISO date, or a year or month where no more is known."""

    name: str
    role: str = Membership.Role.OTHER.value
    presence: str = Membership.Presence.LIVES.value
    sex: str = ""
    born: str = ""
    id_kind: str = Person.IdKind.RESIDENT_ID.value
    id_number: str = ""
    phone: str = ""
    former_name: str = ""
    registered_address: str = ""
    work_or_school: str = ""
    registration: str = Person.Registration.UNKNOWN.value
    public_id: uuid.UUID = dataclasses.field(default_factory=uuid.uuid4)


@dataclasses.dataclass(frozen=True, slots=True)
class HouseholdDraft:
    """A household in a room. `area_path` is the path of the grid in which the room lies."""

    room_id: int | None
    area_path: str
    since: dt.date
    members: tuple[PersonDraft, ...]
    kind: str = Household.Kind.FAMILY.value
    basis: str = Stay.Basis.OWN.value
    verified_on: dt.date | None = None
    public_id: uuid.UUID = dataclasses.field(default_factory=uuid.uuid4)


def load(
    households: Iterable[HouseholdDraft],
    *,
    by: Any,
    stated_on: dt.date,
    source: str = Origin.IMPORT.value,
    source_ref: str = "",
    progress: Callable[[int], None] | None = None,
) -> int:
    """Write households and their members; how many persons. A failed part leaves the parts before it in place."""
    rest, written = iter(households), 0
    while part := list(islice(rest, _AT_ONCE)):
        written += len(write(part, by=by, stated_on=stated_on, source=source, source_ref=source_ref))
        if progress is not None:
            progress(written)
    return written


def write(
    part: list[HouseholdDraft],
    *,
    by: Any,
    stated_on: dt.date,
    source: str,
    source_ref: str,
    joining: Mapping[uuid.UUID, int] | None = None,
) -> dict[uuid.UUID, tuple[int, int]]:
    """Write these households and their members at once; public id of a person → (his key, that of his household).

    A household named in `joining` is there already under that key: only its new members are written, and whoever calls
    this reindexes it.
    """
    there = joining or {}
    new = [one for one in part if one.public_id not in there]
    members = [(household, person) for household in part for person in household.members]
    ring = Keyring.new(person.public_id for _household, person in members)
    now = clock.now()
    origin = (source, source_ref)
    with transaction.atomic():
        fresh = new_ids(Household, len(new))
        homes = dict(there) | dict(zip((one.public_id for one in new), fresh, strict=True))
        persons = new_ids(Person, len(members))
        copy_in(
            Household,
            "public_id kind room_id area_path tokens active declines_visits verified_on source source_ref created_at",
            ((*_household_row(one), *origin, now) for one in new),
            fresh,
        )
        copy_in(
            Stay,
            "household_id room_id basis valid_from source source_ref",
            (
                (homes[one.public_id], one.room_id, one.basis, one.since, *origin)
                for one in new
                if one.room_id is not None
            ),
        )
        copy_in(
            Person,
            "public_id state area_path id_kind registration tokens stated_on verified_on source source_ref created_at "
            "changed_at " + " ".join(SEALED),
            (_person_row(household, person, ring, stated_on, origin, now) for household, person in members),
            persons,
        )
        copy_in(
            Membership,
            "person_id household_id role presence valid_from source source_ref",
            (
                (pk, homes[household.public_id], person.role, person.presence, household.since, *origin)
                for pk, (household, person) in zip(persons, members, strict=True)
            ),
        )
        audit.record(
            "people.load", by=by, at=now, households=len(new), persons=len(members), source=source, ref=source_ref
        )
    return {
        person.public_id: (pk, homes[household.public_id])
        for pk, (household, person) in zip(persons, members, strict=True)
    }


def _person_row(
    household: HouseholdDraft,
    person: PersonDraft,
    ring: Keyring,
    stated_on: dt.date,
    origin: tuple[str, str],
    now: dt.datetime,
) -> tuple[Any, ...]:
    street = tokens.street_of(household.area_path)
    found = tokens.of_person(
        name=person.name,
        former_name=person.former_name,
        id_number=person.id_number,
        phone=person.phone,
        street=street,
    )
    stated = {field: stated_on.isoformat() for field in SEALED if getattr(person, field)}
    sealed = (ring.seal(person.public_id, f"people.person.{field}", getattr(person, field)) for field in SEALED)
    lives = person.presence == Membership.Presence.LIVES
    return (
        person.public_id,
        Person.State.PRESENT.value if lives else Person.State.AWAY.value,
        household.area_path if lives else "",
        person.id_kind,
        person.registration,
        found,
        json.dumps(stated),
        household.verified_on,
        *origin,
        now,
        now,
        *sealed,
    )


def _household_row(one: HouseholdDraft) -> tuple[Any, ...]:
    found = _household_tokens(one)
    return (one.public_id, one.kind, one.room_id, one.area_path, found, True, False, one.verified_on)


def _household_tokens(household: HouseholdDraft) -> list[int]:
    living = (person.name for person in household.members if person.presence == Membership.Presence.LIVES)
    return tokens.of_household(living, street=tokens.street_of(household.area_path))


def new_ids(model: type[Model], count: int) -> list[int]:
    """So many fresh primary keys of a table."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)",
            [model._meta.db_table, count],
        )
        return [row[0] for row in cursor.fetchall()]


def copy_in(
    model: type[Model], columns: str, rows: Iterable[tuple[Any, ...]], ids: Iterable[int] | None = None
) -> None:
    """Write rows by COPY; `columns` names them, separated by spaces."""
    names = columns.split()
    if ids is not None:
        names, rows = ["id", *names], _numbered(ids, rows)
    quoted = ", ".join(connection.ops.quote_name(name) for name in names)
    with connection.cursor() as cursor, cursor.copy(f"COPY {model._meta.db_table} ({quoted}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)


def _numbered(ids: Iterable[int], rows: Iterable[tuple[Any, ...]]) -> Iterator[tuple[Any, ...]]:
    for pk, row in zip(ids, rows, strict=True):
        yield (pk, *row)

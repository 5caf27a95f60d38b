"""Taking in the rows of a checked batch: who is there already is brought up to date, who is not is added.

The key of a person is his identity number; without one, name, dwelling and birth. An empty cell says nothing and
erases nothing; what was stated for a later day than the file's stays.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
from collections import defaultdict
from typing import TYPE_CHECKING, Any

from django.contrib.postgres.fields import ArrayField
from django.db import connection, models
from django.db.models import Value
from django.db.models.functions import Cast

from wangge.domains.people import names, tokens
from wangge.domains.people.actions import bulk, following, graph, indexing
from wangge.domains.people.exchange import batches
from wangge.domains.people.exchange.issues import Issue
from wangge.domains.people.models import FieldChange, Household, ImportRow, Membership, Origin, Person, Stay
from wangge.domains.people.sealing import Keyring
from wangge.foundation.core import crypto

if TYPE_CHECKING:
    import uuid
    from collections.abc import Iterable

    from wangge.domains.people.models import ImportBatch

_WHY = "a file is matched against everybody, so that nobody is entered twice; nothing of others is shown"
_S = ImportRow.State
_LIVES = Membership.Presence.LIVES
_GONE = (Person.State.MERGED, Person.State.ERASED)
_COLUMNS = ("public_id", "state", "area_path", "tokens", "stated_on", *bulk.SEALED)


def ref_of(batch: ImportBatch) -> str:
    """How everything that a batch wrote names it (`source_ref`)."""
    return f"batch {batch.pk}"


@dataclasses.dataclass(slots=True)
class Row:
    """A row of the batch with what it says, and what became of it."""

    row: ImportRow
    draft: dict[str, Any]
    found: Person | None = None
    outcome: str = ""
    issues: list[Issue] = dataclasses.field(default_factory=list)
    before: dict[str, Any] = dataclasses.field(default_factory=dict)
    person_id: int | None = None
    household_id: int | None = None
    firm_id: int | None = None
    site_id: int | None = None


def overlapping(queryset: Any, wanted: Iterable[int]) -> Any:
    """Rows that carry any of these tokens; the list travels as text (see `PlacedQuerySet.carrying`)."""
    literal = "{" + ",".join(str(token) for token in wanted) + "}"
    return queryset.filter(tokens__overlap=Cast(Value(literal), ArrayField(models.BigIntegerField())))


def known_numbers(numbers: Iterable[str]) -> dict[str, Person]:
    """Identity number → the person who carries it, for as many as are there. Tokens only: nothing is opened."""
    wanted = {one: number for number in numbers for one in crypto.under_any_key(tokens.token("id", number))}
    if not wanted:
        return {}
    there = overlapping(Person.objects.unscoped(_WHY).exclude(state__in=_GONE), wanted).only(*_COLUMNS)
    return {wanted[token]: person for person in there for token in person.tokens if token in wanted}


def judge(batch_path: str, person: Person) -> str:
    """The code of what forbids a row about somebody who is there already; "" for nothing."""
    if person.state == Person.State.DEAD:
        # That somebody of another place has died is nothing that a file may ask.
        lived = Stay.objects.filter(household__memberships__person=person)
        here = lived.filter(room__entrance__building__grids__grid__path__startswith=batch_path)
        return "deceased" if here.exists() else "elsewhere"
    if person.area_path and not person.area_path.startswith(batch_path):
        return "elsewhere"
    return ""


def persons(batch: ImportBatch, rows: list[ImportRow]) -> None:
    """Take in these rows, whole households; call it in a transaction."""
    taken = [
        Row(row, told["d"]) for row, told in zip(rows, batches.opened_rows(batch, rows), strict=True) if "d" in told
    ]
    _match(batch, taken)
    uses = following.uses_of(_rooms(taken))
    homes = _update(batch, [one for one in taken if one.found is not None and not one.issues])
    _add(batch, [one for one in taken if one.found is None], homes)
    following.follow_uses_of_batch(uses, by=batch.by, ref=ref_of(batch))
    note(batch, taken)


def _rooms(taken: list[Row]) -> set[int]:
    """Where these people are said to live, and where those who are there already live now."""
    known = [one.found.pk for one in taken if one.found is not None]
    seats = Membership.objects.filter(person__in=known, valid_to__isnull=True, household__room__isnull=False)
    return {int(one.draft["room"]) for one in taken} | set(
        seats.order_by().values_list("household__room_id", flat=True)
    )


def _match(batch: ImportBatch, taken: list[Row]) -> None:
    there = known_numbers(one.draft["id_number"] for one in taken if one.draft["id_number"])
    for one in taken:
        one.found = there.get(one.draft["id_number"]) if one.draft["id_number"] else None
    unknown = [one for one in taken if one.found is None]
    by_room = _neighbours({int(one.draft["room"]) for one in unknown})
    for one in unknown:
        key = (int(one.draft["room"]), names.plain(one.draft["name"]))
        for person, born, number in by_room.get(key, ()):
            fits = (
                not one.draft["born"]
                or not born
                or one.draft["born"].startswith(born)
                or born.startswith(one.draft["born"])
            )
            if fits and (not number or not one.draft["id_number"]):
                one.found = person
    met: set[int] = set()
    for one in taken:
        if one.found is None:
            continue
        code = judge(batch.area_path, one.found)
        if code or one.found.pk in met:
            one.issues.append(Issue("id_number" if one.draft["id_number"] else "name", code or "elsewhere"))
            one.person_id = one.found.pk
        met.add(one.found.pk)


def _neighbours(rooms: set[int]) -> dict[tuple[int, str], list[tuple[Person, str, str]]]:
    """(room, plain name) → those who live there: person, birth, identity number."""
    seats = Membership.objects.filter(
        valid_to__isnull=True, presence=_LIVES, household__room_id__in=rooms
    ).select_related("person", "household")
    held = list(seats)
    ring = Keyring.of(seat.person.public_id for seat in held)
    found: dict[tuple[int, str], list[tuple[Person, str, str]]] = defaultdict(list)
    for seat in held:
        person = seat.person
        name = ring.open(person.public_id, "people.person.name", person.name)
        if name and seat.household.room_id is not None:
            born = ring.open(person.public_id, "people.person.born", person.born) or ""
            number = ring.open(person.public_id, "people.person.id_number", person.id_number) or ""
            found[seat.household.room_id, names.plain(name)].append((person, born, number))
    return found


def _add(batch: ImportBatch, taken: list[Row], homes: dict[int, int]) -> None:
    """Everybody new: with those of his household who are there already, else in a household of their own."""
    if not taken:
        return
    houses: dict[int, list[Row]] = defaultdict(list)
    for one in taken:
        houses[one.row.house].append(one)
    parts, joining, drafts = [], {}, {}
    for house, members in houses.items():
        first = members[0].draft
        since = min((_day(one.draft["since"]) for one in members if one.draft["since"]), default=batch.as_of)
        people = tuple(_person(one.draft) for one in members)
        part = bulk.HouseholdDraft(
            room_id=first["room"],
            area_path=first["path"],
            since=since,
            members=people,
            kind=next((one.draft["household"] for one in members if one.draft["household"] != "family"), "family"),
            basis=first["basis"],
        )
        parts.append(part)
        if house in homes:
            joining[part.public_id] = homes[house]
        for one, draft in zip(members, people, strict=True):
            drafts[draft.public_id] = one
    _free_of_heads(parts, joining)
    written = bulk.write(
        parts,
        by=batch.by,
        stated_on=batch.as_of,
        source=Origin.IMPORT.value,
        source_ref=ref_of(batch),
        joining=joining,
    )
    for public_id, (person, household) in written.items():
        one = drafts[public_id]
        one.person_id, one.household_id, one.outcome = person, household, _S.ADDED
    for household in Household.objects.unscoped(_WHY).filter(pk__in=set(joining.values())):
        indexing.reindex_household(household)


def _free_of_heads(parts: list[bulk.HouseholdDraft], joining: dict[uuid.UUID, int]) -> None:
    """Who joins a household that has a head is not its head, whatever the file says."""
    headed = set(
        Membership.objects.filter(household_id__in=joining.values(), valid_to__isnull=True, role="head").values_list(
            "household_id", flat=True
        )
    )
    for number, part in enumerate(parts):
        if joining.get(part.public_id) in headed:
            members = tuple(
                dataclasses.replace(one, role=Membership.Role.OTHER.value) if one.role == "head" else one
                for one in part.members
            )
            parts[number] = dataclasses.replace(part, members=members)


def _day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


def _person(draft: dict[str, Any]) -> bulk.PersonDraft:
    return bulk.PersonDraft(
        id_kind=draft["id_kind"],
        role=draft["role"],
        presence=draft["presence"],
        registration=draft["registration"],
        **{field: draft[field] for field in bulk.SEALED},
    )


def _update(batch: ImportBatch, taken: list[Row]) -> dict[int, int]:
    """Fields that the file knows better, and a move within the place of the batch. House of the file → its household."""
    homes: dict[int, int] = {}
    if not taken:
        return homes
    there = graph.lock_persons(one.found.pk for one in taken if one.found is not None)
    ring = Keyring.of(person.public_id for person in there.values())
    seats = {
        seat.person_id: seat
        for seat in Membership.objects.filter(person__in=there, valid_to__isnull=True, presence=_LIVES).select_related(
            "household"
        )
    }
    for one in taken:
        seat = seats.get(one.found.pk) if one.found is not None else None
        if seat is not None and seat.household.room_id == one.draft["room"]:
            homes.setdefault(one.row.house, seat.household_id)
    changes: list[FieldChange] = []
    touched: dict[int, Household] = {}
    for one in taken:
        if one.found is None:
            continue
        person = there[one.found.pk]
        seat = seats.get(person.pk)
        one.person_id = person.pk
        one.household_id = seat.household_id if seat is not None else None
        newer, older = _fields(batch, person, one.draft, ring, changes)
        if newer:
            _reindex(person, ring)
        if _lives_elsewhere(one, seat):
            if seat is not None and seat.valid_from >= batch.as_of:
                older = True
            else:
                _move(batch, one, person, seat, homes, touched)
                newer = True
        elif seat is not None and "name" in newer_fields(changes, person):
            touched[seat.household_id] = seat.household
        one.outcome = _S.CHANGED if newer else _S.OLDER if older else _S.SAME
    FieldChange.objects.bulk_create(changes, batch_size=1000)
    for household in touched.values():
        indexing.reindex_household(household)
    return homes


def newer_fields(changes: list[FieldChange], person: Person) -> set[str]:
    """The fields of a person among these changes."""
    return {change.field for change in changes if change.person_id == person.pk}


def _lives_elsewhere(one: Row, seat: Membership | None) -> bool:
    if one.draft["presence"] != _LIVES:
        return False
    return seat is None or seat.household.room_id != one.draft["room"]


def _fields(
    batch: ImportBatch, person: Person, draft: dict[str, Any], ring: Keyring, changes: list[FieldChange]
) -> tuple[bool, bool]:
    """Write what the file says of the sealed fields and did not know; (whether anything, whether it was too old)."""
    newer = older = False
    for field in bulk.SEALED:
        told = draft[field]
        column = f"people.person.{field}"
        now = ring.open(person.public_id, column, getattr(person, field))
        if not told or now is None or told == now or (field == "born" and now.startswith(told)):
            continue
        stated = person.stated_on.get(field)
        if now and stated and stated > batch.as_of.isoformat():
            older = True
            continue
        changes.append(
            FieldChange(
                person=person,
                field=field,
                before=ring.seal(person.public_id, "people.fieldchange.before", now),
                stated_before=_day(stated) if stated else None,
                at=batch.applied_at or batch.at,
                by=batch.by,
                source=Origin.IMPORT,
                source_ref=ref_of(batch),
            )
        )
        setattr(person, field, ring.seal(person.public_id, column, told))
        person.stated_on[field] = batch.as_of.isoformat()
        newer = True
    return newer, older


def _reindex(person: Person, ring: Keyring) -> None:
    """Save a person whose sealed fields changed, with the tokens that follow from them."""
    plain = {
        field: ring.open(person.public_id, f"people.person.{field}", getattr(person, field)) or ""
        for field in ("name", "former_name", "id_number", "phone")
    }
    person.tokens = tokens.of_person(**plain, street=tokens.street_of(person.area_path))
    person.save(update_fields=[*bulk.SEALED, "stated_on", "tokens", "changed_at"])


def _move(
    batch: ImportBatch,
    one: Row,
    person: Person,
    seat: Membership | None,
    homes: dict[int, int],
    touched: dict[int, Household],
) -> None:
    """He lives in another dwelling of the place, or came back: the household of his row, or a new one."""
    told = graph.Told(Origin.IMPORT.value, ref_of(batch))
    known = homes.get(one.row.house)
    if known is not None:
        household = Household.objects.unscoped(_WHY).get(pk=known)
    else:
        household = Household.objects.create(
            kind=one.draft["household"], area_path=one.draft["path"], source=told.source, source_ref=told.ref
        )
        household.stays.create(
            room_id=one.draft["room"],
            basis=one.draft["basis"],
            valid_from=batch.as_of,
            source=told.source,
            source_ref=told.ref,
        )
        homes[one.row.house] = household.pk
    role = one.draft["role"]
    if role == Membership.Role.HEAD and household.memberships.filter(valid_to__isnull=True, role=role).exists():
        role = Membership.Role.OTHER.value
    one.before = {
        "left": seat.pk if seat is not None else None,
        "state": person.state,
        "joined": graph.seat(person, household, role=role, since=batch.as_of, told=told).pk,
    }
    one.household_id = household.pk
    if person.state == Person.State.AWAY:
        Person.objects.unscoped(_WHY).filter(pk=person.pk).update(state=Person.State.PRESENT)
    touched[household.pk] = household
    if seat is not None:
        graph.close_if_empty(seat.household, since=batch.as_of)
        touched[seat.household_id] = seat.household


_OUTCOME = """
    UPDATE people_importrow AS row
    SET state = told.state, person_id = told.person, household_id = told.household, firm_id = told.firm, site_id = told.site
    FROM unnest(%s::bigint[], %s::text[], %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[])
         AS told (id, state, person, household, firm, site)
    WHERE row.id = told.id
"""


def note(batch: ImportBatch, taken: list[Row]) -> None:
    """Write what became of each row."""
    ring = Keyring.of([batch.public_id])
    columns = (
        [one.row.pk for one in taken],
        [str(_S.WRONG if one.issues else one.outcome) for one in taken],
        [one.person_id for one in taken],
        [one.household_id for one in taken],
        [one.firm_id for one in taken],
        [one.site_id for one in taken],
    )
    with connection.cursor() as cursor:
        cursor.execute(_OUTCOME, [_array(column) for column in columns])
    more = [one for one in taken if one.issues or one.before]
    for one in more:
        one.row.issues = [issue.stored() for issue in one.issues]
        if one.before:
            one.row.before = ring.seal(batch.public_id, batches.BEFORE, json.dumps(one.before, ensure_ascii=False))
    ImportRow.objects.bulk_update([one.row for one in more], ["issues", "before"], batch_size=500)


def _array(values: list[Any]) -> str:
    return "{" + ",".join("NULL" if value is None else str(value) for value in values) + "}"

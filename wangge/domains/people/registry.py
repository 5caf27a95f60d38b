"""Reads of the registry: who may already be there, what is known of a person and who said so, the households of a place."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from django.db.models import Q

from wangge.domains.people import access, names, tokens
from wangge.domains.people.models import (
    FieldChange,
    Household,
    Membership,
    Person,
    PersonMerge,
    Relation,
)
from wangge.domains.people.sealing import Keyring
from wangge.foundation.accounts.permissions import P
from wangge.foundation.core import clock
from wangge.foundation.core.dated import in_force
from wangge.foundation.core.problems import NotFoundError
from wangge.foundation.core.scoping import under
from wangge.foundation.places.models import Building, Room

if TYPE_CHECKING:
    import datetime as dt
    import uuid
    from collections.abc import Iterable

    from wangge.domains.people.actions.bulk import PersonDraft
_NAMESAKES = 500  # of one whole name in a street; nobody reads more
_FOUND_WITHIN = (Person.State.MERGED, Person.State.ERASED)
WHY = "a duplicate is a duplicate wherever it lives; what is shown of it is decided by `access`"


@dataclasses.dataclass(frozen=True, slots=True)
class Sought:
    """What is compared of a person who is there already."""

    name: str
    born: str
    id_number: str
    phone: str
    public_id: uuid.UUID


@dataclasses.dataclass(frozen=True, slots=True)
class Candidate:
    """An entry that may be the same person. `why` is "id", "phone" (and name) or "born" (and name).

    `shown` says whether the asker may see it at all; else only that there is one.
    """

    person: Person
    why: str
    shown: bool


def candidates(user: Any, draft: PersonDraft | Sought, *, area_path: str = "") -> list[Candidate]:
    """Search before create: entries with the same number, then the same name with the same phone or birth.

    Numbers and name with phone are compared in the whole district, name with birth in the street of `area_path`.
    """
    found: dict[int, Candidate] = {}
    number = tokens.number(draft.id_number)
    name = names.plain(draft.name)
    phone = tokens.number(draft.phone)
    asked: list[tuple[str, Any]] = []
    if number:
        asked.append(("id", _alive().carrying(tokens.token("id", number))))
    if name and phone:
        asked.append(("phone", _alive().carrying(tokens.token("name", name), tokens.token("phone", phone))))
    street = tokens.street_of(area_path)
    if name and draft.born:
        here = Q(area_path="") | under("area_path", [street]) if street else Q(area_path="")
        asked.append(("born", _alive().filter(here).carrying(tokens.token("name", name))))
    for why, persons in asked:
        for person in _really(why, persons.by_token_index(_NAMESAKES), draft, number):
            if person.public_id != draft.public_id and person.pk not in found:
                shown = access.sees(user, person)
                found[person.pk] = Candidate(person, why, shown)
    return list(found.values())


def holder_of(id_number: str) -> Person | None:
    """Whose entry carries this identity number, wherever he lives. For actions: what a user may see is another matter."""
    number = tokens.number(id_number)
    if not number:
        return None
    persons = _alive().carrying(tokens.token("id", number)).by_token_index(_NAMESAKES)
    ring = Keyring.of(person.public_id for person in persons)
    return next((one for one in persons if _same_number(ring, one, number)), None)


def kept_of(public_id: uuid.UUID) -> Person | None:
    """The entry into which this one was merged, if it was."""
    gone: Person | None = Person.objects.unscoped("only where to look instead").filter(public_id=public_id).first()
    for _step in range(10):  # a merged entry may have been merged again
        if gone is None or gone.merged_into_id is None:
            break
        gone = Person.objects.unscoped("only where to look instead").get(pk=gone.merged_into_id)
        if gone.merged_into_id is None:
            return gone
    return None


def _alive() -> Any:
    return Person.objects.unscoped(WHY).exclude(state__in=_FOUND_WITHIN)


def _really(why: str, persons: list[Person], draft: PersonDraft | Sought, number: str) -> list[Person]:
    """A token is a cut fingerprint; the values themselves decide."""
    ring = Keyring.of(person.public_id for person in persons)
    if why == "id":
        return [one for one in persons if _same_number(ring, one, number)]
    if why == "born":
        return [one for one in persons if _plain(ring, one, "born") == draft.born]
    return [one for one in persons if tokens.number(_plain(ring, one, "phone")) == tokens.number(draft.phone)]


def _same_number(ring: Keyring, person: Person, number: str) -> bool:
    return tokens.number(_plain(ring, person, "id_number")) == number


def _plain(ring: Keyring, person: Person, field: str) -> str:
    return ring.open(person.public_id, f"people.person.{field}", getattr(person, field)) or ""


@dataclasses.dataclass(frozen=True, slots=True)
class Narrowed:
    """Which households of a place: by grid, compound or building, and by when they were last verified."""

    area_path: str = ""
    compound: int | None = None
    building: int | None = None
    verified: str = ""  # "fresh", or "due": "stale" or "never"
    empty: bool = False  # those in which nobody lives any more


def households(user: Any, narrowed: Narrowed, *, after: int | None = None, limit: int) -> list[Household]:
    """Households in scope, in the order of their entry; `after` is the key of the last one shown."""
    found = Household.objects.visible_to(user, P.PERSON_VIEW).filter(active=True, room__isnull=False)
    if narrowed.area_path:
        found = found.filter(under("area_path", [narrowed.area_path]))
    if narrowed.compound is not None:
        found = found.filter(room__entrance__building__compound_id=narrowed.compound)
    if narrowed.building is not None:
        found = found.filter(room__entrance__building_id=narrowed.building)
    since = fresh_since(clock.today())
    if narrowed.verified == "fresh":
        found = found.filter(verified_on__gte=since)
    elif narrowed.verified == "due":
        found = found.filter(Q(verified_on__lt=since) | Q(verified_on__isnull=True))
    elif narrowed.verified == "stale":
        found = found.filter(verified_on__lt=since)
    elif narrowed.verified == "never":
        found = found.filter(verified_on__isnull=True)
    if after is not None:
        found = found.filter(pk__gt=after)
    return list(found.select_related("room__entrance__building__compound").order_by("pk")[:limit])


def fresh_since(today: dt.date) -> dt.date:
    """From which day on a verification is fresh: twelve months ago."""
    try:
        return today.replace(year=today.year - 1)
    except ValueError:  # 29 February
        return today.replace(year=today.year - 1, day=28)


def relations_of(person: Person) -> list[tuple[Relation, Person, bool]]:
    """Relations in force: (row, the other, whether this person is the `kind` of the other rather than the reverse)."""
    today = clock.today()
    mine = Relation.objects.as_of(today).filter(person=person).select_related("other").order_by("pk")
    theirs = Relation.objects.as_of(today).filter(other=person).select_related("person").order_by("pk")
    gone = _FOUND_WITHIN
    return [
        *((row, row.other, True) for row in mine if row.other.state not in gone),
        *((row, row.person, False) for row in theirs if row.person.state not in gone),
    ]


def told_of(person: Person, *, limit: int = 50) -> list[FieldChange]:
    """Which fields were changed, when, by whom, on whose word; the newest first. Values stay sealed."""
    return list(person.changes.select_related("by").order_by("-pk")[:limit])


def merges_of(person: Person) -> list[PersonMerge]:
    """What was merged into this entry, the last first."""
    return list(person.merges.select_related("gone", "by", "undone_by").order_by("-pk")[:20])


def duplicates_of(user: Any, person: Person) -> list[Candidate]:
    """Entries that may be the same person as this one."""
    ring = Keyring.of([person.public_id])
    draft = Sought(
        name=_plain(ring, person, "name"),
        born=_plain(ring, person, "born"),
        id_number=_plain(ring, person, "id_number"),
        phone=_plain(ring, person, "phone"),
        public_id=person.public_id,
    )
    return candidates(user, draft, area_path=person.area_path)


def get_relation(user: Any, pk: int) -> Relation:
    """A relation of somebody whose entry the user may change."""
    row = Relation.objects.filter(pk=pk).filter(in_force(clock.today())).select_related("person", "other").first()
    if row is None or not any(access.sees(user, one, P.PERSON_EDIT) for one in (row.person, row.other)):
        raise NotFoundError
    return row


def members(households_: Iterable[Household]) -> dict[int, list[Membership]]:
    """Who lives in each of these households now."""
    rows = (
        Membership.objects.as_of(clock.today())
        .filter(household__in=list(households_), presence=Membership.Presence.LIVES)
        .select_related("person")
        .order_by("pk")
    )
    found: dict[int, list[Membership]] = {}
    for row in rows:
        found.setdefault(row.household_id, []).append(row)
    return found


def rooms_of_building(user: Any, building_id: int) -> list[Room]:
    """The rooms of a building in scope, in order."""
    rooms = list(
        Room.objects.filter(entrance__building_id=building_id)
        .select_related("entrance__building__compound", "entrance__building__community")
        .order_by("entrance_id", "floor", "pk")[:2000]
    )
    if rooms and access.is_under(access.room_path(rooms[0]), access.places_of(user)):
        return rooms
    return []


def buildings(ids: Iterable[int]) -> list[Building]:
    """Buildings with their compounds, in order."""
    return list(Building.objects.filter(pk__in=list(ids)).select_related("compound").order_by("compound_id", "pk"))

"""Entering a person or a household, correcting a field, confirming what is there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from wangge.domains.people import access, drafts, identity, registry, tokens
from wangge.domains.people.actions import graph, matching
from wangge.domains.people.actions.bulk import SEALED
from wangge.domains.people.actions.following import following
from wangge.domains.people.actions.graph import Told
from wangge.domains.people.actions.indexing import reindex_household, reindex_person
from wangge.domains.people.models import FieldChange, Household, Membership, Origin, Person, Stay
from wangge.domains.people.sealing import Keyring
from wangge.foundation.accounts.authority import authority_of
from wangge.foundation.accounts.permissions import P
from wangge.foundation.audit import kinds
from wangge.foundation.audit.actions import record
from wangge.foundation.core import clock
from wangge.foundation.core.problems import ConflictError, InvalidError, NotAllowedError

if TYPE_CHECKING:
    import datetime as dt
    import uuid
    from collections.abc import Collection

    from wangge.domains.people.actions.bulk import PersonDraft
    from wangge.foundation.places.models import Room

kinds.declare("person.register", "person.correct", "person.verify", "household.new", "household.verify")

OPEN_FIELDS = ("id_kind", "registration")
_FOUND_BY = frozenset({"name", "former_name", "id_number", "phone"})
_MATCHED_BY = frozenset({"born", "sex", "id_number", "registration"})  # what conditions of policies ask for


class KnownPersonError(ConflictError):
    """Somebody with this identity number is in the registry. `public_id` names him where the asker may see him.

    That he is there at all is an answer about `person`: a door counts it (`access.listed`) before it gives it.
    """

    code = "known-person"
    title = _("Somebody with this ID number is registered already.")
    kept = _("Nothing was entered a second time.")
    remedy = _("Open the entry that is there; if he has moved, record the moving.")

    def __init__(self, person: Person, *, shown: bool) -> None:
        self.person = person
        self.public_id: uuid.UUID | None = person.public_id if shown else None
        public_id = self.public_id
        super().__init__(
            remedy=None
            if public_id is not None
            else _("He lives outside your places. Report the moving in; once verified, his entry moves with him.")
        )


class LookAlikesError(ConflictError):
    """Entries that may be the same person, which nobody has yet said to be others: `found`."""

    code = "possibly-known"
    title = _("Somebody very much alike is registered already.")
    remedy = _("Look at the entries found; only if it is another person, say so and save again.")

    def __init__(self, found: list[registry.Candidate]) -> None:
        self.found = found
        super().__init__()


@transaction.atomic
def register(
    *,
    by: Any,
    draft: PersonDraft,
    household: Household | None = None,
    since: dt.date | None = None,
    source: str = Origin.VISIT.value,
    source_ref: str = "",
    stated_on: dt.date | None = None,
    others: Collection[uuid.UUID] = (),
    at: dt.datetime | None = None,
) -> Person:
    """Enter a person, as a member of a household or (an owner who lives elsewhere) by himself.

    Searches first: the same identity number raises `KnownPersonError`, the same name with the same phone or birth
    `LookAlikesError`, unless `others` names those entries as other people. The draft's public id once only: given again,
    the entry of the first time is returned.
    """
    at = at or clock.now()
    held: Person | None = (
        Person.objects.unscoped("the same draft, sent twice").filter(public_id=draft.public_id).first()
    )
    if held is not None:
        return held
    path = household.area_path if household is not None else ""
    _require(by, path)
    draft = drafts.checked(draft, on=clock.day_of(at))
    look_before(by, draft, area_path=path, others=others)
    told = Told(source, source_ref)
    with following(by=by, at=at, households=[household]):
        return enter(by=by, draft=draft, household=household, since=since, told=told, stated_on=stated_on, at=at)


def look_before(by: Any, draft: PersonDraft, *, area_path: str, others: Collection[uuid.UUID] = ()) -> None:
    """Refuse a person who is there already. Two who enter the same number at once come one after the other."""
    if draft.id_number:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [tokens.token("id", tokens.number(draft.id_number))])
    found = registry.candidates(by, draft, area_path=area_path)
    for one in found:
        if one.why == "id":
            raise KnownPersonError(one.person, shown=one.shown)
    # What the asker may not see he cannot judge either: it is left to the officers who look for duplicates.
    unsaid = [one for one in found if one.shown and one.person.public_id not in set(others)]
    if unsaid:
        raise LookAlikesError(unsaid)


def enter(
    *,
    by: Any,
    draft: PersonDraft,
    household: Household | None,
    since: dt.date | None,
    told: Told,
    stated_on: dt.date | None,
    at: dt.datetime,
) -> Person:
    """Write a checked draft; nobody is asked who may. For `register` and for what a settled case brings."""
    today = clock.day_of(at)
    stated = (graph.check_day(stated_on, at=at, field="stated_on") if stated_on is not None else today).isoformat()
    begins = graph.check_day(since or today, at=at)
    if draft.presence not in Membership.Presence.values:
        raise InvalidError(_("There is no such kind of presence."), field="presence")
    ring = Keyring.new([draft.public_id])
    person = Person.objects.create(
        public_id=draft.public_id,
        state=Person.State.AWAY,
        id_kind=draft.id_kind,
        registration=draft.registration,
        stated_on={field: stated for field in (*SEALED, *OPEN_FIELDS) if _says(draft, field)},
        source=told.source,
        source_ref=told.ref,
        **{f: ring.seal(draft.public_id, f"people.person.{f}", getattr(draft, f)) for f in SEALED},
    )
    if household is not None:
        locked = graph.lock_households([household.pk])[household.pk]
        graph.seat(person, locked, role=draft.role, since=begins, told=told, presence=draft.presence)
        reindex_household(locked)
        person.refresh_from_db()
    if person.state == Person.State.AWAY:
        reindex_person(person)
    record(
        "person.register",
        by=by,
        subject=person,
        at=at,
        household=household.pk if household is not None else None,
        source=told.source,
        ref=told.ref,
    )
    return person


@transaction.atomic
def correct(
    *,
    by: Any,
    person: Person,
    field: str,
    value: str,
    stated_on: dt.date,
    source: str = Origin.VISIT.value,
    source_ref: str = "",
    at: dt.datetime | None = None,
) -> bool:
    """Set one field to what was stated on a day; False when what is there was stated later.

    What was there is kept, sealed, as a `FieldChange`. A new identity number brings birth and sex with it.
    """
    at = at or clock.now()
    graph.check_day(stated_on, at=at, field="stated_on")
    locked = graph.lock_persons([person.pk])[person.pk]
    _require_person(by, locked)
    told = Told(source, source_ref)
    newer = write(by=by, person=locked, field=field, value=value, stated_on=stated_on, told=told, at=at)
    if newer and field in _MATCHED_BY:
        matching.rematch_household_of(locked, at=at)
    return newer


def write(*, by: Any, person: Person, field: str, value: str, stated_on: dt.date, told: Told, at: dt.datetime) -> bool:
    """`correct` for a locked person, without asking who may."""
    if person.state in {Person.State.MERGED, Person.State.ERASED}:
        raise ConflictError(_("This entry is closed; nothing in it can be changed."))
    value = _checked_value(person, field, value, at)
    stated = stated_on.isoformat()
    if person.stated_on.get(field, "") > stated:
        return False
    ring = Keyring.of([person.public_id])
    before = _read(ring, person, field)
    if before != value:
        if field == "id_number" and value:
            look = registry.holder_of(value)
            if look is not None and look.pk != person.pk:
                raise KnownPersonError(look, shown=access.sees(by, look))
        _keep(ring, person, field, before, by=by, told=told, at=at)
        _set(ring, person, field, value)
    person.stated_on = person.stated_on | {field: stated}
    person.save()
    if before != value:
        if field in _FOUND_BY:
            _refind(person)
        record("person.correct", by=by, subject=person, at=at, field=field, source=told.source, ref=told.ref)
        if field == "id_number" and value and person.id_kind == Person.IdKind.RESIDENT_ID:
            _follow_number(by, person, value, stated_on, told, at)
    return True


@transaction.atomic
def new_household(
    *,
    by: Any,
    room: Room,
    kind: str = Household.Kind.FAMILY.value,
    basis: str = Stay.Basis.OWN.value,
    since: dt.date,
    source: str = Origin.VISIT.value,
    source_ref: str = "",
    public_id: uuid.UUID | None = None,
    at: dt.datetime | None = None,
) -> Household:
    """Open a household in a room; its members are entered next. The same public id once only."""
    at = at or clock.now()
    if public_id is not None:
        held: Household | None = (
            Household.objects.unscoped("the same form, sent twice").filter(public_id=public_id).first()
        )
        if held is not None:
            return held
    _require(by, access.room_path(room))
    return open_household(
        by=by, room=room, kind=kind, basis=basis, since=since, told=Told(source, source_ref), public_id=public_id, at=at
    )


def open_household(
    *,
    by: Any,
    room: Room,
    kind: str,
    basis: str,
    since: dt.date,
    told: Told,
    at: dt.datetime,
    public_id: uuid.UUID | None = None,
) -> Household:
    """`new_household` without asking who may."""
    if kind not in Household.Kind.values:
        raise InvalidError(_("There is no such kind of household."), field="kind")
    if basis not in Stay.Basis.values:
        raise InvalidError(_("There is no such basis of living there."), field="basis")
    graph.check_day(since, at=at)
    more = {} if public_id is None else {"public_id": public_id}
    household = Household.objects.create(kind=kind, source=told.source, source_ref=told.ref, **more)
    graph.place(household, room, since=since, told=told, basis=basis)
    reindex_household(household)
    record("household.new", by=by, subject=household, at=at, room=room.pk, source=told.source, ref=told.ref)
    return household


@transaction.atomic
def verify_household(*, by: Any, household: Household, on: dt.date | None = None, at: dt.datetime | None = None) -> int:
    """走访核实: what is recorded of this household was found to be so on a day. How many persons were confirmed."""
    at = at or clock.now()
    day = graph.check_day(on or clock.day_of(at), at=at, field="on")
    locked = graph.lock_households([household.pk])[household.pk]
    _require(by, locked.area_path)
    living = locked.memberships.filter(valid_to__isnull=True, presence=Membership.Presence.LIVES)
    persons = graph.lock_persons(living.values_list("person_id", flat=True)).values()
    rows: list[Household | Person] = [locked, *persons]
    for row in rows:
        if row.verified_on is None or row.verified_on <= day:
            row.verified_on, row.verified_by = day, by
            row.save(update_fields=["verified_on", "verified_by"])
    record("household.verify", by=by, subject=locked, at=at, persons=sorted(person.pk for person in persons))
    return len(persons)


def _says(draft: PersonDraft, field: str) -> bool:
    silent = {"registration": Person.Registration.UNKNOWN.value}
    return getattr(draft, field) not in ("", silent.get(field))


def _require(by: Any, area_path: str) -> None:
    """An entry without a place (an owner who lives elsewhere) may be made by whoever makes entries anywhere."""
    authority = authority_of(by)
    if not (authority.may(P.PERSON_EDIT, area_path=area_path) if area_path else authority.holds(P.PERSON_EDIT)):
        raise NotAllowedError


def _require_person(by: Any, person: Person) -> None:
    if not access.sees(by, person, P.PERSON_EDIT):
        raise NotAllowedError


def _checked_value(person: Person, field: str, value: str, at: dt.datetime) -> str:
    if field == "id_kind":
        if value not in Person.IdKind.values:
            raise InvalidError(_("There is no such kind of document."), field=field)
        return value
    if field == "registration":
        if value not in Person.Registration.values:
            raise InvalidError(_("There is no such kind of registration."), field=field)
        return value
    if field not in SEALED:
        raise InvalidError(_("There is no such field."), field="field")
    return drafts.field_value(field, value, id_kind=person.id_kind, on=clock.day_of(at))


def _read(ring: Keyring, person: Person, field: str) -> str:
    if field in OPEN_FIELDS:
        return str(getattr(person, field))
    return ring.open(person.public_id, f"people.person.{field}", getattr(person, field)) or ""


def _set(ring: Keyring, person: Person, field: str, value: str) -> None:
    sealed = value if field in OPEN_FIELDS else ring.seal(person.public_id, f"people.person.{field}", value)
    setattr(person, field, sealed)


def _keep(ring: Keyring, person: Person, field: str, before: str, *, by: Any, told: Told, at: dt.datetime) -> None:
    said = person.stated_on.get(field)
    FieldChange.objects.create(
        person=person,
        field=field,
        before=ring.seal(person.public_id, "people.fieldchange.before", before),
        stated_before=said,
        at=at,
        by=by if getattr(by, "pk", None) else None,
        source=told.source,
        source_ref=told.ref,
    )


def _refind(person: Person) -> None:
    home = graph.living(person)
    if home is not None:
        reindex_household(home.household)
        person.refresh_from_db()
    else:
        reindex_person(person)


def _follow_number(by: Any, person: Person, number: str, stated_on: dt.date, told: Told, at: dt.datetime) -> None:
    said = identity.read_id(number, on=clock.day_of(at))
    for field, value in (("born", said.born.isoformat()), ("sex", said.sex)):
        write(by=by, person=person, field=field, value=value, stated_on=stated_on, told=told, at=at)

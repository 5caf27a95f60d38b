"""Taking back what a batch brought: who was added becomes as if he had never been, what was changed gets its old value.

Whatever somebody has touched since stays and is said: another statement, a visit, a need, a relation, another household.
Who was erased since is passed over and said; the rest of his file can still be taken back, although its key went with him:
fields are sealed under the person's own key, and where he lived before is read from the graph.
"""

from __future__ import annotations

import datetime as dt
import json
from functools import partial
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import Q

from wangge.domains.people.actions import bulk, following, indexing, taking_in_firms
from wangge.domains.people.actions.taking_in import Row as Taken
from wangge.domains.people.actions.taking_in import note, ref_of
from wangge.domains.people.exchange import batches
from wangge.domains.people.exchange.issues import Issue
from wangge.domains.people.models import (
    Entitlement,
    FieldChange,
    Firm,
    Household,
    ImportRow,
    Membership,
    Origin,
    Person,
    PersonSeen,
    Site,
    Stay,
)
from wangge.domains.people.sealing import Keyring
from wangge.foundation.core import clock, keystore

if TYPE_CHECKING:
    import uuid

    from wangge.domains.people.models import ImportBatch

_WHY = "an undo takes back what its own batch wrote"
_S = ImportRow.State
_DAY = dt.timedelta(days=1)
# What is no statement about somebody: that he was looked at, what a job computes every night, the file itself.
_NO_STATEMENT = (Entitlement, ImportRow, PersonSeen)


def take_back(batch: ImportBatch, rows: list[ImportRow]) -> None:
    """Take back these rows; call it in a transaction."""
    taken = [Taken(row, {}, person_id=row.person_id, household_id=row.household_id) for row in rows]
    for one in taken:
        one.firm_id, one.site_id, one.outcome = one.row.firm_id, one.row.site_id, _S.UNDONE
    erased = _erased([one.person_id for one in taken if one.person_id is not None])
    if batch.what == "persons":
        _persons(batch, taken, erased)
    elif batch.what == "firms":
        _firms(batch, taken)
    else:
        _sites(taken)
    keep = {one.row.pk: one.row.before for one in taken}
    note(batch, taken)
    for one in taken:
        one.row.before = keep[one.row.pk]
    for code, found in (("erased_since", True), ("changed_since", False)):
        left = [one.row.pk for one in taken if one.outcome == _S.LEFT and (one.person_id in erased) is found]
        ImportRow.objects.filter(pk__in=left).update(issues=[Issue("", code).stored()])


def _erased(pks: list[int]) -> set[int]:
    rows = Person.objects.unscoped(_WHY).filter(pk__in=pks, state=Person.State.ERASED)
    return set(rows.values_list("pk", flat=True))


def _persons(batch: ImportBatch, taken: list[Taken], erased: set[int]) -> None:
    ref = ref_of(batch)
    uses = following.uses_of(_rooms(taken))
    for one in taken:
        if one.person_id in erased:
            one.outcome = _S.LEFT
    taken = [one for one in taken if one.person_id not in erased]
    added = [one for one in taken if one.row.state == _S.ADDED]
    touched = _touched([one.person_id for one in added if one.person_id], batch, ref)
    homes: set[int] = set()
    gone: list[int] = []
    for one in added:
        if one.person_id in touched:
            one.outcome = _S.LEFT
        elif one.person_id is not None:
            gone.append(one.person_id)
    if gone:
        homes |= _forget(gone, ref)
    ring = Keyring.of([batch.public_id])
    for one in taken:
        if one.row.state == _S.CHANGED and not _put_back(batch, one, ring, homes):
            one.outcome = _S.LEFT
    _tidy(homes, ref)
    following.follow_uses_of_batch(uses, by=batch.by, ref=f"{ref} undone")


def _rooms(taken: list[Taken]) -> set[int]:
    """Wherever these people ever lived here: where they live now, and where the file took them from."""
    persons = [one.person_id for one in taken if one.person_id is not None]
    stays = Stay.objects.filter(household__memberships__person__in=persons)
    return set(stays.order_by().values_list("room_id", flat=True))


def _touched(pks: list[int], batch: ImportBatch, ref: str) -> set[int]:
    """Persons of whom anybody said anything since: found through every table that points to a person."""
    found = set(
        Person.objects.unscoped(_WHY)
        .filter(pk__in=pks)
        .filter(Q(verified_by__isnull=False) | Q(verified_on__gt=batch.as_of) | Q(notice_given_on__isnull=False))
        .values_list("pk", flat=True)
    )
    for relation in Person._meta.related_objects:
        model: Any = relation.related_model
        name = relation.field.attname
        if issubclass(model, _NO_STATEMENT):
            continue
        rows = model._base_manager.filter(**{f"{name}__in": pks})  # noqa: SLF001 — of whatever table points here
        if model is FieldChange:
            rows = rows.exclude(source_ref=ref)
        elif model is Membership:
            rows = rows.exclude(source_ref=ref, valid_to__isnull=True)
        found |= set(rows.values_list(name, flat=True))
    return found


def _forget(pks: list[int], ref: str) -> set[int]:
    """As if never entered: no field, no token, no home, and the key destroyed; the households that lost somebody."""
    seats = Membership.objects.filter(person__in=pks, source_ref=ref)
    homes = set(seats.values_list("household_id", flat=True))
    seats.delete()
    persons = Person.objects.unscoped(_WHY).filter(pk__in=pks)
    subjects: list[uuid.UUID] = list(persons.values_list("public_id", flat=True))
    empty: dict[str, Any] = dict.fromkeys(bulk.SEALED)
    persons.update(state=Person.State.ERASED, area_path="", tokens=[], stated_on={}, changed_at=clock.now(), **empty)
    transaction.on_commit(partial(keystore.keys().destroy, subjects))
    return homes


def _put_back(batch: ImportBatch, one: Taken, ring: Keyring, homes: set[int]) -> bool:
    """The fields and the home that the batch changed; False when something of it was changed since, and stays."""
    ref = ref_of(batch)
    person = Person.objects.unscoped(_WHY).select_for_update(of=("self",)).filter(pk=one.person_id).first()
    if person is None or person.state in (Person.State.MERGED, Person.State.ERASED):
        return False
    own = Keyring.of([person.public_id])
    whole = True
    later: list[FieldChange] = []
    for change in FieldChange.objects.filter(person=person, source_ref=ref).order_by("-pk"):
        since = FieldChange.objects.filter(person=person, field=change.field, pk__gt=change.pk).exclude(source_ref=ref)
        if since.exists() or person.stated_on.get(change.field) != batch.as_of.isoformat():
            whole = False
            continue
        column = f"people.person.{change.field}"
        now = own.open(person.public_id, column, getattr(person, change.field)) or ""
        before = own.open(person.public_id, "people.fieldchange.before", change.before) or ""
        setattr(person, change.field, own.seal(person.public_id, column, before))
        if change.stated_before is not None:
            person.stated_on[change.field] = change.stated_before.isoformat()
        else:
            person.stated_on.pop(change.field, None)
        later.append(
            FieldChange(
                person=person,
                field=change.field,
                before=own.seal(person.public_id, "people.fieldchange.before", now),
                stated_before=batch.as_of,
                at=clock.now(),
                by=batch.by,
                source=Origin.IMPORT,
                source_ref=f"{ref} undone",
            )
        )
    FieldChange.objects.bulk_create(later)
    person.save(update_fields=[*bulk.SEALED, "stated_on"])
    text = ring.open(batch.public_id, batches.BEFORE, one.row.before) if one.row.before else ""
    moved: dict[str, Any] = json.loads(text) if text else _moved_by(person, ref)
    if moved:
        whole = _move_back(moved, person, homes) and whole
    indexing.reindex_person(person)
    if any(change.field == "name" for change in later) and one.household_id is not None:
        homes.add(one.household_id)
    return whole


def _moved_by(person: Person, ref: str) -> dict[str, Any]:
    """From where a batch moved somebody, when its own note of it is gone; {} when it did not move him."""
    lives = person.memberships.filter(presence=Membership.Presence.LIVES)
    joined = lives.filter(source_ref=ref, valid_to__isnull=True).first()
    if joined is None:
        return {}
    left = lives.filter(valid_to=joined.valid_from).exclude(pk=joined.pk).order_by("-valid_from", "-pk").first()
    state = Person.State.PRESENT if left is not None else Person.State.AWAY
    return {"joined": joined.pk, "left": left.pk if left is not None else None, "state": state.value}


def _move_back(before: dict[str, Any], person: Person, homes: set[int]) -> bool:
    joined = Membership.objects.filter(pk=before["joined"], person=person, valid_to__isnull=True).first()
    if joined is None:
        return False
    homes.add(joined.household_id)
    joined.delete()
    left = Membership.objects.filter(pk=before["left"], person=person).select_related("household").first()
    if left is not None:
        Membership.objects.filter(pk=left.pk).update(valid_to=None)
        # The household that stood empty for it lives where it lived.
        stay = left.household.stays.order_by("-valid_from", "-pk").first()
        if stay is not None and stay.valid_to is not None and not left.household.active:
            Stay.objects.filter(pk=stay.pk).update(valid_to=None)
        homes.add(left.household_id)
    if before["state"] == Person.State.AWAY:
        Person.objects.unscoped(_WHY).filter(pk=person.pk).update(state=Person.State.AWAY)
    return True


def _tidy(homes: set[int], ref: str) -> None:
    """Households of the batch in which nobody is left never stayed anywhere; the others are written anew."""
    for household in Household.objects.unscoped(_WHY).filter(pk__in=homes).order_by("pk"):
        if household.source_ref == ref and not household.memberships.exists():
            household.stays.filter(source_ref=ref).delete()
        indexing.reindex_household(household)


def _firms(batch: ImportBatch, taken: list[Taken]) -> None:
    firms = {
        firm.pk: firm
        for firm in Firm.objects.unscoped(_WHY).select_for_update().filter(pk__in=[one.firm_id for one in taken])
    }
    ring = Keyring.of(firm.public_id for firm in firms.values())
    own = Keyring.of([batch.public_id])
    doomed: list[uuid.UUID] = []
    for one in taken:
        firm = firms[one.firm_id] if one.firm_id is not None else None
        if firm is None:
            continue
        if one.row.state == _S.ADDED:
            if _firm_touched(firm, batch):
                one.outcome = _S.LEFT
            else:
                firm.contact_name = firm.contact_phone = None
                firm.valid_to = max(clock.today(), firm.valid_from + _DAY)
                firm.save(update_fields=["contact_name", "contact_phone", "valid_to"])
                doomed.append(firm.public_id)
            continue
        if one.row.before is None:  # forgotten after 90 days
            one.outcome = _S.LEFT
            continue
        told = json.loads(own.open(batch.public_id, batches.BEFORE, one.row.before) or "{}")
        same = {
            column: value
            for column, value in told.get("before", {}).items()
            if _now(firm, column, ring) == told["after"][column]
        }
        taking_in_firms.write(firm, same, ring)
        if len(same) < len(told.get("before", {})):
            one.outcome = _S.LEFT
    transaction.on_commit(partial(keystore.keys().destroy, doomed))


def _now(firm: Firm, column: str, ring: Keyring) -> Any:
    if column in ("contact_name", "contact_phone"):
        return ring.open(firm.public_id, f"people.firm.{column}", getattr(firm, column))
    return getattr(firm, column)


def _firm_touched(firm: Firm, batch: ImportBatch) -> bool:
    if firm.valid_to is not None or (firm.verified_on is not None and firm.verified_on > batch.as_of):
        return True
    for relation in Firm._meta.related_objects:
        model: Any = relation.related_model
        rows = model._base_manager.filter(**{relation.field.name: firm})  # noqa: SLF001 — of whatever table points here
        if model is ImportRow:
            rows = rows.exclude(batch=batch).filter(state=_S.CHANGED)
        if rows.exists():
            return True
    return False


def _sites(taken: list[Taken]) -> None:
    for one in taken:
        site = Site.objects.select_for_update().filter(pk=one.site_id or 0).first()
        if site is None or site.valid_to is not None:
            one.outcome = _S.LEFT
            continue
        site.valid_to = max(clock.today(), site.valid_from + _DAY)
        site.save(update_fields=["valid_to"])

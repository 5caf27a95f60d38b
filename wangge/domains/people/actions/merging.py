"""Two entries of one person become one, and two again: nothing is thrown away, so that the un-merge restores exactly.

The rows of the entry that goes change hands; those that would contradict the kept one (he lived elsewhere on the same
days) stay with it and are ended. `PersonMerge.moved` names them all by id. What the kept entry did not know it takes
over as a correction. Needs and benefits are sealed anew under the kept person's key.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from wangge.domains.people import access
from wangge.domains.people.actions import graph
from wangge.domains.people.actions.bulk import SEALED
from wangge.domains.people.actions.following import following
from wangge.domains.people.actions.graph import Told
from wangge.domains.people.actions.indexing import reindex_household, reindex_person
from wangge.domains.people.actions.registering import write
from wangge.domains.people.models import (
    Circumstance,
    Enrolment,
    FieldChange,
    Household,
    Membership,
    Origin,
    Person,
    PersonMerge,
    PopulationChange,
    Relation,
    Tenancy,
    Title,
)
from wangge.domains.people.sealing import Keyring
from wangge.foundation.accounts.permissions import P
from wangge.foundation.audit import kinds
from wangge.foundation.audit.actions import record
from wangge.foundation.core import clock
from wangge.foundation.core.problems import ConflictError, InvalidError, NotAllowedError

if TYPE_CHECKING:
    from collections.abc import Iterable

kinds.declare("person.merge", "person.unmerge")

_LEAST_REASON = 4
_SEALED_TIES: tuple[tuple[type[Circumstance | Enrolment], tuple[str, ...]], ...] = (
    (Circumstance, ("kind", "detail")),
    (Enrolment, ("policy", "detail")),
)
_PLAIN_TIES: tuple[tuple[str, Any, str], ...] = (
    ("titles", Title, "person_id"),
    ("lets", Tenancy, "landlord_id"),
)


@transaction.atomic
def merge(*, by: Any, kept: Person, gone: Person, reason: str, at: dt.datetime | None = None) -> PersonMerge:
    """Make one entry of two: `gone` closes and points to `kept`. Needs `person:merge` at both.

    Refuses two entries with different identity numbers: those are two people.
    """
    at = at or clock.now()
    if kept.pk == gone.pk:
        raise InvalidError(_("These are not two entries."), field="other")
    if len(reason.strip()) < _LEAST_REASON:
        raise InvalidError(_("Please say by what you know that it is one person."), field="reason")
    if not all(access.sees(by, one, P.PERSON_MERGE) for one in (kept, gone)):
        raise NotAllowedError
    households = graph.lock_households(_households_of(kept, gone))
    locked = graph.lock_persons([kept.pk, gone.pk])
    kept, gone = locked[kept.pk], locked[gone.pk]
    _check(kept, gone)
    with following(by=by, at=at, persons=[kept, gone], households=households.values()):
        today = clock.day_of(at)
        row = PersonMerge.objects.create(
            kept=kept, gone=gone, reason=reason.strip(), at=at, by=by if getattr(by, "pk", None) else None
        )
        moved: dict[str, Any] = {"was": {"state": gone.state, "area_path": gone.area_path}}
        moved |= _move_memberships(kept, gone, today)
        moved |= _move_relations(kept, gone, today)
        for name, model, column in _PLAIN_TIES:
            moved[name] = _hand_over(model.objects.filter(**{column: gone.pk}), **{column: kept.pk})
        changes = PopulationChange.objects.unscoped("the person of a change is now the kept one").filter(person=gone)
        moved["changes"] = _hand_over(changes, person_id=kept.pk)
        moved |= _move_sealed(kept, gone)
        gone.state, gone.merged_into = Person.State.MERGED, kept
        gone.save()
        reindex_person(gone)
        _settle(kept, households)
        moved["filled"] = _fill(by, kept, gone, Told(_origin(kept), f"merge:{row.pk}"), at)
        row.moved = moved
        row.save(update_fields=["moved"])
        record("person.merge", by=by, subject=kept, at=at, gone=gone.pk, merge=row.pk)
    return row


@transaction.atomic
def unmerge(*, by: Any, merge: PersonMerge, at: dt.datetime | None = None) -> PersonMerge:
    """Two people after all: every row goes back, what was taken over is taken back unless it was changed since.

    The last merge of an entry first. What was entered on the kept one since stays with it.
    """
    at = at or clock.now()
    row = PersonMerge.objects.select_for_update().get(pk=merge.pk)
    kept = Person.objects.unscoped("the person of a merge").get(pk=row.kept_id)
    gone = Person.objects.unscoped("the person of a merge").get(pk=row.gone_id)
    if not access.sees(by, kept, P.PERSON_MERGE):
        raise NotAllowedError
    moved = row.moved
    returning = Membership.objects.filter(pk__in=[*moved["memberships"], *moved["ended_memberships"]])
    households = graph.lock_households([*_households_of(kept, gone), *returning.values_list("household_id", flat=True)])
    locked = graph.lock_persons([kept.pk, gone.pk])
    kept, gone = locked[kept.pk], locked[gone.pk]
    later = PersonMerge.objects.filter(kept=kept, undone_at__isnull=True, pk__gt=row.pk)
    if row.undone_at is not None or gone.merged_into_id != kept.pk or gone.state != Person.State.MERGED:
        raise ConflictError(_("This merge was undone already."))
    if kept.state in {Person.State.MERGED, Person.State.ERASED} or later.exists():
        raise ConflictError(_("Something was merged later: undo that first."))
    with following(by=by, at=at, persons=[kept, gone], households=households.values()):
        _unfill(kept, moved["filled"], f"merge:{row.pk}")
        Membership.objects.filter(pk__in=moved["memberships"], person=kept).update(person=gone)
        _reopen(moved["ended_memberships"])
        Relation.objects.filter(pk__in=moved["relations"], person=kept).update(person=gone)
        Relation.objects.filter(pk__in=moved["related"], other=kept).update(other=gone)
        Relation.objects.filter(pk__in=moved["ended_relations"]).update(valid_to=None)
        for name, model, column in _PLAIN_TIES:
            model.objects.filter(pk__in=moved[name], **{column: kept.pk}).update(**{column: gone.pk})
        PopulationChange.objects.unscoped("back to the person of the change").filter(
            pk__in=moved["changes"], person=kept
        ).update(person=gone)
        ring = Keyring.of([kept.public_id, gone.public_id])
        for model, columns in _SEALED_TIES:
            rows = model.objects.filter(pk__in=moved[model._meta.model_name], person=kept)
            _reseal(rows, columns, ring, kept, gone)
        gone.state, gone.merged_into = moved["was"]["state"], None
        gone.save()
        _settle(kept, households)
        gone.refresh_from_db()
        reindex_person(gone)
        row.undone_at, row.undone_by = at, by if getattr(by, "pk", None) else None
        row.save(update_fields=["undone_at", "undone_by"])
        record("person.unmerge", by=by, subject=kept, at=at, gone=gone.pk, merge=row.pk)
    return row


def _check(kept: Person, gone: Person) -> None:
    closed = {Person.State.MERGED, Person.State.ERASED}
    if kept.state in closed or gone.state in closed:
        raise ConflictError(_("This entry is closed; nothing in it can be changed."))
    ring = Keyring.of([kept.public_id, gone.public_id])
    numbers = {ring.open(one.public_id, "people.person.id_number", one.id_number) for one in (kept, gone)}
    if len({number for number in numbers if number}) > 1:
        raise ConflictError(
            _("The two entries have different ID numbers: they are two people."),
            remedy=_("If one of the numbers is wrong, correct it first."),
        )


def _households_of(*persons: Person) -> list[int]:
    found = Membership.objects.filter(person__in=persons, valid_to__isnull=True)
    return list(found.values_list("household_id", flat=True).distinct())


def _move_memberships(kept: Person, gone: Person, today: dt.date) -> dict[str, Any]:
    """Rows that contradict none of the kept entry change hands; of the others the open ones are ended."""
    held = list(kept.memberships.all())
    moved, ended = [], []
    for one in gone.memberships.order_by("valid_from", "pk"):
        dead = kept.state == Person.State.DEAD and one.valid_to is None
        if dead or any(one.presence == other.presence and _at_once(one, other) for other in held):
            if one.valid_to is None:
                ended.append(one.pk)
                one.valid_to = max(today, one.valid_from + graph.ONE_DAY)
                one.save(update_fields=["valid_to"])
        else:
            moved.append(one.pk)
            one.person = kept
            one.save(update_fields=["person"])
    return {"memberships": moved, "ended_memberships": ended}


def _move_relations(kept: Person, gone: Person, today: dt.date) -> dict[str, Any]:
    found: dict[str, list[int]] = {"relations": [], "related": [], "ended_relations": []}
    for row in Relation.objects.filter(Q(person=gone) | Q(other=gone)).order_by("pk"):
        mine = row.person_id == gone.pk
        pair = (kept.pk, row.other_id) if mine else (row.person_id, kept.pk)
        held = Relation.objects.filter(person=pair[0], other=pair[1], kind=row.kind, valid_to__isnull=True)
        if pair[0] == pair[1] or (row.valid_to is None and held.exists()):
            if row.valid_to is None:
                found["ended_relations"].append(row.pk)
                row.valid_to = max(today, row.valid_from + graph.ONE_DAY)
                row.save(update_fields=["valid_to"])
            continue
        row.person_id, row.other_id = pair
        row.save(update_fields=["person", "other"])
        found["relations" if mine else "related"].append(row.pk)
    return found


def _move_sealed(kept: Person, gone: Person) -> dict[str, Any]:
    ring = Keyring.of([kept.public_id, gone.public_id])
    return {
        str(model._meta.model_name): _reseal(model.objects.filter(person=gone), columns, ring, gone, kept)
        for model, columns in _SEALED_TIES
    }


def _reseal(rows: Any, columns: tuple[str, ...], ring: Keyring, old: Person, new: Person) -> list[int]:
    """Give sealed rows to another person: opened with the one key, sealed with the other."""
    done = []
    for row in rows.order_by("pk"):
        for column in columns:
            purpose = f"people.{row._meta.model_name}.{column}"
            plain = ring.open(old.public_id, purpose, getattr(row, column))
            setattr(row, column, ring.seal(new.public_id, purpose, plain or ""))
        row.person = new
        row.save()
        done.append(row.pk)
    return done


def _hand_over(rows: Any, **to: int) -> list[int]:
    ids = list(rows.order_by("pk").values_list("pk", flat=True))
    rows.filter(pk__in=ids).update(**to)
    return ids


def _fill(by: Any, kept: Person, gone: Person, told: Told, at: dt.datetime) -> list[str]:
    """What the kept entry does not know it takes over, with the day on which it was stated of the other."""
    ring = Keyring.of([gone.public_id])
    filled = []
    for field in SEALED:
        value = ring.open(gone.public_id, f"people.person.{field}", getattr(gone, field))
        if not value or getattr(kept, field) is not None:
            continue
        stated = dt.date.fromisoformat(gone.stated_on.get(field) or clock.day_of(at).isoformat())
        if write(by=by, person=kept, field=field, value=value, stated_on=stated, told=told, at=at):
            filled.append(field)
    return filled


def _unfill(kept: Person, fields: Iterable[str], ref: str) -> None:
    """Empty again what was taken over, unless a later correction stands on it. The history of it stays."""
    for field in fields:
        last = FieldChange.objects.filter(person=kept, field=field).order_by("-pk").first()
        if last is None or last.source_ref != ref:
            continue
        setattr(kept, field, None)
        stated = dict(kept.stated_on)
        if last.stated_before is None:
            stated.pop(field, None)
        else:
            stated[field] = last.stated_before.isoformat()
        kept.stated_on = stated
    kept.save()


def _reopen(pks: Iterable[int]) -> None:
    """Memberships that the merge ended hold again; a household that found another head meanwhile keeps him."""
    for row in Membership.objects.filter(pk__in=list(pks)):
        row.valid_to = None
        heads = Membership.objects.filter(household_id=row.household_id, role=row.role, valid_to__isnull=True)
        if row.role == Membership.Role.HEAD and heads.exists():
            row.role = Membership.Role.OTHER
        row.save(update_fields=["valid_to", "role"])


def _settle(kept: Person, households: dict[int, Household]) -> None:
    for household in households.values():
        reindex_household(household)
    kept.refresh_from_db()
    reindex_person(kept)
    kept.refresh_from_db()


def _origin(kept: Person) -> str:
    return kept.source or Origin.OFFICE.value


def _at_once(one: Membership, other: Membership) -> bool:
    return (one.valid_to is None or one.valid_to > other.valid_from) and (
        other.valid_to is None or other.valid_to > one.valid_from
    )

"""Recording what a person needs: with its basis, for a time, audited by key and never by what it is."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from wangge.domains.people import benefits, circumstances
from wangge.domains.people.actions import matching
from wangge.domains.people.circumstances import KINDS, UnknownKindError
from wangge.domains.people.models import Circumstance, Origin, Person
from wangge.domains.people.sealing import Keyring
from wangge.foundation.accounts.authority import authority_of
from wangge.foundation.accounts.permissions import P
from wangge.foundation.audit import kinds
from wangge.foundation.audit.actions import record as audit
from wangge.foundation.core import clock
from wangge.foundation.core.problems import ConflictError, InvalidError, NotFoundError

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping

kinds.declare("need.record", "need.confirm", "need.end")


@transaction.atomic
def record(
    *,
    by: Any,
    person: Person,
    kind: str,
    detail: Mapping[str, str] | None = None,
    basis: str,
    since: dt.date,
    source: str = Origin.VISIT.value,
    source_ref: str = "",
    at: dt.datetime | None = None,
) -> Circumstance:
    """Keep a need of a person who lives at the actor's place, until its review.

    `basis` is the duty or consent on which it is kept, in words. Refuses what is not on the list of
    `circumstances.py`, a day to come, and a kind that is in force already (end it first).
    """
    now = at or clock.now()
    today = clock.day_of(now)
    person = allowed(by, person)
    try:
        particulars = circumstances.checked(kind, detail or {})
    except UnknownKindError:
        raise InvalidError(_("Choose a need from the list and say its particulars."), field="kind") from None
    if not basis.strip():
        raise InvalidError(_("Say on which duty or consent this is kept."), field="basis")
    if since > today:
        raise InvalidError(_("The day lies in the future."), field="since")
    ring = Keyring.of([person.public_id])
    if any(one.kind == kind for one in benefits.needs_of([person], ring, today).get(person.pk, ())):
        raise ConflictError(_("This is on record already."), remedy=_("Confirm it, or end it first."))
    sealed = ring.seal(person.public_id, "people.circumstance.kind", kind)
    assert sealed is not None  # a kind is never empty
    kept = particulars | {benefits.BASIS: basis.strip()[:120]}
    row = Circumstance.objects.create(
        person=person,
        kind=sealed,
        detail=ring.seal(person.public_id, "people.circumstance.detail", json.dumps(kept, sort_keys=True)),
        valid_from=since,
        review_on=circumstances.review_on(kind, today),
        source=source,
        source_ref=source_ref,
    )
    audit("need.record", by=by, subject=row, at=now, person=person.pk)
    matching.rematch_household_of(person, at=now)
    return row


@transaction.atomic
def confirm(*, by: Any, need: Circumstance, at: dt.datetime | None = None) -> Circumstance:
    """It still holds: kept until the next review."""
    now = at or clock.now()
    today = clock.day_of(now)
    need, person = _running(by, need, today)
    kind = Keyring.of([person.public_id]).open(person.public_id, "people.circumstance.kind", need.kind)
    if not kind or kind not in KINDS:
        raise NotFoundError
    need.review_on = circumstances.review_on(kind, today)
    need.save(update_fields=["review_on"])
    audit("need.confirm", by=by, subject=need, at=now, person=person.pk)
    matching.rematch_household_of(person, at=now)
    return need


@transaction.atomic
def end(*, by: Any, need: Circumstance, at: dt.datetime | None = None) -> Circumstance:
    """It holds no longer, from today. What was recorded and ended on one day never held and is taken out."""
    now = at or clock.now()
    today = clock.day_of(now)
    need, person = _running(by, need, today)
    audit("need.end", by=by, subject=need, at=now, person=person.pk)
    close(need, today)
    matching.rematch_household_of(person, at=now)
    return need


def close(need: Circumstance, today: dt.date) -> None:
    """End a row today; one that began today is taken out, for a dated row must last a day."""
    if need.valid_from >= today:
        need.delete()
        return
    need.valid_to = today
    need.save(update_fields=["valid_to"])


def allowed(by: Any, person: Person) -> Person:
    """The person as he is now, locked, if he lives where the actor holds `person:need`; else `NotFoundError`."""
    rows = Person.objects.unscoped("checked on the next line").select_for_update().filter(pk=person.pk)
    row: Person | None = rows.first()
    if row is None or row.state != Person.State.PRESENT:
        raise NotFoundError
    if by is not None and not authority_of(by).may(P.PERSON_NEED, area_path=row.area_path):
        raise NotFoundError
    return row


def _running(by: Any, need: Circumstance, today: dt.date) -> tuple[Circumstance, Person]:
    row = Circumstance.objects.select_for_update().filter(pk=need.pk).first()
    if row is None:
        raise NotFoundError
    person = allowed(by, row.person)
    if row.valid_to is not None and row.valid_to <= today:
        raise ConflictError
    return row, person

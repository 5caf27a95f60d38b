"""Ties between two people: kin, guardians, whom to call. Dated, ended, never deleted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from wangge.domains.people import access
from wangge.domains.people.actions import graph
from wangge.domains.people.models import Origin, Person, Relation
from wangge.foundation.accounts.permissions import P
from wangge.foundation.audit import kinds
from wangge.foundation.audit.actions import record
from wangge.foundation.core import clock
from wangge.foundation.core.problems import InvalidError, NotAllowedError, NotFoundError

if TYPE_CHECKING:
    import datetime as dt

kinds.declare("person.relate", "person.unrelate")

_SYMMETRIC = frozenset({Relation.Kind.SPOUSE, Relation.Kind.SIBLING})


@transaction.atomic
def relate(
    *,
    by: Any,
    person: Person,
    other: Person,
    kind: str,
    since: dt.date,
    source: str = Origin.VISIT.value,
    source_ref: str = "",
    at: dt.datetime | None = None,
) -> Relation:
    """`person` is the `kind` of `other` from a day on. What is already so is returned; spouses and siblings are so both
    ways and written once. Needs `person:edit` at one of them and sight of the other.
    """
    at = at or clock.now()
    graph.check_day(since, at=at)
    if kind not in Relation.Kind.values:
        raise InvalidError(_("There is no such relation."), field="kind")
    if person.pk == other.pk:
        raise InvalidError(_("Nobody is related to himself."), field="other")
    if not any(access.sees(by, one, P.PERSON_EDIT) for one in (person, other)):
        raise NotAllowedError
    if not all(access.sees(by, one) for one in (person, other)):
        raise NotFoundError
    return tie(by=by, person=person, other=other, kind=kind, since=since, told=graph.Told(source, source_ref), at=at)


def tie(
    *, by: Any, person: Person, other: Person, kind: str, since: dt.date, told: graph.Told, at: dt.datetime
) -> Relation:
    """`relate` without asking who may."""
    graph.lock_persons([person.pk, other.pk])
    pairs = [(person, other), (other, person)] if kind in _SYMMETRIC else [(person, other)]
    for one, another in pairs:
        held = Relation.objects.filter(person=one, other=another, kind=kind, valid_to__isnull=True).first()
        if held is not None:
            return held
    row = Relation.objects.create(
        person=person, other=other, kind=kind, valid_from=since, source=told.source, source_ref=told.ref
    )
    record("person.relate", by=by, subject=person, at=at, other=other.pk, relation=kind, ref=told.ref)
    return row


@transaction.atomic
def end_relation(*, by: Any, relation: Relation, until: dt.date, at: dt.datetime | None = None) -> Relation:
    """The relation no longer holds from `until` on."""
    at = at or clock.now()
    row = Relation.objects.select_related("person", "other").select_for_update(of=("self",)).get(pk=relation.pk)
    if not any(access.sees(by, one, P.PERSON_EDIT) for one in (row.person, row.other)):
        raise NotAllowedError
    graph.end(row, until, at=at)
    record("person.unrelate", by=by, subject=row.person, at=at, relation=row.pk)
    return row

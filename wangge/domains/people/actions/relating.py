"""Ties between two people, and between people and rooms: kinship, owners, tenants. Dated, ended, never deleted."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import Sum
from django.utils.translation import gettext_lazy as _

from wangge.domains.people import access
from wangge.domains.people.actions import graph
from wangge.domains.people.models import Firm, Household, Origin, Person, Relation, Tenancy, Title
from wangge.foundation.accounts.authority import authority_of
from wangge.foundation.accounts.permissions import P
from wangge.foundation.audit import kinds
from wangge.foundation.audit.actions import record
from wangge.foundation.core import clock
from wangge.foundation.core.problems import InvalidError, NotAllowedError, NotFoundError
from wangge.foundation.places.models import Room

if TYPE_CHECKING:
    import datetime as dt

kinds.declare("person.relate", "person.unrelate", "room.own", "room.disown", "room.let", "room.end_let")

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
    _end(row, until, at)
    record("person.unrelate", by=by, subject=row.person, at=at, relation=row.pk)
    return row


@transaction.atomic
def own(
    *,
    by: Any,
    room: Room,
    owner: Person | Firm,
    since: dt.date,
    share: Decimal = Decimal(1),
    source: str = Origin.VISIT.value,
    source_ref: str = "",
    at: dt.datetime | None = None,
) -> Title:
    """A person or firm owns a share of a room from a day on. The shares in force never come to more than the whole."""
    at = at or clock.now()
    graph.check_day(since, at=at)
    _require_room(by, room)
    Room.objects.select_for_update().get(pk=room.pk)
    if not 0 < share <= 1:
        raise InvalidError(_("A share is more than nothing and at most the whole."), field="share")
    held = Title.objects.filter(room=room, valid_to__isnull=True).aggregate(all=Sum("share"))["all"] or Decimal(0)
    if held + share > 1:
        raise InvalidError(
            _("The shares would come to more than the whole: end an earlier title first."), field="share"
        )
    row = Title.objects.create(
        room=room, share=share, valid_from=since, source=source, source_ref=source_ref, **_who(owner)
    )
    record("room.own", by=by, subject=room, at=at, title=row.pk)
    return row


@transaction.atomic
def end_title(*, by: Any, title: Title, until: dt.date, at: dt.datetime | None = None) -> Title:
    """The owner no longer owns it from `until` on."""
    at = at or clock.now()
    row = (
        Title.objects.select_related("room__entrance__building__community")
        .select_for_update(of=("self",))
        .get(pk=title.pk)
    )
    _require_room(by, row.room)
    _end(row, until, at)
    record("room.disown", by=by, subject=row.room, at=at, title=row.pk)
    return row


@transaction.atomic
def let(
    *,
    by: Any,
    room: Room,
    tenant: Household | Firm,
    since: dt.date,
    landlord: Person | None = None,
    purpose: str = Tenancy.Purpose.LIVING.value,
    source: str = Origin.VISIT.value,
    source_ref: str = "",
    at: dt.datetime | None = None,
) -> Tenancy:
    """A room is let to a household or a firm from a day on. What is already so is returned."""
    at = at or clock.now()
    graph.check_day(since, at=at)
    _require_room(by, room)
    return write_tenancy(
        by=by,
        room=room,
        tenant=tenant,
        landlord=landlord,
        since=since,
        purpose=purpose,
        told=graph.Told(source, source_ref),
        at=at,
    )


def write_tenancy(
    *,
    by: Any,
    room: Room,
    tenant: Household | Firm,
    landlord: Person | None,
    since: dt.date,
    told: graph.Told,
    at: dt.datetime,
    purpose: str = Tenancy.Purpose.LIVING.value,
) -> Tenancy:
    """`let` without asking who may."""
    if purpose not in Tenancy.Purpose.values:
        raise InvalidError(_("There is no such use of a let room."), field="purpose")
    who = {"household": tenant} if isinstance(tenant, Household) else {"firm": tenant}
    held = Tenancy.objects.filter(room=room, valid_to__isnull=True, **who).first()
    if held is not None:
        return held
    row = Tenancy.objects.create(
        room=room,
        landlord=landlord,
        purpose=purpose,
        valid_from=since,
        source=told.source,
        source_ref=told.ref,
        **who,
    )
    record("room.let", by=by, subject=room, at=at, tenancy=row.pk, ref=told.ref)
    return row


@transaction.atomic
def end_tenancy(*, by: Any, tenancy: Tenancy, until: dt.date, at: dt.datetime | None = None) -> Tenancy:
    """The room is no longer let to them from `until` on. Where they live is another matter (`moving.move`)."""
    at = at or clock.now()
    row = (
        Tenancy.objects.select_related("room__entrance__building__community")
        .select_for_update(of=("self",))
        .get(pk=tenancy.pk)
    )
    _require_room(by, row.room)
    _end(row, until, at)
    record("room.end_let", by=by, subject=row.room, at=at, tenancy=row.pk)
    return row


def _end(row: Relation | Title | Tenancy, until: dt.date, at: dt.datetime) -> None:
    graph.check_day(until, at=at, field="until")
    if row.valid_to is not None:
        return
    if until <= row.valid_from:
        raise graph.TooEarlyError(field="until")
    row.valid_to = until
    row.save(update_fields=["valid_to"])


def _who(owner: Person | Firm) -> dict[str, Any]:
    return {"person": owner} if isinstance(owner, Person) else {"firm": owner}


def _require_room(by: Any, room: Room) -> None:
    if not authority_of(by).may(P.PERSON_EDIT, area_path=access.room_path(room)):
        raise NotAllowedError

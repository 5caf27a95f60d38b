"""To whom a room is let: a household or a firm, for a time, by an agreement. What the room is used for follows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from wangge.domains.people import access
from wangge.domains.people.actions import graph, moving
from wangge.domains.people.actions.following import following
from wangge.domains.people.actions.owning import require_room
from wangge.domains.people.models import Firm, Household, Origin, Person, Tenancy
from wangge.foundation.accounts.authority import authority_of
from wangge.foundation.accounts.permissions import P
from wangge.foundation.audit import kinds
from wangge.foundation.audit.actions import record
from wangge.foundation.core import clock
from wangge.foundation.core.problems import ConflictError, InvalidError, NotAllowedError, NotFoundError
from wangge.foundation.places.models import Room

if TYPE_CHECKING:
    import datetime as dt

kinds.declare("room.let", "room.end_let", "room.correct_let", "room.withdraw_let")

ENDS = {
    "over": _("The agreement has run out"),
    "early": _("Given up early"),
    "other": _("Another reason"),
}
_LONGEST_AGREEMENT = 40


class LetAlreadyError(ConflictError):
    """On some of these days the room is let to somebody, and nobody said that it is let in parts."""

    code = "let-already"
    title = _("This dwelling is let already on these days.")
    remedy = _("End that letting first; if the dwelling is let in parts, say so.")


@transaction.atomic
def let(
    *,
    by: Any,
    room: Room,
    tenant: Household | Firm | Person,
    since: dt.date,
    until: dt.date | None = None,
    landlord: Person | None = None,
    purpose: str = Tenancy.Purpose.LIVING.value,
    agreement: str = "",
    agreed_until: dt.date | None = None,
    in_parts: bool = False,
    source: str = Origin.VISIT.value,
    source_ref: str = "",
    at: dt.datetime | None = None,
) -> Tenancy:
    """A room is let to a household (a person: the one in which he lives) or a firm from a day on, until a day of the past
    where it is over. What is already so is returned; days on which it is let to others raise `LetAlreadyError`, unless
    it is let in parts.
    """
    at = at or clock.now()
    graph.check_day(since, at=at)
    require_room(by, room)
    tenant = _tenant(by, tenant)
    if landlord is not None and not access.sees(by, landlord):
        raise NotFoundError
    if until is not None and graph.check_day(until, at=at, field="until") <= since:
        raise InvalidError(_("It would end before it began."), field="until")
    _check_agreement(agreement, agreed_until, since)
    homes = [tenant] if isinstance(tenant, Household) else []
    with following(by=by, at=at, households=homes, rooms=[room]):
        row = write_tenancy(
            by=by,
            room=room,
            tenant=tenant,
            landlord=landlord,
            since=since,
            until=until,
            purpose=purpose,
            in_parts=in_parts,
            told=graph.Told(source, source_ref),
            at=at,
        )
        if agreement or agreed_until is not None:
            row.agreement, row.agreed_until = agreement.strip(), agreed_until
            row.save(update_fields=["agreement", "agreed_until"])
    return row


def write_tenancy(
    *,
    by: Any,
    room: Room,
    tenant: Household | Firm,
    landlord: Person | None,
    since: dt.date,
    told: graph.Told,
    at: dt.datetime,
    until: dt.date | None = None,
    purpose: str = Tenancy.Purpose.LIVING.value,
    in_parts: bool = False,
) -> Tenancy:
    """`let` without asking who may, and what follows left to the caller."""
    if purpose not in Tenancy.Purpose.values:
        raise InvalidError(_("There is no such use of a let room."), field="purpose")
    Room.objects.select_for_update().get(pk=room.pk)
    who = {"household": tenant} if isinstance(tenant, Household) else {"firm": tenant}
    if until is None:
        held = Tenancy.objects.filter(room=room, valid_to__isnull=True, **who).first()
        if held is not None:
            return held
    _check_days(room, since, until, in_parts=in_parts, **who)
    row = Tenancy.objects.create(
        room=room,
        landlord=landlord,
        purpose=purpose,
        valid_from=since,
        valid_to=until,
        source=told.source,
        source_ref=told.ref,
        **who,
    )
    record("room.let", by=by, subject=room, at=at, tenancy=row.pk, ref=told.ref)
    return row


@transaction.atomic
def correct_tenancy(
    *,
    by: Any,
    tenancy: Tenancy,
    purpose: str,
    since: dt.date,
    landlord: Person | None = None,
    agreement: str = "",
    agreed_until: dt.date | None = None,
    in_parts: bool = False,
    at: dt.datetime | None = None,
) -> Tenancy:
    """Something of a letting was written wrongly, or its agreement was prolonged. The audit row keeps what stood there."""
    at = at or clock.now()
    row = _lock(by, tenancy)
    graph.check_day(since, at=at)
    if purpose not in Tenancy.Purpose.values:
        raise InvalidError(_("There is no such use of a let room."), field="purpose")
    if landlord is not None and landlord.pk != row.landlord_id and not access.sees(by, landlord):
        raise NotFoundError
    if row.valid_to is not None and since >= row.valid_to:
        raise InvalidError(_("It would begin after it ended."), field="since")
    _check_agreement(agreement, agreed_until, since)
    if since != row.valid_from:
        who = {"household": row.household} if row.household is not None else {"firm": row.firm}
        _check_days(row.room, since, row.valid_to, in_parts=in_parts, but=row.pk, **who)
    was = {
        "purpose": row.purpose,
        "since": row.valid_from.isoformat(),
        "landlord": row.landlord_id,
        "agreed_until": row.agreed_until.isoformat() if row.agreed_until is not None else None,
    }
    with following(by=by, at=at, rooms=[row.room]):
        row.purpose, row.valid_from, row.landlord = purpose, since, landlord
        row.agreement, row.agreed_until = agreement.strip(), agreed_until
        row.save(update_fields=["purpose", "valid_from", "landlord", "agreement", "agreed_until"])
        record("room.correct_let", by=by, subject=row.room, at=at, tenancy=row.pk, was=was)
    return row


@transaction.atomic
def end_tenancy(
    *,
    by: Any,
    tenancy: Tenancy,
    until: dt.date,
    reason: str = "other",
    moved_out: bool = False,
    at: dt.datetime | None = None,
) -> Tenancy:
    """The room is no longer let to them from `until` on, for one of `ENDS`. With `moved_out` the household that rented it
    lives there no longer either; otherwise where it lives is another matter.
    """
    at = at or clock.now()
    row = _lock(by, tenancy)
    if reason not in ENDS:
        raise InvalidError(_("Please choose a reason."), field="reason")
    if row.valid_to is not None:
        return row
    household = row.household if moved_out else None
    with following(by=by, at=at, households=[household], rooms=[row.room]):
        finish(by=by, tenancy=row, until=until, reason=reason, at=at)
        if household is not None and household.room_id == row.room_id:
            locked = graph.lock_households([household.pk])[household.pk]
            if not authority_of(by).may(P.PERSON_EDIT, area_path=locked.area_path):
                raise NotAllowedError
            told = graph.Told(Origin.VISIT.value)
            moving.move_household(by=by, household=locked, room=None, since=until, told=told, at=at)
    return row


def finish(*, by: Any, tenancy: Tenancy, until: dt.date, reason: str, at: dt.datetime, ref: str = "") -> None:
    """`end_tenancy` without asking who may, and what follows left to the caller."""
    if graph.end(tenancy, until, at=at):
        record("room.end_let", by=by, subject=tenancy.room, at=at, tenancy=tenancy.pk, reason=reason, ref=ref)


@transaction.atomic
def withdraw_tenancy(*, by: Any, tenancy: Tenancy, at: dt.datetime | None = None) -> None:
    """Entered by mistake: it was never let to them. The row is taken out; the audit keeps what it said."""
    at = at or clock.now()
    row = _lock(by, tenancy)
    with following(by=by, at=at, rooms=[row.room]):
        record(
            "room.withdraw_let",
            by=by,
            subject=row.room,
            at=at,
            tenancy=row.pk,
            household=row.household_id,
            firm=row.firm_id,
            landlord=row.landlord_id,
            purpose=row.purpose,
            since=row.valid_from.isoformat(),
            until=row.valid_to.isoformat() if row.valid_to is not None else None,
        )
        row.delete()


def _tenant(by: Any, tenant: Household | Firm | Person) -> Household | Firm:
    if isinstance(tenant, Firm):
        if not authority_of(by).may(P.FIRM_VIEW, area_path=tenant.area_path):
            raise NotFoundError
        return tenant
    if isinstance(tenant, Person):
        home = graph.living(tenant) if access.sees(by, tenant) else None
        if home is None:
            raise InvalidError(_("This person lives in no household here: open one for him first."), field="who")
        tenant = home.household
    if not access.is_under(tenant.area_path, access.places_of(by)):
        raise NotFoundError
    return tenant


def _check_agreement(agreement: str, agreed_until: dt.date | None, since: dt.date) -> None:
    if len(agreement.strip()) > _LONGEST_AGREEMENT:
        raise InvalidError(_("This is too long."), field="agreement")
    if agreed_until is not None and agreed_until <= since:
        raise InvalidError(_("The agreement would end before the letting began."), field="agreed_until")


def _check_days(
    room: Room, since: dt.date, until: dt.date | None, *, in_parts: bool, but: int | None = None, **who: Any
) -> None:
    """Never twice to the same tenant on one day; to another only in parts."""
    rows = (
        Tenancy.objects.filter(room=room).exclude(pk=but or 0).filter(Q(valid_to__isnull=True) | Q(valid_to__gt=since))
    )
    if until is not None:
        rows = rows.filter(valid_from__lt=until)
    if rows.filter(**who).exists():
        raise ConflictError(
            _("It is let to the same tenant already on these days."), remedy=_("Correct that letting."), field="since"
        )
    if not in_parts and rows.exists():
        raise LetAlreadyError(field="since")


def _lock(by: Any, tenancy: Tenancy) -> Tenancy:
    row = (
        Tenancy.objects.select_related("room__entrance__building__community")
        .select_for_update(of=("self", "room"))
        .filter(pk=tenancy.pk)
        .first()
    )
    if row is None:
        raise NotFoundError
    require_room(by, row.room)
    return row

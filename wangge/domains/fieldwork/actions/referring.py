"""心理疏导转介: a household wishes to be called by a counsellor. Why is not asked and not kept; nobody but the unit sees it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from wangge.domains.fieldwork.actions.steps import take
from wangge.domains.fieldwork.actions.visits import may_visit
from wangge.domains.fieldwork.models import Referral
from wangge.domains.fieldwork.referrals import may_give_back, unit_for
from wangge.domains.people.models import Household
from wangge.foundation.accounts.authority import authority_of
from wangge.foundation.accounts.permissions import P
from wangge.foundation.audit import kinds
from wangge.foundation.audit.actions import record
from wangge.foundation.core import clock
from wangge.foundation.core.problems import ConflictError, NotFoundError
from wangge.foundation.duties.actions import finish_duties, open_duty

if TYPE_CHECKING:
    import datetime as dt
    import uuid

kinds.declare("referral.send", "referral.take", "referral.give_back", "referral.end")

TAKE, CALL = "referral.take", "referral.call"
SUBJECT = "referral"
_WHY = "who may is asked on the next line"


@transaction.atomic
def refer(
    *,
    by: Any,
    public_id: uuid.UUID,
    household: Household,
    occurred_at: dt.datetime | None = None,
    at: dt.datetime | None = None,
) -> Referral:
    """Hand a household's wish for counselling to the unit that answers for the place. The same public id once only.

    One that is still open stands for every further one.
    """
    now = at or clock.now()
    held: Referral | None = Referral.objects.unscoped(_WHY).filter(public_id=public_id).first()
    if held is not None:
        if held.by_id != by.pk:
            raise NotFoundError
        return held
    home = Household.objects.unscoped(_WHY).select_for_update().filter(pk=household.pk, active=True).first()
    if home is None or not may_visit(by, home.area_path, home):
        raise NotFoundError
    unit = unit_for(home.area_path)
    if unit is None:
        raise ConflictError(
            _("No unit answers for counselling at this place."), remedy=_("Tell the command centre by telephone.")
        )
    others = Referral.objects.unscoped(_WHY).filter(household=home).exclude(state=Referral.State.ENDED)
    open_: Referral | None = others.first()
    if open_ is not None:
        return open_
    row = Referral.objects.create(
        public_id=public_id,
        household=home,
        area_path=home.area_path,
        unit=unit,
        by=by,
        occurred_at=occurred_at or now,
        recorded_at=now,
    )
    _offer(row, now)
    record("referral.send", by=by, subject=row, at=now, unit=unit.pk)
    return row


@transaction.atomic
def take_referral(*, by: Any, referral: Referral, at: dt.datetime | None = None) -> Referral:
    """One of the unit takes it on; from now he, and nobody else, sees where it is."""
    now = at or clock.now()
    row = _locked(by, referral)
    if row.state != Referral.State.SENT:
        raise ConflictError(_("A colleague has taken it on already."))
    take(row, Referral.State.TAKEN)
    row.taken_by, row.taken_at = by, now
    row.save(update_fields=["state", "taken_by", "taken_at"])
    finish_duties(subject_type=SUBJECT, subject_id=row.pk, at=now)
    open_duty(
        kind=CALL,
        subject_type=SUBJECT,
        subject_id=row.pk,
        label=f"#{row.pk}",
        due_at=None,
        user=by,
        confidential=True,
        at=now,
    )
    record("referral.take", by=by, subject=row, at=now)
    return row


@transaction.atomic
def give_back_referral(*, by: Any, referral: Referral, at: dt.datetime | None = None) -> Referral:
    """Whoever took it on cannot see to it: a colleague may. For one who is of the unit no longer a colleague does this."""
    now = at or clock.now()
    row = _locked(by, referral)
    if not may_give_back(by, row):
        raise ConflictError(_("Only who took it on gives it back."))
    take(row, Referral.State.SENT)
    row.taken_by, row.taken_at = None, None
    row.save(update_fields=["state", "taken_by", "taken_at"])
    finish_duties(subject_type=SUBJECT, subject_id=row.pk, at=now)
    _offer(row, now)
    record("referral.give_back", by=by, subject=row, at=now)
    return row


@transaction.atomic
def end_referral(*, by: Any, referral: Referral, at: dt.datetime | None = None) -> Referral:
    """They have been called, or wish it no longer. How it went is nowhere asked."""
    now = at or clock.now()
    row = _locked(by, referral)
    if row.state != Referral.State.TAKEN or row.taken_by_id != by.pk:
        raise ConflictError(_("Only who took it on ends it."))
    take(row, Referral.State.ENDED)
    row.ended_at = now
    row.save(update_fields=["state", "ended_at"])
    finish_duties(subject_type=SUBJECT, subject_id=row.pk, at=now)
    record("referral.end", by=by, subject=row, at=now)
    return row


def _offer(row: Referral, at: dt.datetime) -> None:
    open_duty(
        kind=TAKE,
        subject_type=SUBJECT,
        subject_id=row.pk,
        label=f"#{row.pk}",
        due_at=None,
        permission=P.CASE_HANDLE,
        unit_path=row.unit.path,
        confidential=True,
        at=at,
    )


def _locked(by: Any, referral: Referral) -> Referral:
    rows = Referral.objects.unscoped(_WHY).select_for_update(of=("self",)).select_related("unit")
    row: Referral | None = rows.filter(pk=referral.pk).first()
    if row is None or not authority_of(by).may(P.CASE_HANDLE, unit_path=row.unit.path):
        raise NotFoundError
    return row

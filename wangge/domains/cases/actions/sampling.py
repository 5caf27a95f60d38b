"""Drawing second checks, and ending those that nobody can answer any more."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import connection, transaction

from wangge.domains.cases import procedures, second_checks
from wangge.domains.cases.actions import steps
from wangge.domains.cases.models import PhotoDoubt, SecondCheck
from wangge.foundation.accounts.permissions import P
from wangge.foundation.audit import kinds
from wangge.foundation.audit.actions import record
from wangge.foundation.core import clock
from wangge.foundation.duties.actions import finish_duties, open_duty

if TYPE_CHECKING:
    from wangge.domains.cases.models import Case, Verification
    from wangge.foundation.accounts.models import Organisation

kinds.declare("case.draw_second_check", "case.lapse_second_check")

DUTY, SUBJECT = "case.second_check", "second_check"
_LOCK = 0x5ECC  # of the verifications of one unit, so that two at once do not both overlook the other
_BATCH = 500


def draw(case: Case, verification: Verification, *, at: dt.datetime) -> SecondCheck | None:
    """Decide, by the rules of `second_checks`, whether a passed verification is looked at a second time.

    Works inside the verifier's transaction on the locked case; the closing does not wait for the answer.
    """
    unit = verification.handling.unit if verification.handling is not None else case.unit
    if unit is None:
        return None
    percent = settings.SECOND_CHECK_PERCENT
    why = _why(case, verification, unit, percent=percent, at=at)
    if why is None:
        return None
    check = SecondCheck.objects.create(
        case=case,
        verification=verification,
        unit=unit,
        round=case.round,
        why=why,
        percent=percent,
        drawn_at=at,
        due_at=at + dt.timedelta(days=second_checks.DAYS),
    )
    open_duty(
        kind=DUTY,
        subject_type=SUBJECT,
        subject_id=check.pk,
        label=case.number,
        due_at=check.due_at,
        permission=P.CASE_SECOND_CHECK,
        area_path=case.area_path,
        not_unit_paths=sorted({unit.path, *procedures.handling_paths(case)}),
        not_user=verification.by,
        confidential=case.confidential,
        at=at,
    )
    record("case.draw_second_check", by=None, subject=case, at=at, why=why, percent=percent, check=check.pk)
    return check


def _why(
    case: Case, verification: Verification, unit: Organisation, *, percent: int, at: dt.datetime
) -> SecondCheck.Why | None:
    if case.round > 1:
        return SecondCheck.Why.REOPENED
    if PhotoDoubt.objects.filter(photo__case=case).exists():
        return SecondCheck.Why.PHOTO
    if second_checks.is_above_band(unit.pk, at=at):
        return SecondCheck.Why.UNIT
    if second_checks.ticket(case, case.verifications.count()) < percent:
        return SecondCheck.Why.SAMPLE
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [_LOCK, unit.pk])
    return SecondCheck.Why.TURN if second_checks.is_its_turn(unit.pk, verification) else None


def overtake(case: Case, *, at: dt.datetime) -> None:
    """The case begins anew before its second check was answered: there is nothing left to look at."""
    for check in SecondCheck.objects.filter(case=case, at__isnull=True, lapsed_at__isnull=True):
        _lapse(case, check, SecondCheck.Lapse.OVERTAKEN, at=at)


def lapse_late(*, at: dt.datetime | None = None) -> int:
    """End the second checks whose time is over as "not checked in time"; returns how many. Safe to repeat."""
    at = at or clock.now()
    late = SecondCheck.objects.filter(at__isnull=True, lapsed_at__isnull=True, due_at__lte=at).order_by("due_at", "pk")
    lapsed = 0
    for pk, case_id in list(late.values_list("pk", "case_id")[:_BATCH]):
        with transaction.atomic():
            case = steps.lock(case_id)
            check = SecondCheck.objects.filter(pk=pk, at__isnull=True, lapsed_at__isnull=True).first()
            if check is not None:
                _lapse(case, check, SecondCheck.Lapse.LATE, at=at)
                lapsed += 1
    return lapsed


def _lapse(case: Case, check: SecondCheck, why: SecondCheck.Lapse, *, at: dt.datetime) -> None:
    check.lapsed, check.lapsed_at = why, at
    check.save(update_fields=["lapsed", "lapsed_at"])
    finish_duties(subject_type=SUBJECT, subject_id=check.pk, at=at)
    record("case.lapse_second_check", by=None, subject=case, at=at, why=why, check=check.pk)

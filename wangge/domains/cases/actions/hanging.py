"""挂账: what cannot be done now waits, with a plan, a date within 90 days and the leader's consent."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from wangge.domains.cases import procedures
from wangge.domains.cases.actions import steps, timekeeping
from wangge.domains.cases.actions.extending import refuse_own_request
from wangge.domains.cases.actions.side_duties import HANG, open_hang_duty, open_review_duty, renew_duties
from wangge.domains.cases.events import HangDecided, HangEnded
from wangge.domains.cases.models import Case, Hang
from wangge.domains.cases.procedures import MAX_HANG_DAYS
from wangge.domains.cases.workflow import S
from wangge.foundation.core import clock
from wangge.foundation.core.problems import ConflictError, InvalidError


@transaction.atomic
def ask_hang(
    *, case: Case, by: Any, why: str, plan: str, review_on: dt.date | None, at: dt.datetime | None = None
) -> Case:
    """挂账申请: why it cannot be done now, what is planned (the public reads it), and when it is looked at again."""
    at = at or clock.now()
    locked, step = steps.begin(case, "ask_hang", by=by, why=why, plan=plan.strip(), review_on=review_on)
    if why not in Hang.Why.values:
        raise InvalidError(_("There is no such reason."), field="why")
    day = _checked_review(review_on, at)
    if procedures.open_hang(locked) is not None:
        raise ConflictError(
            _("It was already asked to hang this case, and is not yet decided."), remedy=_("Wait for the decision.")
        )
    hang = Hang.objects.create(case=locked, why=why, plan=plan.strip(), review_on=day, asked_by=by, asked_at=at)
    steps.end(locked, step, by=by, at=at, note=hang.plan, hang=hang.pk, why=why, review_on=str(day))
    open_hang_duty(locked, hang, at=at)
    return locked


def _checked_review(review_on: dt.date | None, at: dt.datetime) -> dt.date:
    day = clock.day_of(at)
    if review_on is None or not day < review_on <= day + dt.timedelta(days=MAX_HANG_DAYS):
        raise InvalidError(_("The review date lies within the next 90 days."), field="review_on")
    return review_on


@transaction.atomic
def hang(*, hang: Hang, by: Any, note: str = "", at: dt.datetime | None = None) -> Case:
    """挂账批准: the clock stands still until the review date; the public list shows it."""
    at = at or clock.now()
    locked, step, asked = _begin(hang, "hang", by=by)
    if asked.review_on <= clock.day_of(at):
        raise ConflictError(
            _("The review date that was asked for has come; there is nothing left to hang."),
            remedy=_("Refuse the request; the unit can ask again with a later date."),
        )
    _decide(asked, granted=True, by=by, at=at, decision=note)
    timekeeping.pause(case=locked, by=by, at=at, reason=f"hang:{asked.why}", until=start_of(asked.review_on))
    steps.end(
        locked,
        step,
        by=by,
        at=at,
        note=asked.plan,
        public=True,
        event=HangDecided(locked.pk, asked.pk),
        hang=asked.pk,
        why=asked.why,
        review_on=str(asked.review_on),
        decision=asked.decision,
    )
    return locked


@transaction.atomic
def refuse_hang(*, hang: Hang, by: Any, reason: str, at: dt.datetime | None = None) -> Case:
    """挂账不批准: the unit goes on; its clock was never stopped."""
    at = at or clock.now()
    locked, step, asked = _begin(hang, "refuse_hang", by=by, reason=reason.strip())
    _decide(asked, granted=False, by=by, at=at, decision=reason)
    steps.end(locked, step, by=by, at=at, note=asked.decision, event=HangDecided(locked.pk, asked.pk), hang=asked.pk)
    renew_duties(locked, HANG, at=at)
    return locked


@transaction.atomic
def resume(*, case: Case, by: Any, reason: str, at: dt.datetime | None = None) -> Case:
    """恢复办理 by the leader, before the review date; the clock goes on from where it stood."""
    at = at or clock.now()
    locked, step = steps.begin(case, "resume", by=by, reason=reason.strip())
    _take_up(locked, step, by=by, at=at, why=reason.strip())
    return locked


@transaction.atomic
def resume_by_date(*, case: Case, at: dt.datetime | None = None) -> Case:
    """到期恢复, by rule, on the review date."""
    at = at or clock.now()
    locked, step = steps.begin(case, "resume_by_date", by=None)
    running = procedures.running_hang(locked)
    if running is None or running.review_on > clock.day_of(at):
        raise steps.StepNotPossibleError(state=locked.state, verb=step.verb)
    _take_up(locked, step, by=None, at=at, why="")
    return locked


@transaction.atomic
def remind_of_review(*, hang: Hang, at: dt.datetime | None = None) -> bool:
    """复核提醒: put the review on the unit's to-do list, a week before; False when that was done before."""
    at = at or clock.now()
    case = steps.lock(hang.case_id)
    running = Hang.objects.select_for_update().get(pk=hang.pk)
    if running.reminded_at is not None or running.ended_at is not None or not running.granted or case.state != S.HUNG:
        return False
    running.reminded_at = at
    running.save(update_fields=["reminded_at"])
    open_review_duty(case, running, due_at=start_of(running.review_on), at=at)
    return True


def start_of(day: dt.date) -> dt.datetime:
    """When a day begins at the office: then a hung case returns."""
    return dt.datetime.combine(day, dt.time(0), tzinfo=clock.OFFICE)


def _take_up(case: Case, step: Any, *, by: Any, at: dt.datetime, why: str) -> None:
    running = procedures.running_hang(case)
    if running is None:
        raise steps.StepNotPossibleError(state=case.state, verb=step.verb)
    running.ended_at, running.ended_by, running.ended_why = at, by, why
    running.save(update_fields=["ended_at", "ended_by", "ended_why"])
    timekeeping.resume(case=case, by=by, at=at, reason=why or "review")
    steps.end(case, step, by=by, at=at, note=why, public=True, event=HangEnded(case.pk, running.pk), hang=running.pk)


def _begin(asked: Hang, verb: str, *, by: Any, **given: Any) -> tuple[Case, Any, Hang]:
    locked, step = steps.begin(asked.case_id, verb, by=by, hang=asked, **given)
    request = Hang.objects.select_for_update().get(pk=asked.pk)
    if request.granted is not None or request.ended_at is not None:
        raise ConflictError(_("This request was already decided, or has ended."))
    refuse_own_request(locked, request.asked_by_id, by)
    return locked, step, request


def _decide(asked: Hang, *, granted: bool, by: Any, at: dt.datetime, decision: str) -> None:
    asked.granted, asked.decided_by, asked.decided_at, asked.decision = granted, by, at, decision.strip()
    asked.save(update_fields=["granted", "decided_by", "decided_at", "decision"])

"""Verification by somebody else, the reporters' judgement, objection, closing, archive."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from wangge.domains.cases.actions import steps
from wangge.domains.cases.actions.assisting import refuse_open_parts
from wangge.domains.cases.actions.impartial import refuse_own_decision, refuse_own_work
from wangge.domains.cases.actions.reopening import begin_anew
from wangge.domains.cases.actions.sampling import draw
from wangge.domains.cases.events import CaseClosed, CaseObjected, CaseReopened, CaseReworked
from wangge.domains.cases.models import Case, CasePhoto, Evaluation, Objection, Report, Verification
from wangge.domains.cases.queries import OBJECTION_DAYS
from wangge.domains.cases.workflow import STEPS, S
from wangge.foundation.core import clock
from wangge.foundation.core.problems import ConflictError, InvalidError, NotAllowedError

if TYPE_CHECKING:
    from collections.abc import Sequence

_LEAST_REASON = 10  # characters: the reporter reads why his objection was dismissed


@transaction.atomic
def verify(*, case: Case, by: Any, note: str = "", photos: Sequence[str] = (), at: dt.datetime | None = None) -> Case:
    """核查通过: then the reporters are asked; a case behind which no resident stands is closed by rule.

    At least every tenth is drawn for a second, blind check, for which nothing waits.
    """
    at = at or clock.now()
    locked, step = steps.begin(case, "verify", by=by)
    refuse_own_work(locked, by)
    refuse_open_parts(locked)
    draw(locked, _write_verification(locked, by, at, passed=True, note=note, photos=photos), at=at)
    locked.verified_at = at
    if Report.objects.of_case(locked).filter(asks=True).exists():
        steps.end(locked, step, by=by, at=at, note=note.strip(), public=True)
        return locked
    # Nobody to ask: the verification is told first, then the rule closes.
    steps.tell(locked, step.verb, by=by, at=at, note=note.strip(), public=True)
    _close(locked, "close_by_rule", by=None, at=at)
    return locked


@transaction.atomic
def rework(*, case: Case, by: Any, reason: str, photos: Sequence[str] = (), at: dt.datetime | None = None) -> Case:
    """返工: not as reported; the unit's promised end stays what it was."""
    at = at or clock.now()
    locked, step = steps.begin(case, "rework", by=by, reason=reason.strip())
    refuse_own_work(locked, by)
    _write_verification(locked, by, at, passed=False, note=reason, photos=photos)
    locked.reworks += 1
    steps.end(locked, step, by=by, at=at, note=reason.strip(), public=True, event=CaseReworked(locked.pk))
    return locked


@transaction.atomic
def pass_spot_check(*, case: Case, by: Any, note: str = "", at: dt.datetime | None = None) -> Case:
    """即办抽核通过, by somebody who is not of the settler's unit."""
    at = at or clock.now()
    locked, step = steps.begin(case, "pass_spot_check", by=by)
    refuse_own_work(locked, by)
    draw(locked, _write_verification(locked, by, at, passed=True, note=note), at=at)
    locked.verified_at = at
    locked.closed_at = at
    steps.end(locked, step, by=by, at=at, note=note.strip(), public=True, event=CaseClosed(locked.pk))
    return locked


@transaction.atomic
def refuse_spot_check(*, case: Case, by: Any, reason: str, at: dt.datetime | None = None) -> Case:
    """即办抽核不通过: the case is filed and goes the ordinary way."""
    at = at or clock.now()
    locked, step = steps.begin(case, "refuse_spot_check", by=by, reason=reason.strip())
    refuse_own_work(locked, by)
    _write_verification(locked, by, at, passed=False, note=reason)
    locked.filed_at = at
    locked.result = ""
    locked.reply = ""
    steps.end(locked, step, by=by, at=at, note=reason.strip())
    return locked


@transaction.atomic
def evaluate(
    *,
    report: Report,
    solved: str,
    satisfied: str,
    comment: str = "",
    contacted: bool | None = None,
    by: Any = None,
    at: dt.datetime | None = None,
) -> Evaluation:
    """事心双解: one reporter says whether it is solved and whether he is satisfied.

    `contacted` says whether the unit got in touch with him before the work; None when he was not asked or does not know.

    `by` None is the reporter himself (his link proves it); a member of staff records a call-back. "Not solved" is an
    objection of its own accord; when everybody who was asked has answered, the case closes by rule.
    """
    at = at or clock.now()
    if solved not in Evaluation.Solved.values:
        raise InvalidError(_("Please say whether it is solved."), field="solved")
    if satisfied not in Evaluation.Satisfied.values:
        raise InvalidError(_("Please say whether you are satisfied."), field="satisfied")
    if len(comment) > 1000:
        raise InvalidError(_("The comment is too long: at most 1,000 characters."), field="comment")
    case = _judged_case(report)
    verb = "evaluate" if by is None else "call_back"
    locked, step = steps.begin(case, verb, by=by, solved=solved, satisfied=satisfied)
    _check_window(locked, at)
    try:
        with transaction.atomic():
            evaluation = Evaluation.objects.create(
                report=report,
                round=locked.round,
                solved=solved,
                satisfied=satisfied,
                comment=comment.strip(),
                contacted=contacted,
                by=by,
                at=at,
            )
    except IntegrityError:
        raise ConflictError(
            _("This report was already rated; the first answer stands."),
            remedy=_("If it is still not solved, please raise an objection."),
        ) from None
    steps.end(locked, step, by=by, at=at, solved=solved, satisfied=satisfied, report=report.pk)
    if solved == Evaluation.Solved.NO and not _has_objected(locked, report):
        _object(locked, report, comment.strip() or str(_("Not solved.")), at=at)
    elif locked.state == S.EVALUATING and not _still_asked(locked):
        _close(locked, "close_by_rule", by=None, at=at)
    return evaluation


@transaction.atomic
def object_to(*, report: Report, reason: str, at: dt.datetime | None = None) -> Case:
    """异议: within 15 calendar days of closing, once a round; decided by the duty chief in two working days."""
    at = at or clock.now()
    case = _judged_case(report)
    locked, _step = steps.begin(case, "object", by=None, reason=reason.strip())
    _check_window(locked, at)
    if _has_objected(locked, report):
        raise ConflictError(_("Your objection was already decided; the reasons are shown above."))
    _object(locked, report, reason.strip(), at=at)
    return locked


@transaction.atomic
def reopen(*, case: Case, by: Any, reason: str, at: dt.datetime | None = None) -> Case:
    """异议成立: back to the unit, a new round with a new deadline; the closing counts as reopened."""
    at = at or clock.now()
    locked, step = steps.begin(case, "reopen", by=by, reason=reason.strip())
    refuse_own_decision(locked, by)
    _decide(locked, by, at, upheld=True, reason=reason)
    return begin_anew(locked, step, by=by, at=at, reason=reason, event=CaseReopened(locked.pk))


@transaction.atomic
def dismiss(*, case: Case, by: Any, reason: str, at: dt.datetime | None = None) -> Case:
    """异议不成立: closed, with reasons that the reporter reads: at least ten characters of them."""
    at = at or clock.now()
    locked, step = steps.begin(case, "dismiss", by=by, reason=reason.strip())
    refuse_own_decision(locked, by)
    if len(reason.strip()) < _LEAST_REASON:
        raise InvalidError(
            _("Please give your reasons in at least ten characters; the reporter reads them."), field="reason"
        )
    _decide(locked, by, at, upheld=False, reason=reason)
    locked.closed_at = locked.closed_at or at
    steps.end(locked, step, by=by, at=at, note=reason.strip(), public=True, event=CaseClosed(locked.pk))
    return locked


@transaction.atomic
def close(*, case: Case, by: Any, note: str = "", at: dt.datetime | None = None) -> Case:
    """结案 by the duty chief; reporters who said nothing stay "not evaluated"."""
    at = at or clock.now()
    locked, step = steps.begin(case, "close", by=by)
    refuse_own_work(locked, by)
    refuse_open_parts(locked)
    locked.closed_at = at
    steps.end(locked, step, by=by, at=at, note=note.strip(), public=True, event=CaseClosed(locked.pk))
    return locked


@transaction.atomic
def close_unanswered(*, case: Case, at: dt.datetime | None = None) -> Case:
    """The time for judging is over: closed by rule, "not evaluated", never "satisfied"."""
    at = at or clock.now()
    locked = steps.lock(case)
    if locked.state != S.EVALUATING or locked.due_at is None or locked.due_at > at:
        raise steps.StepNotPossibleError
    _close(locked, "close_by_rule", by=None, at=at)
    return locked


@transaction.atomic
def archive(*, case: Case, at: dt.datetime | None = None) -> Case:
    """归档, by rule, when the time for objections is over."""
    at = at or clock.now()
    locked, step = steps.begin(case, "archive", by=None)
    if locked.closed_at is None or at < locked.closed_at + dt.timedelta(days=OBJECTION_DAYS):
        raise steps.StepNotPossibleError
    steps.end(locked, step, by=None, at=at)
    return locked


def _close(case: Case, verb: str, *, by: Any, at: dt.datetime) -> None:
    case.closed_at = at
    steps.end(case, STEPS[verb], by=by, at=at, public=True, event=CaseClosed(case.pk))


def _object(case: Case, report: Report, reason: str, *, at: dt.datetime) -> None:
    Objection.objects.create(case=case, report=report, reason=reason, at=at)
    steps.end(case, STEPS["object"], by=None, at=at, note=reason, event=CaseObjected(case.pk), report=report.pk)


def _has_objected(case: Case, report: Report) -> bool:
    """Whether this reporter already objected to what was handled last: once a round."""
    since = case.handled_at or case.reported_at
    return Objection.objects.filter(case=case, report=report, at__gte=since).exists()


def _decide(case: Case, by: Any, at: dt.datetime, *, upheld: bool, reason: str) -> None:
    case.objections.filter(decided_at__isnull=True).update(
        upheld=upheld, decided_at=at, decided_by=by, decision=reason.strip()
    )


def _still_asked(case: Case) -> bool:
    """Whether somebody who was asked has not yet answered in this round."""
    answered = Evaluation.objects.filter(round=case.round).values("report_id")
    return Report.objects.of_case(case).filter(asks=True).exclude(pk__in=answered).exists()


def _judged_case(report: Report) -> Case:
    """The case that a report's judgement is about: the one into which its own was merged, if it was."""
    if not report.asks:
        raise NotAllowedError(_("A report made on duty is not rated; the resident behind it is asked."))
    case = report.case
    return case.merged_into if case.merged_into is not None else case


def _check_window(case: Case, at: dt.datetime) -> None:
    if case.closed_at is not None and at >= case.closed_at + dt.timedelta(days=OBJECTION_DAYS):
        raise ConflictError(
            _("The 15 days for judging and objecting are over."),
            kept=_("The case stays closed."),
            remedy=_("If the problem is back, please report it anew."),
        )


def _write_verification(
    case: Case, by: Any, at: dt.datetime, *, passed: bool, note: str, photos: Sequence[str] = ()
) -> Verification:
    verification = Verification.objects.create(
        case=case, handling=case.handlings.order_by("-id").first(), by=by, at=at, passed=passed, note=note.strip()
    )
    steps.add_photos(case, photos, kind=CasePhoto.Kind.CHECK, by=by, at=at)
    return verification

"""What every step has in common: lock, check, write, tell.

`begin` locks the row and answers whether the step is allowed to this person now; `end` writes the new state, its
clock, one timeline row, one audit row, the duty of whoever is next, and the event. Both run in the action's
transaction.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_lazy as _

from wangge.domains.cases import procedures, workflow
from wangge.domains.cases.actions import timekeeping
from wangge.domains.cases.actions.side_duties import RULING, end_with_stage, open_side_duties
from wangge.domains.cases.models import Case, CasePhoto, Report, TimelineEntry
from wangge.domains.cases.queries import may_take
from wangge.domains.cases.workflow import REPORTER, SYSTEM, S, Step
from wangge.foundation.accounts.authority import authority_of
from wangge.foundation.accounts.permissions import HELD_BY_UNIT, P
from wangge.foundation.audit import kinds
from wangge.foundation.audit.actions import record
from wangge.foundation.core.events import publish
from wangge.foundation.core.problems import ConflictError, InvalidError, NotAllowedError
from wangge.foundation.core.rows import insert
from wangge.foundation.duties.actions import finish_duties, open_duty
from wangge.foundation.media import MAX_PHOTOS
from wangge.foundation.media.queries import media_sent_by

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable

    from wangge.foundation.core.events import Event

kinds.declare(*(f"case.{verb}" for verb in workflow.STEPS))

_HEX = frozenset("0123456789abcdef")

# Who finds the case in his to-do list while it is in a state: the permission of the step that is waited for.
_WAITS_FOR: dict[S, P] = {
    S.REPORTED: P.CASE_FILE,
    S.SETTLED: P.CASE_CHECK_SPOT,
    S.FILED: P.CASE_DISPATCH,
    S.DISPATCHED: P.CASE_HANDLE,
    S.HANDLING: P.CASE_HANDLE,
    S.HUNG: P.CASE_HANG,
    S.HANDLED: P.CASE_VERIFY,
    S.EVALUATING: P.CASE_CALL_BACK,
    S.OBJECTED: P.CASE_JUDGE,
}


class StepNotPossibleError(ConflictError):
    """The case is no longer where this step starts."""

    code = "step-not-possible"
    title = _("This step is not possible: the case has moved on.")
    kept = _("What you entered was not saved.")
    remedy = _("Look at the case as it is now and decide again.")


def lock(case: Case | int) -> Case:
    """The row, locked for the rest of the transaction, with what a decision needs."""
    pk = case if isinstance(case, int) else case.pk
    return (
        Case.objects.unscoped("a step locks the row it was given; the step's own permission is checked next")
        .select_related("matter", "unit", "area")
        .select_for_update(of=("self",))
        .get(pk=pk)
    )


def begin(case: Case | int, verb: str, *, by: Any, **given: Any) -> tuple[Case, Step]:
    """Lock the case; the step, if it is possible from here, allowed to `by` and given everything.

    Raises `StepNotPossibleError` (409), `NotAllowedError` (403) or `InvalidError` (422).
    """
    locked = lock(case)
    step = workflow.STEPS[verb]
    require(locked, step, by)
    try:
        workflow.take(locked.state, verb, given)
    except workflow.StepRefused as refusal:
        if refusal.reason == "missing":
            raise InvalidError(_("Something that this step needs is missing."), field=refusal.missing[0]) from None
        raise StepNotPossibleError(state=locked.state, verb=verb) from None
    return locked, step


def require(case: Case, step: Step, by: Any) -> None:
    """Refuse unless this person may take this step with this case."""
    if step.by in {REPORTER, SYSTEM}:
        return  # proved by the caller: the reporter's link, or a rule's own condition
    if not may_take(case, step, by):
        raise NotAllowedError(verb=step.verb)


def end(
    case: Case,
    step: Step,
    *,
    by: Any,
    at: dt.datetime,
    to: S | None = None,
    note: str = "",
    public: bool = False,
    event: Event | None = None,
    **data: Any,
) -> None:
    """Write what the step did. `to` overrides the table only where the table leaves it open (un-merge, rules).

    A step that leads to the state where the case is (a ruling sends it to another unit) begins that state anew.
    """
    state = to or step.after
    if state is not None:
        enter(case, state, verb=step.verb, at=at, by=by)
    case.save()
    tell(case, step.verb, by=by, at=at, note=note, public=public, **data)
    if event is not None:
        publish(event)


def put(case: Case, state: S, *, at: dt.datetime, due: tuple[dt.datetime | None, bool]) -> None:
    """The columns of a state; `due` is (when, provisional). For `enter`, and for the replay of what has happened."""
    if case.state == S.REPORTED and state is not S.NEEDS_INFO:
        case.accept_due_at = case.due_at
    elif case.state == S.DISPATCHED and state is S.HANDLING:
        case.sign_due_at = case.due_at
    elif state is S.FILED:
        case.sign_due_at = None
    case.state = state.value
    case.since = at
    case.due_at, case.due_provisional = due


def enter(case: Case, state: S, *, verb: str, at: dt.datetime, by: Any) -> None:
    """Put the case into a state: its clocks and the next person's duty. Only steps call this."""
    left = S(case.state)
    put(case, state, at=at, due=timekeeping.pass_on(case, state, verb=verb, at=at, by=by))
    finish_duties(subject_type="case", subject_id=case.pk, at=at)
    end_with_stage(case, left, state, at=at)
    open_case_duty(case, at=at)


def open_case_duty(case: Case, *, at: dt.datetime) -> None:
    """Put the case on the to-do list of whoever the present state waits for, and of those who have work beside him."""
    state = S(case.state)
    permission = _WAITS_FOR.get(state)
    kind = f"case.{state.value}"
    if state is S.FILED and procedures.needs_ruling(case):
        kind, permission = RULING, P.CASE_JUDGE
    if permission is None:
        if state is S.NEEDS_INFO:
            _ask_staff_reporters(case, at=at)
        return
    unit_path = case.unit.path if case.unit else ""
    by_unit = permission in HELD_BY_UNIT
    open_duty(
        kind=kind,
        subject_type="case",
        subject_id=case.pk,
        label=case.number,
        due_at=case.due_at,
        permission=permission,
        area_path="" if by_unit else case.area_path,
        unit_path=unit_path if by_unit else "",
        not_unit_paths=procedures.handling_paths(case) if state is S.HANDLED else [],
        confidential=case.confidential and not by_unit,
        at=at,
    )
    open_side_duties(case, at=at)


def renew_case_duties(case: Case, *, at: dt.datetime) -> None:
    """Write the to-do entries of a case anew: its deadline moved, or somebody else has work with it now."""
    finish_duties(subject_type="case", subject_id=case.pk, at=at)
    open_case_duty(case, at=at)


def _ask_staff_reporters(case: Case, *, at: dt.datetime) -> None:
    for report in Report.objects.of_case(case).filter(by__isnull=False).select_related("by"):
        open_duty(
            kind="case.needs_info",
            subject_type="case",
            subject_id=case.pk,
            label=case.number,
            due_at=case.due_at,
            user=report.by,
            at=at,
        )


def tell(case: Case, verb: str, *, by: Any, at: dt.datetime, note: str = "", public: bool = False, **data: Any) -> None:
    """One timeline row and one audit row about a step."""
    insert(
        TimelineEntry,
        case_id=case.pk,
        at=at,
        verb=verb,
        state=case.state,
        by_id=getattr(by, "pk", None),
        unit_id=unit_of(by, case),
        note=note,
        data=data,
        public=public,
    )
    record(f"case.{verb}", by=by, subject=case, at=at, state=case.state)


def unit_of(by: Any, case: Case) -> int | None:
    """The organisation for which a person acts: the case's unit if he belongs to it, else his first."""
    units = authority_of(by).units()
    if case.unit_id in units:
        return case.unit_id
    return min(units, default=None)


def add_photos(
    case: Case, digests: Iterable[str], *, kind: str, by: Any, at: dt.datetime, report: Report | None = None
) -> int:
    """Promise photos by sha256; those already uploaded are attached at once. Returns how many were added."""
    wanted = list(dict.fromkeys(digests))
    if not wanted:
        return 0
    if len(wanted) > MAX_PHOTOS:
        raise InvalidError(_("At most nine photos."), field="photos")
    if any(len(d) != 64 or set(d) - _HEX for d in wanted):
        raise InvalidError(_("A photo is named by its SHA-256."), field="photos")
    held = media_sent_by(by, wanted)
    rows = [
        CasePhoto(
            case=case,
            report=report,
            sha256=digest,
            media=held.get(digest),
            kind=kind,
            by=by if getattr(by, "pk", None) else None,
            at=at,
        )
        for digest in wanted
    ]
    return len(CasePhoto.objects.bulk_create(rows, ignore_conflicts=True))

"""To-do entries beside that of the present stage, and what ends with a stage: requests, meetings, co-handlers' parts.

The entries are a function of the case: whoever rewrites its to-do list (a step into another state, a merge) gets the
same ones again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from wangge.domains.cases import procedures
from wangge.domains.cases.models import Case, Extension, Hang, Ruling
from wangge.domains.cases.workflow import IN_HAND, S
from wangge.foundation.accounts.permissions import P
from wangge.foundation.duties.actions import finish_duties, open_duty

if TYPE_CHECKING:
    import datetime as dt

    from wangge.domains.cases.models import Assignment

EXTENSION, HANG, RULING = "case.extension", "case.hang_asked", "case.ruling"
PART, PART_DONE, REVIEW, MEETING = "case.part", "case.part_done", "case.hang_review", "ruling.meeting"
ESCALATED = "case.escalated"
_DISPUTED = frozenset({S.FILED, S.DISPATCHED, S.HANDLING})


def open_side_duties(case: Case, *, at: dt.datetime) -> None:
    """Everything that others than the worker of the present stage have to do with the case now."""
    state = S(case.state)
    if state is S.HANDLING:
        if extension := procedures.open_extension(case):
            open_extension_duty(case, extension, at=at)
        if hang := procedures.open_hang(case):
            open_hang_duty(case, hang, at=at)
    if state in IN_HAND:
        for part in procedures.open_parts(case):
            open_part_duty(case, part, at=at)


def open_extension_duty(case: Case, extension: Extension, *, at: dt.datetime) -> None:
    """To whoever decides the request, before the deadline that it would move."""
    permission = P.CASE_EXTEND if extension.nth == 1 else P.CASE_EXTEND_AGAIN
    _at_the_place(case, EXTENSION, permission, case.due_at, at=at, not_units=_unit_path(case))


def open_hang_duty(case: Case, _hang: Hang, *, at: dt.datetime) -> None:
    """To the leader."""
    _at_the_place(case, HANG, P.CASE_HANG, case.due_at, at=at, not_units=_unit_path(case))


def open_part_duty(case: Case, part: Assignment, *, at: dt.datetime) -> None:
    """To the co-handler while his part is not done; then to whoever verifies."""
    if part.done_at is not None:
        _at_the_place(case, PART_DONE, P.CASE_VERIFY, case.handle_due_at, at=at, not_units=[part.unit.path])
        return
    open_duty(
        kind=PART,
        subject_type="case",
        subject_id=case.pk,
        label=case.number,
        due_at=part.due_at,
        permission=P.CASE_ASSIST,
        unit_path=part.unit.path,
        at=at,
    )


def open_review_duty(case: Case, hang: Hang, *, due_at: dt.datetime, at: dt.datetime) -> None:
    """To the unit: in a week the hung case is taken up again."""
    if case.unit is None:
        return
    open_duty(
        kind=REVIEW,
        subject_type="case",
        subject_id=hang.case_id,
        label=case.number,
        due_at=due_at,
        permission=P.CASE_HANDLE,
        unit_path=case.unit.path,
        at=at,
    )


def open_meeting_duties(case: Case, ruling: Ruling, *, at: dt.datetime) -> None:
    """To every unit that was called to the spot."""
    finish_duties(subject_type="ruling", subject_id=ruling.pk, at=at)
    for unit in ruling.units.order_by("id"):
        open_duty(
            kind=MEETING,
            subject_type="ruling",
            subject_id=ruling.pk,
            label=case.number,
            due_at=ruling.meet_at,
            permission=P.CASE_HANDLE,
            unit_path=unit.path,
            at=at,
        )


def renew_duties(case: Case, *kinds: str, at: dt.datetime) -> None:
    """Write the side entries of some kinds anew, after a step that changes no state."""
    for kind in kinds:
        finish_duties(subject_type="case", subject_id=case.pk, kind=kind, at=at)
    if PART in kinds or PART_DONE in kinds:
        for part in procedures.open_parts(case):
            open_part_duty(case, part, at=at)


def end_with_stage(case: Case, left: S, entered: S, *, at: dt.datetime) -> None:
    """An open request ends with the stage in which it was asked; a meeting when there is nothing left to dispute."""
    if left is S.HANDLING:
        undecided = {"case": case, "granted__isnull": True, "ended_at__isnull": True}
        Extension.objects.filter(**undecided).update(ended_at=at)
        Hang.objects.filter(**undecided).update(ended_at=at)
    if left in _DISPUTED and entered not in _DISPUTED:
        for pk in Ruling.objects.filter(case=case, ruled_at__isnull=True, ended_at__isnull=True).values_list("pk"):
            finish_duties(subject_type="ruling", subject_id=pk[0], at=at)
        Ruling.objects.filter(case=case, ruled_at__isnull=True, ended_at__isnull=True).update(ended_at=at)


def _unit_path(case: Case) -> list[str]:
    return [case.unit.path] if case.unit is not None else []


def _at_the_place(
    case: Case, kind: str, permission: P, due_at: dt.datetime | None, *, at: dt.datetime, not_units: list[str]
) -> None:
    open_duty(
        kind=kind,
        subject_type="case",
        subject_id=case.pk,
        label=case.number,
        due_at=due_at,
        permission=permission,
        area_path=case.area_path,
        not_unit_paths=not_units,
        confidential=case.confidential,
        at=at,
    )

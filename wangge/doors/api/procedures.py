"""Sub-procedures of handling: bodies and acts of their verbs; what was asked, decided and ruled in a case; precedents."""

import datetime as dt
import uuid
from collections.abc import Callable
from typing import Annotated, Any, Literal

from django.http import HttpRequest, HttpResponse
from ninja import Path, Query, Router
from pydantic import Field

from wangge.domains.cases import actions, procedures, queries
from wangge.domains.cases.models import Assignment, Case, Extension, Hang, LevelMove
from wangge.doors.api import cursors
from wangge.doors.api.contract import answer, operation
from wangge.doors.api.ground import unit_of
from wangge.doors.api.shapes import (
    AreaRef,
    Day,
    Flag,
    In,
    MatterRef,
    Moment,
    Note,
    Out,
    Photos,
    RowId,
    UnitRef,
    Words,
)
from wangge.foundation.core.problems import InvalidError, NotFoundError

router = Router(tags=["procedures"])


class AskExtension(In):
    """延期申请: so many working days more, and why; before the deadline only."""

    days: Annotated[int, Field(ge=1, le=procedures.MAX_EXTENSION_DAYS, strict=True)]
    reason: Words


class GrantExtension(In):
    """延期批准: the open request, with a remark if any."""

    extension: RowId
    note: Note = ""


class RefuseExtension(In):
    """延期不批准: the open request, and why not."""

    extension: RowId
    reason: Words


class AskHang(In):
    """挂账申请: why it cannot be done now, the plan (the public reads it), the review date within 90 days."""

    why: Literal["season", "funds", "law", "project", "other"]
    plan: Words
    review_on: Day


class GrantHang(In):
    """挂账批准: the open request, with a remark if any."""

    hang: RowId
    note: Note = ""


class RefuseHang(In):
    """挂账不批准: the open request, and why not."""

    hang: RowId
    reason: Words


class Resume(In):
    """恢复办理: why it can be done now."""

    reason: Words


class CallRuling(In):
    """召集现场研判: when, where, which units. Called again, the meeting is moved."""

    meet_at: Moment
    place: Annotated[str, Field(min_length=1, max_length=200, strict=True)]
    units: Annotated[list[RowId], Field(min_length=1, max_length=20)]


class Rule(In):
    """裁定: whose duty it is, with minutes and basis; the unit cannot send it back any more."""

    unit: RowId
    minutes: Words
    basis: Words


class Escalate(In):
    """提级上报: why it cannot be settled at this level."""

    reason: Words


class HandDown(In):
    """下沉: to which lower level, and why it belongs there."""

    level: Literal[1, 2, 3]
    reason: Words


class AssistDone(In):
    """协办办结: what the co-handler did; `assignment` says whose part, where one acts for several units."""

    text: Words
    photos: Photos = Field(default_factory=list)
    assignment: RowId | None = None


class VerifyAssist(In):
    """协办核查: whose part, whether it passed, what was seen; not passed it is done again, and the note says why."""

    assignment: RowId
    passed: Flag = True
    note: Note = ""


class WaiveAssist(In):
    """免除协办: whose part is not waited for any more, and why."""

    assignment: RowId
    reason: Words


def _named(field: str, find: Callable[[Case, int], Any], case: Case, pk: int) -> Any:
    try:
        return find(case, pk)
    except NotFoundError as error:
        raise InvalidError(error.title, field=field) from None


def _extension(case: Case, pk: int) -> Extension:
    found: Extension = _named("extension", procedures.extension_of, case, pk)
    return found


def _hang(case: Case, pk: int) -> Hang:
    found: Hang = _named("hang", procedures.hang_of, case, pk)
    return found


def _part(case: Case, pk: int) -> Assignment:
    found: Assignment = _named("assignment", procedures.part_of, case, pk)
    return found


def _ask_hang(case: Case, by: Any, said: AskHang) -> Any:
    return actions.ask_hang(case=case, by=by, why=said.why, plan=said.plan, review_on=said.review_on)


def _grant_extension(case: Case, by: Any, said: GrantExtension) -> Any:
    return actions.grant_extension(extension=_extension(case, said.extension), by=by, note=said.note)


def _refuse_extension(case: Case, by: Any, said: RefuseExtension) -> Any:
    return actions.refuse_extension(extension=_extension(case, said.extension), by=by, reason=said.reason)


def _call_ruling(case: Case, by: Any, said: CallRuling) -> Any:
    units = [unit_of(pk, "units") for pk in said.units]
    return actions.call_ruling(case=case, by=by, meet_at=said.meet_at, place=said.place, units=units)


def _rule(case: Case, by: Any, said: Rule) -> Any:
    unit = unit_of(said.unit, "unit")
    return actions.rule(case=case, by=by, unit=unit, minutes=said.minutes, basis=said.basis)


def _assist_done(case: Case, by: Any, said: AssistDone) -> Any:
    part = _part(case, said.assignment) if said.assignment is not None else None
    return actions.assist_done(case=case, by=by, text=said.text, photos=said.photos, assignment=part)


def _verify_assist(case: Case, by: Any, said: VerifyAssist) -> Any:
    part = _part(case, said.assignment)
    return actions.verify_assist(case=case, by=by, assignment=part, passed=said.passed, note=said.note)


def _waive_assist(case: Case, by: Any, said: WaiveAssist) -> Any:
    return actions.waive_assist(case=case, by=by, assignment=_part(case, said.assignment), reason=said.reason)


# Body and act of every verb of a sub-procedure; `steps` makes the operations.
VERBS: dict[str, tuple[type[In], Callable[[Case, Any, Any], Any]]] = {
    "ask_extension": (
        AskExtension,
        lambda c, by, said: actions.ask_extension(case=c, by=by, days=said.days, reason=said.reason),
    ),
    "grant_extension": (GrantExtension, _grant_extension),
    "refuse_extension": (RefuseExtension, _refuse_extension),
    "ask_hang": (AskHang, _ask_hang),
    "hang": (GrantHang, lambda c, by, said: actions.hang(hang=_hang(c, said.hang), by=by, note=said.note)),
    "refuse_hang": (
        RefuseHang,
        lambda c, by, said: actions.refuse_hang(hang=_hang(c, said.hang), by=by, reason=said.reason),
    ),
    "resume": (Resume, lambda c, by, said: actions.resume(case=c, by=by, reason=said.reason)),
    "call_ruling": (CallRuling, _call_ruling),
    "rule": (Rule, _rule),
    "escalate": (Escalate, lambda c, by, said: actions.escalate(case=c, by=by, reason=said.reason)),
    "hand_down": (
        HandDown,
        lambda c, by, said: actions.hand_down(case=c, by=by, level=said.level, reason=said.reason),
    ),
    "assist_done": (AssistDone, _assist_done),
    "verify_assist": (VerifyAssist, _verify_assist),
    "waive_assist": (WaiveAssist, _waive_assist),
}


class UnitRow(Out):
    """A unit to which the case was sent, with its own clock; `id` names a co-handler's part in the steps."""

    id: int
    unit: UnitRef
    duty: Literal["main", "co"]
    dispatched_at: dt.datetime
    due_at: dt.datetime | None
    signed_at: dt.datetime | None
    done_at: dt.datetime | None
    done_text: str
    verified_at: dt.datetime | None
    waived_at: dt.datetime | None
    waive_reason: str
    left_at: dt.datetime | None = Field(description="When the unit no longer had the case.")
    left_by: Literal["", "send_back", "escalate", "rule"]
    reason: str
    basis: str

    @classmethod
    def of(cls, row: Assignment) -> "UnitRow":
        gone = row.returned_at is not None
        return cls(
            id=row.pk,
            unit=UnitRef(id=row.unit_id, name=row.unit.name),
            duty=row.duty,  # type: ignore[arg-type]
            dispatched_at=row.dispatched_at,
            due_at=row.due_at,
            signed_at=row.signed_at,
            done_at=row.done_at,
            done_text=row.done_text,
            verified_at=row.verified_at,
            waived_at=row.waived_at,
            waive_reason=row.waive_reason,
            left_at=row.returned_at,
            left_by=(row.left_by or "send_back") if gone else "",  # type: ignore[arg-type]
            reason=row.return_reason,
            basis=row.return_basis,
        )


class ExtensionRow(Out):
    """延期: what was asked, and how it was decided; `granted` is null while it is open, or when it ended undecided."""

    id: int
    nth: int
    round: int
    days: int
    reason: str
    asked_by: str
    asked_at: dt.datetime
    due_before: dt.datetime
    due_after: dt.datetime | None
    granted: bool | None
    decided_by: str | None
    decided_at: dt.datetime | None
    decision: str
    ended_at: dt.datetime | None

    @classmethod
    def of(cls, row: Extension) -> "ExtensionRow":
        return cls(
            id=row.pk,
            nth=row.nth,
            round=row.round,
            days=row.days,
            reason=row.reason,
            asked_by=row.asked_by.name,
            asked_at=row.asked_at,
            due_before=row.due_before,
            due_after=row.due_after,
            granted=row.granted,
            decided_by=row.decided_by.name if row.decided_by is not None else None,
            decided_at=row.decided_at,
            decision=row.decision,
            ended_at=row.ended_at,
        )


class HangRow(Out):
    """挂账: why, the plan, the review date; it runs while it is granted and has no end."""

    id: int
    why: str
    plan: str
    review_on: dt.date
    asked_by: str
    asked_at: dt.datetime
    granted: bool | None
    decided_by: str | None
    decided_at: dt.datetime | None
    decision: str
    ended_at: dt.datetime | None
    ended_why: str

    @classmethod
    def of(cls, row: Hang) -> "HangRow":
        return cls(
            id=row.pk,
            why=row.why,
            plan=row.plan,
            review_on=row.review_on,
            asked_by=row.asked_by.name,
            asked_at=row.asked_at,
            granted=row.granted,
            decided_by=row.decided_by.name if row.decided_by is not None else None,
            decided_at=row.decided_at,
            decision=row.decision,
            ended_at=row.ended_at,
            ended_why=row.ended_why,
        )


class RulingRow(Out):
    """争议研判: the meeting, and what it ruled; `unit` is null until it has."""

    id: int
    meet_at: dt.datetime
    place: str
    units: list[UnitRef]
    called_by: str
    called_at: dt.datetime
    unit: UnitRef | None
    minutes: str
    basis: str
    ruled_by: str | None
    ruled_at: dt.datetime | None
    ended_at: dt.datetime | None

    @classmethod
    def of(cls, row: Any) -> "RulingRow":
        return cls(
            id=row.pk,
            meet_at=row.meet_at,
            place=row.place,
            units=[UnitRef(id=unit.pk, name=unit.name) for unit in row.units.all()],
            called_by=row.called_by.name,
            called_at=row.called_at,
            unit=UnitRef.of(row.unit),
            minutes=row.minutes,
            basis=row.basis,
            ruled_by=row.ruled_by.name if row.ruled_by is not None else None,
            ruled_at=row.ruled_at,
            ended_at=row.ended_at,
        )


class LevelMoveRow(Out):
    """上报/下沉: from which level to which, why."""

    from_level: int
    to_level: int
    reason: str
    by: str
    at: dt.datetime

    @classmethod
    def of(cls, row: LevelMove) -> "LevelMoveRow":
        return cls(from_level=row.from_level, to_level=row.to_level, reason=row.reason, by=row.by.name, at=row.at)


class ProceduresOut(Out):
    """Units, requests, rulings and moves of one case, oldest first."""

    units: list[UnitRow]
    extensions: list[ExtensionRow]
    hangs: list[HangRow]
    rulings: list[RulingRow]
    level_moves: list[LevelMoveRow]


class PrecedentRow(Out):
    """What one meeting ruled; `number` is null where the reader may not open the case itself."""

    ruling: RulingRow
    number: str | None
    matter: MatterRef | None
    area: AreaRef
    returned_by: list[UnitRef]


class PrecedentPage(Out):
    """One page of precedents, newest first."""

    items: list[PrecedentRow]
    next: str | None


@router.get("/cases/{case_id}/procedures", **operation("case_procedures", answers=ProceduresOut))
def case_procedures(request: HttpRequest, case_id: Annotated[uuid.UUID, Path()]) -> HttpResponse:
    """Units with their own clocks, 延期, 挂账, 研判 and moves between levels of one case."""
    case = queries.get_case_by_public_id(request.user, case_id)
    found = procedures.of_case(case)
    return answer(
        ProceduresOut(
            units=[UnitRow.of(row) for row in queries.dossier(case, request.user).assignments],
            extensions=[ExtensionRow.of(row) for row in found.extensions],
            hangs=[HangRow.of(row) for row in found.hangs],
            rulings=[RulingRow.of(row) for row in found.rulings],
            level_moves=[LevelMoveRow.of(row) for row in found.moves],
        )
    )


@router.get("/precedents", **operation("precedents", answers=PrecedentPage))
def precedents(
    request: HttpRequest,
    q: Annotated[str, Query(max_length=60, description="Words of matter, place, unit, minutes or basis.")] = "",
    cursor: Annotated[str, Query(max_length=500)] = "",
    limit: Annotated[int, Query(ge=1, le=cursors.LARGEST_PAGE)] = cursors.PAGE,
) -> HttpResponse:
    """What joint meetings on the spot have ruled, newest first."""
    before = cursors.unseal("precedents", cursor)[0] if cursor else None
    found = procedures.precedents(request.user, text=q, before=before, limit=limit)
    following = cursors.seal("precedents", found[-1].ruling.pk) if len(found) == limit else None
    items = [
        PrecedentRow(
            ruling=RulingRow.of(row.ruling),
            number=row.ruling.case.number if row.readable else None,
            matter=MatterRef.of(row.ruling.case.matter),
            area=AreaRef.of(row.ruling.case.area),
            returned_by=[UnitRef(id=gone.unit_id, name=gone.unit.name) for gone in row.returned],
        )
        for row in found
    ]
    return answer(PrecedentPage(items=items, next=following))

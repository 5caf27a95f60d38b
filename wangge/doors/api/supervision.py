"""督办: what is late and what was done about it; slips and their answers; bodies of the two steps."""

import datetime as dt
import uuid
from collections.abc import Callable
from typing import Annotated, Any, Literal

from django.http import HttpRequest, HttpResponse
from ninja import Path, Query, Router
from pydantic import Field

from wangge.domains.cases import lateness, queries
from wangge.domains.cases.actions import supervising
from wangge.domains.cases.models import Alert, Case, Supervision
from wangge.doors.api import cursors
from wangge.doors.api.contract import answer, operation
from wangge.doors.api.ground import area_of
from wangge.doors.api.shapes import AreaCode, CaseRow, In, Out, UnitRef
from wangge.foundation.catalogue.kinds import Module
from wangge.foundation.core.problems import InvalidError, NotFoundError

router = Router(tags=["supervision"])

Words = Annotated[str, Field(min_length=1, max_length=supervising.MAX_TEXT, strict=True)]
SlipNumber = Annotated[str, Field(min_length=1, max_length=40, strict=True, examples=["NC督〔2026〕1号"])]
ModuleCode = Annotated[str, Query(max_length=20, pattern="^(|" + "|".join(Module.values) + ")$")]


class Supervise(In):
    """督办: what the unit is to do and to answer, within so many working days."""

    text: Words
    reply_days: Annotated[int, Field(ge=1, le=supervising.MAX_REPLY_DAYS, strict=True)] = 1


class AnswerSupervision(In):
    """督办回复: which slip, and the answer in words."""

    supervision: SlipNumber
    text: Words


def _supervise(case: Case, by: Any, said: Supervise) -> Case:
    return supervising.supervise(case=case, by=by, text=said.text, reply_days=said.reply_days).case


def _answer(case: Case, by: Any, said: AnswerSupervision) -> Case:
    try:
        slip = lateness.get_slip(by, said.supervision)
    except NotFoundError as error:
        raise InvalidError(error.title, field="supervision") from None
    if slip.case_id != case.pk:
        raise InvalidError(NotFoundError.title, field="supervision")
    return supervising.answer(supervision=slip, by=by, text=said.text).case


VERBS: dict[str, tuple[type[In], Callable[[Case, Any, Any], Any]]] = {
    "supervise": (Supervise, _supervise),
    "answer_supervision": (AnswerSupervision, _answer),
}


class AlertRow(Out):
    """预警: proof that a warning fired. Rung 0 warned who has it, 1 the head, 2 the leader, 3 the party secretary."""

    rung: Literal[0, 1, 2, 3]
    clock: str
    due_at: dt.datetime
    at: dt.datetime
    told: int = Field(description="How many people were told.")
    answered_at: dt.datetime | None

    @classmethod
    def of(cls, row: Alert) -> "AlertRow":
        return cls(
            rung=row.rung,  # type: ignore[arg-type]
            clock=row.clock,
            due_at=row.due_at,
            at=row.at,
            told=row.told,
            answered_at=row.answered_at,
        )


class SlipRow(Out):
    """督办单: a numbered slip to a unit. `issued_by` is null where the rule wrote it; `late` says that its answer was."""

    number: str
    unit: UnitRef
    text: str
    issued_by: str | None
    issued_at: dt.datetime
    reply_due_at: dt.datetime
    reply: str
    replied_by: str | None
    replied_at: dt.datetime | None
    late: bool
    lapsed_at: dt.datetime | None = Field(description="When the case ended before the unit had answered.")

    @classmethod
    def of(cls, row: Supervision) -> "SlipRow":
        return cls(
            number=row.number,
            unit=UnitRef(id=row.unit_id, name=row.unit.name),
            text=row.text,
            issued_by=row.issued_by.name if row.issued_by is not None else None,
            issued_at=row.issued_at,
            reply_due_at=row.reply_due_at,
            reply=row.reply,
            replied_by=row.replied_by.name if row.replied_by is not None else None,
            replied_at=row.replied_at,
            late=row.is_late,
            lapsed_at=row.lapsed_at,
        )


class CaseSlipRow(SlipRow):
    """A slip with the number of its case."""

    case: str


class SlipPage(Out):
    """One page of slips, newest first."""

    items: list[CaseSlipRow]
    next: str | None


class CaseSupervision(Out):
    """Warnings and slips of one case, oldest first."""

    alerts: list[AlertRow]
    slips: list[SlipRow]


class LateRow(Out):
    """One deadline that passed, or passes today: who holds it, since when, how long over, what was done."""

    case: CaseRow
    unit: UnitRef | None = Field(description="Null: the desk itself has it.")
    co: bool = Field(description="A co-handler's own deadline.")
    since: dt.datetime
    due_at: dt.datetime
    working_days_over: int
    minutes_over: int = Field(description="Of office time; round the clock where the limit runs so.")
    alerts: list[AlertRow]
    slips: list[SlipRow]
    extensions: int
    hangs: int
    whistles: int

    @classmethod
    def of(cls, row: lateness.LateRow) -> "LateRow":
        return cls(
            case=CaseRow.of(row.case),
            unit=UnitRef.of(row.unit),
            co=row.assignment is not None,
            since=row.since,
            due_at=row.due_at,
            working_days_over=row.working_days,
            minutes_over=row.minutes,
            alerts=[AlertRow.of(alert) for alert in row.done.alerts],
            slips=[SlipRow.of(slip) for slip in row.done.slips],
            extensions=len(row.done.extensions),
            hangs=len(row.done.hangs),
            whistles=len(row.done.whistles),
        )


class LatePage(Out):
    """One page, the oldest deadline first."""

    items: list[LateRow]
    next: str | None


@router.get("/cases/{case_id}/supervision", **operation("case_supervision", answers=CaseSupervision))
def case_supervision(request: HttpRequest, case_id: Annotated[uuid.UUID, Path()]) -> HttpResponse:
    """Warnings that fired about a case, and the slips to its units."""
    case = queries.get_case_by_public_id(request.user, case_id)
    alerts = lateness.done_about([case])[case.pk].alerts
    slips = lateness.slips_of(case, request.user)
    return answer(
        CaseSupervision(alerts=[AlertRow.of(row) for row in alerts], slips=[SlipRow.of(row) for row in slips])
    )


@router.get("/supervision/late", **operation("supervision_late", answers=LatePage))
def supervision_late(
    request: HttpRequest,
    which: Annotated[Literal["late", "today", "co"], Query()] = "late",
    unit: Annotated[int | None, Query(ge=1, le=2**62)] = None,
    module: ModuleCode = "",
    area: AreaCode | None = None,
    cursor: Annotated[str, Query(max_length=500)] = "",
    limit: Annotated[int, Query(ge=1, le=cursors.LARGEST_PAGE)] = cursors.PAGE,
) -> HttpResponse:
    """What is late at the places whose figures one sees; `today`: what becomes late today; `co`: late co-handlers."""
    place = f"late.{which}"
    after = None
    if cursor:
        due, pk = cursors.unseal(place, cursor)
        after = (dt.datetime.fromisoformat(due), pk)
    path = area_of(area).path if area else ""
    narrowed = lateness.LateFilter(which=which, unit_id=unit, module=module, area_path=path)
    rows = lateness.late(request.user, narrowed, after=after, limit=limit)
    following = None
    if len(rows) == limit:
        last = rows[-1]
        pk = last.assignment.pk if last.assignment is not None else last.case.pk
        following = cursors.seal(place, last.due_at.isoformat(), pk)
    return answer(LatePage(items=[LateRow.of(row) for row in rows], next=following))


@router.get("/supervision/slips", **operation("supervision_slips", answers=SlipPage))
def supervision_slips(
    request: HttpRequest,
    waiting: Annotated[bool, Query(description="Only those that wait for an answer.")] = False,  # noqa: FBT002
    cursor: Annotated[str, Query(max_length=500)] = "",
    limit: Annotated[int, Query(ge=1, le=cursors.LARGEST_PAGE)] = cursors.PAGE,
) -> HttpResponse:
    """Slips at one's places and to one's units."""
    before = cursors.unseal("supervision.slips", cursor)[0] if cursor else None
    rows = lateness.slips(request.user, open_only=waiting, before=before, limit=limit)
    following = cursors.seal("supervision.slips", rows[-1].pk) if len(rows) == limit else None
    return answer(SlipPage(items=[_with_case(row) for row in rows], next=following))


@router.get("/supervision/slips/{slip}", **operation("supervision_slip", answers=CaseSlipRow))
def supervision_slip(request: HttpRequest, slip: Annotated[str, Path(max_length=40)]) -> HttpResponse:
    """One slip by its number."""
    return answer(_with_case(lateness.get_slip(request.user, slip)))


def _with_case(row: Supervision) -> CaseSlipRow:
    return CaseSlipRow(**SlipRow.of(row).model_dump(), case=row.case.number)

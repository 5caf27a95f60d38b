"""纪检抽查: samples of process data, what they say about one case, findings, the conclusion. No reporter, none of his words."""

import datetime as dt
from typing import Annotated, Any, Literal

from django.http import HttpRequest, HttpResponse
from ninja import Path, Query, Router
from pydantic import Field, StrictInt, StrictStr

from wangge.domains.cases import inspections as reads
from wangge.domains.cases.actions import inspecting
from wangge.domains.cases.models import ClockEvent, InspectedCase, Inspection, TimelineEntry
from wangge.doors.api import cursors
from wangge.doors.api.contract import answer, operation
from wangge.doors.api.ground import area_of
from wangge.doors.api.procedures import ExtensionRow, HangRow
from wangge.doors.api.shapes import AreaCode, AreaRef, Day, In, MatterRef, Note, Out, UnitRef, Words
from wangge.doors.api.supervision import AlertRow, SlipRow
from wangge.doors.api.writing import written

router = Router(tags=["inspections"])

Number = Annotated[str, Path(max_length=40)]
CaseNumber = Annotated[str, Path(max_length=40)]


class DrawIn(In):
    """A sample: where, how, out of which days, how many. Without a seed: by lot; with one, the same sample again."""

    area: AreaCode
    method: Literal["random", "late", "reopened", "unsatisfied", "hung", "quick"]
    first_day: Day
    last_day: Day
    size: Annotated[StrictInt, Field(ge=1, le=inspecting.MAX_SIZE)]
    seed: Annotated[StrictStr, Field(max_length=inspecting.MAX_SEED)] = ""


class FindIn(In):
    """What was found in one case; all but `fine` need a note, and what must be put right is optional."""

    finding: Literal["fine", "late", "false", "careless", "other"]
    note: Note = ""
    put_right_what: Note = ""


class PutRightIn(In):
    """整改: what the unit answered."""

    put_right: Words


class ConcludeIn(In):
    """The conclusion; findings are final from then on."""

    conclusion: Words


class InspectionRow(Out):
    """A sample that anybody can draw again from area, method, days, size and seed. `population`: out of how many."""

    number: str
    area: AreaRef
    method: str
    method_name: str
    seed: str
    size: int
    population: int
    first_day: dt.date
    last_day: dt.date
    by: str
    at: dt.datetime
    conclusion: str
    concluded_at: dt.datetime | None

    @classmethod
    def of(cls, found: Inspection) -> "InspectionRow":
        return cls(
            number=found.number,
            area=AreaRef.of(found.area),
            method=found.method,
            method_name=str(found.get_method_display()),
            seed=found.seed,
            size=found.size,
            population=found.population,
            first_day=found.first_day,
            last_day=found.last_day,
            by=found.by.name,
            at=found.at,
            conclusion=found.conclusion,
            concluded_at=found.concluded_at,
        )


class InspectionPage(Out):
    """One page, newest first."""

    items: list[InspectionRow]
    next: str | None


class InspectedRow(Out):
    """One case of a sample, in the order of the draw; `finding` is empty until somebody has looked at it."""

    place: int
    case: str
    state: str
    matter: MatterRef | None
    area: AreaRef
    unit: UnitRef | None
    finding: str
    note: str
    found_at: dt.datetime | None
    put_right_what: str
    put_right: str
    put_right_at: dt.datetime | None

    @classmethod
    def of(cls, row: InspectedCase) -> "InspectedRow":
        case = row.case
        return cls(
            place=row.place,
            case=case.number,
            state=case.state,
            matter=MatterRef.of(case.matter),
            area=AreaRef.of(case.area),
            unit=UnitRef.of(case.unit),
            finding=row.finding,
            note=row.note,
            found_at=row.found_at,
            put_right_what=row.put_right_what,
            put_right=row.put_right,
            put_right_at=row.put_right_at,
        )


class InspectionFull(Out):
    """A sample with its cases: at most a hundred."""

    inspection: InspectionRow
    cases: list[InspectedRow]


class ProcessStep(Out):
    """One step of a case; of what a reporter did only that it was done, and when."""

    at: dt.datetime
    verb: str
    by: str | None
    unit: UnitRef | None
    note: str

    @classmethod
    def of(cls, entry: TimelineEntry) -> "ProcessStep":
        theirs = entry.verb in reads.OF_REPORTERS
        return cls(
            at=entry.at,
            verb=entry.verb,
            by=None if theirs or entry.by is None else entry.by.name,
            unit=None if theirs else UnitRef.of(entry.unit),
            note="" if theirs else entry.note,
        )


class ProcessClock(Out):
    """What happened to a clock."""

    at: dt.datetime
    clock: str
    kind: str
    reason: str

    @classmethod
    def of(cls, event: ClockEvent) -> "ProcessClock":
        return cls(at=event.at, clock=event.clock, kind=event.kind, reason=event.reason)


class ProcessOut(Out):
    """The process data of a sampled case: what it went through, and what was done about its deadlines."""

    inspected: InspectedRow
    steps: list[ProcessStep]
    clocks: list[ProcessClock]
    alerts: list[AlertRow]
    slips: list[SlipRow]
    extensions: list[ExtensionRow]
    hangs: list[HangRow]


def _named(user: Any, number: str, case: str) -> InspectedCase:
    return reads.get_sampled(reads.get_inspection_by_number(user, number), case)


@router.get("/inspections", **operation("inspections", answers=InspectionPage))
def inspections(
    request: HttpRequest,
    cursor: Annotated[str, Query(max_length=500)] = "",
    limit: Annotated[int, Query(ge=1, le=cursors.LARGEST_PAGE)] = cursors.PAGE,
) -> HttpResponse:
    """The inspections at the places where one inspects."""
    before = cursors.unseal("inspections", cursor)[0] if cursor else None
    rows = reads.inspections(request.user, before=before, limit=limit)
    following = cursors.seal("inspections", rows[-1].pk) if len(rows) == limit else None
    return answer(InspectionPage(items=[InspectionRow.of(row) for row in rows], next=following))


@router.post("/inspections", **operation("inspection_draw", answers={201: InspectionRow}, write=True))
def inspection_draw(request: HttpRequest, data: DrawIn) -> HttpResponse:
    """Draw a sample."""

    def act() -> InspectionRow:
        given = data.model_dump() | {"area": area_of(data.area)}
        return InspectionRow.of(inspecting.draw(by=request.user, **given))

    return written(request, act, status=201)


@router.get("/inspections/{inspection}", **operation("inspection", answers=InspectionFull))
def inspection(request: HttpRequest, inspection: Number) -> HttpResponse:
    """One sample with its findings."""
    found = reads.get_inspection_by_number(request.user, inspection)
    rows = [InspectedRow.of(row) for row in reads.sampled(found)]
    return answer(InspectionFull(inspection=InspectionRow.of(found), cases=rows))


@router.get("/inspections/{inspection}/cases/{case_number}", **operation("inspected", answers=ProcessOut))
def inspected(request: HttpRequest, inspection: Number, case_number: CaseNumber) -> HttpResponse:
    """The process data of one case of a sample. Every reading is audited."""
    row = _named(request.user, inspection, case_number)
    inspecting.read(by=request.user, inspected=row)
    process = reads.process_of(row)
    done = process.done
    return answer(
        ProcessOut(
            inspected=InspectedRow.of(row),
            steps=[ProcessStep.of(entry) for entry in process.timeline],
            clocks=[ProcessClock.of(event) for event in process.clocks],
            alerts=[AlertRow.of(alert) for alert in done.alerts],
            slips=[SlipRow.of(slip) for slip in done.slips],
            extensions=[ExtensionRow.of(asked) for asked in done.extensions],
            hangs=[HangRow.of(hang) for hang in done.hangs],
        )
    )


@router.post(
    "/inspections/{inspection}/cases/{case_number}/finding",
    **operation("inspected_find", answers=InspectedRow, write=True),
)
def inspected_find(request: HttpRequest, inspection: Number, case_number: CaseNumber, data: FindIn) -> HttpResponse:
    """Write down what was found; may be corrected until the conclusion."""

    def act() -> InspectedRow:
        row = _named(request.user, inspection, case_number)
        inspecting.find(by=request.user, inspected=row, **data.model_dump())
        return InspectedRow.of(_named(request.user, inspection, case_number))

    return written(request, act)


@router.post(
    "/inspections/{inspection}/cases/{case_number}/put-right",
    **operation("inspected_put_right", answers=InspectedRow, write=True),
)
def inspected_put_right(
    request: HttpRequest, inspection: Number, case_number: CaseNumber, data: PutRightIn
) -> HttpResponse:
    """Write down how it was put right; also after the conclusion."""

    def act() -> InspectedRow:
        row = _named(request.user, inspection, case_number)
        inspecting.put_right(by=request.user, inspected=row, text=data.put_right)
        return InspectedRow.of(_named(request.user, inspection, case_number))

    return written(request, act)


@router.post(
    "/inspections/{inspection}/conclusion", **operation("inspection_conclude", answers=InspectionRow, write=True)
)
def inspection_conclude(request: HttpRequest, inspection: Number, data: ConcludeIn) -> HttpResponse:
    """Conclude: every case of the sample must have a finding."""

    def act() -> InspectionRow:
        found = reads.get_inspection_by_number(request.user, inspection)
        inspecting.conclude(by=request.user, inspection=found, text=data.conclusion)
        return InspectionRow.of(reads.get_inspection_by_number(request.user, inspection))

    return written(request, act)

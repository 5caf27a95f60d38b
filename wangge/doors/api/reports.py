"""What staff report, and how their own reports go on."""

import datetime as dt
import uuid
from typing import Annotated, Literal

from django.http import HttpRequest, HttpResponse
from ninja import Path, Query, Router
from pydantic import Field

from wangge.domains.cases import actions, queries
from wangge.domains.cases.models import Report
from wangge.domains.cases.workflow import S
from wangge.doors.api import cursors
from wangge.doors.api.contract import answer, operation
from wangge.doors.api.ground import PlaceIn, matter_of, place_of
from wangge.doors.api.shapes import (
    ContactIn,
    Flag,
    In,
    MatterCode,
    MatterRef,
    Moment,
    Out,
    OutcomeIn,
    Photos,
    PublicId,
    ReportMade,
    TimelineRow,
    Words,
)
from wangge.doors.api.writing import written

router = Router(tags=["reports"])

SourceIn = Literal["patrol", "phone", "visit", "on_behalf", "tip", "hotline", "transfer"]


class ReportIn(In):
    """What somebody said. `settled` (即办): what was done about it on the spot."""

    source: SourceIn
    text: Words
    place: PlaceIn
    matter: MatterCode | None = None
    contact: ContactIn | None = None
    photos: Photos = Field(default_factory=list)
    urgent: Flag = False
    confidential: Flag = False
    settled: OutcomeIn | None = None
    id: Annotated[PublicId | None, Field(description="The reporter's own UUID for the report, if he made one.")] = None
    occurred_at: Annotated[Moment | None, Field(description="The reporter's own clock; no deadline depends on it.")] = (
        None
    )


class JoinIn(In):
    """Another voice about the same thing."""

    source: SourceIn
    text: Words
    place: PlaceIn
    contact: ContactIn | None = None
    photos: Photos = Field(default_factory=list)
    id: PublicId | None = None
    occurred_at: Moment | None = None


class SupplementIn(In):
    """The answer to the intake desk's question."""

    text: Words
    photos: Photos = Field(default_factory=list)


class OwnReport(Out):
    """One of one's own reports and how far it has come."""

    id: uuid.UUID
    number: str
    state: str
    state_name: str
    matter: MatterRef | None
    text: str
    recorded_at: dt.datetime
    occurred_at: dt.datetime | None
    needs_answer: bool
    merged_into: str | None

    @classmethod
    def of(cls, report: Report) -> "OwnReport":
        own = report.case
        case = own.merged_into or own
        return cls(
            id=report.public_id,
            number=own.number,
            state=case.state,
            state_name=str(case.get_state_display()),
            matter=MatterRef.of(own.matter),
            text=report.text,
            recorded_at=report.recorded_at,
            occurred_at=report.occurred_at,
            needs_answer=own.state == S.NEEDS_INFO,
            merged_into=case.number if case is not own else None,
        )


class OwnReportPage(Out):
    """One page of one's own reports, newest first."""

    items: list[OwnReport]
    next: str | None


class OwnReportFull(OwnReport):
    """With the public steps of its case."""

    timeline: list[TimelineRow]


class SupplementDone(Out):
    """The report's case goes on."""

    id: uuid.UUID
    number: str
    state: str


@router.post("/reports", **operation("report_make", answers={201: ReportMade}, write=True))
def report_make(request: HttpRequest, data: ReportIn) -> HttpResponse:
    """Record a report and open a case for it."""

    def act() -> ReportMade:
        made = actions.report(
            by=request.user,
            source=data.source,
            text=data.text,
            place=place_of(data.place),
            matter=matter_of(data.matter) if data.matter else None,
            contact=data.contact.contact() if data.contact else None,
            photos=data.photos,
            urgent=data.urgent,
            confidential=data.confidential,
            settled=data.settled.outcome() if data.settled else None,
            report_id=data.id,
            occurred_at=data.occurred_at,
        )
        return ReportMade.of(made)

    return written(request, act, status=201)


@router.get("/reports", **operation("reports", answers=OwnReportPage))
def reports(
    request: HttpRequest,
    cursor: Annotated[str, Query(max_length=500)] = "",
    limit: Annotated[int, Query(ge=1, le=cursors.LARGEST_PAGE)] = cursors.PAGE,
) -> HttpResponse:
    """What one reported oneself, newest first."""
    before = cursors.unseal("reports", cursor)[0] if cursor else None
    rows = queries.own_reports(request.user, before=before, limit=limit)
    following = cursors.seal("reports", rows[-1].pk) if len(rows) == limit else None
    return answer(OwnReportPage(items=[OwnReport.of(row) for row in rows], next=following))


@router.get("/reports/{report_id}", **operation("report", answers=OwnReportFull))
def report(request: HttpRequest, report_id: Annotated[uuid.UUID, Path()]) -> HttpResponse:
    """One of one's own reports, with the public steps of its case."""
    found = queries.own_report(request.user, report_id)
    case = found.case.merged_into or found.case
    steps = [TimelineRow.of(entry, names=False) for entry in queries.public_timeline(case, found)]
    return answer(OwnReportFull(**OwnReport.of(found).model_dump(), timeline=steps))


@router.post("/reports/{report_id}/supplement", **operation("report_supplement", answers=SupplementDone, write=True))
def report_supplement(
    request: HttpRequest, report_id: Annotated[uuid.UUID, Path()], data: SupplementIn
) -> HttpResponse:
    """Answer the intake desk's question about one of one's own reports (待补充)."""

    def act() -> SupplementDone:
        found = queries.own_report(request.user, report_id)
        case = actions.supplement(report=found, by=request.user, text=data.text, photos=data.photos)
        return SupplementDone(id=found.public_id, number=case.number, state=case.state)

    return written(request, act)

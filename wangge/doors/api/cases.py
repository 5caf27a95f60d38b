"""Cases: lists, one case, its timeline, photos and voices; another voice joins."""

import datetime as dt
import uuid
from typing import TYPE_CHECKING, Annotated, Literal

from django.http import HttpRequest, HttpResponse
from ninja import Path, Query, Router
from pydantic import BaseModel, ConfigDict, Field

from wangge.domains.cases import actions, evidence, queries
from wangge.domains.cases.learning import alike
from wangge.domains.cases.learning.alike import Alike
from wangge.domains.cases.learning.duplicates import RADIUS_M
from wangge.domains.cases.learning.reasons import in_words
from wangge.domains.cases.models import CasePhoto, Report, Source
from wangge.domains.cases.workflow import S
from wangge.doors.api import cursors
from wangge.doors.api.contract import answer, operation
from wangge.doors.api.ground import area_of, place_of
from wangge.doors.api.reports import JoinIn
from wangge.doors.api.shapes import (
    AreaCode,
    CaseFull,
    CasePage,
    CaseRow,
    Day,
    Out,
    PhotoRow,
    ReportMade,
    TimelineRow,
)
from wangge.doors.api.writing import written
from wangge.foundation.catalogue.models import Module
from wangge.foundation.places import crs as datums

router = Router(tags=["cases"])

if TYPE_CHECKING:
    StateIn = str
    SourceIn = str
    ModuleIn = str
else:
    StateIn = Literal[tuple(state.value for state in S)]
    SourceIn = Literal[tuple(Source.values)]
    ModuleIn = Literal[tuple(Module.values)]
# Steps by which the person in `by` would be the reporter.
_REPORTERS_STEPS = frozenset({"report", "settle", "join", "supplement", "evaluate", "object"})


class CaseFilter(BaseModel):
    """What the list is narrowed to; every part may be left out."""

    model_config = ConfigDict(extra="forbid")

    q: Annotated[str, Field(max_length=60, description="A case number, or words of text or address.")] = ""
    state: Annotated[list[StateIn], Field(max_length=14)] = []
    open: bool = False
    overdue: bool = False
    module: ModuleIn | None = None
    matter_class: Annotated[str | None, Field(pattern=r"^[0-9]{2}$")] = None
    matter: Annotated[str | None, Field(pattern=r"^[0-9]{5}$")] = None
    area: AreaCode | None = None
    unit: Annotated[int | None, Field(ge=1, le=2**62)] = None
    source: SourceIn | None = None
    emerging: bool = False
    legacy: bool = False
    reported_from: Day | None = None
    reported_to: Day | None = None
    cursor: Annotated[str, Field(max_length=500)] = ""
    limit: Annotated[int, Field(ge=1, le=cursors.LARGEST_PAGE)] = cursors.PAGE

    def narrowed(self) -> queries.Filter:
        """As the queries take it."""
        return queries.Filter(
            text=self.q,
            states=tuple(self.state),
            open_only=self.open,
            overdue=self.overdue,
            module=self.module or "",
            matter_class=self.matter_class or "",
            matter=self.matter or "",
            area_path=area_of(self.area).path if self.area else "",
            unit_id=self.unit,
            source=self.source or "",
            emerging=self.emerging,
            legacy=self.legacy,
            reported_from=self.reported_from,
            reported_to=self.reported_to,
        )


class Judgement(Out):
    """One reporter's two answers in one round: is it solved, is he satisfied."""

    round: int
    solved: str
    satisfied: str
    comment: str
    at: dt.datetime


class Voice(Out):
    """One report of a case; who stands behind it is masked."""

    id: uuid.UUID
    number: str
    source: str
    by: str | None
    contact: str
    text: str
    recorded_at: dt.datetime
    occurred_at: dt.datetime | None
    asks: bool
    judgements: list[Judgement]

    @classmethod
    def of(cls, report: Report) -> "Voice":
        return cls(
            id=report.public_id,
            number=report.case.number,
            source=report.source,
            by=report.by.name if report.by is not None else None,
            contact=report.contact_mask,
            text=report.text,
            recorded_at=report.recorded_at,
            occurred_at=report.occurred_at,
            asks=report.asks,
            judgements=[
                Judgement(
                    round=said.round, solved=said.solved, satisfied=said.satisfied, comment=said.comment, at=said.at
                )
                for said in report.evaluations.all()
            ],
        )


class Voices(Out):
    """All voices of a case; none when they are hidden from the reader."""

    items: list[Voice]


class Timeline(Out):
    """Every step, oldest first."""

    items: list[TimelineRow]


class PhotoList(Out):
    """The photos of a case in the order of the steps."""

    items: list[PhotoRow]


class Because(Out):
    """One fact about two reports, in the reader's language, and whether it speaks for one and the same thing."""

    text: str
    speaks_for: bool


class NearCase(Out):
    """An open case close by: perhaps the same thing."""

    case: CaseRow
    metres: float | None
    probability: float = Field(ge=0, le=1, description="That it is the same thing; the best come first.")
    reasons: list[Because]

    @classmethod
    def of(cls, found: Alike) -> "NearCase":
        metres = found.score.metres
        return cls(
            case=CaseRow.of(found.case),
            metres=round(metres, 1) if metres is not None else None,
            probability=round(found.score.probability, 4),
            reasons=[Because(text=one.text, speaks_for=one.speaks_for) for one in in_words(found.score)],
        )


class NearCases(Out):
    """The most probable first."""

    items: list[NearCase]


@router.get("/cases", **operation("cases", answers=CasePage))
def cases(request: HttpRequest, asked: Annotated[CaseFilter, Query()]) -> HttpResponse:
    """Cases that one may see, newest first."""
    before = cursors.unseal("cases", asked.cursor)[0] if asked.cursor else None
    rows = queries.find(request.user, asked.narrowed(), before=before, limit=asked.limit)
    following = cursors.seal("cases", rows[-1].pk) if len(rows) == asked.limit else None
    return answer(CasePage(items=[CaseRow.of(row) for row in rows], next=following))


@router.get("/cases/near", **operation("cases_near", answers=NearCases))
def cases_near(
    request: HttpRequest,
    lon: Annotated[float, Query(ge=-180, le=180, allow_inf_nan=False)],
    lat: Annotated[float, Query(ge=-90, le=90, allow_inf_nan=False)],
    crs: Annotated[Literal["WGS84", "CGCS2000", "GCJ02", "BD09"], Query()] = "WGS84",
    radius: Annotated[int, Query(ge=1, le=500, description="metres")] = RADIUS_M,
) -> HttpResponse:
    """Open cases of the last 30 days near a place, the most probably same first. Texts are compared by `case_alike`."""
    east, north = datums.to_wgs(lon, lat, crs)
    thing = alike.thing_said(text="", lon=east, lat=north)
    found = alike.alike(request.user, thing, radius=radius)
    return answer(NearCases(items=[NearCase.of(one) for one in found]))


@router.get("/cases/{case_id}/alike", **operation("case_alike", answers=NearCases))
def case_alike(
    request: HttpRequest,
    case_id: Annotated[uuid.UUID, Path()],
    radius: Annotated[int, Query(ge=1, le=500, description="metres")] = RADIUS_M,
) -> HttpResponse:
    """Open cases that may be the same thing as this one, with the reasons; the most probable first."""
    found = queries.get_case_by_public_id(request.user, case_id)
    near = alike.alike(request.user, alike.thing_of(found), area=found.area, radius=radius, exclude=found.pk)
    return answer(NearCases(items=[NearCase.of(one) for one in near]))


@router.get("/cases/{case_id}", **operation("case", answers=CaseFull))
def case(request: HttpRequest, case_id: Annotated[uuid.UUID, Path()]) -> HttpResponse:
    """One case, with the steps that one may take now."""
    return answer(CaseFull.seen_by(queries.get_case_by_public_id(request.user, case_id), request.user))


@router.get("/cases/{case_id}/timeline", **operation("case_timeline", answers=Timeline))
def case_timeline(request: HttpRequest, case_id: Annotated[uuid.UUID, Path()]) -> HttpResponse:
    """Every step that was taken, oldest first."""
    found = queries.get_case_by_public_id(request.user, case_id)
    hidden = queries.hides_reporters(found, request.user)
    items = [
        TimelineRow.of(entry, names=not (hidden and entry.verb in _REPORTERS_STEPS))
        for entry in queries.timeline(found, request.user)
    ]
    return answer(Timeline(items=items))


@router.get("/cases/{case_id}/photos", **operation("case_photos", answers=PhotoList))
def case_photos(request: HttpRequest, case_id: Annotated[uuid.UUID, Path()]) -> HttpResponse:
    """The photos of a case; those of the reports are left out where the reporters are hidden."""
    found = queries.get_case_by_public_id(request.user, case_id)
    hidden = queries.hides_reporters(found, request.user)
    photos = queries.photos(found, request.user)
    shown = [photo for photo in photos if not (hidden and photo.kind == CasePhoto.Kind.REPORT)]
    marked = evidence.doubtful(shown)
    return answer(PhotoList(items=[PhotoRow.of(photo, doubtful=photo.pk in marked) for photo in shown]))


@router.get("/cases/{case_id}/reports", **operation("case_reports", answers=Voices))
def case_reports(request: HttpRequest, case_id: Annotated[uuid.UUID, Path()]) -> HttpResponse:
    """All voices of a case and of those merged into it, with their judgements."""
    found = queries.get_case_by_public_id(request.user, case_id)
    return answer(Voices(items=[Voice.of(report) for report in queries.voices(found, request.user)]))


@router.post("/cases/{case_id}/reports", **operation("case_join", answers={201: ReportMade}, write=True))
def case_join(request: HttpRequest, case_id: Annotated[uuid.UUID, Path()], data: JoinIn) -> HttpResponse:
    """Add a voice to an open case: the same thing, reported again."""

    def act() -> ReportMade:
        found = queries.get_case_by_public_id(request.user, case_id)
        made = actions.join(
            case=found,
            by=request.user,
            source=data.source,
            text=data.text,
            place=place_of(data.place),
            contact=data.contact.contact() if data.contact else None,
            photos=data.photos,
            report_id=data.id,
            occurred_at=data.occurred_at,
        )
        return ReportMade.of(made)

    return written(request, act, status=201)

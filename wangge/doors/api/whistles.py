"""Whistles (吹哨报到): blow, call, check in, vouch, excuse, contribute, conclude, rate; kinds."""

import datetime as dt
import uuid
from typing import TYPE_CHECKING, Annotated, Literal

from django.http import HttpRequest, HttpResponse
from ninja import Path, Query, Router
from pydantic import Field, StrictInt, StrictStr

from wangge.domains.cases import queries, whistle_queries
from wangge.domains.cases.actions import whistling
from wangge.domains.cases.models import Whistle, WhistleCall, WhistleKind
from wangge.domains.cases.whistling import W
from wangge.doors.api import cursors
from wangge.doors.api.contract import answer, operation
from wangge.doors.api.ground import PositionIn
from wangge.doors.api.shapes import (
    AreaRef,
    Flag,
    In,
    MatterRef,
    Moment,
    Note,
    Out,
    PhotoRow,
    Photos,
    Position,
    RowId,
    UnitRef,
    Words,
)
from wangge.doors.api.writing import written
from wangge.foundation.accounts.models import Organisation
from wangge.foundation.accounts.queries import get_organisation
from wangge.foundation.core.problems import InvalidError, NotFoundError
from wangge.foundation.places import crs

router = Router(tags=["whistles"])

if TYPE_CHECKING:
    StateIn = str
else:
    StateIn = Literal[tuple(state.value for state in W)]
KindCode = Annotated[StrictStr, Field(pattern=r"^[A-Za-z0-9_]{1,20}$", examples=["emergency"])]
Mark = Annotated[StrictInt, Field(ge=1, le=3, description="1 poor, 2 fair, 3 good")]
WhistleId = Annotated[uuid.UUID, Path()]
CallId = Annotated[int, Path(ge=1, le=2**62)]
Minutes = Annotated[StrictInt, Field(ge=1, le=24 * 60)]


class KindRow(Out):
    """A kind of whistle; `arrive_minutes` null: by the time of the meeting."""

    code: str
    name: str
    arrive_minutes: int | None
    emergency: bool
    active: bool

    @classmethod
    def of(cls, kind: WhistleKind) -> "KindRow":
        return cls(
            code=kind.code,
            name=kind.name,
            arrive_minutes=kind.arrive_minutes,
            emergency=kind.emergency,
            active=kind.active,
        )


class Kinds(Out):
    """The kinds in use."""

    items: list[KindRow]


class CallRow(Out):
    """One called unit. `on_the_spot`: its phone was near, or a caller vouches for it; `in_time` is computed."""

    id: int
    unit: UnitRef
    lead: bool
    task: str
    called_at: dt.datetime
    due_at: dt.datetime
    arrived_at: dt.datetime | None
    distance_m: float | None
    confirmed_at: dt.datetime | None
    on_the_spot: bool
    in_time: bool
    excused: str
    done: str
    presence: int | None
    duty: int | None
    result: int | None
    remark: str
    rated_at: dt.datetime | None

    @classmethod
    def of(cls, call: WhistleCall, lead_id: int | None) -> "CallRow":
        return cls(
            id=call.pk,
            unit=UnitRef(id=call.unit.pk, name=call.unit.name),
            lead=call.unit_id == lead_id,
            task=call.task,
            called_at=call.called_at,
            due_at=call.due_at,
            arrived_at=call.arrived_at,
            distance_m=call.distance_m,
            confirmed_at=call.confirmed_at,
            on_the_spot=call.on_the_spot,
            in_time=call.in_time,
            excused=call.excused,
            done=call.done,
            presence=call.presence,
            duty=call.duty,
            result=call.result,
            remark=call.remark,
            rated_at=call.rated_at,
        )


class WhistleRow(Out):
    """A whistle with what is said of its case to called units: the matter, the place, the words; no reporter."""

    id: uuid.UUID
    number: str
    state: str
    state_name: str
    kind: KindRow
    reason: str
    blown_by: str
    blown_at: dt.datetime
    case_number: str
    matter: MatterRef | None
    text: str
    area: AreaRef
    address: str
    position: Position | None
    decided_at: dt.datetime | None
    decline_reason: str
    place: str
    meet_at: dt.datetime | None
    conclusion: str
    concluded_at: dt.datetime | None
    calls: list[CallRow]

    @classmethod
    def of(cls, whistle: Whistle) -> "WhistleRow":
        case = whistle.case
        return cls(
            id=whistle.public_id,
            number=whistle.number,
            state=whistle.state,
            state_name=str(whistle.get_state_display()),
            kind=KindRow.of(whistle.kind),
            reason=whistle.reason,
            blown_by=whistle.blown_by.name,
            blown_at=whistle.blown_at,
            case_number=case.number,
            matter=MatterRef.of(case.matter),
            text=case.text,
            area=AreaRef.of(case.area),
            address=case.address,
            position=Position.of(case.lon, case.lat),
            decided_at=whistle.decided_at,
            decline_reason=whistle.decline_reason,
            place=whistle.place,
            meet_at=whistle.meet_at,
            conclusion=whistle.conclusion,
            concluded_at=whistle.concluded_at,
            calls=[CallRow.of(call, whistle.lead_id) for call in whistle_queries.calls(whistle)],
        )


class WhistlePage(Out):
    """One page of whistles; `next` is the cursor of the following one, null at the end."""

    items: list[WhistleRow]
    next: str | None


class WhistleFull(Out):
    """One whistle, photos of the spot, and the acts that the reader may do now."""

    whistle: WhistleRow
    case: uuid.UUID | None = Field(description="Id of the case, where the reader may open it.")
    photos: list[PhotoRow]
    acts: list[str]


class WhistleNow(Out):
    """The whistle after an act."""

    act: str
    whistle: WhistleRow


class SummonsIn(In):
    """A unit to be called, and what it is to do or bring."""

    unit: RowId
    task: Annotated[StrictStr, Field(max_length=200)] = ""


Units = Annotated[list[SummonsIn], Field(min_length=1, max_length=whistling.MAX_UNITS)]


class CallIn(In):
    """召集: which units, under whose lead, where and when. Without a time: at once."""

    units: Units
    lead: RowId
    place: Annotated[StrictStr, Field(max_length=200)] = ""
    meet_at: Moment | None = None


class BlowIn(In):
    """吹哨: of which kind, and why. With `call`, by whoever may call units: an emergency in one act."""

    kind: KindCode
    reason: Words
    call: CallIn | None = None


class MoreIn(In):
    """Further units to the same place."""

    units: Units


class ReasonIn(In):
    """Why."""

    reason: Words


class ArriveIn(In):
    """到场签到. The position is used for the distance to the place and not kept."""

    position: PositionIn | None = None


class ExcuseIn(In):
    """免于到场: why, and who leads instead when the unit had the lead."""

    reason: Words
    lead: RowId | None = None


class NothingIn(In):
    """Nothing to say: `{}`."""


class ContributeIn(In):
    """What the unit did on the spot."""

    text: Words
    photos: Photos = Field(default_factory=list)


class ConcludeIn(In):
    """现场办结: what was found, done and agreed."""

    conclusion: Words
    photos: Photos = Field(default_factory=list)


class MarksIn(In):
    """Three marks for one called unit; a lowest mark needs a remark."""

    call: RowId
    presence: Mark
    duty: Mark
    result: Mark
    remark: Note = ""


class RateIn(In):
    """评价: units, never persons; each once."""

    marks: Annotated[list[MarksIn], Field(min_length=1, max_length=whistling.MAX_UNITS)]


class KindIn(In):
    """A kind of whistle, new or changed."""

    code: KindCode
    name_zh: Annotated[StrictStr, Field(min_length=1, max_length=30)]
    name_en: Annotated[StrictStr, Field(max_length=60)] = ""
    arrive_minutes: Minutes | None = None
    emergency: Flag = False
    active: Flag = True


def _unit(pk: int, field: str) -> Organisation:
    try:
        return get_organisation(pk)
    except NotFoundError as error:
        raise InvalidError(error.title, field=field) from None


def _summons(units: list[SummonsIn]) -> list[whistling.Summons]:
    return [whistling.Summons(_unit(each.unit, "units"), each.task) for each in units]


def _now(request: HttpRequest, act: str, whistle: Whistle) -> WhistleNow:
    return WhistleNow(
        act=act, whistle=WhistleRow.of(whistle_queries.get_whistle_by_public_id(request.user, whistle.public_id))
    )


def _kind(code: str) -> WhistleKind:
    try:
        return whistle_queries.get_kind(code)
    except NotFoundError as error:
        raise InvalidError(error.title, field="kind") from None


@router.get("/whistle-kinds", **operation("whistle_kinds", answers=Kinds))
def whistle_kinds(request: HttpRequest) -> HttpResponse:  # noqa: ARG001 — the router calls with the request
    """The kinds of whistle in use."""
    return answer(Kinds(items=[KindRow.of(kind) for kind in whistle_queries.kinds()]))


@router.post("/whistle-kinds", **operation("whistle_kind_save", answers=KindRow, write=True))
def whistle_kind_save(request: HttpRequest, data: KindIn) -> HttpResponse:
    """Add or change a kind of whistle."""
    return written(request, lambda: KindRow.of(whistling.save_kind(by=request.user, **data.model_dump())))


@router.get("/whistles", **operation("whistles", answers=WhistlePage))
def whistles(
    request: HttpRequest,
    state: Annotated[StateIn | None, Query()] = None,
    cursor: Annotated[str, Query(max_length=500)] = "",
    limit: Annotated[int, Query(ge=1, le=cursors.LARGEST_PAGE)] = cursors.PAGE,
) -> HttpResponse:
    """Whistles about cases that one may see, and those to which one's unit is called, newest first."""
    before = cursors.unseal("whistles", cursor)[0] if cursor else None
    rows = whistle_queries.find(request.user, state=state or "", before=before, limit=limit)
    following = cursors.seal("whistles", rows[-1].pk) if len(rows) == limit else None
    return answer(WhistlePage(items=[WhistleRow.of(row) for row in rows], next=following))


@router.get("/whistles/{whistle_id}", **operation("whistle", answers=WhistleFull))
def whistle(request: HttpRequest, whistle_id: WhistleId) -> HttpResponse:
    """One whistle, with the acts that one may do now."""
    found = whistle_queries.get_whistle_by_public_id(request.user, whistle_id)
    seen = whistle_queries.sight(found, request.user)
    acts = (seen.may - {"vouch"}) | ({"vouch"} if seen.to_vouch else set())
    return answer(
        WhistleFull(
            whistle=WhistleRow.of(found),
            case=found.case.public_id if seen.case_opens else None,
            photos=[PhotoRow.of(photo) for photo in seen.photos],
            acts=sorted(acts),
        )
    )


@router.post("/cases/{case_id}/whistles", **operation("whistle_blow", answers={201: WhistleNow}, write=True))
def whistle_blow(request: HttpRequest, case_id: Annotated[uuid.UUID, Path()], data: BlowIn) -> HttpResponse:
    """Blow the whistle about a case."""

    def act() -> WhistleNow:
        case = queries.get_case_by_public_id(request.user, case_id)
        kind = _kind(data.kind)
        if data.call is None:
            made = whistling.blow(case=case, by=request.user, kind=kind, reason=data.reason)
        else:
            made = whistling.blow_and_call(
                case=case,
                by=request.user,
                kind=kind,
                reason=data.reason,
                units=_summons(data.call.units),
                lead=_unit(data.call.lead, "lead"),
                place=data.call.place,
                meet_at=data.call.meet_at,
            )
        return _now(request, "blow", made)

    return written(request, act, status=201)


@router.post("/whistles/{whistle_id}/call", **operation("whistle_call", answers=WhistleNow, write=True))
def whistle_call(request: HttpRequest, whistle_id: WhistleId, data: CallIn) -> HttpResponse:
    """Confirm a whistle and call units to the spot."""

    def act() -> WhistleNow:
        found = whistle_queries.get_whistle_by_public_id(request.user, whistle_id)
        whistling.call(
            whistle=found,
            by=request.user,
            units=_summons(data.units),
            lead=_unit(data.lead, "lead"),
            place=data.place,
            meet_at=data.meet_at,
        )
        return _now(request, "call", found)

    return written(request, act)


@router.post("/whistles/{whistle_id}/units", **operation("whistle_call_more", answers=WhistleNow, write=True))
def whistle_call_more(request: HttpRequest, whistle_id: WhistleId, data: MoreIn) -> HttpResponse:
    """Call further units to the same place."""

    def act() -> WhistleNow:
        found = whistle_queries.get_whistle_by_public_id(request.user, whistle_id)
        whistling.call_more(whistle=found, by=request.user, units=_summons(data.units))
        return _now(request, "call_more", found)

    return written(request, act)


@router.post("/whistles/{whistle_id}/decline", **operation("whistle_decline", answers=WhistleNow, write=True))
def whistle_decline(request: HttpRequest, whistle_id: WhistleId, data: ReasonIn) -> HttpResponse:
    """Do not confirm a whistle, or call it off while nobody has come."""

    def act() -> WhistleNow:
        found = whistle_queries.get_whistle_by_public_id(request.user, whistle_id)
        return _now(request, "decline", whistling.decline(whistle=found, by=request.user, reason=data.reason))

    return written(request, act)


@router.post("/whistles/{whistle_id}/conclude", **operation("whistle_conclude", answers=WhistleNow, write=True))
def whistle_conclude(request: HttpRequest, whistle_id: WhistleId, data: ConcludeIn) -> HttpResponse:
    """Conclude on the spot: by the lead or the street, when every unit has come."""

    def act() -> WhistleNow:
        found = whistle_queries.get_whistle_by_public_id(request.user, whistle_id)
        done = whistling.conclude(whistle=found, by=request.user, conclusion=data.conclusion, photos=data.photos)
        return _now(request, "conclude", done)

    return written(request, act)


@router.post("/whistles/{whistle_id}/rate", **operation("whistle_rate", answers=WhistleNow, write=True))
def whistle_rate(request: HttpRequest, whistle_id: WhistleId, data: RateIn) -> HttpResponse:
    """Rate called units: by the callers, never by a called unit."""

    def act() -> WhistleNow:
        found = whistle_queries.get_whistle_by_public_id(request.user, whistle_id)
        marks = {
            given.call: whistling.Marks(given.presence, given.duty, given.result, given.remark) for given in data.marks
        }
        if len(marks) < len(data.marks):
            raise InvalidError(field="marks")
        return _now(request, "rate", whistling.rate(whistle=found, by=request.user, marks=marks))

    return written(request, act)


@router.post(
    "/whistles/{whistle_id}/calls/{call_id}/arrive", **operation("whistle_arrive", answers=WhistleNow, write=True)
)
def whistle_arrive(request: HttpRequest, whistle_id: WhistleId, call_id: CallId, data: ArriveIn) -> HttpResponse:
    """Check in on the spot for one's unit."""

    def act() -> WhistleNow:
        found = whistle_queries.get_whistle_by_public_id(request.user, whistle_id)
        its = whistle_queries.get_call(found, call_id)
        here = data.position
        position = crs.to_wgs(here.lon, here.lat, here.crs) if here is not None else None
        whistling.arrive(call=its, by=request.user, position=position)
        return _now(request, "arrive", found)

    return written(request, act)


@router.post(
    "/whistles/{whistle_id}/calls/{call_id}/vouch", **operation("whistle_vouch", answers=WhistleNow, write=True)
)
def whistle_vouch(
    request: HttpRequest,
    whistle_id: WhistleId,
    call_id: CallId,
    data: NothingIn,  # noqa: ARG001 — an empty body is a parameter too
) -> HttpResponse:
    """Say that a unit is there: one of the callers, never its own people."""

    def act() -> WhistleNow:
        found = whistle_queries.get_whistle_by_public_id(request.user, whistle_id)
        whistling.vouch(call=whistle_queries.get_call(found, call_id), by=request.user)
        return _now(request, "vouch", found)

    return written(request, act)


@router.post(
    "/whistles/{whistle_id}/calls/{call_id}/excuse", **operation("whistle_excuse", answers=WhistleNow, write=True)
)
def whistle_excuse(request: HttpRequest, whistle_id: WhistleId, call_id: CallId, data: ExcuseIn) -> HttpResponse:
    """Let a unit stay away, with a reason."""

    def act() -> WhistleNow:
        found = whistle_queries.get_whistle_by_public_id(request.user, whistle_id)
        its = whistle_queries.get_call(found, call_id)
        lead = _unit(data.lead, "lead") if data.lead is not None else None
        whistling.excuse(call=its, by=request.user, reason=data.reason, lead=lead)
        return _now(request, "excuse", found)

    return written(request, act)


@router.post(
    "/whistles/{whistle_id}/calls/{call_id}/contribute",
    **operation("whistle_contribute", answers=WhistleNow, write=True),
)
def whistle_contribute(
    request: HttpRequest, whistle_id: WhistleId, call_id: CallId, data: ContributeIn
) -> HttpResponse:
    """What one's unit did on the spot."""

    def act() -> WhistleNow:
        found = whistle_queries.get_whistle_by_public_id(request.user, whistle_id)
        its = whistle_queries.get_call(found, call_id)
        whistling.contribute(call=its, by=request.user, text=data.text, photos=data.photos)
        return _now(request, "contribute", found)

    return written(request, act)

"""What travels: the types that the routers share. Inputs refuse unknown fields and are strict about JSON types."""

import datetime as dt
import uuid
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictBool,
    StrictInt,
    StrictStr,
)
from pydantic_core import PydanticCustomError

from wangge.domains.cases import actions, queries
from wangge.domains.cases.models import Case, CasePhoto, Report, TimelineEntry
from wangge.foundation.accounts.models import Organisation
from wangge.foundation.catalogue.models import Matter
from wangge.foundation.media import MAX_PHOTOS
from wangge.foundation.places.models import Area, Building, Compound

_FIRST, _LAST = dt.date(2000, 1, 1), dt.date(2100, 1, 1)


def only_text(value: Any) -> Any:
    """Dates, times and UUIDs are texts in JSON; pydantic would take numbers for them too."""
    if not isinstance(value, str | dt.date | uuid.UUID):
        raise PydanticCustomError("string_type", "Give a text.")
    return value


def _sensible(value: Any) -> Any:
    day = value.date() if isinstance(value, dt.datetime) else value
    if not _FIRST <= day <= _LAST:
        raise PydanticCustomError("out_of_range", "Outside 2000 to 2099.")
    return value


Sha256 = Annotated[StrictStr, Field(pattern=r"^[0-9a-f]{64}$", examples=["0" * 64])]
Photos = Annotated[list[Sha256], Field(max_length=MAX_PHOTOS)]
Originals = Annotated[dict[Sha256, Sha256], Field(max_length=2 * MAX_PHOTOS)]
Words = Annotated[StrictStr, Field(min_length=1, max_length=4000)]
Note = Annotated[StrictStr, Field(max_length=4000)]
Moment = Annotated[AwareDatetime, BeforeValidator(only_text), AfterValidator(_sensible)]
Day = Annotated[dt.date, BeforeValidator(only_text), AfterValidator(_sensible)]
PublicId = Annotated[uuid.UUID, BeforeValidator(only_text)]
RowId = Annotated[StrictInt, Field(ge=1, le=2**62)]
Lon = Annotated[float, Field(strict=True, ge=-180, le=180, allow_inf_nan=False)]
Lat = Annotated[float, Field(strict=True, ge=-90, le=90, allow_inf_nan=False)]
Metres = Annotated[float, Field(strict=True, ge=0, le=1_000_000, allow_inf_nan=False)]
AreaCode = Annotated[StrictStr, Field(pattern=r"^[0-9A-Za-z]{1,20}$", examples=["999999001001001"])]
MatterCode = Annotated[StrictStr, Field(pattern=r"^[0-9]{5}$", examples=["06001"])]
Amount = Annotated[Decimal, Field(gt=0, max_digits=12, decimal_places=2)]
Crs = Literal["WGS84", "CGCS2000", "GCJ02", "BD09"]
Flag = StrictBool


class In(BaseModel):
    """Something sent to us."""

    model_config = ConfigDict(extra="forbid")


class Out(BaseModel):
    """Something we send."""


class AreaRef(Out):
    """An area by its code, which is unique among those in force."""

    code: str
    kind: str
    name: str

    @classmethod
    def of(cls, area: Area) -> "AreaRef":
        return cls(code=area.code, kind=area.kind, name=area.name)


class PlaceRef(Out):
    """A compound or building."""

    id: int
    name: str

    @classmethod
    def of(cls, place: Compound | Building | None) -> "PlaceRef | None":
        return None if place is None else cls(id=place.pk, name=str(place))


class UnitRef(Out):
    """An organisation that handles cases."""

    id: int
    name: str

    @classmethod
    def of(cls, unit: Organisation | None) -> "UnitRef | None":
        return None if unit is None else cls(id=unit.pk, name=unit.name)


class MatterRef(Out):
    """A matter (事项) of the catalogue."""

    code: str
    name: str
    module: str

    @classmethod
    def of(cls, matter: Matter | None) -> "MatterRef | None":
        return None if matter is None else cls(code=matter.code, name=matter.name, module=matter.module)


class Position(Out):
    """Degrees, WGS-84."""

    lon: float
    lat: float

    @classmethod
    def of(cls, lon: float | None, lat: float | None) -> "Position | None":
        return None if lon is None or lat is None else cls(lon=lon, lat=lat)


class CaseRow(Out):
    """A case as lists show it."""

    id: uuid.UUID
    number: str
    state: str
    state_name: str
    source: str
    matter: MatterRef | None
    level: int
    text: str
    address: str
    area: AreaRef
    position: Position | None
    unit: UnitRef | None
    urgent: bool
    confidential: bool
    emerging: bool
    legacy: bool
    reported_at: dt.datetime
    since: dt.datetime
    due_at: dt.datetime | None
    due_provisional: bool

    @classmethod
    def of(cls, case: Case) -> "CaseRow":
        return cls(**row_of(case))


def row_of(case: Case) -> dict[str, Any]:
    """The fields of `CaseRow`."""
    return {
        "id": case.public_id,
        "number": case.number,
        "state": case.state,
        "state_name": str(case.get_state_display()),
        "source": case.source,
        "matter": MatterRef.of(case.matter),
        "level": case.level,
        "text": case.text,
        "address": case.address,
        "area": AreaRef.of(case.area),
        "position": Position.of(case.lon, case.lat),
        "unit": UnitRef.of(case.unit),
        "urgent": case.urgent,
        "confidential": case.confidential,
        "emerging": case.emerging,
        "legacy": case.legacy,
        "reported_at": case.reported_at,
        "since": case.since,
        "due_at": case.due_at,
        "due_provisional": case.due_provisional,
    }


class CaseFull(CaseRow):
    """A case with its times, its answer and the steps that the reader may take now."""

    compound: PlaceRef | None
    filed_at: dt.datetime | None
    dispatched_at: dt.datetime | None
    signed_at: dt.datetime | None
    contacted_at: dt.datetime | None
    handled_at: dt.datetime | None
    verified_at: dt.datetime | None
    closed_at: dt.datetime | None
    handle_due_at: dt.datetime | None
    result: str
    reply: str
    round: int
    reworks: int
    returns: int
    merged_into: uuid.UUID | None
    reporters_hidden: bool
    steps: list[str] = Field(description="Verbs that this person may take now: POST /cases/{id}/steps/{verb}.")

    @classmethod
    def seen_by(cls, case: Case, user: Any) -> "CaseFull":
        """The case as a person who may see it sees it."""
        into = case.merged_into
        return cls(
            **row_of(case),
            compound=PlaceRef.of(case.compound),
            filed_at=case.filed_at,
            dispatched_at=case.dispatched_at,
            signed_at=case.signed_at,
            contacted_at=case.contacted_at,
            handled_at=case.handled_at,
            verified_at=case.verified_at,
            closed_at=case.closed_at,
            handle_due_at=case.handle_due_at,
            result=case.result,
            reply=case.reply,
            round=case.round,
            reworks=case.reworks,
            returns=case.returns,
            merged_into=into.public_id if into is not None else None,
            reporters_hidden=queries.hides_reporters(case, user),
            steps=[step.verb for step in queries.next_steps(case, user)],
        )


class CasePage(Out):
    """One page of cases; `next` is the cursor of the following one, null at the end."""

    items: list[CaseRow]
    next: str | None


class TimelineRow(Out):
    """One step that was taken."""

    at: dt.datetime
    verb: str
    state: str
    by: str | None
    unit: str | None
    note: str
    public: bool

    @classmethod
    def of(cls, entry: TimelineEntry, *, names: bool = True) -> "TimelineRow":
        """`names` False: without the person, where he would give the reporter away or the reader is the reporter."""
        return cls(
            at=entry.at,
            verb=entry.verb,
            state=entry.state,
            by=entry.by.name if names and entry.by is not None else None,
            unit=entry.unit.name if entry.unit is not None else None,
            note=entry.note,
            public=entry.public,
        )


class PhotoRow(Out):
    """A photo of a case; promised by its sha256, and there when `arrived`."""

    sha256: str
    kind: str
    at: dt.datetime
    arrived: bool
    width: int | None
    height: int | None
    doubtful: bool = Field(False, description="Taken “afterwards”, and looks like an earlier photo.")  # noqa: FBT003

    @classmethod
    def of(cls, photo: CasePhoto, *, doubtful: bool = False) -> "PhotoRow":
        media = photo.media
        return cls(
            sha256=photo.sha256,
            kind=photo.kind,
            at=photo.at,
            arrived=media is not None,
            width=media.width if media else None,
            height=media.height if media else None,
            doubtful=doubtful,
        )


class QuantityIn(In):
    """How much was done: 8 m³, 40 处."""

    amount: Amount
    unit: Annotated[StrictStr, Field(min_length=1, max_length=12)]


class OutcomeIn(In):
    """What a handling achieved; the matter says which of the optional fields it asks for."""

    result: Literal["solved", "partly", "explained", "unfounded", "beyond", "long_term"]
    text: Words
    reply: Note = ""
    quantities: Annotated[list[QuantityIn], Field(max_length=20)] = Field(default_factory=list)
    legal_basis: Annotated[StrictStr, Field(max_length=200)] = ""
    area_m2: Amount | None = None
    before_photos: Photos = Field(default_factory=list)
    after_photos: Photos = Field(default_factory=list)

    def outcome(self) -> actions.Outcome:
        """As the actions take it."""
        return actions.Outcome(
            result=self.result,
            text=self.text,
            reply=self.reply,
            quantities=[(quantity.amount, quantity.unit) for quantity in self.quantities],
            legal_basis=self.legal_basis,
            area_m2=self.area_m2,
            before_photos=self.before_photos,
            after_photos=self.after_photos,
        )


class ContactIn(In):
    """Who stands behind a report, if he wants to say; sealed at once."""

    name: Annotated[StrictStr, Field(max_length=50)] = ""
    phone: Annotated[StrictStr, Field(pattern=r"^\+?[0-9 -]{0,30}$")] = ""

    def contact(self) -> actions.Contact | None:
        """As the actions take it; None when nothing was said."""
        name, phone = self.name.strip(), self.phone.replace(" ", "").replace("-", "")
        return actions.Contact(name=name, phone=phone) if name or phone else None


class ReportMade(Out):
    """A report that was accepted, and its case. `follow_code` opens the resident's page /p/r/{id}/{follow_code}/."""

    id: uuid.UUID
    case: uuid.UUID
    number: str
    state: str
    due_at: dt.datetime | None
    follow_code: str | None

    @classmethod
    def of(cls, report: Report) -> "ReportMade":
        case = report.case
        return cls(
            id=report.public_id,
            case=case.public_id,
            number=case.number,
            state=case.state,
            due_at=case.due_at,
            follow_code=queries.link_code(report) if report.asks else None,
        )

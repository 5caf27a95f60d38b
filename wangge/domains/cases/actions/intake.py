"""Intake: a report makes a case, another voice joins one, the intake desk decides what becomes of it."""

from __future__ import annotations

import dataclasses
import functools
import secrets
import uuid
from typing import TYPE_CHECKING, Any, ParamSpec

from django.db import IntegrityError, connection, transaction
from django.utils.translation import gettext_lazy as _

from wangge.domains.cases.actions import steps, timekeeping
from wangge.domains.cases.actions.handling import Outcome, write_handling
from wangge.domains.cases.actions.learning import note_choice
from wangge.domains.cases.deadlines import Start, start_of
from wangge.domains.cases.events import CaseClosed, CaseFiled, CaseReported
from wangge.domains.cases.models import Case, CasePhoto, Report, Source
from wangge.domains.cases.workflow import STEPS, S, Stage
from wangge.foundation.accounts.authority import authority_of
from wangge.foundation.accounts.permissions import P
from wangge.foundation.audit import kinds
from wangge.foundation.core import clock, crypto
from wangge.foundation.core.events import publish
from wangge.foundation.core.problems import ConflictError, InvalidError, NotAllowedError
from wangge.foundation.core.rows import insert_instance
from wangge.foundation.places.queries import street_of

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Sequence

    from wangge.foundation.catalogue.models import Matter
    from wangge.foundation.places.models import Area, Building, Compound

kinds.declare("case.report", "case.settle", "case.join")

MAX_TEXT = 4000
_A = ParamSpec("_A")
_RESIDENT_SOURCES = frozenset(
    {Source.RESIDENT, Source.SCAN, Source.PHONE, Source.VISIT, Source.ON_BEHALF, Source.HOTLINE}
)
_SAMPLE_ONE_IN = 10  # of the matters settled on the spot, beside all with a named complainant


@dataclasses.dataclass(frozen=True, slots=True)
class Place:
    """Where: an area that is in force, and as much more as is known. Degrees WGS-84; `raw` is what was given."""

    area: Area
    lon: float | None = None
    lat: float | None = None
    accuracy_m: float | None = None
    address: str = ""
    compound: Compound | None = None
    building: Building | None = None
    crs: str = "WGS84"
    raw: tuple[float, float] | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class Contact:
    """Who stands behind a report, if he wants to say. Sealed at once; a mask is all that lists ever show."""

    name: str = ""
    phone: str = ""

    def mask(self) -> str:
        """The surname and the first digit: "张* 1**********"."""
        name = self.name[:1] + "*" * (len(self.name) - 1) if self.name else ""
        phone = self.phone[:1] + "*" * (len(self.phone) - 1) if self.phone else ""
        return f"{name} {phone}".strip()[:40]


def _refuse_a_known_report(write: Callable[_A, Report]) -> Callable[_A, Report]:
    """The reporter's own UUID once only; found by the table's own constraint, after the rollback."""

    @functools.wraps(write)
    def inner(*args: _A.args, **kwargs: _A.kwargs) -> Report:
        try:
            return write(*args, **kwargs)
        except IntegrityError as error:
            diagnosis = getattr(error.__cause__, "diag", None)
            if "report_public_id" not in (getattr(diagnosis, "constraint_name", None) or ""):
                raise
            raise ConflictError(
                _("This report was already received."),
                kept=_("The first one stands."),
                remedy=_("Look it up in your list before you send it again."),
            ) from None

    return inner


@_refuse_a_known_report
@transaction.atomic
def report(
    *,
    by: Any,
    source: str,
    text: str,
    place: Place,
    matter: Matter | None = None,
    contact: Contact | None = None,
    photos: Sequence[str] = (),
    urgent: bool = False,
    confidential: bool = False,
    settled: Outcome | None = None,
    report_id: uuid.UUID | None = None,
    occurred_at: dt.datetime | None = None,
    at: dt.datetime | None = None,
) -> Report:
    """Record what somebody said and open a case for it.

    `by` is a member of staff, or None for a resident on the public page. `settled` (即办) says what was done on the
    spot: the case then waits for the sampled check, or is closed by rule when it is not sampled. `report_id` is the
    reporter's own UUID: the same one again raises `ConflictError` and writes nothing.
    """
    at = at or clock.now()
    text = _checked_text(text)
    _check_reporter(by, source, place, settled)
    if settled is not None and (matter is None or not matter.on_the_spot):
        raise InvalidError(_("This matter cannot be settled on the spot; please report it."), field="matter")
    state = S.SETTLED if settled is not None else S.REPORTED
    asks = source in _RESIDENT_SOURCES
    case = Case(
        number=_next_number(place.area, at),
        state=state.value,
        source=source,
        matter=matter,
        level=matter.level if matter else 2,
        text=text,
        address=place.address[:200],
        lon=place.lon,
        lat=place.lat,
        area=place.area,
        area_path=place.area.path,
        compound=place.compound,
        building=place.building,
        confidential=confidential or (matter is not None and matter.confidential),
        urgent=urgent,
        reported_at=at,
        since=at,
    )
    start = start_of(case, Stage.SPOT_CHECK if settled else Stage.ACCEPT, at)
    case.due_at, case.due_provisional = (start.due_at, start.provisional) if start else (None, False)
    insert_instance(case)
    voice = _add_voice(case, by, source, text, place, contact, asks, report_id, occurred_at, at)
    steps.add_photos(case, photos, kind=CasePhoto.Kind.REPORT, by=by, at=at, report=voice)
    steps.tell(case, "settle" if settled else "report", by=by, at=at, note="", public=True, source=source)
    if settled is not None:
        _settle(case, settled, by=by, at=at, asks=asks, start=start)
    else:
        timekeeping.begin_stage(case, start, at=at, by=by)
        steps.open_case_duty(case, at=at)
    publish(CaseReported(case.pk))
    return voice


@_refuse_a_known_report
@transaction.atomic
def join(
    *,
    case: Case,
    by: Any,
    source: str,
    text: str,
    place: Place,
    contact: Contact | None = None,
    photos: Sequence[str] = (),
    report_id: uuid.UUID | None = None,
    occurred_at: dt.datetime | None = None,
    at: dt.datetime | None = None,
) -> Report:
    """Add a voice to an open case ("the same thing"): the new reporter is told and asked like the first."""
    at = at or clock.now()
    text = _checked_text(text)
    _check_reporter(by, source, place, None)
    locked = steps.lock(case)
    _check_reporter(by, source, Place(area=locked.area), None)
    if not locked.is_open:
        raise ConflictError(_("This case has ended; please report it as a new one."))
    asks = source in _RESIDENT_SOURCES
    voice = _add_voice(locked, by, source, text, place, contact, asks, report_id, occurred_at, at)
    steps.add_photos(locked, photos, kind=CasePhoto.Kind.REPORT, by=by, at=at, report=voice)
    steps.tell(locked, "join", by=by, at=at, source=source, report=voice.pk)
    return voice


@transaction.atomic
def ask_for_more(*, case: Case, by: Any, question: str, at: dt.datetime | None = None) -> Case:
    """待补充: ask the reporter; the clock of acceptance stands still until he answers."""
    at = at or clock.now()
    locked, step = steps.begin(case, "ask_for_more", by=by, question=question.strip())
    steps.end(locked, step, by=by, at=at, note=question.strip(), public=True)
    return locked


@transaction.atomic
def supplement(
    *, report: Report, by: Any, text: str, photos: Sequence[str] = (), at: dt.datetime | None = None
) -> Case:
    """The reporter answers; `report` proves that it is his (his link, or his own log-in)."""
    at = at or clock.now()
    _check_own(report, by)
    locked, step = steps.begin(report.case.merged_into or report.case, "supplement", by=by, text=text.strip())
    text = _checked_text(text)
    steps.add_photos(locked, photos, kind=CasePhoto.Kind.REPORT, by=by, at=at, report=report)
    steps.end(locked, step, by=by, at=at, note=text, public=False, report=report.pk)
    return locked


@transaction.atomic
def file(
    *,
    case: Case,
    by: Any,
    matter: Matter,
    level: int | None = None,
    area: Area | None = None,
    text: str | None = None,
    confidential: bool | None = None,
    at: dt.datetime | None = None,
) -> Case:
    """受理立案: fix matter, level and place, and so the promised end of the handling."""
    at = at or clock.now()
    locked, step = steps.begin(case, "file", by=by, matter=matter)
    if not matter.is_admitted(clock.day_of(at)):
        raise InvalidError(_("This matter is not on the admission list today."), field="matter")
    if level is not None and level not in {1, 2, 3, 4}:
        raise InvalidError(_("A level is a number from 1 to 4."), field="level")
    note_choice(case=locked, matter=matter, at=at)
    locked.matter = matter
    locked.level = level or matter.level
    if area is not None and area.pk != locked.area_id:
        if not authority_of(by).may(P.CASE_FILE, area_path=area.path):
            raise NotAllowedError
        locked.area, locked.area_path = area, area.path
    if text is not None and text.strip():
        locked.text = _checked_text(text)
    locked.confidential = matter.confidential or (locked.confidential if confidential is None else confidential)
    locked.filed_at = at
    locked.handle_due_at = None
    timekeeping.promise(locked, at=at, by=by)
    steps.end(locked, step, by=by, at=at, public=True, event=CaseFiled(locked.pk), matter=matter.code)
    return locked


@transaction.atomic
def decline(*, case: Case, by: Any, reason: str, channel: str, at: dt.datetime | None = None) -> Case:
    """不予受理: with the legal reason and where to turn instead; both are told to the reporter."""
    at = at or clock.now()
    locked, step = steps.begin(case, "decline", by=by, reason=reason.strip(), channel=channel.strip())
    locked.closed_at = at
    locked.reply = f"{reason.strip()}\n{channel.strip()}"
    steps.end(locked, step, by=by, at=at, note=locked.reply, public=True, event=CaseClosed(locked.pk))
    return locked


@transaction.atomic
def void(*, case: Case, by: Any, reason: str, at: dt.datetime | None = None) -> Case:
    """作废: reported by mistake; only the duty chief decides this."""
    at = at or clock.now()
    locked, step = steps.begin(case, "void", by=by, reason=reason.strip())
    locked.closed_at = at
    steps.end(locked, step, by=by, at=at, note=reason.strip(), public=True, event=CaseClosed(locked.pk))
    return locked


@transaction.atomic
def flag(*, case: Case, by: Any, emerging: bool, legacy: bool, at: dt.datetime | None = None) -> Case:
    """Mark a case as an early sign (苗头性) or as inherited from the past (历史遗留)."""
    at = at or clock.now()
    locked, step = steps.begin(case, "flag", by=by)
    locked.emerging, locked.legacy = emerging, legacy
    steps.end(locked, step, by=by, at=at, emerging=emerging, legacy=legacy)
    return locked


@transaction.atomic
def lapse(*, case: Case, at: dt.datetime | None = None) -> Case:
    """No answer within the time for supplementing: not accepted, by rule; a new report is always possible."""
    at = at or clock.now()
    locked, step = steps.begin(case, "lapse", by=None)
    if locked.due_at is None or locked.due_at > at:
        raise steps.StepNotPossibleError
    locked.closed_at = at
    steps.end(locked, step, by=None, at=at, public=True, event=CaseClosed(locked.pk))
    return locked


def _settle(case: Case, settled: Outcome, *, by: Any, at: dt.datetime, asks: bool, start: Start | None) -> None:
    write_handling(case, settled, by=by, at=at)
    case.handler = by
    case.handled_at = at
    sampled = asks or secrets.randbelow(_SAMPLE_ONE_IN) == 0
    if sampled:
        case.save()
        timekeeping.begin_stage(case, start, at=at, by=by)
        steps.open_case_duty(case, at=at)
        return
    case.closed_at = at
    steps.end(case, STEPS["close_unsampled"], by=None, at=at, public=True, event=CaseClosed(case.pk))


def _add_voice(
    case: Case,
    by: Any,
    source: str,
    text: str,
    place: Place,
    contact: Contact | None,
    asks: bool,  # noqa: FBT001
    report_id: uuid.UUID | None,
    occurred_at: dt.datetime | None,
    at: dt.datetime,
) -> Report:
    public_id = report_id or uuid.uuid4()
    voice = Report(
        public_id=public_id,
        case=case,
        source=source,
        by=by if getattr(by, "pk", None) else None,
        text=text,
        address=place.address[:200],
        lon=place.lon,
        lat=place.lat,
        accuracy_m=place.accuracy_m,
        crs=place.crs,
        raw_lon=place.raw[0] if place.raw else None,
        raw_lat=place.raw[1] if place.raw else None,
        asks=asks,
        occurred_at=occurred_at,
        recorded_at=at,
    )
    if contact is not None:
        _seal_contact(voice, contact)
    insert_instance(voice)
    return voice


def _seal_contact(voice: Report, contact: Contact) -> None:
    bound_to = str(voice.public_id)
    if contact.name:
        voice.contact_name = crypto.seal(contact.name[:50], purpose="cases.report.contact_name", bound_to=bound_to)
    if contact.phone:
        voice.contact_phone = crypto.seal(contact.phone, purpose="cases.report.contact_phone", bound_to=bound_to)
        voice.phone_blind = crypto.blind(contact.phone, purpose="cases.report.contact_phone")
    voice.contact_mask = contact.mask()


def _next_number(area: Area, at: dt.datetime) -> str:
    """街道简码-年-序号, from one PostgreSQL sequence per street and year: no lock is held until commit."""
    street_id, series = street_of(area.path)
    year = clock.day_of(at).year
    with connection.cursor() as cursor:
        cursor.execute("SELECT next_case_number(%s, %s)", [street_id, year])
        serial = cursor.fetchone()[0]
    return f"{series}-{year}-{serial:06d}"


def _check_reporter(by: Any, source: str, place: Place, settled: Outcome | None) -> None:
    if source not in Source.values:
        raise InvalidError(_("There is no such source."), field="source")
    if by is None:
        if source not in {Source.RESIDENT, Source.SCAN} or settled is not None:
            raise NotAllowedError
        return
    authority = authority_of(by)
    if settled is not None and not authority.may(P.REPORT_MAKE, area_path=place.area.path):
        raise NotAllowedError
    # Whoever reports for one grid may report what he sees in the next one, within his street.
    streets = {"/" + "/".join(path.strip("/").split("/")[:2]) + "/" for path in authority.places(P.REPORT_MAKE)}
    if not any(place.area.path.startswith(street) for street in streets):
        raise NotAllowedError(_("You cannot report for this place."))


def _check_own(report: Report, by: Any) -> None:
    if by is None and report.asks:
        return  # the link was the proof, also of a resident for whom a member of staff had reported
    if report.by_id is not None and report.by_id != getattr(by, "pk", None):
        raise NotAllowedError


def _checked_text(text: str) -> str:
    text = text.strip()
    if not text:
        raise InvalidError(_("Please say what the matter is."), field="text")
    if len(text) > MAX_TEXT:
        raise InvalidError(_("The text is too long: at most 4,000 characters."), field="text")
    return text

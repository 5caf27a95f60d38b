"""吹哨报到: blow, call or decline, check in, contribute, conclude, rate. Each act is a row in the case's timeline.

The case is locked before its whistle, so that two acts about one case stand one after the other. No act changes the
state of the case.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from wangge.domains.cases import whistle_queries, whistling
from wangge.domains.cases.actions import steps
from wangge.domains.cases.actions.numbering import next_paper
from wangge.domains.cases.events import (
    WhistleArrived,
    WhistleBlown,
    WhistleCalled,
    WhistleConcluded,
    WhistleDeclined,
    WhistleRated,
)
from wangge.domains.cases.models import CasePhoto, Whistle, WhistleCall, WhistleKind
from wangge.domains.cases.whistling import STEPS, W
from wangge.foundation.accounts.authority import authority_of
from wangge.foundation.accounts.permissions import P
from wangge.foundation.audit import kinds
from wangge.foundation.audit.actions import record
from wangge.foundation.core import clock
from wangge.foundation.core.events import publish
from wangge.foundation.core.problems import ConflictError, InvalidError, NotAllowedError
from wangge.foundation.duties.actions import finish_duties, open_duty

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from wangge.domains.cases.models import Case
    from wangge.foundation.accounts.models import Organisation

kinds.declare(*(f"case.whistle_{verb}" for verb in STEPS), "whistle.kind")

MAX_UNITS = 20
_SERIES = "哨"  # NC哨〔2026〕12号
_MAX_WORDS, _MAX_TASK, _MAX_PLACE = 4000, 200, 200
_FURTHEST = dt.timedelta(days=30)  # a meeting later than that is an appointment, not a whistle
_GRACE = dt.timedelta(minutes=5)  # a meeting "now", typed a moment ago, is not in the past
_RATE_WITHIN = dt.timedelta(days=3)
_DAY_MINUTES = 24 * 60


class WhistleMovedOnError(ConflictError):
    """The whistle is no longer where this step starts."""

    code = "whistle-moved-on"
    title = _("This is not possible any more: the whistle has moved on.")
    kept = _("What you entered was not saved.")
    remedy = _("Look at the whistle as it is now and decide again.")


@dataclasses.dataclass(frozen=True, slots=True)
class Summons:
    """A unit to be called, and what it is to do or bring."""

    unit: Organisation
    task: str = ""


@dataclasses.dataclass(frozen=True, slots=True)
class Marks:
    """What the callers say of one unit, each from 1 to 3: 到场 presence, 担责 responsibility, 结果 result."""

    presence: int
    duty: int
    result: int
    remark: str = ""


@transaction.atomic
def blow(*, case: Case, by: Any, kind: WhistleKind, reason: str, at: dt.datetime | None = None) -> Whistle:
    """吹哨: the grid or the community asks the street to call units to the spot. One at a time for a case."""
    at = at or clock.now()
    whistle = _blown(case, by=by, kind=kind, reason=reason, at=at)
    open_duty(
        kind="whistle.blown",
        subject_type="whistle",
        subject_id=whistle.pk,
        label=whistle.number,
        due_at=whistle_queries.answer_due(whistle),
        permission=P.WHISTLE_CALL,
        area_path=whistle.area_path,
        confidential=whistle.case.confidential,
        at=at,
    )
    publish(WhistleBlown(whistle.pk))
    return whistle


@transaction.atomic
def blow_and_call(
    *,
    case: Case,
    by: Any,
    kind: WhistleKind,
    reason: str,
    units: Sequence[Summons],
    lead: Organisation,
    place: str = "",
    meet_at: dt.datetime | None = None,
    at: dt.datetime | None = None,
) -> Whistle:
    """An emergency in one act: whoever may call units does not wait for somebody else's whistle."""
    at = at or clock.now()
    whistle = _blown(case, by=by, kind=kind, reason=reason, at=at)
    return call(whistle=whistle, by=by, units=units, lead=lead, place=place, meet_at=meet_at, at=at)


def _blown(case: Case, *, by: Any, kind: WhistleKind, reason: str, at: dt.datetime) -> Whistle:
    reason = _words(reason, "reason", _("Please say why the units are needed on the spot."))
    locked = steps.lock(case)
    if not locked.is_open:
        raise ConflictError(_("This case has ended; nobody can be called for it any more."))
    if whistle_queries.under_way(locked) is not None:
        raise ConflictError(
            _("A whistle about this case is already under way."),
            remedy=_("Go to that whistle; further units can be called there."),
        )
    if not kind.active or kind.pk not in {k.pk for k in whistle_queries.kinds_for(locked, by, running=False)}:
        raise NotAllowedError
    whistle = Whistle.objects.create(
        number=next_paper(_SERIES, locked.area_path, at),
        case=locked,
        area_path=locked.area_path,
        kind=kind,
        reason=reason,
        blown_by=by,
        blown_at=at,
    )
    _tell(whistle, "blow", by=by, at=at, note=reason, kind=kind.code)
    return whistle


@transaction.atomic
def call(
    *,
    whistle: Whistle,
    by: Any,
    units: Sequence[Summons],
    lead: Organisation,
    place: str = "",
    meet_at: dt.datetime | None = None,
    at: dt.datetime | None = None,
) -> Whistle:
    """召集: the street confirms, and calls units to a place and time under a lead.

    Without a time the units are to come at once: within the limit of the kind, else half an hour.
    """
    at = at or clock.now()
    locked, _step, _held = _begun(whistle, "call", by=by)
    named = _checked(units, locked.case, at)
    if lead.pk not in {each.unit.pk for each in named}:
        raise InvalidError(_("The unit in the lead must be one of the called units."), field="lead")
    at_once = dt.timedelta(minutes=locked.kind.arrive_minutes or 30)
    meet_at = meet_at or at + at_once
    if meet_at < at - _GRACE or meet_at > at + _FURTHEST:
        raise InvalidError(_("The units can be called for a time from now on, within 30 days."), field="meet_at")
    locked.decided_by, locked.decided_at = by, at
    locked.meet_at = max(meet_at, at)
    locked.place = (place.strip() or locked.case.address or locked.case.area.name_zh)[:_MAX_PLACE]
    locked.lead = lead
    _move(locked, W.CALLED)
    _summon(locked, named, at)
    finish_duties(subject_type="whistle", subject_id=locked.pk, kind="whistle.blown", at=at)
    _tell(locked, "call", by=by, at=at, note=_names(named), public=True, called=[each.unit.pk for each in named])
    publish(WhistleCalled(locked.pk))
    return locked


@transaction.atomic
def call_more(*, whistle: Whistle, by: Any, units: Sequence[Summons], at: dt.datetime | None = None) -> Whistle:
    """Call further units to the same place."""
    at = at or clock.now()
    locked, _step, held = _begun(whistle, "call_more", by=by)
    named = _checked(units, locked.case, at)
    known = {each.unit_id for each in held}
    if any(each.unit.pk in known for each in named):
        raise InvalidError(_("One of these units has already been called."), field="units")
    if len(known) + len(named) > MAX_UNITS:
        raise InvalidError(_("At most 20 units can be called."), field="units")
    _summon(locked, named, at)
    _tell(locked, "call_more", by=by, at=at, note=_names(named), public=True, called=[each.unit.pk for each in named])
    publish(WhistleCalled(locked.pk))
    return locked


@transaction.atomic
def decline(*, whistle: Whistle, by: Any, reason: str, at: dt.datetime | None = None) -> Whistle:
    """不予确认: with a reason that the blower reads. Once called, only while nobody has come yet (撤哨)."""
    at = at or clock.now()
    reason = _words(reason, "reason", _("Please give a reason; whoever blew the whistle reads it."))
    locked, _step, held = _begun(whistle, "decline", by=by)
    if any(each.arrived_at is not None for each in held):
        raise ConflictError(
            _("Somebody is already on the spot; the whistle must be brought to its end there."),
            remedy=_("Conclude it, and say what was found."),
        )
    locked.decline_reason = reason
    locked.decided_by, locked.decided_at = by, at
    _move(locked, W.DECLINED)
    _finish_all(locked, held, at)
    _tell(locked, "decline", by=by, at=at, note=reason)
    publish(WhistleDeclined(locked.pk))
    return locked


@transaction.atomic
def arrive(
    *, call: WhistleCall, by: Any, position: tuple[float, float] | None = None, at: dt.datetime | None = None
) -> WhistleCall:
    """到场签到: one tap on the spot by somebody of the called unit.

    `position` is (lon, lat) in degrees WGS-84; only its distance from the place is kept. Without one, or from too far
    away, the arrival stands from now on but counts only when a caller vouches for it.
    """
    at = at or clock.now()
    whistle, mine = _begun_call(call, "arrive", by=by)
    if mine.excused:
        raise ConflictError(_("This unit was excused from coming."))
    if mine.arrived_at is not None:
        raise ConflictError(_("Your unit has already checked in."), kept=_("The first check-in stands."))
    mine.arrived_at, mine.arrived_by = at, by
    if position is not None:
        distance = whistle_queries.metres_from(whistle.case, *position)
        mine.distance_m = None if distance is None else round(distance, 1)
    mine.save(update_fields=["arrived_at", "arrived_by", "distance_m"])
    _there(whistle, mine, at)
    _tell(whistle, "arrive", by=by, at=at, called=[mine.unit_id], metres=mine.distance_m)
    publish(WhistleArrived(mine.pk))
    return mine


@transaction.atomic
def vouch(*, call: WhistleCall, by: Any, at: dt.datetime | None = None) -> WhistleCall:
    """确认到场: a caller says that a unit is there; also for one that did not check in itself. Never its own people."""
    at = at or clock.now()
    whistle, its = _begun_call(call, "vouch", by=by)
    if its.excused:
        raise ConflictError(_("This unit was excused from coming."))
    if its.on_the_spot:
        raise ConflictError(_("It is already certain that this unit came."))
    if its.arrived_at is None:
        its.arrived_at, its.arrived_by = at, by
    its.confirmed_at, its.confirmed_by = at, by
    its.save(update_fields=["arrived_at", "arrived_by", "confirmed_at", "confirmed_by"])
    _there(whistle, its, at)
    _tell(whistle, "vouch", by=by, at=at, note=its.unit.name_zh, called=[its.unit_id])
    return its


@transaction.atomic
def excuse(
    *, call: WhistleCall, by: Any, reason: str, lead: Organisation | None = None, at: dt.datetime | None = None
) -> WhistleCall:
    """免于到场: the street lets a unit stay away, with a reason; the unit in the lead only for another `lead`."""
    at = at or clock.now()
    reason = _words(reason, "reason", _("Please give a reason."))
    whistle, its = _begun_call(call, "excuse", by=by)
    if its.arrived_at is not None:
        raise ConflictError(_("This unit is already on the spot."))
    if its.excused:
        raise ConflictError(_("This unit was excused from coming."))
    if its.unit_id == whistle.lead_id:
        others = {each.unit_id for each in whistle.calls.all() if not each.excused} - {its.unit_id}
        if lead is None or lead.pk not in others:
            raise InvalidError(_("This unit has the lead; please name another one that is called."), field="lead")
        whistle.lead = lead
        whistle.save(update_fields=["lead"])
    its.excused = reason
    its.save(update_fields=["excused"])
    finish_duties(subject_type="whistle_call", subject_id=its.pk, at=at)
    _tell(whistle, "excuse", by=by, at=at, note=f"{its.unit.name_zh}：{reason}", called=[its.unit_id])
    return its


@transaction.atomic
def contribute(
    *, call: WhistleCall, by: Any, text: str, photos: Sequence[str] = (), at: dt.datetime | None = None
) -> WhistleCall:
    """What a unit did on the spot, in its own words; said again, the later words stand."""
    at = at or clock.now()
    text = _words(text, "text", _("Please say what your unit did."))
    whistle, mine = _begun_call(call, "contribute", by=by)
    if mine.arrived_at is None:
        raise ConflictError(
            _("A whistle is not answered by words: please check in on the spot first."),
        )
    steps.add_photos(whistle.case, photos, kind=CasePhoto.Kind.OTHER, by=by, at=at)
    mine.done = text
    mine.save(update_fields=["done"])
    _tell(whistle, "contribute", by=by, at=at, note=text, called=[mine.unit_id])
    return mine


@transaction.atomic
def conclude(
    *, whistle: Whistle, by: Any, conclusion: str, photos: Sequence[str] = (), at: dt.datetime | None = None
) -> Whistle:
    """现场办结: the lead or the street says what came of it, when every unit that was not excused has been there.

    With a photo of the spot, if the matter of the case asks for photos.
    """
    at = at or clock.now()
    conclusion = _words(conclusion, "conclusion", _("Please say what was agreed and done on the spot."))
    locked, _step, held = _begun(whistle, "conclude", by=by)
    missing = [each.unit.name for each in held if not each.excused and not each.on_the_spot]
    if missing:
        raise ConflictError(
            _("These units have not come, or nobody has vouched for their arrival: %(units)s.")
            % {"units": "、".join(missing)},
            remedy=_("Wait for them, vouch for their arrival, or excuse them with a reason."),
        )
    steps.add_photos(locked.case, photos, kind=CasePhoto.Kind.OTHER, by=by, at=at)
    matter = locked.case.matter
    if matter is not None and (matter.before_photo or matter.after_photo) and not _has_photo(locked):
        raise InvalidError(_("This matter asks for a photo of the spot."), field="photos")
    locked.conclusion, locked.concluded_by, locked.concluded_at = conclusion, by, at
    _move(locked, W.CONCLUDED)
    _finish_all(locked, held, at)
    open_duty(
        kind="whistle.rate",
        subject_type="whistle",
        subject_id=locked.pk,
        label=locked.number,
        due_at=at + _RATE_WITHIN,
        permission=P.WHISTLE_RATE,
        area_path=locked.area_path,
        # The whole office may be among the called; then somebody of it must still rate the others.
        not_unit_paths=[each.unit.path for each in held if not each.excused and each.unit.parent_id is not None],
        confidential=locked.case.confidential,
        at=at,
    )
    _tell(locked, "conclude", by=by, at=at, note=conclusion)
    publish(WhistleConcluded(locked.pk))
    return locked


@transaction.atomic
def rate(*, whistle: Whistle, by: Any, marks: Mapping[int, Marks], at: dt.datetime | None = None) -> Whistle:
    """评价: the callers judge units, by the id of the call; each once. With the last one the whistle is rated.

    A lowest mark needs a remark: the unit reads it. Nobody of a called unit rates any of them.
    """
    at = at or clock.now()
    locked, _step, held = _begun(whistle, "rate", by=by)
    open_ = {each.pk: each for each in held if not each.excused and each.rated_at is None}
    if not marks or set(marks) - set(open_):
        raise InvalidError(_("Please rate units that were called and have not been rated."), field="marks")
    for pk, given in marks.items():
        three = (given.presence, given.duty, given.result)
        if any(not whistling.LOWEST_MARK <= mark <= whistling.HIGHEST_MARK for mark in three):
            raise InvalidError(_("A mark is 1, 2 or 3."), field="marks")
        remark = given.remark.strip()
        if len(remark) > _MAX_WORDS:
            raise InvalidError(_("The text is too long: at most 4,000 characters."), field="marks")
        if whistling.LOWEST_MARK in three and not remark:
            raise InvalidError(_("Please say why a unit gets the lowest mark; the unit reads it."), field="marks")
        its = open_.pop(pk)
        its.presence, its.duty, its.result = three
        its.remark, its.rated_by, its.rated_at = remark, by, at
        its.save(update_fields=["presence", "duty", "result", "remark", "rated_by", "rated_at"])
    if not open_:
        _move(locked, W.RATED)
        finish_duties(subject_type="whistle", subject_id=locked.pk, at=at)
    _tell(locked, "rate", by=by, at=at, called=[each.unit_id for each in held if each.pk in marks])
    publish(WhistleRated(locked.pk))
    return locked


@transaction.atomic
def save_kind(
    *,
    by: Any,
    code: str,
    name_zh: str,
    name_en: str = "",
    arrive_minutes: int | None = None,
    emergency: bool = False,
    active: bool = True,
    at: dt.datetime | None = None,
) -> WhistleKind:
    """Add or change a kind of whistle. What was called before keeps its times."""
    if not authority_of(by).holds(P.CATALOGUE_EDIT):
        raise NotAllowedError
    code, name_zh, name_en = code.strip(), name_zh.strip(), name_en.strip()
    if not code.isascii() or not code.replace("_", "").isalnum() or len(code) > 20:
        raise InvalidError(_("A code is at most 20 letters, digits and underscores."), field="code")
    if not name_zh or len(name_zh) > 30 or len(name_en) > 60:
        raise InvalidError(_("Please give a name of at most 30 characters."), field="name_zh")
    if arrive_minutes is not None and not 1 <= arrive_minutes <= _DAY_MINUTES:
        raise InvalidError(_("The time for coming is from 1 minute to one day."), field="arrive_minutes")
    if emergency and arrive_minutes is None:
        raise InvalidError(_("An emergency needs a time within which units must come."), field="arrive_minutes")
    kind, _new = WhistleKind.objects.update_or_create(
        code=code,
        defaults={
            "name_zh": name_zh,
            "name_en": name_en,
            "arrive_minutes": arrive_minutes,
            "emergency": emergency,
            "active": active,
        },
    )
    record("whistle.kind", by=by, subject=kind, at=at or clock.now(), code=code, active=active)
    return kind


# -- what the acts share


def _begun(whistle: Whistle, verb: str, *, by: Any) -> tuple[Whistle, whistling.Step, list[WhistleCall]]:
    """The whistle, locked after its case, with its calls; refused unless this person may take this step now."""
    locked = _locked(whistle)
    step = STEPS[verb]
    held = list(locked.calls.select_related("unit").order_by("id"))
    if not whistle_queries.may_take(locked, step, by, held):
        raise NotAllowedError(verb=f"whistle_{verb}")
    _require_state(locked, step)
    return locked, step, held


def _begun_call(call: WhistleCall, verb: str, *, by: Any) -> tuple[Whistle, WhistleCall]:
    """As `_begun`, for a step about one called unit."""
    locked = _locked(call.whistle)
    step = STEPS[verb]
    its = locked.calls.select_related("unit").get(pk=call.pk)
    if not whistle_queries.may_take(locked, step, by, [its]):
        raise NotAllowedError(verb=f"whistle_{verb}")
    _require_state(locked, step)
    return locked, its


def _locked(whistle: Whistle) -> Whistle:
    case = steps.lock(whistle.case_id)
    locked = (
        Whistle.objects.unscoped("a step locks the row it was given; its own permission is checked next")
        .select_related("kind", "lead")
        .select_for_update(of=("self",))
        .get(pk=whistle.pk)
    )
    locked.case = case
    return locked


def _require_state(whistle: Whistle, step: whistling.Step) -> None:
    if whistle.state not in step.before:
        raise WhistleMovedOnError(state=whistle.state, verb=step.verb)


def _move(whistle: Whistle, to: W) -> None:
    """The only place that gives a whistle another state."""
    whistle.state = to.value
    whistle.save()


def _tell(whistle: Whistle, verb: str, *, by: Any, at: dt.datetime, **more: Any) -> None:
    steps.tell(whistle.case, f"whistle_{verb}", by=by, at=at, whistle=whistle.number, **more)


def _words(text: str, field: str, missing: Any) -> str:
    text = text.strip()
    if not text:
        raise InvalidError(missing, field=field)
    if len(text) > _MAX_WORDS:
        raise InvalidError(_("The text is too long: at most 4,000 characters."), field=field)
    return text


def _checked(units: Sequence[Summons], case: Case, at: dt.datetime) -> list[Summons]:
    """Each unit once, in force today and answering for the place."""
    named = list({each.unit.pk: each for each in units}.values())
    if not named:
        raise InvalidError(_("Please choose the units that are to come."), field="units")
    if len(named) > MAX_UNITS:
        raise InvalidError(_("At most 20 units can be called."), field="units")
    day = clock.day_of(at)
    for each in named:
        unit = each.unit
        if not unit.handles or unit.valid_from > day or (unit.valid_to is not None and unit.valid_to <= day):
            raise InvalidError(_("This unit does not take cases."), field="units")
        if unit.area is not None and not (
            case.area_path.startswith(unit.area.path) or unit.area.path.startswith(case.area_path)
        ):
            raise InvalidError(_("This unit does not answer for the place."), field="units")
        if len(each.task.strip()) > _MAX_TASK:
            raise InvalidError(_("A task is at most 200 characters."), field="units")
    return named


def _summon(whistle: Whistle, named: Sequence[Summons], at: dt.datetime) -> None:
    """The calls, and for each unit what it has to do by when."""
    for each in named:
        its = WhistleCall.objects.create(
            whistle=whistle,
            unit=each.unit,
            task=each.task.strip(),
            called_at=at,
            due_at=whistling.due_of_call(at, whistle.meet_at or at, whistle.kind.arrive_minutes),
        )
        _open_for_unit("whistle.called", its, whistle, its.due_at, at)


def _there(whistle: Whistle, its: WhistleCall, at: dt.datetime) -> None:
    """A unit has come: that is done; the lead still has to bring it to its end."""
    finish_duties(subject_type="whistle_call", subject_id=its.pk, kind="whistle.called", at=at)
    if its.unit_id == whistle.lead_id and its.on_the_spot:
        _open_for_unit("whistle.conclude", its, whistle, None, at)


def _open_for_unit(kind: str, its: WhistleCall, whistle: Whistle, due: dt.datetime | None, at: dt.datetime) -> None:
    open_duty(
        kind=kind,
        subject_type="whistle_call",
        subject_id=its.pk,
        label=whistle.number,
        due_at=due,
        permission=P.CASE_HANDLE,
        unit_path=its.unit.path,
        at=at,
    )


def _finish_all(whistle: Whistle, held: Sequence[WhistleCall], at: dt.datetime) -> None:
    finish_duties(subject_type="whistle", subject_id=whistle.pk, at=at)
    for its in held:
        finish_duties(subject_type="whistle_call", subject_id=its.pk, at=at)


def _has_photo(whistle: Whistle) -> bool:
    """A photo that was taken into the case since the units were called."""
    spot = (CasePhoto.Kind.OTHER, CasePhoto.Kind.BEFORE, CasePhoto.Kind.AFTER)
    return whistle.case.photos.filter(kind__in=spot, at__gte=whistle.decided_at).exists()


def _names(named: Sequence[Summons]) -> str:
    return "、".join(each.unit.name_zh for each in named)

"""Dispatch and handling: the unit signs for, sends back, contacts the reporter, reports its result."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from wangge.domains.cases import procedures
from wangge.domains.cases.actions import steps, timekeeping
from wangge.domains.cases.actions.photos import refuse_seen
from wangge.domains.cases.deadlines import due_of_contact
from wangge.domains.cases.events import CaseDispatched, CaseHandled
from wangge.domains.cases.models import Assignment, Case, CasePhoto, Handling, Quantity, Report, Result
from wangge.foundation.catalogue.proposals import latest_version
from wangge.foundation.core import clock
from wangge.foundation.core.problems import ConflictError, InvalidError, NotAllowedError
from wangge.foundation.core.worktime import working_days_between

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Sequence
    from decimal import Decimal

    from django.db.models import QuerySet

    from wangge.foundation.accounts.models import Organisation

_RETURN_WITHIN_WORKING_DAYS = 2  # Shandong hotline rules: not my duty → back within two working days with a reason
_DONE = frozenset({Result.SOLVED, Result.PARTLY})
_MAX_UNIT, _MAX_BASIS = 12, 200  # what the columns hold
_TOO_MUCH = 10**9


@dataclasses.dataclass(frozen=True, slots=True)
class Outcome:
    """What a handling achieved. `quantities` are (amount, unit); photos are SHA-256 names."""

    result: str
    text: str
    reply: str = ""
    quantities: Sequence[tuple[Decimal, str]] = ()
    legal_basis: str = ""
    area_m2: Decimal | None = None
    before_photos: Sequence[str] = ()
    after_photos: Sequence[str] = ()


@transaction.atomic
def dispatch(
    *,
    case: Case,
    by: Any,
    unit: Organisation,
    co_units: Iterable[Organisation] = (),
    why: Sequence[str] = (),
    note: str = "",
    at: dt.datetime | None = None,
) -> Case:
    """派遣: send to one main unit and any co-handlers."""
    at = at or clock.now()
    locked, step = steps.begin(case, "dispatch", by=by, unit=unit)
    co_units = [co for co in dict.fromkeys(co_units) if co.pk != unit.pk]
    check_units(locked, [unit, *co_units], at=at)
    if procedures.needs_ruling(locked):
        raise ConflictError(
            _("This case has been sent back twice; the duty is now settled on the spot."),
            remedy=_("Ask the duty chief for a joint ruling."),
        )
    assign(locked, unit, co_units, by=by, at=at, why=why)
    steps.end(
        locked,
        step,
        by=by,
        at=at,
        note=note,
        public=True,
        event=CaseDispatched(locked.pk),
        unit=unit.pk,
        co=[co.pk for co in co_units],
    )
    return locked


def check_units(case: Case, units: Iterable[Organisation], *, at: dt.datetime, field: str = "unit") -> None:
    """Refuse units that take no cases on this day, or do not answer for the place."""
    day = clock.day_of(at)
    for each in units:
        if not each.handles or each.valid_from > day or (each.valid_to is not None and each.valid_to <= day):
            raise InvalidError(_("This unit does not take cases."), field=field)
        if each.area is not None and not (
            case.area_path.startswith(each.area.path) or each.area.path.startswith(case.area_path)
        ):
            raise InvalidError(_("This unit does not answer for the place."), field=field)


def assign(
    locked: Case,
    unit: Organisation,
    co_units: Iterable[Organisation],
    *,
    by: Any,
    at: dt.datetime,
    why: Sequence[str],
) -> None:
    """Give the case to a main unit and co-handlers; each assignment has its own clock."""
    locked.unit = unit
    locked.handler = None
    locked.dispatched_at = at
    locked.signed_at = None
    if locked.handle_due_at is None:
        timekeeping.promise(locked, at=at, by=by)
    version = latest_version()
    for each, duty in [(unit, Assignment.Duty.MAIN), *((co, Assignment.Duty.CO) for co in co_units)]:
        sent = Assignment.objects.create(
            case=locked,
            unit=each,
            duty=duty,
            round=locked.round,
            why=list(why),
            rules_version=version,
            dispatched_at=at,
            dispatched_by=by if getattr(by, "pk", None) else None,
        )
        timekeeping.start_assignment(assignment=sent, at=at)


def leave(assignments: QuerySet[Assignment], verb: str, *, by: Any, at: dt.datetime, why: str, basis: str = "") -> None:
    """The units no longer have the case: sent back, passed up, or ruled to be another's. Their own clocks stop."""
    for gone in assignments:
        timekeeping.stop_assignment(assignment=gone, at=at, reason=verb)
        gone.returned_at, gone.returned_by = at, by
        gone.return_reason, gone.return_basis = why.strip(), basis.strip()
        gone.left_by = "" if verb == "send_back" else verb
        gone.save(update_fields=["returned_at", "returned_by", "return_reason", "return_basis", "left_by"])


@transaction.atomic
def sign_for(*, case: Case, by: Any, at: dt.datetime | None = None) -> Case:
    """签收: the unit takes the case; this person handles it."""
    at = at or clock.now()
    locked, step = steps.begin(case, "sign_for", by=by)
    locked.handler = by
    locked.signed_at = at
    named = Report.objects.of_case(locked).filter(asks=True).exclude(contact_mask="")
    if locked.contact_due_at is None and named.exists():
        locked.contact_due_at = due_of_contact(locked, at)
    _main(locked).update(signed_at=at, signed_by=by)
    steps.end(locked, step, by=by, at=at, public=True)
    return locked


@transaction.atomic
def send_back(*, case: Case, by: Any, reason: str, basis: str, at: dt.datetime | None = None) -> Case:
    """退回: not this unit's duty, with reason and legal basis, within two working days and at most twice."""
    at = at or clock.now()
    locked, step = steps.begin(case, "send_back", by=by, reason=reason.strip(), basis=basis.strip())
    if procedures.is_ruled(locked, locked.unit_id):
        raise ConflictError(
            _("It was ruled on the spot that this case is your unit's duty; it can no longer be sent back."),
            remedy=_("Sign for it; if it is beyond your powers, pass it up with a reason."),
        )
    sent = locked.dispatched_at or at
    if working_days_between(clock.day_of(sent), clock.day_of(at)) > _RETURN_WITHIN_WORKING_DAYS:
        raise ConflictError(
            _("More than two working days have passed; the case can no longer be sent back."),
            remedy=_("Sign for it, and ask the duty chief for a joint ruling."),
        )
    if locked.returns >= procedures.MAX_RETURNS:
        raise ConflictError(
            _("This case has been sent back twice; the duty is now settled on the spot."),
            remedy=_("Ask the duty chief for a joint ruling."),
        )
    leave(locked.assignments.filter(returned_at__isnull=True), "send_back", by=by, at=at, why=reason, basis=basis)
    locked.returns += 1
    unit_id = locked.unit_id
    locked.unit = None
    locked.handler = None
    steps.end(locked, step, by=by, at=at, note=reason.strip(), basis=basis.strip(), unit=unit_id)
    return locked


@transaction.atomic
def contact(*, case: Case, by: Any, text: str, at: dt.datetime | None = None) -> Case:
    """先行联系: what was agreed with the reporter before the work began."""
    at = at or clock.now()
    locked, step = steps.begin(case, "contact", by=by, text=text.strip())
    if locked.contacted_at is None:
        locked.contacted_at = at
    steps.end(locked, step, by=by, at=at, note=text.strip())
    return locked


@transaction.atomic
def assist(*, case: Case, by: Any, text: str, photos: Sequence[str] = (), at: dt.datetime | None = None) -> Case:
    """协办: what a co-handler contributed."""
    at = at or clock.now()
    locked, step = steps.begin(case, "assist", by=by, text=text.strip())
    steps.add_photos(locked, photos, kind=CasePhoto.Kind.OTHER, by=by, at=at)
    steps.end(locked, step, by=by, at=at, note=text.strip())
    return locked


@transaction.atomic
def handle(*, case: Case, by: Any, outcome: Outcome, at: dt.datetime | None = None) -> Case:
    """处置反馈: result class, what was done, the public answer, quantities, photos, and what the matter asks for."""
    at = at or clock.now()
    locked, step = steps.begin(
        case, "handle", by=by, result=outcome.result, text=outcome.text.strip(), reply=outcome.reply.strip()
    )
    write_handling(locked, outcome, by=by, at=at)
    locked.handler = by
    locked.handled_at = at
    steps.end(
        locked,
        step,
        by=by,
        at=at,
        note=outcome.text.strip(),
        event=CaseHandled(locked.pk),
        result=outcome.result,
    )
    return locked


def write_handling(case: Case, outcome: Outcome, *, by: Any, at: dt.datetime) -> Handling:
    """The result row with its quantities and photos; refuses when the matter asks for more than was given, and a photo
    "afterwards" that is not new (`PhotoSeenError`).
    """
    _check(case, outcome)
    refuse_seen(case, outcome.after_photos, by=by, before=outcome.before_photos)
    unit_id = steps.unit_of(by, case) or case.unit_id
    if unit_id is None:
        raise NotAllowedError
    handling = Handling.objects.create(
        case=case,
        unit_id=unit_id,
        by=by,
        at=at,
        result=outcome.result,
        text=outcome.text.strip(),
        reply=outcome.reply.strip(),
        legal_basis=outcome.legal_basis.strip(),
        area_m2=outcome.area_m2,
    )
    Quantity.objects.bulk_create(
        [Quantity(handling=handling, amount=amount, unit=unit.strip()) for amount, unit in outcome.quantities]
    )
    steps.add_photos(case, outcome.before_photos, kind=CasePhoto.Kind.BEFORE, by=by, at=at)
    steps.add_photos(case, outcome.after_photos, kind=CasePhoto.Kind.AFTER, by=by, at=at)
    case.result = outcome.result
    case.reply = outcome.reply.strip()
    return handling


def _check(case: Case, outcome: Outcome) -> None:
    if outcome.result not in Result.values:
        raise InvalidError(_("There is no such result."), field="result")
    if not outcome.text.strip():
        raise InvalidError(_("Please say what was done."), field="text")
    if any(not 0 < amount < _TOO_MUCH for amount, _unit in outcome.quantities):
        raise InvalidError(_("A quantity is greater than zero."), field="quantities")
    if any(not 0 < len(unit.strip()) <= _MAX_UNIT for _amount, unit in outcome.quantities):
        raise InvalidError(_("Please name the unit of every quantity in at most 12 characters."), field="quantities")
    if len(outcome.legal_basis) > _MAX_BASIS:
        raise InvalidError(_("The legal basis is too long: at most 200 characters."), field="legal_basis")
    if outcome.area_m2 is not None and not 0 < outcome.area_m2 < _TOO_MUCH:
        raise InvalidError(_("An area is greater than zero."), field="area_m2")
    matter = case.matter
    if matter is None or outcome.result not in _DONE:
        return
    if matter.after_photo and not outcome.after_photos:
        raise InvalidError(_("This matter asks for a photo taken afterwards."), field="after_photos")
    held = set(case.photos.values_list("kind", flat=True)) if case.pk else set()
    if matter.before_photo and not outcome.before_photos and not held & {"report", "before"}:
        raise InvalidError(_("This matter asks for a photo taken beforehand."), field="before_photos")
    if matter.legal_basis_required and not outcome.legal_basis.strip():
        raise InvalidError(_("This matter asks for the legal basis."), field="legal_basis")
    if matter.area_required and not outcome.area_m2:
        raise InvalidError(_("This matter asks for the area in square metres."), field="area_m2")


def _main(case: Case) -> Any:
    return case.assignments.filter(duty=Assignment.Duty.MAIN, returned_at__isnull=True)

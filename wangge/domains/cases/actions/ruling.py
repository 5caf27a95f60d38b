"""争议研判: a joint meeting on the spot says whose duty a case is; what was ruled becomes a precedent."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from wangge.domains.cases import procedures
from wangge.domains.cases.actions import handling, steps
from wangge.domains.cases.actions.side_duties import open_meeting_duties
from wangge.domains.cases.events import CaseDispatched, RulingCalled
from wangge.domains.cases.models import Assignment, Case, Ruling
from wangge.foundation.audit import kinds
from wangge.foundation.audit.actions import record
from wangge.foundation.catalogue.models import RuleProposal
from wangge.foundation.core import clock
from wangge.foundation.core.problems import ConflictError, InvalidError
from wangge.foundation.duties.actions import finish_duties

if TYPE_CHECKING:
    from collections.abc import Iterable

    from wangge.foundation.accounts.models import Organisation
    from wangge.foundation.places.models import Area

kinds.declare("rule.propose")

ORIGIN = "ruling"  # RuleProposal.origin_type
_LONGEST_PLACE = 200
_WITHIN = dt.timedelta(days=30)


@transaction.atomic
def call_ruling(
    *,
    case: Case,
    by: Any,
    meet_at: dt.datetime,
    place: str,
    units: Iterable[Organisation],
    at: dt.datetime | None = None,
) -> Case:
    """召集现场研判: time, place and units, who are told. Called again, the meeting is moved."""
    at = at or clock.now()
    called = list(dict.fromkeys(units))
    locked, step = steps.begin(case, "call_ruling", by=by, meet_at=meet_at, place=place.strip(), units=called)
    if not at <= meet_at <= at + _WITHIN:
        raise InvalidError(_("The meeting is held within the next 30 days."), field="meet_at")
    if len(place.strip()) > _LONGEST_PLACE:
        raise InvalidError(_("The place is too long: at most 200 characters."), field="place")
    handling.check_units(locked, called, at=at, field="units")
    ruling = procedures.open_ruling(locked) or Ruling(case=locked)
    ruling.called_by, ruling.called_at = by, at
    ruling.meet_at, ruling.place = meet_at, place.strip()
    ruling.save()
    ruling.units.set(called)
    steps.end(
        locked,
        step,
        by=by,
        at=at,
        note=ruling.place,
        event=RulingCalled(locked.pk, ruling.pk),
        ruling=ruling.pk,
        meet_at=meet_at.isoformat(),
        called=[unit.pk for unit in called],
    )
    open_meeting_duties(locked, ruling, at=at)
    return locked


@transaction.atomic
def rule(
    *,
    case: Case,
    by: Any,
    unit: Organisation,
    minutes: str,
    basis: str,
    at: dt.datetime | None = None,
) -> Case:
    """裁定: whose duty it is, with minutes and basis. The unit cannot send it back any more; a routing rule is proposed.

    Other co-handlers keep their parts. The promise to the reporter stands: the clock of the handling goes on.
    """
    at = at or clock.now()
    locked, step = steps.begin(case, "rule", by=by, unit=unit, minutes=minutes.strip(), basis=basis.strip())
    ruling = procedures.open_ruling(locked)
    if ruling is None:
        raise ConflictError(
            _("No meeting was called for this case."),
            remedy=_("Call the units to the spot first; then write what was ruled."),
        )
    handling.check_units(locked, [unit], at=at)
    before = locked.assignments.filter(returned_at__isnull=True)
    handling.leave(before.filter(duty=Assignment.Duty.MAIN) | before.filter(unit=unit), "rule", by=by, at=at, why=basis)
    handling.assign(locked, unit, [], by=by, at=at, why=[f"{ORIGIN}:{ruling.pk}"])
    ruling.unit, ruling.minutes, ruling.basis = unit, minutes.strip(), basis.strip()
    ruling.ruled_by, ruling.ruled_at = by, at
    ruling.proposal = _propose(locked, ruling, by=by, at=at)
    ruling.save()
    finish_duties(subject_type="ruling", subject_id=ruling.pk, at=at)
    steps.end(
        locked,
        step,
        by=by,
        at=at,
        note=ruling.minutes,
        event=CaseDispatched(locked.pk),
        ruling=ruling.pk,
        unit=unit.pk,
        basis=ruling.basis,
    )
    return locked


def _propose(case: Case, ruling: Ruling, *, by: Any, at: dt.datetime) -> RuleProposal | None:
    """拟新增派遣规则: this matter, in this community, to the ruled unit. Whoever edits the routing decides on it."""
    if case.matter is None or ruling.unit is None:
        return None
    area = _community_of(case.area)
    proposal = RuleProposal.objects.create(
        rule={
            "matter": case.matter.pk,
            "matter_class": None,
            "module": "",
            "area": area.pk,
            "unit": ruling.unit.pk,
            "unit_kind": "",
            "duty": Assignment.Duty.MAIN.value,
        },
        reason=ruling.basis,
        origin_type=ORIGIN,
        origin_id=ruling.pk,
        proposed_by=by,
        proposed_at=at,
    )
    record("rule.propose", by=by, subject=proposal, at=at, origin=ORIGIN, origin_id=ruling.pk)
    return proposal


def _community_of(area: Area) -> Area:
    return area.parent if area.kind == "grid" and area.parent is not None else area

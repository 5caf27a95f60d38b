"""协办: a co-handler's part has its own clock, is reported, and is verified by somebody else, or waived."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from wangge.domains.cases import procedures
from wangge.domains.cases.actions import steps, timekeeping
from wangge.domains.cases.actions.side_duties import PART, PART_DONE, renew_duties
from wangge.domains.cases.models import Assignment, Case, CasePhoto
from wangge.foundation.core import clock
from wangge.foundation.core.problems import ConflictError, InvalidError, NotAllowedError, NotFoundError

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence


class PartsOpenError(ConflictError):
    """A result was to be verified, or a case closed, before every co-handler's part was verified or waived."""

    code = "parts-open"
    kept = _("The case stays where it is.")
    remedy = _("Have every part verified, or waive it with a reason.")


class OwnPartError(NotAllowedError):
    """The co-handler, or somebody of its unit, tried to verify its own part."""

    code = "own-part"
    title = _("A part is verified by somebody who does not belong to the unit that did it.")
    kept = _("The part still waits for verification.")
    remedy = _("Leave it to the grid worker or to the command centre.")


def refuse_open_parts(case: Case) -> None:
    """Raise, naming the units, unless every co-handler's part is verified or waived."""
    waiting = procedures.open_parts(case)
    if not waiting:
        return
    undone = [part.unit.name for part in waiting if part.done_at is None]
    unverified = [part.unit.name for part in waiting if part.done_at is not None]
    if undone and unverified:
        title = _("Co-handling is not finished: not yet done by %(undone)s; not yet verified: %(unverified)s.")
    elif undone:
        title = _("Co-handling is not finished: not yet done by %(undone)s.")
    else:
        title = _("Co-handling is not finished: not yet verified: %(unverified)s.")
    names = {"undone": "、".join(undone), "unverified": "、".join(unverified)}
    raise PartsOpenError(str(title) % names, units=[part.unit_id for part in waiting])


@transaction.atomic
def assist_done(
    *,
    case: Case,
    by: Any,
    text: str,
    photos: Sequence[str] = (),
    assignment: Assignment | None = None,
    at: dt.datetime | None = None,
) -> Case:
    """协办办结: the co-handler's part is done; its own clock stops. `assignment` says which, where he acts for several."""
    at = at or clock.now()
    locked, step = steps.begin(case, "assist_done", by=by, text=text.strip())
    mine = procedures.parts_to_do(locked, by)
    if assignment is not None:
        mine = [part for part in mine if part.pk == assignment.pk]
    if not mine:
        raise ConflictError(_("Your unit's part was already reported as done, or is no longer needed."))
    if len(mine) > 1:
        raise InvalidError(_("You act for several units here: say whose part is done."), field="assignment")
    part = mine[0]
    part.done_at, part.done_by, part.done_text = at, by, text.strip()
    part.save(update_fields=["done_at", "done_by", "done_text"])
    timekeeping.meet(case=locked, at=at, assignment=part, by=by)
    steps.add_photos(locked, photos, kind=CasePhoto.Kind.OTHER, by=by, at=at)
    steps.end(locked, step, by=by, at=at, note=part.done_text, assignment=part.pk, part=part.unit_id)
    renew_duties(locked, PART, PART_DONE, at=at)
    return locked


@transaction.atomic
def verify_assist(
    *,
    case: Case,
    by: Any,
    assignment: Assignment,
    passed: bool = True,
    note: str = "",
    at: dt.datetime | None = None,
) -> Case:
    """协办核查, by somebody who is not of the co-handler's unit; not passed (then `note` says why) it is to be done again."""
    at = at or clock.now()
    locked, step = steps.begin(case, "verify_assist", by=by, assignment=assignment)
    part = _open_part(locked, assignment)
    if part.done_at is None:
        raise ConflictError(
            _("This part was not yet reported as done."),
            remedy=_("Wait for the unit, or waive its part with a reason."),
        )
    if procedures.is_own_part(part, by):
        raise OwnPartError
    if passed:
        part.verified_at, part.verified_by = at, by
    elif not note.strip():
        raise InvalidError(_("Please say what is missing."), field="note")
    else:
        part.done_at, part.done_by, part.done_text = None, None, ""
        timekeeping.resume_assignment(assignment=part, at=at, by=by, reason="not verified")
    part.save(update_fields=["verified_at", "verified_by", "done_at", "done_by", "done_text"])
    steps.end(locked, step, by=by, at=at, note=note.strip(), assignment=part.pk, part=part.unit_id, passed=passed)
    renew_duties(locked, PART, PART_DONE, at=at)
    return locked


@transaction.atomic
def waive_assist(*, case: Case, by: Any, assignment: Assignment, reason: str, at: dt.datetime | None = None) -> Case:
    """免除协办: the centre does not wait for this part any more, and says why."""
    at = at or clock.now()
    locked, step = steps.begin(case, "waive_assist", by=by, assignment=assignment, reason=reason.strip())
    part = _open_part(locked, assignment)
    part.waived_at, part.waived_by, part.waive_reason = at, by, reason.strip()
    part.save(update_fields=["waived_at", "waived_by", "waive_reason"])
    if part.done_at is None:
        timekeeping.stop_assignment(assignment=part, at=at, reason="waived", by=by)
    steps.end(locked, step, by=by, at=at, note=part.waive_reason, assignment=part.pk, part=part.unit_id)
    renew_duties(locked, PART, PART_DONE, at=at)
    return locked


def _open_part(case: Case, assignment: Assignment) -> Assignment:
    try:
        part = procedures.part_of(case, assignment.pk)
    except NotFoundError:
        raise InvalidError(_("This unit is not (any more) a co-handler of the case."), field="assignment") from None
    if not procedures.is_open(part):
        raise ConflictError(_("This part was already verified or waived."))
    return part

"""延期: more time for a unit that asks before its deadline, decided by others than itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from wangge.domains.cases import procedures
from wangge.domains.cases.actions import steps, timekeeping
from wangge.domains.cases.actions.side_duties import EXTENSION, open_extension_duty, renew_duties
from wangge.domains.cases.events import ExtensionDecided
from wangge.domains.cases.models import Case, Extension
from wangge.domains.cases.procedures import MAX_EXTENSION_DAYS, MAX_EXTENSIONS
from wangge.foundation.core import clock
from wangge.foundation.core.problems import ConflictError, InvalidError, NotAllowedError

if TYPE_CHECKING:
    import datetime as dt


class OwnRequestError(NotAllowedError):
    """Somebody of the asking unit tried to decide what it asked for."""

    code = "own-request"
    title = _("A request is decided by somebody who does not belong to the unit that asked.")
    kept = _("The request still waits for a decision.")
    remedy = _("Leave it to the command centre or to the leader in charge.")


def refuse_own_request(case: Case, asked_by_id: int | None, by: Any) -> None:
    """Raise unless `by` stands outside the unit that asked."""
    if procedures.is_own_request(case, asked_by_id, by):
        raise OwnRequestError


@transaction.atomic
def ask_extension(*, case: Case, by: Any, days: int, reason: str, at: dt.datetime | None = None) -> Case:
    """延期申请: before the deadline, for 1 to 10 working days; at most two are granted in one round of handling."""
    at = at or clock.now()
    locked, step = steps.begin(case, "ask_extension", by=by, days=days, reason=reason.strip())
    if not 1 <= days <= MAX_EXTENSION_DAYS:
        raise InvalidError(_("An extension is for one to ten working days."), field="days")
    if procedures.open_extension(locked) is not None:
        raise ConflictError(
            _("An extension was already asked for and is not yet decided."), remedy=_("Wait for the decision.")
        )
    if locked.due_at is None:
        raise ConflictError(_("This case has no time limit that could be extended."))
    if at >= locked.due_at:
        raise ConflictError(
            _("The time limit has passed; an extension can be asked for before it only."),
            remedy=_("Report the result as soon as you can, or talk to the duty chief."),
        )
    before = procedures.granted_extensions(locked)
    if before >= MAX_EXTENSIONS:
        raise ConflictError(
            _("This case was extended twice already; there is no third extension."),
            remedy=_("If it cannot be done now, ask for the case to be hung, or pass it up."),
        )
    extension = Extension.objects.create(
        case=locked,
        nth=before + 1,
        round=locked.round,
        days=days,
        reason=reason.strip(),
        asked_by=by,
        asked_at=at,
        due_before=locked.due_at,
    )
    steps.end(locked, step, by=by, at=at, note=extension.reason, extension=extension.pk, days=days, nth=extension.nth)
    open_extension_duty(locked, extension, at=at)
    return locked


@transaction.atomic
def grant_extension(*, extension: Extension, by: Any, note: str = "", at: dt.datetime | None = None) -> Case:
    """延期批准: the deadline moves by so many working days; the reporter reads until when, and why."""
    at = at or clock.now()
    locked, step, asked = _begin(extension, "grant_extension", by=by)
    asked.due_after = timekeeping.extend(case=locked, days=asked.days, by=by, at=at, reason=asked.reason)
    _decide(asked, granted=True, by=by, at=at, decision=note)
    steps.end(
        locked,
        step,
        by=by,
        at=at,
        note=asked.reason,
        public=True,
        event=ExtensionDecided(locked.pk, asked.pk),
        extension=asked.pk,
        days=asked.days,
        before=asked.due_before.isoformat(),
        after=asked.due_after.isoformat(),
        decision=asked.decision,
    )
    steps.renew_case_duties(locked, at=at)
    return locked


@transaction.atomic
def refuse_extension(*, extension: Extension, by: Any, reason: str, at: dt.datetime | None = None) -> Case:
    """延期不批准: the deadline stays; the unit reads why."""
    at = at or clock.now()
    locked, step, asked = _begin(extension, "refuse_extension", by=by, reason=reason.strip())
    _decide(asked, granted=False, by=by, at=at, decision=reason)
    steps.end(
        locked,
        step,
        by=by,
        at=at,
        note=asked.decision,
        event=ExtensionDecided(locked.pk, asked.pk),
        extension=asked.pk,
        days=asked.days,
    )
    renew_duties(locked, EXTENSION, at=at)
    return locked


def _begin(extension: Extension, verb: str, *, by: Any, **given: Any) -> tuple[Case, Any, Extension]:
    locked, step = steps.begin(extension.case_id, verb, by=by, extension=extension, **given)
    asked = Extension.objects.select_for_update().get(pk=extension.pk)
    if asked.granted is not None or asked.ended_at is not None:
        raise ConflictError(_("This request was already decided, or has ended."))
    if not procedures.decides_extension(locked, asked, by):
        raise NotAllowedError(
            _("A second extension is decided by the leader in charge."), remedy=_("Leave it to the leader in charge.")
        )
    refuse_own_request(locked, asked.asked_by_id, by)
    return locked, step, asked


def _decide(asked: Extension, *, granted: bool, by: Any, at: dt.datetime, decision: str) -> None:
    asked.granted, asked.decided_by, asked.decided_at, asked.decision = granted, by, at, decision.strip()
    asked.save(update_fields=["granted", "decided_by", "decided_at", "decision", "due_after"])

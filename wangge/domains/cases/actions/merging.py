"""Merging and un-merging: no report is moved, every reporter stays informed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from wangge.domains.cases.actions import steps
from wangge.domains.cases.models import Case
from wangge.domains.cases.workflow import STEPS, S
from wangge.foundation.core import clock
from wangge.foundation.core.problems import ConflictError, InvalidError

if TYPE_CHECKING:
    import datetime as dt


@transaction.atomic
def merge(*, case: Case, into: Case, by: Any, at: dt.datetime | None = None) -> Case:
    """并案: `case` is the same thing as `into`; what was merged into `case` before goes along."""
    at = at or clock.now()
    if case.pk == into.pk:
        raise InvalidError(_("A case cannot be merged into itself."), field="into")
    first, second = sorted([case.pk, into.pk])  # one order of locks, whoever merges what
    steps.lock(first)
    steps.lock(second)
    target = steps.lock(into)
    steps.require(target, STEPS["merge"], by)
    if not target.is_open:
        raise ConflictError(_("The other case has ended or was itself merged."), field="into")
    locked, step = steps.begin(case, "merge", by=by, into=target)
    locked.state_before_merge = locked.state
    locked.merged_into = target
    for child in Case.objects.unscoped("what was merged before goes along").filter(merged_into=locked):
        child.merged_into = target
        child.save(update_fields=["merged_into"])
        steps.tell(child, "merge", by=by, at=at, into=target.pk)
    steps.end(locked, step, by=by, at=at, public=True, into=target.pk, number=target.number)
    target.confidential = target.confidential or locked.confidential
    target.urgent = target.urgent or locked.urgent
    target.save(update_fields=["confidential", "urgent"])
    steps.tell(target, "merge", by=by, at=at, merged=locked.pk, number=locked.number)
    return locked


@transaction.atomic
def unmerge(*, case: Case, by: Any, reason: str, at: dt.datetime | None = None) -> Case:
    """Take a case out again: it goes on from where the merge had stopped it, with a fresh clock for that stage."""
    at = at or clock.now()
    locked, step = steps.begin(case, "unmerge", by=by, reason=reason.strip())
    target = locked.merged_into
    locked.merged_into = None
    state = S(locked.state_before_merge)
    locked.state_before_merge = ""
    steps.end(locked, step, by=by, at=at, to=state, note=reason.strip(), public=True)
    if target is not None:
        steps.tell(target, "unmerge", by=by, at=at, note=reason.strip(), number=locked.number)
    return locked

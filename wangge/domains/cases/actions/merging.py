"""Merging and un-merging: no report is moved, every reporter stays informed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext_lazy as _

from wangge.domains.cases.actions import steps
from wangge.domains.cases.models import Case, Evaluation
from wangge.domains.cases.workflow import STEPS, S
from wangge.foundation.core import clock
from wangge.foundation.core.problems import ConflictError, InvalidError
from wangge.foundation.duties.actions import finish_duties

if TYPE_CHECKING:
    import datetime as dt


@transaction.atomic
def merge(*, case: Case, into: Case, by: Any, at: dt.datetime | None = None) -> Case:
    """并案: `case` is the same thing as `into`; what was merged into `case` before goes along."""
    at = at or clock.now()
    if case.pk == into.pk:
        raise InvalidError(_("A case cannot be merged into itself."), field="into")
    children = Case.objects.unscoped("what was merged before goes along").filter(merged_into=case)
    for pk in sorted({case.pk, into.pk, *children.values_list("pk", flat=True)}):
        steps.lock(pk)  # one order of locks, whoever merges what
    target = steps.lock(into)
    steps.require(target, STEPS["merge"], by)
    if not target.is_open:
        raise ConflictError(_("The other case has ended or was itself merged."), field="into")
    locked, step = steps.begin(case, "merge", by=by, into=target)
    locked.state_before_merge = locked.state
    locked.merged_into = target
    for child in children.all():
        child.merged_into = target
        child.save(update_fields=["merged_into"])
        steps.tell(child, "merge", by=by, at=at, into=target.pk)
    steps.end(locked, step, by=by, at=at, public=True, into=target.pk, number=target.number)
    hidden_now = locked.confidential and not target.confidential
    target.confidential = target.confidential or locked.confidential
    target.urgent = target.urgent or locked.urgent
    target.round = max(target.round, locked.round)  # nobody has judged that round yet: who comes along may
    target.save(update_fields=["confidential", "urgent", "round"])
    if hidden_now:  # off the to-do lists of those who may no longer see it
        finish_duties(subject_type="case", subject_id=target.pk, at=at)
        steps.open_case_duty(target, at=at)
    steps.tell(target, "merge", by=by, at=at, merged=locked.pk, number=locked.number)
    return locked


@transaction.atomic
def unmerge(*, case: Case, by: Any, reason: str, at: dt.datetime | None = None) -> Case:
    """Take a case out again: it goes on from where the merge had stopped it, with a fresh clock for that stage."""
    at = at or clock.now()
    held = Case.objects.unscoped("the order of locks").filter(pk=case.pk).values_list("merged_into_id", flat=True)
    for pk in sorted({case.pk, *(into for into in held if into is not None)}):
        steps.lock(pk)
    locked, step = steps.begin(case, "unmerge", by=by, reason=reason.strip())
    target = locked.merged_into
    locked.merged_into = None
    # Who has judged while it was merged is asked again about what is now done for him.
    judged = Evaluation.objects.filter(report__case=locked).aggregate(last=Max("round"))["last"] or 0
    locked.round = max(locked.round, judged + 1)
    state = S(locked.state_before_merge)
    locked.state_before_merge = ""
    steps.end(locked, step, by=by, at=at, to=state, note=reason.strip(), public=True)
    if target is not None:
        steps.tell(target, "unmerge", by=by, at=at, note=reason.strip(), number=locked.number)
    return locked

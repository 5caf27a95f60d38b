"""Tasks of the grid: give one, do it, take it back. Each rests on a matter of the admission list (清单外任务拦截)."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from wangge.domains.fieldwork import field_tasks
from wangge.domains.fieldwork.actions.checkpoints import admitted
from wangge.domains.fieldwork.actions.steps import take
from wangge.domains.fieldwork.models import BlockedTask, FieldTask
from wangge.foundation.accounts.authority import authority_of
from wangge.foundation.accounts.permissions import P
from wangge.foundation.audit import kinds
from wangge.foundation.audit.actions import record
from wangge.foundation.core import clock
from wangge.foundation.core.problems import ConflictError, InvalidError, NotAllowedError
from wangge.foundation.core.rows import insert
from wangge.foundation.duties.actions import finish_duties, open_duty
from wangge.foundation.places.models import Area

if TYPE_CHECKING:
    from wangge.domains.fieldwork.models import Campaign, StandUp
    from wangge.foundation.accounts.models import User

kinds.declare("field_task.give", "field_task.do", "field_task.withdraw", "field_task.blocked")

DO = "field_task.do"
SUBJECT = "field_task"
_MAX_TITLE, _MAX_TEXT = 60, 2000
_FURTHEST = dt.timedelta(days=366)
_PAST = dt.timedelta(days=4)  # what a stand-up decided for the same day may wait for a signal


@transaction.atomic
def give_task(
    *,
    by: Any,
    grid: Area,
    matter: str,
    title: str,
    due_at: dt.datetime,
    text: str = "",
    assigned: User | None = None,
    campaign: Campaign | None = None,
    at: dt.datetime | None = None,
) -> FieldTask:
    """Give a grid a piece of work: one of its people by name, or whoever patrols there.

    `OffTheListError` when its matter is not admitted; whoever catches that calls `note_blocked`.
    """
    at = at or clock.now()
    if not authority_of(by).may(P.TASK_GIVE, area_path=grid.path):
        raise NotAllowedError
    return give(
        by=by,
        grid=grid,
        matter=matter,
        title=title,
        due_at=due_at,
        text=text,
        assigned=assigned,
        campaign=campaign,
        at=at,
    )


def give(
    *,
    by: Any,
    grid: Area,
    matter: str,
    title: str,
    due_at: dt.datetime,
    at: dt.datetime,
    text: str = "",
    assigned: User | None = None,
    campaign: Campaign | None = None,
    stand_up: StandUp | None = None,
) -> FieldTask:
    """What `give_task` and a stand-up have in common; the right to do so was checked."""
    title, text = title.strip(), text.strip()
    if not title or len(title) > _MAX_TITLE:
        raise InvalidError(_("Please say in at most 60 characters what is to be done."), field="title")
    if len(text) > _MAX_TEXT:
        raise InvalidError(_("The text is too long: at most 2,000 characters."), field="text")
    if grid.kind != Area.Kind.GRID:
        raise InvalidError(_("A task is given to a grid."), field="grid")
    if not at - _PAST <= due_at <= at + _FURTHEST:
        raise InvalidError(_("A task is due from today on, within a year."), field="due_on")
    if assigned is not None and not field_tasks.may_do(assigned, grid.path):
        raise InvalidError(_("This person does not work in the grid."), field="assigned")
    row = FieldTask(
        grid=grid,
        area_path=grid.path,
        matter=admitted(matter, at=at),
        title=title,
        assigned=assigned,
        due_at=due_at,
        campaign=campaign,
        stand_up=stand_up,
        made_by=by,
        made_at=at,
    )
    row.text = field_tasks.sealed(row, "text", text)
    row.save(force_insert=True)
    open_duty(
        kind=DO,
        subject_type=SUBJECT,
        subject_id=row.pk,
        label=row.title,
        due_at=row.due_at,
        user=assigned,
        permission=None if assigned is not None else P.PATROL_DO,
        area_path=row.area_path,
        at=at,
    )
    record("field_task.give", by=by, subject=row, at=at, grid=grid.pk, matter=row.matter_id)
    return row


@transaction.atomic
def do_task(
    *,
    by: Any,
    task: FieldTask,
    note: str = "",
    occurred_at: dt.datetime | None = None,
    at: dt.datetime | None = None,
) -> FieldTask:
    """It is done. Said again by the same person, the first time stands."""
    at = at or clock.now()
    note = note.strip()
    if len(note) > _MAX_TEXT:
        raise InvalidError(_("The text is too long: at most 2,000 characters."), field="note")
    locked = _lock(task)
    if locked.assigned_id != by.pk and not field_tasks.may_do(by, locked.area_path):
        raise NotAllowedError
    if locked.state == FieldTask.State.DONE and locked.done_by_id == by.pk:
        return locked
    _require_open(locked)
    take(locked, FieldTask.State.DONE)
    locked.done_by, locked.done_at, locked.occurred_at = by, at, occurred_at
    locked.done_note = field_tasks.sealed(locked, "done_note", note)
    locked.save()
    finish_duties(subject_type=SUBJECT, subject_id=locked.pk, at=at)
    record("field_task.do", by=by, subject=locked, at=at)
    return locked


@transaction.atomic
def withdraw_task(*, by: Any, task: FieldTask, at: dt.datetime | None = None) -> FieldTask:
    """It need not be done any more."""
    at = at or clock.now()
    locked = _lock(task)
    if not authority_of(by).may(P.TASK_GIVE, area_path=locked.area_path) and locked.made_by_id != by.pk:
        raise NotAllowedError
    _require_open(locked)
    take(locked, FieldTask.State.WITHDRAWN)
    locked.save(update_fields=["state", "changed_at"])
    finish_duties(subject_type=SUBJECT, subject_id=locked.pk, at=at)
    record("field_task.withdraw", by=by, subject=locked, at=at)
    return locked


@transaction.atomic
def note_blocked(*, by: Any, area: Area, at: dt.datetime | None = None) -> None:
    """Count that work outside the admission list was kept from the field. Not whose wish it was."""
    at = at or clock.now()
    insert(BlockedTask, area_path=area.path, at=at)
    record("field_task.blocked", by=by, subject=area, at=at)


def _lock(task: FieldTask) -> FieldTask:
    row: FieldTask = (
        FieldTask.objects.unscoped("locks the row it was given; the right is checked by the caller")
        .select_related("grid", "matter")
        .select_for_update(of=("self",))
        .get(pk=task.pk)
    )
    return row


def _require_open(task: FieldTask) -> None:
    if task.state != FieldTask.State.OPEN:
        raise ConflictError(_("This task has been done or taken back already."))

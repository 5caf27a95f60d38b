"""早碰头 and tasks from a phone: a stand-up that was held, a task that is done."""

from __future__ import annotations

from typing import Annotated, Any

from django.utils.translation import gettext_lazy as _
from pydantic import Field, StrictStr

from wangge.domains.fieldwork import field_tasks, stand_ups
from wangge.domains.fieldwork.actions import standups, tasks
from wangge.domains.fieldwork.actions.standups import Decision
from wangge.doors.api.shapes import Day, In, MatterCode, Note, PublicId, RowId
from wangge.doors.api.sync.kinds.registry import Kind, Sender
from wangge.foundation.core.problems import InvalidError, NotFoundError
from wangge.foundation.places.queries import get_area


class TaskDone(In):
    """A task, and how it went."""

    task: PublicId
    note: Note = ""


class DecisionIn(In):
    """One decision: what, resting on which matter, in which grid, by when, and whose it is (else whoever patrols there)."""

    title: Annotated[StrictStr, Field(min_length=1, max_length=60)]
    matter: MatterCode
    grid: RowId
    due_on: Day
    assigned: RowId | None = None
    text: Annotated[StrictStr, Field(max_length=2000)] = ""


class Hold(In):
    """The stand-up of a grid or a community; who was there may be left out."""

    area: RowId
    day: Day
    present: Annotated[list[RowId], Field(max_length=200)] = Field(default_factory=list)
    decisions: Annotated[list[DecisionIn], Field(max_length=standups.MAX_DECISIONS)] = Field(default_factory=list)


def _done(sender: Sender, said: TaskDone) -> dict[str, Any]:
    task = tasks.do_task(
        by=sender.user,
        task=field_tasks.get_task(sender.user, said.task),
        note=said.note,
        occurred_at=sender.occurred_at,
    )
    return {"task": str(task.public_id), "state": task.state}


def _hold(sender: Sender, said: Hold) -> dict[str, Any]:
    area = stand_ups.area_for(sender.user, said.area)
    held = standups.hold(
        by=sender.user,
        area=area,
        day=said.day,
        present=said.present,
        decisions=[_decision(one, number) for number, one in enumerate(said.decisions)],
    )
    made = stand_ups.decisions_of(held)
    return {"area": area.pk, "day": held.day.isoformat(), "tasks": [str(task.public_id) for task in made]}


def _decision(said: DecisionIn, number: int) -> Decision:
    try:
        grid = get_area(said.grid)
    except NotFoundError:
        raise InvalidError(_("There is no such grid."), field=f"decisions.{number}.grid") from None
    workers = {user.pk: user for user in field_tasks.workers_of(grid)} if said.assigned is not None else {}
    if said.assigned is not None and said.assigned not in workers:
        raise InvalidError(_("This person does not work in the grid."), field=f"decisions.{number}.assigned")
    return Decision(
        title=said.title,
        matter=said.matter,
        grid=grid,
        due_on=said.due_on,
        assigned=workers.get(said.assigned) if said.assigned is not None else None,
        text=said.text,
    )


KINDS = {
    "standup.hold": Kind(Hold, _hold),
    "task.done": Kind(TaskDone, _done),
}

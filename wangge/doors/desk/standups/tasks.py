"""Tasks of the grids: the list, one of them, giving, doing and taking back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from wangge.domains.fieldwork import field_tasks
from wangge.domains.fieldwork.actions import tasks as actions
from wangge.domains.fieldwork.actions.checkpoints import OffTheListError
from wangge.domains.fieldwork.actions.standups import end_of
from wangge.domains.fieldwork.models import FieldTask
from wangge.doors.desk import paging
from wangge.doors.desk.cases.steps import sentences
from wangge.doors.desk.rounds.looks import areas_of
from wangge.doors.desk.standups.forms import Choices, DoneForm, TaskFilter, TaskForm
from wangge.doors.desk.words import Look
from wangge.foundation.accounts.authority import authority_of
from wangge.foundation.accounts.gate import gate
from wangge.foundation.accounts.permissions import P
from wangge.foundation.core.problems import NotAllowedError, Problem

if TYPE_CHECKING:
    import uuid

    from django.http import HttpRequest, HttpResponse

    from wangge.foundation.places.models import Area

LOOKS: dict[str, Look] = {
    FieldTask.State.OPEN.value: Look(FieldTask.State.OPEN.label, "clock", "blue"),
    FieldTask.State.DONE.value: Look(FieldTask.State.DONE.label, "circle-check", "green"),
    FieldTask.State.WITHDRAWN.value: Look(FieldTask.State.WITHDRAWN.label, "ban", "quiet"),
}


def _areas(user: Any) -> list[Area]:
    held = {area.pk: area for permission in field_tasks.SEES for area in areas_of(user, permission)}
    return sorted(held.values(), key=lambda area: [int(part) for part in area.path.strip("/").split("/")])


@gate(*field_tasks.SEES)
@require_GET
def listed(request: HttpRequest) -> HttpResponse:
    """The tasks of one's places and one's own, by their state."""
    areas = _areas(request.user)
    narrowed = TaskFilter(request.GET, areas=areas)
    given: dict[str, Any] = narrowed.cleaned_data if narrowed.is_valid() else {}
    state = given.get("state") or FieldTask.State.OPEN.value
    chosen = next((area for area in areas if area.pk == given.get("area")), None)
    after = paging.by_id(request.GET, "after") or 0
    path = chosen.path if chosen is not None else ""
    found = field_tasks.tasks(request.user, area_path=path, state=state, after=after, limit=paging.PAGE + 1)
    shown = found[: paging.PAGE]
    context = {
        "filter": narrowed,
        "narrow": bool(given.get("area") or given.get("state")),
        "rows": shown,
        "look": LOOKS[state],
        "may_give": authority_of(request.user).holds(P.TASK_GIVE),
        "next_url": paging.next_url(request.GET, after=shown[-1].pk) if len(found) > paging.PAGE else "",
        "first_url": paging.next_url(request.GET, after="") if after else "",
    }
    return render(request, "desk/standups/tasks.html", context)


@gate(P.TASK_GIVE)
@require_http_methods(["GET", "POST"])
def give(request: HttpRequest) -> HttpResponse:
    """Give a grid a piece of work that rests on an admitted matter."""
    grids = {area.pk: area for area in areas_of(request.user, P.TASK_GIVE) if area.kind == "grid"}
    workers = {user.pk: user for grid in grids.values() for user in field_tasks.workers_of(grid)}
    choices = Choices(list(grids.values()), sorted(workers.values(), key=lambda user: (user.name, user.pk)))
    form = TaskForm(request.POST if request.method == "POST" else None, choices=choices)
    if form.is_bound and form.is_valid():
        given = form.cleaned_data
        grid = grids[given["grid"]]
        try:
            row = actions.give_task(
                by=request.user,
                grid=grid,
                matter=given["matter"],
                title=given["title"],
                due_at=end_of(given["due_on"]),
                text=given["text"],
                assigned=workers.get(given["assigned"]) if given["assigned"] is not None else None,
            )
        except NotAllowedError:
            raise
        except Problem as problem:
            if isinstance(problem, OffTheListError):
                actions.note_blocked(by=request.user, area=grid)
            form.add_error(problem.field if problem.field in form.fields else None, sentences(problem))
        else:
            messages.success(request, _("The task was given."))
            return redirect("desk:task", row.public_id)
    return render(request, "desk/standups/give.html", {"form": form}, status=422 if form.is_bound else 200)


@gate(*field_tasks.SEES)
@require_GET
def one(request: HttpRequest, task: uuid.UUID) -> HttpResponse:
    """One task: what is to be done, or how it went."""
    return _page(request, field_tasks.get_task(request.user, task), DoneForm())


def _page(request: HttpRequest, row: FieldTask, form: DoneForm) -> HttpResponse:
    user: Any = request.user
    open_ = row.state == FieldTask.State.OPEN
    context = {
        "task": row,
        "look": LOOKS[row.state],
        "text": field_tasks.text_of(row),
        "note": field_tasks.note_of(row),
        "form": form if open_ and _may_do(user, row) else None,
        "may_withdraw": open_ and _may_withdraw(user, row),
    }
    return render(request, "desk/standups/task.html", context, status=422 if form.is_bound else 200)


def _may_do(user: Any, row: FieldTask) -> bool:
    return row.assigned_id == user.pk or field_tasks.may_do(user, row.area_path)


def _may_withdraw(user: Any, row: FieldTask) -> bool:
    return row.made_by_id == user.pk or authority_of(user).may(P.TASK_GIVE, area_path=row.area_path)


@gate(*field_tasks.SEES)
@require_GET
def by_number(request: HttpRequest, pk: int) -> HttpResponse:
    """The task that a duty names."""
    return redirect("desk:task", field_tasks.task_by_number(request.user, pk).public_id)


@gate(*field_tasks.SEES)
@require_POST
def done(request: HttpRequest, task: uuid.UUID) -> HttpResponse:
    """It is done."""
    row = field_tasks.get_task(request.user, task)
    form = DoneForm(request.POST)
    if not form.is_valid():
        return _page(request, row, form)
    actions.do_task(by=request.user, task=row, note=form.cleaned_data["note"])
    messages.success(request, _("The task is done."))
    return redirect("desk:task", row.public_id)


@gate(*field_tasks.SEES)
@require_POST
def withdraw(request: HttpRequest, task: uuid.UUID) -> HttpResponse:
    """It need not be done any more."""
    row = field_tasks.get_task(request.user, task)
    actions.withdraw_task(by=request.user, task=row)
    messages.success(request, _("The task was taken back."))
    return redirect("desk:task", row.public_id)

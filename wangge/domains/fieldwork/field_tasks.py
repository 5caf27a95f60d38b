"""Reads about the tasks of the grids, and how their words are sealed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from wangge.domains.fieldwork.models import BlockedTask, FieldTask, Refused
from wangge.foundation.accounts.authority import authority_of
from wangge.foundation.accounts.permissions import P
from wangge.foundation.accounts.queries import users_with
from wangge.foundation.core import crypto
from wangge.foundation.core.problems import NotFoundError
from wangge.foundation.core.scoping import under

if TYPE_CHECKING:
    import datetime as dt
    import uuid

    from wangge.foundation.accounts.models import User
    from wangge.foundation.places.models import Area

DOES = (P.PATROL_DO, P.VISIT_DO)
OFF_THE_LIST = "not-on-the-list"
_MOST = 1000
SEES = (*DOES, P.TASK_GIVE, P.STANDUP_HOLD)


def may_do(user: Any, area_path: str) -> bool:
    """Whether somebody works in a grid, so that its tasks are his as well."""
    authority = authority_of(user)
    return any(authority.may(permission, area_path=area_path) for permission in DOES)


def _mine(user: Any) -> Q:
    authority = authority_of(user)
    places = {path for permission in SEES for path in authority.places(permission)}
    return Q(assigned_id=authority.user_id) | under("area_path", places)


def get_task(user: Any, public_id: uuid.UUID) -> FieldTask:
    """A task of the reader's places or his own; `NotFoundError` otherwise."""
    found = FieldTask.objects.unscoped("narrowed to the reader's places and himself").filter(_mine(user))
    row: FieldTask | None = (
        found.filter(public_id=public_id).select_related("grid__parent", "matter", "assigned", "done_by").first()
    )
    if row is None:
        raise NotFoundError(_("There is no such task."))
    return row


def task_by_number(user: Any, pk: int) -> FieldTask:
    """As `get_task`, by the number that a duty names."""
    found = FieldTask.objects.unscoped("narrowed to the reader's places and himself").filter(_mine(user), pk=pk)
    row: FieldTask | None = found.defer("text", "done_note").first()
    if row is None:
        raise NotFoundError(_("There is no such task."))
    return row


def tasks(
    user: Any, *, area_path: str = "", state: str = FieldTask.State.OPEN.value, after: int = 0, limit: int = 50
) -> list[FieldTask]:
    """Tasks of the reader's places in a state, in the order in which they were given."""
    found = FieldTask.objects.unscoped("narrowed to the reader's places and himself").filter(_mine(user), state=state)
    if area_path:
        found = found.filter(under("area_path", [area_path]))
    rows = found.filter(pk__gt=after).select_related("grid__parent", "matter", "assigned")
    return list(rows.defer("text", "done_note").order_by("pk")[:limit])


def workers_of(grid: Area) -> list[User]:
    """Who may be given a task of a grid by name."""
    found = {user.pk: user for permission in DOES for user in users_with(permission, area_path=grid.path)}
    return sorted(found.values(), key=lambda user: (user.name, user.pk))


def text_of(task: FieldTask) -> str:
    """What is to be done, in the giver's words."""
    return _opened(task, "text", task.text)


def note_of(task: FieldTask) -> str:
    """How it went, in the doer's words."""
    return _opened(task, "done_note", task.done_note)


def sealed(task: FieldTask, column: str, text: str) -> bytes | None:
    """The sealed words of a column; None for none."""
    return crypto.seal(text, purpose=f"fieldwork.fieldtask.{column}", bound_to=str(task.public_id)) if text else None


def _opened(task: FieldTask, column: str, held: bytes | memoryview | None) -> str:
    if held is None:
        return ""
    return crypto.unseal(held, purpose=f"fieldwork.fieldtask.{column}", bound_to=str(task.public_id))


def blocked(*, area_path: str, since: dt.datetime) -> int:
    """清单外任务拦截数: how often work outside the admission list was kept from a place's grids, counted up to 1,000.

    On the desk it is noted; what a phone sent was refused, and is kept as such.
    """
    place = under("area_path", [area_path])
    noted = BlockedTask.objects.unscoped("a count that is published").filter(place, at__gte=since)
    refused = Refused.objects.filter(place, code=OFF_THE_LIST, recorded_at__gte=since)
    counted = [len(rows.order_by().values_list("pk")[:_MOST]) for rows in (noted, refused)]
    return min(sum(counted), _MOST)

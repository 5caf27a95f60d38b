"""The work queues of the desk and of the units: what one may work on, next breach first."""

import datetime as dt
from typing import TYPE_CHECKING, Annotated, Literal

from django.http import HttpRequest, HttpResponse
from ninja import Path, Query, Router

from wangge.domains.cases import queries
from wangge.doors.api import cursors
from wangge.doors.api.contract import answer, operation
from wangge.doors.api.shapes import CasePage, CaseRow, Out

router = Router(tags=["queues"])

if TYPE_CHECKING:
    QueueKey = str
else:
    QueueKey = Literal[tuple(queries.QUEUES)]


class QueueRow(Out):
    """A queue and how many wait in it, counted up to 100 (99+)."""

    key: str
    size: int


class Queues(Out):
    """The queues that one's posts let one work."""

    items: list[QueueRow]


@router.get("/queues", **operation("queues", answers=Queues))
def queues(request: HttpRequest) -> HttpResponse:
    """One's queues with their sizes."""
    keys = queries.my_queues(request.user)
    return answer(Queues(items=[QueueRow(key=key, size=queries.queue_size(request.user, key)) for key in keys]))


@router.get("/queues/{key}", **operation("queue", answers=CasePage))
def queue(
    request: HttpRequest,
    key: Annotated[QueueKey, Path()],
    cursor: Annotated[str, Query(max_length=500)] = "",
    limit: Annotated[int, Query(ge=1, le=cursors.LARGEST_PAGE)] = cursors.PAGE,
) -> HttpResponse:
    """One page of a queue, next breach first; empty for whoever may not work it."""
    after = None
    if cursor:
        due, pk = cursors.unseal(f"queue.{key}", cursor)
        after = (dt.datetime.fromisoformat(due), pk)
    rows = queries.queue(request.user, key, after=after, limit=limit)
    following = None
    if len(rows) == limit and rows[-1].due_at is not None:
        following = cursors.seal(f"queue.{key}", rows[-1].due_at.isoformat(), rows[-1].pk)
    return answer(CasePage(items=[CaseRow.of(row) for row in rows], next=following))

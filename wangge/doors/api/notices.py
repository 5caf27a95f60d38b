# ruff: noqa: ARG001 — an empty body is a parameter too
"""Messages to oneself."""

import datetime as dt
from typing import TYPE_CHECKING, Annotated

from django.http import HttpRequest, HttpResponse
from ninja import Path, Query, Router

from wangge.doors.api import cursors
from wangge.doors.api.contract import answer, operation
from wangge.doors.api.shapes import In, Out
from wangge.doors.api.writing import written
from wangge.foundation.notifications import actions, queries

if TYPE_CHECKING:
    from wangge.foundation.accounts.models import User

router = Router(tags=["notices"])


class NoticeRow(Out):
    """One message: what kind of news, about what."""

    id: int
    kind: str
    subject: str
    label: str
    at: dt.datetime
    read_at: dt.datetime | None


class NoticePage(Out):
    """One page, newest first; `unread` is counted up to 100 (99+)."""

    items: list[NoticeRow]
    unread: int
    next: str | None


class Unread(Out):
    """How many are left, counted up to 100."""

    unread: int


class Nothing(In):
    """Nothing to say: `{}`."""


@router.get("/notices", **operation("notices", answers=NoticePage))
def notices(
    request: HttpRequest,
    cursor: Annotated[str, Query(max_length=500)] = "",
    limit: Annotated[int, Query(ge=1, le=cursors.LARGEST_PAGE)] = cursors.PAGE,
) -> HttpResponse:
    """One's own messages."""
    user: User = request.user  # type: ignore[assignment]
    before = cursors.unseal("notices", cursor)[0] if cursor else None
    rows = queries.inbox(user, before=before, limit=limit)
    following = cursors.seal("notices", rows[-1].pk) if len(rows) == limit else None
    items = [
        NoticeRow(id=row.pk, kind=row.kind, subject=row.subject_type, label=row.label, at=row.at, read_at=row.read_at)
        for row in rows
    ]
    return answer(NoticePage(items=items, unread=queries.unread(user), next=following))


@router.post("/notices/read", **operation("notices_read", answers=Unread, write=True))
def notices_read(request: HttpRequest, data: Nothing) -> HttpResponse:
    """Mark all of one's messages as read."""
    user: User = request.user  # type: ignore[assignment]

    def act() -> Unread:
        actions.read_all(by=user)
        return Unread(unread=queries.unread(user))

    return written(request, act)


@router.post("/notices/{notice_id}/read", **operation("notice_read", answers=Unread, write=True))
def notice_read(request: HttpRequest, notice_id: Annotated[int, Path(ge=1, le=2**62)], data: Nothing) -> HttpResponse:
    """Mark one of one's messages as read; somebody else's is left alone."""
    user: User = request.user  # type: ignore[assignment]

    def act() -> Unread:
        actions.read(by=user, notice_id=notice_id)
        return Unread(unread=queries.unread(user))

    return written(request, act)

# ruff: noqa: ARG001 — an empty body is a parameter too
"""The to-do list, and the writes that contradicted an earlier one under the same key."""

import datetime as dt
from typing import TYPE_CHECKING, Annotated

from django.http import HttpRequest, HttpResponse
from ninja import Path, Query, Router

from wangge.doors.api import cursors
from wangge.doors.api.contract import answer, operation
from wangge.doors.api.shapes import In, Out
from wangge.doors.api.writing import CONTRADICTION, owner_of, written
from wangge.foundation.core import idempotency
from wangge.foundation.core.problems import NotFoundError
from wangge.foundation.duties import queries
from wangge.foundation.duties.actions import finish_duties

if TYPE_CHECKING:
    from wangge.foundation.accounts.models import User

router = Router(tags=["duties"])


class DutyRow(Out):
    """One thing to do; `label` is a case number or a title."""

    kind: str
    label: str
    subject: str
    opened_at: dt.datetime
    due_at: dt.datetime | None
    mine: bool


class DutyPage(Out):
    """One page of the to-do list, next due first."""

    items: list[DutyRow]
    next: str | None


class Contradiction(Out):
    """Another body that was sent under a key already used: kept for the sender to compare."""

    id: int
    key: str
    at: dt.datetime
    body: str


class Contradictions(Out):
    """Newest first, at most 100."""

    items: list[Contradiction]


class Settled(Out):
    """Done."""

    id: int


class Nothing(In):
    """Nothing to say: `{}`."""


@router.get("/duties", **operation("duties", answers=DutyPage))
def duties(
    request: HttpRequest,
    kind: Annotated[str, Query(max_length=40)] = "",
    cursor: Annotated[str, Query(max_length=500)] = "",
    limit: Annotated[int, Query(ge=1, le=cursors.LARGEST_PAGE)] = cursors.PAGE,
) -> HttpResponse:
    """What one still has to do, next due first."""
    user: User = request.user  # type: ignore[assignment]
    after = None
    if cursor:
        due, pk = cursors.unseal("duties", cursor)
        after = (dt.datetime.fromisoformat(due), pk)
    rows = queries.to_do(user, kind=kind or None, after=after, limit=limit)
    following = None
    if len(rows) == limit and rows[-1].due_at is not None:
        following = cursors.seal("duties", rows[-1].due_at.isoformat(), rows[-1].pk)
    items = [
        DutyRow(
            kind=row.kind,
            label=row.label,
            subject=row.subject_type,
            opened_at=row.opened_at,
            due_at=row.due_at,
            mine=row.user_id is not None,
        )
        for row in rows
    ]
    return answer(DutyPage(items=items, next=following))


@router.get("/contradictions", **operation("contradictions", answers=Contradictions))
def contradictions(request: HttpRequest) -> HttpResponse:
    """What one sent under a key that one had used for something else."""
    user: User = request.user  # type: ignore[assignment]
    kept = idempotency.contradictions(owner_of(user))
    items = [Contradiction(id=row.pk, key=row.key, at=row.at, body=body) for row, body in kept]
    return answer(Contradictions(items=items))


@router.post("/contradictions/{row_id}/settle", **operation("contradiction_settle", answers=Settled, write=True))
def contradiction_settle(
    request: HttpRequest, row_id: Annotated[int, Path(ge=1, le=2**62)], data: Nothing
) -> HttpResponse:
    """Take one of one's contradictions off the to-do list; what was kept stays kept."""
    user: User = request.user  # type: ignore[assignment]

    def act() -> Settled:
        if row_id not in {row.pk for row, _body in idempotency.contradictions(owner_of(user))}:
            raise NotFoundError
        finish_duties(subject_type=CONTRADICTION, subject_id=row_id, kind=CONTRADICTION)
        return Settled(id=row_id)

    return written(request, act)

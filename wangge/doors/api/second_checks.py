"""复核: what waits for a second, blind look; how those of a case ended; bodies of the two verbs."""

import datetime as dt
import uuid
from collections.abc import Callable
from typing import Annotated, Any

from django.http import HttpRequest, HttpResponse
from ninja import Path, Query, Router
from pydantic import Field

from wangge.domains.cases import actions, queries
from wangge.domains.cases import second_checks as reads
from wangge.domains.cases.models import Case, SecondCheck
from wangge.doors.api import cursors
from wangge.doors.api.contract import answer, operation
from wangge.doors.api.shapes import CaseRow, In, Note, Out, Photos, UnitRef, Words

router = Router(tags=["second checks"])


class PassSecondCheck(In):
    """复核通过: with at least one photo that was sent before and that nobody has seen; a note, if any."""

    photos: Annotated[Photos, Field(min_length=1)]
    note: Note = ""


class FailSecondCheck(In):
    """复核不通过: what is not as reported, with fresh photos. The case begins a new round."""

    photos: Annotated[Photos, Field(min_length=1)]
    reason: Words


VERBS: dict[str, tuple[type[In], Callable[[Case, Any, Any], Any]]] = {
    "pass_second_check": (
        PassSecondCheck,
        lambda c, by, said: actions.pass_second_check(case=c, by=by, photos=said.photos, note=said.note),
    ),
    "fail_second_check": (
        FailSecondCheck,
        lambda c, by, said: actions.fail_second_check(case=c, by=by, photos=said.photos, reason=said.reason),
    ),
}


class CheckRow(Out):
    """One second check. `passed` is null until it is answered; `lapsed` says why it never was: late, overtaken."""

    why: str
    unit: UnitRef | None
    round: int
    drawn_at: dt.datetime
    due_at: dt.datetime
    at: dt.datetime | None
    by: str | None
    passed: bool | None
    note: str
    lapsed: str
    lapsed_at: dt.datetime | None

    @classmethod
    def of(cls, check: SecondCheck) -> "CheckRow":
        return cls(
            why=check.why,
            unit=UnitRef.of(check.unit),
            round=check.round,
            drawn_at=check.drawn_at,
            due_at=check.due_at,
            at=check.at,
            by=check.by.name if check.by is not None else None,
            passed=check.passed,
            note=check.note,
            lapsed=check.lapsed,
            lapsed_at=check.lapsed_at,
        )


class Checks(Out):
    """Oldest first; one that waits is left out where the reader belongs to those who are not to know of it."""

    items: list[CheckRow]


class WaitingCheck(Out):
    """A case to look at again; nothing of what the first verifier found."""

    case: CaseRow
    why: str
    drawn_at: dt.datetime
    due_at: dt.datetime


class WaitingChecks(Out):
    """One page, next due first."""

    items: list[WaitingCheck]
    next: str | None


@router.get("/second-checks", **operation("second_checks", answers=WaitingChecks))
def second_checks(
    request: HttpRequest,
    cursor: Annotated[str, Query(max_length=500)] = "",
    limit: Annotated[int, Query(ge=1, le=cursors.LARGEST_PAGE)] = cursors.PAGE,
) -> HttpResponse:
    """The second checks that wait for oneself."""
    after = None
    if cursor:
        due, pk = cursors.unseal("second_checks", cursor)
        after = (dt.datetime.fromisoformat(due), pk)
    rows = reads.waiting(request.user, after=after, limit=limit)
    following = None
    if len(rows) == limit:
        following = cursors.seal("second_checks", rows[-1].due_at.isoformat(), rows[-1].pk)
    items = [
        WaitingCheck(case=CaseRow.of(row.case), why=row.why, drawn_at=row.drawn_at, due_at=row.due_at) for row in rows
    ]
    return answer(WaitingChecks(items=items, next=following))


@router.get("/cases/{case_id}/second-checks", **operation("case_second_checks", answers=Checks))
def case_second_checks(request: HttpRequest, case_id: Annotated[uuid.UUID, Path()]) -> HttpResponse:
    """The second checks of one case."""
    found = queries.get_case_by_public_id(request.user, case_id)
    return answer(Checks(items=[CheckRow.of(check) for check in reads.of_case(found, request.user)]))

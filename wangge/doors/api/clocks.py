"""The clocks of a case: what each says and why, and who had the case in which minute."""

import datetime as dt
import uuid
from typing import Annotated, Literal

from django.http import HttpRequest, HttpResponse
from ninja import Path, Router
from pydantic import Field

from wangge.domains.cases import clock_account, queries
from wangge.domains.cases.clock_account import Days, Reading, Span
from wangge.domains.cases.clocks import Moved
from wangge.doors.api.contract import answer, operation
from wangge.doors.api.shapes import Out, UnitRef

router = Router(tags=["cases"])

Minutes = Annotated[int, Field(ge=0)]


class SpecialDays(Out):
    """Days in a row that were not what their weekday says."""

    first: dt.date
    last: dt.date
    kind: Literal["off", "work", "morning", "afternoon"]
    name: str
    source: Literal["notice", "local", "statutory"]

    @classmethod
    def of(cls, days: Days) -> "SpecialDays":
        return cls.model_validate({name: getattr(days, name) for name in cls.model_fields})


class Move(Out):
    """What moved a deadline: a pause (then `begun` and how many minutes it was worth), an extension, a calendar."""

    kind: Literal["pause", "extend", "calendar"]
    at: dt.datetime
    before: dt.datetime
    after: dt.datetime
    begun: dt.datetime | None
    minutes: Minutes | None
    days: int | None
    version: int | None

    @classmethod
    def of(cls, move: Moved) -> "Move":
        pause = move.kind == "pause"
        return cls.model_validate(
            {
                "kind": move.kind,
                "at": move.at,
                "before": move.before,
                "after": move.after,
                "begun": move.begun,
                "minutes": round(move.counted.total_seconds() / 60) if pause else None,
                "days": move.days if move.kind == "extend" else None,
                "version": move.version if move.kind == "calendar" else None,
            }
        )


class ClockRow(Out):
    """One clock: a stage of the case, or (`assignment`) the own clock of one unit."""

    clock: str
    assignment: int | None
    kind: Literal["working_days", "working_hours", "urgent_hours"]
    amount: float
    begun: dt.datetime
    due_at: dt.datetime
    provisional: bool
    calendar_version: int
    paused_since: dt.datetime | None
    paused_until: dt.datetime | None
    met_at: dt.datetime | None
    stopped_at: dt.datetime | None
    days: list[SpecialDays]
    seasons: list[str]
    moves: list[Move]

    @classmethod
    def of(cls, reading: Reading) -> "ClockRow":
        due = reading.due
        return cls.model_validate(
            {
                "clock": reading.clock,
                "assignment": reading.assignment,
                "kind": due.kind,
                "amount": due.amount,
                "begun": due.begun,
                "due_at": due.at,
                "provisional": due.provisional,
                "calendar_version": due.version,
                "paused_since": due.paused_since,
                "paused_until": due.paused_until,
                "met_at": due.met_at,
                "stopped_at": due.stopped_at,
                "days": [SpecialDays.of(days) for days in reading.days],
                "seasons": list(reading.seasons),
                "moves": [Move.of(move) for move in due.moves],
            }
        )


class SpanRow(Out):
    """A stretch of time in one pair of hands; `counted` and `paused` minutes together are its length."""

    begun: dt.datetime
    ended: dt.datetime
    state: str
    holder: str
    unit: UnitRef | None
    counted: Minutes
    paused: Minutes
    office: Minutes

    @classmethod
    def of(cls, span: Span) -> "SpanRow":
        return cls(
            begun=span.begun,
            ended=span.ended,
            state=span.state.value,
            holder=span.holder,
            unit=UnitRef.of(span.unit),
            counted=span.counted,
            paused=span.paused,
            office=span.office,
        )


class CaseClocks(Out):
    """Why the deadlines are what they are, and the minutes of the case: `counted` is `wall` less `paused`."""

    clocks: list[ClockRow]
    spans: list[SpanRow]
    wall: Minutes
    counted: Minutes
    paused: Minutes
    office: Minutes


@router.get("/cases/{case_id}/clocks", **operation("case_clocks", answers=CaseClocks))
def case_clocks(request: HttpRequest, case_id: Annotated[uuid.UUID, Path()]) -> HttpResponse:
    """Every clock of a case with what moved its deadline, and who had the case in which minute."""
    case = queries.get_case_by_public_id(request.user, case_id)
    events = clock_account.events_of(case)
    found = clock_account.account(case, events=events)
    return answer(
        CaseClocks(
            clocks=[ClockRow.of(reading) for reading in clock_account.readings(case, events)],
            spans=[SpanRow.of(span) for span in found.spans],
            wall=found.wall,
            counted=found.counted,
            paused=found.paused,
            office=found.office,
        )
    )

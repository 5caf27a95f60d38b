"""The clocks of a history that is replayed: what `timekeeping` writes for real steps, here in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from wangge.domains.cases import clocks
from wangge.domains.cases.deadlines import Start, start_of
from wangge.domains.cases.workflow import ENDED, STAGE_OF, S, Stage
from wangge.foundation.catalogue.calendars import calendar

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    from wangge.domains.cases.models import Assignment, Case


class Row(NamedTuple):
    """A row of `models.ClockEvent` without its key; the names are those of its columns."""

    case_id: int
    clock: str
    kind: str
    at: dt.datetime
    round: int = 1
    assignment_id: int | None = None
    kind_of_time: str = ""
    amount: float | None = None
    calendar_id: int | None = None
    unit_id: int | None = None
    until: dt.datetime | None = None
    by_id: int | None = None
    reason: str = ""


COLUMNS = tuple(Row.__annotations__)


class Clocks:
    """Writes the events of many cases, in the order of time."""

    def __init__(self) -> None:
        self.rows: list[Row] = []
        self._of: dict[int, list[Row]] = {}

    def begin(self, case: Case, stage: Stage, at: dt.datetime, by: int | None, *, write: bool) -> None:
        """The first clock of a new case; `write` is false where it is closed by rule in the same instant."""
        start = start_of(case, stage, at)
        case.due_at, case.due_provisional = (start.due_at, start.provisional) if start else (None, False)
        if start is not None and write:
            self._write(case, "start", start.clock, at, by, start=start)

    def promise(self, case: Case, at: dt.datetime, by: int | None) -> None:
        """The promise to the reporter, anew."""
        start = start_of(case, Stage.HANDLE, at)
        case.handle_due_at = start.due_at if start else None
        if start is not None:
            case.due_provisional = case.due_provisional or start.provisional
            self._write(case, "start", "handle", at, by, start=start)

    def start_part(self, case: Case, part: Assignment, at: dt.datetime) -> None:
        """A unit's own clock."""
        start = start_of(case, Stage.HANDLE, at, unit=part.unit_id)
        part.due_at = start.due_at if start else None
        if start is not None:
            self._write(case, "start", "handle", at, None, part=part, start=start)

    def meet_part(self, case: Case, part: Assignment, at: dt.datetime, by: int | None) -> None:
        """A co-handler has done its part."""
        self._breach(case, "handle", part.due_at, at, part)
        self._write(case, "meet", "handle", at, by, part=part)

    def stop_part(self, case: Case, part: Assignment, at: dt.datetime, reason: str) -> None:
        """The unit is not waited for any more."""
        if part.due_at is not None:
            self._breach(case, "handle", part.due_at, at, part)
            self._write(case, "stop", "handle", at, None, part=part, reason=reason)

    def pass_on(
        self, case: Case, state: S, verb: str, at: dt.datetime, by: int | None, parts: Sequence[Assignment]
    ) -> tuple[dt.datetime | None, bool]:
        """As `timekeeping.pass_on`; `parts` are the units that have the case."""
        before = S(case.state)
        began = case.handle_due_at
        begins = STAGE_OF.get(state) is Stage.HANDLE and began is None
        known = before in ENDED or case.due_provisional
        planned = clocks.ticks(before, state, verb, promised=began is not None, begins=begins)
        self._breaches(case, before, planned, verb, at, parts)
        starts = {}
        for kind, stage in planned:
            start = start_of(case, stage, at) if kind == "start" else None
            if start is not None:
                starts[stage] = start
            if kind != "start" or start is not None:
                self._write(case, kind, stage.value, at, by, start=start)
        self._units(case, verb, at, by, parts, begins=begins)
        if begins:
            start = starts.get(Stage.HANDLE)
            case.handle_due_at = start.due_at if start else None
        stage_now = STAGE_OF.get(state)
        if stage_now is None:
            return None, False
        if before is S.NEEDS_INFO or (known and case.handle_due_at is not None):
            said = clocks.run_all(self._of.get(case.pk, ()), calendar)
            answer = clocks.cached(state, said, stage_now)
            case.handle_due_at = answer.handle_due_at
            return answer.due_at, answer.due_provisional
        start = starts.get(stage_now)
        if stage_now is Stage.HANDLE:
            return case.handle_due_at, start is not None and start.provisional
        return (start.due_at, start.provisional) if start else (None, False)

    def _units(
        self, case: Case, verb: str, at: dt.datetime, by: int | None, parts: Sequence[Assignment], *, begins: bool
    ) -> None:
        mains = [part for part in parts if part.duty == "main"]
        if verb in {"void", "merge"}:
            for part in parts:
                if part.due_at is not None:
                    self._write(case, "stop", "handle", at, by, part=part)
        elif verb in {"handle", "rework", "reopen"}:
            for part in mains:
                if begins:
                    start = start_of(case, Stage.HANDLE, at, unit=part.unit_id)
                    part.due_at = start.due_at if start else None
                    self._write(case, "start" if start else "stop", "handle", at, by, part=part, start=start)
                elif part.due_at is not None:
                    self._write(case, "meet" if verb == "handle" else "resume", "handle", at, by, part=part)

    def _breaches(
        self,
        case: Case,
        before: S,
        planned: Sequence[tuple[str, Stage]],
        verb: str,
        at: dt.datetime,
        parts: Sequence[Assignment],
    ) -> None:
        for part in parts if verb == "handle" else ():
            if part.duty == "main":
                self._breach(case, "handle", part.due_at, at, part)
        for kind, stage in planned:
            if kind not in {"meet", "stop", "pause"} or stage in clocks.NOBODYS:
                continue
            if stage is Stage.HANDLE:
                self._breach(case, "handle", case.handle_due_at, at)
            elif STAGE_OF.get(before) is stage:
                self._breach(case, stage.value, case.due_at, at)

    def _breach(
        self, case: Case, clock: str, due: dt.datetime | None, at: dt.datetime, part: Assignment | None = None
    ) -> None:
        if due is None or at <= due:
            return
        own = part.pk if part else None
        known = any(
            row.kind == "breach" and row.clock == clock and row.assignment_id == own and row.at == due
            for row in self._of.get(case.pk, ())
        )
        if not known:
            self._write(case, "breach", clock, due, None, part=part)

    def _write(
        self,
        case: Case,
        kind: str,
        clock: str,
        at: dt.datetime,
        by: int | None,
        *,
        part: Assignment | None = None,
        start: Start | None = None,
        reason: str = "",
    ) -> None:
        row = Row(
            case.pk,
            clock,
            kind,
            at,
            case.round,
            part.pk if part else None,
            start.kind if start else "",
            start.amount if start else None,
            start.version if start else None,
            start.unit if start else None,
            None,
            by,
            reason,
        )
        self.rows.append(row)
        self._of.setdefault(case.pk, []).append(row)

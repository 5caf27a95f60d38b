"""Keeping the clocks of a case: every start, pause, extension and end is written down; the columns are cached answers.

Everything here works inside the caller's transaction on a case that the caller has locked, and changes the columns of
the object it was given (`due_at`, `handle_due_at`, `due_provisional`); `pause`, `resume` and `extend` also save them.
What each event means is told in `cases.clocks`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from django.db.models import Q

from wangge.domains.cases import clocks
from wangge.domains.cases.deadlines import Start, start_of
from wangge.domains.cases.models import Assignment, Case, ClockEvent
from wangge.domains.cases.workflow import ENDED, STAGE_OF, S, Stage
from wangge.foundation.catalogue.calendars import calendar, version_in_force
from wangge.foundation.core.rows import insert

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Sequence

_COLUMNS = ["due_at", "handle_due_at", "due_provisional"]
_ENDS_ALL = frozenset({"void", "merge"})
_MAX_REASON = 200


class Tick(NamedTuple):
    """An event about to be written."""

    kind: str
    clock: str
    assignment: int | None = None
    start: Start | None = None
    until: dt.datetime | None = None
    at: dt.datetime | None = None


def pause(*, case: Case, by: Any, at: dt.datetime, reason: str, until: dt.datetime | None = None) -> None:
    """Stop counting for the promise to the reporter and for every unit at work; already paused: nothing happens.

    While it is paused nothing is due (`due_at`) but the date `until` which it is meant to last; the promise
    (`handle_due_at`) stays what it was and moves at the resumption. The step into `S.HUNG` pauses by itself; call this
    before it, to say why and until when.
    """
    ours = _promise_of(case)
    if ours is None or ours.paused_since is not None:
        return
    ticks = [Tick("pause", Stage.HANDLE.value, until=until)]
    ticks += [Tick("pause", "handle", part.pk, until=until) for part in _at_work(case)]
    _write(case, ticks, at=at, by=by, reason=reason)
    case.due_at = until
    case.save(update_fields=_COLUMNS)


def resume(*, case: Case, by: Any, at: dt.datetime, reason: str) -> None:
    """Go on counting: promise and units' deadlines move by the working time that passed; not paused: nothing happens.

    The step out of `S.HUNG` resumes by itself; call this before it to say why.
    """
    ours = _promise_of(case)
    if ours is None or ours.paused_since is None:
        return
    parts = _at_work(case)
    ticks = [Tick("resume", Stage.HANDLE.value), *(Tick("resume", "handle", part.pk) for part in parts)]
    _write(case, ticks, at=at, by=by, reason=reason)
    _refresh(case, parts, S.HANDLING)
    case.save(update_fields=_COLUMNS)


def extend(*, case: Case, days: int, by: Any, at: dt.datetime, reason: str = "") -> dt.datetime:
    """Give the promise and the main unit so many working days more; the new end of the promise.

    A case without a limit has nothing to extend: `ValueError`.
    """
    if case.handle_due_at is None:
        raise ValueError(case.pk)
    parts = [part for part in _at_work(case) if part.duty == Assignment.Duty.MAIN]
    more = Start("handle", "working_days", days, version_in_force(), None, case.handle_due_at, provisional=False)
    ticks = [Tick("extend", "handle", start=more), *(Tick("extend", "handle", part.pk, start=more) for part in parts)]
    _write(case, ticks, at=at, by=by, reason=reason)
    _refresh(case, parts, S(case.state))
    case.save(update_fields=_COLUMNS)
    return case.handle_due_at


def meet(*, case: Case, at: dt.datetime, assignment: Assignment | None = None, by: Any = None) -> None:
    """The work is done: the promise to the reporter, or the part of one unit, is met."""
    _note_breach(case, "handle", assignment.due_at if assignment else case.handle_due_at, assignment, at=at)
    _write(case, [Tick("meet", "handle", assignment.pk if assignment else None)], at=at, by=by)


def start_assignment(*, assignment: Assignment, at: dt.datetime, by: Any = None) -> None:
    """Start the clock of one unit: the matter's own limit, from now, by the unit's hours. Sets and saves its `due_at`.

    Beside it runs the promise to the reporter, from the filing and whoever handles; both are shown.
    """
    case = assignment.case
    start = start_of(case, Stage.HANDLE, at, unit=assignment.unit_id)
    if start is None:
        return
    _write(case, [Tick("start", "handle", assignment.pk, start)], at=at, by=by)
    assignment.due_at = start.due_at
    assignment.save(update_fields=["due_at"])


def stop_assignment(*, assignment: Assignment, at: dt.datetime, reason: str, by: Any = None) -> None:
    """The unit is not waited for any more: waived, sent back, or taken off."""
    if assignment.due_at is None:
        return
    _note_breach(assignment.case, "handle", assignment.due_at, assignment, at=at)
    _write(assignment.case, [Tick("stop", "handle", assignment.pk)], at=at, by=by, reason=reason)


def resume_assignment(*, assignment: Assignment, at: dt.datetime, reason: str, by: Any = None) -> None:
    """The part of one unit is not finished after all: its clock goes on with the deadline it had."""
    if assignment.due_at is not None:
        _write(assignment.case, [Tick("resume", "handle", assignment.pk)], at=at, by=by, reason=reason)


def begin_stage(case: Case, start: Start | None, *, at: dt.datetime, by: Any = None) -> None:
    """Write down the start of the first clock of a new case."""
    if start is not None:
        _write(case, [Tick("start", start.clock, start=start)], at=at, by=by)


def promise(case: Case, *, at: dt.datetime, by: Any = None) -> None:
    """Give the reporter the promise anew: the limit of handling, from now. Sets `handle_due_at`."""
    start = start_of(case, Stage.HANDLE, at)
    case.handle_due_at = start.due_at if start else None
    if start is not None:
        case.due_provisional = case.due_provisional or start.provisional
        _write(case, [Tick("start", Stage.HANDLE.value, start=start)], at=at, by=by)


def pass_on(case: Case, state: S, *, verb: str, at: dt.datetime, by: Any = None) -> tuple[dt.datetime | None, bool]:
    """Write what leaving the present state and entering another does to the clocks; (due, provisional) of the new one.

    Sets `handle_due_at` where the promise begins or moves. The state itself is set by the caller.
    """
    before = S(case.state)
    began = case.handle_due_at
    begins = STAGE_OF.get(state) is Stage.HANDLE and began is None
    known = before in ENDED or case.due_provisional
    planned: Sequence[tuple[str, Stage]] = clocks.ticks(before, state, verb, promised=began is not None, begins=begins)
    if before is S.HUNG or state is S.HUNG:
        planned = _unless_done(case, planned)
    rows, starts = _rows(case, planned, at)
    rows += _units(case, verb, at, begins=begins)
    _note_breaches(case, before, planned, at=at)
    _write(case, rows, at=at, by=by)
    if begins:
        start = starts.get(Stage.HANDLE)
        case.handle_due_at = start.due_at if start else None
    stage = STAGE_OF.get(state)
    if stage is None:
        return None, False
    if before in {S.NEEDS_INFO, S.HUNG} or state is S.HUNG or (known and case.handle_due_at is not None):
        parts = _at_work(case) if before is S.HUNG else []
        _refresh(case, parts, state)
        return case.due_at, case.due_provisional
    start = starts.get(stage)
    if stage is Stage.HANDLE:
        return case.handle_due_at, start is not None and start.provisional
    return (start.due_at, start.provisional) if start else (None, False)


def _rows(case: Case, planned: Iterable[tuple[str, Stage]], at: dt.datetime) -> tuple[list[Tick], dict[Stage, Start]]:
    rows: list[Tick] = []
    starts: dict[Stage, Start] = {}
    for kind, stage in planned:
        if kind != "start":
            rows.append(Tick(kind, stage.value))
        elif (start := start_of(case, stage, at)) is not None:
            starts[stage] = start
            rows.append(Tick("start", stage.value, start=start))
    return rows, starts


def _unless_done(case: Case, planned: Sequence[tuple[str, Stage]]) -> Sequence[tuple[str, Stage]]:
    """Without a pause or resumption that `pause` or `resume` has written before the step."""
    ours = _promise_of(case)
    paused = ours is not None and ours.paused_since is not None
    unneeded = ("pause" if paused else "resume", Stage.HANDLE)
    return [tick for tick in planned if tick != unneeded]


def _units(case: Case, verb: str, at: dt.datetime, *, begins: bool) -> list[Tick]:
    """What a step does to the units' own clocks."""
    if verb in _ENDS_ALL:
        return [Tick("stop", "handle", part.pk) for part in _at_work(case)]
    if verb in {"hang", "resume", "resume_by_date"}:
        kind = "pause" if verb == "hang" else "resume"
        said = clocks.run_all(events_of(case), calendar)
        wanted = [part for part in _at_work(case) if _is_paused(said, part) is (kind == "resume")]
        return [Tick(kind, "handle", part.pk) for part in wanted]
    if verb == "unmerge":
        return [Tick("resume", "handle", part.pk) for part in _at_work(case)]
    if verb not in {"handle", "rework", "reopen", "fail_second_check"}:
        return []
    mains = list(case.assignments.filter(returned_at__isnull=True, duty=Assignment.Duty.MAIN))
    if begins:
        return [_fresh(case, part, at) for part in mains]
    kind = "meet" if verb == "handle" else "resume"
    for part in mains if verb == "handle" else ():
        _note_breach(case, "handle", part.due_at, part, at=at)
    return [Tick(kind, "handle", part.pk) for part in mains if part.due_at is not None]


def _fresh(case: Case, part: Assignment, at: dt.datetime) -> Tick:
    """A new round of the main unit's own clock."""
    start = start_of(case, Stage.HANDLE, at, unit=part.unit_id)
    part.due_at = start.due_at if start else None
    part.save(update_fields=["due_at"])
    return Tick("start" if start else "stop", "handle", part.pk, start)


def _is_paused(said: dict[tuple[str, int | None], clocks.Due], part: Assignment) -> bool:
    due = said.get(("handle", part.pk))
    return due is not None and due.paused_since is not None


def _at_work(case: Case) -> list[Assignment]:
    """Units whose own clock has not ended: neither sent back, done nor waived."""
    open_ = case.assignments.filter(
        returned_at__isnull=True, done_at__isnull=True, waived_at__isnull=True, due_at__isnull=False
    )
    return list(open_.order_by("pk"))


def events_of(case: Case) -> list[ClockEvent]:
    """What happened to the clocks of a case, oldest first."""
    return list(ClockEvent.objects.filter(case=case).order_by("pk"))


def _promise_of(case: Case) -> clocks.Due | None:
    """The promise to the reporter, as it stands."""
    own = ClockEvent.objects.filter(case=case, clock=Stage.HANDLE.value, assignment__isnull=True)
    return clocks.run(own.order_by("pk"), calendar)


def _refresh(case: Case, parts: Iterable[Assignment], state: S) -> None:
    """Compute the cached columns from the events anew, as they must be in `state`."""
    said = clocks.run_all(events_of(case), calendar)
    answer = clocks.cached(state, said, STAGE_OF.get(state))
    case.due_at, case.handle_due_at, case.due_provisional = (
        answer.due_at,
        answer.handle_due_at,
        answer.due_provisional,
    )
    for part in parts:
        own = said.get(("handle", part.pk))
        if own is not None and own.at != part.due_at:
            part.due_at = own.at
            part.save(update_fields=["due_at"])


def change_calendar(case: Case, which: Iterable[tuple[str, int | None]], version: int, *, at: dt.datetime) -> None:
    """Compute some clocks of a locked case by another version of the calendar; the columns follow, unsaved."""
    rows = [
        values(Tick("calendar", name, part), case, at=at, by=None) | {"calendar_id": version} for name, part in which
    ]
    ClockEvent.objects.bulk_create([ClockEvent(**row) for row in rows])
    _refresh(case, _at_work(case), S(case.state))


# -- overdue


def _note_breaches(case: Case, before: S, planned: Iterable[tuple[str, Stage]], *, at: dt.datetime) -> None:
    """A stage that is left too late: the breach is noted, if the five-minute rule has not done so."""
    for kind, stage in planned:
        if kind not in {"meet", "stop", "pause"} or stage in clocks.NOBODYS:
            continue
        if stage is Stage.HANDLE:
            _note_breach(case, "handle", case.handle_due_at, None, at=at)
        elif STAGE_OF.get(before) is stage:
            _note_breach(case, stage.value, case.due_at, None, at=at)


def _note_breach(
    case: Case, clock: str, due: dt.datetime | None, assignment: Assignment | None, *, at: dt.datetime
) -> bool:
    """Write once that a deadline passed, dated by the deadline; whether it was written now."""
    if due is None or at <= due:
        return False
    known = ClockEvent.objects.filter(
        case=case, clock=clock, assignment=assignment, kind=ClockEvent.Kind.BREACH, at=due
    ).exists()
    if not known:
        _write(case, [Tick("breach", clock, assignment.pk if assignment else None, at=due)], at=at, by=None)
    return not known


def note_overdue(case: Case, *, at: dt.datetime) -> int:
    """Write every breach of a locked case that is not written yet; how many. Safe to run twice."""
    state = S(case.state)
    stage = STAGE_OF.get(state)
    if stage is None or state is S.HUNG:
        return 0
    found = 0
    if stage is not Stage.HANDLE and stage not in clocks.NOBODYS:
        found += _note_breach(case, stage.value, case.due_at, None, at=at)
    if state in {S.FILED, S.DISPATCHED, S.HANDLING}:
        found += _note_breach(case, "handle", case.handle_due_at, None, at=at)
        mains = Q(duty=Assignment.Duty.MAIN) if state is not S.FILED else Q(pk__in=[])
        for part in case.assignments.filter(mains | Q(duty=Assignment.Duty.CO), returned_at__isnull=True):
            if part.done_at is None and part.waived_at is None:
                found += _note_breach(case, "handle", part.due_at, part, at=at)
    return found


# -- rows


def values(tick: Tick, case: Case, *, at: dt.datetime, by: Any, reason: str = "") -> dict[str, Any]:
    """The columns of an event; also for the replay of what has happened."""
    start = tick.start
    return {
        "case_id": case.pk,
        "assignment_id": tick.assignment,
        "clock": tick.clock,
        "round": case.round,
        "kind": tick.kind,
        "at": tick.at or at,
        "kind_of_time": start.kind if start else "",
        "amount": start.amount if start else None,
        "calendar_id": start.version if start else None,
        "unit_id": start.unit if start else None,
        "until": tick.until,
        "by_id": getattr(by, "pk", None),
        "reason": reason[:_MAX_REASON],
    }


def _write(case: Case, ticks: Sequence[Tick], *, at: dt.datetime, by: Any, reason: str = "") -> None:
    rows = [values(tick, case, at=at, by=by, reason=reason) for tick in ticks]
    if len(rows) == 1:
        insert(ClockEvent, **rows[0])
    elif rows:
        ClockEvent.objects.bulk_create([ClockEvent(**row) for row in rows])

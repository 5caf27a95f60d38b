"""Reads of the clocks: why a deadline is what it is, and who had the case in which minute."""

from __future__ import annotations

import dataclasses
import datetime as dt
from typing import TYPE_CHECKING

from wangge.domains.cases import clocks
from wangge.domains.cases.models import Assignment, Case, ClockEvent, TimelineEntry
from wangge.domains.cases.workflow import OPEN, STAGE_OF, S, Stage
from wangge.foundation.catalogue.calendars import calendar
from wangge.foundation.core import clock
from wangge.foundation.core.worktime import spent

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from wangge.domains.cases.clocks import Due
    from wangge.foundation.accounts.models import Organisation
    from wangge.foundation.core.worktime import Calendar

_MINUTE = dt.timedelta(minutes=1)
_NOTHING = dt.timedelta(0)
_WITH_REPORTER = frozenset({S.NEEDS_INFO, S.EVALUATING})
_WITH_UNIT = frozenset({S.DISPATCHED, S.HANDLING, S.HUNG})


def events_of(case: Case) -> list[ClockEvent]:
    """Everything that happened to the clocks of a case that the caller was allowed to read, oldest first."""
    return list(ClockEvent.objects.filter(case=case).order_by("pk"))


_MANY = 100


def provisional_count() -> int:
    """Open cases with a provisional deadline, counted up to 100: how far the computing by a new calendar has come."""
    found = Case.objects.unscoped("a number without any case").still_open().filter(due_provisional=True)
    return len(found.order_by().values_list("pk")[:_MANY])


# -- why


@dataclasses.dataclass(frozen=True, slots=True)
class Days:
    """Days in a row that were not what their weekday says, with the same reason."""

    first: dt.date
    last: dt.date
    kind: str  # off, work, morning, afternoon
    name: str
    source: str  # notice, local, statutory


@dataclasses.dataclass(frozen=True, slots=True)
class Reading:
    """A clock and everything that made its deadline."""

    clock: str
    assignment: int | None
    due: Due
    days: tuple[Days, ...]
    seasons: tuple[str, ...]  # names of the plans under which it ran, where there was more than one


def readings(case: Case, events: Sequence[ClockEvent] | None = None) -> list[Reading]:
    """What each clock of a case says and why, in the order of their beginning."""
    said = clocks.run_all(events_of(case) if events is None else events, calendar)
    found = [_reading(name, part, due) for (name, part), due in said.items()]
    return sorted(found, key=lambda reading: (reading.due.begun, reading.assignment or 0))


def reading_now(case: Case, events: Sequence[ClockEvent] | None = None) -> Reading | None:
    """The clock of the present state; None where none runs."""
    stage = STAGE_OF.get(S(case.state))
    if stage is None:
        return None
    own = [e for e in (events_of(case) if events is None else events) if e.clock == stage and e.assignment_id is None]
    due = clocks.run(own, calendar)
    return None if due is None else _reading(stage.value, None, due)


def _reading(name: str, part: int | None, due: Due) -> Reading:
    ours = calendar(due.version, due.unit)
    first, last = clock.day_of(due.begun), clock.day_of(due.at)
    if due.kind == "urgent_hours":
        return Reading(name, part, due, (), ())
    return Reading(name, part, due, tuple(_special_days(ours, first, last)), _seasons(ours, first, last))


def _special_days(ours: Calendar, first: dt.date, last: dt.date) -> Iterable[Days]:
    run: Days | None = None
    for n in range((last - first).days + 1):
        day = first + dt.timedelta(days=n)
        special = ours.special(day)
        same = special is not None and run is not None and (run.kind, run.name) == (special.kind.value, special.name)
        if run is not None and same:
            run = dataclasses.replace(run, last=day)
            continue
        if run is not None:
            yield run
        run = None if special is None else Days(day, day, special.kind.value, special.name, special.source)
    if run is not None:
        yield run


def _seasons(ours: Calendar, first: dt.date, last: dt.date) -> tuple[str, ...]:
    if len(ours.plans) < 2:
        return ()
    days = (first + dt.timedelta(days=n) for n in range((last - first).days + 1))
    used = (next((plan for plan in ours.plans if plan.covers(day)), None) for day in days)
    return tuple(dict.fromkeys(plan.name for plan in used if plan is not None))


# -- who had it when


@dataclasses.dataclass(frozen=True, slots=True)
class Span:
    """A stretch of time in one pair of hands. Whole minutes: every minute belongs to exactly one span.

    `holder` is "unit" (then `unit` says which), "reporter", "nobody" (the case had ended), or the state of a desk.
    `counted` and `paused` together are the length; `office` is how much of the counted time was working time.
    """

    begun: dt.datetime
    ended: dt.datetime
    state: S
    holder: str
    unit: Organisation | None
    counted: int
    paused: int
    office: int


@dataclasses.dataclass(frozen=True, slots=True)
class Account:
    """The minutes of a case from its first report until it ended (or now), each in somebody's hands or paused."""

    spans: tuple[Span, ...]
    wall: int
    counted: int
    paused: int
    office: int


def account(
    case: Case,
    *,
    now: dt.datetime | None = None,
    events: Sequence[ClockEvent] | None = None,
    timeline: Sequence[TimelineEntry] | None = None,
    assignments: Sequence[Assignment] | None = None,
) -> Account:
    """Who had the case when, of a case that the caller was allowed to read; what he holds already may be handed in."""
    now = now or clock.now()
    events = events_of(case) if events is None else events
    rows = list(case.timeline.order_by("id")) if timeline is None else timeline
    sent = list(case.assignments.select_related("unit").order_by("id")) if assignments is None else assignments
    pauses = pauses_of(events, now)
    moves = _moves(case, rows, sent)
    end = moves[-1][0] if moves and S(case.state) not in OPEN else now
    start = moves[0][0] if moves else case.reported_at
    ours = calendar()
    spans = []
    for (begun, state, unit), following in zip(moves, [*moves[1:], None], strict=True):
        ended = following[0] if following is not None else max(end, begun)
        if ended > begun:
            spans.append(_span(begun, ended, state, unit, pauses, start, ours))
    return Account(
        spans=tuple(spans),
        wall=sum(span.counted + span.paused for span in spans),
        counted=sum(span.counted for span in spans),
        paused=sum(span.paused for span in spans),
        office=sum(span.office for span in spans),
    )


def _moves(
    case: Case, rows: Iterable[TimelineEntry], sent: Sequence[Assignment]
) -> list[tuple[dt.datetime, S, Organisation | None]]:
    """When the case came into which state and unit. Time never runs backwards in it."""
    found: list[tuple[dt.datetime, S, Organisation | None]] = []
    for row in rows:
        state = S(row.state)
        at = max(row.at, found[-1][0]) if found else min(row.at, case.reported_at)
        unit = _main_unit(sent, row) if state in _WITH_UNIT else None
        if not found or (found[-1][1], found[-1][2]) != (state, unit):
            found.append((at, state, unit))
    return found


def _main_unit(sent: Iterable[Assignment], row: TimelineEntry) -> Organisation | None:
    """The main unit that had the case when the row was written: the last one sent by then."""
    mains = [a for a in sent if a.duty == Assignment.Duty.MAIN and a.dispatched_at <= row.at]
    return mains[-1].unit if mains else None


def pauses_of(events: Iterable[ClockEvent], now: dt.datetime) -> list[tuple[dt.datetime, dt.datetime]]:
    """When a clock of the case itself stood still, in order; one that still does, until now."""
    found: list[tuple[dt.datetime, dt.datetime]] = []
    since: dt.datetime | None = None
    for event in events:
        if event.assignment_id is not None or event.clock not in {Stage.ACCEPT, Stage.HANDLE}:
            continue
        if event.kind == ClockEvent.Kind.PAUSE and since is None:
            since = event.at
        elif since is not None and event.kind in {
            ClockEvent.Kind.RESUME,
            ClockEvent.Kind.STOP,
            ClockEvent.Kind.START,
            ClockEvent.Kind.MEET,
        }:
            found.append((since, event.at))
            since = None
    if since is not None and since < now:
        found.append((since, now))
    return found


def _span(
    begun: dt.datetime,
    ended: dt.datetime,
    state: S,
    unit: Organisation | None,
    pauses: Iterable[tuple[dt.datetime, dt.datetime]],
    start: dt.datetime,
    ours: Calendar,
) -> Span:
    still = [(max(a, begun), min(b, ended)) for a, b in pauses if a < ended and b > begun]
    if state not in OPEN:
        still = [(begun, ended)]
    paused = sum(_minutes(a, b, start) for a, b in still)
    worked = spent(begun, ended, "working_hours", ours)
    worked -= sum((spent(a, b, "working_hours", ours) for a, b in still), _NOTHING)
    counted = _minutes(begun, ended, start) - paused
    return Span(begun, ended, state, _holder(state), unit, counted, paused, min(counted, round(worked / _MINUTE)))


def _minutes(begun: dt.datetime, ended: dt.datetime, start: dt.datetime) -> int:
    """Whole minutes between two instants, as ticked off from the very beginning: parts add up to the whole."""
    return (ended - start) // _MINUTE - (begun - start) // _MINUTE


def _holder(state: S) -> str:
    if state in _WITH_UNIT:
        return "unit"
    if state in _WITH_REPORTER:
        return "reporter"
    return state.value if state in OPEN else "nobody"

"""The clocks of a case as pure functions of what happened to them: plain Python, no database.

A clock is a list of events, only ever added to; its deadline follows from them and from the calendars they name. The
columns `due_at`, `handle_due_at` and `Assignment.due_at` are cached answers of `run`.

What an event does:

* *start* sets the limit (kind and amount of working time) and the version of the calendar. A clock that is started
  again, in a new round or for another unit, forgets what was before.
* *pause* and *resume*: the time in between does not count. At the resumption the deadline moves on by exactly the time
  that the clock would have counted (plain time for urgent hours, else working time), so that as much of it is left as
  at the pause. That holds for limits in working days too: half an hour paused is half an hour later, not a day. A pause
  that begins after the deadline moves nothing: what is overdue stays overdue.
* *extend* adds working days: the deadline is the close of the Nth working day after the day on which the limit would
  have ended without pauses; the pauses are then added again. So an extension gives whole days, and no paused minute is
  lost in it or turned into a day.
* *calendar*: everything before is computed anew by another version. The pauses themselves stay what they were, from
  when to when; what they are worth is counted by the new version, as everything else is.
* *meet* and *stop* end a clock. A *resume* after them lets it go on with the deadline it had: a rework does not move
  the promise to the reporter, nor does an un-merging.
* *breach* notes that the deadline passed; it changes nothing.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from typing import TYPE_CHECKING, Protocol

from wangge.domains.cases.workflow import STAGE_OF, S, Stage
from wangge.foundation.core.worktime import deadline, later, shifted, spent

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from wangge.foundation.core.worktime import Calendar

    Calendars = Callable[[int, "int | None"], Calendar]

_NOTHING = dt.timedelta(0)


class Happening(Protocol):
    """What `models.ClockEvent` is to these functions."""

    @property
    def clock(self) -> str: ...
    @property
    def assignment_id(self) -> int | None: ...
    @property
    def kind(self) -> str: ...
    @property
    def at(self) -> dt.datetime: ...
    @property
    def kind_of_time(self) -> str: ...
    @property
    def amount(self) -> float | None: ...
    @property
    def calendar_id(self) -> int | None: ...
    @property
    def unit_id(self) -> int | None: ...
    @property
    def until(self) -> dt.datetime | None: ...
    @property
    def reason(self) -> str: ...


@dataclasses.dataclass(frozen=True, slots=True)
class Moved:
    """One thing that moved a deadline, and from where to where: a pause, an extension, another calendar."""

    kind: str
    at: dt.datetime
    before: dt.datetime
    after: dt.datetime
    begun: dt.datetime | None = None  # of a pause
    counted: dt.timedelta = _NOTHING  # what a pause was worth
    days: int = 0  # of an extension
    version: int = 0
    reason: str = ""


@dataclasses.dataclass(frozen=True, slots=True)
class Due:
    """What a clock says. `at` is the deadline as it stands; while it is paused it will still move."""

    at: dt.datetime
    provisional: bool
    begun: dt.datetime
    kind: str
    amount: float
    version: int
    unit: int | None = None
    paused_since: dt.datetime | None = None
    paused_until: dt.datetime | None = None
    met_at: dt.datetime | None = None
    stopped_at: dt.datetime | None = None
    pauses: tuple[tuple[dt.datetime, dt.datetime], ...] = ()
    moves: tuple[Moved, ...] = ()

    @property
    def runs(self) -> bool:
        """Whether time is being counted."""
        return self.paused_since is None and self.met_at is None and self.stopped_at is None


@dataclasses.dataclass(slots=True)
class _Running:
    """A clock while its events are read."""

    start: Happening
    version: int
    extensions: list[tuple[int, int]] = dataclasses.field(default_factory=list)  # days, version
    pauses: list[tuple[dt.datetime, dt.datetime]] = dataclasses.field(default_factory=list)
    paused_since: dt.datetime | None = None
    paused_until: dt.datetime | None = None
    met_at: dt.datetime | None = None
    stopped_at: dt.datetime | None = None
    moves: list[Moved] = dataclasses.field(default_factory=list)

    def answer(self, calendars: Calendars) -> tuple[dt.datetime, bool]:
        """The deadline as of what has been read."""
        start = self.start
        calendar = calendars(self.version, start.unit_id)
        due, provisional = deadline(start.at, start.kind_of_time, start.amount or 0, calendar)
        for days, version in self.extensions:
            due, provisional = later(due, days, calendars(max(version, self.version), start.unit_id))
        passed = sum((self._worth(pause, calendar) for pause in self.pauses), _NOTHING)
        if passed:
            due, moved = shifted(due, passed, start.kind_of_time, calendar)
            provisional = provisional or moved
        return due, provisional

    def worth(self, pause: tuple[dt.datetime, dt.datetime], calendars: Calendars) -> dt.timedelta:
        return self._worth(pause, calendars(self.version, self.start.unit_id))

    def _worth(self, pause: tuple[dt.datetime, dt.datetime], calendar: Calendar) -> dt.timedelta:
        return spent(*pause, self.start.kind_of_time, calendar)


def run(events: Iterable[Happening], calendars: Calendars) -> Due | None:
    """What one clock says after these events, oldest first; None while it has not been started.

    `calendars` gives the calendar of a version, for a unit that works by its own or for everybody.
    """
    state: _Running | None = None
    for event in events:
        if event.kind == "start":
            state = _Running(event, event.calendar_id or 0)
        elif state is not None:
            _take(state, event, calendars)
    if state is None:
        return None
    due, provisional = state.answer(calendars)
    return Due(
        at=due,
        provisional=provisional,
        begun=state.start.at,
        kind=state.start.kind_of_time,
        amount=state.start.amount or 0,
        version=state.version,
        unit=state.start.unit_id,
        paused_since=state.paused_since,
        paused_until=state.paused_until,
        met_at=state.met_at,
        stopped_at=state.stopped_at,
        pauses=tuple(state.pauses),
        moves=tuple(state.moves),
    )


def _take(state: _Running, event: Happening, calendars: Calendars) -> None:
    if event.kind == "pause":
        if state.paused_since is None:
            state.paused_since, state.paused_until = event.at, event.until
    elif event.kind == "resume":
        if state.paused_since is not None:
            _resume(state, event, calendars)
        state.met_at = state.stopped_at = None
    elif event.kind == "extend":
        before, _provisional = state.answer(calendars)
        state.extensions.append((round(event.amount or 0), event.calendar_id or 0))
        after, _provisional = state.answer(calendars)
        days = round(event.amount or 0)
        state.moves.append(Moved("extend", event.at, before, after, days=days, reason=event.reason))
    elif event.kind == "calendar":
        before, _provisional = state.answer(calendars)
        state.version = event.calendar_id or state.version
        after, _provisional = state.answer(calendars)
        state.moves.append(Moved("calendar", event.at, before, after, version=state.version, reason=event.reason))
    elif event.kind == "meet":
        state.met_at = event.at
    elif event.kind == "stop":
        state.stopped_at = event.at


def _resume(state: _Running, event: Happening, calendars: Calendars) -> None:
    begun = state.paused_since
    state.paused_since = state.paused_until = None
    if begun is None:
        return
    before, _provisional = state.answer(calendars)
    if begun >= before or event.at <= begun:
        return
    pause = (begun, event.at)
    state.pauses.append(pause)
    after, _provisional = state.answer(calendars)
    counted = state.worth(pause, calendars)
    state.moves.append(Moved("pause", event.at, before, after, begun=begun, counted=counted, reason=event.reason))


@dataclasses.dataclass(frozen=True, slots=True)
class _Recount:
    """The event of computing a clock by another version, before it is written."""

    clock: str
    assignment_id: int | None
    at: dt.datetime
    calendar_id: int
    unit_id: int | None = None
    kind: str = "calendar"
    kind_of_time: str = ""
    amount: float | None = None
    until: dt.datetime | None = None
    reason: str = ""


def by_calendar(first: Happening, version: int) -> Happening:
    """The event that would compute the clock of `first` by another version of the calendar."""
    return _Recount(first.clock, first.assignment_id, first.at, version)


def by_clock(events: Iterable[Happening]) -> dict[tuple[str, int | None], list[Happening]]:
    """The events of a case apart by clock: (stage, assignment), in their order."""
    apart: dict[tuple[str, int | None], list[Happening]] = {}
    for event in events:
        apart.setdefault((event.clock, event.assignment_id), []).append(event)
    return apart


def run_all(events: Iterable[Happening], calendars: Calendars) -> dict[tuple[str, int | None], Due]:
    """What every clock of a case says, by (stage, assignment)."""
    said = {key: run(own, calendars) for key, own in by_clock(events).items()}
    return {key: due for key, due in said.items() if due is not None}


@dataclasses.dataclass(frozen=True, slots=True)
class Cached:
    """The columns of a case that its clocks answer for."""

    due_at: dt.datetime | None
    handle_due_at: dt.datetime | None
    due_provisional: bool


def cached(state: str, said: Mapping[tuple[str, int | None], Due], stage: Stage | None) -> Cached:
    """What the columns must say in a state whose clock is `stage`.

    While a case is hung nothing is due but the date on which it is looked at again.
    """
    handle = said.get((Stage.HANDLE.value, None))
    now = said.get((stage.value, None)) if stage is not None else None
    due_at = now.at if now is not None and now.met_at is None and now.stopped_at is None else None
    if state == S.HUNG:
        due_at = handle.paused_until if handle is not None else None
    provisional = stage is not None and (
        (now is not None and now.provisional) or (handle is not None and handle.provisional)
    )
    return Cached(due_at, handle.at if handle is not None else None, provisional)


# Clocks whose end is nobody's failure: the reporter's time for details and for his judgement.
NOBODYS = frozenset({Stage.SUPPLEMENT, Stage.EVALUATE})

# Steps that leave a stage without doing what it waits for.
_CUT_SHORT = frozenset({"void", "merge", "send_back", "escalate", "rule", "lapse", "close", "fail_second_check"})


def ticks(before: S | None, after: S, verb: str, *, promised: bool, begins: bool) -> tuple[tuple[str, Stage], ...]:
    """What a step does to the clocks of a case: (kind of event, clock), in order.

    `before` is None when a case is made; `promised` says that the promise to the reporter was given before, `begins`
    that it is to be given now. Stages that have no limit in the catalogue still appear; nobody starts their clock.
    """
    done: list[tuple[str, Stage]] = []
    if before is not None:
        done += _leaving(before, after, verb)
        done += _promise(before, after, verb, promised=promised)
    stage = STAGE_OF.get(after)
    if after is S.REPORTED and before is S.NEEDS_INFO:
        done.append(("resume", Stage.ACCEPT))
    elif stage is Stage.HANDLE:
        if begins:
            done.append(("start", Stage.HANDLE))
    elif stage is not None:
        done.append(("start", stage))
    return tuple(done)


def _leaving(before: S, after: S, verb: str) -> list[tuple[str, Stage]]:
    """The clock of the stage that is left; the promise apart."""
    stage = STAGE_OF.get(before)
    if stage is None or stage is Stage.HANDLE or verb == "close_unsampled":
        return []
    if after is S.NEEDS_INFO:
        return [("pause", Stage.ACCEPT)]
    if before is S.NEEDS_INFO:
        if after is S.REPORTED:
            return [("meet", Stage.SUPPLEMENT)]
        return [("stop", Stage.SUPPLEMENT), ("stop", Stage.ACCEPT)]
    cut = (verb in _CUT_SHORT and (verb, before) != ("rule", S.FILED)) or (
        verb == "close_by_rule" and before is S.EVALUATING
    )
    return [("stop" if cut else "meet", stage)]


def _promise(before: S, after: S, verb: str, *, promised: bool) -> list[tuple[str, Stage]]:
    """The promise to the reporter: it runs from the filing to the result, also while a unit is looked for."""
    if not promised:
        return []
    if after is S.HANDLED:
        return [("meet", Stage.HANDLE)]
    if after is S.HUNG:
        return [("pause", Stage.HANDLE)]
    if after in {S.VOID, S.MERGED}:
        return [("stop", Stage.HANDLE)]
    if verb == "unmerge" and after in {S.FILED, S.DISPATCHED}:
        return [("resume", Stage.HANDLE)]
    if after is S.HANDLING and before is not S.DISPATCHED:
        return [("resume", Stage.HANDLE)]
    return []

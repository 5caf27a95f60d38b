"""预警与督办: who hears of a deadline, and when. Plain Python: the rule in one place, no database.

Source: the hotline's rules (黄牌 one working day before, 红牌 on the first overdue day) and the field's ladder
承办负责人 → 分管领导 → 书记.
"""

from __future__ import annotations

import dataclasses
import datetime as dt

from wangge.domains.cases.workflow import S, Stage
from wangge.foundation.core.clock import OFFICE, day_of
from wangge.foundation.core.worktime import deadline, ends_a_day, next_working_day, spent

AMBER, HEAD, LEADER, SECRETARY = 0, 1, 2, 3
RUNGS = (AMBER, HEAD, LEADER, SECRETARY)

# How many working days after the deadline a rung is reached: each may be changed here and nowhere else.
OVERDUE_DAYS: dict[int, int] = {HEAD: 0, LEADER: 1, SECRETARY: 3}
WARN_DAYS = 1  # of a day clock: amber when one working day is left
WARN_SHARE = 0.8  # of an hour clock: amber when so much of it is used
REPLY_DAYS = 1  # working days that a unit has to answer a slip

# A deadline by a calendar that was not announced yet may still move: it is told to those who do the work and to their
# head, and nobody is called to account by it.
HIGHEST_WHILE_PROVISIONAL = HEAD


@dataclasses.dataclass(frozen=True, slots=True)
class Watched:
    """A stage whose lateness is somebody's: its state, its clock, and the permission of who has it in hand."""

    state: S
    clock: Stage
    permission: str
    by_unit: bool = False


# Not watched: a clock that stands still (hung), and those at whose end a rule acts (the reporter's answer, the judgement).
WATCHED: tuple[Watched, ...] = (
    Watched(S.REPORTED, Stage.ACCEPT, "case:file"),
    Watched(S.SETTLED, Stage.SPOT_CHECK, "case:check_spot"),
    Watched(S.FILED, Stage.DISPATCH, "case:dispatch"),
    Watched(S.DISPATCHED, Stage.SIGN, "case:handle", by_unit=True),
    Watched(S.HANDLING, Stage.HANDLE, "case:handle", by_unit=True),
    Watched(S.HANDLED, Stage.VERIFY, "case:verify"),
    Watched(S.OBJECTED, Stage.DECIDE, "case:judge"),
)
BY_STATE: dict[str, Watched] = {watched.state.value: watched for watched in WATCHED}
STATES: tuple[str, ...] = tuple(sorted(BY_STATE))
# A co-handler's clock runs while the case is in the hands of its units.
CO_STATES: tuple[str, ...] = tuple(sorted((S.DISPATCHED.value, S.HANDLING.value, S.HANDLED.value)))


def reached(rung: int, at: dt.datetime) -> dt.datetime:
    """The latest deadline that has reached a red rung at `at`: everything due at or before it has."""
    days = OVERDUE_DAYS[rung]
    if not days:
        return at
    day = day_of(at)
    while deadline(_noon(day), "working_days", days).at > at:
        day -= dt.timedelta(days=1)
    return _midnight(day + dt.timedelta(days=1)) - dt.timedelta(microseconds=1)


def horizon(at: dt.datetime) -> dt.datetime:
    """The end of the next working day: no deadline after it is warned about at `at`."""
    day = day_of(at)
    for _n in range(WARN_DAYS):
        day = next_working_day(day)
    return _midnight(day + dt.timedelta(days=1))


def warns(kind: str, begun: dt.datetime, due: dt.datetime, at: dt.datetime) -> bool:
    """Whether a running clock of a kind is amber: the one rule of every chip and of every warning.

    A day clock: one working day is left. An hour clock: 80 % of it are used, counted as the clock counts, so that
    neither a night nor a week-end makes it amber; never before the last working day. Without a kind (""), that of the
    deadline itself: one at the close of a later day is a day clock's, any other runs round the clock.
    """
    if not at < due < horizon(at):
        return False
    kind = kind or ("working_days" if day_of(begun) != day_of(due) and ends_a_day(due) else "urgent_hours")
    if kind == "working_days":
        return True
    if kind == "working_hours":
        return office_minutes(begun, at) >= WARN_SHARE * office_minutes(begun, due)
    return (at - begun).total_seconds() >= WARN_SHARE * (due - begun).total_seconds()


def office_minutes(start: dt.datetime, end: dt.datetime) -> float:
    """Minutes of office time between two instants; 0 when the second is not after the first."""
    return spent(start, end, "working_hours").total_seconds() / 60


def _midnight(day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(0), tzinfo=OFFICE)


def _noon(day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(12), tzinfo=OFFICE)

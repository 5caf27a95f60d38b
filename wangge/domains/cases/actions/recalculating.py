"""What a new calendar and the passing of time do to the clocks: provisional deadlines anew, breaches noted.

A running case is never shifted silently: only deadlines that were shown as provisional are computed by the new
calendar, both answers are kept (a clock event and a row of the timeline), and the to-do lists follow.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from wangge.domains.cases import clocks
from wangge.domains.cases.actions import steps, timekeeping
from wangge.domains.cases.models import Assignment, Case, ClockEvent
from wangge.domains.cases.workflow import IN_HAND, OPEN, STAGE_OF, S, Stage
from wangge.foundation.catalogue.calendars import calendar, version_in_force
from wangge.foundation.core import clock

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Iterator

    from wangge.domains.cases.clocks import Due

_BATCH = 200
_OPEN = sorted(OPEN)
_WATCHED = sorted(
    state for state in OPEN - {S.HUNG} if STAGE_OF[state] not in clocks.NOBODYS and STAGE_OF[state] is not Stage.HANDLE
)
_PROMISED = (S.FILED.value, S.DISPATCHED.value, S.HANDLING.value)


def recalculate(*, version_id: int | None = None, at: dt.datetime | None = None) -> int:
    """Compute every provisional deadline by the newest calendar; how many cases it touched.

    In small transactions, one case each: it may be interrupted and run again at any time, and finds nothing to do for
    what is done. Cases whose year the calendar still does not know stay as they are.
    """
    version = max(version_id or 0, version_in_force())
    return sum(_recalculate(pk, version, at or clock.now()) for pk in _provisional())


def _provisional() -> Iterator[int]:
    """Open cases with a provisional deadline, read in batches by key."""
    last = 0
    while True:
        found = Case.objects.unscoped("a calendar is everybody's").filter(state__in=_OPEN, due_provisional=True)
        batch = list(found.filter(pk__gt=last).order_by("pk").values_list("pk", flat=True)[:_BATCH])
        if not batch:
            return
        yield from batch
        last = batch[-1]


@transaction.atomic
def _recalculate(pk: int, version: int, at: dt.datetime) -> bool:
    case = steps.lock(pk)
    events = timekeeping.events_of(case)
    moved = list(_moved(clocks.run_all(events, calendar), events, version))
    if not moved or not case.is_open:
        return False
    before = (case.due_at, case.handle_due_at)
    timekeeping.change_calendar(case, [key for key, _due in moved], version, at=at)
    case.save(update_fields=["due_at", "handle_due_at", "due_provisional"])
    after = (case.due_at, case.handle_due_at)
    old, new = next(((a, b) for a, b in zip(before, after, strict=True) if a != b), (before[0], after[0]))
    steps.tell(
        case,
        "recalculate",
        by=None,
        at=at,
        public=before[1] != after[1],
        before=old.isoformat() if old else "",
        after=new.isoformat() if new else "",
        version=version,
        provisional=case.due_provisional,
    )
    if before != after:
        steps.renew_case_duties(case, at=at)
    return True


def _moved(
    said: dict[tuple[str, int | None], Due], events: Iterable[ClockEvent], version: int
) -> Iterator[tuple[tuple[str, int | None], Due]]:
    """The clocks still wanted that were provisional and would answer otherwise by a newer version."""
    own = clocks.by_clock(events)
    for key, due in said.items():
        if not due.provisional or due.version >= version or due.met_at is not None or due.stopped_at is not None:
            continue
        newer = clocks.run([*own[key], clocks.by_calendar(own[key][0], version)], calendar)
        if newer is not None and (newer.at, newer.provisional) != (due.at, due.provisional):
            yield key, newer


def note_breaches(*, at: dt.datetime | None = None) -> int:
    """Write down every deadline that has passed and is not written down yet; how many. Safe to run twice."""
    at = at or clock.now()
    return sum(_note(pk, at) for pk in dict.fromkeys([*_overdue(at), *_overdue_parts(at)]))


@transaction.atomic
def _note(pk: int, at: dt.datetime) -> int:
    return timekeeping.note_overdue(steps.lock(pk), at=at)


def _unnoted(column: str, case: str) -> Any:
    noted = ClockEvent.objects.filter(
        case=OuterRef(case), kind=ClockEvent.Kind.BREACH, at=OuterRef(column), assignment__isnull=case == "pk"
    )
    return ~Exists(noted)


def _overdue(at: dt.datetime) -> list[int]:
    """Cases whose stage, or whose promise to the reporter, is overdue without a note of it."""
    cases = Case.objects.unscoped("time passes for every case")
    stages = cases.filter(_unnoted("due_at", "pk"), state__in=_WATCHED, due_at__lt=at).order_by("due_at", "pk")
    promises = cases.filter(_unnoted("handle_due_at", "pk"), state__in=_PROMISED, handle_due_at__lt=at)
    found = list(stages.values_list("pk", flat=True)[: _BATCH * 5])
    return found + list(promises.order_by("pk").values_list("pk", flat=True)[: _BATCH * 5])


def _overdue_parts(at: dt.datetime) -> list[int]:
    """Cases in which a unit's own clock is overdue without a note of it."""
    mains = Q(duty=Assignment.Duty.MAIN, case__state__in=[S.DISPATCHED, S.HANDLING])
    cos = Q(duty=Assignment.Duty.CO, case__state__in=sorted(IN_HAND - {S.HUNG}))
    late = Assignment.objects.filter(
        mains | cos,
        _unnoted("due_at", "case_id"),
        due_at__lt=at,
        returned_at__isnull=True,
        done_at__isnull=True,
        waived_at__isnull=True,
    )
    return list(late.order_by("due_at").values_list("case_id", flat=True)[: _BATCH * 5])


def keep_time(*, at: dt.datetime | None = None) -> int:
    """What the clocks need every few minutes: breaches noted, and provisional deadlines that a new calendar knows."""
    return note_breaches(at=at) + recalculate(at=at)

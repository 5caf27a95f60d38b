"""What is late, who holds it, since when, by how much, and what was done about it; and the slips of supervision."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Any

from wangge.domains.cases import ladder
from wangge.domains.cases.models import (
    Alert,
    Assignment,
    Case,
    Extension,
    Hang,
    Supervision,
    TimelineEntry,
    Whistle,
)
from wangge.domains.cases.surroundings import surround
from wangge.domains.cases.workflow import Stage
from wangge.foundation.accounts.authority import authority_of
from wangge.foundation.accounts.models import Organisation
from wangge.foundation.accounts.permissions import P
from wangge.foundation.catalogue.queries import stage_clock
from wangge.foundation.core import clock
from wangge.foundation.core.problems import NotFoundError
from wangge.foundation.core.scoping import under
from wangge.foundation.core.worktime import working_days_between

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.db.models import QuerySet

    from wangge.domains.cases.models import CaseQuerySet

LATE, TODAY, CO = "late", "today", "co"
# Beyond so many late deadlines their totals are shown as "at least": counting is bounded however large the table grows.
COUNTED = 5000


@dataclasses.dataclass(frozen=True, slots=True)
class LateFilter:
    """What the list is narrowed to. `stage` is a state of the desk ("filed"), for what waits at no unit."""

    which: str = LATE
    unit_id: int | None = None
    stage: str = ""
    module: str = ""
    area_path: str = ""


@dataclasses.dataclass(frozen=True, slots=True)
class Done:
    """What was done about one late case."""

    alerts: list[Alert]
    slips: list[Supervision]
    extensions: list[Extension]
    hangs: list[Hang]
    whistles: list[Whistle]
    last: TimelineEntry | None


@dataclasses.dataclass(frozen=True, slots=True)
class LateRow:
    """One deadline that passed, or passes today."""

    case: Case
    assignment: Assignment | None  # a co-handler's own deadline; None: of the present stage
    unit: Organisation | None  # None: the desk
    since: dt.datetime
    due_at: dt.datetime
    round_the_clock: bool
    minutes: int  # over, of office time (or round the clock); 0 while it is not yet late
    working_days: int  # whole working days over
    done: Done


@dataclasses.dataclass(frozen=True, slots=True)
class Total:
    """How many deadlines of one unit, or of one stage of the desk."""

    unit: Organisation | None
    stage: str
    count: int


def late(
    user: Any,
    narrowed: LateFilter,
    *,
    after: tuple[dt.datetime, int] | None = None,
    limit: int = 50,
    at: dt.datetime | None = None,
) -> list[LateRow]:
    """One page of what is late (or becomes late today), the oldest deadline first, at the places whose figures one sees:
    the rows behind what is said there of timeliness.
    """
    at = at or clock.now()
    if narrowed.which == CO:
        rows = list(_following(_co(user, narrowed, at), after).select_related("unit", "case", "signed_by")[:limit])
        surround([row.case for row in rows])
        done = done_about([row.case for row in rows])
        return [_row(row.case, row, done[row.case_id], at) for row in rows]
    cases = list(_following(_stages(user, narrowed, at), after)[:limit])
    surround(cases)
    done = done_about(cases)
    return [_row(case, None, done[case.pk], at) for case in cases]


def totals(user: Any, narrowed: LateFilter, *, at: dt.datetime | None = None) -> tuple[list[Total], bool]:
    """How many by unit and by stage of the desk, units in the order of their tree; and whether there are more than
    were counted.
    """
    at = at or clock.now()
    if narrowed.which == CO:
        held: list[int | None] = list(
            _co(user, narrowed, at).order_by().values_list("unit_id", flat=True)[: COUNTED + 1]
        )
        counted: Counter[tuple[int | None, str]] = Counter((unit, "") for unit in held)
    else:
        rows = list(_stages(user, narrowed, at).order_by().values_list("unit_id", "state")[: COUNTED + 1])
        held = [unit for unit, _state in rows]
        counted = Counter((unit, "") if ladder.BY_STATE[state].by_unit else (None, state) for unit, state in rows)
    units = Organisation.objects.in_bulk([unit for unit, _state in counted if unit is not None])
    found = [Total(units[u] if u is not None else None, state, n) for (u, state), n in counted.items()]
    order = {state: place for place, state in enumerate(ladder.BY_STATE)}
    found.sort(key=lambda t: (t.unit is not None, order.get(t.stage, 0), t.unit.path if t.unit is not None else ""))
    return found, len(held) > COUNTED


def done_about(cases: Iterable[Case]) -> dict[int, Done]:
    """What was done about each of some cases that the caller was allowed to read: a fixed number of queries."""
    ids = [case.pk for case in cases]
    slips = Supervision.objects.unscoped("slips of cases that were read").filter(case__in=ids)
    whistles = Whistle.objects.unscoped("whistles of cases that were read").filter(case__in=ids)
    alerts = _by_case(Alert.objects.filter(case__in=ids).order_by("pk"))
    papers = _by_case(slips.select_related("unit", "issued_by", "replied_by").order_by("pk"))
    asked = ("asked_by", "decided_by")
    extensions = _by_case(Extension.objects.filter(case__in=ids).select_related(*asked).order_by("pk"))
    hangs = _by_case(Hang.objects.filter(case__in=ids).select_related(*asked).order_by("pk"))
    blown = _by_case(whistles.select_related("kind").order_by("pk"))
    newest = TimelineEntry.objects.filter(case__in=ids).order_by("case_id", "-pk").distinct("case_id")
    last = {entry.case_id: entry for entry in newest.select_related("by", "unit")}
    return {pk: Done(alerts[pk], papers[pk], extensions[pk], hangs[pk], blown[pk], last.get(pk)) for pk in ids}


def _by_case(rows: QuerySet[Any]) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = defaultdict(list)
    for row in rows:
        found[row.case_id].append(row)
    return found


def _bounds(narrowed: LateFilter, at: dt.datetime) -> dict[str, dt.datetime]:
    if narrowed.which == TODAY:
        tomorrow = clock.day_of(at) + dt.timedelta(days=1)
        return {"due_at__gt": at, "due_at__lt": dt.datetime.combine(tomorrow, dt.time(0), tzinfo=clock.OFFICE)}
    return {"due_at__lte": at}


def _stages(user: Any, narrowed: LateFilter, at: dt.datetime) -> CaseQuerySet:
    found = Case.objects.at_places_of(user, P.STATS_VIEW).still_open().filter(**_bounds(narrowed, at))
    found = found.filter(state__in=[narrowed.stage] if narrowed.stage in ladder.BY_STATE else ladder.STATES)
    if narrowed.unit_id is not None:
        by_unit = [watched.state.value for watched in ladder.WATCHED if watched.by_unit]
        found = found.filter(unit_id=narrowed.unit_id, state__in=by_unit)
    if narrowed.module:
        found = found.filter(matter__module=narrowed.module)
    if narrowed.area_path:
        found = found.filter(under("area_path", [narrowed.area_path]))
    return found


def _co(user: Any, narrowed: LateFilter, at: dt.datetime) -> QuerySet[Assignment]:
    cases = Case.objects.at_places_of(user, P.STATS_VIEW).filter(state__in=ladder.CO_STATES)
    if narrowed.module:
        cases = cases.filter(matter__module=narrowed.module)
    if narrowed.area_path:
        cases = cases.filter(under("area_path", [narrowed.area_path]))
    found = Assignment.objects.filter(
        due_at__lte=at,
        duty=Assignment.Duty.CO,
        returned_at=None,
        done_at=None,
        waived_at=None,
        case__in=cases.order_by().values("pk"),
    )
    return found.filter(unit_id=narrowed.unit_id) if narrowed.unit_id is not None else found


def _following(found: Any, after: tuple[dt.datetime, int] | None) -> Any:
    if after is not None:
        due, pk = after
        found = found.filter(due_at__gte=due).exclude(due_at=due, pk__lte=pk)
    return found.order_by("due_at", "pk")


def _row(case: Case, assignment: Assignment | None, done: Done, at: dt.datetime) -> LateRow:
    watched = ladder.BY_STATE.get(case.state)
    stage = watched.clock if watched is not None and assignment is None else Stage.HANDLE
    limit = stage_clock(case.matter, stage, urgent=case.urgent)
    round_the_clock = limit is not None and limit.kind == "urgent_hours"
    due = (assignment.due_at if assignment is not None else case.due_at) or at
    over = (at - due).total_seconds() / 60 if round_the_clock else ladder.office_minutes(due, at)
    unit = case.unit if watched is not None and watched.by_unit else None
    return LateRow(
        case=case,
        assignment=assignment,
        unit=assignment.unit if assignment is not None else unit,
        since=assignment.dispatched_at if assignment is not None else case.since,
        due_at=due,
        round_the_clock=round_the_clock,
        minutes=max(0, int(over)),
        working_days=0 if round_the_clock else working_days_between(clock.day_of(due), clock.day_of(at)),
        done=done,
    )


# -- slips


def slips(
    user: Any, *, open_only: bool = False, unit_id: int | None = None, before: int | None = None, limit: int = 50
) -> list[Supervision]:
    """One page of the slips that a person may see, newest first."""
    found = Supervision.objects.visible_to(user)
    if open_only:
        found = found.unanswered()
    if unit_id is not None:
        found = found.filter(unit_id=unit_id)
    if before is not None:
        found = found.filter(pk__lt=before)
    return list(found.select_related("unit", "case", "issued_by", "replied_by").order_by("-pk")[:limit])


def get_slip(user: Any, number: str) -> Supervision:
    """A slip that the person may see; `NotFoundError` alike for what is not his and what is not there."""
    found = Supervision.objects.visible_to(user).filter(number=number)
    slip = found.select_related("unit", "case__matter", "case__area__parent", "issued_by", "replied_by").first()
    if slip is None:
        raise NotFoundError
    return slip


def slips_of(case: Case, user: Any) -> list[Supervision]:
    """The slips about a case that the person may see, oldest first."""
    found = Supervision.objects.visible_to(user).filter(case=case)
    return list(found.select_related("unit", "issued_by", "replied_by").order_by("pk"))


def slips_to_answer(case: Case, user: Any) -> list[Supervision]:
    """The slips about a case that wait for an answer of the person's units, oldest first."""
    authority = authority_of(user)
    if not authority.holds(P.CASE_HANDLE):
        return []
    open_ = Supervision.objects.visible_to(user).unanswered().filter(case=case).select_related("unit").order_by("pk")
    return [slip for slip in open_ if authority.may(P.CASE_HANDLE, unit_path=slip.unit.path)]

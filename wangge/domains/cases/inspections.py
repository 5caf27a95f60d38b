"""纪检监督: out of which cases a sample is drawn, the inspections, and what process data say about one case.

Process data only: steps, clocks, alerts, slips. Who stands behind a report, and what reporters wrote, is not read here.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from typing import TYPE_CHECKING, Any

from django.db.models import Q
from django.db.models.functions import Coalesce

from wangge.domains.cases.lateness import Done, done_about
from wangge.domains.cases.models import (
    Alert,
    Case,
    ClockEvent,
    Evaluation,
    Hang,
    InspectedCase,
    Inspection,
    Objection,
    TimelineEntry,
)
from wangge.domains.cases.surroundings import surround
from wangge.foundation.accounts.permissions import P
from wangge.foundation.core import clock
from wangge.foundation.core.problems import NotFoundError
from wangge.foundation.core.scoping import under

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.db.models import QuerySet

LARGEST_POPULATION = 200_000

# What reporters said or judged: their words are no process data.
OF_REPORTERS = frozenset({"report", "settle", "join", "supplement", "evaluate", "object"})


def population(user: Any, area_path: str, method: str, first_day: dt.date, last_day: dt.date) -> list[int]:
    """Ids of the cases out of which a sample is drawn, among those that the person may inspect."""
    start = dt.datetime.combine(first_day, dt.time(0), tzinfo=clock.OFFICE)
    end = dt.datetime.combine(last_day + dt.timedelta(days=1), dt.time(0), tzinfo=clock.OFFICE)
    cases = Case.objects.at_places_of(user, P.CASE_INSPECT).filter(under("area_path", [area_path]))
    found = cases.filter(_METHODS[method](start, end))
    return list(found.order_by().values_list("pk", flat=True)[:LARGEST_POPULATION])


def _reported(start: dt.datetime, end: dt.datetime) -> Q:
    return Q(reported_at__gte=start, reported_at__lt=end)


def _late(start: dt.datetime, end: dt.datetime) -> Q:
    breached = ClockEvent.objects.filter(kind=ClockEvent.Kind.BREACH, at__gte=start, at__lt=end).order_by()
    alarmed = Alert.objects.filter(rung__gte=1, at__gte=start, at__lt=end).order_by()
    return Q(pk__in=breached.values("case")) | Q(pk__in=alarmed.values("case"))


def _reopened(start: dt.datetime, end: dt.datetime) -> Q:
    upheld = Objection.objects.filter(upheld=True, decided_at__gte=start, decided_at__lt=end).order_by()
    return Q(pk__in=upheld.values("case"))


def _unsatisfied(start: dt.datetime, end: dt.datetime) -> Q:
    judged = Evaluation.objects.filter(at__gte=start, at__lt=end).order_by()
    bad = judged.filter(Q(solved=Evaluation.Solved.NO) | Q(satisfied=Evaluation.Satisfied.NO))
    return Q(pk__in=bad.values_list(Coalesce("report__case__merged_into", "report__case")))


def _hung(start: dt.datetime, end: dt.datetime) -> Q:
    granted = Hang.objects.filter(granted=True, decided_at__gte=start, decided_at__lt=end).order_by()
    return Q(pk__in=granted.values("case"))


def _quick(start: dt.datetime, end: dt.datetime) -> Q:
    return Q(filed_at=None, handled_at__gte=start, handled_at__lt=end)


_METHODS: dict[str, Callable[[dt.datetime, dt.datetime], Q]] = {
    Inspection.Method.RANDOM.value: _reported,
    Inspection.Method.LATE.value: _late,
    Inspection.Method.REOPENED.value: _reopened,
    Inspection.Method.UNSATISFIED.value: _unsatisfied,
    Inspection.Method.HUNG.value: _hung,
    Inspection.Method.QUICK.value: _quick,
}


def inspections(user: Any, *, before: int | None = None, limit: int = 30) -> list[Inspection]:
    """One page of the inspections at the places where the person inspects, newest first."""
    found = Inspection.objects.visible_to(user)
    if before is not None:
        found = found.filter(pk__lt=before)
    return list(found.select_related("area", "by").order_by("-pk")[:limit])


def get_inspection(user: Any, pk: int) -> Inspection:
    """One of them; `NotFoundError` alike for what is not his and what is not there."""
    return _one(Inspection.objects.visible_to(user).filter(pk=pk))


def get_inspection_by_number(user: Any, number: str) -> Inspection:
    """As `get_inspection`, by the number on its paper."""
    return _one(Inspection.objects.visible_to(user).filter(number=number))


def _one(found: QuerySet[Inspection]) -> Inspection:
    inspection = found.select_related("area", "by").first()
    if inspection is None:
        raise NotFoundError
    return inspection


def sampled(inspection: Inspection) -> list[InspectedCase]:
    """The cases of an inspection that was read, in the order in which they were drawn."""
    rows = list(_rows(inspection))
    surround([row.case for row in rows])
    return rows


def get_sampled(inspection: Inspection, number: str) -> InspectedCase:
    """One case of an inspection that was read."""
    row = _rows(inspection).filter(case__number=number).first()
    if row is None:
        raise NotFoundError
    surround([row.case], whole=True)
    return row


def _rows(inspection: Inspection) -> QuerySet[InspectedCase]:
    return inspection.cases.select_related("case", "inspection").order_by("place")


@dataclasses.dataclass(frozen=True, slots=True)
class Process:
    """What the process data say about one case of a sample."""

    timeline: list[TimelineEntry]
    clocks: list[ClockEvent]
    done: Done


def process_of(row: InspectedCase) -> Process:
    """Steps, clocks, alerts, slips, extensions and hangs of a sampled case."""
    case = row.case
    return Process(
        timeline=list(case.timeline.select_related("by", "unit").order_by("pk")),
        clocks=list(ClockEvent.objects.filter(case=case).select_related("by", "unit").order_by("pk")),
        done=done_about([case])[case.pk],
    )

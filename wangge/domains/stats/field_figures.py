"""Figures of rounds and visits for somebody: all of a place, a year of one, and how places compare."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from django.db.models import Count, Exists, F, OuterRef, Q
from django.db.models.functions import TruncMonth

from wangge.domains.fieldwork import round_queries
from wangge.domains.fieldwork.models import Round, Visit, VisitDue
from wangge.domains.stats.fieldwork import FIELD, POINTS, ROUNDS
from wangge.domains.stats.periods import Period, months_of
from wangge.domains.stats.queries import Asked, Compared, Figure
from wangge.foundation.accounts.authority import authority_of
from wangge.foundation.accounts.permissions import P
from wangge.foundation.core import clock
from wangge.foundation.core.problems import NotFoundError
from wangge.foundation.core.scoping import under
from wangge.foundation.places import queries as places

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable

    from wangge.domains.stats.fieldwork import FieldMeasure
    from wangge.foundation.places.models import Area

_WHY = "a figure of a place that the reader may see figures of"


class Counted(NamedTuple):
    """Rows and hits of one grid in one month."""

    area_path: str
    month: dt.date
    rows: int
    hits: int


def get_measure(key: str) -> FieldMeasure:
    """The definition; `NotFoundError` for a key that is none."""
    if key not in FIELD:
        raise NotFoundError
    return FIELD[key]


def of_place(user: Any, asked: Asked, *, now: dt.datetime | None = None) -> dict[str, Figure]:
    """Every measure of a place and a period, by key; nothing where one unit or some matters are asked for."""
    _check(user, asked)
    if asked.unit is not None or asked.module or asked.matter_class:
        return {}
    return {key: one_of_place(user, asked, one, now=now) for key, one in FIELD.items()}


def one_of_place(user: Any, asked: Asked, measure: FieldMeasure, *, now: dt.datetime | None = None) -> Figure:
    """One measure of a place, whatever else was asked: units and matters have no rounds."""
    _check(user, asked)
    return _figure(measure, _counted(measure, asked.area.path, asked.period, now or clock.now()))


def trend(
    user: Any, asked: Asked, measure: FieldMeasure, *, months: int = 12, now: dt.datetime | None = None
) -> list[tuple[dt.date, Figure]]:
    """A measure month by month, oldest first; of one that is known of today only, nothing but the present month."""
    _check(user, asked)
    now = now or clock.now()
    days = months_of(min(asked.period.last, clock.day_of(now)), months)
    period = Period("custom", days[0], Period.of_key(f"{days[-1]:%Y-%m}").last)
    found = _counted(measure, asked.area.path, period, now)
    return [(day, _figure(measure, [one for one in found if one.month == day])) for day in days]


def compare_places(user: Any, asked: Asked, measure: FieldMeasure, *, now: dt.datetime | None = None) -> list[Compared]:
    """The areas one rung below the chosen one, in the order of their codes."""
    _check(user, asked)
    children = [area for area in places.areas(under_paths=[asked.area.path]) if area.parent_id == asked.area.pk]
    found = _counted(measure, asked.area.path, asked.period, now or clock.now())
    return [Compared(area.name, area.pk, _figure(measure, _of(area, found))) for area in children]


def _of(area: Area, found: Iterable[Counted]) -> list[Counted]:
    return [one for one in found if one.area_path.startswith(area.path)]


def _check(user: Any, asked: Asked) -> None:
    if not authority_of(user).may(P.STATS_VIEW, area_path=asked.area.path):
        raise NotFoundError


def _figure(measure: FieldMeasure, counted: Iterable[Counted]) -> Figure:
    several = list(counted)
    hits = sum(one.hits for one in several)
    return Figure(measure, sum(one.rows for one in several), hits, float(hits))


def _counted(measure: FieldMeasure, path: str, period: Period, now: dt.datetime) -> list[Counted]:
    if measure.key == ROUNDS:
        return _rounds(path, period, now)
    return _points(path, period, now) if measure.key == POINTS else _visits(path, period, now)


def _rounds(path: str, period: Period, now: dt.datetime) -> list[Counted]:
    """Due are the rounds whose window is over and that were not let off."""
    found = Round.objects.unscoped(_WHY).filter(
        under("area_path", [path]), day__gte=period.first, day__lte=period.last, closes_at__lte=now
    )
    done = Q(state=Round.State.DONE)
    rows = found.exclude(state=Round.State.EXEMPT).order_by().values("area_path", month=TruncMonth("day"))
    return [Counted(**row) for row in rows.annotate(rows=Count("pk"), hits=Count("pk", filter=done))]


def _points(path: str, period: Period, now: dt.datetime) -> list[Counted]:
    """The checkpoints of today, in a period that holds today."""
    today = clock.day_of(now)
    if not period.first <= today <= period.last:
        return []
    month = today.replace(day=1)
    found = round_queries.standings(path, on=today)
    return [Counted(area_path, month, rows, late) for area_path, (rows, late) in sorted(found.items())]


def _visits(path: str, period: Period, now: dt.datetime) -> list[Counted]:
    """Due are the visits whose day is over: those that still wait, and those that were made."""
    made = Visit.objects.unscoped(_WHY).filter(due=OuterRef("pk"), occurred_at__date__lte=OuterRef("due_on"))
    made = made.exclude(result=Visit.Result.NOBODY)
    due = VisitDue.objects.unscoped(_WHY).filter(
        under("area_path", [path]),
        state__in=[VisitDue.State.OPEN, VisitDue.State.MADE],
        due_on__gte=period.first,
        due_on__lte=period.last,
        due_on__lt=clock.day_of(now),
    )
    rows = due.annotate(in_time=Exists(made)).order_by().values("area_path", month=TruncMonth(F("due_on")))
    hit = Q(state=VisitDue.State.MADE, in_time=True)
    return [Counted(**row) for row in rows.annotate(rows=Count("pk"), hits=Count("pk", filter=hit))]

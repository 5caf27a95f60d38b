"""The working calendar as a value: any version of it, as everybody works or as one unit does.

A version never changes, so its value is made once per process; which version is in force is asked again after seconds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from django.db.models import Q

from wangge.foundation.catalogue.models import CalendarDay, CalendarVersion, TimePlan
from wangge.foundation.core import clock
from wangge.foundation.core.memo import for_seconds
from wangge.foundation.core.problems import NotFoundError
from wangge.foundation.core.worktime import Calendar, Day, DayKind, Plan, Slot

if TYPE_CHECKING:
    import datetime as dt

    from django.db.models import QuerySet

_Row = TypeVar("_Row", CalendarDay, TimePlan)

_NOTICE_EXPECTED_FROM = 11  # November: the notice about the next year is usually out by then


def calendar(version: int | None = None, unit: int | None = None) -> Calendar:
    """The calendar of a version (the one in force), as a unit works that has days or hours of its own.

    A unit's own day or plan overrules the general one; a unit without any works like everybody. `NotFoundError` for a
    version that never was.
    """
    wanted = version_in_force() if version is None else version
    return _made(wanted, unit if unit is not None and unit in _units(wanted) else None)


@for_seconds(5)
def version_in_force() -> int:
    """The id of the newest version."""
    newest = CalendarVersion.objects.order_by("-pk").values_list("pk", flat=True).first()
    if newest is None:
        raise NotFoundError
    return newest


@for_seconds(3600)
def _units(version: int) -> frozenset[int | None]:
    """Units that have days or hours of their own in a version."""
    days = _of(version, CalendarDay.objects.filter(unit__isnull=False)).order_by().values_list("unit_id", flat=True)
    plans = _of(version, TimePlan.objects.filter(unit__isnull=False)).order_by().values_list("unit_id", flat=True)
    return frozenset(days.union(plans))


@for_seconds(3600)
def _made(version: int, unit: int | None) -> Calendar:
    row = CalendarVersion.objects.filter(pk=version).first()
    if row is None:
        raise NotFoundError
    whose = Q(unit__isnull=True) | Q(unit_id=unit) if unit is not None else Q(unit__isnull=True)
    days = sorted(_of(version, CalendarDay.objects.filter(whose)), key=_weight)
    plans = sorted(
        _of(version, TimePlan.objects.filter(whose)), key=lambda plan: (plan.unit_id is not None, plan.pk), reverse=True
    )
    return Calendar(
        version=version,
        announced_through=row.announced_through,
        days={day.day: Day(DayKind(day.kind), day.name, day.source) for day in days},
        plans=tuple(as_value(plan) for plan in plans),
    )


def _weight(day: CalendarDay) -> tuple[bool, bool]:
    """The later in this order, the more it counts."""
    return day.unit_id is not None, day.source == CalendarDay.Source.LOCAL


def as_value(plan: TimePlan) -> Plan:
    """A row of `TimePlan` as the clocks read it."""
    return Plan(
        slots=tuple(_slot(opens, closes) for opens, closes in plan.slots),
        weekdays=frozenset(plan.weekdays),
        first=_month_day(plan.first),
        last=_month_day(plan.last),
        name=plan.name,
    )


def _slot(opens: str, closes: str) -> Slot:
    begin, end = minutes(opens), minutes(closes)
    return Slot(begin, end if end > begin else end + 24 * 60)


def minutes(text: str) -> int:
    """Minutes after midnight of "HH:MM"; "24:00" is the end of the day."""
    hours, _, rest = text.partition(":")
    return int(hours) * 60 + int(rest)


def _month_day(text: str) -> tuple[int, int]:
    month, _, day = text.partition("-")
    return int(month), int(day)


def _of(version: int, rows: QuerySet[_Row]) -> QuerySet[_Row]:
    """Rows that belong to a version."""
    return rows.filter(since_id__lte=version).exclude(until_id__lte=version)


# -- for the page of the calendar


def versions(limit: int = 20) -> list[CalendarVersion]:
    """The newest versions, newest first."""
    return list(CalendarVersion.objects.select_related("by").order_by("-pk")[:limit])


def days_of_year(year: int) -> list[CalendarDay]:
    """The days of a year that are not what their weekday says, in the version in force, units' own included."""
    rows = _of(version_in_force(), CalendarDay.objects.filter(day__year=year))
    return list(rows.select_related("unit").order_by("day", "unit_id"))


def plans() -> list[TimePlan]:
    """The plans of the version in force: the general ones, then those of units."""
    rows = _of(version_in_force(), TimePlan.objects.select_related("unit"))
    return sorted(rows, key=lambda plan: (plan.unit_id is not None, plan.unit_id or 0, plan.pk))


def get_day(pk: int) -> CalendarDay:
    """A day of any version; `NotFoundError` when there is none."""
    day = CalendarDay.objects.filter(pk=pk).first()
    if day is None:
        raise NotFoundError
    return day


def get_plan(pk: int) -> TimePlan:
    """A plan of any version; `NotFoundError` when there is none."""
    plan = TimePlan.objects.filter(pk=pk).first()
    if plan is None:
        raise NotFoundError
    return plan


def missing_notice(*, on: dt.date | None = None) -> int | None:
    """The year whose holiday notice should be in by now and is not: from the first of November the next one."""
    day = on or clock.today()
    wanted = day.year + (day.month >= _NOTICE_EXPECTED_FROM)
    return wanted if calendar().announced_through < wanted else None

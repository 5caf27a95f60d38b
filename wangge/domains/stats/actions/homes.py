"""Counting what is registered, by grid, once a night: the state of a month as it ended."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Min

from wangge.domains.cases.models import Case
from wangge.domains.people import headcount
from wangge.domains.stats.actions.tallying import MONTHS
from wangge.domains.stats.models import HomesMonth
from wangge.domains.stats.periods import Period, months_of
from wangge.foundation.core import clock
from wangge.foundation.places.models import Area

if TYPE_CHECKING:
    import datetime as dt

_BATCH = 2_000


def count_homes(*, at: dt.datetime | None = None) -> int:
    """Count the present month anew, and the residents of earlier months that were never counted; rows written.

    A month that is over keeps what its last night said. Safe to repeat.
    """
    now = at or clock.now()
    today = clock.day_of(now)
    past = months_of(today, MONTHS + 1)
    counted = set(HomesMonth.objects.filter(month__in=past).order_by().values_list("month", flat=True).distinct())
    first = _first_month(now)
    written = 0
    for month in past[:-1]:
        if month >= first and month not in counted:
            written += _write(month, Period.of_key(f"{month:%Y-%m}").last, present=False)
    return written + _write(past[-1], today, present=True)


def _first_month(now: dt.datetime) -> dt.date:
    cases = Case.objects.unscoped("from when on there are voices to be compared with residents")
    return clock.day_of(cases.aggregate(first=Min("reported_at"))["first"] or now).replace(day=1)


@transaction.atomic
def _write(month: dt.date, on: dt.date, *, present: bool) -> int:
    residents = headcount.residents_by_grid(on)
    registered = headcount.registered_by_grid(on) if present else {}
    grids = Area.objects.filter(pk__in=residents) | Area.objects.filter(path__in=registered)
    made = []
    for area in grids.order_by("path"):
        row = HomesMonth(
            area=area, area_path=area.path, month=month, counted_on=on, residents=residents.get(area.pk, 0)
        )
        if present:
            state = registered.get(area.path, headcount.Registered())
            row.households, row.verified = state.households, state.verified
            row.rooms, row.empty = state.rooms, state.empty
            row.merged, row.entries = state.merged, row.residents + state.merged
        made.append(row)
    HomesMonth.objects.filter(month=month).delete()
    return len(HomesMonth.objects.bulk_create(made, batch_size=_BATCH))

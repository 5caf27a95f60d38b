"""Counting past months into the roll-up, again whenever a case that lies in them has moved."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Max, Min

from wangge.domains.cases.models import Case, TimelineEntry
from wangge.domains.stats.bases import EVERYWHERE, Window
from wangge.domains.stats.counting import count
from wangge.domains.stats.indicators import AGAIN_WITHIN, INDICATORS
from wangge.domains.stats.models import TalliedMonth, Tally
from wangge.domains.stats.periods import Period, months_of
from wangge.foundation.core import clock
from wangge.foundation.places.models import Area

if TYPE_CHECKING:
    import datetime as dt

MONTHS = 24  # how far back the roll-up reaches
_MANY = 20_000  # touched cases; beyond them all months are counted again
_OVERLAP = 2_000  # timeline rows that are looked at twice: a number is given before its row can be seen
_CHANGE_NO_FIGURE = ("archive", "flag")
_BATCH = 2_000


def recount(*, everything: bool = False, at: dt.datetime | None = None) -> int:
    """Count every past month that is not counted yet or in which something has changed; how many were counted.

    Safe to run at any time and twice: a month is replaced as a whole.
    """
    at = at or clock.now()
    today = clock.day_of(at)
    past = months_of(today, MONTHS + 1)[:-1]
    newest = TimelineEntry.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    known = {row.month: row for row in TalliedMonth.objects.filter(month__in=past)}
    if len(known) < len(past):
        first = _first_month(at)
        past = [month for month in past if month in known or month >= first]
    seen = max((row.seen for row in known.values()), default=0)
    wanted = set(past) if everything else {month for month in past if not _is_over(known.get(month))}
    if known and len(wanted) < len(past) and newest > seen:
        wanted |= {month for month in past if month >= _first_month_touched(seen - _OVERLAP, at)}
    for month in sorted(wanted):
        tally_month(month=month, at=at, seen=newest)
    TalliedMonth.objects.filter(month__in=past).update(seen=newest)
    return len(wanted)


def _first_month(at: dt.datetime) -> dt.date:
    """The month of the first report there is; the present one where there is none."""
    cases = Case.objects.unscoped("when it all began")
    return clock.day_of(cases.aggregate(first=Min("reported_at"))["first"] or at).replace(day=1)


def _is_over(row: TalliedMonth | None) -> bool:
    """Whether a month was counted after its end."""
    return row is not None and clock.day_of(row.at).replace(day=1) > row.month


def _first_month_touched(seen: int, at: dt.datetime) -> dt.date:
    """The first month in which one of the cases that moved since may have had a row.

    A new report may make a closing of the last thirty days one that was reported again.
    """
    recent = clock.day_of(at - AGAIN_WITHIN).replace(day=1)
    moved = TimelineEntry.objects.filter(pk__gt=seen).exclude(verb__in=_CHANGE_NO_FIGURE).order_by()
    ids = set(moved.values_list("case_id", flat=True).distinct()[: _MANY + 1])
    if len(ids) > _MANY:
        return recent.replace(year=recent.year - MONTHS // 12 - 1)
    cases = Case.objects.unscoped("when the cases that moved were reported").filter(pk__in=ids)
    first = cases.aggregate(first=Min("reported_at"))["first"]
    return recent if first is None else min(recent, clock.day_of(first).replace(day=1))


@transaction.atomic
def tally_month(*, month: dt.date, at: dt.datetime, seen: int | None = None) -> int:
    """Count one month anew, everywhere; how many rows it came to."""
    period = Period.of_key(f"{month:%Y-%m}")
    if seen is None:
        seen = TimelineEntry.objects.aggregate(last=Max("pk"))["last"] or 0
    TalliedMonth.objects.update_or_create(month=month, defaults={"at": at, "seen": seen})  # its lock comes first
    window = Window(period.since, period.until, at)
    Tally.objects.filter(month=month).delete()
    made = [*_cut(window, Tally.Cut.UNIT, "unit"), *_cut(window, Tally.Cut.MATTER, "matter_class")]
    paths = dict(Area.objects.filter(pk__in={row.area_id for row in made}).values_list("pk", "path"))
    for row in made:
        row.month, row.area_path = month, paths[row.area_id]
    return len(Tally.objects.bulk_create(made, batch_size=_BATCH))


def _cut(window: Window, cut: Tally.Cut, by: str) -> list[Tally]:
    groups = count(INDICATORS.values(), EVERYWHERE, window, by=("area", by, "confidential"))
    return [
        Tally(
            cut=cut,
            indicator=key,
            area_id=area,
            confidential=hidden,
            rows=one.rows,
            hits=one.hits,
            score=one.score,
            **{f"{by}_id": group},
        )
        for (area, group, hidden), counted in groups.items()
        for key, one in counted.items()
    ]

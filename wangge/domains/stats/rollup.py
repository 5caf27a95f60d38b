"""Adding up: past months from the roll-up, whatever is not in it from the rows themselves.

Counts of disjoint stretches of time add up, so a period of any length costs its past months (a few rows each) and at
most two broken months and the present one. A month answers only when it was counted after its end.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from django.db.models import Q, Sum

from wangge.domains.stats.bases import Window
from wangge.domains.stats.counting import Groups, Tallied, count
from wangge.domains.stats.models import TalliedMonth, Tally
from wangge.domains.stats.periods import Period, months_of
from wangge.foundation.core import clock
from wangge.foundation.core.scoping import under

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Sequence

    from wangge.domains.stats.bases import Scope
    from wangge.domains.stats.indicators import Indicator

_COLUMN = {"month": "month", "area": "area_id", "unit": "unit_id"}


def summed(
    wanted: Sequence[Indicator], scope: Scope, period: Period, now: dt.datetime, by: Sequence[str] = ()
) -> Groups:
    """All indicators over a period, in groups by some of "month", "area", "unit" (ids); without groups under ()."""
    cut = _cut(scope, by)
    months = _counted(_whole_months(period), now) if cut else []
    found: Groups = defaultdict(dict)
    if months:
        _add(found, _from_rollup(wanted, scope, months, by, str(cut)))
    for since, until in _gaps(period, months):
        _add(found, count(wanted, scope, Window(since, until, now), by=by))
    return dict(found)


def _add(found: Groups, more: Groups) -> None:
    for group, counted in more.items():
        for key, one in counted.items():
            found[group][key] = found[group].get(key, Tallied()).plus(one)


def _cut(scope: Scope, by: Sequence[str]) -> Tally.Cut | None:
    """Which cut of the roll-up can answer; None: neither tells units and matters apart at once."""
    by_matter = bool(scope.module or scope.matter_class)
    by_unit = scope.unit_ids is not None or "unit" in by
    if by_matter and by_unit:
        return None
    return Tally.Cut.MATTER if by_matter else Tally.Cut.UNIT


def _whole_months(period: Period) -> list[dt.date]:
    count_ = (period.last.year - period.first.year) * 12 + period.last.month - period.first.month + 1
    months = months_of(period.last, count_)
    return [month for month in months if period.first <= month and Period.of_key(f"{month:%Y-%m}").last <= period.last]


def _counted(months: Iterable[dt.date], now: dt.datetime) -> list[dt.date]:
    """Those of the months that are over and were counted after their end, in order."""
    present = clock.day_of(now).replace(day=1)
    rows = TalliedMonth.objects.filter(month__in=[month for month in months if month < present], at__lte=now)
    return sorted(row.month for row in rows if clock.day_of(row.at).replace(day=1) > row.month)


def _gaps(period: Period, months: Iterable[dt.date]) -> list[tuple[dt.datetime, dt.datetime]]:
    """The stretches of a period outside some of its months, in order."""
    gaps, since = [], period.since
    for month in months:
        whole = Period.of_key(f"{month:%Y-%m}")
        if since < whole.since:
            gaps.append((since, whole.since))
        since = whole.until
    if since < period.until:
        gaps.append((since, period.until))
    return gaps


def _from_rollup(
    wanted: Iterable[Indicator], scope: Scope, months: list[dt.date], by: Sequence[str], cut: str
) -> Groups:
    rows = Tally.objects.filter(indicator__in=[one.key for one in wanted], month__in=months, cut=cut)
    if scope.paths is not None:
        rows = rows.filter(under("area_path", scope.paths))
    if scope.secret is not None:
        rows = rows.filter(Q(confidential=False) | under("area_path", scope.secret))
    if scope.unit_ids is not None:
        rows = rows.filter(unit_id__in=scope.unit_ids)
    if scope.module:
        rows = rows.filter(matter_class__module=scope.module)
    if scope.matter_class:
        rows = rows.filter(matter_class__code=scope.matter_class)
    columns = [_COLUMN[name] for name in by]
    sums = rows.order_by().values(*columns, "indicator").annotate(n=Sum("rows"), h=Sum("hits"), s=Sum("score"))
    found: Groups = defaultdict(dict)
    for row in sums:
        found[tuple(row[column] for column in columns)][row["indicator"]] = Tallied(row["n"], row["h"], row["s"])
    return found

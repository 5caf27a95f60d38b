"""The rounds of today and tomorrow: made ahead, planned anew until they begin, and closed when their window is over."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from typing import TYPE_CHECKING, Any

from django.db import transaction

from wangge.domains.fieldwork import rounds
from wangge.domains.fieldwork.actions.steps import take_all
from wangge.domains.fieldwork.models import Checkpoint, Round, RoundPoint
from wangge.domains.fieldwork.round_queries import as_spot, planned_windows
from wangge.foundation.audit import kinds
from wangge.foundation.audit.actions import record
from wangge.foundation.core import clock, worktime
from wangge.foundation.core.dated import in_force
from wangge.foundation.core.scoping import under
from wangge.foundation.places.models import Area

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from wangge.domains.fieldwork.rounds import Course, Spot, Window

kinds.declare("round.missed")

HORIZON = 2
"""Days for which rounds stand ready: today and tomorrow, so that a phone has them before it loses its signal."""
_GRIDS_AT_ONCE = 200
_CLOSED_AT_ONCE = 1000
_WHY = "the rounds of all grids are planned by a job"
_Planned = dict[dt.date, list[tuple[str, "Window"]]]


def make_rounds(*, at: dt.datetime | None = None) -> int:
    """Make and plan the rounds of every grid for today and tomorrow; how many are new. Safe to repeat."""
    at = at or clock.now()
    made, last = 0, 0
    while True:
        grids = list(_grids(at).filter(pk__gt=last).order_by("pk")[:_GRIDS_AT_ONCE])
        if not grids:
            return made
        made += renew(grids, at=at)
        last = grids[-1].pk


def renew_below(area: Area, *, at: dt.datetime) -> int:
    """As `make_rounds`, for the grids at and under a place: its windows changed."""
    return renew(_grids(at).filter(under("path", [area.path])), at=at)


def _grids(at: dt.datetime) -> Any:
    return Area.objects.as_of(clock.day_of(at)).filter(kind=Area.Kind.GRID)


@transaction.atomic
def renew(grids: Iterable[Area], *, at: dt.datetime) -> int:
    """Make what is missing of some grids' rounds, and plan those anew that have not begun; how many are new.

    What has begun, or was walked ahead, stays as it is; a round that no window asks for any more goes, if nothing
    happened in it.
    """
    grids = list(grids)
    today = clock.day_of(at)
    days = [today + dt.timedelta(days=n) for n in range(HORIZON)]
    planned: _Planned = {day: planned_windows(on=day) for day in days}
    wanted = {(row.grid_id, row.day, row.kind): row for row in _wanted(grids, planned, at)}
    known = Round.objects.unscoped(_WHY).filter(grid__in=grids, day__in=days)
    for row in known.select_for_update().order_by("pk"):
        fits = wanted.pop((row.grid_id, row.day, row.kind), None)
        if row.opens_at > at and row.state == Round.State.DUE:
            _adjust(row, fits)
    before = known.count()
    Round.objects.bulk_create(wanted.values(), ignore_conflicts=True)
    made = known.count() - before
    _plan(grids, planned, at=at)
    return made


def _wanted(grids: Sequence[Area], planned: _Planned, at: dt.datetime) -> Iterable[Round]:
    calendar = worktime.in_force()
    for grid in grids:
        for day, windows in planned.items():
            for window in rounds.nearest(windows, grid.path):
                opens_at, closes_at = rounds.span(window, day)
                if rounds.holds(window, day, calendar) and closes_at > at:
                    yield Round(
                        grid=grid,
                        area_path=grid.path,
                        day=day,
                        kind=window.kind,
                        opens_at=opens_at,
                        closes_at=closes_at,
                    )


def _adjust(row: Round, fits: Round | None) -> None:
    """A round that has not begun follows its window."""
    if RoundPoint.objects.filter(round=row).exclude(state=RoundPoint.State.DUE, case_number="").exists():
        return
    if fits is None:
        RoundPoint.objects.filter(round=row).delete()
        row.delete()
    elif (row.opens_at, row.closes_at) != (fits.opens_at, fits.closes_at):
        row.opens_at, row.closes_at = fits.opens_at, fits.closes_at
        row.save(update_fields=["opens_at", "closes_at"])


def _plan(grids: Sequence[Area], planned: _Planned, *, at: dt.datetime) -> None:
    """Choose the points of the rounds that have not begun, one round after the other, as if each were walked."""
    days = sorted(planned)
    spots: dict[int, dict[int, Spot]] = defaultdict(dict)
    ends: dict[int, dt.date] = {}
    for row in Checkpoint.objects.unscoped(_WHY).filter(in_force(days[0]), grid__in=grids).order_by("pk"):
        spots[row.grid_id][row.pk] = as_spot(row)
        ends[row.pk] = row.valid_to or dt.date.max
    walks: dict[int, list[Round]] = defaultdict(list)
    for walk in Round.objects.unscoped(_WHY).filter(grid__in=grids, day__in=days).order_by("opens_at", "pk"):
        walks[walk.grid_id].append(walk)
    points: dict[int, list[RoundPoint]] = defaultdict(list)
    keys = [walk.pk for held in walks.values() for walk in held]
    for point in RoundPoint.objects.filter(round__in=keys).order_by("pk"):
        points[point.round_id].append(point)
    new: list[RoundPoint] = []
    gone: list[int] = []
    for grid in grids:
        left = spots[grid.pk]
        courses = _courses(grid, planned)
        for walk in walks[grid.pk]:
            mine = points[walk.pk]
            if walk.opens_at > at and walk.state == Round.State.DUE:
                standing = [spot for spot in left.values() if ends[spot.id] > walk.day]
                taken = _taken(walk, walks[grid.pk], standing, courses)
                kept = {p.checkpoint_id for p in mine if p.state != RoundPoint.State.DUE or p.case_number or p.extra}
                gone += [p.pk for p in mine if p.checkpoint_id not in kept and p.checkpoint_id not in taken]
                have = {p.checkpoint_id for p in mine}
                new += [RoundPoint(round=walk, checkpoint_id=key) for key in taken if key not in have]
            else:
                walked = walk.state in {Round.State.DUE, Round.State.DONE}
                taken = [p.checkpoint_id for p in mine] if walked else []
            for key in taken:
                if key in left:
                    left[key] = left[key].seen(max(left[key].seen_on, walk.day))
    RoundPoint.objects.filter(pk__in=gone).delete()
    RoundPoint.objects.bulk_create(new, ignore_conflicts=True)


def _courses(grid: Area, planned: _Planned) -> dict[tuple[dt.date, bool], Course]:
    calendar = worktime.in_force()
    return {
        (day, night): rounds.course(rounds.nearest(windows, grid.path), calendar, night=night)
        for day, windows in planned.items()
        for night in (False, True)
    }


def _taken(
    walk: Round, others: Sequence[Round], spots: Sequence[Spot], courses: dict[tuple[dt.date, bool], Course]
) -> list[int]:
    night = walk.kind == rounds.NIGHT
    same_day = [one for one in others if one.day == walk.day and (one.kind == rounds.NIGHT) is night]
    nth = sum(one.opens_at < walk.opens_at for one in same_day)
    among = [spot for spot in spots if not night or spot.risk >= rounds.NIGHT_RISK]
    return rounds.chosen(among, courses[walk.day, night], walk.day, nth)


@transaction.atomic
def close_windows(*, at: dt.datetime | None = None) -> int:
    """Note the rounds whose window is over and that were not walked; how many. No name, no message, no mark.

    What a phone still holds may come in later and makes them walked after all.
    """
    at = at or clock.now()
    over = Round.objects.unscoped(_WHY).filter(state=Round.State.DUE, closes_at__lte=at)
    keys = list(over.select_for_update(skip_locked=True).order_by("pk").values_list("pk", flat=True)[:_CLOSED_AT_ONCE])
    if keys:
        take_all(Round.objects.unscoped(_WHY).filter(pk__in=keys), Round.State.MISSED)
        record("round.missed", by=None, subject_type="round", at=at, rounds=keys)
    return len(keys)

"""Reads about rounds: checkpoints, windows, the rounds of a day, and how long ago what was looked at."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Any

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from wangge.domains.fieldwork import rounds
from wangge.domains.fieldwork.models import Checkpoint, Round, RoundPoint, RoundWindow
from wangge.foundation.accounts.authority import authority_of
from wangge.foundation.accounts.permissions import P
from wangge.foundation.core import clock, worktime
from wangge.foundation.core.dated import in_force
from wangge.foundation.core.problems import NotFoundError
from wangge.foundation.core.scoping import under

if TYPE_CHECKING:
    import uuid
    from collections.abc import Iterable

    from wangge.domains.fieldwork.rounds import Course, Window
    from wangge.foundation.places.models import Area

GOOD, SOON, LATE = "good", "soon", "late"
_SOON = 0.8  # of its days are spent


def planned_windows(*, on: dt.date | None = None) -> list[tuple[str, Window]]:
    """Every window somebody planned, with the path of its place."""
    found = RoundWindow.objects.as_of(on or clock.today()).select_related("area")
    return [(row.area.path, as_value(row)) for row in found]


def as_value(row: RoundWindow) -> Window:
    """A row as the rules read it."""
    return rounds.Window(row.kind, row.days, row.opens, row.closes)


@dataclasses.dataclass(frozen=True, slots=True)
class WindowAt:
    """The window of one kind at a place: whose it is, and whether the place itself planned it."""

    kind: str
    window: Window | None
    planned_at: Area | None
    own: RoundWindow | None


def windows_at(area: Area, *, on: dt.date | None = None) -> list[WindowAt]:
    """Per kind what holds at a place and where it was planned; None where it is the default or nothing."""
    found = list(RoundWindow.objects.as_of(on or clock.today()).select_related("area"))
    above = [row for row in found if area.path.startswith(row.area.path)]
    holds = {one.kind: one for one in rounds.nearest([(row.area.path, as_value(row)) for row in above], area.path)}
    lines = []
    for kind in rounds.KINDS:
        rows = sorted((row for row in above if row.kind == kind), key=lambda row: len(row.area.path))
        row = rows[-1] if rows else None
        own = row if row is not None and row.area_id == area.pk else None
        lines.append(WindowAt(kind, holds.get(kind), row.area if row is not None else None, own))
    return lines


def get_window(user: Any, pk: int) -> RoundWindow:
    """A window in force at a place where the reader plans; `NotFoundError` otherwise."""
    found = RoundWindow.objects.filter(under("area__path", authority_of(user).places(P.PATROL_PLAN)), pk=pk)
    row = found.filter(valid_to__isnull=True).select_related("area").first()
    if row is None:
        raise NotFoundError
    return row


def course_of(grid: Area, *, on: dt.date | None = None, night: bool = False) -> Course:
    """The rounds of a grid to come, by the windows planned today."""
    return rounds.course(rounds.nearest(planned_windows(on=on), grid.path), worktime.in_force(), night=night)


# -- checkpoints


def get_checkpoint(user: Any, public_id: uuid.UUID, permission: P = P.PATROL_VIEW) -> Checkpoint:
    """A checkpoint in force at a place of the reader; `NotFoundError` alike for what is elsewhere, ended or not there."""
    found = Checkpoint.objects.visible_to(user, permission).filter(in_force(clock.today()), public_id=public_id)
    row: Checkpoint | None = found.select_related("grid__parent", "compound", "building", "matter").first()
    if row is None:
        raise NotFoundError(_("There is no such checkpoint."))
    return row


def checkpoint_by_number(user: Any, pk: int) -> Checkpoint:
    """As `get_checkpoint`, by the number that a duty names."""
    row: Checkpoint | None = (
        Checkpoint.objects.visible_to(user, P.PATROL_VIEW).filter(in_force(clock.today()), pk=pk).first()
    )
    if row is None:
        raise NotFoundError(_("There is no such checkpoint."))
    return row


def checkpoint_of_round(user: Any, walk: Round, public_id: uuid.UUID) -> Checkpoint:
    """The checkpoint a phone means; one that was ended meanwhile still counts in the round in which it stood."""
    stood = Checkpoint.objects.visible_to(user, P.PATROL_DO).filter(public_id=public_id, seen_in__round=walk)
    return stood.order_by("pk").first() or get_checkpoint(user, public_id, P.PATROL_DO)


def checkpoints(
    user: Any, *, area_path: str = "", permission: P = P.PATROL_VIEW, after: int = 0, limit: int = 2000
) -> list[Checkpoint]:
    """Checkpoints in force at the reader's places, by id after `after`."""
    found = Checkpoint.objects.visible_to(user, permission).filter(in_force(clock.today()), pk__gt=after)
    if area_path:
        found = found.filter(under("area_path", [area_path]))
    rows = found.select_related("grid", "compound", "building", "matter")
    return list(rows.order_by("pk")[:limit])


def as_spot(row: Checkpoint) -> rounds.Spot:
    """A checkpoint as the rotation sees it; one that nobody has seen may be seen on its first day."""
    return rounds.Spot(row.pk, row.every_days, row.risk, row.seen_on or row.valid_from - dt.timedelta(days=1))


def points_a_round(user: Any, grid: Area) -> float:
    """How many points a round of a grid must hold on average."""
    spots = [as_spot(row) for row in checkpoints(user, area_path=grid.path)]
    return rounds.needed(spots, course_of(grid), clock.today())


# -- rounds


def get_round(user: Any, *, grid: int, day: dt.date, kind: str, permission: P = P.PATROL_DO) -> Round:
    """The round of a grid, day and window at a place of the reader; `NotFoundError` otherwise."""
    found = Round.objects.visible_to(user, permission).filter(grid_id=grid, day=day, kind=kind)
    row: Round | None = found.select_related("grid").first()
    if row is None:
        raise NotFoundError(_("There is no such round."))
    return row


def get_round_by_id(user: Any, public_id: uuid.UUID, permission: P = P.PATROL_VIEW) -> Round:
    """As `get_round`, by the id in addresses."""
    row: Round | None = (
        Round.objects.visible_to(user, permission).filter(public_id=public_id).select_related("grid__parent").first()
    )
    if row is None:
        raise NotFoundError(_("There is no such round."))
    return row


def points_of(walk: Round) -> list[RoundPoint]:
    """The points of a round, with their checkpoints."""
    found = RoundPoint.objects.filter(round=walk).select_related("checkpoint__building__compound")
    return list(found.order_by("pk"))


def rounds_to_walk(user: Any, *, at: dt.datetime | None = None) -> list[Round]:
    """Today's rounds of the grids where somebody patrols, and what is still due of the days before."""
    at = at or clock.now()
    today = clock.day_of(at)
    still = Q(day=today) | Q(state=Round.State.DUE, day__lt=today, day__gte=today - rounds.LATE)
    found = Round.objects.visible_to(user, P.PATROL_DO).filter(still).select_related("grid")
    return list(found.prefetch_related("points__checkpoint").order_by("opens_at", "grid__code"))


@dataclasses.dataclass(frozen=True, slots=True)
class GridDay:
    """The rounds of one grid on one day. Of the grid, never of a person."""

    grid: Area
    rounds: dict[str, Round]
    points: dict[str, tuple[int, int]]  # kind → (points seen, points of the round)


def rounds_of_day(user: Any, day: dt.date, *, area_path: str = "", limit: int = 500) -> list[GridDay]:
    """The rounds of a day at the reader's places, by grid."""
    found = Round.objects.visible_to(user, P.PATROL_VIEW).filter(day=day)
    if area_path:
        found = found.filter(under("area_path", [area_path]))
    rows = list(found.select_related("grid__parent").order_by("grid__code", "kind")[: limit * len(rounds.KINDS)])
    states = RoundPoint.objects.filter(round__in=rows).order_by().values_list("round_id", "state")
    counted = Counter(states)
    by_grid: dict[int, GridDay] = {}
    for row in rows:
        line = by_grid.setdefault(row.grid_id, GridDay(row.grid, {}, {}))
        seen = counted[row.pk, RoundPoint.State.SEEN.value]
        whole = sum(counted[row.pk, state.value] for state in RoundPoint.State)
        line.rounds[row.kind] = row
        line.points[row.kind] = (seen, whole)
    return list(by_grid.values())[:limit]


# -- coverage


@dataclasses.dataclass(frozen=True, slots=True)
class Covered:
    """One checkpoint: days that count since it was last seen, and whether its days are spent."""

    checkpoint: Checkpoint
    days: int
    standing: str  # good, soon, late

    @property
    def never(self) -> bool:
        """Whether nobody has looked there yet."""
        return self.checkpoint.seen_on is None


@dataclasses.dataclass(frozen=True, slots=True)
class Ground:
    """A grid or a building with its checkpoints, the one seen longest ago first."""

    name: str
    grid: Area
    points: list[Covered]

    @property
    def late(self) -> int:
        """How many have exceeded their days."""
        return sum(point.standing == LATE for point in self.points)

    @property
    def longest(self) -> int:
        """Days since the one seen longest ago was seen."""
        return max((point.days for point in self.points), default=0)

    @property
    def standing(self) -> str:
        """The worst of its points."""
        held = {point.standing for point in self.points}
        return next((one for one in (LATE, SOON) if one in held), GOOD)


def coverage(rows: Iterable[Checkpoint], *, on: dt.date | None = None) -> list[Covered]:
    """How long ago each checkpoint was seen, in days that count (`rounds`: a holiday without rounds does not)."""
    day = on or clock.today()
    planned, calendar = planned_windows(on=day), worktime.in_force()
    courses: dict[str, Course] = {}
    found = []
    for row in rows:
        path = row.area_path
        if path not in courses:
            courses[path] = rounds.course(rounds.nearest(planned, path), calendar)
        spot = as_spot(row).seen(row.seen_on or row.valid_from)
        days = courses[path].days_since(spot.seen_on, day)
        late = courses[path].end(spot) < day
        standing = LATE if late else SOON if days > row.every_days * _SOON else GOOD
        found.append(Covered(row, days, standing))
    return found


def standings(area_path: str, *, on: dt.date) -> dict[str, tuple[int, int]]:
    """Of each grid at or under a place: (checkpoints in use, those that have exceeded their days). A figure of places."""
    found = Checkpoint.objects.unscoped("counted by grid, for figures of places").filter(in_force(on))
    alike = found.filter(under("area_path", [area_path])).order_by()
    planned, calendar = planned_windows(on=on), worktime.in_force()
    ends: dict[tuple[tuple[Window, ...], int, dt.date], bool] = {}
    sums: dict[str, tuple[int, int]] = {}
    for path, every_days, seen_on, since in alike.values_list("area_path", "every_days", "seen_on", "valid_from"):
        windows = rounds.nearest(planned, path)
        key = windows, every_days, seen_on or since
        if key not in ends:
            spot = rounds.Spot(0, every_days, 0, key[2])
            ends[key] = rounds.course(windows, calendar).end(spot) < on
        whole, late = sums.get(path, (0, 0))
        sums[path] = whole + 1, late + ends[key]
    return sums


def by_grid(covered: Iterable[Covered]) -> list[Ground]:
    """The grids of some checkpoints, in the order of their codes."""
    held: dict[int, list[Covered]] = defaultdict(list)
    for one in covered:
        held[one.checkpoint.grid_id].append(one)
    grids = [(points[0].checkpoint.grid, points) for points in held.values()]
    grounds = [Ground(grid.name, grid, _oldest(points)) for grid, points in grids]
    return sorted(grounds, key=lambda ground: ground.grid.code)


def by_building(covered: Iterable[Covered]) -> list[Ground]:
    """The buildings of some checkpoints, the one with the longest unseen point first."""
    held: dict[int, list[Covered]] = defaultdict(list)
    for one in covered:
        if one.checkpoint.building_id is not None:
            held[one.checkpoint.building_id].append(one)
    grounds = []
    for points in held.values():
        first = points[0].checkpoint
        compound = first.compound.name if first.compound is not None else ""
        name = f"{compound}{first.building.name if first.building is not None else ''}"
        grounds.append(Ground(name, first.grid, _oldest(points)))
    return sorted(grounds, key=lambda ground: (-ground.late, -ground.longest, ground.name))


def _oldest(points: list[Covered]) -> list[Covered]:
    return sorted(points, key=lambda point: (-point.days, point.checkpoint.pk))

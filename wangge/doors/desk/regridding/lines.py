"""What a plan means, in figures: who and what goes where, sizes before and after, who works it, what is not yet right."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import shapely
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from wangge.domains.cases.open_ground import open_in
from wangge.domains.people import headcount
from wangge.foundation.accounts.queries import posted_under
from wangge.foundation.accounts.regridding import WORKS, fates, held_in
from wangge.foundation.core import clock
from wangge.foundation.places import division, grid_plans
from wangge.foundation.places.models import Area, GridPlan

if TYPE_CHECKING:
    from wangge.foundation.accounts.models import User
    from wangge.foundation.places.grid_plans import Preview
    from wangge.foundation.places.models import GridPlanGrid


@dataclasses.dataclass(slots=True)
class Size:
    """How big a grid is."""

    buildings: int = 0
    households: int = 0
    residents: int = 0
    cases: int = 0

    @property
    def fits(self) -> str:
        """Beside the 300–500 households of a basic grid: "few", "many", or "" for right (and for an empty register)."""
        if not self.households:
            return ""
        return "few" if self.households < grid_plans.LEAST else "many" if self.households > grid_plans.MOST else ""


def figures(plan: GridPlan, seen: Preview) -> dict[str, Any]:
    """Everything that the page of a plan shows."""
    every = grid_plans.houses(plan.area)
    people = headcount.by_building(house.pk for house in every)
    now = grid_plans.grid_of_each([house.pk for house in every], on=_last_day(plan))
    old: dict[int, Size] = {grid.pk: Size() for grid in seen.old}
    new: dict[int, Size] = {grid.pk: Size() for grid in seen.new}
    given = {pk: grid for grid in seen.new for pk in grid.buildings}
    for house in every:
        sizes = [old.get(now[house.pk].pk)] if house.pk in now else []
        sizes += [new[given[house.pk].pk]] if house.pk in given else []
        for size in filter(None, sizes):
            households, residents = people.get(house.pk, (0, 0))
            size.buildings += 1
            size.households += households
            size.residents += residents
    _count_cases(plan, seen, old, new)
    posts = _Posts(plan, seen)
    rows = [_row(grid, new[grid.pk], seen, posts) for grid in seen.new]
    kept_old = [(grid, old[grid.pk]) for grid in seen.old]
    moved = [move for move in seen.moves if move.old.code != move.new.code]
    return {
        "rows": rows,
        "before": [{"grid": grid, "size": size, "stays": grid.code in seen.kept} for grid, size in kept_old],
        "moves": [_move(move, people) for move in moved],
        "total": _total(seen, moved, people),
        "posts": posts.rows(),
        "warnings": [*posts.warnings(), *_warnings(seen, rows)],
        "houses": every,
        "people": people,
    }


def _last_day(plan: GridPlan) -> Any:
    if plan.state == GridPlan.State.APPLIED:
        return plan.valid_from.fromordinal(plan.valid_from.toordinal() - 1)
    return min(clock.today(), plan.valid_from)


def _count_cases(plan: GridPlan, seen: Preview, old: dict[int, Size], new: dict[int, Size]) -> None:
    """Open cases by the same rule by which they are handed over: building, position, else with the most."""
    if plan.state == GridPlan.State.APPLIED:
        return
    shapes = {grid.pk: division.read(grid.boundary) for grid in seen.new if grid.boundary}
    holder = {pk: grid.pk for grid in seen.new for pk in grid.buildings}
    heir = {old: grid.pk for old, grid in grid_plans.successors(seen).items()}
    for case in open_in(old):
        old[case.area].cases += 1
        target = holder.get(case.building) if case.building else None
        if target is None and case.lon is not None and case.lat is not None:
            spot = shapely.Point(case.lon, case.lat)
            target = next((pk for pk, shape in shapes.items() if shape.covers(spot)), None)
        target = target or heir.get(case.area)
        if target in new:
            new[target].cases += 1


def workers(plan: GridPlan) -> list[User]:
    """The grid workers of the street of a plan; those who work its own ground come first."""
    posts = [*posted_under(WORKS, plan.area.path), *posted_under(WORKS, street_of(plan.area.path))]
    return list({post.user.pk: post.user for post in posts}.values())


def street_of(path: str) -> str:
    """The street part of a path."""
    return "/".join(path.split("/")[:3]) + "/"


class _Posts:
    """What becomes of whoever holds a post in a grid that ends, by the rule that is followed on the day."""

    def __init__(self, plan: GridPlan, seen: Preview) -> None:
        day = _last_day(plan) if plan.state == GridPlan.State.APPLIED else plan.valid_from
        self.new = {grid.pk: grid for grid in seen.new if grid.code not in seen.kept}
        closing = [old.pk for old in seen.old if old.code not in seen.kept]
        self.successor = grid_plans.successors(seen)
        self.workers = {pk: grid.workers for pk, grid in self.new.items()}
        self.fates = fates(
            [post for post in held_in(closing, on=day) if post.user.is_active],
            source={new: old.pk for new, old in grid_plans.main_source(seen.moves).items() if new in self.new},
            successor={old: grid.pk for old, grid in self.successor.items()},
            workers=self.workers,
        )
        staying = [old.pk for old in seen.old if old.code in seen.kept]
        self._staying = [post for post in held_in(staying, on=day) if post.user.is_active]
        self._names = {user.pk: user.name for user in workers(plan)} if any(self.workers.values()) else {}

    def working(self, grid: GridPlanGrid) -> list[str]:
        """Who would work a planned grid."""
        if grid.pk not in self.new:
            return [
                one.user.name for one in self._staying if one.role == WORKS and one.area and one.area.code == grid.code
            ]
        if grid.workers:
            return [self._names[user] for user in grid.workers if user in self._names]
        found = [fate.post.user.name for fate in self.fates if fate.post.role == WORKS and grid.pk in fate.to]
        return list(dict.fromkeys(found))

    def rows(self) -> list[dict[str, Any]]:
        """The posts that do not simply go on in the grid of the same code: those that end come first."""
        found = []
        for fate in self.fates:
            area = fate.post.area
            to = [self.new[pk] for pk in fate.to]
            if area is not None and (len(to) != 1 or to[0].code != area.code):
                found.append({"post": fate.post, "old": area, "to": to, "heir": self.successor.get(area.pk)})
        return sorted(found, key=lambda row: bool(row["to"]))

    def warnings(self) -> list[str]:
        """Whose posts end with their grid."""
        return [
            _("%(name)s loses %(grid)s: the grid ends, and others are named for where most of it goes.")
            % {"name": fate.post.user.name, "grid": fate.post.area.name if fate.post.area else ""}
            for fate in self.fates
            if not fate.to
        ]


def _row(grid: GridPlanGrid, size: Size, seen: Preview, posts: _Posts) -> dict[str, Any]:
    return {
        "grid": grid,
        "size": size,
        "stays": grid.code in seen.kept,
        "workers": posts.working(grid),
        "named": bool(grid.workers) and grid.code not in seen.kept,
        "is_new": all(grid.code != old.code for old in seen.old),
    }


def _move(move: grid_plans.Move, people: dict[int, tuple[int, int]]) -> dict[str, Any]:
    return {
        "old": move.old,
        "new": move.new,
        "buildings": len(move.buildings),
        "households": sum(people.get(pk, (0, 0))[0] for pk in move.buildings),
        "residents": sum(people.get(pk, (0, 0))[1] for pk in move.buildings),
    }


def _total(seen: Preview, moved: list[grid_plans.Move], people: dict[int, tuple[int, int]]) -> dict[str, int]:
    buildings = {pk for move in moved for pk in move.buildings}
    return {
        "closed": len(seen.old) - len(seen.kept),
        "opened": len(seen.new) - len(seen.kept),
        "buildings": len(buildings),
        "households": sum(people.get(pk, (0, 0))[0] for pk in buildings),
        "residents": sum(people.get(pk, (0, 0))[1] for pk in buildings),
    }


def _warnings(seen: Preview, rows: list[dict[str, Any]]) -> list[str]:
    found = []
    if seen.homeless:
        found.append(
            ngettext(
                "%(n)d building belongs to no grid of the plan.",
                "%(n)d buildings belong to no grid of the plan.",
                len(seen.homeless),
            )
            % {"n": len(seen.homeless)}
        )
    for row in rows:
        name = row["grid"].name
        if row["grid"].boundary is None:
            found.append(_("%(grid)s has no ground yet: give it buildings, or take it out.") % {"grid": name})
        elif not row["stays"] and not row["workers"]:
            found.append(_("Nobody would work %(grid)s.") % {"grid": name})
        if (
            row["stays"] or row["grid"].grid_kind != Area.GridKind.BASIC
        ):  # what the plan does not change is not its doing
            continue
        if row["size"].fits == "few":
            found.append(_("%(grid)s would have fewer than %(n)d households.") % {"grid": name, "n": grid_plans.LEAST})
        if row["size"].fits == "many":
            found.append(_("%(grid)s would have more than %(n)d households.") % {"grid": name, "n": grid_plans.MOST})
    return found

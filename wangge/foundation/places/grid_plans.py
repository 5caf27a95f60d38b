"""Reads about plans of new grids: what a plan would change, and history projected onto a later division."""

from __future__ import annotations

import dataclasses
from collections import Counter
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from wangge.foundation.core import clock
from wangge.foundation.core.problems import NotFoundError
from wangge.foundation.core.scoping import under
from wangge.foundation.places import division
from wangge.foundation.places.models import Area, AreaLineage, Building, BuildingGrid, GridPlan, GridPlanGrid

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Mapping

LEAST, MOST = 300, 500  # households of a basic grid (model.md 3.1)
_TOUCHED = 1e-6  # of a grid's ground: less than that is rounding


def plans(under_paths: Iterable[str], *, limit: int = 100) -> list[GridPlan]:
    """Plans for areas at or under the given paths, the newest first."""
    return list(GridPlan.objects.filter(under("area__path", under_paths)).select_related("area__parent")[:limit])


def get_plan(pk: int, under_paths: Iterable[str]) -> GridPlan:
    """The plan, if its area lies at or under the given paths; else NotFoundError."""
    plan = GridPlan.objects.filter(under("area__path", under_paths), pk=pk).select_related("area__parent").first()
    if plan is None:
        raise NotFoundError(_("There is no such plan."))
    return plan


def grids_of(plan: GridPlan) -> list[GridPlanGrid]:
    """The grids of a plan, in code order."""
    return list(plan.grids.select_related("community__parent", "area").order_by("code"))


def replaced(plan: GridPlan) -> list[Area]:
    """The grids that hold the plan's ground now (or did until it was applied), in code order."""
    day = plan.valid_from if plan.state != GridPlan.State.APPLIED else _day_before(plan.valid_from)
    if plan.state in {GridPlan.State.DRAFT, GridPlan.State.WITHDRAWN}:
        day = min(day, clock.today())
    found = Area.objects.as_of(day).filter(under("path", [plan.area.path]), kind=Area.Kind.GRID)
    return list(found.select_related("parent").order_by("code", "id"))


def _day_before(day: dt.date) -> dt.date:
    return day.fromordinal(day.toordinal() - 1)


def houses(area: Area) -> list[Building]:
    """Every building of the communities at or under an area, in the order of their keys."""
    found = Building.objects.filter(under("community__path", [area.path])).select_related("compound", "community")
    return list(found.defer("footprint", "compound__boundary", "community__boundary").order_by("id"))


def grid_of_each(buildings: Iterable[int], *, on: dt.date) -> dict[int, Area]:
    """Building → its grid on a day."""
    links = list(
        BuildingGrid.objects.as_of(on).filter(building__in=list(buildings)).values_list("building_id", "grid_id")
    )
    grids = Area.objects.select_related("parent").in_bulk({grid for _building, grid in links})
    return {building: grids[grid] for building, grid in links}


def unchanged(planned: GridPlanGrid, old: Area, old_buildings: Iterable[int]) -> bool:
    """Whether a planned grid is what is there already: the same name, ground and buildings. Such a one is left alone."""
    if (planned.code, planned.name_zh, planned.name_en, planned.grid_kind, planned.community_id) != (
        old.code,
        old.name_zh,
        old.name_en,
        old.grid_kind,
        old.parent_id,
    ):
        return False
    if sorted(planned.buildings) != sorted(old_buildings):
        return False
    if planned.boundary is None or old.boundary is None:
        return planned.boundary == old.boundary
    before, after = division.read(old.boundary), division.read(planned.boundary)
    return bool(before.symmetric_difference(after).area <= _TOUCHED * before.area)


@dataclasses.dataclass(frozen=True, slots=True)
class Move:
    """Buildings that would go from one grid to another."""

    old: Area
    new: GridPlanGrid
    buildings: tuple[int, ...]


@dataclasses.dataclass(frozen=True, slots=True)
class Preview:
    """What a plan changes, before it does. `kept` are the codes of grids that are left alone."""

    old: list[Area]
    new: list[GridPlanGrid]
    kept: frozenset[str]
    moves: list[Move]
    homeless: tuple[int, ...]  # buildings that the plan gives to nobody


def preview(plan: GridPlan) -> Preview:
    """Compare a plan with the division it replaces."""
    old, new = replaced(plan), grids_of(plan)
    every = [building.pk for building in houses(plan.area)]
    day = min(plan.valid_from, clock.today()) if plan.state != GridPlan.State.APPLIED else _day_before(plan.valid_from)
    now = grid_of_each(every, on=day)
    held: dict[int, list[int]] = {}
    for building, grid in now.items():
        held.setdefault(grid.pk, []).append(building)
    by_code = {grid.code: grid for grid in old}
    kept = frozenset(
        planned.code
        for planned in new
        if planned.code in by_code and unchanged(planned, by_code[planned.code], held.get(by_code[planned.code].pk, ()))
    )
    pairs: dict[tuple[int, int], list[int]] = {}
    given = {building: planned for planned in new for building in planned.buildings}
    for building, planned in given.items():
        if building in now and planned.code not in kept:
            pairs.setdefault((now[building].pk, planned.pk), []).append(building)
    olds, news = {grid.pk: grid for grid in old}, {planned.pk: planned for planned in new}
    moves = [Move(olds[a], news[b], tuple(sorted(found))) for (a, b), found in sorted(pairs.items()) if a in olds]
    return Preview(old, new, kept, moves, tuple(pk for pk in every if pk not in given))


def main_source(moves: Iterable[Move]) -> dict[int, Area]:
    """Planned grid → the present one from which most of its buildings come."""
    counts: dict[int, Counter[Area]] = {}
    for move in moves:
        counts.setdefault(move.new.pk, Counter())[move.old] += len(move.buildings)
    return {pk: found.most_common(1)[0][0] for pk, found in counts.items()}


def successors(seen: Preview) -> dict[int, GridPlanGrid]:
    """Closed grid → the planned one that takes most of its ground; without ground, most of its buildings."""
    opening = [planned for planned in seen.new if planned.code not in seen.kept]
    shapes = {planned.pk: division.read(planned.boundary) for planned in opening if planned.boundary is not None}
    taken: dict[int, Counter[int]] = {}
    for move in seen.moves:
        taken.setdefault(move.old.pk, Counter())[move.new.pk] += len(move.buildings)
    found = {}
    for old in (old for old in seen.old if old.code not in seen.kept):
        near = [planned for planned in opening if planned.community_id == old.parent_id] or opening
        own = {planned.pk: shapes[planned.pk] for planned in near if planned.pk in shapes}
        parts: Mapping[int, float] = division.shares(division.read(old.boundary), own) if old.boundary else {}
        parts = parts or taken.get(old.pk, {})
        if near:
            found[old.pk] = max(near, key=lambda planned: parts.get(planned.pk, 0))
    return found


def reproject(figures: Mapping[int, float], *, on: dt.date | None = None) -> dict[int, float]:
    """Figures by grid, told for the grids in force on a day (today): what a redrawn grid had, by shares of its ground.

    An estimate, to compare years; the figures as they happened stay where they happened. The sum stays the same. What
    has no successor in force then stays under its own key.
    """
    day = on or clock.today()
    links: dict[int, list[tuple[int, float, dt.date]]] = {}
    for link in AreaLineage.objects.select_related("new").order_by("old_id", "new_id"):
        links.setdefault(link.old_id, []).append((link.new_id, float(link.share), link.new.valid_from))
    told: dict[int, float] = {}
    waiting = list(figures.items())
    while waiting:
        grid, amount = waiting.pop()
        after = [(new, share) for new, share, since in links.get(grid, ()) if since <= day]
        if not after:
            told[grid] = told.get(grid, 0.0) + amount
            continue
        whole = sum(share for _new, share in after)
        waiting += [(new, amount * share / whole) for new, share in after]
    return told

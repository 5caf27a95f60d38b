"""Writes about plans of new grids: draw, confirm, apply.

A plan is applied in two parts. The first is one transaction: old grids end, new ones begin, lineage, buildings, and
whatever packages above contribute to "grids.redrawn" (posts, open cases, duties). The second tells the rest, building by
building in batches ("buildings.moved": who lives there); it may be interrupted anywhere and goes on where it was.
In between nobody sees what is not his: the old posts have ended.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import shapely
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from wangge.foundation.audit import kinds
from wangge.foundation.audit.actions import record
from wangge.foundation.core import clock
from wangge.foundation.core.contributions import contribute
from wangge.foundation.core.problems import ConflictError, InvalidError
from wangge.foundation.places import crs, division, drawn_grids, grid_plans
from wangge.foundation.places.actions import add_area, record_lineage
from wangge.foundation.places.drawn_grids import FlawedError
from wangge.foundation.places.models import Area, BuildingGrid, GridPlan, GridPlanGrid
from wangge.foundation.places.queries import forget_grids

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Mapping, Sequence

    from shapely.geometry.base import BaseGeometry

    from wangge.foundation.places.drawn_grids import Drawn

kinds.declare(
    "grid_plan.add_grid",
    "grid_plan.apply",
    "grid_plan.assign",
    "grid_plan.complete",
    "grid_plan.confirm",
    "grid_plan.draft",
    "grid_plan.drop_grid",
    "grid_plan.edit_grid",
    "grid_plan.import",
    "grid_plan.withdraw",
)

AT_ONCE = 40  # buildings told of in one transaction
_DIGITS = 3  # of a grid, after the code of its community

State = GridPlan.State


@dataclasses.dataclass(frozen=True)
class Redrawn:
    """What the first part changed, for those who contribute to "grids.redrawn"."""

    plan: int
    day: dt.date
    at: dt.datetime
    closed: tuple[Area, ...]
    opened: tuple[Area, ...]
    buildings: Mapping[int, tuple[Area, Area]]  # building → the grid it left, the grid it came to
    shares: Mapping[int, Mapping[int, float]]  # closed grid → opened grid → part of its ground
    workers: Mapping[int, tuple[int, ...]]  # opened grid → users who are to work it
    source: Mapping[int, Area]  # opened grid → the closed one from which most of it comes
    heirs: Mapping[int, Area]  # closed grid → the opened one that takes most of its ground
    _shapes: Mapping[int, BaseGeometry] = dataclasses.field(default_factory=dict, repr=False)

    def successor(self, old: Area) -> Area:
        """Where most of a closed grid went."""
        return self.heirs[old.pk]

    def now(
        self, old: Area, *, building: int | None = None, lon: float | None = None, lat: float | None = None
    ) -> Area:
        """Where something in a closed grid is now: by its building, else by its position, else where most of it went."""
        left, came = self.buildings.get(building, (None, None)) if building is not None else (None, None)
        if came is not None and left == old:
            return came
        if lon is not None and lat is not None:
            spot = shapely.Point(lon, lat)
            for key in self.shares.get(old.pk, {}):
                if key in self._shapes and self._shapes[key].covers(spot):
                    return self._by_key[key]
        return self.successor(old)

    @property
    def _by_key(self) -> dict[int, Area]:
        return {area.pk: area for area in self.opened}


# -- drawing


@transaction.atomic
def draft(*, by: Any, area: Area, valid_from: dt.date, note: str = "", at: dt.datetime | None = None) -> GridPlan:
    """Begin a plan for a community or a street with the grids as they are; it starts on a day still to come."""
    at = at or clock.now()
    if area.kind not in {Area.Kind.COMMUNITY, Area.Kind.STREET}:
        raise InvalidError(_("Grids are redrawn for a community or a street."), field="area")
    _require_future(valid_from)
    plan = GridPlan.objects.create(
        area=area, valid_from=valid_from, note=note.strip(), drawn_by=getattr(by, "pk", None), drawn_at=at
    )
    held: dict[int, list[int]] = {}
    buildings = [building.pk for building in grid_plans.houses(area)]
    for building, grid in grid_plans.grid_of_each(buildings, on=clock.today()).items():
        held.setdefault(grid.pk, []).append(building)
    GridPlanGrid.objects.bulk_create(
        GridPlanGrid(
            plan=plan,
            community=_community(grid),
            code=grid.code,
            name_zh=grid.name_zh,
            name_en=grid.name_en,
            grid_kind=grid.grid_kind or Area.GridKind.BASIC,
            boundary=grid.boundary,
            buildings=sorted(held.get(grid.pk, ())),
        )
        for grid in grid_plans.replaced(plan)
    )
    record("grid_plan.draft", by=by, subject=plan, at=at, area=area.pk)
    return plan


def _community(grid: Area) -> Area:
    if grid.parent is None:
        raise InvalidError(_("A grid lies in a community."), field="area")
    return grid.parent


def _require_future(day: dt.date) -> None:
    if day <= clock.today():
        raise InvalidError(_("The first day must be in the future: history stays as it was."), field="valid_from")


def _locked(plan: GridPlan, *states: str) -> GridPlan:
    row = GridPlan.objects.select_for_update().get(pk=plan.pk)
    if row.state not in states:
        raise ConflictError(_("The plan is no longer being drawn."))
    return row


@transaction.atomic
def add_grid(
    *,
    by: Any,
    plan: GridPlan,
    community: Area,
    name_zh: str,
    name_en: str = "",
    grid_kind: str = Area.GridKind.BASIC,
) -> GridPlanGrid:
    """Add an empty grid to a plan; it gets the next free code of its community. Buildings are given to it by `assign`."""
    plan = _locked(plan, State.DRAFT)
    if community.kind != Area.Kind.COMMUNITY or not community.path.startswith(plan.area.path):
        raise InvalidError(_("This community does not belong to the plan."), field="community")
    name_zh = name_zh.strip()
    if not name_zh:
        raise InvalidError(_("The grid needs a name."), field="name_zh")
    grid = GridPlanGrid.objects.create(
        plan=plan,
        community=community,
        code=_next_code(plan, community),
        name_zh=name_zh,
        name_en=name_en.strip(),
        grid_kind=grid_kind,
    )
    record("grid_plan.add_grid", by=by, subject=plan, code=grid.code)
    return grid


def _next_code(plan: GridPlan, community: Area) -> str:
    """Codes are never given to other ground while somebody may still know them: the next after all that ever were."""
    known = set(Area.objects.filter(parent=community).values_list("code", flat=True))
    known |= set(plan.grids.filter(community=community).values_list("code", flat=True))
    last = max((int(code[-_DIGITS:]) for code in known if code[-_DIGITS:].isdigit()), default=0)
    if last >= 10**_DIGITS - 1:
        raise ConflictError(_("This community has no grid code left."))
    return f"{community.code}{last + 1:0{_DIGITS}d}"


@transaction.atomic
def edit_grid(
    *, by: Any, plan: GridPlan, code: str, name_zh: str, name_en: str = "", workers: Iterable[int] | None = None
) -> GridPlanGrid:
    """Name a planned grid, and say who is to work it.

    Nobody named: whoever works the grid from which most of it comes, and those whose own grid goes away and went mostly
    into it (`accounts.regridding.fates`).
    """
    plan = _locked(plan, State.DRAFT)
    grid = _grid(plan, code)
    name_zh = name_zh.strip()
    if not name_zh:
        raise InvalidError(_("The grid needs a name."), field="name_zh")
    grid.name_zh, grid.name_en = name_zh, name_en.strip()
    if workers is not None:
        grid.workers = sorted(set(workers))
    grid.save(update_fields=["name_zh", "name_en", "workers"])
    record("grid_plan.edit_grid", by=by, subject=plan, code=code)
    return grid


@transaction.atomic
def name_worker(*, by: Any, plan: GridPlan, code: str, worker: int) -> GridPlanGrid:
    """Say that somebody works a planned grid, beside those who were named for it already."""
    plan = _locked(plan, State.DRAFT)
    grid = _grid(plan, code)
    if worker not in grid.workers:
        grid.workers = sorted({*grid.workers, worker})
        grid.save(update_fields=["workers"])
        record("grid_plan.edit_grid", by=by, subject=plan, code=code)
    return grid


@transaction.atomic
def drop_grid(*, by: Any, plan: GridPlan, code: str) -> None:
    """Take a grid out of a plan, once no building is in it."""
    plan = _locked(plan, State.DRAFT)
    grid = _grid(plan, code)
    if grid.buildings:
        raise ConflictError(_("There are still buildings in this grid. Give them to another one first."))
    community = grid.community
    grid.delete()
    _redraw(plan, [community])
    record("grid_plan.drop_grid", by=by, subject=plan, code=code)


def _grid(plan: GridPlan, code: str) -> GridPlanGrid:
    grid = plan.grids.select_related("community").filter(code=code).first()
    if grid is None:
        raise InvalidError(_("There is no such grid in the plan."), field="grid")
    return grid


@transaction.atomic
def assign(*, by: Any, plan: GridPlan, buildings: Iterable[int], code: str) -> int:
    """Give buildings to a grid of the plan, within their community; borders follow. How many changed hands."""
    plan = _locked(plan, State.DRAFT)
    target = _grid(plan, code)
    wanted = set(buildings)
    known = {house.pk: house for house in grid_plans.houses(plan.area)}
    if not wanted <= set(known):
        raise InvalidError(_("A building does not belong to the plan."), field="building")
    if any(known[pk].community_id != target.community_id for pk in wanted):
        raise InvalidError(_("A building stays in its community: choose a grid of the same one."), field="grid")
    moved = len(wanted - set(target.buildings))
    if moved:
        for grid in plan.grids.filter(community=target.community):
            left = set(grid.buildings) - wanted if grid.pk != target.pk else set(grid.buildings) | wanted
            if left != set(grid.buildings):
                grid.buildings = sorted(left)
                grid.save(update_fields=["buildings"])
        _redraw(plan, [target.community])
        record("grid_plan.assign", by=by, subject=plan, code=code, buildings=sorted(wanted))
    return moved


def _redraw(plan: GridPlan, communities: Iterable[Area]) -> None:
    """Borders from who has which building: the present grids, cut half-way between buildings that part."""
    houses = {house.pk: house for house in grid_plans.houses(plan.area)}
    today = grid_plans.grid_of_each(houses, on=clock.today())
    present = grid_plans.replaced(plan)
    for community in communities:
        planned = list(plan.grids.filter(community=community).order_by("code"))
        owner = {pk: grid.code for grid in planned for pk in grid.buildings}
        parts: dict[str, list[BaseGeometry]] = {grid.code: [] for grid in planned}
        for old in (grid for grid in present if grid.parent_id == community.pk and grid.boundary is not None):
            seeds: dict[str, list[division.Seed]] = {}
            for pk, held in today.items():
                if held.pk == old.pk and pk in owner:
                    seeds.setdefault(owner[pk], []).append((houses[pk].lon, houses[pk].lat))
            ground = division.read(old.boundary or {})
            if not seeds:  # ground without a house stays with its own name, else with the first grid beside it
                heir = old.code if old.code in parts else _beside(ground, planned)
                seeds = {heir: []} if heir else {}
            for code, piece in division.cut(ground, seeds).items():
                parts[code].append(piece)
        for grid in planned:
            pieces = [piece for piece in parts[grid.code] if not piece.is_empty]
            grid.boundary = division.geojson(division.join(pieces)) if pieces else None
        GridPlanGrid.objects.bulk_update(planned, ["boundary"])


def _beside(ground: BaseGeometry, planned: Sequence[GridPlanGrid]) -> str | None:
    touching = [
        grid.code
        for grid in planned
        if grid.boundary is not None and division.read(grid.boundary).buffer(1e-6).intersects(ground)
    ]
    return next(iter(touching), planned[0].code if planned else None)


@transaction.atomic
def import_grids(*, by: Any, plan: GridPlan, collection: Any, datum: str = crs.WGS84) -> int:
    """Take over drawn grids of one or more communities (a GeoJSON FeatureCollection); how many there were.

    A feature says its `name` and, if it is a grid that stays, its `code`; it may say its `kind`, and that it `cuts` its
    ground out of those before it. The grids of a community must tile it; slips of the hand are closed. A community that
    is drawn as the plan has it is left alone, and does not count. `datum` is that of the file. `FlawedError` names gaps
    and overlaps, and the datum in which the drawing would fit if it lies beside its communities.
    """
    plan = _locked(plan, State.DRAFT)
    drawn = drawn_grids.read(collection, datum)
    communities = _communities(plan)
    grounds = {community.pk: division.read(community.boundary or {}) for community in communities}
    placed: dict[int, list[Drawn]] = {}
    for one in drawn:
        home = max(communities, key=lambda c: grounds[c.pk].intersection(one.ground).area, default=None)
        if home is None or not grounds[home.pk].intersects(one.ground):
            if grounds:
                drawn_grids.fits_its_ground([each.ground for each in drawn], list(grounds.values()), datum)
            raise FlawedError(_("A polygon lies outside the communities of the plan."))
        placed.setdefault(home.pk, []).append(one)
    drawn_grids.fits_its_ground([one.ground for one in drawn], [grounds[pk] for pk in placed], datum)
    taken = [community for community in communities if _take_over(plan, community, placed.get(community.pk, []))]
    count = sum(len(placed[community.pk]) for community in taken)
    if count:
        record("grid_plan.import", by=by, subject=plan, grids=count)
    return count


def _communities(plan: GridPlan) -> list[Area]:
    found = Area.objects.as_of(clock.today()).filter(kind=Area.Kind.COMMUNITY, path__startswith=plan.area.path)
    return [area for area in found.order_by("code") if area.boundary is not None]


def _take_over(plan: GridPlan, community: Area, drawn: Sequence[Drawn]) -> bool:
    """Take over the grids of a community; False if none was drawn there, or all as they are."""
    before = {grid.code: grid for grid in plan.grids.filter(community=community)}
    if not drawn or drawn_grids.as_planned(before, drawn):
        return False
    coded: dict[str, Drawn] = {}
    free = _next_code(plan, community)
    for one in drawn:
        if one.code and (one.code in coded or one.code not in before):
            raise FlawedError(_("A code is used twice, or is none of this community: %(code)s") % {"code": one.code})
        coded[one.code or free] = one
        if not one.code:
            free = f"{community.code}{int(free[-_DIGITS:]) + 1:0{_DIGITS}d}"
    whole = division.read(community.boundary or {})
    found = division.flaws(whole, {code: one.ground for code, one in coded.items()})
    if found:
        names = {code: one.name or code for code, one in coded.items()}
        named = [dataclasses.replace(flaw, codes=tuple(names[code] for code in flaw.codes)) for flaw in found]
        raise FlawedError(_("The grids do not cover the community without gap and overlap."), named)
    closed = drawn_grids.settled(whole, before, coded)
    tree, codes = shapely.STRtree(list(closed.values())), list(closed)
    held: dict[str, list[int]] = {code: [] for code in codes}
    for house in (house for house in grid_plans.houses(plan.area) if house.community_id == community.pk):
        held[drawn_grids.holder(tree, codes, house)].append(house.pk)
    plan.grids.filter(community=community).exclude(code__in=codes).delete()
    for code in codes:
        known = before.get(code) or GridPlanGrid(plan=plan, community=community, code=code)
        known.name_zh = coded[code].name or known.name_zh or code
        known.grid_kind = coded[code].kind or known.grid_kind or Area.GridKind.BASIC
        known.boundary, known.buildings = division.geojson(closed[code]), sorted(held[code])
        known.save()
    return True


# -- deciding


@transaction.atomic
def confirm(*, by: Any, plan: GridPlan, at: dt.datetime | None = None) -> GridPlan:
    """Decide on a plan: it is applied on its first day. Every building must have its grid, every grid its ground."""
    at = at or clock.now()
    plan = _locked(plan, State.DRAFT)
    _require_future(plan.valid_from)
    seen = grid_plans.preview(plan)
    if seen.homeless:
        raise ConflictError(_("Some buildings belong to no grid."), buildings=list(seen.homeless))
    if any(grid.boundary is None for grid in seen.new):
        raise ConflictError(_("A grid has no ground. Give it buildings, or take it out."))
    if len(seen.kept) == len(seen.new) == len(seen.old):
        raise ConflictError(_("The plan changes nothing."))
    waiting = GridPlan.objects.filter(state__in=[State.CONFIRMED, State.APPLYING]).select_related("area")
    if any(_overlap(other.area, plan.area) for other in waiting):
        raise ConflictError(_("Another plan for this ground is waiting for its day."))
    plan.state, plan.confirmed_by, plan.confirmed_at = State.CONFIRMED, getattr(by, "pk", None), at
    plan.save(update_fields=["state", "confirmed_by", "confirmed_at"])
    record("grid_plan.confirm", by=by, subject=plan, at=at)
    return plan


def _overlap(one: Area, other: Area) -> bool:
    return one.path.startswith(other.path) or other.path.startswith(one.path)


@transaction.atomic
def withdraw(*, by: Any, plan: GridPlan) -> None:
    """Take a plan back, as long as it has not begun to be applied. It stays readable."""
    plan = _locked(plan, State.DRAFT, State.CONFIRMED)
    plan.state = State.WITHDRAWN
    plan.save(update_fields=["state"])
    record("grid_plan.withdraw", by=by, subject=plan)


# -- applying


def apply_due(*, at: dt.datetime | None = None) -> int:
    """Apply every confirmed plan whose day has come, and finish what was interrupted; how many are now in force."""
    at = at or clock.now()
    day = at.astimezone(clock.OFFICE).date()
    due = GridPlan.objects.filter(state__in=[State.CONFIRMED, State.APPLYING], valid_from__lte=day)
    finished = 0
    for pk in list(due.order_by("valid_from", "id").values_list("pk", flat=True)):
        begin(pk, at=at)
        while proceed(pk, at=at):
            pass
        finished += 1
    return finished


@transaction.atomic
def begin(plan_id: int, *, at: dt.datetime) -> bool:
    """The first part, all or nothing: areas, lineage, buildings, and what is contributed. False if it was done before."""
    plan = GridPlan.objects.select_for_update().get(pk=plan_id)
    if plan.state != State.CONFIRMED:
        return False
    plan.area = Area.objects.get(pk=plan.area_id)
    seen = grid_plans.preview(plan)
    closing = [old for old in seen.old if old.code not in seen.kept]
    Area.objects.filter(pk__in=[old.pk for old in closing]).update(valid_to=plan.valid_from)
    opened = {grid.code: _open(plan, grid, seen) for grid in seen.new if grid.code not in seen.kept}
    shares = _shares(closing, list(opened.values()))
    by_key = {area.pk: area for area in opened.values()}
    record_lineage(
        by=None,
        links=[(old, by_key[new], part) for old in closing for new, part in shares.get(old.pk, {}).items()],
    )
    moved = {
        building: (move.old, opened[move.new.code])
        for move in seen.moves
        if move.new.code in opened
        for building in move.buildings
    }
    moved |= _latecomers(plan, seen, closing, opened)
    _relink(moved, plan.valid_from)
    source = {opened[grid.code].pk: old for grid in seen.new if grid.code in opened and (old := _source(seen, grid))}
    redrawn = Redrawn(
        plan=plan.pk,
        day=plan.valid_from,
        at=at,
        closed=tuple(closing),
        opened=tuple(opened.values()),
        buildings=moved,
        shares=shares,
        workers={opened[grid.code].pk: tuple(grid.workers) for grid in seen.new if grid.code in opened},
        source=source,
        heirs={old: opened[grid.code] for old, grid in grid_plans.successors(seen).items()},
        _shapes={area.pk: division.read(area.boundary) for area in opened.values() if area.boundary is not None},
    )
    contribute("grids.redrawn", redrawn)
    plan.state = State.APPLYING
    plan.progress = {"moved": [[pk, old.path, new.path] for pk, (old, new) in sorted(moved.items())], "told": 0}
    plan.save(update_fields=["state", "progress"])
    record("grid_plan.apply", by=None, subject=plan, at=at, closed=len(closing), opened=len(opened), moved=len(moved))
    forget_grids()
    return True


def _open(plan: GridPlan, grid: GridPlanGrid, seen: grid_plans.Preview) -> Area:
    inside = division.read(grid.boundary).representative_point() if grid.boundary else None
    like = next((old for old in seen.old if old.code == grid.code), None)
    area = add_area(
        by=None,
        kind=Area.Kind.GRID,
        code=grid.code,
        name_zh=grid.name_zh,
        name_en=grid.name_en,
        parent=grid.community,
        grid_kind=grid.grid_kind,
        boundary=grid.boundary,
        lon=round(inside.x, 6) if inside is not None else None,
        lat=round(inside.y, 6) if inside is not None else None,
        phone=like.phone if like is not None else "",
        valid_from=plan.valid_from,
    )
    GridPlanGrid.objects.filter(pk=grid.pk).update(area=area)
    return area


def _shares(closing: Sequence[Area], opened: Sequence[Area]) -> dict[int, dict[int, float]]:
    shapes = {area.pk: division.read(area.boundary) for area in opened if area.boundary is not None}
    found = {}
    for old in closing:
        own = {pk: shape for pk, shape in shapes.items() if _parent(opened, pk) == old.parent_id}
        if old.boundary is not None and own:
            found[old.pk] = division.shares(division.read(old.boundary), own)
    for old in closing:  # households, as published, follow the ground
        for new, part in found.get(old.pk, {}).items():
            area = next(area for area in opened if area.pk == new)
            area.households += round(old.households * part)
    Area.objects.bulk_update(opened, ["households"])
    return found


def _parent(areas: Sequence[Area], pk: int) -> int | None:
    return next(area.parent_id for area in areas if area.pk == pk)


def _source(seen: grid_plans.Preview, grid: GridPlanGrid) -> Area | None:
    return grid_plans.main_source(seen.moves).get(grid.pk)


def _latecomers(
    plan: GridPlan, seen: grid_plans.Preview, closing: Sequence[Area], opened: Mapping[str, Area]
) -> dict[int, tuple[Area, Area]]:
    """Buildings that came into a closing grid after the plan was confirmed: they go where they stand."""
    if not seen.homeless:
        return {}
    ends = {old.pk for old in closing}
    houses = {house.pk: house for house in grid_plans.houses(plan.area)}
    found = {}
    for pk, old in grid_plans.grid_of_each(seen.homeless, on=clock.today()).items():
        near = [(code, area) for code, area in opened.items() if area.parent_id == old.parent_id]
        if old.pk in ends and near:
            tree = shapely.STRtree([division.read(area.boundary) for _code, area in near if area.boundary])
            code = drawn_grids.holder(tree, [code for code, area in near if area.boundary], houses[pk])
            found[pk] = (old, opened[code])
    return found


def _relink(moved: Mapping[int, tuple[Area, Area]], day: dt.date) -> None:
    BuildingGrid.objects.filter(building__in=list(moved), valid_to__isnull=True).update(valid_to=day)
    BuildingGrid.objects.bulk_create(
        BuildingGrid(building_id=pk, grid=new, valid_from=day) for pk, (_old, new) in moved.items()
    )


@transaction.atomic
def proceed(plan_id: int, *, at: dt.datetime) -> bool:
    """The second part, one batch: tell of some buildings. False when all were told and the plan is in force."""
    plan = GridPlan.objects.select_for_update().get(pk=plan_id)
    if plan.state != State.APPLYING:
        return False
    moved, told = plan.progress["moved"], plan.progress["told"]
    part = moved[told : told + AT_ONCE]
    if part:
        contribute("buildings.moved", {pk: (old, new) for pk, old, new in part})
        plan.progress = {"moved": moved, "told": told + len(part)}
        plan.save(update_fields=["progress"])
        return True
    plan.state, plan.applied_at, plan.progress = State.APPLIED, at, {}
    plan.save(update_fields=["state", "applied_at", "progress"])
    record("grid_plan.complete", by=None, subject=plan, at=at)
    forget_grids()
    return False

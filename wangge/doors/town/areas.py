"""Stage 1 and 2: the dated tree of areas with its redrawing, and what stands on the ground."""

from __future__ import annotations

import itertools
import random
from typing import TYPE_CHECKING

import shapely
from shapely.geometry import Point, shape

from wangge.doors.town import ground as surveyed
from wangge.doors.town import paper
from wangge.doors.town.recipe import read
from wangge.foundation.places import actions as places
from wangge.foundation.places.models import Area, Building, Compound, MapFeature
from wangge.foundation.places.queries import areas

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator

    from wangge.doors.town.ground import Ground, House
    from wangge.doors.town.plan import Plan, Plot
    from wangge.doors.town.recipe import Recipe

_TINY = 1e-4  # of a grid's area: rounding of coordinates, not a piece of land


def add_areas(recipe: Recipe, plan: Plan) -> str:
    """District, streets, communities, both divisions into grids, and which grid came from which."""
    town = recipe.town["district"]
    whole = shapely.union_all([street.shape for street in plan.streets])
    district = _add(recipe, None, "district", town["code"], (town["zh"], town["en"]), whole)
    held: dict[str, Area] = {}
    for street in plan.streets:
        short = recipe.town["streets"][street.key]["short"]
        held[street.key] = _add(recipe, district, "street", street.code, street.name, street.shape, short=short)
    for community in plan.communities:
        held[community.key] = _add(
            recipe, held[community.parent], "community", community.code, community.name, community.shape
        )
    for number, grid in enumerate(plan.grids):
        held[grid.key] = places.add_area(
            by=None,
            kind=Area.Kind.GRID,
            grid_kind=Area.GridKind.SPECIAL if grid.special else Area.GridKind.BASIC,
            code=grid.code,
            name_zh=grid.name[0],
            name_en=grid.name[1],
            parent=held[grid.parent],
            boundary=paper.polygon(grid.shape),
            lon=_label(grid.shape)[0],
            lat=_label(grid.shape)[1],
            households=grid.households,
            phone=f"0999-100{number:04d}",
            valid_from=recipe.redrawn if grid.era == "now" else recipe.since,
            valid_to=None if grid.era == "now" else recipe.redrawn,
        )
    links = list(_lineage(plan, held))
    places.record_lineage(by=None, links=links)
    now = sum(grid.era == "now" for grid in plan.grids)
    return f"{len(plan.communities)} communities, {now} grids (before: {len(plan.grids) - now}), {len(links)} links"


def _add(
    recipe: Recipe,
    parent: Area | None,
    kind: str,
    code: str,
    name: tuple[str, str],
    outline: shapely.Polygon,
    short: str = "",
) -> Area:
    return places.add_area(
        by=None,
        kind=kind,
        code=code,
        short_code=short,
        name_zh=name[0],
        name_en=name[1],
        parent=parent,
        boundary=paper.polygon(outline),
        lon=_label(outline)[0],
        lat=_label(outline)[1],
        valid_from=recipe.since,
    )


def _label(outline: shapely.Polygon) -> tuple[float, float]:
    inside = outline.representative_point()
    return paper.place(inside.x, inside.y)


def _lineage(plan: Plan, held: dict[str, Area]) -> Iterator[tuple[Area, Area, float]]:
    """True shares of the earlier grids' ground, measured on the boundaries as they are stored; they sum to one."""
    for before in (grid for grid in plan.grids if grid.era == "before"):
        old = shape(held[before.key].boundary)
        parts = []
        for now in (grid for grid in plan.grids if grid.era == "now" and grid.parent == before.parent):
            common = old.intersection(shape(held[now.key].boundary)).area / old.area
            if common > _TINY:
                parts.append((held[now.key], common))
        whole = sum(common for _area, common in parts)
        for area, common in parts:
            yield held[before.key], area, common / whole


def lay_ground(recipe: Recipe, plan: Plan) -> str:
    """Compounds, buildings with their rooms, shops, roads and water."""
    made = surveyed.build(recipe, plan)
    today = {area.code: area for area in areas()}
    past = {area.code: area for area in areas(on=recipe.since)}
    communities = {plot.key: today[plot.code] for plot in plan.communities}
    compounds = []
    for estate in made.compounds:
        west, south, east, north = estate.rect
        lon, lat = paper.place((west + east) / 2, (south + north) / 2)
        compounds.append(
            Compound(
                community=communities[estate.community],
                name_zh=estate.name[0],
                name_en=estate.name[1],
                aliases=estate.aliases,
                kind=estate.kind,
                management=estate.management,
                address=estate.address,
                boundary=paper.quadrangle(((west, south), (east, south), (east, north), (west, north))),
                lon=lon,
                lat=lat,
            )
        )
    rooms = _Register(recipe, made)
    now_tree = _Locator([grid for grid in plan.grids if grid.era == "now"])
    old_tree = _Locator([grid for grid in plan.grids if grid.era == "before"])
    built = []
    for house in made.houses:
        u, v = house.middle
        lon, lat = paper.place(u, v)
        grids: list[tuple[Area, dt.date, dt.date | None]] = [
            (past[old_tree.at(u, v).code], recipe.since, recipe.redrawn),
            (today[now_tree.at(u, v).code], recipe.redrawn, None),
        ]
        built.append(
            places.Built(
                building=Building(
                    community=communities[house.community],
                    compound=compounds[house.compound] if house.compound is not None else None,
                    name=house.name,
                    address=house.address,
                    floors=house.floors,
                    footprint=paper.quadrangle(house.corners),
                    lon=lon,
                    lat=lat,
                ),
                grids=grids,
                rooms=rooms.of(house),
            )
        )
    features = [
        MapFeature(kind=f.kind, name_zh=f.name[0], name_en=f.name[1], rank=f.rank, geometry=f.geometry)
        for f in made.features
    ]
    count = places.lay_ground(by=None, compounds=compounds, buildings=built, features=features)
    return f"{len(compounds)} compounds, {len(built)} buildings, {count} rooms"


class _Locator:
    """Point → plot on the flat sheet."""

    def __init__(self, plots: list[Plot]) -> None:
        self._plots: list[Plot] = plots
        self._tree = shapely.STRtree([plot.shape for plot in plots])

    def at(self, u: float, v: float) -> Plot:
        hits = self._tree.query(Point(u, v), predicate="intersects")
        return self._plots[int(min(hits))]


class _Register:
    """The rooms of every building, and what each is used for."""

    def __init__(self, recipe: Recipe, made: Ground) -> None:
        self._rng = random.Random(f"rooms {recipe.seed}")
        self._compounds = made.compounds
        self._dormitory: str | None = read("residents")["dormitory"]["compound"]

    def of(self, house: House) -> dict[str, list[tuple[int, str, str]]]:
        found: dict[str, list[tuple[int, str, str]]] = {}
        if house.shops:
            found["门面"] = [(1, f"{n}号", "business") for n in range(1, house.shops + 1)]
        dormitory = house.compound is not None and self._compounds[house.compound].name[0] == self._dormitory
        if dormitory:
            self._dormitory = None  # the first house of that compound, and no other
        for entrance in range(1, house.entrances + 1 if house.rooms_a_floor else 0):
            found[f"{entrance}单元" if house.rooms_a_floor > 1 else "院内"] = [
                (floor, f"{floor}{door:02d}", "shared" if dormitory else self._use(floor))
                for floor, door in itertools.product(range(1, house.floors + 1), range(1, house.rooms_a_floor + 1))
            ]
        return found

    def _use(self, floor: int) -> str:
        uses = ("own", "let", "empty", "shared", "mixed")
        return self._rng.choices(uses, (70, 18, 12, 1, 5 if floor == 1 else 0.3))[0]

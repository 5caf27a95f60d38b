"""The ground plan on flat paper: streets, communities and grids as unions of 20 m cells, and the roads between them.

Everything here is measured in metres on an axis-parallel sheet (u east, v north). `paper.py` bends the sheet and puts it
on the earth. Because every border runs along the 20 m lattice, neighbours share their vertices exactly: no gap, no overlap.
"""

from __future__ import annotations

import dataclasses
import itertools
import random
from typing import TYPE_CHECKING, Any

import shapely
from shapely.geometry import Polygon, box

if TYPE_CHECKING:
    from wangge.doors.town.recipe import Recipe

LATTICE = 20
COLUMNS = (0, 640, 1240, 1920, 2520)
ROWS = (0, 520, 1080, 1600, 2120)
NORTH_COLUMNS = (0, 1240, 2520)
NORTH_ROWS = (2120, 2640, 3160, 3680)
_SIX_GRIDS = 10  # of the 14 communities; the other four have five: 80 in all
_THREE_OLD = 12  # of the 14; the other two had two: 40 in all
_OVERHANG = 120  # main roads run on beyond the border


@dataclasses.dataclass(slots=True)
class Road:
    """A road along a line of the sheet. `along` is "u" (west-east) or "v"; `at` its other coordinate."""

    name: tuple[str, str]
    along: str
    at: int
    start: int
    end: int
    rank: int


@dataclasses.dataclass(slots=True)
class Plot:
    """An area of the plan: a street, a community or a grid."""

    key: str
    kind: str
    code: str
    name: tuple[str, str]
    parent: str
    shape: Polygon
    era: str = ""  # grids: "before" or "now" the redrawing
    special: dict[str, Any] | None = None
    households: int = 0


@dataclasses.dataclass(slots=True)
class Plan:
    """The whole sheet."""

    streets: list[Plot]
    communities: list[Plot]
    grids: list[Plot]
    roads: list[Road]

    def grids_of(self, community: Plot, era: str = "now") -> list[Plot]:
        """The grids of a community in one division."""
        return [grid for grid in self.grids if grid.parent == community.key and grid.era == era]


def draw(recipe: Recipe) -> Plan:
    """The plan of a recipe; the same for the same seed, whatever the size of the southern street."""
    rng = random.Random(f"plan {recipe.seed}")
    return _Draughtsman(recipe, rng).draw()


def _snap(value: float) -> int:
    return round(value / LATTICE) * LATTICE


class _Draughtsman:
    def __init__(self, recipe: Recipe, rng: random.Random) -> None:
        self._town = recipe.town
        self._north_communities = recipe.numbers["north_communities"]
        self._rng = rng
        self._lanes = [tuple(pair) for pair in self._town["roads"]["second"]]
        self._roads: list[Road] = []

    def draw(self) -> Plan:
        south = self._blocks(COLUMNS, ROWS, skip={(0, 0), (3, 0)})
        north = self._blocks(NORTH_COLUMNS, NORTH_ROWS, skip=set())
        communities = self._communities("south", south)
        communities += self._communities("north", north)[: self._north_communities]
        streets = []
        for key, street in self._town["streets"].items():
            shape = shapely.union_all([c.shape for c in communities if c.parent == key])
            streets.append(Plot(key, "street", street["code"], (street["zh"], street["en"]), "district", shape))
        self._main_roads()
        now, before = self._divide(communities)
        return Plan(streets, communities, [*before, *now], self._roads)

    @staticmethod
    def _blocks(columns: tuple[int, ...], rows: tuple[int, ...], skip: set[tuple[int, int]]) -> list[Polygon]:
        return [
            box(columns[c], rows[r], columns[c + 1], rows[r + 1])
            for r in range(len(rows) - 1)
            for c in range(len(columns) - 1)
            if (c, r) not in skip
        ]

    def _communities(self, street: str, blocks: list[Polygon]) -> list[Plot]:
        code = self._town["streets"][street]["code"]
        return [
            Plot(
                key=zh,
                kind="community",
                code=f"{code}{n:03d}",
                name=(f"{zh}社区", f"{en} Community"),
                parent=street,
                shape=block,
            )
            for n, ((zh, en), block) in enumerate(zip(self._town["communities"][street], blocks, strict=True), start=1)
        ]

    def _main_roads(self) -> None:
        names = self._town["roads"]
        north_end = NORTH_ROWS[-1] if self._north_communities > 2 else NORTH_ROWS[1]
        for name, u in zip(names["vertical"], COLUMNS, strict=True):
            start = ROWS[1] if u in {COLUMNS[0], COLUMNS[-1]} else ROWS[0]
            end = north_end + _OVERHANG if u in NORTH_COLUMNS else ROWS[-1]  # the others end at the railway
            self._roads.append(Road(tuple(name), "v", u, start - _OVERHANG, end, 1))
        for name, v in zip(names["horizontal"], ROWS[:-1], strict=True):
            start, end = (COLUMNS[1], COLUMNS[-2]) if v == ROWS[0] else (COLUMNS[0], COLUMNS[-1])
            self._roads.append(Road(tuple(name), "u", v, start - _OVERHANG, end + _OVERHANG, 1))
        for name, v in zip(names["north"], NORTH_ROWS[1:], strict=True):
            if v <= north_end:
                self._roads.append(Road(tuple(name), "u", v, COLUMNS[0] - _OVERHANG, COLUMNS[-1] + _OVERHANG, 1))

    def _divide(self, communities: list[Plot]) -> tuple[list[Plot], list[Plot]]:
        south = [c for c in communities if c.parent == "south"]
        five = set(self._rng.sample(range(1, len(south)), len(south) - _SIX_GRIDS))
        two = set(self._rng.sample(range(1, len(south)), len(south) - _THREE_OLD))
        now: list[Plot] = []
        before: list[Plot] = []
        for n, community in enumerate(communities):
            is_south = community.parent == "south"
            split = ([3, 2] if n in five else [3, 3]) if is_south else [2, 1]
            shapes = self._rows(community.shape, split)
            carved = [s for s in self._town["special_grids"] if s["community"] == community.key]
            for special in carved:
                corner = self._corner(community.shape, special)
                shapes = [shape.difference(corner) for shape in shapes]
                now.append(self._grid(community, 21, special=special, shape=corner, era="now"))
            now += [
                self._grid(community, 10 + i, shape=shape, era="now", ordinal=i)
                for i, shape in enumerate(shapes, start=1)
            ]
            strips = self._strips(community.shape, (2 if n in two else 3) if is_south else 2, upright=n % 2 == 0)
            before += [
                self._grid(community, i, shape=shape, era="before", ordinal=i)
                for i, shape in enumerate(strips, start=1)
            ]
        now.sort(key=lambda grid: grid.code)
        return now, before

    def _grid(
        self,
        community: Plot,
        serial: int,
        *,
        shape: Polygon,
        era: str,
        ordinal: int = 0,
        special: dict[str, Any] | None = None,
    ) -> Plot:
        if special is not None:
            name = (special["zh"], special["en"])
        else:
            en = community.name[1].removesuffix(" Community")
            name = (f"{community.key}第{'一二三四五六'[ordinal - 1]}网格", f"{en} Grid {ordinal}")
        return Plot(
            key=f"{era}-{community.code}{serial:03d}",
            kind="grid",
            code=f"{community.code}{serial:03d}",
            name=name,
            parent=community.key,
            shape=shape,
            era=era,
            special=special,
            households=0 if special else round(shape.area / 110),
        )

    def _rows(self, shape: Polygon, split: list[int]) -> list[Polygon]:
        """Two rows of grids with offset cross streets, and the streets themselves."""
        west, south, east, north = (round(x) for x in shape.bounds)
        middle = _snap(south + (north - south) * self._rng.uniform(0.44, 0.56))
        self._roads.append(Road(self._lane(), "u", middle, west, east, 2))
        shapes = []
        for columns, (low, high) in zip(split, [(south, middle), (middle, north)], strict=True):
            cuts = [west, *self._cuts(west, east, columns), east]
            for n, cut in enumerate(cuts[1:-1]):
                name = self._lane() if n == 0 else ("", "")
                self._roads.append(Road(name, "v", cut, low, high, 2 if n == 0 else 3))
            shapes += [box(a, low, b, high) for a, b in itertools.pairwise(cuts)]
        return shapes

    def _strips(self, shape: Polygon, n: int, *, upright: bool) -> list[Polygon]:
        west, south, east, north = (round(x) for x in shape.bounds)
        if upright:
            cuts = [west, *self._cuts(west, east, n), east]
            return [box(a, south, b, north) for a, b in itertools.pairwise(cuts)]
        cuts = [south, *self._cuts(south, north, n), north]
        return [box(west, a, east, b) for a, b in itertools.pairwise(cuts)]

    def _cuts(self, low: int, high: int, n: int) -> list[int]:
        each = (high - low) / n
        return [_snap(low + each * i + self._rng.uniform(-0.13, 0.13) * each) for i in range(1, n)]

    @staticmethod
    def _corner(shape: Polygon, special: dict[str, Any]) -> Polygon:
        west, south, east, north = shape.bounds
        wide, high = special["size"]
        u = west if "w" in special["corner"] else east - wide
        v = south if "s" in special["corner"] else north - high
        return box(u, v, u + wide, v + high)

    def _lane(self) -> tuple[str, str]:
        return self._lanes.pop(0) if self._lanes else ("", "")

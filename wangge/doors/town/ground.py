"""What stands on the plan: compounds with rows of houses, shops along the streets, parks, a river, a railway."""

from __future__ import annotations

import dataclasses
import itertools
import random
from typing import TYPE_CHECKING, Any

import shapely
from shapely.geometry import LineString, Polygon, box

from wangge.doors.town import paper
from wangge.doors.town.plan import COLUMNS, LATTICE, NORTH_COLUMNS, ROWS, Plan, Plot, Road

if TYPE_CHECKING:
    from wangge.doors.town.recipe import Recipe

_MAIN_SETBACK, _LANE_SETBACK, _RAIL_SETBACK = 17.0, 8.0, 34.0
_SHOP_DEPTH, _SHOP_WIDTH = 13.0, 5.5
_SHOP_GAP = 6.0  # from the shops' back to the compound's wall
_HOUSES = {
    # kind: (floors to choose from, length, depth, entrances to choose from, rooms a floor, free ground between rows)
    "old": ((5, 6, 6), 44.0, 12.0, (3, 3, 4), 2, 18.0),
    "family": ((4, 5, 6), 38.0, 12.0, (2, 3), 2, 17.0),
    "commercial": ((7, 9, 11, 11, 18), 34.0, 16.0, (1, 1, 2), 2, 27.0),
    "resettlement": ((6, 6, 11), 44.0, 13.0, (2, 3), 2, 24.0),
    "self_built": ((1, 2, 2, 3), 11.0, 13.0, (1,), 1, 4.5),
}
_LEAST = 70.0  # metres: a compound is at least so wide and deep
_RIVER = ((-360, 440), (120, 405), (400, 300), (545, 70), (780, -95), (1260, -125), (1740, -95), (1985, 60))
_RIVER_EAST = ((2120, 290), (2390, 410), (2880, 450))


@dataclasses.dataclass(slots=True)
class House:
    """A building: its footprint on the sheet, what is inside, and whose it is."""

    name: str
    corners: tuple[tuple[float, float], ...]
    floors: int
    community: str
    address: str
    compound: int | None = None  # index into Ground.compounds
    entrances: int = 1
    rooms_a_floor: int = 0
    shops: int = 0  # shop rooms on the ground floor
    use: str = "home"  # home, shop, public

    @property
    def middle(self) -> tuple[float, float]:
        """The middle of the footprint."""
        return sum(u for u, _v in self.corners) / 4, sum(v for _u, v in self.corners) / 4

    @property
    def rooms(self) -> int:
        """How many rooms the building has when all are registered."""
        return self.shops + self.entrances * self.rooms_a_floor * self.floors


@dataclasses.dataclass(slots=True)
class Estate:
    """A compound on the sheet."""

    name: tuple[str, str]
    kind: str
    management: str
    community: str
    grid: str
    rect: tuple[float, float, float, float]
    address: str
    aliases: list[str]


@dataclasses.dataclass(slots=True)
class Feature:
    """A road, water, green or rail, ready as GeoJSON."""

    kind: str
    name: tuple[str, str]
    rank: int
    geometry: dict[str, Any]


@dataclasses.dataclass(slots=True)
class Ground:
    """Everything that stands on the plan."""

    compounds: list[Estate]
    houses: list[House]
    features: list[Feature]


def build(recipe: Recipe, plan: Plan) -> Ground:
    """Houses and features of a plan; the same for the same seed."""
    return _Builder(recipe, plan).build()


class _Builder:
    def __init__(self, recipe: Recipe, plan: Plan) -> None:
        self._town = recipe.town
        self._plan = plan
        self._rng = random.Random(f"ground {recipe.seed}")
        self._out = Ground([], [], [])
        self._schools = [tuple(pair) for pair in self._town["schools"]]
        self._parks = [tuple(pair) for pair in self._town["parks"][1:]]

    def build(self) -> Ground:
        self._nature()
        for community in self._plan.communities:
            self._settle(community)
        return self._out

    # -- who gets which ground

    def _settle(self, community: Plot) -> None:
        grids = self._plan.grids_of(community)
        for special in (grid for grid in grids if grid.special):
            self._institution(community, special)
        basic = sorted((grid for grid in grids if not grid.special), key=lambda grid: grid.code)
        names = self._town["compounds"][community.key]
        inner = {grid.key: self._inner(grid) for grid in basic}
        roomy = [grid for grid in basic if _is_roomy(inner[grid.key])]
        for grid in basic:
            if grid not in roomy:
                self._green(inner[grid.key], ("", ""))
        pieces = sorted(roomy, key=lambda grid: -_largest(grid.shape).area)
        double = {grid.key for grid in pieces[: max(0, len(names) - len(roomy))]}
        free = max(0, len(roomy) - len(names))
        waiting = iter(names)
        for n, grid in enumerate(roomy):
            rect = inner[grid.key]
            if n >= len(roomy) - free:
                self._public(community, grid, rect)
                continue
            parts = [rect]
            if grid.key in double:
                parts = list(_halves(rect))
            elif self._rng.random() < 0.3:
                parts, rest = _two_thirds(rect)
                self._green(rest, ("", ""))
            for part in parts:
                name = next(waiting, None)
                if name is not None:
                    self._estate(community, grid, name, part)

    def _inner(self, grid: Plot) -> tuple[float, float, float, float]:
        """The largest rectangle of a grid, inside its streets, after the rows of shops along them are placed."""
        west, south, east, north = _largest(grid.shape).bounds
        sides = []
        for along, at, start, end in (
            ("v", west, south, north),
            ("u", south, west, east),
            ("v", east, south, north),
            ("u", north, west, east),
        ):
            road = self._road_at(along, at, start, end)
            back = _LANE_SETBACK if road is None or road.rank > 1 else _MAIN_SETBACK
            if along == "u" and at == ROWS[-1]:
                back = _RAIL_SETBACK
            sides.append((road, back))
        rect = [west + sides[0][1], south + sides[1][1], east - sides[2][1], north - sides[3][1]]
        for n, (road, _back) in enumerate(sides):
            if (
                road is not None
                and road.rank < 3
                and road.name[0]
                and not (grid.special or (n == 1 and road.rank == 2))
            ):
                self._shops(grid, road, n, rect)
                rect[n] += (_SHOP_DEPTH + _SHOP_GAP) * (1 if n < 2 else -1)
        return rect[0], rect[1], rect[2], rect[3]

    def _road_at(self, along: str, at: float, start: float, end: float) -> Road | None:
        for road in self._plan.roads:
            if road.along == along and road.at == at and road.start < end and road.end > start:
                return road
        return None

    def _shops(self, grid: Plot, road: Road, side: int, rect: list[float]) -> None:
        """A broken row of two-storey shop houses along one side of a grid."""
        upright = side in {0, 2}
        low, high = (rect[1], rect[3]) if upright else (rect[0], rect[2])
        position = low + self._rng.uniform(14, 30)
        while position < high - 40:
            count = self._rng.randint(7, 13)
            length = min(count * _SHOP_WIDTH, high - 14 - position)
            if length < 22:
                break
            if side == 0:
                frame = (rect[0], position, rect[0] + _SHOP_DEPTH, position + length)
            elif side == 1:
                frame = (position, rect[1], position + length, rect[1] + _SHOP_DEPTH)
            elif side == 2:
                frame = (rect[2] - _SHOP_DEPTH, position, rect[2], position + length)
            else:
                frame = (position, rect[3] - _SHOP_DEPTH, position + length, rect[3])
            number = self._house_number(road, position, even=side in {1, 2})
            self._out.houses.append(
                House(
                    name=f"{number}号沿街楼",
                    corners=_corners(frame),
                    floors=self._rng.choice((1, 2, 2, 3)),
                    community=grid.parent,
                    address=f"{road.name[0]}{number}号",
                    shops=max(3, int(length / _SHOP_WIDTH)),
                    use="shop",
                )
            )
            position += length + self._rng.choice((8, 12, 16, 34, 60))

    @staticmethod
    def _house_number(road: Road, position: float, *, even: bool) -> int:
        return 2 * int((position - road.start) / 7) + (2 if even else 1)

    # -- compounds

    def _estate(self, community: Plot, grid: Plot, name: list[str], rect: tuple[float, float, float, float]) -> None:
        zh, en, kind, management = name
        road, number = self._address_of(grid, rect)
        address = f"{road}{number}号"
        aliases = [zh.removesuffix("家属院") + "家属楼"] if kind == "family" else []
        self._out.compounds.append(Estate((zh, en), kind, management, community.key, grid.key, rect, address, aliases))
        index = len(self._out.compounds) - 1
        floors, length, depth, entrances, rooms, free = _HOUSES[kind]
        west, south, east, north = rect
        gap = 3.0 if kind == "self_built" else 13.0 if kind != "commercial" else 26.0
        row, number = south + 8.0, 0
        garden = self._garden(kind, rect)
        while row + depth < north - 4:
            spot = west + 6.0 + self._rng.uniform(0, 8)
            shift = self._rng.uniform(-1.5, 1.5)
            while spot + length < east - 4:
                long = length * self._rng.uniform(0.86, 1.2)
                frame = (spot, row + shift, min(spot + long, east - 3), row + shift + depth)
                keep = kind != "self_built" or self._rng.random() < 0.86
                if keep and not _overlaps(frame, garden):
                    number += 1
                    self._out.houses.append(
                        House(
                            name=f"{number}号楼" if kind != "self_built" else f"{number}号院",
                            corners=_corners(frame),
                            floors=self._rng.choice(floors),
                            community=community.key,
                            address=f"{address}{zh}",
                            compound=index,
                            entrances=self._rng.choice(entrances),
                            rooms_a_floor=rooms,
                        )
                    )
                spot += long + gap * self._rng.uniform(0.8, 1.3)
            row += depth + free * self._rng.uniform(0.9, 1.15)

    def _garden(self, kind: str, rect: tuple[float, float, float, float]) -> tuple[float, float, float, float]:
        """The green middle of a compound; old ones have a small one, alleys none."""
        west, south, east, north = rect
        share = {"commercial": 0.2, "resettlement": 0.2, "old": 0.14, "family": 0.12}.get(kind, 0.0)
        wide, high = (east - west) * share * 1.4, (north - south) * share
        u = west + (east - west) * self._rng.uniform(0.35, 0.6)
        v = south + (north - south) * self._rng.uniform(0.35, 0.6)
        garden = (u - wide / 2, v - high / 2, u + wide / 2, v + high / 2)
        if share:
            self._green(garden, ("", ""), rank=2)
        return garden

    def _address_of(self, grid: Plot, rect: tuple[float, float, float, float]) -> tuple[str, int]:
        west, south, east, north = _largest(grid.shape).bounds
        for along, at, start, end in (
            ("u", south, west, east),
            ("u", north, west, east),
            ("v", west, south, north),
            ("v", east, south, north),
        ):
            road = self._road_at(along, at, start, end)
            if road is not None and road.name[0]:
                middle = (rect[0] + rect[2]) / 2 if along == "u" else (rect[1] + rect[3]) / 2
                return road.name[0], self._house_number(road, middle, even=at in {south, east})
        return grid.parent + "街", 1

    # -- public ground

    def _public(self, community: Plot, grid: Plot, rect: tuple[float, float, float, float]) -> None:
        if rect[2] - rect[0] > 500:
            parts = _halves(rect)
            self._green(parts[0], ("", ""))
            self._campus(community, grid, parts[1], f"{community.key}学校")
            return
        if (self._parks and self._rng.random() < 0.5) or not self._schools:
            name = self._parks.pop(0) if self._parks else ("", "")
            self._green(rect, name)
            if name[0].startswith(self._town["lake"][0]):
                self._lake(rect)
            return
        self._campus(community, grid, rect, self._schools.pop(0)[0])

    def _institution(self, community: Plot, grid: Plot) -> None:
        special = grid.special or {}
        west, south, east, north = grid.shape.bounds
        rect = (west + 18, south + 18, east - 18, north - 18)
        if special["use"] == "campus":
            self._campus(community, grid, rect, special["unit"])
            return
        wide, deep, space, floors = {
            "park": (68.0, 34.0, 16.0, (1, 1, 2)),
            "hospital": (52.0, 20.0, 16.0, (4, 12, 6)),
            "market": (48.0, 26.0, 9.0, (1, 2)),
            "offices": (34.0, 28.0, 18.0, (16, 22, 3)),
        }[special["use"]]
        self._halls(community, grid, rect, special["unit"], (wide, deep, space), floors)

    def _halls(
        self,
        community: Plot,
        grid: Plot,
        rect: tuple[float, float, float, float],
        name: str,
        size: tuple[float, float, float],
        floors: tuple[int, ...],
    ) -> None:
        wide, deep, space = size
        road, number = self._address_of(grid, rect)
        row, n = rect[1], 0
        while row + deep <= rect[3]:
            spot = rect[0]
            while spot + wide <= rect[2]:
                n += 1
                self._out.houses.append(
                    House(
                        name=f"{name}{n}号楼",
                        corners=_corners((spot, row, spot + wide, row + deep)),
                        floors=floors[n % len(floors)],
                        community=community.key,
                        address=f"{road}{number}号",
                        shops=6,
                        use="public",
                    )
                )
                spot += wide + space
            row += deep + space

    def _campus(self, community: Plot, grid: Plot, rect: tuple[float, float, float, float], name: str) -> None:
        west, south, east, north = rect
        field = (west, south, west + (east - west) * 0.42, south + (north - south) * 0.5)
        self._green(field, ("", ""), rank=2)
        self._halls(community, grid, (field[2] + 16, south, east, north), name, (46.0, 14.0, 18.0), (4, 5, 3))

    # -- green, water, roads

    def _green(self, rect: tuple[float, float, float, float], name: tuple[str, str], rank: int = 1) -> None:
        if rect[2] - rect[0] > 8 and rect[3] - rect[1] > 8:
            self._out.features.append(Feature("green", name, rank, paper.quadrangle(_corners(rect))))

    def _lake(self, rect: tuple[float, float, float, float]) -> None:
        u, v = (rect[0] + rect[2]) / 2, (rect[1] + rect[3]) / 2
        oval = shapely.affinity.scale(
            shapely.Point(u, v).buffer(1.0, quad_segs=10), (rect[2] - rect[0]) * 0.36, (rect[3] - rect[1]) * 0.33
        )
        bay = shapely.Point(u + (rect[2] - rect[0]) * 0.2, v + (rect[3] - rect[1]) * 0.2).buffer(
            (rect[3] - rect[1]) * 0.18, quad_segs=8
        )
        self._water(oval.union(bay), tuple(self._town["lake"]))

    def _water(self, shape: Polygon, name: tuple[str, str]) -> None:
        self._out.features.append(Feature("water", name, 1, paper.quadrangle(list(shape.exterior.coords)[:-1])))

    def _nature(self) -> None:
        course = LineString(_smooth([*_RIVER, *_RIVER_EAST]))
        self._water(course.buffer(26, cap_style="flat"), tuple(self._town["river"]))
        for n, corner in enumerate((box(0, 0, COLUMNS[1], ROWS[1]), box(COLUMNS[-2], 0, COLUMNS[-1], ROWS[1]))):
            bank = corner.buffer(-20).intersection(course.buffer(130)).difference(course.buffer(38))
            parts = getattr(bank, "geoms", [bank])
            for part in parts:
                if part.area > 2000:
                    name = tuple(self._town["parks"][0]) if n == 0 else ("", "")
                    ring = list(part.simplify(4).exterior.coords)[:-1]
                    self._out.features.append(Feature("green", name, 1, paper.quadrangle(ring)))
        rail = [(-460.0, ROWS[-1] + 0.0), (NORTH_COLUMNS[-1] + 460.0, ROWS[-1] + 0.0)]
        self._out.features.append(Feature("railway", tuple(self._town["railway"]), 1, paper.line(rail)))
        for road in self._plan.roads:
            ends = [(road.start, road.at), (road.end, road.at)]
            if road.along == "v":
                ends = [(road.at, road.start), (road.at, road.end)]
            points = [(float(u), float(v)) for u, v in ends]
            self._out.features.append(Feature("road", road.name, road.rank, paper.line(points)))


def _is_roomy(rect: tuple[float, float, float, float]) -> bool:
    """Whether a compound fits: what the special grids left over may be a strip."""
    return min(rect[2] - rect[0], rect[3] - rect[1]) > _LEAST


def _largest(shape: Polygon) -> Polygon:
    """The largest rectangle inside a lattice polygon whose sides run along its own edges."""
    xs = sorted({u for u, _v in shape.exterior.coords})
    ys = sorted({v for _u, v in shape.exterior.coords})
    found = shape.envelope
    best = 0.0
    for (a, c), (b, d) in itertools.product(itertools.combinations(xs, 2), itertools.combinations(ys, 2)):
        area = (c - a) * (d - b)
        if area > best and shape.covers(box(a, b, c, d)):
            best, found = area, box(a, b, c, d)
    return found


def _corners(frame: tuple[float, float, float, float]) -> tuple[tuple[float, float], ...]:
    west, south, east, north = frame
    return (west, south), (east, south), (east, north), (west, north)


def _overlaps(a: tuple[float, float, float, float], b: tuple[float, float, float, float]) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def _halves(
    rect: tuple[float, float, float, float],
) -> tuple[tuple[float, float, float, float], tuple[float, float, float, float]]:
    west, south, east, north = rect
    if north - south > east - west:
        middle = (south + north) / 2
        return (west, south, east, middle - 6), (west, middle + 6, east, north)
    middle = (west + east) / 2
    return (west, south, middle - 6, north), (middle + 6, south, east, north)


def _two_thirds(
    rect: tuple[float, float, float, float],
) -> tuple[list[tuple[float, float, float, float]], tuple[float, float, float, float]]:
    west, south, east, north = rect
    cut = south + (north - south) * 0.74
    return [(west, south, east, cut - 6)], (west + 4, cut + 6, west + (east - west) * 0.8, north - 2)


def _smooth(points: list[tuple[float, float]], per_leg: int = 10) -> list[tuple[float, float]]:
    """A Catmull-Rom curve through the points."""
    padded = [points[0], *points, points[-1]]
    curve: list[tuple[float, float]] = []
    for a, b, c, d in zip(padded, padded[1:], padded[2:], padded[3:], strict=False):
        for i in range(per_leg):
            t = i / per_leg
            curve.append(
                (
                    _spline(a[0], b[0], c[0], d[0], t),
                    _spline(a[1], b[1], c[1], d[1], t),
                )
            )
    return [*curve, points[-1]]


def _spline(a: float, b: float, c: float, d: float, t: float) -> float:
    return 0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3)


__all__ = ["LATTICE", "Estate", "Feature", "Ground", "House", "build"]

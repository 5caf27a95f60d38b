"""Whether two reports are one thing: a logistic score over a handful of facts, each of which can be read out.

Plain Python. The coefficients were fitted by `python -m bench.pairs` on made-up pairs of this project (own sentences, random
places and times; no public and no office data), and are the same for every office until it has merged enough of its own.
"""

from __future__ import annotations

import dataclasses
import math
import re
from collections import Counter
from functools import lru_cache
from typing import TYPE_CHECKING

from wangge.domains.cases.learning.texts import spelled

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Sequence

RADIUS_M = 100  # metres; the desk may look further
RADII_M = (15, 50, 100, 200, 500)
DAYS = 30
LIKELY = 0.5  # from here on a pair is shown as probably the same
SURE = 0.8  # from here on pairs make a cluster
MOST_MEMBERS = 20
_METRES_PER_DEGREE = 111_320
_FAR_M = 200.0  # what an unknown distance counts as, in one community
# "186号" alone is a house in a street: a number is a room only with its own word, or behind a house or a staircase.
_ROOM = re.compile(r"(?:单元|号楼|栋|幢|座|#)(\d{3,4})|(\d{3,4})(?:室|房|户)")
_SHARED_WORDS = 3

# Fitted on 54,000 made-up pairs on 2026-11-21; `bench/pairs.py` prints them anew. In log odds.
BIAS = -3.749
COEFFICIENTS: dict[str, float] = {
    "distance": 0.925,  # of -ln(1 + metres / 10)
    "matter": 4.215,
    "text": 6.516,
    "time": 1.782,  # of -ln(1 + days)
    "place": 0.637,
    "room": 3.472,
    "open": 4.100,
}


@dataclasses.dataclass(frozen=True, slots=True)
class Thing:
    """What is known of one report or case. Degrees WGS-84; empty or None where nothing is known."""

    at: dt.datetime
    text: str = ""
    address: str = ""
    lon: float | None = None
    lat: float | None = None
    matter: str = ""
    matter_class: str = ""
    compound: int | None = None
    building: int | None = None
    is_open: bool = True


@dataclasses.dataclass(frozen=True, slots=True)
class Factor:
    """One fact about a pair: what was measured, and by how much it raised (or lowered) the score, in log odds."""

    name: str  # a key of COEFFICIENTS
    value: float
    weight: float
    words: tuple[str, ...] = ()  # of the text: what both say


@dataclasses.dataclass(frozen=True, slots=True)
class Score:
    """How probable it is that two things are one, the distance in metres if it is known, and why."""

    probability: float
    metres: float | None
    factors: tuple[Factor, ...]

    @property
    def percent(self) -> int:
        """The probability in whole per cent, never 0 and never 100."""
        return min(99, max(1, round(self.probability * 100)))


def score(one: Thing, other: Thing, *, confused: Callable[[tuple[str, str]], bool] = lambda _pair: False) -> Score:
    """Compare two things. `confused` knows which matters are often taken for one another. Symmetric."""
    distance = metres_between(one, other)
    values = features(one, other, distance=distance, confused=confused)
    factors = tuple(
        Factor(name, value, COEFFICIENTS[name] * value, shared_words(one.text, other.text) if name == "text" else ())
        for name, value in values.items()
    )
    odds = BIAS + sum(factor.weight for factor in factors)
    return Score(1 / (1 + math.exp(-odds)), distance, factors)


def features(
    one: Thing, other: Thing, *, distance: float | None, confused: Callable[[tuple[str, str]], bool]
) -> dict[str, float]:
    """The facts as numbers, in the order of `COEFFICIENTS`."""
    return {
        "distance": -math.log1p((_FAR_M if distance is None else distance) / 10),
        "matter": _matter(one, other, confused),
        "text": similarity(one.text, other.text),
        "time": -math.log1p(abs((one.at - other.at).total_seconds()) / 86_400),
        "place": _place(one, other),
        "room": _room(one, other),
        "open": 1.0 if one.is_open and other.is_open else 0.0,
    }


def metres_between(one: Thing, other: Thing) -> float | None:
    """The distance in metres, on a plane; None where a position is unknown."""
    if one.lon is None or one.lat is None or other.lon is None or other.lat is None:
        return None
    return metres(one.lon, one.lat, other.lon, other.lat)


def metres(lon: float, lat: float, other_lon: float, other_lat: float) -> float:
    """The distance of two points a few kilometres apart at most."""
    dy = (other_lat - lat) * _METRES_PER_DEGREE
    dx = (other_lon - lon) * _METRES_PER_DEGREE * math.cos(math.radians((lat + other_lat) / 2))
    return math.hypot(dx, dy)


def box(lon: float, lat: float, radius: float) -> tuple[tuple[float, float], tuple[float, float]]:
    """((west, east), (south, north)) of the square round a circle of `radius` metres."""
    dy = radius / _METRES_PER_DEGREE
    dx = dy / max(0.01, math.cos(math.radians(lat)))
    return (lon - dx, lon + dx), (lat - dy, lat + dy)


def _matter(one: Thing, other: Thing, confused: Callable[[tuple[str, str]], bool]) -> float:
    """1 the same matter, 0 another one; between: often confused, the same class, or not yet known."""
    if not one.matter or not other.matter:
        return 0.4
    if one.matter == other.matter:
        return 1.0
    if confused((one.matter, other.matter)):
        return 0.6
    return 0.3 if one.matter_class == other.matter_class else 0.0


def _place(one: Thing, other: Thing) -> float:
    """1 the same building, -1 another one; half of that for the compound; 0 where nothing is known."""
    if one.building and other.building:
        return 1.0 if one.building == other.building else -1.0
    if one.compound and other.compound:
        return 0.5 if one.compound == other.compound else -0.5
    return 0.0


def _room(one: Thing, other: Thing) -> float:
    """1 the same room, -1 another one; 0 where one of them names none, or where the houses differ anyway."""
    rooms, others = _rooms(one), _rooms(other)
    if not rooms or not others or (one.building and other.building and one.building != other.building):
        return 0.0
    return 1.0 if rooms & others else -1.0


def _rooms(thing: Thing) -> set[str]:
    said = f"{thing.address} {thing.text}"
    return {behind or named for behind, named in _ROOM.findall(said)}


@lru_cache(maxsize=4096)
def _bigrams(text: str) -> tuple[Counter[str], float]:
    found: Counter[str] = Counter()
    for run in spelled(text).split():
        found.update(run[i : i + 2] for i in range(max(1, len(run) - 1)))
    return found, math.sqrt(sum(n * n for n in found.values()))


def similarity(one: str, other: str) -> float:
    """Cosine of the character bigrams of two texts: 0 nothing in common, 1 the same words."""
    (mine, length), (theirs, other_length) = _bigrams(one), _bigrams(other)
    if not length or not other_length:
        return 0.0
    small, large = (mine, theirs) if len(mine) <= len(theirs) else (theirs, mine)
    return min(1.0, sum(n * large[gram] for gram, n in small.items() if gram in large) / (length * other_length))


def shared_words(one: str, other: str) -> tuple[str, ...]:
    """The longest stretches of two characters and more that both texts have, longest first."""
    words: list[str] = []
    rest = spelled(other)
    for run in spelled(one).split():
        start = 0
        while start < len(run) - 1:
            end = start + 2
            if run[start:end] not in rest:
                start += 1
                continue
            while end < len(run) and run[start : end + 1] in rest:
                end += 1
            words.append(run[start:end])
            start = end
    return tuple(sorted(dict.fromkeys(words), key=lambda word: -len(word))[:_SHARED_WORDS])


def groups(
    pairs: Sequence[tuple[int, int, float]],
    *,
    apart: frozenset[frozenset[int]] = frozenset(),
    most: int = MOST_MEMBERS,
    least: float = SURE,
) -> list[tuple[int, ...]]:
    """Connected groups of things whose pairs score at least `least`, the surest pairs first, ids ascending.

    No group grows beyond `most`, and none joins two that a person has called different (`apart`).
    """
    group_of: dict[int, set[int]] = {}
    for one, other, likely in sorted(pairs, key=lambda pair: (-pair[2], pair[0], pair[1])):
        if likely < least:
            break
        mine, theirs = group_of.setdefault(one, {one}), group_of.setdefault(other, {other})
        if mine is theirs or len(mine) + len(theirs) > most:
            continue
        if any(frozenset((a, b)) in apart for a in mine for b in theirs):
            continue
        mine |= theirs
        for member in theirs:
            group_of[member] = mine
    return sorted({tuple(sorted(group)) for group in group_of.values() if len(group) > 1})

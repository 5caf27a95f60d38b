"""The datums of Chinese maps, converted at the edge: WGS-84 inside, the others only when spoken to.

GCJ-02 is a deterministic offset of a few hundred metres inside mainland China (published constants of the
Krasovsky 1940 ellipsoid); BD-09 is a further shift of Baidu's. CGCS2000, the national survey datum (GB 22021), agrees
with WGS-84 to some centimetres and is taken as it is. Degrees, (lon, lat).

Nobody writes the datum into a file. `doubt` compares what came in with what is already known: points that all lie
some 540 m (GCJ-02) or 1,300 m (BD-09) off in the same manner were given in another datum than was said.
"""

from __future__ import annotations

import dataclasses
import math
import statistics
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

WGS84, GCJ02, BD09, CGCS2000 = "WGS84", "GCJ02", "BD09", "CGCS2000"
# For the question that every import of positions asks.
CHOICES = (
    (WGS84, _("WGS-84 (GPS receivers)")),
    (CGCS2000, _("CGCS2000 (survey offices, Tianditu)")),
    (GCJ02, _("GCJ-02 (Amap, Tencent, WeChat)")),
    (BD09, _("BD-09 (Baidu)")),
)
_RADIUS_M = 6_371_008.8
_ENOUGH = 3  # known points, before a doubt is raised
_FAR_M, _NEAR_M = 150.0, 60.0
_A, _E2 = 6_378_245.0, 0.00669342162296594323
_X_PI = math.pi * 3000 / 180
_ROUNDS = 6  # each gains about three digits: below a micrometre after four


def _in_china(lon: float, lat: float) -> bool:
    return 72.004 <= lon <= 137.8347 and 0.8293 <= lat <= 55.8271


def _offset(lon: float, lat: float) -> tuple[float, float]:
    x, y = lon - 105, lat - 35
    root = math.sqrt(abs(x))
    waves = (20 * math.sin(6 * math.pi * x) + 20 * math.sin(2 * math.pi * x)) * 2 / 3
    north = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root + waves
    north += (20 * math.sin(math.pi * y) + 40 * math.sin(math.pi / 3 * y)) * 2 / 3
    north += (160 * math.sin(math.pi / 12 * y) + 320 * math.sin(math.pi / 30 * y)) * 2 / 3
    east = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root + waves
    east += (20 * math.sin(math.pi * x) + 40 * math.sin(math.pi / 3 * x)) * 2 / 3
    east += (150 * math.sin(math.pi / 12 * x) + 300 * math.sin(math.pi / 30 * x)) * 2 / 3
    radians = math.radians(lat)
    magic = 1 - _E2 * math.sin(radians) ** 2
    degrees_lat = north * 180 / ((_A * (1 - _E2)) / (magic * math.sqrt(magic)) * math.pi)
    degrees_lon = east * 180 / (_A / math.sqrt(magic) * math.cos(radians) * math.pi)
    return degrees_lon, degrees_lat


def wgs_to_gcj(lon: float, lat: float) -> tuple[float, float]:
    """WGS-84 → GCJ-02; outside mainland China's box nothing changes."""
    if not _in_china(lon, lat):
        return lon, lat
    east, north = _offset(lon, lat)
    return lon + east, lat + north


def gcj_to_bd(lon: float, lat: float) -> tuple[float, float]:
    """GCJ-02 → BD-09."""
    z = math.hypot(lon, lat) + 0.00002 * math.sin(lat * _X_PI)
    theta = math.atan2(lat, lon) + 0.000003 * math.cos(lon * _X_PI)
    return z * math.cos(theta) + 0.0065, z * math.sin(theta) + 0.006


def wgs_to_bd(lon: float, lat: float) -> tuple[float, float]:
    """WGS-84 → BD-09."""
    return gcj_to_bd(*wgs_to_gcj(lon, lat)) if _in_china(lon, lat) else (lon, lat)


def to_wgs(lon: float, lat: float, crs: str) -> tuple[float, float]:
    """A position given in `crs` as WGS-84, exact to well below a millimetre. `ValueError` for an unknown datum."""
    forward: Callable[[float, float], tuple[float, float]]
    if crs in {WGS84, CGCS2000}:
        return lon, lat
    if crs in {GCJ02, BD09} and not _in_china(lon, lat):
        return lon, lat
    if crs == GCJ02:
        forward = wgs_to_gcj
    elif crs == BD09:
        forward = wgs_to_bd
    else:
        raise ValueError(crs)
    guess_lon, guess_lat = lon, lat
    for _round in range(_ROUNDS):
        there_lon, there_lat = forward(guess_lon, guess_lat)
        guess_lon, guess_lat = guess_lon + lon - there_lon, guess_lat + lat - there_lat
    return guess_lon, guess_lat


def from_wgs(lon: float, lat: float, crs: str) -> tuple[float, float]:
    """A WGS-84 position in `crs`. `ValueError` for an unknown datum."""
    if crs in {WGS84, CGCS2000}:
        return lon, lat
    if crs not in {GCJ02, BD09}:
        raise ValueError(crs)
    return wgs_to_gcj(lon, lat) if crs == GCJ02 else wgs_to_bd(lon, lat)


def shape_to_wgs(geometry: dict[str, Any], crs: str) -> dict[str, Any]:
    """A GeoJSON geometry given in `crs` as WGS-84, rounded to about a centimetre. `ValueError` for an unknown datum."""

    def walk(part: Any) -> Any:
        if part and isinstance(part[0], int | float):
            lon, lat = to_wgs(part[0], part[1], crs)
            return [round(lon, 7), round(lat, 7)]
        return [walk(inner) for inner in part]

    return geometry | {"coordinates": walk(geometry["coordinates"])}


def metres(one: tuple[float, float], other: tuple[float, float]) -> float:
    """Great-circle distance of two positions in metres, on the mean sphere."""
    lon1, lat1, lon2, lat2 = (math.radians(value) for value in (*one, *other))
    half = math.sin((lat2 - lat1) / 2) ** 2 + math.cos(lat1) * math.cos(lat2) * math.sin((lon2 - lon1) / 2) ** 2
    return 2 * _RADIUS_M * math.asin(math.sqrt(min(1.0, half)))


@dataclasses.dataclass(frozen=True, slots=True)
class Doubt:
    """Positions that fit what is known better in another datum: median distances in metres as said, and as `likely`."""

    likely: str
    as_said_m: float
    as_likely_m: float


def doubt(pairs: Sequence[tuple[tuple[float, float], tuple[float, float]]], crs: str) -> Doubt | None:
    """Ask "moved 540 m?": `pairs` are (position as given, position known in WGS-84) of the same things.

    None when they fit, when too few are known, or when no other datum explains the distance.
    """
    if len(pairs) < _ENOUGH:
        return None

    def off(datum: str) -> float:
        return statistics.median(metres(to_wgs(*given, datum), known) for given, known in pairs)

    as_said = off(crs)
    if as_said < _FAR_M:
        return None
    best, likely = min((off(datum), datum) for datum in (WGS84, GCJ02, BD09) if datum != crs)
    return Doubt(likely, as_said, best) if best <= _NEAR_M else None

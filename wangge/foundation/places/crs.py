"""The three datums of Chinese maps, converted at the edge: WGS-84 inside, GCJ-02 and BD-09 only when spoken to.

GCJ-02 is a deterministic offset of a few hundred metres inside mainland China (published constants of the
Krasovsky 1940 ellipsoid); BD-09 is a further shift of Baidu's. Degrees, (lon, lat).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

WGS84, GCJ02, BD09 = "WGS84", "GCJ02", "BD09"
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
    if crs == WGS84 or not _in_china(lon, lat):
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

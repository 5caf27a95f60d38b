"""The three datums: known offsets, exact inverses."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wangge.foundation.places import crs

HERE = (115.4, 35.2)
NATIONAL = {crs.GCJ02: crs.wgs_to_gcj, crs.BD09: crs.wgs_to_bd}


def metres(one: tuple[float, float], other: tuple[float, float]) -> float:
    """Great-circle distance."""
    lon1, lat1, lon2, lat2 = (math.radians(value) for value in (*one, *other))
    half = math.sin((lat2 - lat1) / 2) ** 2 + math.cos(lat1) * math.cos(lat2) * math.sin((lon2 - lon1) / 2) ** 2
    return 2 * 6_371_008.8 * math.asin(math.sqrt(half))


@pytest.mark.parametrize(("datum", "offset"), [(crs.GCJ02, 544), (crs.BD09, 1307)])
def test_known_offsets(datum, offset):
    assert metres(HERE, NATIONAL[datum](*HERE)) == pytest.approx(offset, rel=0.01)


@given(
    st.floats(74, 134),
    st.floats(4, 53),
    st.sampled_from(sorted(NATIONAL)),
)
def test_there_and_back_is_exact_to_a_millimetre(lon, lat, datum):
    assert metres((lon, lat), crs.to_wgs(*NATIONAL[datum](lon, lat), datum)) < 0.001


@pytest.mark.parametrize("point", [(0.0, 0.0), (-0.12, 51.5), (151.2, -33.9), (180.0, 90.0)])
def test_abroad_nothing_changes(point):
    for datum, forward in NATIONAL.items():
        assert forward(*point) == point
        assert crs.to_wgs(*point, datum) == point


def test_wgs84_is_left_alone():
    assert crs.to_wgs(*HERE, crs.WGS84) == HERE


def test_an_unknown_datum():
    with pytest.raises(ValueError, match="UTM"):
        crs.to_wgs(*HERE, "UTM")

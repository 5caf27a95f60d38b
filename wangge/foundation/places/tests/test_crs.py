"""The datums: known offsets, exact inverses."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wangge.foundation.places import crs
from wangge.foundation.places.crs import metres

HERE = (115.4, 35.2)
NATIONAL = {crs.GCJ02: crs.wgs_to_gcj, crs.BD09: crs.wgs_to_bd}


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


@pytest.mark.parametrize("datum", [crs.WGS84, crs.CGCS2000])
def test_what_is_left_alone(datum):
    assert crs.to_wgs(*HERE, datum) == HERE


def test_a_whole_shape():
    ring = [[115.4, 35.2], [115.41, 35.2], [115.41, 35.21], [115.4, 35.2]]
    given = {"type": "Polygon", "coordinates": [[list(crs.wgs_to_gcj(*point)) for point in ring]]}
    there = crs.shape_to_wgs(given, crs.GCJ02)
    assert there == {"type": "Polygon", "coordinates": [ring]}
    assert given["coordinates"][0][0] != ring[0]  # what was given is not touched
    with pytest.raises(ValueError, match="UTM"):
        crs.shape_to_wgs(given, "UTM")


class TestDoubt:
    KNOWN = ((115.40, 35.20), (115.41, 35.21), (115.42, 35.19), (115.43, 35.20))

    def pairs(self, forward, known=KNOWN):
        return [(forward(*point), point) for point in known]

    @pytest.mark.parametrize(("datum", "off"), [(crs.GCJ02, 544), (crs.BD09, 1307)])
    def test_moved_by_another_datum(self, datum, off):
        found = crs.doubt(self.pairs(NATIONAL[datum]), crs.WGS84)
        assert found is not None
        assert found.likely == datum
        assert found.as_said_m == pytest.approx(off, rel=0.02)
        assert found.as_likely_m < 0.001

    def test_said_to_be_baidus_but_from_a_receiver(self):
        found = crs.doubt(self.pairs(lambda lon, lat: (lon, lat)), crs.BD09)
        assert (found.likely, round(found.as_likely_m)) == (crs.WGS84, 0)

    @pytest.mark.parametrize("datum", sorted(NATIONAL))
    def test_said_rightly(self, datum):
        assert crs.doubt(self.pairs(NATIONAL[datum]), datum) is None

    def test_no_doubt_from_two_points(self):
        assert crs.doubt(self.pairs(crs.wgs_to_gcj, self.KNOWN[:2]), crs.WGS84) is None

    def test_far_off_for_another_reason(self):
        assert crs.doubt(self.pairs(lambda lon, lat: (lon + 0.02, lat)), crs.WGS84) is None


def test_an_unknown_datum():
    with pytest.raises(ValueError, match="UTM"):
        crs.to_wgs(*HERE, "UTM")
    with pytest.raises(ValueError, match="UTM"):
        crs.to_wgs(0.0, 0.0, "UTM")

"""Our geodesic against that of GeographicLib in PROJ."""

from __future__ import annotations

import math

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from xiangtu.geo import geodesic

pyproj = pytest.importorskip("pyproj")
#: The ellipsoid of CGCS2000.
GEOD = pyproj.Geod(a=6378137.0, rf=298.257222101)


def turned(one: float, other: float) -> float:
    """Degrees between two bearings."""
    return abs((one - other + 180) % 360 - 180)


@settings(max_examples=500, deadline=None)
@given(st.floats(-180, 180), st.floats(-89, 89), st.floats(0, 360), st.floats(0, 50_000))
@example(179.9999, 45.0, 90.0, 5000.0)  # across the date line
@example(110.0, 0.0, 90.0, 20_000.0)  # along the equator
def test_agrees_with_proj_up_to_50_km(
    longitude: float, latitude: float, bearing: float, distance: float
) -> None:
    there = GEOD.fwd(longitude, latitude, bearing, distance)[:2]
    assume(abs(there[1]) < 89.5)
    forward, _, metres = GEOD.inv(longitude, latitude, *there)
    found_m, found_deg = geodesic.inverse(longitude, latitude, *there)
    assert found_m == pytest.approx(metres, abs=1e-4)
    # A direction is as good as a tenth of a millimetre lets it be told.
    if metres > 1e-3:
        assert turned(found_deg, forward) <= math.degrees(1e-4 / metres)
    assert 0 <= found_deg < 360


@settings(max_examples=200, deadline=None)
@given(st.floats(-180, 180), st.floats(-85, 85), st.floats(-180, 180), st.floats(-85, 85))
def test_agrees_with_proj_over_the_earth(a: float, b: float, c: float, d: float) -> None:
    forward, _, metres = GEOD.inv(a, b, c, d)
    assume(metres < 19_500_000)
    found_m, found_deg = geodesic.inverse(a, b, c, d)
    assert found_m == pytest.approx(metres, abs=2e-3)
    if metres > 1:
        assert turned(found_deg, forward) < 1e-4


def test_one_place_is_nowhere_away_and_the_other_side_of_the_earth_ends() -> None:
    assert geodesic.inverse(116.5, 35.4, 116.5, 35.4) == (0.0, 0.0)
    assert geodesic.inverse(180.0, 35.4, -180.0, 35.4)[0] < 1e-6
    opposite_m, _ = geodesic.inverse(116.5, 35.4, -63.5, -35.4)
    assert 19_900_000 < opposite_m < 20_100_000

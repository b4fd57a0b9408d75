"""Web Mercator against PROJ."""

from __future__ import annotations

import math

import numpy as np
import pyproj
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from xiangtu.geo import web_mercator

PROJ = pyproj.Transformer.from_crs(4326, 3857, always_xy=True)
longitudes = st.floats(-180, 180)
latitudes = st.floats(-85.05, 85.05)


@given(st.lists(st.tuples(longitudes, latitudes), min_size=2, max_size=30))
def test_positions_lie_where_proj_puts_them_and_come_back(positions: list) -> None:
    longitude, latitude = np.array(positions).T
    x, y = web_mercator.forward(longitude, latitude)
    expected = PROJ.transform(longitude, latitude)
    assert np.allclose(x, expected[0], rtol=0, atol=1e-6)
    assert np.allclose(y, expected[1], rtol=0, atol=1e-6)
    back = web_mercator.inverse(x, y)
    assert np.allclose(back, (longitude, latitude), rtol=0, atol=1e-11)


def test_the_square_ends_before_the_poles() -> None:
    _, y = web_mercator.forward([0, 0, np.nan], [90, -90, 0])
    assert y[:2] == pytest.approx([web_mercator.HALF_M, -web_mercator.HALF_M])
    x, _ = web_mercator.forward(np.nan, 10)
    assert np.isnan(x)


@pytest.mark.parametrize("latitude", [-70.0, 0.0, 25.4, 53.5])
def test_the_stretch_is_that_of_a_length_on_the_ground(latitude: float) -> None:
    geod = pyproj.Geod(ellps="GRS80")
    ways = []
    for azimuth in (0, 90):
        longitude, end, _ = geod.fwd(0, latitude, azimuth, 100)
        x, y = PROJ.transform(longitude, end)
        x0, y0 = PROJ.transform(0, latitude)
        ways.append(np.hypot(x - x0, y - y0) / 100)
    assert web_mercator.stretch(latitude) == pytest.approx(np.mean(ways), rel=1e-4)


@given(
    st.floats(-179, 178), st.floats(-80, 79), st.floats(0.001, 1), st.floats(0.001, 1),
    st.integers(0, 16),
)  # fmt: skip
def test_tiles_over_a_rectangle_are_those_that_its_places_lie_in(west, south, width, height, zoom):
    def tile(longitude: float, latitude: float) -> tuple[int, int]:
        # The formulas everybody cuts tiles by (OpenStreetMap, slippy map tilenames).
        turned = math.asinh(math.tan(math.radians(latitude)))
        places = (longitude + 180) / 360 * 2**zoom, (1 - turned / math.pi) / 2 * 2**zoom
        # On which side of a tile's edge rounding puts a place is nobody's matter.
        assume(all(abs(place - round(place)) > 1e-7 for place in places))
        return math.floor(places[0]), math.floor(places[1])

    (left, bottom), (right, top) = tile(west, south), tile(west + width, south + height)
    found = web_mercator.tiles_over(west, south, west + width, south + height, zoom)
    assert found == (right - left + 1) * (bottom - top + 1)

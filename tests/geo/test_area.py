"""Areas against PROJ's geodesics, and sums that a reader can add up."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from xiangtu.errors import BadInput
from xiangtu.geo import area, gauss_kruger


def placed(offset_deg: float, latitude_deg: float, size_m: float) -> shapely.Polygon:
    """A slanted square in zone 4548, at that distance from its central meridian 117°."""
    east, north = gauss_kruger.forward(117 + offset_deg, latitude_deg, 4548)
    around = np.array([[0, 0.3], [0.7, 0], [1, 0.7], [0.3, 1]]) * size_m
    return shapely.Polygon(around + np.array([east, north]))


@pytest.mark.parametrize("size_m", [100, 1000, 10_000])
@pytest.mark.parametrize("latitude", [3, 35.4, 53])
@pytest.mark.parametrize("offset", [-1.6, 0, 1.5])
def test_ellipsoidal_area_is_that_of_the_geodesics(offset, latitude, size_m):
    pyproj = pytest.importorskip("pyproj")
    parcel = placed(offset, latitude, size_m)
    (ours,) = area.ellipsoidal_area_m2([parcel], 4548)
    dense = shapely.get_coordinates(shapely.segmentize(parcel, 50))
    geod = pyproj.Geod(a=6378137, rf=298.257222101)
    theirs, _ = geod.polygon_area_perimeter(*gauss_kruger.inverse(*dense.T, 4548))
    # The geodesic sum itself is good to some thousandths of a square metre.
    assert ours == pytest.approx(abs(theirs), rel=1e-9, abs=0.005)


def test_plane_area_is_larger_by_what_the_projection_stretches():
    parcel = placed(1.5, 35.4, 200)
    ratio = area.plane_area_m2([parcel])[0] / area.ellipsoidal_area_m2([parcel], 4548)[0]
    assert (ratio - 1) * 1e6 == pytest.approx(458, abs=4)
    small = placed(0, 35.4, 5)
    on_ellipsoid = area.ellipsoidal_area_m2([small], 4548)[0]
    assert on_ellipsoid == pytest.approx(small.area, abs=1e-6)


def test_a_prefix_does_not_change_the_area():
    parcel = placed(0.7, 30, 80)
    prefixed = shapely.transform(parcel, lambda xy: xy + np.array([39e6, 0]))
    assert area.ellipsoidal_area_m2([prefixed], 4527) == pytest.approx(
        area.ellipsoidal_area_m2([parcel], 4548), rel=1e-7
    )


def test_holes_and_parts_count_whatever_way_they_run():
    outer, hole, other = placed(0, 35, 90), placed(0, 35, 10), placed(0.01, 35, 40)
    hole = shapely.transform(hole, lambda xy: xy + 30)
    ring = shapely.difference(outer, hole)
    both = shapely.multipolygons([ring.reverse(), other])
    single = area.ellipsoidal_area_m2([outer, hole, other, both, None], 4548)
    assert single[3] == pytest.approx(single[0] - single[1] + single[2], abs=1e-6)
    assert np.isnan(single[4])
    assert area.plane_area_m2([both, None])[0] == pytest.approx(ring.area + other.area)
    assert area.ellipsoidal_area_m2([], 4548).shape == (0,)


def test_ellipsoidal_area_needs_one_of_our_zones():
    with pytest.raises(BadInput, match=r"zone\.not_cgcs2000"):
        area.ellipsoidal_area_m2([shapely.box(0, 0, 1, 1)], 32733)


@pytest.mark.parametrize(
    ("m2", "rounded", "mu"),
    [
        (666.67, "666.67", "1.00"),
        (0.125, "0.13", "0.00"),
        (2.675, "2.68", "0.00"),
        (1003.33, "1003.33", "1.50"),
        (3.33, "3.33", "0.00"),
        (3.334, "3.33", "0.00"),
        (3.335, "3.34", "0.01"),
        (10000, "10000.00", "15.00"),
    ],
)
def test_mu_follows_the_rounded_square_metres(m2, rounded, mu):
    assert area.rounded_m2(m2) == Decimal(rounded)
    assert str(area.mu(m2)) == mu
    assert str(area.mu(area.rounded_m2(m2))) == mu


def test_balanced_parts_add_up():
    thirds = [Decimal(1) / 3] * 3
    assert [str(p) for p in area.balance(thirds, 1, 2)] == ["0.34", "0.33", "0.33"]
    with pytest.raises(ValueError, match="add up"):
        area.balance([1.0, 2.0], 4, 2)


@given(st.lists(st.integers(0, 10**9), min_size=1, max_size=30), st.integers(0, 4))
def test_no_balanced_part_moves_by_a_whole_unit(units, decimals):
    parts = [Decimal(each) / 100_000 for each in units]
    balanced = area.balance(parts, sum(parts), decimals)
    unit = Decimal(1).scaleb(-decimals)
    assert abs(sum(balanced) - sum(parts)) <= unit / 2
    assert all(abs(a - b) < unit for a, b in zip(balanced, parts, strict=True))

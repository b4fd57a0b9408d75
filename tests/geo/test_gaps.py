"""Gaps between outlines, against what their union encloses."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from xiangtu.geo.gaps import gaps
from xiangtu.geo.topology import made_valid


def test_gaps_are_what_parcels_enclose_together():
    around = [
        shapely.box(0, 0, 30, 10),
        shapely.box(0, 20, 30, 30),
        shapely.box(0, 10, 10, 20),
        shapely.box(20, 10, 30, 20),
    ]
    (gap,) = gaps(np.array(around))
    assert gap.equals(shapely.box(10, 10, 20, 20))
    assert len(gaps(np.array(around[:3]))) == 0
    assert len(gaps(np.array([*around, shapely.box(10, 10, 20, 20)]))) == 0
    (left,) = gaps(np.array([*around, shapely.box(12, 12, 14, 14)]))
    assert left.area == 96


def enclosed_by_union(geoms: np.ndarray) -> float:
    """Area that the boundary of the union encloses outside of the union, be it a hole of one
    part or between two parts that touch at points."""
    union = shapely.union_all(made_valid(geoms))
    noded = shapely.get_parts(shapely.union_all(shapely.get_parts(union.boundary)))
    faces = shapely.get_parts(shapely.polygonize(noded))
    return shapely.union_all(faces).area - union.area


cell = st.tuples(st.integers(0, 5), st.integers(0, 5), st.integers(1, 4), st.integers(1, 4)).map(
    lambda b: shapely.box(b[0], b[1], b[0] + b[2], b[1] + b[3])
)
# Halves of squares: their edges cross where floating point is exact, so that what merely touches
# at a point does so for both ways of reckoning.
half = st.tuples(st.integers(0, 5), st.integers(0, 5), st.integers(1, 4), st.integers(0, 3)).map(
    lambda b: shapely.Polygon(
        np.delete(shapely.get_coordinates(shapely.box(0, 0, b[2], b[2]))[:4], b[3], axis=0) + b[:2]
    )
)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.one_of(cell, half), max_size=14))
def test_they_are_what_the_union_encloses(shapes):
    geoms = np.array([*shapes, None], dtype=object)
    found = gaps(geoms)
    assert float(np.sum(shapely.area(found))) == pytest.approx(enclosed_by_union(geoms), abs=1e-6)
    inside = shapely.intersection(shapely.union_all(found), shapely.union_all(made_valid(geoms)))
    assert shapely.area(inside) == pytest.approx(0, abs=1e-6)

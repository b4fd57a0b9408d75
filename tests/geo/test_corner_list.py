"""Corners as a plan lists them."""

from __future__ import annotations

import math

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from shapely import affinity
from xiangtu.geo.corner_list import corner_list

SQUARE = shapely.Polygon([(0, 0), (40, 0), (40, 30), (0, 30)])


def test_numbers_run_clockwise_from_the_north_west() -> None:
    listed = corner_list(SQUARE)
    assert [(each.name, each.easting_m, each.northing_m) for each in listed] == [
        ("J1", 0, 30), ("J2", 40, 30), ("J3", 40, 0), ("J4", 0, 0),
    ]  # fmt: skip
    assert [each.side_m for each in listed] == [40, 30, 40, 30]
    assert [each.next_name for each in listed] == ["J2", "J3", "J4", "J1"]


def test_holes_and_parts_go_on_counting_and_close_in_themselves() -> None:
    yard = shapely.Polygon(SQUARE.exterior, [[(10, 10), (20, 10), (20, 20), (10, 20)]])
    listed = corner_list(shapely.MultiPolygon([yard, affinity.translate(SQUARE, 100, 0)]))
    assert [each.name for each in listed] == [f"J{number}" for number in range(1, 13)]
    assert {each.name: each.next_name for each in listed}["J8"] == "J5"
    hole = [(each.easting_m, each.northing_m) for each in listed if each.side_m == 10]
    assert shapely.is_ccw(shapely.LinearRing(hole))


def test_a_surveyed_point_keeps_its_number() -> None:
    points = [("J3", 0.02, 30.02), ("K7", 40.0, 0.04), ("J9", 40.2, 30.0), ("", 0.0, 0.0)]
    names = [each.name for each in corner_list(SQUARE, points)]
    assert names == ["J3", "J1", "K7", "J2"]


@given(st.integers(3, 40), st.integers(0, 39), st.booleans(), st.floats(0.5, 200))
def test_wherever_the_ring_begins_and_however_it_runs_the_list_is_the_same(
    count: int, first: int, backwards: bool, radius: float
) -> None:
    turns = np.linspace(0, 2 * math.pi, count, endpoint=False) + 0.1
    around = radius * np.column_stack([np.cos(turns), np.sin(turns)]) + (500_000, 3_900_000)
    other = np.roll(around, first, axis=0)
    shape = shapely.Polygon(around)
    again = shapely.Polygon(other[::-1] if backwards else other)
    assert corner_list(shape) == corner_list(again)
    sides = math.fsum(each.side_m for each in corner_list(shape))
    assert sides == pytest.approx(shape.length, abs=1e-6)

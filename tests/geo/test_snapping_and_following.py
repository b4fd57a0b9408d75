"""Places put onto corners and edges, edges followed around a ring, and what an outline lacks."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from shapely import LineString, MultiPolygon, Point, Polygon, box
from xiangtu.geo import ring_path
from xiangtu.geo.outline_fault import outline_fault
from xiangtu.geo.snapping import Targets

#: Such as parcels have: not whole numbers of anything.
WEST = Polygon([(0.1, 0.2), (50.3, 0.7), (50.1, 49.9), (0.4, 50.2)])
EAST = Polygon([(50.3, 0.7), (99.7, 1.1), (99.3, 50.6), (50.1, 49.9)])
ROAD = LineString([(-20, 60.3), (120.7, 61.9)])
coordinate = st.floats(-30, 130)


@given(coordinate, coordinate, st.floats(0.01, 5))
def test_a_place_goes_to_a_corner_else_to_an_edge_else_nowhere(
    x: float, y: float, within_m: float
) -> None:
    shapes = [WEST, EAST, ROAD]
    here = Point(x, y)
    corners = np.array([at for each in (WEST.exterior, EAST.exterior, ROAD) for at in each.coords])
    to_corner = np.hypot(*(corners - (x, y)).T).min()
    to_edge = min(here.distance(each) for each in (WEST.exterior, EAST.exterior, ROAD))
    found = Targets(shapes).nearest(x, y, within_m)
    if to_corner <= within_m:
        assert found is not None and found.on == "corner"
        assert (found.x, found.y) in {tuple(each) for each in corners.tolist()}, "to the last bit"
        assert (found.x, found.y) in shapely.get_coordinates(shapes[found.target])
    elif to_edge <= within_m:
        assert found is not None and found.on == "edge"
        assert here.distance(Point(found.x, found.y)) == pytest.approx(to_edge, abs=1e-9)
        assert shapes[found.target].boundary.distance(Point(found.x, found.y)) < 1e-9 or (
            ROAD.distance(Point(found.x, found.y)) < 1e-9
        )
    else:
        assert found is None


def test_an_edge_within_an_area_is_no_target_and_nothing_has_none() -> None:
    assert Targets([WEST]).nearest(25, 25, 5) is None
    assert Targets([]).nearest(0, 0, 100) is None
    of_two = Targets([MultiPolygon([WEST, box(200, 0, 210, 10)])]).nearest(205, 0.1, 0.5)
    assert of_two is not None and (of_two.on, of_two.target) == ("edge", 0)


@st.composite
def rings(draw: st.DrawFn) -> tuple[np.ndarray, int, int]:
    """Corners around a place in order, and two of them."""
    count = draw(st.integers(3, 12))
    away = np.array(draw(st.lists(st.floats(5, 50), min_size=count, max_size=count)))
    turn = 2 * np.pi * np.arange(count) / count
    ring = np.column_stack([away * np.cos(turn), away * np.sin(turn)])
    return ring, draw(st.integers(0, count - 1)), draw(st.integers(0, count - 1))


def length(corners: np.ndarray) -> float:
    return float(np.hypot(*np.diff(corners, axis=0).T).sum())


@given(rings())
def test_both_ways_around_a_ring_are_the_whole_ring(made: tuple[np.ndarray, int, int]) -> None:
    ring, start, end = made
    one = ring_path.between(ring, start, end)
    other = ring_path.between(ring, start, end, other_way=True)
    for way in (one, other):
        assert (way[0] == ring[start]).all() and (way[-1] == ring[end]).all()
        assert {tuple(each) for each in way.tolist()} <= {tuple(each) for each in ring.tolist()}
    assert length(one) <= length(other)
    around = length(np.concatenate([ring, ring[:1]]))
    assert length(one) + length(other) == pytest.approx(around)
    back = ring_path.between(ring, end, start)
    assert length(back) == pytest.approx(length(one)), "as short from the other end"


def ring(*corners: tuple[float, float]) -> np.ndarray:
    return np.array(corners, float)


SQUARE = ring((0, 0), (10, 0), (10, 10), (0, 10))


@pytest.mark.parametrize(
    ("drawn", "kind", "place", "sides"),
    [
        ([ring((0, 0), (10, 10), (10, 0), (0, 10))], "crosses", (5, 5), {(0, 0), (0, 2)}),
        ([SQUARE, ring((20, 20), (22, 20), (22, 22))], "hole_outside", None, None),
        ([SQUARE, ring((5, 5), (15, 5), (5, 8))], "crosses", None, None),
        (
            [SQUARE, ring((2, 2), (8, 2), (8, 8), (2, 8)), ring((3, 3), (4, 3), (4, 4))],
            "holes", None, None,
        ),
        ([SQUARE, ring((0, 5), (5, 0), (10, 5), (5, 10))], "falls_apart", None, None),
        (
            [ring((0, 0), (10, 0), (10, 10), (5, 0), (0, 10))],
            "touches", (5, 0), {(0, 0), (0, 2), (0, 3)},
        ),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named_and_where(
    drawn: list[np.ndarray], kind: str, place: tuple | None, sides: set | None
) -> None:
    fault = outline_fault(drawn)
    assert fault is not None and fault.kind == kind
    if place is not None:
        assert (fault.x, fault.y) == pytest.approx(place) and set(fault.sides) == sides


def test_a_sound_outline_has_no_fault() -> None:
    assert outline_fault([SQUARE, ring((2, 2), (8, 2), (8, 8), (2, 8))]) is None

"""One outline out of several that moved different corners of the same one."""

from __future__ import annotations

import itertools

import numpy as np
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from xiangtu.merge.outlines import Reshaping, combine
from xiangtu.merge.resolve import same_shape

TOLERANCE_M = 0.001
#: Away from the origin, as coordinates in a county's zone are.
EAST, NORTH = 500_000.0, 3_900_000.0


def polygon(*corners: tuple[float, float], holes=()) -> shapely.MultiPolygon:
    """A polygon from corners in metres."""
    return shapely.multipolygons([one_polygon(*corners, holes=holes)])


def one_polygon(*corners: tuple[float, float], holes=()) -> shapely.Polygon:
    return shapely.Polygon(
        [(EAST + x, NORTH + y) for x, y in corners],
        [[(EAST + x, NORTH + y) for x, y in hole] for hole in holes],
    )


def lines(*paths) -> shapely.MultiLineString:
    return shapely.MultiLineString([[(EAST + x, NORTH + y) for x, y in path] for path in paths])


def same(one, other) -> bool:
    return one is not None and same_shape(one, other, TOLERANCE_M)


SQUARE = polygon((0, 0), (40, 0), (40, 40), (0, 40))


def test_two_sides_that_moved_different_corners_are_combined():
    one = polygon((0, 0), (45, -1), (40, 40), (0, 40))
    other = polygon((0, 0), (40, 0), (40, 40), (-3, 42))
    wanted = polygon((0, 0), (45, -1), (40, 40), (-3, 42))
    assert same(combine(SQUARE, [one, other], TOLERANCE_M), wanted)


def test_corners_next_to_each_other_may_be_moved_by_two_sides():
    one = polygon((0, 0), (45, -1), (40, 40), (0, 40))
    other = polygon((0, 0), (40, 0), (44, 44), (0, 40))
    wanted = polygon((0, 0), (45, -1), (44, 44), (0, 40))
    assert same(combine(SQUARE, [one, other], TOLERANCE_M), wanted)


def test_where_a_ring_begins_and_which_way_it_runs_does_not_matter():
    one = polygon((40, 40), (45, -1), (0, 0), (0, 40))
    other = polygon((-3, 42), (0, 0), (40, 0), (40, 40))
    wanted = polygon((0, 0), (45, -1), (40, 40), (-3, 42))
    assert same(combine(SQUARE, [one, other], TOLERANCE_M), wanted)


def test_one_corner_moved_differently_cannot_be_combined():
    one = polygon((0, 0), (45, -1), (40, 40), (0, 40))
    other = polygon((0, 0), (46, -1), (40, 40), (0, 40))
    assert combine(SQUARE, [one, other], TOLERANCE_M) is None


def test_one_corner_moved_alike_by_both_is_moved_once():
    one = polygon((0, 0), (45, -1), (40, 40), (0, 40))
    other = polygon((0, 0), (45.0005, -1), (44, 44), (0, 40))
    wanted = polygon((0, 0), (45, -1), (44, 44), (0, 40))
    assert same(combine(SQUARE, [one, other], TOLERANCE_M), wanted)


def test_a_corner_put_in_and_a_corner_moved_are_both_kept():
    one = polygon((0, 0), (20, -5), (40, 0), (40, 40), (0, 40))
    other = polygon((0, 0), (40, 0), (44, 44), (0, 40))
    wanted = polygon((0, 0), (20, -5), (40, 0), (44, 44), (0, 40))
    assert same(combine(SQUARE, [one, other], TOLERANCE_M), wanted)


def test_different_corners_put_between_the_same_two_cannot_be_combined():
    one = polygon((0, 0), (20, -5), (40, 0), (40, 40), (0, 40))
    other = polygon((0, 0), (25, 5), (40, 0), (40, 40), (0, 40))
    assert combine(SQUARE, [one, other], TOLERANCE_M) is None


def test_a_corner_moved_and_another_put_in_beside_it_keep_that_edge_to_one_side():
    one = polygon((0, 0), (45, -1), (44, 20), (40, 40), (0, 40))
    other = polygon((0, 0), (40, 0), (38, 30), (40, 40), (0, 40))
    assert combine(SQUARE, [one, other], TOLERANCE_M) is None


def test_corners_taken_out_by_two_sides_are_both_gone():
    base = polygon((0, 0), (20, -5), (40, 0), (45, 20), (40, 40), (0, 40))
    one = polygon((0, 0), (40, 0), (45, 20), (40, 40), (0, 40))
    other = polygon((0, 0), (20, -5), (40, 0), (40, 40), (0, 40))
    assert same(combine(base, [one, other], TOLERANCE_M), SQUARE)


def test_a_corner_taken_out_by_one_and_moved_by_the_other_cannot_be_combined():
    base = polygon((0, 0), (20, -5), (40, 0), (40, 40), (0, 40))
    other = polygon((0, 0), (22, -6), (40, 0), (40, 40), (0, 40))
    assert combine(base, [SQUARE, other], TOLERANCE_M) is None


def test_an_outcome_that_crosses_itself_is_no_proposal():
    base = polygon((0, 0), (50, 0), (100, 0), (100, 10), (50, 10), (0, 10))
    one = polygon((0, 0), (50, 8), (100, 0), (100, 10), (50, 10), (0, 10))
    other = polygon((0, 0), (50, 0), (100, 0), (100, 10), (50, 4), (0, 10))
    assert shapely.is_valid(one) and shapely.is_valid(other)
    assert combine(base, [one, other], TOLERANCE_M) is None


def test_an_outcome_turned_inside_out_is_no_proposal():
    one = polygon((0, 0), (15, 30), (40, 40), (0, 40))
    other = polygon((0, 0), (40, 0), (40, 40), (30, 5))
    assert shapely.is_valid(one) and shapely.is_valid(other)
    assert combine(SQUARE, [one, other], TOLERANCE_M) is None


def test_an_outcome_that_lost_most_of_the_area_is_no_proposal():
    base = polygon((0, 0), (100, 0), (100, 10), (0, 10))
    one = polygon((60, 0), (100, 0), (100, 10), (60, 10))
    other = polygon((0, 0), (70, 0), (70, 10), (0, 10))
    assert shapely.is_valid(one) and shapely.is_valid(other)
    assert combine(base, [one, other], TOLERANCE_M) is None


def test_a_hole_put_in_by_one_and_a_corner_moved_by_the_other_are_both_kept():
    hole = [(10, 10), (20, 10), (20, 20), (10, 20)]
    corners = ((0, 0), (40, 0), (40, 40), (0, 40))
    one = polygon(*corners, holes=[hole])
    other = polygon((0, 0), (40, 0), (44, 44), (0, 40))
    wanted = polygon((0, 0), (40, 0), (44, 44), (0, 40), holes=[hole])
    assert same(combine(SQUARE, [one, other], TOLERANCE_M), wanted)
    assert same(combine(SQUARE, [one, one], TOLERANCE_M), one)


def test_holes_put_in_by_two_sides_over_each_other_are_no_proposal():
    corners = ((0, 0), (40, 0), (40, 40), (0, 40))
    one = polygon(*corners, holes=[[(10, 10), (20, 10), (20, 20), (10, 20)]])
    other = polygon(*corners, holes=[[(15, 15), (25, 15), (25, 25), (15, 25)]])
    apart = polygon(*corners, holes=[[(25, 25), (35, 25), (35, 35), (25, 35)]])
    assert combine(SQUARE, [one, other], TOLERANCE_M) is None
    assert len(combine(SQUARE, [one, apart], TOLERANCE_M).geoms[0].interiors) == 2


def test_a_hole_taken_out_by_one_and_reshaped_by_the_other_cannot_be_combined():
    corners = ((0, 0), (40, 0), (40, 40), (0, 40))
    base = polygon(*corners, holes=[[(10, 10), (20, 10), (20, 20), (10, 20)]])
    reshaped = polygon(*corners, holes=[[(10, 10), (20, 10), (22, 22), (10, 20)]])
    assert combine(base, [SQUARE, reshaped], TOLERANCE_M) is None


def parts(*polygons) -> shapely.MultiPolygon:
    return shapely.multipolygons(list(polygons))


A = one_polygon((0, 0), (10, 0), (10, 10), (0, 10))
B = one_polygon((20, 0), (30, 0), (30, 10), (20, 10))
C = one_polygon((40, 0), (50, 0), (50, 10), (40, 10))


def test_parts_are_matched_by_their_corners_and_not_by_their_order():
    a_moved = one_polygon((0, 0), (10, 0), (12, 12), (0, 10))
    b_moved = one_polygon((20, 0), (30, 0), (30, 10), (18, 12))
    found = combine(parts(A, B), [parts(B, a_moved), parts(b_moved, A)], TOLERANCE_M)
    assert same(found, parts(a_moved, b_moved))


def test_a_part_put_in_by_one_and_a_corner_moved_by_the_other_are_both_kept():
    b_moved = one_polygon((20, 0), (30, 0), (30, 10), (18, 12))
    found = combine(parts(A, B), [parts(A, B, C), parts(A, b_moved)], TOLERANCE_M)
    assert same(found, parts(A, b_moved, C))


def test_a_part_taken_out_by_one_and_reshaped_by_the_other_cannot_be_combined():
    b_moved = one_polygon((20, 0), (30, 0), (30, 10), (18, 12))
    assert combine(parts(A, B), [parts(A), parts(A, b_moved)], TOLERANCE_M) is None


def test_a_part_put_in_on_a_corner_that_the_other_moved_cannot_be_combined():
    beside = one_polygon((10, 10), (15, 12), (12, 15))
    a_moved = one_polygon((0, 0), (10, 0), (9, 9), (0, 10))
    assert combine(parts(A), [parts(A, beside), parts(a_moved)], TOLERANCE_M) is None


def test_lines_are_combined_whichever_way_they_run():
    base = lines([(0, 0), (10, 0), (20, 0)], [(0, 50), (10, 50)])
    one = lines([(20, 0), (10, 0), (0, -5)], [(0, 50), (10, 50)])
    other = lines([(0, 0), (10, 0), (20, 0), (30, 5)], [(10, 55), (0, 50)])
    wanted = lines([(0, -5), (10, 0), (20, 0), (30, 5)], [(0, 50), (10, 55)])
    found = combine(base, [one, other], TOLERANCE_M)
    assert same(found, wanted)
    assert combine(base, [other, one], TOLERANCE_M) == found


def test_what_is_no_outline_is_no_proposal():
    point = shapely.Point(EAST, NORTH)
    assert combine(point, [point, point], TOLERANCE_M) is None
    assert combine(None, [SQUARE, SQUARE], TOLERANCE_M) is None
    assert combine(SQUARE, [SQUARE, None], TOLERANCE_M) is None
    assert combine(SQUARE, [SQUARE, shapely.MultiPolygon()], TOLERANCE_M) is None
    assert combine(SQUARE, [SQUARE, lines([(0, 0), (1, 1)])], TOLERANCE_M) is None


def test_the_edges_a_side_moved_are_those_at_its_corners():
    one = polygon((0, 0), (45, -1), (40, 40), (0, 40))
    other = polygon((0, 0), (20, 0), (40, 0), (44, 44), (0, 40))
    moved = Reshaping(SQUARE, [one, other], TOLERANCE_M).moved_edges()
    named = {
        frozenset((round(x - EAST), round(y - NORTH)) for x, y in edge): sides
        for edge, sides in moved.items()
    }
    assert named == {
        frozenset({(0, 0), (40, 0)}): (0,),
        frozenset({(40, 0), (40, 40)}): (0, 1),
        frozenset({(40, 40), (0, 40)}): (1,),
    }


# -- whatever the outlines are -----------------------------------------------------------------


@st.composite
def rings(draw) -> np.ndarray:
    """A ring of corners round a centre, so that moving one a little keeps it valid."""
    count = draw(st.integers(4, 12))
    far = draw(st.lists(st.floats(50, 60), min_size=count, max_size=count))
    angles = np.arange(count) * 2 * np.pi / count
    return np.column_stack((EAST + np.cos(angles) * far, NORTH + np.sin(angles) * far))


@st.composite
def reshapings(draw):
    """A ring, sides that each moved other corners, and how each of them begins and runs."""
    ring = draw(rings())
    sides = draw(st.integers(2, 3))
    owner = draw(st.lists(st.integers(-1, sides - 1), min_size=len(ring), max_size=len(ring)))
    by_m = draw(st.lists(st.floats(1, 10), min_size=len(ring), max_size=len(ring)))
    turned = draw(st.lists(st.tuples(st.integers(0, 11), st.booleans()), min_size=4, max_size=4))
    return ring, sides, owner, by_m, turned


def outwards(ring: np.ndarray, corners: list[int], by_m: list[float]) -> np.ndarray:
    moved = ring.copy()
    for corner in corners:
        off = ring[corner] - (EAST, NORTH)
        moved[corner] += off / np.hypot(*off) * by_m[corner]
    return moved


def as_outline(ring: np.ndarray, begins: int = 0, backwards: bool = False):
    ring = np.roll(ring, begins, axis=0)
    return shapely.multipolygons([shapely.polygons(ring[::-1] if backwards else ring)])


@settings(max_examples=150, deadline=None)
@given(reshapings())
def test_the_common_outline_has_every_moved_corner_in_whatever_order_the_sides_stand(case):
    ring, count, owner, by_m, turned = case
    base = as_outline(ring, *turned[3])
    moved = [[i for i, who in enumerate(owner) if who == side] for side in range(count)]
    rings_of = [outwards(ring, corners, by_m) for corners in moved]
    sides = [as_outline(each, *turned[place]) for place, each in enumerate(rings_of)]
    found = combine(base, sides, TOLERANCE_M)
    assert found is not None and shapely.is_valid(found)
    for order in itertools.permutations(sides):
        assert combine(as_outline(ring), order, TOLERANCE_M) == found
    corners = set(map(tuple, shapely.get_coordinates(found)))
    for side, its in zip(rings_of, moved, strict=True):
        assert {tuple(side[i]) for i in its} <= corners
    assert combine(base, [base, sides[0]], TOLERANCE_M) == combine(base, [sides[0]], TOLERANCE_M)
    assert same(combine(base, [base, sides[0]], TOLERANCE_M), sides[0])


@settings(max_examples=150, deadline=None)
@given(rings(), rings(), st.booleans())
def test_combining_with_a_side_that_changed_nothing_gives_the_other(ring, other, with_hole):
    base, side = as_outline(ring), as_outline(other)
    if with_hole:
        side = side.difference(shapely.Point(EAST, NORTH).buffer(20))
        side = shapely.multipolygons([side.geoms[0] if hasattr(side, "geoms") else side])
    for sides in ([base, side], [side, base], [side, side], [side]):
        assert same(combine(base, sides, TOLERANCE_M), side)

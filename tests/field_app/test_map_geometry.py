"""Where the map looks, how it draws outlines, which names stand on it."""

from __future__ import annotations

import math

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from shapely import LineString, MultiPolygon, Point, box

from field_app.widgets.map import strokes
from field_app.widgets.map.label_placing import placed
from field_app.widgets.map.viewport import Viewport, scale_bar

HERE = Viewport(x_m=13_000_000, y_m=4_200_000, pixel_m=0.5, width=800, height=1100)
pixels = st.tuples(st.floats(0, 800), st.floats(0, 1100))


# -- where it looks ---------------------------------------------------------------------------


@given(pixels, st.floats(0.1, 10))
def test_what_is_under_the_fingers_stays_there(pixel: tuple, times: float) -> None:
    before = HERE.to_map(*pixel)
    assert HERE.to_pixels(*before) == pytest.approx(pixel, abs=1e-6)
    nearer = HERE.zoomed(times, *pixel)
    assert nearer.to_map(*pixel) == pytest.approx(before, abs=1e-6)
    assert nearer.pixel_m == pytest.approx(HERE.pixel_m / times)
    moved = HERE.moved(30, -40)
    assert moved.to_pixels(*before) == pytest.approx((pixel[0] + 30, pixel[1] - 40), abs=1e-6)


def test_the_map_neither_leaves_the_earth_nor_looks_into_the_ground() -> None:
    lost = HERE.moved(1e12, 1e12)
    assert lost.x_m == lost.y_m == pytest.approx(-20_037_508, abs=1)
    assert HERE.zoomed(1e9, 0, 0).pixel_m > 0.001
    assert HERE.zoomed(1e-9, 0, 0).pixel_m < 1e6


@given(st.floats(0, 2e4), st.floats(0, 2e4))
def test_what_is_framed_is_seen_whole(wide: float, high: float) -> None:
    bounds = (1e6, 2e6, 1e6 + wide, 2e6 + high)
    west, south, east, north = HERE.framed(bounds).bounds()
    assert west <= bounds[0] and south <= bounds[1] and east >= bounds[2] and north >= bounds[3]


@given(st.floats(0.005, 1e5), st.floats(60, 400))
def test_the_scale_bar_is_round_and_fits(ground_m: float, most_px: float) -> None:
    length_m, wide = scale_bar(ground_m, most_px)
    assert wide <= most_px * 1.0001 and wide > most_px / 2.6
    assert length_m == pytest.approx(wide * ground_m)
    first = length_m / 10 ** math.floor(math.log10(length_m) + 1e-9)
    assert min(abs(first - each) for each in (1, 2, 5)) < 1e-6


def test_a_pixel_on_the_ground_is_smaller_than_in_web_mercator() -> None:
    """At 35.4° north a metre on the ground is 1.225 in Web Mercator."""
    assert HERE.pixel_m / HERE.ground_m == pytest.approx(
        1 / math.cos(math.radians(35.25)), rel=0.01
    )
    assert HERE.scale(160) == pytest.approx(HERE.ground_m * 160 / 0.0254)


# -- how it is drawn --------------------------------------------------------------------------


def area_of(batches: list[strokes.Batch]) -> float:
    """Of all that the triangles cover, and that they hold nothing but finite places."""
    triangles = []
    for each in batches:
        assert each.indices.dtype == np.uint16 and np.isfinite(each.vertices).all()
        corners = each.vertices.reshape(-1, 4)[:, :2].astype(float)
        triangles += [shapely.Polygon(corner) for corner in corners[each.indices].reshape(-1, 3, 2)]
    return shapely.union_all(triangles).area


@pytest.mark.parametrize(
    "shape",
    [
        MultiPolygon([box(0, 0, 40, 30)]),
        MultiPolygon([box(0, 0, 40, 30) - box(10, 10, 20, 20), box(60, 0, 70, 30)]),
    ],
)
def test_outlines_are_lines_of_their_width_and_fills_their_inside(shape: MultiPolygon) -> None:
    far = np.array([shapely.transform(shape, lambda xy: xy + 1e7)], dtype=object)
    origin = (1e7, 1e7)
    assert area_of(strokes.fills(far, origin)) == pytest.approx(shape.area, rel=1e-5)
    expected = shape.boundary.buffer(1, cap_style="square", join_style="mitre").area
    assert area_of(strokes.lines(far, origin, 2.0)) == pytest.approx(expected, rel=1e-5)


def test_many_shapes_fill_several_batches_and_lose_none() -> None:
    shapes = np.array(
        [box(x * 10, y * 10, x * 10 + 8, y * 10 + 8) for x in range(100) for y in range(90)]
    )
    lines = strokes.lines(shapes, (0, 0), 0.5)
    assert len(lines) == 3
    assert sum(len(each.indices) for each in lines) == len(shapes) * 4 * 6
    for each in lines:
        assert each.indices.max() == len(each.vertices) // 4 - 1
    points = np.array([Point(x, 0) for x in range(6_000)])
    dots = strokes.dots(points, (0, 0), 0.4)
    assert len(dots) > 1 and sum(len(each.vertices) for each in dots) == 6_000 * 12 * 4


def test_what_cannot_be_filled_is_outlined_all_the_same() -> None:
    crossed = shapely.Polygon([(0, 0), (10, 10), (10, 0), (0, 10)])
    twice = LineString([(0, 0), (0, 0), (5, 0)])
    shapes = np.array([crossed, twice], dtype=object)
    assert strokes.fills(shapes, (0, 0)) == []
    assert area_of(strokes.lines(shapes, (0, 0), 0.2)) > 0
    nothing = np.empty(0, dtype=object)
    assert strokes.lines(nothing, (0, 0), 1) == strokes.fills(nothing, (0, 0)) == []


# -- names ------------------------------------------------------------------------------------

boxes = st.lists(
    st.tuples(st.floats(-50, 900), st.floats(-50, 900), st.floats(1, 200), st.floats(1, 40)).map(
        lambda each: (each[0], each[1], each[0] + each[2], each[1] + each[3])
    ),
    max_size=60,
)


@given(boxes)
def test_no_name_lies_on_another_and_none_is_left_out_without_need(found: list) -> None:
    kept = placed(found, most=len(found) + 1)
    assert placed(found, most=3) == kept[:3]

    def meet(one: tuple, other: tuple) -> bool:
        return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]

    for n, each in enumerate(found):
        before = [found[other] for other in kept if other < n]
        assert (n in kept) == (not any(meet(each, other) for other in before))

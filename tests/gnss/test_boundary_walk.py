"""Walks that become corners: what lays one, what does not, and what is left in the end."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from simulated import E0, N0, SRID, fix_at, nowhere
from xiangtu.errors import BadInput
from xiangtu.geo import gauss_kruger
from xiangtu.gnss.averaging import average
from xiangtu.gnss.boundary_walk import BoundaryWalk, WalkSettings


def walk_along(path, walk: BoundaryWalk, step_m: float = 0.5) -> None:
    second = 0.0
    for (x1, y1), (x2, y2) in pairwise(path):
        steps = max(round(math.hypot(x2 - x1, y2 - y1) / step_m), 1)
        for n in range(steps):
            walk.add(fix_at(x1 + (x2 - x1) * n / steps, y1 + (y2 - y1) * n / steps, second))
            second += 0.5
    walk.add(fix_at(*path[-1], second))


def metric(walked) -> list[tuple[float, float]]:
    x, y = gauss_kruger.forward(
        [each.longitude_deg for each in walked.vertices],
        [each.latitude_deg for each in walked.vertices],
        SRID,
    )
    return [(round(float(a) - E0, 2), round(float(b) - N0, 2)) for a, b in zip(x, y, strict=True)]


@pytest.mark.parametrize("step_m", [0.2, 0.5, 1.0])
def test_turns_become_corners(step_m: float) -> None:
    walk = BoundaryWalk(WalkSettings(every_m=1000, turn_deg=30))
    walk_along([(0, 0), (20, 0), (20, 10), (0, 10)], walk, step_m)
    walked = walk.finish()
    assert metric(walked) == [(0, 0), (20, 0), (20, 10), (0, 10)]
    assert [each.laid_by for each in walked.vertices] == ["start", "turn", "turn", "end"]
    assert walked.breaks == ()


def test_noise_within_the_accuracy_is_no_turn() -> None:
    walk = BoundaryWalk(WalkSettings(every_m=1000, turn_deg=20))
    for n in range(40):
        walk.add(fix_at(0.7 * n, 1.2 * (-1) ** n, n, horizontal_accuracy_m=3.0))
    assert [each.laid_by for each in walk.finish().vertices] == ["start", "end"]


def test_a_straight_way_gets_a_vertex_each_so_many_metres() -> None:
    walk = BoundaryWalk(WalkSettings(every_m=4.9, turn_deg=None))
    walk_along([(0, 0), (20, 0)], walk)
    assert metric(walk.finish()) == [(0, 0), (5, 0), (10, 0), (15, 0), (20, 0)]


def test_time_lays_vertices_only_while_one_moves() -> None:
    settings_ = WalkSettings(every_m=1000, every_s=2.0, turn_deg=None, shortest_m=0.9)
    walk = BoundaryWalk(settings_)
    walk_along([(0, 0), (6, 0)], walk, step_m=0.5)
    moving = len(walk.vertices)
    for n in range(50):
        walk.add(fix_at(6, 0, 6.5 + n))
    assert moving == 4  # 0 s, 2 s, 4 s, 6 s at 1 m/s
    assert len(walk.vertices) == moving


@pytest.mark.parametrize("silent", [False, True])
def test_a_break_is_marked_at_a_dropout(silent: bool) -> None:
    walk = BoundaryWalk(WalkSettings(every_m=4.9, turn_deg=None, dropout_s=3))
    for n in range(6):
        walk.add(fix_at(n, 0, n))
    if not silent:
        for n in range(6, 12):
            walk.add(nowhere(n))
        assert walk.lost
    for n in range(12, 20):
        walk.add(fix_at(n, 0, n))
    walked = walk.finish()
    assert metric(walked) == [(0, 0), (5, 0), (12, 0), (17, 0), (19, 0)]
    assert walked.breaks == (2,)


def test_fixes_too_bad_for_the_walk_are_a_dropout() -> None:
    walk = BoundaryWalk(WalkSettings(every_m=2, turn_deg=None, worst_accuracy_m=0.1))
    for n in range(10):
        bad = 4 <= n < 7
        walk.add(fix_at(n, 0, n, horizontal_accuracy_m=3.0 if bad else 0.02))
    walked = walk.finish()
    assert (4.0, 0.0) not in metric(walked)
    assert len(walked.breaks) == 1 and walked.horizontal_accuracy_m == 0.02
    only_rtk = BoundaryWalk(WalkSettings(worst_fix_type="rtk_fixed"))
    assert only_rtk.add(fix_at(0, 0, fix_type="rtk_float")) is None


def test_corners_pressed_at_averaged_points_are_the_outline() -> None:
    walk = BoundaryWalk()
    walk.by_corners = True
    for at, (x, y) in enumerate([(0, 0), (30, 0), (30, 20)]):
        stood = [fix_at(x + 0.01 * (-1) ** n, y, 100 * at + n) for n in range(10)]
        for fix in stood:
            walk.add(fix)
        walk.press(average(stood, SRID))
    walk.add(nowhere(500))
    walked = walk.finish()
    assert metric(walked) == [(0, 0), (30, 0), (30, 20)]
    assert [each.epochs for each in walked.vertices] == [10, 10, 10]
    assert walked.breaks == () and len(walked.fixes) == 31


def test_a_press_needs_a_position_now_and_can_be_taken_back() -> None:
    walk = BoundaryWalk(WalkSettings(every_m=1000, turn_deg=None))
    with pytest.raises(BadInput, match=r"gnss\.walk\.no_position"):
        walk.press()
    walk.add(fix_at(0, 0))
    walk.add(fix_at(1.5, 0, 1))
    pressed = walk.press()
    assert walk.take_back() == pressed
    walk.add(nowhere(2))
    with pytest.raises(BadInput, match=r"gnss\.walk\.no_position"):
        walk.press()


def test_a_walk_without_a_position_is_refused() -> None:
    walk = BoundaryWalk()
    walk.add(nowhere(0))
    with pytest.raises(BadInput, match=r"gnss\.walk\.nothing"):
        walk.finish()


@settings(max_examples=25, deadline=None)
@given(st.floats(2, 30), st.floats(5, 80), st.floats(0, 359))
def test_no_vertex_is_farther_than_the_spacing(every_m: float, length_m: float, way: float) -> None:
    walk = BoundaryWalk(WalkSettings(every_m=every_m, turn_deg=None))
    end = (length_m * math.sin(math.radians(way)), length_m * math.cos(math.radians(way)))
    walk_along([(0, 0), end], walk)
    corners = metric(walk.finish())
    gaps = [math.dist(a, b) for a, b in pairwise(corners)]
    assert max(gaps) <= every_m + 0.55
    # The way ends where the walk did, but for a rest shorter than the shortest side (and what
    # `metric` and the walk differ in by the scale of a degree).
    assert math.dist(corners[-1], end) <= walk.settings.shortest_m * 1.01

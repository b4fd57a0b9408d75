"""Walks that become corners: what lays one, what does not, and what is left in the end."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from simulated import E0, N0, SRID, START, along, fix_at, fixes_at, nowhere, wandering
from xiangtu.errors import BadInput
from xiangtu.geo import gauss_kruger
from xiangtu.gnss import boundary_walk
from xiangtu.gnss.averaging import average
from xiangtu.gnss.boundary_walk import BoundaryWalk, Closing, WalkSettings
from xiangtu.gnss.fix import Fix
from xiangtu.gnss.nmea_file import NmeaFile


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


# -- standing still ------------------------------------------------------------------------------

RECEIVERS = {
    # Accuracy in metres, fix type, seconds over which it wanders, white part, seconds an epoch.
    "single, slow": (3.0, "single", 100.0, 0.1, 1.0),
    "single, quick": (3.0, "single", 30.0, 0.1, 1.0),
    "single, 5 Hz": (3.0, "single", 60.0, 0.3, 0.2),
    "float": (0.4, "rtk_float", 60.0, 0.2, 1.0),
    "fixed, 5 Hz": (0.02, "rtk_fixed", 30.0, 0.5, 0.2),
}


def stood(name: str, seed: int, for_s: float = 600.0, **other) -> list[Fix]:
    accuracy_m, fix_type, over_s, white, every_s = RECEIVERS[name]
    errors_m = wandering(
        np.random.default_rng(seed), round(for_s / every_s), every_s, accuracy_m,
        over_s=over_s, white=white,
    )  # fmt: skip
    return fixes_at(errors_m, every_s, fix_type=fix_type, horizontal_accuracy_m=accuracy_m, **other)


@pytest.mark.parametrize("name", RECEIVERS)
def test_standing_for_ten_minutes_draws_no_star(name: str) -> None:
    for seed in range(8):
        walk = BoundaryWalk(WalkSettings(every_m=2.0, every_s=5.0, shortest_m=0.5))
        fixes = stood(name, seed)
        for fix in fixes:
            walk.add(fix)
            assert walk.standing
        assert [each.laid_by for each in walk.finish().vertices] == ["start"], (name, seed)
        if name.startswith("single"):
            # It did wander by metres.
            wander_m = max(math.hypot(x, y) for x, y in offsets(fixes))
            assert wander_m > 4


def offsets(fixes: list[Fix]) -> list[tuple[float, float]]:
    x, y = gauss_kruger.forward(
        [each.longitude_deg for each in fixes], [each.latitude_deg for each in fixes], SRID
    )
    return [(float(a) - E0, float(b) - N0) for a, b in zip(x, y, strict=True)]


@pytest.mark.parametrize("doppler", [False, True])
@pytest.mark.parametrize("log", ["ublox-zed-f9r", "unicore-um621", "beidou-bd"])
def test_real_receivers_at_rest_draw_no_star(shared_data: Path, log: str, doppler: bool) -> None:
    # The first crept by 0.9 m, the second strayed by 4 m when its sky was covered, the third was
    # still looking for its position and went 34 m.
    walk = BoundaryWalk(WalkSettings(every_m=0.5, every_s=2.0, shortest_m=0.3))
    for fix in NmeaFile(shared_data / "nmea" / "gpsd" / f"{log}.log"):
        walk.add(fix if doppler else replace(fix, speed_mps=None))
    assert [each.laid_by for each in walk.finish().vertices] == ["start"]


def test_the_real_receiver_that_was_carried_about_did_move(shared_data: Path) -> None:
    # It was moved by some metres at up to 1.7 m/s, was off for ten minutes, and then lay still.
    walk = BoundaryWalk(WalkSettings(every_m=1.0, shortest_m=0.5))
    fixes = list(NmeaFile(shared_data / "nmea" / "gpsd" / "nmea-rtk.log"))
    for fix in fixes:
        walk.add(fix)
    laid_by = [each.laid_by for each in walk.finish().vertices]
    assert laid_by[0] == "start" and laid_by[-1] == "return" and len(laid_by) > 3
    assert walk.standing


def test_standing_under_leaves_with_dropouts_draws_no_star() -> None:
    walk = BoundaryWalk()
    for n, fix in enumerate(stood("single, slow", 3)):
        # Ten seconds of every minute without a position.
        walk.add(fix if n % 60 < 50 else nowhere(n))
    walked = walk.finish()
    assert [each.laid_by for each in walked.vertices] == ["start"] and walked.breaks == ()


OUTLINE = [(0, 0), (20, 0), (20, 15), (0, 15), (0, 2)]


def test_a_corner_close_after_a_vertex_is_kept() -> None:
    # Shorter than the shortest side, but the vertex before it is there for its distance only.
    for past_m in (0.7, 0.8, 0.95):
        walk = BoundaryWalk(WalkSettings(every_m=5, shortest_m=1))
        way = along([(0, 0), (5 + past_m, 0), (5 + past_m, 9)], 1.0, 0.1)
        for fix in fixes_at(way, 0.1, horizontal_accuracy_m=0.02):
            walk.add(fix)
        corners = metric(walk.finish())
        assert min(math.dist((5 + past_m, 0), each) for each in corners) < 0.15


def test_a_stop_is_heard_in_the_doppler_at_once() -> None:
    walk = BoundaryWalk()
    for n in range(20):
        walk.add(fix_at(n, 0, n, speed_mps=1.0))
    assert not walk.standing
    for n in range(20, 25):
        walk.add(fix_at(19, 0, n, speed_mps=0.02))
    assert walk.standing


def test_a_pole_that_sways_draws_no_star() -> None:
    walk = BoundaryWalk(WalkSettings(every_m=0.3, every_s=2.0, shortest_m=0.2, turn_deg=10))
    for n in range(1500):
        away_m = 0.14 * math.sin(n / 7) * math.cos(n / 31)
        walk.add(fix_at(away_m, 0.1 * math.sin(n / 11), n / 5))
    assert [each.laid_by for each in walk.finish().vertices] == ["start"]


def test_a_doppler_of_nothing_holds_a_position_that_strays() -> None:
    # Sky comes and goes, the position runs away by metres within seconds and says it is fine.
    for speed_mps, stands in ((0.02, True), (None, False)):
        walk = BoundaryWalk()
        for n in range(60):
            strayed_m = min(max(n - 30, 0) * 0.5, 4.0)
            walk.add(fix_at(strayed_m, 0, n, fix_type="rtk_float", horizontal_accuracy_m=0.3,
                            speed_mps=speed_mps))  # fmt: skip
        assert (len(walk.finish().vertices) == 1) == stands


def test_the_end_is_where_one_stood_not_where_the_position_strayed_last() -> None:
    walk = BoundaryWalk(WalkSettings(every_m=1000, turn_deg=None))
    random = np.random.default_rng(11)
    places_m = np.vstack([along([(0, 0), (60, 0)], 1.0, 1.0), np.tile([60.0, 0.0], (120, 1))])
    errors_m = wandering(random, len(places_m), 1.0, 2.0, over_s=5.0, white=0.3)
    errors_m[-1] = (0, 5)
    for fix in fixes_at(places_m + errors_m, 1.0, horizontal_accuracy_m=2.0):
        walk.add(fix)
    assert walk.standing
    assert math.dist(metric(walk.finish())[-1], (60, 0)) < 1.5


def test_who_creeps_along_a_boundary_is_followed() -> None:
    walk = BoundaryWalk()
    way = [(0, 0), (20, 0), (20, 10)]
    for fix in fixes_at(along(way, 0.15, 1.0), 1.0, horizontal_accuracy_m=0.02):
        walk.add(replace(fix, fix_type="rtk_fixed"))
    for corner in way:
        assert min(math.dist(corner, each) for each in metric(walk.finish())) < 1


@pytest.mark.parametrize("doppler", [False, True])
@pytest.mark.parametrize("stop_s", [0.0, 30.0])
@pytest.mark.parametrize("every_s", [0.2, 1.0])
def test_a_slow_walk_keeps_its_corners(stop_s: float, every_s: float, doppler: bool) -> None:
    for seed in range(4):
        walked = simulated_walk(OUTLINE, 0.4, every_s, stop_s, seed, 0.02, "rtk_fixed", doppler)
        for corner in OUTLINE[:4]:
            assert min(math.dist(corner, each) for each in metric(walked)) < 0.5, (seed, corner)
        assert shapely.Polygon(metric(walked)).area == pytest.approx(300, rel=0.015)
        assert len(walked.vertices) <= 17  # one every five metres, and one a corner


@pytest.mark.parametrize("doppler", [False, True])
@pytest.mark.parametrize("stop_s", [0.0, 40.0])
def test_a_slow_walk_with_single_fixes_keeps_its_corners(stop_s: float, doppler: bool) -> None:
    outline = [(3 * x, 3 * y) for x, y in OUTLINE]
    for seed in range(4):
        walked = simulated_walk(outline, 0.7, 1.0, stop_s, seed, 3.0, "single", doppler)
        for corner in outline[:4]:
            # Three times the accuracy: that is what such a receiver can do.
            assert min(math.dist(corner, each) for each in metric(walked)) < 9, (seed, corner)
        laid = len(walked.vertices)
        assert 15 < laid < 50  # 195 m, one every five metres


def simulated_walk(corners, speed_mps, every_s, stop_s, seed, accuracy_m, fix_type, doppler):
    random = np.random.default_rng(seed)
    places_m = along(corners, speed_mps, every_s, stop_s)
    speeds = np.hypot(*np.diff(places_m, axis=0, prepend=places_m[:1]).T) / every_s
    errors_m = wandering(random, len(places_m), every_s, accuracy_m, over_s=60.0, white=0.1)
    fixes = fixes_at(
        places_m + errors_m, every_s, fix_type=fix_type, horizontal_accuracy_m=accuracy_m
    )
    walk = BoundaryWalk()
    for fix, speed in zip(fixes, speeds, strict=True):
        heard = float(abs(speed + random.normal(0, 0.04))) if doppler else None
        walk.add(replace(fix, speed_mps=heard))
    return walk.finish()


def test_a_receiver_that_says_zero_while_one_walks_is_not_believed_for_ever() -> None:
    walk = BoundaryWalk()
    for fix in fixes_at(along([(0, 0), (40, 0)], 0.4, 1.0), 1.0, horizontal_accuracy_m=0.02):
        walk.add(replace(fix, fix_type="rtk_fixed", speed_mps=0.0))
    assert len(walk.vertices) >= 5
    assert metric(walk.finish())[-1] == (40, 0)


# -- what receivers say that cannot be -------------------------------------------------------------


def straight(count: int) -> list[Fix]:
    return [fix_at(n, 0, n) for n in range(count)]


def walked_over(fixes: list[Fix], **settings_):
    walk = BoundaryWalk(WalkSettings(every_m=4.9, turn_deg=None, **settings_))
    for fix in fixes:
        walk.add(fix)
    return walk.finish()


@pytest.mark.parametrize("at", [0, 1, 7, 20])
def test_a_fix_three_kilometres_off_is_no_corner(at: int) -> None:
    fixes = straight(21)
    fixes[at] = fix_at(0, 3000, at)
    walked = walked_over(fixes)
    assert all(y == 0 for _, y in metric(walked))
    assert walked.breaks == ()
    assert len(walked.fixes) == 21


def test_a_fix_that_may_be_anywhere_is_no_corner() -> None:
    fixes = straight(21)
    fixes[7] = fix_at(0, 400, 7, horizontal_accuracy_m=900.0)
    assert all(y == 0 for _, y in metric(walked_over(fixes)))
    # Nor does one whose accuracy is no number hold up the walk.
    fixes[7] = fix_at(7, 0, 7, horizontal_accuracy_m=math.nan)
    assert metric(walked_over(fixes)) == metric(walked_over(straight(21)))


def test_no_fix_is_laid_twice_where_standing_was_only_supposed() -> None:
    # There and back within seconds looks like standing.
    walk = BoundaryWalk(WalkSettings(every_m=3))
    places_m = [along(leg, 1.0, 1.0) for leg in pairwise([(0, 3), (0, 0), (0, 2), (3, 0)])]
    stood = []
    for n, (x, y) in enumerate(np.vstack(places_m)):
        walk.add(fix_at(x, y, n))
        stood.append(walk.standing)
    assert True in stood[1:]
    times = [each.time for each in walk.finish().vertices]
    assert times == sorted(set(times))


def test_several_fixes_that_agree_on_a_leap_are_believed_with_a_break() -> None:
    fixes = straight(10) + [fix_at(500 + n, 0, n) for n in range(10, 20)]
    walked = walked_over(fixes)
    assert len(walked.breaks) == 1
    assert [x for x, _ in metric(walked)][walked.breaks[0]] == 512


@pytest.mark.parametrize(
    "wrong",
    [
        {"longitude_deg": math.nan},
        {"latitude_deg": 91.0},
        {"longitude_deg": 0.0, "latitude_deg": 0.0},
        {"longitude_deg": math.inf},
        {"fix_type": "none"},
    ],
)
def test_one_position_that_cannot_be_is_not_even_a_break(wrong: dict) -> None:
    fixes = straight(20)
    fixes[8] = replace(fixes[8], **wrong)
    walked = walked_over(fixes)
    assert metric(walked) == metric(walked_over(straight(20)[:8] + straight(20)[9:]))
    assert walked.breaks == () and walked.fixes[8] is fixes[8]


def test_clocks_that_jump_back_or_say_nothing_upset_no_walk() -> None:
    there = metric(walked_over(straight(30), every_s=4.0))
    back = [
        replace(fix, time=fix.time - timedelta(hours=1)) if n >= 10 else fix
        for n, fix in enumerate(straight(30))
    ]
    assert metric(walked_over(back, every_s=4.0)) == there
    silent = [replace(fix, time=None) for fix in straight(30)]
    walked = walked_over(silent, every_s=4.0)
    assert metric(walked) == there
    assert walked.breaks == () and walked.started_at is None
    # A dropout is seen all the same: by its epochs, or by the tablet's clock.
    by_epochs = silent[:10] + [replace(nowhere(n), time=None) for n in range(10, 16)] + silent[16:]
    assert len(walked_over(by_epochs).breaks) == 1
    by_tablet = [
        replace(fix, tablet_time=START + timedelta(seconds=n if n < 10 else n + 20))
        for n, fix in enumerate(silent)
    ]
    assert len(walked_over(by_tablet).breaks) == 1


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.floats(-1e4, 1e4) | st.just(math.nan),
            st.floats(-1e4, 1e4),
            st.sampled_from(["none", "single", "rtk_float", "rtk_fixed"]),
            st.floats(0, 50) | st.none() | st.just(math.nan),
            st.integers(-5000, 5000) | st.none(),
            st.floats(0, 50) | st.none() | st.just(math.nan),
        ),
        max_size=60,
    )
)
def test_no_stream_of_fixes_upsets_a_walk(said: list) -> None:
    walk = BoundaryWalk(WalkSettings(every_s=2.0, tolerance_m=0.5))
    for x, y, fix_type, accuracy_m, second, speed_mps in said:
        fix = fix_at(x if x == x else 0, y, second or 0, fix_type=fix_type,
                     horizontal_accuracy_m=accuracy_m, speed_mps=speed_mps)  # fmt: skip
        fix = fix if x == x else replace(fix, longitude_deg=x)
        walk.add(fix if second is not None else replace(fix, time=None))
    assert len(walk.fixes) == len(said)
    try:
        walked = walk.finish()
    except BadInput as refused:
        assert refused.code == "gnss.walk.nothing"
        return
    # What it says of its way is a number.
    assert math.isfinite(walked.closing.error_m) and walked.closing.length_m >= 0
    assert all(math.isfinite(each) for pair in metric(walked) for each in pair)


def test_a_walk_of_hours_costs_a_fix_what_a_walk_of_minutes_does(monkeypatch) -> None:
    looked_at = 0
    aside_m = boundary_walk._aside_m

    def counted(*places):
        nonlocal looked_at
        looked_at += 1
        return aside_m(*places)

    monkeypatch.setattr(boundary_walk, "_aside_m", counted)
    random = np.random.default_rng(5)
    for count in (1000, 4000):
        looked_at = 0
        places_m = np.column_stack([np.arange(count) * 1.3, np.zeros(count)])
        places_m += wandering(random, count, 1.0, 3.0, over_s=100.0)
        walk = BoundaryWalk(WalkSettings(every_m=1e9))
        for fix in fixes_at(places_m, 1.0, horizontal_accuracy_m=30.0):
            walk.add(fix)
        assert 0 < looked_at <= count * boundary_walk._MOST_PLACES


# -- what is left of a walk ------------------------------------------------------------------------


def test_a_corner_is_remembered_however_long_the_way_to_it_was() -> None:
    walk = BoundaryWalk(WalkSettings(every_m=1e9, turn_deg=25))
    for fix in fixes_at(along([(0, 0), (3000, 0), (3000, 40)], 1.0, 1.0), 1.0):
        walk.add(replace(fix, horizontal_accuracy_m=0.02))
    assert metric(walk.finish()) == [(0, 0), (3000, 0), (3000, 40)]


WAYS = st.lists(
    st.tuples(st.floats(-60, 60), st.floats(-60, 60), st.sampled_from("wwwwwpd")),
    min_size=2,
    max_size=12,
)


@settings(max_examples=40, deadline=None)
@given(WAYS, st.floats(0.05, 8))
def test_simplifying_keeps_within_the_tolerance(way: list, tolerance_m: float) -> None:
    walk = BoundaryWalk(WalkSettings(every_m=3, tolerance_m=tolerance_m))
    second = 0.0
    for (x1, y1, what), (x2, y2, _) in pairwise(way):
        if what == "d":
            second += 60
        for x, y in along([(x1, y1), (x2, y2)], 1.0, 1.0):
            walk.add(fix_at(x, y, second))
            second += 1
        if what == "p":
            walk.press()
    whole = walk.finish(simplify=False)
    left = walk.finish()
    at_m = {id(each): place for each, place in zip(whole.vertices, metric(whole), strict=True)}
    places = [at for at, each in enumerate(whole.vertices) if each in left.vertices]
    assert [whole.vertices[at] for at in places] == list(left.vertices)
    for at, vertex in enumerate(whole.vertices):
        beside_break = vertex.after_break or (
            at + 1 < len(whole.vertices) and whole.vertices[at + 1].after_break
        )
        meant = vertex.laid_by in ("start", "press", "return", "end")
        if meant or beside_break or at in (0, len(whole.vertices) - 1):
            assert at in places
        if at not in places:
            before = max(each for each in places if each < at)
            after = min(each for each in places if each > at)
            line = shapely.LineString([metric(whole)[before], metric(whole)[after]])
            # To the centimetre of `metric`.
            assert line.distance(shapely.Point(at_m[id(vertex)])) <= tolerance_m * 1.001 + 0.02
    assert len(left.breaks) == len(whole.breaks)


def test_a_straight_side_is_its_ends_within_a_tolerance() -> None:
    walk = BoundaryWalk(WalkSettings(every_m=2, tolerance_m=0.1))
    walk_along([(0, 0), (40, 0), (40, 20), (0, 20), (0, 1)], walk)
    assert metric(walk.finish()) == [(0, 0), (40, 0), (40, 20), (0, 20), (0, 1)]


def test_the_closing_error_is_told_while_walking_and_in_the_end() -> None:
    walk = BoundaryWalk()
    assert walk.closing is None
    walk_along([(0, 0), (40, 0), (40, 20), (0, 20)], walk)
    assert walk.closing.error_m == pytest.approx(20, abs=0.05)
    walk_along([(0, 19.5), (0, 0.4)], walk)
    assert walk.closing.error_m == pytest.approx(0.4, abs=0.01)
    closing = walk.finish().closing
    assert closing.error_m == pytest.approx(0.4, abs=0.6)
    assert closing.length_m == pytest.approx(119, abs=1)
    assert closing.one_in == pytest.approx(closing.length_m / closing.error_m)
    assert Closing(0.0, 100.0).one_in is None

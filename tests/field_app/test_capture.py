"""Points and boundaries measured against what a layer asks."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from shapely import Point, Polygon
from small_village import X0, Y0, World, fix_at, nowhere, square, way
from xiangtu.errors import BadInput
from xiangtu.geo import gauss_kruger
from xiangtu.gnss.boundary_walk import WalkSettings

from field_app.controllers import capture, neighbours
from field_app.controllers.start import Fieldwork


def test_a_point_is_averaged_until_enough_good_epochs(work: Fieldwork, stand: Callable) -> None:
    single = [fix_at(3, 3, n, fix_type="single", horizontal_accuracy_m=3.0) for n in range(5)]
    received = iter(single + stand(10, 20, 100))
    measured = capture.average_point(work.survey, "relic_point", received)
    assert measured.fix_type == "rtk_fixed"
    assert measured.epochs == 10  # what the layer asks; the single ones are not among them
    assert len(measured.fixes) == 15
    assert len(list(received)) == 90
    assert (measured.geometry.x, measured.geometry.y) == (
        pytest.approx(X0 + 10, abs=0.002), pytest.approx(Y0 + 20, abs=0.002),
    )  # fmt: skip
    assert measured.values()["measured_how"] == "gnss_average"
    assert measured.values()["measured_at"].endswith("Z")
    assert measured.override_reason is None and measured.shortfalls == ()


def test_a_bad_point_needs_a_written_reason(work: Fieldwork) -> None:
    fixes = [fix_at(0, 0, n, fix_type="single", horizontal_accuracy_m=3.0) for n in range(4)]
    with pytest.raises(BadInput) as refused:
        capture.average_point(work.survey, "relic_point", fixes)
    assert refused.value.code == "field.accuracy"
    assert refused.value.facts["reason"] == "field.accuracy.fix_type"
    kept = capture.average_point(
        work.survey, "relic_point", fixes, override_reason=" 崖下无固定解 "
    )
    assert kept.override_reason == "崖下无固定解"
    assert {each.code for each in kept.shortfalls} == {
        "field.accuracy.fix_type", "field.accuracy.horizontal", "field.accuracy.epochs",
    }  # fmt: skip


def test_no_position_at_all_is_refused(work: Fieldwork) -> None:
    with pytest.raises(BadInput, match=r"gnss\.average\.nothing"):
        capture.average_point(work.survey, "facility", [nowhere(0)])


def test_a_point_tells_how_far_it_is(work: Fieldwork, stand: Callable) -> None:
    point = capture.PointCapture(work.survey, "relic_point")
    for fix in stand(10, 20, 6):
        point.add(fix)
    now = point.progress
    assert (now.good, now.needed, now.paused, point.enough) == (6, 10, False, False)
    point.add(nowhere(6))
    assert point.progress.paused
    for fix in stand(10, 20, 4):
        point.add(fix)
    assert point.enough and point.shortfalls() == ()
    # All that was received is kept, whether it is in the average or not.
    assert len(point.result().fixes) == 11


def test_all_epochs_are_kept_the_wild_ones_too(work: Fieldwork, stand: Callable) -> None:
    fixes = stand(10, 20, 12)
    fixes[4] = fix_at(3000, 20, 4)
    measured = capture.average_point(work.survey, "relic_point", fixes)
    assert measured.geometry.distance(Point(X0 + 10, Y0 + 20)) < 0.005
    assert (measured.epochs, len(measured.fixes)) == (10, 11)
    assert fixes[4] in measured.fixes


def test_two_places_are_no_point(work: Fieldwork, stand: Callable) -> None:
    fixes = stand(10, 20, 10) + stand(16, 20, 10)
    point = capture.PointCapture(work.survey, "relic_point", 20)
    for fix in fixes:
        point.add(fix)
    assert point.progress.moved_m == pytest.approx(6, abs=0.1)
    with pytest.raises(BadInput) as refused:
        point.result()
    assert refused.value.facts["reason"] == "field.accuracy.moved"
    assert refused.value.facts["found"] == "6.00 m"
    kept = point.result("分两次站立，取中间")
    assert kept.override_reason and kept.shortfalls[0].code == "field.accuracy.moved"
    # By a step aside a corner is not where it was marked; it is marked again.
    corners = [stand(x, y) for x, y in CORNERS[:3]] + [fixes]
    with pytest.raises(BadInput, match=r"field\.walk\.moved"):
        capture.corners_boundary(work.survey, "homestead", corners)
    # Where five metres are asked, the pole may sway by twenty centimetres.
    swaying = [fix_at(0.01 * n, 0, n) for n in range(21)]
    assert capture.average_point(work.survey, "facility", swaying, epochs=21).shortfalls == ()


CORNERS = [(300, 300), (340, 300), (340, 330), (300, 330), (300, 300)]


def test_a_walked_outline_closes_itself_and_grows_while_walking(work: Fieldwork) -> None:
    walking = capture.BoundaryCapture(work.survey, "farmland")
    areas = []
    for fix in way(CORNERS):
        walking.add(fix)
        areas.append(walking.area_m2)
    assert areas[0] == 0 and max(areas) == pytest.approx(1200, abs=15)
    measured = walking.result()
    assert measured.measured_how == "gnss_walk"
    truth = Polygon([(X0 + x, Y0 + y) for x, y in CORNERS])
    assert measured.geometry.symmetric_difference(truth).area < 15
    assert walking.area_mu == pytest.approx(Decimal("1.80"), abs=Decimal("0.03"))
    assert measured.epochs == len(measured.fixes)
    # The first corner is not there twice.
    ring = list(measured.geometry.exterior.coords)
    assert len(set(ring)) == len(ring) - 1


@pytest.mark.parametrize("seed", range(8))
def test_walking_on_past_the_start_closes_all_the_same(work: Fieldwork, seed: int) -> None:
    noise = random.Random(seed)
    fixes = [
        replace(
            fix,
            longitude_deg=fix.longitude_deg + noise.gauss(0, 1.5e-6),
            latitude_deg=fix.latitude_deg + noise.gauss(0, 1.5e-6),
            fix_type="rtk_float",
            horizontal_accuracy_m=0.25,
        )
        for fix in way([*CORNERS, (300.4, 300)])
    ]
    measured = capture.walk_boundary(work.survey, "farmland", fixes)
    assert measured.geometry.is_valid
    assert measured.geometry.area == pytest.approx(1200, rel=0.03)


def test_pressed_corners_are_the_outline(work: Fieldwork, stand: Callable) -> None:
    measured = capture.corners_boundary(
        work.survey, "homestead", [stand(x, y) for x, y in CORNERS[:-1]]
    )
    truth = Polygon([(X0 + x, Y0 + y) for x, y in CORNERS])
    assert measured.geometry.symmetric_difference(truth).area < 0.1
    assert measured.geometry.area == pytest.approx(1200, abs=0.1)
    assert (measured.epochs, measured.measured_how) == (12, "gnss_average")
    assert len(measured.geometry.exterior.coords) == 5


def test_an_outline_tells_how_it_closed(work: Fieldwork, stand: Callable) -> None:
    walking = capture.BoundaryCapture(work.survey, "farmland")
    assert walking.closing is None
    for fix in way([*CORNERS[:-1], (300, 300.3)]):
        walking.add(fix)
    assert not walking.standing
    assert walking.closing is not None and walking.closing.error_m == pytest.approx(0.3, abs=0.01)
    closing = walking.result().closing
    assert closing is not None and closing.error_m < 1
    assert closing.one_in is None or closing.one_in > 100
    assert closing.length_m == pytest.approx(140, abs=1.5)
    # Corner by corner the last side is drawn, not measured, unless the first corner is pressed
    # again; and a line does not close.
    corners = [stand(x, y) for x, y in CORNERS[:-1]]
    assert capture.corners_boundary(work.survey, "homestead", corners).closing is None
    again = [*corners, stand(300.05, 300)]
    closing = capture.corners_boundary(work.survey, "homestead", again).closing
    assert closing is not None and closing.error_m == pytest.approx(0.05, abs=0.01)
    assert closing.one_in == pytest.approx(140 / 0.05, rel=0.2)
    assert capture.walk_boundary(work.survey, "route", way(CORNERS)).closing is None


def test_a_walk_leaves_out_needless_corners(work: Fieldwork) -> None:
    walking = capture.BoundaryCapture(work.survey, "farmland")
    for fix in way(CORNERS):
        walking.add(fix)
    measured = walking.result()
    assert len(walking.vertices) > 20
    assert len(measured.geometry.exterior.coords) == 5
    truth = Polygon([(X0 + x, Y0 + y) for x, y in CORNERS])
    assert measured.geometry.symmetric_difference(truth).area < 0.5


def test_a_narrow_outline_is_not_crossed_by_leaving_out_corners(work: Fieldwork) -> None:
    # A side that bends out by less than the tolerance, and a corner pressed within the bend.
    walking = capture.BoundaryCapture(
        work.survey, "farmland", settings=WalkSettings(every_m=2, tolerance_m=3.0)
    )
    to_press = [(300, 300), (320, 302.5), (340, 300), (340, 280), (321, 280), (320, 301.5)]
    from_press = [(320, 301.5), (319, 280), (300, 280), (300, 299)]
    for fix in way(to_press):
        walking.add(fix)
    walking.press()
    for at, fix in enumerate(way(from_press), 200):
        walking.add(replace(fix, time=fix.time + timedelta(seconds=at)))
    measured = walking.result()
    assert measured.geometry.is_valid
    truth = Polygon([(X0 + x, Y0 + y) for x, y in to_press + from_press[1:]])
    assert measured.geometry.symmetric_difference(truth).area < 15


def test_the_epochs_of_a_pressed_corner_are_all_kept(work: Fieldwork, stand: Callable) -> None:
    corners = [stand(x, y) for x, y in CORNERS[:-1]]
    corners[1][3] = fix_at(900, 900, 3)
    corners[2].insert(5, nowhere(5))
    measured = capture.corners_boundary(work.survey, "homestead", corners)
    assert len(measured.fixes) == 4 * 12 + 1
    assert measured.epochs == 11
    assert measured.geometry.area == pytest.approx(1200, abs=0.2)


def test_the_first_corner_pressed_again_is_one_corner(work: Fieldwork, stand: Callable) -> None:
    again = [stand(x, y) for x, y in [*CORNERS[:-1], (300.05, 300)]]
    measured = capture.corners_boundary(work.survey, "homestead", again)
    assert len(measured.geometry.exterior.coords) == 5
    # A short side is a side.
    short = [stand(x, y) for x, y in [*CORNERS[:-1], (300, 300.4)]]
    measured = capture.corners_boundary(work.survey, "homestead", short)
    assert len(measured.geometry.exterior.coords) == 6


def test_projected_positions_are_those_of_the_projection(work: Fieldwork) -> None:
    fixes = way(CORNERS)
    found = capture.projected(fixes, work.survey.srid)
    x, y = gauss_kruger.forward(
        [each.longitude_deg for each in fixes], [each.latitude_deg for each in fixes], 4548
    )
    assert abs(found[:, 0] - x).max() <= 0.0005 + 1e-9
    assert abs(found[:, 1] - y).max() <= 0.0005 + 1e-9


def test_the_worst_corner_decides_how_good_an_outline_is(work: Fieldwork) -> None:
    fixes = way(CORNERS[:3]) + way(CORNERS[2:], fix_type="single", horizontal_accuracy_m=2.5)
    with pytest.raises(BadInput) as refused:
        capture.walk_boundary(work.survey, "farmland", fixes)
    assert refused.value.facts["reason"] == "field.accuracy.fix_type"
    kept = capture.walk_boundary(work.survey, "farmland", fixes, override_reason="树下")
    assert (kept.fix_type, kept.horizontal_accuracy_m) == ("single", 2.5)


def test_overlap_with_neighbours_is_seen_before_saving(work: Fieldwork, world: World) -> None:
    walking = capture.BoundaryCapture(work.survey, "farmland", by_corners=True)
    for at, (x, y) in enumerate([(140, 100), (160, 100), (160, 150), (140, 150)]):
        walking.add(fix_at(x, y, 60 * at))
        walking.press()
    found = walking.overlaps()
    assert {each.record for each in found} == set(world.parcels.values())
    assert {each.title for each in found} == {"西地", "东地"}
    assert [each.area_m2 for each in found] == [pytest.approx(500, abs=0.1)] * 2
    # Measured anew, a parcel does not overlap itself; one that has ended is in nobody's way.
    own = capture.BoundaryCapture(
        work.survey, "farmland", by_corners=True, record=world.parcels["west"]
    )
    for at, (x, y) in enumerate([(100, 100), (150, 100), (150, 150), (100, 150)]):
        own.add(fix_at(x, y, 60 * at))
        own.press()
    assert own.overlaps() == []
    work.survey.update("farmland", world.parcels["east"], {"ended_on": "2025-06-05"})
    assert [each.title for each in walking.overlaps()] == ["西地"]


def test_corners_near_a_neighbour_are_put_onto_it_when_asked(work: Fieldwork) -> None:
    noisy = random.Random(7)
    corners = [(200.0, 100.0), (240, 100), (240, 150), (200, 150), (200, 120)]
    fixes = [
        [fix_at(x + noisy.uniform(-0.2, 0.2), y + noisy.uniform(-0.2, 0.2), n) for n in range(5)]
        for x, y in corners
    ]
    loose = capture.corners_boundary(work.survey, "farmland", fixes)
    snapped = capture.corners_boundary(work.survey, "farmland", fixes, snap=True)
    neighbour = square(150, 100, 50)
    assert not loose.geometry.touches(neighbour)
    assert neighbours.overlaps(work.survey, "farmland", snapped.geometry) == []
    shared = snapped.geometry.boundary.intersection(neighbour.boundary)
    assert shared.length == pytest.approx(50, abs=1e-6)


def test_lines_stay_open(work: Fieldwork) -> None:
    measured = capture.walk_boundary(work.survey, "route", way(CORNERS))
    assert measured.geometry.geom_type == "LineString"
    assert measured.geometry.length == pytest.approx(140, abs=2)


@pytest.mark.parametrize(
    ("corners", "code"),
    [
        ([(0, 0), (10, 0)], "field.walk.too_few"),
        ([(0, 0), (10, 10), (10, 0), (0, 10)], "field.walk.crosses"),
    ],
)
def test_what_is_no_outline_is_refused(
    work: Fieldwork, stand: Callable, corners: list, code: str
) -> None:
    with pytest.raises(BadInput) as refused:
        capture.corners_boundary(work.survey, "farmland", [stand(x, y) for x, y in corners])
    assert refused.value.code == code


def test_a_layer_of_points_has_no_boundary(work: Fieldwork) -> None:
    with pytest.raises(BadInput, match=r"field\.walk\.no_outline"):
        capture.BoundaryCapture(work.survey, "facility")

"""The measurement that goes on in the app: what the screen is told of it, and what it outlives."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from small_disk import fill, own_disk
from small_village import VILLAGE, X0, Y0, World, fix_at, nowhere, way
from xiangtu.errors import BadFile, BadInput

from field_app.controllers import capture
from field_app.controllers.form import Form
from field_app.controllers.measuring_at_work import AtWork, StandAtWork, WalkAtWork
from field_app.controllers.settings import Settings
from field_app.controllers.start import Fieldwork


def drafted(work: Fieldwork, layer: str, field: str) -> str:
    form = Form.new(work.survey, layer, village=VILLAGE)
    form.answer(field, "1")
    return form.record


def walking(work: Fieldwork, record: str | None = None) -> WalkAtWork:
    record = record or drafted(work, "farmland", "name")
    opened = AtWork(work).open("farmland", record)
    assert isinstance(opened, WalkAtWork)
    return opened


def test_a_scene_shows_what_lies_around_and_what_the_record_was(
    work: Fieldwork, world: World
) -> None:
    walk = walking(work, world.parcels["west"])
    here = fix_at(100, 100)
    scene = walk.take([here], here).scene
    assert scene.closes and scene.here is not None
    assert (scene.here.easting_m, scene.here.northing_m) == pytest.approx((X0 + 100, Y0 + 100))
    (before,) = scene.before
    assert before.min(axis=0) == pytest.approx((X0 + 100, Y0 + 100))
    around = {each.title: each for each in scene.around}
    assert around["东地"].same_layer and len(around["东地"].lines[0]) == 5
    assert not around["上河村"].same_layer and "西地" not in around


@pytest.mark.parametrize(
    ("far", "near"),
    [
        ((700, 125), (260, 125)),
        ((150, 700), (150, 210)),
        ((-400, 125), (40, 125)),
        ((150, -400), (150, 40)),
    ],
)
def test_surroundings_follow_the_walk_in_every_direction(
    work: Fieldwork, far: tuple[float, float], near: tuple[float, float]
) -> None:
    walk = walking(work)
    begun = [fix_at(*far, n) for n in range(3)]
    assert "东地" not in {each.title for each in walk.take(begun, begun[-1]).scene.around}
    steps = way([far, near])
    state = walk.take(steps, steps[-1])
    assert {"东地", "西地"} <= {each.title for each in state.scene.around}
    assert state.scene.here is not None and state.corners == len(state.scene.corners)


def test_where_there_is_no_position_the_scene_shows_none(work: Fieldwork) -> None:
    walk = walking(work)
    state = walk.take([nowhere(0)], None)
    assert state.scene.here is None and state.lost and not state.scene.around
    assert [each.code for each in state.lacking] == ["field.accuracy.no_position"]


def test_the_fixes_after_a_corner_that_moved_are_walked_all_the_same(
    work: Fieldwork, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A county may ask for twelve epochs a corner; meanwhile the pole slides by half a metre.
    monkeypatch.setattr(capture, "_asked", lambda _layer: (("rtk_fixed",), 12))
    walk = walking(work)
    sliding = [fix_at(300 + 0.05 * n, 300, n) for n in range(12)]
    onwards = [fix_at(301 + n, 300, 12 + n) for n in range(20)]
    walk.walk_by(corners=True)
    walk.corner()
    with pytest.raises(BadInput, match=r"field\.walk\.moved"):
        walk.take(sliding + onwards, onwards[-1])
    state = walk.walk_by(corners=False)
    assert state.corner is None and state.corners == 0
    fixes = way([(320, 300), (320, 320), (300, 320)])
    assert walk.take(fixes, fixes[-1]).corners > 1
    walk.review()
    walk.hand_over(reason="试")
    form = Form.resume(work.survey, walk.record)
    assert form.values["epochs"] == len(sliding + onwards + fixes)


def test_a_review_is_what_goes_into_the_form(work: Fieldwork) -> None:
    walk = walking(work)
    fixes = way([(203, 100), (253, 100), (253, 150), (200.3, 150), (200.3, 100)])
    walk.take(fixes, fixes[-1])
    snapped, as_measured = walk.review(snap=True), walk.review(snap=False)
    # The last corner lies 0.3 m from the east parcel, which snaps within half a metre.
    assert np.isclose(snapped.measured.geometry.bounds[0], X0 + 200, atol=0.001)
    assert as_measured.measured.geometry.bounds[0] > X0 + 200.2
    assert snapped.good and snapped.overlaps == ()
    assert as_measured.area_m2 == pytest.approx(as_measured.measured.geometry.area, abs=0.01)
    walk.hand_over(snap=True)
    form = Form.resume(work.survey, walk.record)
    assert form.geometry is not None and form.geometry.equals(snapped.measured.geometry)


@given(
    epochs=st.lists(st.sampled_from([1, 1, 1, 0]), min_size=1, max_size=40),
    at_once=st.integers(1, 10),
)
@settings(
    deadline=None,
    max_examples=25,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_it_does_not_matter_how_many_epochs_come_at_once(
    work: Fieldwork, epochs: list[int], at_once: int
) -> None:
    fixes = [
        fix_at(300 + 0.01 * n, 300, n) if good else nowhere(n) for n, good in enumerate(epochs)
    ]
    told = []
    for size in (1, at_once):
        stand = AtWork(work).open("boundary_point", drafted(work, "boundary_point", "number"))
        assert isinstance(stand, StandAtWork)
        for start in range(0, len(fixes), size):
            several = fixes[start : start + size]
            state = stand.take(several, several[-1] if epochs[start] else None)
        told.append(state.progress)
    assert told[0] == told[1]


def test_what_is_opened_again_is_the_same_until_it_is_over(
    work: Fieldwork, stand: Callable
) -> None:
    at_work, record = AtWork(work), drafted(work, "boundary_point", "number")
    opened = at_work.open("boundary_point", record)
    assert at_work.open("boundary_point", record) is opened and not opened.resumed
    fixes = stand(300, 300)
    opened.take(fixes, fixes[-1])
    at_work.leave()
    again = at_work.open("boundary_point", record)
    assert again is not opened and again.resumed
    assert again.take([], None).progress.good == len(fixes)
    again.hand_over()
    anew = at_work.open("boundary_point", record)
    assert not anew.resumed and anew.take([], None).progress.good == 0


def test_nothing_is_let_go_that_a_full_disk_has_not_taken(
    template: tuple[Path, World], tmp_path: Path, stand: Callable
) -> None:
    with own_disk(tmp_path / "disk", 64) as disk:
        shutil.copytree(template[0] / "tablet", disk / "tablet")
        with Fieldwork(disk / "tablet") as work:
            at_work, first = AtWork(work), drafted(work, "boundary_point", "number")
            second = drafted(work, "boundary_point", "number")
            opened = at_work.open("boundary_point", first)
            filler = fill(disk, 0)
            fixes = stand(300, 300)
            assert opened.take(fixes, fixes[-1]).trouble is not None
            with pytest.raises(BadFile):
                at_work.open("boundary_point", second)
            filler.unlink()
            at_work.open("boundary_point", second)
            again = at_work.open("boundary_point", first)
            assert again.take([], None).progress.good == len(fixes)


def test_a_layer_without_a_place_is_not_measured(work: Fieldwork, world: World) -> None:
    with pytest.raises(BadInput, match=r"geometry\.not_expected"):
        AtWork(work).open("household", world.household)


def test_a_road_has_a_length_and_no_area(work: Fieldwork) -> None:
    walk = AtWork(work).open("route", drafted(work, "route", "name"))
    fixes = way([(300, 300), (330, 300), (330, 340)])
    assert isinstance(walk, WalkAtWork)
    state = walk.take(fixes, fixes[-1])
    assert state.closing is None and state.area_m2 == 0 and not state.scene.closes
    review = walk.review()
    assert review.area_m2 is None and review.area_mu is None and review.overlaps == ()
    assert review.length_m == pytest.approx(70, abs=1)


def test_the_accuracy_that_the_surveyor_asks_holds_live_and_in_the_form(work: Fieldwork) -> None:
    at_work, record = AtWork(work), drafted(work, "farmland", "name")
    round_it = way([(300, 300), (340, 300), (340, 340), (300, 340), (300, 300)],
                   horizontal_accuracy_m=0.04)  # fmt: skip
    walk = at_work.open("farmland", record)
    assert isinstance(walk, WalkAtWork)
    assert walk.take(round_it, round_it[-1]).lacking == () and walk.review().good
    again = at_work.open("farmland", record, Settings(accuracy_m=0.03))
    assert again is walk and walk.accuracy_m == 0.03
    assert [each.code for each in walk.take([], round_it[-1]).lacking] == [
        "field.accuracy.horizontal"
    ]
    assert [each.expected for each in walk.review().measured.shortfalls] == ["0.03 m"]
    with pytest.raises(BadInput, match=r"^field\.accuracy"):
        walk.hand_over()
    walk.hand_over(reason="树下")
    assert Form.resume(work.survey, record).values["horizontal_accuracy_m"] == 0.04


def test_a_point_that_is_begun_again_is_asked_for_as_much(work: Fieldwork) -> None:
    record = drafted(work, "boundary_point", "number")
    stand = AtWork(work).open("boundary_point", record, Settings(accuracy_m=0.03))
    assert isinstance(stand, StandAtWork)
    for _ in range(2):
        fixes = [fix_at(300, 300, n, horizontal_accuracy_m=0.05) for n in range(12)]
        lacking = stand.take(fixes, fixes[-1]).lacking
        assert "field.accuracy.horizontal" in [each.code for each in lacking]
        assert "0.03 m" in [each.expected for each in stand.review().measured.shortfalls]
        stand.begin_again()


def test_a_walk_lays_its_corners_as_the_settings_say(work: Fieldwork) -> None:
    def corners(chosen: Settings) -> int:
        walk = AtWork(work).open("route", drafted(work, "route", "name"), chosen)
        assert isinstance(walk, WalkAtWork)
        along = way([(300, 300), (340, 300)])
        return walk.take(along, along[-1]).corners

    often, seldom = (Settings(walk_every_m=each, walk_every_s=None) for each in (2.0, 20.0))
    assert corners(often) > 2 * corners(seldom)

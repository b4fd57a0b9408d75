"""A walk and a stand that go on after the app was killed."""

from __future__ import annotations

import math
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scripted_walk import Finished, Step, Walker
from small_disk import fill, own_disk
from small_village import World, fix_at, nowhere, way
from xiangtu import store, words
from xiangtu.errors import BadInput
from xiangtu.gnss import fix_json
from xiangtu.gnss.boundary_walk import WalkSettings
from xiangtu.gnss.fix import Fix
from xiangtu.gnss.nmea_file import NmeaFile
from xiangtu.package import clearing
from xiangtu.store import measuring as kept_steps
from xiangtu.store.identity import new_uuid

from field_app.controllers.capture import BoundaryCapture
from field_app.controllers.form import Form
from field_app.controllers.measuring import KeptStand, KeptWalk, unfinished
from field_app.controllers.start import Fieldwork

RECORD = "01900000-0000-7000-8000-00000000000b"

_metres = st.floats(0, 60).map(lambda value: round(value, 2))
_fixes = st.builds(
    fix_at,
    _metres,
    _metres,
    st.integers(0, 600).map(lambda tenths: tenths / 10),
    fix_type=st.sampled_from(["single", "rtk_float", "rtk_fixed"]),
    horizontal_accuracy_m=st.sampled_from([None, 0.02, 0.3, 4.0]),
    speed_mps=st.sampled_from([None, 0.0, 1.25]),
    mock=st.booleans(),
)
_steps = st.lists(
    st.one_of(
        st.tuples(st.just("fix"), st.one_of(_fixes, _fixes, st.just(nowhere(5)))),
        st.tuples(st.just("fix"), _fixes),
        st.tuples(st.just("press"), st.sampled_from([None, 1, 3])),
        st.tuples(st.just("foreign"), st.lists(_fixes, min_size=1, max_size=3)),
        st.tuples(st.just("take_back"), st.none()),
        st.tuples(st.just("by_corners"), st.booleans()),
        st.tuples(st.just("finish"), st.none()),
    ),
    max_size=40,
)


@given(steps=_steps, killed_after=st.integers(0, 40), pace=st.sampled_from([0.1, 1.0]))
@settings(
    deadline=None,
    max_examples=60,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_a_walk_is_rebuilt_corner_for_corner(
    work: Fieldwork, steps: list[Step], killed_after: int, pace: float
) -> None:
    record, now_s = new_uuid(), 0.0
    limits = WalkSettings(every_m=7.0, worst_accuracy_m=1.0)

    def clock() -> float:
        return now_s

    def finish() -> None:
        walk.hand_to(Form.new(work.survey, "homestead"))

    walk = KeptWalk.begin(work.survey, "homestead", record, settings=limits, clock=clock)
    walker = Walker(walk, finish)
    done: list[Step] = []
    for step in steps[:killed_after]:
        now_s += pace
        try:
            if walker.take(step):
                done.append(step)
        except Finished:
            assert kept_steps.one(work.survey, record) is None
            return
    in_the_file = len(done) - walk.waiting
    assert walk.waiting < 10
    # The first process's objects are gone; what it had not written is lost.
    again = KeptWalk.resume(work.survey, record)
    capture = BoundaryCapture(work.survey, "homestead", settings=limits, record=record)
    first = Walker(capture, lambda: capture.result())
    for step in done[:in_the_file]:
        assert first.take(step)
    _same(again, first)
    # And it goes on as it would have, with the epochs that it has now.
    other = Walker(
        again, lambda: again.hand_to(Form.new(work.survey, "homestead")), again._fixes[:]
    )
    for step in [*steps[killed_after:], ("fix", fix_at(70, 70, 70)), ("press", 1)]:
        if step[0] != "finish":
            assert other.take(step) == first.take(step)
            _same(again, first)


def _same(walk: KeptWalk, first: Walker) -> None:
    assert walk.capture.vertices == first.walk.vertices
    assert walk.by_corners == first.walk.by_corners
    assert walk.capture.lost == first.walk.lost
    # An epoch that a corner was averaged from is still the one that came on the way, not another.
    assert len(walk.capture._walk.fixes) == len(first.walk._walk.fixes)


def test_a_fix_is_the_same_again(shared_data: Path) -> None:
    path = next(iter(sorted((shared_data / "nmea" / "gpsd").glob("*.log"))))
    received = list(NmeaFile(path))
    assert len(received) > 3
    for fix in [*received, fix_at(1, 2, 0.123456, pdop=1.5, mock=True, antenna_height_m=1.8)]:
        again = fix_json.from_json(fix_json.to_json(fix))
        if math.isnan(fix.longitude_deg):
            assert math.isnan(again.longitude_deg) and math.isnan(again.latitude_deg)
            fix, again = (replace(each, longitude_deg=0, latitude_deg=0) for each in (fix, again))
        assert again == fix


def test_a_press_is_in_the_file_at_once_with_all_before_it(work: Fieldwork) -> None:
    walk = KeptWalk.begin(work.survey, "farmland", RECORD, clock=lambda: 0.0)
    for fix in way([(0, 0), (3, 0)]):
        walk.add(fix)
    assert walk.waiting == 3
    walk.press()
    assert walk.waiting == 0
    again = KeptWalk.resume(work.survey, RECORD)
    assert [each.laid_by for each in again.capture.vertices] == ["start", "press"]


def test_a_walk_taken_up_again_ends_in_the_form(work: Fieldwork) -> None:
    form = Form.new(work.survey, "farmland")
    walk = KeptWalk.begin(work.survey, "farmland", form.record)
    corners = way([(300, 300), (340, 300), (340, 330), (300, 330), (300, 300)])
    for fix in corners[:70]:
        walk.add(fix)
    walk.flush()
    with pytest.raises(BadInput) as refused:
        KeptWalk.begin(work.survey, "farmland", form.record)
    assert refused.value.code == "measuring.begun"
    assert form.record in words.explain(refused.value, "zh")

    (left,) = unfinished(work.survey)
    assert (left.record, left.layer, left.kind, left.epochs) == (
        form.record, "farmland", "walk", 70,
    )  # fmt: skip
    assert left.longitude_deg == corners[69].longitude_deg
    again = KeptWalk.resume(work.survey, left.record)
    for fix in corners[70:]:
        again.add(fix)
    measured = again.hand_to(form)
    assert measured.geometry.area == pytest.approx(1200, abs=15)
    assert len(measured.fixes) == len(corners)
    assert unfinished(work.survey) == []
    assert Form.resume(work.survey, form.record).geometry.equals(form.geometry)
    again.tick()  # nothing waits any more
    with pytest.raises(BadInput, match=r"measuring\.none"):
        KeptWalk.resume(work.survey, form.record)


def test_a_refused_end_leaves_the_walk_going_on(work: Fieldwork) -> None:
    form = Form.new(work.survey, "farmland")
    walk = KeptWalk.begin(work.survey, "farmland", form.record)
    for fix in way([(0, 0), (3, 0)]):
        walk.add(fix)
    with pytest.raises(BadInput, match=r"field\.walk\.too_few"):
        walk.hand_to(form)
    again = KeptWalk.resume(work.survey, form.record)
    # Where it was to end has become a corner.
    assert [each.laid_by for each in again.capture.vertices] == ["start", "end"]
    again.throw_away()
    assert unfinished(work.survey) == []
    assert work.survey.connection.execute("SELECT count(*) FROM measuring_step").fetchone() == (0,)


def test_a_stand_taken_up_again_has_its_epochs(work: Fieldwork, stand: Callable) -> None:
    form = Form.new(work.survey, "relic_point")
    epochs: list[Fix] = stand(10, 20, 12)
    standing = KeptStand.begin(work.survey, "relic_point", form.record, epochs=12)
    for fix in epochs[:7]:
        standing.add(fix)
    standing.flush()
    with pytest.raises(BadInput, match=r"measuring\.none"):
        KeptWalk.resume(work.survey, form.record)
    (left,) = unfinished(work.survey)
    assert (left.kind, left.epochs) == ("stand", 7)
    again = KeptStand.resume(work.survey, left.record)
    assert (again.capture.progress.good, again.capture.progress.needed) == (7, 12)
    for fix in epochs[7:]:
        again.add(fix)
    assert again.capture.enough
    measured = again.hand_to(form)
    assert measured.fixes == tuple(epochs)
    assert unfinished(work.survey) == []


def test_a_full_disk_loses_no_step(template: tuple[Path, World], tmp_path: Path) -> None:
    with own_disk(tmp_path / "disk", 64) as disk:
        shutil.copytree(template[0] / "tablet", disk / "tablet")
        now_s = 0.0
        with store.open(disk / "tablet" / "survey.sqlite") as survey:
            walk = KeptWalk.begin(survey, "farmland", RECORD, clock=lambda: now_s)
            filler = fill(disk, 0)
            for fix in way([(0, 0), (900, 0)]):
                now_s += 1
                walk.add(fix)
            walk.press()
            assert walk.trouble is not None and walk.trouble.code == "file.disk_full"
            for language in ("en", "zh"):
                assert "survey.sqlite" in words.explain(walk.trouble, language)
            assert walk.waiting > 0
            filler.unlink()
            now_s += 1
            walk.tick()
            assert (walk.trouble, walk.waiting) == (None, 0)
            again = KeptWalk.resume(survey, RECORD)
            assert again.capture.vertices == walk.capture.vertices


def test_what_is_being_measured_is_not_cleared(work: Fieldwork, world: World) -> None:
    west = world.parcels["west"]
    KeptWalk.begin(work.survey, "farmland", west)
    found = clearing.read(work.survey)
    assert west in found.unsettled
    kept_steps.drop(work.survey, west)
    assert west not in clearing.read(work.survey).unsettled

"""Tracks: recorded epoch by epoch, left off by a kill, taken up again, handed over."""

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
import recording_work
from recording_work import TenHertz
from small_disk import fill, own_disk
from small_village import World, fix_at, nowhere, way
from xiangtu import store, words
from xiangtu.errors import BadInput, FileBusy
from xiangtu.merge import plan
from xiangtu.package import clearing, receipt, survey_package

from field_app.controllers import recording
from field_app.controllers.form import Form
from field_app.controllers.recording import TrackRecording, end_unfinished, unfinished
from field_app.controllers.start import Fieldwork
from field_app.controllers.write_behind import WriteBehind

OTHER_PROCESS = [sys.executable, recording_work.__file__]


def test_a_track_has_its_line_its_epochs_and_its_length(work: Fieldwork, world: World) -> None:
    west = world.parcels["west"]
    walked = way([(0, 0), (40, 0), (40, 30)])
    with TrackRecording.begin(work.survey, "boundary_walk", layer="farmland", record=west) as track:
        begun = work.survey.get("track", track.uuid)
        assert (begun["layer"], begun["record"], begun["author"]) == ("farmland", west, "王芳")
        assert begun["started_at"] and not begun["ended_at"] and begun["geometry"] is None
        for fix in walked:
            track.add(fix)
        assert track.epochs == len(walked)
        track.end()
    ended = work.survey.get("track", track.uuid)
    assert ended["length_m"] == pytest.approx(70, abs=1)
    assert ended["ended_at"] >= ended["started_at"]
    kept = work.survey.fixes_of(track.uuid)
    assert [each["sequence"] for each in kept] == list(range(1, len(walked) + 1))
    assert [each["latitude_deg"] for each in kept] == [fix.latitude_deg for fix in walked]
    # They came from a file, so that the tablet says when.
    assert all(each["tablet_time"] for each in kept)
    assert unfinished(work.survey) == []


def test_a_dropout_and_a_pause_begin_a_new_part(work: Fieldwork) -> None:
    with TrackRecording.begin(work.survey) as track:
        for number in range(20):
            track.add(fix_at(number, 0, number))
        for number in range(20, 35):
            track.add(nowhere(number))
        for number in range(35, 50):
            track.add(fix_at(number, 0, number))
        track.pause()
        assert track.paused
        for number in range(50, 53):
            track.add(fix_at(number, 0, number))
        track.go_on()
        for number in range(53, 70):
            track.add(fix_at(number, 0, number))
        track.end()
    line = work.survey.get("track", track.uuid)["geometry"]
    assert len(line.geoms) == 3
    assert len(work.survey.fixes_of(track.uuid)) == 67


def test_ten_epochs_a_second_are_one_transaction_a_second(work: Fieldwork) -> None:
    clock = TenHertz()
    commits = []
    with TrackRecording.begin(work.survey, clock=clock) as track:
        work.survey.connection.set_trace_callback(
            lambda sql: commits.append(clock.now_s) if sql == "COMMIT" else None
        )
        for number in range(600):
            clock.now_s += 0.1
            track.add(fix_at(number / 10, 0, number / 10))
            assert track.waiting <= 10
        assert 58 <= len(commits) <= 61
        clock.now_s += 1
        track.tick()
        assert track.waiting == 0


def test_one_track_at_a_time(work: Fieldwork) -> None:
    with TrackRecording.begin(work.survey) as track:
        (running,) = unfinished(work.survey)
        assert running.running
        for again in (
            lambda: TrackRecording.begin(work.survey),
            lambda: TrackRecording.resume(work.survey, track.uuid),
            lambda: end_unfinished(work.survey, track.uuid),
        ):
            with pytest.raises(FileBusy, match=r"field\.recording\.running") as refused:
                again()
            assert "轨迹" in words.explain(refused.value, "zh")
        track.add(fix_at(0, 0))
    # Left off, not ended.
    with pytest.raises(BadInput, match=r"field\.recording\.unfinished") as waits:
        TrackRecording.begin(work.survey)
    assert "1 positions" in words.explain(waits.value, "en")
    with pytest.raises(BadInput, match=r"field\.recording\.none"):
        TrackRecording.resume(work.survey, work.tablet.device_id)
    with pytest.raises(BadInput, match=r"field\.answer\.code"):
        TrackRecording.begin(work.survey, "holiday")
    end_unfinished(work.survey, track.uuid)
    with pytest.raises(BadInput, match=r"field\.recording\.none"):
        end_unfinished(work.survey, track.uuid)
    TrackRecording.begin(work.survey).close()


def test_what_was_left_off_ends_with_its_last_epoch(work: Fieldwork, world: World) -> None:
    west = world.parcels["west"]
    received_at = datetime.now(UTC) + timedelta(seconds=5)
    with TrackRecording.begin(work.survey, layer="farmland", record=west) as track:
        for number in range(20):
            at = received_at + timedelta(seconds=number)
            track.add(replace(fix_at(number, 5, number), tablet_time=at))
    (left,) = unfinished(work.survey)
    assert (left.uuid, left.layer, left.record, left.epochs, left.running) == (
        track.uuid, "farmland", west, 20, False,
    )  # fmt: skip
    assert left.longitude_deg == fix_at(19, 5).longitude_deg
    end_unfinished(work.survey, left.uuid)
    ended = work.survey.get("track", left.uuid)
    assert ended["ended_at"] == left.last_at
    assert datetime.fromisoformat(left.last_at) - at < timedelta(milliseconds=1)
    assert ended["length_m"] == pytest.approx(19, abs=0.6)


def test_a_track_without_a_position_ends_without_a_line(work: Fieldwork) -> None:
    with TrackRecording.begin(work.survey) as track:
        track.add(nowhere(1))
        track.end()
    ended = work.survey.get("track", track.uuid)
    assert ended["ended_at"] and ended["geometry"] is None and ended["length_m"] is None


def test_a_full_disk_is_said_and_loses_no_epoch(
    template: tuple[Path, World], tmp_path: Path
) -> None:
    with own_disk(tmp_path / "disk", 64) as disk:
        shutil.copytree(template[0] / "tablet", disk / "tablet")
        clock = TenHertz()
        with (
            store.open(disk / "tablet" / "survey.sqlite") as survey,
            TrackRecording.begin(survey, clock=clock) as track,
        ):
            for number in range(3000):
                if number == 1000:
                    filler = fill(disk, 0)
                clock.now_s += 0.1
                track.add(fix_at(number / 10, 0, number / 10))
            assert track.trouble is not None and track.trouble.code == "file.disk_full"
            assert "survey.sqlite" in words.explain(track.trouble, "zh")
            kept = len(survey.fixes_of(track.uuid))
            assert kept >= 990 and kept + track.waiting == track.epochs == 3000
            filler.unlink()
            clock.now_s += 1
            track.tick()
            assert (track.trouble, track.waiting, track.given_up) == (None, 0, 0)
            track.end()
            kept = survey.fixes_of(track.uuid)
            assert [each["sequence"] for each in kept] == list(range(1, 3001))
            assert survey.get("track", track.uuid)["length_m"] == pytest.approx(300, abs=2)


def test_a_file_kept_busy_by_another_loses_no_epoch(work: Fieldwork) -> None:
    clock = TenHertz()
    work.survey.connection.execute("PRAGMA busy_timeout = 10").fetchone()
    with (
        TrackRecording.begin(work.survey, clock=clock) as track,
        store.open(work.survey.path) as other,
    ):
        with other.atomic():
            for number in range(100):
                clock.now_s += 0.1
                track.add(fix_at(number / 10, 0, number / 10))
            assert isinstance(track.trouble, FileBusy)
            assert track.waiting == 100
        clock.now_s += 1
        track.tick()
        assert (track.trouble, track.waiting) == (None, 0)
        track.end()
    assert len(work.survey.fixes_of(track.uuid)) == 100


def test_what_waits_too_long_is_thinned_over_its_whole_time() -> None:
    written: list[int] = []
    full = True

    def write(items: list[int]) -> None:
        if full:
            raise FileBusy("file.busy", path="survey.sqlite")
        written.extend(items)

    clock = TenHertz()
    behind: WriteBehind[int] = WriteBehind(write, most=100, clock=clock)
    for number in range(1000):
        clock.now_s += 0.1
        behind.add(number)
        assert behind.waiting <= 100
    full = False
    behind.flush()
    assert len(written) + behind.given_up == 1000
    assert written == sorted(written) and written[-1] > 980
    assert written[0] < 20
    assert max(b - a for a, b in pairwise(written)) <= 16


# -- beside the app ------------------------------------------------------------------------------


def test_another_process_records_while_the_app_writes_packs_and_clears(
    work: Fieldwork, world: World, tmp_path: Path
) -> None:
    """As a service on Android does: nothing is lost, nothing comes twice."""
    folder, west = work.tablet.folder, world.parcels["west"]
    packages = []
    with subprocess.Popen(
        [*OTHER_PROCESS, folder, "on"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as service:
        uuid = service.stdout.readline().strip()
        for number in range(3):
            for other in range(40):
                work.survey.update("farmland", west, {"remark": f"{number} {other}"})
            work.survey.save_draft(west, "farmland", {"name": str(number)})
            with pytest.raises(FileBusy):
                end_unfinished(work.survey, uuid)
            packages.append(survey_package.pack(folder, tmp_path / f"{number}.xtp"))
            take(world, work, packages[-1].path, tmp_path / f"{number}.xtr")
            clearing.clear(folder)
            wait_for_more(work, uuid)
        service.stdin.close()
        epochs = int(service.stdout.readline())
        assert service.wait(30) == 0
    # Nothing was cleared of the track while it was recorded.
    kept = work.survey.fixes_of(uuid)
    assert [each["sequence"] for each in kept] == list(range(1, epochs + 1))
    track = work.survey.get("track", uuid)
    assert track["length_m"] == pytest.approx(epochs / 10, abs=1.2)
    packages.append(survey_package.pack(folder, tmp_path / "last.xtp"))
    take(world, work, packages[-1].path, tmp_path / "last.xtr")
    assert sum(each.counts["fix"] for each in packages) == epochs
    assert packages[0].counts["fix"] > 0 and packages[-1].counts["fix"] > 0
    with store.open(world.county) as county:
        there = county.fixes_of(uuid)
        assert [each["longitude_deg"] for each in there] == [each["longitude_deg"] for each in kept]
        arrived = county.get("track", uuid)
        assert arrived["geometry"].equals_exact(track["geometry"], 0)
        assert (arrived["length_m"], arrived["ended_at"]) == (track["length_m"], track["ended_at"])
    # Once ended, packed and acknowledged its epochs may go.
    work.survey.drop_draft(west)
    assert clearing.clear(folder).epochs == epochs


def take(world: World, work: Fieldwork, package: Path, out: Path) -> None:
    """The county merges a package and says so to the tablet."""
    with store.open(world.county) as county:
        plan.merge(county, package, world.identity, author="县里")
        receipt.write_receipt(county, out, work.tablet.device_id, world.identity)
    receipt.read_receipt(work.tablet.folder, out)


def wait_for_more(work: Fieldwork, uuid: str) -> None:
    """Until the other process has written again."""
    known = recording.raw_fixes.highest(work.survey, uuid)
    while recording.raw_fixes.highest(work.survey, uuid) == known:
        pass


def test_a_recording_that_was_packed_halfway_keeps_its_epochs_until_it_is_ended(
    work: Fieldwork, world: World, tmp_path: Path
) -> None:
    walked = way([(0, 0), (40, 0)])
    with TrackRecording.begin(work.survey) as track:
        for fix in walked[:20]:
            track.add(fix)
    package = survey_package.pack(work.tablet.folder, tmp_path / "one.xtp")
    take(world, work, package.path, tmp_path / "one.xtr")
    assert clearing.clear(work.tablet.folder).epochs == 0
    with TrackRecording.resume(work.survey, track.uuid) as again:
        for fix in walked[20:]:
            again.add(fix)
        again.end()
    assert len(work.survey.fixes_of(track.uuid)) == len(walked)


def test_a_track_around_what_was_thrown_away_arrives_all_the_same(
    work: Fieldwork, world: World, tmp_path: Path
) -> None:
    form = Form.new(work.survey, "farmland")
    with TrackRecording.begin(work.survey, layer="farmland", record=form.record) as track:
        for fix in way([(0, 0), (40, 0)]):
            track.add(fix)
        track.end()
    form.throw_away()
    package = survey_package.pack(work.tablet.folder, tmp_path / "one.xtp")
    take(world, work, package.path, tmp_path / "one.xtr")
    with store.open(world.county) as county:
        arrived = county.get("track", track.uuid)
        assert arrived is not None
        assert (arrived["layer"], arrived["record"]) == ("farmland", None)
        assert arrived["length_m"] == pytest.approx(40, abs=1)
        assert county.connection.execute("SELECT count(*) FROM held").fetchone() == (0,)

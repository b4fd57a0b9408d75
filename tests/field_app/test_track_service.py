"""A track that a service of its own process records, as Android has it run: through the app's end,
the service's being killed, and another assignment."""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pretended_android import Android
from service_process import ServiceProcess
from small_village import World, fix_at
from xiangtu import store
from xiangtu.errors import BadInput, FileBusy

from field_app.controllers.recording import TrackRecording, end_unfinished, unfinished
from field_app.controllers.start import Fieldwork
from field_app.controllers.track_in_service import TrackInService
from field_app.platform.track_service import track_service
from field_app.track_service import main, record_on

PATIENCE_S = 60.0
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="kills as Linux does")


def until(enough: Callable[[], bool]) -> None:
    ends = time.monotonic() + PATIENCE_S
    while not enough():
        assert time.monotonic() < ends
        time.sleep(0.05)


@pytest.fixture
def folder(template: tuple[Path, World], tmp_path: Path) -> Path:
    return Path(shutil.copytree(template[0] / "tablet", tmp_path / "tablet"))


@pytest.fixture
def service(folder: Path) -> Iterator[ServiceProcess]:
    made = ServiceProcess(folder)
    yield made
    made.stop()


def test_a_track_outlives_the_app_and_the_service(folder: Path, service: ServiceProcess) -> None:
    with Fieldwork(folder) as work:
        track = TrackInService(work, service)
        assert track.running() is None
        track.begin()
        until(lambda: track.take(()).epochs >= 12)
        seen = track.take(()).epochs
    # The app is gone, and the system ends the service too, in the midst of its work.
    (before,) = left(folder)
    assert before.running and before.epochs >= seen
    service.stop()
    (killed,) = left(folder)
    assert not killed.running and killed.epochs >= seen, "what was there stays there"
    # The app is there again: it goes on with what was left off.
    with Fieldwork(folder) as work:
        track = TrackInService(work, service)
        assert track.running() is None
        track.begin()
        until(lambda: track.take(()).epochs >= killed.epochs + 12)
        assert service.started == 2
        length_m = track.end()
        assert unfinished(work.survey) == [] and not service.runs
        (recorded,) = work.survey.select("track")
        fixes = work.survey.fixes_of(recorded["uuid"])
    assert [each["sequence"] for each in fixes] == list(range(1, len(fixes) + 1))
    assert len(recorded["geometry"].geoms) == 2, "nobody saw the way in between"
    assert length_m == recorded["length_m"] > 20 and recorded["author"] == "王芳"
    assert recorded["ended_at"] >= fixes[-1]["tablet_time"][:19]


def left(folder: Path) -> list:
    with store.open(folder / "survey.sqlite", readonly=True) as file:
        return unfinished(file)


def test_the_app_follows_a_service_that_went_on(folder: Path, service: ServiceProcess) -> None:
    with Fieldwork(folder) as work:
        TrackInService(work, service).begin()
        until(lambda: unfinished(work.survey)[0].running)
    with Fieldwork(folder) as work:
        track = TrackInService(work, service)
        until(lambda: (state := track.running()) is not None and state.epochs > 0)
        assert service.started == 1
        track.end()
        assert unfinished(work.survey) == []


def test_a_service_that_the_system_ended_is_started_again(
    folder: Path, service: ServiceProcess
) -> None:
    with Fieldwork(folder) as work:
        track = TrackInService(work, service)
        track.begin()
        until(lambda: track.take(()).epochs > 0)
        service.stop()
        had = track.take(()).epochs
        until(lambda: track.take(()).epochs > had)
        assert service.started == 2


def test_it_lets_the_file_go_for_another_assignment(
    folder: Path, service: ServiceProcess, world: World, tmp_path: Path
) -> None:
    with Fieldwork(folder) as work:
        second = world.assignment_for(work, tmp_path / "second.xta")
        track = TrackInService(work, service)
        track.leave()
        track.begin()
        until(lambda: track.take(()).epochs > 0)
        track.leave()
        assert not unfinished(work.survey)[0].running
        work.take_assignment(second)
        had = track.take(()).epochs
        until(lambda: track.take(()).epochs > had)


def test_a_service_that_does_not_leave_off_is_told(folder: Path) -> None:
    class Stubborn:
        def start(self) -> None: ...

        def stop(self) -> None: ...

    now = iter(range(0, 1000, 4))
    with Fieldwork(folder) as work, store.open(folder / "survey.sqlite") as other:
        track = TrackInService(work, Stubborn(), lambda: float(next(now)))
        track.begin()
        with TrackRecording.resume(other, unfinished(work.survey)[0].uuid) as recording:
            recording.add(fix_at(100, 100))
            with pytest.raises(FileBusy, match=r"field\.recording\.running"):
                track.end()
        assert track.end() is None or unfinished(work.survey) == []


def test_a_track_that_was_ended_elsewhere_is_no_more(folder: Path) -> None:
    class Nothing:
        def start(self) -> None: ...

        def stop(self) -> None: ...

    with Fieldwork(folder) as work:
        track = TrackInService(work, Nothing())
        track.begin()
        end_unfinished(work.survey, unfinished(work.survey)[0].uuid)
        for ask in (lambda: track.take(()), track.end):
            with pytest.raises(BadInput, match=r"field\.recording\.none"):
                ask()
        track.leave()


def test_without_a_track_there_is_nothing_to_record(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(address: str) -> None:
        raise AssertionError("no receiver is asked for")

    assert record_on(folder, never, "android", lambda: True) is False  # type: ignore[arg-type]
    assert main([str(folder)]) == 0


def test_what_it_cannot_record_ends_it(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    assert main([str(tmp_path)]) == 2
    assert "key.missing" in caplog.text


@pytest.mark.parametrize("api_level", [29, 34])
def test_android_is_asked_for_it_and_for_its_sign(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, api_level: int
) -> None:
    assert track_service() is None, "a desktop lets the app record in the background"
    android = Android(in_app=True, api_level=api_level, storage=tmp_path)
    for name, module in android.modules().items():
        monkeypatch.setitem(sys.modules, name, module)
    for name in ("track_service", "files", "position"):
        monkeypatch.delitem(sys.modules, f"field_app.platform.android.{name}", raising=False)
    monkeypatch.setenv("ANDROID_ARGUMENT", "")
    service = track_service()
    assert service is not None and service.address == "android"
    service.start(tmp_path, "正在记录轨迹")
    service.start(tmp_path, "正在记录轨迹")
    assert android.services == [f"正在记录轨迹: {tmp_path}"] * 2
    notifications = ["android.permission.POST_NOTIFICATIONS"]
    assert android.asked == ([notifications] if api_level >= 33 else []), "once"
    service.stop()
    assert android.services == []

    from field_app.platform.android.track_service import stay_awake

    assert stay_awake() == tmp_path / "files" / "tablet" and android.awake == 1

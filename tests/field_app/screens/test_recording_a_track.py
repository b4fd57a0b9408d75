"""A track recorded from the map, on whatever screen one is, and through a restart."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from fed_receiver import FedReceiver
from small_village import World, way
from xiangtu import store

from field_app.controllers.start import Fieldwork

if TYPE_CHECKING:  # it is the first to import Kivy, once there is a display
    from driver import Driver

#: 60 m to the east, then 40 to the north.
OUT, BACK = way([(100, 100), (160, 100)]), way([(160, 100), (160, 140)])


def tracks(folder: Path) -> list[dict[str, Any]]:
    with store.open(folder / "survey.sqlite", readonly=True) as file:
        return [
            {**each, "fixes": len(file.fixes_of(each["uuid"]))} for each in file.select("track")
        ]


def on_the_map(start_app: Callable, folder: Path) -> tuple[Driver, FedReceiver]:
    app = start_app(folder)
    app.touch("开始工作")
    receiver = FedReceiver(app)
    app.touch("地图")
    return app, receiver


def walks(app: Driver, receiver: FedReceiver, fixes: list) -> None:
    """The receiver says these, and the recording has taken them."""
    had = app.app.tracking.epochs or 0
    receiver.says(fixes)
    app.until(lambda: app.app.tracking.epochs == had + len(fixes))
    app.settle()


def test_a_track_is_recorded_on_whatever_screen_one_is(
    start_app: Callable, work_folder: Path
) -> None:
    app, receiver = on_the_map(start_app, work_folder)
    receiver.says(OUT[:5])
    app.touch(app.app.shell.screen.track)
    walks(app, receiver, OUT)
    app.until(lambda: app.sees(f"轨迹 {len(OUT)}"))
    app.touch("设置")
    walks(app, receiver, BACK)
    app.until(lambda: app.sees(f"轨迹 {len(OUT) + len(BACK)}"))
    app.touch("地图")
    app.touch(app.app.shell.screen.track)
    assert app.sees("轨迹已结束：100 m")
    app.until(lambda: not app.sees("轨迹 1"))
    receiver.says(OUT[:5])
    app.wait(1.2)
    (track,) = tracks(work_folder)
    assert track["ended_at"] and track["author"] == "王芳"
    assert track["length_m"] == pytest.approx(100, abs=1)
    assert track["fixes"] == len(OUT) + len(BACK), "what came before and after is no part of it"


def test_a_track_goes_on_after_the_app_was_gone(start_app: Callable, work_folder: Path) -> None:
    app, receiver = on_the_map(start_app, work_folder)
    app.touch(app.app.shell.screen.track)
    walks(app, receiver, OUT)
    app.stop()
    assert [each["ended_at"] for each in tracks(work_folder)] == [None]
    app = start_app(work_folder)
    app.touch("开始工作")
    receiver = FedReceiver(app)
    assert app.sees("有未结束的轨迹")
    app.touch("继续")
    assert not app.sees("有未结束的轨迹")
    walks(app, receiver, BACK)
    app.touch("地图")
    app.touch(app.app.shell.screen.track)
    (track,) = tracks(work_folder)
    assert track["fixes"] == len(OUT) + len(BACK)
    assert len(track["geometry"].geoms) == 2, "nobody saw the way in between"


def test_a_track_goes_on_beside_a_second_assignment(
    start_app: Callable, work_folder: Path, world: World, tmp_path: Path
) -> None:
    with Fieldwork(work_folder) as work:
        world.assignment_for(work, tmp_path / "第二个.xta")
    app, receiver = on_the_map(start_app, work_folder)
    app.touch(app.app.shell.screen.track)
    walks(app, receiver, OUT)
    app.app.shell.show("start")
    app.settle()
    app.touch("打开任务包")
    app.touch("第二个.xta")
    assert app.sees("任务包已装入")
    walks(app, receiver, BACK)
    app.touch("开始工作")
    app.touch("地图")
    app.touch(app.app.shell.screen.track)
    (track,) = tracks(work_folder)
    assert track["fixes"] == len(OUT) + len(BACK) and track["ended_at"]


def test_a_recording_elsewhere_is_named(start_app: Callable, work_folder: Path) -> None:
    from field_app.controllers.recording import TrackRecording

    app, _ = on_the_map(start_app, work_folder)
    with store.open(work_folder / "survey.sqlite") as file, TrackRecording.begin(file):
        app.touch(app.app.shell.screen.track)
        assert app.sees("正在记录一条轨迹") and not app.app.tracking.runs

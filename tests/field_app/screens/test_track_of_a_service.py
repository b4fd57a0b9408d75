"""A track that the system's service records, begun and ended by touch, through the app's end; and
the position that the app must be allowed first."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from fed_receiver import FedReceiver
from pretended_android import Android
from service_process import ServiceProcess
from xiangtu import store

if TYPE_CHECKING:  # it is the first to import Kivy, once there is a display
    from driver import Driver

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="kills as Linux does")


class Port:
    """The port to a service that really runs; it has the receiver that the app listens to."""

    address = "fed"

    def __init__(self, process: ServiceProcess) -> None:
        self.process = process

    def start(self, folder: Path, sign: str) -> None:
        assert sign == "正在记录轨迹"
        self.process.start()

    def stop(self) -> None:
        self.process.stop()


@pytest.fixture
def service(work_folder: Path) -> Iterator[ServiceProcess]:
    made = ServiceProcess(work_folder)
    yield made
    made.stop()


def begun(start_app: Callable, folder: Path, service: ServiceProcess) -> Driver:
    """The app on the map, on a system that has such a service."""
    from field_app import app as module

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "track_service", lambda: Port(service))
        app = start_app(folder)
    FedReceiver(app)
    app.touch("开始工作")
    app.touch("地图")
    return app


def shown(app: Driver) -> int:
    return app.app.tracking.epochs or 0


def test_a_track_goes_on_while_the_app_is_gone(
    start_app: Callable, work_folder: Path, service: ServiceProcess
) -> None:
    app = begun(start_app, work_folder, service)
    app.touch(app.app.shell.screen.track)
    app.until(lambda: shown(app) >= 5)
    app.until(lambda: app.sees("轨迹 "))
    had = shown(app)
    app.stop()
    assert service.runs, "it is not the app's"
    app = begun(start_app, work_folder, service)
    app.until(lambda: shown(app) > had + 5)
    assert service.started == 1 and not app.sees("有未结束的轨迹")
    app.touch(app.app.shell.screen.track)
    app.until(lambda: app.sees("轨迹已结束"))
    assert not service.runs and not app.app.tracking.runs
    with store.open(work_folder / "survey.sqlite", readonly=True) as file:
        (track,) = file.select("track")
    assert track["ended_at"] and len(track["geometry"].geoms) == 1, "it never left off"


def test_a_killed_service_is_started_again_and_the_track_is_whole(
    start_app: Callable, work_folder: Path, service: ServiceProcess
) -> None:
    app = begun(start_app, work_folder, service)
    app.touch(app.app.shell.screen.track)
    app.until(lambda: shown(app) >= 5)
    had = shown(app)
    service.stop()
    app.until(lambda: shown(app) > had + 5)
    assert service.started == 2
    app.touch(app.app.shell.screen.track)
    app.until(lambda: app.sees("轨迹已结束"))
    with store.open(work_folder / "survey.sqlite", readonly=True) as file:
        (track,) = file.select("track")
        fixes = file.fixes_of(track["uuid"])
    assert [each["sequence"] for each in fixes] == list(range(1, len(fixes) + 1))
    assert len(fixes) > had + 5


@pytest.fixture
def android(monkeypatch: pytest.MonkeyPatch, display: None) -> Android:
    """An Android whose receiver nobody has allowed yet, behind the app's port to positions."""
    device = Android(in_app=True, granted=False)
    for name, module in device.modules().items():
        monkeypatch.setitem(sys.modules, name, module)
    monkeypatch.delitem(sys.modules, "field_app.platform.android.position", raising=False)
    from field_app import app
    from field_app.platform.android.position import AndroidPosition

    monkeypatch.setattr(app, "position_port", AndroidPosition)
    return device


def test_the_position_is_asked_for_and_then_used(
    start_app: Callable, work_folder: Path, android: Android
) -> None:
    app = start_app(work_folder)
    assert android.asked == [
        ["android.permission.ACCESS_FINE_LOCATION", "android.permission.ACCESS_COARSE_LOCATION"]
    ]
    app.until(lambda: android.nmea_listener is not None)


def test_a_refused_position_is_told_and_may_be_allowed_later(
    start_app: Callable, work_folder: Path, android: Android
) -> None:
    android.answers = False
    app = start_app(work_folder)
    app.until(lambda: app.sees("请在系统设置的应用权限中允许"))
    app.touch("开始工作")
    app.app.dispatch("on_resume")
    app.wait(0.3)
    assert android.nmea_listener is None and len(android.asked) == 1, "nobody is asked twice"
    android.granted = True  # in the system's settings
    app.app.dispatch("on_resume")
    app.until(lambda: android.nmea_listener is not None)

"""Assignments, packages and receipts by the system's own list of files, by touch."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from pretended_android import Android
from small_village import World
from xiangtu.package import survey_package

from field_app.controllers import form
from field_app.controllers.start import Fieldwork

if TYPE_CHECKING:  # it is the first to import Kivy, once there is a display
    from driver import Driver

ELSEWHERE = "U 盘、存储卡、下载"


@pytest.fixture
def android(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Android:
    device = Android(in_app=True, storage=tmp_path / "android")
    for name, module in device.modules().items():
        monkeypatch.setitem(sys.modules, name, module)
    monkeypatch.delitem(sys.modules, "field_app.platform.android.files", raising=False)
    return device


@pytest.fixture
def begin(start_app: Callable, android: Android) -> Callable[[Path], Driver]:
    """Starts the app with Android's files."""

    def begin(folder: Path) -> Driver:
        from field_app.platform.android.files import AndroidFiles

        app = start_app(folder)
        app.app.files = AndroidFiles()
        return app

    return begin


@pytest.fixture
def worked(work_folder: Path, world: World) -> Path:
    with Fieldwork(work_folder) as work:
        form.confirm_unchanged(work.survey, "farmland", world.parcels["west"])
    return work_folder


def answered(app: Driver) -> None:
    """The system's list is closed again, and what came of it is done."""
    app.wait(0.3)
    app.settle()


def test_a_card_goes_out_and_an_assignment_comes_in(
    begin: Callable, android: Android, stick: Path, world: World, tmp_path: Path
) -> None:
    app = begin(tmp_path / "fresh")
    android.chooses = stick
    app.touch("导出设备卡")
    app.touch(ELSEWHERE)
    answered(app)
    card = app.app.fieldwork.card
    assert app.sees(f"{app.app.fieldwork.tablet.device_id}.xtd")
    (out,) = stick.iterdir()
    assert out.read_bytes() == card.read_bytes()
    assert not list((tmp_path / "fresh" / "out").iterdir()), "it needs no second one here"

    world.assignment_for(app.app.fieldwork, stick / "任务.xta")
    android.chooses = stick / "任务.xta"
    app.touch("打开任务包")
    if app.sees(ELSEWHERE):
        app.touch(ELSEWHERE)
    answered(app)
    app.until(lambda: app.sees("开始工作"))


def test_a_package_goes_onto_a_stick(
    begin: Callable, android: Android, worked: Path, stick: Path
) -> None:
    app = begin(worked)
    app.touch("开始工作")
    app.touch("交付")
    android.chooses = stick
    app.touch("打包交付")
    app.touch(ELSEWHERE)
    answered(app)
    name = f"{app.app.fieldwork.tablet.device_id}-0001.xtp"
    assert app.sees("数据包 1 号：记录 1 条") and app.sees(name)
    assert survey_package.inspect(stick / name)["number"] == 1
    assert not list((worked / "out").iterdir())


def test_a_package_that_no_stick_took_stays_and_goes_later(
    begin: Callable, android: Android, worked: Path, stick: Path
) -> None:
    app = begin(worked)
    app.touch("开始工作")
    app.touch("交付")
    app.touch("打包交付")
    app.touch(ELSEWHERE)  # and back, nothing chosen
    answered(app)
    kept = worked / "out" / f"{app.app.fieldwork.tablet.device_id}-0001.xtp"
    assert app.sees("文件留在本平板") and kept.is_file()

    android.chooses, android.spoils_at = stick, 100
    app.touch("重做丢失的数据包")
    app.touch("1 号（")
    app.touch(ELSEWHERE)
    answered(app)
    assert app.sees("读回后不一致") and app.sees("文件留在本平板"), app.texts()
    assert not list(stick.iterdir()) and kept.is_file()

    android.spoils_at = None
    app.touch("重做丢失的数据包")
    app.touch("1 号（")
    app.touch(ELSEWHERE)
    answered(app)
    assert survey_package.inspect(stick / kept.name)["number"] == 1
    assert not kept.exists()


def test_a_tablet_without_a_list_of_files_says_so(
    begin: Callable, android: Android, worked: Path
) -> None:
    android.has_list_of_files = False
    app = begin(worked)
    app.touch("开始工作")
    app.touch("交付")
    app.touch("读入回执")
    answered(app)
    assert app.sees("没有自带的文件列表")

"""Measuring in the real window: a stand, a walk, corners, and what goes wrong on the way."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from fed_receiver import FedReceiver
from small_village import VILLAGE, World, fix_at, nowhere, square, way
from xiangtu import store
from xiangtu.gnss.fix import Fix

from field_app.controllers.form import Form
from field_app.controllers.start import Fieldwork

if TYPE_CHECKING:  # it is the first to import Kivy, once there is a display
    from driver import Driver

#: Overlaps the east parcel (150 to 200, 100 to 150) by 5 × 50 m.
WALK = [(195, 100), (245, 100), (245, 150), (195, 150), (195, 100)]


class Signals:
    """A device that writes down what it was told to give."""

    def __init__(self) -> None:
        self.given: list[str] = []

    def taken(self) -> None:
        self.given.append("taken")

    def lost(self) -> None:
        self.given.append("lost")


def measuring(
    start_app: Callable, folder: Path, layer: str, record: str | None = None, **given: str
) -> tuple[Driver, FedReceiver, str]:
    """The app, measuring a record of a layer: a new one with a draft, if none is named."""
    if record is None:
        with Fieldwork(folder) as work:
            form = Form.new(work.survey, layer, village=VILLAGE)
            for name, answer in given.items():
                form.answer(name, answer)
            record = form.record
    app = start_app(folder)
    app.touch("开始工作")
    receiver, app.app.device = FedReceiver(app), Signals()
    app.app.shell.show("capture", layer=layer, record=record)
    app.settle()
    return app, receiver, record


def drawn_corners(app: Driver) -> int:
    """How many corners the drawing shows; all of them must be in it."""
    from kivy.graphics import Point
    from kivy.uix.stencilview import StencilView

    sketch = next(each for each in app.widgets() if isinstance(each, StencilView))
    scene = sketch._scene
    at = sketch.pixels(scene.corners)
    assert (at > sketch.pos).all() and (at < (sketch.right, sketch.top)).all()
    assert np.ptp(at, axis=0).max() > min(sketch.size) / 4, "too small to see"
    dots = [each for each in sketch.canvas.children if isinstance(each, Point)]
    assert len(dots[0].points) == 2 * len(at)
    return len(at)


def drafted(app: Driver, record: str) -> Form:
    """The form's draft, as another process finds it."""
    with store.open(app.app.folder / "survey.sqlite", readonly=True) as survey:
        return Form.resume(survey, record)


def test_a_parcel_is_walked_and_its_overlap_told_before_it_goes_into_the_form(
    start_app: Callable, work_folder: Path
) -> None:
    app, receiver, record = measuring(start_app, work_folder, "farmland", name="新地")
    assert app.sees("农用地地块") and app.kept_awake
    receiver.says(way(WALK[:3]))
    assert app.sees("行走中") and drawn_corners(app) > 10
    receiver.says(way(WALK[2:]))
    assert app.sees("与“东地”重叠 25") and drawn_corners(app) > 20
    app.touch("完成")
    assert app.sees("核对结果") and app.sees("与“东地”重叠") and app.sees("闭合差")
    assert app.sees("2500.00 m² · 3.75 亩")
    # What is walked while it is looked at does not go in.
    receiver.says([replace_time(fix, 250) for fix in way([(195, 100), (170, 80)])])
    app.touch("写入表单")
    assert app.sees("测量结果已写入表单") and app.sees("今日任务")
    assert not app.kept_awake
    form = drafted(app, record)
    assert form.values["measured_how"] == "gnss_walk"
    assert form.geometry is not None
    assert form.geometry.symmetric_difference(square(195, 100, 50)).area < 25


def test_corners_are_averaged_while_standing_taken_back_and_heard(
    start_app: Callable, work_folder: Path, stand: Callable
) -> None:
    app, receiver, record = measuring(start_app, work_folder, "farmland", name="新地")
    signals = app.app.device.given
    app.touch("逐点测量")
    for number, (x, y) in enumerate([(300, 300), (340, 300), (350, 350), (340, 340)]):
        receiver.says([fix_at(x, y, 100 * number)])
        app.touch("记录拐点")
        assert app.sees("请在拐点处站稳") and app.sees("立即记录拐点（0/3）")
        receiver.says(stand(x, y, 2))
        assert app.sees("立即记录拐点（2/3）") and signals.count("taken") == number
        receiver.says(stand(x, y, 2))
        assert signals.count("taken") == number + 1
        if (x, y) == (350, 350):
            app.touch("撤销")
    receiver.says([fix_at(300, 340, 900)])
    app.touch("记录拐点")
    receiver.says([fix_at(300, 340, 901)])
    app.touch("立即记录拐点（1/3）")
    app.touch("完成")
    assert app.sees("1600") and not app.sees("终点距起点"), "its last side was not walked"
    # One corner was measured once only, where the layer asks for three epochs.
    assert app.sees("历元数为 1，要求 3")
    app.touch("写入表单")
    assert app.sees("请选择或填写保留理由")
    app.touch("选择理由")
    app.touch("树木遮挡")
    app.touch("写入表单")
    form = drafted(app, record)
    assert len(form.geometry.exterior.coords) == 5
    assert form.geometry.area == pytest.approx(1600, abs=2)
    with store.open(work_folder / "survey.sqlite", readonly=True) as survey:
        (draft,) = survey.drafts()
    assert draft.answers["_override_reason"] == "树木遮挡"


def test_a_corner_that_is_begun_is_left_again(
    start_app: Callable, work_folder: Path, stand: Callable
) -> None:
    app, receiver, _ = measuring(start_app, work_folder, "farmland", name="新地")
    app.touch("逐点测量")
    receiver.says([fix_at(300, 300)])
    app.touch("记录拐点")
    receiver.says([fix_at(300, 300, 1)])
    app.touch("撤销")
    receiver.says(stand(300, 300, 5))
    assert not app.sees("立即记录") and app.app.device.given == []


def test_the_receiver_is_lost_in_the_middle_and_comes_back(
    start_app: Callable, work_folder: Path
) -> None:
    app, receiver, record = measuring(start_app, work_folder, "farmland", name="新地")
    receiver.says(way([(300, 300), (330, 300)]))
    receiver.says([nowhere(40), nowhere(41)])
    assert app.sees("定位中断") and app.app.device.given[-1] == "lost"
    receiver.says([replace_time(fix, 60) for fix in way([(330, 330), (300, 330)])])
    assert app.sees("行走中") and app.sees("（1 段中断）")
    receiver.is_pulled_out()
    assert app.sees("定位中断") and app.app.device.given[-1] == "lost"
    app.touch("完成")
    app.touch("写入表单")
    assert app.sees("今日任务")
    assert drafted(app, record).geometry.area > 600


def corners_shown(app: Driver) -> str:
    """The figure under its name."""
    name = app.find("拐点数")
    return name.parent.children[0].text


def replace_time(fix: Fix, later_s: float) -> Fix:
    assert fix.time is not None
    return replace(fix, time=fix.time + timedelta(seconds=later_s))


def test_a_walk_goes_on_after_the_app_was_killed_in_the_middle(
    start_app: Callable, work_folder: Path, tmp_path: Path
) -> None:
    app, receiver, record = measuring(start_app, work_folder, "farmland", name="新地")
    receiver.says(way([(300, 300), (330, 300), (330, 330)]))
    app.wait(1.3)  # one write a second
    before = corners_shown(app)
    killed = shutil.copytree(work_folder, tmp_path / "killed")
    app.stop()
    app, receiver, _ = measuring(start_app, killed, "farmland", record)
    assert app.sees("已恢复未完成的测量")
    assert corners_shown(app) == before
    receiver.says([replace_time(fix, 200) for fix in way([(330, 330), (300, 330), (300, 300)])])
    app.touch("完成")
    app.touch("写入表单")
    assert drafted(app, record).geometry.area == pytest.approx(900, rel=0.05)


def test_a_walk_that_is_left_goes_on_and_one_thrown_away_is_gone(
    start_app: Callable, work_folder: Path
) -> None:
    app, receiver, record = measuring(start_app, work_folder, "farmland", name="新地")
    receiver.says(way([(300, 300), (330, 300)]))
    app.back()
    assert app.sees("今日任务") and not app.kept_awake
    app.app.shell.show("capture", layer="farmland", record=record)
    app.settle()
    assert app.sees("已恢复未完成的测量") and app.sees("30.0 m")
    app.touch("放弃")
    app.touch("取消")
    assert app.sees("30.0 m")
    app.touch("放弃")
    app.touch(app.find("放弃"))
    assert app.sees("今日任务")
    app.app.shell.show("capture", layer="farmland", record=record)
    app.settle()
    assert not app.sees("30.0 m")


def test_another_language_in_the_middle_loses_and_doubles_nothing(
    start_app: Callable, work_folder: Path
) -> None:
    app, receiver, record = measuring(start_app, work_folder, "farmland", name="新地")
    receiver.says(way(WALK[:2]))
    app.app.change_settings(
        replace(app.app.settings, language="en", text_size="extra_large", theme="night")
    )
    app.settle()
    receiver.says([replace_time(fix, 50) for fix in way(WALK[1:])])
    assert app.sees("Overlaps 东地")
    app.touch("Finish")
    app.touch("As measured")
    app.touch("Put it into the form")
    form = drafted(app, record)
    assert form.values["epochs"] == len(way(WALK[:2])) + len(way(WALK[1:]))
    assert form.geometry.area == pytest.approx(2500, rel=0.02)


def test_a_point_says_what_it_lacks_until_it_can_be_taken(
    start_app: Callable, work_folder: Path, stand: Callable
) -> None:
    app, receiver, record = measuring(start_app, work_folder, "boundary_point", number="J1")
    assert app.sees("当前没有定位")
    receiver.says(stand(150, 90, 4, fix_type="rtk_float", horizontal_accuracy_m=0.3))
    assert app.sees("定位状态为RTK 浮点解") and app.sees("0/10")
    receiver.says(stand(150, 90, 12))
    assert app.sees("12/10") and app.sees("已满足要求")
    assert app.app.device.given == ["taken"]
    receiver.says([nowhere(50)])
    assert app.sees("请原地等待") and app.app.device.given[-1] == "lost"
    app.touch("采集此点")
    app.touch("写入表单")
    form = drafted(app, record)
    assert form.values["epochs"] == 12 and form.values["fix_type"] == "rtk_fixed"
    assert form.geometry.distance(square(150, 90, 0.001)) < 0.02


def test_a_point_from_which_the_receiver_was_carried_away_begins_again(
    start_app: Callable, work_folder: Path, stand: Callable
) -> None:
    app, receiver, record = measuring(start_app, work_folder, "boundary_point", number="J1")
    receiver.says(stand(150, 90, 12))
    receiver.says([replace_time(fix, 30) for fix in stand(152, 90, 12)])
    assert app.sees("接收机移动了 2.00 m")
    app.touch("重新开始")
    receiver.says([replace_time(fix, 60) for fix in stand(152, 90, 10)])
    assert app.sees("10/10") and not app.sees("接收机移动了")
    app.touch("采集此点")
    app.touch("写入表单")
    assert drafted(app, record).geometry.distance(square(152, 90, 0.001)) < 0.02


def test_measuring_without_a_form_is_refused_in_words(
    start_app: Callable, work_folder: Path, world: World
) -> None:
    app = start_app(work_folder)
    app.touch("开始工作")
    nobody = "01900000-0000-7000-8000-00000000000b"
    app.app.shell.show("capture", layer="farmland", record=nobody)
    app.settle()
    assert app.sees("没有记录") and app.sees("今日任务") and not app.kept_awake
    # A record that is there is its own form; what it was shows beside what is measured.
    west = world.parcels["west"]
    app.app.shell.show("capture", layer="farmland", record=west)
    app.settle()
    assert app.sees("边走边测")
    app.touch("完成")
    assert app.sees("没有") and not app.sees("核对结果")


def test_a_left_handed_surveyor_has_the_main_buttons_at_the_left(
    start_app: Callable, work_folder: Path
) -> None:
    app, _, _ = measuring(start_app, work_folder, "farmland", name="新地")
    assert across(app, "撤销") < across(app, "完成")
    app.app.change_settings(replace(app.app.settings, left_handed=True))
    app.settle()
    assert across(app, "完成") < across(app, "撤销")


def across(app: Driver, text: str) -> float:
    """How far from the left edge of the window a text stands."""
    found = app.find(text)
    return found.to_window(*found.center)[0]


@pytest.mark.parametrize("text_size", ["normal", "extra_large"])
def test_what_is_touched_while_measuring_is_large_enough_for_a_glove(
    start_app: Callable, work_folder: Path, text_size: str
) -> None:
    app, _, _ = measuring(start_app, work_folder, "farmland", name="新地")
    from kivy.uix.behaviors import ButtonBehavior

    app.app.change_settings(replace(app.app.settings, text_size=text_size))
    app.settle()
    for text in ("边走边测", "逐点测量", "记录拐点", "撤销", "完成", "放弃"):
        button = app.find(text)
        while not isinstance(button, ButtonBehavior):
            button = button.parent
        assert min(button.size) >= (64 if text_size == "extra_large" else 48), text
        left, low = button.to_window(*button.pos)
        assert left >= 0 and low >= 0 and left + button.width <= 800, text


def test_a_desktop_has_a_sound_for_a_corner_and_another_for_a_loss(
    start_app: Callable, work_folder: Path
) -> None:
    device = start_app(work_folder).app.device
    device.taken()
    device.lost()
    taken, lost = device._sounds["taken"], device._sounds["lost"]
    assert 0.05 < taken.length < 0.2 < lost.length

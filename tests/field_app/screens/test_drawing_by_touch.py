"""Drawing under real fingers in the real window: outlines, holes, a neighbour's edge, a division,
a tape; what goes wrong on the way, and a kill in the middle of it."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from drawn import Drawn
from fed_receiver import FedReceiver
from small_village import VILLAGE, World, way
from xiangtu import store

from field_app.controllers.form import Form
from field_app.controllers.start import Fieldwork

if TYPE_CHECKING:  # it is the first to import Kivy, once there is a display
    from driver import Driver


def drawing(
    start_app: Callable, folder: Path, purpose: str, record: str | None = None
) -> tuple[Drawn, str]:
    """The app, drawing for a record: a new parcel with a draft, if none is named."""
    if record is None:
        with Fieldwork(folder) as work:
            form = Form.new(work.survey, "farmland", village=VILLAGE)
            form.answer("name", "新地")
            record = form.record
    app = start_app(folder)
    app.touch("开始工作")
    app.app.shell.show("draw", purpose=purpose, layer="farmland", record=record)
    app.settle()
    return Drawn(app), record


def drafted(app: Driver, record: str) -> Form:
    """The form's draft, as another process finds it."""
    with store.open(app.app.folder / "survey.sqlite", readonly=True) as survey:
        return Form.resume(survey, record)


def keep_with_reason(app: Driver, button: str) -> None:
    app.touch("选择理由")
    app.touch("树木遮挡")
    app.touch(button)


def test_an_outline_is_tapped_and_stood_at_and_goes_into_its_form(
    start_app: Callable, work_folder: Path, stand: Callable
) -> None:
    drawn, record = drawing(start_app, work_folder, "shape")
    app, receiver = drawn.app, FedReceiver(drawn.app)
    # The listener is that of the receiver there was: come in again with the one that is fed.
    app.back()
    app.app.shell.show("draw", purpose="shape", layer="farmland", record=record)
    app.settle()
    drawn.look_at(215, 125)
    drawn.tap((202, 99), (230, 100))
    # The first was put onto the corner of the east parcel, as far as a finger can tell.
    assert drawn.corners[0] == (200, 100)
    assert drawn.corners[1] == pytest.approx((230, 100), abs=0.3)
    assert app.sees("点击地图加点")
    app.touch("站测")
    receiver.says(stand(230, 150, 2))
    assert app.sees("请在拐点处站稳：2/3")
    receiver.says(stand(230, 150, 4))
    assert drawn.corners[2] == pytest.approx((230, 150), abs=0.02)
    # At the cross in the middle, which is ringed where it will be put.
    drawn.look_at(201, 149)
    assert drawn.screen.handles._ring_at is not None
    app.touch("在此加点")
    assert drawn.corners[3] == (200, 150) and app.sees(" m² · 2.2")
    app.touch("完成")
    assert app.sees("核对结果") and app.sees("勾绘或沿用已有记录")
    assert app.sees("有 1 个拐点是勾绘的")
    keep_with_reason(app, "写入表单")
    assert app.sees("测量结果已写入表单") and app.app.shell.screen.name == "form"
    form = drafted(app, record)
    assert form.geometry.area == pytest.approx(1500, abs=15)
    assert form.values["measured_how"] == "unknown", "the neighbour says not how it was measured"


def test_corners_are_dragged_by_a_grip_put_in_taken_out_and_all_undone(
    start_app: Callable, work_folder: Path, world: World
) -> None:
    drawn, _ = drawing(start_app, work_folder, "shape", world.parcels["west"])
    app = drawn.app
    before = drawn.corners
    assert app.sees("2500.00 m² · 3.75 亩") and app.sees("点击拐点可移动")
    number = before.index((100, 100))
    drawn.tap((100, 100))
    assert drawn.screen.handles.chosen == (0, number) and app.sees("拖动手柄移动拐点")
    grip = drawn.screen.handles.grip()
    assert abs(grip[1] - drawn.screen.handles.pixel(0, number)[1]) > 60, "the finger covers it"
    to = drawn.seen_at(90, 95)
    at = drawn.seen_at(100, 100)
    drawn.drag(drawn.handle(grip), to[0] - at[0], to[1] - at[1])
    assert drawn.corners[number] == pytest.approx((90, 95), abs=0.3)
    assert not app.sees("2500.00 m²")
    # A touch on the small dot in the middle of a side puts a corner there.
    app.touch_at(*drawn.handle(drawn.screen.handles.middle(0, number)))
    assert len(drawn.corners) == 5 and drawn.screen.handles.chosen == (0, number + 1)
    app.touch("删除拐点")
    assert len(drawn.corners) == 4
    for _ in range(3):
        app.touch("撤销")
    assert drawn.corners == before and app.sees("2500.00 m²")
    app.touch("重做")
    assert drawn.corners[number] == pytest.approx((90, 95), abs=0.3)
    # A finger beside all handles moves the map.
    was = drawn.screen.map.viewport
    x, y = drawn.seen_at(125, 115)
    drawn.drag((x, y), 80, 40)
    assert drawn.screen.map.viewport != was and len(drawn.corners) == 4


def test_the_corner_touched_last_is_the_one_taken_out(
    start_app: Callable, work_folder: Path, world: World
) -> None:
    drawn, _ = drawing(start_app, work_folder, "shape", world.parcels["west"])
    one, other = drawn.corners[0], drawn.corners[2]
    drawn.tap(one)
    assert drawn.screen.handles.chosen == (0, 0)
    drawn.tap(other)
    assert drawn.screen.handles.chosen == (0, 2)
    drawn.app.touch("删除拐点")
    assert one in drawn.corners and other not in drawn.corners


def test_a_corner_is_lifted_from_under_the_finger_that_drags_it(
    start_app: Callable, work_folder: Path, world: World
) -> None:
    drawn, _ = drawing(start_app, work_folder, "shape", world.parcels["west"])
    number = drawn.corners.index((100, 100))
    at, to = drawn.seen_at(100, 100), drawn.seen_at(110, 112)
    drawn.drag(at, to[0] - at[0], to[1] - at[1])
    moved = drawn.seen_at(*drawn.corners[number])
    assert moved[0] == pytest.approx(to[0], abs=2) and moved[1] > to[1] + 60


def test_a_self_crossing_is_refused_in_words_and_nothing_is_lost(
    start_app: Callable, work_folder: Path, world: World
) -> None:
    drawn, _ = drawing(start_app, work_folder, "shape", world.parcels["west"])
    app = drawn.app
    number = drawn.corners.index((100, 100))
    drawn.tap((100, 100))
    at, to = drawn.seen_at(100, 100), drawn.seen_at(140, 160)
    drawn.drag(drawn.handle(drawn.screen.handles.grip()), to[0] - at[0], to[1] - at[1])
    assert app.sees("界线自相交（边") and app.sees("请移动或删除红圈旁的拐点")
    crossed = drawn.corners
    assert crossed[number] == pytest.approx((140, 160), abs=0.5)
    app.touch("完成")
    assert not app.sees("核对结果") and drawn.corners == crossed
    app.touch("撤销")
    assert not app.sees("界线自相交")


def test_a_hole_is_cut(start_app: Callable, work_folder: Path, world: World) -> None:
    drawn, west = drawing(start_app, work_folder, "shape", world.parcels["west"])
    app = drawn.app
    drawn.look_at(125, 125, 0.12)
    drawn.tap((100, 100))
    app.touch("更多")
    app.touch("挖去空洞")
    assert drawn.screen.handles.chosen is None and app.sees("在此加点")
    drawn.tap((115, 115), (135, 115), (135, 130), (115, 130))
    assert app.sees("22") and len(drawn.corners) == 8
    app.touch("结束加点")
    app.touch("完成")
    keep_with_reason(app, "写入表单")
    form = drafted(app, west)
    assert form.geometry.area == pytest.approx(2200, abs=12) and len(form.geometry.interiors) == 1


def test_a_neighbours_edge_is_followed_and_the_other_way(
    start_app: Callable, work_folder: Path, world: World
) -> None:
    drawn, _ = drawing(start_app, work_folder, "shape")
    app = drawn.app
    drawn.look_at(190, 125)
    drawn.tap((230, 102))
    app.touch("更多")
    app.touch("沿相邻界线取点")
    assert app.sees("公共边的起点")
    drawn.tap((180, 125))
    assert app.sees("此处没有相邻地块的拐点")
    drawn.tap((201, 99))
    assert app.sees("公共边的终点")
    drawn.tap((201, 151))
    assert drawn.corners[1:] == [(200, 100), (200, 150)]
    app.touch("换另一侧")
    assert drawn.corners[1:] == [(200, 100), (150, 100), (150, 150), (200, 150)]
    app.touch("换另一侧")
    drawn.tap((230, 148))
    assert not app.sees("换另一侧") and not app.sees("重叠")


def test_an_overlap_is_told_while_one_draws_and_snapping_is_switched_off(
    start_app: Callable, work_folder: Path
) -> None:
    drawn, _ = drawing(start_app, work_folder, "shape")
    app = drawn.app
    drawn.look_at(215, 125)
    app.touch("更多")
    app.touch("不捕捉")
    assert not app.app.settings.snaps
    drawn.tap((195, 100), (240, 100), (240, 150))
    assert drawn.corners[0] == pytest.approx((195, 100), abs=0.3)
    drawn.tap((195, 150))
    assert app.sees("与“东地”重叠 2")
    app.touch("更多")
    assert app.sees("捕捉邻界")


def test_a_parcel_is_divided_by_touch_from_the_map(
    start_app: Callable, work_folder: Path, world: World
) -> None:
    app = start_app(work_folder)
    app.touch("开始工作")
    app.touch("地图")
    drawn = Drawn(app)
    drawn.look_at(150, 125)
    drawn.tap((120, 110))
    assert app.sees("西地 · 9901011012010100001")
    app.touch("分割")
    assert app.sees("请从一侧边界画线到另一侧")
    drawn.look_at(125, 125)
    drawn.tap((120, 98))
    app.touch("执行分割")
    assert app.sees("现有 1 个拐点，至少需要 2 个")
    drawn.tap((120, 152))
    assert app.sees("分割后：") and app.sees(" m² + 1")
    app.touch("执行分割")
    assert app.sees("勾绘或沿用已有记录")
    keep_with_reason(app, "执行分割")
    assert app.sees("已分割为 2 块") and app.app.shell.screen.name == "map"
    app.until(lambda: {"西地-1", "西地-2"} <= set(app.app.shell.screen.map.labels.texts))
    with store.open(work_folder / "survey.sqlite", readonly=True) as survey:
        assert survey.get("farmland", world.parcels["west"])["ended_on"]
        parts = list(survey.select("farmland", "name LIKE '西地-%'", [], ("name", "remark")))
    assert [each["remark"] for each in parts] == ["树木遮挡"] * 2


def test_a_drawing_goes_on_after_the_app_was_killed_in_the_middle(
    start_app: Callable, work_folder: Path, tmp_path: Path
) -> None:
    drawn, _ = drawing(start_app, work_folder, "shape")
    drawn.look_at(320, 320)
    drawn.tap((300, 300), (340, 300), (340, 340), (300, 340))
    drawn.app.touch("撤销")
    before = drawn.corners
    killed = shutil.copytree(work_folder, tmp_path / "killed")
    drawn.app.stop()
    app = start_app(killed)
    app.touch("开始工作")
    assert app.sees("有未完成的图形绘制")
    app.touch("继续")
    drawn = Drawn(app)
    assert drawn.corners == before and len(before) == 3
    assert drawn.screen.map.viewport.pixel_m < 0.5, "it looks at what was drawn"
    for corner in before:
        assert drawn.screen.map.collide_point(*drawn.seen_at(*corner))
    app.touch("重做")
    assert len(drawn.corners) == 4
    for _ in range(4):
        app.touch("撤销")
    assert drawn.corners == []


def test_without_a_receiver_or_a_look_at_the_map_all_that_was_handed_out_is_seen(
    start_app: Callable, work_folder: Path
) -> None:
    drawn, _ = drawing(start_app, work_folder, "shape")
    assert drawn.app.app.receiver.here is None and drawn.screen.map.viewport.pixel_m < 10
    assert drawn.screen.map.collide_point(*drawn.seen_at(500, 500))


def test_a_walk_is_gone_on_with_on_the_map(start_app: Callable, work_folder: Path) -> None:
    with Fieldwork(work_folder) as work:
        record = Form.new(work.survey, "farmland", village=VILLAGE)
        record.answer("name", "新地")
    app = start_app(work_folder)
    app.touch("开始工作")
    app.app.shell.show("form", layer="farmland", record=record.record)
    app.settle()
    receiver = FedReceiver(app)
    app.touch("测量")
    receiver.says(way([(300, 300), (340, 300), (340, 340)]))
    app.touch("转到地图")
    drawn = Drawn(app)
    walked = len(drawn.corners)
    assert walked >= 3 and app.app.shell.screen.name == "draw"
    drawn.look_at(320, 320)
    drawn.tap((300, 340))
    assert len(drawn.corners) == walked + 1
    app.touch("走测")
    receiver.says([replace(fix) for fix in way([(290, 340), (290, 300)])])
    app.touch("结束走测")
    assert len(drawn.corners) > walked + 3
    app.touch("更多")
    app.touch("放弃")
    app.touch(app.find("放弃"))
    assert app.app.shell.screen.name == "form"


def test_what_is_drawn_on_the_map_is_not_walked_meanwhile(
    start_app: Callable, work_folder: Path
) -> None:
    drawn, record = drawing(start_app, work_folder, "shape")
    drawn.look_at(320, 320)
    drawn.tap((300, 300))
    drawn.app.back()
    drawn.app.app.shell.show("capture", layer="farmland", record=record)
    drawn.app.settle()
    assert drawn.app.sees("正在地图上绘制") and drawn.app.sees("今日任务")


def test_the_tape_measures_and_is_cleared(start_app: Callable, work_folder: Path) -> None:
    app = start_app(work_folder)
    app.touch("开始工作")
    app.touch("地图")
    drawn = Drawn(app)
    drawn.look_at(125, 125)
    app.touch(app.app.shell.screen.tape)
    drawn.tap((101, 101), (149, 101))
    assert app.sees("50.0 m")
    drawn.tap((149, 149))
    assert app.sees("1250.00 m² · 1.88 亩") and app.sees("100.0 m")
    app.back()
    app.app.change_settings(replace(app.app.settings, language="en", text_size="extra_large"))
    app.settle()
    app.touch(app.app.shell.screen.tape)
    assert app.sees("1250.00 m²"), "it is there for as long as the app runs"
    app.touch("Clear")
    assert app.sees("0.0 m") and drawn.corners == []


def test_another_language_and_size_in_the_middle_keeps_everything(
    start_app: Callable, work_folder: Path, world: World
) -> None:
    drawn, _ = drawing(start_app, work_folder, "shape", world.parcels["west"])
    drawn.tap((100, 100))
    drawn.app.touch("删除拐点")
    drawn.app.app.change_settings(
        replace(drawn.app.app.settings, language="en", text_size="extra_large", theme="night")
    )
    drawn.app.settle()
    assert len(drawn.corners) == 3 and drawn.app.sees("1250.00 m²")
    drawn.app.touch("Undo")
    assert len(drawn.corners) == 4


@pytest.mark.parametrize("text_size", ["normal", "extra_large"])
def test_what_is_touched_while_drawing_is_large_enough_for_a_glove(
    start_app: Callable, work_folder: Path, text_size: str
) -> None:
    drawn, _ = drawing(start_app, work_folder, "shape")
    from kivy.uix.behaviors import ButtonBehavior

    app = drawn.app
    app.app.change_settings(replace(app.app.settings, text_size=text_size))
    app.settle()
    for text in ("在此加点", "站测", "走测", "撤销", "重做", "更多", "结束加点", "完成"):
        label = button = app.find(text)
        while not isinstance(button, ButtonBehavior):
            button = button.parent
        assert min(button.size) >= (64 if text_size == "extra_large" else 48), text
        left, low = button.to_window(*button.pos)
        assert left >= 0 and low >= 0 and left + button.width <= 800, text
        assert label.texture_size[0] <= button.width, text

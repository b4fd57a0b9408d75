"""The tablet at the start of another day: more work, a forgotten PIN, what was left unfinished."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from small_village import World, way
from xiangtu.store import measuring as kept_measuring

from field_app.controllers import form, measuring, recording
from field_app.controllers.pin import Pin
from field_app.controllers.start import Fieldwork


def test_a_second_assignment_comes_beside_work_and_takes_a_forgotten_pin_away(
    start_app: Callable, work_folder: Path, world: World, tmp_path: Path
) -> None:
    with Fieldwork(work_folder) as work:
        form.confirm_unchanged(work.survey, "farmland", world.parcels["west"])
        world.assignment_for(work, tmp_path / "第二个.xta")
    Pin(work_folder).choose("2706")
    app = start_app(work_folder)
    app.touch("忘记 PIN 码")
    assert app.sees("请向县里申请")
    app.touch("打开任务包")
    app.touch("第二个.xta")
    assert app.sees("原有工作不受影响") and app.sees("保留了您改动的 1 条")
    app.touch("开始工作")
    assert app.sees("今日任务") and app.sees("农用地地块：已完成 1/2")


def test_the_device_card_is_handed_out(start_app: Callable, tmp_path: Path) -> None:
    app = start_app(tmp_path / "tablet")
    app.touch("导出设备卡")
    app.touch("本平板（用数据线取走）")
    tablet = app.app.fieldwork.tablet
    card = tmp_path / "tablet" / "out" / f"{tablet.device_id}.xtd"
    assert app.sees(str(card))
    assert card.read_bytes() == tablet.card.read_bytes()


def test_what_was_left_unfinished_is_shown_and_ended_or_thrown_away(
    start_app: Callable, work_folder: Path, world: World
) -> None:
    with Fieldwork(work_folder) as work:
        fixes = way([(100, 100), (150, 100), (150, 150)])
        walk = measuring.KeptWalk.begin(work.survey, "farmland", world.parcels["west"])
        with recording.TrackRecording.begin(work.survey) as track:
            for fix in fixes:
                walk.add(fix)
                track.add(fix)
        walk.flush()
    app = start_app(work_folder)
    app.touch("开始工作")
    assert app.sees("有未完成的边界走测") and app.sees(f"已保存 {len(fixes)} 个历元")
    assert app.sees("有未结束的轨迹")
    app.touch("就此结束")
    assert not app.sees("有未结束的轨迹")
    app.touch("放弃")
    app.touch("取消")
    assert app.sees("有未完成的边界走测"), "it is asked first"
    app.touch("放弃")
    assert app.sees("不能恢复")
    app.touch("放弃")
    assert not app.sees("有未完成的边界走测")
    app.stop()
    with Fieldwork(work_folder) as work:
        assert kept_measuring.all_of(work.survey) == []
        assert recording.unfinished(work.survey) == []
        (kept,) = work.survey.select("track")
        assert kept["geometry"].length > 90

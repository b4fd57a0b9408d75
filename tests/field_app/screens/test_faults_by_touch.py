"""What goes wrong on a tablet is said in words, and work goes on."""

from __future__ import annotations

import shutil
import zipfile
from collections.abc import Callable
from dataclasses import replace
from io import BytesIO
from pathlib import Path

from PIL import Image
from small_disk import fill, own_disk
from small_village import World
from xiangtu import store
from xiangtu.merge import plan

from field_app.controllers import form, hand_over
from field_app.controllers.start import Fieldwork


def in_english(app) -> None:
    app.app.change_settings(replace(app.app.settings, language="en"))
    app.settle()


def test_a_broken_survey_file_is_said_and_left_as_it_is(
    start_app: Callable, work_folder: Path
) -> None:
    survey = work_folder / "survey.sqlite"
    data = bytearray(survey.read_bytes())
    data[100:4096] = bytes(3996)  # the table of contents
    survey.write_bytes(data)
    app = start_app(work_folder)
    assert app.sees("survey.sqlite") and app.sees("请勿删除任何内容")
    assert not app.sees("开始工作") and not app.sees("打开任务包")
    in_english(app)
    assert app.sees("damaged") and app.sees("Delete nothing")
    app.stop()
    assert survey.read_bytes() == data


def test_an_assignment_of_a_newer_version_is_said(
    start_app: Callable, template: tuple[Path, World], work_folder: Path, tmp_path: Path
) -> None:
    newer = tmp_path / "新版.xta"
    with zipfile.ZipFile(template[0] / "out.xta") as old, zipfile.ZipFile(newer, "w") as out:
        for entry in old.namelist():
            data = old.read(entry)
            if entry == "header.json":
                data = data.replace(b'"format": 1', b'"format": 99').replace(
                    b'"format":1', b'"format":99'
                )
                assert b"99" in data
            out.writestr(entry, data)
    app = start_app(work_folder)
    app.touch("打开任务包")
    app.touch("新版.xta")
    assert app.sees("请更新本程序")
    app.touch("开始工作")
    assert app.sees("今日任务"), "work goes on with what there is"


def test_a_clock_set_back_is_told_and_breaks_no_order(
    start_app: Callable, work_folder: Path, world: World, tmp_path: Path
) -> None:
    west, east = world.parcels["west"], world.parcels["east"]
    stick = tmp_path / "stick"
    stick.mkdir()
    with Fieldwork(work_folder) as work:
        form.confirm_unchanged(work.survey, "farmland", west)
        # As if it had been done with a clock two hours fast, which was then put right.
        work.survey.connection.execute(
            "UPDATE change SET time = strftime('%Y-%m-%dT%H:%M:%fZ', time, '+2 hours')"
        )
        hand_over.pack_to(work_folder, stick)
        form.confirm_unchanged(work.survey, "farmland", east)
        form.Form.open_record(work.survey, "farmland", west).answer("remark", "后来")
        form.Form.open_record(work.survey, "farmland", west).confirm(despite="测试")
        hand_over.pack_to(work_folder, stick)
    with store.open(world.county) as county:
        for package in sorted(stick.iterdir()):
            assert plan.merge(county, package, world.identity, author="县里").state == "merged"
        row = county.get("farmland", west)
        assert row is not None and "后来" in row["remark"], "what came later stands"
    app = start_app(work_folder)
    app.touch("开始工作")
    assert app.sees("平板时钟有误") and app.sees("先后次序不受影响")
    in_english(app)
    assert app.sees("clock is wrong")


def test_a_full_card_is_said_while_answering_and_photographing(
    start_app: Callable, template: tuple[Path, World], tmp_path: Path, world: World
) -> None:
    west = world.parcels["west"]
    picture = BytesIO()
    Image.effect_noise((1200, 900), 90).convert("RGB").save(picture, "JPEG", quality=95)
    with own_disk(tmp_path / "card", 8) as card:
        folder = Path(shutil.copytree(template[0] / "tablet", card / "tablet"))
        (card / "全景.jpg").write_bytes(picture.getvalue())
        app = start_app(folder)
        try:
            app.touch("开始工作")
            app.app.shell.show("form", layer="farmland", record=west, section="")
            app.settle()
            filler = fill(card, 0)
            app.step("照片")
            app.touch("从文件选取")
            app.touch("全景.jpg")
            app.touch("选好了")
            assert app.sees("已满"), app.texts()
            app.step("其他")
            app.type(app.asked("备注").line, "满了" * 200)
            assert app.sees("已满"), app.texts()
            filler.unlink()
            app.type(app.asked("备注").line, "有空间了")
        finally:
            app.stop()
        with Fieldwork(folder) as work:
            (draft,) = work.survey.drafts()
            assert draft.answers["remark"] == "有空间了"
            assert work.survey.attachments_of(west) == []

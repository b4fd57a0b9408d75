"""Forms filled in by touch in the real window, and what is in the file afterwards."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from fed_camera import FedCamera
from PIL import Image
from small_village import VILLAGE, World
from test_photo_copies import jpeg
from xiangtu.store import SurveyFile

from field_app.controllers.settings import TextSize
from field_app.controllers.start import Fieldwork

if TYPE_CHECKING:
    from driver import Driver

HERE = Path(__file__).parent


@pytest.fixture
def camera_card(work_folder: Path, shared_data: Path) -> Path:
    """Real photos in a folder that the app looks into, by the names of what they show."""
    folder = work_folder.parent / "DCIM"
    folder.mkdir()
    taken = shared_data / "exif" / "exif-samples" / "jpg" / "gps"
    for name, number in (("全景.JPG", 10), ("正面一.jpg", 12), ("正面二.jpg", 21)):
        shutil.copy(taken / f"DSCN00{number}.jpg", folder / name)
    return folder


def begin(start_app: Callable, folder: Path, *what: str) -> Driver:
    """The app after signing in, at a new record where one is said."""
    app: Driver = start_app(folder)
    app.touch("开始工作")
    for each in what:
        app.touch(each)
    return app


def in_file(app: Driver, folder: Path) -> Fieldwork:
    """The tablet's folder after the app has ended."""
    app.stop()
    return Fieldwork(folder)


def answers(survey: SurveyFile, layer: str) -> dict:
    """The answers of the one draft of a layer."""
    (draft,) = (each for each in survey.drafts() if each.layer == layer)
    return dict(draft.answers)


def pick(app: Driver, question: str, choice: str) -> None:
    app.touch(app.asked(question).button)
    app.touch(choice)


def add_photo(app: Driver, file: str, role: str) -> None:
    app.step("照片")
    choose_photo(app, file)
    assert app.sees("已保存 1 张")
    app.touch("选照片用途")
    app.touch(role)
    app.touch("完成")


def choose_photo(app: Driver, file: str) -> None:
    app.touch("从文件选取")
    app.touch(file)
    app.touch("选好了")


def test_a_homestead_with_two_houses_and_three_photos(
    start_app: Callable, work_folder: Path, camera_card: Path, world: World
) -> None:
    app = begin(start_app, work_folder, "新增记录", "宅基地")
    pick(app, "使用农户", "张三")
    app.type(app.asked("坐落").line, "上河村三组 5 号")
    app.step("登记发证")
    pick(app, "未办证原因", "其他")
    app.step("其他")
    app.touch("上河村")
    add_photo(app, "全景.JPG", "全景")
    assert not app.sees("还缺：全景")
    for storeys, photo in (("2", "正面一.jpg"), ("3", "正面二.jpg")):
        app.step("农房 /")
        app.touch("新增农房")
        app.step("房屋")
        app.type(app.asked("总层数").line, storeys)
        pick(app, "结构", "砖木结构") if storeys == "2" else None
        assert app.asked("结构").button.words.text == "砖木结构", "what was said last is there"
        add_photo(app, photo, "正面")
        app.touch("确认")
        assert app.sees("已确认：农房")
        assert app.sees("新增农房"), "back at the homestead's houses"
    assert app.sees("农房 1") and app.sees("农房 2")
    app.touch("确认")
    assert app.sees("已确认：宅基地") and app.sees("还缺签名")
    assert app.sees("今日任务")

    with in_file(app, work_folder) as work:
        survey = work.survey
        assert survey.drafts() == []
        (homestead,) = survey.select("homestead")
        assert homestead["household_uuid"] == world.household
        assert (homestead["address"], homestead["village"]) == ("上河村三组 5 号", VILLAGE)
        assert (homestead["state"], homestead["surveyor"]) == ("surveyed", "王芳")
        houses = sorted(survey.select("house"), key=lambda each: each["storeys"])
        assert [each["storeys"] for each in houses] == [2, 3]
        assert {each["homestead_uuid"] for each in houses} == {homestead["uuid"]}
        assert {each["village"] for each in houses} == {VILLAGE}
        for record, role in ((homestead, "overview"), *((each, "front") for each in houses)):
            (photo,) = survey.attachments_of(record["uuid"])
            assert (photo["role"], photo["author"]) == (role, "王芳")
            # Where the camera says, not where the surveyor chose the file.
            assert photo["longitude_deg"] == pytest.approx(11.88, abs=0.01)
            assert survey.attachment_path(photo["sha256"]).is_file()


def test_a_wrong_answer_says_why_beside_its_question(
    start_app: Callable, work_folder: Path
) -> None:
    app = begin(start_app, work_folder, "新增记录", "宅基地")
    app.step("取得与批准")
    box = app.asked("批准面积")
    app.type(box.line, "两百")
    assert app.sees("“两百”不是数字；字段 批准面积 只能填数字。")
    # It stands until it is mended, whatever else is answered, and nothing is confirmed over it.
    app.touch(app.asked("是否超限").row.children[1])
    assert app.asked("超占面积").line.text == ""
    assert box.line.text == "两百" and app.sees("“两百”不是数字")
    app.step("检查")
    app.touch("确认")
    assert app.sees("批准面积") and app.sees("“两百”不是数字")
    box = app.asked("批准面积")
    app.type(box.line, "２００")
    assert not [each for each in box.walk() if "不是数字" in getattr(each, "text", "")]
    assert app.asked("批准面积").line.text == "200"
    app.touch(app.asked("是否超限").row.children[0])
    assert not app.sees("超占面积"), "what its condition hides is not asked"
    with in_file(app, work_folder) as work:
        assert answers(work.survey, "homestead")["approved_area_m2"] == 200.0


def test_problems_lead_to_their_questions_and_a_reason_confirms_despite_them(
    start_app: Callable, work_folder: Path
) -> None:
    app = begin(start_app, work_folder, "新增记录", "宅基地", "确认")
    assert app.sees("处需要改正")
    app.touch("未办证原因 必须填写")
    assert app.asked("未办证原因").button.words.text == "—"
    app.step("检查")
    app.touch("仍然确认")
    window = next(each for each in app.widgets() if hasattr(each, "line"))
    app.touch("仍然确认")
    assert app.sees("理由会记入备注"), "without a reason it stays open"
    app.type(window.line, "户主外出，资料待补")
    app.touch("仍然确认")
    assert app.sees("已确认")
    with in_file(app, work_folder) as work:
        (homestead,) = work.survey.select("homestead")
        assert homestead["remark"] == "户主外出，资料待补"


def test_a_flat_battery_ends_nothing(start_app: Callable, work_folder: Path, display: None) -> None:
    killed = subprocess.run(
        [sys.executable, str(HERE / "killed_in_a_form.py"), str(work_folder)],
        env=dict(os.environ), capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert killed.returncode == -9, killed.stderr
    app = begin(start_app, work_folder)
    assert app.asked("建成年份").line.text == "1998", "the house's form, where it was"
    app.back()
    assert app.sees("农房 1 · 未确认"), "and behind it the homestead's"
    app.step("基本情况")
    assert app.asked("坐落").line.text == "上河村三组 5 号"
    app.back()
    assert app.sees("今日任务")
    app.stop()
    app = begin(start_app, work_folder)
    assert app.sees("今日任务"), "what one has left is not opened again"


def test_an_untouched_form_leaves_nothing_and_a_touched_one_its_draft(
    start_app: Callable, work_folder: Path
) -> None:
    app = begin(start_app, work_folder, "新增记录", "宅基地")
    app.back()
    assert app.sees("今日任务")
    app.touch("新增记录")
    app.touch("点状设施")
    app.type(app.asked("名称").line, "村口水井")
    app.back()
    with in_file(app, work_folder) as work:
        (draft,) = work.survey.drafts()
        assert (draft.layer, draft.answers["name"]) == ("facility", "村口水井")


def test_throwing_away_asks_first_and_takes_the_parts_too(
    start_app: Callable, work_folder: Path, camera_card: Path
) -> None:
    app = begin(start_app, work_folder, "新增记录", "宅基地")
    add_photo(app, "全景.JPG", "全景")
    app.step("农房 /")
    app.touch("新增农房")
    app.type(app.asked("房屋编码").line, "1")
    app.back()
    app.step("检查")
    app.touch("放弃填写")
    assert app.sees("其照片（1）和下属记录（1）一并删除")
    app.touch("取消")
    app.touch("放弃填写")
    app.touch("放弃填写")
    assert app.sees("今日任务")
    with in_file(app, work_folder) as work:
        assert work.survey.drafts() == []
        assert list(work.survey.select("attachment")) == []


def test_unchanged_in_one_tap_and_then_a_photo(
    start_app: Callable, work_folder: Path, world: World
) -> None:
    app = begin(start_app, work_folder)
    west = world.parcels["west"]
    app.app.shooting.port = FedCamera(jpeg((800, 600)))
    app.app.shell.show("form", layer="farmland", record=west)
    app.settle()
    app.touch("与上次调查一致，无变化")
    assert app.sees("已记为无变化") and app.sees("已保存 1 张"), "the camera opens by itself"
    app.touch("选照片用途")
    app.touch("全景")
    app.touch("完成")
    app.step("基本情况")
    assert not app.sees("与上次调查一致"), "it is recorded already"
    with in_file(app, work_folder) as work:
        record = work.survey.get("farmland", west)
        assert record is not None
        assert (record["state"], record["name"]) == ("confirmed_unchanged", "西地")
        assert len(work.survey.attachments_of(west)) == 1


def test_from_a_household_to_its_homestead_and_back(
    start_app: Callable, work_folder: Path, world: World
) -> None:
    app = begin(start_app, work_folder)
    app.app.shell.show("form", layer="household", record=world.household)
    app.settle()
    app.step("家庭成员 / 宅基地")
    app.touch("新增宅基地")
    assert app.asked("使用农户").button.words.text == "张三"
    app.type(app.asked("坐落").line, "上河村三组 5 号")
    app.step("农房 /")
    app.touch("农户 张三")
    assert len(app.app.shell.way) == 2, "back to where one came from, not once more"
    app.touch("宅基地 1 · 未确认")
    assert app.asked("使用农户").button.words.text == "张三"
    app.back()
    assert app.sees("农户 张三") and app.sees("新增宅基地")


def test_a_private_number_is_masked_and_its_mistake_told(
    start_app: Callable, work_folder: Path, world: World
) -> None:
    app = begin(start_app, work_folder)
    app.app.shell.show("form", layer="household", record=world.household)
    app.settle()
    app.step("家庭成员")
    app.touch("新增家庭成员")
    line = app.asked("证件号码").line
    app.type(line, "990101199001010018")
    assert line.text == "990101********0018"
    assert app.sees("校验位不符，有一位写错")
    app.type(line, "")
    assert line.text == "990101********0018", "looked at and left, it is as it was"
    app.type(line, "990101199001010019")
    assert line.text == "990101********0019" and not app.sees("校验位不符")


def test_dates_are_picked_and_taken_away(start_app: Callable, work_folder: Path) -> None:
    app = begin(start_app, work_folder, "新增记录", "宅基地")
    app.step("取得与批准")
    box = app.asked("取得时间")
    app.touch(box.button)
    search_for(app, "198")
    app.touch("1987")
    app.touch("2 月")
    search_for(app, "2")
    assert not app.sees("29")
    app.touch("28")
    assert box.button.words.text == "1987-02-28"
    app.touch(box.button)
    app.touch("（不填）")
    assert box.button.words.text == "—"


def search_for(app: Driver, text: str) -> None:
    """Type into the search of the list that is open."""
    app.type(next(each for each in app.widgets() if hasattr(each, "rows")).search, text)


def test_several_are_marked_and_taken(start_app: Callable, work_folder: Path) -> None:
    app = begin(start_app, work_folder, "新增记录", "不可移动文物")
    name, step = several_of_relics(app)
    app.step(step)
    app.touch(app.asked(name).button)
    window = next(each for each in app.widgets() if hasattr(each, "rows"))
    first, second = (row["text"].removeprefix("□  ") for row in window.rows.data[:2])
    app.touch(f"□  {first}")
    app.touch(f"□  {second}")
    app.touch(f"■  {first}")
    app.touch("选好了")
    assert app.asked(name).button.words.text == second


def several_of_relics(app: Driver) -> tuple[str, str]:
    """The words of a question with several answers that shows, and of its section."""
    page = app.app.shell.screen.page
    return next(
        (asked.field.label.zh, section.label.zh)
        for section in page.sections
        for asked in section.asked
        if asked.kind == "codes"
    )


def test_a_photo_is_seen_large_captioned_and_removed(
    start_app: Callable, work_folder: Path, camera_card: Path
) -> None:
    app = begin(start_app, work_folder, "新增记录", "点状设施")
    Image.new("RGB", (40, 30), "red").save(camera_card / "坏.png")
    (camera_card / "坏.png").write_bytes(b"no picture at all")
    app.step("照片")
    choose_photo(app, "坏.png")
    assert app.sees("不是可读取的照片")
    add_photo(app, "全景.JPG", "细部")
    app.touch("细部")
    assert app.sees("2008-10-23") and app.sees("有位置")
    app.touch("照片说明")
    window = next(each for each in app.widgets() if hasattr(each, "line"))
    app.type(window.line, "井台")
    app.touch("保存说明")
    app.touch("细部 · 井台")
    app.touch("删除照片")
    app.touch("删除照片")
    assert not app.sees("井台")


@pytest.mark.parametrize("left_handed", [False, True])
def test_confirming_is_at_the_thumb(
    start_app: Callable, work_folder: Path, left_handed: bool
) -> None:
    app = begin(start_app, work_folder, "新增记录", "宅基地")
    app.type(app.asked("坐落").line, "三组")
    app.app.change_settings(replace(app.app.settings, left_handed=left_handed))
    app.settle()
    assert app.asked("坐落").line.text == "三组", "made anew, it shows the same form"
    confirm, onward = app.find("确认"), app.find("下一步")
    assert (confirm.to_window(*confirm.pos)[0] < onward.to_window(*onward.pos)[0]) == left_handed


@pytest.mark.parametrize("text_size", ["normal", "extra_large"])
def test_whatever_is_touched_is_as_large_as_a_finger(
    start_app: Callable, work_folder: Path, text_size: TextSize
) -> None:
    app = begin(start_app, work_folder, "新增记录", "宅基地")
    app.app.change_settings(replace(app.app.settings, text_size=text_size))
    app.settle()
    # Not before the display is there: Kivy is imported with them.
    from kivy.uix.behaviors import ButtonBehavior

    from field_app import look

    for step in ("基本情况", "取得与批准", "农房 /", "照片", "检查"):
        app.step(step)
        touched = [each for each in app.app.shell.screen.walk() if isinstance(each, ButtonBehavior)]
        assert len(touched) > 5
        for each in touched:
            assert min(each.size) >= look.touch(text_size) - 1, (step, each)

"""Photos taken, sorted and drawn on by touch, and signing on the screen."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from fed_camera import FedCamera
from PIL import Image
from small_disk import fill, own_disk
from small_village import World, fix_at
from test_photo_copies import jpeg
from xiangtu.errors import BadInput

from field_app.controllers.photos import read_photo
from field_app.controllers.start import Fieldwork

if TYPE_CHECKING:
    from driver import Driver

HERE = Path(__file__).parent


def at_photos(start_app: Callable, folder: Path, camera: FedCamera, layer: str) -> Driver:
    """The app with a camera, at the photos of a new record."""
    app: Driver = start_app(folder)
    app.touch("开始工作")
    app.app.shooting.port = camera
    app.touch("新增记录")
    app.touch(layer)
    app.step("照片")
    return app


def in_front(app: Driver, kind: str) -> Any:
    """The window of a kind that lies in front."""
    return next(each for each in app.widgets() if type(each).__name__ == kind)


def attachments(app: Driver, folder: Path, kind: str) -> tuple[Fieldwork, list[dict]]:
    """The tablet after the app has ended, and its attachments of a kind."""
    app.stop()
    work = Fieldwork(folder)
    return work, list(work.survey.select("attachment", "kind = ?", [kind]))


def test_photos_are_taken_one_after_the_other_and_then_sorted(
    start_app: Callable, work_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    camera = FedCamera(jpeg((800, 600)), None, jpeg((600, 800)))
    app = at_photos(start_app, work_folder, camera, "宅基地")
    fix = fix_at(40, 50)
    monkeypatch.setattr(type(app.app.receiver), "here", property(lambda _receiver: fix))
    monkeypatch.setattr(app.app.compass, "bearing_deg", lambda _fix: 123.4)
    app.touch("拍照")
    assert app.sees("已保存 1 张") and app.sees("还缺：全景 1 张") and app.sees("方向 123°")
    app.touch("再拍一张")
    assert app.sees("已保存 1 张"), "the camera was closed without a photo"
    app.touch("再拍一张")
    assert app.sees("已保存 2 张")
    app.touch("选照片用途")
    app.touch("全景")
    assert not app.sees("还缺：全景")
    app.touch("照片说明")
    app.type(next(each for each in app.widgets() if hasattr(each, "line")).line, "院门")
    app.touch("保存说明")
    app.touch("方向 123°")
    app.touch("正西")
    app.touch("完成")
    assert app.sees("全景 · 院门") and app.sees("照片用途未选：1 张")
    work, photos = attachments(app, work_folder, "photo")
    with work:
        assert sorted(str(each["role"]) for each in photos) == ["None", "overview"]
        sorted_one = next(each for each in photos if each["role"] == "overview")
        assert (sorted_one["caption"], sorted_one["bearing_deg"]) == ("院门", 270.0)
        assert sorted_one["latitude_deg"] == pytest.approx(fix.latitude_deg, abs=1e-8)
        (copy,) = work.survey.select("attachment", "copy_of = ?", [sorted_one["sha256"]])
        facts = read_photo(work.survey.attachment_path(copy["sha256"]))
        assert (facts.bearing_deg, facts.has_position) == (270.0, True)
    assert camera.taken == {}, "nothing is left in the camera"


def test_drawing_on_a_photo_keeps_a_copy(
    start_app: Callable, work_folder: Path, tmp_path: Path
) -> None:
    app = at_photos(start_app, work_folder, FedCamera(original := jpeg((800, 600))), "点状设施")
    app.touch("拍照")
    app.touch("完成")
    app.touch("选照片用途")
    app.touch("在图上标注")
    stage = in_front(app, "DrawView").stage
    x, y = stage.center
    app.touch("保存")
    assert app.sees("还没有标注"), "nothing was drawn"
    app.until(lambda: not app.sees("还没有标注"))
    app.drag([(x - 200, y), (x, y), (x + 200, y)])
    app.drag([(x, y - 100), (x, y + 100)])
    app.touch("撤销")
    # Two fingers look nearer and draw nothing.
    app.pinch([(x - 50, y), (x - 100, y), (x - 150, y)], [(x + 50, y), (x + 100, y), (x + 150, y)])
    assert len(stage.strokes) == 1 and stage.placing.times == pytest.approx(3.0, abs=0.1)
    app.touch("取消")
    assert app.sees("不保存标注就离开吗")
    app.touch("取消")
    app.touch("保存")
    assert app.sees("标注图已保存") and app.sees("标注图")
    work, drawings = attachments(app, work_folder, "drawing")
    with work:
        (drawing,) = drawings
        original_kept = work.survey.attachment_path(drawing["copy_of"])
        assert original_kept.read_bytes() == original
        with Image.open(work.survey.attachment_path(drawing["sha256"])) as picture:
            across, beside = picture.getpixel((300, 300)), picture.getpixel((400, 330))
        assert across[0] > 180 > 80 > across[1], "the line lies where it was drawn"
        assert beside[1] > 120, "what was taken back is not in it"


def test_a_photo_is_looked_at_closely(start_app: Callable, work_folder: Path) -> None:
    app = at_photos(start_app, work_folder, FedCamera(jpeg((800, 600))), "点状设施")
    app.touch("拍照")
    app.touch("完成")
    app.touch("选照片用途")
    stage = in_front(app, "PhotoView").stage
    x, y = stage.center
    app.pinch([(x - 50, y), (x - 150, y)], [(x + 50, y), (x + 150, y)])
    assert stage.placing.times == pytest.approx(3.0, abs=0.1)
    left = stage.placing.x
    app.wait(0.4)  # two touches at once would be one that brings it nearer
    app.drag([(x, y), (x + 30, y), (x + 60, y)])
    assert stage.placing.x > left and stage.strokes == [], "one finger moves it"
    for _ in range(3):
        app.wait(0.4)
        app.drag([(x - 300, y), (x, y), (x + 350, y)])
    assert stage.placing.x == 0, "never further than its edge"


def test_a_camera_that_fails_says_why_and_files_are_there_still(
    start_app: Callable, work_folder: Path, shared_data: Path
) -> None:
    folder = work_folder.parent / "DCIM"
    folder.mkdir()
    taken = shared_data / "exif" / "exif-samples" / "jpg" / "gps"
    for number in (10, 12):
        shutil.copy(taken / f"DSCN00{number}.jpg", folder)
    (folder / "坏.jpg").write_bytes(b"no picture")
    camera = FedCamera(refusal=BadInput("camera.none"))
    app = at_photos(start_app, work_folder, camera, "点状设施")
    app.touch("拍照")
    assert app.sees("这台设备没有相机")
    camera.refusal, camera.photos = None, [b"no photo at all"]
    app.touch("拍照")
    assert app.sees("不是可读取的照片")
    app.touch("从文件选取")
    for name in ("DSCN0010.jpg", "DSCN0012.jpg", "坏.jpg"):
        app.touch(f"□  {name}")
    app.touch("选好了")
    assert app.sees("已保存 2 张"), "the broken one is told, the others are kept"
    assert app.sees("坏.jpg 不是可读取的照片")
    work, photos = attachments(app, work_folder, "photo")
    with work:
        assert {each["original_name"] for each in photos} == {"DSCN0010.jpg", "DSCN0012.jpg"}


def test_on_a_full_card_a_photo_waits_until_there_is_room(
    start_app: Callable, work_folder: Path, tmp_path: Path
) -> None:
    with own_disk(tmp_path / "card", 24) as card:
        folder = Path(shutil.copytree(work_folder, card / "tablet"))
        camera = FedCamera(jpeg((2400, 1800)))
        app = at_photos(start_app, folder, camera, "点状设施")
        filler = fill(card, 40_000)
        app.touch("拍照")
        assert app.sees("已满") and len(camera.taken) == 1
        filler.unlink()
        app.back()
        app.touch("新增记录")
        app.touch("宅基地")
        assert app.sees("先前拍的 1 张照片已保存") and camera.taken == {}
        work, photos = attachments(app, folder, "photo")
        with work:
            assert [each["layer"] for each in photos] == ["facility"]


def sign(app: Driver, name: str) -> None:
    """Sign in the name of somebody who is offered."""
    app.touch("请人签名")
    app.touch(name)
    paper = in_front(app, "SignaturePad").paper
    x, y = paper.center
    app.drag([(x - 200, y), (x - 100, y + 90), (x, y - 90), (x + 150, y + 40)])


def test_household_and_neighbour_sign(start_app: Callable, work_folder: Path, world: World) -> None:
    app = at_photos(start_app, work_folder, FedCamera(), "宅基地")
    app.step("基本情况")
    app.touch(app.asked("使用农户").button)
    app.touch("张三")
    app.step("检查")
    app.touch("权利人或其代理人 的签名有 0 个")
    assert app.sees("还缺签名：权利人或其代理人 1 个")
    sign(app, "张三")
    app.touch("清除重签")
    app.touch("确认签名")
    assert app.sees("还没有签名"), "what was cleared is no signature"
    paper = in_front(app, "SignaturePad").paper
    x, y = paper.center
    app.drag([(x - 200, y), (x - 100, y + 90), (x, y - 90), (x + 150, y + 40)])
    app.touch("确认签名")
    assert app.sees("张三 的签名已保存") and not app.sees("还缺签名")
    app.touch("请人签名")
    app.touch("其他人")
    app.type(next(each for each in app.widgets() if hasattr(each, "line")).line, "李四")
    app.touch("继续")
    app.touch("相邻权利人")
    x, y = in_front(app, "SignaturePad").paper.center
    app.drag([(x - 100, y), (x, y + 50), (x + 100, y)])
    app.touch("确认签名")
    assert app.sees("李四 · 相邻权利人") and app.sees("张三 · 权利人或其代理人")
    work, signatures = attachments(app, work_folder, "signature")
    with work:
        said = {(each["author"], each["signed_as"]) for each in signatures}
        assert said == {("张三", "holder"), ("李四", "neighbour")}
        assert all(work.survey.attachment_path(each["sha256"]).is_file() for each in signatures)


def test_a_flat_battery_loses_no_photo_and_no_signature(
    start_app: Callable, work_folder: Path, display: None
) -> None:
    killed = subprocess.run(
        [sys.executable, str(HERE / "killed_with_the_camera_open.py"), str(work_folder)],
        env=dict(os.environ), capture_output=True, text=True, timeout=180, check=False,
    )  # fmt: skip
    assert killed.returncode == -9, killed.stderr
    app: Driver = start_app(work_folder)
    app.touch("开始工作")
    app.step("照片")
    assert app.sees("照片用途未选：2 张"), "the one that the camera took when all ended too"
    app.step("签名")
    assert app.sees("赵六 · 村组见证人")

"""From a day's work to the county and back, by touch."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image
from small_disk import fill, own_disk
from small_village import World
from xiangtu import store
from xiangtu.merge import plan
from xiangtu.package import receipt

from field_app.controllers import form, offered_files
from field_app.controllers.photos import attach_photo
from field_app.controllers.start import Fieldwork


@pytest.fixture
def worked(work_folder: Path, world: World) -> Path:
    """A tablet on which one parcel was confirmed, with a photo."""
    picture = BytesIO()
    Image.effect_noise((400, 300), 60).convert("RGB").save(picture, "JPEG")
    with Fieldwork(work_folder) as work:
        west = world.parcels["west"]
        form.confirm_unchanged(work.survey, "farmland", west)
        attach_photo(work.survey, west, "farmland", picture.getvalue(), role="overview")
    return work_folder


def test_work_is_packed_and_the_receipt_read_and_cleared(
    start_app: Callable, worked: Path, world: World, tmp_path: Path
) -> None:
    app = start_app(worked)
    app.touch("开始工作")
    app.touch("交付")
    assert app.sees("待交付的记录和照片：2 项") and app.sees("还没有读入县里的回执")
    app.touch("清理县里已有的内容")
    assert app.sees("没有可清理的内容"), "nothing goes before a receipt"
    app.touch("打包交付")
    app.touch("本平板（用数据线取走）")
    package = worked / "out" / f"{app.app.fieldwork.tablet.device_id}-0001.xtp"
    assert app.sees("数据包 1 号：记录 1 条") and app.sees(str(package))
    assert app.sees("待交付的记录和照片：0 项") and app.sees("县里尚未答复")

    with store.open(world.county) as county:
        plan.merge(county, package, world.identity, author="县里")
        receipt.write_receipt(
            county, tmp_path / "回执.xtr", app.app.fieldwork.tablet.device_id, world.identity
        )
    app.touch("读入回执")
    app.touch("回执.xtr")
    assert app.sees("已合并 1 包")
    assert app.sees("：已合并") and app.sees("县里已有")

    (photo,) = [each for each in (worked / "attachments").rglob("*") if each.is_file()]
    app.touch("清理县里已有的内容")
    assert app.sees("将清理照片 1 张")
    app.touch("取消")
    assert photo.is_file(), "it is asked first"
    app.touch("清理县里已有的内容")
    app.touch("清理县里已有的内容")
    assert app.sees("已清理照片 1 张") and not photo.is_file()


def test_nothing_to_pack_is_told(start_app: Callable, work_folder: Path) -> None:
    app = start_app(work_folder)
    app.touch("开始工作")
    app.touch("交付")
    app.touch("打包交付")
    app.touch("本平板（用数据线取走）")
    assert app.sees("自上次打包以来没有改动")
    assert list((work_folder / "out").iterdir()) == []


def test_a_full_stick_is_told_and_another_place_takes_the_package(
    start_app: Callable, worked: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    media = tmp_path / "media"
    media.mkdir()
    monkeypatch.setattr(offered_files, "_MOUNTS", ((media, 1),))
    with own_disk(media / "STICK", 1) as stick:
        fill(stick, 4096)
        app = start_app(worked)
        app.touch("开始工作")
        app.touch("交付")
        app.touch("打包交付")
        app.touch("STICK")
        assert app.sees("已满"), app.texts()
        assert app.sees("待交付的记录和照片：2 项"), "it still waits"
        assert not list(stick.glob("*.xtp"))
        app.touch("打包交付")
        app.touch("本平板")
        assert app.sees("数据包 1 号：记录 1 条")

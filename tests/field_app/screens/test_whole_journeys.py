"""A surveyor's whole jobs through the real widgets, from the assignment to what the county gets."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from drawn import Drawn
from fed_camera import FedCamera
from fed_receiver import FedReceiver
from shapely import Point, Polygon
from small_village import SRID, X0, Y0, World, fix_at
from test_photo_copies import jpeg
from xiangtu import store
from xiangtu.merge import plan
from xiangtu.store import SurveyFile

from demo.nmea_stream import Receiver
from field_app.controllers.start import Fieldwork

if TYPE_CHECKING:
    from driver import Driver


def pick(app: Driver, question: str, answer: str) -> None:
    app.touch(app.asked(question).button)
    app.touch(answer)


def answer(app: Driver, question: str, text: str) -> None:
    app.type(app.asked(question).line, text)


def draw(app: Driver, *corners: tuple[float, float]) -> None:
    """Draw the record's outline on the map, in metres from the county's corner."""
    app.touch("在地图上绘制")
    drawn = Drawn(app)
    middle = np.mean(corners, axis=0)
    drawn.look_at(*middle, pixel_m=0.12)
    drawn.tap(*corners)
    app.touch("完成")
    app.touch("选择理由")
    app.touch("建筑物遮挡")
    app.touch("写入表单")
    assert app.sees("测量结果已写入表单")


def photograph(app: Driver, *roles: str) -> None:
    """Take photos, one after the other, and say what each shows."""
    app.step("照片")
    for role in roles:
        app.touch("拍照")
        app.touch("选照片用途")
        app.touch(role)
        app.touch("完成")


def sign(app: Driver, name: str) -> None:
    from driver import seen

    app.step("签名")
    app.touch("请人签名")
    app.touch(name)
    pad = next(each for each in app.widgets() if type(each).__name__ == "PenSurface" and seen(each))
    x, y = pad.to_window(*pad.center)
    app.drag([(x - 100, y - 40), (x - 20, y + 40), (x + 60, y - 40), (x + 120, y + 30)])
    app.touch("确认签名")


def handed_over(app: Driver, world: World) -> SurveyFile:
    """Pack by touch, and merge at the county: its file."""
    app.touch("交付")
    app.touch("打包交付")
    app.touch("本平板（用数据线取走）")
    assert app.sees("数据包 1 号")
    (package,) = (app.app.folder / "out").glob("*.xtp")
    county = store.open(world.county)
    plan.merge(county, package, world.identity, author="县里")
    return county


def test_a_homestead_with_two_houses_and_three_photos_reaches_the_county(
    start_app: Callable, work_folder: Path, world: World
) -> None:
    app: Driver = start_app(work_folder)
    app.touch("开始工作")
    app.app.shooting.port = FedCamera(*(jpeg((640, 480)) for _ in range(3)))
    app.touch("新增记录")
    app.touch("宅基地")
    pick(app, "使用农户", "张三")
    answer(app, "坐落", "上河村三组 8 号")
    draw(app, (40, 40), (58, 40), (58, 55), (40, 55))
    app.step("登记发证")
    pick(app, "未办证原因", "其他")
    for (west, east), number in (((41, 48), "0001"), ((50, 57), "0002")):
        app.step("农房")
        app.touch("新增农房")
        answer(app, "自然幢号", number)
        draw(app, (west, 42), (east, 42), (east, 53), (west, 53))
        app.step("房屋")
        answer(app, "总层数", "2")
        pick(app, "结构", "混合结构")
        photograph(app, "正面")
        app.touch("确认")
        assert app.sees("农房 / 界址点"), app.texts()
    photograph(app, "全景")
    sign(app, "张三")
    app.touch("确认")
    assert app.sees("已确认"), app.texts()
    with handed_over(app, world) as county:
        (homestead,) = county.select("homestead", "address = ?", ["上河村三组 8 号"])
        assert homestead["household_uuid"] == world.household and homestead["state"] == "surveyed"
        assert homestead["geometry"].area == pytest.approx(18 * 15, rel=0.02)
        houses = list(county.select("house", "homestead_uuid = ?", [homestead["uuid"]]))
        assert sorted(each["building_number"] for each in houses) == ["0001", "0002"]
        of_all = [homestead["uuid"], *(each["uuid"] for each in houses)]
        attached = [row for each in of_all for row in county.attachments_of(each)]
        kinds = [each["kind"] for each in attached]
        assert (kinds.count("photo"), kinds.count("signature")) == (3, 1)
        assert all(county.attachment_path(each["sha256"]).is_file() for each in attached)


def test_a_parcel_is_walked_with_a_replayed_log(
    start_app: Callable, work_folder: Path, tmp_path: Path
) -> None:
    log = tmp_path / "walk.nmea"
    receiver = Receiver(SRID, datetime(2025, 6, 5, 1, tzinfo=UTC), [7], lambda x, y: x * 0 + 40.0)
    corners = [(300, 100), (340, 100), (340, 130), (300, 130), (300, 100)]
    ring = np.array(corners) + np.array((X0, Y0))
    # One stands there until the form is open; standing draws nothing.
    said = receiver.stand(*ring[0], 400) + receiver.walk(ring) + receiver.stand(*ring[0], 5)
    log.write_text(said)
    app: Driver = start_app(work_folder, receiver=f"{log.as_uri()}?speed=20")
    app.touch("开始工作")
    app.touch("新增记录")
    app.touch("农用地地块")
    app.touch("测量")
    app.until(lambda: app.sees("放完"), patience_s=100.0)  # the log takes 26 s
    app.touch("完成")
    assert app.sees("核对结果")
    app.touch("写入表单")
    assert app.sees("测量结果已写入表单")
    app.stop()
    with Fieldwork(work_folder) as work:
        (draft,) = work.survey.drafts()
    assert draft.geometry.symmetric_difference(Polygon(ring)).area < 20


def stand_at(app: Driver, receiver: FedReceiver, x: float, y: float) -> None:
    """Measure the record's point where one stands, metres from the county's corner."""
    app.touch("测量")
    receiver.says([fix_at(x, y, second) for second in range(40)])
    app.touch("采集此点")
    app.touch("写入表单")


def test_a_relic_is_registered_with_its_points_and_extent(
    start_app: Callable, work_folder: Path, world: World
) -> None:
    app: Driver = start_app(work_folder)
    app.touch("开始工作")
    receiver = FedReceiver(app)
    app.app.shooting.port = FedCamera(jpeg((640, 480)), jpeg((640, 480)))
    app.touch("新增记录")
    app.touch("不可移动文物")
    stand_at(app, receiver, 60, 160)
    answer(app, "名称", "上河古井")
    answer(app, "地址及位置", "上河村东口")
    app.touch("新发现")
    app.step("类别与年代")
    app.touch(app.asked("类别").button)
    (listed,) = (each for each in app.widgets() if type(each).__name__ == "PickList")
    app.type(listed.search, "0315")
    app.touch("池塘井泉")
    answer(app, "年代", "清")
    pick(app, "年代分期", "清")
    app.step("权属与使用")
    pick(app, "所有权", "集体")
    app.step("保存状况")
    pick(app, "现状评估", "较好")
    app.step("文物范围")
    app.touch("新增文物测点")
    stand_at(app, receiver, 62, 160)
    answer(app, "测点号", "1")
    app.touch("确认")
    app.touch("新增文物范围")
    draw(app, (55, 155), (66, 155), (66, 166), (55, 166))
    app.touch("确认")
    photograph(app, "全景", "带方向的照片")
    app.touch("确认")
    assert app.sees("已确认"), app.texts()
    with handed_over(app, world) as county:
        (relic,) = county.select("relic")
        assert (relic["name"], relic["state"]) == ("上河古井", "surveyed")
        (point,) = county.select("relic_point", "relic_uuid = ?", [relic["uuid"]])
        assert point["geometry"].distance(Point(X0 + 62, Y0 + 160)) < 0.05
        (extent,) = county.select("relic_extent", "relic_uuid = ?", [relic["uuid"]])
        assert extent["geometry"].covers(relic["geometry"])
        assert {each["role"] for each in county.attachments_of(relic["uuid"])} == {
            "overview", "direction",
        }  # fmt: skip

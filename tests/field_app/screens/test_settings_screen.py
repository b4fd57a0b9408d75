"""Choosing a receiver while it runs, numbers, how the app looks, and the PIN, by touch."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from field_app.controllers import settings


def test_another_receiver_is_chosen_while_one_runs(
    start_app: Callable, work_folder: Path, shared_data: Path
) -> None:
    recording = str(shared_data / "nmea" / "gpsd" / "ublox-zed-f9r.log")
    chosen = settings.Settings().with_receiver(recording).with_receiver("/no/such.nmea")
    settings.save(work_folder, chosen)
    app = start_app(work_folder)
    app.touch("开始工作")
    app.touch("设置")
    app.until(lambda: app.sees("/no/such.nmea"))
    app.touch("选择接收机")
    app.touch(recording)
    # Its satellites by constellation, as the recording itself says them.
    app.until(lambda: app.sees("GPS ") and app.sees("伽利略 "))
    app.until(lambda: app.app.receiver.state.fixes > 0)
    assert app.sees(recording)
    assert settings.load(work_folder).settings.receiver == recording


def test_an_address_is_typed_and_a_wrong_one_told(start_app: Callable, work_folder: Path) -> None:
    app = start_app(work_folder)
    app.touch("开始工作")
    app.touch("设置")
    app.touch("选择接收机")
    app.touch("其他：输入地址")
    app.type(app.app.shell.screen.typed, "tcp//192.168.1.1")
    app.until(lambda: app.sees("tcp//192.168.1.1"))
    app.until(lambda: app.app.receiver.state.error is not None)
    assert app.app.settings.recent_receivers == ("tcp//192.168.1.1",)


def test_a_number_counts_in_full_width_too_and_a_wrong_one_is_told(
    start_app: Callable, work_folder: Path
) -> None:
    app = start_app(work_folder)
    app.touch("开始工作")
    app.touch("设置")
    app.type(app.scroll_to("天线高 (m)"), "１．８")
    assert settings.load(work_folder).settings.antenna_height_m == 1.8
    app.type(app.scroll_to("天线高 (m)"), "180")
    assert app.sees("天线高") and app.sees("不可用")
    assert app.scroll_to("天线高 (m)").text == "1.8"
    assert app.app.receiver.declared.antenna_height_m == 1.8
    app.touch(app.find("WGS84"))
    assert app.app.receiver.declared.rtk_datum == "WGS84"


def test_a_pin_locks_the_next_start_and_a_wrong_one_does_not_open(
    start_app: Callable, work_folder: Path
) -> None:
    app = start_app(work_folder)
    app.touch("开始工作")
    app.touch("设置")
    app.type(app.scroll_to("新 PIN 码（4 至 12 位数字）"), "27")
    app.touch(app.scroll_to("设置 PIN 码"))
    assert app.sees("4 至 12 位数字；请重新输入")
    app.type(app.scroll_to("新 PIN 码（4 至 12 位数字）"), "2706")
    app.touch(app.scroll_to("设置 PIN 码"))
    assert app.sees("PIN 码已设置") and app.sees("每次启动时须输入")
    app.stop()

    app = start_app(work_folder)
    app.touch("开始工作")
    assert app.sees("PIN 码不正确") and not app.sees("今日任务")
    for _ in range(2):
        app.type(app.app.shell.screen.pin, "0000")
        app.touch("开始工作")
    app.type(app.app.shell.screen.pin, "2706")
    app.touch("开始工作")
    assert app.sees("PIN 码输错次数过多") and not app.sees("今日任务")
    app.wait(5.5)
    app.type(app.app.shell.screen.pin, "2706")
    app.touch("开始工作")
    assert app.sees("今日任务")


def test_another_text_size_leaves_one_where_one_was(start_app: Callable, work_folder: Path) -> None:
    app = start_app(work_folder)
    app.touch("开始工作")
    app.touch("设置")
    app.scroll_to("设置 PIN 码")
    before, place = app.app.shell.screen, app.app.shell.screen._scroll.scroll_y
    assert 0 < place < 1
    app.touch("大号")
    after = app.app.shell.screen
    assert after is not before and after._scroll.scroll_y == pytest.approx(place, abs=0.01)

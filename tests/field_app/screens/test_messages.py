"""Messages: they cover nothing that one wants to touch, are whole, and go."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from driver import Driver
    from kivy.uix.widget import Widget

LONG = (
    "U 盘空间不足：需要 2.4 GB，可用 0.3 GB。请换一个 U 盘，或在“交付”中清理县级已收到的内容；"
    "已确认的内容都在平板上，没有丢失。"
)


def box(widget: Widget) -> tuple[float, float, float, float]:
    left, bottom = widget.to_window(*widget.pos)
    return left, bottom, left + widget.width, bottom + widget.height


def covered(app: Driver, text: str) -> list[str]:
    """What takes touches and lies under a message, at least in part."""
    from driver import seen, touchable

    message = app.find(text).parent
    left, bottom, right, top = box(message)
    found = []
    for each in app.widgets():
        if touchable(each) and seen(each):
            a, b, c, d = box(each)
            if a < right - 1 and c > left + 1 and b < top - 1 and d > bottom + 1:
                found.append(str([getattr(some, "text", "") for some in each.walk()]))
    return found


@pytest.mark.parametrize("text_size", ["normal", "extra_large"])
def test_a_message_covers_no_button_and_is_whole(
    start_app: Callable, work_folder: Path, text_size: str
) -> None:
    app = start_app(work_folder)
    app.app.change_settings(replace(app.app.settings, text_size=text_size))
    app.settle()
    app.touch("开始工作")
    for tab in ("今日", "地图", "记录", "交付", "设置"):
        app.touch(tab)
        app.app.tell(LONG)
        app.wait(0.3)
        assert covered(app, LONG) == [], tab
        label = app.find(LONG)
        assert label.texture_size[1] <= label.height + 1 and not label.is_shortened
        app.touch(LONG)
        assert not app.sees(LONG)


def test_a_message_over_a_window_leaves_it_to_be_touched_and_outlives_it(
    start_app: Callable, work_folder: Path
) -> None:
    app = start_app(work_folder)
    app.app.change_settings(replace(app.app.settings, text_size="extra_large"))
    app.settle()
    app.touch("开始工作")
    app.touch("记录")
    app.touch("全部图层")
    longer = LONG + LONG  # so that it reaches down to the window's search
    for _ in range(2):
        app.app.tell(longer)
        app.wait(0.3)
        assert covered(app, longer) == []
        app.touch(longer)
        assert not app.sees(longer) and app.sees("取消"), "the message alone is gone"
    app.app.tell(LONG)
    app.touch("取消")
    assert app.sees(LONG) and not app.sees("取消") and covered(app, LONG) == []


def test_a_later_message_takes_the_place_and_goes_by_itself(
    start_app: Callable, work_folder: Path
) -> None:
    app = start_app(work_folder)
    app.app.tell("一")
    app.app.tell("二")
    app.wait(0.2)
    assert app.sees("二") and "一" not in app.texts()
    app.until(lambda: "二" not in app.texts())

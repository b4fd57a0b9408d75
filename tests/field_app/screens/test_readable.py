"""Every word of every screen stands out from what is behind it, in every theme."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from driver import Driver

#: WCAG 2.1, 1.4.3, for text of any size.
LEAST = 4.5


def over(front: Any, back: Any) -> tuple[float, ...]:
    """A colour that lets something through, over an opaque one."""
    opacity = front[3]
    mixed = (a * opacity + b * (1 - opacity) for a, b in zip(front[:3], back[:3], strict=True))
    return (*mixed, 1.0)


def ground(widget: Any) -> tuple[float, ...]:
    """The colour behind a widget: its own and those of what it is in, down to an opaque one."""
    layers = []
    while widget is not None and widget is not widget.parent:
        colour = getattr(widget, "md_bg_color", None) or getattr(widget, "_md_bg_color", None)
        if colour is not None and len(colour) == 4 and colour[3] > 0:
            layers.append(tuple(colour))
            if colour[3] == 1:
                break
        widget = widget.parent
    seen = layers[-1]
    for colour in reversed(layers[:-1]):
        seen = over(colour, seen)
    return seen


def unreadable(app: Driver) -> dict[str, float]:
    """Words that do not stand out enough, each with its contrast."""
    from driver import seen
    from kivymd.uix.label import MDIcon, MDLabel

    from field_app.look import contrast_ratio

    found = {}
    for each in app.widgets():
        # A tab's picture stands on a pill that is painted, not a widget's ground.
        words = isinstance(each, MDLabel) and not isinstance(each, MDIcon)
        if words and each.text and seen(each):
            back = ground(each)
            ratio = contrast_ratio(over(each.color, back), back)
            if ratio < LEAST:
                found[each.text] = round(ratio, 2)
    return found


@pytest.mark.parametrize("theme", ["day", "contrast", "night"])
def test_words_stand_out_on_every_tab(start_app: Callable, work_folder: Path, theme: str) -> None:
    app = start_app(work_folder)
    app.app.change_settings(replace(app.app.settings, theme=theme))
    app.settle()
    assert unreadable(app) == {}
    app.touch("开始工作")
    for tab in ("今日", "地图", "记录", "交付", "设置"):
        app.touch(tab)
        app.wait(0.3)
        assert unreadable(app) == {}, tab

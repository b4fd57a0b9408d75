"""A list of any length, of which only the rows that are seen are made."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kivy.metrics import dp
from kivy.uix.recycleboxlayout import RecycleBoxLayout
from kivy.uix.recycleview import RecycleView

from .. import look

if TYPE_CHECKING:
    from ..app import XiangtuApp


class RowList(RecycleView):
    """Rows of class `view`, `fingers` times as high as a finger needs; its bar is at the side of
    the main hand."""

    def __init__(self, app: XiangtuApp, view: type, fingers: float) -> None:
        text_size = app.settings.text_size
        super().__init__(
            bar_width=dp(6),
            bar_pos_y="left" if app.settings.left_handed else "right",
            scroll_type=["bars", "content"],
        )
        rows = RecycleBoxLayout(
            orientation="vertical",
            default_size=(None, look.touch(text_size) * fingers),
            default_size_hint=(1, None),
            size_hint_y=None,
        )
        rows.bind(minimum_height=rows.setter("height"))
        self.add_widget(rows)
        self.viewclass = look.rows(view, text_size)

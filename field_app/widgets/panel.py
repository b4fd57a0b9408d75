"""A bordered box that holds what belongs together, as high as what is in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kivy.metrics import dp
from kivymd.uix.boxlayout import MDBoxLayout
from kivymd.uix.label import MDLabel

from .. import look

if TYPE_CHECKING:
    from ..app import XiangtuApp


class Panel(MDBoxLayout):
    """KivyMD's own card cannot begin without a height."""

    def __init__(self, app: XiangtuApp, title: str = "", **properties: Any) -> None:
        super().__init__(
            orientation="vertical",
            adaptive_height=True,
            padding=dp(16),
            spacing=dp(8),
            radius=dp(12),
            line_color=look.fixed(app.theme_cls.outlineVariantColor),
            md_bg_color=look.fixed(app.theme_cls.surfaceContainerLowColor),
            **properties,
        )
        if title:
            self.add_widget(
                MDLabel(text=title, adaptive_height=True, font_style="Title", role="medium")
            )


class Sheet(Panel):
    """A panel that lies over something: what is under it is not touched through it."""

    def on_touch_down(self, touch: Any) -> bool:
        return super().on_touch_down(touch) or self.collide_point(*touch.pos)

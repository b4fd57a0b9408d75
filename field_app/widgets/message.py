"""A message at the bottom of the window, over everything, for some seconds or until touched."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kivy.clock import Clock
from kivy.core.window import Window
from kivy.metrics import dp
from kivymd.uix.boxlayout import MDBoxLayout
from kivymd.uix.label import MDLabel

if TYPE_CHECKING:
    from ..app import XiangtuApp

_SHOWN_S = 8.0


class Message(MDBoxLayout):
    """One text; a later one takes the place of an earlier one."""

    def __init__(self, app: XiangtuApp, text: str) -> None:
        super().__init__(
            adaptive_height=True,
            size_hint_x=None,
            width=Window.width - dp(32),
            x=dp(16),
            y=dp(104),
            padding=dp(16),
            radius=dp(12),
            md_bg_color=app.theme_cls.inverseSurfaceColor,
        )
        self.add_widget(
            MDLabel(
                text=text,
                adaptive_height=True,
                font_style="Body",
                role="large",
                theme_text_color="Custom",
                text_color=app.theme_cls.inverseOnSurfaceColor,
            )
        )

    def show(self) -> None:
        """Put it up in place of what is there."""
        for other in [each for each in Window.children if isinstance(each, Message)]:
            other.take_down()
        Window.add_widget(self)
        Clock.schedule_once(lambda _dt: self.take_down(), _SHOWN_S)

    def take_down(self) -> None:
        if self.parent is not None:
            Window.remove_widget(self)

    def on_touch_down(self, touch: Any) -> bool:
        if not self.collide_point(*touch.pos):
            return False
        self.take_down()
        return True

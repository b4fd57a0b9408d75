"""What the app tells: a message under the top bar for some seconds, or until it is touched."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kivy.clock import Clock
from kivy.core.window import Window
from kivy.metrics import dp
from kivy.uix.modalview import ModalView
from kivymd.uix.boxlayout import MDBoxLayout
from kivymd.uix.label import MDLabel

from .. import look
from .buttons import letters

if TYPE_CHECKING:
    from ..app import XiangtuApp

#: So long it takes to look up, and so many letters are read in a second outdoors.
_NOTICED_S, _READ_A_SECOND, _LONGEST_S = 5.0, 15.0, 20.0


class Messages(MDBoxLayout):
    """The place of the messages. What is shown below moves down for one, so that it covers
    nothing. While a window lies over the screen, the message lies over the top of that, and it is
    what the window holds that moves down."""

    def __init__(self, app: XiangtuApp) -> None:
        super().__init__(adaptive_height=True)
        self._app = app
        self._shown: _Message | None = None
        self._ending: Any = None
        self._pushed: ModalView | None = None
        # Not while a window is just coming or going.
        self._place_soon = Clock.create_trigger(self._place, -1)
        Window.bind(children=self._windows_changed)

    def tell(self, text: str) -> None:
        """Show a text in place of an earlier one."""
        self.take_down()
        self._shown = _Message(self._app, text, self.take_down)
        seconds = min(_NOTICED_S + letters(text) / _READ_A_SECOND, _LONGEST_S)
        self._ending = Clock.schedule_once(lambda _dt: self.take_down(), seconds)
        self._place_soon()

    def take_down(self) -> None:
        """Show none any more."""
        shown, self._shown = self._shown, None
        if shown is not None:
            self._ending.cancel()
            self._remove(shown)

    def _windows_changed(self, *_children: Any) -> None:
        if self._shown is not None:
            self._place_soon()

    def _place(self, _dt: float) -> None:
        """Here, or over the window that lies over this."""
        shown = self._shown
        if shown is None:
            return
        window = next((each for each in Window.children if isinstance(each, ModalView)), None)
        wanted = self if window is None else Window
        if shown.parent is wanted and self._pushed is window:
            return
        self._remove(shown)
        if window is None:
            shown.fit(self.width)
        else:
            shown.fit(Window.width - dp(16))
            shown.x, shown.top = dp(8), Window.height - dp(8)
            window.padding = (0, max(0, window.top - shown.y), 0, 0)
        self._pushed = window
        wanted.add_widget(shown)

    def _remove(self, message: _Message) -> None:
        if self._pushed is not None:
            self._pushed.padding = 0
            self._pushed = None
        if message.parent is not None:
            message.parent.remove_widget(message)


class _Message(MDBoxLayout):
    def __init__(self, app: XiangtuApp, text: str, touched: Any) -> None:
        colours = app.theme_cls
        ground, words = colours.inverseSurfaceColor, colours.surfaceColor
        if app.settings.theme == "night":  # a white one would dazzle
            ground, words = colours.surfaceContainerHighestColor, colours.onSurfaceColor
        super().__init__(
            adaptive_height=True,
            size_hint_x=None,
            padding=dp(16),
            radius=dp(12),
            md_bg_color=look.fixed(ground),
        )
        self._touched = touched
        self._label = MDLabel(
            text=text,
            adaptive_height=True,
            font_style="Body",
            role="large",
            theme_text_color="Custom",
            text_color=look.fixed(words),
        )
        self.add_widget(self._label)

    def fit(self, width: float) -> None:
        """As high as the text needs in a width (pixels), before it is shown: what is below must
        not jump twice."""
        self.width, self._label.width = width, width - 2 * dp(16)
        self._label.text_size = self._label.width, None
        self._label.texture_update()
        self.do_layout()

    def on_touch_down(self, touch: Any) -> bool:
        if not self.collide_point(*touch.pos):
            return False
        self._touched()
        return True

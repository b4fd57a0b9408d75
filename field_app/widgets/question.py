"""Asking before something that cannot be taken back, or for the reason of something unusual."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from kivy.metrics import dp
from kivy.uix.modalview import ModalView
from kivymd.uix.boxlayout import MDBoxLayout
from kivymd.uix.label import MDLabel

from .. import look
from .buttons import action
from .text_input import TextInput

if TYPE_CHECKING:
    from ..app import XiangtuApp


class AskWindow(ModalView):
    """A text, a line to type in where one is asked for, and two buttons: do it, or do not."""

    def __init__(
        self,
        app: XiangtuApp,
        text: str,
        code: str,
        do: Callable[[str], Any],
        *,
        hint: str = "",
        typed: str = "",
    ) -> None:
        # In the upper part of the window: an on-screen keyboard has the lower one.
        super().__init__(
            size_hint=(0.94, None), pos_hint={"center_x": 0.5, "top": 0.9},
            background_color=(0, 0, 0, 0.5), background="",
        )  # fmt: skip
        self._do, self._asks = do, bool(hint)
        box = MDBoxLayout(
            orientation="vertical", adaptive_height=True, padding=dp(20), spacing=dp(16),
            radius=dp(16), md_bg_color=look.fixed(app.theme_cls.surfaceContainerHighColor),
        )  # fmt: skip
        box.bind(height=lambda _box, height: setattr(self, "height", height))
        box.add_widget(MDLabel(text=text, adaptive_height=True, font_style="Body", role="large"))
        self.line = TextInput(app, hint=hint, text=typed)
        if hint:
            box.add_widget(self.line)
        box.add_widget(action(app, code, "check", self._done))
        box.add_widget(action(app, "app.cancel", "close", self.dismiss, quiet=True))
        self.add_widget(box)

    def _done(self) -> None:
        text = self.line.text.strip()
        if self._asks and not text:
            self.line.error = True
            return
        self.dismiss()
        self._do(text)


def ask(app: XiangtuApp, text: str, code: str, do: Callable[[], Any]) -> AskWindow:
    """Ask whether to do something; `code` is the words of the button that does it."""
    window = AskWindow(app, text, code, lambda _nothing: do())
    window.open()
    return window


def ask_text(
    app: XiangtuApp, text: str, code: str, do: Callable[[str], Any], *, hint: str, typed: str = ""
) -> AskWindow:
    """Ask for a line of text, which must not be empty; `do` is told it."""
    window = AskWindow(app, text, code, do, hint=hint, typed=typed)
    window.open()
    return window

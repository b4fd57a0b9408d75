"""Signing with a finger, over the whole window."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from kivy.metrics import dp
from kivy.uix.modalview import ModalView
from kivymd.uix.boxlayout import MDBoxLayout
from kivymd.uix.label import MDLabel

from .. import look
from ..controllers.pen import Stroke
from ..controllers.signatures import PEN_WIDTH
from .buttons import action
from .pen_surface import PenSurface
from .within_reach import hand_row

if TYPE_CHECKING:
    from ..app import XiangtuApp

_INK = (10, 20, 90)

Keep = Callable[[Sequence[Stroke], tuple[float, float], Callable[[], Any]], Any]


class SignaturePad(ModalView):
    """The window: what is signed and by whom, the paper, clear, confirm.

    `keep` is told the strokes, the paper's size in pixels, and what to call once they are kept.
    """

    def __init__(self, app: XiangtuApp, what: str, who: str, keep: Keep) -> None:
        super().__init__(background_color=(0, 0, 0, 0.8), background="", auto_dismiss=False)
        self._app, self._keep = app, keep
        box = MDBoxLayout(
            orientation="vertical", padding=dp(12), spacing=dp(8),
            md_bg_color=look.fixed(app.theme_cls.backgroundColor),
        )  # fmt: skip
        for text, role in ((what, "medium"), (who, "large")):
            box.add_widget(MDLabel(text=text, adaptive_height=True, font_style="Title", role=role))
        at = datetime.now().strftime("%Y-%m-%d %H:%M")
        box.add_widget(
            MDLabel(
                text=app.say("app.sign.how", at=at), adaptive_height=True, font_style="Body",
                role="large",
            )
        )  # fmt: skip
        self.paper = PenSurface(PEN_WIDTH, _INK, lambda: None)
        frame = MDBoxLayout(padding=dp(2), line_color=look.fixed(app.theme_cls.outlineColor))
        frame.add_widget(self.paper)
        box.add_widget(frame)
        box.add_widget(action(app, "app.sign.clear", "eraser", self.paper.clear, quiet=True))
        cancel = action(app, "app.cancel", "close", self.dismiss, quiet=True)
        box.add_widget(hand_row(app, cancel, action(app, "app.sign.confirm", "check", self._done)))
        self.add_widget(box)

    def back(self) -> None:
        """Away again, but never with what somebody has signed."""
        if not self.paper.strokes:
            self.dismiss()

    def _done(self) -> None:
        self._keep(tuple(self.paper.strokes), tuple(self.paper.size), self.dismiss)

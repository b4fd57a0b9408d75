"""Over everything until the PIN is typed; what goes on behind it goes on."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from kivy.core.window import Window
from kivy.metrics import dp
from kivy.uix.modalview import ModalView
from kivymd.uix.boxlayout import MDBoxLayout
from kivymd.uix.label import MDLabel

from .. import look
from .buttons import action
from .text_input import TextInput

if TYPE_CHECKING:
    from ..app import XiangtuApp


class LockWindow(ModalView):
    """`gone` is called once it is. Who forgot the PIN is led to the start, where an assignment of
    the county takes it away."""

    def __init__(self, app: XiangtuApp, gone: Callable[[], Any]) -> None:
        super().__init__(
            auto_dismiss=False,
            background="",
            background_color=look.fixed(app.theme_cls.backgroundColor),
        )
        self._app = app
        self.pin = TextInput(app, hint=app.say("app.start.pin"), password=True, input_type="number")
        # An on-screen keyboard has the lower part, a message the uppermost.
        box = MDBoxLayout(
            orientation="vertical", adaptive_height=True, padding=dp(16), spacing=dp(16),
            pos_hint={"top": 0.85},
        )  # fmt: skip
        for each in (
            MDLabel(
                text=app.say("app.lock.locked"),
                adaptive_height=True, font_style="Title", role="large",
            ),
            self.pin,
            action(app, "app.lock.unlock", "lock-open-outline", self._unlock),
            action(app, "app.start.forgot", "lock-question", self._forgotten, quiet=True),
        ):  # fmt: skip
            box.add_widget(each)
        self.add_widget(box)
        self.bind(on_dismiss=lambda _window: gone())

    def _unlock(self) -> None:
        digits, pin = self.pin.text, self._app.pin
        self.pin.text = ""
        self._app.desk.ask(lambda: pin.check(digits), lambda _none: self.dismiss(animation=False))

    def _forgotten(self) -> None:
        pin = self._app.pin
        self._app.desk.ask(pin.forgotten, lambda _none: self._to_the_start())

    def _to_the_start(self) -> None:
        self._app.shell.show("start")
        for each in [each for each in Window.children if isinstance(each, ModalView)]:
            each.dismiss(animation=False)
        self._app.tell(self._app.say("app.start.forgot_how"))

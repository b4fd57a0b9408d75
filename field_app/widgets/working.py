"""A window over everything while long work goes on: how far it is, and a way to stop it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from kivy.metrics import dp
from kivy.uix.modalview import ModalView
from kivymd.uix.boxlayout import MDBoxLayout
from kivymd.uix.label import MDLabel
from kivymd.uix.progressindicator import MDLinearProgressIndicator
from xiangtu.errors import SurveyError

from .. import look
from ..desk import LongWork, Progress, Steps
from .buttons import action

if TYPE_CHECKING:
    from ..app import XiangtuApp

Result = TypeVar("Result")


class Working(ModalView):
    """Stays until the work is done, refused or stopped; a touch beside it does nothing."""

    def __init__(self, app: XiangtuApp, title: str) -> None:
        super().__init__(
            size_hint=(0.9, None), height=dp(100), auto_dismiss=False,
            background_color=(0, 0, 0, 0.5), background="",
        )  # fmt: skip
        self.app = app
        self._work: LongWork | None = None
        box = MDBoxLayout(
            orientation="vertical", adaptive_height=True, radius=dp(16), padding=dp(20),
            spacing=dp(16), md_bg_color=look.fixed(app.theme_cls.surfaceContainerHighColor),
        )  # fmt: skip
        self._step = MDLabel(adaptive_height=True, font_style="Body", role="large")
        self._bar = MDLinearProgressIndicator(size_hint_y=None, height=dp(8))
        box.add_widget(MDLabel(text=title, adaptive_height=True, font_style="Title", role="large"))
        box.add_widget(self._bar)
        box.add_widget(self._step)
        box.add_widget(action(app, "app.stop", "stop", self._stop, quiet=True))
        box.bind(height=self.setter("height"))
        self.add_widget(box)

    def do(
        self,
        task: Callable[[Progress], Result],
        then: Callable[[Result], Any],
        refused: Callable[[SurveyError], Any] | None = None,
    ) -> None:
        """Have the desk do it; the window goes when it ended."""
        self.open()
        self._work = self.app.desk.work(task, self._told, self.dismiss, then, refused)

    def do_in_steps(
        self,
        begin: Callable[[], Steps[Result]],
        then: Callable[[Result], Any],
        refused: Callable[[SurveyError], Any] | None = None,
    ) -> None:
        """As `do`, for work that others of the desk's may come between."""
        self.open()
        desk = self.app.desk
        self._work = desk.work_in_steps(begin, self._told, self.dismiss, then, refused)

    def _told(self, fraction: float, step: str) -> None:
        self._bar.value = 100 * fraction
        self._step.text = self.app.say(f"step.{step}")

    def _stop(self) -> None:
        if self._work is not None:
            self._work.stop()

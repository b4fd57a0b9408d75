"""What was left unfinished, and what is left to do today by village and layer."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any

from kivy.metrics import dp
from kivymd.uix.boxlayout import MDBoxLayout
from kivymd.uix.label import MDLabel
from kivymd.uix.progressindicator import MDLinearProgressIndicator
from kivymd.uix.scrollview import MDScrollView

from ..controllers.start import ToDo
from ..controllers.unfinished import Unfinished, unfinished
from ..widgets.buttons import action
from ..widgets.panel import Panel
from ..widgets.unfinished_panel import UnfinishedPanel
from .screen import AppScreen

if TYPE_CHECKING:
    from ..app import XiangtuApp


class TodayScreen(AppScreen):
    """A card for each village, a line with progress for each layer of it."""

    def __init__(self, app: XiangtuApp, **properties: Any) -> None:
        super().__init__(app, **properties)
        self.cards = MDBoxLayout(
            orientation="vertical", adaptive_height=True, padding=dp(16), spacing=dp(16)
        )
        scroll = MDScrollView()
        scroll.add_widget(self.cards)
        self.add_widget(scroll)

    def enter(self, **what: Any) -> None:
        fieldwork = self.app.fieldwork
        self.app.desk.ask(
            lambda: (unfinished(fieldwork.survey), fieldwork.to_do()),
            lambda found: self._show(*found),
        )

    def _show(self, going_on: list[Unfinished], to_do: list[ToDo]) -> None:
        self.cards.clear_widgets()
        for each in going_on:
            self.cards.add_widget(UnfinishedPanel(self.app, each, self.enter))
        left = sum(each.left for each in to_do)
        total = sum(each.total for each in to_do)
        self.cards.add_widget(
            MDLabel(
                text=self.app.say("app.today.left", left=left, total=total),
                adaptive_height=True, font_style="Title", role="large",
            )
        )  # fmt: skip
        self.cards.add_widget(
            action(self.app, "app.today.new", "plus", lambda: self.app.shell.show("new"))
        )
        villages = groupby(
            sorted(to_do, key=lambda each: each.village),
            key=lambda each: (each.village, each.village_name),
        )
        for (_, name), layers in villages:
            self.cards.add_widget(self._panel(name, list(layers)))

    def _panel(self, name: str, layers: list[ToDo]) -> Panel:
        panel = Panel(self.app, name or "—")
        for each in layers:
            line = self.app.say(
                "app.today.layer",
                layer=each.label.in_language(self.app.language), done=each.done, total=each.total,
            )  # fmt: skip
            if each.returned:
                line += " · " + self.app.say("app.today.returned", count=each.returned)
            if each.drafts:
                line += " · " + self.app.say("app.today.drafts", count=each.drafts)
            panel.add_widget(
                MDLabel(text=line, adaptive_height=True, font_style="Body", role="large")
            )
            panel.add_widget(
                MDLinearProgressIndicator(
                    value=100 * each.done / max(each.total, 1), size_hint_y=None, height=dp(6)
                )
            )
        return panel

"""What is amiss or was left unfinished, and what is left to do today by village and layer."""

from __future__ import annotations

from datetime import datetime
from itertools import groupby
from typing import TYPE_CHECKING, Any

from kivy.metrics import dp
from kivy.uix.recycleview import RecycleView
from kivy.uix.recycleview.views import RecycleDataViewBehavior
from kivymd.uix.boxlayout import MDBoxLayout
from kivymd.uix.label import MDLabel
from kivymd.uix.progressindicator import MDLinearProgressIndicator
from kivymd.uix.scrollview import MDScrollView

from .. import look
from ..controllers.start import ToDo
from ..controllers.unfinished import Unfinished, unfinished
from ..local_time import local_time
from ..widgets.buttons import action
from ..widgets.panel import Panel
from ..widgets.row_list import RowList
from ..widgets.unfinished_panel import UnfinishedPanel
from ..widgets.within_reach import WithinReach
from .screen import AppScreen

if TYPE_CHECKING:
    from ..app import XiangtuApp

#: What was left unfinished takes no more of the height than this; one scrolls to the rest.
_UNFINISHED_MOST = 0.45


class TodayRow(RecycleDataViewBehavior, MDBoxLayout):
    """The name of a village; or how a layer of it stands, in words and as a bar."""

    def __init__(self, **properties: Any) -> None:
        super().__init__(orientation="vertical", padding=(dp(4), dp(2)), **properties)
        self._line = MDLabel()
        self._bar = MDLinearProgressIndicator(size_hint_y=None, height=dp(6))
        self.add_widget(self._line)
        self.add_widget(self._bar)

    def refresh_view_attrs(self, view: RecycleView, index: int, data: dict[str, Any]) -> None:
        done = data["done"]
        self._line.font_style, self._line.role = (
            ("Title", "large") if done is None else ("Body", "large")
        )
        self._line.text = data["text"]
        self._bar.opacity = 0 if done is None else 1
        self._bar.value = done or 0


class TodayScreen(AppScreen):
    """What is unfinished and what is left above, then each village with a line for each layer."""

    def __init__(self, app: XiangtuApp, **properties: Any) -> None:
        super().__init__(app, **properties)
        self._unfinished = MDBoxLayout(orientation="vertical", adaptive_height=True, spacing=dp(16))
        self._head = MDScrollView(size_hint_y=None, height=0)
        self._head.add_widget(self._unfinished)
        self._unfinished.bind(height=lambda *_: self._fit_head())
        self.bind(height=lambda *_: self._fit_head())
        self._left = MDLabel(adaptive_height=True, font_style="Title", role="large")
        # A tablet may have a hundred villages; widgets are made for those that are seen.
        self._villages = RowList(app, TodayRow, fingers=1.25)
        box = MDBoxLayout(orientation="vertical", padding=dp(4), spacing=dp(16))
        for each in (self._head, self._left, self._villages):
            box.add_widget(each)
        new = action(app, "app.today.new", "plus", lambda: app.shell.show("new"))
        self.add_widget(WithinReach(app, box, new, padding=dp(12), spacing=dp(12)))

    def enter(self, **what: Any) -> None:
        fieldwork = self.app.fieldwork
        self.app.desk.ask(
            lambda: (unfinished(fieldwork.survey), fieldwork.to_do(), fieldwork.clock_behind()),
            lambda found: self._show(*found),
        )

    def _fit_head(self) -> None:
        self._head.height = min(self._unfinished.height, self.height * _UNFINISHED_MOST)

    def _show(
        self, going_on: list[Unfinished], to_do: list[ToDo], clock_behind: datetime | None
    ) -> None:
        self._unfinished.clear_widgets()
        if clock_behind is not None:
            self._unfinished.add_widget(self._clock_panel(clock_behind))
        for each in going_on:
            self._unfinished.add_widget(UnfinishedPanel(self.app, each, self.enter))
        left = sum(each.left for each in to_do)
        total = sum(each.total for each in to_do)
        self._left.text = self.app.say("app.today.left", left=left, total=total)
        villages = groupby(
            sorted(to_do, key=lambda each: each.village),
            key=lambda each: (each.village, each.village_name),
        )
        rows: list[dict[str, Any]] = []
        for (_, name), layers in villages:
            rows.append({"text": name or "—", "done": None})
            rows += [self._row(each) for each in layers]
        self._villages.data = rows

    def _clock_panel(self, latest: datetime) -> Panel:
        panel = Panel(self.app, self.app.say("app.clock.title"))
        told = self.app.say("app.clock.behind", latest=local_time(latest.isoformat()))
        panel.add_widget(
            MDLabel(
                text=told, adaptive_height=True, font_style="Body", role="large",
                theme_text_color="Custom",
                text_color=look.colours(self.app.settings.theme).bad,
            )
        )  # fmt: skip
        return panel

    def _row(self, layer: ToDo) -> dict[str, Any]:
        line = self.app.say(
            "app.today.layer",
            layer=layer.label.in_language(self.app.language), done=layer.done, total=layer.total,
        )  # fmt: skip
        if layer.returned:
            line += " · " + self.app.say("app.today.returned", count=layer.returned)
        if layer.drafts:
            line += " · " + self.app.say("app.today.drafts", count=layer.drafts)
        return {"text": line, "done": 100 * layer.done / max(layer.total, 1)}

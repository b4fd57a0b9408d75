"""What to record anew: the catalogue's layers, those that belong together in one box."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any

from kivy.metrics import dp
from kivymd.uix.boxlayout import MDBoxLayout
from kivymd.uix.scrollview import MDScrollView
from xiangtu.catalogue import Layer

from ..controllers.start import Fieldwork
from ..widgets.buttons import WideButton
from ..widgets.panel import Panel
from .screen import AppScreen

if TYPE_CHECKING:
    from ..app import XiangtuApp


class NewScreen(AppScreen):
    """A button for each layer; parts of a record are added in the form of the whole."""

    def __init__(self, app: XiangtuApp, **properties: Any) -> None:
        super().__init__(app, **properties)
        self._groups = MDBoxLayout(
            orientation="vertical", adaptive_height=True, padding=dp(16), spacing=dp(16)
        )
        scroll = MDScrollView()
        scroll.add_widget(self._groups)
        self.add_widget(scroll)

    def enter(self, **what: Any) -> None:
        fieldwork = self.app.fieldwork
        self.app.desk.ask(lambda: _layers(fieldwork), self._show)

    def _show(self, layers: list[Layer]) -> None:
        self._groups.clear_widgets()
        for _, several in groupby(layers, key=lambda each: each.group):
            panel = Panel(self.app)
            for layer in several:
                label = layer.label.in_language(self.app.language)
                panel.add_widget(
                    WideButton(self.app, label, lambda name=layer.name: self._begin(name))
                )
            self._groups.add_widget(panel)

    def _begin(self, layer: str) -> None:
        # Back from the form leads to where one came from, not to this choice again.
        self.app.shell.back()
        self.app.shell.show("form", layer=layer, record=None)


def _layers(fieldwork: Fieldwork) -> list[Layer]:
    """What can be recorded on its own, in the catalogue's order."""
    layers = fieldwork.survey.catalogue.layers.values()
    alone = (each for each in layers if each.surveyed and not each.compositions)
    return sorted(alone, key=lambda each: each.order)

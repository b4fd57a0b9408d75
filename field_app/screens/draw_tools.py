"""The buttons under what is drawn, and what is said of it above."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kivy.metrics import dp
from kivymd.uix.boxlayout import MDBoxLayout
from kivymd.uix.label import MDLabel

from .. import look
from ..controllers.drawing_at_work import DrawingState
from ..widgets.buttons import action
from ..widgets.figure import Figure, figure_row
from ..widgets.panel import Sheet
from ..widgets.within_reach import hand_row
from .capture_words import area_text, overlaps_text

if TYPE_CHECKING:
    from ..app import XiangtuApp


@dataclass(frozen=True)
class Tool:
    """A button: its words, its picture, what it does; `main` if it is the next thing to do."""

    code: str
    icon: str
    do: Callable[[], Any]
    main: bool = False


class ToolRows(MDBoxLayout):
    """Rows of buttons, each made anew only where it has others; what a button does is always what
    was shown last."""

    def __init__(self, app: XiangtuApp) -> None:
        super().__init__(orientation="vertical", adaptive_height=True, padding=dp(8), spacing=dp(8))
        self._app = app
        #: What each row shows, and the row.
        self._rows: list[tuple[object, MDBoxLayout]] = []
        self._tools: Sequence[Sequence[Tool]] = ()

    def show(self, rows: Sequence[Sequence[Tool]]) -> None:
        before, self._rows, self._tools = self._rows, [], rows
        for place, tools in enumerate(rows):
            shown = [(each.code, each.main) for each in tools]
            kept = before[place] if place < len(before) else None
            row = kept[1] if kept is not None and kept[0] == shown else self._row(place)
            self._rows.append((shown, row))
        if [row for _, row in self._rows] != [row for _, row in before]:
            self.clear_widgets()
            for _, row in self._rows:
                self.add_widget(row)

    def _row(self, place: int) -> MDBoxLayout:
        def do(number: int) -> None:
            self._tools[place][number].do()

        buttons = [
            action(
                self._app, each.code, each.icon, lambda number=number: do(number),
                quiet=not each.main,
            )
            for number, each in enumerate(self._tools[place])
        ]  # fmt: skip
        return hand_row(self._app, *buttons)


class DrawingFigures(MDBoxLayout):
    """Area, length and number of corners."""

    def __init__(self, app: XiangtuApp, *, closes: bool) -> None:
        super().__init__(
            orientation="vertical", adaptive_height=True, padding=(dp(16), dp(6)), spacing=dp(2)
        )
        self._app = app
        self.area = Figure(app, "app.capture.area", large=True)
        self.length = Figure(app, "app.capture.length")
        self.corners = Figure(app, "app.capture.corners")
        if closes:
            self.add_widget(self.area)
        self.add_widget(figure_row(self.length, self.corners))

    def show(self, state: DrawingState) -> None:
        self.area.show(area_text(self._app, state.area_m2, state.area_mu))
        self.length.show(f"{state.length_m:.1f} m")
        self.corners.show(str(state.corners))


class Note(Sheet):
    """What matters most at this moment. It lies over the map, which stays where it is under the
    fingers however long this is."""

    def __init__(self, app: XiangtuApp) -> None:
        super().__init__(app)
        self._app, self._colours = app, look.colours(app.settings.theme)
        self.words = MDLabel(
            adaptive_height=True, font_style="Body", role="large", theme_text_color="Custom"
        )
        self.add_widget(self.words)

    def show(self, state: DrawingState, hint: str, refusal: str) -> None:
        """How it stands; `refusal` is why the last step was not taken, if it was not, and `hint`
        is said where nothing is wrong."""
        app = self._app
        wrong = refusal
        if not wrong and state.fault is not None:
            wrong = app.say(state.fault.code, **state.fault.facts)
        if not wrong and state.overlaps:
            wrong = overlaps_text(app, state.overlaps[:2])
        self.words.text = wrong or hint
        self.words.text_color = self._colours.bad if wrong else app.theme_cls.onSurfaceColor

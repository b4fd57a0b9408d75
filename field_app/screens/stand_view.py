"""What the capture screen shows while one stands at a point."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from kivy.metrics import dp
from kivymd.uix.label import MDLabel

from .. import look
from ..controllers.measuring_at_work import StandAtWork, StandState
from ..widgets.buttons import action
from ..widgets.figure import Figure, figure_row
from ..widgets.sketch import Sketch
from ..widgets.within_reach import WithinReach, column, hand_row
from .capture_words import accuracy_text, lacking_text

if TYPE_CHECKING:
    from ..app import XiangtuApp
    from .capture import CaptureScreen


class StandView(WithinReach):
    """Large figures, a drawing, and one button."""

    def __init__(self, app: XiangtuApp, screen: CaptureScreen, work: StandAtWork) -> None:
        self.app, self._work, self._screen = app, work, screen
        self._colours = look.colours(app.settings.theme)
        self._before: StandState | None = None
        self.fix = Figure(app, "app.capture.fix", large=True)
        self.epochs = Figure(app, "app.capture.epochs", large=True)
        self.spread = Figure(app, "app.capture.spread")
        self.rejected = Figure(app, "app.capture.rejected")
        asked = Figure(app, "app.capture.asked")
        asked.show("—" if work.accuracy_m is None else f"{work.accuracy_m:g} m")
        self.note = MDLabel(
            adaptive_height=True, font_style="Body", role="large", theme_text_color="Custom"
        )
        self.sketch = Sketch(app)
        figures = column(
            figure_row(self.fix, self.epochs),
            figure_row(self.spread, self.rejected, asked),
            self.note,
        )
        self._actions = column()
        super().__init__(app, self.sketch, self._actions, figures, padding=dp(16), spacing=dp(12))

    def make_actions(self) -> Iterator[None]:
        """The buttons, before the first state is shown; see AppScreen.build."""
        app, screen = self.app, self._screen
        self.take = action(app, "app.capture.take", "map-marker-check", screen.review)
        self._actions.add_widget(self.take)
        yield
        again = action(app, "app.capture.again", "restart", self._again, quiet=True)
        away = action(
            app, "app.capture.throw_away", "delete-outline", screen.throw_away, quiet=True
        )
        self._actions.add_widget(hand_row(app, away, again))
        yield

    def show(self, state: StandState) -> None:
        """A later state."""
        before, self._before = self._before, state
        progress, good = state.progress, not state.lacking
        if before is not None and before.progress.enough < progress.enough:
            self.app.device.taken()
        if before is not None and progress.paused and not before.progress.paused:
            self.app.device.lost()
        colour = self._colours.good if good else self._colours.warning
        if progress.paused or progress.moved_m is not None:
            colour = self._colours.bad
        self.fix.show(
            f"{self.app.say(f'fix_type.{progress.fix_type}')} {accuracy_text(progress.accuracy_m)}",
            colour,
        )
        self.epochs.show(
            f"{progress.good}/{progress.needed}",
            self._colours.good if progress.enough else self._colours.warning,
        )
        self.spread.show("—" if progress.spread_m is None else f"{progress.spread_m:.3f} m")
        self.rejected.show(str(progress.rejected))
        self.note.text, self.note.text_color = self._noted(state)
        self.sketch.show(state.scene)

    def _noted(self, state: StandState) -> tuple[str, Any]:
        """What matters most at this moment, and its colour."""
        say, colours, progress = self.app.say, self._colours, state.progress
        if state.trouble is not None:
            return say(state.trouble.code, **state.trouble.facts), colours.bad
        if progress.moved_m is not None:
            return say("app.capture.stand.moved", metres=f"{progress.moved_m:.2f}"), colours.bad
        if progress.paused and progress.fix_type != "none":
            return say("app.capture.stand.paused"), colours.bad
        if state.lacking:
            return lacking_text(self.app, state.lacking[:1]), colours.warning
        return say("app.capture.stand.enough"), colours.good

    def _again(self) -> None:
        self._screen.do(self._work.begin_again)

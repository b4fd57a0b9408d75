"""What the capture screen shows while one walks around or along something."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from kivy.metrics import dp
from kivymd.uix.label import MDLabel

from .. import look
from ..controllers.measuring_at_work import WalkAtWork, WalkState
from ..widgets.buttons import Choice, ChoiceRow, action, relabel
from ..widgets.figure import Figure, figure_row
from ..widgets.sketch import Sketch
from ..widgets.within_reach import WithinReach, column, hand_row
from .capture_words import accuracy_text, area_text, lacking_text, overlaps_text

if TYPE_CHECKING:
    from ..app import XiangtuApp
    from .capture import CaptureScreen


class WalkView(WithinReach):
    """Figures, a drawing, and the walk's buttons under it."""

    def __init__(self, app: XiangtuApp, screen: CaptureScreen, work: WalkAtWork) -> None:
        self.app, self._work, self._screen = app, work, screen
        self._colours = look.colours(app.settings.theme)
        self._before: WalkState | None = None
        self.length = Figure(app, "app.capture.length")
        self.corners = Figure(app, "app.capture.corners")
        self.area = Figure(app, "app.capture.area", large=True)
        self.closing = Figure(app, "app.capture.closing")
        self.state = MDLabel(
            adaptive_height=True, font_style="Title", role="medium", theme_text_color="Custom"
        )
        self.note = MDLabel(
            adaptive_height=True, font_style="Body", role="large", theme_text_color="Custom"
        )
        self.sketch = Sketch(app)
        figures = [self.state, figure_row(self.length, self.corners, self.closing)]
        if work.layer.geometry == "MULTIPOLYGON":
            figures.insert(1, self.area)
        self._actions = column()
        super().__init__(
            app, self.sketch, self._actions, column(*figures, self.note),
            padding=dp(16), spacing=dp(10),
        )  # fmt: skip

    def make_actions(self) -> Iterator[None]:
        """The buttons, before the first state is shown; see AppScreen.build."""
        app, work, screen = self.app, self._work, self._screen
        ways = (
            Choice(False, app.say("app.capture.by_walking")),
            Choice(True, app.say("app.capture.by_corners")),
        )
        self._ways = ChoiceRow(
            app, ways, None, lambda by_corners: screen.do(lambda: work.walk_by(by_corners))
        )
        self._actions.add_widget(self._ways)
        yield
        self.corner = action(
            app, "app.capture.corner", "map-marker-plus", lambda: screen.do(work.corner)
        )
        self._actions.add_widget(self.corner)
        yield
        back = action(
            app, "app.capture.take_back", "undo", lambda: screen.do(work.take_back), quiet=True
        )
        finish = action(app, "app.capture.finish", "flag-checkered", screen.review, quiet=True)
        self._actions.add_widget(hand_row(app, back, finish))
        yield
        away = action(
            app, "app.capture.throw_away", "delete-outline", screen.throw_away, quiet=True
        )
        on_map = action(app, "app.capture.on_map", "vector-polyline-edit", screen.draw, quiet=True)
        self._actions.add_widget(hand_row(app, away, on_map))
        yield

    def show(self, state: WalkState) -> None:
        """A later state."""
        before, self._before = self._before, state
        if before is not None and state.laid > before.laid:
            self.app.device.taken()
        if before is not None and state.lost and not before.lost:
            self.app.device.lost()
        self._ways.choose(state.by_corners)
        say, colours = self.app.say, self._colours
        self.state.text, self.state.text_color = self._standing(state)
        self.length.show(f"{state.length_m:.1f} m")
        self.corners.show(
            str(state.corners)
            if not state.breaks
            else say("app.capture.corners_broken", corners=state.corners, broken=state.breaks),
            colours.bad if state.breaks else None,
        )
        self.area.show(area_text(self.app, state.area_m2, state.area_mu))
        closing = state.closing
        self.closing.show("—" if closing is None else f"{closing.error_m:.1f} m")
        self.note.text, self.note.text_color = self._noted(state)
        corner = state.corner
        relabel(
            self.corner,
            say("app.capture.corner")
            if corner is None
            else say("app.capture.corner_now", good=corner.good, needed=corner.needed),
        )
        self.sketch.show(state.scene)

    def _standing(self, state: WalkState) -> tuple[str, Any]:
        """What the surveyor does, as the receiver sees it; and its colour."""
        say, colours = self.app.say, self._colours
        if state.lost:
            return say("app.capture.walk.lost"), colours.bad
        if state.corner is not None:
            return say("app.capture.walk.at_corner"), colours.warning
        here = state.scene.here
        doing = "by_corners" if state.by_corners else "standing" if state.standing else "walking"
        accuracy = accuracy_text(here.accuracy_m) if here is not None else ""
        asked_m = self._work.accuracy_m
        if accuracy and asked_m is not None:
            accuracy = say("app.capture.asked_of", accuracy=accuracy, asked=f"{asked_m:g}")
        colour = colours.warning if state.lacking else colours.good
        return f"{say(f'app.capture.walk.{doing}')} {accuracy}".strip(), colour

    def _noted(self, state: WalkState) -> tuple[str, Any]:
        """What matters most at this moment, and its colour."""
        say, colours = self.app.say, self._colours
        if state.trouble is not None:
            return say(state.trouble.code, **state.trouble.facts), colours.bad
        noted = [lacking_text(self.app, state.lacking[:1])] if state.lacking else []
        if state.overlaps:
            noted.append(overlaps_text(self.app, state.overlaps[:2]))
        return "\n".join(noted), colours.bad if state.overlaps else colours.warning

"""The map of a survey: the basemap, what is surveyed, where one stands."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kivy.clock import Clock
from kivy.graphics import Color, Rectangle
from kivy.metrics import Metrics, dp
from kivy.uix.widget import Widget
from xiangtu.errors import SurveyError
from xiangtu.gnss.fix import Fix

from ... import look
from ...controllers import map_content
from ...controllers.map_content import Bounds, MapContent, to_map
from . import drawing
from .drawing import Drawing
from .fingers import Fingers
from .labels import LabelLayer, Names, names_of
from .own_position import OwnPosition
from .place import Frame, Placed
from .tiles import TileLayer
from .viewport import Viewport

if TYPE_CHECKING:
    from ...app import XiangtuApp

#: What lies so far around the view, in views, is read with it.
_AROUND = 0.4
#: Read and drawn anew where lines have become so much thinner or thicker.
_SCALED = 1.4
#: While the map moves, names are placed and what is missing asked for once in so long.
_CATCH_UP_S = 0.15
_REACH_DP = 16
_SELECTED = (0.78, 0.08, 0.52, 1)
_SELECTED_DP = 4


class MapView(Widget):
    """Shows the survey file's records in view and asks the desk for more as it is moved.

    `pointed_at` is told x, y and a finger's reach in Web Mercator where a finger pointed; `moved`
    is told at every move, with whether a finger made it; `shown` hears what was drawn.
    """

    def __init__(
        self,
        app: XiangtuApp,
        *,
        pointed_at: Callable[[float, float, float], Any],
        moved: Callable[[bool], Any],
        shown: Callable[[MapContent], Any],
        **properties: Any,
    ) -> None:
        super().__init__(**properties)
        self._app, self._pointed_at, self._moved, self._shown = app, pointed_at, moved, shown
        theme = app.settings.theme
        self.viewport = app.map.viewport or Viewport()
        self._framed: Bounds | None = None
        self._fingers = Fingers()
        self._drawing: Drawing | None = None
        self._asked = self._ask_again = False
        self.tiles = TileLayer(app, self._no_tile)
        self._records, self._selection = Placed(), Placed()
        self.own = OwnPosition()
        self.labels = LabelLayer(theme)
        self._selected: Any = None
        background = Rectangle()
        self.bind(size=lambda _view, size: setattr(background, "size", size))
        self._frame = Frame(self)
        self._frame.hold(
            [
                Color(*look.colours(theme).map_background), background, self.tiles,
                self._records, self._selection, self.own, self.labels,
            ]
        )  # fmt: skip
        self.canvas.add(self._frame)
        self.bind(size=self._resized)
        self._soon = Clock.create_trigger(lambda _dt: self._catch_up(), _CATCH_UP_S)

    # -- where it looks -----------------------------------------------------------------------

    def look(self, viewport: Viewport, *, by_hand: bool = False) -> None:
        """Look there."""
        self._framed = None
        self.viewport = self._app.map.viewport = viewport
        for each in (self.tiles, self._records, self._selection, self.own, self.labels):
            each.look(viewport)
        self._moved(by_hand)
        self._soon()

    def frame(self, bounds: Bounds) -> None:
        """Show all of these, also when the window gets another size, until the map is moved."""
        self.look(self.viewport.framed(bounds))
        self._framed = bounds

    def zoom(self, times: float) -> None:
        """So many times nearer, with the middle where it is."""
        viewport = self.viewport
        self.look(viewport.zoomed(times, viewport.width / 2, viewport.height / 2))

    @property
    def scale(self) -> float:
        """1 to so many."""
        return self.viewport.scale(Metrics.dpi)

    @property
    def reach_m(self) -> float:
        """What a finger means lies so far around it, in the map's metres."""
        return dp(_REACH_DP) * self.viewport.pixel_m

    def _resized(self, _view: object, size: tuple[float, float]) -> None:
        if min(size) < 1:
            return  # what is above and below it has not found its height yet
        framed = self._framed
        self.look(replace(self.viewport, width=size[0], height=size[1]))
        if framed is not None:
            self.frame(framed)

    def _catch_up(self) -> None:
        """After a move: place the names, and read what came into view."""
        self.labels.place(self.viewport)
        self._show_selected()
        if self._drawing is None or not self._is_enough(self._drawing):
            self.reload()

    def _is_enough(self, drawn: Drawing) -> bool:
        west, south, east, north = self.viewport.bounds()
        has = drawn.content.bounds
        inside = has[0] <= west and has[1] <= south and has[2] >= east and has[3] >= north
        times = drawn.pixel_m / self.viewport.pixel_m
        return inside and 1 / _SCALED <= times <= _SCALED

    # -- what it shows ------------------------------------------------------------------------

    @property
    def drawn(self) -> Drawing | None:
        """The records that are shown; None until they were read."""
        return self._drawing

    def open_basemap(self, path: Path) -> None:
        self.tiles.open(path)

    def reload(self) -> None:
        """Read what is in view again; if that is being done, once more after it."""
        if self._asked:
            self._ask_again = True
            return
        self._asked = True
        app, viewport, scale = self._app, self.viewport, self.scale
        hidden, theme = frozenset(app.map.hidden), app.settings.theme

        def task() -> tuple[Drawing, Names]:
            found = map_content.content(
                app.fieldwork.survey, viewport.bounds(_AROUND), scale, hidden
            )
            return drawing.draw(found, viewport.pixel_m, theme), names_of(found)

        app.desk.ask(task, lambda made: self._drawn(*made), self._not_drawn)

    def _drawn(self, drawn: Drawing, names: Names) -> None:
        self._asked = False
        self._drawing = drawn
        self._records.draw(drawn.origin, drawn.instructions())
        self._records.look(self.viewport)
        self.labels.put(names, self.viewport)
        self._shown(drawn.content)
        if self._ask_again:
            self._ask_again = False
            self.reload()
        elif not self._is_enough(drawn):
            self._soon()

    def _not_drawn(self, error: SurveyError) -> None:
        self._asked = self._ask_again = False
        self._app.tell_refusal(error)

    def select(self, shape: Any) -> None:
        """Mark a shape (Web Mercator) as the one that is spoken of; None for none."""
        self._selected = shape
        self._show_selected()

    def _show_selected(self) -> None:
        if self._selected is None:
            self._selection.draw((0.0, 0.0), [])
            return
        x, y = self._selected.bounds[:2]
        line = drawing.outline(self._selected, (x, y), self.viewport.pixel_m, _SELECTED_DP)
        self._selection.draw((x, y), [Color(*_SELECTED), *line])
        self._selection.look(self.viewport)

    def stand(self, fix: Fix | None) -> None:
        """Where one is; None where that is not known."""
        self.own.fix, self.own.facing_deg = fix, self._app.compass.bearing_deg(fix)
        if fix is not None and self._app.map.follows:
            place = to_map(fix.longitude_deg, fix.latitude_deg)
            self.look(self.viewport.centred(*place))
        else:
            self.own.look(self.viewport)

    def head_for(self, place: tuple[float, float] | None) -> None:
        """Show the way to a place in Web Mercator; None for none."""
        self.own.target = place
        self.own.look(self.viewport)

    def _no_tile(self, error: SurveyError) -> None:
        """Said once: the map goes on without it."""
        if error.code not in self._app.map.told:
            self._app.map.told.add(error.code)
            self._app.tell_refusal(error)

    # -- fingers ------------------------------------------------------------------------------

    def on_touch_down(self, touch: Any) -> bool:
        if not self.collide_point(*touch.pos):
            return False
        x, y = touch.x - self.x, touch.y - self.y
        if getattr(touch, "is_mouse_scrolling", False):
            self.look(self._fingers.wheel(touch.button, x, y, self.viewport), by_hand=True)
            return True
        touch.grab(self)
        self._fingers.down(touch.uid, x, y)
        return True

    def on_touch_move(self, touch: Any) -> bool:
        if touch.grab_current is not self:
            return False
        x, y = touch.x - self.x, touch.y - self.y
        viewport = self._fingers.moved(touch.uid, x, y, self.viewport)
        if viewport != self.viewport:
            self.look(viewport, by_hand=True)
        return True

    def on_touch_up(self, touch: Any) -> bool:
        if touch.grab_current is not self:
            return False
        touch.ungrab(self)
        x, y = touch.x - self.x, touch.y - self.y
        viewport, points = self._fingers.up(touch.uid, x, y, self.viewport)
        if viewport != self.viewport:
            self.look(viewport, by_hand=True)
        if points:
            self._pointed_at(*self.viewport.to_map(x, y), self.reach_m)
        return True

"""What is drawn on the map by hand: its lines, and handles that a gloved finger can move."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
from kivy.core.text import Label as Drawn
from kivy.graphics import Color, Ellipse, InstructionGroup, Line, Rectangle
from kivy.metrics import dp, sp
from kivy.uix.widget import Widget

from ... import look
from ...controllers.drawing_at_work import DrawingState
from .place import Frame
from .viewport import Viewport

if TYPE_CHECKING:
    from ...app import XiangtuApp

#: Seen on green fields, grey roofs and white paper alike, with the other one around it.
_LINE, _AROUND = (0.78, 0.08, 0.52, 1), (1, 1, 1, 1)
_RING = (0.0, 0.55, 0.85, 1)
_DOT_DP, _SELECTED_DP, _MIDDLE_DP, _GRIP_DP = 8, 13, 7, 20
#: The grip hangs so far below its corner that the finger on it covers nothing.
_GRIP_AWAY_DP = 76
#: The middle of a shorter side has no handle: it could not be told from the corners'.
_LEAST_SIDE_DP = 88
#: More handles than this in view cannot be told from each other.
_MOST_IN_VIEW = 300
_TREMBLE_DP = 12

_Corner = tuple[int, int]
_Pixel = tuple[float, float]


class Handles(Widget):
    """Lies over the map, and leaves it the touches that are on no handle.

    `selected` is told that another corner (ring and number) was touched, or none; `inserted` that
    the middle of the side after a corner was; `moving` and `moved` where on the map a corner is
    being put, and was.
    """

    def __init__(
        self,
        app: XiangtuApp,
        *,
        selected: Callable[[], Any],
        inserted: Callable[[int, int], Any],
        moving: Callable[[float, float], Any],
        moved: Callable[[int, int, float, float], Any],
        **properties: Any,
    ) -> None:
        super().__init__(**properties)
        self._selected, self._inserted = selected, inserted
        self._moving, self._moved = moving, moved
        self._bad = look.colours(app.settings.theme).bad
        self._reach = look.touch(app.settings.text_size) / 2
        self._viewport = Viewport()
        self._state: DrawingState | None = None
        self.chosen: _Corner | None = None
        #: Where a corner would be put onto something, on the map.
        self._ring_at: tuple[float, float] | None = None
        #: The corner under a finger, and where it is put, in pixels.
        self._dragged: tuple[_Corner, _Pixel] | None = None
        #: What a finger holds: the corner, from where to where it moves it, and if it did.
        self._held: tuple[_Corner, _Pixel, _Pixel, bool] | None = None
        self._numbers: dict[int, Any] = {}
        self._drawing = InstructionGroup()
        self._frame = Frame(self)
        self._frame.hold([self._drawing])
        self.canvas.add(self._frame)

    # -- what it shows ------------------------------------------------------------------------

    def look(self, viewport: Viewport) -> None:
        """Draw it as the map lies."""
        self._viewport = viewport
        self._draw()

    def show(self, state: DrawingState) -> None:
        """What is drawn now."""
        self._state, self._dragged, self._ring_at = state, None, None
        if self.chosen is not None:
            ring, number = self.chosen
            if ring >= len(state.rings) or number >= len(state.rings[ring]):
                self.chosen = None
        self._draw()

    def choose(self, corner: _Corner | None) -> None:
        """Mark a corner, with a grip to move it by."""
        self.chosen = corner
        self._draw()

    def ring(self, place: tuple[float, float] | None) -> None:
        """Show what a corner would be put onto."""
        self._ring_at = place
        self._draw()

    def pixel(self, ring: int, number: int) -> _Pixel:
        """Where a corner is seen."""
        assert self._state is not None
        return self._viewport.to_pixels(*self._state.rings[ring][number].tolist())

    def middle(self, ring: int, after: int) -> _Pixel:
        """Where the middle of the side after a corner is seen."""
        assert self._state is not None
        (x, y), (to_x, to_y) = (
            self.pixel(ring, number % len(self._state.rings[ring])) for number in (after, after + 1)
        )
        return (x + to_x) / 2, (y + to_y) / 2

    def grip(self) -> _Pixel | None:
        """Where the grip of the marked corner is seen: below it, or above where there is none of
        the map below."""
        if self.chosen is None or self._state is None:
            return None
        return self._grip_of(self.pixel(*self.chosen))

    @staticmethod
    def _grip_of(at: _Pixel) -> _Pixel:
        away = dp(_GRIP_AWAY_DP)
        return at[0], at[1] - away if at[1] > 1.5 * away else at[1] + away

    # -- fingers ------------------------------------------------------------------------------

    def on_touch_down(self, touch: Any) -> bool:
        if not self.collide_point(*touch.pos) or getattr(touch, "is_mouse_scrolling", False):
            return False
        if self._state is None or self._held is not None:
            return False
        at = touch.x - self.x, touch.y - self.y
        grip = self.grip()
        if grip is not None and math.dist(grip, at) <= self._reach:
            assert self.chosen is not None
            corner = self.pixel(*self.chosen)
            self._hold(touch, self.chosen, at, (corner[0] - at[0], corner[1] - at[1]))
            return True
        corners = min(self._corners_by(at), default=None)
        if corners is not None and corners[0] <= self._reach:
            # It is lifted from under the finger as soon as that moves.
            self._hold(touch, corners[1], at, (0.0, dp(_GRIP_AWAY_DP)))
            return True
        middles = min(self._middles_by(at), default=None)
        if middles is not None and middles[0] <= self._reach:
            self._inserted(*middles[1])
            touch.grab(self)
            return True
        return False

    def _hold(self, touch: Any, corner: _Corner, at: _Pixel, offset: _Pixel) -> None:
        touch.grab(self)
        self._held = corner, at, offset, False

    def on_touch_move(self, touch: Any) -> bool:
        if touch.grab_current is not self or self._held is None:
            return touch.grab_current is self
        corner, began, offset, moves = self._held
        at = touch.x - self.x, touch.y - self.y
        if not moves and math.dist(at, began) < dp(_TREMBLE_DP):
            return True
        self._held = corner, began, offset, True
        place = at[0] + offset[0], at[1] + offset[1]
        self.chosen, self._dragged = corner, (corner, place)
        self._moving(*self._viewport.to_map(*place))
        self._draw()
        return True

    def on_touch_up(self, touch: Any) -> bool:
        if touch.grab_current is not self:
            return False
        touch.ungrab(self)
        if self._held is None:
            return True
        corner, _, _, moved = self._held
        self._held = None
        if moved and self._dragged is not None:
            # It is seen there until what is drawn is another.
            self._moved(*corner, *self._viewport.to_map(*self._dragged[1]))
        else:
            self.choose(None if corner == self.chosen else corner)
            self._selected()
        return True

    def _corners_by(self, at: _Pixel) -> Iterator[tuple[float, _Corner]]:
        """How far each corner in view is from a place."""
        for number, ring in enumerate(self._in_view()):
            for corner, place in ring:
                yield math.dist(place, at), (number, corner)

    def _middles_by(self, at: _Pixel) -> Iterator[tuple[float, _Corner]]:
        for side in self._sides():
            yield math.dist(self.middle(*side), at), side

    def _sides(self) -> Iterator[_Corner]:
        """The sides that have a handle in the middle: none while corners are being added."""
        state = self._state
        if state is None or state.active is not None:
            return
        for number, ring in enumerate(self._in_view()):
            count = len(state.rings[number])
            for corner, place in ring:
                if not state.closes and corner == count - 1:
                    continue
                if math.dist(place, self.pixel(number, (corner + 1) % count)) > dp(_LEAST_SIDE_DP):
                    yield number, corner

    def _in_view(self) -> list[list[tuple[int, _Pixel]]]:
        """The corners of each ring that have handles, each with its number and its pixel."""
        assert self._state is not None
        found = []
        for places in self._state.rings:
            x, y = self._viewport.to_pixels(places[:, 0], places[:, 1])
            (seen,) = np.nonzero((x >= 0) & (y >= 0) & (x <= self.width) & (y <= self.height))
            found.append([(int(n), (float(x[n]), float(y[n]))) for n in seen])
        return found if sum(map(len, found)) <= _MOST_IN_VIEW else [[] for _ in found]

    # -- drawing ------------------------------------------------------------------------------

    def _draw(self) -> None:
        self._drawing.clear()
        state = self._state
        if state is None:
            return
        before = 0
        in_view = self._in_view()
        for ring, places in enumerate(state.rings):
            pixels = np.column_stack(self._viewport.to_pixels(places[:, 0], places[:, 1]))
            if self._dragged is not None and self._dragged[0][0] == ring:
                pixels[self._dragged[0][1]] = self._dragged[1]
            self._draw_ring(state, ring, pixels)
            for number, _ in in_view[ring]:
                at = float(pixels[number][0]), float(pixels[number][1])
                self._draw_corner(at, (ring, number), drawn=state.drawn[ring][number])
                if state.fault is not None:
                    self._draw_number(at, before + number + 1)
            before += len(places)
        for side in self._sides():
            self._disc(self.middle(*side), dp(_MIDDLE_DP), (*_LINE[:3], 0.55))
        if self.chosen is not None and self._held_at() is not None:
            self._draw_grip(self._held_at())
        if state.active is not None and not state.following:
            self._draw_crosshair()
        self._draw_rings(state)

    def _held_at(self) -> Any:
        """Where the marked corner is seen, be it under way."""
        assert self.chosen is not None
        if self._dragged is not None and self._dragged[0] == self.chosen:
            return self._dragged[1]
        return self.pixel(*self.chosen)

    def _draw_ring(self, state: DrawingState, ring: int, pixels: np.ndarray) -> None:
        if len(pixels) < 2:
            return
        closes = state.closes and len(pixels) > 2
        done = closes and state.active != ring
        points = (np.concatenate([pixels, pixels[:1]]) if done else pixels).ravel().tolist()
        for colour, width in ((_AROUND, 3.2), (_LINE, 1.8)):
            self._drawing.add(Color(*colour))
            self._drawing.add(Line(points=points, width=dp(width), joint="round"))
        if closes and not done:  # the side that closes it, as long as corners are added
            ends = [*pixels[-1].tolist(), *pixels[0].tolist()]
            self._drawing.add(Line(points=ends, width=1, dash_length=8, dash_offset=6))

    def _draw_corner(self, at: _Pixel, corner: _Corner, *, drawn: bool) -> None:
        """Full where it was measured, hollow where it was drawn."""
        radius = dp(_SELECTED_DP if corner == self.chosen else _DOT_DP)
        self._disc(at, radius + dp(2), _AROUND)
        self._disc(at, radius, _LINE)
        if drawn:
            self._disc(at, radius - dp(3), _AROUND)

    def _draw_grip(self, at: _Pixel) -> None:
        grip = self._grip_of(at)
        self._drawing.add(Color(*_LINE))
        self._drawing.add(Line(points=[*at, *grip], width=dp(1.2)))
        self._disc(grip, dp(_GRIP_DP) + dp(2), _AROUND)
        self._disc(grip, dp(_GRIP_DP), _LINE)
        self._drawing.add(Color(*_AROUND))
        x, y = grip
        for points in ((x - dp(10), y, x + dp(10), y), (x, y - dp(10), x, y + dp(10))):
            self._drawing.add(Line(points=points, width=dp(1.4)))

    def _draw_number(self, at: _Pixel, number: int) -> None:
        if number not in self._numbers:
            text = Drawn(text=str(number), font_size=sp(14), bold=True, color=_LINE)
            text.refresh()
            self._numbers[number] = text.texture
        texture = self._numbers[number]
        pos = at[0] + dp(10), at[1] + dp(8)
        self._drawing.add(Color(*_AROUND[:3], 0.85))
        self._drawing.add(Rectangle(pos=pos, size=texture.size))
        self._drawing.add(Color(1, 1, 1, 1))
        self._drawing.add(Rectangle(texture=texture, pos=pos, size=texture.size))

    def _draw_crosshair(self) -> None:
        x, y, inner, outer = self.width / 2, self.height / 2, dp(5), dp(22)
        for colour, width in ((_AROUND, 2.6), (_LINE, 1.2)):
            self._drawing.add(Color(*colour))
            for east, north in ((1, 0), (-1, 0), (0, 1), (0, -1)):
                points = (
                    x + inner * east, y + inner * north, x + outer * east, y + outer * north
                )  # fmt: skip
                self._drawing.add(Line(points=points, width=dp(width)))

    def _draw_rings(self, state: DrawingState) -> None:
        """Around what a corner would be put onto, where an edge begins, what is wrong."""
        fault = None if state.fault is None else (state.fault.x_m, state.fault.y_m)
        for place, colour, radius in (
            (self._ring_at, _RING, 18), (state.picked, _RING, 18), (fault, self._bad, 24),
        ):  # fmt: skip
            if place is not None:
                x, y = self._viewport.to_pixels(*place)
                for each, width in ((_AROUND, 3.4), (colour, 2.0)):
                    self._drawing.add(Color(*each))
                    self._drawing.add(Line(circle=(x, y, dp(radius)), width=dp(width)))

    def _disc(self, at: _Pixel, radius: float, colour: tuple[float, ...]) -> None:
        self._drawing.add(Color(*colour))
        self._drawing.add(
            Ellipse(pos=(at[0] - radius, at[1] - radius), size=(2 * radius, 2 * radius))
        )

"""A surface to write on with a finger: a pen's strokes, the last of which can be taken back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kivy.clock import Clock
from kivy.graphics import Color, Line, Rectangle
from kivy.uix.stencilview import StencilView

from ..controllers.pen import Colour, Stroke, curve

Frame = tuple[float, float, float, float]


class PenSurface(StencilView):
    """White paper; one finger writes.

    `changed` is called after every stroke, and after one was taken back. The `width` of the pen is
    a part of the paper's longer side.
    """

    def __init__(
        self, pen_width: float, colour: Colour, changed: Callable[[], Any], **properties: Any
    ) -> None:
        super().__init__(**properties)
        self.pen_width, self.pen_colour = pen_width, colour
        self.strokes: list[Stroke] = []
        self._changed = changed
        self._places: list[tuple[float, float]] = []
        self._draw = Clock.create_trigger(lambda _dt: self._drawn(), 0)
        self.bind(pos=lambda *_: self._draw(), size=lambda *_: self._draw())

    # -- what stands there --------------------------------------------------------------------

    def frame(self) -> Frame:
        """What is written on, in pixels: left, bottom, width, height."""
        return (*self.pos, *self.size)

    def take_back(self) -> None:
        """Without the last stroke."""
        del self.strokes[-1:]
        self._now_other()

    def clear(self) -> None:
        """Empty paper."""
        self.strokes.clear()
        self._now_other()

    def _now_other(self) -> None:
        self._draw()
        self._changed()

    # -- writing ------------------------------------------------------------------------------

    def on_touch_down(self, touch: Any) -> bool:
        if not self.collide_point(*touch.pos):
            return False
        if self._places:
            return True  # another finger, or the ball of the hand
        touch.grab(self)
        self._places = [self._place(touch)]
        self._draw()
        return True

    def on_touch_move(self, touch: Any) -> bool:
        if touch.grab_current is not self:
            return False
        self._places.append(self._place(touch))
        self._draw()
        return True

    def on_touch_up(self, touch: Any) -> bool:
        if touch.grab_current is not self:
            return False
        touch.ungrab(self)
        self._end_stroke()
        return True

    def _end_stroke(self) -> None:
        if self._places:
            self.strokes.append(self._stroke())
        self._places = []
        self._now_other()

    def _stroke(self) -> Stroke:
        return Stroke(tuple(self._places), self.pen_width, self.pen_colour)

    def _place(self, touch: Any) -> tuple[float, float]:
        left, bottom, width, height = self.frame()
        return (touch.x - left) / width, 1 - (touch.y - bottom) / height

    # -- drawing ------------------------------------------------------------------------------

    def _drawn(self) -> None:
        self.canvas.clear()
        with self.canvas:
            self.draw_paper()
            for each in (*self.strokes, *([self._stroke()] if self._places else [])):
                self._draw_stroke(each)

    def draw_paper(self) -> None:
        """What is under the strokes."""
        Color(1, 1, 1, 1)
        Rectangle(pos=self.pos, size=self.size)

    def _draw_stroke(self, stroke: Stroke) -> None:
        left, bottom, width, height = self.frame()
        points = [
            side
            for x, y in curve(stroke.places)
            for side in (left + x * width, bottom + (1 - y) * height)
        ]
        Color(*(each / 255 for each in stroke.colour), 1)
        # One place is drawn as a dot; Kivy's width is half of what is seen.
        Line(
            points=points if len(points) > 2 else points * 2,
            width=max(stroke.width * max(width, height) / 2, 1),
            cap="round", joint="round",
        )  # fmt: skip

"""Drawing in the map's metres: the numbers stay small enough for the graphics card's floats."""

from __future__ import annotations

from kivy.graphics import (
    InstructionGroup,
    PopMatrix,
    PushMatrix,
    Scale,
    ScissorPop,
    ScissorPush,
    Translate,
)
from kivy.uix.relativelayout import RelativeLayout
from kivy.uix.widget import Widget

from .viewport import Viewport


class Placed(InstructionGroup):
    """A group in which coordinates are metres of Web Mercator from an origin near what is seen."""

    def __init__(self) -> None:
        super().__init__()
        self.origin = (0.0, 0.0)
        self._translate, self._scale = Translate(0, 0, 0), Scale(1, 1, 1)
        self._inside = InstructionGroup()
        for each in (PushMatrix(), self._translate, self._scale, self._inside, PopMatrix()):
            self.add(each)

    def draw(self, origin: tuple[float, float], instructions: list) -> None:
        """Show these in place of what is there; `look` is to follow."""
        self.origin = origin
        self._inside.clear()
        for each in instructions:
            self._inside.add(each)

    def look(self, viewport: Viewport) -> None:
        """Show it where the map looks."""
        x, y = viewport.to_pixels(*self.origin)
        self._translate.xyz = (x, y, 0)
        self._scale.xyz = (1 / viewport.pixel_m, 1 / viewport.pixel_m, 1)


class Frame(InstructionGroup):
    """A group whose coordinates are pixels from a widget's lower left, and of which nothing is
    drawn outside the widget. (A stencil would do too, at three times the cost of the whole map.)"""

    def __init__(self, widget: Widget) -> None:
        super().__init__()
        self._widget = widget
        self._scissor, self._translate = ScissorPush(), Translate(0, 0, 0)
        self._inside = InstructionGroup()
        for each in (
            self._scissor, PushMatrix(), self._translate, self._inside, PopMatrix(), ScissorPop()
        ):  # fmt: skip
            self.add(each)
        widget.bind(pos=self._cut, size=self._cut)

    def hold(self, instructions: list) -> None:
        """Draw these, one over the other."""
        for each in instructions:
            self._inside.add(each)

    def _cut(self, *_moved: object) -> None:
        """The widget lies by its screen's coordinates, but scissors know of the window alone: so
        that they are set anew when the screen is moved, with nothing in it moving."""
        widget = self._widget
        over = widget.parent
        while over is not None and over is not over.parent:
            if isinstance(over, RelativeLayout):
                over.bind(pos=self._cut)  # once is enough, and Kivy does it but once
            over = over.parent
        self._translate.xyz = (*widget.pos, 0)
        self._scissor.x, self._scissor.y = map(round, widget.to_window(*widget.pos))
        self._scissor.width, self._scissor.height = map(round, widget.size)

"""A drawing of what is being measured, in metres: its corners, where the receiver is, what lies
around. North is up; it fits itself to what is measured."""

from __future__ import annotations

import math
from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np
from kivy.clock import Clock
from kivy.core.text import Label as Drawn
from kivy.graphics import Color, Ellipse, Line, Mesh, Rectangle, Triangle
from kivy.graphics import Point as Dots
from kivy.metrics import dp, sp
from kivy.uix.stencilview import StencilView

from .. import look
from ..controllers.measuring_at_work import Here, Scene
from ..controllers.neighbours import Around

if TYPE_CHECKING:
    from ..app import XiangtuApp

#: The smallest part of the world that is shown, and the part of the window that is left free
#: around what is measured.
_SMALLEST_M, _MARGIN = 16.0, 0.18
#: What is measured fills at least so much of the drawing, or it is fitted anew.
_LEAST_FILLED = 0.3
#: Kivy's Mesh takes 16 bit indices.
_MOST_IN_A_MESH = 60_000
_MOST_TITLES = 30
#: Kivy's Point takes fewer than 2¹⁵ / 2 places.
_MOST_DOTS = 16_000

Colour = tuple[float, float, float, float]


class Sketch(StencilView):
    """Shows a scene; however often one comes, it is drawn once a frame."""

    def __init__(self, app: XiangtuApp, **properties: Any) -> None:
        super().__init__(**properties)
        self._theme, self._own = app.theme_cls, look.colours(app.settings.theme)
        self._scene: Scene | None = None
        #: What is in the middle, in metres of the CRS, and pixels a metre.
        self._middle_m = np.zeros(2)
        self._scale = 0.0
        self._titles: dict[str, Any] = {}
        self._draw = Clock.create_trigger(lambda _dt: self._drawn(), 0)
        self.bind(pos=lambda *_: self._draw(), size=lambda *_: self._refit())

    def show(self, scene: Scene) -> None:
        """Draw another scene, soon."""
        self._scene = scene
        self._draw()

    def pixels(self, places_m: np.ndarray) -> np.ndarray:
        """Places in metres of the CRS, array (n, 2), in pixels of the window."""
        return (places_m - self._middle_m) * self._scale + np.array(self.center)

    # -- what is in view ----------------------------------------------------------------------

    def _refit(self) -> None:
        self._scale = 0.0
        self._draw()

    def _fit(self, scene: Scene) -> bool:
        """See to it that what is measured is in view; False where there is nothing yet."""
        shown = [scene.corners, *scene.before]
        if scene.here is not None:
            shown.append(np.array([[scene.here.easting_m, scene.here.northing_m]]))
        places_m = np.concatenate(shown)
        if not len(places_m) or min(self.size) < 1:
            return False
        low_m, high_m = places_m.min(axis=0), places_m.max(axis=0)
        size = np.array(self.size)
        wanted_m = np.maximum(high_m - low_m, _SMALLEST_M * size / size.max())
        scale = float((size * (1 - 2 * _MARGIN) / wanted_m).min())
        if self._scale:
            low, high = self.pixels(np.array([low_m, high_m]))
            rim = size * _MARGIN / 3
            inside = (low >= np.array(self.pos) + rim).all() and (
                high <= np.array(self.pos) + size - rim
            ).all()
            if inside and self._scale >= scale * _LEAST_FILLED:
                return True
        self._scale, self._middle_m = scale, (low_m + high_m) / 2
        return True

    # -- drawing ------------------------------------------------------------------------------

    def _drawn(self) -> None:
        self.canvas.clear()
        with self.canvas:
            Color(*self._own.map_background)
            Rectangle(pos=self.pos, size=self.size)
            scene = self._scene
            if scene is None or not self._fit(scene):
                return
            self._draw_around(scene)
            self._draw_before(scene)
            self._draw_measured(scene)
            if scene.here is not None:
                self._draw_here(scene.here)
            self._draw_scale_bar()
            self._draw_north()

    def _draw_around(self, scene: Scene) -> None:
        kinds: tuple[tuple[Colour, list[Around]], ...] = (
            (self._faint(0.35), [each for each in scene.around if not each.same_layer]),
            (self._faint(0.8), [each for each in scene.around if each.same_layer]),
        )
        for colour, several in kinds:
            Color(*colour)
            self._draw_lines([line for each in several for line in each.lines])
        Color(*self._own.bad)
        for each in scene.around:
            if each.record in scene.overlapped:
                for line in each.lines:
                    Line(points=self._points(line), width=dp(1.6))
        places = (
            (each, self.pixels(each.lines[0]).mean(axis=0))
            for each in scene.around
            if each.same_layer
        )
        in_view = ((each, at) for each, at in places if self.collide_point(*at))
        for each, (x, y) in islice(in_view, _MOST_TITLES):
            colour = self._own.bad if each.record in scene.overlapped else self._faint(1.0)
            self._draw_text(each.title, x, y, colour)

    def _draw_lines(self, lines: list[np.ndarray]) -> None:
        """Thin lines, as few meshes as can be."""
        vertices: list[np.ndarray] = []
        indices: list[np.ndarray] = []
        count = 0
        for line in lines:
            if len(line) == 1:
                x, y = self.pixels(line)[0]
                Ellipse(pos=(x - dp(3), y - dp(3)), size=(dp(6), dp(6)))
            for start in range(0, len(line) - 1, _MOST_IN_A_MESH - 1):
                piece = line[start : start + _MOST_IN_A_MESH]
                if count + len(piece) > _MOST_IN_A_MESH:
                    self._mesh(vertices, indices)
                    vertices, indices, count = [], [], 0
                at = np.arange(count, count + len(piece) - 1)
                vertices.append(piece)
                indices.append(np.column_stack([at, at + 1]))
                count += len(piece)
        self._mesh(vertices, indices)

    def _mesh(self, lines_m: list[np.ndarray], indices: list[np.ndarray]) -> None:
        if not lines_m:
            return
        places = self.pixels(np.concatenate(lines_m))
        # A vertex of Kivy's is x, y and a place in a texture.
        vertices = np.zeros((len(places), 4))
        vertices[:, :2] = places
        Mesh(
            vertices=vertices.ravel().tolist(),
            indices=np.concatenate(indices).ravel().tolist(),
            mode="lines",
        )

    def _draw_before(self, scene: Scene) -> None:
        Color(*self._own.warning)
        for line in scene.before:
            if len(line) > 1:
                Line(points=self._points(line), width=1, dash_length=6, dash_offset=6)
            else:
                x, y = self.pixels(line)[0]
                Line(circle=(x, y, dp(6)), width=1)

    def _draw_measured(self, scene: Scene) -> None:
        corners, colour = scene.corners, tuple(self._theme.primaryColor)
        if not len(corners):
            return
        at = self.pixels(corners)
        Color(*colour)
        if len(at) > 1:
            Line(points=at.ravel().tolist(), width=dp(1.6))
        Color(*self._own.bad)
        for number in np.flatnonzero(scene.broken):
            if number:
                Line(points=at[number - 1 : number + 1].ravel().tolist(), width=dp(1.6))
        Color(*colour)
        if scene.closes and len(at) > 2:
            Line(points=[*at[-1], *at[0]], width=1, dash_length=6, dash_offset=4)
        if scene.here is not None:
            here = self.pixels(np.array([scene.here.easting_m, scene.here.northing_m]))
            Line(points=[*at[-1], *here], width=1, dash_length=3, dash_offset=3)
        Dots(points=at[: -_MOST_DOTS - 1 : -1].ravel().tolist(), pointsize=dp(2.5))
        Dots(points=at[0].tolist(), pointsize=dp(4.5))  # where it began

    def _draw_here(self, here: Here) -> None:
        x, y = self.pixels(np.array([here.easting_m, here.northing_m]))
        blue = self._theme.tertiaryColor
        radius = (here.accuracy_m or 0.0) * self._scale
        if radius > dp(4):
            Color(*blue[:3], 0.18)
            Ellipse(pos=(x - radius, y - radius), size=(2 * radius, 2 * radius))
            Color(*blue)
            Line(circle=(x, y, radius), width=1)
        Color(*blue)
        Ellipse(pos=(x - dp(6), y - dp(6)), size=(dp(12), dp(12)))
        Color(*self._own.map_halo)
        Line(circle=(x, y, dp(7)), width=dp(1))

    def _draw_scale_bar(self) -> None:
        metres = _round_length(self.width / self._scale / 3)
        length, x, y = metres * self._scale, self.x + dp(12), self.y + dp(12)
        Color(*self._own.map_text)
        Line(points=[x, y + dp(5), x, y, x + length, y, x + length, y + dp(5)], width=dp(1.2))
        texture = self._text(f"{metres:g} m")
        Rectangle(texture=texture, pos=(x + dp(4), y + dp(4)), size=texture.size)

    def _draw_north(self) -> None:
        x, y = self.right - dp(22), self.top - dp(16)
        Color(*self._own.map_text)
        Triangle(points=[x, y, x - dp(7), y - dp(20), x + dp(7), y - dp(20)])
        texture = self._text("N")
        Rectangle(
            texture=texture,
            pos=(x - texture.width / 2, y - dp(22) - texture.height),
            size=texture.size,
        )

    def _draw_text(self, text: str, x: float, y: float, colour: Colour) -> None:
        texture = self._text(text)
        left = min(max(x - texture.width / 2, self.x), self.right - texture.width)
        pos = (left, y - texture.height / 2)
        Color(*self._own.map_halo[:3], 0.75)
        Rectangle(pos=pos, size=texture.size)
        Color(*colour)
        Rectangle(texture=texture, pos=pos, size=texture.size)

    def _text(self, text: str) -> Any:
        if text not in self._titles:
            drawn = Drawn(text=text, font_size=sp(14))
            drawn.refresh()
            self._titles[text] = drawn.texture
        return self._titles[text]

    def _points(self, line: np.ndarray) -> list[float]:
        return [float(each) for each in self.pixels(line).ravel()]

    def _faint(self, strength: float) -> Colour:
        red, green, blue, _ = self._own.map_text
        return (red, green, blue, strength)


def _round_length(metres: float) -> float:
    """The longest of 1, 2, 5, 10, 20… that is no longer."""
    power = 10.0 ** math.floor(math.log10(metres))
    return next(each * power for each in (5, 2, 1, 0.5) if each * power <= metres)

"""Where one stands: a dot, how far off it may be, which way one faces or walks, and the way to a
target."""

from __future__ import annotations

import math

from kivy.graphics import (
    Color,
    Ellipse,
    InstructionGroup,
    Line,
    PopMatrix,
    PushMatrix,
    Rotate,
    Translate,
    Triangle,
)
from kivy.metrics import dp
from xiangtu.gnss.fix import Fix

from ...controllers.map_content import to_map
from .drawing import accuracy_pixels
from .viewport import Viewport

_BLUE = (0.08, 0.40, 0.75)
_TARGET = (0.78, 0.08, 0.52)
_DOT_DP, _RING_DP = 9, 12
#: Slower than this the direction of a receiver is that of its noise.
_WALKS_MPS = 0.7


class OwnPosition(InstructionGroup):
    """Drawn in pixels, over everything but the names."""

    def __init__(self) -> None:
        super().__init__()
        self.fix: Fix | None = None
        #: Where the tablet faces, from true north; without a compass the way it moves stands in.
        self.facing_deg: float | None = None
        self.target: tuple[float, float] | None = None

    @property
    def heading_deg(self) -> float | None:
        """Where the arrow points, from true north; None where there is none."""
        if self.facing_deg is not None:
            return self.facing_deg
        walks = self.fix is not None and (self.fix.speed_mps or 0.0) >= _WALKS_MPS
        return self.fix.track_deg if self.fix is not None and walks else None

    def look(self, viewport: Viewport) -> None:
        """Draw it as the map lies."""
        self.clear()
        fix = self.fix
        here = None
        if fix is not None and not math.isnan(fix.longitude_deg):
            here = viewport.to_pixels(*to_map(fix.longitude_deg, fix.latitude_deg))
        if self.target is not None:
            self._draw_target(viewport.to_pixels(*self.target), here)
        if fix is None or here is None:
            return
        x, y = here
        radius = 0.0
        if fix.horizontal_accuracy_m is not None:
            radius = accuracy_pixels(fix.horizontal_accuracy_m, fix.latitude_deg, viewport.pixel_m)
        if radius > dp(_RING_DP) / 2:
            self.add(Color(*_BLUE, 0.18))
            self.add(Ellipse(pos=(x - radius, y - radius), size=(2 * radius, 2 * radius)))
            self.add(Color(*_BLUE, 0.8))
            self.add(Line(circle=(x, y, radius), width=dp(0.75)))
        heading_deg = self.heading_deg
        if heading_deg is not None:
            for each in (
                PushMatrix(),
                Translate(x, y, 0),
                Rotate(angle=-heading_deg, axis=(0, 0, 1)),
            ):
                self.add(each)
            self.add(Color(*_BLUE, 1))
            self.add(Triangle(points=(-dp(8), dp(10), dp(8), dp(10), 0, dp(26))))
            self.add(PopMatrix())
        for colour, side in (((1, 1, 1), dp(2 * _RING_DP)), (_BLUE, dp(2 * _DOT_DP))):
            self.add(Color(*colour, 1))
            self.add(Ellipse(pos=(x - side / 2, y - side / 2), size=(side, side)))

    def _draw_target(self, target: tuple[float, float], here: tuple[float, float] | None) -> None:
        self.add(Color(*_TARGET, 1))
        if here is not None:
            self.add(Line(points=(*here, *target), width=dp(1.5)))
        x, y = target
        for radius in (dp(6), dp(14)):
            self.add(Line(circle=(x, y, radius), width=dp(1.5)))

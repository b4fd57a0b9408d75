"""Where the map looks: between the pixels of a widget and Web Mercator's metres."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from xiangtu.geo import web_mercator

from ...controllers.map_content import Bounds

Coordinate = TypeVar("Coordinate", float, NDArray[np.float64])

#: A pixel is 2 cm at the nearest, and the whole Earth some hundred at the farthest.
_NEAREST_M, _FARTHEST_M = 0.02, 100_000.0
#: Between what is framed and the edge.
_MARGIN = 1.15
#: A point or a short line is framed with so many metres around it.
_LEAST_FRAME_M = 80.0
_INCH_M = 0.0254


@dataclass(frozen=True)
class Viewport:
    """The map's middle in Web Mercator, its metres in a pixel, the widget's size in pixels.

    Pixels are those of the widget, from its lower left.
    """

    x_m: float = 0.0
    y_m: float = 0.0
    pixel_m: float = _FARTHEST_M
    width: float = 100.0
    height: float = 100.0

    def to_map(self, x: float, y: float) -> tuple[float, float]:
        """What lies under a pixel."""
        return (
            self.x_m + (x - self.width / 2) * self.pixel_m,
            self.y_m + (y - self.height / 2) * self.pixel_m,
        )

    def to_pixels(self, x_m: Coordinate, y_m: Coordinate) -> tuple[Coordinate, Coordinate]:
        """Where a place of the map is seen, or an array of places, be it outside the widget."""
        return (
            (x_m - self.x_m) / self.pixel_m + self.width / 2,
            (y_m - self.y_m) / self.pixel_m + self.height / 2,
        )

    def bounds(self, around: float = 0.0) -> Bounds:
        """What is seen, with `around` times as much on each side."""
        x, y = (
            (0.5 + around) * size * self.pixel_m for size in (self.width, self.height)
        )  # half of it
        return self.x_m - x, self.y_m - y, self.x_m + x, self.y_m + y

    def moved(self, x: float, y: float) -> Viewport:
        """What was under the middle is seen x, y pixels from there."""
        return replace(
            self, x_m=self.x_m - x * self.pixel_m, y_m=self.y_m - y * self.pixel_m
        )._on_earth()

    def centred(self, x_m: float, y_m: float) -> Viewport:
        return replace(self, x_m=x_m, y_m=y_m)._on_earth()

    def zoomed(self, times: float, x: float, y: float) -> Viewport:
        """So many times nearer; what is under pixel x, y stays there."""
        pixel_m = min(max(self.pixel_m / times, _NEAREST_M), _FARTHEST_M)
        x_m, y_m = self.to_map(x, y)
        return replace(
            self,
            pixel_m=pixel_m,
            x_m=x_m - (x - self.width / 2) * pixel_m,
            y_m=y_m - (y - self.height / 2) * pixel_m,
        )._on_earth()

    def framed(self, bounds: Bounds) -> Viewport:
        """All of the bounds is seen."""
        west, south, east, north = bounds
        wide, high = max(east - west, _LEAST_FRAME_M), max(north - south, _LEAST_FRAME_M)
        pixel_m = _MARGIN * max(wide / self.width, high / self.height)
        return replace(
            self,
            x_m=(west + east) / 2,
            y_m=(south + north) / 2,
            pixel_m=min(max(pixel_m, _NEAREST_M), _FARTHEST_M),
        )._on_earth()

    @property
    def ground_m(self) -> float:
        """Metres on the ground in a pixel, in the middle."""
        _, latitude = web_mercator.inverse(self.x_m, self.y_m)
        return self.pixel_m / web_mercator.stretch(float(latitude))

    def scale(self, dots_per_inch: float) -> float:
        """1 to so many, on a screen of that density."""
        return self.ground_m * dots_per_inch / _INCH_M

    def _on_earth(self) -> Viewport:
        half = web_mercator.HALF_M
        return replace(
            self, x_m=min(max(self.x_m, -half), half), y_m=min(max(self.y_m, -half), half)
        )


def scale_bar(ground_m: float, most_px: float) -> tuple[float, float]:
    """The longest round length (1, 2 or 5 times a power of ten, metres) that takes at most so many
    pixels, and the pixels it takes."""
    most_m = ground_m * most_px
    power = 10.0 ** (len(str(int(most_m))) - 1 if most_m >= 1 else -2)
    while power * 10 <= most_m:
        power *= 10
    length_m = max(times * power for times in (1, 2, 5) if times * power <= most_m or times == 1)
    return length_m, length_m / ground_m

"""What fingers do to a map or a picture: one moves it, two move and stretch it, a short touch
points at it."""

from __future__ import annotations

import math
import time
from typing import Any, Protocol, Self, TypeVar

from kivy.metrics import dp

#: A gloved finger trembles so far without meaning to move the map.
_TREMBLE_DP = 12
_TAP_S = 0.6
#: Two touches so close in time and place bring the map nearer.
_TWICE_S, _TWICE_DP = 0.35, 40
_WHEEL = 1.25


class Lying(Protocol):
    """How something lies in its widget, in pixels from the widget's lower left."""

    def moved(self, x: float, y: float) -> Self:
        """All of it x, y further."""

    def zoomed(self, times: float, x: float, y: float) -> Self:
        """So many times larger, what is under x, y staying there."""


Lies = TypeVar("Lies", bound=Lying)


class Fingers:
    """Follows the touches on one map or picture.

    `down`, `moved` and `up` are given the touch's own identity and its pixel in the widget; the
    last two say how it lies from now on.
    """

    def __init__(self) -> None:
        self._at: dict[Any, tuple[float, float]] = {}
        self._began: tuple[float, tuple[float, float]] = (0.0, (0.0, 0.0))
        self._is_tap = False
        self._last_tap: tuple[float, tuple[float, float]] | None = None

    @property
    def any_down(self) -> bool:
        return bool(self._at)

    def down(self, finger: Any, x: float, y: float) -> None:
        self._is_tap = not self._at
        self._began = (time.monotonic(), (x, y))
        self._at[finger] = (x, y)

    def moved(self, finger: Any, x: float, y: float, viewport: Lies) -> Lies:
        """One finger keeps what is under it; of two, each does, as far as north stays above."""
        if finger not in self._at:
            return viewport
        if self._is_tap and math.dist((x, y), self._began[1]) < dp(_TREMBLE_DP):
            return viewport
        self._is_tap = False
        before = dict(self._at)
        self._at[finger] = (x, y)
        if len(before) == 1:
            was = before[finger]
            return viewport.moved(x - was[0], y - was[1])
        (one, other), (now, then) = _first_two(before), _first_two(self._at)
        from_x, from_y = _middle(one, other)
        to_x, to_y = _middle(now, then)
        apart, apart_now = math.dist(one, other), math.dist(now, then)
        moved = viewport.moved(to_x - from_x, to_y - from_y)
        if apart < 1 or apart_now < 1:
            return moved
        return moved.zoomed(apart_now / apart, to_x, to_y)

    def up(self, finger: Any, x: float, y: float, viewport: Lies) -> tuple[Lies, bool]:
        """Where the map looks, and whether this was a touch that points at something."""
        if self._at.pop(finger, None) is None:
            return viewport, False
        now = time.monotonic()
        if not self._is_tap or now - self._began[0] > _TAP_S:
            return viewport, False
        self._is_tap = False
        last, self._last_tap = self._last_tap, (now, (x, y))
        if (
            last is not None
            and now - last[0] < _TWICE_S
            and math.dist((x, y), last[1]) < dp(_TWICE_DP)
        ):
            self._last_tap = None
            return viewport.zoomed(2.0, x, y), False
        return viewport, True

    @staticmethod
    def wheel(button: str, x: float, y: float, viewport: Lies) -> Lies:
        """A mouse's wheel, as Kivy names its turns."""
        times = {"scrolldown": _WHEEL, "scrollup": 1 / _WHEEL}.get(button, 1.0)
        return viewport.zoomed(times, x, y)


def _first_two(places: dict[Any, tuple[float, float]]) -> tuple[tuple[float, float], ...]:
    """The two that have been there longest; a third finger does nothing."""
    one, other, *_ = places.values()
    return one, other


def _middle(one: tuple[float, float], other: tuple[float, float]) -> tuple[float, float]:
    return (one[0] + other[0]) / 2, (one[1] + other[1]) / 2

"""Telling standing from walking by the positions themselves, which wander while one stands."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Collection
from statistics import median
from typing import NamedTuple

from .fix import Fix
from .local_plane import LocalPlane
from .quality import accuracy_from_dop, rank

#: Positions are looked at once a second, over so many seconds. In ten, somebody who walks slowly
#: has gone farther than the error of a receiver wanders.
_EVERY_S, _WINDOW_S = 0.95, 10.0
#: Slower than this nobody walks; faster than the second everybody does.
_SLOWEST_MPS, _WALKING_MPS = 0.25, 0.3
#: A receiver's speed (from Doppler) below this is its noise. It is taken over the last seconds.
_DOPPLER_NOISE_MPS, _DOPPLER_S = 0.15, 3.0
#: Displacement that is no wandering any more: in units of what the scatter from second to second
#: lets one expect over the window, and of the stated accuracy (68 %) around where one stood.
_FAR_IN_SCATTER, _FAR_IN_ACCURACY = 3.5, 4.0
#: A receiver that says it stands is only disbelieved when it went this much farther: some say 0
#: below a speed of their own.
_DESPITE_DOPPLER, _DESPITE_DOPPLER_M = 3.0, 5.0
#: However slowly it went, and whatever the receiver says of its speed: this far away is elsewhere.
_CREPT_M, _CREPT_IN_ACCURACY = 3.0, 15.0
#: The antenna of one who stands moves by less than this.
_SWAY_M = 0.3
#: A place one stands at is known by its last minute.
_PLACE_EPOCHS = 60
#: How fast the scatter that is known follows the scatter that is, and from how many steps on it is
#: known at all.
_SCATTER_GAIN, _SCATTER_STEPS = 0.1, 8


class _Seen(NamedTuple):
    at_s: float
    x_m: float
    y_m: float
    accuracy_m: float
    fix: Fix


class Standstill:
    """Whether the receiver moves, fix by fix; at the beginning it stands.

    Looked at are the displacement over the last ten seconds and from where it stood, each against
    what the scatter from second to second and the stated accuracy explain; and the receiver's own
    speed where it says one. Each fix costs the same, however long it stands.
    """

    def __init__(self) -> None:
        self.moving = False
        self._clock_s, self._stopped_s = 0.0, -1.0
        self._plane: LocalPlane | None = None
        self._window: deque[_Seen] = deque()
        self._speeds: deque[tuple[float, float]] = deque()
        #: Where it stands: epochs that have left the window.
        self._rest: deque[_Seen] = deque(maxlen=_PLACE_EPOCHS)
        #: Square metres a second by which positions scatter, and from how many steps.
        self._scatter, self._steps = 0.0, 0

    def restart(self) -> None:
        """Forget what was: it may be anywhere now, and stands there until it moves."""
        self.__init__()  # type: ignore[misc]

    def add(self, fix: Fix, since_s: float) -> tuple[Fix, ...]:
        """Take a fix that came `since_s` seconds after the last.

        Returns
        -------
        tuple of Fix
            Where it has begun to move: the fix that stands for the place that it left, and those
            on the way since, to this one; none from before it last stopped. Else nothing.
        """
        self._clock_s += since_s
        if fix.speed_mps is not None and math.isfinite(fix.speed_mps):
            self._speeds.append((self._clock_s, fix.speed_mps))
        while self._speeds and self._clock_s - self._speeds[0][0] > _DOPPLER_S:
            self._speeds.popleft()
        window = self._window
        if window and self._clock_s - window[-1].at_s < _EVERY_S:
            return ()
        if self._plane is None:
            self._plane = LocalPlane(fix.longitude_deg, fix.latitude_deg)
        x_m, y_m = self._plane.metres(fix.longitude_deg, fix.latitude_deg)
        window.append(_Seen(self._clock_s, x_m, y_m, _accuracy_m(fix), fix))
        self._note_scatter()
        while self._clock_s - window[0].at_s > _WINDOW_S + _EVERY_S:
            left = window.popleft()
            if not self.moving:
                self._rest.append(left)
        if len(window) < 2:
            return ()
        if not self.moving:
            return self._begin() if self._begins() else ()
        if self._ends():
            self.moving, self._stopped_s = False, self._clock_s
            self._rest.clear()
            while self._clock_s - window[0].at_s > _DOPPLER_S:
                window.popleft()
        return ()

    @property
    def place(self) -> Fix | None:
        """Where it stands, or stood when it began to move: the fix nearest to the middle of those
        of the best type; None before there is any."""
        place = self._place()
        return None if place is None else place.fix

    def is_there(self, fix: Fix) -> bool:
        """Whether it stood, and a fix is where it stood, as far as one can tell."""
        known = self._rest or self._first_part()
        if self.moving or not known or self._plane is None:
            return False
        x_m, y_m = self._plane.metres(fix.longitude_deg, fix.latitude_deg)
        place_x_m, place_y_m = _middle(known)
        accuracy_m = max(_accuracy_m(fix), max(each.accuracy_m for each in known))
        far_m = max(_SWAY_M, _FAR_IN_ACCURACY * accuracy_m)
        return math.hypot(x_m - place_x_m, y_m - place_y_m) <= far_m

    # -- inside -------------------------------------------------------------------------------

    def _begins(self) -> bool:
        moved_m, gap_s = self._displacement()
        x_m, y_m = _middle(self._last_part())
        place_x_m, place_y_m = _middle(self._rest or self._first_part())
        away_m = math.hypot(x_m - place_x_m, y_m - place_y_m)
        accuracy_m = max(each.accuracy_m for each in self._window)
        if away_m > max(_CREPT_M, _CREPT_IN_ACCURACY * accuracy_m):
            return True
        if moved_m < _SLOWEST_MPS * gap_s:
            return False
        most_m = math.sqrt(2) * accuracy_m
        scatter_m = most_m
        if self._steps >= _SCATTER_STEPS:
            scatter_m = min(most_m, math.sqrt(self._scatter * gap_s))
        far_m, far_from_place_m = _FAR_IN_SCATTER * scatter_m, _FAR_IN_ACCURACY * accuracy_m
        speed_mps = self._doppler_mps()
        if speed_mps is not None and speed_mps < _DOPPLER_NOISE_MPS:
            far_m = max(_DESPITE_DOPPLER * far_m, _DESPITE_DOPPLER_M)
            far_from_place_m = max(_DESPITE_DOPPLER * far_from_place_m, _DESPITE_DOPPLER_M)
        elif speed_mps is not None and speed_mps >= _WALKING_MPS:
            far_from_place_m = accuracy_m
        return moved_m > far_m or away_m > far_from_place_m

    def _begin(self) -> tuple[Fix, ...]:
        place = self._place()
        assert place is not None
        x_m, y_m = _middle(self._rest or self._first_part())
        on_the_way: list[_Seen] = []
        for each in reversed((*self._rest, *self._window)):
            near_m = max(_SWAY_M, each.accuracy_m)
            if each is place or math.hypot(each.x_m - x_m, each.y_m - y_m) <= near_m:
                break
            on_the_way.append(each)
        self.moving = True
        # Those from before it stopped belong to the way to here.
        return tuple(
            each.fix for each in (place, *reversed(on_the_way)) if each.at_s > self._stopped_s
        )

    def _place(self) -> _Seen | None:
        known = self._rest or self._first_part()
        if not known:
            return None
        best = max(rank(each.fix.fix_type) for each in known)
        x_m, y_m = _middle(known)
        return min(
            (each for each in known if rank(each.fix.fix_type) == best),
            key=lambda each: math.hypot(each.x_m - x_m, each.y_m - y_m),
        )

    def _ends(self) -> bool:
        moved_m, gap_s = self._displacement()
        whole = self._clock_s - self._window[0].at_s >= _WINDOW_S - _EVERY_S
        if whole and moved_m < _SLOWEST_MPS * gap_s:
            return True
        speed_mps = self._doppler_mps()
        if speed_mps is None or speed_mps >= _DOPPLER_NOISE_MPS:
            return False
        last = self._window[-1]
        lately = next(
            each for each in self._window if last.at_s - each.at_s <= _DOPPLER_S + _EVERY_S
        )
        went_m = math.hypot(last.x_m - lately.x_m, last.y_m - lately.y_m)
        return went_m < _SLOWEST_MPS * _DOPPLER_S + last.accuracy_m

    def _doppler_mps(self) -> float | None:
        return median(speed for _, speed in self._speeds) if self._speeds else None

    def _note_scatter(self) -> None:
        """From how steps of a second differ from the one before: walking steadily adds nothing."""
        if len(self._window) < 3:
            return
        a, b, c = self._window[-3], self._window[-2], self._window[-1]
        step_s = (c.at_s - a.at_s) / 2
        bend_m2 = (a.x_m - 2 * b.x_m + c.x_m) ** 2 + (a.y_m - 2 * b.y_m + c.y_m) ** 2
        self._steps += 1
        gain = max(_SCATTER_GAIN, 1 / self._steps)
        self._scatter += gain * (bend_m2 / 2 / step_s - self._scatter)

    def _displacement(self) -> tuple[float, float]:
        """Metres from the first to the last part of the window, and the seconds between."""
        first, last = self._first_part(), self._last_part()
        (x1, y1), (x2, y2) = _middle(first), _middle(last)
        gap_s = sum(each.at_s for each in last) / len(last)
        gap_s -= sum(each.at_s for each in first) / len(first)
        return math.hypot(x2 - x1, y2 - y1), gap_s

    def _first_part(self) -> list[_Seen]:
        return list(self._window)[: max(1, len(self._window) // 3)] if self._window else []

    def _last_part(self) -> list[_Seen]:
        return list(self._window)[-max(1, len(self._window) // 3) :]


def _middle(seen: Collection[_Seen]) -> tuple[float, float]:
    """The median, which the first steps away from a place do not draw along."""
    return median(each.x_m for each in seen), median(each.y_m for each in seen)


def stated_m(fix: Fix) -> float | None:
    """The horizontal accuracy that the receiver states, if it is one."""
    accuracy_m = fix.horizontal_accuracy_m
    if accuracy_m is None or not math.isfinite(accuracy_m) or accuracy_m <= 0:
        return None
    return accuracy_m


def _accuracy_m(fix: Fix) -> float:
    """What the receiver states, else what its fix type lets one expect."""
    return stated_m(fix) or accuracy_from_dop(1.0, fix.fix_type) or 0.0

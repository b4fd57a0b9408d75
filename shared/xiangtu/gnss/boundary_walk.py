"""A boundary walked with a receiver: fixes in, the corners of an outline or line out."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from ..errors import BadInput
from .averaging import AveragedPoint, metres_in_a_degree
from .fix import Fix, FixType
from .quality import position_problem, rank

#: How a vertex came to be; "return" is where the receiver came back after a dropout.
LaidBy = Literal["start", "distance", "time", "turn", "return", "end", "press"]


@dataclass(frozen=True)
class WalkSettings:
    """When a walk lays a vertex, and what counts as a dropout.

    `every_m` of way, or `every_s` seconds once `shortest_m` away (standing still lays none), or
    a turn of at least `turn_deg` (beyond what the accuracy lets one see). Fixes worse than
    `worst_accuracy_m` or than fix type `worst_fix_type` lay none and are taken for a dropout; so
    is a gap of more than `dropout_s`.
    """

    every_m: float = 5.0
    every_s: float | None = None
    turn_deg: float | None = 25.0
    shortest_m: float = 1.0
    dropout_s: float = 3.0
    worst_accuracy_m: float | None = None
    worst_fix_type: FixType = "single"


@dataclass(frozen=True)
class Vertex:
    """One corner; `after_break` says that the way to it was not seen by the receiver."""

    longitude_deg: float
    latitude_deg: float
    laid_by: LaidBy
    fix_type: FixType
    horizontal_accuracy_m: float | None
    satellites: int | None
    time: datetime | None
    epochs: int = 1
    after_break: bool = False


@dataclass(frozen=True)
class WalkedBoundary:
    """What a walk gave: corners in order, and every fix that was received on the way.

    `fix_type` is the worst and `horizontal_accuracy_m` the largest among the corners: an outline
    is as good as its worst corner. `breaks` are the places (in `vertices`) after a dropout.
    """

    vertices: tuple[Vertex, ...]
    fixes: tuple[Fix, ...]
    fix_type: FixType
    horizontal_accuracy_m: float | None
    satellites: int | None
    breaks: tuple[int, ...]
    started_at: datetime | None
    ended_at: datetime | None


class BoundaryWalk:
    """Collects the corners of one boundary.

    Walking: `add` each fix. By corners: set `by_corners`, and `press` at each; a straight side
    joins them, whatever the receiver saw on the way. Both may be mixed.
    """

    def __init__(self, settings: WalkSettings | None = None) -> None:
        self.settings = settings or WalkSettings()
        self.by_corners = False
        self._vertices: list[Vertex] = []
        self._fixes: list[Fix] = []
        #: Usable fixes since the last vertex.
        self._since: list[Fix] = []
        self._here: Fix | None = None
        self._lost = False

    @property
    def vertices(self) -> tuple[Vertex, ...]:
        return tuple(self._vertices)

    @property
    def fixes(self) -> tuple[Fix, ...]:
        return tuple(self._fixes)

    @property
    def here(self) -> Fix | None:
        """The last usable fix."""
        return self._here

    @property
    def lost(self) -> bool:
        """The last fix was no usable one."""
        return self._lost

    def add(self, fix: Fix) -> Vertex | None:
        """Take a fix; the vertex it laid, if it did."""
        self._fixes.append(fix)
        if not self._usable(fix):
            self._lost = True
            return None
        before, self._here = self._here, fix
        if before is not None and _seconds(before, fix) > self.settings.dropout_s:
            self._lost = True
        if self.by_corners:
            return None
        if not self._vertices:
            return self._lay(_vertex(fix, "start"))
        if self._lost:
            # Where the receiver came back is known; what lies between is not.
            return self._lay(_vertex(fix, "return"))
        last, settings = self._vertices[-1], self.settings
        moved_m = _metres(last, fix)
        corner = self._turn(last, fix)
        if corner is not None:
            after = self._since[self._since.index(corner) + 1 :]
            vertex = self._lay(_vertex(corner, "turn"))
            self._since = [*after, fix]
            return vertex
        self._since.append(fix)
        if moved_m >= settings.every_m:
            return self._lay(_vertex(fix, "distance"))
        if settings.every_s is not None and _seconds(last, fix) >= settings.every_s:
            return self._lay(_vertex(fix, "time")) if moved_m >= settings.shortest_m else None
        return None

    def press(self, point: AveragedPoint | None = None) -> Vertex:
        """A corner by hand, here or at an averaged point.

        Raises
        ------
        BadInput
            "gnss.walk.no_position" if there is no usable fix here.
        """
        if point is not None:
            # Its epochs are the walk's own where the surveyor stood still; others are added.
            known = {id(fix) for fix in self._fixes}
            self._fixes += [fix for fix in point.fixes if id(fix) not in known]
            self._here = point.fixes[-1]
            return self._lay(
                Vertex(
                    point.longitude_deg,
                    point.latitude_deg,
                    "press",
                    point.fix_type,
                    point.horizontal_accuracy_m,
                    point.satellites,
                    point.ended_at,
                    point.epochs,
                )
            )
        if self._here is None or (self._fixes and not self._usable(self._fixes[-1])):
            raise BadInput("gnss.walk.no_position")
        return self._lay(_vertex(self._here, "press"))

    def take_back(self) -> Vertex | None:
        """Remove the last vertex (a wrong press); it, or None if there is none."""
        return self._vertices.pop() if self._vertices else None

    def finish(self) -> WalkedBoundary:
        """End the walk; where it ended is a corner too, unless one is there already.

        Raises
        ------
        BadInput
            "gnss.walk.nothing" if not one vertex was laid.
        """
        if self._here is not None and self._vertices and not self.by_corners:
            last = self._vertices[-1]
            if last.laid_by != "press" and _metres(last, self._here) >= self.settings.shortest_m:
                self._lay(_vertex(self._here, "end"))
        if not self._vertices:
            raise BadInput("gnss.walk.nothing", epochs=len(self._fixes))
        accuracies = [each.horizontal_accuracy_m for each in self._vertices]
        known = [each for each in accuracies if each is not None]
        satellites = [each.satellites for each in self._vertices if each.satellites is not None]
        times = [fix.time for fix in self._fixes if fix.time is not None]
        return WalkedBoundary(
            vertices=self.vertices,
            fixes=self.fixes,
            fix_type=min((each.fix_type for each in self._vertices), key=rank),
            horizontal_accuracy_m=max(known) if len(known) == len(accuracies) else None,
            satellites=min(satellites, default=None),
            breaks=tuple(at for at, each in enumerate(self._vertices) if each.after_break),
            started_at=min(times, default=None),
            ended_at=max(times, default=None),
        )

    def _usable(self, fix: Fix) -> bool:
        settings = self.settings
        if fix.fix_type == "none" or position_problem(fix.longitude_deg, fix.latitude_deg):
            return False
        if rank(fix.fix_type) < rank(settings.worst_fix_type):
            return False
        if settings.worst_accuracy_m is None:
            return True
        accuracy_m = fix.horizontal_accuracy_m
        return accuracy_m is not None and accuracy_m <= settings.worst_accuracy_m

    def _turn(self, last: Vertex, here: Fix) -> Fix | None:
        """Where the way since the last vertex turned: its fix farthest from the straight line to
        here, if both legs are long enough, the angle is, and it is no mere noise."""
        shortest_m, turn_deg = self.settings.shortest_m, self.settings.turn_deg
        if turn_deg is None or not self._since:
            return None
        farthest = max(self._since, key=lambda fix: _aside_m(last, here, fix))
        aside_m = _aside_m(last, here, farthest)
        if aside_m < max(shortest_m / 2, farthest.horizontal_accuracy_m or 0.0):
            return None
        if min(_metres(last, farthest), _metres(farthest, here)) < shortest_m:
            return None
        turn = _direction_deg(farthest, here) - _direction_deg(last, farthest)
        return farthest if abs((turn + 180) % 360 - 180) >= turn_deg else None

    def _lay(self, vertex: Vertex) -> Vertex:
        if self._lost and self._vertices and not self.by_corners:
            vertex = replace(vertex, after_break=True)
        self._lost = False
        self._since = []
        self._vertices.append(vertex)
        return vertex


def _vertex(fix: Fix, laid_by: LaidBy) -> Vertex:
    return Vertex(
        fix.longitude_deg,
        fix.latitude_deg,
        laid_by,
        fix.fix_type,
        fix.horizontal_accuracy_m,
        fix.satellites,
        fix.time,
    )


def _offset_m(a: Fix | Vertex, b: Fix | Vertex) -> tuple[float, float]:
    """Metres east and north from a to b, which are near each other."""
    east_m, north_m = metres_in_a_degree((a.latitude_deg + b.latitude_deg) / 2)
    turn = (b.longitude_deg - a.longitude_deg + 180) % 360 - 180
    return turn * east_m, (b.latitude_deg - a.latitude_deg) * north_m


def _metres(a: Fix | Vertex, b: Fix | Vertex) -> float:
    return math.hypot(*_offset_m(a, b))


def _direction_deg(a: Fix | Vertex, b: Fix | Vertex) -> float:
    east_m, north_m = _offset_m(a, b)
    return math.degrees(math.atan2(east_m, north_m))


def _aside_m(a: Fix | Vertex, b: Fix | Vertex, between: Fix) -> float:
    """Metres from `between` to the straight way from a to b (to a, where b is a)."""
    east_m, north_m = _offset_m(a, b)
    x_m, y_m = _offset_m(a, between)
    length_m = math.hypot(east_m, north_m)
    if length_m == 0:
        return math.hypot(x_m, y_m)
    return abs(east_m * y_m - north_m * x_m) / length_m


def _seconds(a: Fix | Vertex, b: Fix | Vertex) -> float:
    if a.time is None or b.time is None:
        return 0.0
    return (b.time - a.time).total_seconds()

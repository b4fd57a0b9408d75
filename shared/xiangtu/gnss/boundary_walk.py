"""A boundary walked with a receiver: fixes in, the corners of an outline or line out."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from ..errors import BadInput
from .averaging import AveragedPoint
from .elapsed import elapsed_s
from .fix import Fix, FixType
from .local_plane import LocalPlane, metres_between
from .quality import position_problem, rank
from .standstill import Standstill, stated_m
from .walked_boundary import Closing, LaidBy, Vertex, WalkedBoundary, left, simplified

#: So many fixes that agree with each other are needed to believe that one has jumped.
_JUMP_FIXES = 3
#: Noise that a jump is measured against, in units of the accuracies of both fixes. A fix that says
#: of itself that it may be anywhere is not believed for that.
_JUMP_IN_ACCURACY, _MOST_NOISE_M = 3.0, 15.0
#: The way since the last vertex is remembered as at most so many places.
_MOST_PLACES = 128


@dataclass(frozen=True)
class WalkSettings:
    """When a walk lays a vertex, and what counts as a dropout.

    `every_m` of way, or `every_s` seconds once `shortest_m` away, or a turn of at least
    `turn_deg` (beyond what the accuracy lets one see); standing still lays none, however much the
    positions wander. Fixes worse than `worst_accuracy_m` or than fix type `worst_fix_type` lay
    none and are taken for a dropout; so is a gap of more than `dropout_s`. A fix that lies
    farther away than one gets at `fastest_mps` is only believed when others follow it there.
    When the walk ends, vertices are left out that lie within `tolerance_m` of the line without
    them.
    """

    every_m: float = 5.0
    every_s: float | None = None
    turn_deg: float | None = 25.0
    shortest_m: float = 1.0
    dropout_s: float = 3.0
    worst_accuracy_m: float | None = None
    worst_fix_type: FixType = "single"
    fastest_mps: float = 15.0
    tolerance_m: float = 0.0


class _Place(NamedTuple):
    """A fix on the way since the last vertex, in metres from that."""

    x_m: float
    y_m: float
    fix: Fix


class BoundaryWalk:
    """Collects the corners of one boundary.

    Walking: `add` each fix. By corners: set `by_corners`, and `press` at each; a straight side
    joins them, whatever the receiver saw on the way. Both may be mixed. A fix costs the same
    after hours as at the beginning.
    """

    def __init__(self, settings: WalkSettings | None = None) -> None:
        self.settings = settings or WalkSettings()
        self.by_corners = False
        self._vertices: list[Vertex] = []
        #: Metres of way up to each vertex.
        self._lengths_m: list[float] = []
        self._fixes: list[Fix] = []
        #: Where the way went since the last vertex, in metres from it.
        self._since: list[_Place] = []
        self._plane: LocalPlane | None = None
        self._standstill = Standstill()
        self._here: Fix | None = None
        #: Whether that is the last fix at all, and how many before it lead there.
        self._now = False
        self._followed = 0
        #: The way to the next vertex was not seen all along.
        self._broken = False
        #: Seconds of the walk, those at the last vertex, and those since `_here`.
        self._clock_s = self._laid_at_s = self._unseen_s = 0.0
        #: The last fix that is too far away to be believed, and how many agree on it; then one
        #: has come to where they are.
        self._jump: Fix | None = None
        self._jump_fixes = 0
        self._came_back = False

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
        return bool(self._fixes) and not self._now

    @property
    def standing(self) -> bool:
        """The surveyor stands still, as far as the positions tell."""
        return not self._standstill.moving

    @property
    def closing(self) -> Closing | None:
        """How far it is from here, or by corners from the last one, straight to the first
        corner; None before there is one."""
        if not self._vertices:
            return None
        first, last, length_m = self._vertices[0], self._vertices[-1], self._lengths_m[-1]
        if self.by_corners or self._here is None:
            return Closing(_metres(last, first), length_m)
        return Closing(_metres(self._here, first), length_m + _metres(last, self._here))

    def add(self, fix: Fix) -> Vertex | None:
        """Take a fix; the (last) vertex it laid, if it did."""
        if self._fixes:
            self._unseen_s += elapsed_s(self._fixes[-1], fix)
        self._fixes.append(fix)
        self._now = False
        if not self._usable(fix):
            return None
        since_s = 0.0
        if self._here is not None:
            since_s = max(self._unseen_s, elapsed_s(self._here, fix))
            if self._jumped(self._here, fix, since_s):
                return None
        self._here, self._now, self._unseen_s = fix, True, 0.0
        self._clock_s += since_s
        if self._came_back or since_s > self.settings.dropout_s:
            if not self._came_back and self._standstill.is_there(fix):
                # As if the time in between had not been: he stood.
                since_s = 0.0
            else:
                self._standstill.restart()
                self._broken = bool(self._vertices)
            self._came_back = False
        gone = self._standstill.add(fix, since_s)
        if self.by_corners:
            return None
        if not self._vertices:
            return self._lay(_vertex(fix, "start"))
        if self._broken:
            # Where the receiver came back is known; what lies between is not.
            return self._lay(_vertex(fix, "return"))
        laid = None
        for each in gone or ((fix,) if self._standstill.moving else ()):
            laid = self._go_on(each) or laid
        return laid

    def press(self, point: AveragedPoint | None = None, received: Iterable[Fix] = ()) -> Vertex:
        """A corner by hand, here or at an averaged point.

        Parameters
        ----------
        point : AveragedPoint, optional
        received : iterable of Fix, optional
            Every epoch that came in at it, those too that are not in the average.

        Raises
        ------
        BadInput
            "gnss.walk.no_position" if there is no usable fix here.
        """
        if point is None:
            if self._here is None or not self._now:
                raise BadInput("gnss.walk.no_position")
            return self._lay(_vertex(self._here, "press"))
        # They are the walk's own where the surveyor stood still; others are added.
        known = {id(fix) for fix in self._fixes}
        self._fixes += [fix for fix in received or point.fixes if id(fix) not in known]
        self._here, self._now, self._unseen_s = point.fixes[-1], True, 0.0
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
                correction_age_s=max(
                    (
                        fix.correction_age_s
                        for fix in point.fixes
                        if fix.correction_age_s is not None
                    ),
                    default=None,
                ),
            )
        )

    def take_back(self) -> Vertex | None:
        """Remove the last vertex (a wrong press); it, or None if there is none."""
        if not self._vertices:
            return None
        self._lengths_m.pop()
        taken = self._vertices.pop()
        if self._vertices:
            self._look_from(self._vertices[-1], ())
        return taken

    def finish(self, *, simplify: bool = True) -> WalkedBoundary:
        """End the walk; where it ended is a corner too, unless one is there already.

        Vertices within the tolerance of the line without them are left out, unless not `simplify`;
        never one that was pressed, an end, or one beside a break.

        Raises
        ------
        BadInput
            "gnss.walk.nothing" if not one vertex was laid.
        """
        end = self._here
        if end is not None and self._standstill.is_there(end):
            # The middle of a stand is known better than its last moment.
            end = self._standstill.place
        if end is not None and self._vertices and self._since and not self.by_corners:
            last = self._vertices[-1]
            if last.laid_by != "press" and _metres(last, end) >= self.settings.shortest_m:
                self._lay(_vertex(end, "end"))
        if not self._vertices:
            raise BadInput("gnss.walk.nothing", epochs=len(self._fixes))
        vertices = self.vertices
        if simplify:
            vertices = simplified(vertices, self.settings.tolerance_m)
        accuracies = [each.horizontal_accuracy_m for each in vertices]
        known = [each for each in accuracies if each is not None]
        satellites = [each.satellites for each in vertices if each.satellites is not None]
        times = [fix.time for fix in self._fixes if fix.time is not None]
        return WalkedBoundary(
            vertices=vertices,
            fixes=self.fixes,
            fix_type=min((each.fix_type for each in vertices), key=rank),
            horizontal_accuracy_m=max(known) if len(known) == len(accuracies) else None,
            satellites=min(satellites, default=None),
            breaks=tuple(at for at, each in enumerate(vertices) if each.after_break),
            closing=Closing(_metres(vertices[-1], vertices[0]), self._lengths_m[-1]),
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
        accuracy_m = stated_m(fix)
        return accuracy_m is not None and accuracy_m <= settings.worst_accuracy_m

    def _jumped(self, before: Fix, fix: Fix, since_s: float) -> bool:
        """Whether a fix lies where nobody gets to in the time; when several agree that he did,
        the way there was not seen."""
        if self._within_reach(before, fix, since_s):
            self._jump = None
            self._followed += 1
            return False
        jump = self._jump
        agrees = jump is not None and self._within_reach(jump, fix, elapsed_s(jump, fix))
        self._jump, self._jump_fixes = fix, self._jump_fixes + 1 if agrees else 1
        if self._jump_fixes < _JUMP_FIXES:
            return True
        if self._followed < _JUMP_FIXES and [each.laid_by for each in self._vertices] == ["start"]:
            # It was the first fix that was wild.
            self.take_back()
        self._jump, self._followed, self._came_back = None, 0, True
        return False

    def _within_reach(self, before: Fix, fix: Fix, since_s: float) -> bool:
        noise_m = sum(min(stated_m(each) or 0.0, _MOST_NOISE_M) for each in (before, fix))
        # Two fixes of one moment are an epoch apart as well.
        reach_m = self.settings.fastest_mps * max(since_s, 1.0) + _JUMP_IN_ACCURACY * noise_m
        return _metres(before, fix) <= reach_m

    def _go_on(self, fix: Fix) -> Vertex | None:
        """A fix on the way; the vertex it laid, if it did."""
        assert self._plane is not None
        settings = self.settings
        here = _Place(*self._plane.metres(fix.longitude_deg, fix.latitude_deg), fix)
        moved_m = math.hypot(here.x_m, here.y_m)
        due: LaidBy | None = None
        if moved_m >= settings.every_m:
            due = "distance"
        elif settings.every_s is not None and self._clock_s - self._laid_at_s >= settings.every_s:
            due = "time" if moved_m >= settings.shortest_m else None
        turn = self._turn(here, last_chance=due is not None)
        if turn is not None:
            after = [each.fix for each in self._since[turn + 1 :]]
            return self._lay(_vertex(self._since[turn].fix, "turn"), (*after, fix))
        if due is not None:
            return self._lay(_vertex(fix, due))
        self._since.append(here)
        if len(self._since) > _MOST_PLACES:
            self._since = _thinned(self._since, settings.shortest_m / 8, _MOST_PLACES // 2)
        return None

    def _turn(self, here: _Place, *, last_chance: bool) -> int | None:
        """Where the way since the last vertex turned: its place farthest from the straight line to
        here, if both legs are long enough, the angle is, and it is no mere noise. Where the last
        vertex, or the one that is laid else at the `last_chance`, only happens to lie there, the
        corner may be as close to it as it likes."""
        shortest_m, turn_deg = self.settings.shortest_m, self.settings.turn_deg
        if turn_deg is None or not self._since:
            return None
        aside_m, at = max((_aside_m(here, each), at) for at, each in enumerate(self._since))
        corner = self._since[at]
        if aside_m < max(shortest_m / 2, stated_m(corner.fix) or 0.0):
            return None
        on_x_m, on_y_m = here.x_m - corner.x_m, here.y_m - corner.y_m
        if not last_chance and math.hypot(on_x_m, on_y_m) < shortest_m:
            return None
        sample = self._vertices[-1].is_sample
        if not sample and math.hypot(corner.x_m, corner.y_m) < shortest_m:
            return None
        turn = math.degrees(math.atan2(on_x_m, on_y_m) - math.atan2(corner.x_m, corner.y_m))
        return at if abs((turn + 180) % 360 - 180) >= turn_deg else None

    def _lay(self, vertex: Vertex, after: Iterable[Fix] = ()) -> Vertex:
        """Lay a vertex; `after` is the way that went on from it already."""
        if self._broken and not self.by_corners:
            vertex = replace(vertex, after_break=True)
        self._broken = False
        self._laid_at_s = self._clock_s
        before = self._vertices[-1] if self._vertices else None
        length_m = 0.0 if before is None else self._lengths_m[-1] + _metres(before, vertex)
        self._lengths_m.append(length_m)
        self._vertices.append(vertex)
        self._look_from(vertex, after)
        return vertex

    def _look_from(self, vertex: Vertex, way: Iterable[Fix]) -> None:
        plane = self._plane = LocalPlane(vertex.longitude_deg, vertex.latitude_deg)
        self._since = [
            _Place(*plane.metres(fix.longitude_deg, fix.latitude_deg), fix) for fix in way
        ]


def _thinned(way: Sequence[_Place], tolerance_m: float, most: int) -> list[_Place]:
    """At most so many places of a way, of which the corners stay; the tolerance is doubled until
    they are few enough."""
    at_m = np.array([(each.x_m, each.y_m) for each in way])
    while len(kept := [0, *left(at_m, tolerance_m)]) > most:
        tolerance_m *= 2
    return [way[at] for at in kept]


def _vertex(fix: Fix, laid_by: LaidBy) -> Vertex:
    return Vertex(
        fix.longitude_deg,
        fix.latitude_deg,
        laid_by,
        fix.fix_type,
        stated_m(fix),
        fix.satellites,
        fix.time,
        correction_age_s=fix.correction_age_s,
    )


def _metres(a: Fix | Vertex, b: Fix | Vertex) -> float:
    return metres_between(a.longitude_deg, a.latitude_deg, b.longitude_deg, b.latitude_deg)


def _aside_m(end: _Place, between: _Place) -> float:
    """Metres from a place to the straight way from the last vertex to `end` (to the vertex, where
    the end is there)."""
    length_m = math.hypot(end.x_m, end.y_m)
    if length_m == 0:
        return math.hypot(between.x_m, between.y_m)
    return abs(end.x_m * between.y_m - end.y_m * between.x_m) / length_m

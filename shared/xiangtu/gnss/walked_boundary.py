"""What a walk gives: corners, how well it closes, and which of the corners are needless."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import numpy as np
import shapely

from .fix import Fix, FixType
from .local_plane import LocalPlane

#: How a vertex came to be; "return" is where the receiver came back after a dropout.
LaidBy = Literal["start", "distance", "time", "turn", "return", "end", "press"]


@dataclass(frozen=True)
class Vertex:
    """One corner; `after_break` says that the way to it was not seen by the receiver.
    `correction_age_s` is that of its epochs, the largest."""

    longitude_deg: float
    latitude_deg: float
    laid_by: LaidBy
    fix_type: FixType
    horizontal_accuracy_m: float | None
    satellites: int | None
    time: datetime | None
    epochs: int = 1
    after_break: bool = False
    correction_age_s: float | None = None

    @property
    def is_sample(self) -> bool:
        """Laid because so much way or time had gone by, not for the place it is at."""
        return self.laid_by in ("distance", "time")


@dataclass(frozen=True)
class Closing:
    """How far a walk is from where it began, `error_m`, after `length_m` of way."""

    error_m: float
    length_m: float

    @property
    def one_in(self) -> float | None:
        """The length over the error, the n of 1:n; None where there is no error at all."""
        return self.length_m / self.error_m if self.error_m > 0 else None


@dataclass(frozen=True)
class WalkedBoundary:
    """What a walk gave: corners in order, and every fix that was received on the way.

    `fix_type` is the worst and `horizontal_accuracy_m` the largest among the corners: an outline
    is as good as its worst corner. `breaks` are the places (in `vertices`) after a dropout.
    `closing` is from the last corner back to the first.
    """

    vertices: tuple[Vertex, ...]
    fixes: tuple[Fix, ...]
    fix_type: FixType
    horizontal_accuracy_m: float | None
    satellites: int | None
    breaks: tuple[int, ...]
    closing: Closing
    started_at: datetime | None
    ended_at: datetime | None


def simplified(vertices: Sequence[Vertex], tolerance_m: float) -> tuple[Vertex, ...]:
    """The vertices without those that lie within a tolerance of the line without them; none that
    was pressed, that is an end, or beside a break is left out."""
    if tolerance_m <= 0 or len(vertices) < 3:
        return tuple(vertices)
    plane = LocalPlane(vertices[0].longitude_deg, vertices[0].latitude_deg)
    at_m = np.array([plane.metres(each.longitude_deg, each.latitude_deg) for each in vertices])
    stays = [0]
    last = len(vertices) - 1
    for at in range(1, len(vertices)):
        laid_walking = vertices[at].is_sample or vertices[at].laid_by == "turn"
        before_break = at < last and vertices[at + 1].after_break
        if not laid_walking or vertices[at].after_break or before_break or at == last:
            stays += [stays[-1] + each for each in left(at_m[stays[-1] : at + 1], tolerance_m)]
    return tuple(vertices[at] for at in stays)


def left(at_m: np.ndarray, tolerance_m: float) -> list[int]:
    """Which places of a line, array (n, 2), Douglas and Peucker's rule leaves, but for the first.

    Each that goes lies within the tolerance of what is left.
    """
    left_m = shapely.get_coordinates(
        shapely.simplify(shapely.linestrings(at_m), tolerance_m, preserve_topology=False)
    )
    found, at = [], 0
    for place_m in left_m[1:-1]:
        at = next(n for n in range(at + 1, len(at_m)) if (at_m[n] == place_m).all())
        found.append(at)
    return [*found, len(at_m) - 1]

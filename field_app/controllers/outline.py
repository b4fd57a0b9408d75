"""An outline or line while it is drawn: its corners, each with how it was measured, and every
change of them, to be undone and done again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import LineString, Polygon
from shapely.geometry.base import BaseGeometry
from xiangtu.errors import BadInput
from xiangtu.gnss.fix import FixType

#: Codes of list measured_how, the one that says least of a corner's place first.
_LEAST_CERTAIN = (
    "unknown", "image", "map", "imported", "gnss_walk", "gnss_point", "tape", "gnss_average",
    "total_station",
)  # fmt: skip
#: Of a corner that was put onto a picture.
DRAWN = "image"


@dataclass(frozen=True)
class Corner:
    """A corner in metres of the survey's CRS, and how it was measured.

    `how` is a code of list measured_how. `measured_at` (UTC, with Z) is None where it was not
    measured in this drawing, but drawn, or taken over from a record.
    """

    easting_m: float
    northing_m: float
    how: str
    fix_type: FixType = "none"
    horizontal_accuracy_m: float | None = None
    satellites: int | None = None
    epochs: int = 0
    correction_age_s: float | None = None
    measured_at: str | None = None

    @property
    def place(self) -> tuple[float, float]:
        return self.easting_m, self.northing_m

    def at(self, easting_m: float, northing_m: float) -> Corner:
        """The same, elsewhere."""
        return replace(self, easting_m=easting_m, northing_m=northing_m)


@dataclass(frozen=True)
class Splice:
    """A change of a drawing: in one of its rings, from a place on, so many corners go and others
    come; then corners are added to ring `active` (none, if None)."""

    ring: int
    at: int
    gone: int
    come: tuple[Corner, ...]
    active: int | None

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, said: Mapping[str, Any]) -> Splice:
        return cls(**{**said, "come": corners_from_json(said["come"])})


@dataclass(frozen=True)
class Outline:
    """What is drawn: the outer ring and holes, or if it does not close, one line.

    No ring has its first corner again at the end. `active` is the ring that corners are being
    added to, None where none is.
    """

    closes: bool
    rings: tuple[tuple[Corner, ...], ...] = ((),)
    active: int | None = 0

    def spliced(self, splice: Splice) -> Outline:
        """After a change. A hole that lost all its corners, and gets none, is none."""
        rings = [*self.rings, ()] if splice.ring == len(self.rings) else list(self.rings)
        ring = rings[splice.ring]
        rings[splice.ring] = (
            *ring[: splice.at], *splice.come, *ring[splice.at + splice.gone :]
        )  # fmt: skip
        if splice.ring and not rings[splice.ring] and splice.active != splice.ring:
            del rings[splice.ring]
        return Outline(self.closes, tuple(rings), splice.active)

    @property
    def corners(self) -> tuple[Corner, ...]:
        return tuple(corner for ring in self.rings for corner in ring)

    def places(self, ring: int) -> NDArray[np.float64]:
        """The corners of a ring as an array (n, 2), in metres."""
        return np.array([each.place for each in self.rings[ring]], float).reshape(-1, 2)

    @property
    def whole_rings(self) -> list[NDArray[np.float64]]:
        """The rings that have enough corners to be one, the outer one first; none without it."""
        rings = [self.places(number) for number in range(len(self.rings))]
        return [each for each in rings if len(each) > 2] if len(rings[0]) > 2 else []

    @property
    def geometry(self) -> BaseGeometry | None:
        """The polygon or line; None while there are too few corners."""
        if self.closes:
            rings = self.whole_rings
            return Polygon(rings[0], rings[1:]) if rings else None
        return LineString(self.places(0)) if len(self.rings[0]) > 1 else None


def outline_of(geometry: BaseGeometry | None, closes: bool, corner: Corner) -> Outline:
    """A record's geometry to be changed, `corner` saying how each of its corners was measured;
    without one, an empty drawing to which corners are added.

    BadInput("field.drawing.several") for a geometry of several parts.
    """
    if geometry is None or geometry.is_empty:
        return Outline(closes)
    parts = shapely.get_parts(geometry)
    if len(parts) > 1:
        raise BadInput("field.drawing.several", parts=len(parts))
    lines = shapely.get_rings(parts) if closes else parts
    last = -1 if closes else None  # a ring's first corner again
    rings = tuple(
        tuple(corner.at(x, y) for x, y in shapely.get_coordinates(each).tolist()[:last])
        for each in lines
    )
    return Outline(closes, rings, None)


def corner_as_in(values: Mapping[str, Any]) -> Corner:
    """How the corners of a record were measured, by its values; it lies nowhere yet."""
    return Corner(
        0.0,
        0.0,
        values.get("measured_how") or "unknown",
        values.get("fix_type") or "none",
        values.get("horizontal_accuracy_m"),
        values.get("satellites"),
        values.get("epochs") or 0,
    )


def corners_from_json(said: Iterable[Mapping[str, Any]]) -> tuple[Corner, ...]:
    """Corners as `asdict` gave them."""
    return tuple(Corner(**each) for each in said)


def least_certain(hows: Sequence[str]) -> str:
    """How a whole was measured whose parts were measured so."""
    known = {how: rank for rank, how in enumerate(_LEAST_CERTAIN)}
    return min(hows, key=lambda how: known.get(how, 0))


class History:
    """A drawing with every state that it was in."""

    def __init__(self, first: Outline) -> None:
        self._states = [first]
        self._at = 0

    @property
    def now(self) -> Outline:
        return self._states[self._at]

    @property
    def may_undo(self) -> bool:
        return self._at > 0

    @property
    def may_redo(self) -> bool:
        return self._at + 1 < len(self._states)

    def change(self, splice: Splice) -> None:
        """What was undone before cannot be done again after it."""
        self._states[self._at + 1 :] = [self.now.spliced(splice)]
        self._at += 1

    def undo(self) -> None:
        self._at -= self.may_undo

    def redo(self) -> None:
        self._at += self.may_redo

"""What makes an outline invalid, and where: for whoever draws it, at every step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import Point, Polygon

from .topology import invalid

#: It crosses itself or another ring, touches itself, a hole lies outside, holes lie in each other,
#: the inside falls apart, or it is otherwise broken.
FaultKind = Literal["crosses", "touches", "hole_outside", "holes", "falls_apart", "broken"]

_KINDS: Mapping[str, FaultKind] = {  # GEOS's words (TopologyValidationError)
    "Self-intersection": "crosses",
    "Ring Self-intersection": "touches",
    "Hole lies outside shell": "hole_outside",
    "Holes are nested": "holes",
    "Duplicate Rings": "holes",
    "Interior is disconnected": "falls_apart",
}
#: GEOS's place has the digits of its words.
_AT_M = 0.01


@dataclass(frozen=True)
class OutlineFault:
    """What is wrong with an outline at a place (m). `sides` are the sides that go through it, each
    as (ring, number of its first corner), all counted from 0."""

    kind: FaultKind
    x: float
    y: float
    sides: tuple[tuple[int, int], ...]


def outline_fault(rings: Sequence[NDArray[np.float64]]) -> OutlineFault | None:
    """The first fault of an outline; None if it is valid.

    `rings` are arrays (n, 2) of corners in metres, the first one not again at the end; the first
    ring is the outer one, the others are holes. Each has three corners at least.
    """
    shape = Polygon(rings[0], rings[1:])
    places, reasons = invalid(np.array([shape], dtype=object))
    if not len(places):
        return None
    x, y = float(places.x[0]), float(places.y[0])
    here = Point(x, y)
    sides = []
    for number, ring in enumerate(rings):
        ends = np.stack([ring, np.roll(ring, -1, axis=0)], axis=1)
        near = shapely.distance(shapely.linestrings(ends), here) <= _AT_M
        sides += [(number, int(first)) for first in np.flatnonzero(near)]
    return OutlineFault(_KINDS.get(reasons[0], "broken"), x, y, tuple(sides))

"""The corners of an outline as a plan lists them: numbers, coordinates, lengths of the sides."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import shapely

#: A surveyed boundary point no farther than this is the corner (the tolerance of the checks of
#: vertices, domain §5).
SAME_CORNER_M = 0.05


@dataclass(frozen=True)
class ListedCorner:
    """One corner of a ring.

    `side_m` is the plane length of the side that begins here and ends at corner `next_name`, at
    (`next_easting_m`, `next_northing_m`).
    """

    name: str
    easting_m: float
    northing_m: float
    next_name: str
    next_easting_m: float
    next_northing_m: float
    side_m: float


def corner_list(
    outline: Any, surveyed: Iterable[tuple[str, float, float]] = ()
) -> list[ListedCorner]:
    """The corners of a polygon or multipolygon, ring by ring, each outer ring before its holes.

    An outer ring is walked clockwise from its north-western corner on (the least easting minus
    northing), a hole counter-clockwise: the land is always on the right. Corners are J1, J2… but
    where a surveyed boundary point (number, easting, northing in metres) lies within
    SAME_CORNER_M: that keeps its number, which no other corner is given.
    """
    points = [each for each in surveyed if each[0]]
    rings = [
        ring
        for part in shapely.get_parts(shapely.normalize(outline))
        for ring in (
            _from_north_west(part.exterior, clockwise=True),
            *(_from_north_west(hole, clockwise=False) for hole in part.interiors),
        )
    ]
    taken = {name for name, _, _ in points}
    numbers = (f"J{number}" for number in itertools.count(1) if f"J{number}" not in taken)
    listed: list[ListedCorner] = []
    for ring in rings:
        named = [(_name_at(at, points) or next(numbers), *at) for at in ring]
        for (name, x, y), (next_name, next_x, next_y) in zip(
            named, [*named[1:], named[0]], strict=True
        ):
            side = math.hypot(next_x - x, next_y - y)
            listed.append(ListedCorner(name, x, y, next_name, next_x, next_y, side))
    return listed


def _from_north_west(ring: Any, *, clockwise: bool) -> list[tuple[float, float]]:
    corners = [(float(x), float(y)) for x, y in shapely.get_coordinates(ring)[:-1]]
    if bool(shapely.is_ccw(ring)) == clockwise:
        corners.reverse()
    first = min(range(len(corners)), key=lambda at: corners[at][0] - corners[at][1])
    return corners[first:] + corners[:first]


def _name_at(corner: tuple[float, float], points: Sequence[tuple[str, float, float]]) -> str | None:
    near = [(math.hypot(x - corner[0], y - corner[1]), name) for name, x, y in points]
    distance_m, name = min(near, default=(math.inf, ""))
    return name if distance_m <= SAME_CORNER_M else None

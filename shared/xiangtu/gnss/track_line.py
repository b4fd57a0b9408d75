"""The line of a track: where somebody went, out of the positions that were recorded."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import MultiLineString

from ..geo import gauss_kruger
from .quality import position_problem

#: So long without a position is a dropout of reception. Receivers of tablets that save power give
#: one every five seconds.
DROPOUT_S = 10.0
#: Nobody surveys faster (250 km/h): a position that would need more is an error of the receiver,
#: or the way to it was not seen.
FASTEST_MPS = 70.0
#: The line keeps within so much of each position, and three times the position's accuracy more,
#: but for one that lies farther off alone, between others that do not.
TOLERANCE_M = 1.0


def line_of(
    longitude_deg: NDArray[np.float64],
    latitude_deg: NDArray[np.float64],
    time_s: NDArray[np.float64],
    horizontal_accuracy_m: NDArray[np.float64],
    part: NDArray[np.object_],
    srid: int,
) -> MultiLineString | None:
    """The way through positions in the order they came, in metres of a zone of CGCS2000.

    A new part of the line begins where `part` changes (the recording was begun anew), after more
    than `DROPOUT_S` without a position, and at a jump that nobody can make. Standing still draws
    nothing: the line goes on where a position is farther from the last corner than its accuracy
    lets one be sure of. Times may be NaN, and may jump back; an accuracy may be NaN.

    None if no two positions are far enough from each other.
    """
    usable = np.array(
        [
            position_problem(longitude, latitude) is None
            for longitude, latitude in zip(longitude_deg, latitude_deg, strict=True)
        ],
        dtype=bool,
    )
    places = np.column_stack(gauss_kruger.forward(longitude_deg, latitude_deg, srid))
    usable &= np.isfinite(places).all(axis=1)
    places, time_s, part = places[usable], time_s[usable], part[usable]
    accuracy_m = np.nan_to_num(horizontal_accuracy_m[usable], nan=0.0)
    if len(places) < 2:
        return None
    passed_s = np.nan_to_num(np.diff(time_s), nan=0.0)
    moved_m = np.hypot(*np.diff(places, axis=0).T)
    reach_m = FASTEST_MPS * np.maximum(passed_s, 1.0) + 3 * (accuracy_m[1:] + accuracy_m[:-1])
    parted = (passed_s > DROPOUT_S) | (moved_m > reach_m) | (part[1:] != part[:-1])
    starts = [0, *(np.flatnonzero(parted) + 1), len(places)]
    lines = []
    for first, end in pairwise(starts):
        corners = _corners(places[first:end], accuracy_m[first:end])
        if len(corners) > 1:
            # Straight ways need no corners: half of what may be lost is lost here.
            lines.append(shapely.simplify(shapely.linestrings(corners), TOLERANCE_M / 2))
    return MultiLineString([np.round(line.coords, 3) for line in lines]) if lines else None


def _corners(places: NDArray[np.float64], accuracy_m: NDArray[np.float64]) -> NDArray[np.float64]:
    """The first place, and each that is far enough from the one kept before it, if the next is so
    too: while one stands, now and then a single position is far off."""
    kept = [0]
    x, y = places[0].tolist()
    least_m = np.maximum(TOLERANCE_M / 2, 3 * accuracy_m).tolist()
    far: int | None = None
    for place, (east, north) in enumerate(places.tolist()):
        if far is not None and math.hypot(east - x, north - y) > least_m[place]:
            kept.append(far)
            x, y = places[far].tolist()
        far = place if math.hypot(east - x, north - y) > least_m[place] else None
    return places[kept if far is None else [*kept, far]]

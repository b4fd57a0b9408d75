"""A made-up county of terraces of any size: parcels in curved rows, villages of equal blocks.

Neighbours share every vertex of their common edge, except that one parcel in 500 is pushed over
its neighbour, so that there is something to find.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import shapely

COUNTY = "990101"
#: CGCS2000, 3° zone 39, without the zone's number.
SRID = 4548
#: Parcels of a village lie in rows of this many.
PER_ROW = 50
ROWS_PER_VILLAGE = 40
PER_VILLAGE = PER_ROW * ROWS_PER_VILLAGE
_WIDTH_M, _HEIGHT_M = 30.0, 12.0
_POINTS_PER_SIDE = 8
_SOUTH_WEST = (450_000.0, 3_900_000.0)
_PUSHED_ONE_IN = 500
_PUSHED_M = 3.0


@dataclass(frozen=True)
class Land:
    """`count` parcels in villages of `PER_VILLAGE`; the same every time.

    Outlines are made when they are asked for: those of three million take gigabytes.
    """

    count: int

    @property
    def village_codes(self) -> list[str]:
        return [village_code(number) for number in range(self.count // PER_VILLAGE)]

    def villages(self) -> np.ndarray:
        """The outlines of the villages."""
        numbers = np.arange(self.count // PER_VILLAGE)
        west = _SOUTH_WEST[0] + (numbers % self._side) * PER_ROW * _WIDTH_M
        south = _SOUTH_WEST[1] + (numbers // self._side) * ROWS_PER_VILLAGE * _HEIGHT_M
        return shapely.box(
            west - 10,
            south - 10,
            west + PER_ROW * _WIDTH_M + 10,
            south + ROWS_PER_VILLAGE * _HEIGHT_M + 10,
        )

    def parcels(self, start: int, end: int) -> np.ndarray:
        """The outlines of the parcels from number `start` to before `end`."""
        number = np.arange(start, end)
        block, within = np.divmod(number, PER_VILLAGE)
        column = (block % self._side) * PER_ROW + within % PER_ROW
        row = (block // self._side) * ROWS_PER_VILLAGE + within // PER_ROW
        outlines = _outlines(column, row)
        pushed = np.flatnonzero(number % _PUSHED_ONE_IN == 0)
        outlines[pushed] = shapely.transform(
            outlines[pushed], lambda xy: xy + np.array([_PUSHED_M, 0.0])
        )
        return outlines

    @property
    def _side(self) -> int:
        """Villages lie in rows of this many."""
        return math.ceil(math.sqrt(self.count // PER_VILLAGE))


def make(count: int) -> Land:
    """A county of `count` parcels, a multiple of `PER_VILLAGE`."""
    if count % PER_VILLAGE:
        raise ValueError(f"{count} is no multiple of {PER_VILLAGE}")
    return Land(count)


def village_code(number: int) -> str:
    """Code of the village of that number, from 0."""
    town, village = divmod(number, 100)
    return f"{COUNTY}{101 + town:03d}{201 + village:03d}"


def _outlines(column: np.ndarray, row: np.ndarray) -> np.ndarray:
    steps = np.linspace(0.0, 1.0, _POINTS_PER_SIDE)
    x = (column[:, None] + steps) * _WIDTH_M
    lower = row[:, None] * _HEIGHT_M + _contour(x)
    upper = (row[:, None] + 1) * _HEIGHT_M + _contour(x)
    ring = np.stack(
        (
            np.concatenate((x, x[:, ::-1], x[:, :1]), axis=1),
            np.concatenate((lower, upper[:, ::-1], lower[:, :1]), axis=1),
        ),
        axis=-1,
    )
    return shapely.multipolygons(shapely.polygons(ring + np.array(_SOUTH_WEST))[:, None])


def _contour(x: np.ndarray) -> np.ndarray:
    return 4.0 * np.sin(x / 90.0) + 1.5 * np.sin(x / 23.0)

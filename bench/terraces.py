"""A made-up county of terraces of any size: parcels in curved rows, villages of equal blocks.

Neighbours share every vertex of their common edge, except that one parcel in 500 is pushed over
its neighbour, so that there is something to find.
"""

from __future__ import annotations

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
    """(n,) parcels with the village each lies in, and the villages' outlines."""

    parcels: np.ndarray
    parcel_village: list[str]
    villages: np.ndarray
    village_codes: list[str]


def make(count: int) -> Land:
    """`count` parcels, a multiple of `PER_VILLAGE`; the same every time."""
    if count % PER_VILLAGE:
        raise ValueError(f"{count} is no multiple of {PER_VILLAGE}")
    blocks = count // PER_VILLAGE
    side = int(np.ceil(np.sqrt(blocks)))
    block = np.repeat(np.arange(blocks), PER_VILLAGE)
    within = np.tile(np.arange(PER_VILLAGE), blocks)
    column = (block % side) * PER_ROW + within % PER_ROW
    row = (block // side) * ROWS_PER_VILLAGE + within // PER_ROW
    codes = [village_code(number) for number in range(blocks)]
    parcels = _parcels(column, row)
    pushed = np.arange(0, count, _PUSHED_ONE_IN)
    parcels[pushed] = shapely.transform(parcels[pushed], lambda xy: xy + np.array([_PUSHED_M, 0.0]))
    numbers = np.arange(blocks)
    west = _SOUTH_WEST[0] + (numbers % side) * PER_ROW * _WIDTH_M
    south = _SOUTH_WEST[1] + (numbers // side) * ROWS_PER_VILLAGE * _HEIGHT_M
    villages = shapely.box(
        west - 10,
        south - 10,
        west + PER_ROW * _WIDTH_M + 10,
        south + ROWS_PER_VILLAGE * _HEIGHT_M + 10,
    )
    return Land(parcels, [codes[each] for each in block.tolist()], villages, codes)


def village_code(number: int) -> str:
    """Code of the village of that number, from 0."""
    town, village = divmod(number, 100)
    return f"{COUNTY}{101 + town:03d}{201 + village:03d}"


def _parcels(column: np.ndarray, row: np.ndarray) -> np.ndarray:
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

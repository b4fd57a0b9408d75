"""Is data shifted by GCJ-02, as some Chinese web maps and even issued boundary files are?

Only the forward formula, as public code has it, to recognise a shift; nothing is shifted back and
no parameter of a shift between datums is ever kept.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

_AXIS_M = 6_378_245.0
_ECCENTRICITY_SQUARED = 0.00669342162296594323
_M_PER_DEGREE = 111_320.0
#: Least improvement by the shift: what is left of the distance, and what may be left at all.
_REMAINING_SHARE = 0.25
_REMAINING_M = 60.0


@dataclass(frozen=True)
class ShiftSuspicion:
    """Why data looks shifted: metres to the reference as it is, and to the reference shifted."""

    distance_m: float
    distance_if_shifted_m: float


def shifted(longitude_deg: ArrayLike, latitude_deg: ArrayLike) -> tuple[Floats, Floats]:
    """Where GCJ-02 shows a true position; degrees, arrays of any one shape. Valid in China only."""
    longitude, latitude = np.asarray(longitude_deg, float), np.asarray(latitude_deg, float)
    x, y = longitude - 105.0, latitude - 35.0
    root = np.sqrt(np.abs(x))
    ripple = 20.0 * (np.sin(6 * np.pi * x) + np.sin(2 * np.pi * x)) * 2 / 3
    north = -100.0 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root + ripple
    north += 2 / 3 * (20 * np.sin(np.pi * y) + 40 * np.sin(np.pi * y / 3))
    north += 2 / 3 * (160 * np.sin(np.pi * y / 12) + 320 * np.sin(np.pi * y / 30))
    east = 300.0 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root + ripple
    east += 2 / 3 * (20 * np.sin(np.pi * x) + 40 * np.sin(np.pi * x / 3))
    east += 2 / 3 * (150 * np.sin(np.pi * x / 12) + 300 * np.sin(np.pi * x / 30))
    radians = np.radians(latitude)
    magic = 1 - _ECCENTRICITY_SQUARED * np.sin(radians) ** 2
    meridian_m = _AXIS_M * (1 - _ECCENTRICITY_SQUARED) / (magic * np.sqrt(magic))
    parallel_m = _AXIS_M / np.sqrt(magic) * np.cos(radians)
    return longitude + np.degrees(east / parallel_m), latitude + np.degrees(north / meridian_m)


def shift_suspicion(
    longitude_deg: ArrayLike,
    latitude_deg: ArrayLike,
    reference_longitude_deg: ArrayLike,
    reference_latitude_deg: ArrayLike,
) -> ShiftSuspicion | None:
    """Whether positions fit a reference much better if the reference is shifted by GCJ-02.

    Both are arrays of degrees, of any two lengths: vertices or centres of the same things, such
    as the villages of an import and those of the county; each position is held against the
    nearest of the reference. None if they fit as they are, or fit neither way.
    """
    here = _points(longitude_deg, latitude_deg)
    there = _points(reference_longitude_deg, reference_latitude_deg)
    if not len(here) or not len(there):
        return None
    plain = _median_distance_m(here, there)
    moved = _median_distance_m(here, np.column_stack(shifted(there[:, 0], there[:, 1])))
    if moved > _REMAINING_M or moved > plain * _REMAINING_SHARE:
        return None
    return ShiftSuspicion(plain, moved)


def _points(longitude_deg: ArrayLike, latitude_deg: ArrayLike) -> Floats:
    both = np.column_stack(
        (np.asarray(longitude_deg, float).ravel(), np.asarray(latitude_deg, float).ravel())
    )
    return both[np.isfinite(both).all(axis=1)]


def _median_distance_m(here: Floats, there: Floats) -> float:
    """Median over `here` of the distance to the nearest of `there`, metres on a local plane."""
    scale = np.array([_M_PER_DEGREE * np.cos(np.radians(np.median(there[:, 1]))), _M_PER_DEGREE])
    tree = shapely.STRtree(shapely.points(there * scale))
    _, distances = tree.query_nearest(
        shapely.points(here * scale), return_distance=True, all_matches=False
    )
    return float(np.median(distances))

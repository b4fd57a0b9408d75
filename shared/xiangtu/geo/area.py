"""Areas on the plane and on the ellipsoid, mu, and sums that add up.

Parcels are handed out by their plane area in the Gauss-Krüger zone, the national land survey
counts ellipsoidal area; both are kept. 1 mu is 10000/15 m², so mu = m² × 0.0015.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray

from . import gauss_kruger
from .ellipsoid import ECCENTRICITY, ECCENTRICITY_SQUARED, SEMI_MAJOR_M

Floats = NDArray[np.float64]

_MU_PER_M2 = Decimal("0.0015")
_HUNDREDTH = Decimal("0.01")
#: Edges are cut to at most this before they are carried to the ellipsoid, where between two cuts
#: they are taken as straight in degrees: 0.0004 ppm of a square kilometre.
_LONGEST_EDGE_M = 200.0
#: Geometries at once: the coordinates of more would take memory and gain no time.
_AT_ONCE = 20_000


def plane_area_m2(geometries: ArrayLike | Sequence[Any]) -> Floats:
    """Area of each geometry in its own plane, m²; NaN for None."""
    geoms = np.asarray(geometries, dtype=object)
    areas: Floats = np.asarray(shapely.area(geoms), float)
    return np.where(shapely.is_missing(geoms), np.nan, areas)


def ellipsoidal_area_m2(geometries: ArrayLike | Sequence[Any], srid: int) -> Floats:
    """Area of each polygon or multipolygon on the ellipsoid of CGCS2000, m²; NaN for None.

    What lies on the ellipsoid between the outlines as drawn in the plane of the zone: the area
    under each edge down to the equator, in the authalic (equal-area) latitude, summed along
    the edges cut to 200 m. It differs from the geodesic area of the same, densified outline by
    less than 0.001 ppm.
    BadInput("zone.not_cgcs2000") for a CRS that is none of the zones.
    """
    geoms = np.asarray(geometries, dtype=object).ravel()
    areas = np.full(len(geoms), np.nan)
    for start in range(0, len(geoms), _AT_ONCE):
        some = slice(start, start + _AT_ONCE)
        areas[some] = _polygon_areas(geoms[some], srid)
    areas[shapely.is_missing(geoms)] = np.nan
    return areas


def _polygon_areas(geoms: NDArray[np.object_], srid: int) -> Floats:
    areas = np.zeros(len(geoms))
    parts, part_of = shapely.get_parts(geoms, return_index=True)
    rings, ring_part = shapely.get_rings(parts, return_index=True)
    outside = np.ones(len(rings), bool)
    outside[1:] = ring_part[1:] != ring_part[:-1]
    rings = shapely.segmentize(rings, _LONGEST_EDGE_M)
    coordinates, ring_of = shapely.get_coordinates(rings, return_index=True)
    if len(rings):
        ring_areas = np.abs(_ring_areas(coordinates, ring_of, len(rings), srid))
        np.add.at(areas, part_of[ring_part], np.where(outside, ring_areas, -ring_areas))
    return areas


def _ring_areas(coordinates: Floats, ring_of: NDArray[np.int_], count: int, srid: int) -> Floats:
    longitude, latitude = gauss_kruger.inverse(coordinates[:, 0], coordinates[:, 1], srid)
    same = ring_of[1:] == ring_of[:-1]
    start, end = latitude[:-1][same], latitude[1:][same]
    width = np.radians(longitude[1:] - longitude[:-1])[same]
    # Measured from the ring's own first parallel: a strip down to the equator is a million
    # times the parcel, and its last digits would be lost.
    first = np.searchsorted(ring_of, np.arange(count))
    zero = _strip(latitude[first])[ring_of[1:][same]]
    # Simpson's rule along the edge, which on the plane is straight within the cut.
    middle = _strip((start + end) / 2)
    height = (_strip(start) + 4 * middle + _strip(end)) / 6 - zero
    areas: Floats = np.bincount(ring_of[1:][same], weights=width * height, minlength=count).astype(
        np.float64
    )
    return areas


def _strip(latitude_deg: Floats) -> Floats:
    """Area from the equator to a parallel for one radian of longitude, m²."""
    sine = np.sin(np.radians(latitude_deg))
    curved = sine / (1 - ECCENTRICITY_SQUARED * sine**2)
    straight = np.arctanh(ECCENTRICITY * sine) / ECCENTRICITY
    return SEMI_MAJOR_M**2 * (1 - ECCENTRICITY_SQUARED) / 2 * (curved + straight)


def rounded_m2(area_m2: float | Decimal) -> Decimal:
    """An area as it is written: two decimals, half away from zero, from the shortest decimal
    that means the same float (so 0.125 is 0.13, and 2.675 is 2.68 as a person reads it)."""
    value = area_m2 if isinstance(area_m2, Decimal) else Decimal(repr(float(area_m2)))
    return value.quantize(_HUNDREDTH, ROUND_HALF_UP)


def mu(area_m2: float | Decimal) -> Decimal:
    """Mu of the rounded m², two decimals, half-up: what is printed beside the m² agrees with it."""
    return (rounded_m2(area_m2) * _MU_PER_M2).quantize(_HUNDREDTH, ROUND_HALF_UP)


def balance(
    parts: Sequence[float | Decimal], total: float | Decimal, decimals: int
) -> list[Decimal]:
    """The parts rounded to `decimals` so that they add up to the rounded total.

    Each is first rounded down; the units still missing go to the parts that lost most (largest
    remainder, the earlier on a tie). A part moves by less than one unit where the parts do add
    up to the total; what they miss beyond rounding is a mistake: ValueError.
    """
    unit = Decimal(1).scaleb(-decimals)
    exact = [p if isinstance(p, Decimal) else Decimal(repr(float(p))) for p in parts]
    whole = total if isinstance(total, Decimal) else Decimal(repr(float(total)))
    target = int(whole.quantize(unit, ROUND_HALF_UP).scaleb(decimals))
    floors = [math.floor(each.scaleb(decimals)) for each in exact]
    missing = target - sum(floors)
    if not 0 <= missing <= len(exact):
        raise ValueError(f"parts add up to {sum(exact)}, not to {whole}")
    lost = sorted(range(len(exact)), key=lambda at: floors[at] - exact[at].scaleb(decimals))
    for at in lost[:missing]:
        floors[at] += 1
    return [Decimal(each).scaleb(-decimals) for each in floors]

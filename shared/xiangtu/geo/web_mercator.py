"""Web Mercator (EPSG:3857), in which the tiles of basemaps are cut; for showing only, never for
measuring: its metres are too long by the secant of the latitude.

Source: OGC 17-083r4, Two Dimensional Tile Matrix Set, annex D (WebMercatorQuad).
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .ellipsoid import ECCENTRICITY, SEMI_MAJOR_M

Floats = NDArray[np.float64]

#: From the middle of the square to each of its sides.
HALF_M = math.pi * SEMI_MAJOR_M
#: Where the square ends, north and south.
_HIGHEST_DEG = math.degrees(2 * math.atan(math.exp(math.pi)) - math.pi / 2)


def forward(longitude_deg: ArrayLike, latitude_deg: ArrayLike) -> tuple[Floats, Floats]:
    """x and y in Web Mercator's metres; arrays of any one shape (numbers too).

    Latitudes beyond the square are put on its edge. NaN stays NaN.
    """
    latitude = np.clip(np.asarray(latitude_deg, float), -_HIGHEST_DEG, _HIGHEST_DEG)
    x = np.radians(np.asarray(longitude_deg, float)) * SEMI_MAJOR_M
    return x, np.arcsinh(np.tan(np.radians(latitude))) * SEMI_MAJOR_M


def inverse(x_m: ArrayLike, y_m: ArrayLike) -> tuple[Floats, Floats]:
    """Longitude and latitude in degrees; the reverse of `forward`."""
    longitude = np.degrees(np.asarray(x_m, float) / SEMI_MAJOR_M)
    return longitude, np.degrees(np.arctan(np.sinh(np.asarray(y_m, float) / SEMI_MAJOR_M)))


def stretch(latitude_deg: float) -> float:
    """Web Mercator's metres in one on the ground, at a latitude, as the mean of north and east.

    The two differ by up to 0.7 % (the projection is made of a sphere), which no scale bar shows.
    """
    sine = math.sin(math.radians(max(-_HIGHEST_DEG, min(_HIGHEST_DEG, latitude_deg))))
    cosine = math.sqrt(1 - sine**2)
    root = 1 - (ECCENTRICITY * sine) ** 2
    east = math.sqrt(root) / cosine
    north = root**1.5 / ((1 - ECCENTRICITY**2) * cosine)
    return (east + north) / 2


def tiles_over(
    west_deg: float, south_deg: float, east_deg: float, north_deg: float, zoom: int
) -> int:
    """How many tiles of a zoom a rectangle of longitudes and latitudes touches."""
    x, y = forward([west_deg, east_deg], [north_deg, south_deg])
    side_m = 2 * HALF_M / 2**zoom
    columns = np.clip(np.floor((x + HALF_M) / side_m), 0, 2**zoom - 1)
    rows = np.clip(np.floor((HALF_M - y) / side_m), 0, 2**zoom - 1)
    return int((columns[1] - columns[0] + 1) * (rows[1] - rows[0] + 1))

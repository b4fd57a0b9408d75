"""Places between the survey's grid and the map (Web Mercator)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from xiangtu.geo import gauss_kruger, web_mercator

Places = NDArray[np.float64]


def on_map(places_m: Places, srid: int) -> Places:
    """Places of a survey, array (n, 2) of easting and northing, in Web Mercator."""
    degrees = gauss_kruger.inverse(places_m[:, 0], places_m[:, 1], srid)
    return np.column_stack(web_mercator.forward(*degrees))


def in_survey(x_m: float, y_m: float, srid: int) -> tuple[float, float]:
    """Easting and northing of a place of the map, in metres of the survey's CRS."""
    easting, northing = gauss_kruger.forward(*web_mercator.inverse(x_m, y_m), srid)
    return float(easting), float(northing)


def on_ground_m(length_m: float, y_m: float) -> float:
    """What a short length of the map is on the ground there, in metres."""
    _, latitude = web_mercator.inverse(0.0, y_m)
    return length_m / web_mercator.stretch(float(latitude))

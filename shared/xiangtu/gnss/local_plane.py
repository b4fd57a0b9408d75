"""Metres around one place, for what is near it: a stand, the way since the last corner."""

from __future__ import annotations

import math

from ..geo.ellipsoid import ECCENTRICITY_SQUARED, SEMI_MAJOR_M


class LocalPlane:
    """Metres east and north of a place; a degree has everywhere the length that it has there.

    A kilometre away that is off by less than a metre, in what is a length of tens of metres by
    less than a centimetre: good for telling near from far, not for coordinates that are stored.
    """

    def __init__(self, longitude_deg: float, latitude_deg: float) -> None:
        self._longitude_deg, self._latitude_deg = longitude_deg, latitude_deg
        self._east_m, self._north_m = metres_in_a_degree(latitude_deg)

    def metres(self, longitude_deg: float, latitude_deg: float) -> tuple[float, float]:
        """Metres east and north."""
        east_deg = _east_deg(self._longitude_deg, longitude_deg)
        return east_deg * self._east_m, (latitude_deg - self._latitude_deg) * self._north_m


def metres_between(
    longitude_deg: float, latitude_deg: float, other_longitude_deg: float, other_latitude_deg: float
) -> float:
    """Metres from one place to another that is near it."""
    east_m, north_m = metres_in_a_degree((latitude_deg + other_latitude_deg) / 2)
    east_deg = _east_deg(longitude_deg, other_longitude_deg)
    return math.hypot(east_deg * east_m, (other_latitude_deg - latitude_deg) * north_m)


def _east_deg(longitude_deg: float, other_longitude_deg: float) -> float:
    """Degrees eastwards, the shorter way round: across 180° the plain difference is the longer."""
    return (other_longitude_deg - longitude_deg + 180) % 360 - 180


def metres_in_a_degree(latitude_deg: float) -> tuple[float, float]:
    """Metres of one degree of longitude and one of latitude there, on the ellipsoid."""
    sine = math.sin(math.radians(latitude_deg))
    w = 1 - ECCENTRICITY_SQUARED * sine**2
    across = SEMI_MAJOR_M / math.sqrt(w)
    along = SEMI_MAJOR_M * (1 - ECCENTRICITY_SQUARED) / w**1.5
    east_m = math.radians(1) * across * math.cos(math.radians(latitude_deg))
    return east_m, math.radians(1) * along

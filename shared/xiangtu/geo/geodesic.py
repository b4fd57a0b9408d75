"""Distance and direction between two positions on the ellipsoid.

Source: T. Vincenty, "Direct and inverse solutions of geodesics on the ellipsoid with application
of nested equations", Survey Review 23 (1975); the inverse solution.
"""

from __future__ import annotations

import math

from .ellipsoid import ECCENTRICITY_SQUARED, FLATTENING, SEMI_MAJOR_M

_SEMI_MINOR_M = SEMI_MAJOR_M * (1 - FLATTENING)
_SECOND_ECCENTRICITY_SQUARED = ECCENTRICITY_SQUARED / (1 - ECCENTRICITY_SQUARED)
#: Radians between two steps below which the last one is good to a hundredth of a millimetre.
_CLOSE_ENOUGH = 1e-12
#: A handful is enough everywhere but opposite of the start, where the series does not converge.
_MOST_STEPS = 50


def inverse(
    longitude_deg: float, latitude_deg: float, to_longitude_deg: float, to_latitude_deg: float
) -> tuple[float, float]:
    """Metres along the geodesic from one position to another, and the direction it sets out in:
    degrees clockwise from true north, 0 ≤ bearing < 360.

    Two positions at one place are 0 m apart in direction 0. Good to a millimetre, but for pairs
    that lie almost opposite each other on the Earth, where it says what the last step gave.
    """
    reduced = math.atan((1 - FLATTENING) * math.tan(math.radians(latitude_deg)))
    to_reduced = math.atan((1 - FLATTENING) * math.tan(math.radians(to_latitude_deg)))
    apart = math.radians((to_longitude_deg - longitude_deg + 180) % 360 - 180)
    sine, cosine = math.sin(reduced), math.cos(reduced)
    to_sine, to_cosine = math.sin(to_reduced), math.cos(to_reduced)
    on_sphere = apart
    for _ in range(_MOST_STEPS):
        east = to_cosine * math.sin(on_sphere)
        north = cosine * to_sine - sine * to_cosine * math.cos(on_sphere)
        sine_arc = math.hypot(east, north)
        if sine_arc == 0:
            return 0.0, 0.0
        cosine_arc = sine * to_sine + cosine * to_cosine * math.cos(on_sphere)
        arc = math.atan2(sine_arc, cosine_arc)
        sine_azimuth = cosine * east / sine_arc
        flat = 1 - sine_azimuth**2  # 0 along the equator
        middle = cosine_arc - 2 * sine * to_sine / flat if flat > 0 else 0.0
        c = FLATTENING / 16 * flat * (4 + FLATTENING * (4 - 3 * flat))
        inner = middle + c * cosine_arc * (2 * middle**2 - 1)
        before = on_sphere
        on_sphere = apart + (1 - c) * FLATTENING * sine_azimuth * (arc + c * sine_arc * inner)
        if abs(on_sphere - before) < _CLOSE_ENOUGH:
            break
    u = flat * _SECOND_ECCENTRICITY_SQUARED
    a = 1 + u / 16384 * (4096 + u * (-768 + u * (320 - 175 * u)))
    b = u / 1024 * (256 + u * (-128 + u * (74 - 47 * u)))
    third = b / 6 * middle * (4 * sine_arc**2 - 3) * (4 * middle**2 - 3)
    less = b * sine_arc * (middle + b / 4 * (cosine_arc * (2 * middle**2 - 1) - third))
    return _SEMI_MINOR_M * a * (arc - less), math.degrees(math.atan2(east, north)) % 360

"""How good a position is: fix types in order, accuracy from what the receiver says, refusals."""

from __future__ import annotations

import math
from collections.abc import Mapping

from .fix import FixType

#: From worst to best; positions of different types are never averaged together.
FIX_TYPES: tuple[FixType, ...] = ("none", "single", "differential", "rtk_float", "rtk_fixed")

#: Field 6 of GGA (NMEA 0183). 6 is dead reckoning and 7 typed by hand: no measured position.
#: 8 is a simulator, which is a fix of its own kind with `mock` set; 9 is SBAS on NovAtel.
GGA_QUALITY: Mapping[int, FixType] = {
    0: "none",
    1: "single",
    2: "differential",
    3: "single",
    4: "rtk_fixed",
    5: "rtk_float",
    6: "none",
    7: "none",
    8: "single",
    9: "differential",
}
GGA_SIMULATED = 8

#: Mode indicator of RMC and GNS (one letter for each constellation), NMEA 0183 2.3 and later.
MODE_INDICATOR: Mapping[str, FixType] = {
    "N": "none",
    "A": "single",
    "P": "single",
    "D": "differential",
    "F": "rtk_float",
    "R": "rtk_fixed",
    "E": "none",
    "M": "none",
    "S": "single",
}
MODE_SIMULATED = "S"

#: Metres (68 %) that one unit of HDOP stands for, when a receiver gives nothing better. Our own
#: careful figures, of the order of the range error of each kind of fix.
_METRES_PER_HDOP: Mapping[FixType, float] = {
    "single": 3.0,
    "differential": 1.0,
    "rtk_float": 0.4,
    "rtk_fixed": 0.02,
}


def rank(fix_type: FixType) -> int:
    """0 for no position up to 4 for RTK fixed."""
    return FIX_TYPES.index(fix_type)


def accuracy_from_dop(hdop: float | None, fix_type: FixType) -> float | None:
    """Horizontal accuracy in metres (68 %) that HDOP and fix type let one expect, or None.

    Receivers write 99.99 where they have no DOP.
    """
    if hdop is None or not 0 < hdop < 50 or fix_type == "none":
        return None
    return hdop * _METRES_PER_HDOP[fix_type]


def position_problem(longitude_deg: float, latitude_deg: float) -> str | None:
    """Why a pair of degrees is no position ("gnss.position.…"), or None if it is one.

    0/0 is what receivers and programs write for "unknown"; no county lies there.
    """
    if not (math.isfinite(longitude_deg) and math.isfinite(latitude_deg)):
        return "gnss.position.not_a_number"
    if abs(latitude_deg) > 90 or abs(longitude_deg) > 180:
        return "gnss.position.out_of_range"
    if longitude_deg == 0 and latitude_deg == 0:
        return "gnss.position.null_island"
    return None

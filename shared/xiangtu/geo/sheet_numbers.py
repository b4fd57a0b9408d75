"""Numbers of the sheets of the national topographic map series.

A sheet of 1:1 000 000 is 4° high and 6° wide: a letter from the equator northwards, a number from
180° eastwards. Larger scales divide it into rows, counted from the north, and columns, counted
from the west. Source: GB/T 13989.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from ..errors import BadInput

_SECONDS = 3600


@dataclass(frozen=True)
class _Series:
    """A scale's letter, and the height and width of its sheets in seconds of arc."""

    letter: str
    height_s: float
    width_s: float


_SERIES = {
    500_000: _Series("B", 7200, 10800),
    250_000: _Series("C", 3600, 5400),
    100_000: _Series("D", 1200, 1800),
    50_000: _Series("E", 600, 900),
    25_000: _Series("F", 300, 450),
    10_000: _Series("G", 150, 225),
    5_000: _Series("H", 75, 112.5),
    2_000: _Series("I", 25, 37.5),
}
#: Denominators of the scales that have sheets of their own, the smallest scale first.
SCALES = (1_000_000, *_SERIES)


def sheet_number(longitude_deg: float, latitude_deg: float, scale: int) -> str:
    """The number of the sheet a place lies on ("I50E004011").

    Parameters
    ----------
    longitude_deg, latitude_deg : float
        East of Greenwich 0…180, north of the equator 0…88. On the line between two sheets: the
        eastern, the northern one.
    scale : int
        Denominator, one of SCALES.

    Raises
    ------
    BadInput
        "sheet.scale" (facts scale, known), "sheet.place" (longitude, latitude).
    """
    if scale not in SCALES:
        raise BadInput("sheet.scale", scale=scale, known=", ".join(map(str, SCALES)))
    if not (0 <= longitude_deg < 180 and 0 <= latitude_deg < 88):
        raise BadInput("sheet.place", longitude=longitude_deg, latitude=latitude_deg)
    millionth = f"{chr(ord('A') + int(latitude_deg // 4))}{int(longitude_deg // 6) + 31}"
    series = _SERIES.get(scale)
    if series is None:
        return millionth
    north = math.floor(latitude_deg % 4 * _SECONDS / series.height_s)
    row = round(4 * _SECONDS / series.height_s) - north
    column = math.floor(longitude_deg % 6 * _SECONDS / series.width_s) + 1
    return f"{millionth}{series.letter}{row:03d}{column:03d}"

"""Gauss-Krüger zones of CGCS2000 and their EPSG codes.

3° zones 25…45: central meridian 3n, EPSG 4513+(n−25) with the zone's number before the easting,
4534+(n−25) without. 6° zones 13…23: central meridian 6n−3, EPSG 4491+(n−13) and 4502+(n−13).
Source: the EPSG dataset.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from ..errors import BadInput

Width = Literal[3, 6]

#: CGCS2000 in degrees (longitude, latitude).
GEOGRAPHIC_SRID = 4490
#: Easting of the central meridian in metres, before the zone's number is put in front.
FALSE_EASTING_M = 500_000.0

_FIRST = {3: 25, 6: 13}
_LAST = {3: 45, 6: 23}
_EPSG_PREFIXED = {3: 4513, 6: 4491}
_EPSG = {3: 4534, 6: 4502}


@dataclass(frozen=True)
class Zone:
    """One zone; `epsg` has eastings of 6 digits, `epsg_prefixed` of 8."""

    width: Width
    number: int
    central_meridian_deg: float
    epsg: int
    epsg_prefixed: int


@dataclass(frozen=True)
class ZoneOfSrid:
    """What an EPSG code of these says: its zone, and whether eastings carry the zone's number."""

    zone: Zone
    prefixed: bool

    @property
    def false_easting_m(self) -> float:
        return FALSE_EASTING_M + (1_000_000.0 * self.zone.number if self.prefixed else 0.0)


def zone(number: int, width: Width = 3) -> Zone:
    """The zone of that number; BadInput("zone.unknown") outside 25…45 (3°) or 13…23 (6°)."""
    if width not in _FIRST or not _FIRST[width] <= number <= _LAST[width]:
        raise BadInput("zone.unknown", number=number, width=width)
    offset = number - _FIRST[width]
    meridian = 3.0 * number if width == 3 else 6.0 * number - 3.0
    return Zone(width, number, meridian, _EPSG[width] + offset, _EPSG_PREFIXED[width] + offset)


def zone_for_longitude(longitude_deg: float, width: Width = 3) -> Zone:
    """The zone a longitude lies in; BadInput("zone.no_zone") outside China's zones."""
    if not math.isfinite(longitude_deg):
        raise BadInput("zone.no_zone", longitude=longitude_deg)
    shifted = (longitude_deg + 1.5) / 3 if width == 3 else longitude_deg / 6 + 1
    try:
        return zone(math.floor(shifted), width)
    except BadInput:
        raise BadInput("zone.no_zone", longitude=longitude_deg) from None


def zone_of_srid(srid: int) -> ZoneOfSrid | None:
    """The zone an EPSG code names, or None for every other CRS."""
    widths: tuple[Width, ...] = (3, 6)
    for width in widths:
        for prefixed, first in ((True, _EPSG_PREFIXED[width]), (False, _EPSG[width])):
            number = srid - first + _FIRST[width]
            if _FIRST[width] <= number <= _LAST[width]:
                return ZoneOfSrid(zone(number, width), prefixed)
    return None


def false_easting(srid: int) -> float:
    """False easting of a CGCS2000 zone in metres; BadInput("zone.not_cgcs2000") for others."""
    return required_zone(srid).false_easting_m


def required_zone(srid: int) -> ZoneOfSrid:
    """`zone_of_srid`, but BadInput("zone.not_cgcs2000") where the CRS is none of these zones."""
    found = zone_of_srid(srid)
    if found is None:
        raise BadInput("zone.not_cgcs2000", srid=srid)
    return found

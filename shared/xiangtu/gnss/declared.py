"""What a person declares of a receiver, since no receiver says it: datum and antenna height."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from ..errors import BadInput
from .fix import Datum, Fix

#: CGCS2000 is the ITRF97 at this moment and stays so (GB 22021-2008).
CGCS2000_EPOCH = 2000.0
#: A pole is not longer; a larger number was typed in centimetres.
TALLEST_ANTENNA_M = 30.0


@dataclass(frozen=True)
class Declared:
    """Settings that every fix of a receiver gets.

    `rtk_datum` is that of RTK positions: a Chinese CORS delivers CGCS2000. A position without
    corrections, or with those of a satellite (SBAS), is in the WGS 84 of the day whatever is
    declared. `antenna_height_m` is that of the antenna above the mark; None if nobody measured it.
    """

    rtk_datum: Datum = "CGCS2000"
    antenna_height_m: float | None = None

    def __post_init__(self) -> None:
        """BadInput("gnss.antenna_height") for a height that no pole has."""
        height_m = self.antenna_height_m
        if height_m is not None and not 0 <= height_m <= TALLEST_ANTENNA_M:
            raise BadInput("gnss.antenna_height", height=height_m, tallest=TALLEST_ANTENNA_M)

    def apply(self, fix: Fix) -> Fix:
        """The fix with datum, coordinate epoch and antenna height; what it says itself stays."""
        antenna_height_m = fix.antenna_height_m
        if antenna_height_m is None:
            antenna_height_m = self.antenna_height_m
        if fix.fix_type == "none" or fix.coordinate_epoch is not None:
            return replace(fix, antenna_height_m=antenna_height_m)
        datum = self.rtk_datum if fix.fix_type in ("rtk_fixed", "rtk_float") else fix.datum
        moment = fix.time or fix.tablet_time
        epoch: float | None = CGCS2000_EPOCH
        if datum != "CGCS2000":
            epoch = None if moment is None else decimal_year(moment)
        return replace(fix, datum=datum, coordinate_epoch=epoch, antenna_height_m=antenna_height_m)


def decimal_year(moment: datetime) -> float:
    """A moment as a decimal year, to a ten-thousandth (an hour)."""
    moment = moment.astimezone(UTC)
    start = datetime(moment.year, 1, 1, tzinfo=UTC)
    days = (datetime(moment.year + 1, 1, 1, tzinfo=UTC) - start) / timedelta(days=1)
    return round(moment.year + (moment - start) / timedelta(days=1) / days, 4)

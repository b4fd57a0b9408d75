"""One position as a receiver gave it, with all that says how good it is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

FixType = Literal["none", "single", "differential", "rtk_float", "rtk_fixed"]


@dataclass(frozen=True)
class Fix:
    """A position at one epoch.

    Degrees, metres and seconds; None where the receiver did not say. `time` is the receiver's
    (UTC, aware). Heights above the ellipsoid and above sea level are kept apart.
    """

    time: datetime | None
    longitude_deg: float
    latitude_deg: float
    fix_type: FixType = "single"
    height_ellipsoid_m: float | None = None
    height_sea_level_m: float | None = None
    geoid_separation_m: float | None = None
    satellites: int | None = None
    satellites_in_view: int | None = None
    hdop: float | None = None
    pdop: float | None = None
    horizontal_accuracy_m: float | None = None
    vertical_accuracy_m: float | None = None
    accuracy_from: Literal["gst", "receiver", "dop"] | None = None
    correction_age_s: float | None = None
    speed_mps: float | None = None
    track_deg: float | None = None
    source: str = ""
    datum: Literal["WGS84", "CGCS2000"] = "WGS84"
    tablet_time: datetime | None = None
    mock: bool = False

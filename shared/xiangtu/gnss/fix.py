"""One position as a receiver gave it, with all that says how good it is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

FixType = Literal["none", "single", "differential", "rtk_float", "rtk_fixed"]
Datum = Literal["WGS84", "CGCS2000"]
AccuracyFrom = Literal["gst", "receiver", "dop"]


@dataclass(frozen=True, slots=True)
class Fix:
    """A position at one epoch.

    Degrees, metres and seconds; None where the receiver did not say. `time` is the receiver's,
    `tablet_time` that of its arrival (both UTC, aware). Heights above the ellipsoid and above sea
    level (of the receiver's own geoid) are kept apart, and both are the antenna's, which is
    `antenna_height_m` above the mark. Accuracies are 68 %: horizontally the distance root mean
    square, vertically one standard deviation; `accuracy_from` says who says so: the receiver's
    GST sentence, another statement of its own, or our estimate from the DOP. `coordinate_epoch`
    is the moment, as a decimal year, at which the coordinates hold in their `datum`: CGCS2000 is
    fixed at 2000.0, while WGS 84 moves with the plates, so that its coordinates are of the day.
    `mock` positions are simulated, or typed in by another app.
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
    accuracy_from: AccuracyFrom | None = None
    correction_age_s: float | None = None
    speed_mps: float | None = None
    track_deg: float | None = None
    source: str = ""
    datum: Datum = "WGS84"
    coordinate_epoch: float | None = None
    antenna_height_m: float | None = None
    tablet_time: datetime | None = None
    mock: bool = False

"""One point out of many epochs: the plain mean of the best kind of fix among them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from ..errors import BadInput
from ..geo import gauss_kruger
from ..geo.ellipsoid import ECCENTRICITY_SQUARED, SEMI_MAJOR_M
from .fix import Fix, FixType
from .quality import position_problem, rank


@dataclass(frozen=True)
class AveragedPoint:
    """The mean of `epochs` positions of one fix type, out of `epochs_given`.

    `easting_m`, `northing_m` are in the metric CRS that was asked for, else None. `spread_m` is
    the root mean square distance of the epochs from the mean, `farthest_m` the largest.
    `horizontal_accuracy_m` (68 %) is that of one epoch on average and never less than the
    spread: the errors of epochs one after the other are alike, so that many of them are no better
    than one, merely safer. `satellites` is the fewest. `fixes` are the epochs that were used.
    """

    longitude_deg: float
    latitude_deg: float
    easting_m: float | None
    northing_m: float | None
    fix_type: FixType
    epochs: int
    epochs_given: int
    spread_m: float
    farthest_m: float
    horizontal_accuracy_m: float | None
    vertical_accuracy_m: float | None
    height_ellipsoid_m: float | None
    height_sea_level_m: float | None
    satellites: int | None
    started_at: datetime | None
    ended_at: datetime | None
    fixes: tuple[Fix, ...]


def average(fixes: Iterable[Fix], srid: int | None = None) -> AveragedPoint:
    """The mean of the best kind of fix among `fixes`; worse kinds are left out, never mixed in.

    Parameters
    ----------
    fixes : iterable of Fix
        Epochs of one spot. Those without a usable position are counted, not used.
    srid : int, optional
        A metric CRS (EPSG) in which the mean is then taken; else it is taken in degrees.

    Raises
    ------
    BadInput
        "gnss.average.nothing" if no fix has a position.
    """
    given = list(fixes)
    usable = [
        fix
        for fix in given
        if fix.fix_type != "none" and position_problem(fix.longitude_deg, fix.latitude_deg) is None
    ]
    if not usable:
        raise BadInput("gnss.average.nothing", epochs=len(given))
    best = max((fix.fix_type for fix in usable), key=rank)
    used = [fix for fix in usable if fix.fix_type == best]

    longitude = np.array([fix.longitude_deg for fix in used])
    latitude = np.array([fix.latitude_deg for fix in used])
    # Across 180° the mean would lie on the other side of the Earth.
    longitude = longitude[0] + (longitude - longitude[0] + 180) % 360 - 180
    mean_longitude, mean_latitude = float(longitude.mean()), float(latitude.mean())
    easting_m = northing_m = None
    if srid is None:
        east_m, north_m = metres_in_a_degree(mean_latitude)
        from_mean = np.hypot(
            (longitude - mean_longitude) * east_m, (latitude - mean_latitude) * north_m
        )
    else:
        x, y = gauss_kruger.forward(longitude, latitude, srid)
        easting_m, northing_m = float(np.mean(x)), float(np.mean(y))
        from_mean = np.hypot(x - easting_m, y - northing_m)
    spread_m = float(np.sqrt(np.mean(from_mean**2)))
    accuracy_m = _mean(fix.horizontal_accuracy_m for fix in used)
    satellites = [fix.satellites for fix in used if fix.satellites is not None]
    times = [fix.time for fix in used if fix.time is not None]
    return AveragedPoint(
        longitude_deg=(mean_longitude + 180) % 360 - 180,
        latitude_deg=mean_latitude,
        easting_m=easting_m,
        northing_m=northing_m,
        fix_type=best,
        epochs=len(used),
        epochs_given=len(given),
        spread_m=spread_m,
        farthest_m=float(from_mean.max()),
        horizontal_accuracy_m=None if accuracy_m is None else max(accuracy_m, spread_m),
        vertical_accuracy_m=_mean(fix.vertical_accuracy_m for fix in used),
        height_ellipsoid_m=_mean(fix.height_ellipsoid_m for fix in used),
        height_sea_level_m=_mean(fix.height_sea_level_m for fix in used),
        satellites=min(satellites, default=None),
        started_at=min(times, default=None),
        ended_at=max(times, default=None),
        fixes=tuple(used),
    )


def metres_in_a_degree(latitude_deg: float) -> tuple[float, float]:
    """Metres of one degree of longitude and one of latitude there, on the ellipsoid."""
    sine = np.sin(np.radians(latitude_deg))
    w = 1 - ECCENTRICITY_SQUARED * sine**2
    across = SEMI_MAJOR_M / np.sqrt(w)
    along = SEMI_MAJOR_M * (1 - ECCENTRICITY_SQUARED) / w**1.5
    east_m = np.radians(1) * across * np.cos(np.radians(latitude_deg))
    return float(east_m), float(np.radians(1) * along)


def _mean(values: Iterable[float | None]) -> float | None:
    """The mean of what is known; None if any is unknown, since the rest says nothing of it."""
    known = list(values)
    if not known or any(value is None for value in known):
        return None
    return float(np.mean([value for value in known if value is not None]))

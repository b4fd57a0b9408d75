"""What the tests of the app's controllers are made of: places, fixes, a county's file."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
from shapely.geometry import Polygon, box
from xiangtu import store
from xiangtu.geo import gauss_kruger
from xiangtu.gnss.fix import Fix
from xiangtu.package import assignment, enrolment

from field_app.controllers.start import Fieldwork

SRID = 4548
X0, Y0 = 454_000.0, 3_919_000.0
VILLAGE = "990101101201"
#: What a contracted parcel must say beside its name and land use.
COMPLETE = {
    "delegate_name": "张三", "planting": "LS", "neighbour_east": "路", "neighbour_south": "渠",
    "neighbour_west": "李四",
}  # fmt: skip
START = datetime(2025, 6, 5, 1, 0, tzinfo=UTC)


def square(x: float, y: float, side: float) -> Polygon:
    return box(X0 + x, Y0 + y, X0 + x + side, Y0 + y + side)


def fix_at(
    x: float, y: float, second: float = 0.0, corner=(X0, Y0), srid: int = SRID, **other
) -> Fix:
    """A fix x, y metres from a county's corner; RTK fixed unless said."""
    longitude, latitude = gauss_kruger.inverse(corner[0] + x, corner[1] + y, srid)
    values = {"fix_type": "rtk_fixed", "horizontal_accuracy_m": 0.02, "satellites": 20} | other
    return Fix(START + timedelta(seconds=second), float(longitude), float(latitude), **values)


def nowhere(second: float) -> Fix:
    return Fix(START + timedelta(seconds=second), math.nan, math.nan, "none")


def way(corners, step_m: float = 1.0, **other) -> list[Fix]:
    """Fixes at 1 Hz along corners (metres from the county's corner)."""
    points = np.asarray(corners, float)
    along = np.concatenate([[0], np.cumsum(np.hypot(*np.diff(points, axis=0).T))])
    at = np.unique(np.concatenate([np.arange(0, along[-1], step_m), along]))
    x, y = np.interp(at, along, points[:, 0]), np.interp(at, along, points[:, 1])
    return [fix_at(a, b, n, **other) for n, (a, b) in enumerate(zip(x, y, strict=True))]


@dataclass
class World:
    """The county's file with its key, and what it hands out."""

    county: Path
    identity: str
    parcels: dict[str, str]
    household: str

    def assignment_for(self, work: Fieldwork, out: Path) -> Path:
        with store.open(self.county) as file:
            device = enrolment.enrol(file, work.card)
            assignment.assign(file, out, device, "王芳", [VILLAGE])
        return out

"""A county's geoid grid: how far the 1985 height's zero lies above the ellipsoid, place by place.

What the county gives is taken at its word: height_1985 = ellipsoidal height − grid value, be the
grid called a geoid or a quasi-geoid (height anomaly), whatever its tide system and epoch. Between
the four nodes around a place the value is bilinear, as PROJ's vgridshift and NOAA's VDatum have
it. Beside a node without a value, and outside the grid, there is no value: never a guess.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import BadInput

Floats = NDArray[np.float64]

#: How far the geoid leaves the ellipsoid anywhere on Earth is −107 to +86 m (EGM2008): values
#: beyond this are heights of the ground, or not in metres.
LOWEST_M, HIGHEST_M = -120.0, 100.0
#: The geoid leans by less than 2′ of arc (6e-4) even under the Himalaya (GGMplus, C. Hirt and
#: others, 2013: 109″ at most); ground is steeper than that nearly everywhere.
STEEPEST = 1e-3
#: NOAA's sign for "no value"; PROJ also takes what is larger than any height so.
GTX_NODATA = np.float32(-88.8888)
LARGEST_M = 1000.0
#: A place this near (in cells) a node or the edge stands on it: degrees of the two are rounded.
_ON_NODE = 1e-7
_METRES_IN_A_DEGREE = 111_320.0


@dataclass(frozen=True, eq=False)
class GeoidGrid:
    """Values in metres at the nodes of a grid in degrees of CGCS2000.

    `values` has the shape (rows, columns): row 0 in the south, column 0 in the west. A node
    without a value is NaN, or what a GTX file writes for it. It may be a map of a file, so that
    only the part that is asked for is read. `path` is the file it came from, for refusals.
    """

    south_deg: float
    west_deg: float
    step_latitude_deg: float
    step_longitude_deg: float
    values: NDArray[np.floating]
    path: Path | None = None

    @property
    def north_deg(self) -> float:
        return self.south_deg + (self.values.shape[0] - 1) * self.step_latitude_deg

    @property
    def east_deg(self) -> float:
        return self.west_deg + (self.values.shape[1] - 1) * self.step_longitude_deg

    def at(self, longitude_deg: ArrayLike, latitude_deg: ArrayLike) -> Floats:
        """The value in metres at places in degrees; NaN where there is none. Arrays of any one
        shape (numbers too)."""
        rows, columns = self.values.shape
        across = self._columns(np.asarray(longitude_deg, float))
        along = (np.asarray(latitude_deg, float) - self.south_deg) / self.step_latitude_deg
        across, along = np.broadcast_arrays(_on_node(across), _on_node(along))
        with np.errstate(invalid="ignore"):
            inside = (across >= 0) & (across <= columns - 1) & (along >= 0) & (along <= rows - 1)
        # Where a place is outside any node will do: what comes of it is thrown away.
        x, y = np.where(inside, across, 0.0), np.where(inside, along, 0.0)
        column = np.minimum(x.astype(np.intp), columns - 2)
        row = np.minimum(y.astype(np.intp), rows - 2)
        east, north = x - column, y - row
        found = np.zeros(across.shape)
        for up, right, weight in (
            (0, 0, (1 - north) * (1 - east)),
            (0, 1, (1 - north) * east),
            (1, 0, north * (1 - east)),
            (1, 1, north * east),
        ):
            # A node that has no part in the place may lack a value.
            value = known(self.values[row + up, column + right])
            found = found + np.where(weight > 0, weight * value, 0.0)
        return np.where(inside, found, np.nan)

    def window(
        self, west_deg: float, south_deg: float, east_deg: float, north_deg: float
    ) -> GeoidGrid:
        """The smallest part of the grid, in memory, that surrounds these bounds as far as it has
        them; at least two nodes each way.

        BadInput("geoid.elsewhere") if the bounds lie outside the grid altogether.
        """
        rows, columns = self.values.shape
        left = float(self._columns(np.asarray(west_deg, float)))
        right = left + (east_deg - west_deg) / self.step_longitude_deg
        if left > columns - 1 and right >= 360 / self.step_longitude_deg:
            # The bounds begin just west of the grid.
            left, right = (each - 360 / self.step_longitude_deg for each in (left, right))
        bottom, top = (
            (each - self.south_deg) / self.step_latitude_deg for each in (south_deg, north_deg)
        )
        if right < 0 or left > columns - 1 or top < 0 or bottom > rows - 1:
            county = _extent(west_deg, south_deg, east_deg, north_deg)
            raise BadInput("geoid.elsewhere", path=self.path, grid=self.extent, county=county)
        first_row, last_row = _between(bottom, top, rows)
        first_column, last_column = _between(left, right, columns)
        part = self.values[first_row : last_row + 1, first_column : last_column + 1]
        return replace(
            self,
            south_deg=self.south_deg + first_row * self.step_latitude_deg,
            west_deg=self.west_deg + first_column * self.step_longitude_deg,
            values=known(part),
        )

    @property
    def extent(self) -> str:
        """Its bounds as people read them."""
        return _extent(self.west_deg, self.south_deg, self.east_deg, self.north_deg)

    def check_plausible(self) -> None:
        """See that the values can be those of a geoid.

        BadInput: "geoid.empty" where no node has a value, "geoid.heights" (lowest, highest)
        beyond what the geoid reaches, "geoid.steep" (found, limit, in m per km): heights of the
        ground, or a grid of another unit.
        """
        values = known(self.values)
        if not np.isfinite(values).any():
            raise BadInput("geoid.empty", path=self.path)
        lowest, highest = float(np.nanmin(values)), float(np.nanmax(values))
        if lowest < LOWEST_M or highest > HIGHEST_M:
            raise BadInput(
                "geoid.heights", path=self.path, lowest=round(lowest, 2), highest=round(highest, 2)
            )
        latitude = self.south_deg + np.arange(len(values)) * self.step_latitude_deg
        narrower = np.maximum(np.cos(np.radians(latitude)), 1e-3)[:, np.newaxis]
        slopes = (
            np.diff(values, axis=0) / self.step_latitude_deg,
            np.diff(values, axis=1) / (self.step_longitude_deg * narrower),
        )
        steepest = max(_largest(each) for each in slopes) / _METRES_IN_A_DEGREE
        if steepest > STEEPEST:
            found, limit = round(steepest * 1000, 2), STEEPEST * 1000
            raise BadInput("geoid.steep", path=self.path, found=found, limit=limit)

    def to_gtx(self) -> bytes:
        """The grid as a GTX file, which PROJ, GDAL and QGIS read too."""
        rows, columns = self.values.shape
        header = struct.pack(
            ">ddddii",
            self.south_deg,
            self.west_deg,
            self.step_latitude_deg,
            self.step_longitude_deg,
            rows,
            columns,
        )
        values = known(self.values)
        return header + np.where(np.isnan(values), GTX_NODATA, values).astype(">f4").tobytes()

    def _columns(self, longitude_deg: Floats) -> Floats:
        """Columns east of the first, within one turn: grids run from −180° or from 0°."""
        turn = 360 / self.step_longitude_deg
        columns = ((longitude_deg - self.west_deg) / self.step_longitude_deg) % turn
        # Just west of the first column by rounding is on it, not a turn away.
        return np.where(turn - columns < _ON_NODE, 0.0, columns)


def known(values: NDArray[np.floating]) -> Floats:
    """Values with NaN for what GTX files write where there is none."""
    plain = np.asarray(values, np.float64)
    with np.errstate(invalid="ignore"):
        none = (np.abs(plain) > LARGEST_M) | (plain == float(GTX_NODATA))
    return np.where(none, np.nan, plain)


def _extent(west_deg: float, south_deg: float, east_deg: float, north_deg: float) -> str:
    """Bounds as people read them."""
    return f"{west_deg:.4f}°–{east_deg:.4f}° E, {south_deg:.4f}°–{north_deg:.4f}° N"


def _on_node(cells: Floats) -> Floats:
    nearest = np.round(cells)
    return np.where(np.abs(cells - nearest) < _ON_NODE, nearest, cells)


def _between(first: float, last: float, count: int) -> tuple[int, int]:
    """Indices of the nodes around a stretch, two at least."""
    low = min(max(int(np.floor(first)), 0), count - 2)
    return low, max(min(int(np.ceil(last)), count - 1), low + 1)


def _largest(values: Floats) -> float:
    finite = np.abs(values[np.isfinite(values)])
    return float(finite.max()) if finite.size else 0.0

"""Points from a table's columns: which columns, which is north, and what is no position."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely

from ..geo import zones
from .values import Misfit, as_number

#: Names a column of eastings or longitudes, of northings or latitudes goes by.
_EAST = re.compile("longitude(deg)?|lon|lng|long|jd|经度|経度|东经|easting|east|东坐标|横坐标|yzbz")
_NORTH = re.compile("latitude(deg)?|lat|wd|纬度|緯度|北纬|northing|north|北坐标|纵坐标|xzbz")
#: Northings of the mainland, 18° to 54° of latitude, in metres from the equator.
_NORTHINGS_M = (1_900_000.0, 6_200_000.0)
_DMS = re.compile(
    r"(北纬|南纬|东经|西经|[NSEW]?)\s*([+-]?\d{1,3})\s*[°度d:\s]\s*(\d{1,2})\s*['′’分m:\s]\s*"
    r"(\d{1,2}(?:\.\d+)?)\s*(?:[\"″”秒s]|'')?\s*([NSEW]?)"
)


@dataclass(frozen=True)
class PositionColumns:
    """The columns of eastings (or longitudes) and northings (or latitudes).

    `unsure` when they are called X and Y, which Chinese surveys and the rest of the world use the
    other way round.
    """

    east: str
    north: str
    unsure: bool = False

    def turned(self) -> PositionColumns:
        """The same two columns the other way round, now sure."""
        return PositionColumns(self.north, self.east)


def find_columns(names: Iterable[str]) -> PositionColumns | None:
    """The position columns of a table by their names, or None."""
    plain = {re.sub(r"[(（].*?[)）]|[\s_\-°]+", "", name).casefold(): name for name in names}
    east = next((plain[each] for each in plain if _EAST.fullmatch(each)), None)
    north = next((plain[each] for each in plain if _NORTH.fullmatch(each)), None)
    if east and north:
        return PositionColumns(east, north)
    if "x" in plain and "y" in plain:
        return PositionColumns(plain["x"], plain["y"], unsure=True)
    return None


def settle(columns: PositionColumns, xs: Sequence[Any], ys: Sequence[Any]) -> PositionColumns:
    """Decide which of X and Y is north by the size of the values."""
    x, y = _median(xs), _median(ys)
    low, high = _NORTHINGS_M
    if low < x < high and not low < y < high:
        return columns.turned()
    if abs(x) <= 90 < abs(y) <= 180:
        return columns.turned()
    return PositionColumns(columns.east, columns.north)


def likely_crs(easts: Sequence[Any], norths: Sequence[Any]) -> str | None:
    """The CRS the values themselves give away: degrees, or eastings that begin with a zone."""
    east, north = _median(easts), _median(norths)
    if abs(east) <= 180 and abs(north) <= 90:
        return "EPSG:4490"
    number, rest = divmod(east, 1_000_000)
    if 100_000 <= rest <= 900_000:
        if 25 <= number <= 45:
            return f"EPSG:{zones.zone(int(number), 3).epsg_prefixed}"
        if 13 <= number <= 23:
            return f"EPSG:{zones.zone(int(number), 6).epsg_prefixed}"
    return None


def points(easts: Sequence[Any], norths: Sequence[Any]) -> tuple[np.ndarray, list[str | None]]:
    """(n,) points, None where a row has no position, and (n,) the reason why."""
    shapes = np.empty(len(easts), dtype=object)
    reasons: list[str | None] = [None] * len(easts)
    xy = np.full((len(easts), 2), np.nan)
    for index, pair in enumerate(zip(easts, norths, strict=True)):
        if any(value is None or value == "" for value in pair):
            reasons[index] = "position_missing"
            continue
        try:
            xy[index] = [coordinate(value) for value in pair]
        except Misfit:
            reasons[index] = "position_not_a_number"
    sound = ~np.isnan(xy[:, 0])
    shapes[sound] = shapely.points(xy[sound])
    return shapes, reasons


def coordinate(value: Any) -> float:
    """A number, or degrees, minutes and seconds as degrees; Misfit for anything else."""
    if isinstance(value, str) and (found := _DMS.fullmatch(value.strip())):
        before, degrees, minutes, seconds, after = found.groups()
        if float(minutes) >= 60 or float(seconds) >= 60:
            raise Misfit("type")
        size = abs(int(degrees)) + float(minutes) / 60 + float(seconds) / 3600
        negative = degrees.startswith("-") or (before or after) in (
            "S",
            "W",
            "西经",
            "南纬",
        )
        return -size if negative else size
    return as_number(value)


def _median(values: Sequence[Any]) -> float:
    numbers = []
    for value in values:
        try:
            if value is not None:
                numbers.append(coordinate(value))
        except Misfit:
            continue
    return float(np.median(numbers)) if numbers else float("nan")

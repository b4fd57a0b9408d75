"""Reading geoid grids in the formats that offices have: GTX, ISG, Esri and Surfer ASCII grids.

The format is told by the content, not by the name. Sources: NOAA VDatum, "GTX binary format", as
PROJ and GDAL read it; International Service for the Geoid, format specifications 1.0, 1.01 and
2.0, with the service's own reader isgread for where the nodes lie; Esri, "ASCII raster format";
Golden Software, "ASCII grid file format".
"""

from __future__ import annotations

import re
import struct
import warnings
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..errors import BadFile
from .geoid import LARGEST_M, GeoidGrid

_GTX_HEADER = struct.Struct(">ddddii")
#: Where a text grid's header must have begun; comments of an ISG file stand before it.
_HEAD_BYTES = 1 << 16
_ISG_BEGIN, _ISG_END = (
    re.compile(rb"^begin_of_head.*$", re.M),
    re.compile(rb"^end_of_head.*$", re.M),
)
_ESRI_WORDS = {"ncols", "nrows", "xllcorner", "yllcorner", "xllcenter", "yllcenter", "cellsize",
               "dx", "dy", "xdim", "ydim", "nodata_value"}  # fmt: skip
_ESRI_HEADER = re.compile(r"\s*([A-Za-z_]+)[ \t]+(\S+)[ \t]*(?:\r\n|\r|\n)")
_DMS = re.compile(r"(-?)\s*(\d+)\s*[°d]+\s*(\d+)\s*['′m]\s*(\d+(?:\.\d+)?)\s*[\"″s]?")
#: Surfer writes this where there is no value.
_SURFER_BLANK = 1.70141e38
_MOST_NODES_A_SIDE = 1_000_000


def read(path: Path | str) -> GeoidGrid:
    """The grid in a file; of a GTX file only the header is read, the rest when it is asked for.

    Raises
    ------
    BadFile
        "file.missing", "file.is_directory", "file.unreadable" (reason); "geoid.format" for what
        is none of the formats; "geoid.header" (field, value) that is missing or impossible;
        "geoid.size" (expected, found) for too few or too many values; "geoid.value" (number:
        which one) that is no number; "geoid.unsupported" (field, value) for what we do not read;
        "geoid.heights" (lowest, highest) in a text grid that cannot be metres of a geoid.
    """
    path = Path(path)
    if path.is_dir():
        raise BadFile("file.is_directory", path=path)
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD_BYTES)
        if _ISG_BEGIN.search(head):
            return _isg(path, path.read_bytes())
        if head[:4] == b"DSAA":
            return _surfer(path, path.read_bytes())
        first = head.split(maxsplit=1)[:1]
        if first and first[0].decode("latin-1").lower() in _ESRI_WORDS:
            return _esri(path, path.read_bytes())
        return _gtx(path, head)
    except FileNotFoundError as fault:
        raise BadFile("file.missing", path=path) from fault
    except OSError as fault:
        raise BadFile("file.unreadable", path=path, reason=fault.strerror or str(fault)) from fault


def _gtx(path: Path, head: bytes) -> GeoidGrid:
    if len(head) < _GTX_HEADER.size:
        raise BadFile("geoid.format", path=path)
    south, west, step_y, step_x, rows, columns = _GTX_HEADER.unpack_from(head)
    # GTX has no mark of its own: a header of numbers that no grid can have is another file's.
    if not (
        -90 <= south <= 90
        and -360 <= west <= 360
        and 0 < step_y <= 30
        and 0 < step_x <= 30
        and 2 <= rows <= _MOST_NODES_A_SIDE
        and 2 <= columns <= _MOST_NODES_A_SIDE
        and south + (rows - 1) * step_y <= 90 + step_y
        and (columns - 1) * step_x <= 360 + step_x
    ):
        raise BadFile("geoid.format", path=path)
    expected, found = rows * columns, (path.stat().st_size - _GTX_HEADER.size) / 4
    if found != expected:
        raise BadFile("geoid.size", path=path, expected=expected, found=int(found))
    values = np.memmap(path, ">f4", "r", _GTX_HEADER.size, (rows, columns))
    return GeoidGrid(south, west, step_y, step_x, values, path)


def _isg(path: Path, data: bytes) -> GeoidGrid:
    begin = _ISG_BEGIN.search(data)
    end = _ISG_END.search(data)
    if begin is None or end is None or end.start() < begin.end():
        raise BadFile("geoid.header", path=path, field="end_of_head", value="")
    header = _Header(path, {})
    # The sign of degrees came in every encoding there is.
    text = data[begin.end() : end.start()].decode("utf-8", errors="replace").replace("\ufffd", "°")
    for line in text.splitlines():
        name, sign, value = line.partition("=" if "=" in line else ":")
        if sign:
            header.values[" ".join(name.split()).lower()] = value.strip()
    version = header.values.get("isg format", "1.0")
    for name, known in (
        ("isg format", ("1.0", "1.00", "1.01", "2.0", "2.00")),
        ("data format", ("grid",)),
        ("coord type", ("geodetic",)),
        ("coord units", ("dms", "deg")),
        ("data units", ("meters", "metres", "m")),
        ("units", ("meters", "metres", "m")),
        ("data ordering", ("n-to-s, w-to-e", "s-to-n, w-to-e", "n-to-s, e-to-w", "s-to-n, e-to-w")),
    ):
        if header.values.get(name, known[0]).lower() not in known:
            value = header.values[name]
            raise BadFile("geoid.unsupported", path=path, field=name, value=value)
    rows, columns = header.count("nrows"), header.count("ncols")
    # Bounds are those of the cells in format 1, of the nodes in format 2 (isgread); files of
    # format 2 with bounds of cells go about, so what the numbers say is heard first.
    by_nodes = version.startswith("2")
    south, step_y = header.axis("lat", rows, by_nodes)
    west, step_x = header.axis("lon", columns, by_nodes)
    nodata = header.number("nodata") if "nodata" in header.values else None
    values = _values(path, data[end.end() :], rows, columns, nodata)
    ordering = header.values.get("data ordering", "N-to-S, W-to-E").lower()
    if ordering.startswith("n-to-s"):
        values = values[::-1]
    if ordering.endswith("e-to-w"):
        values = values[:, ::-1]
    return GeoidGrid(south, west, step_y, step_x, values, path)


def _esri(path: Path, data: bytes) -> GeoidGrid:
    header, at = _Header(path, {}), 0
    text = data[:_HEAD_BYTES].decode("latin-1")
    while (match := _ESRI_HEADER.match(text, at)) and match[1].lower() in _ESRI_WORDS:
        header.values[match[1].lower()] = match[2]
        at = match.end()
    rows, columns = header.count("nrows"), header.count("ncols")
    step_x = header.step(("cellsize", "dx", "xdim"))
    step_y = header.step(("cellsize", "dy", "ydim"))
    west = header.corner("xll", step_x)
    south = header.corner("yll", step_y)
    nodata = header.number("nodata_value") if "nodata_value" in header.values else -9999.0
    values = _values(path, data[at:], rows, columns, nodata)
    return _in_degrees(path, GeoidGrid(south, west, step_y, step_x, values[::-1], path))


def _surfer(path: Path, data: bytes) -> GeoidGrid:
    words = data[:_HEAD_BYTES].split(maxsplit=9)
    names = ("", "ncols", "nrows", "xlo", "xhi", "ylo", "yhi", "zlo", "zhi")
    shown = (each.decode("latin-1") for each in words)
    header = _Header(path, dict(zip(names, shown, strict=False)))
    rows, columns = header.count("nrows"), header.count("ncols")
    west, east, south, north = (header.number(name) for name in ("xlo", "xhi", "ylo", "yhi"))
    if not east > west:
        raise header.refused("xhi")
    if not north > south:
        raise header.refused("yhi")
    rest = data.split(maxsplit=9)[9:]
    values = _values(path, rest[0] if rest else b"", rows, columns, _SURFER_BLANK)
    step_y, step_x = (north - south) / (rows - 1), (east - west) / (columns - 1)
    return _in_degrees(path, GeoidGrid(south, west, step_y, step_x, values, path))


def _in_degrees(path: Path, grid: GeoidGrid) -> GeoidGrid:
    """The grid if its bounds can be degrees: one in metres says nothing of its projection."""
    if not (grid.south_deg >= -90 and grid.north_deg <= 90 and grid.west_deg >= -360
            and grid.east_deg <= 540):  # fmt: skip
        raise BadFile("geoid.unsupported", path=path, field="CRS", value="reason.not_degrees")
    return grid


class _Header:
    """Names and texts of a header, each checked when it is asked for."""

    def __init__(self, path: Path, values: dict[str, str]) -> None:
        self.path = path
        self.values = values

    def refused(self, name: str) -> BadFile:
        value = self.values.get(name, "")
        return BadFile("geoid.header", path=self.path, field=name, value=value)

    def number(self, name: str) -> float:
        try:
            value = float(self.values[name])
        except (KeyError, ValueError):
            raise self.refused(name) from None
        if not np.isfinite(value):
            raise self.refused(name)
        return value

    def count(self, name: str) -> int:
        value = self.number(name)
        if value != int(value) or not 2 <= value <= _MOST_NODES_A_SIDE:
            raise self.refused(name)
        return int(value)

    def step(self, names: Sequence[str]) -> float:
        name = next((each for each in names if each in self.values), names[0])
        value = self.number(name)
        if value <= 0:
            raise self.refused(name)
        return value

    def corner(self, prefix: str, step: float) -> float:
        """The first node of an Esri grid: cells are areas, their values in the middle."""
        if f"{prefix}center" in self.values:
            return self.number(f"{prefix}center")
        return self.number(f"{prefix}corner") + step / 2

    def axis(self, name: str, count: int, by_nodes: bool) -> tuple[float, float]:
        """The first node and the step in degrees along "lat" or "lon" of an ISG grid."""
        first, last, step = (
            self.degrees(f"{each} {name}" if each == "delta" else f"{name} {each}")
            for each in ("min", "max", "delta")
        )
        span = last - first
        if span <= 0:
            raise self.refused(f"{name} max")
        rounding = max(self.rounding(f"{name} {each}") for each in ("min", "max"))
        rounding += count * self.rounding(f"delta {name}") / 2
        for nodes in (by_nodes, not by_nodes):
            steps = count - 1 if nodes else count
            if abs(span - steps * step) <= rounding:
                exact = span / steps
                return (first if nodes else first + exact / 2), exact
        raise self.refused(f"delta {name}")

    def degrees(self, name: str) -> float:
        match = _DMS.fullmatch(self.values.get(name, ""))
        if match is None:
            return self.number(name)
        degrees = int(match[2]) + int(match[3]) / 60 + float(match[4]) / 3600
        return -degrees if match[1] else degrees

    def rounding(self, name: str) -> float:
        """How much of a degree the last digit is."""
        text = self.values[name]
        decimals = len(text.partition(".")[2].strip('"″s '))
        unit = 1 / 3600 if _DMS.fullmatch(text) else 1.0
        return unit * 10.0**-decimals


def _values(
    path: Path, text: bytes, rows: int, columns: int, nodata: float | None
) -> NDArray[np.float64]:
    """Numbers apart by space, as many as there are nodes; NaN for `nodata`."""
    with warnings.catch_warnings():
        # numpy says so, and stops, where it meets what is no number.
        warnings.simplefilter("error", DeprecationWarning)
        try:
            values = np.fromstring(text, np.float64, sep=" ") if text.strip() else np.empty(0)
        except (DeprecationWarning, ValueError):
            raise BadFile("geoid.value", path=path, number=_first_bad(text)) from None
    if values.size != rows * columns:
        raise BadFile("geoid.size", path=path, expected=rows * columns, found=values.size)
    values = values.reshape(rows, columns)
    if nodata is not None:
        values = np.where(np.abs(values - nodata) <= 1e-6 * max(1, abs(nodata)), np.nan, values)
    # In a GTX file such numbers mean that there is no value; a text says what means that.
    if (np.abs(values) > LARGEST_M).any():
        lowest, highest = float(np.nanmin(values)), float(np.nanmax(values))
        raise BadFile("geoid.heights", path=path, lowest=lowest, highest=highest)
    return values


def _first_bad(text: bytes) -> int:
    for number, word in enumerate(text.split(), 1):
        try:
            float(word)
        except ValueError:
            return number
    return 0

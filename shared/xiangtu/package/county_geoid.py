"""A county's geoid grid: checked against its villages, cut to them, handed out with assignments."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import shapely

from ..errors import BadInput, BadPackage, SurveyError
from ..geo import gauss_kruger, geoid_formats
from ..geo.geoid import GeoidGrid
from ..store import SurveyFile, geoid_grids
from ..store.geoid_grids import CountyGeoid
from .enrolment import now
from .given_file import sha256_of

#: Its name in an assignment.
FILE_NAME = "geoid.gtx"
#: Kept around the villages, about 5 km: their outlines are still corrected.
_MARGIN_DEG = 0.05
_LONGEST_NAME = 60


@dataclass(frozen=True)
class Villages:
    """Outlines of a county's villages: names, geometries in the county's CRS, and the longitude
    and latitude of each of their corners with the village that it belongs to."""

    names: tuple[str, ...]
    outlines: np.ndarray
    longitude_deg: np.ndarray
    latitude_deg: np.ndarray
    owner: np.ndarray


def supply(file: SurveyFile, source: Path | str, name: str, author: str) -> CountyGeoid:
    """Take a grid file of the county's in: from now on it gives 1985 heights, and assignments
    bring it to the tablets.

    Raises
    ------
    BadInput
        "geoid.name" for an empty or endless one; "geoid.not_county"; "geoid.no_villages" yet to
        hold it against; "geoid.not_covering" (villages, count); "geoid.elsewhere",
        "geoid.empty", "geoid.heights", "geoid.steep"; "zone.not_cgcs2000".
    BadFile
        As geoid_formats.read.
    """
    source = Path(source)
    if file.meta["role"] != "county":
        raise BadInput("geoid.not_county", path=file.path)
    name = name.strip()
    if not name or not name.isprintable() or len(name) > _LONGEST_NAME:
        raise BadInput("geoid.name", name=name, limit=_LONGEST_NAME)
    given = geoid_formats.read(source)
    villages = _villages(file)
    west, east = float(villages.longitude_deg.min()), float(villages.longitude_deg.max())
    south, north = float(villages.latitude_deg.min()), float(villages.latitude_deg.max())
    window = given.window(
        west - _MARGIN_DEG, south - _MARGIN_DEG, east + _MARGIN_DEG, north + _MARGIN_DEG
    )
    window.check_plausible()
    without = _without(villages, window, file.srid)
    if without:
        raise BadInput(
            "geoid.not_covering", path=source, count=len(without), villages=without[:5],
            grid=given.extent,
        )  # fmt: skip
    content = window.to_gtx()
    about = CountyGeoid(
        name, source.name, sha256_of(source), geoid_grids.digest(content), now(), author
    )
    geoid_grids.put(file.path.parent, about, content)
    geoid_grids.hold(file, about)
    return about


def villages_without(file: SurveyFile, grid: GeoidGrid) -> list[str]:
    """Names of the villages in which the grid lacks values; BadInput("geoid.no_villages")."""
    return _without(_villages(file), grid, file.srid)


def _villages(file: SurveyFile) -> Villages:
    columns, outlines = file.arrays("village", ("code", "name"), "ended_on IS NULL")
    there = ~(shapely.is_missing(outlines) | shapely.is_empty(outlines))
    if not there.any():
        raise BadInput("geoid.no_villages", path=file.path)
    outlines = outlines[there]
    coordinates, owner = shapely.get_coordinates(outlines, return_index=True)
    longitude, latitude = gauss_kruger.inverse(coordinates[:, 0], coordinates[:, 1], file.srid)
    named = zip(columns["name"][there], columns["code"][there], strict=True)
    names = tuple(str(name or code) for name, code in named)
    return Villages(names, outlines, longitude, latitude, owner)


def _without(villages: Villages, grid: GeoidGrid, srid: int) -> list[str]:
    """A village lacks values where one of its corners does, or a node inside it."""
    lacking = np.isnan(grid.at(villages.longitude_deg, villages.latitude_deg))
    found = set(villages.owner[lacking].tolist())
    rows, columns = np.nonzero(np.isnan(np.asarray(grid.values, float)))
    if rows.size:
        x, y = gauss_kruger.forward(
            grid.west_deg + columns * grid.step_longitude_deg,
            grid.south_deg + rows * grid.step_latitude_deg,
            srid,
        )
        gaps = shapely.STRtree(shapely.points(x, y))
        found |= set(gaps.query(villages.outlines, predicate="intersects")[0].tolist())
    return [name for index, name in enumerate(villages.names) if index in found]


def to_hand_out(file: SurveyFile) -> tuple[CountyGeoid, Path] | None:
    """The county's grid and its file, fit for an assignment; None if it supplied none.

    BadFile("geoid.missing"), ("geoid.changed").
    """
    kept = geoid_grids.grid(file)
    return None if kept is None else (kept[0], file.path.parent / kept[0].file_name)


def take(folder: Path, about: CountyGeoid, sha256: str | None, source: Path, shown: Path) -> None:
    """Put the grid of an unpacked assignment (`shown`) beside the tablet's survey file.

    `sha256` is what the assignment's file has. BadPackage("assignment.geoid") (fault) for one
    that is not the grid it is said to be.
    """
    if sha256 != about.sha256:
        raise BadPackage("package.incomplete", path=shown, name=FILE_NAME)
    try:
        geoid_formats.read(source).check_plausible()
    except SurveyError as fault:
        facts = {**fault.facts, "path": shown, "fault": fault.code}
        raise BadPackage("assignment.geoid", **facts) from fault
    geoid_grids.put(folder, about, source.read_bytes())

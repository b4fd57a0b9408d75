"""Where imported records lie: the village of each, and whether the place is believable."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import shapely

from ..geo import shifted_datum, transform, zones
from ..store import SurveyFile

#: Farther from every village of the county than this is said: a wrong CRS or another county.
_FAR_M = 50_000.0
#: West, south, east, north in degrees of where GCJ-02 means anything.
_CHINA = (72.0, 0.8, 138.0, 56.0)
#: Fewer records than this prove nothing; more corners than this add nothing.
_FEWEST = 5
_MOST_CORNERS = 50_000

Move = Callable[[np.ndarray], np.ndarray]


class Villages:
    """The county's village outlines, asked for many places at once."""

    def __init__(self, file: SurveyFile) -> None:
        layer = file.catalogue.layer("village")
        columns, shapes = file.arrays("village", (str(layer.key),), "ended_on IS NULL")
        codes = columns[str(layer.key)]
        there = ~shapely.is_missing(shapes) & np.array([bool(code) for code in codes], dtype=bool)
        self.codes: np.ndarray = codes[there]
        self.shapes: np.ndarray = shapes[there]
        self.known = frozenset(code for code in codes if code)
        self._tree = shapely.STRtree(self.shapes)

    def of(self, shapes: np.ndarray) -> np.ndarray:
        """(n,) village code of each shape by an inner point of it, None where there is none.

        On a common boundary the village that comes first in the table is taken.
        """
        found = np.full(len(shapes), None, dtype=object)
        if not len(self.shapes):
            return found
        places = inner_points(shapes)
        at, village = self._tree.query(places, predicate="intersects")
        order = np.lexsort((village, at))[::-1]
        found[at[order]] = self.codes[village[order]]
        return found

    def shift_m(self, shapes: np.ndarray, codes: np.ndarray, srid: int) -> float | None:
        """About how far shapes look shifted by GCJ-02 against the villages, None if they do not.

        Told by corners that fall on the villages' own corners only once those are shifted, or by
        records (`codes`, the village each says it lies in, may be None) that lie in their village
        only once it is shifted.
        """
        if not len(self.shapes) or not len(shapes):
            return None
        to_degrees = transform.mover(srid, zones.GEOGRAPHIC_SRID)
        assert to_degrees is not None, "a county's CRS is metric"
        villages = shapely.transform(self.shapes, to_degrees)
        west, south, east, north = shapely.total_bounds(villages)
        if not (_CHINA[0] < west and south > _CHINA[1] and east < _CHINA[2] and north < _CHINA[3]):
            return None
        here = to_degrees(_thinned(shapely.get_coordinates(shapes)))
        there = shapely.get_coordinates(villages)
        found = shifted_datum.shift_suspicion(*here.T, *there.T)
        if found is not None:
            return found.distance_m
        return self._shift_by_membership(shapes, codes, to_degrees, villages)

    def _shift_by_membership(
        self, shapes: np.ndarray, codes: np.ndarray, to_degrees: Move, villages: np.ndarray
    ) -> float | None:
        place_of = {code: place for place, code in enumerate(self.codes)}
        own = np.array([place_of.get(code, -1) for code in codes])
        at = np.flatnonzero(own >= 0)
        if len(at) < _FEWEST:
            return None
        points = shapely.transform(inner_points(shapes[at]), to_degrees)
        moved = shapely.transform(
            villages, lambda xy: np.column_stack(shifted_datum.shifted(*xy.T))
        )
        as_is = shapely.intersects(villages[own[at]], points).mean()
        if_shifted = shapely.intersects(moved[own[at]], points).mean()
        if if_shifted < 0.95 or as_is > if_shifted - 0.1:
            return None
        before = shapely.get_coordinates(villages).mean(axis=0)
        after = shapely.get_coordinates(moved).mean(axis=0)
        scale = np.array([np.cos(np.radians(before[1])), 1.0]) * 111_320.0
        return float(np.hypot(*((after - before) * scale)))

    def distance_m(self, shapes: np.ndarray) -> float:
        """How far the nearest shape is from the bounds of all villages; 0 inside or without any."""
        there = shapes[~shapely.is_missing(shapes)]
        if not len(self.shapes) or not len(there):
            return 0.0
        county = shapely.box(*shapely.total_bounds(self.shapes))
        return float(shapely.distance(shapely.box(*shapely.bounds(there).T), county).min())


def _thinned(xy: np.ndarray) -> np.ndarray:
    return xy[:: max(1, len(xy) // _MOST_CORNERS)]


def is_far(distance_m: float) -> bool:
    """Whether that distance calls for a word."""
    return distance_m > _FAR_M


def inner_points(shapes: np.ndarray) -> np.ndarray:
    """(n,) a point on each shape: inside an outline, half-way along a line; None stays None.

    An outline too broken to have an inside gives the middle of its corners.
    """
    points = np.empty(len(shapes), dtype=object)
    lines = np.isin(shapely.get_type_id(shapes), (1, 5))
    points[lines] = shapely.line_interpolate_point(
        shapely.get_geometry(shapes[lines], 0), 0.5, normalized=True
    )
    rest = np.flatnonzero(~lines & ~shapely.is_missing(shapes))
    sound = shapely.is_valid(shapes[rest])
    points[rest[sound]] = shapely.point_on_surface(shapes[rest[sound]])
    points[rest[~sound]] = shapely.centroid(shapely.extract_unique_points(shapes[rest[~sound]]))
    return points

"""Going to a known place: how far, which way, where to turn, and whether one is there."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import shapely
from shapely import LineString, MultiLineString, Point
from shapely.geometry.base import BaseGeometry

from ..errors import BadInput
from ..geo import gauss_kruger, geodesic, zones
from .fix import Fix
from .quality import position_problem

#: How one stands to the target. "at_limit": nearer than the receiver can tell, and the receiver
#: is not good enough to call it arrived.
Reached = Literal["far", "near", "at_limit", "arrived"]
Turn = Literal["straight", "slightly_left", "left", "slightly_right", "right", "behind"]
HeadingFrom = Literal["track", "compass"]

#: Degrees off the way ahead at which a hint changes, and how far beyond it one must turn before
#: the hint does: a person walks no straighter than that.
_STRAIGHT_DEG, _SLIGHT_DEG, _SIDE_DEG = 15.0, 50.0, 135.0
_TURNED_DEG = 5.0
#: Walking, by the receiver's own speed: from, and until. Below it the track is mere noise.
_WALKS_MPS, _STANDS_MPS = 0.7, 0.4
#: Where the receiver says no speed: a way of at least so much, and of twice its accuracy, made
#: within so long has a direction, which is believed for so long.
_LEAST_WAY_M = 1.0
_WAY_TAKES_S = 10.0
_WAY_HOLDS_S = 5.0
#: What a person reads of each.
_REACHED_SAYS: Mapping[Reached, str] = {
    "far": "gnss.stakeout.far",
    "near": "gnss.stakeout.near",
    "at_limit": "gnss.stakeout.at_limit",
    "arrived": "gnss.stakeout.arrived",
}
_TURN_SAYS: Mapping[Turn, str] = {
    "straight": "gnss.turn.straight",
    "slightly_left": "gnss.turn.slightly_left",
    "left": "gnss.turn.left",
    "slightly_right": "gnss.turn.slightly_right",
    "right": "gnss.turn.right",
    "behind": "gnss.turn.behind",
}
#: A state is left at so many times the distance at which it is entered.
_LEAVING = 1.5
#: Grid coordinates are meant for so far from the central meridian; farther away true north leads.
_GRID_REACH_DEG = 15.0
_GRID_REACH_M = 1_500_000.0
_POLE_M = 10_001_966.0


@dataclass(frozen=True)
class StakeoutSettings:
    """`arrival_m`: as near as that is there, if the receiver is that good. Within `near_m` turns
    give way to metres north and east, since a step turns the direction about."""

    arrival_m: float = 0.1
    near_m: float = 5.0


@dataclass(frozen=True)
class Target:
    """Where to go: a point, or the nearest place of a line or several.

    `srid` is a CGCS2000 zone (EPSG); None for a point in degrees.
    """

    shape: Point | LineString | MultiLineString
    srid: int | None = None

    def __post_init__(self) -> None:
        """BadInput: "gnss.stakeout.target" for no place on the Earth, "zone.not_cgcs2000"."""
        corners = shapely.get_coordinates(self.shape)
        problem: str | None = None
        if not len(corners) or not np.isfinite(corners).all():
            problem = "gnss.position.not_a_number"
        elif self.srid is None:
            problem = position_problem(*corners[0])
        else:
            off = np.abs(corners - (zones.false_easting(self.srid), 0.0))
            if (off > (_GRID_REACH_M, _POLE_M)).any():
                problem = "gnss.position.out_of_range"
        if problem:
            raise BadInput("gnss.stakeout.target", reason=problem)


@dataclass(frozen=True)
class Guidance:
    """How the target lies, seen from one fix.

    `bearing_deg` is clockwise from true north, `grid_bearing_deg` from the north of the survey's
    grid (None without one). `north_m` and `east_m` to go are along the survey's grid, hence the
    difference of its coordinates, or along true north where there is none. `turn_deg` (left
    negative, within ±180) and `turn` are relative to `heading_deg`, which is the way one walks,
    or a compass's where one stands; None where neither is known, and near the target.
    `accuracy_m` is the fix's horizontal accuracy (68 %).
    """

    distance_m: float
    bearing_deg: float
    grid_bearing_deg: float | None
    north_m: float
    east_m: float
    reached: Reached
    heading_deg: float | None
    heading_from: HeadingFrom | None
    turn_deg: float | None
    turn: Turn | None
    accuracy_m: float | None

    @property
    def says(self) -> str:
        """The code of what a person should read: where to turn, else how near it is."""
        return _TURN_SAYS[self.turn] if self.turn else _REACHED_SAYS[self.reached]


class Stakeout:
    """Guides to one target: `update` with each fix.

    It remembers what it said before, so that what a person reads does not flicker between two
    words at a boundary between them.
    """

    def __init__(self, target: Target, settings: StakeoutSettings | None = None) -> None:
        self.target = target
        self.settings = settings or StakeoutSettings()
        self._reached: Reached = "far"
        self._turn: Turn | None = None
        self._walks = False
        #: Where the way began whose direction is taken, that direction, and the fix it ended at.
        self._way_from: Fix | None = None
        self._way: tuple[float, Fix] | None = None

    def update(self, fix: Fix, compass_deg: float | None = None) -> Guidance | None:
        """How the target lies from a fix; None where the fix has no position.

        `compass_deg` is where the tablet points, clockwise from true north, if it has a compass;
        it counts while one stands.
        """
        longitude, latitude = fix.longitude_deg, fix.latitude_deg
        if fix.fix_type == "none" or position_problem(longitude, latitude):
            return None
        place, here = self._place(longitude, latitude)
        distance_m, bearing_deg = geodesic.inverse(longitude, latitude, *self._degrees(place))
        if here is not None:
            east_m, north_m = place.x - here.x, place.y - here.y
            grid_bearing_deg = math.degrees(math.atan2(east_m, north_m)) % 360
        else:
            grid_bearing_deg = None
            east_m = distance_m * math.sin(math.radians(bearing_deg))
            north_m = distance_m * math.cos(math.radians(bearing_deg))
        accuracy_m = fix.horizontal_accuracy_m
        self._reached = self._state(distance_m, accuracy_m)
        heading_deg, heading_from = self._heading(fix, compass_deg)
        turn_deg = None
        if heading_deg is not None and self._reached == "far":
            turn_deg = (bearing_deg - heading_deg + 180) % 360 - 180
        self._turn = _turn(turn_deg, self._turn)
        return Guidance(
            distance_m,
            bearing_deg,
            grid_bearing_deg,
            north_m,
            east_m,
            self._reached,
            heading_deg,
            heading_from,
            turn_deg,
            self._turn,
            accuracy_m,
        )

    # -- where --------------------------------------------------------------------------------

    def _place(self, longitude_deg: float, latitude_deg: float) -> tuple[Point, Point | None]:
        """Where on the target to go, in its own CRS, and where one is on its grid, if it has one
        that reaches here."""
        shape, srid = self.target.shape, self.target.srid
        if srid is None:
            return Point(shapely.get_coordinates(shape)[0]), None
        meridian_deg = zones.required_zone(srid).zone.central_meridian_deg
        if abs((longitude_deg - meridian_deg + 180) % 360 - 180) > _GRID_REACH_DEG:
            return Point(shapely.get_coordinates(shape)[0]), None
        easting, northing = gauss_kruger.forward(longitude_deg, latitude_deg, srid)
        here = Point(float(easting), float(northing))
        nearest: BaseGeometry = shapely.get_point(shapely.shortest_line(here, shape), 1)
        return Point(nearest), here

    def _degrees(self, place: Point) -> tuple[float, float]:
        if self.target.srid is None:
            return place.x, place.y
        longitude, latitude = gauss_kruger.inverse(place.x, place.y, self.target.srid)
        return float(longitude), float(latitude)

    def _state(self, distance_m: float, accuracy_m: float | None) -> Reached:
        """Far, near, or as near as the receiver can tell; each is left later than entered."""
        arrival_m, before = self.settings.arrival_m, self._reached
        knows_m = math.inf if accuracy_m is None else accuracy_m
        held = _LEAVING if before == "arrived" else 1.0
        if knows_m <= held * arrival_m and distance_m <= held * arrival_m:
            return "arrived"
        # Where nothing is said of the accuracy, the most that can be said is that one is near.
        limit_m = arrival_m if accuracy_m is None else max(arrival_m, accuracy_m)
        held = _LEAVING if before in ("at_limit", "arrived") else 1.0
        if distance_m <= held * limit_m:
            return "at_limit"
        # Within twice what the receiver can tell a direction says nothing either.
        near_m = max(self.settings.near_m, 0.0 if accuracy_m is None else 2 * accuracy_m)
        held = 1.0 if before == "far" else _LEAVING
        return "near" if distance_m <= held * near_m else "far"

    # -- which way ----------------------------------------------------------------------------

    def _heading(
        self, fix: Fix, compass_deg: float | None
    ) -> tuple[float | None, HeadingFrom | None]:
        walked_deg = self._walked(fix)
        if walked_deg is not None:
            return walked_deg, "track"
        if compass_deg is not None and math.isfinite(compass_deg):
            return compass_deg % 360, "compass"
        return None, None

    def _walked(self, fix: Fix) -> float | None:
        """The direction one walks in; None while one stands."""
        if fix.speed_mps is not None:
            self._walks = fix.speed_mps >= (_STANDS_MPS if self._walks else _WALKS_MPS)
            return fix.track_deg if self._walks else None
        start = self._way_from
        if start is None or _seconds(start, fix) > _WAY_TAKES_S:
            self._way_from = start = fix
        way_m, direction_deg = geodesic.inverse(
            start.longitude_deg, start.latitude_deg, fix.longitude_deg, fix.latitude_deg
        )
        if way_m >= max(_LEAST_WAY_M, 2 * (fix.horizontal_accuracy_m or 0.0)):
            self._way_from, self._way = fix, (direction_deg, fix)
        if self._way is None or _seconds(self._way[1], fix) > _WAY_HOLDS_S:
            return None
        return self._way[0]


def _turn(turn_deg: float | None, before: Turn | None) -> Turn | None:
    """The word for a turn; the one before stays until the turn is clearly another."""
    if turn_deg is None:
        return None
    if before is not None and any(
        _word(turn_deg + off) == before for off in (-_TURNED_DEG, 0.0, _TURNED_DEG)
    ):
        return before
    return _word(turn_deg)


def _word(turn_deg: float) -> Turn:
    turn_deg = (turn_deg + 180) % 360 - 180
    off_deg = abs(turn_deg)
    if off_deg <= _STRAIGHT_DEG:
        return "straight"
    if off_deg > _SIDE_DEG:
        return "behind"
    if off_deg <= _SLIGHT_DEG:
        return "slightly_left" if turn_deg < 0 else "slightly_right"
    return "left" if turn_deg < 0 else "right"


def _seconds(before: Fix, after: Fix) -> float:
    """Between two fixes by the receiver's clock, else by the tablet's; 0 where neither says."""
    for name in ("time", "tablet_time"):
        one, other = getattr(before, name), getattr(after, name)
        if one is not None and other is not None:
            return abs(float((other - one).total_seconds()))
    return 0.0

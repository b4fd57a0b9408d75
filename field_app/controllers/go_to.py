"""Going to what is stored: a record's point, a corner of its outline, a boundary point, an edge."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import shapely
from shapely import LineString, MultiLineString, Point
from shapely.geometry.base import BaseGeometry
from xiangtu.errors import BadInput
from xiangtu.geo import gauss_kruger, geodesic
from xiangtu.gnss.fix import Fix
from xiangtu.gnss.stakeout import Guidance, Stakeout, StakeoutSettings, Target
from xiangtu.store import SurveyFile

_BOUNDARY_POINT = "boundary_point"
#: A boundary point that stands so near a corner of the outline is that corner.
_ONE_PLACE_M = 0.01

Kind = Literal["point", "corner", "boundary_point"]


@dataclass(frozen=True)
class Place:
    """Somewhere to go: its `name` is a boundary point's number, else the place's running one.

    Coordinates are those of the survey's CRS and, on the same datum, in degrees.
    """

    name: str
    kind: Kind
    record: str
    easting_m: float
    northing_m: float
    longitude_deg: float
    latitude_deg: float


class GoTo:
    """Guides to the places of one record, one at a time; `update` with each fix.

    Places are numbered from 1: the corners in the order of the outline (or line), each once, then
    boundary points of the record that stand elsewhere. It begins with the first.

    Parameters
    ----------
    survey : SurveyFile
    layer_name, record : str
        The record to go to, by layer and uuid.
    settings : StakeoutSettings, optional

    Raises
    ------
    BadInput
        "record.missing"; "field.go_to.nowhere" where the record has neither geometry nor boundary
        points.
    """

    def __init__(
        self,
        survey: SurveyFile,
        layer_name: str,
        record: str,
        settings: StakeoutSettings | None = None,
    ) -> None:
        self._srid = survey.srid
        self._settings = settings
        values = survey.get(layer_name, record)
        if values is None:
            raise BadInput("record.missing", layer=layer_name, uuid=record)
        shape: BaseGeometry | None = values.get("geometry")
        marks = list(_boundary_points(survey, layer_name, record))
        corners: list[tuple[float, float]] = []
        #: The side that begins at a place, by the place's number.
        self._sides: dict[int, LineString] = {}
        for chain in _chains(shape):
            for start, end in pairwise(chain):
                corners.append(start)
                self._sides[len(corners)] = LineString([start, end])
            if chain[0] != chain[-1] or len(chain) == 1:
                corners.append(chain[-1])
        self._places: list[Place] = []
        for x, y in corners:
            same = next(
                (each for each in marks if each[2].distance(Point(x, y)) <= _ONE_PLACE_M), None
            )
            if same is not None:
                marks.remove(same)
                self._add(same[1], "boundary_point", same[0], x, y)
            else:
                kind: Kind = "point" if isinstance(shape, Point) else "corner"
                self._add("", kind, record, x, y)
        for uuid, number, point in marks:
            self._add(number, "boundary_point", uuid, point.x, point.y)
        if not self._places:
            raise BadInput("field.go_to.nowhere", layer=layer_name, uuid=record)
        self._number = 1
        self._go(Point(self.place.easting_m, self.place.northing_m))

    @property
    def places(self) -> tuple[Place, ...]:
        return tuple(self._places)

    @property
    def number(self) -> int:
        """The number of the place that is gone to, or at which the side begins."""
        return self._number

    @property
    def place(self) -> Place:
        """The place that is gone to, or at which the side begins."""
        return self._places[self._number - 1]

    def choose(self, number: int) -> Place:
        """Go to the place of that number; BadInput("field.go_to.no_place") if there is none."""
        if not 1 <= number <= len(self._places):
            raise BadInput("field.go_to.no_place", number=number, count=len(self._places))
        self._number = number
        self._go(Point(self.place.easting_m, self.place.northing_m))
        return self.place

    def next(self) -> Place:
        """Go on to the next place; after the last comes the first."""
        return self.choose(self._number % len(self._places) + 1)

    def nearest(self, fix: Fix) -> Place:
        """Go to the place nearest to a fix.

        BadInput("gnss.walk.no_position") if the fix has none.
        """
        if fix.fix_type == "none":
            raise BadInput("gnss.walk.no_position")

        def away_m(number: int) -> float:
            place = self._places[number - 1]
            return geodesic.inverse(
                fix.longitude_deg, fix.latitude_deg, place.longitude_deg, place.latitude_deg
            )[0]

        return self.choose(min(range(1, len(self._places) + 1), key=away_m))

    def along(self, number: int | None = None) -> None:
        """Go to the nearest place of a side, by the number of the corner it begins at; of any
        side of the record where no number is given.

        BadInput("field.go_to.no_side") if no side begins there.
        """
        if number is None and self._sides:
            self._go(MultiLineString(list(self._sides.values())))
            return
        if number not in self._sides:
            raise BadInput("field.go_to.no_side", number=number or 1)
        self._number = number
        self._go(self._sides[number])

    def update(self, fix: Fix, compass_deg: float | None = None) -> Guidance | None:
        """How the way lies from a fix, as `Stakeout.update`."""
        return self._stakeout.update(fix, compass_deg)

    def _add(self, name: str, kind: Kind, record: str, x: float, y: float) -> None:
        longitude, latitude = gauss_kruger.inverse(x, y, self._srid)
        name = name or str(len(self._places) + 1)
        self._places.append(Place(name, kind, record, x, y, float(longitude), float(latitude)))

    def _go(self, shape: Point | LineString | MultiLineString) -> None:
        self._stakeout = Stakeout(Target(shape, self._srid), self._settings)


def _boundary_points(
    survey: SurveyFile, layer_name: str, record: str
) -> Iterator[tuple[str, str, Point]]:
    """Uuid, number and place of the boundary points that belong to a record."""
    layer = survey.catalogue.layers.get(_BOUNDARY_POINT)
    for field in layer.fields.values() if layer else ():
        if field.references != layer_name:
            continue
        for each in survey.select(_BOUNDARY_POINT, f'"{field.name}" = ?', (record,)):
            if each["geometry"] is not None and not each["ended_on"]:
                yield each["uuid"], each["number"] or "", each["geometry"]


def _chains(shape: BaseGeometry | None) -> Iterator[list[tuple[float, float]]]:
    """The rings, lines and points of a geometry as their corners; a ring's last is its first."""
    for part in shapely.get_parts(shape) if shape is not None else ():
        if part.geom_type == "Polygon":
            part = shapely.boundary(part)
        for line in shapely.get_parts(part):
            chain = [(float(x), float(y)) for x, y in shapely.get_coordinates(line)]
            if chain:
                yield chain

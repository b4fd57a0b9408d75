"""Measuring: a point averaged from many epochs, an outline or line walked or pressed corner by
corner, held against what the layer asks of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import numpy as np
import shapely
from shapely import LineString, Point, Polygon
from shapely.geometry.base import BaseGeometry
from xiangtu.catalogue import Layer
from xiangtu.errors import BadInput
from xiangtu.geo import area, gauss_kruger
from xiangtu.gnss.averaging import AveragedPoint, average
from xiangtu.gnss.boundary_walk import (
    BoundaryWalk,
    Closing,
    Vertex,
    WalkedBoundary,
    WalkSettings,
)
from xiangtu.gnss.fix import Fix, FixType
from xiangtu.gnss.quality import FIX_TYPES, rank
from xiangtu.gnss.stand import Stand, StandProgress
from xiangtu.store import SurveyFile
from xiangtu.store.values import stamp

from .gate import Shortfall, demanded, gated, shortfalls
from .neighbours import Overlap, overlaps, snapped

#: A walk's tolerance as a part of the accuracy that the layer asks.
_TOLERANCE = 0.25

#: Two corners pressed within this are one, however good the receiver is.
_PRESSED_TWICE_M = 0.1


@dataclass(frozen=True)
class Measured:
    """A measured geometry in the survey's CRS and how it was measured.

    `fixes` are all epochs received, those that are not in the geometry too. `closing` is how far
    from its beginning a measured outline ended; None where it was not measured back to there.
    `override_reason` is why a surveyor keeps one that does not reach what the layer asks.
    """

    geometry: BaseGeometry
    measured_how: str
    fix_type: FixType
    horizontal_accuracy_m: float | None
    satellites: int | None
    epochs: int
    measured_at: str
    height_ellipsoid_m: float | None
    fixes: tuple[Fix, ...]
    shortfalls: tuple[Shortfall, ...] = ()
    override_reason: str | None = None
    closing: Closing | None = None

    def values(self) -> dict[str, Any]:
        """The record's fields that go with the geometry."""
        accuracy_m = self.horizontal_accuracy_m
        return {
            "measured_how": self.measured_how,
            "fix_type": self.fix_type,
            "horizontal_accuracy_m": None if accuracy_m is None else round(accuracy_m, 3),
            "satellites": self.satellites,
            "epochs": self.epochs,
            "measured_at": self.measured_at,
        }


def _shortfalls_of(
    layer: Layer, point: AveragedPoint, accuracy_m: float | None
) -> tuple[Shortfall, ...]:
    """What an averaged point lacks; that its epochs are of two places no layer lets pass."""
    found = shortfalls(
        demanded(layer, accuracy_m),
        point.fix_type,
        point.horizontal_accuracy_m,
        point.epochs,
        fixes=point.fixes,
    )
    moved = _moved(layer, point)
    return found if moved is None else (moved, *found)


def _moved(layer: Layer, point: AveragedPoint) -> Shortfall | None:
    """That the surveyor was not still, if it matters: the spread is in the accuracy, and what is
    little against that which the layer asks is judged there."""
    asked = layer.accuracy
    within_m = max(point.still_within_m, 0.0 if asked is None else asked.horizontal_m / 2)
    if point.shift_m <= within_m:
        return None
    return Shortfall(
        "field.accuracy.moved",
        f"{point.shift_m:.2f} m",
        f"{within_m:.2f} m",
        "field.remedy.stand_still",
    )


def _asked(layer: Layer) -> tuple[tuple[str, ...], int]:
    """Fix types and number of epochs that a layer asks of a point."""
    asked = layer.accuracy
    return (FIX_TYPES, 1) if asked is None else (asked.fix_types, asked.minimum_epochs)


class PointCapture:
    """A point that becomes better while one stands still.

    Parameters
    ----------
    survey : SurveyFile
    layer_name : str
        A layer of points, or one of which a corner is measured.
    epochs : int, optional
        How many good epochs are enough; by default what the layer asks, and never less.

    Attributes
    ----------
    accuracy_m : float or None
        A better horizontal accuracy than the layer asks, where one is wanted.
    """

    accuracy_m: float | None = None

    def __init__(self, survey: SurveyFile, layer_name: str, epochs: int | None = None) -> None:
        self._srid = survey.srid
        self._layer = survey.catalogue.layer(layer_name)
        fix_types, minimum_epochs = _asked(self._layer)
        self._stand = Stand(fix_types, max(epochs or 1, minimum_epochs))

    def add(self, fix: Fix) -> None:
        self._stand.add(fix)

    @property
    def progress(self) -> StandProgress:
        """How many epochs agree and how well; may be asked as often as the screen likes."""
        return self._stand.progress

    @property
    def enough(self) -> bool:
        """As many epochs of a good kind as needed came in, and agree."""
        return self._stand.progress.enough

    @property
    def point(self) -> AveragedPoint:
        """The average so far; BadInput("gnss.average.nothing") without a position."""
        return self._stand.point(self._srid)

    def shortfalls(self) -> tuple[Shortfall, ...]:
        """What the point lacks as it is now."""
        return _shortfalls_of(self._layer, self.point, self.accuracy_m)

    def measured(self) -> Measured:
        """The point as it is now, with what it lacks; BadInput("gnss.average.nothing")."""
        point = self.point
        assert point.easting_m is not None and point.northing_m is not None
        return Measured(
            Point(round(point.easting_m, 3), round(point.northing_m, 3)),
            "gnss_average" if point.epochs > 1 else "gnss_point",
            point.fix_type,
            point.horizontal_accuracy_m,
            point.satellites,
            point.epochs,
            stamp(point.ended_at or _last_tablet_time(self._stand.fixes)),
            point.height_ellipsoid_m,
            self._stand.fixes,
            _shortfalls_of(self._layer, point, self.accuracy_m),
        )

    def result(self, override_reason: str | None = None) -> Measured:
        """The point, to be put into a form.

        Raises
        ------
        BadInput
            "gnss.average.nothing"; "field.accuracy" where it lacks something and no reason to
            keep it is given; "field.accuracy.no_override" where the layer takes no reason.
        """
        return gated(self._layer, self.measured(), override_reason)


def average_point(
    survey: SurveyFile,
    layer_name: str,
    fixes: Iterable[Fix],
    *,
    epochs: int | None = None,
    override_reason: str | None = None,
) -> Measured:
    """Stand still until enough good epochs came in, or the fixes end; errors as
    `PointCapture.result`."""
    capture = PointCapture(survey, layer_name, epochs)
    for fix in fixes:
        capture.add(fix)
        if capture.enough:
            break
    return capture.result(override_reason)


class BoundaryCapture:
    """An outline or line while it is walked, or pressed corner by corner.

    The geometry is in the survey's CRS; an outline closes itself. `record` is the one that is
    measured anew, which is no neighbour of itself. `accuracy_m` as for a point.
    """

    accuracy_m: float | None = None

    def __init__(
        self,
        survey: SurveyFile,
        layer_name: str,
        *,
        by_corners: bool = False,
        settings: WalkSettings | None = None,
        record: str | None = None,
    ) -> None:
        self._survey = survey
        self._layer = survey.catalogue.layer(layer_name)
        if self._layer.geometry not in ("MULTIPOLYGON", "MULTILINESTRING"):
            raise BadInput("field.walk.no_outline", layer=layer_name)
        self._closes = self._layer.geometry == "MULTIPOLYGON"
        self._record = record
        self._walk = BoundaryWalk(settings or walk_settings(self._layer))
        self._walk.by_corners = by_corners
        self._shaped: tuple[tuple[Vertex, ...], BaseGeometry | None] = ((), None)

    # -- while walking ------------------------------------------------------------------------

    def add(self, fix: Fix) -> Vertex | None:
        """Take a fix on the way; the corner that it laid, if it did."""
        return self._walk.add(fix)

    def press(self, fixes: Iterable[Fix] | None = None) -> Vertex:
        """A corner by hand: here, or averaged from `fixes` received while standing at it.

        BadInput: "gnss.walk.no_position", "gnss.average.nothing", "field.walk.moved".
        """
        if fixes is None:
            return self._walk.press()
        received = tuple(fixes)
        fix_types, minimum_epochs = _asked(self._layer)
        point = average(
            received, self._survey.srid, fix_types=fix_types, minimum_epochs=minimum_epochs
        )
        moved = _moved(self._layer, point)
        if moved is not None:
            raise BadInput("field.walk.moved", found=moved.found, expected=moved.expected)
        return self._walk.press(point, received)

    def take_back(self) -> Vertex | None:
        """Remove the last corner."""
        return self._walk.take_back()

    @property
    def vertices(self) -> tuple[Vertex, ...]:
        return self._walk.vertices

    @property
    def by_corners(self) -> bool:
        """Only presses make corners; may be set while walking."""
        return self._walk.by_corners

    @by_corners.setter
    def by_corners(self, by_corners: bool) -> None:
        self._walk.by_corners = by_corners

    @property
    def settings(self) -> WalkSettings:
        return self._walk.settings

    @property
    def lost(self) -> bool:
        """The receiver has no usable position at this moment."""
        return self._walk.lost

    @property
    def standing(self) -> bool:
        """The surveyor stands still, so that a walk lays no corner."""
        return self._walk.standing

    @property
    def closing(self) -> Closing | None:
        """How far an outline is from closing here; None for a line and before the first corner."""
        return self._walk.closing if self._closes else None

    @property
    def geometry(self) -> BaseGeometry | None:
        """What is walked so far, an outline closed; None while there are too few corners."""
        vertices = self._walk.vertices
        # The screen asks with every fix, and a corner comes with every fifth or so.
        if vertices != self._shaped[0]:
            self._shaped = vertices, self._shape(vertices)
        return self._shaped[1]

    @property
    def area_m2(self) -> float:
        """Plane area so far, 0 for a line and before there are three corners."""
        shape = self.geometry
        if not isinstance(shape, Polygon):
            return 0.0
        return float(area.plane_area_m2(np.array([shape]))[0])

    @property
    def area_mu(self) -> Decimal:
        return area.mu(area.rounded_m2(self.area_m2))

    @property
    def length_m(self) -> float:
        """Length of the line, or of the outline's edge."""
        shape = self.geometry
        return 0.0 if shape is None else float(shape.length)

    # -- before saving ------------------------------------------------------------------------

    def overlaps(self) -> list[Overlap]:
        """Neighbours that the outline overlaps, the largest overlap first."""
        return self.overlaps_of(self.geometry)

    def overlaps_of(self, shape: BaseGeometry | None) -> list[Overlap]:
        """Neighbours that `geometry`, or the shape that was `measured`, overlaps."""
        if not isinstance(shape, Polygon):
            return []
        return overlaps(self._survey, self._layer.name, shape, self._record)

    def walked(self) -> tuple[tuple[Vertex, ...], tuple[Fix, ...]]:
        """The corners as they would be in the outline or line, and every fix received. Where the
        walk ended may become a corner. BadInput("gnss.walk.nothing")."""
        walked = self._walk.finish()
        return self._open(walked.vertices), walked.fixes

    def measured(self, *, snap: bool = False) -> Measured:
        """What was walked, with what it lacks.

        With `snap`, corners within the layer's snapping distance of a neighbour's corner or edge
        are put onto it, so that both share it. Where the walk ended may become a corner.

        BadInput: "gnss.walk.nothing", "field.walk.too_few" corners, "field.walk.crosses" itself.
        """
        walked = self._walk.finish()
        shape = self._shape(walked.vertices)
        if shape is not None and not shape.is_valid:
            # Where an outline is narrow, leaving out corners may cross it.
            walked = self._walk.finish(simplify=False)
            shape = self._shape(walked.vertices)
        if shape is None:
            needed = 3 if self._closes else 2
            raise BadInput("field.walk.too_few", corners=len(walked.vertices), needed=needed)
        if snap:
            shape = snapped(self._survey, self._layer, shape, self._record)
        if not shape.is_valid:
            raise BadInput("field.walk.crosses", reason=shapely.is_valid_reason(shape))
        by_corners = self._walk.by_corners
        # The least-measured corner says how often a corner was measured; a walk is measured as
        # often as there were fixes.
        epochs = min(each.epochs for each in walked.vertices)
        received = sum(fix.fix_type != "none" for fix in walked.fixes)
        return Measured(
            shape,
            ("gnss_average" if epochs > 1 else "gnss_point") if by_corners else "gnss_walk",
            walked.fix_type,
            walked.horizontal_accuracy_m,
            walked.satellites,
            epochs if by_corners else received,
            stamp(walked.ended_at or _last_tablet_time(walked.fixes)),
            None,
            walked.fixes,
            shortfalls(
                demanded(self._layer, self.accuracy_m),
                walked.fix_type,
                walked.horizontal_accuracy_m,
                epochs if by_corners else received,
                fixes=walked.fixes,
                corners=walked.vertices,
            ),
            closing=self._closed_by(walked),
        )

    def result(self, *, snap: bool = False, override_reason: str | None = None) -> Measured:
        """What was walked, to be put into a form.

        Raises
        ------
        BadInput
            Those of `measured`; "field.accuracy" and "field.accuracy.no_override" as for a point.
        """
        return gated(self._layer, self.measured(snap=snap), override_reason)

    def _closed_by(self, walked: WalkedBoundary) -> Closing | None:
        """The closing error of an outline that was walked, or whose first corner was pressed again
        at the end; where the last side was not measured there is none."""
        if not self._closes:
            return None
        corners = projected(walked.vertices, self._survey.srid)
        if self._walk.by_corners and not self._is_first_again(corners, walked.vertices):
            return None
        return walked.closing

    def _open(self, vertices: tuple[Vertex, ...]) -> tuple[Vertex, ...]:
        """Without the first corner again at an outline's end."""
        corners = projected(vertices, self._survey.srid)
        # Closing is ours: last corners that stand on the first, as far as the receiver can tell,
        # are the first; walking on past it would cross the own track.
        while self._closes and self._is_first_again(corners, vertices[: len(corners)]):
            corners = corners[:-1]
        return vertices[: len(corners)]

    def _shape(self, vertices: tuple[Vertex, ...]) -> BaseGeometry | None:
        corners = projected(self._open(vertices), self._survey.srid)
        if len(corners) < (3 if self._closes else 2):
            return None
        return Polygon(corners) if self._closes else LineString(corners)

    def _is_first_again(self, corners: np.ndarray, vertices: tuple[Vertex, ...]) -> bool:
        """The last of some corners (m) is the first one."""
        if len(corners) < 4:
            return False
        away_m = float(np.hypot(*(corners[-1] - corners[0])))
        return away_m < self._same_place_m(vertices[-1])

    def _same_place_m(self, last: Vertex) -> float:
        """How near the first corner the last one is the first one. A corner pressed by hand is
        meant: only one that was pressed twice is the same."""
        settings, three_sigma_m = self._walk.settings, 3 * (last.horizontal_accuracy_m or 0.0)
        if last.laid_by == "press":
            return min(max(three_sigma_m, _PRESSED_TWICE_M), settings.shortest_m)
        return max(settings.shortest_m, min(three_sigma_m, settings.every_m))


def walk_boundary(
    survey: SurveyFile,
    layer_name: str,
    fixes: Iterable[Fix],
    *,
    settings: WalkSettings | None = None,
    record: str | None = None,
    snap: bool = False,
    override_reason: str | None = None,
) -> Measured:
    """Walk along a boundary until the fixes end; errors as `BoundaryCapture.result`."""
    capture = BoundaryCapture(survey, layer_name, settings=settings, record=record)
    for fix in fixes:
        capture.add(fix)
    return capture.result(snap=snap, override_reason=override_reason)


def corners_boundary(
    survey: SurveyFile,
    layer_name: str,
    corners: Iterable[Iterable[Fix]],
    *,
    record: str | None = None,
    snap: bool = False,
    override_reason: str | None = None,
) -> Measured:
    """An outline or line of corners, each averaged from its own fixes; errors as
    `BoundaryCapture.result`."""
    capture = BoundaryCapture(survey, layer_name, by_corners=True, record=record)
    for fixes in corners:
        capture.press(fixes)
    return capture.result(snap=snap, override_reason=override_reason)


def projected(positions: Iterable[Fix | Vertex], srid: int) -> np.ndarray:
    """Positions in metres of a CRS, to the millimetre: array (n, 2) of easting and northing."""
    known = list(positions)
    if not known:
        return np.empty((0, 2))
    easting, northing = gauss_kruger.forward(
        [each.longitude_deg for each in known], [each.latitude_deg for each in known], srid
    )
    return np.round(np.column_stack([easting, northing]), 3)


def walk_settings(layer: Layer) -> WalkSettings:
    """A walk that only takes fixes as good as the layer asks; where a surveyor may keep worse
    ones with a reason, it takes all. Corners that are needless within a quarter of the accuracy
    asked are left out, which leaves the outline as good as it was."""
    asked = layer.accuracy
    if asked is None:
        return WalkSettings()
    return WalkSettings(
        worst_accuracy_m=None if asked.may_override else asked.horizontal_m,
        worst_fix_type="single" if asked.may_override else min(asked.fix_types, key=rank),
        tolerance_m=_TOLERANCE * asked.horizontal_m,
    )


def _last_tablet_time(fixes: Iterable[Fix]) -> datetime:
    times = [fix.tablet_time for fix in fixes if fix.tablet_time is not None]
    return max(times, default=datetime.now(UTC))

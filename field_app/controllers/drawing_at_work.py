"""Drawing on the map: the shape of a record, the line that divides one, or a measuring tape.

All of it belongs to the thread that has the survey file; what it hands out are plain values. It is
given places of the map (Web Mercator) and how far a finger trembles there, in the map's metres.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from shapely import Polygon
from shapely.geometry.base import BaseGeometry
from xiangtu.errors import BadInput
from xiangtu.geo import area
from xiangtu.geo.outline_fault import OutlineFault, outline_fault
from xiangtu.geo.snapping import Targets
from xiangtu.gnss.fix import Fix
from xiangtu.gnss.stand import StandProgress
from xiangtu.store import SurveyFile

from . import map_places
from .kept_drawing import KeptDrawing
from .neighbours import Bounds, Overlap
from .outline import DRAWN, Corner, History, Outline, Splice

Following = Literal["", "start", "end", "done"]

#: A corner so near another one that is beside it is that one.
_SAME_PLACE_M = 0.01


@dataclass(frozen=True)
class Touch:
    """A place of the map, and how far a finger trembles there; both in the map's metres."""

    x_m: float
    y_m: float
    trembles_m: float = 0.0


@dataclass(frozen=True, eq=False)
class Beside:
    """What lies around; `corner` says how its corners were measured."""

    shape: BaseGeometry
    corner: Corner


@dataclass(frozen=True)
class Fault:
    """What is wrong with what is drawn, in words (a code with its facts), and where on the map."""

    code: str
    facts: dict[str, str]
    x_m: float
    y_m: float


@dataclass(frozen=True, eq=False)
class DrawingState:
    """A drawing at this moment; all places are of the map.

    `rings` are arrays (n, 2), none with its first corner again at the end; `drawn` says of each
    corner whether it was drawn, not measured. `length_m` is on the ground, `area_m2` plane.
    `standing` is how a stand at a corner stands, None while there is none. `following` is what
    is to be pointed at next of a neighbour's edge, `picked` where it began. `parts_m2` are the
    areas into which a line divides.
    """

    closes: bool
    rings: tuple[NDArray[np.float64], ...]
    drawn: tuple[tuple[bool, ...], ...]
    active: int | None
    length_m: float
    area_m2: float
    area_mu: Decimal
    overlaps: tuple[Overlap, ...]
    fault: Fault | None
    may_undo: bool
    may_redo: bool
    standing: StandProgress | None
    walking: bool
    following: Following
    picked: tuple[float, float] | None
    parts_m2: tuple[float, ...]
    laid: int

    @property
    def corners(self) -> int:
        return sum(map(len, self.rings))


class Drawing:
    """What drawing has in common, whatever is drawn.

    Parameters
    ----------
    survey : SurveyFile
    history : History
        What is drawn, kept in the file or not.
    snaps : bool
        Corners are put onto those of what lies around, else onto its edges.
    """

    def __init__(self, survey: SurveyFile, history: History, *, snaps: bool) -> None:
        self.survey = survey
        self.snaps = snaps
        self._history = history

    @property
    def outline(self) -> Outline:
        return self._history.now

    # -- by hand ------------------------------------------------------------------------------

    def add(self, touch: Touch) -> DrawingState:
        """Another corner where the map was touched."""
        self._append(self._touched(touch))
        return self.state()

    def insert(self, ring: int, after: int) -> DrawingState:
        """A corner in the middle of the side that follows a corner; it is as good as its ends."""
        corners = self.outline.rings[ring]
        one, other = corners[after], corners[(after + 1) % len(corners)]
        east, north = (np.array(one.place) + other.place) / 2
        self._change(ring, after + 1, 0, (one.at(float(east), float(north)),))
        return self.state()

    def move(self, ring: int, number: int, touch: Touch) -> DrawingState:
        """Put a corner elsewhere."""
        self._change(ring, number, 1, (self._touched(touch),))
        return self.state()

    def remove(self, ring: int, number: int) -> DrawingState:
        """Take a corner out; with one of its last three a hole goes as a whole.

        BadInput("field.drawing.least") where too few would be left of the outline or line.
        """
        now = self.outline
        left, least = len(now.rings[ring]) - 1, 3 if now.closes else 2
        if left >= least or now.active == ring:
            self._change(ring, number, 1, ())
        elif ring:
            self._change(ring, 0, left + 1, ())
        else:
            raise BadInput("field.drawing.least", needed=least)
        return self.state()

    def snap(self, touch: Touch) -> tuple[float, float] | None:
        """Where on the map a corner would be put that is set at a place; None if just there."""
        found = self._snapped(touch)
        return None if found is None else self._place(*found.place)

    def undo(self) -> DrawingState:
        """Take the last step back; BadInput("field.drawing.nothing_to_undo")."""
        if not self._history.may_undo:
            raise BadInput("field.drawing.nothing_to_undo")
        self._history.undo()
        return self.state()

    def redo(self) -> DrawingState:
        """Take it again; BadInput("field.drawing.nothing_to_redo")."""
        if not self._history.may_redo:
            raise BadInput("field.drawing.nothing_to_redo")
        self._history.redo()
        return self.state()

    # -- how it stands ------------------------------------------------------------------------

    def state(self) -> DrawingState:
        now = self.outline
        shape = now.geometry
        m2 = float(area.plane_area_m2(np.array([shape]))[0]) if isinstance(shape, Polygon) else 0.0
        rings = tuple(
            map_places.on_map(now.places(number), self.survey.srid)
            for number in range(len(now.rings))
        )
        return DrawingState(
            closes=now.closes,
            rings=rings,
            drawn=tuple(tuple(each.how == DRAWN for each in ring) for ring in now.rings),
            active=now.active,
            length_m=self._length_m(shape),
            area_m2=m2,
            area_mu=area.mu(area.rounded_m2(m2)),
            overlaps=self._overlaps(shape),
            fault=self._fault(),
            may_undo=self._history.may_undo,
            may_redo=self._history.may_redo,
            standing=self._standing(),
            walking=self._walking(),
            following=self._following(),
            picked=self._picked(),
            parts_m2=self._parts_m2(),
            laid=self._laid(),
        )

    def _length_m(self, shape: BaseGeometry | None) -> float:
        return 0.0 if shape is None else float(shape.length)

    def _overlaps(self, shape: BaseGeometry | None) -> tuple[Overlap, ...]:
        return ()

    def _standing(self) -> StandProgress | None:
        return None

    def _walking(self) -> bool:
        return False

    def _following(self) -> Following:
        return ""

    def _picked(self) -> tuple[float, float] | None:
        return None

    def _parts_m2(self) -> tuple[float, ...]:
        return ()

    def _laid(self) -> int:
        """How many corners the receiver ever laid."""
        return 0

    def _fault(self) -> Fault | None:
        found = self._broken()
        if found is None:
            return None
        # Counted as they are on the screen: all corners one after the other, from 1.
        before = np.cumsum([0, *(len(each) for each in self.outline.rings)])
        sides = [
            f"{before[ring] + first + 1}–"
            f"{before[ring] + (first + 1) % len(self.outline.rings[ring]) + 1}"
            for ring, first in found.sides
        ]
        return Fault(
            f"field.drawing.{found.kind}", {"sides": ", ".join(sides)},
            *self._place(found.x, found.y),
        )  # fmt: skip

    def _broken(self) -> OutlineFault | None:
        # A hole that has too few corners yet is the last ring, and has nothing wrong with it.
        rings = self.outline.whole_rings if self.outline.closes else []
        return outline_fault(rings) if rings else None

    # -- inside -------------------------------------------------------------------------------

    def _append(self, corner: Corner, fixes: Iterable[Fix] = ()) -> None:
        """A corner at the end of the ring that is drawn; of the outer one, if none is."""
        ring = self.outline.active or 0
        end = len(self.outline.rings[ring])
        if end and _apart_m(corner, self.outline.rings[ring][-1]) < _SAME_PLACE_M:
            raise BadInput("field.drawing.same_place")
        self._change(ring, end, 0, (corner,), fixes=fixes, active=ring)

    def _change(
        self,
        ring: int,
        at: int,
        gone: int,
        come: Sequence[Corner],
        *,
        fixes: Iterable[Fix] = (),
        active: int | None | Literal["same"] = "same",
    ) -> None:
        active = self.outline.active if active == "same" else active
        splice = Splice(ring, at, gone, tuple(come), active)
        if isinstance(self._history, KeptDrawing):
            self._history.change(splice, fixes)
        else:
            self._history.change(splice)

    def _touched(self, touch: Touch) -> Corner:
        """The corner that a touch makes: a neighbour's own, if it was put onto one."""
        found = self._snapped(touch)
        if found is not None:
            return found
        east, north = map_places.in_survey(touch.x_m, touch.y_m, self.survey.srid)
        return Corner(round(east, 3), round(north, 3), DRAWN)

    def _snapped(self, touch: Touch) -> Corner | None:
        place = map_places.in_survey(touch.x_m, touch.y_m, self.survey.srid)
        return self._onto(place, self._reach_m(touch))

    def _reach_m(self, touch: Touch) -> float:
        """How far on the ground from what it means a touch may be."""
        # A finger points no better than it trembles.
        trembles_m = map_places.on_ground_m(touch.trembles_m, touch.y_m)
        return max(self._snap_m(), trembles_m)

    def _onto(self, place: tuple[float, float], within_m: float) -> Corner | None:
        """A corner of what lies around, as it was measured, else one drawn on its edge."""
        if not self.snaps or within_m <= 0:
            return None
        x, y = place
        beside = self._beside((x - within_m, y - within_m, x + within_m, y + within_m))
        found = Targets([each.shape for each in beside]).nearest(x, y, within_m)
        if found is None:
            return None
        if found.on == "corner":
            return beside[found.target].corner.at(found.x, found.y)
        return Corner(found.x, found.y, DRAWN)

    def _snap_m(self) -> float:
        """The catalogue's distance."""
        return 0.0

    def _beside(self, bounds: Bounds) -> list[Beside]:
        """What corners are put onto."""
        raise NotImplementedError

    def _place(self, easting_m: float, northing_m: float) -> tuple[float, float]:
        ((x, y),) = map_places.on_map(np.array([[easting_m, northing_m]]), self.survey.srid)
        return float(x), float(y)


def _apart_m(one: Corner, other: Corner) -> float:
    return float(np.hypot(one.easting_m - other.easting_m, one.northing_m - other.northing_m))

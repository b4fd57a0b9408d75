"""The shape of a record, drawn anew or changed: corners, holes, a neighbour's edge taken over."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry
from xiangtu.errors import BadInput
from xiangtu.geo import ring_path
from xiangtu.store import SurveyFile

from . import map_places
from .drawing_at_work import DrawingState, Following, Touch
from .gate import gated
from .kept_drawing import KeptDrawing
from .measured_drawing import MeasuredDrawing
from .measuring_at_work import form_of
from .neighbours import Overlap, lines_of, overlaps, records_near
from .outline import Corner, Outline, corner_as_in, outline_of
from .settings import Settings


@dataclass(frozen=True, eq=False)
class _Ring:
    """A ring or line of a neighbour, its corners (m) without the first one again at the end."""

    corners: NDArray[np.float64]
    as_in: Corner


@dataclass(frozen=True, eq=False)
class _Followed:
    """A neighbour's edge that was taken over: from corner to corner of a ring, put in at a place;
    `gave` is what is drawn since."""

    ring: _Ring
    start: int
    end: int
    into: int
    at: int
    other_way: bool
    gave: Outline


class ShapeAtWork(MeasuredDrawing):
    """The outline or line of a record that is there or has a draft."""

    def __init__(
        self, survey: SurveyFile, layer_name: str, record: str, settings: Settings | None = None
    ) -> None:
        """BadInput: "field.no_draft" where there is no form for it, "field.walk.no_outline" for
        points, "field.drawing.several", "measuring.begun" where it is measured otherwise."""
        layer = survey.catalogue.layer(layer_name)
        if layer.geometry not in ("MULTIPOLYGON", "MULTILINESTRING"):
            raise BadInput("field.walk.no_outline", layer=layer_name)
        form = form_of(survey, layer_name, record)
        closes = layer.geometry == "MULTIPOLYGON"
        first = outline_of(form.geometry, closes, corner_as_in(form.values))
        kept = KeptDrawing.open(survey, layer_name, record, "shape", first)
        super().__init__(survey, layer_name, record, kept, settings or Settings())
        self._judged: tuple[Outline, tuple[Overlap, ...]] | None = None
        #: The place of the edge that is being followed among the corners, and its beginning.
        self._follow_into: tuple[int, int] | None = None
        self._start: tuple[float, float] | None = None
        self._followed: _Followed | None = None

    # -- rings --------------------------------------------------------------------------------

    def add_more(self) -> DrawingState:
        """From now on touches add corners at the end of the outer ring or line."""
        self._change(0, 0, 0, (), active=0)
        return self.state()

    def begin_hole(self) -> DrawingState:
        """From now on touches add corners to a hole."""
        if self.outline.active:
            self.end_ring()
        ring = len(self.outline.rings)
        self._change(ring, 0, 0, (), active=ring)
        return self.state()

    def end_ring(self) -> DrawingState:
        """No corners are added any more; a hole that has too few is none."""
        ring = self.outline.active or 0
        corners = len(self.outline.rings[ring])
        self._change(ring, 0, corners if ring and corners < 3 else 0, (), active=None)
        return self.state()

    # -- a neighbour's edge -------------------------------------------------------------------

    def follow(self, after: tuple[int, int] | None = None) -> DrawingState:
        """Begin to take over a neighbour's edge, after a corner (ring and number), else at the end
        of the ring that is drawn; its first and last corners are to be pointed at."""
        ring = self.outline.active or 0
        self._start, self._followed = None, None
        self._follow_into = (
            (ring, len(self.outline.rings[ring])) if after is None else (after[0], after[1] + 1)
        )
        return self.state()

    def stop_following(self) -> DrawingState:
        self._follow_into = None
        return self.state()

    def point_at(self, touch: Touch) -> DrawingState:
        """The first corner of the edge, or then its last.

        BadInput: "field.drawing.no_corner" of a neighbour there, "field.drawing.other_edge" where
        that is of another one than the first.
        """
        assert self._follow_into is not None
        place = map_places.in_survey(touch.x_m, touch.y_m, self.survey.srid)
        reach_m = self._reach_m(touch)
        if self._start is None:
            here = (*np.subtract(place, reach_m), *np.add(place, reach_m))
            nearest = [_nearest(each, place) for each in self._rings(here)]
            if not nearest or min(nearest)[0] > reach_m:
                raise BadInput("field.drawing.no_corner")
            self._start = min(nearest)[2]
            return self.state()
        x, y = self._start
        found = []
        for ring in self._rings((x, y, x, y)):
            (starts,) = np.nonzero((ring.corners == self._start).all(axis=1))
            if len(starts):
                away_m, end, _ = _nearest(ring, place)
                found.append((away_m, end, int(starts[0]), ring))
        away_m, end, start, ring = min(found, key=lambda each: each[0])
        if away_m > reach_m or end == start:
            raise BadInput("field.drawing.other_edge")
        into, at = self._follow_into
        self._follow_into = self._start = None
        self._take_over(_Followed(ring, start, end, into, at, False, self.outline))
        return self.state()

    def other_way(self) -> DrawingState:
        """The edge that was just taken over goes around its ring the other way."""
        followed = self._followed
        if followed is not None and followed.gave is self.outline:
            self._kept.undo()
            self._take_over(replace(followed, other_way=not followed.other_way))
        return self.state()

    def _take_over(self, taken: _Followed) -> None:
        edge = ring_path.between(
            taken.ring.corners, taken.start, taken.end, other_way=taken.other_way
        )
        come = [taken.ring.as_in.at(*each) for each in edge.tolist()]
        # Where it begins or ends at corners that are there, those are it.
        corners = self.outline.rings[taken.into]
        if come and taken.at and corners[taken.at - 1].place == come[0].place:
            del come[0]
        after = corners[taken.at % len(corners)] if corners else None
        if come and after is not None and after.place == come[-1].place:
            del come[-1]
        self._change(taken.into, taken.at, 0, come)
        self._followed = replace(taken, gave=self.outline)

    def _rings(self, bounds: tuple[float, float, float, float]) -> Iterator[_Ring]:
        """The neighbours' rings or lines in some bounds."""
        last = -1 if self.outline.closes else None
        for each in records_near(self.survey, self.layer.name, bounds, self.record):
            for line in lines_of(each["geometry"]):
                yield _Ring(line[:last], corner_as_in(each))

    # -- into the form ------------------------------------------------------------------------

    def hand_over(self, reason: str | None = None) -> None:
        """Put it into the form's draft, and forget the drawing, in one transaction. Errors as
        `measured`; "field.accuracy" and "field.accuracy.no_override" as for a walk."""
        measured = gated(self.layer, self.measured(), reason)
        with self.survey.atomic():
            form_of(self.survey, self.layer.name, self.record).measure(measured)
            self._kept.drop()

    # -- how it stands ------------------------------------------------------------------------

    def _overlaps(self, shape: BaseGeometry | None) -> tuple[Overlap, ...]:
        now = self.outline
        if self._judged is None or self._judged[0] is not now:
            found = overlaps(self.survey, self.layer.name, shape, self.record) if shape else []
            self._judged = now, tuple(found if now.closes else ())
        return self._judged[1]

    def _following(self) -> Following:
        if self._follow_into is not None:
            return "start" if self._start is None else "end"
        followed = self._followed
        return "done" if followed is not None and followed.gave is self.outline else ""

    def _picked(self) -> tuple[float, float] | None:
        return None if self._start is None else self._place(*self._start)


def _nearest(ring: _Ring, place: tuple[float, float]) -> tuple[float, int, tuple[float, float]]:
    """The corner nearest to a place: how far it is, its number, and where it is."""
    away_m = np.hypot(*(ring.corners - place).T)
    number = int(away_m.argmin())
    x, y = ring.corners[number].tolist()
    return float(away_m[number]), number, (x, y)

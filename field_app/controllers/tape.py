"""A measuring tape on the map: how long a way is, and how large what it goes around."""

from __future__ import annotations

from itertools import pairwise

from shapely.geometry.base import BaseGeometry
from xiangtu.geo import gauss_kruger, geodesic
from xiangtu.store import SurveyFile

from .drawing_at_work import Beside, Drawing, DrawingState
from .map_content import map_layers
from .neighbours import Bounds, records_near
from .outline import DRAWN, Corner, History, Outline, Splice


class Tape(Drawing):
    """Belongs to no record, and is kept as long as the app runs.

    Its length is that of the way on the ground (the geodesic), which a tape laid there would say;
    its area that on the plane, by which parcels are handed out (domain.md §1).
    """

    def __init__(self, survey: SurveyFile, *, snaps: bool = True) -> None:
        super().__init__(survey, History(Outline(closes=True)), snaps=snaps)

    def clear(self) -> DrawingState:
        """Take all corners away; that can be undone too."""
        self._history.change(Splice(0, 0, len(self.outline.rings[0]), (), 0))
        return self.state()

    def _length_m(self, shape: BaseGeometry | None) -> float:
        """Along the corners, without the side that closes them."""
        places = self.outline.places(0)
        degrees = zip(*gauss_kruger.inverse(*places.T, self.survey.srid), strict=True)
        return sum(geodesic.inverse(*one, *other)[0] for one, other in pairwise(degrees))

    def _beside(self, bounds: Bounds) -> list[Beside]:
        """All that the map can show."""
        drawn = Corner(0.0, 0.0, DRAWN)
        return [
            Beside(each["geometry"], drawn)
            for layer in map_layers(self.survey)
            for each in records_near(self.survey, layer.name, bounds)
        ]

"""What a place is put onto: the nearest corner of what lies around it, else the nearest edge."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import shapely
from shapely import Point
from shapely.geometry.base import BaseGeometry


@dataclass(frozen=True)
class Snap:
    """A place (m, in the CRS of the targets) on a corner or an edge of the target whose position
    among them is `target`. A corner's place is the corner's own, to the last bit."""

    x: float
    y: float
    on: Literal["corner", "edge"]
    target: int


class Targets:
    """Outlines and lines in a metric CRS to whose corners and edges places are put.

    Parameters
    ----------
    shapes : sequence of geometries
        Polygons, lines, or several parts of those; empty ones and points have no edges.
    """

    def __init__(self, shapes: Sequence[BaseGeometry]) -> None:
        held = np.empty(len(shapes), dtype=object)
        held[:] = list(shapes)
        self._corners, self._owners = shapely.get_coordinates(held, return_index=True)
        areas = shapely.get_dimensions(held) == 2
        self._edges = np.where(areas, shapely.boundary(held), held)

    def nearest(self, x: float, y: float, within_m: float) -> Snap | None:
        """The nearest corner within a distance, else the nearest place on an edge within it; None
        if there is neither."""
        if len(self._corners):
            away = np.hypot(self._corners[:, 0] - x, self._corners[:, 1] - y)
            first = int(away.argmin())
            if away[first] <= within_m:
                corner_x, corner_y = self._corners[first].tolist()
                return Snap(corner_x, corner_y, "corner", int(self._owners[first]))
        if not len(self._edges):
            return None
        here = Point(x, y)
        away = np.nan_to_num(shapely.distance(self._edges, here), nan=np.inf)
        first = int(away.argmin())
        if away[first] > within_m:
            return None
        place = shapely.get_point(shapely.shortest_line(here, self._edges[first]), 1)
        return Snap(place.x, place.y, "edge", first)

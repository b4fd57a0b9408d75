"""Showing a place of the county on QGIS's map: move there, let it flash."""

from __future__ import annotations

from collections.abc import Sequence

import shapely
from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsCsException,
    QgsGeometry,
    QgsPointXY,
    QgsRectangle,
)
from qgis.gui import QgsMapCanvas
from qgis.PyQt.QtWidgets import QStackedWidget

from .review.outline_canvas import as_qgis

#: Metres from a place to the edge of the map, at least and at most.
_LEAST_M, _MOST_M = 20.0, 250.0
#: How much more than an outline is shown.
_ROOM = 1.3


def bring_to_front(canvas: QgsMapCanvas) -> None:
    """Show the map where QGIS shows something else in its place: its welcome page, as long as no
    project is open."""
    page, above = canvas, canvas.parentWidget()
    while above is not None:
        if isinstance(above, QStackedWidget):
            above.setCurrentWidget(page)
        page, above = above, above.parentWidget()


def show_place(
    canvas: QgsMapCanvas,
    shapes: Sequence[shapely.Geometry],
    place: tuple[float, float] | None,
    srid: int,
) -> bool:
    """Move the map to a place and let shapes flash there; False where there is neither.

    Parameters
    ----------
    shapes : what flashes, in `srid`.
    place : the very spot (x, y) in `srid`, which may be a small part of a large outline; without
        it the shapes are shown whole.
    """
    if place is None and not shapes:
        return False
    crs = QgsCoordinateReferenceSystem.fromEpsgId(srid)
    to_map = QgsCoordinateTransform(
        crs, canvas.mapSettings().destinationCrs(), canvas.mapSettings().transformContext()
    )
    try:
        box = to_map.transformBoundingBox(_box(shapes, place))
    except QgsCsException:
        return False
    canvas.setExtent(box)
    canvas.refresh()
    geometries = [as_qgis(each) for each in shapes]
    if place is not None:
        geometries.append(QgsGeometry.fromPointXY(QgsPointXY(*place)))
    canvas.flashGeometries(geometries, crs)
    return True


def _box(shapes: Sequence[shapely.Geometry], place: tuple[float, float] | None) -> QgsRectangle:
    half = _LEAST_M
    if shapes:
        x0, y0, x1, y1 = shapely.total_bounds(shapes)
        half = max(half, _ROOM * max(x1 - x0, y1 - y0) / 2)
    if place is None:
        x, y = (x0 + x1) / 2, (y0 + y1) / 2
    else:
        x, y = place
        half = min(half, _MOST_M)
    return QgsRectangle(x - half, y - half, x + half, y + half)

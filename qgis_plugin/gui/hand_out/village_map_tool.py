"""Picking villages on the map: a click picks one or lets it go, a rectangle picks all it meets."""

from __future__ import annotations

from collections.abc import Mapping

import shapely
from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsCsException,
    QgsGeometry,
    QgsProject,
    QgsRectangle,
)
from qgis.gui import QgsMapCanvas, QgsMapMouseEvent, QgsMapTool, QgsRubberBand
from qgis.PyQt.QtCore import QRect, Qt, pyqtSignal
from qgis.PyQt.QtGui import QColor

#: Pixels that a press may move and still be a click.
_CLICK_PX = 4
#: Villages that take up less than this part of an empty map's width are not seen.
_DOT = 50
_PICKED = QColor(230, 120, 0)
_DRAWN = QColor(60, 60, 60)


class VillageMapTool(QgsMapTool):
    """Knows the villages' outlines itself: no layer of them need be on the map.

    `clicked` with the code of the village under a click; `drawn` with the codes that a rectangle
    meets.
    """

    clicked = pyqtSignal(str)
    drawn = pyqtSignal(list)

    def __init__(self, canvas: QgsMapCanvas) -> None:
        super().__init__(canvas)
        self._outlines: Mapping[str, shapely.Geometry] = {}
        self._crs = QgsCoordinateReferenceSystem()
        self._pressed = None
        self._rectangle = QgsRubberBand(canvas)
        self._rectangle.setColor(_DRAWN)
        self._rectangle.setFillColor(QColor(60, 60, 60, 30))
        self._picked = QgsRubberBand(canvas)
        self._picked.setColor(_PICKED)
        self._picked.setFillColor(QColor(230, 120, 0, 60))
        self._picked.setWidth(2)
        self._all = QgsRubberBand(canvas)
        self._all.setColor(_DRAWN)
        self._all.setFillColor(QColor(0, 0, 0, 0))
        self.setCursor(Qt.CursorShape.PointingHandCursor)

    def set_villages(
        self, outlines: Mapping[str, shapely.Geometry], crs: QgsCoordinateReferenceSystem
    ) -> None:
        """The villages by code, their outlines in a CRS."""
        self._outlines = outlines
        self._crs = crs

    def highlight(self, codes: list[str]) -> None:
        """Show which are picked."""
        shapes = [self._outlines[code] for code in codes if code in self._outlines]
        if not shapes:
            self._picked.reset()
            return
        geometry = QgsGeometry()
        geometry.fromWkb(shapely.to_wkb(shapely.union_all(shapes), output_dimension=2))
        self._picked.setToGeometry(geometry, self._crs)

    def bounds(self, codes: list[str], crs: QgsCoordinateReferenceSystem) -> QgsRectangle | None:
        """What lies around villages, in a CRS; None for none."""
        shapes = [self._outlines[code] for code in codes if code in self._outlines]
        if not shapes:
            return None
        around = QgsRectangle(*shapely.total_bounds(shapes).tolist())
        try:
            return QgsCoordinateTransform(
                self._crs, crs, QgsProject.instance()
            ).transformBoundingBox(around)
        except QgsCsException:
            return None

    def remove(self) -> None:
        """Take tool and highlight off the map."""
        canvas = self.canvas()
        canvas.unsetMapTool(self)
        for band in (self._picked, self._rectangle, self._all):
            canvas.scene().removeItem(band)

    # -- the mouse ----------------------------------------------------------------------------

    def canvasPressEvent(self, event: QgsMapMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._pressed = event.pos()

    def canvasMoveEvent(self, event: QgsMapMouseEvent) -> None:
        if self._pressed is not None:
            self._rectangle.setToGeometry(self._on_map(QRect(self._pressed, event.pos())))

    def canvasReleaseEvent(self, event: QgsMapMouseEvent) -> None:
        if self._pressed is None or event.button() != Qt.MouseButton.LeftButton:
            return
        pressed, self._pressed = self._pressed, None
        self._rectangle.reset()
        if (event.pos() - pressed).manhattanLength() <= _CLICK_PX:
            found = self._meeting(QgsGeometry.fromPointXY(self.toMapCoordinates(event.pos())))
            if found:
                self.clicked.emit(found[0])
            return
        self.drawn.emit(self._meeting(self._on_map(QRect(pressed, event.pos()))))

    def activate(self) -> None:
        """QGIS calls it when this tool is taken. All villages are drawn, as the map may show none;
        an empty one that does not show where they are moves there."""
        super().activate()
        shapes = list(self._outlines.values())
        if not shapes:
            return
        canvas = self.canvas()
        if not canvas.layers() and not self._shown():
            canvas.setDestinationCrs(self._crs)
            around = QgsRectangle(*shapely.total_bounds(shapes).tolist())
            around.scale(1.1)
            canvas.setExtent(around)
            canvas.refresh()
        geometry = QgsGeometry()
        every = shapely.multipolygons(shapely.get_parts(shapes))
        geometry.fromWkb(shapely.to_wkb(every, output_dimension=2))
        self._all.setToGeometry(geometry, self._crs)

    def _shown(self) -> bool:
        """Whether the map shows villages, and not as mere dots."""
        extent = self.canvas().extent()
        around = self.bounds(list(self._outlines), self.canvas().mapSettings().destinationCrs())
        return (
            around is not None
            and around.intersects(extent)
            and around.width() > extent.width() / _DOT
        )

    def deactivate(self) -> None:
        """QGIS calls it when another tool is taken."""
        self._all.reset()
        self._pressed = None
        self._rectangle.reset()
        super().deactivate()

    def _on_map(self, drawn: QRect) -> QgsGeometry:
        drawn = drawn.normalized()
        return QgsGeometry.fromRect(
            QgsRectangle(
                self.toMapCoordinates(drawn.topLeft()), self.toMapCoordinates(drawn.bottomRight())
            )
        )

    def _meeting(self, shape: QgsGeometry) -> list[str]:
        """Codes of villages that meet a shape in the map's CRS; none where it cannot be brought
        into the county's."""
        map_crs = self.canvas().mapSettings().destinationCrs()
        try:
            shape.transform(QgsCoordinateTransform(map_crs, self._crs, QgsProject.instance()))
        except QgsCsException:
            return []
        asked = shapely.from_wkb(bytes(shape.asWkb()))
        return [code for code, outline in self._outlines.items() if outline.intersects(asked)]

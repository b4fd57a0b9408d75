"""A small map of one side of a decision, beside which another may follow."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import shapely
from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsGeometry,
    QgsPointXY,
    QgsRectangle,
    QgsWkbTypes,
)
from qgis.gui import QgsMapCanvas, QgsMapToolPan, QgsRubberBand
from qgis.PyQt.QtCore import Qt, pyqtSignal
from qgis.PyQt.QtGui import QColor, QWheelEvent
from qgis.PyQt.QtWidgets import QWidget

_HEIGHT = 160
#: What is shown around the outlines: a share of their size, metres around a point.
_MARGIN, _POINT_MARGIN_M = 1.4, 10.0
_WHITE = QColor("white")
_AROUND = QColor("#b8b8b8")
_BEFORE = QColor("#555555")
#: Colours of the sides by place; safe for those who see no red or green.
SIDES = tuple(QColor(name) for name in ("#0072b2", "#d55e00", "#009e73", "#cc79a7"))
COMBINED = QColor("#000000")


class OutlineCanvas(QgsMapCanvas):
    """What lies around in grey, what was before dashed, one side bold in its colour."""

    moved = pyqtSignal(QgsRectangle)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setMinimumHeight(_HEIGHT)
        self.setCanvasColor(_WHITE)
        self.enableAntiAliasing(True)
        self._pan = QgsMapToolPan(self)
        self.setMapTool(self._pan)
        self._bands: list[QgsRubberBand] = []
        self._following = False
        self.extentsChanged.connect(self._tell)

    def show_side(
        self,
        srid: int,
        around: Iterable[Any],
        before: Iterable[Any],
        side: Iterable[Any],
        colour: QColor,
    ) -> None:
        """Draw shapes (shapely, metres in the CRS of that EPSG code)."""
        self.wipe()
        self.setDestinationCrs(QgsCoordinateReferenceSystem.fromEpsgId(srid))
        for shape in around:
            self._draw(shape, _AROUND, 1, Qt.PenStyle.SolidLine)
        for shape in before:
            self._draw(shape, _BEFORE, 2, Qt.PenStyle.DashLine)
        for shape in side:
            self._draw(shape, colour, 3, Qt.PenStyle.SolidLine, filled=True)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zoom while Ctrl is held; else the page scrolls, on which the map is small."""
        turned = event.angleDelta().y()
        if not turned or not event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            event.ignore()
            return
        at = event.position()
        self.zoomWithCenter(int(at.x()), int(at.y()), turned > 0)
        event.accept()

    def _tell(self) -> None:
        if not self._following:
            self.moved.emit(self.extent())

    def wipe(self) -> None:
        """Take everything off the map."""
        for band in self._bands:
            self.scene().removeItem(band)
        self._bands = []

    def drawn(self) -> list[QgsGeometry]:
        """What is on the map, in the order in which it was drawn."""
        return [band.asGeometry() for band in self._bands]

    def follow(self, extent: QgsRectangle) -> None:
        """Show the same place as another canvas."""
        if self.extent().center().distance(extent.center()) > 1e-6 or (
            abs(self.extent().width() - extent.width()) > 1e-6
        ):
            self._following = True
            self.setExtent(extent)
            self._following = False
            self.refresh()

    def _draw(
        self,
        shape: Any,
        colour: QColor,
        width: int,
        style: Qt.PenStyle,
        *,
        filled: bool = False,
    ) -> None:
        geometry = as_qgis(shape)
        kind = geometry.type()
        band = QgsRubberBand(self, kind)
        band.setColor(colour)
        band.setWidth(width)
        band.setLineStyle(style)
        fill = QColor(colour)
        fill.setAlpha(40 if filled else 0)
        band.setFillColor(fill)
        if kind == QgsWkbTypes.GeometryType.PointGeometry:
            band.setIcon(QgsRubberBand.IconType.ICON_CIRCLE)
            band.setIconSize(6 + 2 * width)
        band.setToGeometry(geometry, None)
        self._bands.append(band)


def as_qgis(shape: Any) -> QgsGeometry:
    """A shapely shape as QGIS has it."""
    geometry = QgsGeometry()
    # The dimension is said: shapely's own default is one that QGIS's older GEOS refuses.
    geometry.fromWkb(shapely.to_wkb(shape, output_dimension=2))
    return geometry


def bounds(shapes: list[Any]) -> QgsRectangle | None:
    """The place that shows all shapes with some room around; None where there are none."""
    if not shapes:
        return None
    x0, y0, x1, y1 = shapely.total_bounds(shapes)
    box = QgsRectangle(x0, y0, x1, y1)
    if max(box.width(), box.height()) < _POINT_MARGIN_M:
        middle = QgsPointXY((x0 + x1) / 2, (y0 + y1) / 2)
        return QgsRectangle(
            middle.x() - _POINT_MARGIN_M,
            middle.y() - _POINT_MARGIN_M,
            middle.x() + _POINT_MARGIN_M,
            middle.y() + _POINT_MARGIN_M,
        )
    box.scale(_MARGIN)
    return box

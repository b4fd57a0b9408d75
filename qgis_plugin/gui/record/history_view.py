"""The history of a record: who changed what when; an outline as it was; a value given back."""

from __future__ import annotations

import shapely
from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsCsException,
    QgsWkbTypes,
)
from qgis.gui import QgsMapCanvas, QgsRubberBand
from qgis.PyQt.QtCore import QCoreApplication, Qt, pyqtSignal
from qgis.PyQt.QtGui import QColor
from qgis.PyQt.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from ..map_place import show_place
from ..review.outline_canvas import as_qgis
from .reading import Line, RecordReading

translate = QCoreApplication.translate

_BEFORE, _AFTER, _NOW = QColor("#d7191c"), QColor("#1f78b4"), QColor("#33a02c")
_WIDTHS = (210, 200, 140, 140)


class HistoryView(QWidget):
    """`restore(change, field, before, reason)` asks for a value back."""

    restore = pyqtSignal(str, str, bool, str)

    def __init__(self, canvas: QgsMapCanvas) -> None:
        super().__init__()
        self._canvas = canvas
        self._bands: list[QgsRubberBand] = []
        self._reading: RecordReading | None = None
        column = QVBoxLayout(self)
        self.tree = QTreeWidget()
        self.tree.setHeaderLabels(
            [
                translate("Xiangtu", "When, what"),
                translate("Xiangtu", "Who, field"),
                translate("Xiangtu", "Before"),
                translate("Xiangtu", "After"),
            ]
        )
        for place, width in enumerate(_WIDTHS):
            self.tree.setColumnWidth(place, width)
        self.tree.currentItemChanged.connect(lambda *_: self._look())
        column.addWidget(self.tree, 1)
        self.legend = QLabel(
            translate("Xiangtu", "On the map: red as it was before, blue after, green now.")
        )
        self.legend.setWordWrap(True)
        column.addWidget(self.legend)
        self.reason = QLineEdit()
        self.reason.setPlaceholderText(translate("Xiangtu", "Why it comes back"))
        self.reason.textChanged.connect(lambda _text: self._allow())
        self.before = QPushButton(translate("Xiangtu", "Restore the value before"))
        self.before.clicked.connect(lambda: self._ask(True))
        self.after = QPushButton(translate("Xiangtu", "Restore the value after"))
        self.after.clicked.connect(lambda: self._ask(False))
        row = QHBoxLayout()
        row.addWidget(self.reason, 1)
        row.addWidget(self.before)
        row.addWidget(self.after)
        column.addLayout(row)
        self._allow()

    def show_reading(self, reading: RecordReading) -> None:
        """Show a record's history."""
        self._reading = reading
        self.tree.clear()
        for entry in reading.entries:
            above = QTreeWidgetItem([f"{entry.time} {entry.what}", entry.who, entry.reason])
            above.setToolTip(2, entry.reason)
            self.tree.addTopLevelItem(above)
            for line in entry.lines:
                item = QTreeWidgetItem(above, ["", line.label, line.before, line.after])
                item.setData(0, Qt.ItemDataRole.UserRole, line)
                item.setToolTip(2, line.before)
                item.setToolTip(3, line.after)
        if reading.entries:
            self.tree.topLevelItem(0).setExpanded(True)
        self.reason.clear()
        self._look()

    def wipe(self) -> None:
        """Take the outlines off the map."""
        for band in self._bands:
            self._canvas.scene().removeItem(band)
        self._bands = []

    def _line(self) -> Line | None:
        """The line chosen; of a change, the one about its outline."""
        item = self.tree.currentItem()
        if item is None:
            return None
        line: Line | None = item.data(0, Qt.ItemDataRole.UserRole)
        if line is not None:
            return line
        below = [item.child(place) for place in range(item.childCount())]
        lines: list[Line] = [each.data(0, Qt.ItemDataRole.UserRole) for each in below]
        return next((each for each in lines if any(each.shapes)), None)

    def _look(self) -> None:
        self.wipe()
        self._allow()
        line = self._line()
        drawn = line is not None and any(line.shapes)
        self.legend.setVisible(drawn)
        if line is None or self._reading is None or not drawn:
            return
        srid, now = self._reading.srid, self._reading.now
        before, after = line.shapes
        show_place(self._canvas, [each for each in (before, after, now) if each], None, srid)
        for shape, colour, style in (
            (now, _NOW, Qt.PenStyle.SolidLine),
            (after, _AFTER, Qt.PenStyle.DashLine),
            (before, _BEFORE, Qt.PenStyle.DotLine),
        ):
            if shape is not None:
                self._draw(shape, colour, style, srid)

    def _draw(self, shape: shapely.Geometry, colour: QColor, style: Qt.PenStyle, srid: int) -> None:
        geometry = as_qgis(shape)
        settings = self._canvas.mapSettings()
        to_map = QgsCoordinateTransform(
            QgsCoordinateReferenceSystem.fromEpsgId(srid),
            settings.destinationCrs(),
            settings.transformContext(),
        )
        try:
            geometry.transform(to_map)
        except QgsCsException:
            return
        band = QgsRubberBand(self._canvas, geometry.type())
        band.setColor(colour)
        band.setFillColor(QColor(0, 0, 0, 0))
        band.setWidth(3)
        band.setLineStyle(style)
        if geometry.type() == QgsWkbTypes.GeometryType.PointGeometry:
            band.setIcon(QgsRubberBand.IconType.ICON_CIRCLE)
            band.setIconSize(12)
        band.setToGeometry(geometry, None)
        self._bands.append(band)

    def _allow(self) -> None:
        item = self.tree.currentItem()
        line = item.data(0, Qt.ItemDataRole.UserRole) if item is not None else None
        ready = (
            line is not None
            and self._reading is not None
            and self._reading.exists
            and bool(self.reason.text().strip())
        )
        before, after = line.can_restore if line is not None else (False, False)
        self.before.setEnabled(ready and before)
        self.after.setEnabled(ready and after)

    def _ask(self, before: bool) -> None:
        line = self._line()
        if line is not None:
            self.restore.emit(line.change, line.field, before, self.reason.text().strip())

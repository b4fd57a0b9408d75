"""One question shown whole: two small maps, the table of what differs, photos, the choices."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from qgis.core import QgsCoordinateReferenceSystem, QgsCoordinateTransform, QgsCsException
from qgis.PyQt.QtCore import QCoreApplication, Qt, pyqtSignal
from qgis.PyQt.QtGui import QColor
from qgis.PyQt.QtWidgets import (
    QAbstractItemView,
    QCheckBox,
    QComboBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QSizePolicy,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)
from xiangtu.merge.evidence import Evidence

from ..columns import SharedWidth, wrap
from ..desk import CountyDesk
from .outline_canvas import COMBINED, SIDES, OutlineCanvas, as_qgis, bounds
from .photo_strip import PhotoStrip, Thumbnail
from .question import Question

translate = QCoreApplication.translate

#: Choices in a row of buttons; the panel is narrow.
_IN_A_ROW = 2
#: The width of the fields' names beside that of a value.
_LABELS = 0.8


class DecisionView(QWidget):
    """`taken(str)` says which choice was pressed, `many()` that all like it are to be decided."""

    taken = pyqtSignal(str)
    many = pyqtSignal()

    def __init__(self, desk: CountyDesk) -> None:
        super().__init__()
        self.desk = desk
        self._srid = 0
        self._evidence: Evidence | None = None
        self._widths: SharedWidth | None = None
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        head = QHBoxLayout()
        self.title = QLabel()
        self.title.setTextFormat(Qt.TextFormat.PlainText)
        self.title.setWordWrap(True)
        font = self.title.font()
        font.setBold(True)
        self.title.setFont(font)
        self.on_map = QPushButton(translate("Xiangtu", "On the map"))
        self.on_map.setToolTip(translate("Xiangtu", "Show the place in QGIS's map"))
        self.on_map.clicked.connect(self.show_on_map)
        head.addWidget(self.title, 1)
        column.addLayout(head)
        self.notes = QLabel()
        self.notes.setTextFormat(Qt.TextFormat.PlainText)
        self.notes.setWordWrap(True)
        column.addWidget(self.notes)
        self.maps = QWidget()
        self._grid = grid = QGridLayout(self.maps)
        grid.setContentsMargins(0, 0, 0, 0)
        self.pickers = (QComboBox(), QComboBox())
        self.canvases = (OutlineCanvas(), OutlineCanvas())
        for place, (picker, canvas) in enumerate(zip(self.pickers, self.canvases, strict=True)):
            picker.setSizeAdjustPolicy(
                QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
            )
            picker.setMinimumContentsLength(6)
            picker.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
            picker.currentIndexChanged.connect(self._draw)
            grid.addWidget(picker, 0, place)
            canvas.setToolTip(translate("Xiangtu", "Drag to move; Ctrl and the wheel to zoom"))
            grid.addWidget(canvas, 1, place)
        self.whole_place = QPushButton(translate("Xiangtu", "Show it whole again"))
        self.whole_place.clicked.connect(self._show_whole_place)
        places = QHBoxLayout()
        places.addStretch(1)
        places.addWidget(self.whole_place)
        places.addWidget(self.on_map)
        grid.addLayout(places, 2, 0, 1, 2)
        self.canvases[0].moved.connect(self.canvases[1].follow)
        self.canvases[1].moved.connect(self.canvases[0].follow)
        column.addWidget(self.maps)
        self.table = QTableWidget()
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.table.verticalHeader().hide()
        wrap(self.table)
        self.table.setMinimumHeight(150)
        column.addWidget(self.table, 1)
        self.photos = PhotoStrip()
        column.addWidget(self.photos)
        self.whole = QCheckBox()
        column.addWidget(self.whole)
        self.reason = QLineEdit()
        self.reason.setPlaceholderText(translate("Xiangtu", "Why (kept with the decision)"))
        column.addWidget(self.reason)
        self._choices = QGridLayout()
        column.addLayout(self._choices)
        self.buttons: dict[str, QPushButton] = {}
        self.all_like_it = QPushButton(translate("Xiangtu", "All like it…"))
        self.all_like_it.clicked.connect(self.many)
        row = QHBoxLayout()
        row.addWidget(self.all_like_it)
        row.addStretch(1)
        column.addLayout(row)
        self.clear()

    def clear(self) -> None:
        """Nothing is asked."""
        self._evidence = None
        self.photos.fill([])
        self.hide()

    def show_question(
        self,
        question: Question,
        evidence: Evidence,
        photos: Sequence[tuple[Thumbnail, str]],
        srid: int,
        others: int | None,
    ) -> None:
        """Show a question.

        Parameters
        ----------
        photos : Sequence
            Each with the words below it.
        srid : int
            EPSG code of the outlines' CRS.
        others : int | None
            How many other conflicts its record has; None for a pair, which is alone of its kind.
        """
        self._evidence, self._srid = evidence, srid
        self.title.setText(question.title)
        self.notes.setText("\n".join(question.notes))
        self.notes.setVisible(bool(question.notes))
        self._fill_pickers(question, evidence)
        self._fill_table(question)
        self.photos.fill(photos)
        self.whole.setVisible(bool(others))
        self.whole.setChecked(False)
        self.whole.setText(
            translate("Xiangtu", "From the same side also the record's other conflicts ({count})")
            .format(count=others or 0)
        )  # fmt: skip
        self.all_like_it.setVisible(others is not None)
        self.reason.clear()
        self._fill_choices(question)
        self.on_map.setEnabled(bool(evidence.shapes))
        self.show()

    # -- maps ---------------------------------------------------------------------------------

    def _fill_pickers(self, question: Question, evidence: Evidence) -> None:
        """Sides that can be seen side by side; of a field the one place that it is about."""
        sided = any(side.shapes for side in evidence.sides)
        names = list(question.sides) if sided else []
        if evidence.combined:
            names.append(translate("Xiangtu", "Combined"))
        for place, picker in enumerate(self.pickers):
            picker.blockSignals(True)
            picker.clear()
            picker.addItems(names)
            picker.setCurrentIndex(min(place, len(names) - 1))
            picker.setEnabled(len(names) > 2)
            picker.setVisible(bool(names))
            picker.blockSignals(False)
        self.canvases[1].setVisible(bool(names))
        for place in (0, 1):  # alike, however long the names above them are
            self._grid.setColumnStretch(place, int(bool(names)))
        self.maps.setVisible(bool(evidence.shapes))
        self._draw()
        self._show_whole_place()

    def _show_whole_place(self) -> None:
        """Show on both small maps all that is asked about."""
        place_shown = bounds(self._evidence.shapes) if self._evidence is not None else None
        if place_shown is not None:
            self.canvases[0].setExtent(place_shown)
            for canvas in self.canvases:
                canvas.refresh()

    def _draw(self, *_: object) -> None:
        evidence = self._evidence
        if evidence is None:
            return
        for picker, canvas in zip(self.pickers, self.canvases, strict=True):
            side = picker.currentIndex()
            shapes, colour = _side(evidence, side)
            canvas.show_side(self._srid, evidence.around, evidence.before, shapes, colour)

    def show_on_map(self) -> None:
        """Move QGIS's own map there, and let the outlines flash."""
        if self._evidence is None:
            return
        place = bounds(self._evidence.shapes)
        if place is None or self.desk.warn_of_no_map():
            return
        canvas = self.desk.iface.mapCanvas()
        crs = QgsCoordinateReferenceSystem.fromEpsgId(self._srid)
        there = QgsCoordinateTransform(
            crs,
            canvas.mapSettings().destinationCrs(),
            canvas.mapSettings().transformContext(),
        )
        try:
            canvas.setExtent(there.transformBoundingBox(place))
        except QgsCsException:
            self.desk.warn(translate("Xiangtu", "The place lies outside what the map's CRS shows."))
            return
        canvas.refresh()
        canvas.flashGeometries([as_qgis(each) for each in self._evidence.shapes], crs)

    # -- table and choices --------------------------------------------------------------------

    def _fill_table(self, question: Question) -> None:
        self.table.clear()
        self.table.setColumnCount(1 + len(question.columns))
        self.table.setRowCount(len(question.rows))
        self.table.setHorizontalHeaderLabels(["", *question.columns])
        for row, (label, cells) in enumerate(question.rows):
            for column, text in enumerate((label, *cells)):
                item = QTableWidgetItem(text)
                item.setToolTip(text)
                if column == 0:
                    item.setBackground(self.palette().button())
                self.table.setItem(row, column, item)
        if self._widths is not None:
            self._widths.deleteLater()
        self._widths = SharedWidth(self.table, (_LABELS, *[1.0] * len(question.columns)))
        self._widths.share()
        self.table.resizeRowsToContents()

    def _fill_choices(self, question: Question) -> None:
        for button in self.buttons.values():
            self._choices.removeWidget(button)
            button.deleteLater()
        self.buttons = {}
        for place, choice in enumerate(question.choices):
            button = QPushButton(choice.label)
            button.setToolTip(choice.tip)
            button.clicked.connect(lambda _=False, take=choice.take: self.taken.emit(take))
            self._choices.addWidget(button, place // _IN_A_ROW, place % _IN_A_ROW)
            self.buttons[choice.take] = button

    def allow(self, allowed: bool) -> None:
        """Whether a choice may be pressed: not while one is being written."""
        for button in (*self.buttons.values(), self.all_like_it):
            button.setEnabled(allowed)


def _side(evidence: Evidence, place: int) -> tuple[Sequence[Any], QColor]:
    """What a picker's entry shows, and its colour."""
    if 0 <= place < len(evidence.sides) and any(side.shapes for side in evidence.sides):
        return evidence.sides[place].shapes, SIDES[place % len(SIDES)]
    return (evidence.combined if place >= 0 else ()), COMBINED

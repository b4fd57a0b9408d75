"""Bars with names and values, drawn by Qt alone so that every QGIS can."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from qgis.PyQt.QtCore import QRectF, QSize, Qt
from qgis.PyQt.QtGui import QPainter, QPaintEvent, QPalette
from qgis.PyQt.QtWidgets import QSizePolicy, QWidget

_GAP = 6
#: The part of the width that names may take.
_NAMES = 0.36


@dataclass(frozen=True)
class Bar:
    """One bar; `text` is the value as people write it."""

    name: str
    value: float
    text: str


class BarChart(QWidget):
    """Horizontal bars from the top down, as high as they need."""

    def __init__(self) -> None:
        super().__init__()
        self.bars: Sequence[Bar] = ()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_bars(self, bars: Sequence[Bar]) -> None:
        """Draw these in the place of what was there."""
        self.bars = tuple(bars)
        self.setToolTip("\n".join(f"{each.name}  {each.text}" for each in self.bars))
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(300, _GAP + len(self.bars) * self._row())

    def _row(self) -> int:
        return self.fontMetrics().height() + _GAP

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        metrics, row = self.fontMetrics(), self._row()
        palette = self.palette()
        names = int(self.width() * _NAMES)
        values = max((metrics.horizontalAdvance(each.text) for each in self.bars), default=0)
        room = max(self.width() - names - values - 3 * _GAP, 1)
        longest = max((each.value for each in self.bars), default=0.0)
        vertical = Qt.AlignmentFlag.AlignVCenter
        for at, bar in enumerate(self.bars):
            top = _GAP + at * row
            height = row - _GAP
            name = metrics.elidedText(bar.name, Qt.TextElideMode.ElideRight, names - _GAP)
            painter.setPen(palette.color(QPalette.ColorRole.WindowText))
            painter.drawText(
                QRectF(0, top, names - _GAP, height), Qt.AlignmentFlag.AlignRight | vertical, name
            )
            length = room * bar.value / longest if longest else 0.0
            painter.fillRect(
                QRectF(names, top, length, height), palette.color(QPalette.ColorRole.Highlight)
            )
            painter.drawText(
                QRectF(names + length + _GAP, top, values + _GAP, height),
                Qt.AlignmentFlag.AlignLeft | vertical, bar.text,
            )  # fmt: skip
        painter.end()

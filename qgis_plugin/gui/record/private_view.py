"""Private values of a record: masked, the full one on request, one at a time, for half a minute."""

from __future__ import annotations

from collections.abc import Sequence

from qgis.PyQt.QtCore import QCoreApplication, Qt, QTimer, pyqtSignal
from qgis.PyQt.QtWidgets import QGridLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from .reading import Private

translate = QCoreApplication.translate

#: How long a full value stays to be seen, seconds.
SHOWN_S = 30


class PrivateView(QWidget):
    """`asked(field)` says that somebody wants to see a full value."""

    asked = pyqtSignal(str)

    def __init__(self) -> None:
        super().__init__()
        self._fields: dict[str, Private] = {}
        self.values: dict[str, QLabel] = {}
        self.buttons: dict[str, QPushButton] = {}
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.hide_values)
        column = QVBoxLayout(self)
        seen = translate("Xiangtu", "A full value is seen for {seconds} seconds and kept nowhere.")
        logged = translate("Xiangtu", "Each look is written down with your name.")
        note = QLabel(f"{seen.format(seconds=SHOWN_S)} {logged}")
        note.setWordWrap(True)
        column.addWidget(note)
        self._grid = QGridLayout()
        column.addLayout(self._grid)
        column.addStretch(1)

    def show_fields(self, fields: Sequence[Private]) -> None:
        """Show these fields, all masked."""
        self._timer.stop()
        while self._grid.count():
            self._grid.takeAt(0).widget().deleteLater()
        self._fields = {each.field: each for each in fields}
        self.values, self.buttons = {}, {}
        for row, each in enumerate(fields):
            value = QLabel(each.masked)
            value.setTextFormat(Qt.TextFormat.PlainText)
            button = QPushButton(translate("Xiangtu", "Show full value"))
            button.clicked.connect(lambda _pressed, field=each.field: self.asked.emit(field))
            self.values[each.field], self.buttons[each.field] = value, button
            self._grid.addWidget(QLabel(each.label), row, 0)
            self._grid.addWidget(value, row, 1)
            self._grid.addWidget(button, row, 2)
        self._grid.setColumnStretch(1, 1)

    def show_value(self, field: str, full: str | None) -> None:
        """Show one full value for a while; any other is hidden."""
        self.hide_values()
        if field in self.values:
            self.values[field].setText(full or translate("Xiangtu", "(empty)"))
            self._timer.start(SHOWN_S * 1000)

    def hide_values(self) -> None:
        """Mask what is shown."""
        self._timer.stop()
        for field, each in self._fields.items():
            self.values[field].setText(each.masked)

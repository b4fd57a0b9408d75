"""The table of findings: rows as they were read, narrowed and sorted here, since fifty thousand of
them sort in a blink in a list and not through a proxy that asks Python for every comparison."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from qgis.PyQt.QtCore import (
    QT_VERSION,
    QAbstractTableModel,
    QCoreApplication,
    QModelIndex,
    Qt,
)
from qgis.PyQt.QtGui import QColor

from .reading import FindingRow

translate = QCoreApplication.translate

_WEIGHTS = {"error": 0, "warning": 1, "note": 2}
#: As the map draws them.
_COLOURS = {"error": "#d7191c", "warning": "#f28e1c", "note": "#8a8f94"}
_SEVERITY, _MEASURED = 0, 4
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


@dataclass(frozen=True)
class Wanted:
    """Which findings are shown: None or "" is all."""

    text: str = ""
    severity: str | None = None
    state: str | None = "open"
    village: str | None = None

    def __call__(self, row: FindingRow) -> bool:
        finding = row.finding
        return (
            self.state in (None, finding.state)
            and self.severity in (None, finding.severity)
            and (self.village is None or self.village == (finding.village or ""))
            and self.text.casefold() in row.sought
        )


class FindingsModel(QAbstractTableModel):
    """Severity, what, record, village, measured, state."""

    def __init__(self) -> None:
        super().__init__()
        self._all: Sequence[FindingRow] = ()
        self._shown: list[FindingRow] = []
        self._wanted = Wanted()
        self._column, self._descending = _SEVERITY, False
        self._colours = {code: QColor(each) for code, each in _COLOURS.items()}
        self._titles = (
            translate("Xiangtu", "Severity"),
            translate("Xiangtu", "Finding"),
            translate("Xiangtu", "Record"),
            translate("Xiangtu", "Village"),
            translate("Xiangtu", "Measured"),
            translate("Xiangtu", "State"),
        )

    def set_rows(self, rows: Sequence[FindingRow]) -> None:
        """Show other findings, narrowed and sorted as before."""
        self._all = rows
        self._arrange()

    def narrow(self, wanted: Wanted) -> None:
        """Show those alone that are wanted."""
        self._wanted = wanted
        self._arrange()

    def row_at(self, index: QModelIndex) -> FindingRow:
        return self._shown[index.row()]

    def rows(self) -> list[FindingRow]:
        """The rows that are shown, in their order."""
        return list(self._shown)

    def rows_at(self, places: Iterable[int]) -> list[FindingRow]:
        return [self._shown[place] for place in places]

    def places_of(self, ids: Collection[str]) -> list[int]:
        """The rows that show these findings."""
        return [place for place, row in enumerate(self._shown) if row.finding.id in ids]

    # -- what Qt asks -------------------------------------------------------------------------

    def rowCount(self, parent: QModelIndex | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self._shown)

    def columnCount(self, parent: QModelIndex | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self._titles)

    def data(self, index: QModelIndex, role: int = 0) -> Any:
        row, column = self._shown[index.row()], index.column()
        if role == Qt.ItemDataRole.DisplayRole:
            return row[column + 1]
        if role == Qt.ItemDataRole.ToolTipRole:
            return row[column + 1]
        if role == Qt.ItemDataRole.DecorationRole and column == _SEVERITY:
            return self._colours.get(row.finding.severity)
        if role == Qt.ItemDataRole.TextAlignmentRole and column == _MEASURED:
            # PyQt5 hands a model's flags on as nothing, and those of PyQt6 are no numbers.
            return int(_RIGHT) if QT_VERSION < 0x060000 else _RIGHT
        return None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = 0) -> Any:
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return self._titles[section]
        return None

    def sort(self, column: int, order: Qt.SortOrder | None = None) -> None:
        self._column = column
        self._descending = order == Qt.SortOrder.DescendingOrder
        self._arrange()

    def _arrange(self) -> None:
        self.beginResetModel()
        self._shown = [row for row in self._all if self._wanted(row)]
        self._shown.sort(key=_key(self._column), reverse=self._descending)
        self.endResetModel()


def _key(column: int) -> Callable[[FindingRow], Any]:
    if column == _SEVERITY:
        return lambda row: _WEIGHTS.get(row.finding.severity, len(_WEIGHTS))
    if column == _MEASURED:
        # Those that measure nothing come last.
        return lambda row: (row.finding.measured is None, row.finding.measured or 0.0)
    return lambda row: row[column + 1]

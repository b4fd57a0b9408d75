"""Rows that an import would refuse or refused, as a table that can be copied."""

from __future__ import annotations

from collections.abc import Iterable

from qgis.core import QgsApplication
from qgis.PyQt.QtCore import QAbstractTableModel, QCoreApplication, QModelIndex, Qt
from qgis.PyQt.QtGui import QKeyEvent, QKeySequence
from qgis.PyQt.QtWidgets import QAbstractItemView, QTableView
from xiangtu.catalogue import Catalogue
from xiangtu.importing import Refusal
from xiangtu.words import phrase

translate = QCoreApplication.translate


class RefusedRows(QTableView):
    """Row, field, value and why; Ctrl+C copies the chosen ones, `copy` all, for a spreadsheet."""

    def __init__(self) -> None:
        super().__init__()
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.verticalHeader().hide()
        self.horizontalHeader().setStretchLastSection(True)
        self.show_rows((), None, "", "en")

    def show_rows(
        self, rows: Iterable[Refusal], catalogue: Catalogue | None, layer: str, language: str
    ) -> None:
        """Show these in place of what was shown."""
        self._model = _Rows(list(rows), catalogue, layer, language)
        self.setModel(self._model)
        self.resizeColumnsToContents()

    def copy(self, rows: Iterable[int] | None = None) -> None:
        """Put rows (by default all) with their heads on the clipboard, tabs between."""
        model = self._model
        columns = range(model.columnCount())
        heads = [model.headerData(each, Qt.Orientation.Horizontal) for each in columns]
        wanted = range(model.rowCount()) if rows is None else rows
        lines = [[model.text(row, column) for column in columns] for row in wanted]
        text = "\n".join("\t".join(line) for line in [heads, *lines])
        QgsApplication.clipboard().setText(text)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.matches(QKeySequence.StandardKey.Copy):
            self.copy(sorted({each.row() for each in self.selectionModel().selectedRows()}))
        else:
            super().keyPressEvent(event)


class _Rows(QAbstractTableModel):
    def __init__(
        self, rows: list[Refusal], catalogue: Catalogue | None, layer: str, language: str
    ) -> None:
        super().__init__()
        self._rows = rows
        self._catalogue = catalogue
        self._layer = layer
        self._language = language
        self._heads = (
            translate("Xiangtu", "Row"),
            translate("Xiangtu", "Field"),
            translate("Xiangtu", "Value"),
            translate("Xiangtu", "Why"),
        )

    def rowCount(self, parent: QModelIndex | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self._rows)

    def columnCount(self, parent: QModelIndex | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self._heads)

    def text(self, row: int, column: int) -> str:
        """What a cell says, in one line."""
        each = self._rows[row]
        field = field_label(self._catalogue, self._layer, each.field, self._language)
        if column == 3:
            facts = {"row": each.row, "field": field, "value": each.value}
            return phrase(f"import.reason.{each.reason}", self._language, facts)
        return (str(each.row), field, " ".join((each.value or "").split()))[column]

    def data(self, index: QModelIndex, role: int = 0) -> str | None:
        if role not in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole):
            return None
        return self.text(index.row(), index.column())

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = 0) -> str | None:
        if role == Qt.ItemDataRole.DisplayRole and orientation == Qt.Orientation.Horizontal:
            return self._heads[section]
        return None


def field_label(catalogue: Catalogue | None, layer: str, name: str | None, language: str) -> str:
    """What people call a field; its name where the catalogue gives no label."""
    if name is None or catalogue is None:
        return name or ""
    if name == "geometry":
        return translate("Xiangtu", "Geometry")
    field = catalogue.field_of(layer, name)
    return field.label.in_language(language) if field is not None else name

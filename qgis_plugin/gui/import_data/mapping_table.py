"""Which column fills which field: a table with a drop-down for each field."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from qgis.PyQt.QtCore import QCoreApplication, Qt, pyqtSignal
from qgis.PyQt.QtGui import QWheelEvent
from qgis.PyQt.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QHeaderView,
    QTableWidget,
    QTableWidgetItem,
)
from xiangtu.catalogue import Catalogue
from xiangtu.importing import ColumnPreview, Source
from xiangtu.importing.mapping import targets_of

from .refused_rows import field_label

translate = QCoreApplication.translate

_FIELD, _SOURCE, _FILLED, _MISFITS, _EXAMPLE = range(5)
_GEOMETRY = "geometry"
#: Pixels around the text of a row, so that a drop-down fits.
_ROOM_PX = 10


class MappingTable(QTableWidget):
    """A row for each field of a layer; `changed` when the person chose another column."""

    changed = pyqtSignal()

    def __init__(self) -> None:
        super().__init__(0, 5)
        self.setHorizontalHeaderLabels(
            [
                translate("Xiangtu", "Field"),
                translate("Xiangtu", "From column"),
                translate("Xiangtu", "Filled"),
                translate("Xiangtu", "Do not fit"),
                translate("Xiangtu", "Such as"),
            ]
        )
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(self.fontMetrics().height() + _ROOM_PX)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        header = self.horizontalHeader()
        header.setSectionResizeMode(_FIELD, QHeaderView.ResizeMode.ResizeToContents)
        header.setStretchLastSection(True)
        self._targets: list[str] = []

    def show_fields(
        self,
        catalogue: Catalogue,
        layer: str,
        columns: Sequence[str],
        sources: Mapping[str, Source],
        language: str,
    ) -> None:
        """Begin anew: the fields of a layer, filled by `sources`; required ones are bold."""
        description = catalogue.layer(layer)
        self._targets = list(targets_of(description))
        if description.geometry:
            self._targets.append(_GEOMETRY)
        self.setRowCount(len(self._targets))
        for row, target in enumerate(self._targets):
            label = QTableWidgetItem(field_label(catalogue, layer, target, language))
            label.setToolTip(target)
            field = description.fields.get(target)
            if field is not None and field.required == "1":
                font = label.font()
                font.setBold(True)
                label.setFont(font)
            self.setItem(row, _FIELD, label)
            for column in (_FILLED, _MISFITS, _EXAMPLE):
                self.setItem(row, column, QTableWidgetItem())
            if target == _GEOMETRY:
                self.removeCellWidget(row, _SOURCE)
                self.setItem(row, _SOURCE, QTableWidgetItem())
                continue
            self.setCellWidget(row, _SOURCE, self._choice(columns, sources.get(target)))
        self.setColumnWidth(_SOURCE, 170)

    def _choice(self, columns: Sequence[str], chosen: Source | None) -> QComboBox:
        choice = _Choice()
        choice.addItem("", None)
        for name in columns:
            choice.addItem(name, Source(column=name))
        offered = [choice.itemData(place) for place in range(choice.count())]
        if chosen is not None and chosen not in offered:
            # A constant, or texts that are replaced: said in a mapping file alone.
            choice.addItem(_said(chosen), chosen)
            offered.append(chosen)
        choice.setCurrentIndex(offered.index(chosen))
        choice.currentIndexChanged.connect(lambda _index: self.changed.emit())
        return choice

    def choice(self, target: str) -> QComboBox:
        """The drop-down of a field."""
        return self.cellWidget(self._targets.index(target), _SOURCE)

    def sources(self) -> dict[str, Source]:
        """Field → where its value comes from, as chosen."""
        found = {}
        for target in self._targets:
            source = self.choice(target).currentData() if target != _GEOMETRY else None
            if source is not None:
                found[target] = source
        return found

    def show_preview(self, previews: Sequence[ColumnPreview]) -> None:
        """Say how many rows fill each field and how many values do not fit; none for ()."""
        by_field = {each.field: each for each in previews}
        for row, target in enumerate(self._targets):
            seen = by_field.get(target)
            misfits = sum(seen.misfits.values()) if seen else 0
            examples = [
                refusal.value or ""
                for kept in (seen.examples.values() if seen else ())
                for refusal in kept
            ]
            self.item(row, _FILLED).setText(str(seen.filled) if seen else "")
            self.item(row, _MISFITS).setText(str(misfits) if misfits else "")
            self.item(row, _EXAMPLE).setText(" · ".join(dict.fromkeys(filter(None, examples))))


class _Choice(QComboBox):
    """Keeps its choice when the table is scrolled over it."""

    def __init__(self) -> None:
        super().__init__()
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()


def _said(source: Source) -> str:
    if source.column is None:
        return f"= {source.constant}"
    return translate("Xiangtu", "{column}, values replaced: {count}").format(
        column=source.column, count=len(source.values)
    )

"""Records that are not there any more: found by what they were called, opened by their history."""

from __future__ import annotations

from typing import NamedTuple

from qgis.PyQt.QtCore import QCoreApplication, Qt
from qgis.PyQt.QtWidgets import (
    QDialog,
    QLabel,
    QLineEdit,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)
from xiangtu import store
from xiangtu.cli.language import Translation
from xiangtu.cli.naming import Naming
from xiangtu.merge.titles import titles
from xiangtu.store import history

from ...tasks.core_task import Progress
from ..desk import CountyDesk
from ..words import local_time
from .dialog import RecordDialog

translate = QCoreApplication.translate

_SIZE = (560, 400)


class _Gone(NamedTuple):
    layer: str
    record: str
    cells: tuple[str, str, str]


class DeletedDialog(QDialog):
    """A list to search in; twice clicked, a record's history opens."""

    def __init__(self, desk: CountyDesk, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(translate("Xiangtu", "Deleted records"))
        self.resize(*_SIZE)
        self._desk = desk
        self._closed = False
        column = QVBoxLayout(self)
        self.text = QLineEdit()
        self.text.setPlaceholderText(translate("Xiangtu", "Filter: record, who deleted it…"))
        self.text.textChanged.connect(lambda _text: self._narrow())
        self.list = QTreeWidget()
        self.list.setRootIsDecorated(False)
        self.list.setUniformRowHeights(True)
        self.list.setHeaderLabels(
            [
                translate("Xiangtu", "Deleted"),
                translate("Xiangtu", "By"),
                translate("Xiangtu", "Record"),
            ]
        )
        self.list.itemActivated.connect(self._open)
        self.none = QLabel(translate("Xiangtu", "No record was deleted."))
        self.none.hide()
        for each in (self.text, self.list, self.none):
            column.addWidget(each)
        self.finished.connect(lambda _result: self._end())
        self._read()

    def _read(self) -> None:
        path, language = self._desk.path, self._desk.language
        if path is None:
            return

        def work(_progress: Progress) -> list[_Gone]:
            with store.open(path, readonly=True) as file:
                gone = history.deleted(file)
                names = Naming.of(file, Translation(language))
                called = titles(file, [(each.layer, each.record) for each in gone])
            return [
                _Gone(
                    each.layer,
                    each.record,
                    (
                        local_time(each.time),
                        each.author,
                        f"{names.layer(each.layer)} {called.get(each.record, '')}".strip(),
                    ),
                )
                for each in gone
            ]

        def done(gone: list[_Gone]) -> None:
            if not self._closed:
                self._show(gone)

        self._desk.run(translate("Xiangtu", "Looking for deleted records"), work, done)

    def _show(self, gone: list[_Gone]) -> None:
        self.none.setVisible(not gone)
        items = []
        for each in gone:
            item = QTreeWidgetItem(list(each.cells))
            item.setData(0, Qt.ItemDataRole.UserRole, each)
            items.append(item)
        self.list.addTopLevelItems(items)
        for column in range(self.list.columnCount()):
            self.list.resizeColumnToContents(column)
        self._narrow()

    def _narrow(self) -> None:
        sought = self.text.text().strip().casefold()
        for row in range(self.list.topLevelItemCount()):
            item = self.list.topLevelItem(row)
            said = " ".join(item.text(column) for column in range(self.list.columnCount()))
            item.setHidden(sought not in said.casefold())

    def _open(self, item: QTreeWidgetItem) -> None:
        gone: _Gone = item.data(0, Qt.ItemDataRole.UserRole)
        RecordDialog.show_record(self._desk, gone.layer, gone.record)

    def _end(self) -> None:
        self._closed = True

"""Who has what: the tablets with their assignments and what came back; cards and receipts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from qgis.PyQt.QtCore import QCoreApplication, Qt, pyqtSignal
from qgis.PyQt.QtGui import QDragEnterEvent, QDropEvent
from qgis.PyQt.QtWidgets import (
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)
from xiangtu.package.who_has_what import TabletAtWork

from ..words import local_time
from .save_button import SaveButton, file_name

translate = QCoreApplication.translate

_CARD = ".xtd"


class TabletsView(QWidget):
    """`card_given` with the path of a device card; `receipt_wanted` with a tablet's id and where
    its receipt goes."""

    card_given = pyqtSignal(object)
    receipt_wanted = pyqtSignal(str, object)

    def __init__(self) -> None:
        super().__init__()
        self.setAcceptDrops(True)
        self._names: dict[str, str] = {}
        column = QVBoxLayout(self)
        self.tree = QTreeWidget()
        self.tree.setHeaderLabels(
            [
                translate("Xiangtu", "Tablet"),
                translate("Xiangtu", "Handed out"),
                translate("Xiangtu", "Came back"),
                translate("Xiangtu", "Villages"),
            ]
        )
        self.tree.currentItemChanged.connect(lambda _now, _before: self._offer_receipt())
        column.addWidget(self.tree, 1)
        note = QLabel(
            translate("Xiangtu", "A tablet takes part once its device card (.xtd) was read.")
            + " "
            + translate("Xiangtu", "The card can be dropped here.")
        )
        note.setWordWrap(True)
        column.addWidget(note)
        self.enrol = QPushButton(translate("Xiangtu", "Enrol a tablet…"))
        self.enrol.clicked.connect(self._ask_for_card)
        self.receipt = SaveButton(
            translate("Xiangtu", "Write receipt"),
            translate("Xiangtu", "Receipt (*.xtr)"),
            lambda: f"{file_name(self._names.get(self.device() or '', ''))}.xtr",
        )
        self.receipt.chosen.connect(lambda path: self.receipt_wanted.emit(self.device(), path))
        row = QHBoxLayout()
        row.addWidget(self.enrol)
        row.addWidget(self.receipt)
        row.addStretch(1)
        column.addLayout(row)
        self._offer_receipt()

    def device(self) -> str | None:
        """The tablet of the row that is chosen, or of whose assignment."""
        item = self.tree.currentItem()
        if item is None:
            return None
        return (item.parent() or item).data(0, Qt.ItemDataRole.UserRole)

    def show_tablets(self, tablets: Sequence[TabletAtWork], villages: Mapping[str, str]) -> None:
        """Show these; `villages` names them by code."""
        before = self.device()
        self._names = {each.device.id: each.device.name for each in tablets}
        self.tree.clear()
        for tablet in tablets:
            top = QTreeWidgetItem([_called(tablet), "", _brought(tablet)])
            top.setData(0, Qt.ItemDataRole.UserRole, tablet.device.id)
            top.setToolTip(0, tablet.device.id)
            font = top.font(0)
            font.setBold(True)
            top.setFont(0, font)
            for each in reversed(tablet.assignments):
                names = ", ".join(villages.get(code, code) for code in each.villages)
                row = QTreeWidgetItem(
                    [
                        f"{each.number} · {each.surveyor}",
                        local_time(each.made_at)[:10],
                        local_time(each.came_back_at)[:10]
                        if each.came_back_at
                        else translate("Xiangtu", "nothing yet"),
                        names,
                    ]
                )
                row.setToolTip(3, names)
                top.addChild(row)
            self.tree.addTopLevelItem(top)
            if tablet.device.id == before:
                self.tree.setCurrentItem(top)
        self.tree.expandAll()
        for place in range(3):
            self.tree.resizeColumnToContents(place)
        self._offer_receipt()

    def _offer_receipt(self) -> None:
        self.receipt.setEnabled(self.device() is not None)

    # -- cards --------------------------------------------------------------------------------

    def _ask_for_card(self) -> None:
        path, _filter = QFileDialog.getOpenFileName(
            self,
            translate("Xiangtu", "Enrol a tablet"),
            "",
            translate("Xiangtu", "Device card (*.xtd)"),
        )
        if path:
            self.card_given.emit(Path(path))

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if _cards(event):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        for path in _cards(event):
            self.card_given.emit(path)
        event.acceptProposedAction()


def _cards(event: QDropEvent) -> list[Path]:
    paths = [Path(each.toLocalFile()) for each in event.mimeData().urls() if each.isLocalFile()]
    return [each for each in paths if each.suffix.lower() == _CARD]


def _called(tablet: TabletAtWork) -> str:
    if tablet.device.retired_at is None:
        return tablet.device.name
    return translate("Xiangtu", "{name} (put away)").format(name=tablet.device.name)


def _brought(tablet: TabletAtWork) -> str:
    parts = [
        sentence.format(count=count)
        for count, sentence in (
            (tablet.merged, translate("Xiangtu", "{count} merged")),
            (tablet.waiting, translate("Xiangtu", "{count} waiting")),
            (tablet.refused, translate("Xiangtu", "{count} refused")),
        )
        if count
    ]
    if tablet.receipt_at is not None:
        parts.append(
            translate("Xiangtu", "receipt of {day}").format(day=local_time(tablet.receipt_at)[:10])
        )
    return ", ".join(parts) or translate("Xiangtu", "no package")

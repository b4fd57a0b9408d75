"""What is held back and why: packages refused or waiting, records that cannot stand."""

from __future__ import annotations

from typing import NamedTuple

from qgis.PyQt.QtCore import QCoreApplication, Qt, pyqtSignal
from qgis.PyQt.QtWidgets import (
    QHBoxLayout,
    QPushButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)
from xiangtu import store
from xiangtu.cli.language import Translation
from xiangtu.cli.naming import Naming
from xiangtu.merge.held import Held, list_held
from xiangtu.merge.titles import titles
from xiangtu.merge.waiting import list_waiting
from xiangtu.package.refused_packages import RefusedPackage, dismiss, list_refused
from xiangtu.words import phrase

from ...tasks.core_task import Progress
from ..columns import SharedWidth, wrap
from ..desk import CountyDesk
from ..words import local_time

translate = QCoreApplication.translate

_PACKAGE = Qt.ItemDataRole.UserRole
#: So many held records are listed; more say so.
_HELD_SHOWN = 500


class _HeldBack(NamedTuple):
    refused: list[RefusedPackage]
    waiting: list[dict[str, object]]
    held: list[Held]
    called: dict[str, str]
    names: Naming


class HeldList(QWidget):
    """Three groups; a refused package can be taken off the list. `counted` says how many rows."""

    counted = pyqtSignal(int)

    def __init__(self, desk: CountyDesk) -> None:
        super().__init__()
        self.desk = desk
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 4, 0, 0)
        self.tree = QTreeWidget()
        self.tree.setHeaderHidden(True)
        wrap(self.tree)
        SharedWidth(self.tree, (1.0,))
        self.tree.itemSelectionChanged.connect(self._enable)
        column.addWidget(self.tree, 1)
        self.dismiss = QPushButton(translate("Xiangtu", "Take off the list"))
        self.dismiss.setToolTip(
            translate("Xiangtu", "When nothing will replace it; its tablet is told no more of it")
        )
        self.dismiss.clicked.connect(self._dismiss)
        row = QHBoxLayout()
        row.addWidget(self.dismiss)
        row.addStretch(1)
        column.addLayout(row)
        self._enable()

    def refresh(self) -> None:
        path = self.desk.path
        if path is None:
            return
        translation = Translation(self.desk.language)

        def work(_progress: Progress) -> _HeldBack:
            with store.open_to_look(path) as file:
                held = list_held(file, open_only=True)
                shown = [(each.layer, each.record) for each in held[:_HELD_SHOWN]]
                return _HeldBack(
                    list_refused(file),
                    list_waiting(file),
                    held,
                    titles(file, shown),
                    Naming.of(file, translation),
                )

        def done(found: _HeldBack) -> None:
            if self.desk.path == path:
                self._show(found)

        self.desk.run(translate("Xiangtu", "Reading what is held back"), work, done)

    def _show(self, found: _HeldBack) -> None:
        self.tree.clear()
        language, names = self.desk.language, found.names
        refused = self._group(translate("Xiangtu", "Packages refused"), len(found.refused))
        for each in found.refused:
            title = translate("Xiangtu", "{tablet}, number {number}, tried {time} by {author}")
            line = title.format(
                tablet=names.tablet(each.device),
                number=each.number,
                time=local_time(each.refused_at),
                author=each.author,
            )
            if not each.verified:
                claim = translate("Xiangtu", "so it says; no signature vouches for it")
                line = f"{line} ({claim})"
            item = self._row(refused, line, phrase(each.code, language, each.facts))
            item.setData(0, _PACKAGE, each.package)
        waiting = self._group(translate("Xiangtu", "Packages waiting"), len(found.waiting))
        for package in found.waiting:
            self._row(
                waiting,
                translate("Xiangtu", "{tablet}, number {number}").format(
                    tablet=names.tablet(str(package["device"])), number=package["number"]
                ),
                translate("Xiangtu", "Missing before it: {numbers}").format(
                    numbers=", ".join(map(str, package["missing"]))  # type: ignore[call-overload]
                ),
            )
        held = self._group(translate("Xiangtu", "Records held back"), len(found.held))
        for record in found.held[:_HELD_SHOWN]:
            title = found.called.get(record.record, record.record)
            self._row(
                held,
                f"{names.layer(record.layer)} {title}",
                phrase(record.code, language, record.facts),
            )
        left = len(found.held) - _HELD_SHOWN
        if left > 0:
            held.addChild(
                QTreeWidgetItem([translate("Xiangtu", "and {count} more").format(count=left)])
            )
        if self.tree.topLevelItemCount() == 0:
            self.tree.addTopLevelItem(
                QTreeWidgetItem([translate("Xiangtu", "Nothing is held back.")])
            )
        self.tree.expandAll()
        self.counted.emit(len(found.refused) + len(found.waiting) + len(found.held))
        self._enable()

    def _group(self, title: str, count: int) -> QTreeWidgetItem:
        group = QTreeWidgetItem([f"{title} ({count})"])
        font = group.font(0)
        font.setBold(True)
        group.setFont(0, font)
        if count:
            self.tree.addTopLevelItem(group)
        return group

    def _row(self, group: QTreeWidgetItem, title: str, reason: str) -> QTreeWidgetItem:
        item = QTreeWidgetItem([title])
        below = QTreeWidgetItem([reason])
        below.setToolTip(0, reason)
        item.addChild(below)
        group.addChild(item)
        return item

    def _package(self) -> str | None:
        """The refused package of the row chosen, or of the row above a reason that is chosen."""
        for item in self.tree.selectedItems():
            for each in (item, item.parent()):
                if each is not None and each.data(0, _PACKAGE):
                    return str(each.data(0, _PACKAGE))
        return None

    def _dismiss(self) -> None:
        package, path, author = self._package(), self.desk.path, self.desk.author
        if package is None or path is None:
            return

        def work(_progress: Progress) -> RefusedPackage:
            with store.open(path) as file:
                return dismiss(file, package, author)

        def done(gone: RefusedPackage) -> None:
            self.desk.tell(
                translate("Xiangtu", "Package {number} is off the list.").format(number=gone.number)
            )

        title = translate("Xiangtu", "Taking a package off the list")
        self.desk.run(title, work, done, writes=True)

    def _enable(self) -> None:
        self.dismiss.setEnabled(self._package() is not None)

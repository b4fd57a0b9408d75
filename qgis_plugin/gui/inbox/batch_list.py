"""The batches of a county: imports, merges, decisions; the way to take one out again."""

from __future__ import annotations

from typing import NamedTuple

from qgis.PyQt.QtCore import QCoreApplication, Qt
from qgis.PyQt.QtWidgets import (
    QHBoxLayout,
    QMessageBox,
    QPushButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)
from xiangtu import store
from xiangtu.cli.language import Translation
from xiangtu.cli.merging import about_batch
from xiangtu.cli.naming import Naming
from xiangtu.merge import batches
from xiangtu.merge.batches import Batch
from xiangtu.merge.titles import titles
from xiangtu.merge.undo import Dependent, dependents, undo

from ...tasks.core_task import Progress
from ..columns import SharedWidth, wrap
from ..desk import CountyDesk
from ..task_bar import TaskBar
from ..words import batch_kind, local_time

translate = QCoreApplication.translate

_NUMBER = Qt.ItemDataRole.UserRole
#: Of the list's width: batch, what, who and when, when undone.
_SHARES = (0.6, 1.6, 0.9, 0.7)
_UNDONE = 3
#: So many records that build on a batch are named.
_NAMED = 50


class _Read(NamedTuple):
    batches: list[Batch]
    reasons: dict[str, str]
    names: Naming


class _Building(NamedTuple):
    """What builds on a batch, with what the records are called."""

    found: list[Dependent]
    called: dict[str, str]
    names: Naming


class BatchList(QWidget):
    """Newest first; undoing asks before it writes, and names what stands in its way."""

    def __init__(self, desk: CountyDesk) -> None:
        super().__init__()
        self.desk = desk
        self._batches: dict[int, Batch] = {}
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 4, 0, 0)
        self.tree = QTreeWidget()
        self.tree.setRootIsDecorated(False)
        wrap(self.tree)
        self.tree.setHeaderLabels(
            [
                translate("Xiangtu", "Batch"),
                translate("Xiangtu", "What"),
                translate("Xiangtu", "Who and when"),
                translate("Xiangtu", "Undone"),
            ]
        )
        self._widths = SharedWidth(self.tree, _SHARES)
        self.tree.itemSelectionChanged.connect(self._enable)
        column.addWidget(self.tree, 1)
        row = QHBoxLayout()
        self.undo = QPushButton(translate("Xiangtu", "Undo…"))
        self.undo.clicked.connect(self._look_before_undoing)
        row.addWidget(self.undo)
        row.addStretch(1)
        column.addLayout(row)
        self.work = TaskBar(desk)
        self.work.running.connect(self._enable)
        column.addWidget(self.work)
        self._enable()

    def refresh(self) -> None:
        path = self.desk.path
        if path is None:
            return
        translation = Translation(self.desk.language)

        def work(_progress: Progress) -> _Read:
            with store.open(path, readonly=True) as file:
                found = batches.list_batches(file)
                return _Read(found, batches.reasons(file), Naming.of(file, translation))

        def done(read: _Read) -> None:
            if self.desk.path == path:
                self._show(read)

        self.desk.run(translate("Xiangtu", "Reading the batches"), work, done)

    def _show(self, read: _Read) -> None:
        chosen = self._chosen()
        self._batches = {each.number: each for each in read.batches}
        self.tree.clear()
        for each in read.batches:
            reason = read.reasons.get(each.uuid)
            about = about_batch(read.names.translate, read.names, each, reason)
            item = QTreeWidgetItem(
                [
                    f"{each.number} {batch_kind(each.kind)}",
                    about,
                    f"{each.author} {local_time(each.made_at)}",
                    local_time(each.undone_at),
                ]
            )
            item.setData(0, _NUMBER, each.number)
            item.setToolTip(1, about)
            self.tree.addTopLevelItem(item)
            if chosen is not None and each.number == chosen.number:
                self.tree.setCurrentItem(item)
        self.tree.setColumnHidden(_UNDONE, not any(each.undone_at for each in read.batches))
        self._widths.share()
        self._enable()

    def _chosen(self) -> Batch | None:
        items = self.tree.selectedItems()
        return self._batches.get(items[0].data(0, _NUMBER)) if items else None

    def _look_before_undoing(self) -> None:
        """Find what builds on the batch, then ask."""
        batch, path = self._chosen(), self.desk.path
        if batch is None or path is None:
            return
        translation = Translation(self.desk.language)

        def work(_progress: Progress) -> _Building:
            with store.open(path) as file:
                found = dependents(file, batch)
                records = [(each.layer, each.record) for each in found[:_NAMED]]
                return _Building(found, titles(file, records), Naming.of(file, translation))

        title = translate("Xiangtu", "Looking at what builds on the batch")
        self.work.run(title, work, lambda building: self._ask(batch, building))

    def _ask(self, batch: Batch, building: _Building) -> None:
        box = QMessageBox(self)
        box.setObjectName("undo")
        if building.found:
            box.setIcon(QMessageBox.Icon.Warning)
            box.setText(
                translate(
                    "Xiangtu", "Not yet; later changes that build on batch {batch}: {count}."
                ).format(batch=batch.number, count=len(building.found))
            )
            box.setInformativeText(_in_the_way(building.found))
            box.setDetailedText("\n".join(_named(building)))
            box.setStandardButtons(QMessageBox.StandardButton.Close)
            box.open()
            return
        box.setIcon(QMessageBox.Icon.Question)
        box.setText(
            translate("Xiangtu", "Take batch {batch} ({kind}, {author}) out again?").format(
                batch=batch.number, kind=batch_kind(batch.kind), author=batch.author
            )
            + " "
            + translate("Xiangtu", "Nothing builds on it; its changes stay in the history.")
        )
        box.setStandardButtons(QMessageBox.StandardButton.Yes | QMessageBox.StandardButton.Cancel)
        box.finished.connect(
            lambda answer: self._undo(batch) if answer == QMessageBox.StandardButton.Yes else None
        )
        box.open()

    def _undo(self, batch: Batch) -> None:
        path, author = self.desk.path, self.desk.author
        if path is None:
            return

        def work(progress: Progress) -> Batch:
            with store.open(path) as file:
                return undo(file, batch.uuid, author=author, progress=progress)

        def done(_undoing: Batch) -> None:
            self.desk.tell(
                translate("Xiangtu", "Batch {batch} is undone.").format(batch=batch.number)
            )

        self.work.run(translate("Xiangtu", "Undoing a batch"), work, done, writes=True)

    def _enable(self, *_: object) -> None:
        batch = self._chosen()
        can = batch is not None and batch.undone_at is None and batch.kind != batches.UNDO
        self.undo.setEnabled(can and not self.work.busy)


def _in_the_way(found: list[Dependent]) -> str:
    """Which batches have to be undone first, and whether edits made in QGIS stand in the way."""
    numbers = sorted({each.batch for each in found if each.batch is not None}, reverse=True)
    lines = []
    if numbers:
        lines.append(
            translate("Xiangtu", "Undo these batches first, in this order: {numbers}").format(
                numbers=", ".join(map(str, numbers))
            )
        )
    edits = sum(each.batch is None for each in found)
    if edits:
        lines.append(
            translate("Xiangtu", "Edits made here at the office among them: {count}.").format(
                count=edits
            )
        )
    return "\n".join(lines)


def _named(building: _Building) -> list[str]:
    lines = []
    for each in building.found[:_NAMED]:
        title = building.called.get(each.record, each.record)
        by = (
            translate("Xiangtu", "batch {batch}").format(batch=each.batch)
            if each.batch is not None
            else translate("Xiangtu", "edited here")
        )
        lines.append(f"{building.names.layer(each.layer)} {title} · {by} · {each.author}")
    left = len(building.found) - _NAMED
    if left > 0:
        lines.append(translate("Xiangtu", "and {count} more").format(count=left))
    return lines

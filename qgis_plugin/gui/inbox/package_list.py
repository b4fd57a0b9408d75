"""The packages of the watched folder and those dropped: looked at, tried out, merged."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from qgis.PyQt.QtCore import QCoreApplication, Qt, pyqtSignal
from qgis.PyQt.QtWidgets import (
    QAbstractItemView,
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QMessageBox,
    QPushButton,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)
from xiangtu import store
from xiangtu.cli.language import Translation
from xiangtu.cli.naming import Naming
from xiangtu.errors import SurveyError
from xiangtu.merge import arrivals
from xiangtu.merge.arrivals import READY, Arrival, Attempt, Contents
from xiangtu.merge.clones import origin
from xiangtu.merge.plan import ALREADY, REFUSED, WAITING
from xiangtu.sealing import keys

from ...tasks.core_task import Progress
from ..columns import SharedWidth, wrap
from ..desk import CountyDesk
from ..task_bar import TaskBar
from ..words import local_time
from . import package_words, receipts
from .drop_tree import DropTree
from .watched_folder import WatchedFolder

translate = QCoreApplication.translate

_PATH = Qt.ItemDataRole.UserRole
#: Of the list's width: tablet, surveyor, when packed, how it stands.
_SHARES = (1.1, 0.9, 0.9, 1.1)


class _Seen(NamedTuple):
    """What looking at the inbox found; `places` are those of the places that are there."""

    arrivals: list[Arrival]
    names: Naming
    places: list[Path]


class PackageList(QWidget):
    """One row a package, with its details below it; the buttons act on the rows chosen.

    `counted` says how many wait to be merged.
    """

    counted = pyqtSignal(int)

    def __init__(self, desk: CountyDesk) -> None:
        super().__init__()
        self.desk = desk
        self.folder = WatchedFolder(self)
        self.folder.changed.connect(self.refresh)
        desk.county_changed.connect(self._forget)
        self._dropped: list[Path] = []
        self._known: dict[Path, Contents] = {}
        self._attempts: dict[Path, Attempt] = {}
        self._seen: _Seen | None = None
        self._looking = False
        self._look_again = False
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 4, 0, 0)
        row = QHBoxLayout()
        self.where = QLabel()
        self.where.setTextFormat(Qt.TextFormat.PlainText)
        self.where.setWordWrap(True)
        self.choose = QPushButton(translate("Xiangtu", "Folder…"))
        self.choose.setToolTip(translate("Xiangtu", "Choose the folder in which packages arrive"))
        self.choose.clicked.connect(self.ask_for_folder)
        self.again = QPushButton(translate("Xiangtu", "Look again"))
        self.again.clicked.connect(self.refresh)
        row.addWidget(self.where, 1)
        row.addWidget(self.choose)
        row.addWidget(self.again)
        column.addLayout(row)
        self.tree = DropTree()
        self.tree.setHeaderLabels(
            [
                translate("Xiangtu", "Tablet, number"),
                translate("Xiangtu", "Surveyor"),
                translate("Xiangtu", "Packed"),
                translate("Xiangtu", "How it stands"),
            ]
        )
        self.tree.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        wrap(self.tree)
        SharedWidth(self.tree, _SHARES)
        self.tree.dropped.connect(self.take_dropped)
        self.tree.itemSelectionChanged.connect(self._enable)
        column.addWidget(self.tree, 1)
        buttons = QHBoxLayout()
        self.try_out = QPushButton(translate("Xiangtu", "Try out"))
        self.try_out.setToolTip(
            translate("Xiangtu", "Say what merging would do, and write nothing")
        )
        self.try_out.clicked.connect(lambda: self._merge(self.chosen() or self.ready(), True))
        self.merge_chosen = QPushButton(translate("Xiangtu", "Merge chosen"))
        self.merge_chosen.clicked.connect(self._merge_chosen)
        self.merge_all = QPushButton(translate("Xiangtu", "Merge all"))
        self.merge_all.clicked.connect(lambda: self._merge(self.ready(), False))
        self.receipts = QPushButton(translate("Xiangtu", "Receipts…"))
        self.receipts.setToolTip(
            translate("Xiangtu", "Write for each tablet what has arrived; it may then clear it")
        )
        self.receipts.clicked.connect(self.ask_where_receipts_go)
        for each in (self.try_out, self.merge_chosen, self.merge_all, self.receipts):
            buttons.addWidget(each)
        buttons.addStretch(1)
        column.addLayout(buttons)
        self.work = TaskBar(desk)
        self.work.running.connect(self._enable)
        column.addWidget(self.work)
        self._enable()

    # -- what lies there ----------------------------------------------------------------------

    def refresh(self) -> None:
        """Look at what lies in the watched folder and at what was dropped."""
        path = self.desk.path
        if path is None:
            return
        if self._looking:
            self._look_again = True
            return
        self._looking = True
        watched = self.folder.of(path)
        places = [*([watched] if watched else []), *self._dropped]
        known = list(self._known.values())
        translation = Translation(self.desk.language)

        def work(progress: Progress) -> _Seen:
            there = [each for each in places if each.exists()]
            found = arrivals.find(there)
            with store.open_to_look(path) as file:
                identity = keys.county_identity(path)
                seen = arrivals.look(file, found, identity, known, progress)
                return _Seen(seen, Naming.of(file, translation), there)

        def done(seen: _Seen) -> None:
            self._looking = False
            if self.desk.path == path:
                self._show(seen, watched)
            self._once_more()

        def refused(refusal: SurveyError) -> None:
            self._looking = False
            self.desk.refuse(refusal)
            self._once_more()

        title = translate("Xiangtu", "Looking at the packages")
        self.desk.run(title, work, done, refused=refused)

    def _once_more(self) -> None:
        if self._look_again:
            self._look_again = False
            self.refresh()

    def _forget(self) -> None:
        """Another county: nothing of the last one's inbox is its."""
        self._dropped, self._known, self._attempts, self._seen = [], {}, {}, None
        self.tree.clear()
        self._enable()

    def take_dropped(self, paths: Sequence[Path]) -> None:
        """Look at files and folders that were dropped, till QGIS is closed."""
        self._dropped += [each for each in paths if each not in self._dropped]
        self.refresh()

    def ask_for_folder(self) -> None:
        """Let the person choose the folder in which packages arrive."""
        path = self.desk.path
        if path is None:
            return
        start = str(self.folder.of(path) or path.parent)
        title = translate("Xiangtu", "The folder in which packages arrive")
        folder = QFileDialog.getExistingDirectory(self, title, start)
        if folder:
            self.watch(Path(folder))

    def watch(self, folder: Path) -> None:
        """Watch a folder for this county, in later sessions too."""
        if self.desk.path is not None:
            self.folder.choose(self.desk.path, folder)
            self.refresh()

    def _show(self, seen: _Seen, watched: Path | None) -> None:
        self._seen = seen
        self._known = {each.path: each.contents for each in seen.arrivals if each.contents}
        self.folder.watch([*seen.places, *(each.path for each in seen.arrivals)])
        if watched is None:
            self.where.setText(
                translate("Xiangtu", "Choose a folder, or drop packages or a stick below.")
            )
        elif watched in seen.places:
            self.where.setText(str(watched))
        else:
            self.where.setText(
                translate("Xiangtu", "{folder} is not there now.").format(folder=watched)
            )
        chosen = {each.path for each in self.chosen()}
        self.tree.clear()
        for arrival in seen.arrivals:
            item = self._item(arrival, seen.names)
            self.tree.addTopLevelItem(item)
            item.setSelected(arrival.path in chosen)
            item.setExpanded(arrival.path in self._attempts)
            for place in range(item.childCount()):
                item.child(place).setFirstColumnSpanned(True)
        self.tree.scheduleDelayedItemsLayout()
        self.counted.emit(len(self.ready()))
        self._enable()

    def _item(self, arrival: Arrival, names: Naming) -> QTreeWidgetItem:
        contents = arrival.contents
        if contents is None:
            cells = [arrival.path.name, "", "", package_words.standing(arrival)]
        else:
            about = contents.description
            tablet = names.tablets.get(origin(about.device), about.device)
            cells = [
                f"{tablet}, {about.number}",
                ", ".join(contents.authors),
                local_time(about.made_at),
                package_words.standing(arrival),
            ]
        item = QTreeWidgetItem(cells)
        item.setData(0, _PATH, str(arrival.path))
        item.setToolTip(0, str(arrival.path))
        item.setToolTip(3, cells[3])
        lines = package_words.details(arrival, names)
        attempt = self._attempts.get(arrival.path)
        if attempt is not None:
            lines = [*package_words.outcome(attempt, names), *lines]
        for line in lines:
            below = QTreeWidgetItem([line])
            below.setFlags(Qt.ItemFlag.ItemIsEnabled)
            below.setToolTip(0, line)
            item.addChild(below)
        return item

    # -- merging ------------------------------------------------------------------------------

    def chosen(self) -> list[Arrival]:
        """The packages of the rows chosen, but for those that are merged."""
        paths = {item.data(0, _PATH) for item in self.tree.selectedItems()}
        seen = self._seen.arrivals if self._seen else []
        return [each for each in seen if str(each.path) in paths and each.standing != ALREADY]

    def ready(self) -> list[Arrival]:
        """The packages that can be merged, or kept in the county till an earlier one comes."""
        seen = self._seen.arrivals if self._seen else []
        return [each for each in seen if each.standing in (READY, WAITING)]

    def _merge_chosen(self) -> None:
        """Merge the rows chosen; of a copied tablet's the person is asked first."""
        chosen = self.chosen()
        copied = [each for each in chosen if each.clone]
        if not copied:
            self._merge(chosen, False)
            return
        box = QMessageBox(self)
        box.setObjectName("copied")
        box.setIcon(QMessageBox.Icon.Question)
        box.setText(
            translate("Xiangtu", "Of a tablet that was copied or restored: {count}.").format(
                count=len(copied)
            )
            + " "
            + translate("Xiangtu", "Take them in as another tablet's? Both surveys are kept.")
        )
        box.setDetailedText("\n".join(str(each.path) for each in copied))
        box.setStandardButtons(
            QMessageBox.StandardButton.Yes
            | QMessageBox.StandardButton.No
            | QMessageBox.StandardButton.Cancel
        )

        def answered(answer: int) -> None:
            if answer == QMessageBox.StandardButton.Yes:
                self._merge(chosen, False)
            elif answer == QMessageBox.StandardButton.No:
                self._merge([each for each in chosen if not each.clone], False)

        box.finished.connect(answered)
        box.open()

    def _merge(self, wanted: Sequence[Arrival], dry_run: bool) -> None:
        path = self.desk.path
        if path is None or not wanted:
            return
        author = self.desk.author

        def work(progress: Progress) -> list[Attempt]:
            with store.open(path) as file:
                return arrivals.merge_in_order(
                    file, wanted, keys.county_identity(path),
                    author=author, dry_run=dry_run, progress=progress,
                )  # fmt: skip

        def done(attempts: list[Attempt]) -> None:
            self._attempts |= {each.path: each for each in attempts}
            self._tell(attempts, len(wanted), dry_run)
            if dry_run:
                self.refresh()

        title = (
            translate("Xiangtu", "Trying out packages")
            if dry_run
            else translate("Xiangtu", "Merging packages")
        )
        self.work.run(title, work, done, writes=not dry_run)

    def _tell(self, attempts: list[Attempt], wanted: int, dry_run: bool) -> None:
        refused = [each.refusal for each in attempts if each.refusal is not None]
        fine = len(attempts) - len(refused)
        if fine and not dry_run:
            conflicts, pairs = arrivals.to_decide(attempts)
            self.desk.tell(
                translate("Xiangtu", "Packages taken in: {done} of {wanted}.").format(
                    done=fine, wanted=wanted
                )
                + " "
                + translate(
                    "Xiangtu", "To decide: conflicts {conflicts}, possible duplicates {pairs}"
                ).format(conflicts=conflicts, pairs=pairs)
            )
        if refused and (len(refused) > 1 or fine) and refused[-1].code == "cancelled":
            refused = refused[:-1]  # what was taken in before is told above
        for refusal in refused[-1:]:
            self.desk.refuse(refusal)

    def ask_where_receipts_go(self) -> None:
        """Write receipts for the tablets of the rows chosen, else of all rows."""
        title = translate("Xiangtu", "The folder for the receipts")
        folder = QFileDialog.getExistingDirectory(self, title, "")
        if folder:
            self.write_receipts(Path(folder))

    def write_receipts(self, folder: Path) -> None:
        """Write into a folder a receipt for each tablet that a row chosen, else any, is of."""
        if self.desk.path is None or self._seen is None:
            return
        paths = {item.data(0, _PATH) for item in self.tree.selectedItems()}
        devices = {
            each.contents.description.device
            for each in self._seen.arrivals
            if each.contents is not None and (not paths or str(each.path) in paths)
        }
        receipts.write(self.desk, self.desk.path, sorted(devices), folder)

    def _enable(self, *_: object) -> None:
        idle = not self.work.busy
        chosen = self.chosen()
        self.merge_chosen.setEnabled(idle and bool(chosen))
        self.merge_all.setEnabled(idle and bool(self.ready()))
        self.try_out.setEnabled(
            idle and any(each.standing != REFUSED or each.clone for each in chosen or self.ready())
        )
        sound = bool(self._seen) and any(each.contents for each in self._seen.arrivals)
        self.receipts.setEnabled(idle and sound)

"""The step Review: the list of what is to be decided, and the one chosen shown whole."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from qgis.PyQt.QtCore import QCoreApplication, Qt
from qgis.PyQt.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSplitter,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)
from xiangtu import store
from xiangtu.cli.language import Translation
from xiangtu.cli.naming import Naming
from xiangtu.errors import SurveyError
from xiangtu.merge import conflicts, joining
from xiangtu.merge.batches import Batch
from xiangtu.merge.conflicts import Conflict, Which
from xiangtu.merge.duplicates import Pair

from ...tasks.core_task import Progress
from ..columns import SharedWidth, wrap
from ..desk import CountyDesk
from ..page import Page
from . import question
from .bulk_dialog import BulkDialog
from .decision_view import DecisionView
from .reading import (
    PAGE,
    Listed,
    Shown,
    list_conflicts,
    list_pairs,
    see_conflict,
    see_pair,
    tablet_name,
)

translate = QCoreApplication.translate

_CONFLICTS, _PAIRS = "conflicts", "pairs"
_ID = Qt.ItemDataRole.UserRole
#: Of the list's width: layer, record (A), about (likeness), sides (B).
_SHARES = (0.75, 1.1, 1.0, 1.15)


class ReviewPage(Page):
    """Conflicts or pairs, narrowed down by layer, village and tablet; after a decision the next."""

    def __init__(self, desk: CountyDesk) -> None:
        super().__init__(desk)
        self._listed: Listed | None = None
        self._shown: Shown | None = None
        self._offset = 0
        self._place = 0
        self._asked = 0
        desk.county_changed.connect(self._forget)
        conditions = QGridLayout()  # two by two: in one row they are wider than the panel
        self.kind, self.layer = QComboBox(), QComboBox()
        self.village, self.tablet = QComboBox(), QComboBox()
        for place, combo in enumerate((self.kind, self.layer, self.village, self.tablet)):
            combo.setSizeAdjustPolicy(
                QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
            )
            combo.setMinimumContentsLength(6)
            conditions.addWidget(combo, *divmod(place, 2))
            combo.activated.connect(self._from_the_start)
        self.column.addLayout(conditions)
        self.kind.setMinimumContentsLength(12)
        self.tree = QTreeWidget()
        self.tree.setRootIsDecorated(False)
        wrap(self.tree)
        self.tree.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.tree.setColumnCount(4)
        SharedWidth(self.tree, _SHARES)
        self.tree.currentItemChanged.connect(self._look)
        upper = QWidget()
        column = QVBoxLayout(upper)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.tree, 1)
        pages = QHBoxLayout()
        self.count = QLabel()
        self.back = QPushButton(translate("Xiangtu", "Back"))
        self.on = QPushButton(translate("Xiangtu", "Further"))
        self.back.clicked.connect(lambda: self._turn(-PAGE))
        self.on.clicked.connect(lambda: self._turn(PAGE))
        self.count.setWordWrap(True)
        self.other = QPushButton(translate("Xiangtu", "Show them"))
        self.other.clicked.connect(self._turn_to_other)
        self.other.hide()
        pages.addWidget(self.count, 1)
        pages.addWidget(self.other)
        pages.addWidget(self.back)
        pages.addWidget(self.on)
        column.addLayout(pages)
        self.decision = DecisionView(desk)
        self.decision.taken.connect(self._take)
        self.decision.many.connect(self._decide_many)
        splitter = QSplitter(Qt.Orientation.Vertical)
        splitter.addWidget(upper)
        splitter.addWidget(self.decision)
        splitter.setStretchFactor(1, 3)
        splitter.setChildrenCollapsible(False)
        self.column.addWidget(splitter, 1)

    def _forget(self) -> None:
        """Another county: begin at its first question."""
        self._listed = self._shown = None
        self._offset = self._place = 0
        for combo in (self.layer, self.village, self.tablet):
            combo.clear()
        self.tree.clear()
        self.decision.clear()

    # -- the list -----------------------------------------------------------------------------

    def which(self) -> Which:
        """The conditions that are set above the list."""
        return Which(
            layer=self.layer.currentData(),
            village=self.village.currentData(),
            device=self.tablet.currentData(),
        )

    def _from_the_start(self, _index: int) -> None:
        self._offset = self._place = 0
        self.refresh()

    def _turn(self, by: int) -> None:
        self._offset, self._place = max(0, self._offset + by), 0
        self.refresh()

    def refresh(self) -> None:
        path = self.desk.path
        if path is None:
            return
        which, offset = self.which(), self._offset
        pairs = self.kind.currentData() == _PAIRS
        translation = Translation(self.desk.language)
        self._asked += 1
        asked = self._asked

        def work(_progress: Progress) -> Listed:
            with store.open_to_look(path) as file:
                names = Naming.of(file, translation)
                read = list_pairs if pairs else list_conflicts
                return read(file, which, offset, names)

        def done(listed: Listed) -> None:
            if self.desk.path == path and asked == self._asked:
                self._show_list(listed)

        self.desk.run(translate("Xiangtu", "Reading what is to be decided"), work, done)

    def _show_list(self, listed: Listed) -> None:
        if not listed.rows and listed.offset:
            self._turn(-PAGE)
            return
        self._listed = listed
        self._fill_conditions(listed)
        self.tree.blockSignals(True)
        self.tree.clear()
        for name, cells in listed.rows:
            item = QTreeWidgetItem(list(cells))
            item.setData(0, _ID, name)
            for place, cell in enumerate(cells):
                item.setToolTip(place, cell)
            self.tree.addTopLevelItem(item)
        pairs = self.kind.currentData() == _PAIRS
        self.tree.setHeaderLabels(
            [
                translate("Xiangtu", "Layer"),
                "A" if pairs else translate("Xiangtu", "Record"),
                translate("Xiangtu", "Likeness") if pairs else translate("Xiangtu", "About"),
                "B" if pairs else translate("Xiangtu", "Sides"),
            ]
        )
        self.tree.blockSignals(False)
        last = listed.offset + len(listed.rows)
        self.other.hide()
        self.count.setText(
            translate("Xiangtu", "{first} to {last} of {total}").format(
                first=listed.offset + 1, last=last, total=listed.total
            )
            if listed.total
            else self._nothing(listed)
        )
        self.back.setEnabled(listed.offset > 0)
        self.on.setEnabled(last < listed.total)
        if listed.rows:
            self._place = min(self._place, len(listed.rows) - 1)
            self.tree.setCurrentItem(self.tree.topLevelItem(self._place))
        else:
            self._shown = None
            self.decision.clear()

    def _nothing(self, listed: Listed) -> str:
        """Why the list is empty, and what waits elsewhere."""
        pairs = self.kind.currentData() == _PAIRS
        conflicts, duplicates = listed.waiting.conflicts, sum(listed.waiting.pairs.values())
        mine, others = (duplicates, conflicts) if pairs else (conflicts, duplicates)
        self.other.setVisible(bool(mine or others))
        if mine:
            return translate(
                "Xiangtu", "Nothing that meets the conditions; still to decide: {count}."
            ).format(count=mine)
        if not others:
            return translate("Xiangtu", "Nothing is left to decide here.")
        said = (
            translate("Xiangtu", "No possible duplicate is left; conflicts to decide: {count}.")
            if pairs
            else translate(
                "Xiangtu", "No conflict is left; possible duplicates to decide: {count}."
            )
        )
        return said.format(count=others)

    def _turn_to_other(self) -> None:
        """Show what waits behind the conditions, or of the other kind."""
        if self._listed is None:
            return
        waiting = self._listed.waiting
        for combo in (self.layer, self.village, self.tablet):
            combo.setCurrentIndex(0)
        mine = self.kind.currentData()
        left = waiting.conflicts if mine == _CONFLICTS else sum(waiting.pairs.values())
        if not left:
            self.kind.setCurrentIndex(
                self.kind.findData(_PAIRS if mine == _CONFLICTS else _CONFLICTS)
            )
        self._from_the_start(0)

    def _fill_conditions(self, listed: Listed) -> None:
        waiting, names = listed.waiting, listed.names
        pairs = self.kind.currentData() == _PAIRS
        self._fill(
            self.kind,
            {
                _CONFLICTS: translate("Xiangtu", "Conflicts ({count})").format(
                    count=waiting.conflicts
                ),
                _PAIRS: translate("Xiangtu", "Duplicates ({count})").format(
                    count=sum(waiting.pairs.values())
                ),
            },
        )
        layers = waiting.pairs if pairs else waiting.by_layer
        named = {each: f"{names.layer(each)} ({count})" for each, count in layers.items()}
        self._fill(self.layer, named, translate("Xiangtu", "All layers"))
        villages = waiting.villages if pairs else dict.fromkeys(waiting.by_village)
        self._fill(
            self.village,
            {each: waiting.villages.get(each, each) for each in villages},
            translate("Xiangtu", "All villages"),
        )
        tablets = names.tablets if pairs else waiting.by_device
        self._fill(
            self.tablet,
            {each: tablet_name(each, names) for each in tablets},
            translate("Xiangtu", "All tablets"),
        )

    @staticmethod
    def _fill(combo: QComboBox, named: Mapping[str, str], every: str | None = None) -> None:
        """New entries; what was chosen stays, with nothing behind it any more too."""
        chosen, words = combo.currentData(), combo.currentText()
        combo.clear()
        if every is not None:
            combo.addItem(every, None)
        for code, text in named.items():
            combo.addItem(text, code)
        if chosen is not None and chosen not in named:
            combo.addItem(words, chosen)
        combo.setCurrentIndex(max(0, combo.findData(chosen)))

    # -- the one chosen -----------------------------------------------------------------------

    def _look(self, item: QTreeWidgetItem | None, _before: object = None) -> None:
        """Read what is to be seen of the row chosen, and show it."""
        path, listed = self.desk.path, self._listed
        if item is None or path is None or listed is None:
            return
        self._place = self.tree.indexOfTopLevelItem(item)
        name = str(item.data(0, _ID))
        pair = listed.pairs.get(name)

        def work(_progress: Progress) -> Shown:
            with store.open_to_look(path) as file:
                if pair is not None:
                    return see_pair(file, pair, listed.names)
                return see_conflict(file, name, listed.names)

        def done(shown: Shown) -> None:
            current = self.tree.currentItem()
            if self.desk.path == path and current is not None and current.data(0, _ID) == name:
                self._show_one(shown)

        self.desk.run(translate("Xiangtu", "Reading what the sides say"), work, done)

    def _show_one(self, shown: Shown) -> None:
        self._shown = shown
        names = shown.names
        if shown.subject is None or shown.seen is None:
            self.refresh()
            return
        if isinstance(shown.subject, Pair):
            asked, others = question.of_pair(shown.subject, shown.seen, names), None
        else:
            asked = question.of_conflict(shown.subject, shown.seen, names)
            others = len(shown.siblings)
        photos = [
            (each, question.about_photo(each.photo, shown.subject, names)) for each in shown.photos
        ]
        self.decision.show_question(asked, shown.seen, photos, shown.srid, others)
        self.decision.allow(True)

    # -- deciding -----------------------------------------------------------------------------

    def _take(self, take: str) -> None:
        """Write a choice; the next question comes to its place in the list."""
        path, shown = self.desk.path, self._shown
        if path is None or shown is None or shown.subject is None:
            return
        subject, author = shown.subject, self.desk.author
        reason = self.decision.reason.text().strip()
        choices: list[tuple[str, str]] = []
        if isinstance(subject, Conflict):
            siblings = shown.siblings if self.decision.whole.isChecked() else []
            choices = [(subject.id, take), *_same_side(subject, take, siblings)]
        self.decision.allow(False)

        def work(_progress: Progress) -> Batch:
            with store.open(path) as file:
                if isinstance(subject, Conflict):
                    return conflicts.take_all(file, choices, author=author, reason=reason)
                if take == question.APART:
                    return joining.keep_apart(file, subject.id, author=author, reason=reason)
                return joining.join(file, subject.id, author=author, reason=reason, survivor=take)

        def done(batch: Batch) -> None:
            self.desk.tell(
                translate("Xiangtu", "Decided, batch {batch}.").format(batch=batch.number)
            )

        def refused(refusal: SurveyError) -> None:
            self.desk.refuse(refusal)
            self.decision.allow(True)
            if refusal.code in ("conflict.unknown", "duplicate.settled", "duplicate.gone"):
                self.refresh()

        title = translate("Xiangtu", "Writing a decision")
        self.desk.run(title, work, done, writes=True, refused=refused)

    def _decide_many(self) -> None:
        shown = self._shown
        if self._listed is None or shown is None or not isinstance(shown.subject, Conflict):
            return
        dialog = BulkDialog(self, self.desk, shown.subject, self._listed.names)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.open()


def _same_side(subject: Conflict, take: str, siblings: Sequence[Conflict]) -> list[tuple[str, str]]:
    """Of a record's other conflicts, the side of the tablet whose side is taken of this one; those
    in which it is no side are left."""
    device = next((head.device for head in subject.heads if str(head.number) == take), None)
    return [
        (each.id, str(head.number))
        for each in siblings
        for head in each.heads
        if head.device == device
    ]

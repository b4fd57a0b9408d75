"""Choosing which rules are asked: a tree by family, each rule with its explanation."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from qgis.PyQt.QtCore import QCoreApplication, Qt
from qgis.PyQt.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QLabel,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from .reading import Family

translate = QCoreApplication.translate

_SIZE = (520, 560)


class RulesDialog(QDialog):
    """`codes` are the rules ticked, None for all of them.

    Parameters
    ----------
    chosen : codes that are ticked at first; None for all.
    """

    def __init__(
        self, parent: QWidget | None, families: Sequence[Family], chosen: Collection[str] | None
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(translate("Xiangtu", "Rules to check"))
        self.resize(*_SIZE)
        column = QVBoxLayout(self)
        self.tree = QTreeWidget()
        self.tree.setHeaderHidden(True)
        for family in families:
            self._add(family, chosen)
        self.explanation = QLabel()
        self.explanation.setWordWrap(True)
        self.tree.currentItemChanged.connect(
            lambda item, _before: self.explanation.setText(item.toolTip(0) if item else "")
        )
        self.buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel
        )
        every = self.buttons.addButton(
            translate("Xiangtu", "All"), QDialogButtonBox.ButtonRole.ActionRole
        )
        every.clicked.connect(lambda: self._tick(Qt.CheckState.Checked))
        none = self.buttons.addButton(
            translate("Xiangtu", "None"), QDialogButtonBox.ButtonRole.ActionRole
        )
        none.clicked.connect(lambda: self._tick(Qt.CheckState.Unchecked))
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)
        self.tree.itemChanged.connect(lambda _item, _column: self._enable())
        for each in (self.tree, self.explanation, self.buttons):
            column.addWidget(each)

    @property
    def codes(self) -> list[str] | None:
        items = list(self._rules())
        ticked = [
            str(item.data(0, Qt.ItemDataRole.UserRole))
            for item in items
            if item.checkState(0) == Qt.CheckState.Checked
        ]
        return None if len(ticked) == len(items) else ticked

    def _add(self, family: Family, chosen: Collection[str] | None) -> None:
        above = QTreeWidgetItem(self.tree, [family.title])
        above.setFlags(
            above.flags() | Qt.ItemFlag.ItemIsUserCheckable | Qt.ItemFlag.ItemIsAutoTristate
        )
        for code, title, explanation in family.rules:
            item = QTreeWidgetItem(above, [title])
            item.setFlags(item.flags() | Qt.ItemFlag.ItemIsUserCheckable)
            item.setData(0, Qt.ItemDataRole.UserRole, code)
            item.setToolTip(0, explanation)
            ticked = chosen is None or code in chosen
            item.setCheckState(0, Qt.CheckState.Checked if ticked else Qt.CheckState.Unchecked)

    def _rules(self) -> Iterator[QTreeWidgetItem]:
        for row in range(self.tree.topLevelItemCount()):
            above = self.tree.topLevelItem(row)
            for place in range(above.childCount()):
                yield above.child(place)

    def _tick(self, state: Qt.CheckState) -> None:
        for item in self._rules():
            item.setCheckState(0, state)

    def _enable(self) -> None:
        """Nothing to check is nothing to agree to."""
        fine = self.buttons.button(QDialogButtonBox.StandardButton.Ok)
        fine.setEnabled(self.codes != [])

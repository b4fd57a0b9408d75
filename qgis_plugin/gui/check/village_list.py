"""How far each village is: open errors and warnings, and a bar of what is settled."""

from __future__ import annotations

from collections.abc import Sequence

from qgis.PyQt.QtCore import QCoreApplication, QModelIndex, Qt, pyqtSignal
from qgis.PyQt.QtGui import QPainter
from qgis.PyQt.QtWidgets import (
    QApplication,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionProgressBar,
    QStyleOptionViewItem,
    QTreeWidget,
    QTreeWidgetItem,
)
from xiangtu.validate.findings import VillageProgress

translate = QCoreApplication.translate

_ERRORS, _WARNINGS, _SETTLED = 1, 2, 3


class VillageList(QTreeWidget):
    """`chosen(code)` says which village was clicked; "" are records without one."""

    chosen = pyqtSignal(str)

    def __init__(self) -> None:
        super().__init__()
        self.setRootIsDecorated(False)
        self.setUniformRowHeights(True)
        self.setHeaderLabels(
            [
                translate("Xiangtu", "Village"),
                translate("Xiangtu", "Errors"),
                translate("Xiangtu", "Warnings"),
                translate("Xiangtu", "Settled"),
            ]
        )
        self.setItemDelegateForColumn(_SETTLED, _Bar(self))
        self.itemActivated.connect(self._choose)
        self.itemClicked.connect(self._choose)

    def show_villages(self, villages: Sequence[VillageProgress]) -> None:
        """Show how far these are, those with most open errors first."""
        self.clear()
        for each in sorted(villages, key=lambda one: (-one.errors, -one.warnings, one.code)):
            name = each.name or each.code or translate("Xiangtu", "(without a village)")
            item = QTreeWidgetItem([name, str(each.errors), str(each.warnings)])
            item.setData(0, Qt.ItemDataRole.UserRole, each.code)
            item.setToolTip(0, each.code)
            for column in (_ERRORS, _WARNINGS):
                item.setTextAlignment(column, Qt.AlignmentFlag.AlignRight)
            item.setData(_SETTLED, Qt.ItemDataRole.UserRole, int(100 * each.settled_share))
            self.addTopLevelItem(item)
        for column in range(_SETTLED):
            self.resizeColumnToContents(column)

    def _choose(self, item: QTreeWidgetItem) -> None:
        self.chosen.emit(str(item.data(0, Qt.ItemDataRole.UserRole)))


class _Bar(QStyledItemDelegate):
    """Draws a percentage as a bar."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex) -> None:
        percent = int(index.data(Qt.ItemDataRole.UserRole) or 0)
        bar = QStyleOptionProgressBar()
        bar.rect = option.rect.adjusted(1, 1, -1, -1)
        bar.state = option.state | QStyle.StateFlag.State_Horizontal
        bar.palette = option.palette
        bar.minimum, bar.maximum, bar.progress = 0, 100, percent
        bar.text = f"{percent} %"
        bar.textVisible = True
        style = option.widget.style() if option.widget else QApplication.style()
        style.drawControl(QStyle.ControlElement.CE_ProgressBar, bar, painter)

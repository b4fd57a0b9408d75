"""Which villages: a list that can be filtered, and the map."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from qgis.core import QgsCoordinateReferenceSystem, QgsRectangle
from qgis.gui import QgsFilterLineEdit, QgsMapCanvas, QgsMapTool
from qgis.PyQt.QtCore import QCoreApplication, Qt, pyqtSignal
from qgis.PyQt.QtGui import QHideEvent, QShowEvent
from qgis.PyQt.QtWidgets import (
    QHBoxLayout,
    QPushButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)
from xiangtu.package.who_has_what import VillageAtWork

from ..map_place import bring_to_front
from .village_map_tool import VillageMapTool

translate = QCoreApplication.translate

_VILLAGE, _RECORDS, _SENT_BACK, _FINDINGS, _WITH = range(5)
_ROWS_SHOWN_PX = 190


class VillagePicker(QWidget):
    """`changed` when other villages are picked, here or on the map."""

    changed = pyqtSignal()

    def __init__(self, canvas: QgsMapCanvas) -> None:
        super().__init__()
        self._canvas = canvas
        self._filling = False
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        self.filter = QgsFilterLineEdit()
        self.filter.setShowSearchIcon(True)
        self.filter.setPlaceholderText(translate("Xiangtu", "Name or code"))
        self.filter.textChanged.connect(self._hide_others)
        self.on_map = QPushButton(translate("Xiangtu", "Pick on the map"))
        self.on_map.setCheckable(True)
        self.on_map.setToolTip(
            translate("Xiangtu", "Click a village to pick it or let it go; draw to pick several")
        )
        self.on_map.toggled.connect(self._take_tool)
        self.show_picked = QPushButton(translate("Xiangtu", "Zoom to"))
        self.show_picked.clicked.connect(self._zoom)
        self.none = QPushButton(translate("Xiangtu", "None"))
        self.none.clicked.connect(lambda: self.pick((), only=True))
        row = QHBoxLayout()
        row.addWidget(self.filter, 1)
        for each in (self.on_map, self.show_picked, self.none):
            row.addWidget(each)
        column.addLayout(row)
        self.list = QTreeWidget()
        self.list.setRootIsDecorated(False)
        self.list.setMinimumHeight(_ROWS_SHOWN_PX)
        self.list.setHeaderLabels(
            [
                translate("Xiangtu", "Village"),
                translate("Xiangtu", "Records"),
                translate("Xiangtu", "Returned"),
                translate("Xiangtu", "Findings"),
                translate("Xiangtu", "With"),
            ]
        )
        self.list.itemChanged.connect(self._ticked)
        column.addWidget(self.list, 1)
        self.tool = VillageMapTool(canvas)
        self.tool.clicked.connect(self._turn)
        self.tool.drawn.connect(self.pick)
        canvas.mapToolSet.connect(self._tool_set)

    def show_villages(
        self,
        villages: Sequence[VillageAtWork],
        crs: QgsCoordinateReferenceSystem,
        with_whom: Mapping[str, str],
    ) -> None:
        """Show these; what was picked and is still there stays picked.

        `with_whom` names the tablets that have a village, by its code.
        """
        picked = set(self.codes())
        self._filling = True
        self.list.clear()
        for each in villages:
            numbers = (str(number or "") for number in (each.records, each.returned, each.findings))
            item = QTreeWidgetItem(
                [f"{each.name} {each.code}", *numbers, with_whom.get(each.code, "")]
            )
            item.setData(_VILLAGE, Qt.ItemDataRole.UserRole, each.code)
            item.setToolTip(_WITH, with_whom.get(each.code, ""))
            item.setCheckState(_VILLAGE, _state(each.code in picked))
            for column in (_RECORDS, _SENT_BACK, _FINDINGS):
                item.setTextAlignment(column, Qt.AlignmentFlag.AlignRight)
            self.list.addTopLevelItem(item)
        for column in (_VILLAGE, _RECORDS, _SENT_BACK, _FINDINGS):
            self.list.resizeColumnToContents(column)
        self._filling = False
        self._hide_others(self.filter.value())
        self.tool.set_villages(
            {each.code: each.outline for each in villages if each.outline is not None}, crs
        )
        self._say_changed()

    def codes(self) -> list[str]:
        """The villages that are picked, in the list's order."""
        return [
            item.data(_VILLAGE, Qt.ItemDataRole.UserRole)
            for item in self._items()
            if item.checkState(_VILLAGE) == Qt.CheckState.Checked
        ]

    def pick(self, codes: Iterable[str], only: bool = False) -> None:
        """Pick villages; with `only`, let all others go."""
        wanted = set(codes)
        self._filling = True
        for item in self._items():
            named = item.data(_VILLAGE, Qt.ItemDataRole.UserRole) in wanted
            if named or only:
                item.setCheckState(_VILLAGE, _state(named))
        self._filling = False
        self._say_changed()

    def around(self, crs: QgsCoordinateReferenceSystem) -> QgsRectangle | None:
        """What lies around the picked villages, in a CRS; None for none."""
        return self.tool.bounds(self.codes(), crs)

    def hideEvent(self, event: QHideEvent) -> None:
        """The map is another page's now."""
        self.on_map.setChecked(False)
        self.tool.highlight([])
        super().hideEvent(event)

    def showEvent(self, event: QShowEvent) -> None:
        self.tool.highlight(self.codes())
        super().showEvent(event)

    def close_down(self) -> None:
        """Take tool and highlight off the map."""
        self._canvas.mapToolSet.disconnect(self._tool_set)
        self.tool.remove()

    def _items(self) -> list[QTreeWidgetItem]:
        return [self.list.topLevelItem(row) for row in range(self.list.topLevelItemCount())]

    def _turn(self, code: str) -> None:
        for item in self._items():
            if item.data(_VILLAGE, Qt.ItemDataRole.UserRole) == code:
                picked = item.checkState(_VILLAGE) == Qt.CheckState.Checked
                item.setCheckState(_VILLAGE, _state(not picked))

    def _ticked(self, _item: QTreeWidgetItem, column: int) -> None:
        if column == _VILLAGE and not self._filling:
            self._say_changed()

    def _say_changed(self) -> None:
        codes = self.codes()
        self.tool.highlight(codes if self.isVisible() else [])
        self.show_picked.setEnabled(bool(codes))
        self.none.setEnabled(bool(codes))
        self.changed.emit()

    def _hide_others(self, text: str) -> None:
        wanted = text.strip().casefold()
        for item in self._items():
            item.setHidden(wanted not in item.text(_VILLAGE).casefold())

    def _take_tool(self, wanted: bool) -> None:
        if wanted:
            bring_to_front(self._canvas)
            self._canvas.setMapTool(self.tool)
        elif self._canvas.mapTool() is self.tool:
            self._canvas.unsetMapTool(self.tool)

    def _tool_set(self, now: QgsMapTool | None, _before: QgsMapTool | None) -> None:
        self.on_map.setChecked(now is self.tool)

    def _zoom(self) -> None:
        bring_to_front(self._canvas)
        around = self.around(self._canvas.mapSettings().destinationCrs())
        if around is not None:
            around.scale(1.1)
            self._canvas.setExtent(around)
            self._canvas.refresh()


def _state(picked: bool) -> Qt.CheckState:
    return Qt.CheckState.Checked if picked else Qt.CheckState.Unchecked

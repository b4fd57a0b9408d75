"""The dock: a list of the day's steps, the page of the step chosen, and what is at work."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from qgis.core import QgsApplication, QgsSettings
from qgis.gui import QgsDockWidget
from qgis.PyQt.QtCore import QCoreApplication, QSize, Qt, QTimer
from qgis.PyQt.QtGui import QShowEvent
from qgis.PyQt.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QMainWindow,
    QScrollArea,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from ..core_path import Lacking
from .lacking_page import LackingPage

if TYPE_CHECKING:
    from qgis.gui import QgisInterface

    from .page import Page

translate = QCoreApplication.translate

#: Pixels: of the list of steps; of the whole panel so that a table is readable, and so that no page
#: has to be scrolled sideways, which is what it has until the person makes it wider or narrower.
_STEP_WIDTH, _LEAST_WIDTH, _WIDTH = 96, 440, 560
#: Setting: the panel had that width once; QGIS keeps what it has since.
_WIDENED = "xiangtu/panel_widened"


class XiangtuPanel(QgsDockWidget):
    """The panel of the county's desk.

    Parameters
    ----------
    lacking : Sequence[Lacking]
        Python packages the core cannot do without and that are not there: then the panel only
        says how to add them.
    """

    def __init__(self, iface: QgisInterface, lacking: Sequence[Lacking]) -> None:
        super().__init__(translate("Xiangtu", "Xiangtu"))
        self.iface = iface
        self.desk = None
        self._widened = False
        self.pages: dict[str, Page] = {}
        if lacking:
            self.setWidget(LackingPage(lacking))
            return
        from .desk import CountyDesk

        self.desk = CountyDesk(iface)
        self.steps = QListWidget()
        self.steps.setObjectName("steps")
        self.steps.setIconSize(QSize(20, 20))
        self.steps.setFixedWidth(_STEP_WIDTH)
        self.steps.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.stack = QStackedWidget()
        self.nothing_open = QLabel(
            translate("Xiangtu", "Open a county file, or make a new one, at the step County.")
        )
        self.nothing_open.setWordWrap(True)
        self.nothing_open.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._fill()
        self.steps.currentRowChanged.connect(self._show)
        self.desk.county_changed.connect(self._refresh)
        self.desk.content_changed.connect(self._refresh)
        beside = QHBoxLayout()
        beside.addWidget(self.steps)
        beside.addWidget(self.stack, 1)
        whole = QWidget()
        whole.setMinimumWidth(_LEAST_WIDTH)
        column = QVBoxLayout(whole)
        column.setContentsMargins(0, 0, 0, 0)
        self.title = QLabel()
        self.title.setMargin(4)
        column.addWidget(self.title)
        column.addLayout(beside, 1)
        self.setWidget(whole)
        self.desk.open_last()
        self.steps.setCurrentRow(0)

    def _fill(self) -> None:
        from .steps import steps

        self.stack.addWidget(self.nothing_open)
        for step in steps():
            page = step.make(self.desk)
            self.pages[step.name] = page
            scroll = QScrollArea()
            scroll.setWidgetResizable(True)
            scroll.setFrameShape(QScrollArea.Shape.NoFrame)
            scroll.setWidget(page)
            self.stack.addWidget(scroll)
            item = QListWidgetItem(QgsApplication.getThemeIcon(step.icon), step.title)
            item.setData(Qt.ItemDataRole.UserRole, step.name)
            item.setToolTip(step.tip)
            self.steps.addItem(item)

    def showEvent(self, event: QShowEvent) -> None:
        """Shown for the first time ever it takes the width it needs, once QGIS has laid it out."""
        super().showEvent(event)
        if not self._widened and not QgsSettings().value(_WIDENED, False, type=bool):
            QTimer.singleShot(0, self._widen)

    def _widen(self) -> None:
        window = self.parent()
        if isinstance(window, QMainWindow) and self.isVisible() and not self.isFloating():
            self._widened = True
            window.resizeDocks([self], [_WIDTH], Qt.Orientation.Horizontal)

    def show_step(self, name: str) -> Page:
        """Turn to a step's page."""
        self.steps.setCurrentRow(list(self.pages).index(name))
        return self.pages[name]

    def _show(self, row: int) -> None:
        page = list(self.pages.values())[row]
        if page.needs_county and self.desk.path is None:
            self.stack.setCurrentIndex(0)
            return
        self.stack.setCurrentIndex(row + 1)
        page.refresh()

    def _refresh(self) -> None:
        path = self.desk.path
        self.title.setText("" if path is None else f"<b>{path.stem}</b> · {path.parent}")
        if self.steps.currentRow() >= 0:
            self._show(self.steps.currentRow())

    def close_down(self) -> None:
        """Stop what is at work; what it began to write is rolled back."""
        if self._widened:  # not before: QGIS keeps the width only when it is closed in order
            QgsSettings().setValue(_WIDENED, True)
        for page in self.pages.values():
            page.close_down()
        if self.desk is not None:
            self.desk.stop()

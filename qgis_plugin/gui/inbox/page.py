"""The step Inbox: its three lists, each behind a tab that says how many wait there."""

from __future__ import annotations

from qgis.PyQt.QtCore import QCoreApplication
from qgis.PyQt.QtWidgets import QTabWidget

from ..desk import CountyDesk
from ..page import Page
from .batch_list import BatchList
from .held_list import HeldList
from .package_list import PackageList

translate = QCoreApplication.translate


class InboxPage(Page):
    """Packages to merge; what waits or was refused; the batches, to be undone."""

    def __init__(self, desk: CountyDesk) -> None:
        super().__init__(desk)
        self.packages = PackageList(desk)
        self.held = HeldList(desk)
        self.batches = BatchList(desk)
        self.tabs = QTabWidget()
        for part in (self.packages, self.held, self.batches):
            self.tabs.addTab(part, "")
        self.packages.counted.connect(lambda number: self._name(0, number))
        self.held.counted.connect(lambda number: self._name(1, number))
        for place in range(3):
            self._name(place, 0)
        self.column.addWidget(self.tabs, 1)

    def refresh(self) -> None:
        self.packages.refresh()
        self.held.refresh()
        self.batches.refresh()

    def _name(self, place: int, number: int) -> None:
        title = (
            translate("Xiangtu", "Packages"),
            translate("Xiangtu", "Held back"),
            translate("Xiangtu", "Batches"),
        )[place]
        self.tabs.setTabText(place, f"{title} ({number})" if number else title)

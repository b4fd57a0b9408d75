"""Long work of a page: how far it is, and a button that cancels it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from qgis.PyQt.QtCore import QCoreApplication, pyqtSignal
from qgis.PyQt.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QPushButton, QWidget
from xiangtu.errors import SurveyError

from ..tasks.core_task import CoreTask, Progress
from .desk import CountyDesk

translate = QCoreApplication.translate


class TaskBar(QWidget):
    """Seen only while work goes on; `running(bool)` says when that begins and ends."""

    running = pyqtSignal(bool)

    def __init__(self, desk: CountyDesk) -> None:
        super().__init__()
        self._desk = desk
        self._task: CoreTask[Any] | None = None
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        self.what = QLabel()
        self.bar = QProgressBar()
        self.bar.setRange(0, 100)
        self.cancel = QPushButton(translate("Xiangtu", "Cancel"))
        self.cancel.clicked.connect(self._stop)
        row.addWidget(self.what)
        row.addWidget(self.bar, 1)
        row.addWidget(self.cancel)
        self.hide()

    @property
    def busy(self) -> bool:
        return self._task is not None

    def run(
        self,
        title: str,
        work: Callable[[Progress], Any],
        done: Callable[[Any], None],
        *,
        writes: bool = False,
    ) -> None:
        """As CountyDesk.run, with the bar shown meanwhile."""

        def well(result: Any) -> None:
            self._end()
            done(result)

        def badly(refusal: SurveyError) -> None:
            self._end()
            self._desk.refuse(refusal)

        self.what.setText(title)
        self.bar.setValue(0)
        self.cancel.setEnabled(True)
        self.show()
        self._task = self._desk.run(title, work, well, writes=writes, refused=badly)
        self._task.progressChanged.connect(self._advance)
        self.running.emit(True)

    def _advance(self, percent: float) -> None:
        self.bar.setValue(int(percent))

    def _stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            self.cancel.setEnabled(False)

    def _end(self) -> None:
        self._task = None
        self.hide()
        self.running.emit(False)

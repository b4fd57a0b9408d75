"""One record in a window beside the map: its history and its private values."""

from __future__ import annotations

from qgis.PyQt.QtCore import QCoreApplication, Qt
from qgis.PyQt.QtWidgets import QDialog, QLabel, QTabWidget, QVBoxLayout
from xiangtu import store
from xiangtu.sealing import keys

from ...tasks.core_task import Progress
from .. import county_layers
from ..desk import CountyDesk
from .history_view import HistoryView
from .private_view import PrivateView
from .reading import RecordReading, read

translate = QCoreApplication.translate

_SIZE = (760, 460)


class RecordDialog(QDialog):
    """Stays open while the person works on the map; reads the record anew when it changed."""

    def __init__(self, desk: CountyDesk, layer: str, uuid: str) -> None:
        super().__init__(desk.iface.mainWindow())
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(translate("Xiangtu", "Record"))
        self.resize(*_SIZE)
        self._desk, self._layer, self._uuid = desk, layer, uuid
        self._path = desk.path
        self._closed = False
        column = QVBoxLayout(self)
        self.title = QLabel()
        self.title.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        column.addWidget(self.title)
        self.history = HistoryView(desk.iface.mapCanvas())
        self.history.restore.connect(self.restore)
        self.private = PrivateView()
        self.private.asked.connect(self.reveal)
        self.tabs = QTabWidget()
        self.tabs.addTab(self.history, translate("Xiangtu", "History"))
        column.addWidget(self.tabs, 1)
        desk.content_changed.connect(self.read)
        desk.county_changed.connect(self.close)
        self.finished.connect(lambda _result: self._end())

    @classmethod
    def show_record(cls, desk: CountyDesk, layer: str, uuid: str) -> RecordDialog:
        """Open the window of a record."""
        dialog = cls(desk, layer, uuid)
        dialog.read()
        desk.show_window(dialog)
        return dialog

    def read(self) -> None:
        """Read the record anew."""
        path, layer, uuid, language = self._path, self._layer, self._uuid, self._desk.language
        if path is None or self._closed:
            return

        def work(_progress: Progress) -> RecordReading:
            with store.open(path, readonly=True) as file:
                return read(file, layer, uuid, language)

        def done(reading: RecordReading) -> None:
            if not self._closed:
                self._show(reading)

        self._desk.run(translate("Xiangtu", "Reading the history"), work, done)

    def _show(self, reading: RecordReading) -> None:
        gone = "" if reading.exists else " · " + translate("Xiangtu", "deleted")
        self.title.setText(f"{reading.title}{gone}\n{self._uuid}")
        self.history.show_reading(reading)
        self.private.show_fields(reading.private)
        if reading.private and self.tabs.count() == 1:
            self.tabs.addTab(self.private, translate("Xiangtu", "Private values"))

    def restore(self, change: str, field: str, before: bool, reason: str) -> None:
        """Give the record a value back, as a change of whoever sits here."""
        path, author = self._path, self._desk.author
        if path is None:
            return
        if self._desk.warn_of(county_layers.unsaved(path)):
            return

        def work(_progress: Progress) -> None:
            with store.open(path) as file, file.atomic():
                file.sign_in(author=author)
                file.restore(change, field, before=before, reason=reason)

        def done(_nothing: None) -> None:
            self._desk.tell(
                translate("Xiangtu", "The value is back, as a change of its own in the history.")
            )
            county_layers.read_again(path)

        self._desk.run(translate("Xiangtu", "Restoring a value"), work, done, writes=True)

    def reveal(self, field: str) -> None:
        """Show one full value, once the look is written down."""
        path, author, layer, uuid = self._path, self._desk.author, self._layer, self._uuid
        if path is None:
            return

        def work(_progress: Progress) -> str | None:
            identity = keys.county_identity(path)
            with store.open(path) as file:
                return file.reveal(layer, uuid, field, identity, author)

        def done(full: str | None) -> None:
            if not self._closed:
                self.private.show_value(field, full)

        self._desk.run(translate("Xiangtu", "Opening a sealed value"), work, done)

    def _end(self) -> None:
        self._closed = True
        self.history.wipe()
        self.private.hide_values()
        self._desk.content_changed.disconnect(self.read)

"""The step County: a new file or one that is there, and how it stands."""

from __future__ import annotations

from pathlib import Path

from qgis.core import QgsCoordinateReferenceSystem, QgsCoordinateTransform, QgsCsException
from qgis.PyQt.QtCore import QCoreApplication
from qgis.PyQt.QtWidgets import (
    QFileDialog,
    QHBoxLayout,
    QMenu,
    QPushButton,
    QToolButton,
    QTreeWidget,
    QTreeWidgetItem,
)
from xiangtu import store
from xiangtu.catalogue import Catalogue
from xiangtu.cli.command import Outcome
from xiangtu.cli.language import Translation
from xiangtu.report.overview import Overview, overview

from ..commands import run_command
from ..tasks.core_task import Progress
from .desk import CountyDesk
from .import_data.dialog import ImportDialog
from .new_county_dialog import NewCountyDialog
from .page import Page
from .words import batch_kind, local_time, severity

translate = QCoreApplication.translate

#: Where a new county is offered to lie if the map does not say: the middle of the country.
_LONGITUDE_DEG = 105.0


class CountyPage(Page):
    """New, open, recent; below, records, what waits for a person, findings, the last batches."""

    needs_county = False

    def __init__(self, desk: CountyDesk) -> None:
        super().__init__(desk)
        row = QHBoxLayout()
        self.new = QPushButton(translate("Xiangtu", "New…"))
        self.new.clicked.connect(self.ask_for_new)
        self.open = QPushButton(translate("Xiangtu", "Open…"))
        self.open.clicked.connect(self.ask_for_file)
        self.recent = QToolButton()
        self.recent.setText(translate("Xiangtu", "Recent"))
        self.recent.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.recent.setMenu(QMenu(self))
        self.recent.menu().aboutToShow.connect(self._list_recent)
        self.take_in = QPushButton(translate("Xiangtu", "Import…"))
        self.take_in.setEnabled(False)
        self.take_in.clicked.connect(self.ask_for_import)
        for each in (self.new, self.open, self.recent, self.take_in):
            row.addWidget(each)
        row.addStretch(1)
        self.column.addLayout(row)
        self.summary = QTreeWidget()
        self.summary.setHeaderHidden(True)
        self.summary.setColumnCount(2)
        self.summary.setRootIsDecorated(True)
        self.column.addWidget(self.summary, 1)
        self._catalogue: Catalogue | None = None

    # -- which county -------------------------------------------------------------------------

    def ask_for_file(self) -> None:
        """Let the person pick a county file."""
        start = str(self.desk.path.parent) if self.desk.path else ""
        path, _filter = QFileDialog.getOpenFileName(
            self,
            translate("Xiangtu", "Open a county file"),
            start,
            translate("Xiangtu", "County file (*.sqlite)"),
        )
        if path:
            self.desk.open(Path(path))

    def ask_for_new(self) -> None:
        """Ask what a new county needs, make it, open it."""
        dialog = NewCountyDialog(self, self._longitude_deg())
        dialog.accepted.connect(lambda: self._make(dialog))
        dialog.open()

    def _make(self, dialog: NewCountyDialog) -> None:
        words, path = dialog.words(), dialog.path
        translation = Translation(self.desk.language)

        def work(progress: Progress) -> Outcome:
            return run_command(words, translation, progress, lambda _note: None)

        def done(outcome: Outcome) -> None:
            if self.desk.open(path):
                self.desk.tell(
                    translate("Xiangtu", "{path} is made, with its key {key} beside it.").format(
                        path=path.name, key=Path(str(outcome.document["key"])).name
                    )
                )

        self.desk.run(translate("Xiangtu", "New county file"), work, done)

    def ask_for_import(self) -> None:
        """Show what taking a file in would do, and do it."""
        if self.desk.path is not None and self._catalogue is not None:
            ImportDialog(self, self.desk, self.desk.path, self._catalogue).open()

    # -- where it lies ------------------------------------------------------------------------

    def _longitude_deg(self) -> float:
        """The middle of the map on screen, where it is in China; else the country's middle."""
        canvas = self.desk.iface.mapCanvas()
        crs = canvas.mapSettings().destinationCrs()
        if not crs.isValid() or canvas.layerCount() == 0:
            return _LONGITUDE_DEG
        to_degrees = QgsCoordinateTransform(
            crs,
            QgsCoordinateReferenceSystem.fromEpsgId(4490),
            canvas.mapSettings().transformContext(),
        )
        try:
            middle = to_degrees.transform(canvas.extent().center())
        except QgsCsException:
            return _LONGITUDE_DEG
        return middle.x() if 73 <= middle.x() <= 136 else _LONGITUDE_DEG

    def _list_recent(self) -> None:
        menu = self.recent.menu()
        menu.clear()
        for path in self.desk.recent():
            menu.addAction(path, lambda path=path: self.desk.open(Path(path)))
        if menu.isEmpty():
            menu.addAction(translate("Xiangtu", "None yet")).setEnabled(False)

    # -- how it stands ------------------------------------------------------------------------

    def refresh(self) -> None:
        path = self.desk.path
        self.take_in.setEnabled(False)
        if path is None:
            self.summary.clear()
            return

        def work(_progress: Progress) -> tuple[Overview, Catalogue]:
            with store.open(path, readonly=True) as file:
                return overview(file), file.catalogue

        def done(read: tuple[Overview, Catalogue]) -> None:
            if self.desk.path == path:
                self._show(*read)

        self.desk.run(translate("Xiangtu", "Reading {name}").format(name=path.name), work, done)

    def _show(self, seen: Overview, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self.take_in.setEnabled(True)
        self.summary.clear()
        language = self.desk.language
        self._group(
            f"{seen.name} {seen.county}",
            [
                (translate("Xiangtu", "CRS"), f"EPSG:{seen.srid}"),
                (translate("Xiangtu", "Tablets"), seen.tablets),
            ],
        )
        self._group(
            translate("Xiangtu", "Waits for you"),
            [
                (name, number)
                for name, number in (
                    (translate("Xiangtu", "Conflicts"), seen.conflicts),
                    (translate("Xiangtu", "Possible duplicates"), seen.duplicates),
                    (translate("Xiangtu", "Records held back"), seen.held),
                    (translate("Xiangtu", "Packages waiting for an earlier one"), seen.waiting),
                    (translate("Xiangtu", "Packages refused"), seen.refused),
                )
                if number
            ]
            or [(translate("Xiangtu", "Nothing"), "")],
        )
        self._group(
            translate("Xiangtu", "Open findings"),
            [(severity(each), seen.findings.get(each, 0)) for each in ("error", "warning", "note")],
        )
        self._group(
            translate("Xiangtu", "Records"),
            [
                (catalogue.layers[name].label.in_language(language), number)
                for name, number in seen.records.items()
            ],
        )
        self._group(
            translate("Xiangtu", "Last batches"),
            [
                (
                    f"{each.number} {batch_kind(each.kind)}",
                    f"{local_time(each.made_at)} {each.author}",
                )
                for each in seen.batches
            ]
            + (
                [(translate("Xiangtu", "Taken out again (see Inbox, Batches)"), seen.undone)]
                if seen.undone
                else []
            ),
        )
        self.summary.expandAll()
        self.summary.resizeColumnToContents(0)

    def _group(self, title: str, rows: list[tuple[str, object]]) -> None:
        if not rows:
            return
        group = QTreeWidgetItem([title])
        font = group.font(0)
        font.setBold(True)
        group.setFont(0, font)
        for name, value in rows:
            text = f"{value:,}".replace(",", " ") if isinstance(value, int) else str(value)
            item = QTreeWidgetItem([name, text])
            item.setToolTip(1, text)
            group.addChild(item)
        self.summary.addTopLevelItem(group)

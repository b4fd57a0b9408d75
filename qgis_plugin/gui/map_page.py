"""The step Map: the project over the county, and its sheets as PDF or pictures."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from qgis.core import QgsLayoutItemLegend, QgsPrintLayout, QgsProject, QgsRectangle
from qgis.PyQt import sip
from qgis.PyQt.QtCore import QCoreApplication
from qgis.PyQt.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QMessageBox,
    QProgressBar,
    QPushButton,
)
from xiangtu import store
from xiangtu.catalogue import Catalogue
from xiangtu.catalogue.loader import resources_folder
from xiangtu.errors import SurveyError
from xiangtu.report.parcel_plans import PLANNED, parcel_plans
from xiangtu.report.villages import Village, villages

from ..map.legend import Present, keep, layers_in, reader
from ..map.map_beside import bounds_of
from ..map.plan_layers import plan_layers, show, write
from ..map.printing import Printing
from ..map.project import (
    build_project,
    county_of,
    layers_of,
    note_county,
    noted_county,
    read_from,
    save_project,
)
from ..map.sheets import SHEETS, County, Sheet, SheetLacksLayers
from ..tasks.core_task import Progress
from .desk import CountyDesk
from .page import Page

translate = QCoreApplication.translate

#: Plans at a time: their corners are put into layers between two answers of QGIS.
_MOST_PLANS = 5000


@dataclass(frozen=True)
class _Seen:
    """What the page knows of the county at work."""

    path: Path
    srid: int
    code: str
    name: str
    catalogue: Catalogue
    villages: tuple[Village, ...]


class MapPage(Page):
    """Build, save, mend the project; then sheets of the county, a village, what is selected."""

    def __init__(self, desk: CountyDesk) -> None:
        super().__init__(desk)
        self.seen: _Seen | None = None
        self.printing: Printing | None = None
        #: The project shows the county at work, and all of it.
        self._whole = False
        self.question: QMessageBox | None = None
        self.heading(translate("Xiangtu", "Project"))
        self.state = QLabel()
        self.state.setWordWrap(True)
        self.column.addWidget(self.state)
        row = QHBoxLayout()
        self.build = QPushButton(translate("Xiangtu", "Build the map"))
        self.build.setToolTip(
            translate("Xiangtu", "Layers, styles, forms, relations and bookmarks of the county")
        )
        self.build.clicked.connect(self.ask_to_build)
        self.save = QPushButton(translate("Xiangtu", "Save…"))
        self.save.clicked.connect(self.ask_where_to_save)
        self.mend = QPushButton(translate("Xiangtu", "Read from the county at work"))
        self.mend.clicked.connect(self.read_from_here)
        for each in (self.build, self.save, self.mend):
            row.addWidget(each)
        row.addStretch(1)
        self.column.addLayout(row)
        self.heading(translate("Xiangtu", "Sheets"))
        form = QFormLayout()
        self.kind, self.village = QComboBox(), QComboBox()
        for sheet in SHEETS:
            self.kind.addItem(sheet.title.in_language(desk.language), sheet.name)
        self.selected = QCheckBox(translate("Xiangtu", "Only what is selected on the map"))
        form.addRow(translate("Xiangtu", "Sheet"), self.kind)
        form.addRow(translate("Xiangtu", "Village"), self.village)
        form.addRow("", self.selected)
        self.column.addLayout(form)
        row = QHBoxLayout()
        self.layout_button = QPushButton(translate("Xiangtu", "Open as layout"))
        self.layout_button.clicked.connect(lambda: self._with_layout(self._open_layout))
        self.pdf = QPushButton(translate("Xiangtu", "PDF…"))
        self.pdf.clicked.connect(self.ask_for_pdf)
        self.pictures = QPushButton(translate("Xiangtu", "Pictures…"))
        self.pictures.clicked.connect(self.ask_for_folder)
        for each in (self.layout_button, self.pdf, self.pictures):
            row.addWidget(each)
        row.addStretch(1)
        self.column.addLayout(row)
        row = QHBoxLayout()
        self.bar = QProgressBar()
        self.stop = QPushButton(translate("Xiangtu", "Cancel"))
        self.stop.clicked.connect(lambda: self.printing and self.printing.cancel())
        row.addWidget(self.bar)
        row.addWidget(self.stop)
        self.column.addLayout(row)
        self.column.addStretch(1)
        self.kind.currentIndexChanged.connect(self._enable)
        project = QgsProject.instance()
        project.layersAdded.connect(self._tell_state)
        project.layersRemoved.connect(self._tell_state)
        project.cleared.connect(self._tell_state)
        self._enable()

    # -- how it stands ------------------------------------------------------------------------

    def refresh(self) -> None:
        path = self.desk.path
        if path is None:
            return

        def work(_progress: Progress) -> _Seen:
            with store.open(path, readonly=True) as file:
                county, name = str(file.meta["county"]), str(file.meta["name"])
                return _Seen(path, file.srid, county, name, file.catalogue, tuple(villages(file)))

        def done(seen: _Seen) -> None:
            if self.desk.path == path:
                self.seen = seen
                self._list_villages(seen.villages)
                self._tell_state()

        self.desk.run(translate("Xiangtu", "Reading {name}").format(name=path.name), work, done)

    def _list_villages(self, known: Sequence[Village]) -> None:
        chosen = self.village.currentData()
        self.village.clear()
        self.village.addItem(translate("Xiangtu", "All villages"), None)
        for each in known:
            self.village.addItem(f"{each.name} {each.code}", each.code)
        self.village.setCurrentIndex(max(self.village.findData(chosen), 0))

    def _tell_state(self) -> None:
        """Say whether the project that is open shows the county at work, and what it lacks."""
        seen = self.seen
        if seen is None:
            return
        project = QgsProject.instance()
        there, shown = layers_of(project), county_of(project)
        lacking = [name for name in self._wanted(seen) if name not in there]
        broken = [name for name, layer in there.items() if not layer.isValid()]
        elsewhere = shown is not None and shown != seen.path
        self._whole = bool(there) and not (elsewhere or broken or lacking)
        if shown is None and not there:
            text = translate("Xiangtu", "The project that is open does not show this county yet.")
        elif elsewhere or broken:
            text = translate("Xiangtu", "The layers read {path}, not the county at work.").format(
                path=shown
            )
        elif lacking:
            text = translate(
                "Xiangtu", "Taken out of the project: {layers}. Build the map again."
            ).format(layers=self._names(lacking))
        else:
            text = translate("Xiangtu", "The project shows {county}.").format(county=seen.name)
        self.state.setText(text)
        self.mend.setVisible(bool(there) and (elsewhere or bool(broken)))
        self._enable()

    @staticmethod
    def _wanted(seen: _Seen) -> list[str]:
        return [each.name for each in seen.catalogue.layers.values() if each.surveyed]

    def _names(self, layers: Sequence[str]) -> str:
        joiner = "、" if self.desk.language == "zh" else ", "
        known = self.seen.catalogue.layers if self.seen else {}
        return joiner.join(
            known[name].label.in_language(self.desk.language)
            if name in known
            else translate("Xiangtu", "Findings")
            for name in layers
        )

    def _enable(self) -> None:
        printing = self.printing is not None
        built = bool(layers_of(QgsProject.instance())) and self.seen is not None
        sheet = self._sheet()
        # A sheet of another county, or without its parcels, would look like any other.
        ready = built and self._whole and not printing
        self.build.setEnabled(self.seen is not None and not printing)
        self.save.setEnabled(built and not printing)
        for button in (self.layout_button, self.pdf, self.pictures):
            button.setEnabled(ready)
        self.village.setEnabled(sheet.coverage is not None)
        self.selected.setEnabled(sheet.coverage is not None)
        self.bar.setVisible(printing)
        self.stop.setVisible(printing)

    # -- the project --------------------------------------------------------------------------

    def ask_to_build(self) -> None:
        """Build the map; asks first where a project is open that it would replace."""
        project = QgsProject.instance()
        if not project.mapLayers():
            self.build_map()
            return
        name = project.title() or project.baseName() or translate("Xiangtu", "without a name")
        buttons = QMessageBox.StandardButton
        question = QMessageBox(
            QMessageBox.Icon.Question,
            translate("Xiangtu", "Build the map"),
            translate(
                "Xiangtu", "Replace the project that is open ({name})? Unsaved changes are lost."
            ).format(name=name),
            buttons.Ok | buttons.Cancel,
            self,
        )
        question.accepted.connect(self.build_map)
        self.question = question
        question.open()

    def build_map(self) -> None:
        """Put the county into QGIS's project in the place of what is open."""
        seen = self.seen
        if seen is None:
            return
        project = QgsProject.instance()
        project.clear()
        built = build_project(
            seen.path, seen.srid, seen.catalogue, resources_folder(), title=seen.name,
            language=self.desk.language, project=project,
        )  # fmt: skip
        note_county(project, seen.code)
        canvas = self.desk.iface.mapCanvas()
        canvas.setDestinationCrs(project.crs())
        village = built.layers.get("village")
        if village is not None and village.featureCount():
            village.updateExtents()
            extent = QgsRectangle(village.extent())
            extent.scale(1.05)
            canvas.setExtent(extent)
        canvas.refresh()
        parcels = built.layers.get("farmland")
        # QGIS identifies and selects in one layer: in none until told which.
        if parcels is not None:
            self.desk.iface.setActiveLayer(parcels)
        self._tell_state()
        self.desk.tell(
            translate("Xiangtu", "The map of {county} is built.").format(county=seen.name)
        )

    def ask_where_to_save(self) -> None:
        """Let the person say where the project goes: beside the county unless told otherwise."""
        if self.seen is None:
            return
        path, _filter = QFileDialog.getSaveFileName(
            self,
            translate("Xiangtu", "Save the project"),
            str(self.seen.path.with_suffix(".qgz")),
            translate("Xiangtu", "QGIS project (*.qgz)"),
        )
        if path:
            self.save_as(Path(path).with_suffix(".qgz"))

    def save_as(self, path: Path) -> None:
        """Write the project so that it can be moved with the county beside it."""
        project = QgsProject.instance()
        if save_project(project, path):
            self.desk.tell(translate("Xiangtu", "{path} is saved.").format(path=path))
        else:
            self.desk.warn(
                translate("Xiangtu", "{path} cannot be written: {reason}").format(
                    path=path, reason=project.error()
                )
            )

    def read_from_here(self) -> None:
        """Have the project's layers read the county at work, if it is the same county."""
        seen, project = self.seen, QgsProject.instance()
        if seen is None:
            return
        noted = noted_county(project)
        if noted and noted != seen.code:
            self.desk.warn(
                translate(
                    "Xiangtu", "The project is of county {noted}, not {code}. Build the map."
                ).format(noted=noted, code=seen.code)
            )
            return
        lost = read_from(project, seen.path)
        self._tell_state()
        if lost:
            self.desk.warn(
                translate("Xiangtu", "Cannot be read from {path}: {layers}").format(
                    path=seen.path, layers=self._names(lost)
                )
            )
        else:
            self.desk.tell(
                translate("Xiangtu", "The project reads {path} now.").format(path=seen.path)
            )

    # -- sheets -------------------------------------------------------------------------------

    def _sheet(self) -> Sheet:
        return next(each for each in SHEETS if each.name == self.kind.currentData())

    def ask_for_pdf(self) -> None:
        """Let the person say where all pages go as one PDF."""
        if self.seen is None:
            return
        path, _filter = QFileDialog.getSaveFileName(
            self,
            translate("Xiangtu", "Sheets as PDF"),
            str(self.seen.path.with_name(f"{self._file_name()}.pdf")),
            translate("Xiangtu", "PDF (*.pdf)"),
        )
        if path:
            self.print_to(Path(path).with_suffix(".pdf"))

    def _file_name(self) -> str:
        """What a file of the sheet is called: of one village by its name, beside the others'."""
        sheet = self.kind.currentText()
        one = self.village.isEnabled() and self.village.currentData() is not None
        return f"{self.village.currentText().split()[0]} {sheet}" if one else sheet

    def ask_for_folder(self) -> None:
        """Let the person say which folder gets a picture a page."""
        if self.seen is None:
            return
        path = QFileDialog.getExistingDirectory(
            self, translate("Xiangtu", "Folder for the pictures"), str(self.seen.path.parent)
        )
        if path:
            self.print_to(Path(path))

    def print_to(self, target: Path) -> None:
        """Print the sheet that is chosen: into a .pdf, or a picture a page into a folder."""
        self._with_layout(lambda layout: self._print(layout, target))

    def _with_layout(self, then: Callable[[QgsPrintLayout], None]) -> None:
        """Make the layout of the sheet, of the village or the selection chosen, and go on."""
        seen, sheet = self.seen, self._sheet()
        if seen is None:
            return
        records: list[str] | None = None
        coverage = layers_of(QgsProject.instance()).get(sheet.coverage or "")
        if sheet.coverage and self.selected.isChecked() and coverage is not None:
            records = [str(each["uuid"]) for each in coverage.selectedFeatures()]
        code = self.village.currentData() if sheet.coverage else None
        if sheet.coverage not in PLANNED:
            self._make(seen, sheet, code, records, then)
            return
        layer, path = str(sheet.coverage), seen.path
        try:
            plan_layers(QgsProject.instance(), path, seen.srid)  # which are written to
        except SurveyError as refusal:
            self.desk.refuse(refusal)
            return

        def work(progress: Progress) -> None:
            with store.open(path, readonly=True) as file:
                plans = parcel_plans(
                    file, layer, villages=None if code is None else [code], records=records,
                    most=_MOST_PLANS, progress=progress,
                )  # fmt: skip
            write(path, plans)

        def done(_nothing: None) -> None:
            self._make(seen, sheet, code, records, then)

        title = sheet.title.in_language(self.desk.language)
        self.desk.run(translate("Xiangtu", "Preparing {sheet}").format(sheet=title), work, done)

    def _make(
        self, seen: _Seen, sheet: Sheet, code: str | None, records: list[str] | None,
        then: Callable[[QgsPrintLayout], None],
    ) -> None:  # fmt: skip
        project = QgsProject.instance()
        county = County(seen.path, seen.srid, seen.name, self.desk.language)
        try:
            if sheet.coverage in PLANNED:
                show(plan_layers(project, seen.path, seen.srid))
            layout = sheet.make(project, county, resources_folder())
        except SheetLacksLayers as lacks:
            self.desk.warn(
                translate(
                    "Xiangtu", "The sheet needs {layers}, which the project lacks. Build the map."
                ).format(layers=self._names(lacks.names))
            )
            return
        except SurveyError as refusal:
            self.desk.refuse(refusal)
            return
        if sheet.coverage:
            conditions = []
            if code is not None:
                column = "code" if sheet.coverage == "village" else "village"
                conditions.append(f"\"{column}\" = '{code}'")
            if records is not None:
                listed = ", ".join(f"'{each}'" for each in records)
                conditions.append(f'"uuid" IN ({listed})' if records else "FALSE")
            atlas = layout.atlas()
            atlas.setFilterFeatures(bool(conditions))
            atlas.setFilterExpression(" AND ".join(conditions))
            if atlas.updateFeatures() == 0:
                self.desk.warn(
                    translate(
                        "Xiangtu", "Nothing to print: choose another village, or select some."
                    )
                )
                return
        then(layout)

    def _open_layout(self, layout: QgsPrintLayout) -> None:
        """Open QGIS's own window. For a page of one village QGIS finds out itself, whichever is
        turned to, what its legend explains; for the whole county that would take it seconds."""
        seen = self.seen
        if seen is None:
            return
        if layout.atlas().enabled():
            self._design(layout)
            return
        (legend,) = (each for each in layout.items() if isinstance(each, QgsLayoutItemLegend))
        chart, layers = legend.linkedMap(), layers_in(legend)

        def done(present: Present) -> None:
            if not sip.isdeleted(layout):
                keep(legend, layers, present, chart.scale())
                self._design(layout)

        title = translate("Xiangtu", "Preparing {sheet}").format(sheet=layout.name())
        self.desk.run(title, reader(seen.path, layers, bounds_of(chart)), done)

    def _design(self, layout: QgsPrintLayout) -> None:
        designer = self.desk.iface.openLayoutDesigner(layout)
        if layout.atlas().enabled():
            designer.setAtlasPreviewEnabled(True)

    def _print(self, layout: QgsPrintLayout, target: Path) -> None:
        seen = self.seen
        if seen is None:
            return

        def progress(number: int, count: int) -> None:
            self.bar.setMaximum(count)
            self.bar.setValue(number)

        def done(count: int) -> None:
            self._printed()
            said = translate("Xiangtu", "{path} is written; pages: {count}.")
            self.desk.tell(said, target, count=count)

        def refused(refusal: SurveyError) -> None:
            self._printed()
            self.desk.refuse(refusal)

        self.bar.setValue(0)
        self.printing = Printing(layout, seen.path, target, progress, done, refused)
        self._enable()
        self.printing.start()

    def _printed(self) -> None:
        self.printing = None
        self._enable()

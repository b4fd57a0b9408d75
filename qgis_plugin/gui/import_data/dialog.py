"""Taking data from outside in: file, layer, fields, what would be refused, and the import."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from qgis.core import QgsCoordinateReferenceSystem
from qgis.gui import QgsFileWidget, QgsProjectionSelectionWidget
from qgis.PyQt.QtCore import QCoreApplication, Qt
from qgis.PyQt.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QFileDialog,
    QFormLayout,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QSplitter,
    QVBoxLayout,
    QWidget,
)
from xiangtu import importing, store
from xiangtu.catalogue import Catalogue, Layer
from xiangtu.errors import Cancelled, SurveyError
from xiangtu.importing import Contents, ImportMapping, ImportSummary, Note, Preview
from xiangtu.importing import mapping as mappings
from xiangtu.importing.source import DRIVERS
from xiangtu.words import explain, phrase

from ...tasks.core_task import CoreTask, Progress
from ..desk import CountyDesk
from .mapping_table import MappingTable
from .refused_rows import RefusedRows, field_label

translate = QCoreApplication.translate
Result = TypeVar("Result")

#: Encodings that Chinese offices write, beside the one that is found out.
_ENCODINGS = ("UTF-8", "GB18030", "Big5")
#: So many unused columns are named; all are in the drop-downs.
_NAMED = 8
_MAPPING_FILTER = "TOML (*.toml)"


class ImportDialog(QDialog):
    """Asks what `xiangtu import` asks, shows at once what it would do, and does it."""

    def __init__(self, parent: QWidget, desk: CountyDesk, county: Path, catalogue: Catalogue):
        super().__init__(parent)
        self.desk = desk
        self._county = county
        self._catalogue = catalogue
        self._path = Path()
        self._contents: Contents | None = None
        self._task: CoreTask[object] | None = None
        self._importing = False
        self.setWindowTitle(translate("Xiangtu", "Import into {name}").format(name=county.name))
        self.resize(760, 720)
        column = QVBoxLayout(self)
        column.addLayout(self._asked())
        self.table = MappingTable()
        self.table.changed.connect(self._preview)
        self.refused = RefusedRows()
        self.said = QLabel()
        self.said.setWordWrap(True)
        below = QWidget()
        lower = QVBoxLayout(below)
        lower.setContentsMargins(0, 0, 0, 0)
        lower.addWidget(self.said)
        lower.addWidget(self.refused, 1)
        halves = QSplitter()
        halves.setOrientation(Qt.Orientation.Vertical)
        halves.addWidget(self.table)
        halves.addWidget(below)
        halves.setSizes([400, 200])
        column.addWidget(halves, 1)
        self.progress = QProgressBar()
        self.progress.setRange(0, 100)
        self.progress.hide()
        column.addWidget(self.progress)
        column.addLayout(self._buttons())
        self._enable()

    def _asked(self) -> QFormLayout:
        form = QFormLayout()
        self.file = QgsFileWidget()
        endings = " ".join(f"*{each}" for each in DRIVERS)
        self.file.setFilter(translate("Xiangtu", "Shapefile, GeoPackage, GeoJSON, CSV")
                            + f" ({endings})")  # fmt: skip
        self.source_layer = QComboBox()
        self.encoding = QComboBox()
        self.encoding.addItem(translate("Xiangtu", "found out"), None)
        for each in _ENCODINGS:
            self.encoding.addItem(each, each)
        self.crs = QgsProjectionSelectionWidget()
        self.crs.setOptionVisible(QgsProjectionSelectionWidget.CrsOption.CrsNotSet, True)
        self.crs.setNotSetText(translate("Xiangtu", "as the file says"))
        self.crs.setCrs(QgsCoordinateReferenceSystem())
        self.target = QComboBox()
        for name, layer in self._catalogue.layers.items():
            if layer.surveyed and not layer.append_only:
                self.target.addItem(layer.label.in_language(self.desk.language), name)
        self.target.setCurrentIndex(self.target.findData("farmland"))
        self.x, self.y = QComboBox(), QComboBox()
        place = QHBoxLayout()
        place.addWidget(self.x)
        place.addWidget(self.y)
        self._place = QWidget()
        place.setContentsMargins(0, 0, 0, 0)
        self._place.setLayout(place)
        self._place_label = QLabel(translate("Xiangtu", "Columns of easting and northing"))
        self.blank = QCheckBox(
            translate("Xiangtu", "Take rows without the values that do not fit (else refuse them)")
        )
        form.addRow(translate("Xiangtu", "File"), self.file)
        form.addRow(translate("Xiangtu", "Its layer"), self.source_layer)
        form.addRow(translate("Xiangtu", "Encoding"), self.encoding)
        form.addRow(translate("Xiangtu", "CRS"), self.crs)
        form.addRow(translate("Xiangtu", "Into the layer"), self.target)
        form.addRow(self._place_label, self._place)
        form.addRow("", self.blank)
        self.file.fileChanged.connect(lambda _path: self._look())
        self.source_layer.activated.connect(lambda _index: self._look())
        self.encoding.activated.connect(lambda _index: self._look())
        self.target.currentIndexChanged.connect(lambda _index: self._match(ImportMapping()))
        self.crs.crsChanged.connect(lambda _crs: self._preview())
        self.x.activated.connect(lambda _index: self._preview())
        self.y.activated.connect(lambda _index: self._preview())
        self.blank.toggled.connect(lambda _on: self._preview())
        return form

    def _buttons(self) -> QGridLayout:
        row = QGridLayout()
        self.load = QPushButton(translate("Xiangtu", "Load mapping…"))
        self.save = QPushButton(translate("Xiangtu", "Save mapping…"))
        self.copy = QPushButton(translate("Xiangtu", "Copy refused rows"))
        self.go = QPushButton(translate("Xiangtu", "Import"))
        self.close_button = QPushButton(translate("Xiangtu", "Close"))
        self.load.clicked.connect(self._ask_for_mapping)
        self.save.clicked.connect(self._ask_where_to_save)
        self.copy.clicked.connect(lambda: self.refused.copy())
        self.go.clicked.connect(self._import)
        self.close_button.clicked.connect(self.reject)
        row.setColumnStretch(3, 1)
        for place, each in enumerate((self.load, self.save, self.copy)):
            row.addWidget(each, 0, place)
        row.addWidget(self.go, 0, 4)
        row.addWidget(self.close_button, 0, 5)
        for each in (self.load, self.save, self.copy, self.close_button):
            each.setAutoDefault(False)
        self.go.setDefault(True)
        return row

    # -- what is in the file ------------------------------------------------------------------

    def _look(self, then: ImportMapping | None = None) -> None:
        """Read layers and columns in the background, then match fields: by name, or as said."""
        path = self.file.filePath()
        if not path:
            return
        same_file = self._contents is not None and self._path == Path(path)
        said = then or ImportMapping()
        layer = said.layer or (self.source_layer.currentText() if same_file else None)
        encoding = said.encoding or self.encoding.currentData()
        self._path = Path(path)
        self._contents = None
        self._enable()

        def done(contents: Contents) -> None:
            # A layer that bears the name of one of ours is meant for it, as a rule.
            namesake = self.target.findData(contents.layer)
            if namesake >= 0 and then is None:
                self.target.setCurrentIndex(namesake)
            self._contents = contents
            self.source_layer.clear()
            self.source_layer.addItems(contents.layers)
            self.source_layer.setCurrentText(contents.layer)
            self.source_layer.setEnabled(len(contents.layers) > 1)
            self._match(said)

        self._in_background(
            translate("Xiangtu", "Reading {name}").format(name=self._path.name),
            lambda _progress: importing.look(Path(path), layer, encoding),
            done,
        )

    def _match(self, said: ImportMapping) -> None:
        """Fill the table, by name where the mapping names no fields; then preview."""
        contents = self._contents
        if contents is None:
            return
        layer = self._layer()
        needs_place = layer.geometry is not None and not contents.has_geometry
        for each, chosen in ((self.x, said.x), (self.y, said.y)):
            each.clear()
            each.addItem(translate("Xiangtu", "found by name"), None)
            for name in contents.columns:
                each.addItem(name, name)
            each.setCurrentIndex(max(0, each.findData(chosen)))
        self._place.setVisible(needs_place)
        self._place_label.setVisible(needs_place)
        try:
            sources = mappings.resolve(said, self._catalogue, layer, contents.columns)
        except SurveyError as refusal:
            self._refuse(refusal)
            return
        self.table.show_fields(
            self._catalogue, layer.name, contents.columns, sources, self.desk.language
        )
        self._preview()

    def _layer(self) -> Layer:
        return self._catalogue.layer(self.target.currentData())

    def mapping(self) -> ImportMapping:
        """What the person has said."""
        contents = self._contents
        several = contents is not None and len(contents.layers) > 1
        crs = self.crs.crs()
        x, y = self.x.currentData(), self.y.currentData()
        placed = self._place.isVisibleTo(self) and x is not None and y is not None
        return ImportMapping(
            layer=contents.layer if contents is not None and several else None,
            crs=(crs.authid() or crs.toWkt()) if crs.isValid() else None,
            encoding=self.encoding.currentData(),
            x=x if placed else None,
            y=y if placed else None,
            fields=self.table.sources(),
            misfits="blank" if self.blank.isChecked() else "refuse",
        )

    # -- what would come of it ----------------------------------------------------------------

    def _preview(self) -> None:
        if self._contents is None or self._importing:
            return
        path, layer, mapping, county = self._path, self._layer().name, self.mapping(), self._county
        self.table.show_preview(())
        self.go.setEnabled(False)

        def work(progress: Progress) -> Preview:
            with store.open(county, readonly=True) as file:
                return importing.preview(file, layer, path, mapping, progress)

        self.said.setText(translate("Xiangtu", "Looking through all rows…"))
        self._in_background(
            translate("Xiangtu", "Preview of {name}").format(name=path.name), work, self._show
        )

    def _show(self, seen: Preview) -> None:
        self.table.show_preview(seen.columns)
        lines = [
            translate("Xiangtu", "{taken} of {rows} rows would be taken.").format(
                taken=seen.would_take, rows=seen.rows
            )
        ]
        if seen.without_source:
            lines.append(
                translate("Xiangtu", "Required and filled by nothing: {fields}").format(
                    fields=self._labels(seen.layer, seen.without_source)
                )
            )
        if seen.unused:
            lines.append(
                translate("Xiangtu", "Columns that no field takes: {columns}").format(
                    columns=", ".join(seen.unused[:_NAMED])
                    + (" …" if len(seen.unused) > _NAMED else "")
                )
            )
        self._say(lines, seen.notes)
        examples = [each for kept in seen.examples.values() for each in kept]
        self.refused.show_rows(examples, self._catalogue, seen.layer, self.desk.language)
        self._enable()
        self.go.setEnabled(seen.would_take > 0)

    def _labels(self, layer: str, names: tuple[str, ...]) -> str:
        language = self.desk.language
        return ", ".join(field_label(self._catalogue, layer, each, language) for each in names)

    def _say(self, lines: list[str], notes: tuple[Note, ...]) -> None:
        language = self.desk.language
        lines += [phrase(each.code, language, each.facts) for each in notes]
        self.said.setText("\n".join(lines))

    # -- the import ---------------------------------------------------------------------------

    def _import(self) -> None:
        path, layer, mapping, county = self._path, self._layer().name, self.mapping(), self._county
        author = self.desk.author

        def work(progress: Progress) -> ImportSummary:
            with store.open(county) as file:
                return importing.run(file, layer, path, mapping, author, progress)

        self._importing = True
        self._in_background(
            translate("Xiangtu", "Importing {name}").format(name=path.name),
            work,
            self._imported,
            writes=True,
        )
        self.progress.setValue(0)
        self.progress.show()
        self._task.progressChanged.connect(lambda percent: self.progress.setValue(int(percent)))
        self._enable()

    def _imported(self, done: ImportSummary) -> None:
        self._importing = False
        self.progress.hide()
        lines = [
            translate("Xiangtu", "{taken} of {rows} rows were taken, as batch {batch}.").format(
                taken=done.taken, rows=done.rows, batch=done.number
            )
        ]
        lines += [
            translate("Xiangtu", "{field}, values left out: {count}").format(
                field=self._labels(done.layer, (field,)), count=count
            )
            for field, count in done.left_out.items()
        ]
        self._say(lines, done.notes)
        self.refused.show_rows(done.refused, self._catalogue, done.layer, self.desk.language)
        self._enable()
        # Once more would take every row a second time; another choice makes it possible again.
        self.go.setEnabled(False)

    # -- mapping files ------------------------------------------------------------------------

    def _ask_for_mapping(self) -> None:
        path, _filter = QFileDialog.getOpenFileName(
            self, translate("Xiangtu", "Load a mapping"), self._folder(), _MAPPING_FILTER
        )
        if path:
            self.load_mapping(Path(path))

    def load_mapping(self, path: Path) -> None:
        """Take over what a mapping file says."""
        try:
            said = mappings.load(path)
        except SurveyError as refusal:
            self._refuse(refusal)
            return
        if said.encoding is not None and self.encoding.findData(said.encoding) < 0:
            self.encoding.addItem(said.encoding, said.encoding)
        self.encoding.setCurrentIndex(self.encoding.findData(said.encoding))
        self.blank.setChecked(said.misfits == "blank")
        crs = QgsCoordinateReferenceSystem()
        if said.crs is not None:
            crs.createFromUserInput(said.crs)
        self.crs.setCrs(crs)
        self._look(said)

    def _ask_where_to_save(self) -> None:
        path, _filter = QFileDialog.getSaveFileName(
            self,
            translate("Xiangtu", "Save the mapping"),
            str(Path(self._folder()) / f"{self._path.stem}.toml"),
            _MAPPING_FILTER,
            options=QFileDialog.Option.DontConfirmOverwrite,
        )
        if path:
            self.save_mapping(Path(path))

    def save_mapping(self, path: Path) -> None:
        """Write what was chosen, as the command line reads it."""
        try:
            mappings.save(path, self.mapping())
        except SurveyError as refusal:
            self._refuse(refusal)
            return
        self.said.setText(translate("Xiangtu", "Saved: {path}").format(path=path))

    def _folder(self) -> str:
        return str(Path(self.file.filePath()).parent) if self.file.filePath() else ""

    # -- work ---------------------------------------------------------------------------------

    def _in_background(
        self,
        title: str,
        work: Callable[[Progress], Result],
        done: Callable[[Result], None],
        *,
        writes: bool = False,
    ) -> None:
        """Work whose outcome counts only as long as nothing newer was asked for."""
        if self._task is not None:
            self._task.cancel()

        def current(then: Callable[[Any], None], value: Any) -> None:
            if self._task is task:
                self._task = None
                then(value)

        task = self.desk.run(
            title,
            work,
            lambda result: current(done, result),
            writes=writes,
            refused=lambda refusal: current(self._refuse, refusal),
        )
        self._task = task

    def _refuse(self, refusal: SurveyError) -> None:
        was_importing, self._importing = self._importing, False
        self.progress.hide()
        self.refused.show_rows((), None, "", self.desk.language)
        if isinstance(refusal, Cancelled):
            self.said.setText(translate("Xiangtu", "Cancelled; nothing was changed."))
        else:
            words = explain(refusal, self.desk.language)
            self.said.setText("\n".join(filter(None, (words, _what_to_choose(refusal.code)))))
        self._enable()
        self.go.setEnabled(was_importing)

    def _enable(self) -> None:
        there, idle = self._contents is not None, not self._importing
        for each in (self.file, self.encoding, self.crs, self.target, self.blank, self.table,
                     self.x, self.y):  # fmt: skip
            each.setEnabled(idle)
        self.source_layer.setEnabled(
            idle and self._contents is not None and len(self._contents.layers) > 1
        )
        self.load.setEnabled(there and idle)
        self.save.setEnabled(there and idle)
        self.copy.setEnabled(there and idle)
        self.go.setEnabled(False)
        self.close_button.setText(
            translate("Xiangtu", "Close") if idle else translate("Xiangtu", "Cancel")
        )

    def reject(self) -> None:
        """Close; while an import runs, cancel it and stay."""
        if self._task is not None:
            self._task.cancel()
        if not self._importing:
            self._task = None
            super().reject()


def _what_to_choose(code: str) -> str | None:
    """What answers a refusal in this dialog, where its words speak of a mapping file."""
    return {
        "import.crs_needed": translate("Xiangtu", "Choose the CRS above."),
        "import.part_missing_crs": translate("Xiangtu", "Choose the CRS above."),
        "import.position_unknown": translate(
            "Xiangtu", "Choose the columns of easting and northing above."
        ),
    }.get(code)

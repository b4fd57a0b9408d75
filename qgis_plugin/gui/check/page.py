"""The step Check: run the rules, go through what they found, on the map and in a table."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import TypeVar

import shapely
from qgis.PyQt.QtCore import (
    QCoreApplication,
    QItemSelection,
    QItemSelectionModel,
    QModelIndex,
    Qt,
)
from qgis.PyQt.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QLineEdit,
    QMenu,
    QPushButton,
    QTableView,
    QTabWidget,
    QToolButton,
)
from xiangtu import store, validate
from xiangtu.report import finding_list
from xiangtu.store import SurveyFile
from xiangtu.validate import findings
from xiangtu.validate.findings import Finding
from xiangtu.validate.returning import WentBack, send_back, take_back

from ...tasks.core_task import Progress
from .. import county_layers
from ..columns import SharedWidth, WrappingText
from ..desk import CountyDesk
from ..hand_out.save_button import ask_where, file_name
from ..map_place import show_place
from ..page import Page
from ..record.deleted_dialog import DeletedDialog
from ..record.dialog import RecordDialog
from ..task_bar import TaskBar
from ..words import batch_kind, local_time, severity
from .findings_model import FindingsModel, Wanted
from .reading import CheckReading, FindingRow, about, read
from .rules_dialog import RulesDialog
from .village_list import VillageList

translate = QCoreApplication.translate
Result = TypeVar("Result")

_ALL, _SELECTED, _VILLAGE, _BATCH = "all", "selected", "village", "batch"
_SEVERITIES, _STATES = ("error", "warning", "note"), ("open", "accepted", "fixed")
#: Severity, finding, record, village, measured, state: parts of the table's width, and digits that
#: there is room for at least; what is wider than the panel is reached by scrolling.
_SHARES, _LEAST = (0.2, 0.3, 0.5, 0.2, 0.2, 0.2), (11, 14, 18, 9, 9, 9)
#: Lines of a row: the record's layer and code fit into two.
_LINES = 2


class CheckPage(Page):
    """What to check above, findings or villages below, the chosen finding at the bottom."""

    def __init__(self, desk: CountyDesk) -> None:
        super().__init__(desk)
        self._reading: CheckReading | None = None
        self._rules: list[str] | None = None
        self._asked = 0
        self._make_upper()
        self._make_lists()
        self._make_lower()
        desk.county_changed.connect(self._forget)
        self.scope.currentIndexChanged.connect(self._offer)
        self._offer()
        self._show_chosen()

    # -- how it looks -------------------------------------------------------------------------

    def _make_upper(self) -> None:
        self.scope = QComboBox()
        for what, text in (
            (_ALL, translate("Xiangtu", "The whole county")),
            (_SELECTED, translate("Xiangtu", "What is selected on the map")),
            (_VILLAGE, translate("Xiangtu", "One village")),
            (_BATCH, translate("Xiangtu", "Since a batch")),
        ):
            self.scope.addItem(text, what)
        self.which = QComboBox()
        self.rules = QPushButton()
        self.rules.clicked.connect(self.choose_rules)
        self._name_rules()
        self.start = QPushButton(translate("Xiangtu", "Check"))
        self.start.clicked.connect(self.check)
        for row in ((self.scope, self.which), (self.rules, self.start)):
            line = QHBoxLayout()
            for each in row:
                line.addWidget(each, 1)
            self.column.addLayout(line)
        self.task = TaskBar(self.desk)
        self.task.running.connect(lambda _runs: self._show_chosen())
        self.column.addWidget(self.task)
        self.counts = self.heading("")

    def _make_lists(self) -> None:
        self.text = QLineEdit()
        self.text.setPlaceholderText(translate("Xiangtu", "Filter: finding, record, village…"))
        self.text.setClearButtonEnabled(True)
        self.severity, self.state, self.village = QComboBox(), QComboBox(), QComboBox()
        self.severity.addItem(translate("Xiangtu", "All severities"), None)
        for code in _SEVERITIES:
            self.severity.addItem(finding_list.severity(code, self.desk.language), code)
        for code in _STATES:
            self.state.addItem(finding_list.state(code, self.desk.language), code)
        self.state.addItem(translate("Xiangtu", "All states"), None)
        self.village.addItem(translate("Xiangtu", "All villages"), None)
        self.text.textChanged.connect(self._narrow)
        narrow = QHBoxLayout()
        for each in (self.severity, self.state, self.village):
            each.currentIndexChanged.connect(self._narrow)
            narrow.addWidget(each, 1)
        self.model = FindingsModel()
        self.table = QTableView()
        self.table.setModel(self.model)
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.table.setSortingEnabled(True)
        self.table.sortByColumn(0, Qt.SortOrder.AscendingOrder)
        rows = self.table.verticalHeader()
        rows.setVisible(False)
        # One height for all: else Qt would ask every row for its own.
        rows.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        rows.setDefaultSectionSize(_LINES * self.fontMetrics().lineSpacing() + 6)
        self.table.setItemDelegate(WrappingText(self.table))
        self.table.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        SharedWidth(self.table, _SHARES, _LEAST)
        self.table.clicked.connect(self.show_on_map)
        self.table.doubleClicked.connect(self.open_form)
        self.table.selectionModel().selectionChanged.connect(lambda *_: self._show_chosen())
        self.villages = VillageList()
        self.villages.chosen.connect(self._show_village)
        self.lists = QTabWidget()
        self.lists.addTab(self.table, translate("Xiangtu", "Findings"))
        self.lists.addTab(self.villages, translate("Xiangtu", "By village"))
        self.column.addWidget(self.text)
        self.column.addLayout(narrow)
        self.column.addWidget(self.lists, 1)

    def _make_lower(self) -> None:
        self.about = QLabel()
        self.about.setWordWrap(True)
        self.column.addWidget(self.about)
        self.again = QPushButton(translate("Xiangtu", "Check this again"))
        self.again.clicked.connect(self.check_again)
        self.record = QPushButton(translate("Xiangtu", "History…"))
        self.record.clicked.connect(self.open_record)
        self.save = QPushButton(translate("Xiangtu", "Save the list…"))
        self.save.setToolTip(translate("Xiangtu", "The findings shown above, as Excel or CSV"))
        self.save.clicked.connect(self.ask_where_the_list_goes)
        more = QToolButton()
        more.setText(translate("Xiangtu", "More"))
        more.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        more.setMenu(QMenu(more))
        self.deleted = more.menu().addAction(translate("Xiangtu", "Deleted records…"))
        self.deleted.triggered.connect(self.open_deleted)
        self.reason = QLineEdit()
        self.reason.setPlaceholderText(
            translate("Xiangtu", "Why it may stand, or what the surveyor should know")
        )
        self.reason.textChanged.connect(lambda _text: self._show_chosen())
        self.accept = QPushButton(translate("Xiangtu", "Accept"))
        self.accept.clicked.connect(self.accept_chosen)
        self.send_back = QPushButton(translate("Xiangtu", "Return to the surveyor"))
        self.send_back.setToolTip(
            translate("Xiangtu", "The next assignment takes the records along, with their findings")
        )
        self.send_back.clicked.connect(self.send_chosen_back)
        self.reopen = QPushButton(translate("Xiangtu", "Reopen"))
        self.reopen.clicked.connect(self.reopen_chosen)
        for row in (
            (self.again, self.record, self.save, more),
            (self.reason,),
            (self.accept, self.send_back, self.reopen),
        ):
            line = QHBoxLayout()
            for each in row:
                line.addWidget(each)
            self.column.addLayout(line)

    # -- reading ------------------------------------------------------------------------------

    def _forget(self) -> None:
        """Another county: what was read of the last one must not be taken for it."""
        self._reading = None
        self._rules = None
        self._name_rules()
        self.counts.clear()
        self.model.set_rows(())
        self.villages.clear()
        self._offer()

    def refresh(self) -> None:
        path = self.desk.path
        if path is None:
            return
        language = self.desk.language
        self._asked += 1
        asked = self._asked

        def work(_progress: Progress) -> CheckReading:
            with store.open(path, readonly=True) as file:
                return read(file, language)

        def done(reading: CheckReading) -> None:
            if asked == self._asked and self.desk.path == path:
                self._show(reading)

        self.desk.run(translate("Xiangtu", "Reading {name}").format(name=path.name), work, done)

    def _show(self, reading: CheckReading) -> None:
        self._reading = reading
        chosen = {row.finding.id for row in self.chosen()}
        open_now = [row.finding.severity for row in reading.rows if row.finding.state == "open"]
        self.counts.setText(
            " · ".join(f"{severity(each)} {open_now.count(each)}" for each in _SEVERITIES)
        )
        self._fill_villages(reading)
        self.villages.show_villages(reading.villages)
        self.model.set_rows(reading.rows)
        self._choose(chosen)
        self._offer()
        if self.desk.path is not None:
            county_layers.redraw_findings(self.desk.path)

    def _fill_villages(self, reading: CheckReading) -> None:
        kept = self.village.currentData()
        self.village.blockSignals(True)
        while self.village.count() > 1:
            self.village.removeItem(1)
        for each in reading.villages:
            name = each.name or each.code or translate("Xiangtu", "(without a village)")
            self.village.addItem(name, each.code)
        self.village.setCurrentIndex(max(0, self.village.findData(kept)))
        self.village.blockSignals(False)
        self._narrow()

    def _choose(self, ids: set[str]) -> None:
        """Choose findings again that were chosen before the table was read anew."""
        selection = QItemSelection()
        for place in self.model.places_of(ids) if ids else ():
            selection.select(self.model.index(place, 0), self.model.index(place, 0))
        self.table.selectionModel().select(
            selection,
            QItemSelectionModel.SelectionFlag.ClearAndSelect
            | QItemSelectionModel.SelectionFlag.Rows,
        )
        self._show_chosen()

    # -- what is shown ------------------------------------------------------------------------

    def _narrow(self, *_: object) -> None:
        self.model.narrow(
            Wanted(
                self.text.text().strip(),
                self.severity.currentData(),
                self.state.currentData(),
                self.village.currentData(),
            )
        )
        self._show_chosen()

    def _show_village(self, code: str) -> None:
        self.village.setCurrentIndex(self.village.findData(code))
        self.lists.setCurrentWidget(self.table)

    def chosen(self) -> list[FindingRow]:
        """The rows that are selected in the table, as ranges: fifty thousand indexes take Qt a
        second."""
        ranges = self.table.selectionModel().selection()
        # Of one row there is a range for each column where cells were chosen one by one.
        places = {at for each in ranges for at in range(each.top(), each.bottom() + 1)}
        return self.model.rows_at(sorted(places))

    def _show_chosen(self) -> None:
        """Say what the finding means, and allow what can be done with it."""
        rows = self.chosen()
        if len(rows) == 1 and self._reading is not None:
            self.about.setText("\n".join(about(rows[0], self._reading, self.desk.language)))
        elif rows:
            self.about.setText(
                translate("Xiangtu", "Findings chosen: {count}").format(count=len(rows))
            )
        else:
            self.about.setText(
                translate("Xiangtu", "Click a finding to see it on the map, twice for its form.")
            )
        free = not self.task.busy
        states = {row.finding.state for row in rows}
        self.again.setEnabled(free and bool(rows))
        self.record.setEnabled(len(rows) == 1)
        self.accept.setEnabled(free and states == {"open"} and bool(self.reason.text().strip()))
        self.send_back.setEnabled(free and states == {"open"})
        self.save.setEnabled(self.model.rowCount() > 0)
        returned = bool(rows) and all(row.is_returned for row in rows)
        self.reopen.setEnabled(free and (returned or states == {"accepted"}))
        keep, reopen = translate("Xiangtu", "Keep here"), translate("Xiangtu", "Reopen")
        self.reopen.setText(keep if returned else reopen)
        self.start.setEnabled(free)

    def _offer(self, *_: object) -> None:
        """Fill the second list by what the first one says."""
        what = self.scope.currentData()
        kept = self.which.currentData()
        self.which.clear()
        reading = self._reading
        if reading is not None and what == _VILLAGE:
            for each in reading.villages:
                if each.code:
                    self.which.addItem(f"{each.name} {each.code}".strip(), each.code)
        elif reading is not None and what == _BATCH:
            for batch in reading.batches:
                made = local_time(batch.made_at)
                self.which.addItem(f"{batch.number} {batch_kind(batch.kind)} {made}", batch.uuid)
        self.which.setCurrentIndex(max(0, self.which.findData(kept)))
        self.which.setVisible(what in (_VILLAGE, _BATCH))

    def _name_rules(self) -> None:
        self.rules.setText(
            translate("Xiangtu", "All rules…")
            if self._rules is None
            else translate("Xiangtu", "Rules: {count}…").format(count=len(self._rules))
        )

    def choose_rules(self) -> None:
        """Let the person tick the rules that are asked."""
        if self._reading is None:
            return
        dialog = RulesDialog(self, self._reading.families, self._rules)

        def taken() -> None:
            self._rules = dialog.codes
            self._name_rules()

        dialog.accepted.connect(taken)
        dialog.open()

    # -- checking -----------------------------------------------------------------------------

    def check(self) -> None:
        """Ask the chosen rules of what is chosen above."""
        what, which = self.scope.currentData(), self.which.currentData()
        if what == _ALL:
            self._check(self._rules)
        elif what == _SELECTED:
            records = self._selected_on_map()
            if records:
                self._check(self._rules, records=records)
            else:
                self.desk.warn(
                    translate("Xiangtu", "Select records of a layer of this county first.")
                )
        elif which is None:
            self.desk.warn(
                translate("Xiangtu", "The county has nothing of this kind to choose from yet.")
            )
        elif what == _VILLAGE:
            self._check(self._rules, villages=[which])
        else:
            self._check(self._rules, since=which)

    def check_again(self) -> None:
        """Ask all rules again of the records of the chosen findings, and of what lies around."""
        found = [row.finding for row in self.chosen()]
        records = {each.record for each in found} | {each.other for each in found if each.other}
        self._check(None, records=sorted(records))

    def _check(
        self,
        rules: Sequence[str] | None,
        *,
        records: Sequence[str] | None = None,
        villages: Sequence[str] | None = None,
        since: str | None = None,
    ) -> None:
        path, author = self.desk.path, self.desk.author
        if path is None:
            return
        if self.desk.warn_of(county_layers.unsaved(path)):
            return

        def work(progress: Progress) -> validate.Summary:
            with store.open(path) as file:
                file.sign_in(author=author)
                return validate.run(
                    file,
                    rules=rules,
                    since=since,
                    progress=progress,
                    records=records,
                    villages=villages,
                )

        def done(summary: validate.Summary) -> None:
            said = translate(
                "Xiangtu", "Records checked: {records}. Findings: {new} new, {fixed} settled."
            )
            self.desk.tell(
                said.format(records=summary.records, new=summary.new, fixed=summary.fixed)
            )

        self.task.run(translate("Xiangtu", "Checking"), work, done, writes=True)

    def _selected_on_map(self) -> list[str]:
        """Uuids of what is selected in the active layer, if that is one of the county."""
        layer = self.desk.iface.activeLayer()
        if county_layers.name_of(layer, self.desk.path) is None:
            return []
        place = layer.fields().lookupField("uuid")
        return (
            [str(each.attribute(place)) for each in layer.selectedFeatures()] if place >= 0 else []
        )

    # -- one finding, or several --------------------------------------------------------------

    def show_on_map(self, index: QModelIndex) -> None:
        """Move the map to a finding and let its records flash."""
        finding = self.model.row_at(index).finding
        path = self.desk.path
        if path is None or self._reading is None or self.desk.warn_of_no_map():
            return
        srid, canvas = self._reading.srid, self.desk.iface.mapCanvas()
        place = None if finding.x is None or finding.y is None else (finding.x, finding.y)

        def work(_progress: Progress) -> list[shapely.Geometry]:
            with store.open(path, readonly=True) as file:
                return findings.shapes(file, finding)

        def done(shapes: list[shapely.Geometry]) -> None:
            if not show_place(canvas, shapes, place, srid):
                self.desk.tell(translate("Xiangtu", "This finding has no place on the map."))

        self.desk.run(translate("Xiangtu", "Looking for the place"), work, done)

    def open_form(self, index: QModelIndex) -> None:
        """Open the record's form, of its layer in the project."""
        finding: Finding = self.model.row_at(index).finding
        if self.desk.path is None or self._reading is None:
            return
        name = self._reading.names.layer(finding.layer)
        layer = county_layers.layers_of(self.desk.path).get(finding.layer)
        if layer is None:
            said = translate(
                "Xiangtu", "The project has no layer {layer} of this county; add it for its forms."
            )
            self.desk.warn(said.format(layer=name))
            return
        feature = county_layers.feature_of(layer, finding.record)
        if feature is None:
            said = translate(
                "Xiangtu", "{layer} does not show this record: deleted, ended, or filtered out."
            )
            self.desk.warn(said.format(layer=name))
            return
        self.desk.iface.openFeatureForm(layer, feature, False, False)

    def accept_chosen(self) -> None:
        """Let the chosen findings stand, all for the reason that is written there."""
        self._settle(
            partial(findings.accept, reason=self.reason.text().strip(), author=self.desk.author),
            translate("Xiangtu", "Accepting findings"),
            translate("Xiangtu", "Findings accepted: {count}."),
        )

    def reopen_chosen(self) -> None:
        """Take back that the chosen findings were accepted, or that their records go back."""
        path = self.desk.path
        if path is not None and all(row.is_returned for row in self.chosen()):
            if self.desk.warn_of(county_layers.unsaved(path)):
                return

            def told(count: int) -> None:
                county_layers.read_again(path)
                said = translate("Xiangtu", "Records kept after all: {count}.")
                self.desk.tell(said.format(count=count))

            self._write(take_back, translate("Xiangtu", "Keeping records"), told)
            return
        self._settle(
            partial(findings.reopen, author=self.desk.author),
            translate("Xiangtu", "Reopening findings"),
            translate("Xiangtu", "Findings open again: {count}."),
        )

    def _settle(self, settle: Callable[..., None], title: str, said: str) -> None:
        """Do to each chosen finding, by its id, what `settle` does."""

        def each(file: SurveyFile, ids: Sequence[str]) -> int:
            for id in ids:
                settle(file, id)
            return len(ids)

        self._write(each, title, lambda count: self.desk.tell(said.format(count=count)))

    def send_chosen_back(self) -> None:
        """Return the records of the chosen findings to the surveyor, with the words written there
        if there are any."""
        path, reason = self.desk.path, self.reason.text()
        if path is None or self.desk.warn_of(county_layers.unsaved(path)):
            return

        def back(file: SurveyFile, ids: Sequence[str]) -> WentBack:
            return send_back(file, ids, reason)

        def told(done: WentBack) -> None:
            county_layers.read_again(path)
            said = translate("Xiangtu", "Returned with the next assignment, records: {count}.")
            text = said.format(count=done.records)
            if done.already:
                were = translate("Xiangtu", "Returned before: {count}.")
                text += " " + were.format(count=done.already)
            if done.left:
                stay = translate(
                    "Xiangtu", "Findings that stay here, as no surveyor has their records: {count}."
                )
                self.desk.warn(f"{text} {stay.format(count=done.left)}")
            else:
                self.desk.tell(text)

        self._write(back, translate("Xiangtu", "Returning records"), told)

    def _write(
        self,
        write: Callable[[SurveyFile, Sequence[str]], Result],
        title: str,
        told: Callable[[Result], None],
    ) -> None:
        """Write something about the chosen findings, all of them or none, and tell of it."""
        path, author = self.desk.path, self.desk.author
        ids = [row.finding.id for row in self.chosen()]
        if path is None or not ids:
            return

        def work(_progress: Progress) -> Result:
            with store.open(path) as file, file.atomic():
                file.sign_in(author=author)
                return write(file, ids)

        def done(result: Result) -> None:
            self.reason.clear()
            told(result)

        self.task.run(title, work, done, writes=True)

    def ask_where_the_list_goes(self) -> None:
        """Let the person say where the findings shown go as a table, and write it."""
        if self._reading is None:
            return
        excel = translate("Xiangtu", "Excel workbook (*.xlsx)")
        kinds = [excel] if find_spec("xlsxwriter") else []
        kinds.append(translate("Xiangtu", "CSV (*.csv)"))
        name = translate("Xiangtu", "{county} findings").format(county=self._reading.county)
        suggested = file_name(name) + (".xlsx" if excel in kinds else ".csv")
        where = ask_where(self, self.save.text(), suggested, ";;".join(kinds))
        if where is not None:
            self.save_list(where)

    def save_list(self, out: Path) -> None:
        """Write the findings shown, in their order, in the background."""
        path, language = self.desk.path, self.desk.language
        if path is None:
            return
        found = [row.finding for row in self.model.rows()]

        def work(_progress: Progress) -> Path:
            with store.open(path, readonly=True) as file:
                return finding_list.write(file, found, out, language)

        def done(written: Path) -> None:
            said = translate("Xiangtu", "Findings written to {path}: {count}")
            self.desk.tell(said, written, count=len(found))

        self.desk.run(translate("Xiangtu", "Writing {name}").format(name=out.name), work, done)

    def open_record(self) -> None:
        """Show the history of the record that the chosen finding is about."""
        (row,) = self.chosen()
        RecordDialog.show_record(self.desk, row.finding.layer, row.finding.record)

    def open_deleted(self) -> None:
        """List what was deleted."""
        DeletedDialog(self.desk, self).open()

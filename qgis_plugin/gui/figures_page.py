"""The step Figures: tables by village and township, a chart of them, and all of it as Excel."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from qgis.PyQt.QtCore import QCoreApplication, Qt
from qgis.PyQt.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QPushButton,
    QScrollArea,
    QTableWidget,
    QTableWidgetItem,
)
from xiangtu import store
from xiangtu.report import labels
from xiangtu.report.statistics import Figures, Group, Table, figures, shown

from ..tasks.core_task import Progress
from .bar_chart import Bar, BarChart
from .desk import CountyDesk
from .page import Page

translate = QCoreApplication.translate

_VILLAGES, _TOWNSHIPS = "villages", "townships"
#: The villages of a row, which the chart is drawn for.
_PLACES = Qt.ItemDataRole.UserRole
_CHART_HEIGHT = 190
_NO_WIDER = QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
_LETTERS = 12


class FiguresPage(Page):
    """One table and one measure at a time; the chart shows the row that is chosen."""

    def __init__(self, desk: CountyDesk) -> None:
        super().__init__(desk)
        self.figures: Figures | None = None
        form = QFormLayout()
        self.subject, self.measure, self.level = QComboBox(), QComboBox(), QComboBox()
        self.level.addItem(translate("Xiangtu", "Villages"), _VILLAGES)
        self.level.addItem(translate("Xiangtu", "Townships"), _TOWNSHIPS)
        # A long name must not make the panel wider.
        for each in (self.subject, self.measure, self.level):
            each.setSizeAdjustPolicy(_NO_WIDER)
            each.setMinimumContentsLength(_LETTERS)
        form.addRow(translate("Xiangtu", "Table"), self.subject)
        form.addRow(translate("Xiangtu", "Measure"), self.measure)
        form.addRow(translate("Xiangtu", "By"), self.level)
        self.column.addLayout(form)
        self.table = QTableWidget()
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.table.verticalHeader().setVisible(False)
        self.column.addWidget(self.table, 1)
        self.chart_title = self.heading("")
        self.chart_title.setWordWrap(True)
        self.chart = BarChart()
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setMinimumHeight(_CHART_HEIGHT)
        scroll.setWidget(self.chart)
        self.column.addWidget(scroll)
        row = QHBoxLayout()
        row.addStretch(1)
        self.excel = QPushButton(translate("Xiangtu", "To Excel…"))
        self.excel.clicked.connect(self.ask_for_place)
        row.addWidget(self.excel)
        self.column.addLayout(row)
        self.subject.currentIndexChanged.connect(self._list_measures)
        self.measure.currentIndexChanged.connect(self._show)
        self.level.currentIndexChanged.connect(self._show)
        self.table.itemSelectionChanged.connect(self._draw)
        if find_spec("xlsxwriter") is None:
            self.excel.setEnabled(False)
            self.excel.setToolTip(
                translate("Xiangtu", "Needs the Python package XlsxWriter: pip install XlsxWriter")
            )

    # -- reading ------------------------------------------------------------------------------

    def refresh(self) -> None:
        path = self.desk.path
        if path is None:
            return

        def work(_progress: Progress) -> Figures:
            with store.open(path, readonly=True) as file:
                return figures(file)

        def done(found: Figures) -> None:
            if self.desk.path == path:
                self.figures = found
                self._list_tables()

        self.desk.run(translate("Xiangtu", "Counting {name}").format(name=path.name), work, done)

    def _list_tables(self) -> None:
        assert self.figures is not None
        chosen = self.subject.currentData()
        self.subject.blockSignals(True)
        self.subject.clear()
        for table in self.figures.tables:
            self.subject.addItem(table.label.in_language(self.desk.language), table.name)
        self.subject.setCurrentIndex(max(self.subject.findData(chosen), 0))
        self.subject.blockSignals(False)
        self._list_measures()

    def _list_measures(self) -> None:
        table = self._table()
        if table is None:
            return
        chosen = self.measure.currentData()
        known = dict.fromkeys(each for group in table.groups for each in group.measures)
        self.measure.blockSignals(True)
        self.measure.clear()
        for name in known:
            self.measure.addItem(labels.measure(name).in_language(self.desk.language), name)
        self.measure.setCurrentIndex(max(self.measure.findData(chosen), 0))
        self.measure.blockSignals(False)
        self._show()

    def _table(self) -> Table | None:
        if self.figures is None:
            return None
        name = self.subject.currentData()
        return next((each for each in self.figures.tables if each.name == name), None)

    def _groups(self) -> list[Group]:
        """The groups of the table that have the measure."""
        table, measure = self._table(), self.measure.currentData()
        return [] if table is None else [each for each in table.groups if measure in each.measures]

    # -- showing ------------------------------------------------------------------------------

    def _show(self) -> None:
        groups, language = self._groups(), self.desk.language
        rows = self._rows()
        self.table.setColumnCount(1 + len(groups))
        self.table.setHorizontalHeaderLabels(
            [
                labels.label("place_name").in_language(language),
                *(each.label.in_language(language) for each in groups),
            ]
        )
        self.table.setRowCount(len(rows))
        for at, (name, codes) in enumerate(rows):
            first = QTableWidgetItem(name)
            first.setData(_PLACES, list(codes))
            self.table.setItem(at, 0, first)
            for column, group in enumerate(groups, 1):
                item = QTableWidgetItem(shown(group.total(codes), self.measure.currentData()))
                item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
                self.table.setItem(at, column, item)
        self.table.resizeColumnsToContents()
        self.table.selectRow(0)
        self._draw()

    def _rows(self) -> list[tuple[str, list[str]]]:
        """The whole county, then its places: name and the villages that make it up."""
        if self.figures is None:
            return []
        language = self.desk.language
        townships = self.figures.townships
        whole = [village.code for township in townships for village in township.villages]
        rows = [(labels.label("county").in_language(language), whole)]
        for township in townships:
            if self.level.currentData() == _TOWNSHIPS:
                codes = [each.code for each in township.villages]
                rows.append((township.name.in_language(language), codes))
            else:
                rows += [
                    (each.name.in_language(language), [each.code]) for each in township.villages
                ]
        return rows

    def _draw(self) -> None:
        table, measure, row = self._table(), self.measure.currentData(), self.table.currentRow()
        place = self.table.item(row, 0) if row >= 0 else None
        if table is None or measure is None or place is None:
            self.chart.show_bars([])
            return
        language = self.desk.language
        self.chart_title.setText(
            " · ".join(
                (
                    place.text(),
                    table.label.in_language(language),
                    labels.measure(measure).in_language(language),
                )
            )
        )
        bars = []
        for group in self._groups():
            amount = group.total(place.data(_PLACES))
            value = float(amount.get(measure) or 0)
            if value:
                bars.append(Bar(group.label.in_language(language), value, shown(amount, measure)))
        self.chart.show_bars(bars)

    # -- Excel --------------------------------------------------------------------------------

    def ask_for_place(self) -> None:
        """Let the person say where the workbook goes, and write it."""
        if self.figures is None or self.desk.path is None:
            return
        name = translate("Xiangtu", "{county} figures.xlsx").format(county=self.figures.name)
        path, _filter = QFileDialog.getSaveFileName(
            self,
            translate("Xiangtu", "Figures as Excel"),
            str(self.desk.path.with_name(name)),
            translate("Xiangtu", "Excel workbook (*.xlsx)"),
        )
        if path:
            self.write(Path(path).with_suffix(".xlsx"))

    def write(self, path: Path) -> None:
        """Write what is shown, all tables of it, in the background."""
        found, language = self.figures, self.desk.language
        if found is None:
            return

        def work(_progress: Progress) -> Path:
            from xiangtu.report import workbook

            return workbook.write(found, path, language)

        def done(written: Path) -> None:
            self.desk.tell(translate("Xiangtu", "{path} is written."), written)

        self.desk.run(translate("Xiangtu", "Writing {name}").format(name=path.name), work, done)

"""Figures as an Excel workbook: a sheet a table, real numbers, totals as formulas."""

from __future__ import annotations

import io
from pathlib import Path

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.utility import xl_rowcol_to_cell
from xlsxwriter.worksheet import Worksheet

from ..store import places
from . import labels
from .statistics import Amount, Figures, Group, Table, Township

_NUMBER_FORMATS = {
    "count": "#,##0",
    "area_m2": "#,##0.00",
    "area_mu": "#,##0.00",
    "area_ha": "#,##0.00",
    "length_m": "#,##0.0",
}
#: Rows above the first village: title, groups, measures.
_HEAD_ROWS = 3
#: Columns before the first number: code, name.
_HEAD_COLUMNS = 2
#: What Excel does not allow in a sheet's name, and the longest one.
_FORBIDDEN = str.maketrans("[]:*?/\\", "       ")
_LONGEST_NAME = 31


def write(figures: Figures, path: Path, language: str = "zh") -> Path:
    """Write the figures; returns the path. BadFile says why the place cannot be written to."""
    content = io.BytesIO()
    book = xlsxwriter.Workbook(content, {"in_memory": True})
    book.set_properties({"title": f"{figures.name} {labels.label('title').in_language(language)}"})
    styles = _Styles(book)
    used: set[str] = set()
    for table in figures.tables:
        sheet = book.add_worksheet(_sheet_name(table.label.in_language(language), used))
        _Sheet(sheet, styles, figures, table, language).write()
    book.close()
    with places.place_told(path):
        path.write_bytes(content.getvalue())
    return path


def _sheet_name(wanted: str, used: set[str]) -> str:
    name = base = wanted.translate(_FORBIDDEN)[:_LONGEST_NAME].strip()
    number = 1
    while name.casefold() in used:
        number += 1
        name = f"{base[: _LONGEST_NAME - 3]} {number}"
    used.add(name.casefold())
    return name


class _Styles:
    """The formats of a book, made once each."""

    def __init__(self, book: xlsxwriter.Workbook) -> None:
        self._book = book
        self._numbers: dict[tuple[str, str], Format] = {}
        line = {"border": 1, "border_color": "#9aa5a0"}
        self.title = book.add_format({"bold": True, "font_size": 14})
        head = {"bold": True, "text_wrap": True, "align": "center", "valign": "vcenter"}
        self.head = book.add_format({**line, **head, "bg_color": "#dfe8e1"})
        self.texts = {
            "village": book.add_format(line),
            "township": book.add_format({**line, "bold": True, "bg_color": "#f1f4ef"}),
            "county": book.add_format({**line, "bold": True, "bg_color": "#dfe8e1"}),
        }
        self.note = book.add_format({"italic": True, "font_color": "#555555"})

    def number(self, measure: str, level: str) -> Format:
        """A number format on the background of its row."""
        key = (measure, level)
        if key not in self._numbers:
            look: dict[str, object] = {
                "border": 1,
                "border_color": "#9aa5a0",
                "num_format": _NUMBER_FORMATS[measure],
            }
            if level != "village":
                look["bold"] = True
                look["bg_color"] = "#f1f4ef" if level == "township" else "#dfe8e1"
            self._numbers[key] = self._book.add_format(look)
        return self._numbers[key]


class _Sheet:
    """One table being written."""

    def __init__(
        self, sheet: Worksheet, styles: _Styles, figures: Figures, table: Table, language: str
    ) -> None:
        self._sheet = sheet
        self._styles = styles
        self._figures = figures
        self._table = table
        self._language = language
        self._columns = [(group, measure) for group in table.groups for measure in group.measures]

    def write(self) -> None:
        """Head, villages with their township's total, the county's total, a note."""
        self._head()
        row = _HEAD_ROWS
        totals = []
        for township in self._figures.townships:
            first = row
            for village in township.villages:
                name = village.name.in_language(self._language)
                self._texts(row, village.code, name, "village")
                for column, (group, measure) in enumerate(self._columns, _HEAD_COLUMNS):
                    value = group.amount(village.code).get(measure)
                    style = self._styles.number(measure, "village")
                    self._sheet.write_number(row, column, float(value or 0), style)
                row += 1
            self._township(row, first, township)
            totals.append(row)
            row += 1
        self._county(row, totals)
        note = labels.label("rounding").in_language(self._language)
        self._sheet.write_string(row + 1, 0, note, self._styles.note)
        made = f"{labels.label('made_at').in_language(self._language)} {self._figures.made_at}"
        self._sheet.write_string(row + 2, 0, made, self._styles.note)
        self._page(row)

    def _head(self) -> None:
        language, sheet, styles = self._language, self._sheet, self._styles
        title = f"{self._figures.name} · {self._table.label.in_language(language)}"
        sheet.write_string(0, 0, title, styles.title)
        for column, name in enumerate(("place_code", "place_name")):
            text = labels.label(name).in_language(language)
            sheet.merge_range(1, column, 2, column, text, styles.head)
        column = _HEAD_COLUMNS
        for group in self._table.groups:
            last = column + len(group.measures) - 1
            text = self._group_name(group)
            if last > column:
                sheet.merge_range(1, column, 1, last, text, styles.head)
            else:
                sheet.write_string(1, column, text, styles.head)
            for at, measure in enumerate(group.measures, column):
                name = labels.measure(measure).in_language(language)
                sheet.write_string(2, at, name, styles.head)
            column = last + 1

    def _group_name(self, group: Group) -> str:
        return f"{group.official_code} {group.label.in_language(self._language)}".strip()

    def _texts(self, row: int, code: str, name: str, level: str) -> None:
        self._sheet.write_string(row, 0, code, self._styles.texts[level])
        self._sheet.write_string(row, 1, name, self._styles.texts[level])

    def _township(self, row: int, first: int, township: Township) -> None:
        name = labels.label("township_total", name=township.name).in_language(self._language)
        self._texts(row, township.code, name, "township")
        codes = [village.code for village in township.villages]
        for column, (group, measure) in enumerate(self._columns, _HEAD_COLUMNS):
            cells = f"{xl_rowcol_to_cell(first, column)}:{xl_rowcol_to_cell(row - 1, column)}"
            self._formula(row, column, f"=SUM({cells})", group.total(codes), measure, "township")

    def _county(self, row: int, totals: list[int]) -> None:
        name = labels.label("county").in_language(self._language)
        self._texts(row, self._figures.county, name, "county")
        for column, (group, measure) in enumerate(self._columns, _HEAD_COLUMNS):
            cells = "+".join(xl_rowcol_to_cell(each, column) for each in totals) or "0"
            self._formula(row, column, f"={cells}", group.total(), measure, "county")

    def _formula(
        self, row: int, column: int, formula: str, amount: Amount, measure: str, level: str
    ) -> None:
        """The formula with its result, so that a reader that does not calculate shows it too."""
        value = float(amount.get(measure) or 0)
        style = self._styles.number(measure, level)
        self._sheet.write_formula(row, column, formula, style, value)

    def _page(self, last_row: int) -> None:
        sheet = self._sheet
        sheet.set_row(1, 32)
        sheet.set_row(2, 32)
        sheet.set_column(0, 0, 15)
        sheet.set_column(1, 1, 18)
        sheet.set_column(_HEAD_COLUMNS, _HEAD_COLUMNS + max(0, len(self._columns) - 1), 13)
        sheet.freeze_panes(_HEAD_ROWS, _HEAD_COLUMNS)
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.fit_to_pages(1, 0)
        sheet.repeat_rows(1, 2)
        sheet.print_area(0, 0, last_row + 2, _HEAD_COLUMNS + max(0, len(self._columns) - 1))
        sheet.set_footer("&C&P / &N")

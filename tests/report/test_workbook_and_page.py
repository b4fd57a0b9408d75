"""The same figures as an Excel workbook and as a page."""

from __future__ import annotations

import html.parser
from pathlib import Path

import openpyxl
import pytest
from xiangtu.errors import BadFile
from xiangtu.report import page, statistics, workbook
from xiangtu.report.statistics import Figures


@pytest.fixture
def figures(county) -> Figures:
    return statistics.figures(county)


def rows(sheet) -> dict[str, tuple]:
    return {row[0]: row for row in sheet.iter_rows(min_row=4, values_only=True) if row[0]}


def test_a_sheet_for_each_table_with_labels_in_the_language(figures: Figures, tmp_path: Path):
    chinese = openpyxl.load_workbook(workbook.write(figures, tmp_path / "a.xlsx", "zh"))
    english = openpyxl.load_workbook(workbook.write(figures, tmp_path / "b.xlsx", "en"))
    assert len(chinese.sheetnames) == len(english.sheetnames) == len(figures.tables)
    assert chinese.sheetnames[0] == "分村汇总"
    assert "农用地地块：按土地利用类型" in chinese.sheetnames
    assert english.sheetnames[0] == "By village"
    assert english.active["A2"].value == "Code"


def test_numbers_are_numbers_with_a_format_and_the_head_stays_in_sight(
    figures: Figures, tmp_path: Path
):
    path = workbook.write(figures, tmp_path / "a.xlsx")
    sheet = openpyxl.load_workbook(path).active
    assert sheet.freeze_panes == "C4"
    assert sheet["C4"].value == 3 and sheet["C4"].number_format == "#,##0"
    assert sheet["D4"].value == 1610.89 and sheet["D4"].number_format == "#,##0.00"
    assert sheet["A4"].value == "990101101201", "a code is text"


def test_totals_are_formulas_whose_stored_results_agree_with_them(figures: Figures, tmp_path: Path):
    path = workbook.write(figures, tmp_path / "a.xlsx")
    formulas = openpyxl.load_workbook(path)
    values = openpyxl.load_workbook(path, data_only=True)
    for name in formulas.sheetnames:
        checked = 0
        seen, shown = formulas[name], values[name]
        for cells in seen.iter_rows(min_row=4):
            for cell in cells:
                if isinstance(cell.value, str) and cell.value.startswith("=SUM("):
                    area = shown[cell.value[5:-1]]
                    parts = (
                        [each.value for (each,) in area]
                        if isinstance(area, tuple)
                        else [area.value]
                    )
                    assert shown[cell.coordinate].value == pytest.approx(sum(parts), abs=1e-6)
                    checked += 1
                elif isinstance(cell.value, str) and cell.value.startswith("="):
                    parts = [shown[each].value for each in cell.value[1:].split("+")]
                    assert shown[cell.coordinate].value == pytest.approx(sum(parts), abs=1e-6)
                    checked += 1
        assert checked > 0


class Reader(html.parser.HTMLParser):
    """Collects the tags, the texts and what a page would fetch."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.texts: list[str] = []
        self.fetched: list[str] = []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.fetched += [value for name, value in attrs if name in ("src", "href") and value]

    def handle_data(self, data):
        if data.strip():
            self.texts.append(data.strip())


def read(path: Path) -> Reader:
    reader = Reader()
    reader.feed(path.read_text(encoding="utf-8"))
    return reader


def test_the_page_shows_every_table_and_needs_nothing_else(figures: Figures, tmp_path: Path):
    reader = read(page.write(figures, tmp_path / "index.html"))
    assert reader.fetched == []
    assert "script" not in reader.tags and "link" not in reader.tags
    assert reader.tags.count("table") == len(figures.tables)
    assert reader.tags.count("svg") == len(figures.tables)
    assert "1,610.89" in reader.texts
    assert "青石镇 小计" in reader.texts
    assert "In no village" in read(page.write(figures, tmp_path / "en.html", "en")).texts


def test_names_from_outside_cannot_become_markup(county, tmp_path: Path):
    (village,) = county.select("village", "code = '990101102201'")
    county.update("village", village["uuid"], {"name": "<script>alert(1)</script>"})
    reader = read(page.write(statistics.figures(county), tmp_path / "index.html"))
    assert "script" not in reader.tags
    assert "<script>alert(1)</script>" in reader.texts


@pytest.mark.parametrize("write", [workbook.write, page.write])
def test_a_place_that_is_missing_is_named(figures: Figures, tmp_path: Path, write):
    with pytest.raises(BadFile) as refused:
        write(figures, tmp_path / "none" / "out")
    assert refused.value.code == "place.missing"

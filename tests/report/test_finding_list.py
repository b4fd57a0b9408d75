"""Findings as a table: the same rows as CSV and Excel, in words, with real numbers."""

from __future__ import annotations

import csv
from pathlib import Path

import openpyxl
import pytest
import shapely
from xiangtu import validate
from xiangtu.errors import BadFile, BadInput
from xiangtu.report import finding_list
from xiangtu.store import SurveyFile
from xiangtu.validate.findings import Finding, list_findings
from xiangtu.validate.returning import send_back

VILLAGE = "990101101201"


@pytest.fixture
def found(county: SurveyFile) -> list[Finding]:
    """Two parcels of 10 m × 10 m that overlap by 10 m²; one has a name that Excel would reckon."""
    for x, name in ((0, "=1+1"), (9, "东坡")):
        outline = shapely.box(470_000 + x, 3_950_000, 470_010 + x, 3_950_010)
        county.insert("farmland", {"village": VILLAGE, "name": name, "kind": "10"}, outline)
    validate.run(county, rules=["topology.overlap"])
    return list_findings(county)


def as_csv(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream))


def test_a_csv_has_a_row_a_finding_in_words(
    county: SurveyFile, found: list[Finding], tmp_path: Path
):
    send_back(county, [found[0].id], "请重测")
    path = finding_list.write(county, list_findings(county), tmp_path / "list.csv", "zh")
    (row,) = as_csv(path)
    assert row["级别"] == "错误" and row["行政村"] == "上坪村" and row["图层"] == "农用地地块"
    assert float(row["实测"]) == pytest.approx(10) and row["单位"] == "m²"
    assert row["状态"] == "已退回" and row["理由或说明"] == "请重测"
    assert row["问题编号"] == found[0].id and row["记录"] in ("'=1+1", "东坡")
    (english,) = as_csv(finding_list.write(county, found, tmp_path / "list2.csv", "en"))
    assert (english["Severity"], english["State"]) == ("Error", "returned")
    assert english["What to do"]


def test_an_excel_sheet_has_numbers_and_no_formula(
    county: SurveyFile, found: list[Finding], tmp_path: Path
):
    path = finding_list.write(county, found, tmp_path / "list.XLSX", "zh")
    sheet = openpyxl.load_workbook(path).active
    assert sheet.title == "问题" and sheet.freeze_panes == "A2"
    heads, (row,) = [each.value for each in sheet[1]], list(sheet.iter_rows(min_row=2))
    cells = dict(zip(heads, row, strict=True))
    assert cells["实测"].value == pytest.approx(10) and cells["实测"].data_type == "n"
    assert cells["横坐标（东，米）"].value == pytest.approx(470_009.5, abs=1)
    assert "f" not in {each.data_type for each in row}


def test_nothing_is_written_over_and_other_endings_are_refused(
    county: SurveyFile, found: list[Finding], tmp_path: Path
):
    path = tmp_path / "list.csv"
    path.write_text("an older one")
    for wrong, code in ((path, "file.exists"), (tmp_path / "list.pdf", "export.format_unknown")):
        with pytest.raises(BadInput) as refused:
            finding_list.write(county, found, wrong)
        assert refused.value.code == code
    with pytest.raises(BadFile) as missing:
        finding_list.write(county, found, tmp_path / "none" / "list.csv")
    assert missing.value.code == "place.missing"
    assert path.read_text() == "an older one" and [*tmp_path.glob("*list*")] == [path]

"""The step Figures, pressed in a real QGIS."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from county import outline
from drawn_text import shown_more

if TYPE_CHECKING:
    from county import County

OTHER = "990101101201"


@pytest.fixture
def page(
    qgis_iface: Any, qtbot: Any, county: County, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Any]:
    """The page of a county with two villages in two townships."""
    from qgis.core import QgsSettings
    from qgis.gui import QgsMessageBar

    from qgis_plugin.gui.panel import XiangtuPanel

    with county.open() as file:
        file.insert("village", {"code": OTHER, "name": "上湾村", "village": OTHER},
                    outline(5000, 0, 900, 900))  # fmt: skip
        file.insert("farmland", {"name": "x", "village": OTHER, "land_use": "0101"},
                    outline(5000, 0, 100, 50))  # fmt: skip
    QgsSettings().clear()
    bar = QgsMessageBar()
    qtbot.addWidget(bar)
    monkeypatch.setattr(qgis_iface, "messageBar", lambda: bar)
    panel = XiangtuPanel(qgis_iface, ())
    qtbot.addWidget(panel)
    panel.show()
    panel.desk.open(county.path)
    found = panel.show_step("figures")
    qtbot.waitUntil(lambda: not panel.desk.busy, timeout=20_000)
    yield found
    panel.close_down()


def choose(box: Any, data: str) -> None:
    assert box.findData(data) >= 0
    box.setCurrentIndex(box.findData(data))


def rows(page: Any) -> dict[str, list[str]]:
    table = page.table
    return {
        table.item(row, 0).text(): [
            table.item(row, column).text() for column in range(1, table.columnCount())
        ]
        for row in range(table.rowCount())
    }


def heads(page: Any) -> list[str]:
    table = page.table
    return [table.horizontalHeaderItem(at).text() for at in range(1, table.columnCount())]


def test_figures_by_village_and_township_add_up(page: Any) -> None:
    choose(page.measure, "area_m2")
    parcels = heads(page).index("Farmland parcel")
    by_village = rows(page)
    assert list(by_village) == ["Whole county", "石桥村", "上湾村"]
    assert by_village["上湾村"][parcels] == "5,000.00"
    amounts = [float(each[parcels].replace(",", "")) for each in by_village.values()]
    assert amounts[0] == pytest.approx(sum(amounts[1:]))
    assert "Household" not in heads(page)  # has no area
    choose(page.level, "townships")
    assert len(rows(page)) == 3 and "上湾村" not in rows(page)


def test_the_chart_shows_the_row_that_is_chosen(page: Any, qtbot: Any) -> None:
    choose(page.subject, "farmland.land_use")
    choose(page.measure, "area_mu")
    whole = {each.name: each.text for each in page.chart.bars}
    at = list(rows(page)).index("上湾村")
    from qgis.PyQt.QtCore import Qt

    cell = page.table.visualItemRect(page.table.item(at, 0)).center()
    qtbot.mouseClick(page.table.viewport(), Qt.MouseButton.LeftButton, pos=cell)
    (bar,) = page.chart.bars
    assert bar.text == "7.50" and bar.name in whole and "上湾村" in page.chart_title.text()
    assert not page.chart.grab().toImage().isNull()


def test_figures_go_to_excel_as_they_are(page: Any, qtbot: Any, tmp_path: Path) -> None:
    import zipfile

    assert page.excel.isEnabled()
    out = tmp_path / "figures.xlsx"
    page.write(out)
    qtbot.waitUntil(lambda: not page.desk.busy, timeout=20_000)
    with zipfile.ZipFile(out) as book:
        assert "上湾村" in book.read("xl/sharedStrings.xml").decode("utf-8")
    assert page.desk.iface.messageBar().currentItem().text() == "figures.xlsx is written."
    assert str(out) in shown_more(page, qtbot)
    page.write(tmp_path / "nowhere" / "figures.xlsx")
    qtbot.waitUntil(lambda: not page.desk.busy, timeout=20_000)
    assert "nowhere" in page.desk.iface.messageBar().currentItem().text()

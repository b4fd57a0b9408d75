"""The step Check, pressed in a real QGIS: run rules, find, accept, mend with the vertex tool's own
edit and check that one again."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from county import VILLAGE, outline
from drawn_text import drawn_whole, shown_more
from pressing import written_by_another

if TYPE_CHECKING:
    from county import County

OVERLAP = "topology.overlap"


def parcel(file: Any, x: float, **values: Any) -> str:
    given = {"village": VILLAGE, "name": f"at {x:g}", "kind": "10", **values}
    return file.insert("farmland", given, outline(x, 3000))


@pytest.fixture
def overlapping(county: County) -> tuple[County, str, str]:
    """A county in which two parcels overlap by 5 m × 20 m."""
    with county.open() as file:
        return county, parcel(file, 0), parcel(file, 15)


@pytest.fixture
def page(panel: Any, qtbot: Any, overlapping: tuple[County, str, str]) -> Any:
    panel.desk.open(overlapping[0].path)
    shown = panel.show_step("check")
    idle(panel, qtbot)
    return shown


@pytest.fixture
def project(qgis_iface: Any, overlapping: tuple[County, str, str]) -> Any:
    """QGIS's project with the county's parcels; its map in their CRS."""
    from county import SRID
    from qgis.core import QgsCoordinateReferenceSystem, QgsProject

    project = QgsProject.instance()
    project.clear()
    layer = layer_of(overlapping[0].path, "farmland")
    project.addMapLayer(layer)
    project.setCrs(QgsCoordinateReferenceSystem.fromEpsgId(SRID))
    qgis_iface.mapCanvas().setDestinationCrs(project.crs())
    yield project
    project.clear()


def layer_of(path: Path, name: str) -> Any:
    from qgis.core import QgsDataSourceUri, QgsVectorLayer

    uri = QgsDataSourceUri()
    uri.setDatabase(str(path))
    uri.setDataSource("", name, "geometry", '"ended_on" IS NULL', "fid")
    layer = QgsVectorLayer(uri.uri(), name, "spatialite")
    assert layer.isValid()
    return layer


def idle(panel: Any, qtbot: Any) -> None:
    qtbot.waitUntil(lambda: not panel.desk.busy, timeout=20_000)


def press(button: Any, panel: Any, qtbot: Any) -> None:
    from qgis.PyQt.QtCore import Qt

    assert button.isEnabled()
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    idle(panel, qtbot)


def pick(combo: Any, data: object) -> None:
    place = combo.findData(data)
    assert place >= 0
    combo.setCurrentIndex(place)


def titles(page: Any) -> list[str]:
    return [page.model.index(row, 1).data() for row in range(page.model.rowCount())]


def choose(page: Any, rule: str) -> Any:
    """Select the first finding of a rule; its index."""
    for row in range(page.model.rowCount()):
        index = page.model.index(row, 0)
        if page.model.row_at(index).finding.rule == rule:
            page.table.selectRow(row)
            return index
    raise AssertionError(f"{rule} is not in the table")


def said(panel: Any) -> str:
    item = panel.desk.iface.messageBar().currentItem()
    return item.text() if item else ""


def states(path: Path, rule: str) -> list[tuple[str, str | None, str | None]]:
    with sqlite3.connect(path) as connection:
        return connection.execute(
            "SELECT state, reason, author FROM finding WHERE rule = ?", (rule,)
        ).fetchall()


def test_a_check_of_the_whole_county_fills_the_table(page: Any, panel: Any, qtbot: Any) -> None:
    assert titles(page) == []
    press(page.start, panel, qtbot)
    assert "Overlap" in titles(page)
    assert "Records checked" in said(panel)
    assert page.counts.text().startswith("Errors ") and "Errors 0" not in page.counts.text()
    choose(page, OVERLAP)
    assert "share more area" in page.about.text() and "100 m²" in page.about.text()


def test_the_table_narrows_and_sorts(page: Any, panel: Any, qtbot: Any, county: County) -> None:
    with county.open() as file:
        parcel(file, 35.03)  # three centimetres from the last one: a warning
    press(page.start, panel, qtbot)
    everything = titles(page)
    qtbot.keyClicks(page.text, "overLAP")
    assert set(titles(page)) == {"Overlap"}
    page.text.clear()
    assert page.model.index(0, 0).data() == "Error"  # what is gravest comes first
    pick(page.severity, "error")
    kept = [page.model.index(row, 0).data() for row in range(page.model.rowCount())]
    assert kept and set(kept) == {"Error"} and len(kept) < len(everything)
    pick(page.severity, None)
    from qgis.PyQt.QtCore import Qt

    page.table.sortByColumn(1, Qt.SortOrder.DescendingOrder)
    assert titles(page) == sorted(everything, reverse=True)
    page.table.sortByColumn(0, Qt.SortOrder.AscendingOrder)
    weights = ["Error", "Warning", "Note"]
    shown = [page.model.index(row, 0).data() for row in range(page.model.rowCount())]
    assert shown == sorted(shown, key=weights.index)


def test_chosen_rules_alone_are_asked(page: Any, panel: Any, qtbot: Any) -> None:
    from qgis.PyQt.QtCore import Qt
    from qgis.PyQt.QtWidgets import QDialogButtonBox

    from qgis_plugin.gui.check.rules_dialog import RulesDialog

    qtbot.mouseClick(page.rules, Qt.MouseButton.LeftButton)
    (dialog,) = page.findChildren(RulesDialog)
    fine = dialog.buttons.button(QDialogButtonBox.StandardButton.Ok)
    assert dialog.codes is None
    none = next(each for each in dialog.buttons.buttons() if each.text() == "None")
    qtbot.mouseClick(none, Qt.MouseButton.LeftButton)
    assert dialog.codes == [] and not fine.isEnabled()
    family = next(
        dialog.tree.topLevelItem(row)
        for row in range(dialog.tree.topLevelItemCount())
        if dialog.tree.topLevelItem(row).text(0) == "Outlines beside each other"
    )
    family.setCheckState(0, Qt.CheckState.Checked)
    assert {each.split(".")[0] for each in dialog.codes} == {"topology"}
    qtbot.mouseClick(fine, Qt.MouseButton.LeftButton)
    press(page.start, panel, qtbot)
    with sqlite3.connect(panel.desk.path) as connection:
        rules = {rule for (rule,) in connection.execute("SELECT DISTINCT rule FROM finding")}
    assert OVERLAP in rules and {each.split(".")[0] for each in rules} == {"topology"}


def test_a_check_may_be_of_a_village_or_since_a_batch(
    page: Any, panel: Any, qtbot: Any, county: County
) -> None:
    with county.open() as file:
        for x in (100, 115):
            parcel(file, x, village="990101999999")
    pick(page.scope, "village")
    pick(page.which, VILLAGE)
    press(page.start, panel, qtbot)
    assert titles(page).count("Overlap") == 1
    county.assign("a")
    with county.survey("a") as survey:
        parcel(survey, 200)
        parcel(survey, 215)
    county.merge(county.pack("a"))
    page.refresh()
    idle(panel, qtbot)
    pick(page.scope, "batch")
    assert page.which.count() >= 1
    page.which.setCurrentIndex(0)
    press(page.start, panel, qtbot)
    assert titles(page).count("Overlap") == 2


def test_what_is_selected_on_the_map_is_checked_with_its_neighbours(
    page: Any, panel: Any, qtbot: Any, qgis_iface: Any, project: Any,
    overlapping: tuple[County, str, str],
) -> None:  # fmt: skip
    (layer,) = project.mapLayers().values()
    qgis_iface.setActiveLayer(layer)
    pick(page.scope, "selected")
    press(page.start, panel, qtbot)
    assert "Select records" in said(panel) and titles(page) == []
    layer.selectByExpression(f"\"uuid\" = '{overlapping[1]}'")
    press(page.start, panel, qtbot)
    assert titles(page).count("Overlap") == 1
    assert all("houses" not in page.model.index(row, 2).data().casefold()
               for row in range(page.model.rowCount()))  # fmt: skip


def test_a_click_shows_the_place_and_a_second_one_the_form(
    page: Any, panel: Any, qtbot: Any, qgis_iface: Any, project: Any,
    overlapping: tuple[County, str, str], monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    from qgis.PyQt.QtCore import Qt

    flashed: list[Any] = []
    opened: list[Any] = []
    canvas = qgis_iface.mapCanvas()
    monkeypatch.setattr(canvas, "flashGeometries", lambda some, crs: flashed.append((some, crs)))
    monkeypatch.setattr(
        qgis_iface, "openFeatureForm", lambda *given: opened.append(given), raising=False
    )
    press(page.start, panel, qtbot)
    index = choose(page, OVERLAP)
    place = page.table.visualRect(index).center()
    qtbot.mouseClick(page.table.viewport(), Qt.MouseButton.LeftButton, pos=place)
    idle(panel, qtbot)
    ((geometries, crs),) = flashed
    assert len(geometries) == 3 and crs.postgisSrid() == 4546
    finding = page.model.row_at(index).finding
    middle = canvas.extent().center()
    assert (middle.x(), middle.y()) == pytest.approx((finding.x, finding.y), abs=0.01)
    assert 40 < min(canvas.extent().width(), canvas.extent().height()) < 60
    qtbot.mouseDClick(page.table.viewport(), Qt.MouseButton.LeftButton, pos=place)
    idle(panel, qtbot)
    ((layer, feature, *_),) = opened
    assert layer.name() == "farmland"
    assert feature.attribute("uuid") in overlapping[1:]
    project.clear()
    page.open_form(index)
    assert "has no layer" in said(panel) and len(opened) == 1
    page.show_on_map(index)
    idle(panel, qtbot)
    assert "The map is empty" in said(panel) and len(flashed) == 1


def test_one_mended_with_the_vertex_tool_is_settled_by_checking_it_again(
    page: Any, panel: Any, qtbot: Any, project: Any, overlapping: tuple[County, str, str]
) -> None:
    from qgis.core import QgsGeometry

    from qgis_plugin.gui.county_layers import feature_of

    press(page.start, panel, qtbot)
    choose(page, OVERLAP)
    (layer,) = project.mapLayers().values()
    feature = feature_of(layer, overlapping[2])
    moved = QgsGeometry(feature.geometry())
    moved.translate(5, 0)
    assert layer.startEditing()
    layer.changeGeometry(feature.id(), moved)
    press(page.again, panel, qtbot)
    assert "Save the edits of farmland" in said(panel)
    page.refresh()
    idle(panel, qtbot)
    assert [row.finding.rule for row in page.chosen()] == [OVERLAP]  # chosen still
    assert states(panel.desk.path, OVERLAP) == [("open", None, None)]
    assert layer.commitChanges()
    press(page.again, panel, qtbot)
    assert states(panel.desk.path, OVERLAP) == [("fixed", None, None)]
    assert "Overlap" not in titles(page)
    pick(page.state, "fixed")
    assert titles(page) == ["Overlap"]


def test_findings_on_the_map_are_drawn_anew_after_a_check(
    page: Any, panel: Any, qtbot: Any, project: Any, overlapping: tuple[County, str, str]
) -> None:
    from qgis.core import QgsDataSourceUri, QgsVectorLayer, QgsVirtualLayerDefinition

    uri = QgsDataSourceUri()
    uri.setDatabase(str(overlapping[0].path))
    uri.setDataSource("", "finding", "", "", "")
    table = QgsVectorLayer(uri.uri(), "findings", "spatialite")
    project.addMapLayer(table)
    asked = QgsVirtualLayerDefinition()
    asked.addSource("finding", table.id())
    asked.setQuery("SELECT id, make_point(x, y, 4546) AS geometry FROM finding")
    points = QgsVectorLayer(asked.toString(), "points", "virtual")
    project.addMapLayer(points)
    with qtbot.waitSignals([table.repaintRequested, points.repaintRequested], timeout=10_000):
        press(page.start, panel, qtbot)
    assert page.model.rowCount() > 1
    assert len(list(points.getFeatures())) == page.model.rowCount()


def test_findings_are_accepted_together_with_a_reason_and_opened_again(
    page: Any, panel: Any, qtbot: Any, county: County
) -> None:
    with county.open() as file:
        for x in (100, 115):
            parcel(file, x)
    press(page.start, panel, qtbot)
    qtbot.keyClicks(page.text, "overlap")
    page.table.selectAll()
    assert not page.accept.isEnabled() and len(page.chosen()) == 2
    qtbot.keyClicks(page.reason, "terrace")
    press(page.accept, panel, qtbot)
    assert states(county.path, OVERLAP) == [("accepted", "terrace", panel.desk.author)] * 2
    assert titles(page) == [] and page.reason.text() == ""
    pick(page.state, "accepted")
    choose(page, OVERLAP)
    assert "terrace" in page.about.text() and not page.accept.isEnabled()
    press(page.reopen, panel, qtbot)
    assert sorted(state for state, *_ in states(county.path, OVERLAP)) == ["accepted", "open"]


def test_what_is_shown_is_saved_as_a_table_in_its_order(
    page: Any, panel: Any, qtbot: Any, county: County, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    import csv

    from qgis.PyQt.QtWidgets import QFileDialog

    with county.open() as file:
        for x in (100, 115):
            parcel(file, x)
    assert not page.save.isEnabled()
    press(page.start, panel, qtbot)
    everything = page.model.rowCount()
    qtbot.keyClicks(page.text, "overlap")
    shown = [row.finding.id for row in page.model.rows()]
    assert len(shown) == 2 < everything
    for answer, name in (
        ((str(tmp_path / "list"), "CSV (*.csv)"), "list.csv"),
        ((str(tmp_path / "list"), "Excel (*.xlsx)"), "list.xlsx"),
    ):
        monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_, a=answer, **__: a)
        press(page.save, panel, qtbot)
        assert name in said(panel) and (tmp_path / name).is_file()
    with (tmp_path / "list.csv").open(encoding="utf-8-sig", newline="") as stream:
        assert [row["Finding's id"] for row in csv.DictReader(stream)] == shown
    press(page.save, panel, qtbot)
    assert "list.xlsx" in said(panel) and "not overwritten" in said(panel)


def test_records_are_returned_and_the_next_hand_out_takes_them_along(
    page: Any, panel: Any, qtbot: Any, county: County, project: Any, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    import pressing
    from xiangtu.package.adoption import adopt
    from xiangtu.validate.findings import list_findings

    press(page.start, panel, qtbot)
    choose(page, OVERLAP)
    finding = page.chosen()[0].finding
    (layer,) = project.mapLayers().values()
    assert layer.startEditing()
    layer.changeAttributeValue(1, layer.fields().lookupField("name"), "未保存")
    press(page.send_back, panel, qtbot)
    assert "Save the edits of farmland" in said(panel)
    layer.rollBack()
    qtbot.keyClicks(page.reason, "walk the east side")
    press(page.send_back, panel, qtbot)
    assert "next assignment, records: 1." in said(panel) and page.reason.text() == ""
    (row,) = page.chosen()
    assert row.state == "returned" and "walk the east side" in page.about.text()
    assert page.reopen.text() == "Keep here"
    press(page.reopen, panel, qtbot)
    assert "kept after all: 1." in said(panel) and page.chosen()[0].state == "open"
    assert page.reopen.text() == "Reopen" and not page.reopen.isEnabled()
    qtbot.keyClicks(page.reason, "walk the east side")
    press(page.send_back, panel, qtbot)
    (row,) = page.chosen()
    form = panel.show_step("hand_out").form
    idle(panel, qtbot)
    assert form.villages._items()[0].text(2) == "1"
    pressing.stick_at(monkeypatch, tmp_path / "stick")
    pressing.tick(panel.pages["hand_out"], VILLAGE)
    form.surveyor.setEditText("李明")
    qtbot.waitUntil(lambda: form.sent_back_list.count() == 1, timeout=20_000)
    assert row.record in form.sent_back_list.item(0).text()
    pressing.to_stick(form.write)
    idle(panel, qtbot)
    adopt(county.tablets["a"].folder, tmp_path / "stick" / "a-1.xta")
    with county.survey("a") as survey:
        assert survey.get("farmland", finding.record)["state"] == "returned"
        told = [each.reason for each in list_findings(survey, record=finding.record)
                if each.id == finding.id]  # fmt: skip
    assert told == ["walk the east side"]


def test_villages_show_how_far_they_are_and_lead_to_their_findings(
    page: Any, panel: Any, qtbot: Any
) -> None:
    from qgis.PyQt.QtCore import Qt

    press(page.start, panel, qtbot)
    page.lists.setCurrentWidget(page.villages)
    item = page.villages.topLevelItem(0)
    assert item.text(0) == "石桥村" and int(item.text(1)) >= 1
    assert page.villages.grab().width() > 0  # draws the bars
    place = page.villages.visualItemRect(item).center()
    qtbot.mouseClick(page.villages.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert page.lists.currentWidget() is page.table
    assert page.village.currentData() == VILLAGE and "Overlap" in titles(page)


def test_another_county_does_not_show_the_last_one_s_findings(
    page: Any, panel: Any, qtbot: Any, tmp_path: Path
) -> None:
    from county import make_county

    press(page.start, panel, qtbot)
    assert titles(page)
    other = make_county(tmp_path / "other", "")
    panel.desk.open(other.path)
    assert titles(page) == []
    idle(panel, qtbot)
    assert titles(page) == [] and page.villages.topLevelItemCount() == 1


def test_a_cancelled_check_changes_nothing(
    page: Any, panel: Any, qtbot: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from qgis.PyQt.QtCore import Qt
    from xiangtu import validate

    run = validate.run

    def slow(*arguments: Any, progress: Any, **options: Any) -> Any:
        while progress(0.1, "validate.fields"):
            pass
        return run(*arguments, progress=progress, **options)

    monkeypatch.setattr(validate, "run", slow)
    qtbot.mouseClick(page.start, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: page.task.isVisible(), timeout=5_000)
    assert not page.start.isEnabled()
    press(page.task.cancel, panel, qtbot)
    assert "Cancelled" in said(panel) and page.start.isEnabled()
    assert states(panel.desk.path, OVERLAP) == []


def test_a_county_that_another_program_writes_is_refused_with_who_it_is(
    page: Any, panel: Any, qtbot: Any
) -> None:
    with written_by_another(panel.desk.path) as process:
        press(page.start, panel, qtbot)
        line, path = said(panel), str(panel.desk.path)
        assert str(process) in line and "county.sqlite" in line
        assert path not in line and path in shown_more(panel, qtbot)
    press(page.start, panel, qtbot)
    assert "Overlap" in titles(page)


def test_fifty_thousand_findings_are_a_list_that_asks_for_what_is_seen(
    panel: Any, qtbot: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from qgis.PyQt.QtCore import Qt
    from qgis.PyQt.QtWidgets import QHeaderView

    page = panel.pages["check"]
    page.model.set_rows(many_rows(50_000))
    panel.steps.setCurrentRow(list(panel.pages).index("check"))
    panel.stack.setCurrentIndex(panel.steps.currentRow() + 1)
    panel.resize(500, 800)
    assert page.model.rowCount() == 50_000
    asked: set[int] = set()
    data = type(page.model).data

    def counted(model: Any, index: Any, role: int = 0) -> Any:
        asked.add(index.row())
        return data(model, index, role)

    monkeypatch.setattr(type(page.model), "data", counted)
    page.table.scrollToBottom()
    page.table.grab()
    assert 49_999 in asked and len(asked) < 300
    assert page.table.verticalHeader().sectionResizeMode(0) == QHeaderView.ResizeMode.Fixed
    asked.clear()
    page.table.sortByColumn(4, Qt.SortOrder.DescendingOrder)
    page.text.setText("parcel 49998")
    page.table.grab()
    assert page.model.rowCount() == 1 and len(asked) < 300


def many_rows(count: int) -> list[Any]:
    from xiangtu.validate.findings import Finding

    from qgis_plugin.gui.check.reading import FindingRow

    rows = []
    for number in range(count):
        severity = ("error", "warning", "note")[number % 3]
        finding = Finding(
            f"{number:024x}", OVERLAP, severity, "farmland", f"r{number}", None, 500_000.0,
            3_900_000.0, float(number), 0.001, {}, VILLAGE, "open", None, None, "", None,
        )  # fmt: skip
        name = f"Parcel {number}"
        rows.append(
            FindingRow(finding, severity, "Overlap", name, "石桥村", f"{number} m²", "open",
                       name.casefold(), "")
        )  # fmt: skip
    return rows


def test_which_record_a_finding_is_about_is_read_whole_in_a_narrow_panel(
    page: Any, panel: Any, qtbot: Any
) -> None:
    press(page.start, panel, qtbot)
    index = choose(page, OVERLAP)
    row = page.model.row_at(index)
    long = "Farmland parcel 330110200100100000017"
    page.model.set_rows([row._replace(record=long)])
    assert drawn_whole(page.table, range(3))
    page.table.selectRow(0)
    assert page.about.text().splitlines()[0] == f"{long} · {row.village} · {row.title}"


def test_of_a_record_without_a_name_the_uuid_says_which_it_is(
    page: Any, panel: Any, qtbot: Any
) -> None:
    press(page.start, panel, qtbot)
    called: dict[str, set[str]] = {}
    for row in page.model.rows():
        called.setdefault(row.record, set()).add(row.finding.record)
    nameless = [name for name, (one, *_) in called.items() if name.endswith(f" …{one[-8:]}")]
    assert any(name.startswith("Homestead ") for name in nameless)
    assert all(len(records) == 1 for name, records in called.items() if name in nameless)

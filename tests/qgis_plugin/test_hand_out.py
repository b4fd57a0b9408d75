"""The step Hand out, pressed in a real QGIS: enrol, pick, hand out, who has what, receipts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from county import VILLAGE, known, outline
from pressing import click, said, stick_at, tick, to_stick
from xiangtu import store
from xiangtu.package.adoption import adopt
from xiangtu.package.tablet import start

if TYPE_CHECKING:
    from county import County

_EAST, _FAR = "990101100202", "990101100203"


@pytest.fixture
def villages(county: County) -> County:
    """The small county with two more villages: one beside its first, one far away."""
    with county.open() as file:
        file.sign_in(author="officer")
        for code, name, x in ((_EAST, "东坪村", 3000), (_FAR, "远山村", 20_000)):
            file.insert(
                "village", {"code": code, "name": name, "village": code},
                outline(x, -1000, 4000, 4000),
            )  # fmt: skip
    return county


@pytest.fixture
def panel(panel: Any, qgis_iface: Any, qtbot: Any, villages: County) -> Any:
    """The panel at the step, with the three villages and a map of where they lie."""
    from qgis.core import QgsCoordinateReferenceSystem, QgsRectangle

    canvas = qgis_iface.mapCanvas()
    canvas.resize(600, 400)
    canvas.setDestinationCrs(QgsCoordinateReferenceSystem("EPSG:4546"))
    canvas.setExtent(QgsRectangle(498_000, 3_898_000, 510_000, 3_906_000))
    panel.resize(500, 900)
    panel.desk.open(villages.path)
    panel.show_step("hand_out")
    settled(panel, qtbot)
    return panel


@pytest.fixture
def page(panel: Any) -> Any:
    return panel.pages["hand_out"]


def settled(panel: Any, qtbot: Any) -> None:
    qtbot.waitUntil(
        lambda: not panel.desk.busy and not panel.pages["hand_out"].form._settled.isActive(),
        timeout=20_000,
    )


def rows(page: Any) -> list[list[str]]:
    tree = page.tablets.tree
    found = []
    for place in range(tree.topLevelItemCount()):
        top = tree.topLevelItem(place)
        for item in (top, *(top.child(row) for row in range(top.childCount()))):
            found.append([item.text(column) for column in range(4)])
    return found


def test_a_tablet_is_enrolled_by_its_card(
    panel: Any, page: Any, qtbot: Any, tmp_path: Path, monkeypatch: Any
) -> None:
    from qgis.PyQt.QtWidgets import QFileDialog

    new = start(tmp_path / "new", name="三号")
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(new.card), ""))
    click(qtbot, page.tablets.enrol)
    settled(panel, qtbot)
    assert "enrolled" in said(panel)
    assert ["三号", "", "no package", ""] in rows(page)
    assert page.form.tablet.findData(new.device_id) >= 0


def test_a_card_that_is_dropped_is_taken_and_anything_else_is_not(
    panel: Any, page: Any, qtbot: Any, tmp_path: Path
) -> None:
    from qgis.PyQt.QtCore import QMimeData, QPointF, Qt, QUrl
    from qgis.PyQt.QtGui import QDropEvent

    new = start(tmp_path / "new", name="三号")
    junk = tmp_path / "junk.xtd"
    junk.write_text("{}")
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(each)) for each in (new.card, tmp_path / "x.txt")])
    for paths in ([new.card, tmp_path / "x.txt"], [junk]):
        data = QMimeData()
        data.setUrls([QUrl.fromLocalFile(str(each)) for each in paths])
        page.tablets.dropEvent(
            QDropEvent(
                QPointF(5, 5), Qt.DropAction.CopyAction, data,
                Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier,
            )
        )  # fmt: skip
        settled(panel, qtbot)
    assert [row[0] for row in rows(page)] == ["a", "b", "三号"]
    assert "junk.xtd" in said(panel)


def test_work_is_handed_out_straight_to_a_stick_and_a_tablet_takes_it(
    panel: Any, page: Any, qtbot: Any, villages: County, tmp_path: Path, monkeypatch: Any
) -> None:
    stick_at(monkeypatch, tmp_path / "stick")
    form = page.form
    assert not form.write.isEnabled() and "Pick villages" in form.holds.text()
    tick(page, VILLAGE, _EAST)
    settled(panel, qtbot)
    assert not form.write.isEnabled()
    form.surveyor.setEditText("李明")
    assert "records" in form.holds.text() and "KB" in form.holds.text()
    to_stick(form.write)
    settled(panel, qtbot)
    made = tmp_path / "stick" / "a-1.xta"
    assert made.is_file() and "Handed out" in said(panel)
    adopted = adopt(villages.tablets["a"].folder, made)
    assert set(adopted.villages) == {VILLAGE, _EAST}
    (row,) = [each for each in rows(page) if each[0] == "1 · 李明"]
    assert row[2:] == ["nothing yet", "石桥村, 东坪村"]
    assert form.villages.codes() == []
    # Who had it last goes out with it again; another one has none yet.
    form.surveyor.setEditText("")
    form.tablet.setCurrentIndex(1)
    form.tablet.setCurrentIndex(0)
    assert form.surveyor.currentText() == "李明" and form._suggested() == "a-2.xta"


def test_a_file_that_is_there_is_not_overwritten(
    panel: Any, page: Any, qtbot: Any, tmp_path: Path, monkeypatch: Any
) -> None:
    stick_at(monkeypatch, tmp_path / "stick")
    (tmp_path / "stick" / "a-1.xta").write_text("an older one")
    tick(page, VILLAGE)
    page.form.surveyor.setEditText("李明")
    to_stick(page.form.write)
    settled(panel, qtbot)
    assert (tmp_path / "stick" / "a-1.xta").read_text() == "an older one"
    assert "a-1.xta" in said(panel) and page.form.villages.codes() == [VILLAGE]


def test_villages_are_picked_on_the_map(panel: Any, page: Any, qtbot: Any) -> None:
    from qgis.PyQt.QtCore import QPoint, Qt

    canvas = panel.desk.iface.mapCanvas()
    picker = page.form.villages
    page.tabs.setCurrentWidget(page.form)

    def at(x: float, y: float) -> QPoint:
        place = canvas.getCoordinateTransform().transform(500_000 + x, 3_900_000 + y)
        return place.toQPointF().toPoint()

    def drag(start: QPoint, end: QPoint) -> None:
        qtbot.mousePress(canvas.viewport(), Qt.MouseButton.LeftButton, pos=start)
        qtbot.mouseMove(canvas.viewport(), end)
        qtbot.mouseRelease(canvas.viewport(), Qt.MouseButton.LeftButton, pos=end)

    click(qtbot, picker.on_map)
    assert canvas.mapTool() is picker.tool
    qtbot.mouseClick(canvas.viewport(), Qt.MouseButton.LeftButton, pos=at(5000, 0))
    assert picker.codes() == [_EAST]
    assert not picker.tool._picked.asGeometry().isEmpty()
    qtbot.mouseClick(canvas.viewport(), Qt.MouseButton.LeftButton, pos=at(5000, 0))
    assert picker.codes() == [] and picker.tool._picked.size() == 0
    drag(at(2500, 500), at(3500, 1500))
    assert picker.codes() == [VILLAGE, _EAST]
    panel.show_step("county")
    assert canvas.mapTool() is not picker.tool and not picker.on_map.isChecked()
    assert picker.tool._picked.size() == 0
    panel.show_step("hand_out")
    assert picker.tool._picked.size() > 0 and picker.codes() == [VILLAGE, _EAST]
    settled(panel, qtbot)


def test_the_map_comes_to_the_front_and_shows_the_villages_where_no_project_is_open(
    panel: Any, page: Any, qtbot: Any
) -> None:
    from qgis.core import QgsCoordinateReferenceSystem, QgsRectangle
    from qgis.PyQt.QtWidgets import QLabel, QStackedWidget

    canvas = panel.desk.iface.mapCanvas()
    above = canvas.parentWidget()
    middle = QStackedWidget()  # as in QGIS's main window
    qtbot.addWidget(middle)
    middle.addWidget(canvas)
    middle.setCurrentIndex(middle.addWidget(QLabel("welcome")))
    canvas.setDestinationCrs(QgsCoordinateReferenceSystem("EPSG:4326"))
    canvas.setExtent(QgsRectangle(-180, -90, 180, 90))
    try:
        page.tabs.setCurrentWidget(page.form)
        click(qtbot, page.form.villages.on_map)
        assert middle.currentWidget() is canvas
        assert canvas.mapSettings().destinationCrs().postgisSrid() == 4546
        assert canvas.extent().contains(QgsRectangle(499_000, 3_899_000, 524_000, 3_903_000))
        tool = page.form.villages.tool
        assert tool._all.asGeometry().constGet().numGeometries() == 3
        click(qtbot, page.form.villages.on_map)
        assert tool._all.size() == 0
    finally:
        canvas.setParent(above)


def test_villages_are_picked_on_a_map_in_degrees_too(panel: Any, page: Any, qtbot: Any) -> None:
    from qgis.core import (
        QgsCoordinateReferenceSystem,
        QgsCoordinateTransform,
        QgsProject,
        QgsRectangle,
    )

    picker = page.form.villages
    canvas = panel.desk.iface.mapCanvas()
    degrees = QgsCoordinateReferenceSystem("EPSG:4490")
    canvas.setDestinationCrs(degrees)
    picker.pick([_FAR])
    click(qtbot, picker.show_picked)
    to_county = QgsCoordinateTransform(
        degrees, QgsCoordinateReferenceSystem("EPSG:4546"), QgsProject.instance()
    )
    seen: QgsRectangle = to_county.transformBoundingBox(canvas.extent())
    assert seen.contains(QgsRectangle(520_000, 3_899_000, 524_000, 3_903_000))
    click(qtbot, picker.none)
    click(qtbot, picker.on_map)
    from qgis.PyQt.QtCore import Qt

    qtbot.mouseClick(
        canvas.viewport(), Qt.MouseButton.LeftButton, pos=canvas.viewport().rect().center()
    )
    assert picker.codes() == [_FAR]


def test_the_list_is_filtered_by_name_and_code(page: Any, qtbot: Any) -> None:
    picker = page.form.villages

    def shown() -> list[str]:
        return [each.text(0) for each in picker._items() if not each.isHidden()]

    qtbot.keyClicks(picker.filter, "0203")
    assert shown() == [f"远山村 {_FAR}"]
    picker.filter.setText("东坪")
    assert shown() == [f"东坪村 {_EAST}"]


def test_records_sent_back_are_listed_with_their_findings_before(
    panel: Any, page: Any, qtbot: Any, villages: County
) -> None:
    with villages.open() as file:
        file.update("relic", known("relic", 0), {"state": "returned", "name": "古井"})
        file.connection.execute(
            "INSERT INTO finding (id, rule, severity, layer, record, village, found_at) "
            "VALUES ('1', 'x', 'error', 'relic', ?, ?, '')",
            (known("relic", 0), VILLAGE),
        )
    page.refresh()
    settled(panel, qtbot)
    tick(page, VILLAGE)
    settled(panel, qtbot)
    form = page.form
    assert form.sent_back.isVisibleTo(page) and "1" in form.sent_back.title()
    (line,) = [form.sent_back_list.item(row).text() for row in range(form.sent_back_list.count())]
    assert "古井" in line and "findings: 1" in line
    first = form.villages._items()[0]
    assert [first.text(column) for column in (2, 3)] == ["1", "1"]


def test_another_tablet_that_has_a_village_is_named_before(
    panel: Any, page: Any, qtbot: Any, villages: County
) -> None:
    from qgis.PyQt.QtCore import Qt

    villages.assign("b", layers=["relic"])
    page.refresh()
    settled(panel, qtbot)
    form = page.form
    form.tablet.setCurrentText("a")
    tick(page, VILLAGE)
    assert form.overlaps.isVisibleTo(page)
    assert "surveyor b" in form.overlaps.text() and "nothing came back" in form.overlaps.text()
    assert "石桥村" in form.overlaps.text()
    form.tablet.setCurrentText("b")
    assert not form.overlaps.isVisibleTo(page)
    form.tablet.setCurrentText("a")
    relics = next(
        form.layers.item(row)
        for row in range(form.layers.count())
        if form.layers.item(row).data(Qt.ItemDataRole.UserRole) == "relic"
    )
    relics.setCheckState(Qt.CheckState.Unchecked)
    assert not form.overlaps.isVisibleTo(page)
    assert "relic" not in form.chosen_layers() and "farmland" in form.chosen_layers()


def test_a_receipt_is_written_for_the_tablet_that_is_chosen(
    panel: Any, page: Any, qtbot: Any, villages: County, tmp_path: Path, monkeypatch: Any
) -> None:
    from xiangtu.package.receipt import read_receipt

    stick_at(monkeypatch, tmp_path / "stick")
    villages.assign("a")
    with villages.survey("a") as survey:
        survey.update("farmland", known("farmland", 0), {"remark": "one"})
    villages.merge(villages.pack("a"))
    page.refresh()
    settled(panel, qtbot)
    assert not page.tablets.receipt.isEnabled()
    page.tablets.tree.setCurrentItem(page.tablets.tree.topLevelItem(0).child(0))
    to_stick(page.tablets.receipt)
    settled(panel, qtbot)
    assert "packages merged 1," in said(panel)
    assert read_receipt(villages.tablets["a"].folder, tmp_path / "stick" / "a.xtr").merged == 1
    assert (
        rows(page)[0][2].startswith("1 merged, receipt of 2") and rows(page)[1][2] != "nothing yet"
    )


def test_a_basemap_that_is_none_is_said_before_anything_is_written(
    panel: Any, page: Any, qtbot: Any, tmp_path: Path
) -> None:
    junk = tmp_path / "photo.mbtiles"
    junk.write_bytes(b"no tiles" * 100)
    tick(page, VILLAGE)
    page.form.basemap.setFilePath(str(junk))
    settled(panel, qtbot)
    assert "photo.mbtiles" in page.form.holds.text()


def test_the_panel_leaves_nothing_on_the_map(panel: Any, page: Any, qtbot: Any) -> None:
    from qgis.gui import QgsRubberBand

    canvas = panel.desk.iface.mapCanvas()
    tick(page, _EAST)
    click(qtbot, page.form.villages.on_map)
    bands = {id(page.form.villages.tool._picked), id(page.form.villages.tool._rectangle)}
    panel.close_down()
    left = {id(each) for each in canvas.scene().items() if isinstance(each, QgsRubberBand)}
    assert not bands & left and canvas.mapTool() is not page.form.villages.tool
    page.close_down = lambda: None  # the fixture closes once more


@pytest.fixture
def backdrop(qgis_new_project: None) -> Iterator[Any]:
    """A project with one layer on the map: coloured squares around the county's villages."""
    from qgis.core import (
        QgsCoordinateReferenceSystem,
        QgsFeature,
        QgsGeometry,
        QgsProject,
        QgsVectorLayer,
    )

    project = QgsProject.instance()
    project.setCrs(QgsCoordinateReferenceSystem("EPSG:4546"))
    layer = QgsVectorLayer("Polygon?crs=EPSG:4546", "squares", "memory")
    for x in range(-1000, 7000, 500):
        feature = QgsFeature()
        feature.setGeometry(QgsGeometry.fromWkt(outline(x, -1000, 300, 4000).wkt))
        layer.dataProvider().addFeature(feature)
    project.addMapLayer(layer)
    yield layer
    project.clear()


def basemap_dialog(page: Any, qtbot: Any) -> Any:
    from qgis_plugin.gui.hand_out.basemap_dialog import BasemapDialog

    click(qtbot, page.form.from_map)
    return page.form.findChildren(BasemapDialog)[-1]


def test_a_basemap_is_made_of_what_is_on_the_map_and_handed_out(
    toolbox: object, backdrop: Any, panel: Any, page: Any, qtbot: Any, villages: County,
    tmp_path: Path, monkeypatch: Any,
) -> None:  # fmt: skip
    import sqlite3

    stick_at(monkeypatch, tmp_path / "stick")
    tick(page, VILLAGE)
    dialog = basemap_dialog(page, qtbot)
    dialog.lowest.setValue(13)
    dialog.highest.setValue(15)
    qtbot.waitUntil(lambda: "about" in dialog.size.text(), timeout=20_000)
    expected = dialog._tiles
    assert dialog.size.text().startswith(f"Tiles: {expected}")
    made = Path(dialog.out.filePath())
    assert made.parent == villages.folder
    click(qtbot, dialog.make)
    qtbot.waitUntil(lambda: page.form.basemap.filePath() == str(made), timeout=60_000)
    assert not dialog.isVisible() and not list(villages.folder.glob(".basemap-*"))
    with sqlite3.connect(f"file:{made}?mode=ro&immutable=1", uri=True) as connection:
        (tiles,) = connection.execute("SELECT count(*) FROM tiles").fetchone()
        zooms = connection.execute("SELECT DISTINCT zoom_level FROM tiles ORDER BY 1").fetchall()
    connection.close()
    assert 0 < tiles <= expected and zooms == [(13,), (14,), (15,)]
    # SQLite's file format, bytes 18 and 19: 1 is a rollback journal, 2 a WAL.
    assert made.read_bytes()[18:20] == b"\x01\x01"
    page.form.surveyor.setEditText("李明")
    settled(panel, qtbot)
    to_stick(page.form.write)
    settled(panel, qtbot)
    adopt(villages.tablets["a"].folder, tmp_path / "stick" / "a-1.xta")
    with store.open(villages.tablets["a"].folder / "survey.sqlite", readonly=True) as survey:
        assert "basemap" in survey.meta


def test_a_basemap_that_is_cancelled_leaves_nothing(
    toolbox: object, backdrop: Any, panel: Any, page: Any, qtbot: Any, villages: County
) -> None:
    tick(page, VILLAGE)
    dialog = basemap_dialog(page, qtbot)
    dialog.highest.setValue(20)
    qtbot.waitUntil(lambda: dialog.make.isEnabled(), timeout=20_000)
    click(qtbot, dialog.make)
    dialog.reject()
    qtbot.waitUntil(lambda: dialog._making is None, timeout=60_000)
    assert dialog.isVisible() and "No basemap" in dialog.size.text()
    assert not list(villages.folder.glob("*.mbtiles"))
    assert not list(villages.folder.glob(".basemap-*"))
    assert page.form.basemap.filePath() == ""
    dialog.reject()
    assert not dialog.isVisible()


def test_an_empty_map_and_too_many_tiles_are_said_before(
    toolbox: object, qgis_new_project: None, panel: Any, page: Any, qtbot: Any, request: Any
) -> None:
    tick(page, VILLAGE)
    dialog = basemap_dialog(page, qtbot)
    assert "shows nothing" in dialog.size.text() and not dialog.make.isEnabled()
    dialog.reject()
    request.getfixturevalue("backdrop")
    tick(page, _FAR)
    dialog = basemap_dialog(page, qtbot)
    dialog.highest.setValue(20)
    assert "other zooms" in dialog.size.text() and not dialog.make.isEnabled()
    dialog.reject()


def test_names_become_files_on_every_system() -> None:
    from qgis_plugin.gui.hand_out.save_button import file_name

    assert file_name('一号/二:"三"') == "一号_二__三_" and file_name("..") == "_"


def test_only_what_is_plugged_in_counts_as_a_stick() -> None:
    from qgis_plugin.gui.hand_out import save_button

    assert save_button._is_removable("/media/officer/KINGSTON")
    assert not save_button._is_removable("/") and not save_button._is_removable("/home")

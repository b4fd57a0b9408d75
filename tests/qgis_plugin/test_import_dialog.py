"""Importing at the step County, pressed in a real QGIS: fields, preview, what is refused, undo."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from pressing import click, idle
from xiangtu import store
from xiangtu.importing import ImportMapping, Source
from xiangtu.importing import mapping as mappings

if TYPE_CHECKING:
    from county import County

_ROWS = """\
地块编码,名称,地类,说明,X,Y
99010110020100101,好水田,0101,a,500100,3900100
99010110020100102,坏代码,9999,b,500200,3900100
99010110020100103,旱坡,旱的,c,500300,3900100
"""


@pytest.fixture
def panel(panel: Any, qtbot: Any, county: County) -> Any:
    """The panel with the small county open."""
    panel.desk.open(county.path)
    idle(panel, qtbot)
    return panel


@pytest.fixture
def dialog(panel: Any, qtbot: Any) -> Any:
    from qgis_plugin.gui.import_data.dialog import ImportDialog

    click(qtbot, panel.pages["county"].take_in)
    made = panel.pages["county"].findChildren(ImportDialog)[-1]
    choose(made.target, "place_name")
    return made


def set_crs(dialog: Any) -> None:
    from qgis.core import QgsCoordinateReferenceSystem

    dialog.crs.setCrs(QgsCoordinateReferenceSystem("EPSG:4546"))


@pytest.fixture
def points(tmp_path: Path) -> Path:
    path = tmp_path / "points.csv"
    path.write_text(_ROWS, encoding="gbk")
    return path


def choose(box: Any, data: object) -> None:
    box.setCurrentIndex(box.findData(data))
    box.activated.emit(box.currentIndex())


def row_of(dialog: Any, field: str) -> list[str]:
    table = dialog.table
    row = table._targets.index(field)
    return [table.item(row, column).text() for column in (2, 3, 4)]


def rows_of(view: Any) -> list[list[str]]:
    model = view.model()
    return [[model.text(row, column) for column in range(4)] for row in range(model.rowCount())]


def places(county: County) -> list[str]:
    with county.open() as file:
        return sorted(row["name"] or "-" for row in file.select("place_name", columns=("name",)))


def test_columns_are_matched_by_name_and_what_does_not_fit_is_shown_before(
    panel: Any, dialog: Any, qtbot: Any, county: County, tmp_path: Path
) -> None:
    path = tmp_path / "names.csv"
    path.write_text("NAME,X,Y\n石桥头,500100,3900100\n,500200,3900100\n坏,abc,1\n", "utf-8")
    set_crs(dialog)
    dialog.file.setFilePath(str(path))
    idle(panel, qtbot)
    assert dialog.table.choice("name").currentText() == "NAME"
    assert "2 of 3 rows" in dialog.said.text()
    assert row_of(dialog, "geometry")[:2] == ["2", "1"]
    assert row_of(dialog, "name")[0] == "2"
    (refused,) = rows_of(dialog.refused)
    assert refused[0] == "3" and "abc" in refused[3]
    click(qtbot, dialog.go)
    idle(panel, qtbot)
    assert places(county) == ["-", "石桥头"]


def test_a_column_chosen_by_hand_fills_its_field_and_the_preview_follows(
    panel: Any, dialog: Any, qtbot: Any, county: County, points: Path
) -> None:
    set_crs(dialog)
    dialog.file.setFilePath(str(points))
    idle(panel, qtbot)
    before = dialog.table.choice("remark").currentText()
    dialog.table.choice("remark").setCurrentText("说明")
    idle(panel, qtbot)
    assert before == "" and row_of(dialog, "remark")[0] == "3"
    click(qtbot, dialog.go)
    idle(panel, qtbot)
    assert "3 of 3 rows were taken" in dialog.said.text() and not dialog.go.isEnabled()
    with county.open() as file:
        remarks = [row["remark"] for row in file.select("place_name", columns=("remark",))]
    assert sorted(remarks) == ["a", "b", "c"]


def test_a_mapping_is_saved_as_the_command_line_reads_it_and_loaded_again(
    panel: Any, dialog: Any, qtbot: Any, points: Path, tmp_path: Path
) -> None:
    set_crs(dialog)
    dialog.file.setFilePath(str(points))
    idle(panel, qtbot)
    said = ImportMapping(
        crs="EPSG:4546",
        encoding="GBK",
        x="X",
        y="Y",
        fields={
            "name": Source("名称", values={"旱坡": "旱坡地"}),
            "remark": Source(constant="旧图"),
        },
        misfits="blank",
    )
    mappings.save(tmp_path / "in.toml", said)
    dialog.load_mapping(tmp_path / "in.toml")
    idle(panel, qtbot)
    assert dialog.mapping() == said
    dialog.save_mapping(tmp_path / "out.toml")
    assert mappings.load(tmp_path / "out.toml") == said
    dialog.save_mapping(tmp_path / "out.toml")
    assert "out.toml" in dialog.said.text() and "Saved" not in dialog.said.text()


def test_each_layer_of_a_geopackage_can_be_chosen(
    panel: Any, dialog: Any, qtbot: Any, county: County, tmp_path: Path
) -> None:
    from qgis.core import QgsProject, QgsVectorFileWriter, QgsVectorLayer

    path = tmp_path / "two.gpkg"
    options = QgsVectorFileWriter.SaveVectorOptions()
    for name in ("roads", "route"):
        layer = QgsVectorLayer(f"Point?crs=EPSG:4546&field={name}_name:string", name, "memory")
        options.layerName = name
        QgsVectorFileWriter.writeAsVectorFormatV3(
            layer, str(path), QgsProject.instance().transformContext(), options
        )
        options.actionOnExistingFile = (
            QgsVectorFileWriter.ActionOnExistingFile.CreateOrOverwriteLayer
        )
    dialog.file.setFilePath(str(path))
    idle(panel, qtbot)
    assert dialog.source_layer.isEnabled()
    assert dialog.table.choice("remark").findText("roads_name") > 0
    dialog.source_layer.setCurrentText("route")
    dialog.source_layer.activated.emit(1)
    idle(panel, qtbot)
    assert dialog.table.choice("remark").findText("route_name") > 0
    assert dialog.mapping().layer == "route"
    assert dialog.target.currentData() == "route"


def test_what_cannot_be_read_is_said_in_words_and_nothing_can_be_imported(
    panel: Any, dialog: Any, qtbot: Any, tmp_path: Path, points: Path
) -> None:
    from qgis.core import QgsApplication

    junk = tmp_path / "photo.gpkg"
    junk.write_bytes(b"no database" * 100)
    dialog.file.setFilePath(str(junk))
    idle(panel, qtbot)
    assert "photo.gpkg" in dialog.said.text() and not dialog.go.isEnabled()
    dialog.file.setFilePath(str(points))
    idle(panel, qtbot)
    assert "Choose the CRS above" in dialog.said.text() and not dialog.go.isEnabled()
    set_crs(dialog)
    dialog.table.choice("measured_at").setCurrentText("名称")
    idle(panel, qtbot)
    assert "0 of 3" in dialog.said.text() and not dialog.go.isEnabled()
    click(qtbot, dialog.copy)
    heads, *lines = QgsApplication.clipboard().text().split("\n")
    assert heads.split("\t")[0] == "Row" and len(lines) == 3


def test_an_import_is_undone_from_its_batch(
    panel: Any, dialog: Any, qtbot: Any, county: County, points: Path
) -> None:
    from qgis.PyQt.QtWidgets import QMessageBox

    set_crs(dialog)
    dialog.file.setFilePath(str(points))
    idle(panel, qtbot)
    click(qtbot, dialog.go)
    idle(panel, qtbot)
    click(qtbot, dialog.close_button)
    assert len(places(county)) == 3
    inbox = panel.show_step("inbox")
    idle(panel, qtbot)
    inbox.batches.tree.setCurrentItem(inbox.batches.tree.topLevelItem(0))
    click(qtbot, inbox.batches.undo)
    idle(panel, qtbot)
    (asked,) = inbox.findChildren(QMessageBox)
    click(qtbot, asked.button(QMessageBox.StandardButton.Yes))
    idle(panel, qtbot)
    assert places(county) == []


def test_a_cancelled_import_leaves_the_county_as_it_was(
    panel: Any, dialog: Any, qtbot: Any, county: County, points: Path, monkeypatch: Any
) -> None:
    from xiangtu import importing

    real = importing.run

    def held_up(*arguments: Any) -> Any:
        *others, progress = arguments
        # As a large file would: nothing but the cancel ends it.
        while progress(0.5, "import.reading"):
            pass
        return real(*others, progress)

    set_crs(dialog)
    dialog.file.setFilePath(str(points))
    idle(panel, qtbot)
    monkeypatch.setattr(importing, "run", held_up)
    click(qtbot, dialog.go)
    assert dialog.close_button.text() == "Cancel"
    qtbot.waitUntil(lambda: dialog.progress.value() == 50)
    click(qtbot, dialog.close_button)
    idle(panel, qtbot)
    assert "Cancelled" in dialog.said.text() and dialog.isVisible() and dialog.go.isEnabled()
    with store.open(county.path, readonly=True) as file:
        assert file.connection.execute("SELECT count(*) FROM batch").fetchone() == (0,)


def test_real_parcels_from_another_country_are_previewed_with_a_warning(
    panel: Any, dialog: Any, qtbot: Any, shared_data: Path
) -> None:
    dialog.target.setCurrentIndex(dialog.target.findData("farmland"))
    dialog.file.setFilePath(str(shared_data / "parcels" / "qgis_training" / "farms_33S.shp"))
    idle(panel, qtbot)
    assert "2008 of 2008 rows" in dialog.said.text()
    assert "km or more from the county" in dialog.said.text()
    dialog.table.choice("code").setCurrentText("FARM_NO")
    idle(panel, qtbot)
    assert int(row_of(dialog, "code")[0]) > 1000

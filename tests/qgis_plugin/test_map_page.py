"""The step Map, pressed in a real QGIS: build, take layers out, move the county, print."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from printed import choose, finished, layers, pages, words

if TYPE_CHECKING:
    from county import County


@pytest.fixture
def page(panel: Any, qtbot: Any, county: County) -> Iterator[Any]:
    """The page with the small county at work; what it built is gone afterwards."""
    from qgis.core import QgsProject

    panel.desk.open(county.path)
    found = panel.show_step("map")
    finished(found, qtbot)
    yield found
    QgsProject.instance().clear()


def press(button: Any, qtbot: Any) -> None:
    from qgis.PyQt.QtCore import Qt

    assert button.isEnabled()
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def said(page: Any) -> str:
    item = page.desk.iface.messageBar().currentItem()
    return item.text() if item else ""


def test_the_map_is_built_and_replaces_only_what_one_agrees_to(page: Any, qtbot: Any) -> None:
    from qgis.core import QgsProject
    from qgis.PyQt.QtWidgets import QMessageBox

    assert not page.pdf.isEnabled() and "does not show" in page.state.text()
    press(page.build, qtbot)
    project = QgsProject.instance()
    assert {"village", "farmland", "homestead", "findings"} <= set(layers())
    assert [each.name() for each in project.bookmarkManager().bookmarks()] == ["石桥村"]
    assert "青石县" in page.state.text() and project.title() == "青石县"
    assert page.desk.iface.activeLayer() == layers()["farmland"]
    first = layers()["village"].id()
    press(page.build, qtbot)
    press(page.question.button(QMessageBox.StandardButton.Cancel), qtbot)
    assert layers()["village"].id() == first
    press(page.build, qtbot)
    press(page.question.button(QMessageBox.StandardButton.Ok), qtbot)
    assert layers()["village"].id() != first


def test_a_layer_taken_out_is_named_and_a_sheet_that_needs_it_says_so(
    page: Any, qtbot: Any, tmp_path: Path
) -> None:
    from qgis.core import QgsProject

    press(page.build, qtbot)
    QgsProject.instance().removeMapLayer(layers()["household"].id())
    assert "household" in page.state.text().lower()
    choose(page, "homestead")
    page.print_to(tmp_path / "plans.pdf")
    finished(page, qtbot)
    assert "household" in said(page).lower() and not (tmp_path / "plans.pdf").exists()


def test_a_saved_project_goes_on_after_the_county_has_moved(
    page: Any, qtbot: Any, county: County, tmp_path: Path
) -> None:
    from qgis.core import QgsProject

    press(page.build, qtbot)
    elsewhere = tmp_path / "projects"
    elsewhere.mkdir()
    saved = elsewhere / "map.qgz"
    page.save_as(saved)
    project = QgsProject.instance()
    number = layers()["farmland"].featureCount()
    project.clear()
    moved = tmp_path / "moved"
    shutil.move(county.folder, moved)
    page.desk.open(moved / "county.sqlite")
    finished(page, qtbot)
    project.read(str(saved))
    assert not layers()["farmland"].isValid()
    assert page.mend.isVisible() and str(county.path) in page.state.text()
    assert not page.pdf.isEnabled(), "a sheet of another county would look like any other"
    press(page.mend, qtbot)
    assert page.pdf.isEnabled()
    assert layers()["farmland"].featureCount() == number and not page.mend.isVisible()
    from qgis_plugin.map.project import note_county

    note_county(project, "990102")
    page.read_from_here()
    assert "990102" in said(page)


def test_a_map_without_its_parcels_is_not_printed(page: Any, qtbot: Any) -> None:
    from qgis.core import QgsProject

    press(page.build, qtbot)
    assert page.pdf.isEnabled()
    QgsProject.instance().removeMapLayer(layers()["farmland"])
    assert "Build the map again" in page.state.text()
    assert not page.pdf.isEnabled() and not page.pictures.isEnabled()
    page.build_map()
    assert page.pdf.isEnabled()


def test_a_project_in_a_folder_that_takes_nothing_is_said(page: Any, qtbot: Any) -> None:
    press(page.build, qtbot)
    page.save_as(Path("/proc/nowhere/map.qgz"))
    assert "/proc/nowhere/map.qgz" in said(page)


def test_plans_of_a_village_list_corners_and_sides(
    page: Any, qtbot: Any, county: County, tmp_path: Path
) -> None:
    from county import VILLAGE
    from xiangtu.report.parcel_plans import parcel_plans

    with county.open() as file:
        plans = parcel_plans(file, "homestead")
    press(page.build, qtbot)
    choose(page, "homestead", VILLAGE)
    out = tmp_path / "plans.pdf"
    page.print_to(out)
    finished(page, qtbot)
    assert pages(out) == len(plans) and f"pages: {len(plans)}" in said(page)
    text = words(out)
    (first,) = (each for each in plans if each.corners[0].name in text and each is plans[0])
    for corner in first.corners:
        assert f"{corner.northing_m:.3f}" in text and f"{corner.easting_m:.3f}" in text
        assert f"{corner.side_m:.2f}" in text
    assert first.sheet_number in text
    assert not [each for each in tmp_path.iterdir() if each.name.endswith(".new")]


def test_only_what_is_selected_is_printed(
    page: Any, qtbot: Any, county: County, tmp_path: Path
) -> None:
    from county import known

    with county.open() as file:
        file.update("farmland", known("farmland", 1), {"name": "弯丘"})
    press(page.build, qtbot)
    farmland = layers()["farmland"]
    choose(page, "farmland")
    page.selected.setChecked(True)
    out = tmp_path / "plans.pdf"
    page.print_to(out)
    finished(page, qtbot)
    assert "Nothing to print" in said(page) and not out.exists()
    farmland.selectByExpression("\"name\" = '弯丘'")
    page.print_to(out)
    finished(page, qtbot)
    assert pages(out) == 1 and "弯丘" in words(out)


def test_a_village_sheet_has_its_name_scale_and_legend(
    page: Any, qtbot: Any, tmp_path: Path
) -> None:
    from county import VILLAGE
    from qgis.PyQt.QtGui import QImage

    press(page.build, qtbot)
    choose(page, "village", VILLAGE)
    out = tmp_path / "village.pdf"
    page.print_to(out)
    finished(page, qtbot)
    text = words(out)
    assert "石桥村" in text and "Legend" in text and "1:20000" in text
    assert "EPSG:4546" in text
    page.print_to(tmp_path / "pictures")
    finished(page, qtbot)
    (picture,) = (tmp_path / "pictures").iterdir()
    assert VILLAGE in picture.name
    drawn = QImage(str(picture))
    assert drawn.width() == pytest.approx(420 / 25.4 * 200, abs=2)


def test_the_legend_has_headings_of_the_layer_tree_and_only_what_is_there(
    page: Any, qtbot: Any, county: County, tmp_path: Path
) -> None:
    from county import known

    with county.open() as file:
        file.update("farmland", known("farmland", 1), {"land_use": "0101"})
    press(page.build, qtbot)
    choose(page, "county")
    out = tmp_path / "sheet.pdf"
    page.print_to(out)
    finished(page, qtbot)
    text = words(out)
    assert text.index("Houses and homesteads") < text.index("Homestead\n") < text.index("House\n")
    assert "Farmland parcel" in text and "Paddy field" in text
    for absent in ("Garden/orchard land", "Names and facilities", "Works", "Route"):
        assert absent not in text


def test_the_map_of_a_sheet_is_drawn_in_the_background(
    page: Any, qtbot: Any, tmp_path: Path
) -> None:
    import threading

    from qgis.core import QgsExpression
    from qgis.utils import qgsfunction

    drawn_in = set()

    @qgsfunction(args=0, group="test", register=False)
    def drawn_here(values: Any, feature: Any, parent: Any) -> bool:
        drawn_in.add(threading.get_ident())
        return True

    press(page.build, qtbot)
    QgsExpression.registerFunction(drawn_here)
    try:
        village = layers()["village"]
        labels = village.labeling().settings()
        labels.fieldName, labels.isExpression = "if(drawn_here(), name, '')", True
        village.labeling().setSettings(labels)
        choose(page, "county")
        for target in (tmp_path / "sheet.pdf", tmp_path / "pictures"):
            drawn_in.clear()
            page.print_to(target)
            finished(page, qtbot)
            assert drawn_in and threading.get_ident() not in drawn_in
    finally:
        QgsExpression.unregisterFunction("drawn_here")


def test_a_sheet_of_the_county_opens_with_a_legend_that_is_looked_up_before(
    page: Any, qtbot: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from qgis.core import QgsLayoutItemLegend

    opened: list[Any] = []
    monkeypatch.setattr(page.desk.iface, "openLayoutDesigner", opened.append, raising=False)
    press(page.build, qtbot)
    choose(page, "county")
    press(page.layout_button, qtbot)
    finished(page, qtbot)
    (layout,) = opened
    (legend,) = (each for each in layout.items() if isinstance(each, QgsLayoutItemLegend))
    # QGIS would go through every record on the main thread.
    assert not legend.legendFilterByMapEnabled()
    explained = {each.name() for each in legend.model().rootGroup().findLayers()}
    assert {"Village", "Farmland parcel", "Homestead"} <= explained and "Route" not in explained


def test_printing_can_be_cancelled_between_pages(page: Any, qtbot: Any, tmp_path: Path) -> None:
    press(page.build, qtbot)
    choose(page, "farmland")
    out = tmp_path / "plans.pdf"
    page.print_to(out)
    qtbot.waitUntil(lambda: page.printing is not None, timeout=20_000)
    press(page.stop, qtbot)
    finished(page, qtbot)
    assert "Cancelled" in said(page) and not list(tmp_path.glob("*plans.pdf*"))


def test_a_project_closed_while_it_is_printed_ends_the_printing(
    page: Any, qtbot: Any, tmp_path: Path
) -> None:
    from qgis.core import QgsProject

    press(page.build, qtbot)
    choose(page, "farmland")
    page.print_to(tmp_path / "plans.pdf")
    qtbot.waitUntil(lambda: page.printing is not None, timeout=20_000)
    QgsProject.instance().clear()
    finished(page, qtbot)
    assert not list(tmp_path.glob("*plans.pdf*"))


@pytest.mark.parametrize("kind", ["county", "findings"])
def test_a_sheet_of_the_whole_county_is_one_page(
    page: Any, qtbot: Any, county: County, tmp_path: Path, kind: str
) -> None:
    from xiangtu import validate

    with county.open() as file:
        validate.run(file)
    press(page.build, qtbot)
    choose(page, kind)
    assert not page.village.isEnabled()
    out = tmp_path / "sheet.pdf"
    page.print_to(out)
    finished(page, qtbot)
    assert pages(out) == 1
    assert ("Error" in words(out)) == (kind == "findings")

"""The whole day of a GIS officer, pressed in a real QGIS: from work handed out to the printed
village sheet and the atlas of parcels."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from county import SRID, VILLAGE, known, outline, polygon
from pressing import click, idle, press, said, stick_at, tick, to_stick
from printed import choose, finished, layers, pages, picture, words
from xiangtu.package.adoption import adopt

if TYPE_CHECKING:
    from county import County
    from PIL import Image

PARCEL = known("farmland", 0)
#: Colours of village boundaries and of parcels, as the map draws them.
_BOUNDARY, _FIELD = (215, 25, 28), (247, 233, 160)
#: The neighbour reaches to here, the new parcel begins five metres before it.
EDGE_M, BEGINS_M = 110.0, 105.0


@pytest.fixture
def desk(panel: Any, qtbot: Any, county: County, qgis_iface: Any) -> Iterator[Any]:
    """The panel with a county whose three tablets stay at the office; nothing in the project."""
    from qgis.core import QgsCoordinateReferenceSystem, QgsProject

    QgsProject.instance().clear()
    county.add_tablet("c")
    canvas = qgis_iface.mapCanvas()
    canvas.resize(600, 400)
    canvas.setDestinationCrs(QgsCoordinateReferenceSystem.fromEpsgId(SRID))
    panel.resize(560, 900)
    panel.desk.open(county.path)
    idle(panel, qtbot)
    yield panel
    QgsProject.instance().clear()


def survey(county: County) -> list[Path]:
    """Three tablets go out: two reshape one parcel, the third draws one over its neighbour."""
    for name, corners in (
        ("a", [(0, 100), (24, 100), (20, 120), (0, 120)]),
        ("b", [(0, 100), (20, 100), (20, 120), (-4, 120)]),
    ):
        with county.survey(name) as file:
            file.update("farmland", PARCEL, {}, polygon(corners))
    with county.survey("c") as file:
        given = {"village": VILLAGE, "name": "东坡", "kind": "10"}
        file.insert("farmland", given, outline(BEGINS_M, 100))
    return [county.pack(name) for name in "abc"]


def found(page: Any, rule: str) -> list[int]:
    """Rows of the findings table that are of a rule."""
    return [
        row
        for row in range(page.model.rowCount())
        if page.model.row_at(page.model.index(row, 0)).finding.rule == rule
    ]


def click_row(page: Any, panel: Any, qtbot: Any, row: int) -> None:
    from qgis.PyQt.QtCore import Qt

    index = page.model.index(row, 1)
    page.table.scrollTo(index)
    place = page.table.visualRect(index).center()
    qtbot.mouseClick(page.table.viewport(), Qt.MouseButton.LeftButton, pos=place)
    idle(panel, qtbot)


def drag_corners(layer: Any, uuid: str) -> None:
    """What the vertex tool does with the two corners that are dragged to the neighbour's edge."""
    from qgis_plugin.gui.county_layers import feature_of

    feature = feature_of(layer, uuid)
    east_m = 500_000 + EDGE_M
    for number, corner in enumerate(list(feature.geometry().vertices())):
        if corner.x() < east_m:
            assert layer.moveVertex(east_m, corner.y(), feature.id(), number)


def share(image: Image.Image, colour: tuple[int, int, int]) -> float:
    """How much of a page is drawn in a colour, its edges blended with what is beside them."""
    near = [abs(red - colour[0]) + abs(green - colour[1]) + abs(blue - colour[2]) < 60
            for red, green, blue in image.getdata()]  # fmt: skip
    return sum(near) / len(near)


def test_a_day_from_the_assignment_to_the_printed_sheet(
    desk: Any, qtbot: Any, county: County, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from qgis.PyQt.QtWidgets import QFileDialog

    # Hand out: each tablet takes the village from the stick.
    stick_at(monkeypatch, tmp_path / "stick")
    page = desk.show_step("hand_out")
    idle(desk, qtbot)
    for name in "abc":
        page.form.tablet.setCurrentText(name)
        tick(page, VILLAGE)
        page.form.surveyor.setEditText(f"surveyor {name}")
        to_stick(page.form.write)
        idle(desk, qtbot)
        adopt(county.tablets[name].folder, tmp_path / "stick" / f"{name}-1.xta")

    # Inbox: three packages come back and are merged at once.
    arrived = tmp_path / "inbox"
    arrived.mkdir()
    for package in survey(county):
        shutil.copy(package, arrived)
    page = desk.show_step("inbox")
    idle(desk, qtbot)
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(arrived))
    press(desk, qtbot, page.packages.choose)
    tree = page.packages.tree
    assert {tree.topLevelItem(row).text(3) for row in range(3)} == {"ready to merge"}
    press(desk, qtbot, page.packages.merge_all)
    assert all(tree.topLevelItem(row).text(3).startswith("merged, batch") for row in range(3))

    # Review: of the outline that two reshaped, the combined one is taken.
    page = desk.show_step("review")
    idle(desk, qtbot)
    assert page.tree.topLevelItemCount() == 1
    press(desk, qtbot, page.decision.buttons["combined"])
    with county.open() as file:
        assert file.get("farmland", PARCEL)["geometry"].area == pytest.approx(480)

    # Check: the overlap is found; to see it on the map, the map is built.
    page = desk.show_step("check")
    idle(desk, qtbot)
    press(desk, qtbot, page.start)
    (row,) = found(page, "topology.overlap")
    click_row(page, desk, qtbot, row)
    assert "The map is empty" in said(desk)
    sheets = desk.show_step("map")
    idle(desk, qtbot)
    click(qtbot, sheets.build)
    finished(sheets, qtbot)
    assert "shows 青石县" in sheets.state.text()
    desk.show_step("check")
    idle(desk, qtbot)
    (row,) = found(page, "topology.overlap")
    click_row(page, desk, qtbot, row)
    finding = page.chosen()[0].finding
    centre = desk.desk.iface.mapCanvas().extent().center()
    assert (centre.x(), centre.y()) == pytest.approx((finding.x, finding.y), abs=0.01)

    # It is mended as the vertex tool mends it, and that one alone is checked again.
    with county.open() as file:
        (drawn,) = [each for each in file.select("farmland") if each["name"] == "东坡"]
    farmland = layers()["farmland"]
    assert farmland.startEditing()
    drag_corners(farmland, drawn["uuid"])
    assert farmland.commitChanges()
    press(desk, qtbot, page.again)
    assert found(page, "topology.overlap") == []
    with county.open() as file:
        assert file.get("farmland", drawn["uuid"])["geometry"].area == pytest.approx(300)
        checked = file.connection.execute("SELECT state FROM finding WHERE id = ?", (finding.id,))
        assert checked.fetchone() == ("fixed",)

    # Map: the village sheet and the atlas of its parcels are printed and looked at.
    desk.show_step("map")
    idle(desk, qtbot)
    for kind in ("village", "farmland"):
        choose(sheets, kind, VILLAGE)
        out = tmp_path / f"{kind}.pdf"
        monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_, out=out: (str(out), ""))
        click(qtbot, sheets.pdf)
        qtbot.waitUntil(out.exists, timeout=60_000)
        finished(sheets, qtbot)
    with county.open() as file:
        parcels = len(list(file.select("farmland", "ended_on IS NULL")))
    assert (pages(tmp_path / "village.pdf"), pages(tmp_path / "farmland.pdf")) == (1, parcels)
    sheet, atlas = tmp_path / "village.pdf", tmp_path / "farmland.pdf"
    assert "石桥村" in words(sheet)
    assert share(picture(sheet), _BOUNDARY) > 0.001
    told = [words(atlas, number) for number in range(1, parcels + 1)]
    assert all(share(picture(atlas, number), _FIELD) > 0.05 for number in range(1, parcels + 1))
    assert any("480.00" in each for each in told)
    assert any("东坡" in each and "300.00" in each for each in told)

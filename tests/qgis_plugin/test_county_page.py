"""The step County, pressed in a real QGIS: open, make new, see how it stands."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from county import County


def wait_until_idle(panel: Any, qtbot: Any) -> None:
    qtbot.waitUntil(lambda: not panel.desk.busy, timeout=20_000)


def shown(panel: Any) -> dict[str, dict[str, str]]:
    tree = panel.pages["county"].summary
    groups = [tree.topLevelItem(row) for row in range(tree.topLevelItemCount())]
    return {
        group.text(0): {
            group.child(row).text(0): group.child(row).text(1) for row in range(group.childCount())
        }
        for group in groups
    }


def said(panel: Any) -> str:
    item = panel.desk.iface.messageBar().currentItem()
    return item.text() if item else ""


def test_a_county_shows_what_waits_in_it(
    panel: Any, qtbot: Any, county: County, far_east: None
) -> None:
    from county import known

    for name, value in (("a", "one"), ("b", "two")):
        county.assign(name)
        with county.survey(name) as survey:
            survey.update("farmland", known("farmland", 0), {"remark": value})
    for name in "ab":
        county.merge(county.pack(name))
    assert panel.desk.open(county.path)
    wait_until_idle(panel, qtbot)
    found = shown(panel)
    assert found["青石县 990101"]["Tablets"] == "2"
    assert found["Waits for you"] == {"Conflicts": "1"}
    assert [each.split()[1] for each in found["Last batches"]] == ["merge", "merge"]
    clock = datetime.now(UTC) + timedelta(hours=14)
    hours = {f"{clock - timedelta(minutes=ago):%Y-%m-%d %H}" for ago in (0, 5)}
    assert {each[:13] for each in found["Last batches"].values()} <= hours
    with county.open() as file:
        file.delete("relic", known("relic", 0))
    before = found["Records"]
    panel.pages["county"].refresh()
    wait_until_idle(panel, qtbot)
    assert shown(panel)["Records"] != before
    county.undo(2)
    panel.pages["county"].refresh()
    wait_until_idle(panel, qtbot)
    (kept, (said_of_undone, number)) = shown(panel)["Last batches"].items()
    assert kept[0] == "1 merge" and said_of_undone.startswith("Taken out again") and number == "1"


def test_a_new_county_is_made_and_opened(panel: Any, qtbot: Any, tmp_path: Path) -> None:
    from qgis.PyQt.QtCore import Qt
    from qgis.PyQt.QtWidgets import QDialogButtonBox

    from qgis_plugin.gui.new_county_dialog import NewCountyDialog

    page = panel.pages["county"]
    qtbot.mouseClick(page.new, Qt.MouseButton.LeftButton)
    (dialog,) = page.findChildren(NewCountyDialog)
    fine = dialog.buttons.button(QDialogButtonBox.StandardButton.Ok)
    assert not fine.isEnabled()
    dialog.place.setFilePath(str(tmp_path / "county"))
    qtbot.keyClicks(dialog.code, "9901")
    qtbot.keyClicks(dialog.name, "Qingshi")
    assert not fine.isEnabled()
    qtbot.keyClicks(dialog.code, "01")
    dialog.longitude.setValue(116.5)
    assert "4548" in dialog.zone.text()
    qtbot.mouseClick(fine, Qt.MouseButton.LeftButton)
    wait_until_idle(panel, qtbot)
    assert panel.desk.path == tmp_path / "county.sqlite"
    assert (tmp_path / "county.key").is_file()
    assert "Qingshi 990101" in shown(panel)


def test_what_cannot_be_opened_is_said_and_what_was_open_stays(
    panel: Any, qtbot: Any, county: County, tmp_path: Path
) -> None:
    panel.desk.open(county.path)
    tablet = county.folder / "tablet_a" / "survey.sqlite"
    county.assign("a")
    assert not panel.desk.open(tablet) and "tablet" in said(panel)
    junk = tmp_path / "photo.sqlite"
    junk.write_bytes(b"no database" * 100)
    assert not panel.desk.open(junk) and "photo.sqlite" in said(panel)
    assert panel.desk.path == county.path
    wait_until_idle(panel, qtbot)


def test_the_last_county_is_open_again_and_listed(
    panel: Any, qtbot: Any, qgis_iface: Any, county: County
) -> None:
    from qgis_plugin.gui.panel import XiangtuPanel

    panel.desk.open(county.path)
    wait_until_idle(panel, qtbot)
    later = XiangtuPanel(qgis_iface, ())
    qtbot.addWidget(later)
    wait_until_idle(later, qtbot)
    assert later.desk.path == county.path and later.desk.recent() == [str(county.path)]


def test_without_shapely_2_the_panel_says_how_to_add_it(qgis_iface: Any, qtbot: Any) -> None:
    from qgis_plugin.core_path import Lacking
    from qgis_plugin.gui.panel import XiangtuPanel

    bare = XiangtuPanel(qgis_iface, [Lacking("shapely", "2", "1.8.5")])
    qtbot.addWidget(bare)
    text = bare.widget().label.text()
    assert "1.8.5" in text and "pip install --user" in text and '"shapely>=2"' in text

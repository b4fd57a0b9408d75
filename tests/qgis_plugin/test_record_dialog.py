"""A record's history, what stood in it before and its private values, pressed in a real QGIS."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from county import VILLAGE, known, outline

if TYPE_CHECKING:
    from county import County

PHONE, MASK = "13812345678", "138****5678"


@pytest.fixture
def desk(panel: Any, qtbot: Any, county: County, qgis_iface: Any) -> Iterator[Any]:
    from county import SRID
    from qgis.core import QgsCoordinateReferenceSystem, QgsProject

    QgsProject.instance().clear()
    canvas = qgis_iface.mapCanvas()
    canvas.setDestinationCrs(QgsCoordinateReferenceSystem.fromEpsgId(SRID))
    panel.desk.open(county.path)
    idle(panel.desk, qtbot)
    yield panel.desk
    for each in open_dialogs(panel.desk):
        each.close()
    QgsProject.instance().clear()


def idle(desk: Any, qtbot: Any) -> None:
    qtbot.waitUntil(lambda: not desk.busy, timeout=20_000)


def open_dialogs(desk: Any) -> list[Any]:
    from qgis_plugin.gui.record.dialog import RecordDialog

    return [each for each in desk.iface.mainWindow().findChildren(RecordDialog) if each.isVisible()]


def show(desk: Any, qtbot: Any, layer: str, uuid: str) -> Any:
    from qgis_plugin.gui.record.dialog import RecordDialog

    dialog = RecordDialog.show_record(desk, layer, uuid)
    idle(desk, qtbot)
    return dialog


def press(button: Any, desk: Any, qtbot: Any) -> None:
    from qgis.PyQt.QtCore import Qt

    assert button.isEnabled()
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    idle(desk, qtbot)


def lines(dialog: Any) -> list[list[tuple[str, str, str]]]:
    """Of each change (label, before, after) of its fields, the latest first."""
    tree = dialog.history.tree
    found = []
    for row in range(tree.topLevelItemCount()):
        above = tree.topLevelItem(row)
        below = [above.child(place) for place in range(above.childCount())]
        found.append([(each.text(1), each.text(2), each.text(3)) for each in below])
    return found


def choose(dialog: Any, row: int, label: str) -> None:
    above = dialog.history.tree.topLevelItem(row)
    for place in range(above.childCount()):
        if above.child(place).text(1) == label:
            dialog.history.tree.setCurrentItem(above.child(place))
            return
    raise AssertionError(label)


def bands(desk: Any) -> int:
    from qgis.gui import QgsRubberBand

    items = desk.iface.mapCanvas().scene().items()
    return sum(isinstance(each, QgsRubberBand) for each in items)


def said(desk: Any) -> str:
    item = desk.iface.messageBar().currentItem()
    return item.text() if item else ""


def test_history_says_who_changed_what_and_a_value_comes_back(
    desk: Any, qtbot: Any, county: County
) -> None:
    parcel = known("farmland", 0)
    with county.open() as file:
        file.sign_in(author="王芳")
        file.update("farmland", parcel, {"name": "东坡", "kind": "10"})
        file.update("farmland", parcel, {"name": "西坡"})
    dialog = show(desk, qtbot, "farmland", parcel)
    assert "西坡" in dialog.title.text()
    latest, before, *_ = lines(dialog)
    assert latest == [("Parcel name", "东坡", "西坡")]
    assert ("Parcel name", "–", "东坡") in before
    assert "王芳" in dialog.history.tree.topLevelItem(0).text(1)
    choose(dialog, 0, "Parcel name")
    assert not dialog.history.before.isEnabled()
    qtbot.keyClicks(dialog.history.reason, "misread")
    press(dialog.history.before, desk, qtbot)
    with county.open() as file:
        assert file.get("farmland", parcel)["name"] == "东坡"
        assert file.history(parcel)[-1].author == desk.author
    assert lines(dialog)[0] == [("Parcel name", "西坡", "东坡")]
    assert dialog.history.tree.topLevelItem(0).text(2) == "misread"
    choose(dialog, 0, "Parcel name")
    qtbot.keyClicks(dialog.history.reason, "twice")
    press(dialog.history.after, desk, qtbot)
    assert "already" in said(desk)


def test_history_says_yes_and_no_what_is_referred_to_and_the_time_on_the_wall(
    desk: Any, qtbot: Any, county: County, far_east: None
) -> None:
    parcel = known("farmland", 0)
    with county.open() as file:
        file.sign_in(author="王芳", utc_offset_min=480)
        round_ = file.insert("campaign", {"name": "秋季调查", "reference_date": "2026-10-01"})
        file.update("farmland", parcel, {"high_standard": True, "campaign": round_})
        file.update("farmland", parcel, {"high_standard": False})
        at = file.history(parcel)[-1].time
    dialog = show(desk, qtbot, "farmland", parcel)
    latest, before, *_ = lines(dialog)
    assert latest == [("High-standard farmland", "yes", "no")]
    assert ("Survey round", "–", "秋季调查") in before
    on_the_wall = datetime.fromisoformat(at) + timedelta(hours=14)
    shown = dialog.history.tree.topLevelItem(0).text(0)
    assert shown.startswith(f"{on_the_wall:%Y-%m-%d %H:%M}")


def test_history_says_what_was_decided_of_a_record_as_a_whole(
    desk: Any, qtbot: Any, county: County
) -> None:
    from xiangtu.merge.conflicts import list_conflicts, take

    parcel = known("farmland", 0)
    for name in "ab":
        county.assign(name)
    with county.survey("a") as survey:
        survey.delete("farmland", parcel)
    with county.survey("b") as survey:
        survey.update("farmland", parcel, {"remark": "terraced"})
    for name in "ab":
        county.merge(county.pack(name))
    with county.open() as file:
        take(file, list_conflicts(file)[0].id, "keep", author="officer")
    dialog = show(desk, qtbot, "farmland", parcel)
    assert ("whether the record exists", "–", "it is there") in lines(dialog)[0]


def test_an_outline_is_drawn_as_it_was_and_comes_back(
    desk: Any, qtbot: Any, county: County, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A flash draws for half a second too.
    monkeypatch.setattr(desk.iface.mapCanvas(), "flashGeometries", lambda *_: None)
    parcel = known("farmland", 1)
    with county.open() as file:
        before = file.get("farmland", parcel)["geometry"]
        file.update("farmland", parcel, {}, outline(200, 100, 5, 5))
        file.update("farmland", parcel, {}, outline(300, 100, 5, 5))
    here = bands(desk)
    dialog = show(desk, qtbot, "farmland", parcel)
    label = "outline and its measurement"
    choose(dialog, 1, label)
    assert bands(desk) == here + 3 and dialog.history.legend.isVisible()
    extent = desk.iface.mapCanvas().extent()
    assert extent.contains(desk_point(35, 105)) and extent.contains(desk_point(302, 102))
    dialog.history.tree.setCurrentItem(dialog.history.tree.topLevelItem(1))
    assert bands(desk) == here + 3
    choose(dialog, 1, label)
    qtbot.keyClicks(dialog.history.reason, "dragged by mistake")
    press(dialog.history.before, desk, qtbot)
    with county.open() as file:
        assert file.get("farmland", parcel)["geometry"] == before
    choose(dialog, 0, label)
    dialog.close()
    assert bands(desk) == here


def desk_point(x: float, y: float) -> Any:
    from qgis.core import QgsPointXY

    return QgsPointXY(500_000 + x, 3_900_000 + y)


def test_a_record_s_window_works_as_long_as_it_is_open(
    desk: Any, qtbot: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """QGIS's main window has no lasting Python half that would keep those of its children."""
    import gc

    from qgis.PyQt.QtWidgets import QComboBox, QDialog

    from qgis_plugin.gui.record.dialog import RecordDialog

    combo = QComboBox()
    qtbot.addWidget(combo)
    monkeypatch.setattr(desk.iface, "mainWindow", lambda: combo.view().parentWidget())
    RecordDialog.show_record(desk, "farmland", known("farmland", 0))
    idle(desk, qtbot)
    qtbot.wait(300)  # QGIS lets go of the task that read the record
    gc.collect()
    (window,) = desk.iface.mainWindow().findChildren(QDialog)
    assert isinstance(window, RecordDialog)
    window.close()
    del window
    qtbot.waitUntil(lambda: not desk.iface.mainWindow().findChildren(QDialog), timeout=5_000)


def test_a_deleted_record_is_found_and_its_history_read(
    desk: Any, panel: Any, qtbot: Any, county: County
) -> None:
    from qgis_plugin.gui.record.deleted_dialog import DeletedDialog

    with county.open() as file:
        file.sign_in(author="王芳")
        gone = file.insert("farmland", {"village": VILLAGE, "name": "旧塘"}, outline(600, 0))
        file.delete("farmland", gone)
        file.delete("farmland", known("farmland", 3))
    page = panel.show_step("check")
    idle(desk, qtbot)
    page.deleted.trigger()
    idle(desk, qtbot)
    (dialog,) = page.findChildren(DeletedDialog)
    assert dialog.list.topLevelItemCount() == 2
    dialog.text.setText("旧塘")
    left = [
        dialog.list.topLevelItem(row)
        for row in range(2)
        if not dialog.list.topLevelItem(row).isHidden()
    ]
    assert [(each.text(1), "旧塘" in each.text(2)) for each in left] == [("王芳", True)]
    dialog.list.itemActivated.emit(left[0], 0)
    idle(desk, qtbot)
    (record,) = open_dialogs(desk)
    assert "deleted" in record.title.text()
    choose(record, 0, "Parcel name")
    qtbot.keyClicks(record.history.reason, "was right")
    assert not record.history.before.isEnabled()  # there is no record to give it back to
    dialog.close()


def test_a_private_value_is_seen_for_a_while_one_at_a_time_and_each_look_is_logged(
    desk: Any, qtbot: Any, county: County, monkeypatch: pytest.MonkeyPatch
) -> None:
    from qgis_plugin.gui.record import private_view

    monkeypatch.setattr(private_view, "SHOWN_S", 2)
    with county.open() as file:
        household = file.insert(
            "household",
            {"village": VILLAGE, "telephone": PHONE, "id_number": "990101199001010019"},
        )
    dialog = show(desk, qtbot, "household", household)
    dialog.tabs.setCurrentWidget(dialog.private)
    values = dialog.private.values
    assert values["telephone"].text() == MASK
    press(dialog.private.buttons["telephone"], desk, qtbot)
    assert values["telephone"].text() == PHONE
    press(dialog.private.buttons["id_number"], desk, qtbot)
    assert values["telephone"].text() == MASK
    assert values["id_number"].text() == "990101199001010019"
    qtbot.waitUntil(lambda: values["id_number"].text() == "990101********0019", timeout=5_000)
    with sqlite3.connect(county.path) as connection:
        looks = connection.execute(
            "SELECT author, action, record, field FROM access_log WHERE action = 'reveal'"
        ).fetchall()
    assert looks == [
        (desk.author, "reveal", household, field) for field in ("telephone", "id_number")
    ]


def test_without_the_county_s_key_it_is_said_and_nothing_is_shown(
    desk: Any, qtbot: Any, county: County
) -> None:
    with county.open() as file:
        household = file.insert("household", {"village": VILLAGE, "telephone": PHONE})
    dialog = show(desk, qtbot, "household", household)
    dialog.tabs.setCurrentWidget(dialog.private)
    county.path.with_suffix(".key").unlink()
    press(dialog.private.buttons["telephone"], desk, qtbot)
    assert "key" in said(desk) and dialog.private.values["telephone"].text() == MASK
    with sqlite3.connect(county.path) as connection:
        assert (
            connection.execute("SELECT action FROM access_log WHERE action = 'reveal'").fetchall()
            == []
        )


def test_the_identify_menu_offers_it_for_layers_of_the_county_alone(
    desk: Any, qtbot: Any, county: County, tmp_path: Any
) -> None:
    from county import make_county
    from qgis.core import QgsProject, QgsVectorLayer
    from qgis.gui import QgsGui, QgsMapLayerAction
    from qgis.PyQt.QtGui import QIcon
    from test_check_page import layer_of

    from qgis_plugin.gui.record.layer_action import RecordAction

    own = layer_of(county.path, "farmland")
    other = layer_of(make_county(tmp_path / "other", "").path, "farmland")
    memory = QgsVectorLayer("Polygon?field=uuid:string", "drawn", "memory")
    for each in (own, other, memory):
        QgsProject.instance().addMapLayer(each)
    action = RecordAction(desk, QIcon())
    registry = QgsGui.mapLayerActionRegistry()
    registry.addMapLayerAction(action)
    try:
        single = QgsMapLayerAction.Target.SingleFeature
        offered = [
            action in registry.mapLayerActions(each, single) for each in (own, other, memory)
        ]
        assert offered == [True, False, False]
        feature = next(own.getFeatures())
        action.triggerForFeature(own, feature)
        idle(desk, qtbot)
        (dialog,) = open_dialogs(desk)
        assert feature.attribute("uuid") in dialog.title.text()
        # Edits that are not saved must not be overtaken by a value given back.
        own.startEditing()
        own.changeAttributeValue(feature.id(), own.fields().lookupField("name"), "未保存")
        choose(dialog, 0, "Village code")
        qtbot.keyClicks(dialog.history.reason, "why")
        press(dialog.history.after, desk, qtbot)
        assert "Save the edits of farmland" in said(desk)
        own.rollBack()
    finally:
        registry.removeMapLayerAction(action)

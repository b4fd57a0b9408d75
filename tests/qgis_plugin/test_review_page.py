"""The step Review, pressed in a real QGIS: look at conflicts and pairs, decide them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from county import VILLAGE, known, outline, point, polygon
from drawn_text import drawn_whole
from PIL import Image
from pressing import idle, press, said, written_by_another

if TYPE_CHECKING:
    from county import County

PARCEL, HOUSE = known("farmland", 0), known("house", 0)


@pytest.fixture
def handed_out(county: County) -> County:
    for name in "ab":
        county.assign(name)
    return county


def both_merged(county: County) -> None:
    for name in "ab":
        county.merge(county.pack(name))


def opened(panel: Any, qtbot: Any, county: County) -> Any:
    both_merged(county)
    panel.desk.open(county.path)
    page = panel.show_step("review")
    idle(panel, qtbot)
    return page


def test_what_is_to_be_decided_is_read_while_another_program_writes(
    panel: Any, qtbot: Any, handed_out: County
) -> None:
    updated(handed_out, "house", HOUSE, storeys=(2, 3))
    page = opened(panel, qtbot, handed_out)
    before = page.tree.topLevelItemCount()
    assert before
    with written_by_another(handed_out.path):
        page.refresh()
        idle(panel, qtbot)
        assert page.tree.topLevelItemCount() == before and not said(panel)
        panel.show_step("inbox")
        idle(panel, qtbot)
        assert not said(panel)


def table(page: Any) -> dict[str, list[str]]:
    shown = page.decision.table
    return {
        shown.item(row, 0).text(): [
            shown.item(row, column).text() for column in range(1, shown.columnCount())
        ]
        for row in range(shown.rowCount())
    }


def listed(page: Any) -> list[str]:
    tree = page.tree
    return [tree.topLevelItem(place).text(2) for place in range(tree.topLevelItemCount())]


def updated(county: County, layer: str, record: str, **values: tuple[Any, Any]) -> None:
    """Each of two tablets writes its own value into columns of a record."""
    for place, name in enumerate("ab"):
        with county.survey(name) as survey:
            survey.update(layer, record, {key: both[place] for key, both in values.items()})


def row(county: County, layer: str, record: str) -> dict[str, Any]:
    with county.open() as file:
        found = file.get(layer, record)
        assert found is not None
        return found


def number_of(page: Any, surveyor: str) -> str:
    """Which side is a surveyor's."""
    return str(table(page)["Who"].index(surveyor))


def test_a_value_is_taken_with_a_reason_and_the_next_conflict_is_shown(
    panel: Any, qtbot: Any, handed_out: County
) -> None:
    updated(handed_out, "house", HOUSE, storeys=(2, 3), remark=("brick", "stone"))
    page = opened(panel, qtbot, handed_out)
    assert listed(page) == ["Remark", "Storeys"]
    assert "Remark" in page.decision.title.text()
    taken = number_of(page, "surveyor b")
    assert sorted(table(page)["Remark"][1:]) == ["brick", "stone"]
    assert table(page)["Remark"][int(taken)] == "stone"
    qtbot.keyClicks(page.decision.reason, "seen there")
    press(panel, qtbot, page.decision.buttons[taken])
    assert row(handed_out, "house", HOUSE)["remark"] == "stone"
    assert listed(page) == ["Storeys"] and "Storeys" in page.decision.title.text()
    assert page.decision.reason.text() == ""
    with handed_out.open() as file:
        from xiangtu.merge import batches

        assert list(batches.reasons(file).values()) == ["seen there"]


def test_a_whole_record_is_taken_from_one_side(panel: Any, qtbot: Any, handed_out: County) -> None:
    updated(handed_out, "house", HOUSE, storeys=(2, 3), remark=("brick", "stone"))
    page = opened(panel, qtbot, handed_out)
    page.decision.whole.setChecked(True)
    press(panel, qtbot, page.decision.buttons[number_of(page, "surveyor a")])
    found = row(handed_out, "house", HOUSE)
    assert (found["storeys"], found["remark"]) == (2, "brick")
    assert listed(page) == [] and page.decision.isHidden()
    assert "Nothing is left" in page.count.text()


def test_of_reshaped_outlines_both_are_drawn_and_the_combined_one_is_taken(
    panel: Any, qtbot: Any, handed_out: County
) -> None:
    for name, corners in (
        ("a", [(0, 100), (24, 100), (20, 120), (0, 120)]),
        ("b", [(0, 100), (20, 100), (20, 120), (-4, 120)]),
    ):
        with handed_out.survey(name) as survey:
            survey.update("farmland", PARCEL, {}, polygon(corners))
    page = opened(panel, qtbot, handed_out)
    left, right = page.decision.canvases
    assert not right.isHidden()
    drawn = [canvas.drawn() for canvas in (left, right)]
    # The neighbour in grey, what was before, the side itself.
    assert [len(each) for each in drawn] == [3, 3]
    assert [round(each[1].area()) for each in drawn] == [400, 400]
    assert [round(each[2].area()) for each in drawn] == [440, 440]
    assert not drawn[0][2].equals(drawn[1][2])
    left.setExtent(left.extent().buffered(20))
    assert right.extent().width() == pytest.approx(left.extent().width())
    page.decision.pickers[1].setCurrentIndex(2)
    assert round(right.drawn()[2].area()) == 480
    assert table(page)["Area (m²)"] == ["400.00", "440.00", "440.00", "480.00"]
    press(panel, qtbot, page.decision.buttons["combined"])
    assert row(handed_out, "farmland", PARCEL)["geometry"].area == pytest.approx(480)


def test_a_record_deleted_by_one_and_edited_by_another_is_kept_or_let_go(
    panel: Any, qtbot: Any, handed_out: County
) -> None:
    with handed_out.survey("a") as survey:
        survey.delete("farmland", PARCEL)
    with handed_out.survey("b") as survey:
        survey.update("farmland", PARCEL, {"remark": "terraced"})
    page = opened(panel, qtbot, handed_out)
    assert any("deleted" in cell for cell in table(page)["Says"])
    assert any("terraced" in cell for cell in table(page)["Says"])
    assert set(page.decision.buttons) == {"keep", "gone"}
    press(panel, qtbot, page.decision.buttons["gone"])
    with handed_out.open() as file:
        assert file.get("farmland", PARCEL) is None


def test_a_split_against_an_edit_offers_whole_parts_and_carry(
    panel: Any, qtbot: Any, handed_out: County
) -> None:
    with handed_out.survey("a") as survey:
        survey.update("farmland", PARCEL, {"ended_on": "2025-03-01"})
        parts = [
            survey.insert("farmland", {"village": VILLAGE}, outline(x, 100, 10)) for x in (0, 10)
        ]
        for part in parts:
            survey.descend("farmland", PARCEL, part, "split")
    with handed_out.survey("b") as survey:
        survey.update("farmland", PARCEL, {"remark": "terraced"})
    page = opened(panel, qtbot, handed_out)
    assert list(page.decision.buttons) == ["whole", "parts", "carry"]
    press(panel, qtbot, page.decision.buttons["carry"])
    assert [row(handed_out, "farmland", part)["remark"] for part in parts] == ["terraced"] * 2


def test_all_like_it_are_counted_and_decided_at_once(
    panel: Any, qtbot: Any, handed_out: County
) -> None:
    for place in range(3):
        updated(handed_out, "house", known("house", place), remark=("brick", "stone"))
    updated(handed_out, "house", HOUSE, storeys=(2, 3))
    page = opened(panel, qtbot, handed_out)
    assert "Remark" in page.decision.title.text()
    press(panel, qtbot, page.decision.all_like_it)
    from qgis_plugin.gui.review.bulk_dialog import BulkDialog

    (dialog,) = page.findChildren(BulkDialog)
    dialog.device.setCurrentIndex(dialog.device.findText("b", flags=_starts_with()))
    dialog.prefer.setCurrentIndex(dialog.prefer.findData("device"))
    idle(panel, qtbot)
    assert "3 of 3" in dialog.said.text()
    assert not dialog.decide.isEnabled(), "nobody said why"
    qtbot.keyClicks(dialog.reason, "team b had the plans")
    assert dialog.decide.text() == "Decide 3"
    press(panel, qtbot, dialog.decide)
    assert {row(handed_out, "house", known("house", at))["remark"] for at in range(3)} == {"stone"}
    assert listed(page) == ["Storeys"]


def _starts_with() -> Any:
    from qgis.PyQt.QtCore import Qt

    return Qt.MatchFlag.MatchStartsWith


def test_the_list_is_narrowed_down_by_what_conflicts_there_are(
    panel: Any, qtbot: Any, handed_out: County
) -> None:
    updated(handed_out, "house", HOUSE, remark=("brick", "stone"))
    updated(handed_out, "farmland", PARCEL, remark=("dry", "wet"))
    page = opened(panel, qtbot, handed_out)
    assert len(listed(page)) == 2
    assert page.village.itemText(1) == "石桥村"
    page.layer.setCurrentIndex(page.layer.findData("house"))
    page.layer.activated.emit(page.layer.currentIndex())
    idle(panel, qtbot)
    assert len(listed(page)) == 1 and page.tree.topLevelItem(0).text(0) == "House"
    press(panel, qtbot, page.decision.buttons["1"])
    assert page.layer.currentData() == "house" and listed(page) == [], "what is set stays set"


def test_more_than_a_page_is_listed_page_by_page(
    panel: Any, qtbot: Any, handed_out: County, monkeypatch: pytest.MonkeyPatch
) -> None:
    from qgis_plugin.gui.review import page as page_module
    from qgis_plugin.gui.review import reading

    for module in (page_module, reading):
        monkeypatch.setattr(module, "PAGE", 2)
    for place in range(3):
        updated(handed_out, "house", known("house", place), remark=("brick", "stone"))
    page = opened(panel, qtbot, handed_out)
    assert page.count.text() == "1 to 2 of 3" and not page.back.isEnabled()
    press(panel, qtbot, page.on)
    assert page.count.text() == "3 to 3 of 3" and not page.on.isEnabled()
    press(panel, qtbot, page.decision.buttons["1"])
    assert page.count.text() == "1 to 2 of 2", "an emptied page gives way to the one before it"


def two_wells(county: County) -> None:
    for name, x in (("a", 700.0), ("b", 700.4)):
        with county.survey(name) as survey:
            survey.insert("facility", {"village": VILLAGE, "name": f"well {name}"}, point(x))


def turn_to_pairs(panel: Any, qtbot: Any, page: Any) -> None:
    page.kind.setCurrentIndex(1)
    page.kind.activated.emit(1)
    idle(panel, qtbot)


def test_an_empty_list_says_what_waits_elsewhere_and_leads_there(
    panel: Any, qtbot: Any, handed_out: County
) -> None:
    two_wells(handed_out)
    updated(handed_out, "house", HOUSE, remark=("brick", "stone"))
    page = opened(panel, qtbot, handed_out)
    page.layer.addItem("Farmland", "farmland")
    page.layer.setCurrentIndex(page.layer.count() - 1)
    page.layer.activated.emit(page.layer.currentIndex())
    idle(panel, qtbot)
    assert listed(page) == [] and "to decide: 1" in page.count.text()
    press(panel, qtbot, page.other)
    assert len(listed(page)) == 1 and page.other.isHidden()
    press(panel, qtbot, page.decision.buttons["1"])
    assert listed(page) == [] and "possible duplicates to decide: 1" in page.count.text()
    press(panel, qtbot, page.other)
    assert page.kind.currentIndex() == 1 and len(listed(page)) == 1
    press(panel, qtbot, page.decision.buttons["apart"])
    assert "Nothing is left" in page.count.text() and page.other.isHidden()


@pytest.mark.parametrize("stays", ["well a", "well b"])
def test_a_pair_is_joined_into_the_one_that_is_chosen(
    panel: Any, qtbot: Any, handed_out: County, stays: str
) -> None:
    two_wells(handed_out)
    page = opened(panel, qtbot, handed_out)
    turn_to_pairs(panel, qtbot, page)
    names = table(page)["Name"]
    assert sorted(names) == ["well a", "well b"]
    assert page.decision.all_like_it.isHidden()
    button = list(page.decision.buttons.values())[names.index(stays)]
    press(panel, qtbot, button)
    with handed_out.open() as file:
        assert [each["name"] for each in file.select("facility")] == [stays]
    assert page.decision.isHidden()


def test_a_pair_is_kept_apart(panel: Any, qtbot: Any, handed_out: County) -> None:
    two_wells(handed_out)
    page = opened(panel, qtbot, handed_out)
    turn_to_pairs(panel, qtbot, page)
    press(panel, qtbot, page.decision.buttons["apart"])
    with handed_out.open() as file:
        from xiangtu.merge.duplicates import list_pairs

        assert [each.state for each in list_pairs(file)] == ["apart"]


def test_photos_of_both_are_shown_small_and_large_on_a_click(
    panel: Any, qtbot: Any, handed_out: County, tmp_path: Path
) -> None:
    from qgis.PyQt.QtCore import Qt
    from qgis.PyQt.QtWidgets import QDialog

    updated(handed_out, "house", HOUSE, remark=("brick", "stone"))
    for name in "ab":
        picture = tmp_path / f"{name}.jpg"
        Image.new("RGB", (640, 480), "red" if name == "a" else "blue").save(picture)
        with handed_out.survey(name) as survey:
            survey.attach(HOUSE, "house", picture, kind="photo", role="overview")
    page = opened(panel, qtbot, handed_out)
    strip = page.decision.photos
    assert strip.count() == 2 and not strip.isHidden()
    assert {strip.item(at).text().split()[0] for at in range(2)} == {"a", "b"}
    assert not strip.item(0).icon().isNull()
    at = strip.visualItemRect(strip.item(0)).center()
    qtbot.mouseClick(strip.viewport(), Qt.MouseButton.LeftButton, pos=at)
    assert strip.findChildren(QDialog, "photo")


def test_a_sensitive_value_stays_masked(panel: Any, qtbot: Any, handed_out: County) -> None:
    with handed_out.open() as file:
        household = file.insert("household", {"village": VILLAGE, "kind": "1"})
    for name, phone in (("a", "13800001111"), ("b", "13900002222")):
        handed_out.assign(name)
        with handed_out.survey(name) as survey:
            survey.update("household", household, {"telephone": phone})
    page = opened(panel, qtbot, handed_out)
    text = str(table(page))
    assert "1111" in text and "13800001111" not in text and "13900002222" not in text
    assert "secret" not in text


def test_a_conflict_settled_by_somebody_else_meanwhile_is_told_and_gone(
    panel: Any, qtbot: Any, handed_out: County
) -> None:
    updated(handed_out, "house", HOUSE, remark=("brick", "stone"))
    page = opened(panel, qtbot, handed_out)
    with handed_out.open() as file:
        from xiangtu.merge.conflicts import list_conflicts, take

        take(file, list_conflicts(file)[0].id, "1", author="another officer")
    press(panel, qtbot, page.decision.buttons["2"])
    assert listed(page) == []
    assert said(panel)
    assert page.decision.isHidden()


def test_values_to_choose_between_are_read_whole_in_a_narrow_panel(
    panel: Any, qtbot: Any, handed_out: County
) -> None:
    said = ("the wall along the stream was rebuilt with brick", "QX-2026-1126-0007-0000000019")
    updated(handed_out, "house", HOUSE, remark=said)
    page = opened(panel, qtbot, handed_out)
    view = page.decision.table
    assert drawn_whole(view, range(view.columnCount()))
    assert view.columnWidth(0) < view.columnWidth(1)


def test_the_codes_of_a_pair_are_read_whole_in_a_narrow_panel(
    panel: Any, qtbot: Any, handed_out: County
) -> None:
    two_wells(handed_out)
    page = opened(panel, qtbot, handed_out)
    turn_to_pairs(panel, qtbot, page)
    item = page.tree.topLevelItem(0)
    for place, code in ((1, "330110200100100000017"), (3, "330110200100100000018")):
        item.setText(place, code)
    assert drawn_whole(page.tree, range(4))


def test_the_wheel_scrolls_the_page_and_zooms_a_small_map_with_ctrl_alone(
    panel: Any, qtbot: Any, handed_out: County
) -> None:
    from qgis.PyQt.QtCore import QPoint, QPointF, Qt
    from qgis.PyQt.QtGui import QWheelEvent
    from qgis.PyQt.QtWidgets import QApplication

    updated(handed_out, "house", HOUSE, remark=("brick", "stone"))
    page = opened(panel, qtbot, handed_out)
    canvas = page.decision.canvases[0]
    first = canvas.extent()

    def turn(keys: Any) -> bool:
        event = QWheelEvent(
            QPointF(20, 20), QPointF(20, 20), QPoint(), QPoint(0, -120),
            Qt.MouseButton.NoButton, keys, Qt.ScrollPhase.NoScrollPhase, False,
        )  # fmt: skip
        event.ignore()
        QApplication.sendEvent(canvas.viewport(), event)
        return bool(event.isAccepted())

    assert not turn(Qt.KeyboardModifier.NoModifier), "it is left to what scrolls"
    assert canvas.extent() == first
    assert turn(Qt.KeyboardModifier.ControlModifier)
    assert canvas.extent().width() > 1.5 * first.width()
    press(panel, qtbot, page.decision.whole_place)
    assert canvas.extent().width() < 1.1 * first.width()
    assert canvas.extent().center().distance(first.center()) < 0.01

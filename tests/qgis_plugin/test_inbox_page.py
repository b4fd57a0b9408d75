"""The step Inbox, pressed in a real QGIS: look, try out, merge, be refused, undo."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from drawn_text import drawn_whole
from pressing import arrive, idle, press, said

if TYPE_CHECKING:
    from county import County


@pytest.fixture
def inbox(panel: Any, qtbot: Any, county: County, tmp_path: Path) -> Any:
    """The page with the small county open and an empty folder watched."""
    folder = tmp_path / "inbox"
    folder.mkdir()
    for name in "ab":
        county.assign(name)
    panel.desk.open(county.path)
    page = panel.show_step("inbox")
    page.packages.watch(folder)
    idle(panel, qtbot)
    return page


def answer(page: Any, qtbot: Any, name: str, button: str) -> Any:
    """Press a button of the question that is open."""
    from qgis.PyQt.QtCore import Qt
    from qgis.PyQt.QtWidgets import QMessageBox

    qtbot.waitUntil(lambda: bool(page.findChildren(QMessageBox, name)), timeout=20_000)
    box = page.findChildren(QMessageBox, name)[-1]
    qtbot.mouseClick(box.button(getattr(QMessageBox.StandardButton, button)),
                     Qt.MouseButton.LeftButton)  # fmt: skip
    return box


def rows(page: Any) -> list[tuple[str, str]]:
    tree = page.packages.tree
    items = [tree.topLevelItem(place) for place in range(tree.topLevelItemCount())]
    return [(item.text(0), item.text(3)) for item in items]


def below(item: Any) -> str:
    return "\n".join(item.child(place).text(0) for place in range(item.childCount()))


def edited(county: County, name: str, remark: str) -> Path:
    from county import known

    with county.survey(name) as survey:
        survey.update("farmland", known("farmland", 0), {"remark": remark})
    return county.pack(name)


def test_packages_that_come_into_the_folder_are_listed_and_merged_in_order(
    panel: Any, qtbot: Any, inbox: Any, county: County
) -> None:
    first, second = edited(county, "a", "one"), edited(county, "a", "two")
    other = edited(county, "b", "three")
    arrive(inbox, panel, qtbot, second)
    assert rows(inbox) == [("a, 2", "1 missing before it")]
    arrive(inbox, panel, qtbot, other)
    arrive(inbox, panel, qtbot, first)
    found = dict(rows(inbox))
    assert found == {
        "a, 1": "ready to merge",
        "a, 2": "ready to merge",
        "b, 1": "ready to merge",
    }
    item = inbox.packages.tree.topLevelItem(0)
    assert item.text(1).startswith("surveyor ") and "signature are right" in below(item)
    press(panel, qtbot, inbox.packages.try_out)
    assert set(dict(rows(inbox)).values()) == {"ready to merge"}, "nothing was written"
    press(panel, qtbot, inbox.packages.merge_all)
    assert all(state.startswith("merged, batch ") for _, state in rows(inbox))
    assert "conflicts 1," in said(panel)
    assert not inbox.packages.merge_all.isEnabled()
    assert "3" in inbox.batches.tree.topLevelItem(0).text(0)


def test_what_is_dropped_is_looked_at_a_stick_with_folders_too(
    panel: Any, qtbot: Any, inbox: Any, county: County, tmp_path: Path
) -> None:
    from qgis.PyQt.QtCore import QMimeData, QPointF, Qt, QUrl
    from qgis.PyQt.QtGui import QDropEvent

    stick = tmp_path / "stick" / "team a"
    stick.mkdir(parents=True)
    shutil.copy(edited(county, "a", "one"), stick)
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(stick.parent))])
    inbox.packages.tree.dropEvent(
        QDropEvent(QPointF(5, 5), Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton,
                   Qt.KeyboardModifier.NoModifier)
    )  # fmt: skip
    idle(panel, qtbot)
    assert rows(inbox) == [("a, 1", "ready to merge")]
    shutil.rmtree(stick.parent)
    press(panel, qtbot, inbox.packages.again)
    assert rows(inbox) == [], "the stick was pulled out"


def test_a_damaged_package_is_refused_in_words_listed_and_taken_off_the_list(
    panel: Any, qtbot: Any, inbox: Any, county: County
) -> None:
    good = edited(county, "a", "one")
    good.write_bytes(good.read_bytes()[:-300])
    there = arrive(inbox, panel, qtbot, good)
    assert rows(inbox) == [(there.name, "cannot be merged")]
    item = inbox.packages.tree.topLevelItem(0)
    assert below(item).startswith(f"{there.name}: "), (
        "without the folder, which is the same for all"
    )
    assert not inbox.packages.merge_all.isEnabled()
    item.setSelected(True)
    press(panel, qtbot, inbox.packages.merge_chosen)
    group = inbox.held.tree.topLevelItem(0)
    assert group.text(0) == "Packages refused (1)"
    assert "(1)" in inbox.tabs.tabText(1)
    inbox.tabs.setCurrentIndex(1)
    inbox.held.tree.setCurrentItem(group.child(0).child(0))
    press(panel, qtbot, inbox.held.dismiss)
    assert inbox.held.tree.topLevelItem(0).text(0) == "Nothing is held back."
    with county.open() as file:
        from xiangtu.package.refused_packages import list_refused

        assert list_refused(file) == []


def test_a_copied_tablets_package_is_taken_in_only_when_a_person_says_so(
    panel: Any, qtbot: Any, inbox: Any, county: County, tmp_path: Path
) -> None:
    copied = county.cloned(tmp_path / "copied")
    county.merge(edited(county, "a", "one"))
    arrive(inbox, panel, qtbot, edited(copied, "a", "another"))
    assert rows(inbox) == [("a, 1", "of a copied tablet")]
    assert not inbox.packages.merge_all.isEnabled()
    inbox.packages.tree.topLevelItem(0).setSelected(True)
    press(panel, qtbot, inbox.packages.merge_chosen)
    answer(inbox, qtbot, "copied", "No")
    idle(panel, qtbot)
    assert rows(inbox) == [("a, 1", "of a copied tablet")]
    press(panel, qtbot, inbox.packages.merge_chosen)
    answer(inbox, qtbot, "copied", "Yes")
    idle(panel, qtbot)
    assert rows(inbox)[0][1].startswith("merged, batch")


def test_a_package_that_waits_is_kept_and_follows_its_predecessor(
    panel: Any, qtbot: Any, inbox: Any, county: County
) -> None:
    first, second = edited(county, "a", "one"), edited(county, "a", "two")
    there = arrive(inbox, panel, qtbot, second)
    press(panel, qtbot, inbox.packages.merge_all)
    assert inbox.held.tree.topLevelItem(0).text(0) == "Packages waiting (1)"
    there.unlink()
    arrived = inbox.packages.tree
    qtbot.waitUntil(lambda: arrived.topLevelItemCount() == 0, timeout=20_000)
    arrive(inbox, panel, qtbot, first)
    press(panel, qtbot, inbox.packages.merge_all)
    assert "Package 2:" in below(inbox.packages.tree.topLevelItem(0))
    assert inbox.held.tree.topLevelItem(0).text(0) == "Nothing is held back."


def test_a_record_that_cannot_stand_is_listed_with_its_reason(
    panel: Any, qtbot: Any, inbox: Any, county: County
) -> None:
    from county import known

    with county.survey("a") as survey:
        survey.update("house", known("house", 0), {"storeys": 2})
        with survey.atomic(quiet=True):  # the row is not what its journal says
            survey.connection.execute("UPDATE house SET storeys = 9 WHERE storeys = 2")
    arrive(inbox, panel, qtbot, county.pack("a"))
    press(panel, qtbot, inbox.packages.merge_all)
    assert "Held back: House" in below(inbox.packages.tree.topLevelItem(0))
    group = inbox.held.tree.topLevelItem(0)
    assert group.text(0) == "Records held back (1)"
    assert "2" in group.child(0).child(0).text(0) and "9" in group.child(0).child(0).text(0)


def test_undoing_names_what_builds_on_a_batch_and_asks_first(
    panel: Any, qtbot: Any, inbox: Any, county: County
) -> None:
    first = county.merge(edited(county, "a", "one")).batch
    county.assign("b")
    second = county.merge(edited(county, "b", "two")).batch
    inbox.tabs.setCurrentIndex(2)
    panel.show_step("county")
    panel.show_step("inbox")
    idle(panel, qtbot)
    tree = inbox.batches.tree
    numbers = {int(tree.topLevelItem(at).text(0).split()[0]): tree.topLevelItem(at)
               for at in range(tree.topLevelItemCount())}  # fmt: skip
    tree.setCurrentItem(numbers[first])
    press(panel, qtbot, inbox.batches.undo)
    box = answer(inbox, qtbot, "undo", "Close")
    assert str(second) in box.informativeText() and f"batch {second}" in box.detailedText()
    tree.setCurrentItem(numbers[second])
    press(panel, qtbot, inbox.batches.undo)
    answer(inbox, qtbot, "undo", "Cancel")
    idle(panel, qtbot)
    assert not tree.topLevelItem(0).text(0).endswith("undoing")
    press(panel, qtbot, inbox.batches.undo)
    answer(inbox, qtbot, "undo", "Yes")
    idle(panel, qtbot)
    assert tree.topLevelItem(0).text(0).endswith("undoing")
    with county.open() as file:
        from county import known

        assert file.get("farmland", known("farmland", 0))["remark"] == "one"


def test_cancelling_leaves_the_county_as_it_was(
    panel: Any, qtbot: Any, inbox: Any, county: County, monkeypatch: pytest.MonkeyPatch
) -> None:
    from xiangtu.merge import plan

    arrive(inbox, panel, qtbot, edited(county, "a", "one"))
    real = plan.take_in

    def pressed_meanwhile(*given: Any) -> Any:
        panel.desk._tasks[0].cancel()
        return real(*given)

    monkeypatch.setattr(plan, "take_in", pressed_meanwhile)
    press(panel, qtbot, inbox.packages.merge_all)
    assert rows(inbox) == [("a, 1", "ready to merge")]
    assert "Cancelled" in said(panel)


def test_receipts_are_written_for_the_tablets_of_the_packages(
    panel: Any, qtbot: Any, inbox: Any, county: County, tmp_path: Path
) -> None:
    from xiangtu.package.receipt import read_receipt

    arrive(inbox, panel, qtbot, edited(county, "a", "one"))
    inbox.packages.write_receipts(tmp_path)
    idle(panel, qtbot)
    assert list(tmp_path.glob("*.xtr")) == [], "nothing was merged yet"
    press(panel, qtbot, inbox.packages.merge_all)
    inbox.packages.write_receipts(tmp_path)
    idle(panel, qtbot)
    (receipt,) = tmp_path.glob("a-*.xtr")
    assert read_receipt(county.tablets["a"].folder, receipt).merged == 1


def test_without_the_countys_key_it_says_so_and_lists_nothing(
    panel: Any, qtbot: Any, inbox: Any, county: County
) -> None:
    county.path.with_suffix(".key").rename(county.folder / "away.key")
    press(panel, qtbot, inbox.packages.again)
    text = said(panel)
    assert "county.key" in text and rows(inbox) == []


def test_how_packages_and_batches_stand_is_read_whole_in_a_narrow_panel(
    panel: Any, qtbot: Any, inbox: Any, county: County
) -> None:
    county.merge(arrive(inbox, panel, qtbot, edited(county, "a", "one")))
    damaged = edited(county, "b", "two")
    damaged.write_bytes(damaged.read_bytes()[:-300])
    arrive(inbox, panel, qtbot, damaged)
    press(panel, qtbot, inbox.packages.again)
    assert any(state.startswith("merged, batch") for _, state in rows(inbox))
    inbox.tabs.setCurrentIndex(2)
    inbox.batches.refresh()
    idle(panel, qtbot)
    batches = inbox.batches.tree
    what = [batches.topLevelItem(at).text(1) for at in range(batches.topLevelItemCount())]
    assert what and all(what)
    assert batches.isColumnHidden(3), "nothing was undone"
    inbox.packages.tree.expandAll()
    assert drawn_whole(inbox.packages.tree, range(4))
    assert drawn_whole(batches, range(3))

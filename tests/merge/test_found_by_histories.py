"""What histories found, each fault by its name: held records, parts of what was deleted, pairs."""

from __future__ import annotations

import pytest
from county import VILLAGE, County, known, orphans, outline, state
from xiangtu.errors import MergeRefused
from xiangtu.geo import blobs
from xiangtu.merge import conflicts
from xiangtu.merge.changes import LINEAGE, RECORD
from xiangtu.merge.duplicates import list_pairs
from xiangtu.merge.held import list_held
from xiangtu.merge.joining import join

HOUSE, HOMESTEAD = known("house", 0), known("homestead", 0)


def in_conflict(world: County) -> list[tuple[str, str]]:
    with world.open() as file:
        return [(each.record, each.unit) for each in conflicts.list_conflicts(file)]


def test_a_photo_of_a_record_whose_edit_is_held_is_taken(world):
    """The record itself stands: it was there before."""
    with world.survey("a") as file:
        file.update("homestead", HOMESTEAD, {}, outline(1))
        photo = file.insert(
            "attachment", {"record": HOMESTEAD, "layer": "homestead", "sha256": "0" * 64}
        )
        wrong = blobs.encode_one(outline(1), 3857)
        file.connection.execute(
            "UPDATE change_value SET new = ? WHERE field = 'geometry'", (wrong,)
        )
    report = world.merge(world.pack("a"))
    assert {each["record"] for each in report.held} == {HOMESTEAD}
    with world.open() as file:
        assert file.get("attachment", photo)


@pytest.mark.parametrize("order", ["ab", "ba"])
def test_a_deletion_of_parent_and_part_beside_one_of_the_part_leaves_neither(world, order):
    """Whoever deleted the parent had edited the part before: that edit keeps nothing."""
    with world.survey("a") as file:
        file.update("house", HOUSE, {"storeys": 2})
        file.delete("homestead", HOMESTEAD)
    with world.survey("b") as file:
        file.delete("house", HOUSE)
    packages = {name: world.pack(name) for name in "ab"}
    for name in order:
        world.merge(packages[name])
    assert in_conflict(world) == []
    with world.open() as file:
        assert file.get("homestead", HOMESTEAD) is file.get("house", HOUSE) is None


def test_a_part_decided_to_stay_keeps_what_it_is_a_part_of(world):
    with world.survey("a") as file:
        file.delete("house", HOUSE)
        file.delete("homestead", HOMESTEAD)
    with world.survey("b") as file:
        file.update("house", HOUSE, {"storeys": 2})
    for name in "ab":
        world.merge(world.pack(name))
    with world.open() as file:
        found = {each.record: each.id for each in conflicts.list_conflicts(file)}
        conflicts.take_all(
            file,
            [(found[HOMESTEAD], "gone"), (found[HOUSE], "keep")],
            author="officer",
        )
        assert file.get("homestead", HOMESTEAD) and file.get("house", HOUSE)
    assert in_conflict(world) == []


def test_an_edit_of_a_house_that_moved_away_keeps_no_deleted_homestead(world):
    other = known("homestead", 1)
    with world.survey("b") as file:
        file.update("house", HOUSE, {"homestead_uuid": other})
    world.merge(world.pack("b"))
    with world.survey("a") as file:
        file.delete("homestead", HOMESTEAD)
    world.merge(world.pack("a"))
    with world.survey("b") as file:
        file.update("house", HOUSE, {"storeys": 3})
    world.merge(world.pack("b"))
    assert (HOMESTEAD, RECORD) not in in_conflict(world)
    with world.open() as file:
        assert file.get("homestead", HOMESTEAD) is None
        assert file.get("house", HOUSE)["homestead_uuid"] == other


def test_a_house_moved_in_the_office_to_a_homestead_in_question_is_one_of_its_parts(world):
    other = known("homestead", 1)
    with world.survey("a") as file:
        file.delete("homestead", other)
    with world.survey("b") as file:
        file.update("homestead", other, {"remark": "lived in"})
    for name in "ab":
        world.merge(world.pack(name))
    with world.open() as file:
        file.sign_in(author="officer")
        file.update("house", HOUSE, {"homestead_uuid": other})
        (conflict,) = conflicts.list_conflicts(file, conflicts.Which(record=other))
        moved = file.history(HOUSE)[-1].uuid
        assert moved in {head.change for head in conflict.heads}
        conflicts.take(file, conflict.id, "gone", author="officer")
        assert file.get("house", HOUSE) is None, "what goes takes its parts along"


def test_parts_deleted_in_the_office_leave_no_split_to_decide(world):
    parcel = known("farmland", 0)
    with world.survey("a") as file:
        part = file.insert("farmland", {"village": VILLAGE}, outline(0, 100, 10))
        file.descend("farmland", parcel, part, "split")
        file.update("farmland", parcel, {"ended_on": "2026-05-01"})
    with world.survey("b") as file:
        file.update("farmland", parcel, {"crop": "rice"})
    for name in "ab":
        world.merge(world.pack(name))
    assert in_conflict(world) == [(parcel, LINEAGE)]
    with world.open() as file:
        file.sign_in(author="officer")
        file.delete("farmland", part)
    assert in_conflict(world) == []


def test_a_decision_about_outlines_looks_for_pairs_again(world):
    """While in conflict the outline shown overlaps another team's new parcel; then it does not."""
    parcel = known("farmland", 0)
    low, high = sorted("ab", key=lambda name: world.tablets[name].device_id)
    with world.survey(low) as file:
        file.update("farmland", parcel, {}, outline(0, 400))
    with world.survey(high) as file:
        file.update("farmland", parcel, {}, outline(0, 500))
        new = file.insert("farmland", {"village": VILLAGE}, outline(0.5, 400))
    for name in (low, high):
        world.merge(world.pack(name))
    with world.open() as file:
        assert [{each.a, each.b} for each in list_pairs(file, "open")] == [{parcel, new}]
        (conflict,) = conflicts.list_conflicts(file)
        conflicts.take(file, conflict.id, "2", author="officer")
        assert list_pairs(file, "open") == []


def test_what_was_held_is_held_again_for_what_it_still_lacks(world):
    """Held for its beginning; that comes, but under a parent that is not there."""
    with world.survey("a") as file:
        home = file.insert("homestead", {"village": VILLAGE}, outline(300))
    first = world.pack("a")
    with world.survey("a") as file:
        house = file.insert(
            "house", {"village": VILLAGE, "homestead_uuid": home}, outline(302, 2, 8, 8)
        )
    second = world.pack("a")
    batches = [world.merge(package).batch for package in (first, second)]
    world.assign("b")
    for batch in reversed(batches):
        world.undo(batch)
    before = state(world)
    with world.survey("b") as file:
        file.update("house", house, {"storeys": 2})
    late = world.merge(world.pack("b"))
    assert [each["code"] for each in late.held] == ["held.unknown_record"]
    world.undo(late.batch)
    assert state(world) == before
    world.merge(world.folder / late_package(world))
    for package in (first, second):
        world.merge(package)
    with world.open() as file:
        assert list_held(file, open_only=True) == []
        assert file.get("house", house)["storeys"] == 2


def late_package(world: County) -> str:
    """The newest package that tablet b made."""
    return max(world.folder.glob("b_*.xtp"), key=lambda path: path.stat().st_mtime_ns).name


def test_a_photo_that_the_deleter_never_had_goes_with_its_record(world):
    """Photos are not handed out; whoever deletes the house after they came takes them along."""
    with world.survey("a") as file:
        photo = file.insert("attachment", {"record": HOUSE, "layer": "house", "sha256": "0" * 64})
    world.merge(world.pack("a"))
    world.assign("b")
    with world.survey("b") as file:
        assert file.get("attachment", photo) is None
        file.delete("homestead", HOMESTEAD)
    report = world.merge(world.pack("b"))
    with world.open() as file:
        assert file.get("attachment", photo) is file.get("house", HOUSE) is None
    assert in_conflict(world) == []
    world.undo(report.batch)
    with world.open() as file:
        assert file.get("attachment", photo) and file.get("house", HOUSE)


def test_a_homestead_deleted_after_its_house_is_not_outlived_by_it(world):
    """The house was deleted beside a photo of it, and stays in conflict; whoever then deletes the
    homestead had been told of the photo, so that nothing is left in question."""
    with world.survey("b") as file:
        file.insert("attachment", {"record": HOUSE, "layer": "house", "sha256": "0" * 64})
    with world.survey("a") as file:
        file.delete("house", HOUSE)
    world.merge(world.pack("b"))
    world.assign("a")
    with world.survey("a") as file:
        file.delete("homestead", HOMESTEAD)
    world.merge(world.pack("a"))
    assert in_conflict(world) == []
    with world.open() as file:
        assert orphans(file) == []
        assert file.get("homestead", HOMESTEAD) is file.get("house", HOUSE) is None


def test_what_a_joining_took_over_is_not_undone_under_it(world):
    """The survivor has a remark from the record that was joined to it."""
    uuids = {}
    for name, moved in zip("ab", (0.0, 0.3), strict=True):
        with world.survey(name) as file:
            uuids[name] = file.insert(
                "house", {"village": VILLAGE, "homestead_uuid": HOMESTEAD}, outline(12 + moved, 12)
            )
        world.merge(world.pack(name))
    with world.survey("b") as file:
        file.update("house", uuids["b"], {"remark": "dry"})
    remark = world.merge(world.pack("b"))
    with world.open() as file:
        (pair,) = list_pairs(file, "open")
        join(file, pair.id, author="officer", survivor=uuids["a"])
        assert file.get("house", uuids["a"])["remark"] == "dry"
    with pytest.raises(MergeRefused) as fault:
        world.undo(remark.batch)
    assert fault.value.code == "undo.depends"


def test_an_edit_of_a_photo_that_went_with_its_record_brings_both_back_into_question(world):
    """Whoever deleted the house never had its photo; the one who took it captions it meanwhile."""
    with world.survey("a") as file:
        photo = file.insert("attachment", {"record": HOUSE, "layer": "house", "sha256": "0" * 64})
    world.merge(world.pack("a"))
    world.assign("b")
    with world.survey("b") as file:
        file.delete("house", HOUSE)
    world.merge(world.pack("b"))
    with world.survey("a") as file:
        file.update("attachment", photo, {"caption": "the gable"})
    world.merge(world.pack("a"))
    assert (HOUSE, RECORD) in in_conflict(world)
    with world.open() as file:
        assert file.get("house", HOUSE)
        assert file.get("attachment", photo)["caption"] == "the gable"


def test_what_comes_of_a_record_without_a_change_to_it_is_held_against_edits_of_it(world):
    """An adjusted parcel beside the old one, which the office has edited meanwhile."""
    parcel = known("farmland", 0)
    with world.survey("a") as file:
        new = file.insert("farmland", {"village": VILLAGE}, outline(0, 100, 18))
        file.descend("farmland", parcel, new, "adjustment")
    with world.open() as file:
        file.sign_in(author="officer")
        file.update("farmland", parcel, {"crop": "rice"})
    world.merge(world.pack("a"))
    assert in_conflict(world) == [(parcel, LINEAGE)]


def test_a_third_side_of_an_open_conflict_is_told(world):
    with world.open() as file:
        file.sign_in(author="officer")
        file.update("house", HOUSE, {"storeys": 1})
    told = []
    for name, storeys in (("a", 2), ("b", 3)):
        with world.survey(name) as file:
            file.update("house", HOUSE, {"storeys": storeys})
        told.append(world.merge(world.pack(name)).conflicts)
    assert told[0] == told[1] != ()
    with world.open() as file:
        (conflict,) = conflicts.list_conflicts(file)
        assert {head.values["storeys"] for head in conflict.heads} == {1, 2, 3}

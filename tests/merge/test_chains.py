"""Packages out of order, missing, repeated, from clones and backups, and clocks that are wrong."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from county import VILLAGE, County, known, outline, point, state
from xiangtu.errors import BadPackage
from xiangtu.merge import conflicts
from xiangtu.merge.held import list_held
from xiangtu.merge.waiting import list_waiting
from xiangtu.package.refused_packages import list_refused
from xiangtu.package.survey_package import pack
from xiangtu.store import SurveyFile

HOUSE = known("house", 0)


def storeys(world: County, name: str, count: int, house: str = HOUSE) -> None:
    with world.survey(name) as file:
        file.update("house", house, {"storeys": count})


def shown(world: County, house: str = HOUSE) -> object:
    with world.open() as file:
        row = file.get("house", house)
        return row and row["storeys"]


def open_held(world: County) -> list[tuple[str, str]]:
    with world.open() as file:
        return [(each.layer, each.code) for each in list_held(file, open_only=True)]


def test_an_update_before_its_insert_waits_and_goes_in_with_it(world):
    with world.survey("a") as file:
        new = file.insert(
            "house", {"village": VILLAGE, "homestead_uuid": known("homestead", 0)}, outline(12, 12)
        )
    first = world.pack("a")
    batch = world.merge(first).batch
    world.assign("b")
    world.undo(batch)
    storeys(world, "b", 4, new)
    report = world.merge(world.pack("b"))
    assert [each["code"] for each in report.held] == ["held.unknown_record"]
    assert shown(world, new) is None
    world.merge(first)
    assert open_held(world) == []
    assert shown(world, new) == 4


def test_an_edit_that_had_seen_both_sides_settles_the_conflict_by_itself(world):
    low, high = sorted("ab", key=lambda name: world.tablets[name].device_id)
    for name, count in ((low, 2), (high, 3)):
        storeys(world, name, count)
        world.merge(world.pack(name))
    world.assign(high)  # what is shown, the lowest device's, and its own earlier value
    storeys(world, high, 5)
    report = world.merge(world.pack(high))
    assert len(report.settled) == 1
    assert shown(world) == 5
    with world.open() as file:
        assert conflicts.list_conflicts(file) == []


def test_a_conflict_whose_base_comes_back_settles_itself(world):
    """Beside a base that was undone two sides differ only in what both had from it."""
    with world.survey("a") as file:
        file.update("homestead", known("homestead", 0), {}, outline(1))
    first = world.pack("a")
    batch = world.merge(first).batch
    world.assign("b")
    world.undo(batch)
    with world.survey("b") as file:
        # As a program does that knows only the accuracy, and not the unit it belongs to.
        file.update("homestead", known("homestead", 0), {"horizontal_accuracy_m": 0.5})
        file.connection.execute("DELETE FROM change_value WHERE field <> 'horizontal_accuracy_m'")
    with world.open() as file:
        file.sign_in(author="officer")
        file.update("homestead", known("homestead", 0), {"horizontal_accuracy_m": 0.5}, outline(1))
    assert len(world.merge(world.pack("b")).conflicts) == 1
    assert len(world.merge(first).settled) == 1
    with world.open() as file:
        assert conflicts.list_conflicts(file) == []


def test_packages_that_come_last_first_all_wait_for_the_one_that_is_missing(world):
    packages = []
    for count in (2, 3, 4):
        storeys(world, "a", count)
        packages.append(world.pack("a"))
    for package in reversed(packages[1:]):
        assert world.merge(package).waits_for == 1
    with world.open() as file:
        assert [each["missing"] for each in list_waiting(file)] == [[1], [1]]
    report = world.merge(packages[0])
    (second,) = report.followed
    assert [each.state for each in second.followed] == ["merged"]
    assert shown(world) == 4
    assert world.merge(packages[1]).state == "already"


def test_a_package_that_was_undone_is_missing_again(world):
    packages = [edited_and_packed(world, "a", count) for count in (2, 3, 4)]
    batches = [world.merge(package).batch for package in packages[:2]]
    world.undo(batches[1])
    assert world.merge(packages[2]).waits_for == 2
    with world.open() as file:
        assert [each["missing"] for each in list_waiting(file)] == [[2]]


def test_an_old_assignment_answered_after_a_newer_one_is_taken_for_what_it_had_seen(world):
    storeys(world, "a", 2)
    late = world.pack("a")
    storeys(world, "b", 2)
    world.merge(world.pack("b"))
    with world.open() as file:
        file.sign_in(author="officer")
        file.update("house", HOUSE, {"storeys": 3})
    world.assign("a")  # it takes the newer assignment in before its older work is merged
    with world.survey("a") as file:
        assert file.get("house", HOUSE)["storeys"] == 2, "its own work is not written over"
        file.update("house", HOUSE, {"structure": "4"})
    newer = world.pack("a")
    assert world.merge(newer).state == "waiting"
    report = world.merge(late)
    assert len(report.conflicts) == 1, "the office's 3 was not seen by the 2"
    with world.open() as file:
        (conflict,) = conflicts.list_conflicts(file)
        assert {head.values["storeys"] for head in conflict.heads} == {2, 3}
        assert file.get("house", HOUSE)["structure"] == "4"


# -- clones and backups ----------------------------------------------------------------------


def in_a_clone(world: County, name: str, work: Callable[[], Path]) -> Path:
    """What `work` packs on a copy of the tablet; afterwards the tablet is as before."""
    tablet = world.tablets[name].folder
    aside = world.folder / "aside"
    shutil.copytree(tablet, aside)
    package = work()
    shutil.rmtree(tablet)
    shutil.move(aside, tablet)
    return package


def edited_and_packed(world: County, name: str, count: int, house: str = HOUSE) -> Path:
    storeys(world, name, count, house)
    return world.pack(name)


def refused(world: County, package: Path) -> BadPackage:
    before = state(world)
    with pytest.raises(BadPackage) as fault:
        world.merge(package)
    assert state(world) == before
    return fault.value


def test_the_second_of_two_tablets_with_one_identity_is_recognised(world):
    clone = in_a_clone(world, "a", lambda: edited_and_packed(world, "a", 9))
    world.merge(edited_and_packed(world, "a", 2))
    fault = refused(world, clone)
    assert fault.code == "package.number_used_twice"
    assert fault.facts["device"] == world.tablets["a"].device_id
    assert shown(world) == 2


def test_a_clones_next_package_is_recognised_by_the_one_before_it(world):
    def twice() -> Path:
        edited_and_packed(world, "a", 8)
        return edited_and_packed(world, "a", 9)

    clone = in_a_clone(world, "a", twice)
    world.merge(edited_and_packed(world, "a", 2))
    assert refused(world, clone).code == "package.other_chain"


def test_what_a_clone_surveyed_can_be_taken_in_as_another_tablets(world):
    """Both went on from one shared change; each is then a side of its own."""
    storeys(world, "a", 1)  # made before the tablet was cloned, so both have it

    def twice() -> Path:
        first = edited_and_packed(world, "a", 8)
        with world.survey("a") as file:
            file.update("house", known("house", 1), {"storeys": 7})
        clones.append(first)
        return world.pack("a")

    clones: list[Path] = []
    clones.append(in_a_clone(world, "a", twice))
    world.merge(edited_and_packed(world, "a", 2))
    before = state(world)
    assert refused(world, clones[0]).code == "package.number_used_twice"
    report = world.merge(clones[0], clone=True)
    assert (report.state, report.changes) == ("merged", 1), "the shared change is not there twice"
    with world.open() as file:
        (conflict,) = conflicts.list_conflicts(file)
        assert {head.values["storeys"] for head in conflict.heads} == {2, 8}
        assert conflict.base == {"storeys": 1}
    second = world.merge(clones[1], clone=True)
    assert second.device == report.device != world.tablets["a"].device_id
    assert shown(world, known("house", 1)) == 7
    assert world.merge(clones[0], clone=True).state == "already"
    merged = state(world)
    for each in (second, report):
        world.undo(each.batch)
    assert state(world) == before
    for package in clones:
        world.merge(package, clone=True)
    assert state(world) == merged
    world.merge(edited_and_packed(world, "a", 3))  # the tablet itself goes on as before
    assert not refused_devices(world)


def test_two_that_part_again_after_a_clone_was_taken_in_are_both_taken(world):
    found: list[Path] = []

    def twice() -> Path:
        found.append(edited_and_packed(world, "a", 8))
        tablet = world.tablets["a"].folder
        shutil.copytree(tablet, world.folder / "again")
        found.append(edited_and_packed(world, "a", 5, known("house", 1)))
        shutil.rmtree(tablet)
        shutil.move(world.folder / "again", tablet)
        return edited_and_packed(world, "a", 6, known("house", 1))

    found.append(in_a_clone(world, "a", twice))
    world.merge(edited_and_packed(world, "a", 2))
    devices = [world.merge(package, clone=True).device for package in found]
    assert devices[0] == devices[1] != devices[2]
    with world.open() as file:
        sides = {
            each.record: {head.values["storeys"] for head in each.heads}
            for each in conflicts.list_conflicts(file)
        }
    assert sides == {HOUSE: {2, 8}, known("house", 1): {5, 6}}


def refused_devices(world: County) -> list[str]:
    """Tablets that have a refused package at the county."""
    with world.open() as file:
        return [each.device for each in list_refused(file)]


def test_what_is_no_clones_is_not_taken_for_one(world):
    with pytest.raises(BadPackage) as fault:
        world.merge(edited_and_packed(world, "a", 2), clone=True)
    assert fault.value.code == "package.no_clone"


def test_a_tablet_restored_from_a_backup_repeats_numbers_with_other_contents(world):
    """The package's number is free, since the county undid the one before: its changes are not."""
    first = edited_and_packed(world, "a", 2)
    world.undo(world.merge(first).batch)
    with world.survey("a") as file:
        file.connection.execute("UPDATE change_value SET new = 7 WHERE field = 'storeys'")
        file.connection.execute("UPDATE house SET storeys = 7 WHERE uuid = ?", (HOUSE,))
    again = world.folder / "again.xtp"
    pack(world.tablets["a"].folder, again, again=1)
    assert refused(world, again).code == "package.other_contents"
    world.merge(first)
    assert shown(world) == 2


@pytest.mark.parametrize(("shift", "code"), [(1, "package.gap"), (-1, "package.overlap")])
def test_a_package_that_does_not_begin_where_the_last_ended_is_refused(world, shift, code):
    world.merge(edited_and_packed(world, "a", 2))
    with world.open() as file:
        file.connection.execute("UPDATE package SET last_change = last_change - ?", (shift,))
    assert refused(world, edited_and_packed(world, "a", 3)).code == code


# -- clocks ----------------------------------------------------------------------------------


def set_clock(file: SurveyFile, time: str) -> None:
    """As if the tablet's clock had been wrong when all this was written."""
    file.connection.execute("UPDATE change SET time = ?", (time,))


@pytest.mark.parametrize("time", ["1999-01-01T00:00:00.000Z", "2051-07-01T00:00:00.000Z"])
def test_a_clock_that_is_wrong_by_years_is_told_and_decides_nothing(world, time):
    plain = world.cloned(world.folder.parent / "plain")
    reports = []
    for each, wrong in ((plain, None), (world, time)):
        for name, count in (("a", 2), ("b", 3)):
            storeys(each, name, count)
            if wrong and name == "a":
                with each.survey("a") as file:
                    set_clock(file, wrong)
            reports.append(each.merge(each.pack(name)))
    assert [report.clock is not None for report in reports] == [False, False, True, False]
    told = reports[2].clock
    assert told is not None
    assert (told["changes"], told["first"], told["last"]) == (1, time, time)
    assert not str(told["after"]) <= time <= str(told["before"])
    assert shown(world) == shown(plain), "which side is shown does not follow the clock"
    with world.open() as file:
        (conflict,) = conflicts.list_conflicts(file)
        assert {head.values["storeys"] for head in conflict.heads} == {2, 3}


# -- one identity in two layers --------------------------------------------------------------


@pytest.mark.parametrize("order", ["ab", "ba"])
def test_one_identity_in_two_layers_belongs_to_the_lower_device_in_either_order(world, order):
    low, high = sorted("ab", key=lambda name: world.tablets[name].device_id)
    uuid = known("relic", 77)
    with world.survey(low) as file:
        file.insert("homestead", {"village": VILLAGE}, outline(300), uuid)
    with world.survey(high) as file:
        file.insert("farmland", {"village": VILLAGE}, outline(400), uuid)
        photo = file.attach(uuid, "farmland", b"the field")
    packages = {name: world.pack(name) for name in "ab"}
    for name in order:
        world.merge(packages[name])
    with world.open() as file:
        assert file.get("homestead", uuid)
        assert file.get("farmland", uuid) is None
        assert file.get("attachment", photo) is None, "it is of the field, not of the homestead"
        assert {entry.layer for entry in file.history(uuid)} == {"homestead", "farmland"}
    assert sorted(open_held(world)) == [
        ("attachment", "held.parent"),
        ("farmland", "held.two_layers"),
    ]


def test_undoing_the_batch_that_took_an_identity_over_gives_it_back(world):
    low, high = sorted("ab", key=lambda name: world.tablets[name].device_id)
    uuid = known("relic", 77)
    with world.survey(high) as file:
        file.insert("farmland", {"village": VILLAGE}, outline(400), uuid)
    world.merge(world.pack(high))
    before = state(world)
    with world.survey(low) as file:
        file.insert("homestead", {"village": VILLAGE}, outline(300), uuid)
    report = world.merge(world.pack(low))
    assert open_held(world) == [("farmland", "held.two_layers")]
    world.undo(report.batch)
    assert state(world) == before


def test_what_was_pasted_into_another_layer_keeps_nothing_of_the_county_out(world):
    """A program pasted a homestead as a facility, identity and all; the county has redrawn the
    homestead meanwhile, and hands it out anew."""
    homestead = known("homestead", 0)
    with world.survey("a") as file:
        file.insert("facility", {"village": VILLAGE, "kind": "well"}, point(310), homestead)
    with world.open() as file:
        file.sign_in(author="officer")
        file.update("homestead", homestead, {}, outline(0, 0, 25, 25))
        redrawn = file.get("homestead", homestead)["geometry"]
    world.assign("a")
    with world.survey("a") as file:
        assert file.get("homestead", homestead)["geometry"] == redrawn
        assert file.get("facility", homestead)["kind"] == "well"
        assert not conflicts.list_conflicts(file)
    world.merge(world.pack("a"))
    assert open_held(world) == [("facility", "held.two_layers")]


@pytest.mark.parametrize("order", ["ab", "ba"])
def test_an_identity_stays_where_the_office_worked_on_it_when_that_is_deleted(world, order):
    """The photo that the office took of it goes with the house; what it says of the house stays."""
    low, high = sorted("ab", key=lambda name: world.tablets[name].device_id)
    with world.survey(high) as file:
        house = file.insert(
            "house", {"village": VILLAGE, "homestead_uuid": known("homestead", 0)}, outline(3, 12)
        )
    world.merge(world.pack(high))
    with world.open() as file:
        file.sign_in(author="officer")
        file.attach(house, "house", b"by the office")
    world.assign(high)
    with world.survey(high) as file:
        file.delete("house", house)
    with world.survey(low) as file:
        file.insert("facility", {"village": VILLAGE, "kind": "well"}, point(310), house)
    packages = {"a": world.pack("a"), "b": world.pack("b")}
    for name in order:
        world.merge(packages[name])
    assert open_held(world) == [("facility", "held.two_layers")]
    with world.open() as file:
        assert file.get("house", house) is file.get("facility", house) is None


@pytest.mark.parametrize("order", ["ab", "ba"])
def test_what_was_once_a_part_of_an_identity_that_is_taken_over_is_held(world, order):
    """Its beginning says that it belongs to what is not there, though it was deleted since."""
    low, high = sorted("ab", key=lambda name: world.tablets[name].device_id)
    uuid = known("relic", 77)
    with world.survey(high) as file:
        file.insert("homestead", {"village": VILLAGE}, outline(300), uuid)
        house = file.insert("house", {"village": VILLAGE, "homestead_uuid": uuid}, outline(301))
        file.delete("house", house)
    with world.survey(low) as file:
        file.insert("farmland", {"village": VILLAGE}, outline(400), uuid)
    packages = {name: world.pack(name) for name in "ab"}
    for name in order:
        world.merge(packages[name])
    assert sorted(open_held(world)) == [
        ("homestead", "held.two_layers"),
        ("house", "held.parent"),
    ]


def test_an_identity_begun_again_in_another_layer_is_taken_out_of_that_by_undoing(world):
    uuid = known("relic", 77)
    before = state(world)
    with world.survey("a") as file:
        file.insert("homestead", {"village": VILLAGE}, outline(300), uuid)
    world.undo(world.merge(world.pack("a")).batch)
    with world.survey("b") as file:
        file.insert("farmland", {"village": VILLAGE}, outline(400), uuid)
    world.undo(world.merge(world.pack("b")).batch)
    assert state(world) == before


def test_an_edit_of_what_is_gone_does_not_go_to_what_begins_in_another_layer(world):
    """Whose edit was held since its record was undone meant that record, not a namesake."""
    uuid = known("relic", 77)
    with world.survey("a") as file:
        file.insert("farmland", {"village": VILLAGE}, outline(300), uuid)
    batch = world.merge(world.pack("a")).batch
    world.assign("b")
    world.undo(batch)
    with world.survey("b") as file:
        file.update("farmland", uuid, {"remark": "dry"})
    world.merge(world.pack("b"))
    assert open_held(world) == [("farmland", "held.unknown_record")]
    world.add_tablet("c")
    world.assign("c")
    with world.survey("c") as file:
        file.insert("homestead", {"village": VILLAGE}, outline(400), uuid)
    world.merge(world.pack("c"))
    assert open_held(world) == [("farmland", "held.two_layers")]
    with world.open() as file:
        assert file.get("homestead", uuid)["remark"] is None


@pytest.mark.parametrize("order", ["ab", "ba"])
def test_one_beginning_of_two_tablets_was_at_the_time_of_the_lower_device(world, order):
    low, high = sorted("ab", key=lambda name: world.tablets[name].device_id)
    uuid = known("relic", 77)
    for name, time in ((low, "2026-05-01T09:00:00.000Z"), (high, "2026-05-01T08:00:00.000Z")):
        with world.survey(name) as file:
            file.insert("homestead", {"village": VILLAGE}, outline(300), uuid)
            set_clock(file, time)
    packages = {name: world.pack(name) for name in "ab"}
    for name in order:
        world.merge(packages[name])
    with world.open() as file:
        assert file.get("homestead", uuid)["created_at"] == "2026-05-01T09:00:00.000Z"


@pytest.mark.parametrize("photo_comes", ["last", "first"])
def test_a_photo_of_what_took_an_identity_over_is_a_side_about_the_record_above(world, photo_comes):
    """A homestead was deleted unawares of a house on it, whose identity a facility had as well."""
    low, high = sorted("ab", key=lambda name: world.tablets[name].device_id)
    homestead, uuid = known("homestead", 0), known("relic", 77)
    with world.survey(high) as file:
        file.insert("facility", {"village": VILLAGE, "kind": "well"}, point(310), uuid)
        file.delete("homestead", homestead)
    packages = [world.pack(high)]
    with world.survey(low) as file:
        file.insert(
            "house", {"village": VILLAGE, "homestead_uuid": homestead}, outline(3, 12), uuid
        )
    packages.append(world.pack(low))
    with world.survey(low) as file:
        photo = file.attach(uuid, "house", b"the house")
        (taken,) = file.history(photo)
    packages.append(world.pack(low))
    for package in packages if photo_comes == "last" else (*packages[1:], packages[0]):
        world.merge(package)
    assert open_held(world) == [("facility", "held.two_layers")]
    with world.open() as file:
        (conflict,) = conflicts.list_conflicts(file)
        assert conflict.record == homestead
        assert taken.uuid in {head.change for head in conflict.heads}


# -- journal and records ---------------------------------------------------------------------


def test_a_record_that_its_own_journal_contradicts_is_held_and_the_rest_is_taken(world):
    storeys(world, "a", 2)
    storeys(world, "a", 5, known("house", 1))
    with world.survey("a") as file, file.atomic(quiet=True):
        file.connection.execute("UPDATE house SET storeys = 9 WHERE uuid = ?", (HOUSE,))
    report = world.merge(world.pack("a"))
    (held,) = report.held
    assert (held["code"], held["record"]) == ("held.contradiction", HOUSE)
    assert held["facts"] == {"field": "storeys", "journal": "2", "row": "9"}
    assert (shown(world), shown(world, known("house", 1))) == (None, 5)


def test_a_record_that_is_gone_without_a_deletion_is_held(world):
    storeys(world, "a", 2)
    with world.survey("a") as file, file.atomic(quiet=True):
        file.connection.execute("DELETE FROM house WHERE uuid = ?", (HOUSE,))
    report = world.merge(world.pack("a"))
    assert [each["code"] for each in report.held] == ["held.not_there"]
    assert shown(world) is None


def test_a_package_made_again_later_may_hold_newer_records(world):
    edited_and_packed(world, "a", 2)
    storeys(world, "a", 3)
    again = world.folder / "again.xtp"
    pack(world.tablets["a"].folder, again, again=1)
    report = world.merge(again)
    assert report.held == ()
    assert shown(world) == 2, "what was changed later comes with the next package"

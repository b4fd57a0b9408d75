"""Merging packages into a county: conflicts, decisions, duplicates, chains, held records."""

from __future__ import annotations

import shutil
from dataclasses import replace

import pytest
from county import VILLAGE, County, known, outline, point, state
from xiangtu import catalogue, store
from xiangtu.errors import BadInput, BadPackage, MergeRefused
from xiangtu.merge import conflicts, duplicates, joining, likeness
from xiangtu.merge.batches import list_batches
from xiangtu.merge.held import list_held
from xiangtu.merge.plan import merge
from xiangtu.merge.undo import dependents
from xiangtu.merge.waiting import list_waiting


def row(county: County, layer: str, uuid: str) -> dict | None:
    with county.open() as file:
        return file.get(layer, uuid)


def open_conflicts(county: County):
    with county.open() as file:
        return conflicts.list_conflicts(file)


def both_edit(world: County, field: str, values: tuple, layer: str = "house") -> None:
    for name, value in zip("ab", values, strict=True):
        with world.survey(name) as file:
            file.update(layer, known(layer, 0), {field: value})


def test_two_teams_that_count_storeys_differently_are_a_conflict_that_can_be_decided(world):
    both_edit(world, "storeys", (2, 3))
    for name in "ab":
        report = world.merge(world.pack(name))
    assert len(report.conflicts) == 1
    assert report.needs_person
    (conflict,) = open_conflicts(world)
    assert [head.values["storeys"] for head in conflict.heads] == sorted(
        [2, 3], key=lambda value: world.tablets["ab"[value - 2]].device_id
    )
    assert conflict.base == {"storeys": None}
    wanted = next(head for head in conflict.heads if head.values["storeys"] == 3)
    with world.open() as file:
        conflicts.take(file, conflict.id, str(wanted.number), author="officer", reason="photo")
    assert row(world, "house", known("house", 0))["storeys"] == 3
    assert not open_conflicts(world)
    with world.open() as file:
        kept = file.connection.execute("SELECT kind, reason, author FROM decision").fetchall()
        told = [value for entry in file.history(known("house", 0)) for value in entry.values]
    assert kept == [("take", "photo", "officer")]
    assert {2, 3} <= {value.new for value in told if value.field == "storeys"}


def test_an_edit_in_the_office_settles_the_conflict_it_answers(world):
    both_edit(world, "storeys", (2, 3))
    for name in "ab":
        world.merge(world.pack(name))
    with world.open() as file:
        file.update("house", known("house", 0), {"storeys": 5})
    assert not open_conflicts(world)
    assert row(world, "house", known("house", 0))["storeys"] == 5


def test_the_office_sees_a_conflict_with_its_own_edit_and_its_value_is_shown(world):
    with world.survey("a") as file:
        file.update("house", known("house", 0), {"storeys": 2})
    with world.open() as file:
        file.sign_in(author="officer")
        file.update("house", known("house", 0), {"storeys": 4})
    report = world.merge(world.pack("a"))
    assert len(report.conflicts) == 1
    assert row(world, "house", known("house", 0))["storeys"] == 4


def test_an_unknown_conflict_or_side_is_named(world):
    both_edit(world, "storeys", (2, 3))
    for name in "ab":
        world.merge(world.pack(name))
    (conflict,) = open_conflicts(world)
    with world.open() as file:
        with pytest.raises(BadInput) as fault:
            conflicts.take(file, "nothing", "1", author="")
        assert fault.value.code == "conflict.unknown"
        with pytest.raises(BadInput) as fault:
            conflicts.take(file, conflict.id, "7", author="")
        assert fault.value.code == "conflict.head_unknown"


def test_a_homestead_deleted_here_and_given_a_house_there_stays_and_can_go_both_ways(world):
    homestead = known("homestead", 1)
    with world.survey("a") as file:
        file.delete("homestead", homestead)
    with world.survey("b") as file:
        new = file.insert(
            "house", {"village": VILLAGE, "homestead_uuid": homestead}, outline(41, 12, 5, 5)
        )
    for name in "ab":
        world.merge(world.pack(name))
    (conflict,) = open_conflicts(world)
    assert conflict.unit == "@record"
    assert row(world, "homestead", homestead)
    assert row(world, "house", known("house", 1)), "what went with its parent stays with it"
    other = world.copied(world.folder / "other")
    with world.open() as file:
        conflicts.take(file, conflict.id, "keep", author="officer")
    assert row(world, "house", known("house", 1))
    assert row(world, "house", new)
    with other.open() as file:
        conflicts.take(file, conflict.id, "gone", author="officer")
    assert not row(other, "homestead", homestead)
    assert not row(other, "house", known("house", 1))
    assert not row(other, "house", new)
    for county in (world, other):
        assert not open_conflicts(county)


def test_a_dry_run_reports_the_same_and_leaves_the_file_alone(world):
    both_edit(world, "storeys", (2, 3))
    world.merge(world.pack("a"))
    package = world.pack("b")
    before = state(world)
    tried = world.merge(package, dry_run=True)
    assert state(world) == before
    done = world.merge(package)
    assert (tried.conflicts, tried.updated) == (done.conflicts, done.updated)
    assert tried.dry_run


def test_a_package_without_its_predecessor_waits_and_goes_in_when_that_comes(world):
    both_edit(world, "storeys", (2, 2))
    first = world.pack("a")
    with world.survey("a") as file:
        file.update("house", known("house", 0), {"storeys": 6})
    second = world.pack("a")
    report = world.merge(second)
    assert (report.state, report.waits_for) == ("waiting", 1)
    assert row(world, "house", known("house", 0))["storeys"] is None
    with world.open() as file:
        assert [each["missing"] for each in list_waiting(file)] == [[1]]
    second.unlink()
    report = world.merge(first)
    assert [each.state for each in report.followed] == ["merged"]
    assert row(world, "house", known("house", 0))["storeys"] == 6


def test_a_restored_tablet_that_uses_a_number_twice_is_refused(world):
    tablet = world.tablets["a"].folder
    shutil.copytree(tablet, world.folder / "backup")
    both_edit(world, "storeys", (2, 3))
    world.merge(world.pack("a"))
    shutil.rmtree(tablet)
    shutil.copytree(world.folder / "backup", tablet)
    with world.survey("a") as file:
        file.update("house", known("house", 2), {"storeys": 9})
    before = state(world)
    with pytest.raises(BadPackage) as fault:
        world.merge(world.pack("a"))
    assert fault.value.code == "package.number_used_twice"
    assert state(world) == before


def test_one_house_surveyed_by_two_teams_is_proposed_and_joined(world):
    uuids = {}
    for name, moved in zip("ab", (0.0, 0.3), strict=True):
        with world.survey(name) as file:
            uuids[name] = file.insert(
                "house",
                {"village": VILLAGE, "homestead_uuid": known("homestead", 2), "storeys": 2},
                outline(72 + moved, 12, 6, 6),
            )
    with world.survey("b") as file:
        photo = file.insert(
            "attachment",
            {"record": uuids["b"], "layer": "house", "sha256": "0" * 64, "kind": "photo"},
        )
    for name in "ab":
        report = world.merge(world.pack(name))
    assert len(report.duplicates) == 1
    with world.open() as file:
        (pair,) = duplicates.list_pairs(file)
        assert (pair.reason, {pair.a, pair.b}) == ("overlap", set(uuids.values()))
        batch = joining.join(file, pair.id, author="officer", survivor=uuids["a"])
        assert file.get("house", uuids["b"]) is None
        assert file.get("attachment", photo)["record"] == uuids["a"]
    joined = state(world)
    with world.survey("b") as file:
        file.update("house", uuids["b"], {"storeys": 4})
    report = world.merge(world.pack("b"))
    assert row(world, "house", uuids["a"])["storeys"] == 4, "a later edit follows the survivor"
    assert not report.conflicts
    with world.open() as file:
        assert file.history(uuids["b"])
        assert [each.record for each in dependents(file, batch)] == []
    world.undo(report.batch)
    assert state(world) == joined
    with world.open() as file:
        joining.keep_apart(file, pair.id, author="officer")
        assert file.get("house", uuids["b"])
        assert file.get("attachment", photo)["record"] == uuids["b"]
        assert [each.state for each in duplicates.list_pairs(file)] == ["apart"]


def test_points_of_one_kind_within_their_accuracies_are_proposed_and_others_are_not(world):
    for name, kind, east, accuracy in (
        ("a", "well", 0, 1.0),
        ("b", "well", 1.5, 1.0),
        ("b", "pond", 1.0, 1.0),
        ("b", "well", 4.0, 1.0),
    ):
        with world.survey(name) as file:
            file.insert(
                "facility",
                {"village": VILLAGE, "kind": kind, "horizontal_accuracy_m": accuracy},
                point(300 + east),
            )
    for name in "ab":
        report = world.merge(world.pack(name))
    assert len(report.duplicates) == 1
    with world.open() as file:
        (pair,) = duplicates.list_pairs(file)
    assert pair.reason == "near"


@pytest.mark.parametrize(
    ("values", "east", "pairs"),
    [
        ({"remark": "清淤"}, None, 1),
        ({"kind": "pond"}, None, 0),
        ({"name": "西井"}, None, 1),
        ({"ended_on": "2026-05-01"}, None, 0),
        ({"horizontal_accuracy_m": 0.1}, None, 1),
        ({}, 40.0, 0),
    ],
)
def test_a_later_change_of_one_of_a_pair_leaves_what_a_look_at_all_records_finds(
    world, values, east, pairs
):
    wells = {}
    for name, beside in (("a", 0.0), ("b", 1.5)):
        with world.survey(name) as file:
            wells[name] = file.insert(
                "facility",
                {"village": VILLAGE, "kind": "well", "horizontal_accuracy_m": 1.0},
                point(300 + beside),
            )
        world.merge(world.pack(name))
    with world.survey("a") as file:
        if east is None:
            file.update("facility", wells["a"], values)
        else:
            file.update("facility", wells["a"], values, point(300 + east))
    world.merge(world.pack("a"))
    with world.open() as file:
        left = duplicates.list_pairs(file, state="open")
        assert len(left) == pairs
        with file.atomic(quiet=True):
            likeness.propose(file, wells.values())
        assert duplicates.list_pairs(file, state="open") == left


def test_an_older_batch_cannot_be_undone_before_what_builds_on_it(world):
    with world.survey("a") as file:
        file.update("house", known("house", 0), {"storeys": 2})
    first = world.merge(world.pack("a"))
    with world.open() as file:
        file.sign_in(author="officer")
        file.update("house", known("house", 0), {"storeys": 7})
    with pytest.raises(MergeRefused) as fault:
        world.undo(first.batch)
    assert fault.value.code == "undo.depends"
    assert fault.value.facts["edits"] == 1
    assert row(world, "house", known("house", 0))["storeys"] == 7


def test_an_older_batch_that_nothing_builds_on_can_be_undone(world):
    with world.survey("a") as file:
        file.update("house", known("house", 0), {"storeys": 2})
    first = world.merge(world.pack("a"))
    with world.survey("b") as file:
        file.update("house", known("house", 0), {"structure": "4"})
    world.merge(world.pack("b"))
    world.undo(first.batch)
    after = row(world, "house", known("house", 0))
    assert (after["storeys"], after["structure"]) == (None, "4")
    with world.open() as file:
        assert [batch.kind for batch in list_batches(file)] == ["undo", "merge", "merge"]
        live = [entry.live for entry in file.history(known("house", 0))]
    assert live.count(False) == 1, "what was undone is still in the history"


def test_a_record_of_a_layer_the_county_lacks_is_held_and_the_rest_is_taken(world):
    with world.survey("a") as file:
        file.update("house", known("house", 0), {"storeys": 2})
        file.insert("facility", {"village": VILLAGE, "kind": "well"}, point(10))
    package = world.pack("a")
    whole = catalogue.load()
    layers = {name: layer for name, layer in whole.layers.items() if name != "facility"}
    with store.open(world.path, replace(whole, layers=layers, version="older")) as file:
        report = merge(file, package, world.identity)
        assert [each.layer for each in list_held(file)] == ["facility"]
    assert [each["code"] for each in report.held] == ["held.layer"]
    assert report.catalogue == whole.version
    assert row(world, "house", known("house", 0))["storeys"] == 2


def test_values_of_unknown_fields_are_carried_and_reported(world):
    with world.survey("a") as file:
        file.connection.execute("ALTER TABLE house ADD COLUMN roof TEXT")
        file.repair_triggers()
    with world.survey("a") as file:
        file.connection.execute(
            "UPDATE house SET roof = 'tile', storeys = 2 WHERE uuid = ?", (known("house", 0),)
        )
    report = world.merge(world.pack("a"))
    assert report.unknown_fields == {"house.roof": 1}
    assert row(world, "house", known("house", 0))["storeys"] == 2
    with world.open() as file:
        carried = file.connection.execute(
            "SELECT new FROM change_value WHERE field = 'roof'"
        ).fetchall()
    assert carried == [("tile",)]


def test_a_second_assignment_makes_earlier_values_seen(world):
    with world.survey("a") as file:
        file.update("house", known("house", 0), {"storeys": 2})
    world.merge(world.pack("a"))
    world.assign("b")
    with world.survey("b") as file:
        assert file.get("house", known("house", 0))["storeys"] == 2
        file.update("house", known("house", 0), {"storeys": 3})
    report = world.merge(world.pack("b"))
    assert not report.conflicts
    assert row(world, "house", known("house", 0))["storeys"] == 3


def test_equal_telephones_agree_and_different_ones_with_one_mask_do_not(world):
    with world.open() as file:
        households = [file.insert("household", {"village": VILLAGE}) for _ in range(2)]
    for name in "ab":
        world.assign(name)
    for name, digits in zip("ab", ("5555", "6666"), strict=True):
        with world.survey(name) as file:
            file.update("household", households[0], {"telephone": "13800001234"})
            file.update("household", households[1], {"telephone": f"138{digits}1234"})
    for name in "ab":
        world.merge(world.pack(name))
    (conflict,) = open_conflicts(world)
    assert (conflict.record, conflict.unit) == (households[1], "telephone")


def test_a_record_with_a_damaged_outline_is_held_and_the_rest_is_taken(world):
    with world.survey("a") as file:
        file.update("house", known("house", 0), {"storeys": 2})
        file.update("homestead", known("homestead", 0), {}, outline(1))
        file.connection.execute(
            "UPDATE change_value SET new = substr(new, 1, 60) WHERE field = 'geometry'"
        )
    before = row(world, "homestead", known("homestead", 0))
    report = world.merge(world.pack("a"))
    assert [(each["code"], each["layer"]) for each in report.held] == [
        ("held.geometry", "homestead")
    ]
    assert row(world, "homestead", known("homestead", 0)) == before
    assert row(world, "house", known("house", 0))["storeys"] == 2


def test_an_edit_on_an_open_conflict_settles_only_the_side_that_was_handed_out(world):
    both_edit(world, "storeys", (2, 3))
    for name in "ab":
        world.merge(world.pack(name))
    (before,) = open_conflicts(world)
    world.add_tablet("c")
    world.assign("c")
    with world.survey("c") as file:
        shown = file.get("house", known("house", 0))["storeys"]
        file.update("house", known("house", 0), {"storeys": 6})
    world.merge(world.pack("c"))
    (conflict,) = open_conflicts(world)
    unseen = next(head for head in before.heads if head.values["storeys"] != shown)
    assert {head.change for head in conflict.heads} & {head.change for head in before.heads} == {
        unseen.change
    }
    assert 6 in {head.values["storeys"] for head in conflict.heads}


def test_an_edit_of_a_record_whose_deletion_is_in_question_does_not_keep_it_by_itself(world):
    homestead = known("homestead", 1)
    with world.survey("a") as file:
        file.delete("homestead", homestead)
    with world.survey("b") as file:
        file.update("homestead", homestead, {"remark": "lived in"})
    for name in "ab":
        world.merge(world.pack(name))
    world.assign("b")
    with world.survey("b") as file:
        file.update("homestead", homestead, {"remark": "still lived in"})
    world.merge(world.pack("b"))
    (conflict,) = open_conflicts(world)
    assert conflict.unit == "@record"
    assert row(world, "homestead", homestead)["remark"] == "still lived in"

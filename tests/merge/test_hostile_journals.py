"""Packages that are signed and whole, and say what no honest tablet says."""

from __future__ import annotations

from pathlib import Path

import pytest
from county import VILLAGE, County, known, orphans, outline, point, state
from xiangtu.errors import BadPackage
from xiangtu.merge.held import list_held
from xiangtu.merge.undo import undo

HOUSE, HOMESTEAD = known("house", 0), known("homestead", 0)


def written(world: County, *statements: str) -> Path:
    """A package of an edited and a new house whose journal was changed by these statements."""
    with world.survey("a") as file:
        file.update("house", HOUSE, {"storeys": 2})
        file.insert(
            "house",
            {"village": VILLAGE, "homestead_uuid": HOMESTEAD, "storeys": 1},
            outline(12, 12, 5, 5),
        )
        for statement in statements:
            file.connection.execute(statement)
    return world.pack("a")


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE change SET author = x'00'",
        "UPDATE change SET author = 'a' || char(0)",
        "UPDATE change SET author = printf('%300d', 1)",
        "UPDATE change SET time = x'00'",
        "UPDATE change SET utc_offset_min = 'abc'",
        "UPDATE change SET utc_offset_min = 100000",
        "UPDATE change SET record = x'01'",
        "UPDATE change SET basis = x'01'",
        "UPDATE change_value SET field = x'01' WHERE field = 'storeys'",
        "UPDATE change_value SET field = '@record', new = 'gone' WHERE field = 'storeys'",
        "UPDATE change_value SET field = '@lineage', new = 'whole' WHERE field = 'storeys'",
        "UPDATE change_value SET field = 'a b' WHERE field = 'storeys'",
    ],
)
def test_a_journal_with_what_no_tablet_writes_is_refused_whole(world, statement):
    package = written(world, statement)
    before = state(world)
    with pytest.raises(BadPackage):
        world.merge(package)
    assert state(world) == before


@pytest.mark.parametrize(
    ("statement", "codes"),
    [
        ("UPDATE change_value SET new = 7 WHERE field = 'homestead_uuid'", ["held.value"]),
        ("UPDATE change_value SET new = '' WHERE field = 'homestead_uuid'", ["held.value"]),
        ("UPDATE change_value SET new = 9e999 WHERE field = 'storeys'", ["held.value"] * 2),
        ("UPDATE change_value SET new = 'many' WHERE field = 'storeys'", ["held.value"] * 2),
        ("UPDATE change_value SET new = 5 WHERE field = 'village'", ["held.value"]),
        ("UPDATE change_value SET new = x'00' WHERE field = 'village'", ["held.value"]),
        # The house was there before: begun twice, with one outline and none.
        ("UPDATE change SET operation = 'insert'", ["held.contradiction"]),
        ("UPDATE change SET layer = 'farmland' WHERE operation = 'update'", ["held.not_there"]),
        ("UPDATE change SET record = 'no-uuid' WHERE operation = 'insert'", ["held.uuid"]),
    ],
)
def test_a_record_that_cannot_be_is_held_and_the_rest_is_taken(world, statement, codes):
    package = written(world, statement)
    before = state(world)
    report = world.merge(package)
    assert [each["code"] for each in report.held] == codes
    with world.open() as file:
        assert orphans(file) == []
        assert file.connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    world.undo(report.batch)
    assert state(world) == before


# -- one identity twice ----------------------------------------------------------------------


def test_one_identity_in_two_layers_of_one_package_stands_in_the_first(world):
    uuid = known("relic", 77)
    with world.survey("a") as file:
        file.insert("farmland", {"village": VILLAGE}, outline(300), uuid)
        file.insert("homestead", {"village": VILLAGE}, outline(400), uuid)
    report = world.merge(world.pack("a"))
    assert [(each["layer"], each["code"]) for each in report.held] == [
        ("homestead", "held.two_layers")
    ]
    with world.open() as file:
        assert file.get("farmland", uuid)
        assert file.get("homestead", uuid) is None


def test_a_change_in_another_layer_takes_nothing_away_from_the_record(world):
    """Only who inserts can claim an identity."""
    with world.survey("a") as file:
        home = file.insert("homestead", {"village": VILLAGE}, outline(300))
        house = file.insert("house", {"village": VILLAGE, "homestead_uuid": home}, outline(301))
        photo = file.insert("attachment", {"record": house, "layer": "house", "sha256": "0" * 64})
    world.merge(world.pack("a"))
    with world.survey("b") as file:
        file.update("farmland", known("farmland", 0), {"crop": "rice"})
        file.connection.execute("UPDATE change SET record = ?", (home,))
    report = world.merge(world.pack("b"))
    assert [each["record"] for each in report.held] == [home]
    with world.open() as file:
        for layer, uuid in (("homestead", home), ("house", house), ("attachment", photo)):
            assert file.get(layer, uuid), layer


def test_a_house_without_its_homestead_is_held_for_that(world):
    with world.survey("a") as file:
        home = file.insert("homestead", {"village": VILLAGE}, outline(300))
        file.insert("house", {"village": VILLAGE, "homestead_uuid": home}, outline(301))
        file.connection.execute(
            "UPDATE change_value SET new = substr(new, 1, 60) WHERE field = 'geometry' AND change "
            "= (SELECT id FROM change WHERE record = ?)",
            (home,),
        )
    report = world.merge(world.pack("a"))
    assert {each["layer"]: each["code"] for each in report.held} == {
        "homestead": "held.geometry",
        "house": "held.parent",
    }
    assert [each["facts"] for each in report.held if each["layer"] == "house"] == [{"parent": home}]


# -- values put right ------------------------------------------------------------------------


def spoilt(world: County) -> Path:
    with world.survey("a") as file:
        file.update("house", HOUSE, {"storeys": 2, "remark": "corner house"})
        file.connection.execute("UPDATE change_value SET new = 'many' WHERE field = 'storeys'")
    return world.pack("a")


def test_a_value_put_right_on_the_tablet_lets_the_record_in(world):
    first = world.merge(spoilt(world))
    assert [each["code"] for each in first.held] == ["held.value"]
    with world.survey("a") as file:
        file.update("house", HOUSE, {"storeys": 3})
    second = world.merge(world.pack("a"))
    assert second.held == ()
    with world.open() as file:
        assert list_held(file, open_only=True) == []
        row = file.get("house", HOUSE)
        assert (row["storeys"], row["remark"]) == (3, "corner house")
        undo(file, str(second.batch), author="officer")
        assert [each.code for each in list_held(file, open_only=True)] == ["held.value"]
        row = file.get("house", HOUSE)
        assert (row["storeys"], row["remark"]) == (None, None)


def test_a_dry_run_leaves_no_photo_behind(world):
    with world.survey("a") as file:
        photo = file.attach(HOUSE, "house", b"\xff\xd8\xff a photo")
        sha256 = file.get("attachment", photo)["sha256"]
    package = world.pack("a")
    assert world.merge(package, dry_run=True).attachments == 1
    with world.open() as file:
        assert not file.attachment_path(sha256).exists()
    assert world.merge(package).attachments == 1


def test_a_point_is_no_outline(world):
    with world.survey("a") as file:
        file.insert("facility", {"village": VILLAGE, "kind": "well"}, point(5))
        file.connection.execute("UPDATE change SET layer = 'homestead'")
    report = world.merge(world.pack("a"))
    assert [each["code"] for each in report.held] == ["held.geometry"]

"""One record out of its changes: the pure heart of the merge."""

from __future__ import annotations

import itertools
import sqlite3

import pytest
import shapely
from xiangtu.catalogue.model import Field, Label, Layer, Relation
from xiangtu.geo import blobs
from xiangtu.merge.changes import RECORD, Change, Knowledge
from xiangtu.merge.resolve import resolve
from xiangtu.store.seen import Seen
from xiangtu.store.system_tables import SYSTEM_TABLES

COUNTY = "county"
HOUSE = Layer(
    "house",
    Label("房屋", "House"),
    "MULTIPOLYGON",
    {
        name: Field(name, "text", Label(name, name), unit_of_merge=unit, sensitive=name == "phone")
        for name, unit in (
            ("storeys", ""),
            ("structure", ""),
            ("owner", "owner"),
            ("owner_kind", "owner"),
            ("phone", ""),
        )
    },
    relations=(Relation("homestead_uuid", "homestead", composition=True),),
)


def square(x: float, size: float = 10.0) -> bytes:
    return blobs.encode_one(shapely.multipolygons([shapely.box(x, 0, x + size, size)]), 4546)


class Story:
    """Changes to one record by several devices, with what each had seen."""

    def __init__(self) -> None:
        self.connection = sqlite3.connect(":memory:")
        self.connection.executescript(SYSTEM_TABLES)
        self.changes: list[Change] = []
        self.numbers: dict[str, int] = {}

    def assign(self, device: str) -> str:
        """Hand out what is there now."""
        seen = Seen(dict(self.numbers), {})
        basis = f"basis-{device}-{len(self.changes)}"
        self.connection.execute("INSERT INTO basis VALUES (?, ?, '')", (basis, seen.to_json()))
        return basis

    def change(self, device: str, basis: str, operation: str, **values: object) -> Change:
        number = self.numbers[device] = self.numbers.get(device, 0) + 1
        made = Change(
            len(self.changes),
            f"{device}-{number}",
            "house",
            "r",
            operation,
            device,
            device,
            number,
            basis,
            f"2026-05-01T00:00:{len(self.changes):02d}Z",
            480,
            values={RECORD if name == "says" else name: value for name, value in values.items()},
        )
        self.changes.append(made)
        return made

    def resolve(self, changes: list[Change] | None = None, **options):
        return resolve(
            HOUSE,
            self.changes if changes is None else changes,
            Knowledge(self.connection),
            COUNTY,
            **options,
        )


@pytest.fixture
def story() -> Story:
    made = Story()
    made.change(COUNTY, "", "insert", storeys="1", structure="4", geometry=square(0))
    return made


def test_edits_of_different_fields_are_both_taken(story):
    a, b = story.assign("a"), story.assign("b")
    story.change("a", a, "update", storeys="2")
    story.change("b", b, "update", structure="5")
    result = story.resolve()
    assert not result.conflicts
    assert (result.values["storeys"], result.values["structure"]) == ("2", "5")


def test_different_values_of_one_field_are_a_conflict_and_the_lowest_device_is_shown(story):
    a, b = story.assign("a"), story.assign("b")
    story.change("b", b, "update", storeys="3")
    story.change("a", a, "update", storeys="2")
    result = story.resolve()
    (conflict,) = result.conflicts
    assert conflict.unit == "storeys"
    assert [head.values["storeys"] for head in conflict.heads] == ["2", "3"]
    assert result.values["storeys"] == "2"


def test_the_countys_own_head_is_shown_while_in_conflict(story):
    a = story.assign("a")
    story.change("a", a, "update", storeys="2")
    story.change(COUNTY, "", "update", storeys="4")
    result = story.resolve()
    assert result.values["storeys"] == "4"
    assert len(result.conflicts) == 1


def test_equal_values_agree(story):
    a, b = story.assign("a"), story.assign("b")
    story.change("a", a, "update", storeys="2")
    story.change("b", b, "update", storeys="2")
    assert not story.resolve().conflicts


def test_a_group_of_fields_is_one_unit(story):
    a, b = story.assign("a"), story.assign("b")
    story.change("a", a, "update", owner="Li", owner_kind="1")
    story.change("b", b, "update", owner="Wang", owner_kind="3")
    result = story.resolve()
    assert [conflict.unit for conflict in result.conflicts] == ["owner"]
    assert (result.values["owner"], result.values["owner_kind"]) == ("Li", "1")


def test_outlines_within_the_tolerance_agree_and_beyond_it_do_not(story):
    a, b = story.assign("a"), story.assign("b")
    story.change("a", a, "update", geometry=square(5))
    story.change("b", b, "update", geometry=square(5.0005))
    assert not story.resolve().conflicts
    story.change("b", b, "update", geometry=square(5.1))
    assert [conflict.unit for conflict in story.resolve().conflicts] == ["geometry"]


def test_no_pair_of_outlines_may_differ_even_if_each_is_near_the_next(story):
    tablets = {device: story.assign(device) for device in "abc"}
    for place, device in enumerate("abc"):
        story.change(device, tablets[device], "update", geometry=square(5 + place * 0.0008))
    assert len(story.resolve().conflicts) == 1


def test_a_decision_settles_what_it_saw_and_a_later_package_reopens_it(story):
    a, b = story.assign("a"), story.assign("b")
    story.change("a", a, "update", storeys="2")
    story.change("b", b, "update", storeys="3")
    after = story.assign(COUNTY)
    story.change(COUNTY, after, "decide", storeys="3")
    assert not story.resolve().conflicts
    assert story.resolve().values["storeys"] == "3"
    story.change("b", b, "update", storeys="5")
    assert {head.device for head in story.resolve().conflicts[0].heads} == {COUNTY, "b"}


def test_a_delete_beside_an_edit_keeps_the_record_in_conflict(story):
    a, b = story.assign("a"), story.assign("b")
    story.change("a", a, "delete")
    story.change("b", b, "update", storeys="3")
    result = story.resolve()
    assert result.exists
    assert [conflict.unit for conflict in result.conflicts] == [RECORD]
    assert result.values["storeys"] == "3"


def test_a_delete_by_someone_who_saw_the_edit_stands(story):
    a = story.assign("a")
    story.change("a", a, "update", storeys="3")
    b = story.assign("b")
    story.change("b", b, "delete")
    assert not story.resolve().exists


def test_two_deletes_agree_though_one_of_them_had_not_seen_an_edit_that_the_other_had(story):
    a, b = story.assign("a"), story.assign("b")
    story.change("a", a, "update", storeys="3")
    story.change("a", a, "delete")
    story.change("b", b, "delete")
    assert not story.resolve().exists


def test_who_goes_on_with_a_record_after_seeing_it_deleted_contradicts(story):
    a = story.assign("a")
    story.change("a", a, "delete")
    b = story.assign("b")
    story.change("b", b, "update", storeys="3")
    result = story.resolve()
    assert result.exists
    assert [conflict.unit for conflict in result.conflicts] == [RECORD]


def test_two_deletes_agree(story):
    a, b = story.assign("a"), story.assign("b")
    story.change("a", a, "delete")
    story.change("b", b, "delete")
    assert not story.resolve().exists


def test_a_delete_beside_an_edit_of_a_part_keeps_the_record(story):
    a, b = story.assign("a"), story.assign("b")
    story.change("a", a, "delete")
    part = story.change("b", b, "update", storeys="9")
    own = [change for change in story.changes if change is not part]
    assert not story.resolve(own).exists
    result = story.resolve(own, descendants=[part])
    assert result.exists
    assert result.conflicts[0].unit == RECORD


def test_a_part_deleted_with_its_parent_follows_the_parent(story):
    a = story.assign("a")
    story.change("a", a, "delete")
    assert story.resolve(parent_of_delete=lambda change: "here").exists
    assert story.resolve(parent_of_delete=lambda change: "conflict").exists
    assert not story.resolve(parent_of_delete=lambda change: "gone").exists


def test_a_part_edited_beside_the_deletion_of_its_parent_is_not_lost_with_it(story):
    a, b = story.assign("a"), story.assign("b")
    story.change("a", a, "delete")
    story.change("b", b, "update", homestead_uuid="elsewhere")
    result = story.resolve(parent_of_delete=lambda change: "gone")
    assert result.exists
    assert result.conflicts[0].unit == RECORD


def test_equal_sealed_values_agree_only_if_their_hashes_are_known_to_be_equal(story):
    a, b = story.assign("a"), story.assign("b")
    story.change("a", a, "update", phone="138****0000", phone_secret="s1")
    story.change("b", b, "update", phone="138****0000", phone_secret="s2")
    assert story.resolve().conflicts
    assert not story.resolve(hash_of_secret=lambda uuid: "same").conflicts
    assert story.resolve(hash_of_secret=lambda uuid: str(uuid)).conflicts


def test_the_order_in_which_changes_came_does_not_matter(story):
    a, b, c = (story.assign(device) for device in "abc")
    story.change("a", a, "update", storeys="2", geometry=square(1))
    story.change("b", b, "delete")
    story.change("c", c, "update", storeys="4")
    results = [
        (each.exists, each.values, [(x.unit, [h.uuid for h in x.heads]) for x in each.conflicts])
        for order in itertools.permutations(story.changes)
        if (each := story.resolve(list(order)))
    ]
    assert all(result == results[0] for result in results)

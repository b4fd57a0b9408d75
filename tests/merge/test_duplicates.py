"""What is proposed as a pair: how well, on what evidence, and that it depends on nothing else."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import shapely
from county import SRID, VILLAGE, fill, outline, point
from surveyed_twice import SIGMA_OF_ACCURACY, SurveyedVillage
from xiangtu import catalogue, store
from xiangtu.merge import joining
from xiangtu.merge.duplicates import list_pairs
from xiangtu.merge.likeness import REASONS, propose
from xiangtu.merge.resemblance import agreement, reach_m
from xiangtu.merge.undo import undo


@pytest.fixture
def file(tmp_path: Path) -> Iterator[store.SurveyFile]:
    with store.create(
        tmp_path / "county.sqlite", catalogue.load(), SRID, role="county", county="990101"
    ) as file:
        fill(file)
        yield file


def made(
    file: store.SurveyFile, device: str, layer: str, shape: shapely.Geometry, **values: object
) -> str:
    """A record as a tablet would have made it, looked at as a merge would."""
    file.sign_in(author=device, device=device)
    uuid = file.insert(layer, {"village": VILLAGE, **values}, shape)
    propose(file, [uuid])
    return uuid


def photo(file: store.SurveyFile, device: str, layer: str, record: str, what: bytes) -> str:
    file.sign_in(author=device, device=device)
    uuid = file.attach(record, layer, what)
    propose(file, [uuid])
    return uuid


def pairs(file: store.SurveyFile, state: str = "open") -> set[tuple[str, str, str]]:
    return {(each.a, each.b, each.reason) for each in list_pairs(file) if each.state == state}


def pair(a: str, b: str, reason: str) -> tuple[str, str, str]:
    return (min(a, b), max(a, b), reason)


# -- how well ----------------------------------------------------------------------------------


def test_pairs_of_a_village_surveyed_by_several_teams_are_found_and_little_else(tmp_path):
    scores = [
        SurveyedVillage(tmp_path / f"county{seed}", seed, tablets).score()
        for seed, tablets in ((11, "ab"), (12, "abc"), (13, "abc"))
    ]
    total = sum(scores[1:], scores[0])
    assert total.found.total() + total.missed.total() > 400
    assert total.precision >= 0.95 and total.recall >= 0.95, f"\n{total}"


def test_the_reach_of_two_accuracies_keeps_the_share_of_honest_measurements_that_it_says():
    chance = np.random.default_rng(1)
    for accuracies in ((1.0, 1.0), (0.03, 2.5), (0.3, 0.8)):
        sigmas = np.array(accuracies) * SIGMA_OF_ACCURACY
        errors = chance.normal(0, sigmas[:, None, None], (2, 2, 200_000))
        assert np.hypot(*errors[0]).mean() > 0
        within = np.mean(np.hypot(*errors[0]) <= accuracies[0])
        assert within == pytest.approx(0.68, abs=0.005)
        apart = np.hypot(*(errors[0] - errors[1]))
        assert np.mean(apart <= reach_m(*accuracies)) == pytest.approx(0.99, abs=0.001)
        assert np.mean(apart <= reach_m(*accuracies, 0.75)) == pytest.approx(0.75, abs=0.005)


# -- on what evidence --------------------------------------------------------------------------


def test_of_two_wells_that_both_teams_surveyed_two_pairs_are_proposed_and_not_four(file):
    one = {"kind": "well", "horizontal_accuracy_m": 3.0}
    near, far = (made(file, "a", "facility", point(300 + x), **one) for x in (0, 6))
    other_near = made(file, "b", "facility", point(301.5), **one)
    assert pairs(file) == {pair(near, other_near, "near")}
    other_far = made(file, "b", "facility", point(305), **one)
    assert pairs(file) == {pair(near, other_near, "near"), pair(far, other_far, "near")}


def test_when_the_nearer_one_goes_the_next_is_proposed(file):
    one = {"kind": "well", "horizontal_accuracy_m": 2.0}
    mine = made(file, "a", "facility", point(300), **one)
    near = made(file, "b", "facility", point(301), **one)
    next_best = made(file, "b", "facility", point(302), **one)
    assert pairs(file) == {pair(mine, near, "near")}
    file.update("facility", near, {}, point(390))
    propose(file, [near])
    assert pairs(file) == {pair(mine, next_best, "near")}
    file.update("facility", near, {}, point(301))
    propose(file, [near])
    assert pairs(file) == {pair(mine, near, "near")}
    file.delete("facility", near)
    propose(file, [near])
    assert pairs(file) == {pair(mine, next_best, "near")}


def test_of_two_that_are_kept_apart_each_may_have_another_best(file):
    one = {"kind": "well", "horizontal_accuracy_m": 2.0}
    mine = made(file, "a", "facility", point(300), **one)
    near = made(file, "b", "facility", point(301), **one)
    next_best = made(file, "b", "facility", point(302), **one)
    (proposed,) = list_pairs(file)
    batch = joining.keep_apart(file, proposed.id, author="officer")
    assert pairs(file) == {pair(mine, next_best, "near")}
    undo(file, str(batch.number), author="officer")
    assert pairs(file) == {pair(mine, near, "near")}


def test_one_thing_that_three_tablets_surveyed_is_three_pairs(file):
    one = {"kind": "well", "horizontal_accuracy_m": 1.0}
    uuids = [
        made(file, device, "facility", point(300 + x), **one)
        for device, x in (("a", 0.0), ("b", 0.4), ("c", 0.9))
    ]
    assert len(pairs(file)) == 3
    assert {uuid for each in pairs(file) for uuid in each[:2]} == set(uuids)


def test_names_that_differ_weigh_against_a_pair_and_equal_ones_for_it(file):
    for place, (mine, theirs, apart, expected) in enumerate(
        (
            ("东井", "东井", 3.2, True),
            ("东井", None, 3.2, False),
            ("东井", None, 2.8, True),
            ("东井", "西井", 2.8, False),
            ("东井", "西井", 0.7, True),
            ("东 井", "东井（王家）", 2.8, True),
        )
    ):
        where = 300.0 + 100 * place
        one = {"kind": "well", "horizontal_accuracy_m": 1.0}
        made(file, "a", "facility", point(where), name=mine, **one)
        made(file, "b", "facility", point(where + apart), name=theirs, **one)
        found = len(pairs(file)) == 1
        assert found == expected, (mine, theirs, apart)
        for each in file.select("facility", columns=("uuid",)):
            file.delete("facility", each["uuid"])
            propose(file, [each["uuid"]])


def test_names_are_compared_by_their_letters():
    assert agreement("村委会 １号井", "村委会1号井") == agreement("A-1", "a1")
    assert agreement("东井", None) == agreement("东井", "东井（王家）") == agreement("", "东井")
    assert agreement("东井", "西井") > agreement("东井", "") > agreement("东井", "东井")


def test_a_name_breaks_the_tie_between_two_wells(file):
    one = {"kind": "well", "horizontal_accuracy_m": 3.0}
    mine = made(file, "a", "facility", point(300), name="王家井", **one)
    made(file, "b", "facility", point(301), name="李家井", **one)
    theirs = made(file, "b", "facility", point(304), name="王家井", **one)
    assert pairs(file) == {pair(mine, theirs, "near")}


def test_points_closer_than_the_layer_snaps_are_one_place_however_well_measured(file):
    for device, x in (("a", 0.0), ("b", 0.3)):
        made(file, device, "facility", point(300 + x), kind="well", horizontal_accuracy_m=0.02)
    assert {each[2] for each in pairs(file)} == {"near"}


def test_a_house_measured_badly_is_found_by_its_shape(file):
    shape = {"kind": "1", "horizontal_accuracy_m": 2.0}
    one = made(file, "a", "house", outline(600, 0, 9, 12), **shape)
    two = made(file, "b", "house", outline(603, 2, 9, 12), **shape)
    assert pairs(file) == {pair(one, two, "same_shape")}


def test_a_house_moved_further_than_it_was_measured_is_another(file):
    shape = {"kind": "1", "horizontal_accuracy_m": 0.5}
    made(file, "a", "house", outline(600, 0, 9, 12), **shape)
    made(file, "b", "house", outline(603, 2, 9, 12), **shape)
    assert not pairs(file)


def test_houses_of_a_terrace_are_paired_each_with_itself(file):
    shape = {"kind": "2", "horizontal_accuracy_m": 2.0}
    mine = [made(file, "a", "house", outline(600 + 6 * i, 0, 6, 10), **shape) for i in range(5)]
    theirs = [made(file, "b", "house", outline(602 + 6 * i, 1, 6, 10), **shape) for i in range(5)]
    assert pairs(file) == {pair(a, b, "same_shape") for a, b in zip(mine, theirs, strict=True)}


def test_houses_of_a_terrace_that_two_teams_shared_out_are_no_pairs(file):
    shape = {"kind": "2", "horizontal_accuracy_m": 2.0}
    for i in range(6):
        made(file, "ab"[i // 3], "house", outline(600 + 6 * i, 0, 6, 10), **shape)
    assert not pairs(file)


def test_a_small_parcel_in_a_large_one_of_another_team_is_worth_a_look(file):
    large = made(file, "a", "farmland", outline(600, 0, 60, 60))
    small = made(file, "b", "farmland", outline(610, 10, 15, 15))
    assert pairs(file) == {pair(large, small, "overlap")}


def test_a_small_parcel_in_one_that_its_own_team_drew_too_is_no_pair(file):
    large = made(file, "a", "farmland", outline(600, 0, 60, 60))
    small = made(file, "b", "farmland", outline(610, 10, 15, 15))
    whole = made(file, "b", "farmland", outline(601, 1, 60, 60))
    assert pairs(file) == {pair(large, whole, "overlap")}
    file.delete("farmland", whole)
    propose(file, [whole])
    assert pairs(file) == {pair(large, small, "overlap")}


def test_a_protection_zone_around_the_body_of_a_relic_is_another_thing(file):
    made(file, "a", "relic_extent", outline(600, 0, 40, 40), kind="body")
    made(file, "b", "relic_extent", outline(590, -10, 60, 60), kind="protection_zone")
    assert not pairs(file)


def test_what_came_of_a_split_is_no_pair_with_what_it_came_of(file):
    whole = made(file, "a", "farmland", outline(600, 0, 40, 40))
    half = made(file, "b", "farmland", outline(600, 0, 20, 40))
    assert pairs(file)
    file.descend("farmland", whole, half, "split")
    propose(file, [half])
    assert not pairs(file)
    quarter = made(file, "c", "farmland", outline(600, 0, 20, 20))
    file.descend("farmland", half, quarter, "split")
    propose(file, [quarter])
    assert not pairs(file)


def test_an_ended_parcel_is_in_no_pair(file):
    one = made(file, "a", "farmland", outline(600))
    two = made(file, "b", "farmland", outline(600))
    assert pairs(file) == {pair(one, two, "overlap")}
    file.update("farmland", one, {"ended_on": "2026-01-01"})
    propose(file, [one])
    assert not pairs(file)


def test_corners_of_neighbouring_parcels_are_two_and_of_one_parcel_one(file):
    mark = {"kind": "1", "horizontal_accuracy_m": 0.03}
    west = made(file, "a", "farmland", outline(600))
    east = made(file, "b", "farmland", outline(620))
    mine = made(file, "a", "boundary_point", point(620), farmland_uuid=west, **mark)
    theirs = made(file, "b", "boundary_point", point(620.02), farmland_uuid=east, **mark)
    assert not pairs(file)
    # The second team's parcel turns out to be the first one's, drawn anew.
    file.update("farmland", east, {}, outline(600.1))
    propose(file, [east])
    assert pairs(file) == {pair(west, east, "overlap"), pair(mine, theirs, "near")}


def test_a_record_in_another_layer_is_no_pair(file):
    record = made(file, "a", "house", outline(600))
    parcel = made(file, "b", "farmland", outline(600))
    for layer, uuid, device in (("house", record, "a"), ("farmland", parcel, "b")):
        photo(file, device, layer, uuid, b"one photo")
    assert not pairs(file)


def test_a_damaged_outline_in_the_file_hides_no_pair(file):
    one = made(file, "a", "farmland", outline(600))
    damaged = made(file, "c", "farmland", outline(600))
    for name in ("ggu", "giu", "tmu"):
        file.connection.execute(f"DROP TRIGGER {name}_farmland_geometry")
    with file.atomic(quiet=True):
        file.connection.execute(
            "UPDATE farmland SET geometry = CAST(substr(geometry, 1, 60) AS BLOB) WHERE uuid = ?",
            (damaged,),
        )
    file.repair_triggers()
    two = made(file, "b", "farmland", outline(600))
    assert pair(one, two, "overlap") in pairs(file)


# -- photos ------------------------------------------------------------------------------------


def test_records_with_one_photo_are_a_pair_and_the_photo_may_come_last(file):
    one = made(file, "a", "relic", point(300))
    two = made(file, "b", "relic", point(600))
    first = photo(file, "a", "relic", one, b"stele")
    photo(file, "b", "relic", two, b"another")
    assert not pairs(file)
    second = photo(file, "b", "relic", two, b"stele")
    assert pairs(file) == {pair(one, two, "same_photo")}
    file.delete("attachment", first)
    propose(file, [first])
    assert not pairs(file)
    photo(file, "a", "relic", one, b"stele")
    file.update("attachment", second, {"record": one})
    propose(file, [second])
    assert not pairs(file)


def test_a_photo_that_many_records_share_is_no_evidence(file):
    records = [made(file, f"t{i}", "relic", point(300 + 100 * i)) for i in range(6)]
    for record in records[:5]:
        photo(file, "x", "relic", record, b"covered lens")
    assert len(pairs(file)) == 10
    last = photo(file, "x", "relic", records[5], b"covered lens")
    assert not pairs(file)
    file.delete("attachment", last)
    propose(file, [last])
    assert len(pairs(file)) == 10


def test_a_photo_that_thousands_share_costs_no_more_than_one_that_six_share(file):
    file.sign_in(author="a", device="a")
    records = [file.insert("relic", {"village": VILLAGE}, point(300 + 100 * i)) for i in range(300)]
    for record in records:
        file.insert(
            "attachment", {"record": record, "layer": "relic", "sha256": "0" * 64, "kind": "photo"}
        )
    propose(file, records)
    other = made(file, "b", "relic", point(-500))
    asked: list[str] = []
    file.connection.set_trace_callback(asked.append)
    photo(file, "b", "relic", other, b"one of its own")
    alone, asked[:] = len(asked), []
    file.sign_in(author="b", device="b")
    uuid = file.insert(
        "attachment", {"record": other, "layer": "relic", "sha256": "0" * 64, "kind": "photo"}
    )
    propose(file, [uuid])
    file.connection.set_trace_callback(None)
    assert len(asked) <= alone + 10
    assert not pairs(file)


def test_a_signature_is_no_evidence(file):
    for device, x in (("a", 300), ("b", 600)):
        record = made(file, device, "relic", point(x))
        file.attach(record, "relic", b"an empty page", kind="signature")
        propose(file, [record])
    assert not pairs(file)


def test_the_strongest_reason_is_told(file):
    for device in "ab":
        record = made(file, device, "farmland", outline(600), code="9901011002010100007")
        photo(file, device, "farmland", record, b"one photo")
    assert {each[2] for each in pairs(file)} == {"same_code"}


def test_the_index_of_photos_is_made_in_a_file_that_lacks_it(tmp_path):
    path = tmp_path / "county.sqlite"
    with store.create(path, catalogue.load(), SRID, role="county", county="990101") as file:
        file.connection.execute("DROP INDEX attachment_by_sha256")
        file.connection.execute("DROP INDEX duplicate_by_b")
    with store.open(path) as file:
        names = {
            name
            for (name,) in file.connection.execute(
                "SELECT name FROM sqlite_master WHERE type = 'index'"
            )
        }
        used = " ".join(
            row[3]
            for row in file.connection.execute(
                "EXPLAIN QUERY PLAN SELECT record FROM attachment WHERE sha256 = ?", ("",)
            )
        )
    assert {"attachment_by_sha256", "duplicate_by_b"} <= names
    assert "attachment_by_sha256" in used


# -- on nothing else ---------------------------------------------------------------------------


class Bustle:
    """Records of four makers that come, change and go on a few square metres."""

    def __init__(self, file: store.SurveyFile, seed: int) -> None:
        self.file, self.chance = file, random.Random(seed)
        self.touched: set[str] = set()

    def step(self) -> None:
        chance = self.chance
        device = chance.choice("abcd")
        self.file.sign_in(author=device, device=device)
        what = (
            self.insert, self.insert, self.move, self.edit, self.delete,
            self.photograph, self.photograph, self.drop_photo, self.decide,
        )  # fmt: skip
        chance.choice(what)()

    def look(self) -> None:
        """What changed meanwhile is looked at together, in one call."""
        propose(self.file, self.touched)
        self.touched = set()

    def one_of(self, layer: str) -> str | None:
        uuids = [uuid for (uuid,) in self.file.connection.execute(f"SELECT uuid FROM {layer}")]
        return self.chance.choice(sorted(uuids)) if uuids else None

    def layer(self) -> str:
        return self.chance.choice(("facility", "facility", "house", "farmland", "boundary_point"))

    def shape(self, layer: str) -> shapely.Geometry:
        x, y = self.chance.uniform(0, 25), self.chance.uniform(0, 10)
        if layer in ("facility", "boundary_point"):
            return point(700 + x, y)
        width = self.chance.choice((4, 6, 6, 20))
        return outline(700 + x, y, width, 6)

    def values(self, layer: str) -> dict[str, object]:
        chance = self.chance
        found: dict[str, object] = {"horizontal_accuracy_m": chance.choice((0.05, 1.0, 3.0, None))}
        if layer == "facility":
            found |= {"kind": chance.choice(("well", "well", "bridge"))}
            found |= {"name": chance.choice((None, "东井", "西井"))}
        if layer == "farmland":
            found |= {"code": chance.choice((None, None, "9901011002010100007"))}
            found |= {"ended_on": chance.choice((None, None, None, "2026-01-01"))}
        if layer == "boundary_point":
            found |= {"kind": "1", "farmland_uuid": self.one_of("farmland")}
        return found

    def insert(self) -> None:
        layer = self.layer()
        values = {"village": VILLAGE, **self.values(layer)}
        self.touched.add(self.file.insert(layer, values, self.shape(layer)))

    def move(self) -> None:
        layer = self.layer()
        if record := self.one_of(layer):
            self.file.update(layer, record, {}, self.shape(layer))
            self.touched.add(record)

    def edit(self) -> None:
        layer = self.layer()
        if record := self.one_of(layer):
            self.file.update(layer, record, self.values(layer))
            self.touched.add(record)

    def delete(self) -> None:
        layer = self.layer()
        before = self.everything()
        if record := self.one_of(layer):
            self.file.delete(layer, record)
            self.touched |= before - self.everything()

    def photograph(self) -> None:
        layer = self.layer()
        if record := self.one_of(layer):
            self.touched.add(
                self.file.attach(record, layer, self.chance.choice((b"x", b"y", b"z")))
            )

    def drop_photo(self) -> None:
        if photo := self.one_of("attachment"):
            self.file.delete("attachment", photo)
            self.touched.add(photo)

    def decide(self) -> None:
        self.look()
        proposed = list_pairs(self.file, "open")
        if proposed and self.chance.random() < 0.3:
            joining.keep_apart(self.file, self.chance.choice(proposed).id, author="officer")

    def everything(self) -> set[str]:
        return {
            uuid
            for layer in self.file.catalogue.layers
            for (uuid,) in self.file.connection.execute(f"SELECT uuid FROM {layer}")
        }


def test_pairs_do_not_depend_on_what_changed_together_or_before(tmp_path):
    seen: set[str] = set()
    for seed in range(6):
        path = tmp_path / f"{seed}.sqlite"
        with store.create(path, catalogue.load(), SRID, role="county", county="990101") as file:
            file.connection.execute("PRAGMA synchronous = OFF")
            bustle = Bustle(file, seed)
            for _ in range(100):
                for _ in range(bustle.chance.randint(1, 3)):
                    bustle.step()
                bustle.look()
                kept = pairs(file)
                seen |= {each[2] for each in kept}
                with file.atomic():
                    file.connection.execute("DELETE FROM duplicate WHERE state = 'open'")
                    propose(file, bustle.everything())
                    assert pairs(file) == kept, seed
    assert seen == set(REASONS)

"""Joining two records of one thing: nothing is lost, what comes later follows, and it can be taken
apart again."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from county import VILLAGE, County, make_county, orphans, outline, point, state
from xiangtu.errors import MergeRefused
from xiangtu.merge import conflicts, duplicates, joining
from xiangtu.merge.batches import Batch, list_batches
from xiangtu.merge.changes import RECORD
from xiangtu.merge.likeness import pair_id
from xiangtu.merge.titles import titles


@dataclass
class Twice:
    """A county in which tablets a, b and c each surveyed the same homestead with a house."""

    county: County
    homestead: dict[str, str]
    house: dict[str, str]
    photo: dict[str, str]

    def join(self, away: str, survivor: str, reason: str = "one yard") -> Batch:
        name = pair_id(self.homestead[away], self.homestead[survivor])
        with self.county.open() as file:
            return joining.join(
                file, name, author="officer", reason=reason, survivor=self.homestead[survivor]
            )

    def apart(self, one: str, other: str) -> Batch:
        name = pair_id(self.homestead[one], self.homestead[other])
        with self.county.open() as file:
            return joining.keep_apart(file, name, author="chief", reason="two yards")

    def row(self, layer: str, uuid: str) -> dict | None:
        with self.county.open() as file:
            return file.get(layer, uuid)

    def bring(self, tablet: str):
        return self.county.merge(self.county.pack(tablet))

    def conflicts(self):
        with self.county.open() as file:
            return conflicts.list_conflicts(file)

    def sound(self) -> None:
        with self.county.open() as file:
            assert not orphans(file)
            for each in file.select("attachment"):
                assert file.get(each["layer"], each["record"]), "a photo without its record"


@pytest.fixture(scope="module")
def begun(tmp_path_factory) -> Twice:
    county = make_county(tmp_path_factory.mktemp("twice"), "abc")
    made = Twice(county, {}, {}, {})
    for name in "abc":
        county.assign(name)
    # The number is told by one team only, the address by each in its own words.
    for name, shift in zip("abc", (0.0, 0.2, 0.4), strict=True):
        with county.survey(name) as file:
            values = {"village": VILLAGE, "address": f"{name}巷", "note": None}
            if name == "b":
                values |= {"number": "17"}
            homestead = file.insert("homestead", values, outline(700 + shift))
            made.homestead[name] = homestead
            made.house[name] = file.insert(
                "house",
                {"village": VILLAGE, "homestead_uuid": homestead},
                outline(703 + 5 * "abc".index(name), 5, 4, 4),
            )
            made.photo[name] = file.attach(homestead, "homestead", f"photo {name}".encode())
        county.merge(county.pack(name))
    return made


@pytest.fixture
def twice(begun: Twice, tmp_path) -> Twice:
    return Twice(begun.county.cloned(tmp_path / "w"), begun.homestead, begun.house, begun.photo)


def test_one_yard_that_three_tablets_surveyed_becomes_one_record_and_three_again(twice):
    before = state(twice.county)
    with twice.county.open() as file:
        found = duplicates.list_pairs(file)
    assert {frozenset((each.a, each.b)) for each in found} == {
        frozenset((twice.homestead[one], twice.homestead[two])) for one, two in ("ab", "ac", "bc")
    }
    twice.join("b", "a")
    twice.join("c", "a")
    with twice.county.open() as file:
        assert [each.state for each in duplicates.list_pairs(file)] == ["joined", "joined"]
        for name in "abc":
            house = file.get("house", twice.house[name])
            assert house["homestead_uuid"] == twice.homestead["a"]
            assert file.get("attachment", twice.photo[name])["record"] == twice.homestead["a"]
        assert file.get("homestead", twice.homestead["a"])["number"] == "17", "it was lacking"
        assert file.get("homestead", twice.homestead["a"])["address"] == "a巷"
        for name in "bc":
            assert file.get("homestead", twice.homestead[name]) is None
            told = [
                value for entry in file.history(twice.homestead[name]) for value in entry.values
            ]
            assert f"{name}巷" in {value.new for value in told}, "its history can be read"
    for batch in [each.number for each in _decisions(twice)]:
        twice.county.undo(batch)
    assert state(twice.county) == before


def _decisions(twice: Twice) -> list[Batch]:
    with twice.county.open() as file:
        return [
            each for each in list_batches(file) if each.kind == "decision" and not each.undone_at
        ]


@pytest.mark.parametrize("survivor", "ab")
def test_whoever_survives_joining_and_undoing_gives_back_the_state_before(twice, survivor):
    before = state(twice.county)
    away = "ab".replace(survivor, "")
    batch = twice.join(away, survivor)
    twice.sound()
    assert state(twice.county) != before
    twice.county.undo(batch.number)
    assert state(twice.county) == before


def test_what_comes_later_of_the_joined_away_record_goes_to_the_survivor(twice):
    twice.join("b", "a")
    joined = state(twice.county)
    survivor = twice.homestead["a"]
    with twice.county.survey("b") as file:
        mine = twice.homestead["b"]
        file.update("homestead", mine, {"note": "well in the yard"})
        house = file.insert(
            "house", {"village": VILLAGE, "homestead_uuid": mine}, outline(715, 14, 4, 4)
        )
        photo = file.attach(mine, "homestead", b"a later photo")
    report = twice.bring("b")
    assert not report.conflicts
    assert twice.row("homestead", survivor)["note"] == "well in the yard"
    assert twice.row("house", house)["homestead_uuid"] == survivor
    assert twice.row("attachment", photo)["record"] == survivor
    assert twice.row("homestead", mine) is None
    twice.sound()
    twice.county.undo(report.batch)
    assert state(twice.county) == joined


def test_a_later_outline_of_the_joined_away_record_is_held_against_the_one_chosen(twice):
    twice.join("b", "a")
    with twice.county.survey("b") as file:
        file.update("homestead", twice.homestead["b"], {}, outline(700, 0, 30, 20))
    report = twice.bring("b")
    (conflict,) = twice.conflicts()
    assert (conflict.record, conflict.unit) == (twice.homestead["a"], "geometry")
    assert report.conflicts == (conflict.id,)
    (theirs,) = (head for head in conflict.heads if head.author == "surveyor b")
    with twice.county.open() as file:
        conflicts.take(file, conflict.id, theirs.change, author="officer")
        assert file.get("homestead", twice.homestead["a"])["geometry"].area == pytest.approx(600)


def test_deleting_the_joined_away_record_unknowingly_is_a_conflict_about_the_survivor(twice):
    twice.join("b", "a")
    before = state(twice.county)
    with twice.county.survey("b") as file:
        file.delete("homestead", twice.homestead["b"])
    report = twice.bring("b")
    (conflict,) = twice.conflicts()
    assert (conflict.record, conflict.unit) == (twice.homestead["a"], "@record")
    assert {head.says for head in conflict.heads} == {"gone", "keep"}
    twice.sound()
    assert twice.row("house", twice.house["b"]), "what went with it stays with the survivor"
    assert twice.row("attachment", twice.photo["b"])
    kept, gone = (twice.county.copied(twice.county.folder / name) for name in ("kept", "gone"))
    with kept.open() as file:
        conflicts.take(file, conflict.id, "keep", author="officer")
        assert not conflicts.list_conflicts(file)
        assert file.get("house", twice.house["b"])["homestead_uuid"] == twice.homestead["a"]
    with gone.open() as file:
        conflicts.take(file, conflict.id, "gone", author="officer")
        assert not conflicts.list_conflicts(file)
        for name in "ab":
            assert not file.get("homestead", twice.homestead[name])
            assert not file.get("house", twice.house[name])
            assert not file.get("attachment", twice.photo[name])
        assert not orphans(file)
    twice.county.undo(report.batch)
    assert state(twice.county) == before


def test_deleting_the_survivor_unknowingly_is_a_conflict_too(twice):
    twice.join("b", "a")
    with twice.county.survey("a") as file:
        file.delete("homestead", twice.homestead["a"])
    twice.bring("a")
    (conflict,) = twice.conflicts()
    assert (conflict.record, conflict.unit) == (twice.homestead["a"], "@record")
    twice.sound()
    assert twice.row("house", twice.house["b"])
    assert twice.row("house", twice.house["a"])


def test_a_survivor_that_the_office_deletes_comes_back_for_a_part_that_arrives(twice):
    twice.join("b", "a")
    with twice.county.open() as file:
        file.sign_in(author="officer")
        file.delete("homestead", twice.homestead["a"])
        assert not file.get("house", twice.house["b"])
    with twice.county.survey("b") as file:
        house = file.insert(
            "house",
            {"village": VILLAGE, "homestead_uuid": twice.homestead["b"]},
            outline(715, 14, 4, 4),
        )
    twice.bring("b")
    twice.sound()
    (conflict,) = twice.conflicts()
    assert (conflict.record, conflict.unit) == (twice.homestead["a"], "@record")
    assert twice.row("house", house)["homestead_uuid"] == twice.homestead["a"]


def test_later_edits_follow_a_chain_of_joinings_to_its_end(twice):
    twice.join("a", "b")
    twice.join("b", "c")
    with twice.county.open() as file:
        assert file.get("homestead", twice.homestead["c"])["number"] == "17"
        for name in "abc":
            house = file.get("house", twice.house[name])
            assert house["homestead_uuid"] == twice.homestead["c"]
    joined = state(twice.county)
    with twice.county.survey("a") as file:
        file.update("homestead", twice.homestead["a"], {"note": "told by a"})
        photo = file.attach(twice.homestead["a"], "homestead", b"a later photo")
    report = twice.bring("a")
    assert not report.conflicts
    assert twice.row("homestead", twice.homestead["c"])["note"] == "told by a"
    assert twice.row("attachment", photo)["record"] == twice.homestead["c"]
    twice.sound()
    twice.county.undo(report.batch)
    assert state(twice.county) == joined


def test_an_edit_that_a_later_joining_had_seen_is_not_brought_up_again(twice):
    twice.join("a", "b")
    with twice.county.survey("a") as file:
        file.update("homestead", twice.homestead["a"], {"note": "told by a"})
    twice.bring("a")
    assert twice.row("homestead", twice.homestead["b"])["note"] == "told by a"
    twice.join("b", "c")
    assert not twice.conflicts()
    assert twice.row("homestead", twice.homestead["c"])["note"] == "told by a"


def test_the_middle_of_a_chain_can_be_taken_apart(twice):
    county = twice.county.cloned(twice.county.folder.parent / "other")
    other = Twice(county, twice.homestead, twice.house, twice.photo)
    twice.join("a", "b")
    twice.join("b", "c", reason="the same gate")
    twice.apart("a", "b")
    other.apart("a", "b")
    other.join("b", "c")
    assert _told(twice) == _told(other)
    with twice.county.open() as file:
        reasons = file.connection.execute(
            "SELECT kind, reason, author FROM decision WHERE undone_at IS NULL ORDER BY uuid"
        ).fetchall()
    assert ("join", "the same gate", "officer") in reasons
    assert ("apart", "two yards", "chief") in reasons


def _told(twice: Twice) -> dict[str, object]:
    """The state but for the time of the decisions."""
    found = state(twice.county)
    with twice.county.open() as file:
        found["homestead"] = [
            {name: value for name, value in row.items() if name not in ("updated_at", "fid")}
            for row in sorted(file.select("homestead"), key=lambda row: row["uuid"])
        ]
    return found


def test_the_last_of_a_chain_taken_apart_gives_back_the_state_before(twice):
    twice.join("a", "b")
    before = state(twice.county)
    batch = twice.join("b", "c")
    twice.county.undo(batch.number)
    assert state(twice.county) == before


def test_a_joining_that_a_later_one_rests_on_is_not_undone_before_it(twice):
    first = twice.join("a", "b")
    second = twice.join("b", "c")
    with pytest.raises(MergeRefused) as fault:
        twice.county.undo(first.number)
    assert fault.value.code == "undo.depends"
    assert fault.value.facts["batches"] == str(second.number)


def test_a_package_that_a_survivor_came_with_is_not_undone_before_the_joining(twice):
    with twice.county.open() as file:
        merges = {each.number for each in list_batches(file) if each.kind == "merge"}
    twice.join("a", "c")
    before = state(twice.county)
    for batch in (min(merges), max(merges)):
        with pytest.raises(MergeRefused) as fault:
            twice.county.undo(batch)
        assert fault.value.code == "undo.depends"
    assert state(twice.county) == before


def test_records_in_conflict_are_not_joined_before_that_is_decided(twice):
    twice.county.assign("c")
    for name, note in (("a", "one"), ("c", "two")):
        with twice.county.survey(name) as file:
            file.update("homestead", twice.homestead["a"], {"note": note})
        twice.bring(name)
    (conflict,) = twice.conflicts()
    before = state(twice.county)
    for survivor, away in ("ab", "ba"):
        with pytest.raises(MergeRefused) as fault:
            twice.join(away, survivor)
        assert fault.value.code == "duplicate.in_conflict"
        assert conflict.id in fault.value.facts["conflicts"]
    assert state(twice.county) == before
    with twice.county.open() as file:
        conflicts.take(file, conflict.id, "1", author="officer")
    twice.join("b", "a")


def test_what_refers_to_a_joined_away_record_without_being_a_part_follows_too(twice):
    uuids = {}
    for name in "ab":
        with twice.county.survey(name) as file:
            household = file.insert(
                "household", {"village": VILLAGE, "code": "990101100201010007", "head_name": "王"}
            )
            member = file.insert(
                "member", {"village": VILLAGE, "household_uuid": household, "name": f"王{name}"}
            )
            file.update("homestead", twice.homestead[name], {"household_uuid": household})
            uuids[name] = (household, member)
        twice.bring(name)
    before = state(twice.county)
    (survivor, _), (away, member) = uuids["a"], uuids["b"]
    with twice.county.open() as file:
        name = pair_id(survivor, away)
        assert {each.reason for each in duplicates.list_pairs(file) if each.id == name} == {
            "same_code"
        }
        batch = joining.join(file, name, author="officer", survivor=survivor)
        assert file.get("member", member)["household_uuid"] == survivor
        assert file.get("homestead", twice.homestead["b"])["household_uuid"] == survivor
    twice.county.undo(batch.number)
    assert state(twice.county) == before


def test_a_pair_whose_record_is_deleted_is_proposed_no_more(twice):
    with twice.county.open() as file:
        file.sign_in(author="officer")
        file.delete("homestead", twice.homestead["b"])
        left = [{each.a, each.b} for each in duplicates.list_pairs(file)]
    assert left == [{twice.homestead["a"], twice.homestead["c"]}]
    with pytest.raises(Exception) as fault:
        twice.join("b", "a")
    assert fault.value.code == "duplicate.unknown"


def test_a_pair_kept_apart_whose_record_is_gone_is_refused_in_words(twice):
    twice.apart("a", "c")
    with twice.county.open() as file:
        newest = next(each.number for each in list_batches(file) if each.kind == "merge")
    twice.county.undo(newest)
    with pytest.raises(MergeRefused) as fault:
        twice.join("c", "a")
    assert fault.value.code == "duplicate.gone"


def test_a_pair_kept_apart_then_joined_is_kept_apart_again_when_that_is_undone(twice):
    twice.apart("a", "b")
    before = state(twice.county)
    batch = twice.join("b", "a")
    twice.county.undo(batch.number)
    assert state(twice.county) == before
    with twice.county.open() as file:
        apart = [each for each in duplicates.list_pairs(file) if each.state == "apart"]
    assert [{each.a, each.b} for each in apart] == [{twice.homestead["a"], twice.homestead["b"]}]


def test_undoing_apart_proposes_the_pair_only_if_it_is_still_alike(twice):
    batch = twice.apart("a", "b")
    with twice.county.open() as file:
        file.sign_in(author="officer")
        file.update("homestead", twice.homestead["b"], {}, outline(900))
    twice.county.undo(batch.number)
    with twice.county.open() as file:
        left = [{each.a, each.b} for each in duplicates.list_pairs(file)]
    assert left == [{twice.homestead["a"], twice.homestead["c"]}]


def test_deciding_a_conflict_about_where_a_record_lies_looks_for_its_pairs_again(twice):
    twice.county.assign("c")
    for name, east in (("a", 705.0), ("c", 900.0)):
        with twice.county.survey(name) as file:
            file.update("homestead", twice.homestead["a"], {}, outline(east))
        twice.bring(name)
    (conflict,) = twice.conflicts()
    (far,) = (head for head in conflict.heads if head.author == "surveyor c")
    with twice.county.open() as file:
        conflicts.take(file, conflict.id, far.change, author="officer")
        left = [{each.a, each.b} for each in duplicates.list_pairs(file)]
    assert left == [{twice.homestead["b"], twice.homestead["c"]}]


def test_who_joined_and_who_took_apart_is_kept_with_the_reason(twice):
    twice.join("b", "a", reason="one gate")
    twice.apart("a", "b")
    with twice.county.open() as file:
        told = file.connection.execute(
            "SELECT d.kind, d.subject, d.choice, d.reason, d.author, b.author, d.undone_at NOTNULL "
            "FROM decision d JOIN batch b ON b.uuid = d.batch ORDER BY b.number"
        ).fetchall()
        kinds = [(each.kind, each.author) for each in reversed(list_batches(file))][-3:]
    name = pair_id(twice.homestead["a"], twice.homestead["b"])
    assert told == [
        ("join", name, twice.homestead["a"], "one gate", "officer", "officer", 1),
        ("apart", name, "", "two yards", "chief", "chief", 0),
    ]
    assert kinds == [("decision", "officer"), ("undo", "chief"), ("decision", "chief")]


def test_taking_apart_does_all_or_nothing(twice):
    twice.join("b", "a")
    with twice.county.open() as file:
        file.sign_in(author="officer")
        file.update("homestead", twice.homestead["a"], {"number": "18"})
    before = state(twice.county)
    with pytest.raises(MergeRefused) as fault:
        twice.apart("a", "b")
    assert fault.value.code == "undo.depends"
    assert state(twice.county) == before


def test_finding_one_pair_does_not_read_the_others(twice):
    with twice.county.open() as file:
        name = pair_id(twice.homestead["a"], twice.homestead["b"])
        plan = file.connection.execute(
            "EXPLAIN QUERY PLAN SELECT id, layer, a, b, reason, state, survivor FROM duplicate "
            "WHERE id = ?",
            (name,),
        ).fetchall()
        assert duplicates.find_pair(file, name).id == name
    assert "SEARCH" in plan[0][3]


def test_a_photo_that_comes_for_the_joined_away_record_makes_a_pair_of_the_survivor(twice):
    with twice.county.survey("c") as file:
        record = file.insert("homestead", {"village": VILLAGE}, outline(1500))
        file.attach(record, "homestead", b"the gate")
    twice.bring("c")
    twice.join("b", "a")
    with twice.county.survey("b") as file:
        photo = file.attach(twice.homestead["b"], "homestead", b"the gate")
    twice.bring("b")

    def proposed() -> list[set[str]]:
        with twice.county.open() as file:
            return [
                {each.a, each.b}
                for each in duplicates.list_pairs(file)
                if each.reason == "same_photo"
            ]

    assert proposed() == [{record, twice.homestead["a"]}]
    with twice.county.survey("b") as file:
        file.delete("attachment", photo)
    twice.bring("b")
    assert not proposed()


@pytest.mark.parametrize("order", ["bc", "cb"])
def test_a_photo_of_the_survivor_speaks_for_it_where_the_joined_away_record_was_deleted(
    twice, order
):
    """Tablet b knows of no joining and deletes its own record; c has no idea of that."""
    twice.county.assign("c")
    twice.join("b", "a")
    with twice.county.survey("b") as file:
        file.delete("homestead", twice.homestead["b"])
    with twice.county.survey("c") as file:
        file.attach(twice.homestead["a"], "homestead", b"the gate")
    for tablet in order:
        twice.bring(tablet)
    (conflict,) = twice.conflicts()
    assert (conflict.record, conflict.unit) == (twice.homestead["a"], RECORD)
    assert {head.device for head in conflict.heads} >= {
        twice.county.tablets[name].device_id for name in "bc"
    }
    twice.sound()


def test_titles_are_told_of_records_that_are_there_and_of_those_joined_away(twice):
    for name, code in (("a", "990101-0001"), ("b", None)):
        with twice.county.survey(name) as file:
            file.insert(
                "relic", {"village": VILLAGE, "name": f"{name}碑", "code": code, "class": "0101"},
                point(1200),
            )  # fmt: skip
        twice.bring(name)
    with twice.county.open() as file:
        (pair,) = (each for each in duplicates.list_pairs(file) if each.layer == "relic")
        told = titles(file, [(pair.layer, pair.a), (pair.layer, pair.b)])
        assert set(told.values()) == {"a碑 990101-0001", "b碑"}
        joining.join(file, pair.id, author="officer")
        told = titles(file, [(pair.layer, pair.a), (pair.layer, pair.b)])
    assert told.keys() == {pair.a, pair.b}
    assert {"a碑 990101-0001", "b碑"} & set(told.values()), "what was joined away has its own name"

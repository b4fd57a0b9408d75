"""Whatever county and package did to one record: what happens, what is seen, where both values are.

The first line of each test's docstring is the case as the manual's table names it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from command_line import xiangtu
from county import VILLAGE, County, known, make_county, outline, polygon
from xiangtu.errors import BadInput, MergeRefused
from xiangtu.merge import bulk, conflicts
from xiangtu.merge.changes import LINEAGE, RECORD
from xiangtu.merge.duplicates import list_pairs
from xiangtu.store import SurveyFile

MANUALS = Path(__file__).resolve().parents[2] / "docs"
OTHER_VILLAGE = "990101100202"
PHOTO = "01900000-0000-7000-8000-0000000000aa"
HOUSE, HOMESTEAD, PARCEL = known("house", 0), known("homestead", 0), known("farmland", 0)
Work = Callable[[SurveyFile], object]


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> County:
    county = make_county(tmp_path_factory.mktemp("begun"), "a")
    county.assign("a")
    with county.survey("a") as file:
        file.insert(
            "attachment",
            {"record": HOUSE, "layer": "house", "sha256": "1" * 64, "caption": "front"},
            uuid=PHOTO,
        )
    county.merge(county.pack("a"))
    county.assign("a")
    return county


class Case:
    """One county, one tablet that had seen all of it, and what both do then."""

    def __init__(self, world: County) -> None:
        self.world = world

    def play(self, *, county: Work | None = None, package: Work | None = None):
        """The office does its part, the tablet its own; the package is merged."""
        if county is not None:
            with self.world.open() as file:
                file.sign_in(author="officer")
                county(file)
        if package is not None:
            with self.world.survey("a") as file:
                package(file)
        self.report = self.world.merge(self.world.pack("a"))
        return self.report

    def get(self, layer: str, uuid: str):
        with self.world.open() as file:
            return file.get(layer, uuid)

    @property
    def units(self) -> list[tuple[str, str]]:
        """Record and unit of every open conflict."""
        with self.world.open() as file:
            return [(each.record, each.unit) for each in conflicts.list_conflicts(file)]

    def sides(self, name: str) -> set[object]:
        """What the sides of the one open conflict say of a column."""
        with self.world.open() as file:
            (conflict,) = conflicts.list_conflicts(file)
            return {head.values.get(name) for head in conflict.heads}

    def take(self, choice: str) -> None:
        with self.world.open() as file:
            (conflict,) = conflicts.list_conflicts(file)
            conflicts.take(file, conflict.id, choice, author="officer", reason="looked")

    def told(self, record: str, name: str) -> set[object]:
        """Every value of a column that the record's history tells."""
        with self.world.open() as file:
            return {
                each
                for entry in file.history(record)
                for value in entry.values
                if value.field == name
                for each in (value.old, value.new)
            }

    def seen(self, command: str = "conflicts") -> str:
        """What the command prints for a person; it must say by its exit code that one is needed."""
        ran = xiangtu(command, self.world.path)
        assert ran.code == (0 if ran.out.startswith("No ") else 1), ran
        return ran.out


@pytest.fixture
def case(begun: County, tmp_path: Path) -> Case:
    return Case(begun.cloned(tmp_path / "world"))


def update(layer: str, uuid: str, **values: object) -> Work:
    return lambda file: file.update(layer, uuid, values)


def reshape(layer: str, uuid: str, *shape: float, **values: object) -> Work:
    return lambda file: file.update(layer, uuid, values, outline(*shape))


def delete(layer: str, uuid: str) -> Work:
    return lambda file: file.delete(layer, uuid)


def new_house(uuid: str, homestead: str = HOMESTEAD, **values: object) -> Work:
    def work(file: SurveyFile) -> None:
        file.insert(
            "house",
            {"village": VILLAGE, "homestead_uuid": homestead, **values},
            outline(12, 12, 6, 6),
            uuid,
        )

    return work


def split(*names: str) -> Work:
    """The parcel ends and two parts begin, as the tablet's app divides it."""

    def work(file: SurveyFile) -> None:
        for place, name in enumerate(names):
            part = file.insert(
                "farmland", {"village": VILLAGE, "name": name}, outline(place * 10, 100, 10, 20)
            )
            file.descend("farmland", PARCEL, part, "split")
        file.update("farmland", PARCEL, {"ended_on": "2026-05-01"})

    return work


def join(file: SurveyFile) -> None:
    """Two parcels end and one begins."""
    whole = file.insert("farmland", {"village": VILLAGE, "name": "one"}, outline(0, 100, 50, 20))
    for parcel in (PARCEL, known("farmland", 1)):
        file.descend("farmland", parcel, whole, "join")
        file.update("farmland", parcel, {"ended_on": "2026-05-01"})


def parcels(case: Case) -> dict[str, object]:
    """The parcels that came of a split or join, by name, with what they grow."""
    with case.world.open() as file:
        rows = file.select("farmland", "name IS NOT NULL", columns=("name", "crop"))
        return {row["name"]: row["crop"] for row in rows}


# -- nothing, inserts ------------------------------------------------------------------------


def test_nothing_here_and_a_new_record_there(case):
    """nothing / a new record"""
    new = known("house", 50)
    report = case.play(package=new_house(new, storeys=2))
    assert (report.inserted, report.conflicts) == (1, ())
    assert case.get("house", new)["storeys"] == 2
    assert case.seen() == "No open conflicts.\n"


def test_nothing_here_and_an_edit_there(case):
    """nothing / an edit"""
    report = case.play(package=update("house", HOUSE, storeys=2))
    assert (report.updated, report.conflicts) == (1, ())
    assert case.get("house", HOUSE)["storeys"] == 2
    assert {None, 2} <= case.told(HOUSE, "storeys") | {None}


def test_nothing_here_and_a_deletion_there(case):
    """nothing / a deletion"""
    report = case.play(package=delete("house", HOUSE))
    assert (report.deleted, report.conflicts) == (2, ()), "the house and its photo"
    assert case.get("house", HOUSE) is None
    assert case.told(HOUSE, "village") >= {VILLAGE}


def test_the_same_new_record_on_both_sides_is_one(case):
    """the same new record (one identity), equal values"""
    new = known("house", 50)
    report = case.play(county=new_house(new, storeys=2), package=new_house(new, storeys=2))
    assert report.conflicts == ()
    assert case.get("house", new)["storeys"] == 2
    with case.world.open() as file:
        assert [entry.operation for entry in file.history(new)] == ["insert", "insert"]


def test_the_same_new_record_with_different_values_is_a_conflict_about_those(case):
    """the same new record (one identity), different values"""
    new = known("house", 50)
    case.play(county=new_house(new, storeys=2), package=new_house(new, storeys=3))
    assert case.units == [(new, "storeys")]
    assert case.sides("storeys") == {2, 3}
    assert case.get("house", new)["storeys"] == 2
    assert "storeys" in case.seen().lower()
    assert {2, 3} <= case.told(new, "storeys")


# -- attributes ------------------------------------------------------------------------------


def test_the_same_field_to_the_same_value_agrees(case):
    """one field, the same value"""
    case.play(county=update("house", HOUSE, storeys=2), package=update("house", HOUSE, storeys=2))
    assert case.units == []
    assert case.get("house", HOUSE)["storeys"] == 2
    with case.world.open() as file:
        assert len([each for each in file.history(HOUSE) if each.operation == "update"]) == 2


def test_the_same_field_to_different_values_is_a_conflict(case):
    """one field, different values"""
    report = case.play(
        county=update("house", HOUSE, storeys=2), package=update("house", HOUSE, storeys=3)
    )
    assert len(report.conflicts) == 1
    assert case.units == [(HOUSE, "storeys")]
    assert case.sides("storeys") == {2, 3}
    assert case.get("house", HOUSE)["storeys"] == 2, "the county's own is shown meanwhile"
    assert re.search(r"officer.*\n.*surveyor a|surveyor a.*\n.*officer", case.seen())
    assert {2, 3} <= case.told(HOUSE, "storeys")


def test_different_fields_are_both_taken(case):
    """different fields of one record"""
    case.play(
        county=update("house", HOUSE, storeys=2), package=update("house", HOUSE, structure="4")
    )
    assert case.units == []
    row = case.get("house", HOUSE)
    assert (row["storeys"], row["structure"]) == (2, "4")


# -- outlines --------------------------------------------------------------------------------


def test_outlines_within_the_tolerance_agree(case):
    """outline against outline, nowhere further apart than the layer's tolerance"""
    case.play(
        county=reshape("house", HOUSE, 3, 2, 8, 8),
        package=reshape("house", HOUSE, 3.0005, 2, 8, 8),
    )
    assert case.units == []
    assert len(case.told(HOUSE, "geometry") - {None}) == 3


def test_outlines_further_apart_are_a_conflict_and_both_are_kept(case):
    """outline against outline, further apart"""
    case.play(
        county=reshape("house", HOUSE, 3, 2, 8, 8), package=reshape("house", HOUSE, 2, 4, 8, 9)
    )
    assert case.units == [(HOUSE, "geometry")]
    assert len(case.sides("geometry")) == 2
    assert case.get("house", HOUSE)["geometry"].area == pytest.approx(64.0)
    assert "72.00 m²" in case.seen()
    assert case.sides("geometry") <= case.told(HOUSE, "geometry")


def test_different_corners_moved_are_a_conflict_with_a_combined_outline_proposed(case):
    """outline against outline, different corners moved"""

    def corner(place: int, east: float) -> Work:
        def work(file: SurveyFile) -> None:
            corners = [(2, 2), (10, 2), (10, 10), (2, 10)]
            corners[place] = (corners[place][0] + east, corners[place][1])
            file.update("house", HOUSE, {}, polygon(corners))

        return work

    case.play(county=corner(1, 1.0), package=corner(3, -1.0))
    assert case.units == [(HOUSE, "geometry")]
    case.take("combined")
    assert case.get("house", HOUSE)["geometry"].area == pytest.approx(64 + 4 + 4)
    assert case.units == []


def test_an_outline_here_and_a_field_there_are_both_taken(case):
    """outline against field"""
    case.play(county=reshape("house", HOUSE, 3, 2, 8, 9), package=update("house", HOUSE, storeys=2))
    assert case.units == []
    row = case.get("house", HOUSE)
    assert (row["storeys"], row["geometry"].area) == (2, pytest.approx(72.0))


def test_an_outline_there_and_a_field_here_are_both_taken(case):
    """field against outline"""
    case.play(county=update("house", HOUSE, storeys=2), package=reshape("house", HOUSE, 3, 2, 8, 9))
    assert case.units == []
    row = case.get("house", HOUSE)
    assert (row["storeys"], row["geometry"].area) == (2, pytest.approx(72.0))


# -- deletions -------------------------------------------------------------------------------


@pytest.mark.parametrize("deleting", ["county", "package"])
def test_a_deletion_beside_an_edit_keeps_the_record_in_conflict(case, deleting):
    """deleted on one side, edited on the other (both ways)"""
    editing = "package" if deleting == "county" else "county"
    case.play(**{deleting: delete("house", HOUSE), editing: update("house", HOUSE, storeys=2)})
    assert case.units == [(HOUSE, RECORD)]
    assert case.get("house", HOUSE)["storeys"] == 2
    text = case.seen()
    assert "gone" in text and "keep" in text
    case.take("gone")
    assert case.get("house", HOUSE) is None
    assert 2 in case.told(HOUSE, "storeys")


def test_a_deletion_on_both_sides_is_a_deletion(case):
    """deleted on both sides"""
    case.play(county=delete("house", HOUSE), package=delete("house", HOUSE))
    assert case.units == []
    assert case.get("house", HOUSE) is None
    with case.world.open() as file:
        assert [each.operation for each in file.history(HOUSE)].count("delete") == 2


def test_a_child_added_to_a_parent_deleted_here_keeps_both(case):
    """parent deleted here, child added there"""
    new = known("house", 50)
    case.play(county=delete("homestead", HOMESTEAD), package=new_house(new))
    assert case.units == [(HOMESTEAD, RECORD)]
    assert case.get("homestead", HOMESTEAD) and case.get("house", new)
    assert case.get("house", HOUSE), "what was deleted with the parent stays with it"
    case.take("keep")
    assert case.get("house", HOUSE) and case.get("house", new)
    assert case.units == []


def test_a_parent_deleted_there_whose_child_was_edited_here_keeps_both(case):
    """parent deleted there, child edited here"""
    case.play(county=update("house", HOUSE, storeys=2), package=delete("homestead", HOMESTEAD))
    assert (HOMESTEAD, RECORD) in case.units
    assert case.get("house", HOUSE)["storeys"] == 2
    with case.world.open() as file:
        (conflict,) = conflicts.list_conflicts(file, conflicts.Which(record=HOMESTEAD))
        conflicts.take(file, conflict.id, "gone", author="officer", reason="pulled down")
    assert case.units == []
    assert case.get("homestead", HOMESTEAD) is None and case.get("house", HOUSE) is None
    assert 2 in case.told(HOUSE, "storeys")


# -- identities and places -------------------------------------------------------------------


def test_an_official_code_given_twice_is_a_pair_to_be_looked_at(case):
    """one official code given to two new records"""

    def parcel(place: int) -> Work:
        return lambda file: file.insert(
            "farmland", {"village": VILLAGE, "code": "9901011002010100007"}, outline(place, 300)
        )

    report = case.play(county=parcel(0), package=parcel(200))
    assert len(report.duplicates) == 1
    with case.world.open() as file:
        (pair,) = list_pairs(file)
        assert pair.reason == "same_code"
        assert file.get("farmland", pair.a) and file.get("farmland", pair.b)
    assert "same code" in case.seen("duplicates")


def test_a_record_moved_to_another_village_here_and_edited_there_is_both(case):
    """moved to another village on one side, edited on the other"""
    case.play(
        county=update("homestead", HOMESTEAD, village=OTHER_VILLAGE),
        package=update("homestead", HOMESTEAD, remark="wall rebuilt"),
    )
    assert case.units == []
    row = case.get("homestead", HOMESTEAD)
    assert (row["village"], row["remark"]) == (OTHER_VILLAGE, "wall rebuilt")


def test_a_record_moved_to_two_villages_is_a_conflict(case):
    """moved to different villages"""
    third = "990101100203"
    case.play(
        county=update("homestead", HOMESTEAD, village=OTHER_VILLAGE),
        package=update("homestead", HOMESTEAD, village=third),
    )
    assert case.units == [(HOMESTEAD, "village")]
    assert case.sides("village") == {OTHER_VILLAGE, third}
    assert {OTHER_VILLAGE, third, VILLAGE} <= case.told(HOMESTEAD, "village")


# -- split and joined ------------------------------------------------------------------------


@pytest.mark.parametrize("splitting", ["county", "package"])
def test_a_parcel_split_on_one_side_and_edited_on_the_other_is_a_conflict(case, splitting):
    """split on one side, edited on the other (both ways)"""
    editing = "package" if splitting == "county" else "county"
    case.play(
        **{splitting: split("west", "east"), editing: update("farmland", PARCEL, crop="rice")}
    )
    assert case.units == [(PARCEL, LINEAGE)]
    assert parcels(case) == {"west": None, "east": None}
    row = case.get("farmland", PARCEL)
    assert (row["ended_on"], row["crop"]) == ("2026-05-01", "rice"), "nothing is lost meanwhile"
    text = case.seen()
    assert "split" in text and "carry" in text
    case.take("carry")
    assert parcels(case) == {"west": "rice", "east": "rice"}
    assert case.units == []


def test_a_split_can_be_let_stand_or_be_taken_back(case, tmp_path):
    """split on one side, edited on the other: what can be decided"""
    case.play(county=split("west", "east"), package=update("farmland", PARCEL, crop="rice"))
    other = Case(case.world.copied(tmp_path / "other"))
    case.take("parts")
    assert parcels(case) == {"west": None, "east": None}
    assert "rice" in case.told(PARCEL, "crop")
    other.take("whole")
    assert parcels(other) == {}
    row = other.get("farmland", PARCEL)
    assert (row["ended_on"], row["crop"]) == (None, "rice")
    assert case.units == other.units == []


def test_a_parcel_split_differently_on_both_sides_is_a_conflict(case):
    """split on both sides"""
    case.play(county=split("west", "east"), package=split("north", "south"))
    assert (PARCEL, LINEAGE) in case.units
    assert set(parcels(case)) == {"west", "east", "north", "south"}
    with case.world.open() as file:
        (conflict,) = conflicts.list_conflicts(file, conflicts.Which(record=PARCEL))
        assert [head.says for head in conflict.heads] == ["parts", "parts"], "a side for each split"
        with pytest.raises(BadInput) as fault:
            conflicts.take(file, conflict.id, "carry", author="officer")
        assert fault.value.code == "conflict.carry_several"
        shown = bulk.preview(file, conflicts.Which(field=LINEAGE), bulk.SHOWN)
        assert shown.choices == ()
        county = next(each for each in conflict.heads if each.author == "officer")
        conflicts.take(file, conflict.id, str(county.number), author="officer", reason="deed")
    assert set(parcels(case)) == {"west", "east"}
    assert case.units == []


def test_undoing_what_was_carried_into_the_parts_is_refused_and_named(case):
    """an edit carried into the parts, and its package undone"""
    case.play(county=split("west", "east"), package=update("farmland", PARCEL, crop="rice"))
    case.take("carry")
    with pytest.raises(MergeRefused) as fault:
        case.world.undo(case.report.batch)
    assert fault.value.code == "undo.depends"
    assert parcels(case) == {"west": "rice", "east": "rice"}


def test_what_others_measured_stands_when_a_cut_is_taken_back(case):
    """outline cut in QGIS on one side, measured anew on the other"""

    def cut(file: SurveyFile) -> None:
        part = file.insert("farmland", {"village": VILLAGE, "name": "cut"}, outline(10, 100, 10))
        file.descend("farmland", PARCEL, part, "split")
        file.update("farmland", PARCEL, {}, outline(0, 100, 10))

    case.play(county=cut, package=reshape("farmland", PARCEL, 0, 100, 20, 25))
    with case.world.open() as file:
        (conflict,) = conflicts.list_conflicts(file, conflicts.Which(field=LINEAGE))
        conflicts.take(file, conflict.id, "whole", author="officer")
    assert parcels(case) == {}
    assert case.get("farmland", PARCEL)["geometry"].area == pytest.approx(500.0)
    assert case.units == []


@pytest.mark.parametrize("joining", ["county", "package"])
def test_two_parcels_joined_on_one_side_and_one_edited_on_the_other_is_a_conflict(case, joining):
    """two joined on one side, one of them edited on the other (both ways)"""
    editing = "package" if joining == "county" else "county"
    case.play(**{joining: join, editing: update("farmland", PARCEL, crop="rice")})
    assert case.units == [(PARCEL, LINEAGE)]
    case.take("whole")
    assert parcels(case) == {}
    assert case.get("farmland", known("farmland", 1))["ended_on"] is None
    assert case.get("farmland", PARCEL)["crop"] == "rice"
    assert case.units == []


# -- photos ----------------------------------------------------------------------------------


def test_photos_added_on_both_sides_are_both_kept(case):
    """a photo added on both sides"""

    def photo(digit: str) -> Work:
        return lambda file: file.insert(
            "attachment", {"record": HOUSE, "layer": "house", "sha256": digit * 64}
        )

    case.play(county=photo("2"), package=photo("3"))
    assert case.units == []
    with case.world.open() as file:
        hashes = {each["sha256"][0] for each in file.attachments_of(HOUSE)}
    assert hashes == {"1", "2", "3"}


def test_a_caption_changed_on_both_sides_is_a_conflict(case):
    """a photo's caption changed on both sides"""
    case.play(
        county=update("attachment", PHOTO, caption="from the road"),
        package=update("attachment", PHOTO, caption="main front"),
    )
    assert case.units == [(PHOTO, "caption")]
    assert case.sides("caption") == {"from the road", "main front"}
    assert {"front", "from the road", "main front"} <= case.told(PHOTO, "caption")


# -- the manual ------------------------------------------------------------------------------


def cases() -> list[str]:
    """The cases of this matrix, in its order."""
    return [
        (value.__doc__ or "").splitlines()[0]
        for name, value in globals().items()
        if name.startswith("test_") and value is not test_the_manual_has_every_case
    ]


def rows_of(manual: str) -> list[str]:
    """First cells of the rows of a manual's table of cases."""
    text = (MANUALS / manual).read_text(encoding="utf-8")
    table = text.split("<!-- matrix -->")[1].strip()
    return [line.split("|")[1].strip() for line in table.splitlines()[2:]]


def test_the_manual_has_every_case():
    assert rows_of("manual.en.md") == cases()
    assert len(rows_of("manual.zh.md")) == len(cases())

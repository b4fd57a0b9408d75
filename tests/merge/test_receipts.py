"""What the county took, refused or put to review, told to the tablet through real receipts."""

from __future__ import annotations

import itertools
import shutil
import zipfile
from pathlib import Path

import pytest
from county import VILLAGE, County, known, make_county, outline
from xiangtu import store
from xiangtu.errors import BadInput, BadPackage
from xiangtu.merge import conflicts, duplicates, joining
from xiangtu.merge.plan import REFUSED, WAITING, merge
from xiangtu.merge.waiting import list_waiting
from xiangtu.package import receipt, refused_packages, survey_package, tablet
from xiangtu.package.receipt import ReceiptSummary, other_chain, read_receipt, write_receipt
from xiangtu.package.record_states import RecordState, record_states

PARCEL = known("farmland", 0)
_numbers = itertools.count(1)


@pytest.fixture
def county(world: County) -> County:
    return world


def written(county: County, name: str) -> Path:
    path = county.folder / f"{name}_{next(_numbers)}.xtr"
    with county.open() as file:
        write_receipt(file, path, county.tablets[name].device_id)
    return path


def received(county: County, name: str) -> ReceiptSummary:
    return read_receipt(county.tablets[name].folder, written(county, name))


def states(county: County, name: str) -> dict[str, RecordState]:
    with county.survey(name) as file:
        return record_states(file)


def renamed(county: County, name: str, to: str, place: int = 0) -> Path:
    """A parcel gets a new name on a tablet; the package with it."""
    with county.survey(name) as file:
        file.update("farmland", known("farmland", place), {"name": to})
    return county.pack(name)


def test_from_not_packed_to_taken(county: County):
    with county.survey("a") as file:
        file.update("farmland", PARCEL, {"name": "x"})
    assert states(county, "a")[PARCEL].state == "unpacked"
    package = county.pack("a")
    assert states(county, "a")[PARCEL].state == "packed"
    county.merge(package)
    assert states(county, "a")[PARCEL].state == "packed"
    received(county, "a")
    taken = states(county, "a")[PARCEL]
    assert (taken.state, taken.safe, taken.package) == ("taken", True, 1)
    with county.survey("a") as file:
        file.update("farmland", PARCEL, {"name": "y"})
    assert states(county, "a")[PARCEL].state == "unpacked"


def test_a_conflict_is_in_review_until_it_is_decided(county: County):
    county.merge(renamed(county, "a", "x"))
    county.merge(renamed(county, "b", "y"))
    for name in "ab":
        told = received(county, name)
        assert told.conflicts == 1
        found = states(county, name)[PARCEL]
        assert (found.state, found.conflicts, found.safe) == ("in_review", ("name",), False)
    with county.open() as file:
        (conflict,) = conflicts.list_conflicts(file)
        conflicts.take(file, conflict.id, "1", author="officer")
    for name in "ab":
        assert received(county, name).conflicts == 0
        assert states(county, name)[PARCEL].safe


def test_a_house_added_to_a_homestead_that_another_deleted_is_in_review(county: County):
    homestead = known("homestead", 0)
    with county.survey("a") as file:
        file.delete("homestead", homestead)
    with county.survey("b") as file:
        house = file.insert(
            "house", {"village": VILLAGE, "homestead_uuid": homestead}, outline(12, 12, 5, 5)
        )
    county.merge(county.pack("a"))
    county.merge(county.pack("b"))
    received(county, "a")
    received(county, "b")
    assert states(county, "a")[homestead].conflicts == ("@record",)
    assert states(county, "b")[house].state == "in_review"
    with county.open() as file:
        (conflict,) = conflicts.list_conflicts(file)
        conflicts.take(file, conflict.id, "keep", author="officer")
    received(county, "b")
    assert states(county, "b")[house].safe


def test_possible_duplicates_are_in_review_until_joined_or_kept_apart(county: County):
    mine = {}
    for name in "ab":
        with county.survey(name) as file:
            mine[name] = file.insert(
                "farmland", {"village": VILLAGE, "code": "9901011012010100001"}, outline(900)
            )
        county.merge(county.pack(name))
    received(county, "a")
    found = states(county, "a")[mine["a"]]
    assert (found.state, found.duplicates) == ("in_review", (mine["b"],))
    with county.open() as file:
        (pair,) = duplicates.list_pairs(file, "open")
        joining.join(file, pair.id, author="officer", survivor=mine["b"])
    assert received(county, "a").joined == 1
    found = states(county, "a")[mine["a"]]
    assert (found.state, found.safe, found.survivor) == ("taken", True, mine["b"])
    with county.open() as file:
        joining.keep_apart(file, pair.id, author="officer")
    received(county, "a")
    found = states(county, "a")[mine["a"]]
    assert (found.state, found.survivor) == ("taken", None)


def test_a_late_edit_to_a_record_joined_away_is_in_review_with_its_survivor(county: County):
    mine = {}
    for name in "ab":
        with county.survey(name) as file:
            mine[name] = file.insert(
                "farmland", {"village": VILLAGE, "name": name, "code": "1"}, outline(900)
            )
        county.merge(county.pack(name))
    with county.open() as file:
        (pair,) = duplicates.list_pairs(file, "open")
        joining.join(file, pair.id, author="officer", survivor=mine["b"])
    with county.survey("a") as file:
        file.update("farmland", mine["a"], {"name": "later"})
    county.merge(county.pack("a"))
    received(county, "a")
    found = states(county, "a")[mine["a"]]
    assert (found.state, found.conflicts) == ("in_review", ("name",))


def test_a_held_record_says_why_and_the_rest_is_safe(county: County):
    house = known("house", 1)
    with county.survey("a") as file:
        file.update("farmland", PARCEL, {"name": "x"})
        file.connection.execute("UPDATE house SET storeys = 'many' WHERE uuid = ?", (house,))
    county.merge(county.pack("a"))
    assert received(county, "a").held == 1
    found = states(county, "a")
    assert (found[house].state, found[house].code) == ("held", "held.value")
    assert found[house].facts == {"field": "storeys", "value": "many"}
    assert not found[house].safe
    assert found[PARCEL].safe


def test_a_returned_record_waits_for_the_surveyor(county: County):
    county.merge(renamed(county, "a", "x"))
    with county.open() as file:
        file.update("farmland", PARCEL, {"state": "returned"})
        file.connection.execute(
            "INSERT INTO finding (id, rule, severity, layer, record, found_at) "
            "VALUES ('f', 'fields.required', 'error', 'farmland', ?, '')",
            (PARCEL,),
        )
    assert received(county, "a").returned == 1
    found = states(county, "a")[PARCEL]
    assert (found.state, found.findings, found.safe) == ("returned", 1, False)


def test_a_homestead_is_safe_only_with_its_houses_and_photos(county: County):
    homestead, house = known("homestead", 0), known("house", 0)
    with county.survey("a") as file:
        file.update("homestead", homestead, {"remark": "x"})
        file.update("house", house, {"storeys": 2})
        photo = file.attach(house, "house", b"\xff\xd8\xff photo", role="overview")
    county.merge(county.pack("a"))
    with county.survey("b") as file:
        file.update("house", house, {"storeys": 3})
    county.merge(county.pack("b"))
    received(county, "a")
    found = states(county, "a")
    assert found[house].state == "in_review"
    assert (found[homestead].state, found[homestead].safe) == ("taken", False)
    assert found[homestead].part_waits
    assert found[photo].safe  # a part may be safe by itself
    with county.open() as file:
        (conflict,) = conflicts.list_conflicts(file)
        conflicts.take(file, conflict.id, "1", author="officer")
    received(county, "a")
    assert all(each.safe for each in states(county, "a").values())
    # What was moved or deleted since still counts as a part.
    with county.survey("a") as file:
        file.delete("house", house)
    assert not states(county, "a")[homestead].safe


def test_the_least_settled_change_decides(county: County):
    county.merge(renamed(county, "a", "x"))
    renamed(county, "a", "y")
    last = renamed(county, "a", "z")
    assert county.merge(last).state == WAITING
    told = received(county, "a")
    assert (told.merged, told.waiting) == (1, 1)
    assert told.packages[1].waits_for == (2,)
    assert states(county, "a")[PARCEL].state == "packed"
    again = county.folder / "again.xtp"
    survey_package.pack(county.tablets["a"].folder, again, again=2)
    county.merge(again)
    received(county, "a")
    assert states(county, "a")[PARCEL].safe


def test_what_waits_says_for_which_package(county: County):
    renamed(county, "a", "x", place=1)
    county.merge(renamed(county, "a", "y"))
    received(county, "a")
    found = states(county, "a")[PARCEL]
    assert (found.state, found.package, found.waits_for) == ("waiting", 2, (1,))


def test_undone_after_a_receipt_is_no_longer_safe_and_can_be_packed_again(county: County):
    package = renamed(county, "a", "x")
    report = county.merge(package)
    received(county, "a")
    assert states(county, "a")[PARCEL].safe
    county.undo(report.batch)
    assert received(county, "a").undone == 1
    assert states(county, "a")[PARCEL].state == "undone"
    again = county.folder / "again.xtp"
    before = survey_package.inspect(package, identity=county.identity)
    survey_package.pack(county.tablets["a"].folder, again, again=1)
    after = survey_package.inspect(again, identity=county.identity)
    same = ("uuid", "number", "first_change", "last_change", "counts")
    assert [after[name] for name in same] == [before[name] for name in same]
    county.merge(again)
    received(county, "a")
    assert states(county, "a")[PARCEL].safe


def test_an_older_receipt_is_refused_and_a_repeated_one_changes_nothing(county: County):
    report = county.merge(renamed(county, "a", "x"))
    folder = county.tablets["a"].folder
    older = written(county, "a")
    county.undo(report.batch)
    newer = written(county, "a")
    assert not read_receipt(folder, newer).already
    before = (folder / "survey.sqlite").read_bytes()
    assert read_receipt(folder, newer).already
    assert (folder / "survey.sqlite").read_bytes() == before
    with pytest.raises(BadPackage) as refusal:
        read_receipt(folder, older)
    assert refusal.value.code == "receipt.older"
    assert states(county, "a")[PARCEL].state == "undone"


def test_a_receipt_for_a_tablet_put_away_is_refused(county: County):
    county.merge(renamed(county, "a", "x"))
    with county.open() as file:
        file.connection.execute("UPDATE device SET retired_at = '2026-01-01T00:00:00.000Z'")
        with pytest.raises(BadInput) as refusal:
            write_receipt(file, county.folder / "r.xtr", county.tablets["a"].device_id)
    assert refusal.value.code == "device.retired"
    # What it brings afterwards is noted for the county, if not for the tablet.
    with pytest.raises(BadPackage):
        county.merge(renamed(county, "a", "y"))
    with county.open() as file:
        (noted,) = refused_packages.list_refused(file)
    assert (noted.code, noted.number, noted.verified) == ("package.retired_device", 2, True)


def test_a_county_put_back_from_a_backup_takes_its_word_back(county: County):
    backup = county.copied(county.folder / "backup")
    with county.survey("a") as file:
        file.update("farmland", PARCEL, {"name": "x"})
    first = county.pack("a")
    second = renamed(county, "a", "y", place=1)
    for package in (first, second):
        county.merge(package)
    received(county, "a")
    assert len(states(county, "a")) == 2
    assert all(each.safe for each in states(county, "a").values())
    backup.merge(first)
    received(backup, "a")
    found = states(county, "a")
    assert found[PARCEL].safe
    assert found[known("farmland", 1)].state == "packed"


# -- refused packages ----------------------------------------------------------------------------


def damaged(package: Path, how: str) -> Path:
    """A copy that a bad stick made of a package."""
    content = bytearray(package.read_bytes())
    if how == "a byte":
        content[len(content) // 2] ^= 1
    else:
        del content[len(content) * 2 // 3 :]
    bad = package.with_name("damaged.xtp")
    bad.write_bytes(content)
    return bad


def refusals(county: County) -> list[refused_packages.RefusedPackage]:
    with county.open() as file:
        return refused_packages.list_refused(file)


@pytest.mark.parametrize("how", ["a byte", "the end"])
def test_a_damaged_package_is_noted_told_and_replaced_by_a_good_copy(county: County, how: str):
    package = renamed(county, "a", "x")
    bad = damaged(package, how)
    with pytest.raises(BadPackage) as refusal:
        county.merge(bad, dry_run=True)
    assert refusals(county) == []
    with pytest.raises(BadPackage):
        county.merge(bad)
    (noted,) = refusals(county)
    assert (noted.number, noted.code, noted.file) == (1, refusal.value.code, "damaged.xtp")
    assert (noted.author, noted.verified) == ("officer", False)
    told = received(county, "a")
    assert (told.merged, told.refused) == (0, 1)
    found = states(county, "a")[PARCEL]
    assert (found.state, found.code, found.safe) == ("refused", refusal.value.code, False)
    assert found.facts["path"] == "damaged.xtp"  # no folder of the office
    county.merge(package)
    assert refusals(county) == []
    received(county, "a")
    assert states(county, "a")[PARCEL].safe
    # The bad copy once more: the county has the package, and keeps saying so.
    with pytest.raises(BadPackage):
        county.merge(bad)
    assert refusals(county) == []
    assert received(county, "a").merged == 1


def test_a_refused_package_is_no_link_of_the_chain(county: County):
    first = renamed(county, "a", "x")
    second = renamed(county, "a", "y")
    with pytest.raises(BadPackage):
        county.merge(damaged(first, "a byte"))
    report = county.merge(second)
    assert (report.state, report.waits_for) == (WAITING, 1)
    with county.open() as file:
        assert [each["missing"] for each in list_waiting(file)] == [[1]]
    assert received(county, "a").packages[0].waits_for == (1,)
    county.merge(first)
    assert received(county, "a").merged == 2


def test_what_waited_and_is_refused_at_its_turn_does_not_hide_the_merge_before(county: County):
    first = renamed(county, "a", "x")
    with county.survey("a") as file:
        file.update("farmland", PARCEL, {"name": "y"})
        file.connection.execute("UPDATE change SET operation = 'decide' WHERE number = 2")
    second = county.pack("a")
    assert county.merge(second).state == WAITING
    report = county.merge(first)
    assert report.state == "merged"
    assert [each.state for each in report.followed] == [REFUSED]
    assert report.needs_person
    (noted,) = refusals(county)
    assert (noted.number, noted.code, noted.verified) == (2, "package.operation", True)
    received(county, "a")
    assert states(county, "a")[PARCEL].state == "refused"


def test_a_copy_of_a_tablet_is_told_of_on_both(county: County):
    """A tablet's folder is copied; both go on, and the county takes the first that comes."""
    county.merge(renamed(county, "a", "x"))
    received(county, "a")
    shutil.copytree(county.tablets["a"].folder, county.folder / "copy")
    county.tablets["copy"] = tablet.start(county.folder / "copy")
    county.merge(renamed(county, "a", "y", place=1))
    with pytest.raises(BadPackage) as refusal:
        county.merge(renamed(county, "copy", "z", place=2))
    assert refusal.value.code == "package.number_used_twice"
    with county.survey("copy") as file:
        file.update("farmland", known("farmland", 3), {"name": "unpacked"})

    told = received(county, "a")
    assert (told.merged, told.refused, told.not_made_here) == (2, 1, (2,))
    assert all(each.safe for each in states(county, "a").values())

    with pytest.raises(BadPackage) as refusal:
        received(county, "copy")
    assert refusal.value.code == "receipt.unknown_package"
    assert refusal.value.facts["packages"] == "2"
    with county.survey("copy") as file:
        assert other_chain(file).missing == (2,)
        rows = file.connection.execute("SELECT number, state FROM package").fetchall()
    assert dict(rows) == {1: "received", 2: "packed"}
    found = states(county, "copy")
    assert found[PARCEL].state == "taken"
    for place in (2, 3):
        each = found[known("farmland", place)]
        assert (each.state, each.code) == ("refused", "receipt.change_taken")
    assert not any(each.safe for each in found.values())


def test_a_tablet_put_back_from_a_backup_learns_it_before_it_packs(county: County):
    shutil.copytree(county.tablets["a"].folder, county.folder / "backup")
    county.merge(renamed(county, "a", "x"))
    county.tablets["back"] = tablet.start(county.folder / "backup")
    with county.survey("back") as file:
        file.update("farmland", PARCEL, {"name": "y"})
    with pytest.raises(BadPackage) as refusal:
        received(county, "back")
    assert refusal.value.facts["packages"] == "-"
    assert states(county, "back")[PARCEL].state == "refused"


def test_only_what_names_a_tablet_of_this_county_is_noted(county: County, tmp_path: Path):
    other = make_county(tmp_path / "other", "a")
    other.assign("a")
    unknown = renamed(other, "a", "x")
    nothing = tmp_path / "photo.jpg"
    nothing.write_bytes(b"\xff\xd8\xff")
    zipped = tmp_path / "some.zip"
    with zipfile.ZipFile(zipped, "w") as archive:
        archive.writestr("a.txt", "a")
    county.merge(renamed(county, "a", "x"))
    for path in (unknown, nothing, zipped, tmp_path, tmp_path / "none", written(county, "a")):
        with pytest.raises(BadPackage):
            county.merge(path)
    assert refusals(county) == []


def test_a_wrong_key_of_the_officer_says_nothing_against_a_package(county: County, tmp_path: Path):
    other = make_county(tmp_path / "other", "")
    package = renamed(county, "a", "x")
    with county.open() as file, pytest.raises(BadPackage):
        merge(file, package, other.identity, author="officer")
    assert refusals(county) == []


def test_a_note_that_cannot_be_kept_does_not_hide_the_refusal(county: County):
    bad = damaged(renamed(county, "a", "x"), "a byte")
    with county.open() as file:
        file.connection.execute("PRAGMA query_only = ON")
        with pytest.raises(BadPackage) as refusal:
            merge(file, bad, county.identity, author="officer")
    assert refusal.value.code.startswith("package.")
    assert refusals(county) == []


def test_a_receipt_can_be_all_refusals(county: County):
    with pytest.raises(BadPackage):
        county.merge(damaged(renamed(county, "a", "x"), "a byte"))
    told = received(county, "a")
    assert (told.packages, told.refused) == ((), 1)
    assert receipt.newest_receipt(county.survey("a")).refused[0].number == 1


def test_states_and_receipts_are_read_from_files_that_cannot_be_written(county: County):
    county.merge(renamed(county, "a", "x"))
    renamed(county, "a", "y")
    received(county, "a")
    with store.open(county.tablets["a"].survey_path, readonly=True) as file:
        assert record_states(file)[PARCEL].state == "packed"
    with store.open(county.path, readonly=True) as file:
        about = receipt.describe(file, county.tablets["a"].device_id)
    assert about is not None
    assert [each.state for each in about.packages] == ["merged"]

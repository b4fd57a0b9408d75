"""A later assignment beside work in progress: what stays, what is taken, what is noted."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from field_work import VILLAGES, County, Field, square
from shapely.geometry import MultiPolygon
from xiangtu.errors import BadPackage, Cancelled, RefusedSignature
from xiangtu.package import assignment, survey_package, tablet
from xiangtu.sealing import age, keys


def journal_length(field: Field) -> int:
    with field.survey() as survey:
        (count,) = survey.connection.execute("SELECT count(*) FROM change").fetchone()
    return int(count)


def conflicts(field: Field) -> list[tuple[str, str, str]]:
    with field.survey() as survey:
        return survey.connection.execute(
            "SELECT layer, record, unit FROM conflict ORDER BY layer, record, unit"
        ).fetchall()


def test_what_nobody_here_changed_becomes_the_countys(field_: Field) -> None:
    uuids = field_.county.uuids
    with field_.county.open() as county:
        county.update("farmland", uuids["parcel0"], {"name": "县里的名"}, square(0, 0, 70))
        new = county.insert("farmland", {"village": VILLAGES[0], "name": "新"}, square(700, 0))
        county.delete("farmland", uuids["parcel1"])
    adopted = field_.assign_again()
    assert (adopted.first, adopted.kept, adopted.conflicts, adopted.removed) == (False, 0, 0, 1)
    assert adopted.written == 2
    with field_.survey() as survey, field_.county.open() as county:
        assert survey.get("farmland", uuids["parcel0"]) == county.get("farmland", uuids["parcel0"])
        assert survey.get("farmland", new) is not None
        assert survey.get("farmland", uuids["parcel1"]) is None
        (count,) = survey.connection.execute("SELECT count(*) FROM change").fetchone()
        assert count == 0, "the county's values are not this tablet's changes"
        (basis,) = survey.connection.execute("SELECT basis FROM session").fetchone()
        assert basis == adopted.uuid
        assert not survey.missing_triggers()


def test_own_work_stays_and_the_rest_is_taken(field_: Field) -> None:
    parcel = field_.county.uuids["parcel0"]
    with field_.survey() as survey:
        survey.update("farmland", parcel, {"name": "本地"})
    with field_.county.open() as county:
        county.update("farmland", parcel, {"land_use": "011"}, square(0, 0, 70))
    adopted = field_.assign_again()
    assert (adopted.kept, adopted.conflicts) == (1, 0)
    with field_.survey() as survey:
        record = survey.get("farmland", parcel)
        assert record is not None
        assert (record["name"], record["land_use"]) == ("本地", "011")
        assert record["geometry"].equals(MultiPolygon([square(0, 0, 70)]))
        assert record["area_m2"] == pytest.approx(4900)
    assert journal_length(field_) == 1


def test_unit_changed_on_both_sides_keeps_the_tablets_and_is_noted(field_: Field) -> None:
    parcel = field_.county.uuids["parcel0"]
    with field_.survey() as survey:
        survey.update("farmland", parcel, {"name": "本地"}, square(0, 0, 60))
    with field_.county.open() as county:
        county.update("farmland", parcel, {"name": "县里"})
        county.update("farmland", parcel, {}, square(0, 0, 70))
    adopted = field_.assign_again()
    assert adopted.conflicts == 2
    assert conflicts(field_) == [("farmland", parcel, "geometry"), ("farmland", parcel, "name")]
    with field_.survey() as survey:
        record = survey.get("farmland", parcel)
        assert record is not None
        assert record["name"] == "本地"
        assert record["area_m2"] == pytest.approx(3600)


def test_same_change_on_both_sides_is_no_conflict(field_: Field) -> None:
    parcel = field_.county.uuids["parcel0"]
    with field_.survey() as survey:
        survey.update("farmland", parcel, {"name": "同"})
    with field_.county.open() as county:
        county.update("farmland", parcel, {"name": "同"})
    assert field_.assign_again().conflicts == 0


def test_conflict_that_the_county_took_back_is_forgotten(field_: Field) -> None:
    parcel = field_.county.uuids["parcel0"]
    with field_.county.open() as county:
        before = county.get("farmland", parcel)
    assert before is not None
    with field_.survey() as survey:
        survey.update("farmland", parcel, {"name": "本地"})
    with field_.county.open() as county:
        county.update("farmland", parcel, {"name": "县里"})
    field_.assign_again()
    assert len(conflicts(field_)) == 1
    with field_.county.open() as county:
        county.update("farmland", parcel, {"name": before["name"]})
    field_.assign_again()
    assert conflicts(field_) == []


def test_record_made_here_stays(field_: Field) -> None:
    with field_.survey() as survey:
        new = survey.insert("farmland", {"village": VILLAGES[0], "name": "新"}, square(700, 0))
    adopted = field_.assign_again()
    assert adopted.removed == 0
    with field_.survey() as survey:
        assert survey.get("farmland", new) is not None


def test_record_deleted_here_stays_deleted(field_: Field) -> None:
    uuids = field_.county.uuids
    with field_.survey() as survey:
        survey.delete("farmland", uuids["parcel0"])
        survey.delete("farmland", uuids["parcel1"])
    with field_.county.open() as county:
        county.update("farmland", uuids["parcel1"], {"name": "县里"})
    field_.assign_again()
    with field_.survey() as survey:
        assert survey.get("farmland", uuids["parcel0"]) is None
        assert survey.get("farmland", uuids["parcel1"]) is None
    assert conflicts(field_) == [("farmland", uuids["parcel1"], "@record")]


def test_record_changed_here_and_gone_at_the_county_stays_and_is_noted(field_: Field) -> None:
    parcel = field_.county.uuids["parcel0"]
    with field_.survey() as survey:
        survey.update("farmland", parcel, {"name": "本地"})
    with field_.county.open() as county:
        county.delete("farmland", parcel)
    field_.assign_again()
    assert conflicts(field_) == [("farmland", parcel, "@record")]
    with field_.survey() as survey:
        assert survey.get("farmland", parcel) is not None


def test_whole_stays_while_there_is_work_on_its_part(field_: Field) -> None:
    """Removing the homestead would take the house along that the team has just measured."""
    uuids = field_.county.uuids
    with field_.survey() as survey:
        survey.update("house", uuids["house"], {"storeys": 3})
        survey.attach(uuids["parcel0"], "farmland", b"photo", role="overview")
    with field_.county.open() as county:
        county.delete("homestead", uuids["homestead"])
        county.delete("farmland", uuids["parcel0"])
        county.delete("farmland", uuids["parcel1"])
    adopted = field_.assign_again()
    assert adopted.removed == 1
    with field_.survey() as survey:
        assert survey.get("homestead", uuids["homestead"]) is not None
        assert survey.get("farmland", uuids["parcel0"]) is not None, "it has a new photo"
        house = survey.get("house", uuids["house"])
        assert house is not None
        assert house["storeys"] == 3


def test_work_that_the_county_has_merged_gives_way(field_: Field) -> None:
    """What the basis says the county has seen of this tablet is no longer work in progress."""
    parcel = field_.county.uuids["parcel0"]
    with field_.survey() as survey:
        survey.update("farmland", parcel, {"name": "本地"})
    packed = field_.pack()
    with field_.county.open() as county, survey_package.open_package(
        packed.path, identity=field_.county.identity, file=county
    ) as opened, county.atomic(quiet=True):  # fmt: skip
        for row in opened.connection.execute(
            "SELECT uuid, layer, record, operation, author, device, number, basis, time, "
            "utc_offset_min FROM change"
        ):
            county.connection.execute(
                "INSERT INTO change (uuid, layer, record, operation, author, device, number, "
                "basis, time, utc_offset_min) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                row,
            )
        county.connection.execute("UPDATE farmland SET name = '县里定' WHERE uuid = ?", (parcel,))
    adopted = field_.assign_again()
    assert (adopted.kept, adopted.conflicts) == (0, 0)
    with field_.survey() as survey:
        record = survey.get("farmland", parcel)
        assert record is not None
        assert record["name"] == "县里定"


def test_villages_of_an_earlier_assignment_stay(field_: Field) -> None:
    uuids = field_.county.uuids
    adopted = field_.assign_again(villages=VILLAGES[1:])
    assert adopted.removed == 0
    with field_.survey() as survey:
        assert survey.get("farmland", uuids["parcel0"]) is not None
        assert survey.get("farmland", uuids["parcel2"]) is not None


def test_older_assignment_is_refused(field_: Field) -> None:
    first, second = field_.folder / "a.xta", field_.folder / "b.xta"
    field_.county.assign(first, field_.tablet.device_id)
    field_.county.assign(second, field_.tablet.device_id)
    assignment.adopt(field_.tablet.folder, second)
    before = field_.tablet.survey_path.read_bytes()
    with pytest.raises(BadPackage) as refusal:
        assignment.adopt(field_.tablet.folder, first)
    assert refusal.value.code == "assignment.older"
    assert field_.tablet.survey_path.read_bytes() == before


def test_same_assignment_twice_changes_nothing(field_: Field) -> None:
    with field_.survey() as survey:
        survey.update("farmland", field_.county.uuids["parcel0"], {"name": "本地"})
    before = field_.tablet.survey_path.read_bytes()
    assert assignment.adopt(field_.tablet.folder, field_.folder / "assignment1.xta").already
    assert field_.tablet.survey_path.read_bytes() == before


def test_assignment_of_another_tablet_is_refused(field_: Field, tmp_path: Path) -> None:
    other = tablet.start(tmp_path / "other")
    with pytest.raises(BadPackage) as refusal:
        assignment.adopt(other.folder, field_.folder / "assignment1.xta")
    assert refusal.value.code == "assignment.other_tablet"
    assert not other.survey_path.exists()


def test_assignment_of_another_countys_key_is_refused(
    field_: Field, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Someone who knows the tablet's card could seal to it, but not sign as its county."""
    path = field_.folder / "forged.xta"
    stranger = age.generate_identity()
    with field_.county.open() as county:
        county.meta["recipient"] = age.recipient_of(stranger)
        assignment.assign(
            county, path, field_.tablet.device_id, "x", VILLAGES[:1], identity=stranger
        )
    with pytest.raises(RefusedSignature) as refusal:
        assignment.adopt(field_.tablet.folder, path)
    assert refusal.value.code == "package.wrong_signature"


def test_assignment_of_another_county_is_refused(field_: Field) -> None:
    path = field_.folder / "other.xta"
    with field_.county.open() as county:
        county.meta["county"] = "990102"
    field_.county.assign(path, field_.tablet.device_id)
    with pytest.raises(BadPackage) as refusal:
        assignment.adopt(field_.tablet.folder, path)
    assert refusal.value.code == "assignment.other_county"


def test_tablet_that_lost_its_file_is_told_to_start_anew(field_: Field) -> None:
    """It would number its changes from 1 again, and the county has those numbers."""
    with field_.county.open() as county, county.atomic(quiet=True):
        county.connection.execute(
            "INSERT INTO change (layer, record, operation, author, device, number, basis, "
            "utc_offset_min) VALUES ('farmland', 'x', 'update', '', ?, 7, '', 0)",
            (field_.tablet.device_id,),
        )
    with pytest.raises(BadPackage) as refusal:
        field_.assign_again()
    assert refusal.value.code == "assignment.tablet_behind"
    assert refusal.value.facts["county"] == 7


@pytest.mark.parametrize("step", ["adopt.opening", "adopt.reading", "adopt.writing"])
def test_cancelled_adoption_changes_nothing(field_: Field, step: str) -> None:
    path = field_.folder / "second.xta"
    field_.county.assign(path, field_.tablet.device_id)
    before = field_.tablet.survey_path.read_bytes()
    with pytest.raises(Cancelled):
        assignment.adopt(field_.tablet.folder, path, progress=lambda _, code: code != step)
    assert field_.tablet.survey_path.read_bytes() == before


def test_damaged_assignment_leaves_no_survey_file(
    county: County, started: tablet.Tablet, tmp_path: Path
) -> None:
    county.enrol(started)
    path = tmp_path / "a.xta"
    county.assign(path, started.device_id)
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    with pytest.raises(BadPackage):
        assignment.adopt(started.folder, path)
    assert sorted(each.name for each in started.folder.iterdir()) == [
        keys.DEVICE_KEY_FILE,
        tablet.CARD_FILE,
    ]


def test_open_findings_of_the_records_come_along(field_: Field) -> None:
    uuids = field_.county.uuids
    with field_.county.open() as county, county.atomic():
        for name, state in (("parcel0", "open"), ("parcel1", "accepted"), ("parcel2", "open")):
            county.connection.execute(
                "INSERT INTO finding (id, rule, severity, layer, record, state, found_at) "
                "VALUES (?, 'r', 'error', 'farmland', ?, ?, '')",
                (name, uuids[name], state),
            )
    adopted = field_.assign_again()
    assert adopted.findings == 1
    with field_.survey() as survey:
        assert survey.connection.execute("SELECT id FROM finding").fetchall() == [("parcel0",)]


def test_assignment_says_what_the_county_had_seen(field_: Field) -> None:
    with field_.survey() as survey, field_.county.open() as county:
        (seen,) = survey.connection.execute("SELECT seen FROM basis").fetchone()
        (last,) = county.connection.execute("SELECT max(number) FROM change").fetchone()
        assert json.loads(seen) == {county.device_id: last}
        assert county.connection.execute("SELECT seen FROM basis").fetchall() == [(seen,)]

"""Receipts: nothing is safe to clear before the county says so."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from field_work import Field
from xiangtu.errors import BadInput, BadPackage, RefusedSignature
from xiangtu.package import receipt, record_states, tablet
from xiangtu.package.description import (
    HeldNote,
    PackageNote,
    ReceiptDescription,
    RecordNote,
    RefusedNote,
    facts_to_travel,
    from_json,
    to_json,
)


def arrived(field: Field, state: str, held: str | None = None, conflict: str | None = None) -> None:
    """What merge writes into the county's tables about the tablet's packages."""
    with field.survey() as survey:
        packages = survey.connection.execute(
            "SELECT uuid, device, number, first_change, last_change FROM package"
        ).fetchall()
        changes = survey.connection.execute(
            "SELECT layer, record, operation, device, number FROM change"
        ).fetchall()
    with field.county.open() as county, county.atomic(quiet=True):
        connection = county.connection
        connection.execute("DELETE FROM package")
        connection.executemany(
            "INSERT INTO package (uuid, device, number, assignment, first_change, last_change, "
            f"state, batch, made_at, sha256, description) "
            f"VALUES (?, ?, ?, '', ?, ?, '{state}', 'b', '', '', '')",
            packages,
        )
        connection.executemany(
            "INSERT OR IGNORE INTO change (layer, record, operation, author, device, number, "
            "basis, utc_offset_min) VALUES (?, ?, ?, '', ?, ?, '', 0)",
            changes,
        )
        if held is not None:
            connection.execute(
                "INSERT INTO held (batch, layer, record, code, facts) "
                "VALUES ('b', 'farmland', ?, 'held.value', '{}')",
                (held,),
            )
        if conflict is not None:
            connection.execute(
                "INSERT INTO conflict (id, layer, record, unit, heads) "
                "VALUES ('c', 'farmland', ?, 'name', '[]')",
                (conflict,),
            )


@pytest.fixture
def packed(field_: Field) -> Field:
    """Two parcels changed and packed."""
    with field_.survey() as survey:
        survey.update("farmland", field_.county.uuids["parcel0"], {"name": "a"})
        survey.update("farmland", field_.county.uuids["parcel1"], {"name": "b"})
    field_.pack()
    return field_


def exchange(field: Field, name: str = "r.xtr") -> receipt.ReceiptSummary:
    path = field.folder / name
    with field.county.open() as county:
        receipt.write_receipt(county, path, field.tablet.device_id)
    return receipt.read_receipt(field.tablet.folder, path)


def safe(field: Field) -> set[str]:
    with field.survey() as survey:
        return record_states.records_safe_to_clear(survey)


def states(field: Field) -> list[str]:
    with field.survey() as survey:
        return [row[0] for row in survey.connection.execute("SELECT state FROM package")]


def test_nothing_is_safe_before_a_receipt(packed: Field) -> None:
    assert safe(packed) == set()
    assert states(packed) == ["packed"]


def test_what_the_county_took_is_safe(packed: Field) -> None:
    uuids = packed.county.uuids
    arrived(packed, "merged")
    told = exchange(packed)
    assert (told.merged, told.held, told.conflicts) == (1, 0, 0)
    assert safe(packed) == {uuids["parcel0"], uuids["parcel1"]}
    assert states(packed) == ["received"]


def test_held_and_conflicting_records_are_not_safe(packed: Field) -> None:
    uuids = packed.county.uuids
    arrived(packed, "merged", held=uuids["parcel0"])
    told = exchange(packed)
    assert told.held == 1
    assert told.packages[0].held[0].code == "held.value"
    assert safe(packed) == {uuids["parcel1"]}
    arrived(packed, "merged", conflict=uuids["parcel1"])
    with packed.county.open() as county:
        county.connection.execute("DELETE FROM held")
    assert exchange(packed, "second.xtr").conflicts == 1
    assert safe(packed) == {uuids["parcel0"]}


@pytest.mark.parametrize("state", ["waiting", "undone"])
def test_package_that_waits_or_was_undone_is_not_safe(packed: Field, state: str) -> None:
    arrived(packed, state)
    exchange(packed)
    assert safe(packed) == set()
    assert states(packed) == ["packed"]


def test_undoing_takes_safety_back(packed: Field) -> None:
    arrived(packed, "merged")
    exchange(packed)
    arrived(packed, "undone")
    exchange(packed, "second.xtr")
    assert safe(packed) == set()
    assert states(packed) == ["packed"]


def test_record_changed_again_is_not_safe(packed: Field) -> None:
    uuids = packed.county.uuids
    arrived(packed, "merged")
    exchange(packed)
    with packed.survey() as survey:
        survey.update("farmland", uuids["parcel0"], {"name": "later"})
    assert safe(packed) == {uuids["parcel1"]}


def test_older_receipt_is_refused(packed: Field) -> None:
    arrived(packed, "merged")
    old = packed.folder / "old.xtr"
    with packed.county.open() as county:
        receipt.write_receipt(county, old, packed.tablet.device_id)
    arrived(packed, "undone")
    exchange(packed)
    with pytest.raises(BadPackage) as refusal:
        receipt.read_receipt(packed.tablet.folder, old)
    assert refusal.value.code == "receipt.older"
    assert safe(packed) == set()


def test_receipt_for_a_package_of_a_copied_tablet_is_told(packed: Field) -> None:
    arrived(packed, "merged")
    with packed.county.open() as county:
        county.connection.execute(
            "UPDATE package SET uuid = '01890000-0000-7000-8000-000000000001'"
        )
    with pytest.raises(BadPackage) as refusal:
        exchange(packed)
    assert refusal.value.code == "receipt.unknown_package"
    assert states(packed) == ["packed"]
    assert safe(packed) == set()


def test_receipt_of_another_tablet_or_signer_is_refused(packed: Field, tmp_path: Path) -> None:
    arrived(packed, "merged")
    path = packed.folder / "r.xtr"
    with packed.county.open() as county:
        receipt.write_receipt(county, path, packed.tablet.device_id)
    other = tablet.start(tmp_path / "other")
    with pytest.raises(BadPackage) as refusal:
        receipt.read_receipt(other.folder, path)
    assert refusal.value.code == "receipt.other_tablet"
    with packed.survey() as survey:
        survey.meta["county_signing_key"] = "A" * 43 + "="
    with pytest.raises(RefusedSignature):
        receipt.read_receipt(packed.tablet.folder, path)


def test_nothing_to_acknowledge_is_said(field_: Field) -> None:
    with field_.county.open() as county, pytest.raises(BadInput) as refusal:
        receipt.write_receipt(county, field_.folder / "r.xtr", field_.tablet.device_id)
    assert refusal.value.code == "receipt.nothing"
    assert not (field_.folder / "r.xtr").exists()


# -- what a receipt may say, and receipts of other times -----------------------------------------

UUID = "01890000-0000-7000-8000-000000000001"
TIME = "2026-01-01T00:00:00.000Z"
FULL = ReceiptDescription(
    UUID,
    "a" * 16,
    2,
    "990101",
    TIME,
    (
        PackageNote(
            UUID,
            1,
            "merged",
            1,
            5,
            (HeldNote("house", UUID, "held.value", {"field": "x"}),),
            (UUID,),
        ),
        PackageNote(UUID, 2, "waiting", 6, 9, (), (), (1,)),
    ),
    (RecordNote("house", UUID, ("storeys", "@record"), (UUID,), UUID, 3),),
    (RefusedNote(UUID, 2, "package.other_crs", {"found": 4547, "path": "a.xtp"}, TIME, True),),
)


def altered(change: Callable[[dict[str, Any]], None]) -> bytes:
    content = json.loads(to_json(FULL))
    change(content)
    return json.dumps(content).encode()


def test_a_receipt_comes_back_as_it_was_written() -> None:
    assert from_json(ReceiptDescription, to_json(FULL), Path("r")) == FULL


def test_a_receipt_of_the_time_before_is_read() -> None:
    def older(content: dict[str, Any]) -> None:
        del content["records"], content["refused"]
        for package in content["packages"]:
            del package["waits_for"]
            for held in package["held"]:
                del held["facts"]

    read = from_json(ReceiptDescription, altered(older), Path("r"))
    assert (read.records, read.refused) == ((), ())
    assert read.packages[0].held == (HeldNote("house", UUID, "held.value"),)
    assert read.packages[1].waits_for == ()


def test_a_tablet_of_the_time_before_finds_all_that_it_knew(packed: Field) -> None:
    """Refused packages are no packages to it: it would refuse a state it does not know."""
    arrived(packed, "merged", conflict=packed.county.uuids["parcel1"])
    with packed.county.open() as county:
        content = json.loads(to_json(receipt.describe(county, packed.tablet.device_id)))
    assert {each["state"] for each in content["packages"]} <= {"merged", "waiting", "undone"}
    assert content["packages"][0]["conflicts"] == [packed.county.uuids["parcel1"]]
    known = {"uuid", "number", "state", "first_change", "last_change", "held", "conflicts"}
    assert known <= set(content["packages"][0])


def test_an_old_receipt_still_says_what_is_in_conflict(packed: Field) -> None:
    parcel = packed.county.uuids["parcel1"]
    arrived(packed, "merged", conflict=parcel)
    exchange(packed)
    with packed.survey() as survey:
        content = json.loads(survey.meta["receipt"])
        del content["records"], content["refused"]
        survey.meta["receipt"] = json.dumps(content)
        found = record_states.record_states(survey)
    assert (found[parcel].state, found[parcel].safe) == ("in_review", False)
    assert found[packed.county.uuids["parcel0"]].safe


@pytest.mark.parametrize(
    ("where", "value"),
    [
        (("records",), None),
        (("records",), {}),
        (("records", 0, "record"), "x"),
        (("records", 0, "layer"), "house; DROP TABLE"),
        (("records", 0, "conflicts"), ["a\nb"]),
        (("records", 0, "conflicts"), ["a"] * 1001),
        (("records", 0, "duplicates"), [1]),
        (("records", 0, "survivor"), "x"),
        (("records", 0, "findings"), -1),
        (("records", 0, "findings"), True),
        (("refused", 0, "uuid"), None),
        (("refused", 0, "number"), 0),
        (("refused", 0, "code"), "no code"),
        (("refused", 0, "code"), "../words"),
        (("refused", 0, "facts"), []),
        (("refused", 0, "facts"), {"a": [1]}),
        (("refused", 0, "facts"), {"a b": 1}),
        (("refused", 0, "facts"), {"a": "x" * 301}),
        (("refused", 0, "facts"), {"a": float("nan")}),
        (("refused", 0, "facts"), {f"a{each}": 1 for each in range(21)}),
        (("refused", 0, "facts"), {"a": 2**60}),
        (("refused", 0, "verified"), 1),
        (("refused", 0, "refused_at"), "yesterday"),
        (("packages", 0, "state"), "refused"),
        (("packages", 0, "state"), "merged\n"),
        (("packages", 0, "held", 0, "facts"), "x"),
        (("packages", 0, "held", 0, "record"), "x" * 201),
        (("packages", 1, "waits_for"), [0]),
        (("packages", 1, "waits_for"), list(range(1, 1002))),
    ],
)
def test_a_receipt_with_something_impossible_is_refused(where: tuple, value: object) -> None:
    def change(content: dict[str, Any]) -> None:
        place: Any = content
        for step in where[:-1]:
            place = place[step]
        place[where[-1]] = value

    with pytest.raises(BadPackage) as refusal:
        from_json(ReceiptDescription, altered(change), Path("r"))
    assert refusal.value.code == "package.description"


def test_facts_travel_without_folders_and_never_endless() -> None:
    found = facts_to_travel(
        {"path": Path("/home/office/geheim/a.xtp"), "reason": "x" * 999, "many": [1, "b"],
         "none": None, "at": 1.5, "big": 2**70}
    )  # fmt: skip
    assert found == {"path": "a.xtp", "reason": "x" * 300, "many": "1, b", "at": 1.5,
                     "big": str(2**70)}  # fmt: skip


def test_a_package_named_twice_is_refused(packed: Field) -> None:
    arrived(packed, "merged")
    with packed.county.open() as county:
        about = receipt.describe(county, packed.tablet.device_id)
    assert about is not None
    twice = ReceiptDescription(**{**vars(about), "packages": about.packages * 2})
    with packed.survey() as survey, pytest.raises(BadPackage) as refusal:
        receipt.take_in(survey, twice, Path("r"))
    assert refusal.value.code == "package.description"


def test_a_package_of_another_extent_is_not_this_tablets(packed: Field) -> None:
    arrived(packed, "merged")
    with packed.county.open() as county:
        county.connection.execute("UPDATE package SET last_change = last_change + 1")
    with pytest.raises(BadPackage) as refusal:
        exchange(packed)
    assert refusal.value.code == "receipt.unknown_package"
    assert safe(packed) == set()


def test_a_held_record_with_a_malformed_name_does_not_spoil_the_receipt(packed: Field) -> None:
    arrived(packed, "merged", held="no\nuuid")
    told = exchange(packed)
    assert told.packages[0].held[0].record == "no\nuuid"


def test_what_is_not_in_force_in_the_journal_is_not_safe(packed: Field) -> None:
    arrived(packed, "merged")
    parcel = packed.county.uuids["parcel0"]
    with packed.county.open() as county:
        county.connection.execute("UPDATE change SET live = 0 WHERE record = ?", (parcel,))
    exchange(packed)
    with packed.survey() as survey:
        found = record_states.record_states(survey)[parcel]
    assert (found.state, found.code) == ("held", "receipt.not_in_force")

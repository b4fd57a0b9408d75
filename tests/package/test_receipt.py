"""Receipts: nothing is safe to clear before the county says so."""

from __future__ import annotations

from pathlib import Path

import pytest
from field_work import Field
from xiangtu.errors import BadInput, BadPackage, RefusedSignature
from xiangtu.package import receipt, record_states, tablet


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

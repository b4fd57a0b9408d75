"""Receipts: the county says what it has of each package, and the tablet learns what is safe.

The tablet deletes nothing that it packed until a receipt says that the county has it.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from ..errors import BadInput, BadPackage, RefusedSignature
from ..sealing import keys
from ..store import SurveyFile
from ..store.identity import new_uuid
from . import container, enrolment
from . import tablet as tablets
from .adoption import COUNTY_KEY
from .bag import BagWriter
from .description import HeldNote, PackageNote, ReceiptDescription, from_json

#: Key of table meta on a tablet: the newest receipt, as JSON.
RECEIPT = "receipt"


@dataclass(frozen=True)
class ReceiptSummary:
    """What a receipt says; counts are of packages, `held` and `conflicts` of records."""

    path: Path
    device: str
    made_at: str
    merged: int
    waiting: int
    undone: int
    held: int
    conflicts: int
    packages: tuple[PackageNote, ...]


def write_receipt(
    file: SurveyFile, out: Path | str, device: str, identity: str | None = None
) -> ReceiptSummary:
    """Tell an enrolled tablet what the county has of its packages, in a container (.xtr).

    Raises
    ------
    BadInput
        "device.unknown", "device.retired", "receipt.nothing" before its first package,
        "receipt.not_county", "county_key.other".
    BadFile
        "file.…", "county_key.missing".
    """
    out = Path(out)
    if file.meta["role"] != "county":
        raise BadInput("receipt.not_county", path=file.path)
    known = enrolment.device(file, device)
    county = enrolment.county_keys(file, identity)
    packages = tuple(
        _note(file.connection, *row)
        for row in file.connection.execute(
            "SELECT uuid, device, number, state, first_change, last_change, batch FROM package "
            "WHERE device = ? ORDER BY number",
            (device,),
        ).fetchall()
    )
    if not packages:
        raise BadInput("receipt.nothing", device=device, name=known.name)
    about = ReceiptDescription(
        new_uuid(), device, packages[-1].number, file.meta["county"], enrolment.now(), packages
    )
    container.write(
        out, "receipt", about, _nothing_more, county, [known.recipient, county.public.recipient]
    )
    return _summary(out, about)


def _nothing_more(bag: BagWriter) -> None:
    """A receipt's description is all it has."""


def _note(
    connection: sqlite3.Connection,
    uuid: str,
    device: str,
    number: int,
    state: str,
    first_change: int,
    last_change: int,
    batch: str | None,
) -> PackageNote:
    held = connection.execute(
        "SELECT DISTINCT layer, record, code FROM held "
        "WHERE batch = ? AND released_at IS NULL ORDER BY layer, record",
        (batch,),
    ).fetchall()
    conflicts = connection.execute(
        "SELECT DISTINCT record FROM conflict WHERE record IN (SELECT record FROM change "
        "WHERE device = ? AND number BETWEEN ? AND ?) ORDER BY record",
        (device, first_change, last_change),
    ).fetchall()
    return PackageNote(
        uuid,
        number,
        state,
        first_change,
        last_change,
        tuple(HeldNote(*row) for row in held) if state == "merged" else (),
        tuple(record for (record,) in conflicts) if state == "merged" else (),
    )


def read_receipt(tablet_dir: Path | str, path: Path | str) -> ReceiptSummary:
    """Take a receipt in on the tablet: its packages become "received", or stay "packed".

    Raises
    ------
    BadPackage
        What container and bag refuse; "receipt.other_tablet", "receipt.other_county",
        "receipt.older" than the newest that was read, "receipt.unknown_package".
    RefusedSignature
        It is not signed by this tablet's county.
    """
    tablet, path = tablets.load(tablet_dir), Path(path)
    header = container.read_header(path, "receipt")
    if header.device != tablet.device_id:
        raise BadPackage(
            "receipt.other_tablet", path=path, found=header.device, expected=tablet.device_id
        )
    with tablet.survey() as survey:
        if header.county != survey.meta["county"]:
            raise BadPackage(
                "receipt.other_county",
                path=path,
                found=header.county,
                expected=survey.meta["county"],
            )
        signing_key = keys.from_text(survey.meta[COUNTY_KEY], 32)
        if signing_key is None:
            raise RefusedSignature("package.wrong_signature", path=path)
        with container.unsealed(path, "receipt", tablet.secret.identity) as (bag, folder):
            bag.verify(signing_key)
            bag.extract(folder)
            text = (folder / container.DESCRIPTION).read_bytes()
        about = from_json(ReceiptDescription, text, path)
        container.check_inside(header, about, path)
        _take_in(survey, about, path)
    return _summary(path, about)


def _take_in(survey: SurveyFile, about: ReceiptDescription, path: Path) -> None:
    newest = _newest(survey.connection)
    if newest is not None and about.made_at < newest.made_at:
        raise BadPackage("receipt.older", path=path, made_at=about.made_at, newest=newest.made_at)
    with survey.atomic():
        for note in about.packages:
            state = "received" if note.state == "merged" else "packed"
            changed = survey.connection.execute(
                "UPDATE package SET state = ?, arrived_at = ? WHERE uuid = ? AND number = ?",
                (state, about.made_at if state == "received" else None, note.uuid, note.number),
            ).rowcount
            if not changed:
                # The county has a package that this tablet never made: a copy of it did.
                raise BadPackage(
                    "receipt.unknown_package", path=path, number=note.number, uuid=note.uuid
                )
        survey.connection.execute(
            "INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)",
            (RECEIPT, json.dumps(asdict(about))),
        )


def _newest(connection: sqlite3.Connection) -> ReceiptDescription | None:
    row = connection.execute("SELECT value FROM meta WHERE key = ?", (RECEIPT,)).fetchone()
    return from_json(ReceiptDescription, row[0].encode(), Path(RECEIPT)) if row else None


def records_safe_to_clear(survey: SurveyFile) -> set[str]:
    """Records whose every change on this tablet the county has taken.

    None of them is held back, in open conflict, in a package that waits or was undone, or
    changed since. Before the first receipt: none.
    """
    newest = _newest(survey.connection)
    if newest is None:
        return set()
    taken = [note for note in newest.packages if note.state == "merged"]
    doubtful = {each.record for note in taken for each in note.held}
    doubtful |= {record for note in taken for record in note.conflicts}
    ranges = [(note.first_change, note.last_change) for note in taken]
    safe: dict[str, bool] = {}
    for record, number in survey.connection.execute(
        "SELECT record, number FROM change WHERE device = ?", (survey.meta["device"],)
    ):
        there = any(first <= number <= last for first, last in ranges)
        safe[record] = safe.get(record, True) and there
    return {record for record, there in safe.items() if there and record not in doubtful}


def _summary(path: Path, about: ReceiptDescription) -> ReceiptSummary:
    states = [note.state for note in about.packages]
    records: Mapping[str, set[str]] = {
        "held": {each.record for note in about.packages for each in note.held},
        "conflicts": {record for note in about.packages for record in note.conflicts},
    }
    return ReceiptSummary(
        path,
        about.device,
        about.made_at,
        states.count("merged"),
        states.count("waiting"),
        states.count("undone"),
        len(records["held"]),
        len(records["conflicts"]),
        about.packages,
    )

"""Receipts: the county says what it has of each package, and the tablet learns what is safe.

The tablet deletes nothing that it packed until a receipt says that the county has it. What a
receipt means for each record is said by package.record_states.
"""

from __future__ import annotations

import json
from collections.abc import Container, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from ..errors import BadInput, BadPackage, RefusedSignature
from ..sealing import keys
from ..store import SurveyFile
from ..store.identity import new_uuid
from . import container, enrolment
from . import tablet as tablets
from .adoption import COUNTY_KEY
from .bag import BagWriter, Limits
from .description import PackageNote, ReceiptDescription, RecordNote, RefusedNote, from_json
from .reading import one_moment
from .standing import Standing

#: Keys of table meta on a tablet: the newest receipt, as JSON; and, once a receipt named packages
#: that this tablet never made, where its chain and the county's part, as JSON.
RECEIPT, OTHER_CHAIN = "receipt", "other_chain"
#: Its action in the county's access_log, with the tablet as detail.
WRITTEN = "receipt"
#: A receipt is one description; of 100,000 records in conflict it has some 30 MB.
_LIMITS = Limits(files=16, file_bytes=256 << 20, total_bytes=300 << 20)


@dataclass(frozen=True)
class ReceiptSummary:
    """What a receipt says; counts are of packages, and from `held` to `returned` of records.

    `not_made_here` are numbers of refused packages that bear this tablet's name and signature
    and were not made here: a copy of the tablet is about. `already` if it was read before.
    """

    path: Path
    device: str
    made_at: str
    merged: int
    waiting: int
    undone: int
    refused: int
    held: int
    conflicts: int
    duplicates: int
    joined: int
    returned: int
    packages: tuple[PackageNote, ...]
    refused_packages: tuple[RefusedNote, ...]
    records: tuple[RecordNote, ...]
    not_made_here: tuple[int, ...] = ()
    already: bool = False


@dataclass(frozen=True)
class OtherChain:
    """Where this tablet's chain of packages and the county's part: it was copied, or put back
    from a backup and used on.

    From `first_change` on the county has other changes under this tablet's numbers; `missing` are
    numbers of the packages here that it does not have.
    """

    made_at: str
    first_change: int
    missing: tuple[int, ...]


def write_receipt(
    file: SurveyFile, out: Path | str, device: str, identity: str | None = None
) -> ReceiptSummary:
    """Tell an enrolled tablet what the county has of its packages, in a container (.xtr).

    Raises
    ------
    BadInput
        "device.unknown", "device.retired", "receipt.nothing" before its first package came,
        "receipt.not_county", "county_key.other".
    BadFile
        "file.…", "county_key.missing".
    """
    out = Path(out)
    if file.meta["role"] != "county":
        raise BadInput("receipt.not_county", path=file.path)
    known = enrolment.device(file, device)
    county = enrolment.county_keys(file, identity)
    about = describe(file, device)
    if about is None:
        raise BadInput("receipt.nothing", device=device, name=known.name)
    recipients = [known.recipient, county.public.recipient]
    with file.atomic():
        file.log(WRITTEN, detail=device)
        container.write(out, "receipt", about, _nothing_more, county, recipients)
    return _summary(out, about)


def _nothing_more(bag: BagWriter) -> None:
    """A receipt's description is all it has."""


def describe(file: SurveyFile, device: str) -> ReceiptDescription | None:
    """What a receipt says of a tablet now; None before its first package came."""
    with one_moment(file.connection):
        standing = Standing(file, device)
        numbers = [each.number for each in standing.packages]
        numbers += [each.number for each in standing.refused]
        if not numbers:
            return None
        return ReceiptDescription(
            new_uuid(),
            device,
            max(numbers),
            file.meta["county"],
            enrolment.now(),
            standing.packages,
            standing.records,
            standing.refused,
        )


def read_receipt(tablet_dir: Path | str, path: Path | str) -> ReceiptSummary:
    """Take a receipt in on the tablet: its packages become "received", or stay "packed".

    Raises
    ------
    BadPackage
        What container and bag refuse; "receipt.other_tablet", "receipt.other_county",
        "receipt.older" than the newest that was read; "receipt.unknown_package" when the county
        has packages under this tablet's name that were not made here: then nothing is marked
        received, and the tablet keeps in mind that it must not go on (`other_chain`).
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
        with container.unsealed(path, "receipt", tablet.secret.identity, _LIMITS) as (bag, folder):
            bag.verify(signing_key)
            bag.extract(folder)
            text = (folder / container.DESCRIPTION).read_bytes()
        about = from_json(ReceiptDescription, text, path)
        container.check_inside(header, about, path)
        return take_in(survey, about, path)


def take_in(survey: SurveyFile, about: ReceiptDescription, path: Path) -> ReceiptSummary:
    """Take in what a receipt says, once it is known to be the county's; errors as
    `read_receipt`."""
    with survey.atomic():
        newest, parted = newest_receipt(survey), other_chain(survey)
        for made_at in (each.made_at for each in (newest, parted) if each is not None):
            if about.made_at < made_at:
                raise BadPackage("receipt.older", path=path, made_at=about.made_at, newest=made_at)
        if len({note.uuid for note in about.packages}) < len(about.packages):
            raise BadPackage("package.description", path=path, field="packages")
        mine = {row[0]: row[1:] for row in packages_made(survey)}
        summary = _summary(path, about, mine)
        if newest is not None and newest.uuid == about.uuid:
            return replace(summary, already=True)
        strange = [
            note
            for note in about.packages
            if mine.get(note.uuid) != (note.number, note.first_change, note.last_change)
        ]
        if not strange:
            _mark(survey, about)
            return summary
        found = _parting(survey, about, strange)
        survey.meta[OTHER_CHAIN] = json.dumps(asdict(found))
    raise BadPackage(
        "receipt.unknown_package",
        path=path,
        number=strange[0].number,
        uuid=strange[0].uuid,
        change=found.first_change,
        packages=", ".join(map(str, found.missing)) or "-",
    )


def _mark(survey: SurveyFile, about: ReceiptDescription) -> None:
    """The newest receipt alone counts: what it does not name the county does not have."""
    connection = survey.connection
    connection.execute(
        "UPDATE package SET state = 'packed', arrived_at = NULL WHERE device = ?",
        (survey.device_id,),
    )
    connection.executemany(
        "UPDATE package SET state = 'received', arrived_at = ? WHERE uuid = ?",
        ((about.made_at, note.uuid) for note in about.packages if note.state == "merged"),
    )
    survey.meta[RECEIPT] = json.dumps(asdict(about))
    survey.meta.pop(OTHER_CHAIN, None)


def packages_made(survey: SurveyFile) -> list[tuple[str, int, int, int]]:
    """(uuid, number, first change, last change) of the packages this tablet made."""
    return survey.connection.execute(
        "SELECT uuid, number, first_change, last_change FROM package WHERE device = ? "
        "ORDER BY number",
        (survey.device_id,),
    ).fetchall()


def _parting(
    survey: SurveyFile, about: ReceiptDescription, strange: Sequence[PackageNote]
) -> OtherChain:
    there = {note.uuid for note in about.packages} - {note.uuid for note in strange}
    number = min(note.number for note in strange)
    missing = tuple(
        row[1] for row in packages_made(survey) if row[1] >= number and row[0] not in there
    )
    return OtherChain(about.made_at, min(note.first_change for note in strange), missing)


def newest_receipt(survey: SurveyFile) -> ReceiptDescription | None:
    """The newest receipt that a tablet has read."""
    text = survey.meta.get(RECEIPT)
    return from_json(ReceiptDescription, text.encode(), Path(RECEIPT)) if text else None


def other_chain(survey: SurveyFile) -> OtherChain | None:
    """Where the tablet's chain and the county's part, if a receipt has shown that they do."""
    text = survey.meta.get(OTHER_CHAIN)
    if text is None:
        return None
    found = json.loads(text)
    return OtherChain(found["made_at"], found["first_change"], tuple(found["missing"]))


def _summary(
    path: Path, about: ReceiptDescription, made_here: Container[str] | None = None
) -> ReceiptSummary:
    states = [note.state for note in about.packages]
    conflicts = {record for note in about.packages for record in note.conflicts}
    conflicts |= {each.record for each in about.records if each.conflicts}
    return ReceiptSummary(
        path,
        about.device,
        about.made_at,
        states.count("merged"),
        states.count("waiting"),
        states.count("undone"),
        len(about.refused),
        len({each.record for note in about.packages for each in note.held}),
        len(conflicts),
        sum(bool(each.duplicates) for each in about.records),
        sum(each.survivor is not None for each in about.records),
        sum(each.findings is not None for each in about.records),
        about.packages,
        about.refused,
        about.records,
        tuple(
            each.number
            for each in about.refused
            if made_here is not None and each.verified and each.uuid not in made_here
        ),
    )

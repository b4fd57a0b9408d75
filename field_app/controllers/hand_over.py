"""Handing work over: pack it onto a stick, see that it really arrived there, read receipts, and
clear what the county has."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from xiangtu.errors import BadFile
from xiangtu.package import clearing, receipt, record_states, survey_package, tablet
from xiangtu.store import SurveyFile

Progress = Callable[[float, str], bool | None] | None


@dataclass(frozen=True)
class HandedOver:
    """A package in its place, read back; `missing_attachments` are photos the tablet has lost."""

    path: Path
    number: int
    records: int
    attachments: int
    size_bytes: int
    missing_attachments: tuple[str, ...]


@dataclass(frozen=True)
class PackageStanding:
    """A package of this tablet, and what the newest receipt says of it.

    `state` is merged, waiting, undone or refused at the county, else "packed": the county has not
    said. `held` and `conflicts` count records of it that wait for somebody there; `code` and
    `facts` say why it was refused.
    """

    number: int
    made_at: str
    state: str
    held: int = 0
    conflicts: int = 0
    waits_for: tuple[int, ...] = ()
    code: str | None = None
    facts: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Standing:
    """How the work on a tablet stands at the county.

    `to_pack` are records changed since the last package, photos and tracks among them;
    `by_state` counts all that were worked on (package.record_states); `receipt_at` is when the
    newest receipt was made, None before the first; `other_chain` if the county has packages of a
    copy of this tablet. The packages come latest first.
    """

    to_pack: int
    by_state: Mapping[str, record_states.StateCount]
    packages: tuple[PackageStanding, ...]
    receipt_at: str | None
    other_chain: bool
    free_bytes: int


def standing(survey: SurveyFile) -> Standing:
    """What waits to be handed over, and what the county has."""
    by_state = record_states.count(record_states.record_states(survey).values())
    newest = receipt.newest_receipt(survey)
    noted = {each.uuid: each for each in newest.packages} if newest else {}
    refused = {each.uuid: each for each in newest.refused} if newest else {}
    packages = []
    for uuid, number, made_at in survey.connection.execute(
        "SELECT uuid, number, made_at FROM package WHERE device = ? ORDER BY number DESC",
        (survey.device_id,),
    ):
        note, refusal = noted.get(uuid), refused.get(uuid)
        if note is not None:
            packages.append(
                PackageStanding(
                    number, made_at, note.state, len(note.held), len(note.conflicts),
                    note.waits_for,
                )
            )  # fmt: skip
        elif refusal is not None:
            packages.append(
                PackageStanding(number, made_at, "refused", code=refusal.code, facts=refusal.facts)
            )
        else:
            packages.append(PackageStanding(number, made_at, "packed"))
    unpacked = by_state.get(record_states.UNPACKED)
    return Standing(
        unpacked.records if unpacked else 0,
        by_state,
        tuple(packages),
        newest.made_at if newest else None,
        receipt.other_chain(survey) is not None,
        shutil.disk_usage(survey.path.parent).free,
    )


def pack_to(tablet_dir: Path | str, folder: Path | str, *, progress: Progress = None) -> HandedOver:
    """Pack every change since the last package into a folder (of a stick, a shared drive).

    Its name says device and running number. What was written is read back and held against what
    was to be written.

    Raises
    ------
    BadInput
        "pack.nothing" when nothing was changed.
    BadFile
        "field.hand_over.no_folder"; "field.hand_over.read_back" where the folder gives back
        other bytes than were written (pack again, elsewhere: `pack_again`).
    Cancelled
    """
    return _packed(tablet_dir, folder, None, progress)


def pack_again(
    tablet_dir: Path | str,
    folder: Path | str,
    number: int,
    *,
    replace: bool = False,
    progress: Progress = None,
) -> HandedOver:
    """Make an earlier package once more, because it was lost on its way; with `replace` in place
    of the one that lies there, which never got on its way.

    Errors as `pack_to`, and BadInput("pack.unknown_number", "file.exists").
    """
    return _packed(tablet_dir, folder, number, progress, replace=replace)


def _packed(
    tablet_dir: Path | str,
    folder: Path | str,
    again: int | None,
    progress: Progress,
    *,
    replace: bool = False,
) -> HandedOver:
    folder = Path(folder)
    if not folder.is_dir():
        raise BadFile("field.hand_over.no_folder", path=str(folder))
    at_work = tablet.load(tablet_dir)
    with at_work.survey() as survey:
        number = again if again is not None else survey_package.next_number(survey)
    out = folder / f"{at_work.device_id}-{number:04d}.xtp"
    if replace:
        out.unlink(missing_ok=True)
    summary = survey_package.pack(tablet_dir, out, again=again, progress=progress)
    if progress is not None:
        progress(1.0, "hand_over.reading_back")  # too late to stop: the package is made
    header = survey_package.inspect(out)
    if (header["sha256"], header["number"]) != (summary.sha256, summary.number):
        raise BadFile("field.hand_over.read_back", path=str(out))
    around = {"change", "change_value", "basis", "fix", "lineage", "secret", "attachment", "track"}
    records = sum(count for table, count in summary.counts.items() if table not in around)
    return HandedOver(
        out,
        summary.number,
        records,
        summary.attachments,
        summary.size_bytes,
        summary.missing_attachments,
    )


def take_receipt(tablet_dir: Path | str, path: Path | str) -> receipt.ReceiptSummary:
    """Read a receipt (.xtr) of the county; errors as package.receipt.read_receipt."""
    return receipt.read_receipt(tablet_dir, path)


def states(survey: SurveyFile) -> dict[str, record_states.RecordState]:
    """How each record that this tablet worked on stands at the county, by uuid."""
    return record_states.record_states(survey)


def safe_to_clear(survey: SurveyFile) -> set[str]:
    """Uuids of records whose every change the county has confirmed; nothing else may ever be
    deleted from the tablet."""
    return record_states.records_safe_to_clear(survey)


def clear(
    tablet_dir: Path | str, *, dry_run: bool = False, progress: Progress = None
) -> clearing.ClearingSummary:
    """Make room: clear the tablet of what is safe; with `dry_run` only say what would go.

    Errors as package.clearing.clear.
    """
    return clearing.clear(tablet_dir, dry_run=dry_run, progress=progress)

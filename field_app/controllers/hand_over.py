"""Handing work over: pack it onto a stick, see that it really arrived there, read receipts, and
clear what the county has."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
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
    tablet_dir: Path | str, folder: Path | str, number: int, *, progress: Progress = None
) -> HandedOver:
    """Make an earlier package once more, because it was lost on its way; errors as `pack_to`,
    and BadInput("pack.unknown_number")."""
    return _packed(tablet_dir, folder, number, progress)


def _packed(
    tablet_dir: Path | str, folder: Path | str, again: int | None, progress: Progress
) -> HandedOver:
    folder = Path(folder)
    if not folder.is_dir():
        raise BadFile("field.hand_over.no_folder", path=str(folder))
    at_work = tablet.load(tablet_dir)
    with at_work.survey() as survey:
        number = again if again is not None else survey_package.next_number(survey)
    out = folder / f"{at_work.device_id}-{number:04d}.xtp"
    summary = survey_package.pack(tablet_dir, out, again=again, progress=progress)
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

"""Merging one package: one batch, one transaction, and a report of what it did."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from ..errors import BadPackage, Cancelled
from ..package import package_table, refused_packages
from ..package.description import PackageDescription
from ..package.survey_package import OpenedPackage, open_package
from ..store import SurveyFile
from ..store.secrets import key_hmacs
from . import clones, likeness, waiting
from .applying import apply
from .batches import Batch, close_batch, open_batch
from .changes import Change, changes_of, with_names
from .clocks import wrong_clock
from .held import hold
from .intake import Intake, read
from .kinship import SAME
from .office_edits import catch_up
from .weighing import carry_out, weigh

Progress = Callable[[float, str], bool | None] | None

MERGED = "merged"
ALREADY = "already"
WAITING = "waiting"
REFUSED = package_table.REFUSED


@dataclass(frozen=True)
class MergeReport:
    """What merging one package did; `state` is merged, already or waiting.

    Counts are of records. `catalogue` is the tablet's, where it is another than the county's,
    `clock` what is wrong with its clock (see clocks.WrongClock). `followed` are packages that had
    waited for this one; the last of them may be refused now that its turn has come.
    """

    package: str
    device: str
    number: int
    state: str
    batch: int | None = None
    batch_uuid: str | None = None
    changes: int = 0
    inserted: int = 0
    updated: int = 0
    deleted: int = 0
    attachments: int = 0
    conflicts: tuple[str, ...] = ()
    settled: tuple[str, ...] = ()
    duplicates: tuple[str, ...] = ()
    held: tuple[Mapping[str, object], ...] = ()
    unknown_fields: Mapping[str, int] = field(default_factory=dict)
    by_layer: Mapping[str, int] = field(default_factory=dict)
    catalogue: str | None = None
    clock: Mapping[str, object] | None = None
    waits_for: int | None = None
    dry_run: bool = False
    followed: tuple[MergeReport, ...] = ()

    @property
    def needs_person(self) -> bool:
        """Whether something of this merge waits for somebody."""
        return bool(
            self.conflicts
            or self.held
            or self.duplicates
            or self.state in (WAITING, REFUSED)
            or any(each.needs_person for each in self.followed)
        )


class _DryRun(Exception):
    """Leaves the transaction without keeping it."""


class _Overtaken(Exception):
    """Somebody else merged, between our look at the chain and our turn to write."""


def merge(
    file: SurveyFile,
    package: Path | str,
    identity: str,
    *,
    author: str = "",
    dry_run: bool = False,
    clone: bool = False,
    progress: Progress = None,
) -> MergeReport:
    """Merge a survey package into a county file.

    Parameters
    ----------
    identity : str
        The county's secret key, "AGE-SECRET-KEY-1…"; it opens the package.
    dry_run : bool
        Do everything, report it, and leave the file as it was.
    clone : bool
        Take in what a cloned tablet, or one restored from a backup, surveyed under numbers that
        are taken: as a device of its own (see clones).

    Raises BadPackage (refused whole, nothing changed but that the refusal is noted for the tablet,
    see package.refused_packages), RefusedSignature, FileBusy, Cancelled.
    """
    _step(progress, 0.0, "merge.opening")
    with (
        refused_packages.noting(file, Path(package), identity, author, keep=not dry_run),
        open_package(Path(package), identity=identity, file=file) as opened,
    ):
        turn = _turn(file, opened, clone)
        state, waits_for, about = turn
        report = MergeReport(
            about.uuid, about.device, about.number, state, waits_for=waits_for, dry_run=dry_run
        )
        if dry_run and state != MERGED:
            return report
        try:
            with file.atomic(quiet=True, doing="merge", author=author):
                if _turn(file, opened, clone) != turn:
                    raise _Overtaken
                if state == WAITING:
                    waiting.keep(file, opened, Path(package))
                    return report
                if state == MERGED:
                    report = take_in(file, opened, identity, author, report, progress)
                if dry_run:
                    raise _DryRun
        except _DryRun:
            return report
        except _Overtaken:
            return merge(
                file, package, identity,
                author=author, dry_run=dry_run, clone=clone, progress=progress,
            )  # fmt: skip
    # Of a package merged before as well: whoever merged it may have been killed after that.
    followed = []
    for path in waiting.next_in_line(file, about.device, about.number):
        try:
            followed.append(merge(file, path, identity, author=author, progress=progress))
        except BadPackage:
            # The package that was asked for is merged; that one after it is not must not hide it.
            claim = refused_packages.claimed_header(path)
            uuid = claim.uuid if claim else ""
            followed.append(MergeReport(uuid, about.device, about.number + 1, REFUSED))
    waiting.clear(file)
    _step(progress, 1.0, "merge.done")
    return replace(report, followed=tuple(followed))


def _turn(
    file: SurveyFile, opened: OpenedPackage, clone: bool
) -> tuple[str, int | None, PackageDescription]:
    """Whether a package is to be merged, was, or waits and for which number; and as whose."""
    if not clone:
        return (*waiting.place_in_chain(file, opened), opened.description)
    branch = clones.branch_of(file, opened)
    about = replace(opened.description, device=branch.device)
    return (ALREADY if branch.already else MERGED), None, about


def take_in(
    file: SurveyFile,
    opened: OpenedPackage,
    identity: str,
    author: str,
    report: MergeReport,
    progress: Progress,
) -> MergeReport:
    """The merge of an opened package whose turn it is, inside the caller's quiet transaction."""
    _step(progress, 0.1, "merge.reading")
    catch_up(file)
    intake = read(opened, file)
    clock = wrong_clock(file, intake.changes)
    if report.device != opened.description.device:
        intake = clones.renamed(file, opened, intake, report.device)
    batch = open_batch(file, "merge", author)
    sound = [each for each in intake.changes if (each.record, each.layer) not in intake.held]
    verdict = weigh(file, sound, intake.faults)
    held = {**intake.held, **verdict.fallen}
    _journal(file, opened, intake, batch)
    hold(file, held.values(), batch.uuid)
    again = carry_out(file, verdict)
    _append_only(file, opened, intake, batch)
    again |= _divided(file, batch)
    key_hmacs(file, identity)
    _step(progress, 0.4, "merge.applying")
    accepted = [each for each in sound if (each.record, each.layer) not in verdict.fallen]
    outcome = apply(file, accepted, again)
    _step(progress, 0.7, "merge.attachments")
    copied = _copy_attachments(file, opened, keep=not report.dry_run)
    _step(progress, 0.8, "merge.duplicates")
    kin = opened.connection.execute("SELECT parent, child FROM lineage").fetchall()
    pairs = likeness.propose(file, likeness.concerned(file, accepted, outcome).union(*kin))
    report = replace(
        report,
        batch=batch.number,
        batch_uuid=batch.uuid,
        changes=len(intake.changes),
        inserted=len(outcome.inserted),
        updated=len(outcome.updated),
        deleted=len(outcome.deleted),
        attachments=copied,
        conflicts=tuple(sorted(outcome.conflicts_opened)),
        settled=tuple(sorted(outcome.conflicts_closed)),
        duplicates=tuple(pairs),
        held=tuple(asdict(each) for each in held.values()),
        unknown_fields=intake.unknown_fields,
        by_layer=dict(Counter(_layers(accepted))),
        catalogue=_other_catalogue(file, opened),
        clock=asdict(clock) if clock else None,
    )
    about = replace(opened.description, device=report.device)
    package_table.note(file.connection, about, opened.sha256, "merged", batch.uuid)
    close_batch(file, batch, {**asdict(report), "followed": []})
    _step(progress, 0.95, "merge.saving")
    return report


def _layers(changes: Iterable[Change]) -> list[str]:
    return list({change.record: change.layer for change in changes}.values())


def _other_catalogue(file: SurveyFile, opened: OpenedPackage) -> str | None:
    theirs = opened.description.catalogue
    return theirs if theirs != file.catalogue.version else None


# -- the journal -----------------------------------------------------------------------------


def _journal(file: SurveyFile, opened: OpenedPackage, intake: Intake, batch: Batch) -> None:
    """Write the package's changes into the county's journal, or make undone ones live again."""
    connection = file.connection
    first, last = intake.changes[0].number, intake.changes[-1].number
    known = dict(
        connection.execute(
            "SELECT number, uuid FROM change WHERE device = ? AND number BETWEEN ? AND ?",
            (intake.changes[0].device, first, last),
        )
    )
    if known:
        _check_same(file, opened, intake, known)
        connection.execute(
            "UPDATE change SET live = 1, batch = ? WHERE device = ? AND number BETWEEN ? AND ?",
            (batch.uuid, intake.changes[0].device, first, last),
        )
        return
    with_names(connection, (change.uuid for change in intake.changes))
    taken = connection.execute(
        "SELECT c.uuid FROM temp.named n CROSS JOIN change c ON c.uuid = n.uuid LIMIT 1"
    ).fetchone()
    if taken:
        raise BadPackage("package.journal", path=opened.path, field="uuid")
    (top,) = connection.execute("SELECT coalesce(max(id), 0) FROM change").fetchone()
    connection.executemany(
        "INSERT INTO change (id, uuid, layer, record, operation, author, device, number, basis, "
        "time, utc_offset_min, batch, live) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,1)",
        (
            (
                top + place,
                change.uuid,
                change.layer,
                change.record,
                change.operation,
                change.author,
                change.device,
                change.number,
                change.basis,
                change.time,
                change.utc_offset_min,
                batch.uuid,
            )
            for place, change in enumerate(intake.changes, 1)
        ),
    )
    connection.executemany(
        "INSERT INTO change_value (change, field, old, new) VALUES (?, ?, ?, ?)",
        (
            (top + place, name, change.old[name], change.values.get(name))
            for place, change in enumerate(intake.changes, 1)
            for name in sorted(change.old)
        ),
    )


def _append_only(file: SurveyFile, opened: OpenedPackage, intake: Intake, batch: Batch) -> None:
    """Take over raw fixes, lineage and sealed values; never a joining, which is the county's."""
    for table in ("fix", "lineage", "secret"):
        columns = [row[1] for row in file.connection.execute(f"PRAGMA table_info({table})")]
        theirs = {row[1] for row in opened.connection.execute(f"PRAGMA table_info({table})")}
        shared = [name for name in columns if name in theirs and name not in ("batch", "hmac")]
        names = ", ".join(shared)
        marks = ", ".join("?" * (len(shared) + 1))
        where = f" WHERE kind <> '{SAME}'" if table == "lineage" else ""
        file.connection.executemany(
            f"INSERT OR IGNORE INTO {table} ({names}, batch) VALUES ({marks})",
            (
                (*row, batch.uuid)
                for row in opened.connection.execute(f"SELECT {names} FROM {table}{where}")
            ),
        )


def _check_same(
    file: SurveyFile, opened: OpenedPackage, intake: Intake, known: Mapping[int, str]
) -> None:
    """A package that comes again after it was undone says what it said before."""
    before = changes_of(
        file.connection, {change.record for change in intake.changes}, live_only=False
    )
    by_uuid = {change.uuid: change for own in before.values() for change in own}
    for change in intake.changes:
        facts = {"path": opened.path, "device": change.device, "number": change.number}
        if known.get(change.number) != change.uuid:
            raise BadPackage("package.numbers_used_twice", **facts)
        kept = by_uuid.get(change.uuid)
        if kept is None or (kept.operation, kept.layer, kept.basis, kept.values, kept.old) != (
            change.operation, change.layer, change.basis, change.values, change.old,
        ):  # fmt: skip
            raise BadPackage("package.other_contents", **facts)


def _divided(file: SurveyFile, batch: Batch) -> set[str]:
    """The records that something in this batch came from by split or join."""
    return {
        parent
        for (parent,) in file.connection.execute(
            "SELECT DISTINCT l.parent FROM change c CROSS JOIN lineage l ON l.child = c.record "
            "WHERE c.batch = ? AND l.kind <> ?",
            (batch.uuid, SAME),
        )
    }


def _copy_attachments(file: SurveyFile, opened: OpenedPackage, *, keep: bool) -> int:
    """Put the package's files beside the county's, under their hashes; returns how many are new."""
    copied = 0
    for sha256, path in opened.attachments.items():
        if not file.attachment_path(sha256).exists():
            if keep:
                file.keep_attachment(sha256, path)
            copied += 1
    return copied


def _step(progress: Progress, fraction: float, code: str) -> None:
    if progress is not None and progress(fraction, code) is False:
        raise Cancelled("cancelled", step=code)

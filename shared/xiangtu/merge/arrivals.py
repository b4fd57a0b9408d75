"""Packages that lie in an inbox: whose they are, whether they are sound, and what merging each
would mean; and the merge of many, in the order in which the tablets packed them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ..errors import BadPackage, Cancelled, SurveyError
from ..package import package_table
from ..package.description import PackageDescription
from ..package.given_file import readable
from ..package.survey_package import open_package
from ..store import SurveyFile
from ..store.places import place_told
from . import clones, waiting
from .plan import ALREADY, MERGED, REFUSED, WAITING, MergeReport, merge

Progress = Callable[[float, str], bool | None] | None

#: Its turn has come, or comes with the packages that lie here before it.
READY = "ready"
SUFFIX = ".xtp"


@dataclass(frozen=True)
class Contents:
    """What a sound package says, as read from its file; it stays true while the file is the same.

    `authors` are the surveyors whose work it brings, `attachments` how many files; `stamp` is
    size (bytes) and time of writing (ns).
    """

    path: Path
    stamp: tuple[int, int]
    description: PackageDescription
    authors: tuple[str, ...]
    attachments: int
    sha256: str


@dataclass(frozen=True)
class Arrival:
    """A package file before it is merged.

    `standing` is ready, already, waiting or refused; `contents` None where it could not be read,
    and `refusal` then says why, as it does of one that was read and has no place in the tablet's
    chain. `clone`: it can be taken in as of a copied tablet. `missing` are numbers of the tablet's
    packages before it that neither the county nor the inbox has; `batch` the one that merged it.
    """

    path: Path
    standing: str
    contents: Contents | None = None
    refusal: SurveyError | None = None
    clone: bool = False
    missing: tuple[int, ...] = ()
    batch: int | None = None


@dataclass(frozen=True)
class Attempt:
    """One package of many: what merging it did, or why it was not merged."""

    path: Path
    report: MergeReport | None = None
    refusal: SurveyError | None = None


def find(places: Iterable[Path]) -> list[Path]:
    """The package files among files and folders, those in folders inside them too, each once.

    Hidden ones are left out: systems keep copies of deleted files on sticks under such names.
    BadFile if a place cannot be read.
    """
    found: dict[Path, None] = {}
    for place in places:
        with place_told(place):
            if not place.is_dir():
                found[place] = None
                continue
            inside = [
                each
                for each in place.rglob("*")
                if each.suffix.lower() == SUFFIX
                and not any(part.startswith(".") for part in each.relative_to(place).parts)
                and each.is_file()
            ]
        found |= dict.fromkeys(sorted(inside))
    return list(found)


def look(
    file: SurveyFile,
    paths: Sequence[Path],
    identity: str,
    known: Collection[Contents] = (),
    progress: Progress = None,
) -> list[Arrival]:
    """What lies in the inbox, by tablet and number; what cannot be read comes last.

    Parameters
    ----------
    identity : str
        The county's secret key, which opens packages.
    known : Collection[Contents]
        What was read before: a file that is the same since is not opened again.

    Raises Cancelled; what is wrong with a package is in its `refusal`.
    """
    before = {(each.path, each.stamp): each for each in known}
    sound: list[Contents] = []
    refused: list[Arrival] = []
    for place, path in enumerate(paths):
        if progress is not None and progress(place / len(paths), "inbox.reading") is False:
            raise Cancelled("cancelled", step="inbox.reading")
        try:
            with place_told(path):
                about = readable(path).stat()
                stamp = (about.st_size, about.st_mtime_ns)
                sound.append(before.get((path, stamp)) or _read(file, path, stamp, identity))
        except SurveyError as refusal:
            refused.append(Arrival(path, REFUSED, refusal=refusal))
    sound.sort(key=lambda each: (each.description.device, each.description.number))
    return [*_judged(file, sound), *refused]


def merge_in_order(
    file: SurveyFile,
    arrivals: Iterable[Arrival],
    identity: str,
    *,
    author: str,
    dry_run: bool = False,
    progress: Progress = None,
) -> list[Attempt]:
    """Merge packages one after the other, each in a batch of its own.

    A refused one does not stop those after it. What stops all (cancelling, a file that is busy,
    a full disk) is the refusal of the last attempt: what was merged before it stays merged.
    """
    attempts: list[Attempt] = []
    ordered = list(arrivals)
    for place, arrival in enumerate(ordered):

        def part(fraction: float, step: str, done: int = place) -> bool | None:
            return None if progress is None else progress((done + fraction) / len(ordered), step)

        try:
            report = merge(
                file, arrival.path, identity,
                author=author, dry_run=dry_run, clone=arrival.clone, progress=part,
            )  # fmt: skip
        except BadPackage as refusal:
            attempts.append(Attempt(arrival.path, refusal=refusal))
        except SurveyError as refusal:
            return [*attempts, Attempt(arrival.path, refusal=refusal)]
        else:
            attempts.append(Attempt(arrival.path, report))
    return attempts


def to_decide(attempts: Iterable[Attempt]) -> tuple[int, int]:
    """How many conflicts and pairs the packages together brought up: a conflict that one opened
    and a later one settled, or put another in the place of, counts no more."""
    conflicts: set[str] = set()
    pairs: set[str] = set()
    reports = [each.report for each in attempts if each.report is not None]
    while reports:
        report = reports.pop(0)
        conflicts = (conflicts | set(report.conflicts)) - set(report.settled)
        pairs |= set(report.duplicates)
        reports = [*report.followed, *reports]
    return len(conflicts), len(pairs)


def _read(file: SurveyFile, path: Path, stamp: tuple[int, int], identity: str) -> Contents:
    with open_package(path, identity=identity, file=file) as opened:
        about = opened.description
        authors = opened.connection.execute(
            "SELECT DISTINCT author FROM change WHERE number BETWEEN ? AND ? ORDER BY author",
            (about.first_change, about.last_change),
        )
        return Contents(
            path,
            stamp,
            about,
            tuple(str(author) for (author,) in authors if author),
            len(opened.attachments),
            opened.sha256,
        )


def _judged(file: SurveyFile, sound: Sequence[Contents]) -> list[Arrival]:
    """Each package against the county and against those of its tablet before it in the inbox."""
    have: dict[str, set[int]] = {}
    for device, number in file.connection.execute(
        "SELECT device, number FROM package WHERE state IN ('merged', 'waiting')"
    ):
        have.setdefault(device, set()).add(number)
    for each in sound:
        have.setdefault(each.description.device, set()).add(each.description.number)
    found: list[Arrival] = []
    #: device → the package that would be the last of its chain once those so far are merged.
    last: dict[str, PackageDescription] = {}
    for each in sound:
        about = each.description
        before = last.get(about.device)
        arrival = _against_county(file, each)
        if before is not None and before.uuid == about.uuid:
            arrival = replace(arrival, standing=ALREADY)
        elif before is not None and before.number == about.number and arrival.standing == READY:
            # Two of one number, neither merged: the first is taken, then this one is a copy's.
            refusal = BadPackage(
                "package.number_used_twice",
                path=each.path, device=about.device, number=about.number, other=before.uuid,
            )  # fmt: skip
            arrival = replace(arrival, standing=REFUSED, refusal=refusal)
        elif arrival.standing == WAITING and before is not None and before.uuid == about.previous:
            arrival = replace(arrival, standing=READY)
        if arrival.standing in (READY, ALREADY) and (before is None or before.uuid != about.uuid):
            last[about.device] = about
        if arrival.standing == WAITING:
            gaps = set(range(1, about.number)) - have[about.device]
            arrival = replace(arrival, missing=tuple(sorted(gaps)))
        found.append(arrival)
    return found


def _against_county(file: SurveyFile, contents: Contents) -> Arrival:
    """What the county alone says of a package."""
    try:
        state, _number = waiting.place_in_chain(file, contents)
    except BadPackage as refusal:
        return _refused(file, contents, refusal)
    standing = READY if state == MERGED else state
    return Arrival(contents.path, standing, contents, batch=_batch(file, contents.description.uuid))


def _refused(file: SurveyFile, contents: Contents, refusal: BadPackage) -> Arrival:
    """Of a package that has no place in the chain: whether a copied tablet's chain takes it."""
    try:
        branch = clones.branch_of(file, contents)
    except BadPackage:
        return Arrival(contents.path, REFUSED, contents, refusal)
    if branch.already:
        batch = _batch(file, contents.description.uuid)
        return Arrival(contents.path, ALREADY, contents, batch=batch)
    return Arrival(contents.path, REFUSED, contents, refusal, clone=True)


def _batch(file: SurveyFile, package: str) -> int | None:
    row = file.connection.execute(
        "SELECT b.number FROM package p JOIN batch b ON b.uuid = p.batch "
        "WHERE p.uuid = ? AND p.state <> ?",
        (package, package_table.REFUSED),
    ).fetchone()
    return row[0] if row else None

"""Packages of a tablet that was cloned, or went on from a backup: taken in as another tablet's.

Two tablets with one identity use the same numbers for different changes, so what the second
brings is refused. A person who has looked at it may take it in all the same: as if a device of
its own (the tablet's id, "~" and a number) had gone its own way from where the two parted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from ..errors import BadPackage
from ..package.survey_package import OpenedPackage
from ..store import SurveyFile
from ..store.identity import new_uuid
from ..store.seen import NOTHING, Seen, load_basis
from .intake import Intake
from .waiting import Link, check_begins, other_chain

_MARK = "~"


@dataclass(frozen=True)
class Branch:
    """A chain of packages beside that of the tablet they claim to come from."""

    device: str
    already: bool = False


def origin(device: str) -> str:
    """The tablet whose identity a branch has; the device itself for any other."""
    return device.split(_MARK)[0]


def branch_of(file: SurveyFile, opened: Link) -> Branch:
    """The branch a package belongs to: that of the package before it, or a new one where another
    package has its number there.

    Raises BadPackage: "package.other_chain" where the package before it is not merged,
    "package.gap" and "package.overlap" where its changes do not begin where that ended,
    "package.no_clone" where the tablet's own chain takes it.
    """
    about = opened.description
    rows = {
        uuid: (device, number, state, last_change)
        for uuid, device, number, state, last_change in file.connection.execute(
            "SELECT uuid, device, number, state, last_change FROM package "
            "WHERE state <> 'refused' "
            "AND (device = ? OR device GLOB ?)",
            (about.device, f"{about.device}{_MARK}*"),
        )
    }
    known = rows.get(about.uuid)
    if known is not None and known[0] != about.device:
        return Branch(known[0], already=known[2] == "merged")
    own = {number: uuid for uuid, (device, number, *_) in rows.items() if device == about.device}
    before = rows.get(about.previous) if about.previous else None
    if about.previous is not None and before is None:
        raise other_chain(opened)
    if before is not None and before[2] != "merged":
        raise other_chain(opened)
    check_begins(opened, before[3] if before is not None else 0)
    if before is not None and before[0] != about.device:
        taken_by = [uuid for uuid, row in rows.items() if row[:2] == (before[0], about.number)]
        if all(uuid == about.uuid for uuid in taken_by):
            return Branch(before[0])
    elif own.get(about.number, about.uuid) == about.uuid:
        raise BadPackage("package.no_clone", path=opened.path, device=about.device)
    taken = {device for device, *_ in rows.values()}
    number = 2
    while f"{about.device}{_MARK}{number}" in taken:
        number += 1
    return Branch(f"{about.device}{_MARK}{number}")


def renamed(file: SurveyFile, opened: OpenedPackage, intake: Intake, branch: str) -> Intake:
    """The changes as those of the branch (a device id), without the ones that both tablets have.

    Whoever made them had seen the tablet's own changes up to where the two parted. Raises
    BadPackage("package.no_clone") where the county has all of them.
    """
    device = intake.changes[0].device
    shared: Mapping[int, str] = dict(
        file.connection.execute(
            "SELECT number, uuid FROM change WHERE device = ? AND number BETWEEN ? AND ?",
            (device, intake.changes[0].number, intake.changes[-1].number),
        )
    )
    own = [change for change in intake.changes if shared.get(change.number) != change.uuid]
    if not own:
        raise BadPackage("package.no_clone", path=opened.path, device=device)
    parted = _parted(file, opened, branch, own[0].number - 1)
    before = dict(
        file.connection.execute(
            "SELECT uuid, basis FROM change WHERE device = ? AND number BETWEEN ? AND ?",
            (branch, own[0].number, own[-1].number),
        )
    )
    fresh = {change.basis for change in own if change.uuid not in before}
    bases = {basis: _basis(file, basis, parted) for basis in sorted(fresh)}
    changes = tuple(
        replace(
            change,
            device=branch,
            basis=before.get(change.uuid) or bases[change.basis],
        )
        for change in own
    )
    kept = {(change.record, change.layer) for change in own}
    held = {named: each for named, each in intake.held.items() if named in kept}
    return replace(intake, changes=changes, held=held)


def _parted(file: SurveyFile, opened: OpenedPackage, branch: str, shared: int) -> dict[str, int]:
    """What a branch has in common with the chains it parted from: device → last number.

    Known from its first change, else from the package before it; `shared` is the last number
    that the tablet itself has too.
    """
    device = opened.description.device
    row = file.connection.execute(
        "SELECT basis FROM change WHERE device = ? ORDER BY number LIMIT 1", (branch,)
    ).fetchone()
    if row is None and opened.description.previous is not None:
        other, last = file.connection.execute(
            "SELECT device, last_change FROM package WHERE uuid = ?",
            (opened.description.previous,),
        ).fetchone()
        if other != device:
            before = _parted(file, opened, other, 0)
            return {**before, other: last}
    if row is None:
        return {device: shared}
    seen = load_basis(file.connection, row[0]) or NOTHING
    return {other: last for other, last in seen.highest.items() if origin(other) == device}


def _basis(file: SurveyFile, uuid: str, parted: Mapping[str, int]) -> str:
    """A basis that had seen what both have in common, too; as old as the assignment."""
    seen = load_basis(file.connection, uuid) or NOTHING
    highest = dict(seen.highest)
    for device, last in parted.items():
        highest[device] = max(last, highest.get(device, 0))
    new = new_uuid()
    file.connection.execute(
        "INSERT INTO basis (uuid, seen, made_at) SELECT ?, ?, made_at FROM basis WHERE uuid = ?",
        (new, Seen(highest, seen.gaps).to_json(), uuid),
    )
    return new

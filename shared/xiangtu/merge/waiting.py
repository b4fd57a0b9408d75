"""The chain of a device's packages: what has been merged, what is missing, what waits."""

from __future__ import annotations

import contextlib
import shutil
from pathlib import Path
from typing import Protocol

from ..errors import BadPackage, FileBusy
from ..package import package_table
from ..package.description import PackageDescription
from ..package.survey_package import OpenedPackage
from ..store import SurveyFile, places


class Link(Protocol):
    """What has a place in a tablet's chain: a package that is open, or what was read of one."""

    @property
    def path(self) -> Path: ...

    @property
    def description(self) -> PackageDescription: ...


def folder(file: SurveyFile) -> Path:
    """Where packages lie that wait for a missing one, beside the county file."""
    return file.path.parent / "waiting"


def place_in_chain(file: SurveyFile, opened: Link) -> tuple[str, int | None]:
    """("merged" to go ahead, "already", or "waiting"), and the number that is missing.

    Raises BadPackage for a cloned tablet, or one restored from a backup: "…number_used_twice" and
    "…other_chain" when the device's number, or the chain before it, belongs to another package,
    "…gap" and "…overlap" when its changes do not begin where those before ended.
    """
    about = opened.description
    rows = {
        number: (uuid, state, last_change)
        for uuid, number, state, last_change in file.connection.execute(
            "SELECT uuid, number, state, last_change FROM package WHERE device = ? AND state <> ?",
            (about.device, package_table.REFUSED),
        )
    }
    same = rows.get(about.number)
    if same is not None and same[0] != about.uuid:
        raise BadPackage(
            "package.number_used_twice",
            path=opened.path,
            device=about.device,
            number=about.number,
            other=same[0],
        )
    if same is not None and same[1] == "merged":
        return "already", None
    before = rows.get(about.number - 1)
    if before is not None and before[0] != about.previous:
        raise other_chain(opened)
    if before is not None or about.number == 1:
        check_begins(opened, before[2] if before is not None else 0)
    if about.number > 1 and (before is None or before[1] != "merged"):
        missing = about.number - 1
        while missing > 1 and missing - 1 not in rows:
            missing -= 1
        return "waiting", missing
    return "merged", None


def keep(file: SurveyFile, opened: OpenedPackage, path: Path) -> None:
    """Keep a package until the one before it arrives, inside the caller's transaction."""
    place = folder(file) / f"{opened.sha256}.xtp"
    if not place.exists():
        with places.place_told(place):
            place.parent.mkdir(exist_ok=True)
        with places.new_file(place) as temporary:
            shutil.copyfile(path, temporary)
    package_table.note(file.connection, opened.description, opened.sha256, "waiting")


def clear(file: SurveyFile) -> None:
    """Take away packages that wait no more, and what a process that was killed left of one."""
    places.sweep(folder(file))
    kept = list(folder(file).glob("*.xtp"))
    if not kept:
        return
    # In a transaction, so that nobody puts one there meanwhile; it can wait for the next merge.
    with contextlib.suppress(FileBusy), file.atomic():
        waiting = {
            sha256
            for (sha256,) in file.connection.execute(
                "SELECT sha256 FROM package WHERE state IN ('waiting', 'refused')"
            )
        }
        for path in kept:
            if path.stem not in waiting:
                with contextlib.suppress(OSError):
                    path.unlink()


def next_in_line(file: SurveyFile, device: str, number: int) -> list[Path]:
    """The kept package that waited for package `number` of the device, if it is there."""
    row = file.connection.execute(
        "SELECT sha256 FROM package WHERE device = ? AND number = ? AND state = 'waiting'",
        (device, number + 1),
    ).fetchone()
    if row is None:
        return []
    place = folder(file) / f"{row[0]}.xtp"
    return [place] if place.exists() else []


def list_waiting(file: SurveyFile) -> list[dict[str, object]]:
    """Packages that wait: uuid, device, number, and the numbers missing before each."""
    have: dict[str, set[int]] = {}
    waiting: list[tuple[str, str, int]] = []
    for uuid, device, number, state in file.connection.execute(
        "SELECT uuid, device, number, state FROM package WHERE state <> ? ORDER BY device, number",
        (package_table.REFUSED,),
    ):
        if state in ("merged", "waiting"):
            have.setdefault(device, set()).add(number)
        if state == "waiting":
            waiting.append((uuid, device, number))
    return [
        {
            "package": uuid,
            "device": device,
            "number": number,
            "missing": [each for each in range(1, number) if each not in have[device]],
        }
        for uuid, device, number in waiting
    ]


def other_chain(opened: Link) -> BadPackage:
    """The refusal of a package that goes on from one that this county does not have."""
    about = opened.description
    return BadPackage(
        "package.other_chain",
        path=opened.path,
        device=about.device,
        number=about.number,
        previous=about.previous,
    )


def check_begins(opened: Link, last: int) -> None:
    """Refuse a package whose changes do not begin right after number `last`, where the package
    before it ended: BadPackage("package.gap"), ("package.overlap")."""
    about = opened.description
    if about.first_change != last + 1:
        raise BadPackage(
            "package.gap" if about.first_change > last + 1 else "package.overlap",
            path=opened.path,
            device=about.device,
            first=about.first_change,
            last=last,
        )

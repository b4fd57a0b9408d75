"""The chain of a device's packages: what has been merged, what is missing, what waits."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from ..errors import BadPackage
from ..package import package_table
from ..package.survey_package import OpenedPackage
from ..store import SurveyFile


def folder(file: SurveyFile) -> Path:
    """Where packages lie that wait for a missing one, beside the county file."""
    return file.path.parent / "waiting"


def place_in_chain(file: SurveyFile, opened: OpenedPackage) -> tuple[str, int | None]:
    """("merged" to go ahead, "already", or "waiting"), and the number that is missing.

    Raises BadPackage for a cloned tablet, or one restored from a backup: "…number_used_twice" and
    "…other_chain" when the device's number, or the chain before it, belongs to another package,
    "…gap" and "…overlap" when its changes do not begin where those before ended.
    """
    about = opened.description
    rows = {
        number: (uuid, state, last_change)
        for uuid, number, state, last_change in file.connection.execute(
            "SELECT uuid, number, state, last_change FROM package WHERE device = ?",
            (about.device,),
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
        raise BadPackage(
            "package.other_chain",
            path=opened.path,
            device=about.device,
            number=about.number,
            previous=about.previous,
        )
    last = before[2] if before is not None else 0
    if (before is not None or about.number == 1) and about.first_change != last + 1:
        raise BadPackage(
            "package.gap" if about.first_change > last + 1 else "package.overlap",
            path=opened.path,
            device=about.device,
            first=about.first_change,
            last=last,
        )
    if about.number > 1 and (before is None or before[1] != "merged"):
        missing = about.number - 1
        while missing > 1 and missing - 1 not in rows:
            missing -= 1
        return "waiting", missing
    return "merged", None


def keep(file: SurveyFile, opened: OpenedPackage, path: Path) -> None:
    """Keep a package until the one before it arrives."""
    about = opened.description
    place = folder(file) / f"{opened.sha256}.xtp"
    if not place.exists():
        place.parent.mkdir(exist_ok=True)
        part = place.with_suffix(".part")
        shutil.copyfile(path, part)
        with part.open("rb+") as stream:
            os.fsync(stream.fileno())
        part.replace(place)
    with file.atomic():
        package_table.note(file.connection, about, opened.sha256, "waiting")


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
        "SELECT uuid, device, number, state FROM package ORDER BY device, number"
    ):
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

"""What every refusal owes: a clear line, exit code 2, and everything left as it was."""

from __future__ import annotations

import hashlib
import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from command_line import VILLAGES, Place, Ran, done, survey_a_parcel, xiangtu

VILLAGE = next(iter(VILLAGES))
UUID = "01912345-6789-7abc-8def-0123456789ab"

#: Every command that opens a county file; {county} is replaced by the bad one.
COUNTY_COMMANDS = {
    "import": ["import", "{county}", "village", "{villages}"],
    "import preview": ["import", "{county}", "village", "{villages}", "--preview"],
    "enrol": ["enrol", "{county}", "{card}"],
    "geoid": ["geoid", "{county}"],
    "geoid remove": ["geoid", "{county}", "--remove"],
    "assign": ["assign", "{county}", "{out}", "--device", "{device}", "--surveyor", "Wang",
               "--village", VILLAGE],
    "inspect": ["inspect", "{package}", "--county", "{county}"],
    "merge": ["merge", "{county}", "{package}"],
    "merge dry run": ["merge", "{county}", "{package}", "--dry-run"],
    "held": ["held", "{county}"],
    "held dismiss": ["held", "{county}", "dismiss", "abcd"],
    "conflicts": ["conflicts", "{county}"],
    "conflicts take": ["conflicts", "{county}", "take", "abc", "1"],
    "conflicts decide": ["conflicts", "{county}", "decide", "--prefer", "newer", "--apply", "1",
                         "--reason", "so"],
    "duplicates": ["duplicates", "{county}"],
    "duplicates join": ["duplicates", "{county}", "join", "abc"],
    "duplicates apart": ["duplicates", "{county}", "apart", "abc"],
    "batches": ["batches", "{county}"],
    "undo": ["undo", "{county}", "1"],
    "history": ["history", "{county}", UUID],
    "validate": ["validate", "{county}"],
    "findings": ["findings", "{county}"],
    "findings accept": ["findings", "{county}", "accept", "abc", "--reason", "so"],
    "report": ["report", "{county}", "{out}"],
    "export": ["export", "{county}", "{out}", "--format", "gpkg"],
    "receipt": ["receipt", "{county}", "{out}", "--device", "{device}"],
    "copy": ["copy", "{county}", "{out}"],
    "upgrade": ["upgrade", "{county}"],
}  # fmt: skip

#: Commands that read a file beside the county: {file} is replaced by the bad one.
FILE_COMMANDS = {
    "import": ["import", "{county}", "farmland", "{file}"],
    "import mapping": ["import", "{county}", "village", "{villages}", "--map", "{file}"],
    "new with villages": ["new", "{new}", "--county", "990102", "--name", "x",
                          "--longitude", "116.5", "--villages", "{file}"],
    "enrol": ["enrol", "{county}", "{file}"],
    "geoid": ["geoid", "{county}", "{file}", "--name", "Grid"],
    "assign with basemap": ["assign", "{county}", "{out}", "--device", "{device}", "--surveyor",
                            "Wang", "--village", VILLAGE, "--basemap", "{file}"],
    "start": ["start", "{tablet}", "{file}"],
    "inspect": ["inspect", "{file}"],
    "merge": ["merge", "{county}", "{file}"],
    "receive": ["receive", "{tablet}", "{file}"],
}  # fmt: skip

#: Commands that write to a new place.
OUT_COMMANDS = {
    "assign": COUNTY_COMMANDS["assign"],
    "export": COUNTY_COMMANDS["export"],
    "receipt": COUNTY_COMMANDS["receipt"],
    "copy": COUNTY_COMMANDS["copy"],
    "pack": ["pack", "{tablet}", "{out}"],
    "new": ["new", "{out}", "--county", "990102", "--name", "x", "--longitude", "116.5"],
}
#: Commands that write into the county file.
WRITING_COMMANDS = ("import", "enrol", "assign", "merge", "validate", "receipt")


def snapshot(folder: Path) -> dict[str, str | None]:
    """Every name in a folder with the hash of what it holds.

    SQLite cannot always take its own two empty companions away again (on a full disk).
    """
    return {
        str(path.relative_to(folder)): (
            hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else None
        )
        for path in sorted(folder.rglob("*"))
        if not path.name.endswith("-shm")
        and not (path.name.endswith("-wal") and path.stat().st_size == 0)
    }


#: A fault of the program, or a code without words, is no clear line.
FAULT_OR_WORDLESS = re.compile(r"fault of the program|程序出现内部错误|^\w+(\.\w+)+( \(|$)")


def ready(command: str, place: Place) -> None:
    """What must have happened for a command to have something to write."""
    if command == "pack":
        place.survey(lambda file: survey_a_parcel(file, east=300.0))
    elif command == "receipt":
        done("merge", place.county, place.package)


def filled(words: list[str], place: Place, **replaced: object) -> list[str]:
    """A command's words for this place."""
    known: dict[str, object] = {
        "county": place.county,
        "villages": place.folder / "villages.geojson",
        "card": place.tablet / "device.xtd",
        "package": place.package,
        "tablet": place.tablet,
        "device": place.device,
        "out": place.folder / "out",
        "new": place.folder / "new.sqlite",
        **replaced,
    }
    return [word.format_map(known) for word in words]


def but_for_refusals(county: Path) -> list[object]:
    """All that stands in a county file but the notes of refused packages."""
    with closing(sqlite3.connect(county)) as connection:
        tables = connection.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND sql NOT LIKE '%VIRTUAL%'"
        ).fetchall()
        return [
            (name, connection.execute(f'SELECT * FROM "{name}" {where}').fetchall())
            for (name,) in tables
            for where in ("WHERE state <> 'refused'" if name == "package" else "",)
        ]


@contextmanager
def unchanged(folder: Path, *, noted_in: Path | None = None) -> Iterator[None]:
    """All in the folder is afterwards as it was before, and nothing is new; but for the note of a
    refused package in the county file `noted_in`."""
    before = snapshot(folder)
    content = but_for_refusals(noted_in) if noted_in else None
    yield
    after = snapshot(folder)
    if noted_in is not None:
        assert but_for_refusals(noted_in) == content
        after[str(noted_in.relative_to(folder))] = before[str(noted_in.relative_to(folder))]
    assert after == before


def refused(folder: Path, words: list[str], *names: str, noted_in: Path | None = None) -> Ran:
    """The command is refused in both languages, in one line with these names, changing nothing."""
    for language in ("zh", "en"):
        with unchanged(folder, noted_in=noted_in):
            ran = xiangtu(*words, lang=language)
        line = ran.refusal
        for name in names:
            assert name in line, (name, line)
        assert not FAULT_OR_WORDLESS.search(line), line
    return ran


@dataclass(frozen=True)
class Lockable:
    """A folder that can be made one that can only be read."""

    folder: Path
    lock: Callable[[], None]

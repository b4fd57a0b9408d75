"""A county's own catalogue on its way to the tablets: files in an assignment, a folder there."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from .. import catalogue as catalogues
from ..catalogue import Catalogue
from ..catalogue.loader import OWN_FOLDER, own_files
from ..errors import BadCatalogue, BadInput, BadPackage
from ..store.places import place_told, sync
from .bag import BagWriter

#: Names that every file system keeps apart; container.py lets only these into an assignment.
FILE_NAME = r"[a-z0-9_][a-z0-9_-]{0,59}\.toml"
_FILES, _FILE_BYTES = 200, 1 << 20
#: Beside the tablet's folder of that name: the next one while it is written, and the one before
#: until the next is in its place.
_NEXT, _BEFORE = f".{OWN_FOLDER}.new", f".{OWN_FOLDER}.before"


def to_hand_out(county_path: Path) -> list[Path]:
    """The files of the catalogue beside a county file, fit for an assignment.

    BadInput: "assign.catalogue_name", "assign.catalogue_size" (what, found, limit).
    """
    files = own_files(county_path)
    for path in files:
        if not re.fullmatch(FILE_NAME, path.name):
            raise BadInput("assign.catalogue_name", path=path)
    over = _over_limit(files)
    if over is not None:
        what, found, limit = over
        raise BadInput(
            "assign.catalogue_size",
            path=county_path.parent / OWN_FOLDER,
            what=what,
            found=found,
            limit=limit,
        )
    return files


def _over_limit(files: list[Path]) -> tuple[str, int, int] | None:
    if len(files) > _FILES:
        return "files", len(files), _FILES
    for path in files:
        size = path.stat().st_size
        if size > _FILE_BYTES:
            return path.name, size, _FILE_BYTES
    return None


def add_to(bag: BagWriter, files: Iterable[Path]) -> None:
    """Put the files into an assignment."""
    for path in files:
        bag.add_file(f"{OWN_FOLDER}/{path.name}", path, compress=True)


def handed_out(database: Path, shown: Path) -> Catalogue:
    """The catalogue that came with an unpacked assignment's database, over the product's.

    BadPackage: "package.too_large"; "assignment.catalogue" (fault, where, reason) if it does not
    load here.
    """
    over = _over_limit(own_files(database))
    if over is not None:
        what, found, limit = over
        raise BadPackage("package.too_large", path=shown, what=what, found=found, limit=limit)
    try:
        return catalogues.beside(database)
    except BadCatalogue as fault:
        raise BadPackage(
            "assignment.catalogue", **{**fault.facts, "path": shown, "fault": fault.code}
        ) from fault


@contextmanager
def taking_place(survey_path: Path, database: Path) -> Iterator[Callable[[], None]]:
    """Let the catalogue beside an unpacked assignment's database become the tablet's.

    What is yielded moves it there, and is to be called when the survey file is ready for it; an
    error after that puts the one before back. A power cut in between is mended by `settle`.
    """
    folder = survey_path.parent
    target, coming, before = folder / OWN_FOLDER, folder / _NEXT, folder / _BEFORE
    files = own_files(database)
    settle(folder)
    with place_told(target):
        if _content(own_files(survey_path)) == _content(files):
            unchanged = True
        else:
            unchanged = False
            coming.mkdir()
            for path in files:
                sync(Path(shutil.copyfile(path, coming / path.name)))
            sync(coming)
    moved = False

    def move() -> None:
        nonlocal moved
        if unchanged:
            return
        with place_told(target):
            if target.exists():
                target.rename(before)
            coming.rename(target)
            moved = True
            sync(folder)

    try:
        yield move
    except BaseException:
        with place_told(target):
            if moved:
                shutil.rmtree(target)
            if before.exists():
                before.rename(target)
        raise
    finally:
        for path in (coming, before):
            shutil.rmtree(path, ignore_errors=True)


def _content(files: Iterable[Path]) -> list[tuple[str, bytes]]:
    return [(path.name, path.read_bytes()) for path in files]


def settle(folder: Path) -> None:
    """End an exchange that was cut off in a tablet's folder: without a catalogue in its place
    the one before comes back, and the assignment can be taken in again."""
    target, before = folder / OWN_FOLDER, folder / _BEFORE
    with place_told(target):
        if before.exists() and not target.exists():
            before.rename(target)
        for path in (before, folder / _NEXT):
            if path.exists():
                shutil.rmtree(path)

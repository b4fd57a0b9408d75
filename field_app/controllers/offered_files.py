"""Files that a surveyor may mean, and places to put some: on sticks and cards, in the downloads, in
the tablet's folder."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from xiangtu.store import places

#: Where systems mount what is plugged in, each with how many folders deep.
_MOUNTS = ((Path("/media"), 2), (Path("/run/media"), 2), (Path("/storage"), 1), (Path("/mnt"), 1))
_DOWNLOADS = ("Downloads", "Download", "下载")
#: A stick may hold somebody's whole disk.
_DEEPEST, _MOST = 3, 200
#: The tablet's own place for what is handed over by cable.
_OUT = "out"


@dataclass(frozen=True)
class OfferedFile:
    """A file, what it lies on (a stick's name, a folder's), its bytes, and when it was written."""

    path: Path
    place: str
    bytes: int
    changed_at: datetime


@dataclass(frozen=True)
class OfferedPlace:
    """A folder that can be written to: its name, the bytes that are free there, and whether it is
    plugged in."""

    path: Path
    name: str
    free_bytes: int
    plugged_in: bool


def offered_places(tablet_dir: Path) -> list[OfferedPlace]:
    """Where packages may be put: whatever is plugged in and can be written to, by name; then the
    folder "out" of the tablet, which is made.

    The folder that a stick was mounted on and is no more is not offered: what is put there stays
    on the tablet. BadFile ("file.…") where the tablet's own folder cannot be used.
    """
    found = []
    for mounts, depth in _MOUNTS:
        for path in _folders_at(mounts, depth):
            if os.path.ismount(path) and os.access(path, os.W_OK):
                found.append(_place(path, plugged_in=True))
    own = tablet_dir / _OUT
    with places.place_told(own):
        own.mkdir(exist_ok=True)
        return [*sorted(found, key=lambda each: each.name), _place(own, plugged_in=False)]


def _place(path: Path, *, plugged_in: bool) -> OfferedPlace:
    return OfferedPlace(path, path.name, shutil.disk_usage(path).free, plugged_in)


def offered_files(suffixes: Iterable[str], folders: Iterable[Path] = ()) -> list[OfferedFile]:
    """Files of these suffixes (".xta"…; a camera's .JPG is a .jpg), the newest first: of
    `folders`, of the downloads and of whatever is plugged in. What cannot be read is passed
    over."""
    wanted = tuple(suffixes)
    found: dict[Path, OfferedFile] = {}
    for place in (*folders, *_places()):
        for path in _inside(place, _DEEPEST):
            if len(found) >= _MOST:
                break
            if not path.name.lower().endswith(wanted) or path in found:
                continue
            try:
                about = path.stat()
            except OSError:
                continue
            changed_at = datetime.fromtimestamp(about.st_mtime).astimezone()
            found[path] = OfferedFile(path, place.name, about.st_size, changed_at)
    return sorted(found.values(), key=lambda each: each.changed_at, reverse=True)


def _places() -> Iterator[Path]:
    for mounts, depth in _MOUNTS:
        yield from (path for path in _folders_at(mounts, depth))
    for name in _DOWNLOADS:
        folder = Path.home() / name
        if folder.is_dir():
            yield folder


def _folders_at(folder: Path, depth: int) -> Iterator[Path]:
    if depth == 0:
        yield folder
        return
    for each in _listed(folder):
        if each.is_dir():
            yield from _folders_at(each, depth - 1)


def _inside(folder: Path, depth: int) -> Iterator[Path]:
    for each in _listed(folder):
        if each.is_file():
            yield each
        elif depth > 1 and each.is_dir() and not each.is_symlink():
            yield from _inside(each, depth - 1)


def _listed(folder: Path) -> list[Path]:
    try:
        return sorted(each for each in folder.iterdir() if not each.name.startswith("."))
    except OSError:
        return []

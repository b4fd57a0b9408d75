"""Files that a surveyor may mean: on sticks and cards, in the downloads, in the tablet's folder."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

#: Where systems mount what is plugged in, each with how many folders deep.
_MOUNTS = ((Path("/media"), 2), (Path("/run/media"), 2), (Path("/storage"), 1), (Path("/mnt"), 1))
_DOWNLOADS = ("Downloads", "Download", "下载")
#: A stick may hold somebody's whole disk.
_DEEPEST, _MOST = 3, 200


@dataclass(frozen=True)
class OfferedFile:
    """A file, what it lies on (a stick's name, a folder's), its bytes, and when it was written."""

    path: Path
    place: str
    bytes: int
    changed_at: datetime


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

"""SQLite's own errors, told as refusals that a person can act on."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..errors import BadFile, FileBusy, SurveyError
from . import holders

#: Primary result code of SQLite (https://sqlite.org/rescode.html) → code of ours.
_CODES = {
    sqlite3.SQLITE_FULL: "file.disk_full",
    sqlite3.SQLITE_READONLY: "file.readonly_place",
    sqlite3.SQLITE_PERM: "file.readonly_place",
    sqlite3.SQLITE_CANTOPEN: "file.readonly_place",
    sqlite3.SQLITE_CORRUPT: "file.damaged",
    sqlite3.SQLITE_NOTADB: "file.damaged",
    sqlite3.SQLITE_IOERR: "file.unreadable",
}
_BUSY = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
#: What SQLite says, too, when it finds no room for the WAL and its index.
_MAYBE_FULL = (sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN)
#: The WAL's index grows by pieces of 32 KiB.
_NO_ROOM_BYTES = 64 * 1024


def refusal(error: sqlite3.Error, path: Path) -> SurveyError | None:
    """What an error of SQLite says about the file, or None if it says something about the SQL."""
    code = getattr(error, "sqlite_errorcode", None)
    if code is None:
        return None
    primary = code & 0xFF
    if primary in _BUSY:
        return FileBusy("file.busy", path=str(path), **holders.facts(path))
    named = _CODES.get(primary)
    if primary in _MAYBE_FULL and _no_room(path):
        named = "file.disk_full"
    return BadFile(named, path=str(path), reason=str(error)) if named else None


def _no_room(path: Path) -> bool:
    try:
        return shutil.disk_usage(path.parent).free < _NO_ROOM_BYTES
    except OSError:
        return False


@contextmanager
def told(path: Path) -> Iterator[None]:
    """Turn what SQLite raises about the file itself into BadFile and FileBusy; the rest passes."""
    try:
        yield
    except sqlite3.Error as error:
        found = refusal(error, path)
        if found is None:
            raise
        raise found from error

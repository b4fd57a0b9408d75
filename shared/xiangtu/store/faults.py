"""SQLite's own errors, told as refusals that a person can act on."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..errors import BadFile, FileBusy, SurveyError

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


def refusal(error: sqlite3.Error, path: Path) -> SurveyError | None:
    """What an error of SQLite says about the file, or None if it says something about the SQL."""
    code = getattr(error, "sqlite_errorcode", None)
    if code is None:
        return None
    primary = code & 0xFF
    if primary in _BUSY:
        return FileBusy("file.busy", path=str(path))
    named = _CODES.get(primary)
    return BadFile(named, path=str(path), reason=str(error)) if named else None


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

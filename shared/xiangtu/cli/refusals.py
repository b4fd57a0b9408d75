"""Faults of the machine (disk, rights, memory, SQLite) as refusals with a code and facts."""

from __future__ import annotations

import errno
import sqlite3

from ..errors import BadFile, FileBusy, SurveyError

_BY_NUMBER = {
    errno.ENOENT: "file.missing",
    errno.EACCES: "place.no_right",
    errno.EPERM: "place.no_right",
    errno.EROFS: "place.read_only",
    errno.ENOSPC: "disk.full",
    errno.EDQUOT: "disk.full",
    errno.EFBIG: "disk.full",
    errno.EISDIR: "file.is_directory",
    errno.ENOTDIR: "place.no_directory",
    errno.EEXIST: "file.exists",
    errno.ENAMETOOLONG: "file.name_too_long",
}
_BY_SQLITE_NAME = {
    "SQLITE_FULL": "disk.full",
    "SQLITE_READONLY": "place.read_only",
    "SQLITE_CANTOPEN": "file.not_opened",
    "SQLITE_IOERR": "disk.failed",
    "SQLITE_CORRUPT": "file.damaged",
    "SQLITE_NOTADB": "file.not_sqlite",
}
_BUSY = ("SQLITE_BUSY", "SQLITE_LOCKED")


def as_refusal(fault: BaseException, path: str) -> SurveyError | None:
    """The refusal that a fault of the machine amounts to; None if it is a fault of the program.

    Parameters
    ----------
    path : str
        The file the command was about, for faults that do not say.
    """
    if isinstance(fault, SurveyError):
        return fault
    if isinstance(fault, MemoryError):
        return BadFile("machine.no_memory", path=path)
    if isinstance(fault, OSError):
        where = fault.filename2 or fault.filename or path
        if isinstance(where, bytes):
            where = where.decode(errors="replace")
        code = _BY_NUMBER.get(fault.errno or 0, "file.system")
        return BadFile(code, path=where, reason=fault.strerror or str(fault))
    if isinstance(fault, sqlite3.Error):
        name = getattr(fault, "sqlite_errorname", "") or ""
        family = "_".join(name.split("_")[:2])
        if family in _BUSY:
            return FileBusy("file.busy", path=path)
        if code := _BY_SQLITE_NAME.get(family):
            return BadFile(code, path=path, reason=str(fault))
    return None

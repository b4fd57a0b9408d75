"""Faults of the machine (disk, rights, memory, SQLite) as refusals with a code and facts."""

from __future__ import annotations

import contextlib
import errno
import os
import platform
import sqlite3
import sys
import tempfile
import traceback
from datetime import UTC, datetime
from pathlib import Path

from ..errors import BadFile, SurveyError
from ..store import faults

_BY_NUMBER = {
    errno.ENOENT: "file.missing",
    errno.EACCES: "file.readonly_place",
    errno.EPERM: "file.readonly_place",
    errno.EROFS: "file.readonly_place",
    errno.ENOSPC: "file.disk_full",
    errno.EDQUOT: "file.disk_full",
    errno.EFBIG: "file.disk_full",
    errno.EISDIR: "file.is_directory",
    errno.ENOTDIR: "file.missing",
    errno.EEXIST: "file.exists",
    errno.ENAMETOOLONG: "file.name_too_long",
}


def as_refusal(fault: Exception, path: str) -> SurveyError | None:
    """The refusal that a fault of the machine amounts to; None if it is a fault of the program.

    Parameters
    ----------
    path : str
        The file the command was about, for faults that do not say.
    """
    if isinstance(fault, MemoryError):
        return BadFile("machine.no_memory", path=path)
    if isinstance(fault, OSError):
        where = fault.filename2 or fault.filename or path
        if isinstance(where, bytes):
            where = where.decode(errors="replace")
        code = _BY_NUMBER.get(fault.errno or 0, "file.unreadable")
        return BadFile(code, path=where, reason=fault.strerror or str(fault))
    if isinstance(fault, sqlite3.Error):
        return faults.refusal(fault, Path(path))
    return None


def written_down(fault: Exception, doing: str, version: str) -> SurveyError:
    """Write down a fault of the program for whoever repairs it; the refusal that names the file.

    Parameters
    ----------
    doing : str
        What was called, as a person would type it.
    version : str
        Of the program that was at it.
    """
    now = datetime.now(UTC)
    text = "\n".join(
        (
            f"xiangtu {version}, {now.isoformat()}",
            f"Python {sys.version}, {platform.platform()}",
            doing,
            "",
            "".join(traceback.format_exception(fault)),
        )
    )
    name = f"xiangtu-{now:%Y%m%dT%H%M%S}-{os.getpid()}.txt"
    for folder in (tempfile.gettempdir(), Path.home()):
        path = Path(folder) / name
        with contextlib.suppress(OSError):
            path.write_text(text, encoding="utf-8")
            return SurveyError("program.fault", kind=type(fault).__name__, path=path)
    return SurveyError("program.fault_unreported", kind=type(fault).__name__, reason=str(fault))

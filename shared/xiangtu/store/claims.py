"""What only one process may do at a time for as long as it likes, as recording a track.

A claim is a lock of SQLite on an empty file beside the survey file: every system has it, and the
system itself takes it from a process that ends, however it ended. The file stays; taking it away
would let two processes lock two files of one name.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path

from .faults import told


class Claim:
    """The right to do something alone; given up by `release`, or by the process's end."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def release(self) -> None:
        """Let others have it; more than once does no harm."""
        self._connection.close()


def claim(path: Path, what: str) -> Claim | None:
    """Claim `what` of a survey file; None if somebody has it, in this process or another.

    BadFile if nothing can be written beside the file.
    """
    with told(path):
        connection = sqlite3.connect(f"{path}-{what}", timeout=0, isolation_level=None)
        try:
            connection.execute("BEGIN EXCLUSIVE")
        except sqlite3.Error as error:
            connection.close()
            if getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_BUSY:
                return None
            raise
    return Claim(connection)


def claimed(path: Path, what: str) -> bool:
    """Whether somebody has it just now."""
    found = claim(path, what)
    if found is not None:
        found.release()
    return found is None

"""Temporary tables on a connection that only reads."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def filling(connection: sqlite3.Connection) -> Iterator[None]:
    """Within it temporary tables may be made and filled, and nothing else is to be done.

    They are no part of the file; SQLite's `query_only`, which guards that, forbids them too.
    """
    (guarded,) = connection.execute("PRAGMA query_only").fetchone()
    if not guarded:
        yield
        return
    connection.execute("PRAGMA query_only = OFF")
    try:
        yield
    finally:
        connection.execute("PRAGMA query_only = ON")

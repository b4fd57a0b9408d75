"""Reading a survey file as it stands at one moment, without writing into it, not even a temporary
table, so that files that can only be read will do."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterable, Iterator
from itertools import islice

#: SQLite takes 999 parameters everywhere.
_AT_ONCE = 900


@contextlib.contextmanager
def one_moment(connection: sqlite3.Connection) -> Iterator[None]:
    """Everything inside is read as it stood at its beginning, whatever is written meanwhile."""
    if connection.in_transaction:
        yield
        return
    connection.execute("BEGIN")
    try:
        yield
    finally:
        connection.execute("ROLLBACK")


def in_turns(names: Iterable[str]) -> Iterator[tuple[str, list[str]]]:
    """The names, some at a time, each time with the marks for a query's IN (…)."""
    rest = iter(names)
    while some := list(islice(rest, _AT_ONCE)):
        yield ", ".join("?" * len(some)), some

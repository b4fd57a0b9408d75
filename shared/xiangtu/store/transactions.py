"""Transactions that nest, and that notice when a trigger has rolled everything back."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..errors import BadFile
from . import holders
from .faults import refusal, told


class Transactions:
    """The open transaction of one connection (in autocommit mode), level by level."""

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        self._connection = connection
        self._path = path
        self._depth = 0
        self._lost = False
        self._said: holders.Announcement | None = None

    @contextmanager
    def atomic(self, *, quiet: bool = False, doing: str = "", author: str = "") -> Iterator[None]:
        """All of the block or nothing; blocks nest.

        SpatiaLite's constraint triggers end the whole transaction with all its savepoints
        (RAISE(ROLLBACK)). Whoever catches the error of an inner block then and goes on would
        write outside any transaction; so a new one is begun, never to be committed, and the
        outermost block fails with BadFile("file.rolled_back").

        `quiet` keeps the journal's triggers still; the mark is set and taken back inside the
        transaction, so that no other connection ever sees it.

        `doing` ("merge") is for work that may last: until the outermost block ends, whoever else
        wants to write is told that `author`, by default who is signed in, is at it.
        """
        outermost = self._depth == 0
        name = f"level_{self._depth}"
        with told(self._path):
            self._connection.execute("BEGIN IMMEDIATE" if outermost else f"SAVEPOINT {name}")
        if outermost:
            self._lost = False
        self._depth += 1
        try:
            if doing and self._said is None:
                self._said = holders.announce(self._path, doing, author or self._signed_in())
            was_quiet = self._set_quiet(True) if quiet else True
            yield
            if not was_quiet:
                self._set_quiet(False)
            if self._lost or not self._connection.in_transaction:
                raise BadFile("file.rolled_back", path=str(self._path))
            self._connection.execute("COMMIT" if outermost else f"RELEASE {name}")
        except BaseException as error:
            self._undo(outermost, name)
            if isinstance(error, sqlite3.Error) and (found := refusal(error, self._path)):
                raise found from error
            raise
        finally:
            self._depth -= 1
            if outermost and self._said is not None:
                holders.withdraw(self._path, self._said)
                self._said = None

    def _signed_in(self) -> str:
        return str(self._connection.execute("SELECT author FROM session").fetchone()[0])

    def _set_quiet(self, quiet: bool) -> bool:
        """Set the mark; what it was before."""
        (before,) = self._connection.execute("SELECT quiet FROM session").fetchone()
        self._connection.execute("UPDATE session SET quiet = ?", (int(quiet),))
        return bool(before)

    def _undo(self, outermost: bool, name: str) -> None:
        if outermost:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
        elif self._lost or not self._connection.in_transaction:
            if not self._connection.in_transaction:
                self._connection.execute("BEGIN")
            self._lost = True
        else:
            self._connection.execute(f"ROLLBACK TO {name}")
            self._connection.execute(f"RELEASE {name}")

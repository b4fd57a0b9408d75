"""What a survey file says about itself: table meta as a mapping."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, MutableMapping
from typing import Any


class Meta(MutableMapping[str, Any]):
    """Keys and values of table meta; each access reads or writes the file."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def __getitem__(self, key: str) -> Any:
        row = self._connection.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
        if row is None:
            raise KeyError(key)
        return row[0]

    def __setitem__(self, key: str, value: Any) -> None:
        self._connection.execute(
            "INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)", (key, value)
        )

    def __delitem__(self, key: str) -> None:
        if not self._connection.execute("DELETE FROM meta WHERE key = ?", (key,)).rowcount:
            raise KeyError(key)

    def __iter__(self) -> Iterator[str]:
        rows = self._connection.execute("SELECT key FROM meta ORDER BY key").fetchall()
        return (key for (key,) in rows)

    def __len__(self) -> int:
        (count,) = self._connection.execute("SELECT count(*) FROM meta").fetchone()
        return int(count)

"""Changes as the journal holds them, and who had seen what when making them."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from ..store import temporary_tables
from ..store.seen import NOTHING, Seen, load_basis

#: Pseudo-unit of whether a record exists; a decision on it holds "keep" or "gone".
RECORD = "@record"
#: Pseudo-unit of an edit of a record that somebody else split or joined without having seen it.
LINEAGE = "@lineage"
KEEP = "keep"
GONE = "gone"

_COLUMNS = (
    "c.id, c.uuid, c.layer, c.record, c.operation, c.author, c.device, c.number, c.basis, c.time, "
    "c.utc_offset_min, c.batch, c.live"
)


@dataclass(frozen=True, slots=True, eq=False)
class Change:
    """One operation on one record: `values` are the new ones, `old` the last ones of a delete."""

    id: int
    uuid: str
    layer: str
    record: str
    operation: str
    author: str
    device: str
    number: int
    basis: str
    time: str
    utc_offset_min: int
    batch: str | None = None
    live: int = 1
    values: Mapping[str, object] = field(default_factory=dict)
    old: Mapping[str, object] = field(default_factory=dict)

    @property
    def order(self) -> tuple[str, int]:
        """Sorts changes the same everywhere: device, then running number."""
        return (self.device, self.number)

    @property
    def says(self) -> str | None:
        """What it says of the record's existence: KEEP, GONE or nothing."""
        if self.operation == "insert":
            return KEEP
        if self.operation == "delete":
            return GONE
        said = self.values.get(RECORD)
        return said if isinstance(said, str) else None

    @property
    def writes(self) -> bool:
        """Whether it gives any value of the record (and not only its existence)."""
        return self.operation == "insert" or any(
            name not in (RECORD, LINEAGE) for name in self.values
        )


class Knowledge:
    """Tells whether the author of one change had seen another."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._bases: dict[str, Seen] = {"": NOTHING}

    def basis(self, uuid: str) -> Seen:
        """What the basis of that uuid had seen; nothing for one this file does not know."""
        if uuid not in self._bases:
            self._bases[uuid] = load_basis(self._connection, uuid) or NOTHING
        return self._bases[uuid]

    def sees(self, later: Change, earlier: Change) -> bool:
        """Whether `later` was made by someone who had `earlier` before them."""
        if later.device == earlier.device:
            return later.number > earlier.number
        return self.basis(later.basis).has(earlier.device, earlier.number)

    def heads(self, writers: Sequence[Change]) -> list[Change]:
        """The writers that no other of them has seen, in the order of device and number."""
        if len(writers) < 2:
            return list(writers)
        found = [
            one
            for one in writers
            if not any(other is not one and self.sees(other, one) for other in writers)
        ]
        return sorted(found, key=lambda change: change.order)


def changes_of(
    connection: sqlite3.Connection, records: Iterable[str], *, live_only: bool = True
) -> dict[str, list[Change]]:
    """The changes of each record, with their values, in the order they were written down here."""
    with_names(connection, records)
    live = "AND c.live = 1" if live_only else ""
    values: dict[int, tuple[dict[str, object], dict[str, object]]] = {}
    for number, name, old, new, operation in connection.execute(
        "SELECT v.change, v.field, v.old, v.new, c.operation FROM temp.named n "
        f"CROSS JOIN change c ON c.record = n.uuid {live} "
        "CROSS JOIN change_value v ON v.change = c.id"
    ):
        news, olds = values.setdefault(number, ({}, {}))
        olds[name] = old
        if operation != "delete":
            news[name] = new
    found: dict[str, list[Change]] = {}
    for row in connection.execute(
        f"SELECT {_COLUMNS} FROM temp.named n CROSS JOIN change c ON c.record = n.uuid {live} "
        "ORDER BY c.id"
    ):
        news, olds = values.get(row[0], ({}, {}))
        change = Change(*row, values=news, old=olds)  # type: ignore[misc]
        found.setdefault(change.record, []).append(change)
    return found


def with_names(connection: sqlite3.Connection, records: Iterable[str]) -> None:
    """Put uuids into the temporary table `named`, for queries that join on it.

    They say CROSS JOIN, which keeps SQLite from walking through the whole other table instead.
    """
    # One statement over a JSON array takes half the time of one for each name.
    names = json.dumps([name for name in records if isinstance(name, str)])
    with temporary_tables.filling(connection):
        connection.execute(
            "CREATE TEMP TABLE IF NOT EXISTS named (uuid TEXT PRIMARY KEY) WITHOUT ROWID"
        )
        connection.execute("DELETE FROM temp.named")
        connection.execute(
            "INSERT OR IGNORE INTO temp.named SELECT value FROM json_each(?)", (names,)
        )

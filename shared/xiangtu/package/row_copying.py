"""Rows from one survey database into another, column by column by name."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence

#: Columns whose meaning ends at the file they stand in.
LOCAL_COLUMNS = frozenset({"fid"})


def columns_of(connection: sqlite3.Connection, table: str) -> tuple[str, ...]:
    """Names of a table's columns without the local ones; empty if there is no such table."""
    rows = connection.execute("SELECT name FROM pragma_table_info(?)", (table,))
    return tuple(name for (name,) in rows if name not in LOCAL_COLUMNS)


def quoted(name: str) -> str:
    """A name as an identifier of SQL."""
    return '"' + name.replace('"', '""') + '"'


def listed(columns: Iterable[str]) -> str:
    """Names for between SELECT and FROM, or INTO and VALUES."""
    return ", ".join(quoted(name) for name in columns)


def insert_statement(table: str, columns: Sequence[str], verb: str = "INSERT") -> str:
    """INSERT (or "INSERT OR IGNORE"…) of one row with a mark for each column."""
    marks = ", ".join("?" * len(columns))
    return f"{verb} INTO {quoted(table)} ({listed(columns)}) VALUES ({marks})"


def copy_rows(
    source: sqlite3.Connection,
    target: sqlite3.Connection,
    table: str,
    where: str = "",
    parameters: Sequence[object] = (),
    verb: str = "INSERT",
) -> int:
    """Copy rows of `table` with the columns both sides have; returns how many."""
    theirs = set(columns_of(source, table))
    columns = [name for name in columns_of(target, table) if name in theirs]
    if not columns:
        return 0
    rows = source.execute(
        f"SELECT {listed(columns)} FROM {quoted(table)} {where}", tuple(parameters)
    )
    return max(target.executemany(insert_statement(table, columns, verb), rows).rowcount, 0)


def name_records(connection: sqlite3.Connection, table: str, records: Iterable[str]) -> str:
    """Put uuids into a temporary table of that name; returns it for use in SQL."""
    name = f"temp.{quoted(table)}"
    connection.execute(f"DROP TABLE IF EXISTS {name}")
    connection.execute(f"CREATE TEMP TABLE {quoted(table)} (uuid TEXT PRIMARY KEY) WITHOUT ROWID")
    connection.executemany(
        f"INSERT OR IGNORE INTO {name} VALUES (?)", ((record,) for record in records)
    )
    return name

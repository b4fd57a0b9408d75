"""Opening a database that came from outside, so that nothing planted in it can act.

Read-only and immutable, so that no journal or WAL beside it is ever read; no trusted schema; no
extension, no attached database; limits on lengths and on the work a query may cost. Tables that
are to be read must be plain tables: a view, a virtual table or a generated column could compute
whatever its maker likes.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from pathlib import Path

from ..errors import BadPackage
from ..store.system_tables import APPLICATION_ID

_MAGIC = b"SQLite format 3\x00"
_HEADER_BYTES = 100
#: A value longer than this is no outline that was walked and no answer that was typed.
LONGEST_VALUE_BYTES = 64 << 20
#: The work limit: so many instructions of SQLite's machine, and so many for each byte.
_BASE_INSTRUCTIONS = 200_000_000
_INSTRUCTIONS_PER_BYTE = 500
_STEP_INSTRUCTIONS = 100_000
_LIMITS = {
    sqlite3.SQLITE_LIMIT_LENGTH: LONGEST_VALUE_BYTES,
    sqlite3.SQLITE_LIMIT_SQL_LENGTH: 1 << 20,
    sqlite3.SQLITE_LIMIT_COLUMN: 1000,
    sqlite3.SQLITE_LIMIT_EXPR_DEPTH: 100,
    sqlite3.SQLITE_LIMIT_FUNCTION_ARG: 100,
    sqlite3.SQLITE_LIMIT_ATTACHED: 0,
    sqlite3.SQLITE_LIMIT_LIKE_PATTERN_LENGTH: 1000,
    sqlite3.SQLITE_LIMIT_TRIGGER_DEPTH: 10,
    sqlite3.SQLITE_LIMIT_WORKER_THREADS: 0,
}


def open_doubtful(
    path: Path,
    tables: Iterable[str],
    shown: Path,
    application_id: int = APPLICATION_ID,
) -> sqlite3.Connection:
    """A connection to the database at `path` that can only read.

    Parameters
    ----------
    tables : iterable of str
        Names that will be read; one that is there must be a plain table without generated
        columns. Whether it is there, and with which columns, is for the caller to look at.
    shown : Path
        The container, for the words of an error.
    application_id : int
        What must stand in the database's header; 0 for a file of another program.

    Raises
    ------
    BadPackage
        "package.database" (reason), "package.database_table" (name, reason). Text that is no
        UTF-8 comes out with replacement characters.
    """
    _check_header(path, shown, application_id)
    connection = sqlite3.connect(
        f"{path.resolve().as_uri()}?mode=ro&immutable=1", uri=True, check_same_thread=False
    )
    try:
        connection.text_factory = lambda data: data.decode("utf-8", "replace")
        for limit, value in _LIMITS.items():
            connection.setlimit(limit, value)
        _limit_work(connection, path.stat().st_size)
        for pragma in ("trusted_schema = OFF", "cell_size_check = ON", "query_only = ON"):
            connection.execute(f"PRAGMA {pragma}")
        _check_tables(connection, tables, shown)
        (state,) = connection.execute("PRAGMA quick_check(1)").fetchone()
        if state != "ok":
            raise BadPackage("package.database", path=shown, reason="reason.damaged")
    except sqlite3.Error as fault:
        connection.close()
        raise BadPackage("package.database", path=shown, reason=str(fault)) from fault
    except BadPackage:
        connection.close()
        raise
    return connection


def _check_header(path: Path, shown: Path, application_id: int) -> None:
    size = path.stat().st_size
    with path.open("rb") as file:
        header = file.read(_HEADER_BYTES)
    if len(header) < _HEADER_BYTES or not header.startswith(_MAGIC):
        raise BadPackage("package.database", path=shown, reason="reason.no_sqlite")
    if application_id and int.from_bytes(header[68:72], "big") != application_id:
        raise BadPackage("package.database", path=shown, reason="reason.no_survey")
    page_bytes = int.from_bytes(header[16:18], "big")
    page_bytes = 65536 if page_bytes == 1 else page_bytes
    if int.from_bytes(header[28:32], "big") * page_bytes > size:
        raise BadPackage("package.database", path=shown, reason="reason.truncated")


def _limit_work(connection: sqlite3.Connection, size_bytes: int) -> None:
    """Stop a query that costs more than any honest file of this size could."""
    left = [(_BASE_INSTRUCTIONS + _INSTRUCTIONS_PER_BYTE * size_bytes) // _STEP_INSTRUCTIONS]

    def spent() -> bool:
        left[0] -= 1
        return left[0] < 0

    connection.set_progress_handler(spent, _STEP_INSTRUCTIONS)


def _check_tables(connection: sqlite3.Connection, tables: Iterable[str], shown: Path) -> None:
    wanted = {name.lower(): name for name in tables}
    rows = connection.execute(
        "SELECT type, name, sql FROM sqlite_master WHERE type NOT IN ('index', 'trigger')"
    ).fetchall()
    for kind, found, sql in rows:
        name = wanted.get(str(found).lower())
        if name is None:
            continue
        # SQLite itself writes the statement with this beginning, and refuses a schema in which
        # the statement's kind and name are not those of its row.
        plain = str(sql).startswith("CREATE TABLE ")
        columns = connection.execute("SELECT hidden FROM pragma_table_xinfo(?)", (name,))
        if kind != "table" or found != name:
            reason = "reason.view"
        elif not plain:
            reason = "reason.virtual"
        elif any(hidden for (hidden,) in columns):
            reason = "reason.generated"
        else:
            continue
        raise BadPackage("package.database_table", path=shown, name=name, reason=reason)

"""How many rows and what extent SpatiaLite believes a table to have.

SpatiaLite counts anew, through every geometry, where a table was written since it last did: QGIS
then waits for it at its first look, five seconds for 200,000 parcels. The spatial index knows both
at once.
"""

from __future__ import annotations

import sqlite3
import struct

from .spatial_tables import index_name

_STALE = """
SELECT written.f_table_name
FROM geometry_columns_time AS written
JOIN geometry_columns_statistics AS known USING (f_table_name, f_geometry_column)
JOIN geometry_columns AS described USING (f_table_name, f_geometry_column)
WHERE described.spatial_index_enabled = 1
  AND max(written.last_insert, written.last_update, written.last_delete)
      > coalesce(known.last_verified, '0000-01-01T00:00:00.000Z')
"""
_UPDATE = """
UPDATE geometry_columns_statistics
SET last_verified = strftime('%Y-%m-%dT%H:%M:%fZ', 'now'), row_count = ?,
    extent_min_x = ?, extent_max_x = ?, extent_min_y = ?, extent_max_y = ?
WHERE f_table_name = ?
"""


def settle(connection: sqlite3.Connection) -> None:
    """Note rows and extent of the tables that were written, in a transaction of its own.

    What is noted of the extent is what the index holds: 32-bit floats, rounded outwards.
    """
    stale = [name for (name,) in connection.execute(_STALE)]
    if not stale:
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        for name in stale:
            (rows,) = connection.execute(f'SELECT count(*) FROM "{name}"').fetchone()
            connection.execute(_UPDATE, (rows, *_extent(connection, name), name))
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def _extent(connection: sqlite3.Connection, table: str) -> tuple[float | None, ...]:
    """(min x, max x, min y, max y) from the index's root, whose cells lie around all others;
    Nones where it is empty. https://sqlite.org/rtree.html, "Shadow Tables": big-endian, a cell a
    64-bit number and its four bounds."""
    row = connection.execute(
        f'SELECT data FROM "{index_name(table)}_node" WHERE nodeno = 1'
    ).fetchone()
    _depth, count = struct.unpack_from(">HH", row[0])
    cells = [struct.unpack_from(">q4f", row[0], 4 + 24 * at)[1:] for at in range(count)]
    if not cells:
        return None, None, None, None
    min_x, max_x, min_y, max_y = zip(*cells, strict=True)
    return min(min_x), max(max_x), min(min_y), max(max_y)

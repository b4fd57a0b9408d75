"""The two SQL functions that SpatiaLite's triggers call, for connections without SpatiaLite."""

from __future__ import annotations

import sqlite3
from typing import Any

from ..errors import BadInput
from ..geo import blobs

#: SpatiaLite's number of a geometry type, as in geometry_columns.
GEOMETRY_NUMBERS = {"POINT": 1, "MULTILINESTRING": 5, "MULTIPOLYGON": 6}
_KIND_OF = {number: kind for kind, number in GEOMETRY_NUMBERS.items()}


def register(connection: sqlite3.Connection) -> None:
    """Give a connection GeometryConstraints and RTreeAlign as SpatiaLite defines them."""

    def align(index: Any, pkid: Any, blob: Any) -> int:
        """1 if the index now holds the bounds (or there is no geometry), -1 if not asked well."""
        if not isinstance(index, str) or not isinstance(pkid, int):
            return -1
        if blob is None:
            return 1
        try:
            min_x, min_y, max_x, max_y = blobs.bounds_of(blob)
        except BadInput:
            return 1  # as SpatiaLite does: nothing to index
        name = index.strip('"').replace('"', '""')
        connection.execute(
            f'INSERT INTO "{name}" (pkid, xmin, xmax, ymin, ymax) VALUES (?, ?, ?, ?, ?)',
            (pkid, min_x, max_x, min_y, max_y),
        )
        return 1

    connection.create_function("GeometryConstraints", 3, geometry_constraints, deterministic=True)
    connection.create_function("RTreeAlign", 3, align)


def geometry_constraints(blob: Any, number: Any, srid: Any) -> int:
    """1 if a blob may stand in a column of that type number and srid (NULL may), else 0."""
    if blob is None:
        return 1
    try:
        return int(blobs.srid_of(blob) == srid and blobs.kind_of(blob) == _KIND_OF.get(number))
    except BadInput:
        return 0

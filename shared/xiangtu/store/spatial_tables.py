"""Geometry columns, their spatial index and triggers, as AddGeometryColumn and CreateSpatialIndex
of SpatiaLite 5 leave them, by plain SQL."""

from __future__ import annotations

import sqlite3
import warnings

from ..catalogue.model import GEOMETRY_COLUMN, Layer
from ..errors import BadFile, BadInput
from ..geo import blobs
from .spatial_functions import GEOMETRY_NUMBERS

_NEVER = "0000-01-01T00:00:00.000Z"
_ROWS_AT_ONCE = 10_000


def has_rtree(connection: sqlite3.Connection) -> bool:
    """Whether this SQLite has the R*Tree module (python-for-android's has not)."""
    row = connection.execute("SELECT 1 FROM pragma_module_list WHERE name = 'rtree'").fetchone()
    return row is not None


def require_crs(connection: sqlite3.Connection, srid: int) -> None:
    """Have the CRS in spatial_ref_sys; one the template lacks is written from pyproj (county only).

    BadInput("crs.unknown") for no EPSG code, "crs.not_metric" for one that is not projected in
    metres: tolerances are metres and areas m².
    """
    if connection.execute("SELECT 1 FROM spatial_ref_sys WHERE srid = ?", (srid,)).fetchone():
        name, definition = connection.execute(
            "SELECT ref_sys_name, proj4text FROM spatial_ref_sys WHERE srid = ?", (srid,)
        ).fetchone()
        if "+proj=longlat" in definition:
            raise BadInput("crs.not_metric", srid=srid, name=name)
        return
    try:
        from ..geo import transform
    except ImportError:  # a tablet has no pyproj
        raise BadInput("crs.unknown", crs=f"EPSG:{srid}") from None
    transform.require_metric(srid)
    crs = transform.crs_of(srid)
    with warnings.catch_warnings():
        # proj4text is what old readers fall back to; srtext beside it says everything.
        warnings.simplefilter("ignore", UserWarning)
        proj4 = crs.to_proj4()
    connection.execute(
        "INSERT INTO spatial_ref_sys (srid, auth_name, auth_srid, ref_sys_name, proj4text, srtext) "
        "VALUES (?, 'epsg', ?, ?, ?, ?)",
        (srid, srid, crs.name, proj4, crs.to_wkt("WKT1_GDAL")),
    )


def add_geometry(connection: sqlite3.Connection, layer: Layer, srid: int) -> None:
    """Register the geometry column of a new table, with its triggers and, where this SQLite can,
    its spatial index."""
    assert layer.geometry is not None
    name, column = layer.name, GEOMETRY_COLUMN
    connection.execute(
        "INSERT INTO geometry_columns (f_table_name, f_geometry_column, geometry_type, "
        "coord_dimension, srid, spatial_index_enabled) VALUES (?, ?, ?, 2, ?, 0)",
        (name, column, GEOMETRY_NUMBERS[layer.geometry], srid),
    )
    connection.execute(
        "INSERT INTO geometry_columns_statistics (f_table_name, f_geometry_column) VALUES (?, ?)",
        (name, column),
    )
    connection.execute(
        "INSERT INTO geometry_columns_time (f_table_name, f_geometry_column, last_insert, "
        "last_update, last_delete) VALUES (?, ?, ?, ?, ?)",
        (name, column, _NEVER, _NEVER, _NEVER),
    )
    connection.execute(
        "INSERT INTO geometry_columns_auth (f_table_name, f_geometry_column, read_only, hidden) "
        "VALUES (?, ?, 0, 0)",
        (name, column),
    )
    for sql in geometry_triggers(name).values():
        connection.execute(sql)
    ensure_spatial_index(connection, layer)


def ensure_spatial_index(connection: sqlite3.Connection, layer: Layer) -> bool:
    """Make and fill the spatial index of a table that has none yet; False without R*Tree."""
    name, index = layer.name, index_name(layer.name)
    if not has_rtree(connection):
        return False
    if is_indexed(connection, name):
        return True
    connection.execute(f'CREATE VIRTUAL TABLE "{index}" USING rtree(pkid, xmin, xmax, ymin, ymax)')
    rows = connection.execute(
        f'SELECT fid, {GEOMETRY_COLUMN} FROM "{name}" WHERE {GEOMETRY_COLUMN} IS NOT NULL'
    )
    while some := rows.fetchmany(_ROWS_AT_ONCE):
        connection.executemany(
            f'INSERT INTO "{index}" (pkid, xmin, ymin, xmax, ymax) VALUES (?, ?, ?, ?, ?)',
            ((fid, *blobs.bounds_of(blob)) for fid, blob in some),
        )
    for sql in index_triggers(name).values():
        connection.execute(sql)
    connection.execute(
        "UPDATE geometry_columns SET spatial_index_enabled = 1 "
        "WHERE f_table_name = ? AND f_geometry_column = ?",
        (name, GEOMETRY_COLUMN),
    )
    return True


def is_indexed(connection: sqlite3.Connection, table: str) -> bool:
    """Whether the geometry of a table has a spatial index."""
    row = connection.execute(
        "SELECT spatial_index_enabled FROM geometry_columns "
        "WHERE f_table_name = ? AND f_geometry_column = ?",
        (table, GEOMETRY_COLUMN),
    ).fetchone()
    return row is not None and row[0] == 1


def require_rtree(connection: sqlite3.Connection, path: object) -> None:
    """BadFile("file.needs_rtree") if tables here have an index that this SQLite cannot keep."""
    if has_rtree(connection):
        return
    if connection.execute(
        "SELECT 1 FROM geometry_columns WHERE spatial_index_enabled = 1"
    ).fetchone():
        raise BadFile("file.needs_rtree", path=str(path))


def index_name(table: str) -> str:
    return f"idx_{table}_{GEOMETRY_COLUMN}"


def geometry_triggers(table: str) -> dict[str, str]:
    """Name → SQL of the triggers that AddGeometryColumn of SpatiaLite 5 writes."""
    column = GEOMETRY_COLUMN
    of_column = (
        f"WHERE Lower(f_table_name) = Lower('{table}') "
        f"AND Lower(f_geometry_column) = Lower('{column}')"
    )
    check = (
        f"SELECT RAISE(ROLLBACK, '{table}.{column} violates Geometry constraint "
        "[geom-type or SRID not allowed]')\n"
        f"WHERE (SELECT geometry_type FROM geometry_columns\n{of_column}\n"
        f'AND GeometryConstraints(NEW."{column}", geometry_type, srid) = 1) IS NULL;\nEND'
    )

    def timed(event: str) -> str:
        return (
            f"UPDATE geometry_columns_time SET last_{event} = "
            f"strftime('%Y-%m-%dT%H:%M:%fZ', 'now')\n{of_column};\nEND"
        )

    return _named(
        table,
        {
            "ggi": ("BEFORE INSERT", check),
            "ggu": (f'BEFORE UPDATE OF "{column}"', check),
            "tmu": ("AFTER UPDATE", timed("update")),
            "tmi": ("AFTER INSERT", timed("insert")),
            "tmd": ("AFTER DELETE", timed("delete")),
        },
    )


def index_triggers(table: str) -> dict[str, str]:
    """Name → SQL of the triggers that CreateSpatialIndex of SpatiaLite 5 writes."""
    column, index = GEOMETRY_COLUMN, index_name(table)
    replace = (
        f'DELETE FROM "{index}" WHERE pkid=NEW.ROWID;\n'
        f"SELECT RTreeAlign('{index}', NEW.ROWID, NEW.\"{column}\");\nEND"
    )
    return _named(
        table,
        {
            "gii": ("AFTER INSERT", replace),
            "giu": (f'AFTER UPDATE OF "{column}"', replace),
            "gid": ("AFTER DELETE", f'DELETE FROM "{index}" WHERE pkid=OLD.ROWID;\nEND'),
        },
    )


def _named(table: str, triggers: dict[str, tuple[str, str]]) -> dict[str, str]:
    made = {}
    for short, (event, body) in triggers.items():
        name = f"{short}_{table}_{GEOMETRY_COLUMN}"
        made[name] = f'CREATE TRIGGER "{name}" {event} ON "{table}"\nFOR EACH ROW BEGIN\n{body}'
    return made

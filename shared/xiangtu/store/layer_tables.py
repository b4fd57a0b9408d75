"""The tables of the catalogue's layers: making them, and bringing older ones forward."""

from __future__ import annotations

import sqlite3

from ..catalogue.model import (
    BOOKKEEPING,
    COMMON_FIELDS,
    GEOMETRY_COLUMN,
    MEASUREMENT_FIELDS,
    Catalogue,
    Layer,
)
from ..errors import BadFile
from . import journal_triggers, spatial_tables
from .system_tables import NOW, SYSTEM_INDEXES

_SQL_TYPES = {"real": "REAL", "integer": "INTEGER", "boolean": "INTEGER"}
_COMMON_TYPES = {
    "horizontal_accuracy_m": "REAL",
    "satellites": "INTEGER",
    "epochs": "INTEGER",
    "utc_offset_min": "INTEGER",
}
_TIMES = ("created_at", "updated_at")
#: Column that says which file an attachment is: two records with one photo may be one thing.
_HASH_COLUMN = "sha256"


def journalled_layers(catalogue: Catalogue) -> list[Layer]:
    """The layers that have a table of their own here; append-only ones are system tables."""
    return [layer for layer in catalogue.layers.values() if not layer.append_only]


def column_definitions(layer: Layer) -> dict[str, str]:
    """Every column of a layer's table but fid and uuid, in order → its type and default.

    No column has the catalogue's default: what a record does not say must stay unsaid when a
    merge writes it from the journal.
    """
    columns: dict[str, str] = {}
    for field in layer.fields.values():
        columns[field.name] = _SQL_TYPES.get(field.type, "TEXT")
        if field.sensitive:
            columns[field.secret_column] = "TEXT"
    if layer.surveyed:
        columns.update({name: "TEXT" for name in COMMON_FIELDS if name not in columns})
        if layer.geometry:
            columns.update({name: _COMMON_TYPES.get(name, "TEXT") for name in MEASUREMENT_FIELDS})
    for name in BOOKKEEPING:
        default = f" DEFAULT ({NOW})" if name in _TIMES else ""
        columns[name] = _COMMON_TYPES.get(name, "TEXT") + default
    if layer.geometry:
        columns[GEOMETRY_COLUMN] = layer.geometry
    return columns


def create(connection: sqlite3.Connection, layer: Layer, srid: int) -> None:
    """Make the table of a layer with its indexes; its journal triggers follow by `align`."""
    columns = ", ".join(
        f'"{name}" {definition}' for name, definition in column_definitions(layer).items()
    )
    # A missing uuid is made by the insert trigger, not by a default: for a unique column with a
    # default QGIS writes the default into the second part of a split, without one <uuid>_1,
    # which tells where the part came from. QGIS sees UNIQUE on the first line only.
    connection.execute(
        f'CREATE TABLE "{layer.name}" (fid INTEGER PRIMARY KEY AUTOINCREMENT, uuid TEXT UNIQUE, '
        f"{columns})"
    )
    if layer.geometry:
        spatial_tables.add_geometry(connection, layer, srid)


def lacking(connection: sqlite3.Connection, catalogue: Catalogue) -> list[str]:
    """The tables and columns of the catalogue that the file does not have."""
    found: list[str] = []
    for layer in journalled_layers(catalogue):
        present = column_names(connection, layer.name)
        if not present:
            found.append(layer.name)
        else:
            missing = [name for name in column_definitions(layer) if name not in present]
            found += (f"{layer.name}.{name}" for name in missing)
    return found


def align(connection: sqlite3.Connection, catalogue: Catalogue, srid: int) -> list[str]:
    """Give the file what the catalogue has and it lacks: tables, columns, indexes, triggers.

    What the catalogue does not know is left alone, and columns that it does not know are
    journalled like the rest. Records that came while a table had no triggers are journalled now,
    as inserted. Returns the names of what was made, to be told.

    BadFile("file.foreign_table") for a table that another program made anew (ogr2ogr -overwrite):
    it has not kept which records are which.
    """
    made: list[str] = []
    unwatched: list[str] = []
    present_triggers = _triggers(connection)
    for layer in journalled_layers(catalogue):
        present = column_names(connection, layer.name)
        if not present:
            create(connection, layer, srid)
            made.append(layer.name)
        else:
            _require_own(connection, layer)
            if f"journal_insert_{layer.name}" not in present_triggers:
                unwatched.append(layer.name)
            definitions = column_definitions(layer)
            for name in (name for name in definitions if name not in present):
                # A column added later cannot have a computed default; the triggers fill it.
                bare = definitions[name].partition(" DEFAULT ")[0]
                connection.execute(f'ALTER TABLE "{layer.name}" ADD COLUMN "{name}" {bare}')
                made.append(f"{layer.name}.{name}")
    make_missing_indexes(connection, catalogue)
    made += repair_triggers(connection, catalogue)
    for name in unwatched:
        _record_what_came(connection, name)
    return made


def _require_own(connection: sqlite3.Connection, layer: Layer) -> None:
    (path,) = connection.execute("SELECT file FROM pragma_database_list").fetchone()
    unique = connection.execute(
        "SELECT 1 FROM pragma_index_list(?) list JOIN pragma_index_info(list.name) info "
        "WHERE list.\"unique\" = 1 AND list.partial = 0 AND info.name = 'uuid'",
        (layer.name,),
    ).fetchone()
    key = connection.execute(
        "SELECT 1 FROM pragma_table_info(?) WHERE name = 'fid' AND pk = 1", (layer.name,)
    ).fetchone()
    shaped = (
        not layer.geometry
        or connection.execute(
            "SELECT 1 FROM geometry_columns WHERE f_table_name = ? AND f_geometry_column = ?",
            (layer.name, GEOMETRY_COLUMN),
        ).fetchone()
    )
    if not (unique and key and shaped):
        raise BadFile("file.foreign_table", path=path, layer=layer.name)


def _record_what_came(connection: sqlite3.Connection, table: str) -> None:
    """Journal the records that no change knows: taken out quietly and inserted again."""
    connection.execute("DROP TABLE IF EXISTS temp.unrecorded")
    connection.execute(
        f'CREATE TEMP TABLE unrecorded AS SELECT * FROM "{table}" WHERE NOT EXISTS '
        f'(SELECT 1 FROM change WHERE record = "{table}".uuid)'
    )
    connection.execute("UPDATE session SET quiet = 1")
    connection.execute(f'DELETE FROM "{table}" WHERE fid IN (SELECT fid FROM temp.unrecorded)')
    connection.execute("UPDATE session SET quiet = 0")
    connection.execute(f'INSERT INTO "{table}" SELECT * FROM temp.unrecorded')
    connection.execute("DROP TABLE temp.unrecorded")


def _triggers(connection: sqlite3.Connection) -> dict[str, str]:
    return dict(connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"))


def indexes(layer: Layer) -> dict[str, str]:
    """Name → SQL: by village, by each record referred to, by official code, by the hash of an
    attached file, and the records whose derived columns wait to be computed."""
    columns = [relation.field for relation in layer.relations]
    if layer.surveyed:
        columns.append("village")
    if layer.key:
        columns.append(layer.key)
    if journal_triggers.OWNER_COLUMN in layer.fields:
        columns.append(journal_triggers.OWNER_COLUMN)
    if _HASH_COLUMN in layer.fields:
        columns.append(_HASH_COLUMN)
    made = {
        f"{layer.name}_by_{column}": (
            f'CREATE INDEX "{layer.name}_by_{column}" ON "{layer.name}" ("{column}")'
        )
        for column in dict.fromkeys(columns)
    }
    if layer.derived_columns and layer.geometry:
        made[f"{layer.name}_stale"] = (
            f'CREATE INDEX "{layer.name}_stale" ON "{layer.name}" (fid) WHERE {stale(layer)}'
        )
    return made


def missing_indexes(connection: sqlite3.Connection, catalogue: Catalogue) -> dict[str, str]:
    """Name → SQL of the indexes that are not there: a file of an earlier release has fewer."""
    expected = dict(SYSTEM_INDEXES)
    for layer in journalled_layers(catalogue):
        expected |= indexes(layer)
    present = {
        name
        for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'index'")
    }
    return {name: sql for name, sql in expected.items() if name not in present}


def make_missing_indexes(connection: sqlite3.Connection, catalogue: Catalogue) -> None:
    """Make the indexes that are not there."""
    for sql in missing_indexes(connection, catalogue).values():
        connection.execute(sql)


def stale(layer: Layer) -> str:
    """SQL condition: the derived columns of a record are not computed yet.

    Only the first is looked at: one that cannot be computed in this CRS stays NULL.
    """
    return f'"{GEOMETRY_COLUMN}" IS NOT NULL AND "{layer.derived_columns[0]}" IS NULL'


def column_names(connection: sqlite3.Connection, table: str) -> list[str]:
    """The columns of a table, in order; empty if there is no such table."""
    return [
        name for (name,) in connection.execute("SELECT name FROM pragma_table_info(?)", (table,))
    ]


def expected_triggers(connection: sqlite3.Connection, catalogue: Catalogue) -> dict[str, str]:
    """Name → SQL of every trigger the file's tables should have, spatial ones too."""
    indexed = {
        table
        for (table,) in connection.execute(
            "SELECT f_table_name FROM geometry_columns WHERE spatial_index_enabled = 1"
        )
    }
    expected: dict[str, str] = {}
    for layer in journalled_layers(catalogue):
        present = column_names(connection, layer.name)
        table = journal_triggers.journalled_table(layer, catalogue, present)
        expected |= journal_triggers.triggers(table)
        if layer.geometry:
            expected |= spatial_tables.geometry_triggers(layer.name)
            if layer.name in indexed:
                expected |= spatial_tables.index_triggers(layer.name)
    return expected


def missing_triggers(connection: sqlite3.Connection, catalogue: Catalogue) -> list[str]:
    """Names of triggers that are not there or not what they should be."""
    found = _triggers(connection)
    return [
        name
        for name, sql in expected_triggers(connection, catalogue).items()
        if found.get(name) != sql
    ]


def repair_triggers(connection: sqlite3.Connection, catalogue: Catalogue) -> list[str]:
    """Make every missing or altered trigger anew; the names of those."""
    expected = expected_triggers(connection, catalogue)
    missing = missing_triggers(connection, catalogue)
    for name in missing:
        connection.execute(f'DROP TRIGGER IF EXISTS "{name}"')
        connection.execute(expected[name])
    return missing

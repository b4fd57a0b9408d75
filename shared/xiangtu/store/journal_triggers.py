"""The triggers that keep the journal, of SQLite built-ins alone: whoever edits, it is recorded.

See "The journal's rules" in docs/architecture.md. No trigger sets a column that it fires on, so
`PRAGMA recursive_triggers` of another program changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ..catalogue.model import BOOKKEEPING, GEOMETRY_COLUMN, Catalogue, Layer
from .system_tables import NEW_UUID, NOW

#: Column by which attachments and tracks name the record they belong to, of whatever layer.
OWNER_COLUMN = "record"

_HEX = "[0-9a-f]"
#: Lower-case uuid of RFC 9562: version 1 to 8, variant 10.
UUID_GLOB = "-".join(
    (_HEX * 8, _HEX * 4, "[1-8]" + _HEX * 3, "[89ab]" + _HEX * 3, _HEX * 12),
)
_QUIET = "(SELECT quiet FROM session)"


@dataclass(frozen=True)
class JournalledTable:
    """What the triggers of one table are made of.

    `units` are the units of merge with their journalled columns, of the catalogue and, one by
    one, those that somebody else added to the table. `parts` are (table, column) of the records
    that are deleted with one of this table.
    """

    name: str
    units: tuple[tuple[str, ...], ...]
    derived: tuple[str, ...]
    parts: tuple[tuple[str, str], ...]

    @property
    def columns(self) -> tuple[str, ...]:
        return tuple(sorted(column for unit in self.units for column in unit))


def journalled_table(layer: Layer, catalogue: Catalogue, present: Iterable[str]) -> JournalledTable:
    """The table of a layer, of which the columns in `present` exist."""
    names = list(present)
    units = [
        tuple(column for column in columns if column in names) for columns in layer.units.values()
    ]
    known = {"fid", "uuid", *layer.columns, *layer.derived_columns, *BOOKKEEPING}
    units += [(column,) for column in names if column not in known]
    return JournalledTable(
        name=layer.name,
        units=tuple(unit for unit in units if unit),
        derived=tuple(column for column in layer.derived_columns if column in names),
        parts=parts_of(layer, catalogue),
    )


def parts_of(layer: Layer, catalogue: Catalogue) -> tuple[tuple[str, str], ...]:
    """(table, column) of the records that are parts of a record of the layer."""
    found = [
        (child.name, relation.field)
        for child, relation in catalogue.children_of(layer.name)
        if relation.composition and child.name != layer.name and not child.append_only
    ]
    found += [
        (other.name, OWNER_COLUMN)
        for other in catalogue.layers.values()
        if OWNER_COLUMN in other.fields
        and not other.append_only
        and OWNER_COLUMN not in layer.fields
        and not any(each.field == OWNER_COLUMN for each in other.relations)
    ]
    return tuple(found)


def triggers(table: JournalledTable) -> dict[str, str]:
    """Name → SQL of all the journal's triggers on a table."""
    makers = {
        "guard": _guard,
        "identity": _identity,
        "insert": _insert,
        "quiet_insert": _quiet_insert,
        "update": _update,
        "delete": _delete,
    }
    return {
        f"journal_{event}_{table.name}": (
            f'CREATE TRIGGER "journal_{event}_{table.name}" {make(table)}'
        )
        for event, make in makers.items()
    }


def sound(expression: str) -> str:
    """SQL: whether a value is a well-formed lower-case uuid."""
    return f"(typeof({expression}) = 'text' AND {expression} GLOB '{UUID_GLOB}')"


def _guard(table: JournalledTable) -> str:
    """INSERT OR REPLACE would drop a record without a trace."""
    return (
        f'BEFORE INSERT ON "{table.name}" '
        f'WHEN EXISTS (SELECT 1 FROM "{table.name}" WHERE uuid = NEW.uuid) '
        f'OR EXISTS (SELECT 1 FROM "{table.name}" WHERE fid = NEW.fid)\n'
        f"BEGIN\nSELECT RAISE(ABORT, '{table.name}: a record with this uuid or fid exists');\nEND"
    )


def _identity(table: JournalledTable) -> str:
    """A uuid never changes, except from a malformed to a sound one; nor does a fid, since
    UPDATE OR REPLACE would drop whatever record has it."""
    return (
        f'BEFORE UPDATE OF uuid, fid ON "{table.name}" WHEN NEW.fid IS NOT OLD.fid OR '
        f"(NEW.uuid IS NOT OLD.uuid AND ({sound('OLD.uuid')} OR NOT {sound('NEW.uuid')}))\n"
        f"BEGIN\nSELECT RAISE(ABORT, '{table.name}: uuid and fid of a record never change');\nEND"
    )


def _insert(table: JournalledTable) -> str:
    name = table.name
    this = f"""(SELECT uuid FROM "{name}" WHERE fid = NEW.fid)"""
    # Who does not know the bookkeeping has copied what is derived, too, from another shape.
    emptied = "".join(f', "{column}" = NULL' for column in table.derived)
    return "\n".join(
        (
            f'AFTER INSERT ON "{name}" WHEN {_QUIET} = 0\nBEGIN',
            *_made_sound(name),
            f'UPDATE "{name}" SET (surveyor, device, utc_offset_min, created_at, updated_at) = '
            f"(SELECT author, device, utc_offset_min, {NOW}, {NOW} FROM session){emptied} "
            "WHERE fid = NEW.fid AND EXISTS (SELECT 1 FROM session s WHERE "
            "NEW.surveyor IS NOT s.author OR NEW.device IS NOT s.device OR "
            "NEW.utc_offset_min IS NOT s.utc_offset_min OR "
            f"NEW.created_at IS NOT {NOW} OR NEW.updated_at IS NOT {NOW});",
            _change(name, "insert", this),
            _values("new", _filled("NEW", table)),
            "END",
        )
    )


def _quiet_insert(table: JournalledTable) -> str:
    """Even a merge's inserts get a sound uuid; apart from `_insert`, so that only one fires."""
    return "\n".join(
        (
            f'AFTER INSERT ON "{table.name}" WHEN {_QUIET} = 1 AND NOT {sound("NEW.uuid")}\nBEGIN',
            *_made_sound(table.name),
            "END",
        )
    )


def _made_sound(name: str) -> tuple[str, str]:
    """A malformed uuid is replaced; QGIS gives the second part of a split, and what it pastes,
    <uuid>_1, which says where the record came from."""
    origin = "substr(NEW.uuid, 1, 36)"
    return (
        f'UPDATE "{name}" SET uuid = {NEW_UUID} WHERE fid = NEW.fid AND NOT {sound("NEW.uuid")};',
        "INSERT INTO lineage (layer, parent, child, kind, author, device) "
        f"SELECT '{name}', {origin}, (SELECT uuid FROM \"{name}\" WHERE fid = NEW.fid), "
        f"'split', author, device FROM session WHERE NOT {sound('NEW.uuid')} AND {sound(origin)};",
    )


def _update(table: JournalledTable) -> str:
    units = {column: unit for unit in table.units for column in unit}
    set_columns = ", ".join(f'"{column}"' for column in table.columns)
    stale = "".join(
        f', "{column}" = CASE WHEN NEW."{GEOMETRY_COLUMN}" IS OLD."{GEOMETRY_COLUMN}" '
        f'THEN "{column}" END'
        for column in table.derived
    )
    return "\n".join(
        (
            f'AFTER UPDATE OF {set_columns} ON "{table.name}" '
            f"WHEN {_QUIET} = 0 AND ({_differs(table.columns)})\nBEGIN",
            _change(table.name, "update", "NEW.uuid"),
            _values(
                "old, new",
                {
                    column: (f'OLD."{column}", NEW."{column}"', _differs(units[column]))
                    for column in table.columns
                },
            ),
            f'UPDATE "{table.name}" SET (surveyor, device, utc_offset_min, updated_at) = '
            f"(SELECT author, device, utc_offset_min, {NOW} FROM session){stale} "
            "WHERE fid = NEW.fid;",
            "END",
        )
    )


def _delete(table: JournalledTable) -> str:
    return "\n".join(
        (
            f'AFTER DELETE ON "{table.name}" WHEN {_QUIET} = 0\nBEGIN',
            _change(table.name, "delete", "OLD.uuid"),
            _values("old", _filled("OLD", table)),
            *(f'DELETE FROM "{part}" WHERE "{column}" = OLD.uuid;' for part, column in table.parts),
            "END",
        )
    )


def _change(table: str, operation: str, record: str) -> str:
    author, device, basis, offset = (
        f"(SELECT {name} FROM session)" for name in ("author", "device", "basis", "utc_offset_min")
    )
    number = f"1 + coalesce((SELECT max(number) FROM change WHERE device = {device}), 0)"
    return (
        "INSERT INTO change (layer, record, operation, author, device, number, basis, "
        f"utc_offset_min) VALUES ('{table}', {record}, '{operation}', {author}, {device}, "
        f"{number}, {basis}, {offset});"
    )


def _values(columns: str, arms: Mapping[str, tuple[str, str]]) -> str:
    """One statement for all values of a change: column → (its values, when it has a row)."""
    union = "\nUNION ALL ".join(
        f"SELECT last_insert_rowid(), '{column}', {values} WHERE {condition}"
        for column, (values, condition) in arms.items()
    )
    return f"INSERT INTO change_value (change, field, {columns})\n{union};"


def _filled(row: str, table: JournalledTable) -> dict[str, tuple[str, str]]:
    values = {column: f'{row}."{column}"' for column in table.columns}
    return {column: (value, f"{value} IS NOT NULL") for column, value in values.items()}


def _differs(columns: Iterable[str]) -> str:
    return " OR ".join(f'OLD."{column}" IS NOT NEW."{column}"' for column in columns)

"""How records hang together: parts and what they are parts of, references, joinings."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable

from ..catalogue.model import Layer
from ..store import SurveyFile
from ..store.journal_triggers import OWNER_COLUMN
from .changes import RECORD, with_names

#: Kind of lineage that says: parent is the same thing as child, and was joined to it.
SAME = "same"


def parent_columns(layer: Layer) -> dict[str, str]:
    """Columns of a layer that name the record it is a part of → that record's layer ("" if any)."""
    found = {relation.field: relation.parent for relation in layer.compositions}
    if OWNER_COLUMN in layer.columns:
        found[OWNER_COLUMN] = ""
    return found


def reference_columns(layer: Layer) -> set[str]:
    """All columns of a layer that name another record by its uuid."""
    return {relation.field for relation in layer.relations} | set(parent_columns(layer))


def parts_of(file: SurveyFile, layer: str, record: str) -> list[tuple[str, str]]:
    """(layer, uuid) of the records that are now parts of this one."""
    found = []
    for child in file.catalogue.layers.values():
        for column, parent in parent_columns(child).items():
            if parent not in (layer, ""):
                continue
            found += [
                (child.name, uuid)
                for (uuid,) in file.connection.execute(
                    f'SELECT uuid FROM "{child.name}" WHERE "{column}" = ?', (record,)
                )
            ]
    return found


def above_in_conflict(file: SurveyFile, layer: str, record: str) -> list[tuple[str, str]]:
    """(layer, uuid) of all, however far up, that this record is a part of and whose existence is
    in conflict."""
    found: list[tuple[str, str]] = []
    level = [(layer, record)]
    while level:
        above: list[tuple[str, str]] = []
        for name, uuid in level:
            columns = parent_columns(file.catalogue.layer(name))
            for parent in current_parents(file, name, columns, uuid):
                row = file.connection.execute(
                    "SELECT layer FROM conflict WHERE record = ? AND unit = ?", (parent, RECORD)
                ).fetchone()
                if row and (row[0], parent) not in found:
                    above.append((row[0], parent))
        found += above
        level = above
    return found


def current_parents(file: SurveyFile, layer: str, columns: Iterable[str], record: str) -> list[str]:
    """The records that these columns of a record name in the table now."""
    if not columns:
        return []
    names = ", ".join(f'"{name}"' for name in columns)
    row = file.connection.execute(
        f'SELECT {names} FROM "{layer}" WHERE uuid = ?', (record,)
    ).fetchone()
    return [value for value in row if isinstance(value, str)] if row else []


def aliases(connection: sqlite3.Connection, records: Iterable[str]) -> dict[str, str]:
    """Joined-away records among `records` → the record they were joined to, at the end."""
    found: dict[str, str] = {}
    with_names(connection, records)
    open_ones = connection.execute(
        "SELECT l.parent, l.child FROM temp.named n CROSS JOIN lineage l ON l.parent = n.uuid "
        "WHERE l.kind = ?",
        (SAME,),
    ).fetchall()
    for parent, child in open_ones:
        seen = {parent}
        while child not in seen:
            seen.add(child)
            row = connection.execute(
                "SELECT child FROM lineage WHERE parent = ? AND kind = ?", (child, SAME)
            ).fetchone()
            if row is None:
                break
            child = row[0]
        found[parent] = child
    return found


def joined_away(connection: sqlite3.Connection, records: Iterable[str]) -> set[str]:
    """The records that were joined to one of `records`, or to one that was joined to it."""
    with_names(connection, records)
    return {
        away
        for (away,) in connection.execute(
            "WITH RECURSIVE away (uuid) AS ("
            "SELECT l.parent FROM temp.named n CROSS JOIN lineage l ON l.child = n.uuid "
            "WHERE l.kind = :same UNION "
            "SELECT l.parent FROM away a CROSS JOIN lineage l ON l.child = a.uuid "
            "WHERE l.kind = :same) SELECT uuid FROM away",
            {"same": SAME},
        )
    }


def row_of(
    file: SurveyFile, layer: Layer, record: str, columns: Iterable[str]
) -> dict[str, object] | None:
    """What stands in these columns of a record; None if it is not there."""
    wanted = list(columns)
    names = ", ".join(f'"{name}"' for name in wanted)
    row = file.connection.execute(
        f'SELECT {names} FROM "{layer.name}" WHERE uuid = ?', (record,)
    ).fetchone()
    return dict(zip(wanted, row, strict=True)) if row else None

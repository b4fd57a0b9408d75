"""Pairs of records that may be of one thing: found by merge.likeness, joined by merge.joining."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ..catalogue.model import Layer
from ..errors import BadInput
from ..store import SurveyFile
from .changes import with_names
from .office_edits import catch_up

_COLUMNS = "id, layer, a, b, reason, state, survivor"


@dataclass(frozen=True)
class Pair:
    """Two records that may be one; `reason` is one of merge.likeness.REASONS; `state` open,
    joined or apart."""

    id: str
    layer: str
    a: str
    b: str
    reason: str
    state: str
    survivor: str | None


def list_pairs(file: SurveyFile, state: str | None = None) -> list[Pair]:
    """All proposed pairs, or those in a state."""
    catch_up(file)
    where = "WHERE state = ?" if state else ""
    return [
        Pair(*row)
        for row in file.connection.execute(
            f"SELECT {_COLUMNS} FROM duplicate {where} ORDER BY layer, id",
            (state,) if state else (),
        )
    ]


def find_pair(file: SurveyFile, name: str) -> Pair:
    """The pair of that id; BadInput("duplicate.unknown") if there is none."""
    catch_up(file)
    row = file.connection.execute(
        f"SELECT {_COLUMNS} FROM duplicate WHERE id = ?", (name,)
    ).fetchone()
    if row is None:
        raise BadInput("duplicate.unknown", pair=name)
    return Pair(*row)


def titles(file: SurveyFile, pairs: Iterable[Pair]) -> dict[str, str]:
    """What people call the records of the pairs, by uuid: title, code, or both where they differ;
    of a record that was joined away, what it was called last. Those without either are left out.
    """
    by_layer: dict[str, set[str]] = {}
    for pair in pairs:
        by_layer.setdefault(pair.layer, set()).update((pair.a, pair.b))
    found: dict[str, str] = {}
    for name, records in by_layer.items():
        layer = file.catalogue.layers.get(name)
        columns = _title_columns(layer) if layer else ()
        if not columns:
            continue
        for record, values in _told(file, name, columns, records).items():
            said = dict.fromkeys(str(value) for value in values if value not in (None, ""))
            if said:
                found[record] = " ".join(said)
    return found


def _title_columns(layer: Layer) -> tuple[str, ...]:
    names = dict.fromkeys(name for name in (layer.title_field, layer.key) if name)
    return tuple(name for name in names if name != layer.kind_field)


def _told(
    file: SurveyFile, layer: str, columns: tuple[str, ...], records: set[str]
) -> dict[str, list[object]]:
    with_names(file.connection, records)
    names = ", ".join(f't."{name}"' for name in columns)
    found = {
        row[0]: list(row[1:])
        for row in file.connection.execute(
            f'SELECT t.uuid, {names} FROM temp.named n CROSS JOIN "{layer}" t ON t.uuid = n.uuid'
        )
    }
    with_names(file.connection, records - found.keys())
    for record, column, value in file.connection.execute(
        "SELECT c.record, v.field, v.new FROM temp.named n "
        "CROSS JOIN change c ON c.record = n.uuid AND c.live = 1 AND c.operation <> 'delete' "
        "CROSS JOIN change_value v ON v.change = c.id ORDER BY c.id"
    ):
        if column in columns:
            told = found.setdefault(record, [None] * len(columns))
            told[columns.index(column)] = value
    return found

"""What people call records: by title and official code, rather than by uuid."""

from __future__ import annotations

import json
from collections.abc import Iterable

from ..catalogue.model import Layer
from ..store import SurveyFile


def titles(file: SurveyFile, records: Iterable[tuple[str, str]]) -> dict[str, str]:
    """What people call records, each (layer, uuid), by uuid: title, code, or both where they
    differ; of one that is not there any more, what it was called last. Those without either are
    left out.
    """
    by_layer: dict[str, set[str]] = {}
    for name, record in records:
        by_layer.setdefault(name, set()).add(record)
    found: dict[str, str] = {}
    for name, uuids in by_layer.items():
        layer = file.catalogue.layers.get(name)
        columns = _title_columns(layer) if layer else ()
        if not columns:
            continue
        for record, values in _told(file, name, columns, uuids).items():
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
    # json_each rather than a temporary table: a file opened to be read takes none.
    names = ", ".join(f't."{name}"' for name in columns)
    found = {
        row[0]: list(row[1:])
        for row in file.connection.execute(
            f"SELECT t.uuid, {names} FROM json_each(?) n "
            f'CROSS JOIN "{layer}" t ON t.uuid = n.value',
            (json.dumps(list(records)),),
        )
    }
    for record, column, value in file.connection.execute(
        "SELECT c.record, v.field, v.new FROM json_each(?) n "
        "CROSS JOIN change c ON c.record = n.value AND c.live = 1 AND c.operation <> 'delete' "
        "CROSS JOIN change_value v ON v.change = c.id ORDER BY c.id",
        (json.dumps(list(records - found.keys())),),
    ):
        if column in columns:
            told = found.setdefault(record, [None] * len(columns))
            told[columns.index(column)] = value
    return found

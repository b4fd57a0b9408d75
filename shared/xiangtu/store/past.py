"""A layer as it stood at an earlier time, read from the journal."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np

from ..catalogue.model import GEOMETRY_COLUMN
from ..errors import BadInput
from ..geo import blobs
from . import derived

if TYPE_CHECKING:
    from .survey_file import SurveyFile

#: The changes that made the state at a time: edits made here by then, and those of packages that
#: had been merged by then and were not undone or held back at the time.
_CHANGES = """
SELECT c.id, c.record, c.operation, v.field, v.new
FROM change c LEFT JOIN batch b ON b.uuid = c.batch LEFT JOIN change_value v ON v.change = c.id
WHERE c.layer = :layer AND coalesce(b.made_at, c.time) <= :time
  AND (c.live = 1 OR b.undone_at > :time)
  AND NOT EXISTS (SELECT 1 FROM held h WHERE h.batch = c.batch AND h.record = c.record
                  AND (h.released_at IS NULL OR h.released_at > :time))
ORDER BY c.id
"""
_AT_ONCE = 2_000


def as_of(file: SurveyFile, layer_name: str, time: datetime) -> Iterator[dict[str, Any]]:
    """The records of a layer at a time; see `SurveyFile.as_of`."""
    layer = file.catalogue.layer(layer_name)
    if time.tzinfo is None:
        raise BadInput("time.no_zone", time=time.isoformat())
    moment = time.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    columns = layer.columns
    records: dict[str, dict[str, Any]] = {}
    for _, record, operation, name, value in file.connection.execute(
        _CHANGES, {"layer": layer.name, "time": moment}
    ):
        if operation == "delete":
            records.pop(record, None)
        else:
            values = records.setdefault(record, {})
            if name in columns:
                values[name] = value
    rows = [(uuid, values) for uuid, values in records.items()]
    for start in range(0, len(rows), _AT_ONCE):
        some = rows[start : start + _AT_ONCE]
        made: list[dict[str, Any]] = [
            {"uuid": uuid, **{name: values.get(name) for name in columns}} for uuid, values in some
        ]
        if layer.geometry:
            shapes = blobs.decode([row[GEOMETRY_COLUMN] for row in made])
            computed = derived.compute(layer, np.asarray(shapes, dtype=object), file.srid)
            for at, row in enumerate(made):
                row[GEOMETRY_COLUMN] = shapes[at]
                row.update({name: values[at] for name, values in computed.items()})
        yield from made

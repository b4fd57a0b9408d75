"""A record given back what stood in it before or after an earlier change; that is a change too."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from ..catalogue.model import GEOMETRY_COLUMN
from ..errors import BadInput
from ..geo import blobs
from .history import RESTORE

if TYPE_CHECKING:
    from .survey_file import SurveyFile

#: Operations that have nothing on one side: there was no record before, or none after.
_NOTHING = {("insert", True), ("delete", False)}


def restore(file: SurveyFile, change: str, field: str, *, before: bool, reason: str) -> str:
    """Give a record back what it had in a field; the uuid of the change that this is.

    Parameters
    ----------
    change : uuid of the change in the record's history.
    field : a column; what belongs to one unit of merge (an outline and how it was measured, a
        private value's mask and what is sealed) comes back together.
    before : what stood there before that change, rather than what it wrote.
    reason : kept in access_log with the new change; who writes is who is signed in.

    Raises
    ------
    BadInput
        "restore.reason_missing", "restore.change_unknown", "restore.nothing" (the change has no
        such side), "restore.same" (it stands there already), "field.unknown", "record.missing".
    """
    if not reason.strip():
        raise BadInput("restore.reason_missing")
    with file.atomic():
        row = file.connection.execute(
            "SELECT id, layer, record, operation FROM change WHERE uuid = ?", (change,)
        ).fetchone()
        if row is None:
            raise BadInput("restore.change_unknown", change=change)
        number, layer_name, record, operation = row
        layer = file.catalogue.layer(layer_name)
        if field not in layer.columns:
            raise BadInput("field.unknown", layer=layer.name, field=field)
        if (operation, before) in _NOTHING:
            raise BadInput("restore.nothing", field=field)
        columns = layer.units[layer.unit_of(field)]
        kept = dict(
            file.connection.execute(
                f"SELECT field, {'old' if before else 'new'} FROM change_value WHERE change = ?",
                (number,),
            ).fetchall()
        )
        if field not in kept and operation not in ("insert", "delete"):
            raise BadInput("restore.nothing", field=field)
        # What an insert or a delete does not name was empty.
        _write(file, layer.name, record, {name: kept.get(name) for name in columns}, field)
        (written,) = file.connection.execute(
            "SELECT uuid FROM change WHERE record = ? ORDER BY id DESC LIMIT 1", (record,)
        ).fetchone()
        detail = {"change": written, "from": change, "reason": reason.strip()}
        file.log(RESTORE, record, field, json.dumps(detail, ensure_ascii=False))
    return str(written)


def _write(file: SurveyFile, layer: str, record: str, values: dict[str, Any], field: str) -> None:
    (last,) = file.connection.execute("SELECT max(id) FROM change").fetchone()
    reshaped = GEOMETRY_COLUMN in values
    blob = values.pop(GEOMETRY_COLUMN, None)
    if reshaped:
        shape = None if blob is None else blobs.decode_one(blob)
        file.update(layer, record, values, shape)
    else:
        file.update(layer, record, values)
    if file.connection.execute("SELECT max(id) FROM change").fetchone() == (last,):
        raise BadInput("restore.same", field=field)

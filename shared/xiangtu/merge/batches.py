"""Batches: each merge, import, decision or undo is one, with a report and a basis of its own."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from ..errors import BadInput
from ..store import SurveyFile
from ..store.seen import seen_now
from ..store.system_tables import NEW_UUID, NOW

#: The kind of a batch that takes another one out again.
UNDO = "undo"


@dataclass(frozen=True)
class Batch:
    """One step in the life of a county file; `number` is what people call it by."""

    uuid: str
    number: int
    kind: str
    author: str
    made_at: str
    undone_at: str | None = None
    report: Mapping[str, object] | None = None


def open_batch(file: SurveyFile, kind: str, author: str) -> Batch:
    """Begin a batch inside the caller's transaction."""
    uuid, now = file.connection.execute(f"SELECT {NEW_UUID}, {NOW}").fetchone()
    (number,) = file.connection.execute("SELECT coalesce(max(number), 0) + 1 FROM batch").fetchone()
    file.connection.execute(
        "INSERT INTO batch (uuid, number, kind, author, made_at, report) VALUES (?,?,?,?,?,'{}')",
        (uuid, number, kind, author, now),
    )
    return Batch(uuid, number, kind, author, now)


def close_batch(file: SurveyFile, batch: Batch, report: Mapping[str, object]) -> None:
    """Write the report, and make this batch what the county's next edits have seen."""
    connection = file.connection
    connection.execute(
        "UPDATE batch SET report = ? WHERE uuid = ?",
        (json.dumps(report, ensure_ascii=False, sort_keys=True), batch.uuid),
    )
    connection.execute(
        "INSERT INTO basis (uuid, seen, made_at) VALUES (?, ?, ?)",
        (batch.uuid, seen_now(connection).to_json(), batch.made_at),
    )
    connection.execute("UPDATE session SET basis = ?", (batch.uuid,))


def list_batches(file: SurveyFile) -> list[Batch]:
    """All batches, the newest first."""
    return _read(file, "1", ())


def reasons(file: SurveyFile) -> dict[str, str]:
    """Batch (uuid) → why, of the decisions for which somebody gave a reason."""
    return dict(
        file.connection.execute(
            "SELECT batch, max(reason) FROM decision WHERE reason <> '' GROUP BY batch"
        )
    )


def find_batch(file: SurveyFile, name: str) -> Batch:
    """The batch of that number or (beginning of a) uuid; BadInput("batch.unknown") if none."""
    found = _read(
        file,
        "CAST(number AS TEXT) = ?1 OR (length(?1) >= 4 AND substr(uuid, 1, length(?1)) = ?1)",
        (name,),
    )
    if len(found) != 1:
        raise BadInput("batch.unknown", batch=name)
    return found[0]


def _read(file: SurveyFile, where: str, parameters: tuple[str, ...]) -> list[Batch]:
    return [
        Batch(*row[:-1], report=json.loads(row[-1]))  # type: ignore[misc]
        for row in file.connection.execute(
            "SELECT uuid, number, kind, author, made_at, undone_at, report FROM batch "
            f"WHERE {where} ORDER BY number DESC",
            parameters,
        )
    ]


def write_decision(
    file: SurveyFile,
    batch: Batch,
    layer: str,
    record: str,
    values: Mapping[str, object],
    old: Mapping[str, object] | None = None,
) -> str:
    """Journal a decision on a record as a change by the county; returns the change's uuid.

    It has seen all that the county holds, so what it chose between is settled by it.
    """
    connection = file.connection
    uuid = connection.execute(f"SELECT {NEW_UUID}").fetchone()[0]
    offset, basis = connection.execute("SELECT utc_offset_min, basis FROM session").fetchone()
    (number,) = connection.execute(
        "SELECT coalesce(max(number), 0) + 1 FROM change WHERE device = ?", (file.device_id,)
    ).fetchone()
    cursor = connection.execute(
        "INSERT INTO change (uuid, layer, record, operation, author, device, number, basis, "
        "utc_offset_min, batch) VALUES (?, ?, ?, 'decide', ?, ?, ?, ?, ?, ?)",
        (uuid, layer, record, batch.author, file.device_id, number, basis, offset, batch.uuid),
    )
    change = cursor.lastrowid
    before = old or {}
    connection.executemany(
        "INSERT INTO change_value (change, field, old, new) VALUES (?, ?, ?, ?)",
        [(change, name, before.get(name), value) for name, value in values.items()],
    )
    return uuid

"""Conflicts: listing them with what each side says, and deciding them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ..errors import BadInput
from ..store import SurveyFile
from ..store.system_tables import NEW_UUID, NOW
from .batches import Batch, close_batch, open_batch, write_decision
from .changes import GONE, KEEP, RECORD, Change, Knowledge, changes_of
from .office_edits import catch_up
from .resolve import head_values
from .state import Settling, parts_of


@dataclass(frozen=True)
class Head:
    """One side of a conflict: who says what. For a record's existence `says` is keep or gone."""

    number: int
    change: str
    author: str
    device: str
    time: str
    operation: str
    values: Mapping[str, object]
    says: str | None = None


@dataclass(frozen=True)
class Conflict:
    """A unit of a record on which people disagree without having seen each other's value.

    `unit` is a unit of merge, or "@record" when one deleted what another edited. `base` is what
    all of them had before them; `shown` the value in the table meanwhile.
    """

    id: str
    layer: str
    record: str
    unit: str
    village: str | None
    heads: tuple[Head, ...]
    base: Mapping[str, object]
    shown: Mapping[str, object]


def list_conflicts(
    file: SurveyFile, *, layer: str | None = None, record: str | None = None
) -> list[Conflict]:
    """The open conflicts, by layer and record."""
    catch_up(file)
    where, parameters = ["1"], []
    if layer is not None:
        where.append("layer = ?")
        parameters.append(file.catalogue.layer(layer).name)
    if record is not None:
        where.append("record = ?")
        parameters.append(record)
    rows = file.connection.execute(
        "SELECT id, layer, record, unit, village, heads FROM conflict "
        f"WHERE {' AND '.join(where)} ORDER BY layer, record, unit",
        parameters,
    ).fetchall()
    histories = changes_of(file.connection, {row[2] for row in rows})
    knowledge = Knowledge(file.connection)
    return [_conflict(file, row, histories, knowledge) for row in rows]


def _conflict(
    file: SurveyFile,
    row: tuple[str, str, str, str, str | None, str],
    histories: Mapping[str, list[Change]],
    knowledge: Knowledge,
) -> Conflict:
    name, layer_name, record, unit, village, heads_text = row
    layer = file.catalogue.layer(layer_name)
    wanted: list[str] = json.loads(heads_text)
    changes = histories.get(record, [])
    by_uuid = {change.uuid: change for change in changes}
    missing = [uuid for uuid in wanted if uuid not in by_uuid]
    by_uuid |= _elsewhere(file, missing)
    heads = [by_uuid[uuid] for uuid in wanted]
    columns = layer.units.get(unit, ())
    shown: Mapping[str, object] = {}
    base: Mapping[str, object] = {}
    if columns:
        current = file.connection.execute(
            f"SELECT {', '.join(columns)} FROM {layer_name} WHERE uuid = ?", (record,)
        ).fetchone()
        shown = dict(zip(columns, current, strict=True)) if current else {}
        writers = [
            change
            for change in changes
            if change.operation == "insert" or any(each in change.values for each in columns)
        ]
        common = [
            change
            for change in writers
            if all(head is not change and knowledge.sees(head, change) for head in heads)
        ]
        before = knowledge.heads(common)
        if before:
            base = head_values(layer, unit, before[0], changes, knowledge)
    return Conflict(
        name,
        layer_name,
        record,
        unit,
        village,
        tuple(
            Head(
                place,
                head.uuid,
                head.author,
                head.device,
                head.time,
                head.operation,
                head_values(layer, unit, head, changes, knowledge) if columns else head.values,
                (head.says or KEEP) if unit == RECORD else None,
            )
            for place, head in enumerate(heads, 1)
        ),
        base,
        shown,
    )


def _elsewhere(file: SurveyFile, uuids: Sequence[str]) -> dict[str, Change]:
    """Heads that are changes of other records: a part of a deleted record, or a joined one."""
    found: dict[str, Change] = {}
    for uuid in uuids:
        row = file.connection.execute(
            "SELECT record FROM change WHERE uuid = ?", (uuid,)
        ).fetchone()
        if row:
            for change in changes_of(file.connection, [row[0]])[row[0]]:
                found[change.uuid] = change
    return found


def take(file: SurveyFile, name: str, head: str, *, author: str, reason: str = "") -> Batch:
    """Decide one conflict for one of its heads.

    Parameters
    ----------
    name : str
        The conflict's id.
    head : str
        The head's number as listed, the beginning of its change's uuid, or, where a record's
        existence is in question, "keep" or "gone".

    Raises BadInput for a conflict or head that is not there.
    """
    return take_all(file, [(name, head)], author=author, reason=reason)


def take_all(
    file: SurveyFile, choices: Sequence[tuple[str, str]], *, author: str, reason: str = ""
) -> Batch:
    """Decide several conflicts as one batch; choices are (conflict id, head)."""
    with file.atomic(quiet=True, doing="decide", author=author):
        known = {conflict.id: conflict for conflict in list_conflicts(file)}
        batch = open_batch(file, "decision", author)
        records: set[str] = set()
        for name, wanted in choices:
            conflict = known.get(name)
            if conflict is None:
                raise BadInput("conflict.unknown", conflict=name)
            head = _head(conflict, wanted)
            if conflict.unit == RECORD:
                records |= _decide_existence(file, batch, conflict, head)
                change = None
            else:
                change = write_decision(
                    file, batch, conflict.layer, conflict.record, head.values, conflict.shown
                )
                records.add(conflict.record)
            log_decision(file, batch, "take", conflict.id, head.change, reason, change)
        outcome = Settling(file).settle(records)
        close_batch(file, batch, {"settled": sorted(outcome.conflicts_closed)})
    return batch


def _decide_existence(file: SurveyFile, batch: Batch, conflict: Conflict, head: Head) -> set[str]:
    """Write keep or gone for the record, and gone for every part of one that goes."""
    records = {conflict.record}
    write_decision(file, batch, conflict.layer, conflict.record, {RECORD: head.says})
    level = [(conflict.layer, conflict.record)] if head.says == GONE else []
    while level:
        below = [
            part for parent in level for part in parts_of(file, *parent) if part[1] not in records
        ]
        for layer, record in below:
            records.add(record)
            write_decision(file, batch, layer, record, {RECORD: GONE})
        level = below
    return records


def _head(conflict: Conflict, wanted: str) -> Head:
    found = [
        head
        for head in conflict.heads
        if str(head.number) == wanted or (len(wanted) >= 8 and head.change.startswith(wanted))
    ]
    if not found and conflict.unit == RECORD and wanted in (KEEP, GONE):
        found = [head for head in conflict.heads if head.says == wanted][:1]
    if len(found) != 1:
        raise BadInput(
            "conflict.head_unknown",
            conflict=conflict.id,
            head=wanted,
            heads=", ".join(str(head.number) for head in conflict.heads),
        )
    return found[0]


def log_decision(
    file: SurveyFile,
    batch: Batch,
    kind: str,
    subject: str,
    choice: str,
    reason: str,
    change: str | None,
) -> None:
    """Keep who decided what and why."""
    file.connection.execute(
        "INSERT INTO decision (uuid, kind, subject, choice, reason, author, made_at, change, "
        f"batch) VALUES ({NEW_UUID}, ?, ?, ?, ?, ?, {NOW}, ?, ?)",
        (kind, subject, choice, reason, batch.author, change, batch.uuid),
    )

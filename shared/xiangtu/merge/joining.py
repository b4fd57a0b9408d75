"""Joining two records of one thing, and taking them apart again."""

from __future__ import annotations

from ..catalogue.model import Layer
from ..errors import BadInput, MergeRefused
from ..store import SurveyFile
from ..store.system_tables import NEW_UUID, NOW
from .batches import Batch, close_batch, open_batch, write_decision
from .changes import GONE, RECORD, changes_of
from .conflicts import log_decision
from .duplicates import find_pair
from .likeness import propose
from .state import SAME, Settling
from .undo import undo


def join(
    file: SurveyFile, name: str, *, author: str, reason: str = "", survivor: str | None = None
) -> Batch:
    """Make one record of a pair: the survivor keeps its uuid, the other's parts follow it.

    By default the county's own record survives, else the one of the lowest device and number.
    Values that the survivor lacks are taken from the other. Both histories are kept, later edits
    to the joined-away record go to the survivor, and undoing the batch takes them apart.
    """
    pair = find_pair(file, name)
    if pair.state == "joined":
        raise MergeRefused("duplicate.settled", pair=name, state=pair.state)
    layer = file.catalogue.layer(pair.layer)
    histories = changes_of(file.connection, (pair.a, pair.b))
    if survivor is None:
        survivor = min(
            (pair.a, pair.b),
            key=lambda record: (
                histories[record][0].device != file.device_id,
                histories[record][0].order,
            ),
        )
    elif survivor not in (pair.a, pair.b):
        raise BadInput("duplicate.survivor", pair=name, survivor=survivor)
    away = pair.b if survivor == pair.a else pair.a
    with file.atomic(quiet=True):
        batch = open_batch(file, "decision", author)
        kept, other = _row(file, layer, survivor), _row(file, layer, away)
        chosen: dict[str, object] = {}
        for columns in layer.units.values():
            lacking = all(kept[column] is None for column in columns)
            if any(kept[column] != other[column] for column in columns):
                source = other if lacking else kept
                chosen |= {column: source[column] for column in columns}
        if chosen:
            write_decision(file, batch, pair.layer, survivor, chosen, kept)
        change = write_decision(file, batch, pair.layer, away, {RECORD: GONE})
        file.connection.execute(
            "INSERT INTO lineage (uuid, layer, parent, child, kind, at, author, device, batch) "
            f"VALUES ({NEW_UUID}, ?, ?, ?, ?, {NOW}, ?, ?, ?)",
            (pair.layer, away, survivor, SAME, author, file.device_id, batch.uuid),
        )
        file.connection.execute(
            "UPDATE duplicate SET state = 'joined', survivor = ? WHERE id = ?", (survivor, name)
        )
        log_decision(file, batch, "join", name, survivor, reason, change)
        outcome = Settling(file).settle((survivor, away))
        propose(file, outcome.touched | {survivor})
        close_batch(file, batch, {"joined": away, "survivor": survivor})
    return batch


def keep_apart(file: SurveyFile, name: str, *, author: str, reason: str = "") -> Batch:
    """Say of a proposed pair that they are two things; a joined pair is taken apart again."""
    pair = find_pair(file, name)
    if pair.state == "joined":
        row = file.connection.execute(
            "SELECT batch FROM decision WHERE kind = 'join' AND subject = ? AND undone_at IS NULL",
            (name,),
        ).fetchone()
        undo(file, row[0], author=author)
    with file.atomic(quiet=True):
        batch = open_batch(file, "decision", author)
        file.connection.execute(
            "INSERT INTO duplicate (id, layer, a, b, reason, state) VALUES (?,?,?,?,?,'apart') "
            "ON CONFLICT (id) DO UPDATE SET state = 'apart', survivor = NULL",
            (name, pair.layer, pair.a, pair.b, pair.reason),
        )
        log_decision(file, batch, "apart", name, "", reason, None)
        close_batch(file, batch, {"apart": [pair.a, pair.b]})
    return batch


def _row(file: SurveyFile, layer: Layer, record: str) -> dict[str, object]:
    names = ", ".join(f'"{name}"' for name in layer.columns)
    row = file.connection.execute(
        f'SELECT {names} FROM "{layer.name}" WHERE uuid = ?', (record,)
    ).fetchone()
    if row is None:
        raise MergeRefused("duplicate.gone", record=record, layer=layer.name)
    return dict(zip(layer.columns, row, strict=True))

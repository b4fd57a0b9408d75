"""Undo: taking a batch out of the set of changes the county is made of.

The changes stay in the journal, no longer live; merging the same package again brings them back.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ..errors import Cancelled, MergeRefused
from ..store import SurveyFile
from ..store.system_tables import NOW
from . import likeness
from .batches import Batch, close_batch, find_batch, open_batch
from .changes import Knowledge, changes_of
from .office_edits import catch_up
from .state import Settling


@dataclass(frozen=True)
class Dependent:
    """A later change that builds on one of a batch; `batch` is None for an edit in the office."""

    record: str
    layer: str
    change: str
    batch: int | None
    author: str


def dependents(file: SurveyFile, batch: Batch) -> list[Dependent]:
    """Live changes outside the batch whose authors had seen, and built on, one inside it."""
    connection = file.connection
    rows = connection.execute(
        "SELECT DISTINCT record, layer FROM change WHERE batch = ? AND live = 1", (batch.uuid,)
    ).fetchall()
    numbers = dict(connection.execute("SELECT uuid, number FROM batch"))
    settling = Settling(file)
    parts = {child: record for record, _ in rows for child, _ in settling.children_ever(record)}
    histories = changes_of(connection, {record for record, _ in rows} | set(parts))
    knowledge = Knowledge(connection)
    found: dict[str, Dependent] = {}
    for record, _ in rows:
        inside = [change for change in histories[record] if change.batch == batch.uuid]
        below = [
            change
            for child, parent in parts.items()
            if parent == record and child in histories
            for change in histories[child]
        ]
        for other in (*histories[record], *below):
            if other.batch == batch.uuid or other.uuid in found:
                continue
            if other.record == record:
                builds = any(
                    knowledge.sees(other, mine) and _same_matter(file, other, mine)
                    for mine in inside
                )
            else:
                builds = any(
                    mine.operation == "insert" and knowledge.sees(other, mine) for mine in inside
                )
            if builds:
                found[other.uuid] = Dependent(
                    other.record,
                    other.layer,
                    other.uuid,
                    numbers.get(other.batch) if other.batch else None,
                    other.author,
                )
    return list(found.values())


def _same_matter(file: SurveyFile, later, earlier) -> bool:
    """Whether a later change builds on an earlier one of the same record: on its being there, or
    on a unit of merge that both write."""
    if earlier.operation in ("insert", "delete") or later.operation == "delete":
        return True
    layer = file.catalogue.layers.get(later.layer)
    if layer is None:
        return True
    return bool(
        {layer.unit_of(name) for name in later.values}
        & {layer.unit_of(name) for name in earlier.values}
    )


def undo(
    file: SurveyFile,
    name: str,
    *,
    author: str,
    progress: Callable[[float, str], bool | None] | None = None,
) -> Batch:
    """Take a batch (by number or uuid) out of the county's state; returns the undoing's batch.

    Raises MergeRefused("undo.depends", dependents=…) naming what builds on it,
    MergeRefused("undo.already") for one that was undone before, BadInput for an unknown one.
    """
    with file.atomic(quiet=True, doing="undo", author=author):
        return _undo(file, name, author, progress)


def _undo(
    file: SurveyFile,
    name: str,
    author: str,
    progress: Callable[[float, str], bool | None] | None,
) -> Batch:
    """`undo` inside its transaction, so that nobody writes between the checks and the undoing."""
    batch = find_batch(file, name)
    if batch.undone_at is not None:
        raise MergeRefused("undo.already", batch=batch.number, at=batch.undone_at)
    if batch.kind == "undo":
        raise MergeRefused("undo.of_undo", batch=batch.number)
    building = dependents(file, batch)
    if building:
        later = sorted({str(each.batch) for each in building if each.batch is not None})
        raise MergeRefused(
            "undo.depends",
            batch=batch.number,
            batches=", ".join(later) or "-",
            edits=sum(each.batch is None for each in building),
            count=len(building),
            dependents=building,
        )
    if progress is not None and progress(0.2, "undo.applying") is False:
        raise Cancelled("cancelled", step="undo.applying")
    connection = file.connection
    catch_up(file)
    undoing = open_batch(file, "undo", author)
    records = {
        record
        for (record,) in connection.execute(
            "SELECT DISTINCT record FROM change WHERE batch = ?", (batch.uuid,)
        )
    }
    records = Settling(file).related(records)
    connection.execute("UPDATE change SET live = 0 WHERE batch = ?", (batch.uuid,))
    connection.execute("DELETE FROM lineage WHERE batch = ?", (batch.uuid,))
    connection.execute(
        f"UPDATE held SET released_at = {NOW} WHERE batch = ? AND released_at IS NULL",
        (batch.uuid,),
    )
    connection.execute(
        "UPDATE package SET state = 'undone', batch = NULL WHERE batch = ?", (batch.uuid,)
    )
    _reopen_decisions(file, batch)
    outcome = Settling(file).settle(records)
    likeness.propose(file, records)
    connection.execute(
        "UPDATE batch SET undone_at = ?, undone_by = ? WHERE uuid = ?",
        (undoing.made_at, author, batch.uuid),
    )
    close_batch(
        file,
        undoing,
        {
            "undone": batch.number,
            "inserted": len(outcome.inserted),
            "updated": len(outcome.updated),
            "deleted": len(outcome.deleted),
        },
    )
    return undoing


def _reopen_decisions(file: SurveyFile, batch: Batch) -> None:
    for kind, subject in file.connection.execute(
        "SELECT kind, subject FROM decision WHERE batch = ? AND undone_at IS NULL", (batch.uuid,)
    ).fetchall():
        if kind in ("join", "apart"):
            file.connection.execute(
                "UPDATE duplicate SET state = 'open', survivor = NULL WHERE id = ?", (subject,)
            )
    file.connection.execute(f"UPDATE decision SET undone_at = {NOW} WHERE batch = ?", (batch.uuid,))

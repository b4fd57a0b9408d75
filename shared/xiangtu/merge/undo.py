"""Undo: taking a batch out of the set of changes the county is made of.

The changes stay in the journal, no longer live; merging the same package again brings them back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from ..errors import Cancelled, MergeRefused
from ..store import SurveyFile
from ..store.system_tables import NOW
from . import likeness
from .batches import Batch, close_batch, find_batch, open_batch
from .changes import GONE, LINEAGE, Change, Knowledge, changes_of, with_names
from .kinship import SAME
from .office_edits import catch_up
from .state import Settling
from .successors import CARRY
from .titles import titles
from .weighing import carry_out, weigh

#: So many of the records that build on a batch are named in a refusal; all are in its facts.
_NAMED = 5


@dataclass(frozen=True)
class Dependent:
    """A later change that builds on one of a batch; `batch` is None for an edit in the office."""

    record: str
    layer: str
    change: str
    batch: int | None
    author: str


def dependents(file: SurveyFile, batch: Batch) -> list[Dependent]:
    """Live changes outside the batch whose authors had seen, and built on, one inside it.

    Costs what the batch changed, with the parts of its records.
    """
    connection = file.connection
    records = {
        record
        for (record,) in connection.execute(
            "SELECT DISTINCT record FROM change WHERE batch = ? AND live = 1", (batch.uuid,)
        )
    }
    settling = Settling(file)
    parents: dict[str, set[str]] = {}
    for record in records:
        for child, _ in settling.children_ever(record):
            parents.setdefault(child, set()).add(record)
    histories = changes_of(connection, records | set(parents))
    inside = {
        record: [change for change in histories.get(record, []) if change.batch == batch.uuid]
        for record in records
    }
    begun = {
        record: [change for change in own if change.operation == "insert"]
        for record, own in inside.items()
    }
    knowledge = Knowledge(connection)
    joinings = _joinings(file, records)
    numbers = dict(connection.execute("SELECT uuid, number FROM batch"))
    return [
        Dependent(
            other.record,
            other.layer,
            other.uuid,
            numbers.get(other.batch) if other.batch else None,
            other.author,
        )
        for record, changes in histories.items()
        for other in changes
        if other.batch != batch.uuid
        and (
            any(
                knowledge.sees(other, mine)
                and (_copies(other, joinings) or _same_matter(file, other, mine))
                for mine in inside.get(record, ())
            )
            or any(
                knowledge.sees(other, mine)
                for parent in parents.get(record, ())
                for mine in begun[parent]
            )
        )
    ]


def _names(file: SurveyFile, building: Sequence[Dependent]) -> str:
    """What people call the records that build on a batch, else their uuids."""
    records = list(dict.fromkeys((each.layer, each.record) for each in building))
    called = titles(file, records[:_NAMED])
    named = [called.get(record, record) for _, record in records[:_NAMED]]
    return ", ".join(named) + (" …" if len(records) > _NAMED else "")


def _joinings(file: SurveyFile, records: Iterable[str]) -> set[str]:
    """The batches in which these records were joined to others."""
    with_names(file.connection, records)
    return {
        batch
        for (batch,) in file.connection.execute(
            "SELECT l.batch FROM temp.named n CROSS JOIN lineage l ON l.parent = n.uuid "
            "WHERE l.kind = ? AND l.batch IS NOT NULL",
            (SAME,),
        )
    }


def _copies(later: Change, joinings: set[str]) -> bool:
    """Whether a decision took values of this record over into others: edits carried into the
    parts of a split record, a record joined to another."""
    return later.values.get(LINEAGE) == CARRY or (
        later.says == GONE and later.batch is not None and later.batch in joinings
    )


def _same_matter(file: SurveyFile, later: Change, earlier: Change) -> bool:
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
            names=_names(file, building),
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
    kin = connection.execute(
        "SELECT parent, child FROM lineage WHERE batch = ?", (batch.uuid,)
    ).fetchall()
    connection.execute("DELETE FROM lineage WHERE batch = ?", (batch.uuid,))
    connection.execute(
        f"UPDATE held SET released_at = {NOW} WHERE batch = ? AND released_at IS NULL",
        (batch.uuid,),
    )
    connection.execute(
        "UPDATE package SET state = 'undone', batch = NULL WHERE batch = ?", (batch.uuid,)
    )
    reopened = _reopen_decisions(file, batch)
    verdict = weigh(file, again=records)
    outcome = Settling(file).settle(records | carry_out(file, verdict))
    likeness.propose(file, (records | reopened | outcome.touched).union(*kin))
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


def _reopen_decisions(file: SurveyFile, batch: Batch) -> set[str]:
    """Take back what the batch decided of pairs; the records of those, to be looked at again.

    A pair that was kept apart before it was joined is kept apart again.
    """
    connection = file.connection
    subjects = {
        subject
        for (subject,) in connection.execute(
            "SELECT subject FROM decision WHERE batch = ? AND undone_at IS NULL "
            "AND kind IN ('join', 'apart')",
            (batch.uuid,),
        )
    }
    connection.execute(f"UPDATE decision SET undone_at = {NOW} WHERE batch = ?", (batch.uuid,))
    records: set[str] = set()
    for subject in subjects:
        apart = connection.execute(
            "SELECT 1 FROM decision WHERE subject = ? AND kind = 'apart' AND undone_at IS NULL",
            (subject,),
        ).fetchone()
        connection.execute(
            "UPDATE duplicate SET state = ?, survivor = NULL WHERE id = ?",
            ("apart" if apart else "open", subject),
        )
        records.update(*connection.execute("SELECT a, b FROM duplicate WHERE id = ?", (subject,)))
    return records

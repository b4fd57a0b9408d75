"""Joining two records of one thing, and taking them apart again."""

from __future__ import annotations

from dataclasses import dataclass

from ..catalogue.model import Layer
from ..errors import BadInput, MergeRefused
from ..store import SurveyFile
from ..store.system_tables import NEW_UUID, NOW
from .batches import Batch, close_batch, open_batch, write_decision
from .changes import GONE, KEEP, RECORD, changes_of, with_names
from .conflicts import log_decision
from .duplicates import Pair, find_pair
from .kinship import SAME, row_of
from .likeness import pair_id, propose
from .state import Settling
from .undo import undo


def join(
    file: SurveyFile, name: str, *, author: str, reason: str = "", survivor: str | None = None
) -> Batch:
    """Make one record of a pair: the survivor keeps its uuid, the other's parts follow it.

    By default the county's own record survives, else the one of the lowest device and number.
    Values that the survivor lacks are taken from the other. Both histories are kept, later edits
    to the joined-away record go to the survivor, and undoing the batch takes them apart.

    MergeRefused: "duplicate.settled", "duplicate.gone", and "duplicate.in_conflict" for a record
    with an open conflict, one side of which would be lost to sight. BadInput: "duplicate.unknown",
    "duplicate.survivor".
    """
    with file.atomic(quiet=True, doing="decide", author=author):
        pair = find_pair(file, name)
        if pair.state == "joined":
            raise MergeRefused("duplicate.settled", pair=name, state=pair.state)
        if survivor is not None and survivor not in (pair.a, pair.b):
            raise BadInput("duplicate.survivor", pair=name, survivor=survivor)
        return _join(file, pair, survivor or _elder(file, pair), author, reason)


def _elder(file: SurveyFile, pair: Pair) -> str:
    histories = changes_of(file.connection, (pair.a, pair.b))
    first = {
        record: min(change.order for change in changes if change.operation == "insert")
        for record, changes in histories.items()
    }
    for record in (pair.a, pair.b):
        if record not in first:
            raise MergeRefused("duplicate.gone", record=record, layer=pair.layer)
    return min(first, key=lambda record: (first[record][0] != file.device_id, first[record]))


def _join(file: SurveyFile, pair: Pair, survivor: str, author: str, reason: str) -> Batch:
    layer = file.catalogue.layer(pair.layer)
    away = pair.b if survivor == pair.a else pair.a
    kept, other = _row(file, layer, survivor), _row(file, layer, away)
    _refuse_conflicts(file, pair)
    batch = open_batch(file, "decision", author)
    chosen: dict[str, object] = {}
    for columns in layer.units.values():
        lacking = all(kept[column] is None for column in columns)
        if any(kept[column] != other[column] for column in columns):
            source = other if lacking else kept
            chosen |= {column: source[column] for column in columns}
    # Who joins says that the thing is there: a deletion by somebody who does not know of it is a
    # conflict, and nothing that the survivor rests on can be undone before the joining.
    write_decision(file, batch, pair.layer, survivor, {RECORD: KEEP, **chosen}, kept)
    change = write_decision(file, batch, pair.layer, away, {RECORD: GONE})
    file.connection.execute(
        "INSERT INTO lineage (uuid, layer, parent, child, kind, at, author, device, batch) "
        f"VALUES ({NEW_UUID}, ?, ?, ?, ?, {NOW}, ?, ?, ?)",
        (pair.layer, away, survivor, SAME, author, file.device_id, batch.uuid),
    )
    _note(file, pair, "joined", survivor)
    log_decision(file, batch, "join", pair.id, survivor, reason, change)
    outcome = Settling(file).settle((survivor, away))
    propose(file, {survivor, away} | outcome.touched)
    close_batch(file, batch, {"joined": away, "survivor": survivor})
    return batch


def keep_apart(file: SurveyFile, name: str, *, author: str, reason: str = "") -> Batch:
    """Say of a proposed pair that they are two things; a joined pair is taken apart again.

    Later joinings that hang together with it are taken back for that and made again, as the
    decisions of those who made them, so of a chain the middle one can be taken apart too.
    MergeRefused("undo.depends") if somebody built on the joining.
    """
    with file.atomic(quiet=True, doing="decide", author=author):
        pair = find_pair(file, name)
        later: list[_Joining] = []
        if pair.state == "joined":
            first, *later = _joinings_from(file, pair)
            for joining in (*reversed(later), first):
                undo(file, joining.batch, author=author)
        batch = open_batch(file, "decision", author)
        _note(file, pair, "apart", None)
        log_decision(file, batch, "apart", pair.id, "", reason, None)
        propose(file, (pair.a, pair.b))
        close_batch(file, batch, {"apart": [pair.a, pair.b]})
        for joining in later:
            _join(file, joining.pair, joining.survivor, joining.author, joining.reason)
    return batch


@dataclass(frozen=True)
class _Joining:
    """A joining in force: its pair, who stayed, who joined and why, and its batch."""

    pair: Pair
    survivor: str
    author: str
    reason: str
    batch: str


def _joinings_from(file: SurveyFile, pair: Pair) -> list[_Joining]:
    """The joining of a pair, and all made after it that hang together with it, the oldest first."""
    records = {pair.a, pair.b}
    found: dict[str, tuple[int, str, str]] = {}
    first = 0
    while True:
        rows = _joined(file, records)
        if not found:
            first = next(number for _, number, *both in rows if set(both) == {pair.a, pair.b})
        later = {
            batch: (number, parent, child)
            for batch, number, parent, child in rows
            if number >= first and batch not in found
        }
        if not later:
            break
        found |= later
        records = {record for _, *both in later.values() for record in both}
    return [
        _Joining(find_pair(file, pair_id(away, survivor)), survivor, *_why(file, batch), batch)
        for batch, (_, away, survivor) in sorted(found.items(), key=lambda item: item[1])
    ]


def _joined(file: SurveyFile, records: set[str]) -> list[tuple[str, int, str, str]]:
    """(batch, its number, joined-away record, survivor) of joinings that name a record."""
    with_names(file.connection, records)
    return [
        row
        for column in ("parent", "child")
        for row in file.connection.execute(
            "SELECT l.batch, b.number, l.parent, l.child FROM temp.named n "
            f"CROSS JOIN lineage l ON l.{column} = n.uuid JOIN batch b ON b.uuid = l.batch "
            "WHERE l.kind = ?",
            (SAME,),
        )
    ]


def _why(file: SurveyFile, batch: str) -> tuple[str, str]:
    """Who joined in that batch, and the reason."""
    author, reason = file.connection.execute(
        "SELECT author, reason FROM decision WHERE kind = 'join' AND batch = ?", (batch,)
    ).fetchone()
    return author, reason


def _note(file: SurveyFile, pair: Pair, state: str, survivor: str | None) -> None:
    """Write how a pair stands; it may not be proposed any more."""
    file.connection.execute(
        "INSERT INTO duplicate (id, layer, a, b, reason, state, survivor) VALUES (?,?,?,?,?,?,?) "
        "ON CONFLICT (id) DO UPDATE SET state = excluded.state, survivor = excluded.survivor",
        (pair.id, pair.layer, pair.a, pair.b, pair.reason, state, survivor),
    )


def _refuse_conflicts(file: SurveyFile, pair: Pair) -> None:
    names = [
        name
        for (name,) in file.connection.execute(
            "SELECT id FROM conflict WHERE record IN (?, ?) ORDER BY id", (pair.a, pair.b)
        )
    ]
    if names:
        raise MergeRefused("duplicate.in_conflict", pair=pair.id, conflicts=", ".join(names))


def _row(file: SurveyFile, layer: Layer, record: str) -> dict[str, object]:
    found = row_of(file, layer, record, layer.columns)
    if found is None:
        raise MergeRefused("duplicate.gone", record=record, layer=layer.name)
    return found

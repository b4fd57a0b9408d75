"""Conflicts: listing them with what each side says, and deciding them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from ..catalogue.model import Layer
from ..errors import BadInput
from ..store import SurveyFile
from ..store.system_tables import NEW_UUID, NOW
from .batches import Batch, close_batch, open_batch, write_decision
from .changes import KEEP, LINEAGE, RECORD, Change, Knowledge, changes_of, with_names
from .kinship import above_in_conflict
from .likeness import propose
from .neighbours import Neighbour
from .office_edits import catch_up
from .proposals import add_proposals
from .resolve import head_values
from .state import Outcome, Settling
from .successors import CARRY, PARTS, WHOLE, divide_or_keep, write_gone

#: What is taken in place of a head: the outline in which every side's corners are moved.
COMBINED = "combined"


@dataclass(frozen=True)
class Head:
    """One side of a conflict: who says what. For a record's existence `says` is keep or gone, for
    one that was split or joined unseen whole or parts; `layer` and `record` are what was changed
    then, the record itself or a part of it."""

    number: int
    change: str
    author: str
    device: str
    time: str
    operation: str
    values: Mapping[str, object]
    says: str | None = None
    layer: str = ""
    record: str = ""


@dataclass(frozen=True)
class Conflict:
    """A unit of a record on which people disagree without having seen each other's value.

    `unit` is a unit of merge, or a pseudo-unit ("@record" when one deleted what another edited).
    `base` is what all of them had before them; `shown` the value in the table meanwhile.
    `combined` are the values of an outline in which the corners that different heads moved are
    all moved, to be confirmed by a person; None where there is none. Its measuring fields are
    those of the least accurate head, since it is no better than its worst corner. `neighbours`
    share an edge that a head moved.
    """

    id: str
    layer: str
    record: str
    unit: str
    village: str | None
    heads: tuple[Head, ...]
    base: Mapping[str, object]
    shown: Mapping[str, object]
    combined: Mapping[str, object] | None = None
    neighbours: tuple[Neighbour, ...] = ()


@dataclass(frozen=True)
class Which:
    """Which conflicts are meant: those that meet every condition that is not None.

    `field` is a column, a unit of merge or a pseudo-unit; `device` one that is a side.
    """

    layer: str | None = None
    field: str | None = None
    village: str | None = None
    device: str | None = None
    record: str | None = None


_Row = tuple[str, str, str, str, str | None, str]
_EVERY = Which()


def list_conflicts(
    file: SurveyFile, which: Which = _EVERY, *, limit: int | None = None, offset: int = 0
) -> list[Conflict]:
    """The open conflicts, by layer, record and unit: at most `limit`, from the `offset`th on.

    Raises BadInput for a layer or field that is not there.
    """
    found = open_conflicts(file, which, limit=limit, offset=offset)
    return add_proposals(file, found, neighbours=True)


def open_conflicts(
    file: SurveyFile, which: Which = _EVERY, *, limit: int | None = None, offset: int = 0
) -> list[Conflict]:
    """As `list_conflicts`, without what can be proposed: sooner, where only heads matter."""
    catch_up(file)
    where, parameters = _where(file, which)
    rows = file.connection.execute(
        "SELECT id, layer, record, unit, village, heads FROM conflict k "
        f"WHERE {where} ORDER BY layer, record, unit LIMIT ? OFFSET ?",
        [*parameters, -1 if limit is None else limit, offset],
    ).fetchall()
    return _gather(file, rows)


def count_conflicts(file: SurveyFile, which: Which = _EVERY) -> int:
    """How many conflicts are open."""
    catch_up(file)
    where, parameters = _where(file, which)
    (count,) = file.connection.execute(
        f"SELECT count(*) FROM conflict k WHERE {where}", parameters
    ).fetchone()
    return count


def _where(file: SurveyFile, which: Which) -> tuple[str, list[object]]:
    wheres = ["1"]
    parameters: list[object] = []
    for column, value in (
        ("layer", which.layer and file.catalogue.layer(which.layer).name),
        ("record", which.record),
        ("village", which.village),
    ):
        if value is not None:
            wheres.append(f"k.{column} = ?")
            parameters.append(value)
    if which.field is not None:
        wheres.append("k.unit IN (SELECT value FROM json_each(?))")
        parameters.append(json.dumps(sorted(_units(file, which.layer, which.field))))
    if which.device is not None:
        wheres.append(
            "EXISTS (SELECT 1 FROM json_each(k.heads) h CROSS JOIN change c ON c.uuid = h.value "
            "WHERE c.device = ?)"
        )
        parameters.append(which.device)
    return " AND ".join(wheres), parameters


def _units(file: SurveyFile, layer: str | None, field: str) -> set[str]:
    """The units of merge that a person means by a column, a unit or a pseudo-unit."""
    if field in PSEUDO_UNITS:
        return {field}
    layers = file.catalogue.layers.values() if layer is None else [file.catalogue.layer(layer)]
    units = {
        field if field in each.units else each.unit_of(field)
        for each in layers
        if field in each.units or field in each.columns
    }
    if not units and layer is None:
        raise BadInput("conflict.field_unknown", field=field)
    if not units:
        raise BadInput("field.unknown", layer=layer, field=field)
    return units


# -- what the sides say -----------------------------------------------------------------------


def _gather(file: SurveyFile, rows: Sequence[_Row]) -> list[Conflict]:
    """The conflicts of rows of table conflict, without proposals; each table is asked once."""
    histories = changes_of(file.connection, {row[2] for row in rows})
    by_uuid = {change.uuid: change for changes in histories.values() for change in changes}
    wanted = {row[0]: json.loads(row[5]) for row in rows}
    missing = {uuid for uuids in wanted.values() for uuid in uuids if uuid not in by_uuid}
    by_uuid |= _elsewhere(file, missing)
    standing = _standing(file, rows)
    knowledge = Knowledge(file.connection)
    found = []
    for row in rows:
        name, layer_name, record, unit, village, _ = row
        layer = file.catalogue.layer(layer_name)
        changes = histories.get(record, [])
        heads = [by_uuid[uuid] for uuid in wanted[name]]
        columns = layer.units.get(unit, ())
        found.append(
            Conflict(
                name,
                layer_name,
                record,
                unit,
                village,
                tuple(
                    _head(layer, unit, place, head, changes, knowledge)
                    for place, head in enumerate(heads, 1)
                ),
                _base(layer, unit, heads, changes, knowledge) if columns else {},
                standing.get((layer_name, unit), {}).get(record, {}),
            )
        )
    return found


def _head(
    layer: Layer,
    unit: str,
    number: int,
    head: Change,
    changes: Sequence[Change],
    knowledge: Knowledge,
) -> Head:
    return Head(
        number,
        head.uuid,
        head.author,
        head.device,
        head.time,
        head.operation,
        head_values(layer, unit, head, changes, knowledge) if unit in layer.units else head.values,
        _says(unit, head, changes),
        head.layer,
        head.record,
    )


def _says(unit: str, head: Change, changes: Sequence[Change]) -> str | None:
    if unit == RECORD:
        return head.says or KEEP
    if unit == LINEAGE:
        return WHOLE if head in changes else PARTS
    return None


def _base(
    layer: Layer,
    unit: str,
    heads: Sequence[Change],
    changes: Sequence[Change],
    knowledge: Knowledge,
) -> Mapping[str, object]:
    """What all of them had before them."""
    columns = layer.units[unit]
    common = [
        change
        for change in changes
        if (change.operation == "insert" or any(each in change.values for each in columns))
        and all(head is not change and knowledge.sees(head, change) for head in heads)
    ]
    before = knowledge.heads(common)
    return head_values(layer, unit, before[0], changes, knowledge) if before else {}


def _elsewhere(file: SurveyFile, uuids: Iterable[str]) -> dict[str, Change]:
    """Heads that are changes of other records: a part of a deleted record, or a joined one."""
    with_names(file.connection, uuids)
    records = {
        record
        for (record,) in file.connection.execute(
            "SELECT c.record FROM temp.named n CROSS JOIN change c ON c.uuid = n.uuid"
        )
    }
    return {
        change.uuid: change
        for changes in changes_of(file.connection, records).values()
        for change in changes
    }


def _standing(
    file: SurveyFile, rows: Sequence[_Row]
) -> dict[tuple[str, str], dict[str, Mapping[str, object]]]:
    """(layer, unit) → record → what stands in the table of that unit's columns."""
    records: dict[tuple[str, str], list[str]] = {}
    for _, layer, record, unit, _, _ in rows:
        records.setdefault((layer, unit), []).append(record)
    found: dict[tuple[str, str], dict[str, Mapping[str, object]]] = {}
    for (name, unit), uuids in records.items():
        columns = file.catalogue.layer(name).units.get(unit)
        if columns is None:
            continue
        with_names(file.connection, uuids)
        names = ", ".join(f't."{column}"' for column in columns)
        found[name, unit] = {
            uuid: dict(zip(columns, values, strict=True))
            for uuid, *values in file.connection.execute(
                f'SELECT t.uuid, {names} FROM temp.named n CROSS JOIN "{name}" t ON t.uuid = n.uuid'
            )
        }
    return found


# -- deciding ---------------------------------------------------------------------------------


def take(file: SurveyFile, name: str, head: str, *, author: str, reason: str = "") -> Batch:
    """Decide one conflict for one of its heads, or for the combined outline.

    Parameters
    ----------
    name : str
        The conflict's id.
    head : str
        The head's number as listed, the beginning of its change's uuid, "combined" where a
        combined outline is proposed; where a record's existence is in question, "keep" or
        "gone"; where it was split or joined unseen, "parts", "carry" or "whole" (see successors).

    Raises BadInput for a conflict or head that is not there.
    """
    return take_all(file, [(name, head)], author=author, reason=reason)


def take_all(
    file: SurveyFile, choices: Sequence[tuple[str, str]], *, author: str, reason: str = ""
) -> Batch:
    """Decide several conflicts as one batch; choices are (conflict id, head)."""
    with file.atomic(quiet=True, doing="decide", author=author):
        catch_up(file)
        known = named_conflicts(file, dict(choices))
        chosen = []
        for name, wanted in choices:
            if name not in known:
                raise BadInput("conflict.unknown", conflict=name)
            chosen.append((known[name], side_of(known[name], wanted)))
        batch = open_batch(file, "decision", author)
        outcome = write_choices(file, batch, chosen, reason)
        report = {
            "settled": sorted(outcome.conflicts_closed),
            "inserted": len(outcome.inserted),
            "updated": len(outcome.updated),
            "deleted": len(outcome.deleted),
        }
        close_batch(file, batch, report)
    return replace(batch, report=report)


def named_conflicts(file: SurveyFile, choices: Mapping[str, str]) -> dict[str, Conflict]:
    """The conflicts of these ids, each with the side that is wanted of it; those of which the
    combined outline is wanted come with their proposal."""
    with_names(file.connection, choices)
    rows = file.connection.execute(
        "SELECT k.id, k.layer, k.record, k.unit, k.village, k.heads FROM temp.named n "
        "CROSS JOIN conflict k ON k.id = n.uuid"
    ).fetchall()
    found = _gather(file, rows)
    wanted = [each for each in found if choices[each.id] == COMBINED]
    return {each.id: each for each in (*found, *add_proposals(file, wanted))}


def side_of(conflict: Conflict, wanted: str) -> Head:
    """The head that a person named; for "combined" one that has the combined values."""
    if wanted == COMBINED:
        if conflict.combined is None:
            raise BadInput("conflict.not_combinable", conflict=conflict.id)
        return Head(0, COMBINED, "", "", "", "decide", conflict.combined)
    found = [
        head
        for head in conflict.heads
        if str(head.number) == wanted or (len(wanted) >= 8 and head.change.startswith(wanted))
    ]
    if conflict.unit == LINEAGE and wanted == CARRY:
        return Head(0, CARRY, "", "", "", "decide", {}, CARRY)
    if not found and conflict.unit in PSEUDO_UNITS:
        found = [head for head in conflict.heads if head.says == wanted]
        if conflict.unit == RECORD or wanted == WHOLE:
            found = found[:1]
    if len(found) != 1:
        raise BadInput(
            "conflict.head_unknown",
            conflict=conflict.id,
            head=wanted,
            heads=", ".join(str(head.number) for head in conflict.heads),
        )
    return found[0]


def write_choices(
    file: SurveyFile, batch: Batch, chosen: Iterable[tuple[Conflict, Head]], reason: str
) -> Outcome:
    """Journal and log what was chosen, and settle the records; inside the caller's quiet
    transaction."""
    records: set[str] = set()
    for conflict, head in chosen:
        change = None
        if conflict.unit in PSEUDO_UNITS:
            records |= PSEUDO_UNITS[conflict.unit](file, batch, conflict, head)
        else:
            change = write_decision(
                file, batch, conflict.layer, conflict.record, head.values, conflict.shown
            )
            records.add(conflict.record)
        log_decision(file, batch, "take", conflict.id, head.change, reason, change)
    outcome = Settling(file).settle(records)
    propose(file, outcome.touched)
    return outcome


def _decide_existence(file: SurveyFile, batch: Batch, conflict: Conflict, head: Head) -> set[str]:
    """Write keep or gone for the record: gone for every part of one that goes, keep for all that
    one that stays is a part of, where that is in question."""
    if head.says == KEEP:
        records = {conflict.record}
        write_decision(file, batch, conflict.layer, conflict.record, {RECORD: KEEP})
        # A part cannot stay without what it is a part of, whatever was said of that before.
        for layer, record in above_in_conflict(file, conflict.layer, conflict.record):
            records.add(record)
            write_decision(file, batch, layer, record, {RECORD: KEEP})
        return records
    return write_gone(file, batch, conflict.layer, conflict.record)


def _decide_lineage(file: SurveyFile, batch: Batch, conflict: Conflict, head: Head) -> set[str]:
    layer = file.catalogue.layer(conflict.layer)
    return divide_or_keep(file, batch, layer, conflict.record, str(head.says), head.device)


#: What people can disagree on that is no column: unit → how it is decided for a head. Each
#: writes what the head says and returns the records to be settled.
PSEUDO_UNITS: Mapping[str, Callable[[SurveyFile, Batch, Conflict, Head], set[str]]] = {
    RECORD: _decide_existence,
    LINEAGE: _decide_lineage,
}


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

"""What becomes of a record that one side edited while another, not knowing, split or joined it.

Three answers: the parts stand as they are ("parts"), they stand and take the edited values over
("carry"), or the record stays whole and the parts go ("whole"). What is not taken stays in the
history.
"""

from __future__ import annotations

from collections.abc import Sequence

from ..catalogue.model import GEOMETRY_COLUMN, Layer
from ..errors import BadInput
from ..store import SurveyFile
from .batches import Batch, write_decision
from .changes import GONE, LINEAGE, RECORD, Change
from .kinship import SAME, parts_of, row_of
from .resolve import head_values
from .state import Settling

PARTS = "parts"
CARRY = "carry"
WHOLE = "whole"
#: Units of a record that are its own, and mean nothing to what came from it.
_OWN = (GEOMETRY_COLUMN, "ended_on", "began_on")


def divide_or_keep(
    file: SurveyFile, batch: Batch, layer: Layer, record: str, choice: str, device: str | None
) -> set[str]:
    """Write the decision on a record; returns the records to be settled.

    `choice` is PARTS, CARRY or WHOLE; where several split it, with PARTS those parts stand that
    `device` made, and BadInput("conflict.carry_several") says that nothing can be carried.
    """
    edits, heirs = Settling(file).unaware(record)
    if choice == CARRY and len({heir.device for heir in heirs}) > 1:
        raise BadInput("conflict.carry_several", record=record)
    write_decision(file, batch, layer.name, record, {LINEAGE: choice})
    settle = {record}
    going = [
        heir
        for heir in heirs
        if choice == WHOLE or (choice == PARTS and device and heir.device != device)
    ]
    for heir in going:
        settle |= write_gone(file, batch, heir.layer, heir.record)
    if choice == WHOLE:
        for parent, divider in sorted(
            {(parent, heir.device) for heir in heirs for parent in _came_from(file, heir.record)}
        ):
            settle.add(parent)
            _make_whole(file, batch, layer, parent, divider)
    if choice == CARRY:
        for heir in heirs:
            settle.add(heir.record)
            _carry(file, batch, layer, record, heir.record, edits)
    return settle


def parts_of_side(file: SurveyFile, record: str, device: str) -> list[tuple[str, str]]:
    """(layer, uuid) of what a device made out of a record by splitting or joining it, and that
    is in question."""
    _, heirs = Settling(file).unaware(record)
    return [(heir.layer, heir.record) for heir in heirs if heir.device == device]


def write_gone(file: SurveyFile, batch: Batch, layer: str, record: str) -> set[str]:
    """Decide that a record goes, with every part of it; returns them all."""
    gone: set[str] = set()
    level = [(layer, record)]
    while level:
        for name, uuid in level:
            gone.add(uuid)
            write_decision(file, batch, name, uuid, {RECORD: GONE})
        level = [
            part for parent in level for part in parts_of(file, *parent) if part[1] not in gone
        ]
    return gone


def _came_from(file: SurveyFile, record: str) -> list[str]:
    return [
        parent
        for (parent,) in file.connection.execute(
            "SELECT DISTINCT parent FROM lineage WHERE child = ? AND kind <> ? ORDER BY parent",
            (record, SAME),
        )
    ]


def _make_whole(file: SurveyFile, batch: Batch, layer: Layer, record: str, divider: str) -> None:
    """Take back what the device that split or joined a record did to the record itself: its end,
    or, as QGIS splits, the outline that was cut. What others say of it stands; where they differ
    it stays open."""
    settling = Settling(file)
    history = settling.history(record)
    theirs = [change for change in history if change.device == divider]
    ended = any(change.values.get("ended_on") for change in theirs)
    unit = "ended_on" if ended else GEOMETRY_COLUMN
    if unit not in layer.units:
        return
    columns = layer.units[unit]
    heads = settling.heads_of(record, columns)
    others = [head for head in heads if head.device != divider]
    last = next((head for head in heads if head.device == divider), None)
    if last is None or last.operation == "insert" or len(others) > 1:
        return
    if others:
        before = head_values(layer, unit, others[0], history, settling.knowledge)
    else:
        before = {name: last.old.get(name) for name in columns}
    write_decision(
        file, batch, layer.name, record, before, row_of(file, layer, record, columns) or {}
    )


def _carry(
    file: SurveyFile, batch: Batch, layer: Layer, record: str, heir: str, edits: Sequence[Change]
) -> None:
    """Give a part the edited values, where it still has what the record had before."""
    before: dict[str, object] = {}
    for edit in sorted(edits, key=lambda each: each.order):
        for name, old in edit.old.items():
            before.setdefault(name, old)
    chosen: dict[str, object] = {}
    kept: dict[str, object] = {}
    for unit, columns in layer.units.items():
        if unit in (*_OWN, layer.key) or not any(name in before for name in columns):
            continue
        now, theirs = row_of(file, layer, record, columns), row_of(file, layer, heir, columns)
        if now is None or theirs is None or now == theirs:
            continue
        if all(theirs[name] == before.get(name, now[name]) for name in columns):
            chosen |= now
            kept |= theirs
    if chosen:
        write_decision(file, batch, layer.name, heir, chosen, kept)

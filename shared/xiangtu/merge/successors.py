"""What becomes of a record that one side edited while another, not knowing, split or joined it.

Three answers: the parts stand as they are ("parts"), they stand and take the edited values over
("carry"), or the record stays whole and the parts go ("whole"). Nothing is lost by either: what
is not taken stays in the history.
"""

from __future__ import annotations

from collections.abc import Sequence

from ..catalogue.model import GEOMETRY_COLUMN, Layer
from ..store import SurveyFile
from .batches import Batch, write_decision
from .changes import GONE, LINEAGE, RECORD, Change
from .kinship import SAME, parts_of
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
    `device` made.
    """
    edits, heirs = Settling(file).unaware(record)
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
        for heir in heirs:
            for parent in _came_from(file, heir.record):
                settle.add(parent)
                _make_whole(file, batch, layer, parent, heir)
    if choice == CARRY:
        for heir in heirs:
            settle.add(heir.record)
            _carry(file, batch, layer, record, heir.record, edits)
    return settle


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


def _make_whole(file: SurveyFile, batch: Batch, layer: Layer, record: str, heir: Change) -> None:
    """Take back what whoever made `heir` did to the record itself: its end, or, as QGIS splits,
    the outline that was cut."""
    histories = Settling(file).history(record)
    theirs = [change for change in histories if change.device == heir.device]
    for unit in ("ended_on", GEOMETRY_COLUMN):
        last = next((each for each in reversed(theirs) if unit in each.values), None)
        if last is None or last.operation == "insert":
            continue
        columns = layer.units[unit]
        now = _row(file, layer, record, columns)
        if now is not None and now == {name: last.values.get(name) for name in columns}:
            before = {name: last.old.get(name) for name in columns}
            write_decision(file, batch, layer.name, record, before, now)
        if unit == "ended_on":
            break  # it was ended, not cut


def _carry(
    file: SurveyFile, batch: Batch, layer: Layer, record: str, heir: str, edits: Sequence[Change]
) -> None:
    """Give a part the edited values, where it still has what the record had before."""
    before: dict[str, object] = {}
    for edit in edits:
        for name, old in edit.old.items():
            before.setdefault(name, old)
    chosen: dict[str, object] = {}
    kept: dict[str, object] = {}
    for unit, columns in layer.units.items():
        if unit in (*_OWN, layer.key) or not any(name in before for name in columns):
            continue
        now, theirs = _row(file, layer, record, columns), _row(file, layer, heir, columns)
        if now is None or theirs is None or now == theirs:
            continue
        if all(theirs[name] == before.get(name, now[name]) for name in columns):
            chosen |= now
            kept |= theirs
    if chosen:
        write_decision(file, batch, layer.name, heir, chosen, kept)


def _row(
    file: SurveyFile, layer: Layer, record: str, columns: Sequence[str]
) -> dict[str, object] | None:
    names = ", ".join(f'"{name}"' for name in columns)
    row = file.connection.execute(
        f'SELECT {names} FROM "{layer.name}" WHERE uuid = ?', (record,)
    ).fetchone()
    return dict(zip(columns, row, strict=True)) if row else None

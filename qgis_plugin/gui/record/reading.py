"""What the dialog of a record reads in the background: its history in words, what is private."""

from __future__ import annotations

from typing import Any, NamedTuple

import shapely
from qgis.PyQt.QtCore import QCoreApplication
from xiangtu.catalogue.model import GEOMETRY_COLUMN
from xiangtu.cli.language import Translation
from xiangtu.cli.naming import Naming
from xiangtu.errors import BadInput
from xiangtu.geo import blobs
from xiangtu.merge.titles import titles
from xiangtu.store import SurveyFile, history
from xiangtu.store.history import HistoryEntry, HistoryValue

from ..words import cell, local_time, operation

translate = QCoreApplication.translate

_SECRET = "_secret"


class Line(NamedTuple):
    """One field of a change: what stood before and after it; shapes where it is an outline.

    `can_restore` says of the value before and the one after whether it can come back.
    """

    change: str
    field: str
    label: str
    before: str
    after: str
    shapes: tuple[shapely.Geometry | None, shapely.Geometry | None]
    can_restore: tuple[bool, bool]


class Entry(NamedTuple):
    """One change: when, as the clock here shows it, who, what."""

    time: str
    who: str
    what: str
    reason: str
    lines: list[Line]


class Private(NamedTuple):
    """A private field of the record, with the masked text that everybody sees."""

    field: str
    label: str
    masked: str


class RecordReading(NamedTuple):
    """A record: `now` is its shape, `exists` is False of one that was deleted."""

    title: str
    exists: bool
    entries: list[Entry]
    private: list[Private]
    now: shapely.Geometry | None
    srid: int


def read(file: SurveyFile, layer_name: str, uuid: str, language: str) -> RecordReading:
    """The history of a record, the latest change first.

    BadInput("record.unknown") where neither the file nor its journal knows it.
    """
    layer = file.catalogue.layer(layer_name)
    record = file.get(layer_name, uuid)
    entries = file.history(uuid)
    if record is None and not entries:
        raise BadInput("record.unknown", path=str(file.path), record=uuid)
    names = Naming.of(file, Translation(language)).knowing(file, history.values_of(entries))
    why = history.reasons(file, uuid)
    called = titles(file, [(layer_name, uuid)]).get(uuid, "")
    return RecordReading(
        f"{names.layer(layer_name)} {called}".strip(),
        record is not None,
        [_entry(each, names, why.get(each.uuid, ""), set(layer.columns)) for each in entries][::-1],
        [
            Private(each.name, each.label.in_language(language), str(record[each.name]))
            for each in layer.fields.values()
            if each.sensitive and record is not None and record[each.name] is not None
        ],
        record[GEOMETRY_COLUMN] if record is not None and layer.geometry else None,
        file.srid,
    )


def _entry(entry: HistoryEntry, names: Naming, reason: str, columns: set[str]) -> Entry:
    what = operation(entry.operation)
    if not entry.live:
        what += translate("Xiangtu", " (not in force: undone or held back)")
    return Entry(
        local_time(entry.time),
        f"{entry.author} · {names.tablet(entry.device)}".strip(" ·"),
        what,
        reason,
        [
            _line(entry, value, names, columns)
            for value in entry.values
            if value.old != value.new and not value.field.endswith(_SECRET)
        ],
    )


def _line(entry: HistoryEntry, value: HistoryValue, names: Naming, columns: set[str]) -> Line:
    outline = value.field == GEOMETRY_COLUMN
    shapes = (_shape(value.old), _shape(value.new)) if outline else (None, None)
    pseudo = value.field.startswith("@") or outline
    label = (names.unit if pseudo else names.field)(entry.layer, value.field)
    known = value.field in columns
    return Line(
        entry.uuid,
        value.field,
        label,
        _said(entry.layer, value.field, value.old, shapes[0], names),
        _said(entry.layer, value.field, value.new, shapes[1], names),
        shapes,
        (known and entry.operation != "insert", known and entry.operation != "delete"),
    )


def _said(layer: str, field: str, value: Any, shape: shapely.Geometry | None, names: Naming) -> str:
    """A value as a person says it; an outline by its area, a line by its length."""
    if shape is not None and shape.area:
        return f"{shape.area:.2f} m²"
    if shape is not None and shape.length:
        return f"{shape.length:.1f} m"
    if shape is not None and shape.geom_type == "Point":
        return f"{shape.x:.3f}, {shape.y:.3f}"
    return cell(names, layer, field, value) or "–"


def _shape(blob: bytes | None) -> shapely.Geometry | None:
    """An outline of the journal; None where there is none, or one that cannot be read."""
    try:
        return None if blob is None else blobs.decode_one(blob)
    except BadInput:
        return None

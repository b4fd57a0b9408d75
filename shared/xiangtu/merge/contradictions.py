"""Packages whose journal and records say different things: neither is believed, both are kept."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ..catalogue.model import Layer
from ..package.row_copying import columns_of, quoted
from ..package.survey_package import OpenedPackage
from ..store import SurveyFile
from .changes import Change
from .held import HeldRecord

#: So much of a value is shown of either side.
_SHOWN = 60


def contradictions(
    opened: OpenedPackage, file: SurveyFile, changes: Iterable[Change]
) -> Iterator[HeldRecord]:
    """Records of a package that are not what its own journal says they became.

    Only of a package that was made in one go: one that was made again may hold newer rows.
    """
    if not opened.description.exact:
        return
    last: dict[str, dict[str, dict[str, object] | None]] = {}
    begun: set[str] = set()
    for change in changes:
        of_layer = last.setdefault(change.layer, {})
        if change.operation == "delete":
            of_layer[change.record] = None
            continue
        if change.operation == "insert":
            begun.add(change.record)
        values = of_layer.get(change.record)
        of_layer[change.record] = {**(values or {}), **change.values}
    for name, records in last.items():
        if name in file.catalogue.layers:
            yield from _of_layer(opened, file.catalogue.layers[name], records, begun)


def _of_layer(
    opened: OpenedPackage,
    layer: Layer,
    records: Mapping[str, Mapping[str, object] | None],
    begun: set[str],
) -> Iterator[HeldRecord]:
    said = set().union(*(values for values in records.values() if values))
    if not begun.isdisjoint(records):
        said |= set(layer.columns)
    present = columns_of(opened.connection, layer.name)
    columns = [name for name in present if name in said]
    rows: dict[str, list[Any]] = {}
    if "uuid" in present:
        names = ", ".join(quoted(name) for name in ("uuid", *columns))
        for uuid, *row in opened.connection.execute(f"SELECT {names} FROM {quoted(layer.name)}"):
            rows[uuid] = row
    for record, values in records.items():
        row_now = rows.get(record)
        if row_now is None or values is None:
            if (row_now is None) != (values is None):
                code = "held.not_there" if row_now is None else "held.still_there"
                yield HeldRecord(layer.name, record, code, {})
            continue
        for name, now in zip(columns, row_now, strict=True):
            told = values.get(name)
            if told == now and type(told) is type(now):
                continue
            if name in values or (record in begun and name in layer.columns):
                facts = {"field": name, "journal": _shown(told), "row": _shown(now)}
                yield HeldRecord(layer.name, record, "held.contradiction", facts)
                break


def _shown(value: object) -> str:
    return value.hex()[:_SHOWN] if isinstance(value, bytes) else str(value)[:_SHOWN]

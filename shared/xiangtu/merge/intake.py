"""What a package brings: its journal read and checked, change by change."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from ..catalogue.model import GEOMETRY_COLUMN, MEASUREMENT_FIELDS, Layer
from ..errors import BadPackage
from ..geo import blobs
from ..package.survey_package import OpenedPackage
from ..store import SurveyFile
from .changes import Change
from .contradictions import contradictions
from .held import HeldRecord

_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}\Z")
_NUMBERS = ("integer", "real", "boolean")


@dataclass(frozen=True)
class Intake:
    """A package's changes in the order they were made; records among them that are wrong in
    themselves are named."""

    changes: tuple[Change, ...]
    held: Mapping[str, HeldRecord]
    unknown_fields: Mapping[str, int]


def read(opened: OpenedPackage, file: SurveyFile) -> Intake:
    """Read the journal of an opened package; nothing in it is trusted.

    Raises BadPackage for a journal that is not this device's or is not whole. What is wrong with
    one record alone is in `held`; whether what it needs is there is weighed in merge.weighing.
    """
    changes = _changes(opened)
    _check_journal(opened, file, changes)
    held: dict[str, HeldRecord] = {}
    unknown: Counter[str] = Counter()
    outlines = _faulty_outlines(file, changes)
    for change in changes:
        reason = _fault(file, change, unknown, outlines)
        if reason is not None and change.record not in held:
            code, facts = reason
            held[change.record] = HeldRecord(change.layer, change.record, code, facts)
    for each in contradictions(opened, file, changes):
        held.setdefault(each.record, each)
    return Intake(tuple(changes), held, dict(unknown))


def _changes(opened: OpenedPackage) -> list[Change]:
    connection = opened.connection
    rows = connection.execute(
        "SELECT id, uuid, layer, record, operation, author, device, number, basis, time, "
        "utc_offset_min FROM change ORDER BY number"
    ).fetchall()
    values: dict[int, tuple[dict[str, object], dict[str, object]]] = {
        row[0]: ({}, {}) for row in rows
    }
    for change, name, old, new in connection.execute(
        "SELECT change, field, old, new FROM change_value"
    ):
        if change in values:
            news, olds = values[change]
            news[name] = new
            olds[name] = old
    found = []
    for row in rows:
        news, olds = values[row[0]]
        if row[4] == "delete":
            news = {}
        found.append(Change(*row, values=news, old=olds))  # type: ignore[misc]
    return found


def _check_journal(opened: OpenedPackage, file: SurveyFile, changes: list[Change]) -> None:
    about = opened.description
    expected = about.first_change
    bases = {
        uuid: device
        for uuid, device in file.connection.execute("SELECT uuid, device FROM assignment")
    }
    for change in changes:
        if change.number != expected:
            raise BadPackage(
                "package.numbers", path=opened.path, expected=expected, found=change.number
            )
        expected += 1
        if change.device != about.device:
            raise BadPackage("package.foreign_change", path=opened.path, device=change.device)
        if change.operation not in ("insert", "update", "delete"):
            raise BadPackage("package.operation", path=opened.path, operation=change.operation)
        if not _UUID.match(str(change.uuid)):
            raise BadPackage("package.change_uuid", path=opened.path, uuid=change.uuid)
        if bases.get(change.basis) != about.device:
            raise BadPackage("package.basis", path=opened.path, basis=change.basis)
    if expected != about.last_change + 1:
        raise BadPackage(
            "package.numbers", path=opened.path, expected=about.last_change, found=expected - 1
        )


def _faulty_outlines(file: SurveyFile, changes: list[Change]) -> dict[str, str]:
    """Why the geometry of a change cannot be read, by the change's uuid."""
    by_layer: dict[str, list[Change]] = {}
    for change in changes:
        if change.values.get(GEOMETRY_COLUMN) is not None:
            by_layer.setdefault(change.layer, []).append(change)
    found: dict[str, str] = {}
    for name, some in by_layer.items():
        layer = file.catalogue.layers.get(name)
        if layer is None or layer.geometry is None:
            continue
        reasons = blobs.check_many(
            [change.values[GEOMETRY_COLUMN] for change in some], layer.geometry, file.srid
        )
        found |= {
            change.uuid: reason for change, reason in zip(some, reasons, strict=True) if reason
        }
    return found


def _fault(
    file: SurveyFile, change: Change, unknown: Counter[str], outlines: Mapping[str, str]
) -> tuple[str, dict[str, object]] | None:
    """Why the record of this change cannot stand, or None."""
    if not _UUID.match(str(change.record)):
        return "held.uuid", {"uuid": change.record}
    layer = file.catalogue.layers.get(change.layer)
    if layer is None:
        return "held.layer", {"layer": change.layer}
    known = layer.columns
    for name, value in change.values.items():
        if name not in known:
            unknown[f"{change.layer}.{name}"] += 1
        elif name == GEOMETRY_COLUMN:
            if change.uuid in outlines:
                return "held.geometry", {"reason": outlines[change.uuid]}
        elif value is not None and not _fits(layer, name, value):
            return "held.value", {"field": name, "value": str(value)[:60]}
    return None


def _fits(layer: Layer, name: str, value: object) -> bool:
    """Whether a value is of the kind its column holds (text where a number belongs is not)."""
    if isinstance(value, bytes):
        return False
    own = layer.fields.get(name)
    kind = own.type if own else None
    if own is None and name in MEASUREMENT_FIELDS:
        numeric = name in ("horizontal_accuracy_m", "satellites", "epochs")
        return isinstance(value, (int, float)) if numeric else isinstance(value, str)
    if kind in _NUMBERS:
        return isinstance(value, (int, float))
    return True

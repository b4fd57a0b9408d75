"""What is wrong with the changes of a package in themselves, whatever else the county has."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from ..catalogue.model import GEOMETRY_COLUMN, MEASUREMENT_FIELDS, Layer
from ..geo import blobs
from ..store import SurveyFile
from ..store.identity import is_uuid
from .changes import Change
from .kinship import reference_columns

_NUMBERS = ("integer", "real", "boolean")
_MEASURED_NUMBERS = ("horizontal_accuracy_m", "satellites", "epochs")
#: So much of a value is shown.
_SHOWN = 60


@dataclass(frozen=True)
class Fault:
    """Why a change cannot stand. One about a unit of merge is healed by a later sound value."""

    code: str
    facts: Mapping[str, object] = field(default_factory=dict)
    unit: str | None = None


Faults = Mapping[str, tuple[Fault, ...]]


def faults(file: SurveyFile, changes: Sequence[Change]) -> Faults:
    """What is wrong with each change, by its uuid; sound ones are not named."""
    found: dict[str, list[Fault]] = {}
    kinds: dict[str, Mapping[str, str]] = {}
    for change in changes:
        layer = file.catalogue.layers.get(change.layer)
        if not is_uuid(change.record):
            found.setdefault(change.uuid, []).append(Fault("held.uuid", {"uuid": change.record}))
        if layer is None:
            found.setdefault(change.uuid, []).append(Fault("held.layer", {"layer": change.layer}))
            continue
        if layer.name not in kinds:
            kinds[layer.name] = _kinds(layer)
        for name, value in change.values.items():
            kind = kinds[layer.name].get(name)
            if value is not None and kind is not None and not _fits(kind, value):
                facts = {"field": name, "value": str(value)[:_SHOWN]}
                fault = Fault("held.value", facts, layer.unit_of(name))
                found.setdefault(change.uuid, []).append(fault)
    for uuid, reason in _faulty_outlines(file, changes).items():
        fault = Fault("held.geometry", {"reason": reason}, GEOMETRY_COLUMN)
        found.setdefault(uuid, []).append(fault)
    return {uuid: tuple(each) for uuid, each in found.items()}


def unhealed(
    changes: Iterable[Change], later: Sequence[Change], known: Faults, layer: Layer | None
) -> Fault | None:
    """The first fault among `changes` to a record that no change in `later` puts right.

    The author puts a value right by writing the unit again, soundly, on the same device.
    """
    for change in changes:
        for fault in known.get(change.uuid, ()):
            if layer is None or fault.unit is None:
                return fault
            columns = layer.units[fault.unit]
            if not any(
                other.device == change.device
                and other.number > change.number
                and any(name in other.values for name in columns)
                and all(each.unit != fault.unit for each in known.get(other.uuid, ()))
                for other in later
            ):
                return fault
    return None


def _kinds(layer: Layer) -> dict[str, str]:
    """Column → what belongs there: number, uuid or text; outlines are looked at apart."""
    references = reference_columns(layer)
    found = {}
    for name in layer.columns:
        own = layer.fields.get(name)
        if name == GEOMETRY_COLUMN:
            continue
        if name in references:
            found[name] = "uuid"
        elif (own is not None and own.type in _NUMBERS) or (
            own is None and name in MEASUREMENT_FIELDS and name in _MEASURED_NUMBERS
        ):
            found[name] = "number"
        else:
            found[name] = "text"
    return found


def _fits(kind: str, value: object) -> bool:
    if kind == "number":
        return isinstance(value, int) or (isinstance(value, float) and math.isfinite(value))
    return is_uuid(value) if kind == "uuid" else isinstance(value, str)


def _faulty_outlines(file: SurveyFile, changes: Sequence[Change]) -> dict[str, str]:
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

"""What a package brings: its journal read and checked, change by change."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from operator import le
from typing import Any

from ..errors import BadPackage
from ..package.survey_package import OpenedPackage
from ..store import SurveyFile
from ..store.identity import is_uuid
from .changes import Change
from .contradictions import contradictions
from .held import HeldRecord
from .soundness import Faults, faults

#: A column or field; none begins with "@", which stands for what is no field.
_NAME = re.compile(r"[^\W\d]\w{0,62}")
#: Columns of a change and what they hold; the texts, with their greatest lengths.
_TYPES = (int, str, str, str, str, str, str, int, str, str, int)
_LONGEST = {
    "uuid": 36, "layer": 63, "record": 100, "operation": 10, "author": 200, "device": 40,
    "basis": 36, "time": 40,
}  # fmt: skip
_LENGTHS = tuple(_LONGEST.values())
_MINUTES_A_DAY = 24 * 60


@dataclass(frozen=True)
class Intake:
    """A package's changes in the order they were made, and what is wrong with any in itself.

    `held` are (record, layer) that contradict the package's own records; `faults` are by change.
    """

    changes: tuple[Change, ...]
    held: Mapping[tuple[str, str], HeldRecord]
    faults: Faults
    unknown_fields: Mapping[str, int]


def read(opened: OpenedPackage, file: SurveyFile) -> Intake:
    """Read the journal of an opened package; nothing in it is trusted.

    Raises BadPackage for a journal that is not this device's or is not whole. What is wrong with
    one record alone is told; whether it can stand is weighed in merge.weighing.
    """
    changes = _changes(opened)
    _check_journal(opened, file, changes)
    unknown: Counter[str] = Counter()
    for change in changes:
        layer = file.catalogue.layers.get(change.layer)
        if layer is not None:
            unknown.update(
                f"{change.layer}.{name}" for name in change.values if name not in layer.columns
            )
    wrong = faults(file, changes)
    faulty = {(change.record, change.layer) for change in changes if change.uuid in wrong}
    held: dict[tuple[str, str], HeldRecord] = {}
    for each in contradictions(opened, file, changes):
        if (each.record, each.layer) not in faulty:
            held.setdefault((each.record, each.layer), each)
    return Intake(tuple(changes), held, wrong, dict(unknown))


def _changes(opened: OpenedPackage) -> list[Change]:
    connection = opened.connection
    rows = connection.execute(
        "SELECT id, uuid, layer, record, operation, author, device, number, basis, time, "
        "utc_offset_min FROM change ORDER BY number"
    ).fetchall()
    for row in rows:
        _check_types(opened, row)
    values: dict[int, tuple[dict[str, object], dict[str, object]]] = {
        row[0]: ({}, {}) for row in rows
    }
    if len(values) < len(rows):
        raise BadPackage("package.journal", path=opened.path, field="id")
    names: set[object] = set()
    for change, name, old, new in connection.execute(
        "SELECT change, field, old, new FROM change_value"
    ):
        if name not in names:
            if not isinstance(name, str) or not _NAME.fullmatch(name):
                raise BadPackage("package.journal", path=opened.path, field="field")
            names.add(name)
        if change not in values:
            raise BadPackage("package.journal", path=opened.path, field="change")
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


def _check_types(opened: OpenedPackage, row: tuple[Any, ...]) -> None:
    """Every column of a change is of its kind and of a length that a tablet writes."""
    if tuple(map(type, row)) != _TYPES or abs(row[10]) > _MINUTES_A_DAY:
        raise BadPackage("package.journal", path=opened.path, field="change")
    texts = (*row[1:7], *row[8:10])
    if "\0" in "".join(texts) or not all(map(le, map(len, texts), _LENGTHS)):
        wrong = next(
            (
                name
                for name, text in zip(_LONGEST, texts, strict=True)
                if "\0" in text or len(text) > _LONGEST[name]
            ),
            "change",
        )
        raise BadPackage("package.journal", path=opened.path, field=wrong)


def _check_journal(opened: OpenedPackage, file: SurveyFile, changes: list[Change]) -> None:
    about = opened.description
    expected = about.first_change
    bases = {
        uuid: device
        for uuid, device in file.connection.execute("SELECT uuid, device FROM assignment")
    }
    if len({change.uuid for change in changes}) < len(changes):
        raise BadPackage("package.journal", path=opened.path, field="uuid")
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
        if not is_uuid(change.uuid):
            raise BadPackage("package.change_uuid", path=opened.path, uuid=change.uuid)
        if bases.get(change.basis) != about.device:
            raise BadPackage("package.basis", path=opened.path, basis=change.basis)
    if expected != about.last_change + 1:
        raise BadPackage(
            "package.numbers", path=opened.path, expected=about.last_change, found=expected - 1
        )

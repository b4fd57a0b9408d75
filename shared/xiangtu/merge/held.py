"""Records that could not stand when they came: kept with their changes, and let in later."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..store import SurveyFile

#: Reasons that go away by themselves once something else has come, or has gone: what is missing,
#: a sound value after a wrong one, a catalogue that knows the layer.
CURABLE = (
    "held.unknown_record",
    "held.parent",
    "held.two_layers",
    "held.value",
    "held.geometry",
    "held.layer",
)


@dataclass(frozen=True)
class HeldRecord:
    """A record of a package that cannot stand, and why."""

    layer: str
    record: str
    code: str
    facts: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Held:
    """A record that waits outside the county's state; its changes are in the journal."""

    id: int
    batch: str
    layer: str
    record: str
    code: str
    released_at: str | None
    facts: dict[str, Any]


def hold(file: SurveyFile, records: Iterable[HeldRecord], batch: str) -> None:
    """Take the changes of these records in a batch (by uuid) out of the state, and say why."""
    for each in records:
        file.connection.execute(
            "UPDATE change SET live = 0 WHERE record = ? AND layer = ? AND batch = ?",
            (each.record, each.layer, batch),
        )
        file.connection.execute(
            "INSERT INTO held (batch, layer, record, code, facts) VALUES (?, ?, ?, ?, ?)",
            (
                batch,
                each.layer,
                each.record,
                each.code,
                json.dumps(each.facts, ensure_ascii=False, sort_keys=True),
            ),
        )


def list_held(file: SurveyFile, *, open_only: bool = False) -> list[Held]:
    """Every record that was ever held, or those that still are; the open ones have no
    `released_at`."""
    where = "WHERE released_at IS NULL" if open_only else ""
    return [
        Held(*row[:-1], facts=json.loads(row[-1]))  # type: ignore[misc]
        for row in file.connection.execute(
            "SELECT id, batch, layer, record, code, released_at, facts FROM held "
            f"{where} ORDER BY id"
        )
    ]

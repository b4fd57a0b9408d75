"""Records that could not stand when they came: kept with their changes, and let in later."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from ..store import SurveyFile
from ..store.system_tables import NOW
from .batches import Batch
from .changes import with_names
from .intake import Intake

#: Reasons that go away by themselves once the missing record has come.
_WAITS_FOR_RECORD = ("held.unknown_record", "held.parent")


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


def hold(file: SurveyFile, intake: Intake, batch: Batch) -> None:
    """Take the changes of held records out of the state, and say why."""
    for each in intake.held.values():
        file.connection.execute(
            "UPDATE change SET live = 0 WHERE record = ? AND batch = ?", (each.record, batch.uuid)
        )
        file.connection.execute(
            "INSERT INTO held (batch, layer, record, code, facts) VALUES (?, ?, ?, ?, ?)",
            (
                batch.uuid,
                each.layer,
                each.record,
                each.code,
                json.dumps(each.facts, ensure_ascii=False, sort_keys=True),
            ),
        )


def release(file: SurveyFile, arrived: Iterable[str]) -> set[str]:
    """Let in the records that only waited for one of those that arrived; returns them."""
    waiting = [
        each for each in list_held(file) if each.code in _WAITS_FOR_RECORD and not each.released_at
    ]
    if not waiting:
        return set()
    with_names(file.connection, arrived)
    here = {uuid for (uuid,) in file.connection.execute("SELECT uuid FROM temp.named")}
    freed = {each.id: each for each in waiting if each.facts.get("parent", each.record) in here}
    for each in freed.values():
        file.connection.execute(
            "UPDATE change SET live = 1 WHERE record = ? AND batch = ?", (each.record, each.batch)
        )
        file.connection.execute(f"UPDATE held SET released_at = {NOW} WHERE id = ?", (each.id,))
    return {each.record for each in freed.values()}


def list_held(file: SurveyFile) -> list[Held]:
    """Every record that was ever held, the open ones without `released_at`."""
    return [
        Held(*row[:-1], facts=json.loads(row[-1]))  # type: ignore[misc]
        for row in file.connection.execute(
            "SELECT id, batch, layer, record, code, released_at, facts FROM held ORDER BY id"
        )
    ]

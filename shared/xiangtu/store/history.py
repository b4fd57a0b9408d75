"""What the journal of a file says about its records."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .survey_file import SurveyFile


@dataclass(frozen=True)
class HistoryValue:
    """One value of a change; None is what was, or is, empty."""

    field: str
    old: Any
    new: Any


@dataclass(frozen=True)
class HistoryEntry:
    """One change of a record. `live` is False for one that was undone or is held."""

    uuid: str
    layer: str
    record: str
    operation: str
    author: str
    device: str
    number: int
    basis: str
    time: str
    utc_offset_min: int
    batch: str | None
    live: bool
    values: tuple[HistoryValue, ...]


_COLUMNS = (
    "id, uuid, layer, record, operation, author, device, number, basis, time, utc_offset_min, "
    "batch, live"
)


def history(file: SurveyFile, uuid: str) -> list[HistoryEntry]:
    """All changes of a record as they were written down here; see `SurveyFile.history`."""
    return list(_entries(file, "WHERE record = ? ORDER BY id", (uuid,)))


def _entries(file: SurveyFile, where: str, parameters: tuple[Any, ...]) -> Iterator[HistoryEntry]:
    for row in file.connection.execute(
        f"SELECT {_COLUMNS} FROM change {where}", parameters
    ).fetchall():
        values = file.connection.execute(
            "SELECT field, old, new FROM change_value WHERE change = ? ORDER BY field", (row[0],)
        )
        changed = tuple(HistoryValue(*each) for each in values)
        yield HistoryEntry(*(*row[1:-1], bool(row[-1]), changed))

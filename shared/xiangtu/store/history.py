"""What the journal of a file says about its records."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

#: What access_log calls a value that was given back (see restoring), and a record that was sent
#: back to its surveyor (see validate.returning).
RESTORE, RETURN = "restore", "return"

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


def values_of(entries: Iterable[HistoryEntry]) -> Iterator[tuple[str, str, object]]:
    """(layer, column, value) of all that stood or stands in a record."""
    for entry in entries:
        for value in entry.values:
            yield entry.layer, value.field, value.old
            yield entry.layer, value.field, value.new


def reasons(file: SurveyFile, uuid: str) -> dict[str, str]:
    """Why a record was changed, by the change's uuid: of decisions, of restored values and
    of records sent back."""
    return dict(
        file.connection.execute(
            "SELECT c.uuid, d.reason FROM change c JOIN decision d ON d.batch = c.batch "
            "WHERE c.record = :record AND c.operation = 'decide' AND d.reason <> '' UNION ALL "
            "SELECT json_extract(detail, '$.change'), json_extract(detail, '$.reason') "
            "FROM access_log WHERE record = :record AND action IN (:restore, :return)",
            {"record": uuid, "restore": RESTORE, "return": RETURN},
        ).fetchall()
    )


@dataclass(frozen=True)
class DeletedRecord:
    """A record that is not there any more, and who deleted it when (UTC)."""

    layer: str
    record: str
    author: str
    device: str
    time: str


def deleted(file: SurveyFile) -> list[DeletedRecord]:
    """Surveyed records that were deleted and are not there any more, the last deleted first."""
    found = []
    for layer in file.catalogue.layers.values():
        if not layer.surveyed:
            continue
        found += [
            DeletedRecord(layer.name, *row)
            for row in file.connection.execute(
                "SELECT record, author, device, max(time) FROM change "
                "WHERE layer = ? AND operation = 'delete' AND live = 1 "
                f'AND record NOT IN (SELECT uuid FROM "{layer.name}") GROUP BY record',
                (layer.name,),
            )
        ]
    return sorted(found, key=lambda each: each.time, reverse=True)


def _entries(file: SurveyFile, where: str, parameters: tuple[Any, ...]) -> Iterator[HistoryEntry]:
    for row in file.connection.execute(
        f"SELECT {_COLUMNS} FROM change {where}", parameters
    ).fetchall():
        values = file.connection.execute(
            "SELECT field, old, new FROM change_value WHERE change = ? ORDER BY field", (row[0],)
        )
        changed = tuple(HistoryValue(*each) for each in values)
        yield HistoryEntry(*(*row[1:-1], bool(row[-1]), changed))

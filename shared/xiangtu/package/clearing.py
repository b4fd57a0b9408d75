"""Clearing a tablet of what the county has safely, and of nothing else.

What goes, of records that are safe (package.record_states):

- the files of their photos and other attachments, unless a record that is not safe has the same;
- their raw epochs (table fix), once the package they went in is at the county;
- their rows, where the record is no longer part of the tablet's work: it ended, or its village
  was never handed to this tablet. What something else here still refers to stays, and so does a
  record with a code out of this tablet's number ranges, lest the code be given out again.

Rows of assigned records stay for the map, rows of attachments for the form and for packing, and
the whole journal stays: a package made again has the same changes, and names the photos that are
no longer here. Nothing is journalled, since a record cleared here is not deleted.

The rows go first, in one transaction. Files go after it; those that a power failure leaves are
found again from the journal the next time.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from ..catalogue import Layer
from ..errors import Cancelled
from ..store import SurveyFile, begun, places
from ..store.journal_triggers import OWNER_COLUMN
from . import tablet as tablets
from .adoption import assigned_villages
from .record_states import (
    FOR_A_PERSON,
    RecordState,
    StateCount,
    TabletStates,
    count,
    part_columns,
    read,
)
from .row_copying import name_records, quoted

Progress = Callable[[float, str], bool | None] | None
_ATTACHMENT = "attachment"


@dataclass(frozen=True)
class ClearingSummary:
    """What was cleared, or would be (`dry_run`), and how the tablet's records stand.

    `photos` are files, of `photo_bytes` together; `epochs` rows of table fix, `rows` those of
    records, which give `database_bytes` back to the database for what is surveyed next.
    `by_state` counts all records of the tablet's journal; `waiting` are those of them that stay
    until a person has done something. With `other_chain` nothing is safe: the county has packages
    of a copy of this tablet.
    """

    dry_run: bool
    photos: int
    photo_bytes: int
    epochs: int
    rows: int
    database_bytes: int
    by_state: Mapping[str, StateCount]
    waiting: tuple[RecordState, ...]
    other_chain: bool

    @property
    def needs_person(self) -> bool:
        """Whether something stays that waits for somebody."""
        return bool(self.waiting) or self.other_chain


class _DryRun(Exception):
    """Leaves the transaction without keeping it."""


def clear(
    tablet_dir: Path | str,
    records: Collection[str] | None = None,
    *,
    dry_run: bool = False,
    progress: Progress = None,
) -> ClearingSummary:
    """Clear a tablet of what is safe; see the top of this module for what that is.

    Parameters
    ----------
    records : collection of str
        Clear no others, nor the photos of others; by default all that are safe. Those among them
        that are not safe stay.
    dry_run : bool
        Say what would go, and leave everything as it is.

    Raises
    ------
    BadFile
        "tablet.…", "file.…".
    Cancelled
        Between two files: what is gone was safe, the rest goes next time.
    """
    with tablets.load(tablet_dir).survey() as survey:
        return clear_survey(survey, records, dry_run=dry_run, progress=progress)


def clear_survey(
    survey: SurveyFile,
    records: Collection[str] | None = None,
    *,
    dry_run: bool = False,
    progress: Progress = None,
) -> ClearingSummary:
    """`clear` of a tablet's survey file that is open."""
    _step(progress, 0.0, "clear.reading")
    try:
        with survey.atomic(quiet=True):
            found = read(survey)
            chosen = _chosen(found, records)
            files = _files(survey, found, chosen, records)
            _step(progress, 0.3, "clear.rows")
            before = _free_bytes(survey.connection)
            epochs = _clear_epochs(survey.connection, found, chosen)
            rows = _clear_rows(survey, chosen)
            freed = max(0, _free_bytes(survey.connection) - before)
            if dry_run:
                raise _DryRun
            if files or epochs or rows:
                survey.log("clear", detail=f"{len(files)} files, {epochs} epochs, {rows} rows")
    except _DryRun:
        pass
    sizes = [path.stat().st_size for path in files]
    if not dry_run:
        _remove(survey.attachments, files, progress)
    _step(progress, 1.0, "clear.done")
    return ClearingSummary(
        dry_run,
        len(files),
        sum(sizes),
        epochs,
        rows,
        freed,
        count(found.states.values()),
        tuple(each for each in found.states.values() if each.state in FOR_A_PERSON),
        found.other_chain is not None,
    )


def _step(progress: Progress, fraction: float, code: str) -> None:
    if progress is not None and progress(fraction, code) is False:
        raise Cancelled("clear.cancelled")


def _free_bytes(connection: sqlite3.Connection) -> int:
    (pages,) = connection.execute("PRAGMA freelist_count").fetchone()
    (size,) = connection.execute("PRAGMA page_size").fetchone()
    return int(pages) * int(size)


def _chosen(found: TabletStates, records: Collection[str] | None) -> dict[str, RecordState]:
    wanted = None if records is None else set(records)
    return {
        record: each
        for record, each in found.states.items()
        if each.safe and (wanted is None or record in wanted)
    }


# -- files ---------------------------------------------------------------------------------------


def _files(
    survey: SurveyFile,
    found: TabletStates,
    chosen: Mapping[str, RecordState],
    records: Collection[str] | None,
) -> list[Path]:
    """Files here that only attachments of safe records ever named.

    Out of the journal, which also knows attachments that were deleted since.
    """
    wanted = None if records is None else set(records)
    hashes: dict[str, set[str]] = {}
    owners: dict[str, set[str]] = {}
    for record, name, old, new in survey.connection.execute(
        "SELECT c.record, v.field, v.old, v.new FROM change c JOIN change_value v "
        f"ON v.change = c.id WHERE c.layer = ? AND v.field IN ('sha256', '{OWNER_COLUMN}')",
        (_ATTACHMENT,),
    ):
        into = hashes if name == "sha256" else owners
        into.setdefault(record, set()).update(each for each in (old, new) if isinstance(each, str))
    going: set[str] = set()
    staying: set[str] = set()
    for record, names in hashes.items():
        mine = owners.get(record, set())
        asked = wanted is None or record in chosen or bool(mine & wanted)
        state = found.states.get(record)
        safe = state is not None and state.safe and not mine & found.unsettled
        (going if safe and asked else staying).update(names)
    # Rows that no change of this tablet brought: none of ours to throw away.
    for record, sha256 in survey.connection.execute("SELECT uuid, sha256 FROM attachment"):
        if record not in hashes and isinstance(sha256, str):
            staying.add(sha256)
    sound = (each for each in sorted(going - staying) if len(each) == 64 and each.isalnum())
    return [path for each in sound if (path := survey.attachment_path(each)).is_file()]


def _remove(folder: Path, files: list[Path], progress: Progress) -> None:
    for place, path in enumerate(files):
        _step(progress, 0.6 + 0.4 * place / len(files), "clear.files")
        with places.place_told(path):
            path.unlink(missing_ok=True)
    if files:
        with places.place_told(folder):
            places.sync(folder)


# -- rows ----------------------------------------------------------------------------------------


def _clear_epochs(
    connection: sqlite3.Connection, found: TabletStates, chosen: Iterable[str]
) -> int:
    """Drop the raw epochs of these records that went with a package the county has."""
    records = name_records(connection, "cleared", chosen)
    packages = name_records(connection, "taken", found.taken)
    return connection.execute(
        f"DELETE FROM fix WHERE record IN (SELECT uuid FROM {records}) "
        f"AND batch IN (SELECT uuid FROM {packages})"
    ).rowcount


def _clear_rows(survey: SurveyFile, chosen: Mapping[str, RecordState]) -> int:
    """Drop the rows of these records that are no longer part of the tablet's work."""
    going = _Going(survey, chosen)
    connection = survey.connection
    total = 0
    for layer, records in going.by_layer().items():
        named = name_records(connection, "cleared", records)
        total += connection.execute(
            f"DELETE FROM {quoted(layer)} WHERE uuid IN (SELECT uuid FROM {named})"
        ).rowcount
        connection.execute(f"DELETE FROM conflict WHERE record IN (SELECT uuid FROM {named})")
    return total


class _Going:
    """Which rows may go, found by taking out of those that could what must stay."""

    def __init__(self, survey: SurveyFile, chosen: Mapping[str, RecordState]) -> None:
        self._survey = survey
        self._connection: sqlite3.Connection = survey.connection
        self._parts = part_columns(survey.catalogue)
        self._villages = assigned_villages(survey)
        self._layers = [
            layer
            for layer in survey.catalogue.layers.values()
            if not layer.append_only and layer.name not in (_ATTACHMENT, "campaign")
        ]
        self._named = name_records(self._connection, "going", chosen)
        self._ended: set[str] = set()
        self._layer_of: dict[str, str] = {}
        for layer in self._layers:
            self._read(layer)
        self._name_again()
        while staying := self._staying():
            for record in staying:
                del self._layer_of[record]
            self._name_again()

    def by_layer(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for record, layer in self._layer_of.items():
            found.setdefault(layer, []).append(record)
        return found

    def _name_again(self) -> None:
        name_records(self._connection, "going", self._layer_of)

    def _read(self, layer: Layer) -> None:
        """Records of a layer that ended, lie in no village of this tablet, or belong to another
        record, which may go."""
        codes = self._codes_of_ranges(layer)
        key = quoted(layer.key) if layer.key else "NULL"
        village, ended = ("village", "ended_on") if layer.surveyed else ("NULL", "NULL")
        owner = ", ".join(map(quoted, self._parts.get(layer.name, ()))) or "NULL"
        for record, where, ended_on, code, has_owner in self._connection.execute(
            f"SELECT uuid, {village}, {ended}, {key}, coalesce({owner}, NULL) IS NOT NULL "
            f"FROM {quoted(layer.name)} WHERE uuid IN (SELECT uuid FROM {self._named})"
        ):
            if isinstance(code, str) and any(code.startswith(prefix) for prefix in codes):
                continue
            if ended_on:
                self._ended.add(record)
            if ended_on or has_owner or (where and where not in self._villages):
                self._layer_of[record] = layer.name

    def _codes_of_ranges(self, layer: Layer) -> set[str]:
        return {
            prefix
            for (prefix,) in self._connection.execute(
                "SELECT DISTINCT prefix FROM number_range WHERE device = ? AND layer = ?",
                (self._survey.device_id, layer.name),
            )
        }

    def _staying(self) -> set[str]:
        """Of those that go: parts of a record that stays, and what a row that stays refers to."""
        staying = {each for each in self._drafted() if each in self._layer_of}
        for layer in self._layers:
            for column in self._parts.get(layer.name, ()):
                staying |= self._parts_of_staying(layer, column)
            columns = {relation.field for relation in layer.relations}
            for column in columns | set(self._parts.get(layer.name, ())):
                staying |= {
                    record
                    for (record,) in self._connection.execute(
                        f"SELECT {quoted(column)} FROM {quoted(layer.name)} "
                        f"WHERE {quoted(column)} IN (SELECT uuid FROM {self._named}) "
                        f"AND uuid NOT IN (SELECT uuid FROM {self._named})"
                    )
                }
        return staying

    def _parts_of_staying(self, layer: Layer, column: str) -> set[str]:
        """Parts of what stays, but for those that ended."""
        rows = self._connection.execute(
            f"SELECT uuid FROM {quoted(layer.name)} WHERE uuid IN (SELECT uuid FROM {self._named}) "
            f"AND {quoted(column)} IS NOT NULL "
            f"AND {quoted(column)} NOT IN (SELECT uuid FROM {self._named})"
        )
        return {record for (record,) in rows} - self._ended

    def _drafted(self) -> set[str]:
        found = begun.records(self._connection)
        for draft in self._survey.drafts():
            found |= {each for each in draft.answers.values() if isinstance(each, str)}
        return found

"""How one tablet's packages and records stand at the county, for its receipt."""

from __future__ import annotations

import json
import sqlite3
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field

from ..store import SurveyFile
from .description import HeldNote, PackageNote, RecordNote, RefusedNote, facts_to_travel
from .package_table import REFUSED
from .reading import in_turns
from .refused_packages import list_refused
from .row_copying import quoted

_MERGED, _WAITING = "merged", "waiting"
#: Kind of lineage by which a record was joined to another (as merge names it).
_SAME = "same"
_MOST_NUMBERS = 1000


@dataclass
class _Record:
    """What is not plain about a record, while it is being gathered."""

    layer: str
    conflicts: set[str] = field(default_factory=set)
    duplicates: set[str] = field(default_factory=set)
    survivor: str | None = None
    findings: int | None = None


class Standing:
    """Reads how things stand; call it inside `reading.one_moment`.

    Attributes
    ----------
    packages, refused, records
        As ReceiptDescription has them.
    """

    def __init__(self, file: SurveyFile, device: str) -> None:
        self._file = file
        self._connection: sqlite3.Connection = file.connection
        self._device = device
        self._rows = self._connection.execute(
            "SELECT uuid, number, state, first_change, last_change FROM package "
            "WHERE device = ? AND state <> ? ORDER BY first_change",
            (device, REFUSED),
        ).fetchall()
        self._firsts = [row[3] for row in self._rows]
        self._records: dict[str, _Record] = {}
        self._in_conflict: dict[str, set[str]] = {}
        self._read_conflicts()
        self._read_duplicates()
        self._read_joined()
        self._read_returned()
        held = self._held()
        self.packages = tuple(
            sorted((self._note(row, held) for row in self._rows), key=lambda note: note.number)
        )
        self.refused = tuple(
            RefusedNote(each.package, each.number, each.code, each.facts, each.refused_at,
                        each.verified)
            for each in list_refused(file, device)
        )  # fmt: skip
        self.records = tuple(
            RecordNote(
                each.layer,
                uuid,
                tuple(sorted(each.conflicts)),
                tuple(sorted(each.duplicates)),
                each.survivor,
                each.findings,
            )
            for uuid, each in sorted(self._records.items())
        )

    def _note(self, row: tuple, held: dict[str, dict[tuple[str, str], HeldNote]]) -> PackageNote:
        uuid, number, state, first, last = row
        mine = held.get(uuid, {}) if state == _MERGED else {}
        conflicts = self._in_conflict.get(uuid, set()) if state == _MERGED else set()
        return PackageNote(
            uuid,
            number,
            state,
            first,
            last,
            tuple(mine[each] for each in sorted(mine)),
            tuple(sorted(conflicts)),
            self._waits_for(number) if state == _WAITING else (),
        )

    def _waits_for(self, number: int) -> tuple[int, ...]:
        there = {row[1] for row in self._rows if row[2] in (_MERGED, _WAITING)}
        missing = (each for each in range(1, number) if each not in there)
        return tuple(each for each, _ in zip(missing, range(_MOST_NUMBERS), strict=False))

    def _package_of(self, change: int) -> tuple | None:
        """The row of the package that brought a change of this device."""
        place = bisect_right(self._firsts, change) - 1
        if place < 0 or change > self._rows[place][4]:
            return None
        return tuple(self._rows[place])

    def _held(self) -> dict[str, dict[tuple[str, str], HeldNote]]:
        """Package → (layer, record) → why its changes are no part of the county's state."""
        found: dict[str, dict[tuple[str, str], HeldNote]] = {}
        for package, layer, record, code, facts in self._connection.execute(
            "SELECT p.uuid, h.layer, h.record, h.code, h.facts FROM package p "
            "JOIN held h ON h.batch = p.batch "
            "WHERE p.device = ? AND p.state = ? AND h.released_at IS NULL",
            (self._device, _MERGED),
        ):
            # Cut, a name would be another's: one that long is no record of any tablet's.
            if isinstance(record, str) and len(layer) <= 200 and len(record) <= 200:
                note = HeldNote(layer, record, code, facts_to_travel(json.loads(facts)))
                found.setdefault(package, {})[layer, record] = note
        # The journal has the last word on what the state is made of.
        for change, layer, record in self._connection.execute(
            "SELECT number, layer, record FROM change WHERE device = ? AND live = 0",
            (self._device,),
        ):
            row = self._package_of(change)
            if row is not None and row[2] == _MERGED and isinstance(record, str):
                note = HeldNote(layer[:200], record[:200], "receipt.not_in_force")
                found.setdefault(row[0], {}).setdefault((note.layer, note.record), note)
        return found

    def _about(self, layer: str, record: str) -> _Record:
        return self._records.setdefault(record, _Record(layer))

    def _read_conflicts(self) -> None:
        """Records of open conflicts that the tablet changed, and those of its changes that are a
        side of a conflict about another record: a part of one deleted, or one joined away."""
        connection = self._connection
        rows = connection.execute(
            "SELECT c.layer, c.record, c.unit, x.number FROM conflict c "
            "CROSS JOIN change x ON x.record = c.record WHERE x.device = ?",
            (self._device,),
        ).fetchall()
        sides: dict[str, set[str]] = {}
        for unit, heads in connection.execute("SELECT unit, heads FROM conflict"):
            for change in json.loads(heads):
                sides.setdefault(change, set()).add(unit)
        for change, layer, record, number in _of_changes(connection, sides, self._device):
            rows += [(layer, record, unit, number) for unit in sides[change]]
        for layer, record, unit, number in rows:
            self._about(layer, record).conflicts.add(unit)
            row = self._package_of(number)
            if row is not None:
                self._in_conflict.setdefault(row[0], set()).add(record)

    def _read_duplicates(self) -> None:
        for layer, a, b, changed_a, changed_b in self._connection.execute(
            "SELECT layer, a, b, "
            "EXISTS (SELECT 1 FROM change WHERE record = a AND device = ?1), "
            "EXISTS (SELECT 1 FROM change WHERE record = b AND device = ?1) "
            "FROM duplicate WHERE state = 'open'",
            (self._device,),
        ):
            if changed_a:
                self._about(layer, a).duplicates.add(b)
            if changed_b:
                self._about(layer, b).duplicates.add(a)

    def _read_joined(self) -> None:
        joined = self._connection.execute(
            "SELECT l.layer, l.parent, l.child FROM (SELECT DISTINCT record FROM change "
            "WHERE device = ?) c CROSS JOIN lineage l ON l.parent = c.record WHERE l.kind = ?",
            (self._device, _SAME),
        ).fetchall()
        for layer, parent, child in joined:
            passed = {parent}
            while child not in passed:
                passed.add(child)
                row = self._connection.execute(
                    "SELECT child FROM lineage WHERE parent = ? AND kind = ?", (child, _SAME)
                ).fetchone()
                child = row[0] if row else child
            self._about(layer, parent).survivor = child

    def _read_returned(self) -> None:
        """Records that the county sends back with findings, and that this tablet changed."""
        for layer in self._file.catalogue.layers.values():
            if not layer.surveyed:
                continue
            for record, findings in self._connection.execute(
                "SELECT r.uuid, (SELECT count(*) FROM finding f WHERE f.record = r.uuid "
                "AND f.state = 'open') FROM (SELECT DISTINCT record FROM change "
                "WHERE device = ? AND layer = ?) c "
                f"CROSS JOIN {quoted(layer.name)} r ON r.uuid = c.record "
                "WHERE r.state = 'returned'",
                (self._device, layer.name),
            ):
                self._about(layer.name, record).findings = findings


def _of_changes(
    connection: sqlite3.Connection, changes: Iterable[str], device: str
) -> list[tuple[str, str, str, int]]:
    """(change, layer, record, number) of those of the changes that a device made."""
    return [
        row
        for marks, some in in_turns(changes)
        for row in connection.execute(
            f"SELECT uuid, layer, record, number FROM change WHERE uuid IN ({marks}) "
            "AND +device = ?",
            (*some, device),
        )
    ]

"""Merging a later assignment into what the tablet is working on.

For each record, changes of this tablet that the county has not seen keep their units of merge;
all else takes the county's value. Nothing here is journalled: the county's values are not this
tablet's changes.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ..catalogue import Layer
from ..catalogue.model import GEOMETRY_COLUMN
from ..store import SurveyFile, begun
from ..store.journal_triggers import OWNER_COLUMN
from ..store.seen import Seen
from .description import AssignmentDescription
from .row_copying import columns_of, insert_statement, listed, name_records, quoted

#: The unit of a conflict about whether a record exists at all (as merge names it).
RECORD = "@record"


@dataclass
class _Unseen:
    """What the tablet did to one record since the county last saw it.

    `base` holds, for each column it changed, the value before its first change, `values` the one
    after its last.
    """

    operations: list[str] = field(default_factory=list)
    last_change: str = ""
    base: dict[str, object] = field(default_factory=dict)
    values: dict[str, object] = field(default_factory=dict)


class WorkInProgress:
    """The tablet's unseen changes, and the county's records on their way in."""

    def __init__(
        self,
        survey: SurveyFile,
        source: sqlite3.Connection,
        about: AssignmentDescription,
        seen: Seen,
    ) -> None:
        self._survey = survey
        self._connection: sqlite3.Connection = survey.connection
        self._source = source
        self._about = about
        self._unseen = self._read_unseen(seen)
        self.written = self.removed = self.kept = self.conflicts = 0

    def merge(self) -> None:
        """Take every layer of the assignment in. Call inside `atomic(quiet=True)`."""
        for layer in self._survey.catalogue.layers.values():
            columns = set(columns_of(self._source, layer.name))
            if columns:
                self._merge_layer(layer, columns)
        self._remove_gone()

    def _read_unseen(self, seen: Seen) -> dict[tuple[str, str], _Unseen]:
        """By layer and record: an identity may stand in two layers, until the county holds one."""
        device = self._survey.meta["device"]
        found: dict[tuple[str, str], _Unseen] = {}
        of_change: dict[int, _Unseen] = {}
        for change, uuid, layer, record, operation, number in self._connection.execute(
            "SELECT id, uuid, layer, record, operation, number FROM change "
            "WHERE device = ? ORDER BY number",
            (device,),
        ):
            if not seen.has(device, number):
                mine = found.setdefault((layer, record), _Unseen())
                mine.operations.append(operation)
                mine.last_change = uuid
                of_change[change] = mine
        for change, name, old, new in self._connection.execute(
            "SELECT v.change, v.field, v.old, v.new FROM change_value v "
            "JOIN change c ON c.id = v.change WHERE c.device = ? ORDER BY c.number",
            (device,),
        ):
            if change in of_change:
                of_change[change].base.setdefault(name, old)
                of_change[change].values[name] = new
        return found

    def _merge_layer(self, layer: Layer, theirs: set[str]) -> None:
        columns = [name for name in columns_of(self._connection, layer.name) if name in theirs]
        place = columns.index("uuid")
        selected = listed(columns)
        table = quoted(layer.name)
        for values in self._source.execute(f"SELECT {selected} FROM {table}"):
            uuid = values[place]
            mine = self._unseen.get((layer.name, uuid))
            own = self._connection.execute(
                f"SELECT {selected} FROM {table} WHERE uuid = ?", (uuid,)
            ).fetchone()
            if mine is None:
                self._take(layer, columns, values, own)
            else:
                if own is None and mine.operations[-1] != "delete":
                    own = self._put_back(layer, columns, values, mine)
                self._combine(layer, dict(zip(columns, values, strict=True)), own, columns, mine)

    def _take(
        self,
        layer: Layer,
        columns: Sequence[str],
        values: Sequence[object],
        own: Sequence[object] | None,
    ) -> None:
        """The county's record as it is; nobody here worked on it."""
        if own is None:
            self._connection.execute(insert_statement(layer.name, columns), values)
        elif tuple(own) != tuple(values):
            self._update(layer, dict(zip(columns, values, strict=True)))
        else:
            return
        self.written += 1

    def _put_back(
        self, layer: Layer, columns: Sequence[str], values: Sequence[object], mine: _Unseen
    ) -> tuple[object, ...]:
        """A record that was cleared here (package.clearing) while the county had what this tablet
        did to it, and has no longer: the county's row with that put over it."""
        row = dict(zip(columns, values, strict=True))
        row |= {name: value for name, value in mine.values.items() if name in row}
        if GEOMETRY_COLUMN in mine.values:
            row |= {name: None for name in layer.derived_columns if name in row}
        own = tuple(row[name] for name in columns)
        self._connection.execute(insert_statement(layer.name, columns), own)
        return own

    def _combine(
        self,
        layer: Layer,
        county: dict[str, object],
        own: Sequence[object] | None,
        columns: Sequence[str],
        mine: _Unseen,
    ) -> None:
        """Unit by unit: what the tablet changed stays, all else is the county's."""
        self.kept += 1
        record = str(county["uuid"])
        self._forget_conflicts(record)
        if own is None:
            # Deleted here. A county that changed it since must be told so.
            if any(county.get(name) != old for name, old in mine.base.items() if name in county):
                self._note(layer.name, record, RECORD, mine, county)
            return
        local = dict(zip(columns, own, strict=True))
        changes: dict[str, object] = {}
        for unit, unit_columns in layer.units.items():
            shared = [name for name in unit_columns if name in county]
            if not any(name in mine.base for name in unit_columns):
                changes |= {name: county[name] for name in shared if county[name] != local[name]}
            elif any(county[name] != local[name] for name in shared) and any(
                county[name] != mine.base.get(name) for name in shared
            ):
                self._note(layer.name, record, unit, mine, county)
        if changes:
            stale = (
                {}
                if "geometry" not in changes
                else {name: county.get(name) for name in layer.derived_columns if name in county}
            )
            self._update(layer, {"uuid": record, **changes, **stale})
            self.written += 1

    def _update(self, layer: Layer, values: Mapping[str, object]) -> None:
        names = [name for name in values if name != "uuid"]
        pairs = ", ".join(f"{quoted(name)} = ?" for name in names)
        self._connection.execute(
            f"UPDATE {quoted(layer.name)} SET {pairs} WHERE uuid = ?",
            (*(values[name] for name in names), values["uuid"]),
        )

    def _forget_conflicts(self, record: str) -> None:
        self._connection.execute("DELETE FROM conflict WHERE record = ?", (record,))

    def _note(
        self, layer: str, record: str, unit: str, mine: _Unseen, county: Mapping[str, object]
    ) -> None:
        """A conflict the county will have to decide once this tablet's work is merged."""
        self.conflicts += 1
        self._connection.execute(
            "INSERT OR REPLACE INTO conflict (id, layer, record, unit, heads, village) "
            "VALUES (?, ?, ?, ?, ?, ?)",
            (
                hashlib.sha256(f"{record}|{unit}".encode()).hexdigest()[:10],
                layer,
                record,
                unit,
                json.dumps([mine.last_change, self._about.uuid]),
                county.get("village"),
            ),
        )

    def _remove_gone(self) -> None:
        """Drop records of the assigned villages and layers that the county no longer has.

        Those with unseen work stay, and so does every record they belong to.
        """
        protected = self._with_owners()
        marks = ", ".join("?" * len(self._about.villages))
        for name in self._about.layers:
            if name not in self._survey.catalogue.layers:
                continue
            sent = {uuid for (uuid,) in self._source.execute(f"SELECT uuid FROM {quoted(name)}")}
            here = self._connection.execute(
                f"SELECT uuid FROM {quoted(name)} WHERE village IN ({marks})",
                self._about.villages,
            ).fetchall()
            for (uuid,) in here:
                if uuid in sent:
                    continue
                if uuid not in protected:
                    self._connection.execute(f"DELETE FROM {quoted(name)} WHERE uuid = ?", (uuid,))
                    self.removed += 1
                    continue
                mine = self._unseen.get((name, uuid))
                if mine is not None and "insert" not in mine.operations:
                    self.kept += 1
                    self._forget_conflicts(uuid)
                    self._note(name, uuid, RECORD, mine, {})

    def _with_owners(self) -> set[str]:
        """Records with unseen work or with work begun, and all that they belong or refer to."""
        found = {record for _, record in self._unseen}
        found |= begun.records(self._connection)
        fresh = set(found)
        while fresh:
            named = name_records(self._connection, "fresh", fresh)
            above: set[str] = set()
            for layer in self._survey.catalogue.layers.values():
                if layer.append_only:
                    continue
                columns = {relation.field for relation in layer.relations}
                columns |= {OWNER_COLUMN} & set(layer.fields)
                for column in columns:
                    above |= {
                        uuid
                        for (uuid,) in self._connection.execute(
                            f"SELECT {quoted(column)} FROM {quoted(layer.name)} "
                            f"WHERE uuid IN (SELECT uuid FROM {named}) "
                            f"AND {quoted(column)} IS NOT NULL"
                        )
                    }
            fresh = above - found
            found |= fresh
        return found

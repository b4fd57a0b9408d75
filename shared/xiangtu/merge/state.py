"""Settling records: what the journal says of them is written into the tables.

Cost is that of the records named and of their own histories. The outcome depends on the set of
live changes alone, never on the order in which they came.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from ..catalogue.model import GEOMETRY_COLUMN, Layer
from ..store import SurveyFile
from .changes import GONE, RECORD, Change, Knowledge, changes_of, with_names
from .kinship import SAME, aliases, joined_away, parent_columns, reference_columns
from .resolve import CONFLICT, HERE, Resolution, presence, resolve, shown_head, unaware


@dataclass
class Outcome:
    """What settling did, by record uuid; conflicts by id, opened also where a side was added."""

    inserted: set[str] = field(default_factory=set)
    updated: set[str] = field(default_factory=set)
    deleted: set[str] = field(default_factory=set)
    conflicts_opened: set[str] = field(default_factory=set)
    conflicts_closed: set[str] = field(default_factory=set)

    @property
    def touched(self) -> set[str]:
        """All records that are not what they were."""
        return self.inserted | self.updated | self.deleted

    def add(self, other: Outcome) -> None:
        """Count what another pass did, too."""
        self.inserted |= other.inserted
        self.updated |= other.updated
        self.deleted |= other.deleted
        self.conflicts_opened |= other.conflicts_opened
        self.conflicts_closed |= other.conflicts_closed


def conflict_id(record: str, unit: str) -> str:
    """The short name of the conflict about a unit of a record; the same in every order."""
    return hashlib.sha256(f"{record}|{unit}".encode()).hexdigest()[:10]


class Settling:
    """One pass over some records of one file, inside a quiet transaction of the caller."""

    def __init__(self, file: SurveyFile, knowledge: Knowledge | None = None) -> None:
        self.file = file
        self.connection = file.connection
        self.knowledge = knowledge or Knowledge(file.connection)
        self.outcome = Outcome()
        self._changes: dict[str, list[Change]] = {}
        self._presence: dict[str, str] = {}
        self._deleters: dict[str, tuple[Change, ...]] = {}
        self._layers: dict[str, str] = {}
        self._hashes: dict[object, str | None] = {}
        self._survivors: dict[str, str | None] = {}

    def settle(self, records: Iterable[str]) -> Outcome:
        """Bring the tables and table conflict in line with the journal for these records.

        Records that hang together with them (a parent whose deletion they contradict, parts of a
        deleted parent, records joined with them) are settled too.
        """
        wanted = self.related(records)
        joined = aliases(self.connection, wanted)
        resolved: dict[str, tuple[Layer, Resolution]] = {}
        for record in sorted(wanted):
            changes = self._changes.get(record, [])
            name = self._layer_name(record, changes)
            if name is None:
                continue
            layer = self.file.catalogue.layer(name)
            if record in joined:
                resolved[record] = (layer, Resolution(exists=False))
            else:
                resolved[record] = (layer, self._resolve(layer, record))
        self._write(resolved)
        return self.outcome

    # -- which records hang together --------------------------------------------------------

    def related(self, records: Iterable[str]) -> set[str]:
        """The records and all that must be settled with them."""
        done: set[str] = set()
        below: set[str] = set()  # parts of what may be absent: they may go with it
        todo = set(records)
        while todo:
            self._load(todo)
            done |= todo
            more: set[str] = set()
            for record in todo:
                more |= self._parents_in_question(record)
                if record in below or self._in_question(record):
                    parts = {child for child, _ in self.children_ever(record)}
                    todo_again = (parts & done) - below
                    below |= parts
                    more |= parts
                    done -= todo_again
            for away, survivor in aliases(self.connection, todo).items():
                more.add(survivor)
                more |= self._referring_ever(away)
            more |= joined_away(self.connection, todo)
            more |= self._came_from(todo)
            todo = more - done
        return done

    def _in_question(self, record: str) -> bool:
        """Whether the record may be absent: deleted by someone, or no longer inserted."""
        changes = self._changes.get(record, [])
        return (
            any(change.says == GONE for change in changes)
            or not any(change.operation == "insert" for change in changes)
            or any(change.says == GONE for change in self._late_changes_of_joined(record))
        )

    def _parents_in_question(self, record: str) -> set[str]:
        """Of all the records that this one is a part of, however far up, those in question."""
        above: set[str] = set()
        level = self._named_parents(record)
        while level:
            self._load(level)
            above |= level
            level = set().union(*(self._named_parents(parent) for parent in level)) - above
        return {parent for parent in above if self._in_question(parent) and self._changes[parent]}

    def _named_parents(self, record: str) -> set[str]:
        """Every record that some change calls this one a part of."""
        named: set[str] = set()
        for change in self._changes.get(record, []):
            layer = self.file.catalogue.layers.get(change.layer)
            for column in parent_columns(layer) if layer else ():
                for value in (change.values.get(column), change.old.get(column)):
                    if isinstance(value, str):
                        named.add(value)
        return named

    def children_ever(self, record: str) -> list[tuple[str, str]]:
        """(uuid, layer) of every record that some change names as a part of this one."""
        return list({(child, name): None for child, name, _ in self._naming_as_whole(record)})

    def _referring_ever(self, record: str) -> set[str]:
        """Every record that some change lets name this one, as a part of it or otherwise."""
        return {
            other
            for other, name, column in self._naming(record)
            if column in reference_columns(self.file.catalogue.layer(name))
        }

    def _naming_as_whole(self, record: str) -> list[tuple[str, str, str]]:
        """(uuid, layer, column) of every record that some change names as a part of this one."""
        return [
            (child, name, column)
            for child, name, column in self._naming(record)
            if column in parent_columns(self.file.catalogue.layer(name))
        ]

    def _naming(self, record: str) -> list[tuple[str, str, str]]:
        """(uuid, layer, column) of every record of which some change names this one."""
        return [
            (other, name, column)
            for other, name, column in self.connection.execute(
                "SELECT DISTINCT c.record, c.layer, v.field FROM change_value v "
                "JOIN change c ON c.id = v.change "
                "WHERE v.new = ? AND (substr(v.field, -5) = '_uuid' OR v.field = 'record')",
                (record,),
            )
            if name in self.file.catalogue.layers
        ]

    def _children(self, record: str) -> set[str]:
        """The records that are parts of this one, or may be: some head of theirs says so."""
        naming = self._naming_as_whole(record)
        self._load(child for child, _, _ in naming)
        return {
            child
            for child, _, column in naming
            if any(head.values.get(column) == record for head in self.heads_of(child, (column,)))
        }

    def _came_from(self, records: Iterable[str]) -> set[str]:
        """What these records came from by split or join."""
        with_names(self.connection, records)
        return {
            parent
            for (parent,) in self.connection.execute(
                "SELECT l.parent FROM temp.named n CROSS JOIN lineage l ON l.child = n.uuid "
                "WHERE l.kind <> ?",
                (SAME,),
            )
        }

    def _load(self, records: Iterable[str]) -> None:
        missing = {record for record in records if record not in self._changes}
        if not missing:
            return
        loaded = changes_of(self.connection, missing)
        for record in missing:
            self._changes[record] = loaded.get(record, [])

    def _layer_name(self, record: str, changes: list[Change]) -> str | None:
        if changes:
            return changes[0].layer if changes[0].layer in self.file.catalogue.layers else None
        row = self.connection.execute(
            "SELECT layer FROM change WHERE record = ? ORDER BY id LIMIT 1", (record,)
        ).fetchone()
        return row[0] if row and row[0] in self.file.catalogue.layers else None

    # -- what they are ------------------------------------------------------------------------

    def _resolve(self, layer: Layer, record: str) -> Resolution:
        changes, knowledge = self._bearing_on(record)
        resolution = resolve(
            layer,
            changes,
            knowledge,
            self.file.device_id,
            self._descendants(record),
            self._parent_of_delete,
            self._hash_of_secret,
            self._heirs(record),
            self._gone_above(record),
        )
        self._presence[record] = self._state(resolution)
        return resolution

    def _bearing_on(self, record: str) -> tuple[list[Change], Knowledge]:
        """The changes that make a record what it is, and who of their authors had seen what."""
        changes = self._changes.get(record, [])
        late = self._late_changes_of_joined(record)
        if not late:
            return changes, self.knowledge
        return [*changes, *late], _AfterJoining(self.connection, late)

    @staticmethod
    def _state(resolution: Resolution) -> str:
        if not resolution.exists:
            return GONE
        doubtful = any(conflict.unit == RECORD for conflict in resolution.conflicts)
        return CONFLICT if doubtful else HERE

    def _late_changes_of_joined(self, record: str) -> dict[Change, tuple[Change, ...]]:
        """Edits and deletions of records joined to this one, by people who did not know of the
        joining; each with the changes that joined, from its own record's to this one's."""
        found: dict[Change, tuple[Change, ...]] = {}
        level: dict[str, tuple[Change, ...]] = {record: ()}
        while level:
            below: dict[str, tuple[Change, ...]] = {}
            for survivor, path in level.items():
                for away, batch in self.connection.execute(
                    "SELECT parent, batch FROM lineage WHERE child = ? AND kind = ?",
                    (survivor, SAME),
                ).fetchall():
                    self._load([away])
                    joining = (
                        change
                        for change in self._changes[away]
                        if change.batch == batch and change.says == GONE
                    )
                    below[away] = (*joining, *path)
            for away, path in below.items():
                for change in self._changes[away]:
                    if change.operation in ("update", "delete") and not any(
                        self.knowledge.sees(joining, change) for joining in path
                    ):
                        found[change] = path
            level = below
        return found

    def _descendants(self, record: str) -> list[Change]:
        """All changes to parts of the record, and parts of those; only asked where it matters."""
        if not any(change.says == GONE for change in self._bearing_on(record)[0]):
            return []
        found: list[Change] = []
        seen: set[str] = set()
        level = {record}
        while level:
            # What belonged to a record that was joined to this one belongs to this one.
            level |= joined_away(self.connection, level)
            seen |= level
            below = set().union(*(self._children(parent) for parent in level)) - seen
            for child in sorted(below):
                found += self._changes[child]
            level = below
        return found

    def history(self, record: str) -> list[Change]:
        """The live changes of a record."""
        self._load([record])
        return self._changes[record]

    def heads_of(self, record: str, columns: Sequence[str]) -> list[Change]:
        """The changes that say what a unit of a record is, and that no other of them has seen."""
        return self.knowledge.heads(
            [
                change
                for change in self.history(record)
                if change.operation == "insert"
                or (change.operation != "delete" and any(name in change.values for name in columns))
            ]
        )

    def unaware(self, record: str) -> tuple[list[Change], list[Change]]:
        """Edits of a record and beginnings of what came from it that did not know of each other."""
        return unaware(self.history(record), self._heirs(record), self.knowledge)

    def _heirs(self, record: str) -> list[Change]:
        """The beginnings of the records that came from this one, and are there as such."""
        found = [
            heir
            for (heir,) in self.connection.execute(
                "SELECT DISTINCT child FROM lineage WHERE parent = ? AND kind <> ? ORDER BY child",
                (record, SAME),
            )
        ]
        if not found:
            return []
        joined = aliases(self.connection, found)
        self._load(found)
        return [
            change
            for heir in found
            if heir not in joined and self._state_of(heir) != GONE
            for change in self._changes[heir]
            if change.operation == "insert"
        ]

    def _parent_of_delete(self, change: Change) -> str | None:
        """For a delete that the deletion of its parent brought with it: how the parent stands."""
        layer = self.file.catalogue.layers.get(change.layer)
        if layer is None:
            return None
        for column in parent_columns(layer):
            parent = change.old.get(column)
            if not isinstance(parent, str):
                continue
            self._load([parent])
            before = [
                each
                for each in self._changes[parent]
                if each.says == GONE
                and each.device == change.device
                and each.number < change.number
            ]
            if before:
                return self._state_of(parent)
        return None

    def _state_of(self, record: str) -> str:
        record = aliases(self.connection, [record]).get(record, record)
        if record not in self._presence:
            self._weigh(record)
        return self._presence[record]

    def _weigh(self, record: str) -> None:
        """Find out whether a record is there, and what deleted it if not."""
        self._presence[record] = HERE  # what names itself as its own part is not asked again
        self._load([record])
        changes, knowledge = self._bearing_on(record)
        state, heads = presence(
            changes,
            self._descendants(record),
            knowledge,
            self._parent_of_delete,
            self._gone_above(record),
        )
        self._presence[record] = state
        self._deleters[record] = heads if state == GONE else ()

    def _gone_above(self, record: str) -> list[Change]:
        """What deleted the record that this one is shown as a part of; nothing if it is there."""
        found: list[Change] = []
        for parent in self._shown_parents(record):
            parent = aliases(self.connection, [parent]).get(parent, parent)
            if parent not in self._deleters:
                self._weigh(parent)
            found += self._deleters[parent]
        return found

    def _shown_parents(self, record: str) -> list[str]:
        layers = {change.layer for change in self._changes[record]} & set(
            self.file.catalogue.layers
        )
        found = []
        for name in sorted(layers):
            for column in parent_columns(self.file.catalogue.layer(name)):
                heads = self.heads_of(record, (column,))
                shown = heads and heads[shown_head(heads, self.file.device_id)].values.get(column)
                if isinstance(shown, str) and shown != record:
                    found.append(shown)
        return found

    def _hash_of_secret(self, uuid: object) -> str | None:
        if uuid not in self._hashes:
            row = self.connection.execute(
                "SELECT hmac FROM secret WHERE uuid = ?", (uuid,)
            ).fetchone()
            self._hashes[uuid] = row[0] if row else None
        return self._hashes[uuid]

    # -- into the tables ----------------------------------------------------------------------

    def _write(self, resolved: dict[str, tuple[Layer, Resolution]]) -> None:
        for record, (layer, resolution) in resolved.items():
            if not resolution.exists and self._row_exists(layer, record):
                self.connection.execute(f'DELETE FROM "{layer.name}" WHERE uuid = ?', (record,))
                self.outcome.deleted.add(record)
        self._leave_other_layers(resolved)
        stale: dict[str, list[str]] = {}
        for record, (layer, resolution) in resolved.items():
            if resolution.exists and self._write_row(layer, record, resolution):
                stale.setdefault(layer.name, []).append(record)
            self._write_conflicts(layer, record, resolution)
        for name, records in stale.items():
            self.file.refresh_derived(name, records)

    def _leave_other_layers(self, resolved: dict[str, tuple[Layer, Resolution]]) -> None:
        """Where an identity was begun in several layers, take it out of those where it has no more
        live beginning: the record is settled in its own layer only."""
        with_names(self.connection, resolved)
        for record, name in self.connection.execute(
            "SELECT c.record, c.layer FROM temp.named n CROSS JOIN change c ON c.record = n.uuid "
            "GROUP BY c.record, c.layer HAVING NOT max(c.live AND c.operation = 'insert')"
        ).fetchall():
            if name != resolved[record][0].name and name in self.file.catalogue.layers:
                self.connection.execute(f'DELETE FROM "{name}" WHERE uuid = ?', (record,))

    def _row_exists(self, layer: Layer, record: str) -> bool:
        return bool(
            self.connection.execute(
                f'SELECT 1 FROM "{layer.name}" WHERE uuid = ?', (record,)
            ).fetchone()
        )

    def _write_row(self, layer: Layer, record: str, resolution: Resolution) -> bool:
        """Insert or update one row; True if its outline was written."""
        values = dict(resolution.values)
        self._follow_joined(layer, values)
        columns = [name for name in layer.columns if name in values]
        current = self.connection.execute(
            f'SELECT {_names(columns)} FROM "{layer.name}" WHERE uuid = ?', (record,)
        ).fetchone()
        kept = bookkeeping(resolution.latest, resolution.first)
        if current is None:
            write_insert(
                self.connection,
                layer,
                [*columns, *kept],
                [(record, *(values[name] for name in columns), *kept.values())],
            )
            self.outcome.inserted.add(record)
            return layer.geometry is not None
        differing = [
            name
            for name, old in zip(columns, current, strict=True)
            if old != values[name] or type(old) is not type(values[name])
        ]
        if differing:
            self.outcome.updated.add(record)
        write_update(
            self.connection,
            layer,
            [*differing, *kept],
            [(*(values[name] for name in differing), *kept.values(), record)],
        )
        return GEOMETRY_COLUMN in differing

    def _follow_joined(self, layer: Layer, values: dict[str, object]) -> None:
        """References to a joined-away record are shown as references to its survivor."""
        named = {name: values[name] for name in reference_columns(layer) if values.get(name)}
        if not named:
            return
        unknown = {str(each) for each in named.values()} - self._survivors.keys()
        if unknown:
            self._survivors |= dict.fromkeys(unknown) | aliases(self.connection, unknown)
        for column, value in named.items():
            values[column] = self._survivors[str(value)] or value

    def _write_conflicts(self, layer: Layer, record: str, resolution: Resolution) -> None:
        before = {
            name: set(json.loads(heads))
            for name, heads in self.connection.execute(
                "SELECT id, heads FROM conflict WHERE record = ?", (record,)
            )
        }
        self.connection.execute("DELETE FROM conflict WHERE record = ?", (record,))
        after: dict[str, set[str]] = {}
        for conflict in resolution.conflicts:
            name = conflict_id(record, conflict.unit)
            after[name] = {head.uuid for head in conflict.heads}
            self.connection.execute(
                "INSERT INTO conflict (id, layer, record, unit, heads, village) "
                "VALUES (?, ?, ?, ?, ?, ?)",
                (
                    name,
                    layer.name,
                    record,
                    conflict.unit,
                    json.dumps([head.uuid for head in conflict.heads]),
                    resolution.values.get("village"),
                ),
            )
        self.outcome.conflicts_opened |= {
            name for name, heads in after.items() if not heads <= before.get(name, set())
        }
        self.outcome.conflicts_closed |= before.keys() - after.keys()


class _AfterJoining(Knowledge):
    """Late edits to a joined-away record count as made upon the survivor as it was then.

    Where both records had the same value the edit simply applies; where the joining had to choose,
    the choice is a decision that the edit's author has not seen, and both are a conflict. So is a
    deletion: the joining says that the survivor is there.
    """

    def __init__(
        self, connection: sqlite3.Connection, late: Mapping[Change, tuple[Change, ...]]
    ) -> None:
        super().__init__(connection)
        self._joinings = {change.uuid: joinings for change, joinings in late.items()}

    def sees(self, later: Change, earlier: Change) -> bool:
        joinings = self._joinings.get(later.uuid)
        if not joinings or later.record == earlier.record or later.device == earlier.device:
            return super().sees(later, earlier)
        return earlier.batch not in {joining.batch for joining in joinings} and super().sees(
            joinings[-1], earlier
        )


def bookkeeping(latest: Change | None, first: Change | None) -> dict[str, object]:
    """The bookkeeping columns of a record, out of its latest change and its first."""
    assert latest is not None and first is not None  # an existing record was inserted
    return {
        "surveyor": latest.author,
        "device": latest.device,
        "created_at": first.time,
        "updated_at": latest.time,
        "utc_offset_min": latest.utc_offset_min,
    }


def write_insert(
    connection: sqlite3.Connection, layer: Layer, columns: list[str], rows: Iterable[tuple]
) -> None:
    """Insert rows of (uuid, *columns); the caller is quiet."""
    marks = ", ".join("?" * (len(columns) + 1))
    connection.executemany(
        f'INSERT INTO "{layer.name}" (uuid, {_names(columns)}) VALUES ({marks})', rows
    )


def write_update(
    connection: sqlite3.Connection, layer: Layer, columns: list[str], rows: Iterable[tuple]
) -> None:
    """Update rows of (*columns, uuid); derived columns that a changed outline comes without are
    stale."""
    settings = [f'"{name}" = ?' for name in columns]
    if GEOMETRY_COLUMN in columns:
        settings += [f'"{name}" = NULL' for name in layer.derived_columns if name not in columns]
    connection.executemany(f'UPDATE "{layer.name}" SET {", ".join(settings)} WHERE uuid = ?', rows)


def _names(columns: Iterable[str]) -> str:
    return ", ".join(f'"{name}"' for name in columns)

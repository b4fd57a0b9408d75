"""Which records that packages brought can stand: what they need is there, whatever came first.

What one package says of one record of a layer stands or falls as a whole. It stands if somebody
inserted the record, if all that it is a part of stands, if its identity belongs to its layer, and
if every value that is wrong in itself was put right later. What cannot stand is held, and weighed
again whenever something arrives or is taken out.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from ..store import SurveyFile
from ..store.system_tables import NOW
from .changes import Change, changes_of, with_names
from .held import CURABLE, Held, HeldRecord, hold, list_held
from .kinship import parent_columns, parts_of
from .soundness import Faults, faults, unhealed

Named = tuple[str, str]  # (record, layer)


@dataclass(frozen=True)
class Part:
    """What one package says of one record: arriving, held (`held`), or in force."""

    record: str
    layer: str
    changes: tuple[Change, ...]
    held: Held | None = None
    in_force: str | None = None

    @property
    def inserts(self) -> bool:
        """Whether the record begins here."""
        return any(change.operation == "insert" for change in self.changes)

    @property
    def order(self) -> tuple[str, int]:
        """Sorts parts the same everywhere."""
        return self.changes[0].order


@dataclass
class Verdict:
    """What became of the parts that were weighed."""

    fallen: dict[Named, HeldRecord] = field(default_factory=dict)
    released: list[Held] = field(default_factory=list)
    renamed: dict[int, HeldRecord] = field(default_factory=dict)
    held_again: list[tuple[str, HeldRecord]] = field(default_factory=list)
    unseated: set[Named] = field(default_factory=set)


def weigh(
    file: SurveyFile,
    arriving: Iterable[Change] = (),
    known: Faults | None = None,
    again: Iterable[str] = (),
) -> Verdict:
    """Weigh what arrives, and all that was held for want of something; writes nothing.

    `arriving` are changes of one package that are not in the journal yet, or not live, with what
    is wrong with them in themselves. `again` are records that lost something by an undoing: what
    of them is in force is weighed too.
    """
    parts = [*_arriving(arriving), *_held(file), *_in_force(file, again)]
    verdict = Verdict()
    if not parts:
        return verdict
    others = [change for part in parts if part.held or part.in_force for change in part.changes]
    every = {**(known or {}), **faults(file, others)}
    standing = _Standing(file, parts, every)
    reasons = standing.fall()
    for part in parts:
        reason = reasons.get(id(part))
        if part.held is not None:
            if reason is None:
                verdict.released.append(part.held)
            elif (reason.code, dict(reason.facts)) != (part.held.code, part.held.facts):
                verdict.renamed[part.held.id] = reason
        elif reason is not None and part.in_force is not None:
            verdict.held_again.append((part.in_force, reason))
        elif reason is not None:
            verdict.fallen[part.record, part.layer] = reason
    verdict.unseated = standing.unseated
    return verdict


def carry_out(file: SurveyFile, verdict: Verdict) -> set[str]:
    """Write a verdict on what was there before; returns the records to be settled."""
    connection = file.connection
    settle: set[str] = set()
    for each in verdict.released:
        settle.add(each.record)
        connection.execute(
            "UPDATE change SET live = 1 WHERE record = ? AND layer = ? AND batch = ?",
            (each.record, each.layer, each.batch),
        )
        connection.execute(f"UPDATE held SET released_at = {NOW} WHERE id = ?", (each.id,))
    for number, reason in verdict.renamed.items():
        connection.execute(
            "UPDATE held SET code = ?, facts = ? WHERE id = ?",
            (
                reason.code,
                json.dumps(reason.facts, ensure_ascii=False, sort_keys=True),
                number,
            ),
        )
    for batch, reason in verdict.held_again:
        settle.add(reason.record)
        hold(file, [reason], batch)
    for record, layer in sorted(verdict.unseated):
        settle |= _unseat(file, record, layer)
    for record in settle:
        _leave_other_layers(file, record)
    return settle


def _leave_other_layers(file: SurveyFile, record: str) -> None:
    """Where an identity was begun in several layers, take it out of those where it has no more
    live beginning: the record is settled in its own layer only."""
    rows = file.connection.execute(
        "SELECT layer, max(live AND operation = 'insert') FROM change WHERE record = ? "
        "GROUP BY layer",
        (record,),
    ).fetchall()
    for layer, begun in rows if len(rows) > 1 else ():
        if not begun and layer in file.catalogue.layers:
            file.connection.execute(f'DELETE FROM "{layer}" WHERE uuid = ?', (record,))


def _arriving(changes: Iterable[Change]) -> Iterator[Part]:
    for (record, layer), own in _by_record(changes).items():
        yield Part(record, layer, tuple(own))


def _held(file: SurveyFile) -> Iterator[Part]:
    waiting = [each for each in list_held(file, open_only=True) if each.code in CURABLE]
    if not waiting:
        return
    histories = changes_of(file.connection, {each.record for each in waiting}, live_only=False)
    for each in waiting:
        own = [
            change
            for change in histories.get(each.record, [])
            if change.batch == each.batch and change.layer == each.layer
        ]
        if own:
            yield Part(each.record, each.layer, tuple(own), held=each)


def _in_force(file: SurveyFile, records: Iterable[str]) -> Iterator[Part]:
    """Parts of these records that are in force though something in them is wrong, since it was
    put right by what may be gone now, and all that is a part of such a record."""
    live = _from_packages(file, records)
    found = faults(file, live)
    wrong = {(each.record, each.layer) for each in live if each.uuid in found}
    if not wrong:
        return
    family = {uuid for named in wrong for _, uuid in _family(file, *named)}
    batches: dict[tuple[str, str, str], list[Change]] = {}
    for change in _from_packages(file, family):
        named = (str(change.batch), change.record, change.layer)
        batches.setdefault(named, []).append(change)
    for (batch, record, layer), own in sorted(batches.items()):
        yield Part(record, layer, tuple(own), in_force=batch)


def _from_packages(file: SurveyFile, records: Iterable[str]) -> list[Change]:
    """The live changes to these records that packages brought."""
    return [
        change
        for own in changes_of(file.connection, records).values()
        for change in own
        if change.batch is not None and change.operation != "decide"
    ]


def _by_record(changes: Iterable[Change]) -> dict[Named, list[Change]]:
    found: dict[Named, list[Change]] = {}
    for change in changes:
        found.setdefault((change.record, change.layer), []).append(change)
    return found


class _Standing:
    """The parts in question beside all that stands already."""

    def __init__(self, file: SurveyFile, parts: Sequence[Part], known: Faults) -> None:
        self.file = file
        self.parts = parts
        self.unseated: set[Named] = set()
        self._known = known
        self._parents = {id(part): dict(self._named_parents(part)) for part in parts}
        records = {part.record for part in parts}
        self._there = self._inserted(records.union(*self._parents.values()))
        several = self._in_several_layers()
        self._owners = self._layers(several) if several else {}
        self._faulty = [
            part for part in parts if known and any(each.uuid in known for each in part.changes)
        ]
        self._live = self._in_the_journal({part.record for part in self._faulty})

    def _named_parents(self, part: Part) -> Iterator[tuple[str, str]]:
        """What the part says it belongs to, with the layer that must be of ("" for any)."""
        layer = self.file.catalogue.layers.get(part.layer)
        for column, parent_layer in (parent_columns(layer) if layer else {}).items():
            for change in part.changes:
                value = change.values.get(column)
                if isinstance(value, str) and value:
                    # A photo says itself of which layer its record is.
                    yield value, parent_layer or str(change.values.get("layer") or "")

    def _inserted(self, records: set[str]) -> dict[str, str]:
        """Of these records those that stand without the parts in question → their layer."""
        weighed = {(part.record, part.layer, part.in_force) for part in self.parts if part.in_force}
        with_names(self.file.connection, records)
        return {
            record: layer
            for record, layer, batch in self.file.connection.execute(
                "SELECT c.record, c.layer, c.batch FROM temp.named n CROSS JOIN change c "
                "ON c.record = n.uuid WHERE c.operation = 'insert' AND c.live = 1"
            )
            if (record, layer, batch) not in weighed
        }

    def _in_several_layers(self) -> set[str]:
        """The records that are begun in another layer than where they are, or by two in two."""
        layers = dict(self._there)
        return {
            part.record
            for part in self.parts
            if part.inserts and layers.setdefault(part.record, part.layer) != part.layer
        }

    def _layers(self, records: set[str]) -> Mapping[str, str]:
        """Records that were begun in several layers → the layer that the identity belongs to.

        That of the county's own record, or of one that work in the office hangs on, else that of
        the lowest device and number.
        """
        claims: dict[str, dict[str, tuple[bool, tuple[str, int]]]] = {}

        def claim(record: str, layer: str, later: bool, order: tuple[str, int]) -> None:
            mine = claims.setdefault(record, {})
            mine[layer] = min(mine.get(layer, (later, order)), (later, order))

        for part in self.parts:
            if part.inserts and part.record in records:
                claim(part.record, part.layer, True, part.order)
        with_names(self.file.connection, records)
        for record, layer, device, number in self.file.connection.execute(
            "SELECT c.record, c.layer, c.device, c.number FROM temp.named n "
            "CROSS JOIN change c ON c.record = n.uuid "
            "WHERE c.live = 1 AND c.operation = 'insert'"
        ).fetchall():
            claim(record, layer, True, (device, number))
            rivals = len(claims[record]) > 1
            if rivals and self._office_works_on(record, layer):
                claim(record, layer, False, (device, number))
        found = {
            record: min(by_layer, key=lambda layer: by_layer[layer])
            for record, by_layer in claims.items()
            if len(by_layer) > 1
        }
        for record, owner in found.items():
            if self._there.get(record, owner) != owner:
                self.unseated.add((record, self._there.pop(record)))
        return found

    def _office_works_on(self, record: str, layer: str) -> bool:
        with_names(self.file.connection, [uuid for _, uuid in _family(self.file, record, layer)])
        return bool(
            self.file.connection.execute(
                "SELECT 1 FROM temp.named n CROSS JOIN change c ON c.record = n.uuid "
                "WHERE c.live = 1 AND c.device = ? LIMIT 1",
                (self.file.device_id,),
            ).fetchone()
        )

    def _in_the_journal(self, records: set[str]) -> dict[Named, list[Change]]:
        """The live changes to these records that are in no part in question."""
        weighed = {change.uuid for part in self.parts for change in part.changes}
        own = changes_of(self.file.connection, records) if records else {}
        return _by_record(
            change for each in own.values() for change in each if change.uuid not in weighed
        )

    def fall(self) -> dict[int, HeldRecord]:
        """Why each part cannot stand, by its id(); those that can are not named."""
        left = [part for part in self.parts if self._owner(part) == part.layer]
        while True:
            there = dict(self._there)
            there.update((part.record, part.layer) for part in left if part.inserts)
            later = self._later(left)
            kept = [
                part
                for part in left
                if self._fault(part, later) is None and self._lacking(part, there) is None
            ]
            if len(kept) == len(left):
                break
            left = kept
        standing = {id(part) for part in left}
        return {
            id(part): self._reason(part, there, later)
            for part in self.parts
            if id(part) not in standing
        }

    def _owner(self, part: Part) -> str:
        """The layer that the part's identity belongs to."""
        owner = self._owners.get(part.record) or self._there.get(part.record)
        return owner or part.layer

    def _later(self, left: Sequence[Part]) -> dict[Named, list[Change]]:
        """What may put right the values of records in which something is wrong."""
        wanted = {(part.record, part.layer) for part in self._faulty}
        found = {named: list(self._live.get(named, ())) for named in wanted}
        for part in left:
            if (part.record, part.layer) in found:
                found[part.record, part.layer] += part.changes
        return found

    def _fault(self, part: Part, later: Mapping[Named, Sequence[Change]]) -> HeldRecord | None:
        named = (part.record, part.layer)
        if named not in later:
            return None
        layer = self.file.catalogue.layers.get(part.layer)
        found = unhealed(part.changes, later[named], self._known, layer)
        if found is None:
            return None
        return HeldRecord(part.layer, part.record, found.code, found.facts)

    def _lacking(self, part: Part, there: Mapping[str, str]) -> str | None:
        """The record that a part needs and that is not there."""
        if part.record not in there:
            return part.record
        for parent, layer in sorted(self._parents[id(part)].items()):
            if parent not in there or layer not in ("", there[parent]):
                return parent
        return None

    def _reason(
        self, part: Part, there: Mapping[str, str], later: Mapping[Named, Sequence[Change]]
    ) -> HeldRecord:
        fault = self._fault(part, later)
        if fault is not None:
            return fault
        owner = self._owner(part)
        if owner != part.layer:
            layers = ", ".join(sorted((owner, part.layer)))
            return HeldRecord(part.layer, part.record, "held.two_layers", {"layers": layers})
        begun = {**there, part.record: part.layer} if part.inserts else there
        lacking = self._lacking(part, begun)
        if lacking is None or lacking == part.record:
            return HeldRecord(part.layer, part.record, "held.unknown_record", {})
        return HeldRecord(part.layer, part.record, "held.parent", {"parent": lacking})


def _family(file: SurveyFile, record: str, layer: str) -> list[Named]:
    """(layer, uuid) of a record and of all that is now a part of it, however far down."""
    found = [(layer, record)]
    for each in found:
        found += [part for part in parts_of(file, *each) if part not in found]
    return found


def _unseat(file: SurveyFile, record: str, layer: str) -> set[str]:
    """Hold what stood until an earlier claim to the same identity came, with all its parts."""
    layers = {layer} | {
        name
        for (name,) in file.connection.execute(
            "SELECT layer FROM change WHERE record = ?", (record,)
        )
    }
    family = _family(file, record, layer)
    for name, uuid in reversed(family):
        if uuid == record:
            reason = HeldRecord(
                name, uuid, "held.two_layers", {"layers": ", ".join(sorted(layers))}
            )
        else:
            reason = HeldRecord(name, uuid, "held.parent", {"parent": record})
        for (batch,) in file.connection.execute(
            "SELECT DISTINCT batch FROM change WHERE record = ? AND layer = ? AND live = 1 "
            "AND batch IS NOT NULL",
            (uuid, name),
        ).fetchall():
            hold(file, [reason], batch)
        file.connection.execute(f'DELETE FROM "{name}" WHERE uuid = ?', (uuid,))
        file.connection.execute("DELETE FROM conflict WHERE record = ?", (uuid,))
    return {uuid for _, uuid in family}

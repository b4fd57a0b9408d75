"""Which records that packages brought can stand: what they need is there, whatever came first.

A record stands if somebody inserted it, if all that it is a part of stands, and if its identity
is not used in another layer. What cannot stand is held and weighed again whenever something
arrives or is taken out, so that what is held depends on what the county has, not on the order in
which it came.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from ..store import SurveyFile
from ..store.system_tables import NOW
from .batches import Batch
from .changes import Change, changes_of, with_names
from .held import NEEDS_OTHERS, Held, HeldRecord, hold, list_held
from .kinship import parent_columns


@dataclass(frozen=True)
class Part:
    """What one package says of one record: it stands or falls as a whole."""

    record: str
    layer: str
    changes: tuple[Change, ...]
    held: Held | None = None

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
    """What became of the parts that were weighed; `fallen` are by record."""

    fallen: dict[str, HeldRecord] = field(default_factory=dict)
    released: list[Held] = field(default_factory=list)
    renamed: dict[int, HeldRecord] = field(default_factory=dict)
    unseated: set[tuple[str, str]] = field(default_factory=set)


def weigh(file: SurveyFile, arriving: Iterable[Change] = ()) -> Verdict:
    """Weigh what arrives, and all that was held for want of something; writes nothing.

    `arriving` are changes of one package that are not in the journal yet, or not live.
    """
    parts = [*_arriving(arriving), *_held(file)]
    verdict = Verdict()
    if not parts:
        return verdict
    standing = _Standing(file, parts)
    reasons = standing.fall()
    for part in parts:
        reason = reasons.get(id(part))
        if part.held is None:
            if reason is not None:
                verdict.fallen[part.record] = reason
        elif reason is None:
            verdict.released.append(part.held)
        elif (reason.code, dict(reason.facts)) != (part.held.code, part.held.facts):
            verdict.renamed[part.held.id] = reason
    verdict.unseated = standing.unseated
    return verdict


def carry_out(file: SurveyFile, verdict: Verdict, batch: Batch) -> set[str]:
    """Write a verdict on what was there before `batch`; returns the records to be settled."""
    settle = {each.record for each in verdict.released}
    for each in verdict.released:
        file.connection.execute(
            "UPDATE change SET live = 1 WHERE record = ? AND batch = ?", (each.record, each.batch)
        )
        file.connection.execute(f"UPDATE held SET released_at = {NOW} WHERE id = ?", (each.id,))
    for number, reason in verdict.renamed.items():
        file.connection.execute("DELETE FROM held WHERE id = ?", (number,))
        hold(file, [reason], _batch_of(file, reason.record) or batch.uuid)
    for record, layer in sorted(verdict.unseated):
        _unseat(file, record, layer)
        settle.add(record)
    return settle


def _arriving(changes: Iterable[Change]) -> Iterator[Part]:
    by_record: dict[tuple[str, str], list[Change]] = {}
    for change in changes:
        by_record.setdefault((change.record, change.layer), []).append(change)
    for (record, layer), own in by_record.items():
        yield Part(record, layer, tuple(own))


def _held(file: SurveyFile) -> Iterator[Part]:
    waiting = [each for each in list_held(file, open_only=True) if each.code in NEEDS_OTHERS]
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
            yield Part(each.record, each.layer, tuple(own), each)


class _Standing:
    """The parts in question beside all that stands already."""

    def __init__(self, file: SurveyFile, parts: list[Part]) -> None:
        self.file = file
        self.parts = parts
        self.unseated: set[tuple[str, str]] = set()
        self._parents = {id(part): dict(self._named_parents(part)) for part in parts}
        named = {part.record for part in parts}
        for parents in self._parents.values():
            named |= set(parents)
        self._there = self._inserted(named)
        self._layer_of = self._layers({part.record for part in parts})

    def _named_parents(self, part: Part) -> Iterator[tuple[str, str]]:
        """What the part says it belongs to, with the layer that must be of ("" for any)."""
        layer = self.file.catalogue.layers.get(part.layer)
        for column, parent_layer in (parent_columns(layer) if layer else {}).items():
            for change in part.changes:
                value = change.values.get(column)
                if isinstance(value, str) and value:
                    yield value, parent_layer

    def _inserted(self, records: set[str]) -> dict[str, str]:
        """Of these records those that stand without the parts in question → their layer."""
        with_names(self.file.connection, records)
        return dict(
            self.file.connection.execute(
                "SELECT c.record, c.layer FROM temp.named n CROSS JOIN change c "
                "ON c.record = n.uuid WHERE c.operation = 'insert' AND c.live = 1"
            )
        )

    def _layers(self, records: set[str]) -> Mapping[str, str]:
        """Records whose identity is used in several layers → the layer it belongs to: that of the
        county's own record, else of the lowest device and number."""
        claims: dict[str, dict[str, tuple[bool, tuple[str, int]]]] = {}
        for part in self.parts:
            mine = claims.setdefault(part.record, {})
            mine[part.layer] = min(mine.get(part.layer, (True, part.order)), (True, part.order))
        with_names(self.file.connection, records)
        for record, layer, device, number, batch in self.file.connection.execute(
            "SELECT c.record, c.layer, c.device, c.number, c.batch FROM temp.named n "
            "CROSS JOIN change c ON c.record = n.uuid WHERE c.live = 1"
        ):
            mine = claims.setdefault(record, {})
            claim = (batch is not None and device != self.file.device_id, (device, number))
            mine[layer] = min(mine.get(layer, claim), claim)
        found = {}
        for record, by_layer in claims.items():
            if len(by_layer) < 2:
                continue
            found[record] = min(by_layer, key=lambda layer: by_layer[layer])
            standing = self._there.get(record)
            if standing is not None and standing != found[record]:
                self.unseated.add((record, standing))
                del self._there[record]
        return found

    def fall(self) -> dict[int, HeldRecord]:
        """Why each part cannot stand, by its id(); those that can are not named."""
        left = [
            part for part in self.parts if self._layer_of.get(part.record, part.layer) == part.layer
        ]
        while True:
            there = dict(self._there)
            there.update((part.record, part.layer) for part in left if part.inserts)
            kept = [part for part in left if self._lacking(part, there) is None]
            if len(kept) == len(left):
                break
            left = kept
        standing = {id(part) for part in left}
        return {
            id(part): self._reason(part, there) for part in self.parts if id(part) not in standing
        }

    def _lacking(self, part: Part, there: Mapping[str, str]) -> str | None:
        """The record that a part needs and that is not there."""
        if part.record not in there:
            return part.record
        for parent, layer in sorted(self._parents[id(part)].items()):
            if parent not in there or layer not in ("", there[parent]):
                return parent
        return None

    def _reason(self, part: Part, there: Mapping[str, str]) -> HeldRecord:
        belongs = self._layer_of.get(part.record)
        if belongs is not None and belongs != part.layer:
            layers = ", ".join(sorted((belongs, part.layer)))
            return HeldRecord(part.layer, part.record, "held.two_layers", {"layers": layers})
        lacking = self._lacking(part, there)
        if lacking == part.record:
            return HeldRecord(part.layer, part.record, "held.unknown_record", {})
        return HeldRecord(part.layer, part.record, "held.parent", {"parent": lacking})


def _batch_of(file: SurveyFile, record: str) -> str | None:
    row = file.connection.execute(
        "SELECT batch FROM change WHERE record = ? AND live = 0 AND batch IS NOT NULL "
        "ORDER BY id DESC LIMIT 1",
        (record,),
    ).fetchone()
    return row[0] if row else None


def _unseat(file: SurveyFile, record: str, layer: str) -> None:
    """Hold what stood until an earlier claim to the same identity came, with its parts."""
    connection = file.connection
    for child in file.catalogue.layers.values():
        for column, parent_layer in parent_columns(child).items():
            if parent_layer != layer:
                continue
            for (part,) in connection.execute(
                f'SELECT uuid FROM "{child.name}" WHERE "{column}" = ?', (record,)
            ).fetchall():
                _take_out(file, part, child.name, "held.parent", {"parent": record})
    layers = {layer} | {
        name
        for (name,) in connection.execute("SELECT layer FROM change WHERE record = ?", (record,))
    }
    _take_out(file, record, layer, "held.two_layers", {"layers": ", ".join(sorted(layers))})


def _take_out(
    file: SurveyFile, record: str, layer: str, code: str, facts: Mapping[str, object]
) -> None:
    connection = file.connection
    batches = connection.execute(
        "SELECT DISTINCT batch FROM change WHERE record = ? AND layer = ? AND live = 1 "
        "AND batch IS NOT NULL",
        (record, layer),
    ).fetchall()
    connection.execute(
        "UPDATE change SET live = 0 WHERE record = ? AND layer = ? AND batch IS NOT NULL",
        (record, layer),
    )
    for (batch,) in batches:
        hold(file, [HeldRecord(layer, record, code, facts)], batch)
    connection.execute(f'DELETE FROM "{layer}" WHERE uuid = ?', (record,))
    connection.execute("DELETE FROM conflict WHERE record = ?", (record,))

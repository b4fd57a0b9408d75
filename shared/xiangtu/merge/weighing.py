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
from functools import cached_property

from ..store import SurveyFile
from ..store.system_tables import NOW
from .changes import Change, changes_of, with_names
from .held import CURABLE, Held, HeldRecord, hold, list_held
from .kinship import parent_columns
from .soundness import Faults, faults, unhealed
from .state import Settling

Named = tuple[str, str]  # (record, layer)
#: Record → what is called a part of it, with the layer that the record must be of ("" for any).
Naming = Mapping[str, Sequence[tuple[Named, str]]]


@dataclass(frozen=True)
class Part:
    """What one package says of one record: arriving, held (`held`), or in force."""

    record: str
    layer: str
    changes: tuple[Change, ...]
    held: Held | None = None
    in_force: str | None = None

    @property
    def begun(self) -> tuple[str, int] | None:
        """The device and number with which the record begins here, if it does."""
        return next((each.order for each in self.changes if each.operation == "insert"), None)


@dataclass
class Verdict:
    """What became of the parts that were weighed."""

    fallen: dict[Named, HeldRecord] = field(default_factory=dict)
    released: list[Held] = field(default_factory=list)
    renamed: dict[int, HeldRecord] = field(default_factory=dict)
    held_again: list[tuple[str, HeldRecord]] = field(default_factory=list)


def weigh(
    file: SurveyFile,
    arriving: Iterable[Change] = (),
    known: Faults | None = None,
    again: Iterable[str] = (),
) -> Verdict:
    """Weigh what arrives, and all that was held for want of something; writes nothing.

    `arriving` are changes of one package that are not in the journal yet, or not live, with what
    is wrong with them in themselves. `again` are records that lost something by an undoing: what
    of them is in force is weighed too, and so is what has a rival for its identity.
    """
    parts = [*_arriving(arriving), *_held(file)]
    parts += _in_force(file, _put_right(file, again) | _contested(file, parts))
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
    return settle


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


def _put_right(file: SurveyFile, records: Iterable[str]) -> set[Named]:
    """Of these records those in which something is wrong and in force, since it was put right by
    what may be gone now."""
    live = _from_packages(file, records)
    found = faults(file, live)
    return {(each.record, each.layer) for each in live if each.uuid in found}


def _contested(file: SurveyFile, parts: Sequence[Part]) -> set[Named]:
    """The records in force whose identity one of these parts begins in another layer."""
    claims: dict[str, set[str]] = {}
    for part in parts:
        if part.begun:
            claims.setdefault(part.record, set()).add(part.layer)
    return {
        (record, layer) for record, layer, _ in _begun(file, claims) if claims[record] - {layer}
    }


def _in_force(file: SurveyFile, wanted: Iterable[Named]) -> list[Part]:
    """What is in force of these records and of all that is a part of one."""
    family = {named for each in wanted for named in _family(file, each)}
    batches: dict[tuple[str, Named], list[Change]] = {}
    for change in _from_packages(file, {record for record, _ in family}):
        named = (change.record, change.layer)
        if named in family:
            batches.setdefault((str(change.batch), named), []).append(change)
    return [
        Part(*named, tuple(own), in_force=batch) for (batch, named), own in sorted(batches.items())
    ]


def _from_packages(file: SurveyFile, records: Iterable[str]) -> list[Change]:
    """The live changes to these records that packages brought."""
    return [
        change
        for own in changes_of(file.connection, records).values()
        for change in own
        if change.batch is not None and change.operation != "decide"
    ]


def _begun(file: SurveyFile, records: Iterable[str]) -> list[tuple[str, str, str | None]]:
    """(record, layer, batch) of each beginning of these records that is in force."""
    with_names(file.connection, records)
    return file.connection.execute(
        "SELECT c.record, c.layer, c.batch FROM temp.named n CROSS JOIN change c "
        "ON c.record = n.uuid WHERE c.operation = 'insert' AND c.live = 1"
    ).fetchall()


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
        self._known = known
        self._parents = {id(part): _named_parents(file, part.changes) for part in parts}
        records = {part.record for part in parts}
        self._there = self._inserted(records.union(*self._parents.values()))
        self._owners = self._owning_layers()
        self._faulty = [
            part for part in parts if known and any(each.uuid in known for each in part.changes)
        ]
        self._live = self._in_the_journal({part.record for part in self._faulty})

    def _inserted(self, records: set[str]) -> dict[str, str]:
        """Of these records those that stand without the parts in question → their layer."""
        weighed = {(part.record, part.layer, part.in_force) for part in self.parts if part.in_force}
        return {
            record: layer
            for record, layer, batch in _begun(self.file, records)
            if (record, layer, batch) not in weighed
        }

    def _owning_layers(self) -> dict[str, str]:
        """The records that were begun → the layer that the identity belongs to.

        Begun in several, it is that of the county's own record, or of one that work in the office
        hangs on, else that of the lowest device and number.
        """
        claims: dict[str, dict[str, tuple[str, int]]] = {}
        for part in self.parts:
            if part.begun:
                mine = claims.setdefault(part.record, {})
                mine[part.layer] = min(mine.get(part.layer, part.begun), part.begun)
        found = dict(self._there)
        for record, by_layer in claims.items():
            # What was begun by a package is in question itself where its identity is.
            if record not in found:
                found[record] = min(
                    by_layer,
                    key=lambda layer: (
                        len(by_layer) > 1 and not self._office_works_on((record, layer)),
                        by_layer[layer],
                    ),
                )
        return found

    def _office_works_on(self, named: Named) -> bool:
        """Whether the county itself changed a record or one of its parts."""
        family = _family(self.file, named, self._named_in_parts)
        with_names(self.file.connection, (record for record, _ in family))
        return any(
            each in family
            for each in self.file.connection.execute(
                "SELECT c.record, c.layer FROM temp.named n CROSS JOIN change c "
                "ON c.record = n.uuid WHERE c.live = 1 AND c.device = ?",
                (self.file.device_id,),
            )
        )

    @cached_property
    def _named_in_parts(self) -> Naming:
        found: dict[str, list[tuple[Named, str]]] = {}
        for part in self.parts:
            for parent, layer in self._parents[id(part)].items():
                found.setdefault(parent, []).append(((part.record, part.layer), layer))
        return found

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
            there.update((part.record, part.layer) for part in left if part.begun)
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
        return self._owners.get(part.record, part.layer)

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
        if there.get(part.record) != part.layer:
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
        begun = {**there, part.record: part.layer} if part.begun else there
        lacking = self._lacking(part, begun)
        if lacking is None or lacking == part.record:
            return HeldRecord(part.layer, part.record, "held.unknown_record", {})
        return HeldRecord(part.layer, part.record, "held.parent", {"parent": lacking})


def _named_parents(file: SurveyFile, changes: Sequence[Change]) -> dict[str, str]:
    """What changes to a record say it belongs to → the layer that must be of ("" for any)."""
    layer = file.catalogue.layers.get(changes[0].layer)
    found: dict[str, str] = {}
    for column, parent_layer in (parent_columns(layer) if layer else {}).items():
        for change in changes:
            value = change.values.get(column)
            if isinstance(value, str) and value:
                # A photo says itself of which layer its record is.
                found[value] = parent_layer or str(change.values.get("layer") or "")
    return found


def _family(file: SurveyFile, named: Named, naming: Naming | None = None) -> dict[Named, None]:
    """A record and all that any change in force, or any in `naming`, calls a part of it, however
    far down.

    The tables do not tell it: they show what was settled before, and that depends on what came
    first.
    """
    found = {named: None}
    level = [named]
    while level:
        below: list[Named] = []
        for record, layer in level:
            parts = list((naming or {}).get(record, ()))
            children = {child for child, _ in Settling(file).children_ever(record)}
            for own in changes_of(file.connection, children).values():
                for child, changes in _by_record(own).items():
                    parents = _named_parents(file, changes)
                    if record in parents:
                        parts.append((child, parents[record]))
            below += [child for child, of in parts if of in ("", layer) and child not in found]
            found |= dict.fromkeys(below)
        level = below
    return found

"""What a tablet knows of each record it worked on: how far it has got, and whether the county has
it all.

Read from the tablet's journal, its packages and the newest receipt. A record is as settled as the
least settled of its changes.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from ..catalogue import Catalogue
from ..store import SurveyFile, begun
from ..store.identity import is_uuid
from ..store.journal_triggers import OWNER_COLUMN
from .description import Fact, HeldNote, ReceiptDescription, RecordNote
from .reading import in_turns, one_moment
from .receipt import OtherChain, newest_receipt, other_chain, packages_made
from .row_copying import listed, quoted

#: The states, the least settled first: refused by the county; changed since it was packed, or
#: never packed; packed, and the county says nothing of it; taken out again; waiting for an
#: earlier package; held back; in conflict or perhaps a duplicate; sent back with findings; taken.
REFUSED, UNPACKED, PACKED, UNDONE, WAITING, HELD, IN_REVIEW, RETURNED, TAKEN = STATES = (
    "refused",
    "unpacked",
    "packed",
    "undone",
    "waiting",
    "held",
    "in_review",
    "returned",
    "taken",
)
#: States that pass only when somebody at the county, or on the tablet, does something about it.
FOR_A_PERSON = frozenset({REFUSED, UNDONE, WAITING, HELD, IN_REVIEW, RETURNED})
_RANK = {state: place for place, state in enumerate(STATES)}


@dataclass(frozen=True, slots=True)
class RecordState:
    """How one record stands.

    `package` is the number of the package that decides its state, None for a change not packed;
    `code` and `facts` say why it was refused or held back; `conflicts` are units of merge,
    `duplicates` records it may be one with; `survivor` the record it was joined to; `findings`
    how many it was returned with; `waits_for` numbers of packages. `part_waits` if a part of it
    (a house of a homestead, a photo) is not safe. `safe` if the county has every change to it and
    to its parts, and nothing of it is in question.
    """

    record: str
    layer: str
    state: str
    safe: bool
    package: int | None = None
    code: str | None = None
    facts: Mapping[str, Fact] = field(default_factory=dict)
    conflicts: tuple[str, ...] = ()
    duplicates: tuple[str, ...] = ()
    survivor: str | None = None
    findings: int | None = None
    waits_for: tuple[int, ...] = ()
    part_waits: bool = False


@dataclass(frozen=True)
class StateCount:
    """How many records are in a state, and how many of them are safe to clear."""

    records: int
    safe: int


@dataclass(frozen=True)
class _Package:
    """A package of this tablet, or what is not packed (no number), and how it stands."""

    number: int | None
    first_change: int
    last_change: int
    rank: int
    code: str | None = None
    facts: Mapping[str, Fact] = field(default_factory=dict)
    waits_for: tuple[int, ...] = ()


@dataclass(frozen=True)
class TabletStates:
    """The states of all records in the tablet's journal.

    `unsettled` are the records that are not safe, and every record that one of those is a part
    of, whether or not the tablet changed it. `taken` are uuids of packages that the county has.
    """

    states: Mapping[str, RecordState]
    unsettled: frozenset[str]
    taken: frozenset[str]
    other_chain: OtherChain | None


def record_states(survey: SurveyFile) -> dict[str, RecordState]:
    """The state of every record that this tablet ever changed, by uuid."""
    return dict(read(survey).states)


def records_safe_to_clear(survey: SurveyFile) -> set[str]:
    """Records whose every change on this tablet the county has taken, those of their parts too.

    None of them is held back, in open conflict, a possible duplicate, returned, in a package that
    waits, was refused or undone, or changed since. Before the first receipt: none.
    """
    return {record for record, each in read(survey).states.items() if each.safe}


def count(states: Iterable[RecordState]) -> dict[str, StateCount]:
    """How many records are in each state that occurs, the least settled first."""
    found: dict[str, list[int]] = {}
    for each in states:
        both = found.setdefault(each.state, [0, 0])
        both[0] += 1
        both[1] += each.safe
    return {state: StateCount(*found[state]) for state in STATES if state in found}


def read(survey: SurveyFile) -> TabletStates:
    """Read the journal once, and say of each record how it stands."""
    with one_moment(survey.connection):
        return _read(survey)


def _read(survey: SurveyFile) -> TabletStates:
    receipt, parted = newest_receipt(survey), other_chain(survey)
    packages, taken = _packages(survey, receipt, parted)
    going_on = begun.records(survey.connection)
    held = {
        note.record: note
        for package in (receipt.packages if receipt else ())
        if package.state == "merged"
        for note in package.held
    }
    notes = _record_notes(receipt)
    found: dict[str, RecordState] = {}
    for record, (layer, package) in _deciding(survey, packages, parted).items():
        found[record] = _state(
            record, layer, package, held.get(record), notes.get(record), record in going_on
        )
    if parted is not None:
        # Which of two tablets of one name the county answers is not known from here on.
        found = {record: replace(each, safe=False) for record, each in found.items()}
    unsettled = {record for record, each in found.items() if not each.safe} | going_on
    owners = with_owners(survey, unsettled, drafts=True) - unsettled
    for record in owners & found.keys():
        found[record] = replace(found[record], safe=False, part_waits=True)
    return TabletStates(found, frozenset(unsettled | owners), taken, parted)


def _state(
    record: str,
    layer: str,
    package: _Package,
    held: HeldNote | None,
    note: RecordNote | None,
    goes_on: bool,
) -> RecordState:
    rank = min(package.rank, _RANK[UNPACKED]) if goes_on else package.rank
    code, facts = package.code, package.facts
    if held is not None and rank > _RANK[HELD]:
        rank, code, facts = _RANK[HELD], held.code, held.facts
    if note is None:
        note = RecordNote(layer, record)
    if note.conflicts or note.duplicates:
        rank = min(rank, _RANK[IN_REVIEW])
    if note.findings is not None:
        rank = min(rank, _RANK[RETURNED])
    return RecordState(
        record,
        layer,
        STATES[rank],
        # What has no sound name cannot be told of in a receipt, so nothing vouches for it.
        safe=rank == _RANK[TAKEN] and is_uuid(record),
        package=package.number,
        code=code,
        facts=facts,
        conflicts=note.conflicts,
        duplicates=note.duplicates,
        survivor=note.survivor,
        findings=note.findings,
        waits_for=package.waits_for,
    )


def _packages(
    survey: SurveyFile, receipt: ReceiptDescription | None, parted: OtherChain | None
) -> tuple[list[_Package], frozenset[str]]:
    """The tablet's packages in order with their standing, and the uuids of those taken."""
    notes = {note.uuid: note for note in (receipt.packages if receipt else ())}
    refused = {note.uuid: note for note in (receipt.refused if receipt else ())}
    found, taken = [], set()
    for uuid, number, first, last in packages_made(survey):
        note, refusal = notes.get(uuid), refused.get(uuid)
        if parted is not None and last >= parted.first_change:
            facts: dict[str, Fact] = {"change": parted.first_change, "number": number}
            made = _Package(number, first, last, _RANK[REFUSED], "receipt.change_taken", facts)
        elif note is not None:
            state = TAKEN if note.state == "merged" else note.state
            if state == TAKEN:
                taken.add(uuid)
            made = _Package(number, first, last, _RANK[state], waits_for=note.waits_for)
        elif refusal is not None:
            made = _Package(number, first, last, _RANK[REFUSED], refusal.code, refusal.facts)
        else:
            made = _Package(number, first, last, _RANK[PACKED])
        found.append(made)
    return found, frozenset(taken)


def _record_notes(receipt: ReceiptDescription | None) -> dict[str, RecordNote]:
    """What the receipt says of single records; one of an earlier time names those in conflict,
    but not the units."""
    if receipt is None:
        return {}
    notes = {
        record: RecordNote("", record, conflicts=("",))
        for package in receipt.packages
        for record in package.conflicts
    }
    return notes | {note.record: note for note in receipt.records}


def _deciding(
    survey: SurveyFile, packages: list[_Package], parted: OtherChain | None
) -> dict[str, tuple[str, _Package]]:
    """Each record of the journal, its layer and the least settled package that it is in."""
    unpacked = _Package(None, 1, 0, _RANK[UNPACKED])
    beyond = (
        unpacked
        if parted is None
        else _Package(
            None, 1, 0, _RANK[REFUSED], "receipt.change_taken", {"change": parted.first_change}
        )
    )
    found: dict[str, tuple[str, _Package]] = {}
    following = iter((*packages, unpacked))
    current = next(following)
    for number, record, layer in survey.connection.execute(
        "SELECT number, record, layer FROM change WHERE device = ? ORDER BY number",
        (survey.device_id,),
    ):
        while current.number is not None and number > current.last_change:
            current = next(following)
        inside = current.number is not None and number >= current.first_change
        package = current if inside else unpacked
        if package is unpacked and parted is not None and number >= parted.first_change:
            package = beyond
        before = found.get(record)
        if before is None or package.rank < before[1].rank:
            found[record] = (layer, package)
    return found


# -- what a record is a part of ------------------------------------------------------------------


def part_columns(catalogue: Catalogue) -> dict[str, tuple[str, ...]]:
    """Layer → its columns that name the record it is a part of."""
    found = {}
    for layer in catalogue.layers.values():
        columns = [relation.field for relation in layer.compositions]
        if OWNER_COLUMN in layer.fields:
            columns.append(OWNER_COLUMN)
        if columns and not layer.append_only:
            found[layer.name] = tuple(columns)
    return found


def with_owners(survey: SurveyFile, records: Collection[str], *, drafts: bool = False) -> set[str]:
    """The records, and all that they are or ever were parts of, however far up; with `drafts`
    also what the drafts would be parts of."""
    columns = part_columns(survey.catalogue)
    found = set(records)
    fresh = set(records)
    if drafts:
        fresh |= {
            owner
            for draft in survey.drafts()
            for column in columns.get(draft.layer, ())
            if isinstance(owner := draft.answers.get(column), str)
        }
    while fresh:
        found |= fresh
        fresh = set(_owners(survey.connection, columns, fresh)) - found
    return found


def _owners(
    connection: sqlite3.Connection, columns: Mapping[str, tuple[str, ...]], records: set[str]
) -> Iterator[str]:
    fields = {name for names in columns.values() for name in names}
    asked = ", ".join("?" * len(fields))
    for marks, some in in_turns(records):
        for layer, names in columns.items():
            for row in connection.execute(
                f"SELECT {listed(names)} FROM {quoted(layer)} WHERE uuid IN ({marks})", some
            ):
                yield from (each for each in row if isinstance(each, str))
        for layer, name, old, new in connection.execute(
            "SELECT c.layer, v.field, v.old, v.new FROM change c "
            "CROSS JOIN change_value v ON v.change = c.id "
            f"WHERE c.record IN ({marks}) AND v.field IN ({asked})",
            (*some, *fields),
        ):
            if name in columns.get(layer, ()):
                yield from (each for each in (old, new) if isinstance(each, str))

"""Deciding many conflicts at once by one preference: previewed with counts first, then written as
one batch that says who decided and why. What a preference cannot tell is left undecided."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime

from ..catalogue.model import GEOMETRY_COLUMN
from ..errors import BadInput, MergeRefused
from ..store import SurveyFile
from .batches import Batch, close_batch, open_batch
from .changes import GONE, KEEP, LINEAGE, with_names
from .clocks import trusted
from .conflicts import (
    COMBINED,
    PSEUDO_UNITS,
    Conflict,
    Head,
    Which,
    open_conflicts,
    side_of,
    write_choices,
)
from .kinship import parts_of
from .proposals import accuracy_m, add_proposals
from .successors import PARTS

NEWER, ACCURACY, DEVICE, COUNTY, SHOWN = "newer", "accuracy", "device", "county", "shown"
#: The head whose change is the latest; the one measured best; that of the device in the
#: conditions; the county's own; the one that stands in the table now; the combined outline.
PREFERENCES = (NEWER, ACCURACY, DEVICE, COUNTY, SHOWN, COMBINED)

#: Why a conflict is left undecided; each has words.
TIE = "undecided.tie"
NO_ACCURACY = "undecided.no_accuracy"
NO_SUCH_HEAD = "undecided.no_such_head"
NOT_MEASURED = "undecided.not_measured"
NOT_COMBINABLE = "undecided.not_combinable"
CLOCK = "undecided.clock"
PART_STAYS = "undecided.part_stays"
NO_FIELD = "undecided.no_field"


@dataclass(frozen=True)
class Choice:
    """What a preference says of one conflict. `take` is a head's number or "combined"; `heads`
    are all its sides, so that one more makes it another choice."""

    conflict: str
    take: str
    heads: tuple[str, ...]


@dataclass(frozen=True)
class Preview:
    """What a bulk decision would do; nothing is written yet.

    Counts are of conflicts. `by_unit` is by "layer.unit", `undecided` by reason.
    """

    which: Which
    prefer: str
    matching: int
    choices: tuple[Choice, ...]
    by_layer: Mapping[str, int] = field(default_factory=dict)
    by_unit: Mapping[str, int] = field(default_factory=dict)
    by_village: Mapping[str, int] = field(default_factory=dict)
    undecided: Mapping[str, int] = field(default_factory=dict)


def preview(file: SurveyFile, which: Which, prefer: str) -> Preview:
    """What preferring one side would decide of the conflicts that meet the conditions.

    Conflicts about whether a record exists, and others that are about no field, take part only
    if `which.field` asks for them. "newer" trusts no change that was made more than a day before
    the assignment it builds on or more than a day after it arrived.

    Raises BadInput for an unknown preference, layer or field, or to prefer a device that is not
    named.
    """
    return _weigh(file, which, prefer)[0]


def decide(file: SurveyFile, previewed: Preview, *, author: str, reason: str) -> Batch:
    """Write what was previewed: one batch, with a decision for each conflict.

    The batch's report holds the conditions and the counts; undoing it opens all of them again.
    Raises BadInput if nobody says who or why, or if there is nothing to decide, and
    MergeRefused("bulk.changed") if the conflicts are not those of the preview any more.
    """
    if not reason.strip():
        raise BadInput("bulk.no_reason")
    if not author.strip():
        raise BadInput("bulk.no_author")
    with file.atomic(quiet=True, doing="decide", author=author):
        now, chosen = _weigh(file, previewed.which, previewed.prefer)
        if now.choices != previewed.choices:
            raise MergeRefused(
                "bulk.changed", previewed=len(previewed.choices), now=len(now.choices)
            )
        if not chosen:
            raise BadInput("bulk.nothing", matching=now.matching)
        batch = open_batch(file, "decision", author)
        write_choices(file, batch, chosen, reason.strip())
        close_batch(file, batch, _report(now, reason.strip()))
    return batch


def _report(previewed: Preview, reason: str) -> dict[str, object]:
    which = {name: value for name, value in asdict(previewed.which).items() if value is not None}
    return {
        "prefer": previewed.prefer,
        "which": which,
        "reason": reason,
        "matching": previewed.matching,
        "decided": len(previewed.choices),
        "by_layer": previewed.by_layer,
        "by_unit": previewed.by_unit,
        "by_village": previewed.by_village,
        "undecided": previewed.undecided,
    }


def _weigh(
    file: SurveyFile, which: Which, prefer: str
) -> tuple[Preview, list[tuple[Conflict, Head]]]:
    if prefer not in PREFERENCES:
        raise BadInput("bulk.preference", prefer=prefer, known=", ".join(PREFERENCES))
    if prefer == DEVICE and which.device is None:
        raise BadInput("bulk.no_device")
    conflicts = open_conflicts(file, which)
    undecided: Counter[str] = Counter()
    if which.field is None:
        about_fields = [each for each in conflicts if each.unit not in PSEUDO_UNITS]
        undecided[NO_FIELD] += len(conflicts) - len(about_fields)
        conflicts = about_fields
    if prefer == COMBINED:
        conflicts = add_proposals(file, conflicts)
    ask = _Preferring(file, which, conflicts if prefer == NEWER else ()).by_name(prefer)
    chosen: list[tuple[Conflict, Head]] = []
    for conflict in conflicts:
        head = ask(conflict)
        if isinstance(head, Head):
            chosen.append((conflict, head))
        else:
            undecided[head] += 1
    orphaning = _would_orphan(file, chosen)
    chosen = [each for each in chosen if each[0].id not in orphaning]
    undecided[PART_STAYS] += len(orphaning)
    return (
        Preview(
            which,
            prefer,
            len(conflicts) + undecided[NO_FIELD],
            tuple(_choice(conflict, head) for conflict, head in chosen),
            _counts(conflict.layer for conflict, _ in chosen),
            _counts(f"{conflict.layer}.{conflict.unit}" for conflict, _ in chosen),
            _counts(conflict.village or "" for conflict, _ in chosen),
            _counts(undecided.elements()),
        ),
        chosen,
    )


def _would_orphan(file: SurveyFile, chosen: Sequence[tuple[Conflict, Head]]) -> set[str]:
    """Ids of conflicts in which a record would go while a part of it, in conflict too, stays."""
    stays = {conflict.record for conflict, head in chosen if head.says == KEEP}
    goes = [conflict for conflict, head in chosen if head.says == GONE]
    found: set[str] = set()
    for conflict in goes if stays else ():
        seen: set[str] = set()
        level = [(conflict.layer, conflict.record)]
        while level:
            seen.update(record for _, record in level)
            level = [
                part for each in level for part in parts_of(file, *each) if part[1] not in seen
            ]
        if seen & stays:
            found.add(conflict.id)
    return found


def _choice(conflict: Conflict, head: Head) -> Choice:
    take = COMBINED if head.change == COMBINED else str(head.number)
    return Choice(conflict.id, take, tuple(each.change for each in conflict.heads))


def _counts(names: Iterable[str]) -> dict[str, int]:
    return dict(sorted(Counter(names).items()))


class _Preferring:
    """Each preference: a conflict → the head it is for, or why there is none."""

    def __init__(self, file: SurveyFile, which: Which, by_time: Sequence[Conflict]) -> None:
        self._county = file.device_id
        self._device = which.device
        self._times = _trusted_times(file, by_time)

    def by_name(self, prefer: str) -> Callable[[Conflict], Head | str]:
        return {
            NEWER: self._newer,
            ACCURACY: self._accuracy,
            DEVICE: lambda conflict: self._of_device(conflict, self._device),
            COUNTY: lambda conflict: self._of_device(conflict, self._county),
            SHOWN: self._shown,
            COMBINED: self._combined,
        }[prefer]

    def _newer(self, conflict: Conflict) -> Head | str:
        times = [self._times[head.change] for head in conflict.heads]
        known = [time for time in times if time is not None]
        return CLOCK if len(known) < len(times) else _only(conflict, times, max(known))

    def _accuracy(self, conflict: Conflict) -> Head | str:
        if conflict.unit != GEOMETRY_COLUMN:
            return NOT_MEASURED
        told = [accuracy_m(head) for head in conflict.heads]
        known = [each for each in told if each is not None]
        return NO_ACCURACY if len(known) < len(told) else _only(conflict, told, min(known))

    def _of_device(self, conflict: Conflict, device: str | None) -> Head | str:
        devices = [head.device for head in conflict.heads]
        return _only(conflict, devices, device) if device in devices else NO_SUCH_HEAD

    def _shown(self, conflict: Conflict) -> Head | str:
        """As the merge shows it: the record that is there, the parts of one that was split, else
        the county's own head, else that of the lowest device."""
        if conflict.unit == LINEAGE:
            return _only(conflict, [head.says for head in conflict.heads], PARTS)
        heads = [head for head in conflict.heads if head.says != GONE]
        if not heads:
            return NO_SUCH_HEAD
        return next((head for head in heads if head.device == self._county), heads[0])

    def _combined(self, conflict: Conflict) -> Head | str:
        return NOT_COMBINABLE if conflict.combined is None else side_of(conflict, COMBINED)


def _only(conflict: Conflict, told: Sequence[object], wanted: object) -> Head | str:
    """The head of which that is told, if it is one alone."""
    heads = [head for head, each in zip(conflict.heads, told, strict=True) if each == wanted]
    return heads[0] if len(heads) == 1 else TIE


def _trusted_times(file: SurveyFile, conflicts: Sequence[Conflict]) -> dict[str, datetime | None]:
    """When each head's change was made; None where the clock was plainly wrong."""
    with_names(file.connection, {head.change for each in conflicts for head in each.heads})
    return {
        uuid: trusted(time, assigned_at, arrived_at)
        for uuid, time, assigned_at, arrived_at in file.connection.execute(
            "SELECT c.uuid, c.time, coalesce(a.made_at, s.made_at), b.made_at FROM temp.named n "
            "CROSS JOIN change c ON c.uuid = n.uuid LEFT JOIN assignment a ON a.uuid = c.basis "
            "LEFT JOIN basis s ON s.uuid = c.basis "
            "LEFT JOIN batch b ON b.uuid = c.batch"
        )
    }

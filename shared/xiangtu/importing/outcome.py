"""What a preview or an import has to say: refused rows, values that do not fit, notes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

_EXAMPLES = 5


@dataclass(frozen=True)
class Refusal:
    """A row that cannot be taken; `row` is its place in the source from 1.

    Reasons about a value: type, date, length, code, digits_lost, reference, reference_ambiguous,
    uuid, uuid_exists. About the whole row: surplus (more values than columns), position_missing,
    position_not_a_number, geometry_missing, geometry_broken, geometry_kind, geometry_outside.
    """

    row: int
    reason: str
    field: str | None = None
    value: str | None = None


@dataclass(frozen=True)
class Note:
    """Something a person should know and that refuses nothing; words by code, like an error's."""

    code: str
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class ColumnPreview:
    """What one field gets: how many rows fill it, and what does not fit, by reason.

    `examples` holds up to five refusals a reason.
    """

    field: str
    column: str | None
    filled: int
    misfits: Mapping[str, int]
    examples: Mapping[str, tuple[Refusal, ...]]


@dataclass(frozen=True)
class Preview:
    """What an import would do; nothing was written.

    `unused` are columns that no field takes, `without_source` always-required fields that none
    fills (which validation will find), `refused` counts rows by reason.
    """

    layer: str
    source_layer: str
    format: str
    crs: str | None
    encoding: str | None
    rows: int
    would_take: int
    columns: tuple[ColumnPreview, ...]
    unused: tuple[str, ...]
    without_source: tuple[str, ...]
    refused: Mapping[str, int]
    examples: Mapping[str, tuple[Refusal, ...]]
    notes: tuple[Note, ...]


@dataclass(frozen=True)
class ImportSummary:
    """What an import did: every row of the source is either taken or among `refused`.

    `left_out` counts values that did not fit and were left out at the mapping's wish, by field.
    """

    batch: str
    number: int
    layer: str
    rows: int
    taken: int
    refused: tuple[Refusal, ...]
    left_out: Mapping[str, int]
    notes: tuple[Note, ...]

    @property
    def reasons(self) -> dict[str, int]:
        """How many rows were refused for each reason."""
        return dict(Counter(each.reason for each in self.refused))


class Tally:
    """Counts of misfits by reason, with the first few of each as examples."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.examples: dict[str, list[Refusal]] = {}

    def add(self, refusal: Refusal) -> None:
        """Count one."""
        self.counts[refusal.reason] += 1
        kept = self.examples.setdefault(refusal.reason, [])
        if len(kept) < _EXAMPLES:
            kept.append(refusal)

    def shown(self) -> dict[str, tuple[Refusal, ...]]:
        """The examples, frozen."""
        return {reason: tuple(kept) for reason, kept in self.examples.items()}

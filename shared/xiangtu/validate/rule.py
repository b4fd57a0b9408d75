"""What a rule is, the two ways of asking it, and what it finds."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from ..catalogue.model import Label, Severity

#: What a finding is about. It vanishes when the rule, asked again about the record ("record"),
#: about either of the two ("pair") or about the village ("village"), does not find it any more.
About = Literal["record", "pair", "village"]


@dataclass(frozen=True)
class Rule:
    """One thing that can be wrong.

    `layers` are those whose records it is said of, `reads` the others it looks at. `limits` maps
    a layer to the limit there, "" to that of all others, in `unit`.
    """

    code: str
    severity: Severity
    title: Label
    explanation: Label
    remedy: Label
    layers: tuple[str, ...] = ()
    reads: tuple[str, ...] = ()
    about: About = "record"
    limits: Mapping[str, float] = field(default_factory=dict)
    unit: str = ""

    def limit(self, layer: str) -> float:
        """The limit for a layer; KeyError for a rule without limits."""
        return self.limits[layer] if layer in self.limits else self.limits[""]


@dataclass(frozen=True)
class Condition:
    """A rule as SQL over the row of one layer, so that all of a layer are asked in one scan.

    `violated` is true where the rule is broken; `measured`, `limit` and `other` are SQL for what
    the finding shows; `key` tells findings of one rule on one record apart (the field). `facts`
    go into the finding's detail; those in `columns` are SQL too.
    """

    rule: str
    violated: str
    key: str = ""
    measured: str = "NULL"
    limit: str = "NULL"
    other: str = "NULL"
    facts: Mapping[str, str | float] = field(default_factory=dict)
    columns: Mapping[str, str] = field(default_factory=dict)
    parameters: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Found:
    """One finding before it is written; x and y in the file's CRS, None where not known yet."""

    rule: str
    layer: str
    record: str
    village: str | None = None
    other: str | None = None
    x: float | None = None
    y: float | None = None
    measured: float | None = None
    limit: float | None = None
    key: str = ""
    detail: Mapping[str, object] = field(default_factory=dict)

    def id(self, about: About) -> str:
        """The same for the same thing wrong with the same records, in every run."""
        if about == "pair":
            subject = "|".join(sorted((self.record, self.other or "")))
        elif about == "village":
            subject = self.village or ""
        else:
            subject = self.record
        text = "\n".join((self.rule, self.layer, subject, self.key))
        return hashlib.sha256(text.encode()).hexdigest()[:24]

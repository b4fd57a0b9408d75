"""What a container says of itself: headers and descriptions as values, read from doubtful JSON."""

from __future__ import annotations

import dataclasses
import json
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, TypeVar

from ..errors import BadPackage
from ..store.geoid_grids import CountyGeoid
from ..store.identity import UUID_PATTERN

Kind = Literal["survey", "assignment", "receipt"]
#: A fact of a refusal as it travels, for the words of its code.
Fact = str | int | float | bool
#: Changed when a container can no longer be read by the code before.
FORMAT = 1

_DEVICE = r"[a-z2-7]{16}"
_COUNTY = r"[0-9]{6}"
_TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z"
_SHA256 = r"[0-9a-f]{64}"
_NAME = r"[a-z_][a-z0-9_]{0,60}"
_CODE = r"[a-z_0-9]+(\.[a-z_0-9]+){1,4}"
_LARGEST = 2**53
#: Facts go into one line of words, which shows no more of each than this.
_LONGEST_FACT, _MOST_FACTS = 300, 20
#: Names that a record or a layer may have; a held one may have been given any.
_LONGEST_NAME = 200


@dataclass(frozen=True)
class Header:
    """The part of a container that is not sealed: enough to say whose it is."""

    kind: Kind
    format: int
    county: str
    device: str
    uuid: str
    number: int
    made_at: str


@dataclass(frozen=True)
class PackageDescription:
    """What a survey package holds.

    `number` runs per device from 1; `previous` is the uuid of the package before. Changes
    `first_change` to `last_change` of the device are all in it. `counts` are current rows by
    table; `missing_attachments` are SHA-256 of files that the tablet no longer had. `exact` says
    that each row is what the last change to it made of it: a package that is made again later,
    or whose making was interrupted, may hold newer rows (None where a tablet did not say).
    """

    uuid: str
    device: str
    number: int
    previous: str | None
    county: str
    srid: int
    assignment: str
    catalogue: str
    first_change: int
    last_change: int
    counts: Mapping[str, int]
    missing_attachments: tuple[str, ...]
    made_at: str
    software: str
    exact: bool | None = None


@dataclass(frozen=True)
class AssignmentDescription:
    """What an assignment hands out, and to whom; `villages` are codes, `counts` rows by layer.

    `geoid` is the county's geoid grid, which then goes along.
    """

    uuid: str
    device: str
    number: int
    county: str
    county_name: str
    srid: int
    surveyor: str
    villages: tuple[str, ...]
    layers: tuple[str, ...]
    campaign: str | None
    catalogue: str
    recipient: str
    seen: str
    counts: Mapping[str, int]
    basemap: str | None
    made_at: str
    software: str
    geoid: CountyGeoid | None = None

    def row(self) -> tuple[object, ...]:
        """Values of a row of table assignment, in the order of its columns."""
        return (
            self.uuid,
            self.device,
            self.number,
            self.surveyor,
            json.dumps(self.villages),
            json.dumps(self.layers),
            self.made_at,
            sum(self.counts.values()),
            json.dumps(dataclasses.asdict(self), ensure_ascii=False),
        )


@dataclass(frozen=True)
class HeldNote:
    """A record of a package that waits at the county, and why (`code` and `facts` for the words).

    Its layer and uuid stand as they came: that they are malformed may be the reason.
    """

    layer: str
    record: str
    code: str
    facts: Mapping[str, Fact] = field(default_factory=dict)


@dataclass(frozen=True)
class PackageNote:
    """What became of one package at the county; `conflicts` are records in open conflict.

    One that waits says for which numbers: missing, or undone.
    """

    uuid: str
    number: int
    state: str
    first_change: int
    last_change: int
    held: tuple[HeldNote, ...]
    conflicts: tuple[str, ...]
    waits_for: tuple[int, ...] = ()


@dataclass(frozen=True)
class RefusedNote:
    """A package that the county would not take, by what its header claims, and why.

    Not `verified`: nobody signed for the claim; any file may name any tablet.
    """

    uuid: str
    number: int
    code: str
    facts: Mapping[str, Fact]
    refused_at: str
    verified: bool


@dataclass(frozen=True)
class RecordNote:
    """What a person at the county has still to settle about a record, or has settled.

    `conflicts` are units of merge in open conflict; `duplicates` the records it may be one with;
    `survivor` the record it was joined to; `findings` how many it was returned with, None if it
    was not returned.
    """

    layer: str
    record: str
    conflicts: tuple[str, ...] = ()
    duplicates: tuple[str, ...] = ()
    survivor: str | None = None
    findings: int | None = None


@dataclass(frozen=True)
class ReceiptDescription:
    """What the county has of one device: package by package, and of records what is not plain.

    `records` and `refused` are of a later time than the rest: a receipt may lack them, and
    tablets of that time pass over them.
    """

    uuid: str
    device: str
    number: int
    county: str
    made_at: str
    packages: tuple[PackageNote, ...]
    records: tuple[RecordNote, ...] = ()
    refused: tuple[RefusedNote, ...] = ()


Value = TypeVar("Value")
Check = Callable[[Any], Any]


def _text(pattern: str) -> Check:
    compiled = re.compile(pattern)

    def check(value: Any) -> str:
        if not isinstance(value, str) or not compiled.fullmatch(value):
            raise ValueError
        return value

    return check


def _plain(length: int) -> Check:
    def check(value: Any) -> str:
        if not isinstance(value, str) or len(value) > length or not value.isprintable():
            raise ValueError
        return value

    return check


def _whole(least: int) -> Check:
    def check(value: Any) -> int:
        if type(value) is not int or not least <= value <= _LARGEST:
            raise ValueError
        return value

    return check


def _optional(inner: Check) -> Check:
    return lambda value: None if value is None else inner(value)


def _many(inner: Check, limit: int = 1_000_000) -> Check:
    def check(value: Any) -> tuple[Any, ...]:
        if not isinstance(value, list) or len(value) > limit:
            raise ValueError
        return tuple(inner(each) for each in value)

    return check


def _exact(length: int) -> Check:
    """Text that must stay as it is to be found again; who shows it makes it harmless."""

    def check(value: Any) -> str:
        if not isinstance(value, str) or len(value) > length:
            raise ValueError
        return value

    return check


def _yes_or_no(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError
    return value


def _facts(value: Any) -> dict[str, Fact]:
    if not isinstance(value, dict) or len(value) > _MOST_FACTS:
        raise ValueError
    name = _text(_NAME)
    return {name(key): _fact(each) for key, each in value.items()}


def _fact(value: Any) -> Fact:
    if isinstance(value, str) and len(value) <= _LONGEST_FACT:
        return value
    if isinstance(value, bool) or (type(value) is int and abs(value) <= _LARGEST):
        return value
    if isinstance(value, float) and math.isfinite(value):
        return value
    raise ValueError


def _counts(value: Any) -> dict[str, int]:
    if not isinstance(value, dict) or len(value) > 1000:
        raise ValueError
    name, count = _text(_NAME), _whole(0)
    return {name(key): count(number) for key, number in value.items()}


def _fields(cls: type[Value], value: Any) -> Value:
    """`value` (parsed JSON) as a `cls`, every field checked; ValueError names the field."""
    if not isinstance(value, dict):
        raise ValueError(cls.__name__)
    checks = _CHECKS[cls]
    found = {}
    for each in dataclasses.fields(cls):  # type: ignore[arg-type]
        if each.name not in value and _has_default(each):
            continue  # written before there was such a field
        try:
            found[each.name] = checks[each.name](value.get(each.name))
        except ValueError as fault:
            raise ValueError(str(fault) or each.name) from None
    return cls(**found)


def _has_default(field: dataclasses.Field[Any]) -> bool:
    return (
        field.default is not dataclasses.MISSING or field.default_factory is not dataclasses.MISSING
    )


_OF_ALL: dict[str, Check] = {
    "uuid": _text(UUID_PATTERN),
    "device": _text(_DEVICE),
    "number": _whole(1),
    "county": _text(_COUNTY),
    "made_at": _text(_TIME),
}
_CHECKS: dict[type, dict[str, Check]] = {
    Header: {**_OF_ALL, "kind": _text("survey|assignment|receipt"), "format": _whole(1)},
    PackageDescription: {
        **_OF_ALL,
        "previous": _optional(_text(UUID_PATTERN)),
        "srid": _whole(1),
        "assignment": _text(UUID_PATTERN),
        "catalogue": _plain(100),
        "first_change": _whole(1),
        "last_change": _whole(1),
        "counts": _counts,
        "missing_attachments": _many(_text(_SHA256)),
        "software": _plain(100),
        "exact": _optional(_yes_or_no),
    },
    AssignmentDescription: {
        **_OF_ALL,
        "county_name": _plain(200),
        "srid": _whole(1),
        "surveyor": _plain(200),
        "villages": _many(_plain(20), 10_000),
        "layers": _many(_text(_NAME), 1000),
        "campaign": _optional(_text(UUID_PATTERN)),
        "catalogue": _plain(100),
        "recipient": _plain(100),
        "seen": _plain(1_000_000),
        "counts": _counts,
        "basemap": _optional(_plain(200)),
        "software": _plain(100),
        "geoid": _optional(lambda value: _fields(CountyGeoid, value)),
    },
    CountyGeoid: {
        "name": _plain(60),
        "source": _plain(300),
        "source_sha256": _text(_SHA256),
        "sha256": _text(_SHA256),
        "supplied_at": _text(_TIME),
        "supplied_by": _plain(200),
    },
    HeldNote: {
        "layer": _exact(_LONGEST_NAME),
        "record": _exact(_LONGEST_NAME),
        "code": _text(_CODE),
        "facts": _facts,
    },
    PackageNote: {
        "uuid": _text(UUID_PATTERN),
        "number": _whole(1),
        "state": _text("merged|waiting|undone"),
        "first_change": _whole(1),
        "last_change": _whole(1),
        "held": _many(lambda value: _fields(HeldNote, value)),
        "conflicts": _many(_text(UUID_PATTERN)),
        "waits_for": _many(_whole(1), 1000),
    },
    RefusedNote: {
        "uuid": _text(UUID_PATTERN),
        "number": _whole(1),
        "code": _text(_CODE),
        "facts": _facts,
        "refused_at": _text(_TIME),
        "verified": _yes_or_no,
    },
    RecordNote: {
        "layer": _text(_NAME),
        "record": _text(UUID_PATTERN),
        "conflicts": _many(_plain(_LONGEST_NAME), 1000),
        "duplicates": _many(_text(UUID_PATTERN), 1000),
        "survivor": _optional(_text(UUID_PATTERN)),
        "findings": _optional(_whole(0)),
    },
    ReceiptDescription: {
        **_OF_ALL,
        "packages": _many(lambda value: _fields(PackageNote, value)),
        "records": _many(lambda value: _fields(RecordNote, value)),
        "refused": _many(lambda value: _fields(RefusedNote, value)),
    },
}


def facts_to_travel(facts: Mapping[str, Any]) -> dict[str, Fact]:
    """Facts of a refusal as a receipt may hold them: plain values, none endless, and of a path
    its last name only, since folders of the office are nobody's business."""
    return {
        name: _plain_fact(value)
        for name, value in list(facts.items())[:_MOST_FACTS]
        if value is not None
    }


def _plain_fact(value: Any) -> Fact:
    if isinstance(value, Path):
        value = value.name
    elif isinstance(value, list | tuple | set | frozenset):
        value = ", ".join(str(each) for each in value)
    try:
        return _fact(value)
    except ValueError:
        return str(value)[:_LONGEST_FACT]


def to_json(value: Any) -> bytes:
    """A header or description as it is written into a container."""
    return json.dumps(dataclasses.asdict(value), ensure_ascii=False, indent=1).encode() + b"\n"


def from_json(cls: type[Value], text: bytes, path: Path) -> Value:
    """Read what `to_json` wrote; BadPackage("package.description", path, field) otherwise."""
    try:
        return _fields(cls, json.loads(text))
    except (ValueError, RecursionError) as fault:
        field = str(fault) if str(fault).isidentifier() else cls.__name__
        raise BadPackage("package.description", path=path, field=field) from fault

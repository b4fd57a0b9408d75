"""What a container says of itself: headers and descriptions as values, read from doubtful JSON."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeVar

from ..errors import BadPackage

Kind = Literal["survey", "assignment", "receipt"]
#: Changed when a container can no longer be read by the code before.
FORMAT = 1

_UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"
_DEVICE = r"[a-z2-7]{16}"
_COUNTY = r"[0-9]{6}"
_TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z"
_SHA256 = r"[0-9a-f]{64}"
_NAME = r"[a-z_][a-z0-9_]{0,60}"
_LARGEST = 2**53


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
    """What an assignment hands out, and to whom; `villages` are codes, `counts` rows by layer."""

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
    """A record of a package that waits at the county, and why."""

    layer: str
    record: str
    code: str


@dataclass(frozen=True)
class PackageNote:
    """What became of one package at the county; `conflicts` are records in open conflict."""

    uuid: str
    number: int
    state: str
    first_change: int
    last_change: int
    held: tuple[HeldNote, ...]
    conflicts: tuple[str, ...]


@dataclass(frozen=True)
class ReceiptDescription:
    """What the county has of one device, package by package."""

    uuid: str
    device: str
    number: int
    county: str
    made_at: str
    packages: tuple[PackageNote, ...]


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


def _truth(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError
    return value


def _optional(inner: Check) -> Check:
    return lambda value: None if value is None else inner(value)


def _many(inner: Check, limit: int = 1_000_000) -> Check:
    def check(value: Any) -> tuple[Any, ...]:
        if not isinstance(value, list) or len(value) > limit:
            raise ValueError
        return tuple(inner(each) for each in value)

    return check


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
        try:
            found[each.name] = checks[each.name](value.get(each.name))
        except ValueError as fault:
            raise ValueError(str(fault) or each.name) from None
    return cls(**found)


_OF_ALL: dict[str, Check] = {
    "uuid": _text(_UUID),
    "device": _text(_DEVICE),
    "number": _whole(1),
    "county": _text(_COUNTY),
    "made_at": _text(_TIME),
}
_CHECKS: dict[type, dict[str, Check]] = {
    Header: {**_OF_ALL, "kind": _text("survey|assignment|receipt"), "format": _whole(1)},
    PackageDescription: {
        **_OF_ALL,
        "previous": _optional(_text(_UUID)),
        "srid": _whole(1),
        "assignment": _text(_UUID),
        "catalogue": _plain(100),
        "first_change": _whole(1),
        "last_change": _whole(1),
        "counts": _counts,
        "missing_attachments": _many(_text(_SHA256)),
        "software": _plain(100),
        "exact": _optional(_truth),
    },
    AssignmentDescription: {
        **_OF_ALL,
        "county_name": _plain(200),
        "srid": _whole(1),
        "surveyor": _plain(200),
        "villages": _many(_plain(20), 10_000),
        "layers": _many(_text(_NAME), 1000),
        "campaign": _optional(_text(_UUID)),
        "catalogue": _plain(100),
        "recipient": _plain(100),
        "seen": _plain(1_000_000),
        "counts": _counts,
        "basemap": _optional(_plain(200)),
        "software": _plain(100),
    },
    HeldNote: {"layer": _text(_NAME), "record": _text(_UUID), "code": _plain(100)},
    PackageNote: {
        "uuid": _text(_UUID),
        "number": _whole(1),
        "state": _text("merged|waiting|undone"),
        "first_change": _whole(1),
        "last_change": _whole(1),
        "held": _many(lambda value: _fields(HeldNote, value)),
        "conflicts": _many(_text(_UUID)),
    },
    ReceiptDescription: {
        **_OF_ALL,
        "packages": _many(lambda value: _fields(PackageNote, value)),
    },
}


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

"""Ranges of running numbers for new codes, allotted so that two tablets never share one.

A code is a prefix that says where, and a running number (domain §2); within a prefix each tablet
gets blocks of numbers of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ..catalogue import Layer
from ..store import SurveyFile
from .row_copying import quoted


@dataclass(frozen=True)
class Scheme:
    """How the codes of one structure are numbered; `last` is the highest number it may use."""

    prefix_length: int
    digits: int
    last: int
    block: int


@dataclass(frozen=True)
class NumberRange:
    """Numbers `first` to `last` behind `prefix` belong to one device."""

    device: str
    layer: str
    prefix: str
    first: int
    last: int


#: By the identifier that the catalogue names. Contractors 8001 and up are no households.
SCHEMES = {
    "contracted_parcel": Scheme(14, 5, 99_999, 200),
    "contractor": Scheme(14, 4, 8000, 100),
    "homestead": Scheme(14, 5, 99_999, 100),
    "^[0-9]{6}-[0-9]{4}$": Scheme(7, 4, 9999, 50),
}


def allot(
    file: SurveyFile, device: str, layers: Sequence[Layer], villages: Sequence[str]
) -> list[NumberRange]:
    """The device's ranges in these layers and villages; new ones are written into the file.

    A range that is less than half used is kept. A prefix whose numbers are used up gets none:
    then the codes are given at the county. Call inside `file.atomic()`.
    """
    found = []
    for layer in layers:
        scheme = _scheme(layer)
        if scheme is None:
            continue
        highest = _highest_in_use(file, layer, scheme)
        for prefix in _prefixes(file, layer, scheme, villages, highest):
            mine, top = _allotted(file, device, layer.name, prefix)
            top = max(top, highest.get(prefix, 0))
            if not mine or _used(file, layer, mine[-1], scheme) * 2 > scheme.block:
                first, last = top + 1, min(top + scheme.block, scheme.last)
                if first <= last:
                    mine.append(NumberRange(device, layer.name, prefix, first, last))
                    file.connection.execute(
                        "INSERT INTO number_range (device, layer, prefix, first, last) "
                        "VALUES (?, ?, ?, ?, ?)",
                        (device, layer.name, prefix, first, last),
                    )
            found += mine
    return found


def _scheme(layer: Layer) -> Scheme | None:
    identifier = layer.fields[layer.key].identifier if layer.key else None
    return SCHEMES.get(identifier) if identifier else None


def _highest_in_use(file: SurveyFile, layer: Layer, scheme: Scheme) -> dict[str, int]:
    """The highest running number of each prefix among the county's codes."""
    key = quoted(layer.key or "")
    rows = file.connection.execute(
        f"SELECT substr({key}, 1, ?), max(CAST(substr({key}, ?) AS INTEGER)) "
        f"FROM {quoted(layer.name)} WHERE length({key}) = ? "
        f"AND CAST(substr({key}, ?) AS INTEGER) <= ? GROUP BY 1",
        (
            scheme.prefix_length,
            scheme.prefix_length + 1,
            scheme.prefix_length + scheme.digits,
            scheme.prefix_length + 1,
            scheme.last,
        ),
    )
    return dict(rows.fetchall())


def _prefixes(
    file: SurveyFile,
    layer: Layer,
    scheme: Scheme,
    villages: Sequence[str],
    highest: dict[str, int],
) -> Iterator[str]:
    """Prefixes in which a team in these villages may need new codes."""
    if scheme.prefix_length < 12:
        yield f"{file.meta['county']}-"
        return
    parties = [
        code
        for (code,) in file.connection.execute("SELECT code FROM issuing_party WHERE code <> ''")
    ]
    for village in villages:
        known = {prefix for prefix in highest if prefix.startswith(village)}
        if layer.fields[layer.key or ""].identifier == "homestead":
            known.add(f"{village}JC")
        else:
            known |= {code for code in parties if code.startswith(village) and len(code) == 14}
            known = known or {f"{village}01"}
        yield from sorted(known)


def _allotted(
    file: SurveyFile, device: str, layer: str, prefix: str
) -> tuple[list[NumberRange], int]:
    """The device's ranges behind a prefix, and the highest number that any device was given."""
    rows = file.connection.execute(
        "SELECT device, first, last FROM number_range WHERE layer = ? AND prefix = ? "
        "ORDER BY first",
        (layer, prefix),
    ).fetchall()
    mine = [NumberRange(each, layer, prefix, first, last) for each, first, last in rows]
    return [each for each in mine if each.device == device], max(
        (row[2] for row in rows), default=0
    )


def _used(file: SurveyFile, layer: Layer, block: NumberRange, scheme: Scheme) -> int:
    """How many codes of a range the county has already."""
    key = quoted(layer.key or "")
    low = f"{block.prefix}{block.first:0{scheme.digits}d}"
    high = f"{block.prefix}{block.last:0{scheme.digits}d}"
    (count,) = file.connection.execute(
        f"SELECT count(*) FROM {quoted(layer.name)} WHERE {key} BETWEEN ? AND ?", (low, high)
    ).fetchone()
    return int(count)

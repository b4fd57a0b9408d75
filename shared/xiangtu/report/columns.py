"""Which columns of a layer leave the house, and what they are called there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ..catalogue.model import (
    BOOKKEEPING,
    COMMON_FIELDS,
    MEASUREMENT_FIELDS,
    Catalogue,
    Field,
    Label,
    Layer,
)

#: dBase keeps at most this many bytes of text in a column.
_DBASE_TEXT_BYTES = 254
_DBASE_NAME_LETTERS = 10
_IDENTITY = Label(zh="标识", en="Identity")
#: Columns that tell about the people who surveyed, or hold free text that may name anybody.
_NOT_PUBLIC = ("surveyor", "device", "remark")
#: Stored type by the catalogue's.
_STORED = {"code": "text", "codes": "text", "reference": "text"}


@dataclass(frozen=True)
class ExportColumn:
    """One column: `source` in the survey file, `name` outside; width and decimals for dBase."""

    name: str
    source: str
    label: Label
    type: str
    width: int
    decimals: int
    code_list: str | None = None


def columns_of(
    catalogue: Catalogue, layer: Layer, format: str, public: bool
) -> tuple[ExportColumn, ...]:
    """The columns of a layer's export in order, uuid first; sealed values are never among them."""
    found = [ExportColumn("uuid", "uuid", _IDENTITY, "text", 36, 0)]
    names = [each.name for each in layer.fields.values() if not (public and _private(each))]
    others = (*COMMON_FIELDS, *(MEASUREMENT_FIELDS if layer.geometry else ()), *BOOKKEEPING)
    names += [name for name in others if not (public and name in _NOT_PUBLIC)]
    for name in names:
        field = catalogue.field_of(layer.name, name)
        assert field is not None, f"{layer.name}.{name} is a column without a field"
        kind = _STORED.get(field.type, field.type)
        found.append(
            ExportColumn(name, name, field.label, kind, *_dbase_size(kind, field), field.code_list)
        )
    if format != "shp":
        return tuple(found)
    short = _short_names(layer, [each.source for each in found])
    return tuple(
        ExportColumn(
            name, each.source, each.label, each.type, each.width, each.decimals, each.code_list
        )
        for name, each in zip(short, found, strict=True)
    )


def _private(field: Field) -> bool:
    return field.sensitive or field.personal


def _dbase_size(kind: str, field: Field) -> tuple[int, int]:
    if kind == "text":
        # A Chinese character is three bytes in UTF-8.
        width = 3 * field.length if field.length else _DBASE_TEXT_BYTES
        return min(width, _DBASE_TEXT_BYTES), 0
    if kind == "real":
        return 18, 6 if field.decimals is None else field.decimals
    return {"integer": 18, "boolean": 1, "date": 10}.get(kind, 30), 0


def _short_names(layer: Layer, sources: Sequence[str]) -> Iterator[str]:
    """Official names of the layer's exchange format where given, else ten letters of ours."""
    exchange = next(iter(layer.exchange), None)
    used: set[str] = set()
    for source in sources:
        field = layer.fields.get(source)
        official = field.official.get(exchange) if field and exchange else None
        name = wanted = (official or source)[:_DBASE_NAME_LETTERS]
        number = 1
        while name.casefold() in used:
            number += 1
            name = f"{wanted[: _DBASE_NAME_LETTERS - len(str(number))]}{number}"
        used.add(name.casefold())
        yield name

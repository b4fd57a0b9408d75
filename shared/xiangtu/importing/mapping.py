"""How a source's columns become a layer's fields: read from a TOML file, or found by name.

A mapping file, every part of which may be left out::

    layer = "farms"          # the source's layer, where it has several
    crs = "EPSG:4527"        # where the source does not say, or says it wrongly
    encoding = "GBK"
    misfits = "blank"        # leave a value that does not fit out; by default the row is refused

    [position]               # a table without geometry, such as a CSV
    x = "东坐标"             # easting or longitude
    y = "北坐标"

    [fields]                 # with this table only what it names is taken
    code = "DKBM"                                            # a column of the source
    state = { constant = "surveyed" }                        # the same value for every row
    land_class = { column = "DL", values = { "旱地" = "0103" } }  # other values stay as they are
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from ..catalogue.model import COMMON_FIELDS, MEASUREMENT_FIELDS, Catalogue, Layer
from ..errors import BadFile, BadInput
from ..store.places import new_file


@dataclass(frozen=True)
class Source:
    """Where a field's value comes from: a column, or a constant; `values` replaces texts."""

    column: str | None = None
    constant: str | int | float | bool | None = None
    values: Mapping[str, str | int | float | bool] = field(default_factory=dict)


@dataclass(frozen=True)
class ImportMapping:
    """What a person says about a source; everything may be left to be found out.

    `fields` None means: by name. `x` and `y` name the columns of a table without geometry.
    """

    layer: str | None = None
    crs: str | None = None
    encoding: str | None = None
    x: str | None = None
    y: str | None = None
    fields: Mapping[str, Source] | None = None
    misfits: Literal["refuse", "blank"] = "refuse"


def load(path: Path) -> ImportMapping:
    """Read a mapping file; BadFile if it is missing, BadInput("mapping.*") naming what is wrong."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise BadFile("file.missing", path=str(path)) from None
    except IsADirectoryError:
        raise BadFile("file.is_directory", path=str(path)) from None
    except UnicodeDecodeError as fault:
        raise BadInput("mapping.damaged", path=str(path), reason=str(fault)) from None
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as fault:
        raise BadInput("mapping.damaged", path=str(path), reason=str(fault)) from None
    return _from_table(table, str(path))


def save(path: Path, mapping: ImportMapping) -> None:
    """Write a mapping file that `load` reads as the same mapping.

    Raises BadInput("file.exists") where one is there, BadFile where it cannot be written.
    """
    lines = [
        f"{name} = {_in_toml(value)}"
        for name, value in (
            ("layer", mapping.layer),
            ("crs", mapping.crs),
            ("encoding", mapping.encoding),
            ("misfits", mapping.misfits),
        )
        if value is not None
    ]
    if mapping.x is not None and mapping.y is not None:
        lines += ["", "[position]", f"x = {_in_toml(mapping.x)}", f"y = {_in_toml(mapping.y)}"]
    if mapping.fields is not None:
        lines += ["", "[fields]"]
        lines += [f"{target} = {_said(source)}" for target, source in mapping.fields.items()]
    with new_file(path) as temporary:
        temporary.write_text("\n".join(lines) + "\n", "utf-8")


def _said(source: Source) -> str:
    if source.column is not None and not source.values:
        return _in_toml(source.column)
    name = "constant" if source.column is None else "column"
    said = [f"{name} = {_in_toml(source.constant if source.column is None else source.column)}"]
    if source.values:
        pairs = (f"{_in_toml(old)} = {_in_toml(new)}" for old, new in source.values.items())
        said.append(f"values = {{ {', '.join(pairs)} }}")
    return f"{{ {', '.join(said)} }}"


def _in_toml(value: object) -> str:
    """A text, number or truth as TOML writes it: JSON's way, but for a DEL and for numbers that
    are none."""
    if isinstance(value, float):
        return repr(value)
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _from_table(table: dict[str, Any], path: str) -> ImportMapping:
    position = table.pop("position", {})
    fields = table.pop("fields", None)
    said = {name: table.pop(name, None) for name in ("layer", "crs", "encoding", "misfits")}
    if isinstance(said["crs"], int):
        said["crs"] = f"EPSG:{said['crs']}"
    for name, value in said.items():
        if value is not None and not isinstance(value, str):
            raise BadInput("mapping.wrong_type", path=path, key=name, expected="text")
    misfits = said["misfits"] or "refuse"
    if misfits not in ("refuse", "blank"):
        raise BadInput("mapping.misfits", path=path, value=misfits)
    for name, value in (("position", position), ("fields", fields or {})):
        if not isinstance(value, dict):
            raise BadInput("mapping.wrong_type", path=path, key=name, expected="table")
    x, y = position.pop("x", None), position.pop("y", None)
    unknown = [*table, *(f"position.{each}" for each in position)]
    if unknown:
        raise BadInput("mapping.key_unknown", path=path, key=unknown[0])
    if (x is None) != (y is None):
        raise BadInput("mapping.position_half", path=path)
    sources = None
    if fields is not None:
        sources = {target: _source(target, value, path) for target, value in fields.items()}
    how: Literal["refuse", "blank"] = "blank" if misfits == "blank" else "refuse"
    return ImportMapping(said["layer"], said["crs"], said["encoding"], x, y, sources, how)


def _source(target: str, value: Any, path: str) -> Source:
    if isinstance(value, str):
        return Source(column=value)
    if not isinstance(value, dict):
        raise BadInput("mapping.wrong_type", path=path, key=f"fields.{target}", expected="column")
    unknown = set(value) - {"column", "constant", "values"}
    if unknown:
        raise BadInput("mapping.key_unknown", path=path, key=f"fields.{target}.{min(unknown)}")
    if ("column" in value) == ("constant" in value):
        raise BadInput("mapping.column_or_constant", path=path, key=f"fields.{target}")
    return Source(value.get("column"), value.get("constant"), value.get("values", {}))


def resolve(
    mapping: ImportMapping,
    catalogue: Catalogue,
    layer: Layer,
    columns: Iterable[str],
    taken: Iterable[str] = (),
) -> dict[str, Source]:
    """Target field → source for every field that gets a value.

    Without a table of fields they are found by name, official name or label; `taken` names columns
    that are already used for the position.

    Raises
    ------
    BadInput
        "mapping.target_unknown" or "mapping.column_unknown", when the mapping names a field the
        layer does not have or a column the source does not have.
    """
    columns = list(columns)
    if mapping.fields is None:
        return _by_name(catalogue, layer, columns, set(taken))
    targets = list(targets_of(layer))
    for target, source in mapping.fields.items():
        if target not in targets:
            known = ", ".join(targets)
            raise BadInput("mapping.target_unknown", field=target, layer=layer.name, known=known)
        if source.column is not None and source.column not in columns:
            known = ", ".join(columns)
            raise BadInput("mapping.column_unknown", column=source.column, known=known)
    return dict(mapping.fields)


def targets_of(layer: Layer) -> Iterator[str]:
    """Columns that may be filled from outside: own fields that are not derived, common ones."""
    yield "uuid"
    yield from (each.name for each in layer.fields.values() if not each.derived)
    if layer.surveyed:
        yield from COMMON_FIELDS
        if layer.geometry:
            yield from MEASUREMENT_FIELDS


def _by_name(
    catalogue: Catalogue, layer: Layer, columns: list[str], taken: set[str]
) -> dict[str, Source]:
    """Match by the field's name, its official names, then its labels; each column once.

    Last come names cut to the 10 characters that a Shapefile allows.
    """
    plain = {column: _plain(column) for column in columns if column not in taken}
    targets = list(targets_of(layer))
    levels: list[list[tuple[str, str]]] = [[(target, target) for target in targets], [], [], []]
    for target in targets:
        levels[3].append((target, target[:10]))
        field = catalogue.field_of(layer.name, target)
        if field is not None:
            levels[1] += [(target, official) for official in field.official.values()]
            levels[2] += [(target, field.label.zh), (target, field.label.en)]
    found: dict[str, str] = {}
    for target, name in (pair for level in levels for pair in level):
        if target in found:
            continue
        wanted, used = _plain(name), set(found.values())
        match = next((each for each in plain if each not in used and plain[each] == wanted), None)
        if match is not None:
            found[target] = match
    return {target: Source(column=found[target]) for target in targets if target in found}


def _plain(name: str) -> str:
    return re.sub(r"[\s_\-()（）]+", "", name).casefold()

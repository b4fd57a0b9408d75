"""What a source is, before a person says how its columns fill a layer: layers, columns, CRS."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from .source import layer_names, open_source


@dataclass(frozen=True)
class Contents:
    """`layer` is the one of `layers` that the rest tells of; `crs` and `encoding` as the file has
    them, None where it does not say."""

    layers: tuple[str, ...]
    layer: str
    columns: tuple[str, ...]
    crs: str | None
    encoding: str | None
    has_geometry: bool
    rows: int


def look(path: Path, layer: str | None = None, encoding: str | None = None) -> Contents:
    """What is in a file and in one of its layers (its first by default).

    Raises BadFile and BadInput as `source.open_source`.
    """
    names = layer_names(path, encoding)
    chosen = layer if layer is not None or not names else names[0]
    with open_source(path, chosen, encoding) as source:
        return Contents(
            names,
            source.layer_name,
            tuple(each.name for each in source.columns),
            source.crs,
            source.encoding.codec if source.encoding else None,
            source.has_geometry,
            source.count,
        )

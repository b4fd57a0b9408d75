"""A catalogue as its files say it, before it is checked: raw tables and the file each came from."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..errors import BadCatalogue

#: What a county's own folder may change on a field or layer that is already there. The rest would
#: change the table or the meaning of values that are already stored.
FIELD_MAY_CHANGE = {
    *("label", "help", "section", "required", "shown_when", "default", "remember_last"),
    *("minimum", "maximum", "personal", "identifier", "identifier_when", "official"),
}
LAYER_MAY_CHANGE = {
    *("label", "group", "order", "title_field", "public", "tolerance_m"),
    *("exchange", "constants", "photos", "signatures"),
}
RULE_MAY_CHANGE = {
    *("severity", "condition", "title", "explanation", "remedy", "fields", "off"),
}
#: Tables within a layer that are merged attribute by attribute.
MERGED_TABLES = ("accuracy", "style", "sections")

Raw = dict[str, Any]


def refuse(
    code: str, file: str, layer: str = "", field: str = "", reason: str = "", **more: object
) -> BadCatalogue:
    """The error for a mistake: where it is, and in `reason` the word or value that is wrong.

    The fact `where` is file, layer and field in one, for putting into words.
    """
    where = " › ".join(each for each in (file, layer, field) if each)
    return BadCatalogue(
        f"catalogue.{code}",
        where=where,
        file=file,
        layer=layer,
        field=field,
        reason=reason,
        **more,
    )


@dataclass
class Source:
    """Raw layers, lists and crosswalks by name; `files` says which file spoke last of a thing."""

    layers: dict[str, Raw] = field(default_factory=dict)
    lists: dict[str, Raw] = field(default_factory=dict)
    crosswalks: dict[str, Raw] = field(default_factory=dict)
    common: Raw = field(default_factory=dict)
    files: dict[tuple[str, ...], str] = field(default_factory=dict)

    def file_of(self, *path: str) -> str:
        """The file that spoke last of ("layer", "field") or, failing that, of the layer.

        The second part may be a rule, or an attribute of the layer ("photos"), too.
        """
        while path:
            if path in self.files:
                return self.files[path]
            path = path[:-1]
        return ""


def read_folder(folder: Path, source: Source, *, own: bool) -> None:
    """Add the folder's *.toml, in order of name; `own` is False for a county's own folder.

    Raises BadCatalogue for a folder without catalogue files, a file that is no TOML or holds
    something else, a name given twice, and a change to what a county may not change.
    """
    paths = sorted(folder.glob("*.toml")) if folder.is_dir() else []
    if not paths:
        raise refuse("folder_empty", str(folder), reason=str(folder))
    parsed = [(path.name, _parse(path)) for path in paths]
    # New layers first, so that a file may extend a layer of the same folder whatever its name.
    for name, content in sorted(parsed, key=lambda each: "extends" in each[1]):
        _take(name, content, source, own)


def _parse(path: Path) -> Raw:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise refuse("not_toml", path.name, reason=str(error)) from error
    except OSError as error:
        raise refuse("not_readable", path.name, reason=error.strerror or str(error)) from error


def _take(file: str, content: Raw, source: Source, own: bool) -> None:
    kinds = [kind for kind in ("layer", "extends", "common") if kind in content]
    if len(kinds) > 1:
        raise refuse("two_kinds", file, reason=", ".join(kinds))
    if kinds == ["layer"]:
        _take_layer(file, content, source)
    elif kinds == ["extends"]:
        _extend_layer(file, content, source)
    elif kinds == ["common"]:
        _take_common(file, content, source, own)
    else:
        _take_lists(file, content, source, own)


def _name(file: str, content: Raw, key: str) -> str:
    value = content.pop(key)
    if not isinstance(value, str):
        raise refuse("wrong_type", file, reason=f"{key}: text")
    return value


def _take_layer(file: str, content: Raw, source: Source) -> None:
    name = _name(file, content, "layer")
    if name in source.layers:
        raise refuse("repeated", file, name, reason=name)
    source.layers[name] = content
    source.files[(name,)] = file
    for field_name in _table(file, name, "fields", content.get("fields", {})):
        source.files[(name, field_name)] = file


def _take_common(file: str, content: Raw, source: Source, own: bool) -> None:
    content.pop("common")
    if source.common or not own:
        raise refuse("repeated", file, "common", reason="common")
    source.common = content
    source.files[("common",)] = file


def _take_lists(file: str, content: Raw, source: Source, own: bool) -> None:
    unknown = set(content) - {"lists", "crosswalks"}
    if unknown or not content:
        raise refuse("no_kind", file, reason=", ".join(sorted(unknown)))
    for name, raw in _table(file, "", "lists", content.get("lists", {})).items():
        raw = _table(file, name, name, raw)
        if name in source.lists:
            if own:
                raise refuse("repeated", file, name, reason=name)
            _extend_list(file, name, raw, source)
        else:
            source.lists[name] = raw
        source.files[(f"list {name}",)] = file
    for name, raw in _table(file, "", "crosswalks", content.get("crosswalks", {})).items():
        if name in source.crosswalks and own:
            raise refuse("repeated", file, name, reason=name)
        source.crosswalks[name] = _table(file, name, name, raw)
        source.files[(f"crosswalk {name}",)] = file


def _extend_list(file: str, name: str, raw: Raw, source: Source) -> None:
    present = source.lists[name]
    _allow(file, name, "", raw, {"label", "codes"})
    present["label"] = raw.get("label", present.get("label"))
    present.setdefault("codes", {}).update(_table(file, name, "codes", raw.get("codes", {})))


def _extend_layer(file: str, content: Raw, source: Source) -> None:
    name = _name(file, content, "extends")
    if name not in source.layers:
        raise refuse("unknown_layer", file, name, reason=name)
    layer = source.layers[name]
    _allow(file, name, "", content, LAYER_MAY_CHANGE | {"fields", "rules", *MERGED_TABLES})
    for key in LAYER_MAY_CHANGE & content.keys():
        layer[key] = content[key]
        source.files[(name, key)] = file
    for key in MERGED_TABLES:
        if key in content:
            layer.setdefault(key, {}).update(_table(file, name, key, content[key]))
            source.files[(name, key)] = file
    _extend_entries(file, name, "fields", content, layer, FIELD_MAY_CHANGE, source)
    _extend_entries(file, name, "rules", content, layer, RULE_MAY_CHANGE, source)


def _extend_entries(
    file: str,
    layer: str,
    key: str,
    content: Raw,
    present: Raw,
    allowed: set[str],
    source: Source,
) -> None:
    entries: Raw = present.setdefault(key, {})
    for name, raw in _table(file, layer, key, content.get(key, {})).items():
        raw = _table(file, layer, name, raw)
        if name in entries:
            _allow(file, layer, name, raw, allowed)
            if raw.get("personal") is False and entries[name].get("personal"):
                raise refuse("locked", file, layer, name, "personal = false")
            entries[name] = {**entries[name], **raw}
        else:
            entries[name] = raw
        source.files[(layer, name)] = file


def _allow(file: str, layer: str, field: str, raw: Mapping[str, Any], allowed: set[str]) -> None:
    for key in raw:
        if key not in allowed:
            raise refuse("locked", file, layer, field, key)


def _table(file: str, layer: str, key: str, value: Any) -> Raw:
    if not isinstance(value, dict):
        raise refuse("wrong_type", file, layer, key, "table")
    return value

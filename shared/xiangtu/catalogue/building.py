"""From raw tables to catalogue values, attribute by attribute; nothing unknown is let through."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, TypeVar, cast, get_args

from ..errors import BadInput
from . import expression
from .model import (
    MEASUREMENT_FIELDS,
    Accuracy,
    Catalogue,
    Code,
    CodeList,
    Crosswalk,
    CrosswalkPair,
    Field,
    FieldType,
    GeometryType,
    Label,
    Layer,
    PhotoRequirement,
    Relation,
    Rule,
    Severity,
    SignatureRequirement,
    Style,
)
from .source import Raw, Source, refuse

T = TypeVar("T")
_NAME = re.compile(r"[a-z][a-z0-9_]*")
_COLOUR = re.compile(r"#[0-9a-f]{6}")
_KINDS: dict[type, str] = {str: "text", bool: "true or false", int: "whole number", dict: "table"}


class Entry:
    """One raw table that is read attribute by attribute; `done` refuses what was not read."""

    def __init__(self, raw: Any, file: str, layer: str = "", field: str = "") -> None:
        self.file, self.layer, self.field = file, layer, field
        if not isinstance(raw, dict):
            raise self.refuse("wrong_type", f"{field or layer}: table")
        self.raw: Raw = dict(raw)

    def refuse(self, code: str, reason: str) -> Exception:
        return refuse(code, self.file, self.layer, self.field, reason)

    def take(self, key: str, kind: type[T], default: T | None = None) -> T | None:
        if key not in self.raw:
            return default
        value = self.raw.pop(key)
        # bool is an int in Python, but a catalogue that says true for a length is mistaken.
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            raise self.refuse("wrong_type", f"{key}: {_KINDS[kind]}")
        return value

    def need(self, key: str, kind: type[T]) -> T:
        value = self.take(key, kind)
        if value is None:
            raise self.refuse("missing", key)
        return value

    def flag(self, key: str, default: bool = False) -> bool:
        return bool(self.take(key, bool, default))

    def number(self, key: str) -> float | None:
        value = self.raw.pop(key, None)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self.refuse("wrong_type", f"{key}: number")
        return float(value)

    def label(self, key: str = "label") -> Label:
        if key not in self.raw:
            raise self.refuse("missing", key)
        return self.as_label(self.raw.pop(key), key)

    def as_label(self, raw: Any, key: str) -> Label:
        if not isinstance(raw, dict) or set(raw) != {"zh", "en"}:
            raise self.refuse("wrong_type", f"{key}: zh, en")
        for text in raw.values():
            if not isinstance(text, str) or not text.strip() or text != text.strip():
                raise self.refuse("wrong_type", f"{key}: {text!r}")
        return Label(**raw)

    def choice(self, key: str, allowed: tuple[str, ...], default: str | None = None) -> str:
        value = self.take(key, str, default)
        if value is None:
            raise self.refuse("missing", key)
        if value not in allowed:
            raise self.refuse("unknown_value", f"{key} = {value} ({', '.join(allowed)})")
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        value = self.raw.pop(key, [])
        if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
            raise self.refuse("wrong_type", f"{key}: list of text")
        return tuple(value)

    def mapping(self, key: str) -> Mapping[str, str]:
        value = self.take(key, dict, {}) or {}
        for name, text in value.items():
            if not isinstance(text, str):
                raise self.refuse("wrong_type", f"{key}.{name}: text")
        return MappingProxyType(dict(value))

    def entries(self, key: str) -> Mapping[str, Any]:
        """A table of tables with sound names."""
        value = self.take(key, dict, {}) or {}
        for name in value:
            if not _NAME.fullmatch(name):
                raise self.refuse("bad_name", name)
        return value

    def done(self) -> None:
        if self.raw:
            raise self.refuse("unknown_attribute", ", ".join(sorted(self.raw)))


def build(source: Source) -> Catalogue:
    """Values for everything in the source; what names what is checked later, by `checking`."""
    common, common_rules = _build_common(source)
    layers = [_build_layer(name, raw, source, common_rules) for name, raw in source.layers.items()]
    layers.sort(key=lambda layer: (layer.order, layer.name))
    return Catalogue(
        version="",
        layers=MappingProxyType({layer.name: layer for layer in layers}),
        code_lists=_by_name(_build_list, source.lists, source),
        common=common,
        crosswalks=_by_name(_build_crosswalk, source.crosswalks, source),
    )


def _by_name(
    make: Callable[[str, Raw, Source], T], raws: Mapping[str, Raw], source: Source
) -> Mapping[str, T]:
    return MappingProxyType({name: make(name, raws[name], source) for name in sorted(raws)})


def _build_common(source: Source) -> tuple[Mapping[str, Field], Raw]:
    entry = Entry(source.common, source.file_of("common"), "common")
    common = MappingProxyType(
        {
            name: _build_field(Entry(raw, entry.file, "common", name))
            for name, raw in entry.entries("fields").items()
        }
    )
    rules = dict(entry.entries("rules"))
    entry.done()
    return common, rules


def _build_layer(name: str, raw: Raw, source: Source, common_rules: Raw) -> Layer:
    entry = Entry(raw, source.file_of(name), name)
    if not _NAME.fullmatch(name):
        raise entry.refuse("bad_name", name)
    geometry = entry.choice("geometry", ("none", *get_args(GeometryType)), "none")
    fields: dict[str, Field] = {}
    relations: list[Relation] = []
    for field_name, field_raw in entry.entries("fields").items():
        field_entry = Entry(field_raw, source.file_of(name, field_name), name, field_name)
        composition = field_entry.flag("composition")
        made = fields[field_name] = _build_field(field_entry)
        if made.references:
            relations.append(Relation(field_name, made.references, composition))
        elif composition:
            raise field_entry.refuse("impossible", "composition without references")
    surveyed = entry.flag("surveyed", True)
    rules = (
        [_build_rule("record", name, each, common_rules[each], source) for each in common_rules]
        if surveyed
        else []
    )
    if geometry == "none":
        rules = [rule for rule in rules if rule and not _reads_measurement(rule.condition)]
    rules += [
        _build_rule(name, name, each, rule, source) for each, rule in entry.entries("rules").items()
    ]
    photos, signatures = (_tables(entry, key) for key in ("photos", "signatures"))

    def part(key: str, raw: Any) -> Entry:
        return Entry(raw, source.file_of(name, key), name, key)

    accuracy = entry.take("accuracy", dict)
    tolerance_m = entry.number("tolerance_m")
    order = entry.take("order", int, 0) or 0
    layer = Layer(
        name=name,
        label=entry.label(),
        geometry=None if geometry == "none" else cast(GeometryType, geometry),
        fields=MappingProxyType(fields),
        relations=tuple(relations),
        rules=tuple(rule for rule in rules if rule is not None),
        photos=tuple(_build_photo(part("photos", each)) for each in photos),
        signatures=tuple(_build_signature(part("signatures", each)) for each in signatures),
        accuracy=_build_accuracy(part("accuracy", accuracy)) if accuracy is not None else None,
        style=_build_style(part("style", entry.take("style", dict, {}))),
        key=entry.take("key", str),
        title_field=entry.take("title_field", str),
        surveyed=surveyed,
        append_only=entry.flag("append_only"),
        kind_field=entry.take("kind_field", str),
        group=entry.take("group", str, "") or "",
        order=order,
        public=entry.flag("public"),
        tolerance_m=0.001 if tolerance_m is None else tolerance_m,
        exchange=entry.mapping("exchange"),
        constants=MappingProxyType(
            {
                each: Entry({each: raw}, entry.file, name, "constants").mapping(each)
                for each, raw in entry.entries("constants").items()
            }
        ),
        sections=MappingProxyType(
            {
                each: entry.as_label(raw, f"sections.{each}")
                for each, raw in entry.entries("sections").items()
            }
        ),
    )
    entry.done()
    return layer


def _build_field(entry: Entry) -> Field:
    if not _NAME.fullmatch(entry.field):
        raise entry.refuse("bad_name", entry.field)
    default = entry.raw.pop("default", None)
    if isinstance(default, bool):
        default = int(default)
    if default is not None and not isinstance(default, str | int | float):
        raise entry.refuse("wrong_type", "default: text or number")
    made = Field(
        name=entry.field,
        type=cast(FieldType, entry.choice("type", get_args(FieldType))),
        label=entry.label(),
        section=entry.take("section", str, "") or "",
        unit=entry.take("unit", str),
        length=entry.take("length", int),
        decimals=entry.take("decimals", int),
        minimum=entry.number("minimum"),
        maximum=entry.number("maximum"),
        code_list=entry.take("code_list", str),
        references=entry.take("references", str),
        required=_condition(entry, "required"),
        shown_when=_condition(entry, "shown_when"),
        default=default,
        remember_last=entry.flag("remember_last"),
        sensitive=entry.flag("sensitive"),
        personal=entry.flag("personal"),
        unit_of_merge=entry.take("unit_of_merge", str, "") or "",
        derived=entry.take("derived", str),
        identifier=entry.take("identifier", str),
        identifier_when=_condition(entry, "identifier_when"),
        help=entry.label("help") if "help" in entry.raw else None,
        official=entry.mapping("official"),
    )
    entry.done()
    return made


def _condition(entry: Entry, key: str) -> str | None:
    """A condition as SQL; true and false may be written plainly."""
    if isinstance(entry.raw.get(key), bool):
        return "1" if entry.raw.pop(key) else None
    return entry.take(key, str)


def _build_rule(prefix: str, layer: str, name: str, raw: Any, source: Source) -> Rule | None:
    """A rule, or None if a county switched it off."""
    file = source.file_of(layer, name) if prefix == layer else source.file_of("common")
    entry = Entry(raw, file, layer, name)
    off = entry.flag("off")
    made = Rule(
        code=f"{prefix}.{name}",
        severity=cast(Severity, entry.choice("severity", get_args(Severity))),
        condition=entry.need("condition", str),
        title=entry.label("title"),
        explanation=entry.label("explanation"),
        remedy=entry.label("remedy"),
        fields=entry.texts("fields"),
    )
    entry.done()
    return None if off else made


def _reads_measurement(condition: str) -> bool:
    """Whether a common rule is about how a geometry was measured, so none for a plain table."""
    try:
        return bool(expression.names(condition) & set(MEASUREMENT_FIELDS))
    except BadInput:
        return False  # checking refuses it, with the reason


def _tables(entry: Entry, key: str) -> list[Any]:
    tables = entry.raw.pop(key, [])
    if not isinstance(tables, list):
        raise entry.refuse("wrong_type", f"{key}: list of tables")
    return tables


def _build_signature(entry: Entry) -> SignatureRequirement:
    minimum = entry.take("minimum", int)
    made = SignatureRequirement(
        signed_as=entry.need("signed_as", str),
        minimum=1 if minimum is None else minimum,
        when=entry.take("when", str),
    )
    entry.done()
    return made


def _build_photo(entry: Entry) -> PhotoRequirement:
    made = PhotoRequirement(
        role=entry.need("role", str),
        minimum=entry.take("minimum", int, 1) or 1,
        when=entry.take("when", str),
    )
    entry.done()
    return made


def _build_accuracy(entry: Entry) -> Accuracy:
    horizontal_m = entry.number("horizontal_m")
    if horizontal_m is None or horizontal_m <= 0:
        raise entry.refuse("missing", "horizontal_m")
    snap_m = entry.number("snap_m")
    correction_age_s = entry.number("correction_age_s")
    if correction_age_s is not None and not correction_age_s > 0:
        raise entry.refuse("unknown_value", f"correction_age_s = {correction_age_s:g}")
    made = Accuracy(
        horizontal_m=horizontal_m,
        fix_types=entry.texts("fix_types"),
        may_override=entry.flag("may_override", True),
        minimum_epochs=entry.take("minimum_epochs", int, 1) or 1,
        snap_m=0.5 if snap_m is None else snap_m,
        correction_age_s=correction_age_s,
    )
    entry.done()
    return made


def _build_style(entry: Entry) -> Style:
    width_mm = entry.number("width_mm")
    made = Style(
        stroke=entry.take("stroke", str, Style.stroke) or Style.stroke,
        fill=entry.take("fill", str),
        width_mm=Style.width_mm if width_mm is None else width_mm,
        label_field=entry.take("label_field", str),
        minimum_scale=entry.take("minimum_scale", int),
        category_field=entry.take("category_field", str),
        categories=entry.mapping("categories"),
    )
    for colour in (made.stroke, made.fill, *made.categories.values()):
        if colour is not None and not _COLOUR.fullmatch(colour):
            raise entry.refuse("unknown_value", f"{colour} (#rrggbb)")
    entry.done()
    return made


def _build_list(name: str, raw: Raw, source: Source) -> CodeList:
    where = f"list {name}"
    entry = Entry(raw, source.file_of(where), where)
    if not _NAME.fullmatch(name):
        raise entry.refuse("bad_name", name)
    codes: dict[str, Code] = {}
    for code, each in (entry.take("codes", dict) or {}).items():
        code_entry = Entry(each, entry.file, where, code)
        parent = code_entry.take("parent", str)
        codes[code] = Code(code, code_entry.as_label(code_entry.raw, code), parent)
    made = CodeList(
        name=name,
        label=entry.label(),
        source=entry.need("source", str),
        checked=entry.need("checked", bool),
        codes=MappingProxyType(codes),
    )
    entry.done()
    return made


def _build_crosswalk(name: str, raw: Raw, source: Source) -> Crosswalk:
    where = f"crosswalk {name}"
    entry = Entry(raw, source.file_of(where), where)
    pairs = entry.raw.pop("pairs", [])
    if not isinstance(pairs, list):
        raise entry.refuse("wrong_type", "pairs: list of tables")
    made = Crosswalk(
        name=name,
        label=entry.label(),
        from_list=entry.need("from", str),
        to_list=entry.need("to", str),
        source=entry.need("source", str),
        checked=entry.need("checked", bool),
        pairs=tuple(_build_pair(Entry(each, entry.file, where)) for each in pairs),
    )
    entry.done()
    return made


def _build_pair(entry: Entry) -> CrosswalkPair:
    made = CrosswalkPair(
        source=entry.need("from", str),
        target=entry.need("to", str),
        checked=entry.flag("checked"),
        note=entry.take("note", str, "") or "",
    )
    entry.done()
    return made

"""Rules about the values of one record: the catalogue's demands on fields, and its own rules."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from ..catalogue.model import COMMON_FIELDS, MEASUREMENT_FIELDS, Catalogue, Field, Label, Layer
from ..geo import identifiers
from .rule import Condition, Rule

RULES = (
    Rule(
        "fields.required",
        "error",
        Label("必填项为空", "Required field empty"),
        Label("必须填写的字段没有填", "A field that must be filled in is empty"),
        Label("补填该字段", "Fill it in"),
    ),
    Rule(
        "fields.type",
        "error",
        Label("类型不符", "Value of the wrong type"),
        Label("字段中的值不是规定的类型", "The value is not of the field's type"),
        Label("改正该值", "Correct the value"),
    ),
    Rule(
        "fields.length",
        "error",
        Label("超过长度", "Too long"),
        Label("文字超过字段长度", "The text is longer than the field"),
        Label("缩短文字", "Shorten it"),
    ),
    Rule(
        "fields.range",
        "error",
        Label("超出取值范围", "Out of range"),
        Label("数值小于最小值或大于最大值", "The number is below the least or above the most"),
        Label("核对数值和单位", "Check the number and its unit"),
    ),
    Rule(
        "fields.domain",
        "error",
        Label("代码不在代码表中", "Code not in its list"),
        Label("值不是代码表中的代码", "The value is no code of the field's list"),
        Label("从代码表中重选", "Choose one from the list"),
    ),
    Rule(
        "fields.identifier",
        "error",
        Label("编码不合规则", "Code against its structure"),
        Label(
            "编码的位数、字符、区段或校验位不符",
            "Length, characters, ranges or check digit of the code are wrong",
        ),
        Label("核对原件，改正编码", "Check it against the paper, and correct it"),
    ),
    Rule(
        "fields.unmasked",
        "error",
        Label("敏感内容未加密", "Private value in plain text"),
        Label(
            "敏感字段中直接写入了明文（多为用其他软件录入）",
            "A private value stands in plain text, probably typed in with another program",
        ),
        Label(
            "用本软件重新填写，原文即加密保存",
            "Enter it again with this program, which seals it and shows a mask",
        ),
    ),
    Rule(
        "fields.no_geometry",
        "error",
        Label("没有图形", "No geometry"),
        Label("已调查的记录没有图形", "A surveyed record has no geometry"),
        Label("采集图形", "Survey it"),
    ),
)
_TEXT_TYPES = ("text", "code", "codes", "reference", "date", "datetime")


def conditions(catalogue: Catalogue, layer: Layer) -> Iterator[Condition]:
    """What the catalogue demands of one layer's rows."""
    for field in _fields(catalogue, layer):
        yield from _of_field(catalogue, field)
    for rule in layer.rules:
        yield Condition(
            rule.code,
            f"NOT ({_bound(rule.condition)})",
            facts={"fields": ", ".join(rule.fields)} if rule.fields else {},
        )
    if layer.geometry and layer.surveyed:
        yield Condition("fields.no_geometry", "geometry IS NULL AND state <> 'draft'")


def _fields(catalogue: Catalogue, layer: Layer) -> Iterator[Field]:
    yield from (each for each in layer.fields.values() if not each.derived)
    if layer.surveyed:
        common = COMMON_FIELDS + (MEASUREMENT_FIELDS if layer.geometry else ())
        for name in common:
            if name in catalogue.common and name not in layer.fields:
                yield catalogue.common[name]


def _bound(condition: str) -> str:
    """@today as a named parameter of SQLite; the day is that of the run."""
    return condition.replace("@today", ":today")


def _of_field(catalogue: Catalogue, field: Field) -> Iterator[Condition]:
    column = f'"{field.name}"'
    facts = {"field": field.name}
    filled = f"{column} IS NOT NULL AND {column} <> ''"
    value = {"value": field.name}
    if field.required:
        shown = f"AND ({_bound(field.shown_when)})" if field.shown_when else ""
        yield Condition(
            "fields.required",
            f"({_bound(field.required)}) {shown} AND ({column} IS NULL OR {column} = '')",
            field.name,
            facts=facts,
        )
    yield Condition(
        "fields.type", f"{filled} AND NOT ({_has_type(field, column)})", field.name, facts=facts,
        columns=value,
    )  # fmt: skip
    if field.length and field.type == "text":
        yield Condition(
            "fields.length",
            f"length({column}) > {field.length}",
            field.name,
            f"length({column})",
            str(field.length),
            facts=facts,
        )
    for limit, beyond in ((field.minimum, "<"), (field.maximum, ">")):
        if limit is not None:
            yield Condition(
                "fields.range",
                f"typeof({column}) IN ('integer', 'real') AND {column} {beyond} {limit!r}",
                field.name,
                column,
                repr(limit),
                facts=facts,
            )
    # A masked value ("****") is in no list.
    if field.code_list and field.type in ("code", "codes") and not field.sensitive:
        codes = json.dumps(list(catalogue.code_lists[field.code_list].codes))
        name = f"codes_{re.sub('[^a-z0-9_]', '_', field.code_list)}"
        known = f"(SELECT value FROM json_each(:{name}))"
        if field.type == "code":
            unknown = f"{column} NOT IN {known}"
        else:
            # "a;b" as the JSON array ["a","b"].
            listed = f"'[\"' || replace(replace({column}, '\"', ''), ';', '\",\"') || '\"]'"
            unknown = f"EXISTS (SELECT 1 FROM json_each({listed}) WHERE value NOT IN {known})"
        yield Condition(
            "fields.domain",
            f"{filled} AND {unknown}",
            field.name,
            facts={**facts, "list": field.code_list},
            columns=value,
            parameters={name: codes},
        )
    if field.sensitive:
        yield Condition(
            "fields.unmasked", f"{filled} AND instr({column}, '*') = 0", field.name, facts=facts
        )
    elif field.identifier:
        when = f"({_bound(field.identifier_when)}) AND" if field.identifier_when else ""
        structure = f"'{field.identifier}'"
        yield Condition(
            "fields.identifier",
            f"{filled} AND {when} {CHECK}({structure}, {column}) IS NOT NULL",
            field.name,
            facts={**facts, "structure": field.identifier},
            columns={**value, "reason": f"{CHECK}({structure}, {column})"},
        )


#: Name under which identifiers.check is given to SQLite.
CHECK = "xiangtu_check_identifier"


def check_identifier(structure: str, value: object) -> str | None:
    """`identifiers.check` as SQLite calls it; what is no text is a finding of type."""
    return identifiers.check(structure, value) if isinstance(value, str) else None


def _has_type(field: Field, column: str) -> str:
    if field.type == "boolean":
        return f"{column} IN (0, 1)"
    if field.type == "integer":
        return f"typeof({column}) = 'integer'"
    if field.type == "real":
        return f"typeof({column}) IN ('real', 'integer')"
    text = f"typeof({column}) = 'text'"
    if field.type == "date":
        # The modifier makes SQLite turn 30 February into 1 or 2 March.
        return f"{text} AND date({column}, '+0 days') IS {column}"
    if field.type == "datetime":
        return f"{text} AND julianday({column}) IS NOT NULL"
    return text

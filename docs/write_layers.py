"""Writes docs/layers.md, the reference of layers, fields and code lists, from the catalogue.

Run `.venv/bin/python docs/write_layers.py` after changing resources/catalogue.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from xiangtu.catalogue import Catalogue, Field, Layer, load

PAGE = Path(__file__).with_name("layers.md")
_TYPES = {
    "text": "文本 text",
    "integer": "整数 integer",
    "real": "小数 real",
    "date": "日期 date",
    "datetime": "时间 date and time",
    "boolean": "是否 0/1",
    "code": "代码 code",
    "codes": "多选代码 codes",
    "reference": "引用 reference",
}


def page(catalogue: Catalogue) -> str:
    """The whole page as Markdown."""
    lines = [
        "# 图层与字段 · Layers and fields",
        "",
        "由 resources/catalogue 生成（`python docs/write_layers.py`），请勿手改。"
        "怎样增加图层和字段见 [catalogue.md](catalogue.md)。",
        "",
        "Written from resources/catalogue (`python docs/write_layers.py`); do not edit. How to add"
        " layers and fields: [catalogue.md](catalogue.md).",
        "",
        "**必填 / required**: ● 必填 always, ○ 视条件 on a condition. "
        "**密 / private**: ■ 敏感 stored masked, □ 个人信息 left out of what is public.",
        "",
        "## 共有列 · Columns of every surveyed layer",
        "",
        *_fields(catalogue.common.values()),
    ]
    for layer in catalogue.layers.values():
        lines += ["", *_layer(layer)]
    lines += ["", "## 代码表 · Code lists", ""]
    lines += [
        "| 代码表 list | | 代码数 codes | 来源 source | 已核对 checked |",
        "|---|---|---|---|---|",
    ]
    for code_list in catalogue.code_lists.values():
        lines.append(
            f"| `{code_list.name}` | {code_list.label.zh} · {code_list.label.en} |"
            f" {len(code_list.codes)} | {code_list.source} | {'✓' if code_list.checked else ''} |"
        )
    return "\n".join(lines) + "\n"


def _layer(layer: Layer) -> Iterator[str]:
    yield f"## {layer.label.zh} · {layer.label.en} `{layer.name}`"
    yield ""
    facts = [layer.geometry or "无几何 no geometry"]
    facts += [f"{form}: {table}" for form, table in layer.exchange.items()]
    facts += [
        f"{relation.field} → {relation.parent}{' (组成部分 part of it)' * relation.composition}"
        for relation in layer.relations
    ]
    if layer.accuracy:
        kinds = ", ".join(layer.accuracy.fix_types)
        facts.append(f"精度 accuracy ≤ {layer.accuracy.horizontal_m:g} m ({kinds})")
        if layer.accuracy.correction_age_s is not None:
            facts.append(f"差分龄期 corrections ≤ {layer.accuracy.correction_age_s:g} s")
    yield " · ".join(facts)
    yield ""
    yield from _fields(layer.fields.values())
    own = [rule for rule in layer.rules if not rule.code.startswith("record.")]
    if own:
        yield ""
        yield "| 规则 rule | | 级别 severity | 条件 condition |"
        yield "|---|---|---|---|"
        for rule in own:
            condition = rule.condition.replace("|", "\\|")
            yield (f"| {rule.title.zh} | {rule.title.en} | {rule.severity} | `{condition}` |")


def _fields(fields: Iterable[Field]) -> Iterator[str]:
    yield "| 列 column | 中文 | English | 类型 type | 必填 | 密 | 交换 exchange |"
    yield "|---|---|---|---|---|---|---|"
    for field in fields:
        kind = _TYPES[field.type]
        kind += f" {field.length}" if field.length else ""
        kind += f" {field.unit}" if field.unit else ""
        named = field.code_list or field.references
        kind += f" `{named}`" if named else ""
        required = "" if field.required is None else "●" if field.required == "1" else "○"
        private = "■" if field.sensitive else "□" if field.personal else ""
        exchange = ", ".join(f"{form}.{name}" for form, name in field.official.items())
        yield (
            f"| `{field.name}` | {field.label.zh} | {field.label.en} | {kind} | {required} |"
            f" {private} | {exchange} |"
        )


if __name__ == "__main__":
    PAGE.write_text(page(load()), encoding="utf-8")

"""Findings in words, and as a table for those who have neither QGIS nor the command: Excel, CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from ..catalogue import Catalogue
from ..errors import BadInput
from ..merge.titles import titles
from ..store import SurveyFile, places
from ..validate.findings import Finding
from ..validate.registry import rules_of
from ..validate.returning import returned
from ..validate.rule import Rule
from . import labels

#: What a table may be written as.
FORMATS = (".xlsx", ".csv")
#: A program that opens a CSV takes a text that begins so for a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_COLUMNS = (
    "severity", "finding", "layer", "record", "village", "measured", "limit", "unit", "details",
    "remedy", "state", "reason", "author", "found_at", "x", "y", "uuid", "id",
)  # fmt: skip
_WIDTHS = {"finding": 26, "record": 26, "details": 30, "remedy": 44, "reason": 26, "uuid": 38}
_WIDTH = 13


class Line(NamedTuple):
    """A finding in words of one language; `details` are fields and values that the rule names.

    `is_returned`, and `state` of an open one, say that its record is with the surveyor again.
    """

    finding: Finding
    rule: Rule | None
    severity: str
    title: str
    layer: str
    record: str
    village: str
    details: str
    remedy: str
    state: str
    is_returned: bool


def in_words(file: SurveyFile, found: Sequence[Finding], language: str) -> list[Line]:
    """The findings in their order, each with what people call its rule, record and village."""
    rules = rules_of(file.catalogue)
    called = titles(file, {(each.layer, each.record) for each in found})
    back = returned(file)
    villages = dict(
        file.connection.execute(
            "SELECT code, max(name) FROM village WHERE code IS NOT NULL GROUP BY code"
        )
    )
    lines = []
    for each in found:
        rule, layer = rules.get(each.rule), file.catalogue.layers.get(each.layer)
        with_surveyor = each.state == "open" and each.record in back
        lines.append(
            Line(
                each,
                rule,
                severity(each.severity, language),
                rule.title.in_language(language) if rule else each.rule,
                layer.label.in_language(language) if layer else each.layer,
                called.get(each.record, ""),
                villages.get(each.village) or each.village or "",
                _details(file.catalogue, each, language),
                rule.remedy.in_language(language) if rule else "",
                state("returned" if with_surveyor else each.state, language),
                with_surveyor,
            )
        )
    return lines


def severity(code: str, language: str) -> str:
    """The severity of a finding."""
    return labels.word("severities", code).in_language(language)


def state(code: str, language: str) -> str:
    """What became of a finding: "open", "accepted", "fixed", or "returned" to the surveyor."""
    return labels.word("finding_states", code).in_language(language)


def write(file: SurveyFile, found: Sequence[Finding], path: Path, language: str = "zh") -> Path:
    """Write findings as a table, a row each in their order; returns the path.

    BadInput: "export.format_unknown" for a path that ends in none of FORMATS, "file.exists".
    BadFile says why the place cannot be written to.
    """
    path = Path(path)
    if path.suffix.lower() not in FORMATS:
        raise BadInput("export.format_unknown", format=path.suffix, known=" ".join(FORMATS))
    heads = [labels.word("findings", name).in_language(language) for name in _COLUMNS]
    rows = [_row(each) for each in in_words(file, found, language)]
    make = _csv if path.suffix.lower() == ".csv" else _excel
    title = labels.word("findings", "findings").in_language(language)
    with places.new_file(path) as temporary:
        temporary.write_bytes(make(title, heads, rows))
    return path


def _row(line: Line) -> list[object]:
    finding = line.finding
    unit = line.rule.unit if line.rule and finding.measured is not None else ""
    return [
        line.severity, line.title, line.layer, line.record, line.village, finding.measured,
        finding.limit, unit, line.details, line.remedy, line.state, finding.reason,
        finding.author, _on_the_wall(finding.found_at), finding.x, finding.y, finding.record,
        finding.id,
    ]  # fmt: skip


def _on_the_wall(time: str) -> str:
    """A time of the file (UTC) as the clock here shows it, to the minute."""
    return datetime.fromisoformat(time).astimezone().strftime("%Y-%m-%d %H:%M") if time else ""


def _details(catalogue: Catalogue, finding: Finding, language: str) -> str:
    """The fields that the rule names, and what stands there."""
    named = str(finding.detail.get("fields") or finding.detail.get("field") or "")
    if not named:
        return ""
    fields = []
    for name in named.split(", "):
        known = (
            catalogue.field_of(finding.layer, name) if finding.layer in catalogue.layers else None
        )
        fields.append(known.label.in_language(language) if known else name)
    value = finding.detail.get("value")
    return ", ".join(fields) + (f": {value}" if value not in (None, "") else "")


def _csv(_title: str, heads: Sequence[str], rows: Sequence[Sequence[object]]) -> bytes:
    """With a mark that tells Excel it is UTF-8."""
    text = io.StringIO(newline="")
    table = csv.writer(text)
    table.writerow(heads)
    table.writerows(list(_harmless(row)) for row in rows)
    return text.getvalue().encode("utf-8-sig")


def _harmless(row: Sequence[object]) -> Iterator[object]:
    for value in row:
        yield f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value


def _excel(title: str, heads: Sequence[str], rows: Sequence[Sequence[object]]) -> bytes:
    import xlsxwriter

    content = io.BytesIO()
    book = xlsxwriter.Workbook(
        content, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    )
    sheet = book.add_worksheet(title)
    head = book.add_format(
        {"bold": True, "text_wrap": True, "valign": "top", "bg_color": "#e8ecef"}
    )
    number, metres = (
        book.add_format({"num_format": "0.###"}),
        book.add_format({"num_format": "0.00"}),
    )
    for column, name in enumerate(_COLUMNS):
        style = {"measured": number, "limit": number, "x": metres, "y": metres}.get(name)
        sheet.set_column(column, column, _WIDTHS.get(name, _WIDTH), style)
    sheet.write_row(0, 0, heads, head)
    for place, row in enumerate(rows, 1):
        sheet.write_row(place, 0, row)
    sheet.freeze_panes(1, 0)
    sheet.autofilter(0, 0, len(rows), len(_COLUMNS) - 1)
    book.close()
    return content.getvalue()

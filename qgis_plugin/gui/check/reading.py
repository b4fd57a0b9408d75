"""What the step Check reads in the background: findings in words, villages, batches, rules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from qgis.PyQt.QtCore import QCoreApplication
from xiangtu.cli.language import Translation
from xiangtu.cli.naming import Naming
from xiangtu.cli.terminal import text_of
from xiangtu.merge.batches import Batch, list_batches
from xiangtu.merge.titles import titles
from xiangtu.store import SurveyFile
from xiangtu.validate import findings
from xiangtu.validate.findings import Finding, VillageProgress
from xiangtu.validate.registry import rules_of
from xiangtu.validate.rule import Rule

from ..words import finding_state, one_severity, rule_family

translate = QCoreApplication.translate


class FindingRow(NamedTuple):
    """A finding as the table shows it; `sought` is what the filter looks in."""

    finding: Finding
    severity: str
    title: str
    record: str
    village: str
    measured: str
    state: str
    sought: str


@dataclass(frozen=True)
class Family:
    """Rules that are chosen together, in words: (code, title, explanation)."""

    code: str
    title: str
    rules: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True)
class CheckReading:
    """How the county stands."""

    rows: list[FindingRow]
    villages: list[VillageProgress]
    batches: list[Batch]
    rules: Mapping[str, Rule]
    families: list[Family]
    names: Naming
    srid: int


def read(file: SurveyFile, language: str) -> CheckReading:
    """All of it; costs what there are findings."""
    found = findings.list_findings(file, state=None)
    rules = rules_of(file.catalogue)
    names = Naming.of(file, Translation(language))
    villages = findings.by_village(file)
    village_names = {each.code: each.name or each.code for each in villages}
    called = titles(file, {(each.layer, each.record) for each in found})
    rows = []
    for each in found:
        rule = rules.get(each.rule)
        title = rule.title.in_language(language) if rule else each.rule
        record = f"{names.layer(each.layer)} {called.get(each.record, '')}".strip()
        village = village_names.get(each.village or "", each.village or "")
        sought = "\n".join(
            (title, record, village, each.village or "", each.rule, each.record, each.reason or "")
        )
        rows.append(
            FindingRow(
                each,
                one_severity(each.severity),
                title,
                record,
                village,
                _amount(each.measured, rule),
                finding_state(each.state),
                sought.casefold(),
            )
        )
    families = _families(rules, names, language)
    return CheckReading(rows, villages, list_batches(file), rules, families, names, file.srid)


def about(row: FindingRow, reading: CheckReading, language: str) -> list[str]:
    """What is to be said of one finding, in paragraphs: what is wrong, how much, what to do."""
    finding = row.finding
    rule = reading.rules.get(finding.rule)
    said = []
    if rule is not None:
        said.append(rule.explanation.in_language(language))
    named = str(finding.detail.get("fields") or finding.detail.get("field") or "")
    if named:
        labels = [reading.names.field(finding.layer, each) for each in named.split(", ")]
        value = finding.detail.get("value")
        said.append(", ".join(labels) + (f": {text_of(value)}" if value not in (None, "") else ""))
    if finding.measured is not None and finding.limit is not None:
        said.append(
            translate("Xiangtu", "Measured {measured}, limit {limit}").format(
                measured=_amount(finding.measured, rule), limit=_amount(finding.limit, rule)
            )
        )
    if rule is not None:
        said.append(rule.remedy.in_language(language))
    if finding.state == "accepted":
        said.append(
            translate("Xiangtu", "Accepted by {author}: {reason}").format(
                author=finding.author, reason=finding.reason
            )
        )
    return [each for each in said if each]


def _amount(value: float | None, rule: Rule | None) -> str:
    if value is None:
        return ""
    text = f"{value:.2f}".rstrip("0").rstrip(".") if abs(value) >= 1 else f"{value:.3g}"
    return f"{text} {rule.unit}".strip() if rule else text


def _families(rules: Mapping[str, Rule], names: Naming, language: str) -> list[Family]:
    """The rules by the part of their code before the dot, in the order of the registry."""
    by_family: dict[str, list[tuple[str, str, str]]] = {}
    for code, rule in rules.items():
        by_family.setdefault(code.split(".")[0], []).append(
            (code, rule.title.in_language(language), rule.explanation.in_language(language))
        )
    return [
        Family(code, rule_family(code) or names.layer(code), tuple(some))
        for code, some in by_family.items()
    ]

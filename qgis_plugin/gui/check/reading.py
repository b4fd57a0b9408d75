"""What the step Check reads in the background: findings in words, villages, batches, rules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from qgis.PyQt.QtCore import QCoreApplication
from xiangtu.cli.language import Translation
from xiangtu.cli.naming import Naming
from xiangtu.merge.batches import Batch, list_batches
from xiangtu.report.finding_list import Line, in_words
from xiangtu.store import SurveyFile
from xiangtu.validate.findings import Finding, VillageProgress, by_village, list_findings
from xiangtu.validate.registry import rules_of
from xiangtu.validate.rule import Rule

from ..words import rule_family

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
    details: str
    is_returned: bool = False


@dataclass(frozen=True)
class Family:
    """Rules that are chosen together, in words: (code, title, explanation)."""

    code: str
    title: str
    rules: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True)
class CheckReading:
    """How the county stands; `county` is its name."""

    county: str
    rows: list[FindingRow]
    villages: list[VillageProgress]
    batches: list[Batch]
    rules: Mapping[str, Rule]
    families: list[Family]
    names: Naming
    srid: int


def read(file: SurveyFile, language: str) -> CheckReading:
    """All of it; costs what there are findings."""
    rules = rules_of(file.catalogue)
    names = Naming.of(file, Translation(language))
    rows = [_row(each) for each in in_words(file, list_findings(file, state=None), language)]
    villages = by_village(file)
    families = _families(rules, names, language)
    return CheckReading(
        str(file.meta["name"]),
        rows,
        villages,
        list_batches(file),
        rules,
        families,
        names,
        file.srid,
    )


def _row(line: Line) -> FindingRow:
    finding = line.finding
    # One without name and code is known by how its uuid ends: it may begin with the time.
    record = f"{line.layer} {line.record or '…' + finding.record[-8:]}"
    told = (line.title, record, line.village, line.details, finding.village or "", finding.rule)
    return FindingRow(
        finding,
        line.severity,
        line.title,
        record,
        line.village,
        _amount(finding.measured, line.rule),
        line.state,
        "\n".join((*told, finding.record, finding.reason or "")).casefold(),
        line.details,
        line.is_returned,
    )


def about(row: FindingRow, reading: CheckReading, language: str) -> list[str]:
    """What is to be said of one finding, in paragraphs: of which record, what is wrong, how much,
    what to do."""
    finding = row.finding
    rule = reading.rules.get(finding.rule)
    said = [" · ".join(each for each in (row.record, row.village, row.title) if each)]
    said += [rule.explanation.in_language(language) if rule else "", row.details]
    if finding.measured is not None and finding.limit is not None:
        said.append(
            translate("Xiangtu", "Measured {measured}, limit {limit}").format(
                measured=_amount(finding.measured, rule), limit=_amount(finding.limit, rule)
            )
        )
    said.append(rule.remedy.in_language(language) if rule else "")
    if finding.state == "accepted":
        said.append(
            translate("Xiangtu", "Accepted by {author}: {reason}").format(
                author=finding.author, reason=finding.reason
            )
        )
    elif finding.author:
        by = (
            translate("Xiangtu", "Returned by {author}: {reason}")
            if finding.reason
            else translate("Xiangtu", "Returned by {author}")
        )
        said.append(by.format(author=finding.author, reason=finding.reason))
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

"""What the county's office does: hand out, receive, merge, settle, check, report, answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from xiangtu import store, validate
from xiangtu.merge import conflicts, duplicates, joining, plan
from xiangtu.merge.conflicts import Conflict
from xiangtu.merge.duplicates import Pair
from xiangtu.merge.plan import MergeReport
from xiangtu.package import assignment, enrolment, receipt, survey_package
from xiangtu.package.assignment import AssignmentSummary
from xiangtu.report import export, page, statistics, workbook
from xiangtu.sealing import keys
from xiangtu.validate.findings import Finding, list_findings

from .tasks import TeamPlan

OFFICER = "县信息中心 陈科"


@dataclass(frozen=True)
class Decision:
    """A conflict or pair that was settled, with what was chosen and why."""

    layer: str
    title: str
    unit: str
    choice: str
    reason: str


@dataclass
class Desk:
    """What came over the desk, for the page and the last words."""

    assignments: list[AssignmentSummary] = field(default_factory=list)
    inspected: list[Mapping[str, object]] = field(default_factory=list)
    merges: list[MergeReport] = field(default_factory=list)
    conflicts: list[Conflict] = field(default_factory=list)
    pairs: list[Pair] = field(default_factory=list)
    decisions: list[Decision] = field(default_factory=list)
    checked: validate.Summary | None = None
    findings: list[Finding] = field(default_factory=list)
    figures: statistics.Figures | None = None
    exported: export.Exported | None = None
    receipts: list[Path] = field(default_factory=list)
    titles: dict[str, str] = field(default_factory=dict)

    @property
    def open_conflicts(self) -> int:
        settled = sum(each.unit != "@pair" for each in self.decisions)
        return len(self.conflicts) - settled

    @property
    def open_pairs(self) -> int:
        return len(self.pairs) - sum(each.unit == "@pair" for each in self.decisions)


def hand_out(
    county: Path, cards: Sequence[Path], plans: Sequence[TeamPlan], folder: Path, desk: Desk
) -> list[Path]:
    """Enrol each tablet by its card and write its assignment; the files, in order."""
    made = []
    with store.open(county) as file:
        file.sign_in(author=OFFICER, utc_offset_min=480)
        for number, (card, team) in enumerate(zip(cards, plans, strict=True), 1):
            device = enrolment.enrol(file, card)
            out = folder / f"assignment-{number}.xta"
            villages = [each.code for each in team.villages]
            desk.assignments.append(assignment.assign(file, out, device, team.surveyor, villages))
            made.append(out)
    return made


def receive(
    county: Path, packages: Sequence[Path], desk: Desk, tell: Callable[[float], None]
) -> None:
    """Inspect and merge the packages."""
    identity = keys.county_identity(county)
    with store.open(county) as file:
        file.sign_in(author=OFFICER, utc_offset_min=480)
        for number, package in enumerate(packages):
            inspected = survey_package.inspect(package, identity=identity, file=file)
            desk.inspected.append(inspected)
            desk.merges.append(
                plan.merge(file, package, identity, author=OFFICER,
                           progress=_part_of(tell, number, len(packages)))
            )  # fmt: skip


def _part_of(
    tell: Callable[[float], None], number: int, count: int
) -> Callable[[float, str], None]:
    return lambda part, _: tell((number + part) / count)


def settle(county: Path, desk: Desk) -> None:
    """List what waits for a person; decide all conflicts but one and join all pairs but one."""
    with store.open(county) as file:
        file.sign_in(author=OFFICER, utc_offset_min=480)
        # In an order of their own, since ids and heads follow the tablets' random keys.
        desk.conflicts = sorted(
            conflicts.list_conflicts(file), key=lambda each: (each.unit != "geometry", each.unit)
        )
        desk.pairs = sorted(duplicates.list_pairs(file, "open"), key=lambda each: each.layer)
        for conflict in desk.conflicts:
            _remember_title(file, desk, conflict.layer, conflict.record)
        for pair in desk.pairs:
            _remember_title(file, desk, pair.layer, pair.a)
            _remember_title(file, desk, pair.layer, pair.b)
        # The last of each stays open, for whoever tries the commands.
        for conflict in desk.conflicts[:-1]:
            head = min(conflict.heads, key=lambda each: each.author)
            reason = "按承包合同与影像核对" if conflict.unit == "geometry" else "已电话核实"
            conflicts.take(file, conflict.id, str(head.number), author=OFFICER, reason=reason)
            desk.decisions.append(
                Decision(conflict.layer, desk.titles[conflict.record], conflict.unit,
                         head.author, reason)
            )  # fmt: skip
        for pair in desk.pairs[:-1]:
            reason = "两队重复调查同一宅基地"
            survivor = min(pair.a, pair.b, key=lambda each: desk.titles[each])
            joining.join(file, pair.id, author=OFFICER, reason=reason, survivor=survivor)
            desk.decisions.append(
                Decision(pair.layer, desk.titles[pair.a], "@pair", "joined", reason)
            )


def check(county: Path, desk: Desk, tell: Callable[[float], None]) -> None:
    """Run all rules over the county."""
    with store.open(county) as file:
        desk.checked = validate.run(file, progress=lambda part, _: tell(part))
        desk.findings = list_findings(file)
        for finding in desk.findings:
            _remember_title(file, desk, finding.layer, finding.record)


def report(county: Path, out: Path, desk: Desk, language: str) -> None:
    """Figures as workbook and page, and a GeoPackage."""
    with store.open(county) as file:
        file.sign_in(author=OFFICER, utc_offset_min=480)
        desk.figures = statistics.figures(file)
        workbook.write(desk.figures, out / "statistics.xlsx", language)
        page.write(desk.figures, out / "statistics.html", language)
        desk.exported = export.export(file, out / "county.gpkg", "gpkg", OFFICER)


def answer(county: Path, devices: Sequence[str], folder: Path, desk: Desk) -> list[Path]:
    """A receipt for each tablet, so that it may clear what the county has."""
    with store.open(county) as file:
        file.sign_in(author=OFFICER, utc_offset_min=480)
        for number, device in enumerate(devices, 1):
            out = folder / f"receipt-{number}.xtr"
            receipt.write_receipt(file, out, device)
            desk.receipts.append(out)
    return desk.receipts


def _remember_title(file: store.SurveyFile, desk: Desk, layer: str, record: str) -> None:
    if record in desk.titles:
        return
    known = file.catalogue.layers[layer]
    row = file.get(layer, record)
    title = row.get(known.title_field) if row and known.title_field else None
    code = row.get(known.key) if row and known.key else None
    parts = dict.fromkeys(str(each) for each in (title, code) if each)
    desk.titles[record] = " ".join(parts) or record[:8]

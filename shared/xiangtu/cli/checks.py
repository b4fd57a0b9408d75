"""Commands about findings: validate, findings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from .. import store, validate
from ..catalogue.model import Label
from ..report import finding_list
from ..validate import findings, returning
from ..validate.registry import rules_of
from .command import Call, Commands, Outcome, county_for_writing
from .terminal import Terminal

#: Findings shown one by one; --json has them all.
_SHOWN = 40


def add(commands: Commands) -> None:
    """Register the commands of this module."""
    _ = commands.translate

    check = commands.add("validate", run_validate, "check the county's records against the rules")
    check.add_argument("county", metavar="COUNTY.sqlite")
    check.add_argument("--layer", dest="layers", action="append", metavar="NAME",
                       help=_("only this layer (may be given again)"))  # fmt: skip
    check.add_argument(
        "--rule", dest="rules", action="append", metavar="RULE",
        help=_("only this rule or family of rules (may be given again)"),
    )  # fmt: skip
    check.add_argument("--since", metavar="BATCH",
                       help=_("only what changed since this batch"))  # fmt: skip
    check.add_argument("--village", dest="villages", action="append", metavar="CODE",
                       help=_("only this village (may be given again)"))  # fmt: skip
    check.add_argument(
        "--record", dest="records", action="append", metavar="UUID",
        help=_("only this record and its surroundings (may be given again)"),
    )  # fmt: skip

    listed = commands.add("findings", run_findings, "list findings, or accept one with a reason")
    listed.add_argument("county", metavar="COUNTY.sqlite")
    listed.add_argument("--layer", dest="layers", action="append", metavar="NAME",
                        help=_("only this layer (may be given again)"))  # fmt: skip
    listed.add_argument("--state", choices=("open", "fixed", "accepted"), default="open")
    listed.add_argument("--out", type=Path, metavar="OUT.xlsx",
                        help=_("write them as a table (.xlsx or .csv)"))  # fmt: skip
    actions = commands.actions(listed)
    accept = commands.add_action(actions, "accept", run_accept, "let a finding stand, and say why")
    accept.add_argument("id", metavar="ID")
    accept.add_argument("--reason", required=True, metavar="TEXT", help=_("why it may stand"))
    reopen = commands.add_action(actions, "reopen", run_reopen, "take an acceptance back")
    reopen.add_argument("id", metavar="ID")
    back = commands.add_action(
        actions, "return", run_return, "send records back to the surveyor with their findings"
    )
    back.add_argument("ids", metavar="ID", nargs="+", help=_("ids in the list of findings"))
    back.add_argument("--reason", metavar="TEXT", default="",
                      help=_("what the surveyor should know"))  # fmt: skip
    keep = commands.add_action(
        actions, "keep", run_keep, "keep records after all that were to go back"
    )
    keep.add_argument("ids", metavar="ID", nargs="+", help=_("ids in the list of findings"))


def run_validate(call: Call) -> Outcome:
    """xiangtu validate: exit code 1 if an error is open."""
    with county_for_writing(call, "validate") as file:
        summary = validate.run(
            file,
            layers=call.arguments.layers,
            rules=call.arguments.rules,
            since=call.arguments.since,
            progress=call.progress,
            records=call.arguments.records,
            villages=call.arguments.villages,
        )
        found = findings.list_findings(file, layers=call.arguments.layers)
        titles = _titles(file)
    by_rule = Counter((each.severity, each.rule) for each in found)

    def show(terminal: Terminal) -> None:
        _ = terminal.translate
        if not found:
            terminal.line(_("No open findings."))
            return
        severities = {"error": 0, "warning": 1, "note": 2}
        terminal.table(
            [_("severity"), _("rule"), _("what"), _("findings")],
            [
                (
                    finding_list.severity(severity, terminal.translate.language),
                    rule,
                    _title(terminal, titles, rule),
                    count,
                )
                for (severity, rule), count in sorted(
                    by_rule.items(), key=lambda each: (severities.get(each[0][0], 3), each[0][1])
                )
            ],
        )
        terminal.note(_("See each with: xiangtu findings COUNTY.sqlite"))

    return Outcome(
        {"summary": summary, "open": [
            {"severity": severity, "rule": rule, "count": count}
            for (severity, rule), count in by_rule.items()
        ]},
        show,
        waits=any(each.severity == "error" for each in found),
    )  # fmt: skip


def run_findings(call: Call) -> Outcome:
    """xiangtu findings."""
    out = call.arguments.out
    with store.open(call.county, readonly=True) as file:
        found = findings.list_findings(
            file, layers=call.arguments.layers, state=call.arguments.state
        )
        lines = finding_list.in_words(file, found[:_SHOWN], call.language)
        if out is not None:
            finding_list.write(file, found, out, call.language)

    def show(terminal: Terminal) -> None:
        _ = terminal.translate
        if out is not None:
            terminal.facts([(_("written"), out), (_("findings"), len(found))])
            return
        if not found:
            terminal.line(_("No findings."))
            return
        terminal.table(
            ["ID", _("severity"), _("what"), _("layer"), _("record"), _("measured"), _("limit"),
             _("details")],
            [
                (line.finding.id, line.severity, line.title, line.layer, line.finding.record,
                 line.finding.measured, line.finding.limit, line.finding.detail)
                for line in lines
            ],
        )  # fmt: skip
        if len(found) > _SHOWN:
            terminal.note(
                _("and {count} more; --json has them all").format(count=len(found) - _SHOWN)
            )

    document: dict[str, object] = {"findings": found}
    if out is not None:
        document["written"] = out
    return Outcome(document, show, waits=any(_is_open_error(each) for each in found))


def _is_open_error(finding: findings.Finding) -> bool:
    return finding.state == "open" and finding.severity == "error"


def run_accept(call: Call) -> Outcome:
    """xiangtu findings … accept."""
    with county_for_writing(call) as file:
        findings.accept(file, call.arguments.id, call.arguments.reason, call.author)
    return Outcome(
        {"accepted": call.arguments.id},
        lambda terminal: terminal.line(terminal.translate("accepted")),
    )


def run_reopen(call: Call) -> Outcome:
    """xiangtu findings … reopen."""
    with county_for_writing(call) as file:
        findings.reopen(file, call.arguments.id, call.author)
    return Outcome(
        {"reopened": call.arguments.id},
        lambda terminal: terminal.line(terminal.translate("open again")),
    )


def run_return(call: Call) -> Outcome:
    """xiangtu findings … return."""
    with county_for_writing(call) as file:
        back = returning.send_back(file, call.arguments.ids, call.arguments.reason)

    def show(terminal: Terminal) -> None:
        _ = terminal.translate
        terminal.facts(
            [
                (_("records returned"), back.records),
                (_("returned already"), back.already),
                (_("findings that stay at the office"), back.left),
            ]
        )

    return Outcome({"returned": back}, show, waits=back.left > 0)


def run_keep(call: Call) -> Outcome:
    """xiangtu findings … keep."""
    with county_for_writing(call) as file:
        kept = returning.take_back(file, call.arguments.ids)
    return Outcome(
        {"kept": kept},
        lambda terminal: terminal.facts([(terminal.translate("records kept after all"), kept)]),
    )


def _titles(file: store.SurveyFile) -> dict[str, Label]:
    return {code: rule.title for code, rule in rules_of(file.catalogue).items()}


def _title(terminal: Terminal, titles: Mapping[str, Label], rule: str) -> str:
    """The rule in words; a rule that a catalogue no longer has keeps its code."""
    return titles[rule].in_language(terminal.translate.language) if rule in titles else rule

"""Words for what the core names by a code: severities, states, kinds of batch."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from qgis.PyQt.QtCore import QCoreApplication
from xiangtu.cli.naming import Naming
from xiangtu.cli.terminal import text_of
from xiangtu.errors import SurveyError
from xiangtu.merge.changes import GONE, KEEP
from xiangtu.merge.successors import CARRY, PARTS, WHOLE
from xiangtu.words import phrase

translate = QCoreApplication.translate


def severity(code: str) -> str:
    """A finding's severity."""
    return {
        "error": translate("Xiangtu", "Errors"),
        "warning": translate("Xiangtu", "Warnings"),
        "note": translate("Xiangtu", "Notes"),
    }.get(code, code)


def batch_kind(code: str) -> str:
    """What a batch did."""
    return {
        "import": translate("Xiangtu", "import"),
        "merge": translate("Xiangtu", "merge"),
        "decision": translate("Xiangtu", "decision"),
        "undo": translate("Xiangtu", "undoing"),
    }.get(code, code)


def local_time(time: str | None) -> str:
    """A time of the file (UTC, ISO 8601) as the clock on the wall shows it, to the minute; a
    tablet's journal may hold what is no time, which is shown as it is."""
    try:
        moment = datetime.fromisoformat(time or "")
    except ValueError:
        return time or ""
    return moment.astimezone().strftime("%Y-%m-%d %H:%M")


def of_the_whole(code: str) -> str:
    """What a side of a conflict, or a decision, says of a record as a whole."""
    return {
        KEEP: translate("Xiangtu", "it is there"),
        GONE: translate("Xiangtu", "deleted"),
        WHOLE: translate("Xiangtu", "edited, as one record"),
        PARTS: translate("Xiangtu", "split or joined"),
        CARRY: translate("Xiangtu", "The parts, with the edits"),
    }.get(code, code)


def cell(names: Naming, layer: str, column: str, value: object) -> str:
    """A value of a record in words, also of what was decided of it as a whole; a time as the clock
    on the wall shows it."""
    if column.startswith("@"):
        return of_the_whole(text_of(value))
    known = names.catalogue.field_of(layer, column) if layer in names.catalogue.layers else None
    if known is not None and known.type == "datetime":
        return local_time(None if value is None else str(value))
    return text_of(names.value(layer, column, value))


def brief(refusal: SurveyError, language: str) -> str:
    """A refusal in words with files by their names alone: where their folder is told elsewhere."""
    facts = {name: _without_folder(fact) for name, fact in refusal.facts.items()}
    return phrase(refusal.code, language, facts)


def _without_folder(fact: object) -> object:
    path = Path(fact) if isinstance(fact, str | Path) else Path()
    return path.name or fact if path.is_absolute() else fact


def size_text(size_bytes: float) -> str:
    """How large a file is, as a person says it."""
    if size_bytes < 1e6:
        return f"{max(size_bytes, 1000) / 1e3:.0f} KB"
    return f"{size_bytes / 1e6:.1f} MB" if size_bytes < 1e9 else f"{size_bytes / 1e9:.1f} GB"


def operation(code: str) -> str:
    """What a change did to a record."""
    return {
        "insert": translate("Xiangtu", "made"),
        "update": translate("Xiangtu", "changed"),
        "delete": translate("Xiangtu", "deleted"),
        "decide": translate("Xiangtu", "decided"),
    }.get(code, code)


def rule_family(code: str) -> str | None:
    """A family of rules by the part before the dot; None for one that a layer gives its name."""
    return {
        "fields": translate("Xiangtu", "Fields"),
        "geometry": translate("Xiangtu", "Outlines themselves"),
        "topology": translate("Xiangtu", "Outlines beside each other"),
        "relations": translate("Xiangtu", "Records that belong together"),
        "measures": translate("Xiangtu", "Areas and lengths"),
        "record": translate("Xiangtu", "Every record"),
    }.get(code)

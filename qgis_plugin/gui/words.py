"""Words for what the core names by a code: severities, states, kinds of batch."""

from __future__ import annotations

from datetime import datetime

from qgis.PyQt.QtCore import QCoreApplication

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

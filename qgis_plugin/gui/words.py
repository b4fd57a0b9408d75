"""Words for what the core names by a code: severities, states, kinds of batch."""

from __future__ import annotations

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

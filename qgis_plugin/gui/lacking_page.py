"""What the panel shows where QGIS's Python lacks what the core stands on."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from qgis.PyQt.QtCore import QCoreApplication, Qt
from qgis.PyQt.QtWidgets import QLabel, QVBoxLayout, QWidget

from ..core_path import Lacking

translate = QCoreApplication.translate


class LackingPage(QWidget):
    """Names each package and the line that adds it on this system."""

    def __init__(self, lacking: Sequence[Lacking]) -> None:
        super().__init__()
        column = QVBoxLayout(self)
        self.label = QLabel(_words(lacking))
        self.label.setWordWrap(True)
        self.label.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        column.addWidget(self.label)


def _words(lacking: Sequence[Lacking]) -> str:
    rows = [
        translate("Xiangtu", "{name}: {found} is there, {needed} or later is needed").format(
            name=each.name, found=each.found, needed=each.needed
        )
        if each.found
        else translate("Xiangtu", "{name} {needed} or later: not there").format(
            name=each.name, needed=each.needed
        )
        for each in lacking
    ]
    wanted = " ".join(f'"{each.name}>={each.needed}"' for each in lacking)
    if sys.platform == "win32":
        where = translate("Xiangtu", "In the OSGeo4W Shell that came with QGIS, type:")
        line = f"python -m pip install --user {wanted}"
    else:
        where = translate("Xiangtu", "In a terminal, type:")
        line = f"python3 -m pip install --user --break-system-packages {wanted}"
    return "<br><br>".join(
        (
            translate("Xiangtu", "QGIS's Python lacks what Xiangtu stands on:"),
            "<br>".join(rows),
            where,
            f"<code>{line}</code>",
            translate("Xiangtu", "Then start QGIS again."),
        )
    )

"""The steps of the county's day, in order: name, words, icon and page of each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from qgis.PyQt.QtCore import QCoreApplication

from .check.page import CheckPage
from .county_page import CountyPage
from .figures_page import FiguresPage
from .hand_out.page import HandOutPage
from .inbox.page import InboxPage
from .map_page import MapPage
from .review.page import ReviewPage

if TYPE_CHECKING:
    from .desk import CountyDesk
    from .page import Page

translate = QCoreApplication.translate


@dataclass(frozen=True)
class Step:
    """One entry of the panel's list; `icon` is one of QGIS's own, which fits every theme."""

    name: str
    title: str
    tip: str
    icon: str
    make: Callable[[CountyDesk], Page]


def steps() -> list[Step]:
    """All steps; made when asked for, since their words depend on QGIS's language."""
    return [
        Step(
            "county",
            translate("Xiangtu", "County"),
            translate("Xiangtu", "Open or make a county file, take data in, see how it stands"),
            "/mIconFolderOpen.svg",
            CountyPage,
        ),
        Step(
            "hand_out",
            translate("Xiangtu", "Hand out"),
            translate("Xiangtu", "Enrol tablets, hand out villages to them, write receipts"),
            "/mActionSharingExport.svg",
            HandOutPage,
        ),
        Step(
            "inbox",
            translate("Xiangtu", "Inbox"),
            translate("Xiangtu", "Look at packages that came back, merge them, undo a merge"),
            "/mActionSharingImport.svg",
            InboxPage,
        ),
        Step(
            "review",
            translate("Xiangtu", "Review"),
            translate("Xiangtu", "Decide conflicts and possible duplicates"),
            "/mActionSplitFeatures.svg",
            ReviewPage,
        ),
        Step(
            "check",
            translate("Xiangtu", "Check"),
            translate("Xiangtu", "Ask the rules, go through what they found, accept or mend it"),
            "/algorithms/mAlgorithmCheckGeometry.svg",
            CheckPage,
        ),
        Step(
            "map",
            translate("Xiangtu", "Map"),
            translate("Xiangtu", "Build the one-map project; print sheets and plans of parcels"),
            "/mActionNewLayout.svg",
            MapPage,
        ),
        Step(
            "figures",
            translate("Xiangtu", "Figures"),
            translate("Xiangtu", "Tables by village and township with a chart, to Excel"),
            "/mActionCalculateField.svg",
            FiguresPage,
        ),
    ]

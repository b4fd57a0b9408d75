"""What is said of measurements on more than one part of the capture screen."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from ..controllers.gate import Shortfall
from ..controllers.neighbours import Overlap
from ..widgets.figure import unbroken

if TYPE_CHECKING:
    from ..app import XiangtuApp


def lacking_text(app: XiangtuApp, lacking: Iterable[Shortfall]) -> str:
    """Each shortfall in words, with what to do about it."""
    said = []
    for each in lacking:
        said += [app.say(each.code, found=each.found, expected=each.expected), app.say(each.remedy)]
    return unbroken(("" if app.language == "zh" else " ").join(said))


def overlaps_text(app: XiangtuApp, overlaps: Iterable[Overlap]) -> str:
    """Each neighbour that is overlapped, and by how much."""
    said = (
        app.say("app.capture.overlap", title=each.title, area=f"{each.area_m2:.2f}")
        for each in overlaps
    )
    return ("；" if app.language == "zh" else "; ").join(said)


def accuracy_text(accuracy_m: float | None) -> str:
    """An accuracy as it is shown everywhere; empty where the receiver does not say."""
    return "" if accuracy_m is None else f"±{accuracy_m:.2f} m"


def area_text(app: XiangtuApp, area_m2: float, area_mu: object) -> str:
    """An area in m² and mu."""
    return app.say("app.capture.area_of", area=f"{area_m2:.2f}", mu=area_mu)

"""Choosing where to put a package: a stick, a card, the tablet's own folder."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..controllers.offered_files import OfferedPlace, offered_places
from .pick_list import Pick, pick_one

if TYPE_CHECKING:
    from ..app import XiangtuApp


def choose_place(app: XiangtuApp, chosen: Callable[[Path], Any]) -> None:
    """Show what can be written to; `chosen` is told the folder that was touched."""

    def show(found: list[OfferedPlace]) -> None:
        picks = [
            Pick(
                each.path,
                each.name if each.plugged_in else app.say("app.places.own"),
                app.say("app.places.free", path=each.path, free=gigabytes(each.free_bytes)),
            )
            for each in found
        ]
        pick_one(app, app.say("app.places.title"), picks, chosen)

    app.desk.ask(lambda: offered_places(app.folder), show)


def gigabytes(size_bytes: int) -> str:
    """A size as a person reads it."""
    if size_bytes >= 1e9:
        return f"{size_bytes / 1e9:.1f} GB"
    return f"{size_bytes / 1e6:.1f} MB"

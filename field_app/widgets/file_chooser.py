"""Choosing a file from those that are offered: a stick's, a download, the tablet's own."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..controllers.offered_files import OfferedFile, offered_files
from .pick_list import Pick, pick_one

if TYPE_CHECKING:
    from ..app import XiangtuApp


def choose_file(app: XiangtuApp, suffixes: Iterable[str], chosen: Callable[[Path], Any]) -> None:
    """Show the files of some suffixes; `chosen` is told which one was touched."""
    wanted = tuple(suffixes)

    def show(found: list[OfferedFile]) -> None:
        if not found:
            app.tell(app.say("app.files.none", kinds=", ".join(wanted)))
            return
        picks = [
            Pick(
                each.path,
                each.path.name,
                f"{each.place} · {each.bytes / 1e6:.1f} MB · {each.changed_at:%Y-%m-%d %H:%M}",
            )
            for each in found
        ]
        pick_one(app, app.say("app.files.title"), picks, chosen)

    app.desk.ask(lambda: offered_files(wanted, [app.folder, app.folder.parent]), show)

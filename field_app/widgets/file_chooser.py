"""Choosing a file from those that are offered: a stick's, a download, the tablet's own; where the
system alone leads to the sticks, through its own chooser too."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kivy.clock import Clock
from xiangtu.errors import SurveyError

from ..controllers.offered_files import OfferedFile, offered_files
from ..platform.files import Document, SystemFiles
from .pick_list import Pick, pick_one

if TYPE_CHECKING:
    from ..app import XiangtuApp


def choose_file(app: XiangtuApp, suffixes: Iterable[str], chosen: Callable[[Path], Any]) -> None:
    """Show the files of some suffixes; `chosen` is told which one was touched."""
    wanted = tuple(suffixes)
    files = app.files

    def show(found: list[OfferedFile]) -> None:
        picks = [
            Pick(
                each.path,
                each.path.name,
                f"{each.place} · {each.bytes / 1e6:.1f} MB · {each.changed_at:%Y-%m-%d %H:%M}",
            )
            for each in found
        ]
        title = app.say("app.files.title")
        if files is None and not found:
            app.tell(app.say("app.files.none", kinds=", ".join(wanted)))
        elif files is None:
            pick_one(app, title, picks, chosen)
        elif not found:
            _choose_elsewhere(app, files, chosen)
        else:
            elsewhere = Pick(None, app.say("app.files.elsewhere"), app.say("app.files.system"))
            pick_one(
                app, title, [elsewhere, *picks],
                lambda path: chosen(path) if path else _choose_elsewhere(app, files, chosen),
            )  # fmt: skip

    app.desk.ask(lambda: offered_files(wanted, [app.folder, app.folder.parent]), show)


def _choose_elsewhere(app: XiangtuApp, files: SystemFiles, chosen: Callable[[Path], Any]) -> None:
    def fetch(document: Document | None) -> None:
        if document is not None:
            app.desk.ask(lambda: files.fetch(document), chosen)

    ask_system(app, files.choose, fetch)


def ask_system(
    app: XiangtuApp,
    question: Callable[[Callable[[Document | None], object]], None],
    answered: Callable[[Document | None], Any],
) -> None:
    """Ask by the system's chooser; `answered` is called on the main thread. Where there is none,
    that is told."""
    try:
        question(lambda document: Clock.schedule_once(lambda _dt: answered(document), 0))
    except SurveyError as error:
        app.tell_refusal(error)

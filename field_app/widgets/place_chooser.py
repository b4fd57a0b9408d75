"""Choosing where to put a file: a stick, a card, the tablet's own folder."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from xiangtu.errors import SurveyError

from ..controllers.offered_files import OfferedPlace, offered_places
from ..desk import Progress
from ..platform.files import Document
from .file_chooser import ask_system
from .pick_list import Pick, pick_one
from .working import Working

if TYPE_CHECKING:
    from ..app import XiangtuApp


@dataclass(frozen=True)
class Place:
    """A folder to make the file in; with `hand_on` it is from there that the file is handed on, by
    `hand_on`, to where the system leads."""

    folder: Path
    hand_on: bool = False


def choose_place(app: XiangtuApp, chosen: Callable[[Place], Any]) -> None:
    """Show what can be written to; `chosen` is told what was touched."""

    def show(found: list[OfferedPlace]) -> None:
        picks = [
            Pick(
                Place(each.path),
                each.name if each.plugged_in else app.say("app.places.own"),
                app.say("app.places.free", path=each.path, free=gigabytes(each.free_bytes)),
            )
            for each in found
        ]
        if app.files is not None:
            own = next(each.path for each in found if not each.plugged_in)
            system = app.say("app.files.system")
            picks.insert(0, Pick(Place(own, True), app.say("app.files.elsewhere"), system))
        pick_one(app, app.say("app.places.title"), picks, chosen)

    app.desk.ask(lambda: offered_places(app.folder), show)


def hand_on(app: XiangtuApp, path: Path, done: Callable[[str], Any]) -> None:
    """Have the system ask where a file is to go, write it there and read it back; then the tablet
    keeps it no more, and `done` is called with its name there. Else it stays, and that is told."""
    files = app.files
    assert files is not None, "asked for by choose_place alone"

    def put(document: Document, progress: Progress) -> str:
        files.put(path, document, progress)
        path.unlink()
        return document.name

    def refused(error: SurveyError) -> None:
        app.tell(f"{app.explain(error)} {app.say('app.places.kept', path=path)}")

    def write(document: Document | None) -> None:
        if document is None:
            app.tell(app.say("app.places.kept", path=path))
            return
        Working(app, app.say("app.places.writing")).do(partial(put, document), done, refused)

    ask_system(app, partial(files.create, path.name), write)


def gigabytes(size_bytes: int) -> str:
    """A size as a person reads it."""
    if size_bytes >= 1e9:
        return f"{size_bytes / 1e9:.1f} GB"
    return f"{size_bytes / 1e6:.1f} MB"

"""Choosing files from those that are offered: a stick's, a download, the tablet's own; where the
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
from .pick_several import PickSeveral

if TYPE_CHECKING:
    from ..app import XiangtuApp


def choose_file(app: XiangtuApp, suffixes: Iterable[str], chosen: Callable[[Path], Any]) -> None:
    """Show the files of some suffixes; `chosen` is told which one was touched."""
    _offer(
        app, suffixes,
        lambda title, picks, picked: pick_one(app, title, picks, lambda path: picked([path])),
        lambda paths: chosen(paths[0]),
    )  # fmt: skip


def choose_files(
    app: XiangtuApp, suffixes: Iterable[str], chosen: Callable[[list[Path]], Any]
) -> None:
    """Show the files of some suffixes; `chosen` is told which were marked."""
    _offer(
        app, suffixes,
        lambda title, picks, picked: PickSeveral(app, title, picks, (), picked).open(),
        chosen,
    )  # fmt: skip


def _offer(
    app: XiangtuApp,
    suffixes: Iterable[str],
    choose: Callable[[str, list[Pick], Callable[[list[Path | None]], Any]], Any],
    chosen: Callable[[list[Path]], Any],
) -> None:
    """Let `choose` show the files; None among what is picked leads to the system's chooser."""
    wanted = tuple(suffixes)
    files = app.files

    def elsewhere(system: SystemFiles) -> None:
        _choose_elsewhere(app, system, lambda path: chosen([path]))

    def picked(paths: list[Path | None]) -> None:
        offered = [each for each in paths if each is not None]
        if offered:
            chosen(offered)
        if files is not None and len(offered) < len(paths):
            elsewhere(files)

    def show(found: list[OfferedFile]) -> None:
        picks = [
            Pick(
                each.path,
                each.path.name,
                f"{each.place} · {each.bytes / 1e6:.1f} MB · {each.changed_at:%Y-%m-%d %H:%M}",
            )
            for each in found
        ]
        if files is not None:
            leads_on = Pick(None, app.say("app.files.elsewhere"), app.say("app.files.system"))
            picks.insert(0, leads_on)
        if found:
            choose(app.say("app.files.title"), picks, picked)
        elif files is not None:
            elsewhere(files)
        else:
            app.tell(app.say("app.files.none", kinds=", ".join(wanted)))

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

"""The thread that reads the basemap, so that neither the screen nor the survey file waits."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from xiangtu.errors import BadFile, SurveyError

from .controllers.basemap import Basemap
from .desk import Desk

Result = TypeVar("Result")


class TileDesk:
    """Has one basemap open, the one that was asked of last."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._path: Path | None = None
        self._basemap: Basemap | None = None
        self._refusal: BadFile | None = None

    @property
    def busy(self) -> bool:
        """Something was asked whose result the main thread has not had yet."""
        return self._desk.busy

    def ask(
        self,
        path: Path,
        task: Callable[[Basemap], Result],
        then: Callable[[Result], Any],
        refused: Callable[[SurveyError], Any],
    ) -> None:
        """Do a task with the basemap of a path; as Desk.ask. A file that cannot be opened is
        refused each time, but tried once."""
        self._desk.ask(lambda: task(self._opened(path)), then, refused)

    def close(self) -> None:
        """Close the file and end the thread; to be called once, at the end of the app."""
        self._desk.ask(self._let_go)
        self._desk.close()

    def _opened(self, path: Path) -> Basemap:
        if path != self._path:
            self._let_go()
            self._path = path
            try:
                self._basemap = Basemap(path)
            except BadFile as refusal:
                self._refusal = refusal
        if self._basemap is None:
            assert self._refusal is not None
            raise BadFile(self._refusal.code, **self._refusal.facts)
        return self._basemap

    def _let_go(self) -> None:
        if self._basemap is not None:
            self._basemap.close()
        self._basemap = self._refusal = self._path = None

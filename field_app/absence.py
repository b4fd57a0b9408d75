"""The app in the background, or the tablet's screen off: what was typed is kept, what is recorded
goes on, and whoever comes back after long says the PIN."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from kivy.core.window import Window

from .widgets.lock_window import LockWindow

if TYPE_CHECKING:
    from .app import XiangtuApp

#: So long Android waits for what is written before it may end the app.
_WRITING_S = 2.0


def since_boot_s() -> float:
    """Seconds that go on while the tablet sleeps, and that nobody can set."""
    if hasattr(time, "CLOCK_BOOTTIME"):
        return time.clock_gettime(time.CLOCK_BOOTTIME)
    return time.monotonic()


class Absence:
    """From `begins` to `ends` nobody looks at the app. `clock` gives seconds that never jump."""

    def __init__(self, app: XiangtuApp, clock: Callable[[], float] = since_boot_s) -> None:
        self._app, self.clock = app, clock
        self._since_s: float | None = None
        self._lock: LockWindow | None = None

    @property
    def locked(self) -> bool:
        """The PIN is asked for."""
        return self._lock is not None

    def begins(self) -> None:
        """Write what is not written: Android may end the app without another word."""
        commit_typing()
        self._since_s = self.clock()
        self._app.desk.ask(self._app.at_work.flush)
        self._app.desk.finish(_WRITING_S)

    def ends(self) -> None:
        """Ask for the PIN if it was long, and one is set."""
        since_s, self._since_s = self._since_s, None
        app = self._app
        if since_s is None or self.locked or app.shell.screen.name == "start":
            return
        if self.clock() - since_s > 60 * app.settings.lock_after_min:
            pin = app.pin
            app.desk.ask(lambda: pin.is_set, self._lock_if)

    def _lock_if(self, has_pin: bool) -> None:
        if has_pin and not self.locked:
            self._lock = LockWindow(self._app, self._unlocked)
            self._lock.open(animation=False)

    def _unlocked(self) -> None:
        self._lock = None


def commit_typing() -> None:
    """Leave the line that is typed in, so that its text counts."""
    Window.release_all_keyboards()

"""What all screens have in common."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from kivy.clock import Clock
from kivymd.uix.screen import MDScreen

from .. import look

if TYPE_CHECKING:
    from ..app import XiangtuApp


#: So long a screen makes its parts before the frame is shown, what they need to be laid out not
#: counted.
_BUILDING_S = 0.03


class AppScreen(MDScreen):
    """A screen of the app: it asks its controllers on the desk's thread (`self.app.desk.ask`) and
    shows what it gets."""

    def __init__(self, app: XiangtuApp, **properties: Any) -> None:
        self.app = app
        self._parts: Iterator[None] | None = None
        super().__init__(md_bg_color=look.fixed(app.theme_cls.backgroundColor), **properties)
        self._go_on_building = Clock.create_trigger(self._build_some, 0)

    def title(self) -> str:
        """What stands above it."""
        return self.app.say(f"app.title.{self.name}")

    def enter(self, **what: Any) -> None:
        """It is shown, of the record or whatever `what` says; also again, after coming back."""

    @property
    def building(self) -> bool:
        """Whether parts of it are still to be made."""
        return self._parts is not None

    def build(self, parts: Iterator[None] | None) -> None:
        """Have a generator make widgets, which yields after each: as many with each frame as leave
        the screen quick to answer. Whatever another was making is left; None makes nothing."""
        self._parts = parts
        if parts is not None:
            self._go_on_building()

    def _build_some(self, _dt: float) -> None:
        parts, ends = self._parts, time.monotonic() + _BUILDING_S
        while parts is not None and parts is self._parts:
            if time.monotonic() > ends:
                self._go_on_building()
                return
            if next(parts, self) is self and parts is self._parts:
                self._parts = None

    def may_leave(self) -> bool:
        """Whether the back button may leave it; one that says no has done something else."""
        return True

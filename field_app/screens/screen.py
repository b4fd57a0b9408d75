"""What all screens have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kivymd.uix.screen import MDScreen

from .. import look

if TYPE_CHECKING:
    from ..app import XiangtuApp


class AppScreen(MDScreen):
    """A screen of the app: it asks its controllers on the desk's thread (`self.app.desk.ask`) and
    shows what it gets."""

    def __init__(self, app: XiangtuApp, **properties: Any) -> None:
        self.app = app
        super().__init__(md_bg_color=look.fixed(app.theme_cls.backgroundColor), **properties)

    def title(self) -> str:
        """What stands above it."""
        return self.app.say(f"app.title.{self.name}")

    def enter(self, **what: Any) -> None:
        """It is shown, of the record or whatever `what` says; also again, after coming back."""

    def may_leave(self) -> bool:
        """Whether the back button may leave it; one that says no has done something else."""
        return True

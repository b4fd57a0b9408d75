"""What is around every screen: its title and the receiver's state above, the way to the others
below, within reach of a thumb."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from kivy.clock import Clock
from kivy.uix.screenmanager import NoTransition, ScreenManager
from kivymd.uix.boxlayout import MDBoxLayout
from kivymd.uix.navigationbar import (
    MDNavigationBar,
    MDNavigationItem,
    MDNavigationItemIcon,
    MDNavigationItemLabel,
)

from . import look
from .screens.screen import AppScreen
from .widgets.message import Messages
from .widgets.top_bar import TopBar

if TYPE_CHECKING:
    from .app import XiangtuApp

_STATE_EVERY_S = 0.5


class Shell(MDBoxLayout):
    """The root of the window."""

    def __init__(
        self, app: XiangtuApp, screens: Mapping[str, type[AppScreen]], tabs: Mapping[str, str]
    ) -> None:
        super().__init__(
            orientation="vertical", md_bg_color=look.fixed(app.theme_cls.backgroundColor)
        )
        self.app = app
        self._classes, self._tabs = screens, tabs
        self._way: list[tuple[str, dict[str, Any]]] = []
        self._made: dict[str, AppScreen] = {}
        self._make()
        Clock.schedule_interval(self._show_receiver, _STATE_EVERY_S)

    @property
    def screen(self) -> AppScreen:
        """The one that is shown."""
        return self._made[self._way[-1][0]]

    @property
    def way(self) -> tuple[tuple[str, Mapping[str, Any]], ...]:
        """The screens that one came by and of what each is; the last is shown."""
        return tuple(self._way)

    def has(self, name: str) -> bool:
        """Whether there is such a screen."""
        return name in self._classes

    def show(self, name: str, **what: Any) -> None:
        """Go to a screen; `what` says of which record and so on (see the screen's `enter`)."""
        if name in self._tabs or name == "start":
            self._way = []
        self._way.append((name, what))
        self._enter()

    def back(self) -> bool:
        """Go back to the screen before; False where there is none."""
        if self._way and not self.screen.may_leave():
            return True
        if len(self._way) < 2:
            return False
        self._way.pop()
        self._enter()
        return True

    def now_of(self, **what: Any) -> None:
        """The screen that is shown is of this now: so it is entered when one comes back to it."""
        self._way[-1] = self._way[-1][0], what
        self.top_bar.show(self.screen.title(), may_go_back=len(self._way) > 1)

    def build_anew(self) -> None:
        """Make everything again, in another language, size or theme, where one is."""
        self.messages.take_down()
        self.clear_widgets()
        self._made = {}
        self.md_bg_color = look.fixed(self.app.theme_cls.backgroundColor)
        self._make()
        if self._way:
            self._enter()

    def _make(self) -> None:
        self.top_bar = TopBar(self.app, on_back=self.back)
        self.messages = Messages(self.app)
        # KivyMD's own transition can leave the screen that came in transparent.
        self._manager = ScreenManager(transition=NoTransition())
        self._bar = MDNavigationBar()
        self._bar.set_bars_color = False
        self._bar.height = look.touch(self.app.settings.text_size) * 1.6
        self._items: dict[str, MDNavigationItem] = {}
        for name, icon in self._tabs.items():
            item = MDNavigationItem(
                MDNavigationItemIcon(icon=icon),
                MDNavigationItemLabel(
                    text=self.app.say(f"app.tab.{name}"),
                    # KivyMD's own is that of the icon, whose ground is another: unreadable here.
                    theme_text_color="Custom",
                    text_color_active=look.fixed(self.app.theme_cls.onSurfaceColor),
                    text_color_normal=look.fixed(self.app.theme_cls.onSurfaceVariantColor),
                ),
                on_release=lambda _item, name=name: self.show(name),
            )
            self._items[name] = item
            self._bar.add_widget(item)
        self.add_widget(self.top_bar)
        self.add_widget(self.messages)
        self.add_widget(self._manager)

    def _enter(self) -> None:
        name, what = self._way[-1]
        if name not in self._made:
            made = self._made[name] = self._classes[name](self.app, name=name)
            self._manager.add_widget(made)
        screen = self._made[name]
        self._manager.current = name
        self.top_bar.show(screen.title(), may_go_back=len(self._way) > 1)
        wants_bar = name in self._tabs
        if wants_bar and self._bar.parent is None:
            self.add_widget(self._bar)
        elif not wants_bar and self._bar.parent is not None:
            self.remove_widget(self._bar)
        for each, item in self._items.items():
            item.active = each == name
        screen.enter(**what)

    def _show_receiver(self, *_dt: float) -> None:
        self.top_bar.show_receiver(self.app.receiver, self.app.tracking.epochs)

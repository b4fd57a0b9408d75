"""Where things lie so that the thumb of the hand that holds the tablet reaches them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kivy.metrics import dp
from kivy.uix.anchorlayout import AnchorLayout
from kivy.uix.boxlayout import BoxLayout
from kivy.uix.widget import Widget
from kivymd.uix.boxlayout import MDBoxLayout

if TYPE_CHECKING:
    from ..app import XiangtuApp

#: The part of a lying tablet's width that is the thumb's.
_BESIDE = 0.38


class WithinReach(BoxLayout):
    """Something large, and what one does with it: below it on a tablet that is held upright, on
    one that lies beside it, at the side of the main hand.

    `actions` and `head`, which is above on an upright tablet, are as high as what is in them.
    """

    def __init__(
        self,
        app: XiangtuApp,
        shown: Widget,
        actions: Widget,
        head: Widget | None = None,
        **properties: Any,
    ) -> None:
        super().__init__(**properties)
        self._left_handed = app.settings.left_handed
        self._shown, self._actions, self._head = shown, actions, head
        self._lies: bool | None = None
        self.bind(size=self._turned)

    def _turned(self, *_size: Any) -> None:
        lies = self.width > self.height
        if lies == self._lies:
            return
        self._lies = lies
        for each in (self._shown, self._actions, self._head):
            if each is not None and each.parent is not None:
                each.parent.remove_widget(each)
        self.clear_widgets()
        beside = [each for each in (self._head, self._actions) if each is not None]
        self.orientation = "horizontal" if lies else "vertical"
        self._shown.size_hint_x = 1 - _BESIDE if lies else 1
        if lies:
            side = AnchorLayout(anchor_y="bottom", size_hint_x=_BESIDE)
            side.add_widget(column(*beside))
            order = [side, self._shown] if self._left_handed else [self._shown, side]
        else:
            order = [self._shown, self._actions]
            if self._head is not None:
                order.insert(0, self._head)
        for each in order:
            self.add_widget(each)


def column(*widgets: Widget) -> MDBoxLayout:
    """One below the other, as high as they are."""
    box = MDBoxLayout(orientation="vertical", adaptive_height=True, spacing=dp(10))
    for each in widgets:
        box.add_widget(each)
    return box


def hand_row(app: XiangtuApp, *widgets: Widget) -> MDBoxLayout:
    """Side by side, the last one, which is wanted most, nearest to the main hand."""
    row = MDBoxLayout(adaptive_height=True, spacing=dp(12))
    for each in reversed(widgets) if app.settings.left_handed else widgets:
        row.add_widget(each)
    return row

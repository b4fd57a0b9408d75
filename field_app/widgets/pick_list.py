"""Picking one of many in a window of its own, with a search where there are many."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kivy.metrics import dp
from kivy.uix.behaviors import ButtonBehavior
from kivy.uix.modalview import ModalView
from kivy.uix.recycleview import RecycleView
from kivy.uix.recycleview.views import RecycleDataViewBehavior
from kivymd.uix.boxlayout import MDBoxLayout
from kivymd.uix.label import MDLabel

from .. import look
from .buttons import action
from .row_list import RowList
from .text_input import TextInput

if TYPE_CHECKING:
    from ..app import XiangtuApp

#: From so many on there is a search.
_MANY = 12


#: Looks a text up elsewhere and tells what is found, with that text.
LookUp = Callable[[str, Callable[[str, Sequence["Pick"]], Any]], Any]


@dataclass(frozen=True)
class Pick:
    """One that may be picked: its value, its words, and a second line."""

    value: Any
    text: str
    detail: str = ""


class PickRow(RecycleDataViewBehavior, ButtonBehavior, MDBoxLayout):
    """A row of the list."""

    def __init__(self, **properties: Any) -> None:
        super().__init__(orientation="vertical", padding=(dp(16), dp(4)), **properties)
        self._text = MDLabel(font_style="Body", role="large", shorten=True)
        self._detail = MDLabel(
            font_style="Body", role="small", shorten=True, theme_text_color="Secondary"
        )
        self.add_widget(self._text)
        self.add_widget(self._detail)
        self._picked: Callable[[], Any] | None = None

    def refresh_view_attrs(self, view: RecycleView, index: int, data: dict[str, Any]) -> None:
        self._text.text, self._detail.text = data["text"], data["detail"]
        self._detail.height = self._detail.texture_size[1] if data["detail"] else 0
        self._detail.size_hint_y = 0.7 if data["detail"] else 0.001
        self._picked = data["picked"]
        # Not to the base class, which would set every key as a property.

    def on_release(self) -> None:
        if self._picked is not None:
            self._picked()


class PickList(ModalView):
    """The window."""

    def __init__(
        self,
        app: XiangtuApp,
        title: str,
        picks: Sequence[Pick],
        picked: Callable[[Any], Any],
        look_up: LookUp | None = None,
    ) -> None:
        super().__init__(size_hint=(0.94, 0.86), background_color=(0, 0, 0, 0.5), background="")
        self._picks, self._told, self._look_up = picks, picked, look_up
        box = MDBoxLayout(
            orientation="vertical",
            md_bg_color=look.fixed(app.theme_cls.surfaceContainerHighColor),
            radius=dp(16),
            padding=dp(16),
            spacing=dp(8),
        )
        box.add_widget(MDLabel(text=title, adaptive_height=True, font_style="Title", role="large"))
        if look_up is not None or len(picks) > _MANY:
            self.search = TextInput(app, hint=app.say("app.search"))
            self.search.bind(text=lambda _field, text: self._typed(text))
            box.add_widget(self.search)
        self.rows = RowList(app, PickRow, 1.3)
        box.add_widget(self.rows)
        box.add_widget(action(app, "app.cancel", "close", self.dismiss, quiet=True))
        self.box = box
        self.add_widget(box)
        self._filter("")

    def _typed(self, text: str) -> None:
        if self._look_up is None:
            self._filter(text)
        else:
            self._look_up(text, self._found)

    def _found(self, text: str, picks: Sequence[Pick]) -> None:
        """What was looked up for a text; too late where another stands there by now."""
        if text == self.search.text:
            self._picks = picks
            self._filter("")

    def _filter(self, text: str) -> None:
        words = text.casefold().split()
        self.rows.data = [
            {
                "text": each.text,
                "detail": each.detail,
                "value": each.value,
                "picked": lambda each=each: self._pick(each),
            }
            for each in self._picks
            if all(word in f"{each.text} {each.detail}".casefold() for word in words)
        ]

    def _pick(self, pick: Pick) -> None:
        self.dismiss()
        self._told(pick.value)


def pick_one(
    app: XiangtuApp, title: str, picks: Sequence[Pick], picked: Callable[[Any], Any]
) -> PickList:
    """Open the list; `picked` is told the value of the one that was touched."""
    window = PickList(app, title, picks, picked)
    window.open()
    return window


def look_up_one(
    app: XiangtuApp, title: str, look_up: LookUp, picked: Callable[[Any], Any]
) -> PickList:
    """Open a list that is looked up as one types; `picked` as in `pick_one`."""
    window = PickList(app, title, (), picked, look_up)
    window.open()
    return window

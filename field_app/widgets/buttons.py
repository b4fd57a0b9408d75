"""Buttons as large as a gloved finger, with words on them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kivy.metrics import dp
from kivy.uix.behaviors import ButtonBehavior
from kivymd.uix.boxlayout import MDBoxLayout
from kivymd.uix.button import MDButton, MDButtonIcon, MDButtonText, MDIconButton
from kivymd.uix.label import MDLabel

from .. import look

if TYPE_CHECKING:
    from ..app import XiangtuApp


@dataclass(frozen=True)
class Choice:
    """One of several: what it stands for, and its words."""

    value: Any
    text: str


#: Each by its own name, so that whoever cannot read the other one finds it.
LANGUAGES: tuple[Choice, ...] = (Choice("zh", "中文"), Choice("en", "English"))


def letters(text: str) -> int:
    """How many letters a text is wide, and long to read: a Chinese one counts as two."""
    return sum(2 if ord(each) > 0x2E80 else 1 for each in text)


def action(
    app: XiangtuApp,
    code: str,
    icon: str,
    do: Callable[[], Any],
    *,
    quiet: bool = False,
    **facts: object,
) -> MDButton:
    """A button over the whole width: filled, or outlined where it is not the next thing to do.

    `facts` go into the words of the code."""
    return MDButton(
        # KivyMD begins the words where an icon of this size ends, whatever the size of the text.
        MDButtonIcon(icon=icon, theme_font_size="Custom", font_size=dp(20)),
        _words(app.say(code, **facts)),
        style="outlined" if quiet else "filled",
        theme_width="Custom",
        size_hint=(1, None),
        theme_height="Custom",
        height=look.touch(app.settings.text_size) * 1.1,
        on_release=lambda _button: do(),
    )


class WideButton(ButtonBehavior, MDBoxLayout):
    """A bordered line over the whole width with words that may change, as long as they fit."""

    def __init__(self, app: XiangtuApp, text: str, do: Callable[[], Any]) -> None:
        super().__init__(
            size_hint_y=None,
            height=look.touch(app.settings.text_size) * 1.1,
            padding=(dp(16), 0),
            radius=dp(8),
            line_color=look.fixed(app.theme_cls.outlineColor),
        )
        self.words = MDLabel(text=text, font_style="Body", role="large", shorten=True)
        self.add_widget(self.words)
        self._do = do

    def on_release(self) -> None:
        self._do()


def relabel(button: MDButton, text: str) -> None:
    """Other words on a button."""
    for each in button.walk(restrict=True):
        if isinstance(each, MDButtonText):
            each.text = text


@dataclass(frozen=True)
class Switch:
    """What a toggle shows, and what touching it does."""

    text: str
    on: bool
    do: Callable[[], Any]


class SwitchRow(MDBoxLayout):
    """Toggles side by side, each made anew only where it is another."""

    def __init__(self, app: XiangtuApp) -> None:
        super().__init__(size_hint_y=None, height=look.touch(app.settings.text_size), spacing=dp(8))
        self._app = app
        self._shown: list[tuple[str, bool]] = []
        self._toggles: list[MDButton] = []
        self._do: list[Callable[[], Any]] = []

    def show(self, *switches: Switch) -> None:
        """These, from left to right."""
        self._do = [each.do for each in switches]
        before = list(zip(self._shown, self._toggles, strict=True))
        self._shown = [(each.text, each.on) for each in switches]
        self._toggles = []
        for place, (text, on) in enumerate(self._shown):
            kept = before[place] if place < len(before) else None
            self._toggles.append(
                kept[1]
                if kept is not None and kept[0] == (text, on)
                else toggle(self._app, text, on, lambda place=place: self._do[place]())
            )
        self.clear_widgets()
        for each in self._toggles:
            self.add_widget(each)


class ChoiceRow(SwitchRow):
    """All choices side by side; the chosen one filled."""

    def __init__(
        self,
        app: XiangtuApp,
        choices: Sequence[Choice],
        chosen: Any,
        choose: Callable[[Any], Any],
    ) -> None:
        super().__init__(app)
        self._choices, self._choose = choices, choose
        self.choose(chosen)

    def choose(self, chosen: Any) -> None:
        """Show this as the chosen one."""
        self.show(
            *(
                Switch(
                    each.text,
                    each.value == chosen,
                    lambda value=each.value: self._choose(value),
                )
                for each in self._choices
            )
        )


def round_button(
    app: XiangtuApp, icon: str, do: Callable[[], Any], *, style: str = "tonal"
) -> MDIconButton:
    """A button with a picture alone: back, and what lies over a map."""
    side = look.touch(app.settings.text_size) * 1.1
    button = MDIconButton(
        icon=icon,
        style=style,
        theme_font_size="Custom",
        font_size=side / 2,
        on_release=lambda _button: do(),
    )
    button.size = (side, side)  # KivyMD's style sets its own size over one that is given
    return button


def toggle(app: XiangtuApp, text: str, on: bool, do: Callable[[], Any]) -> MDButton:
    """A button that shares its row evenly with others; filled while it is on."""
    return MDButton(
        _words(text, pos_hint={"center_x": 0.5, "center_y": 0.5}),
        style="filled" if on else "outlined",
        theme_width="Custom",
        size_hint_x=1,
        theme_height="Custom",
        height=look.touch(app.settings.text_size),
        on_release=lambda _button: do(),
    )


def _words(text: str, **properties: Any) -> MDButtonText:
    """As large as what is read elsewhere: KivyMD's own are smaller."""
    return MDButtonText(text=text, font_style="Body", role="large", **properties)

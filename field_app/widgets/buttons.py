"""Buttons as large as a gloved finger, with words on them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kivy.metrics import dp
from kivymd.uix.boxlayout import MDBoxLayout
from kivymd.uix.button import MDButton, MDButtonIcon, MDButtonText

from .. import look

if TYPE_CHECKING:
    from ..app import XiangtuApp


@dataclass(frozen=True)
class Choice:
    """One of several: what it stands for, and its words."""

    value: str
    text: str


def action(
    app: XiangtuApp,
    code: str,
    icon: str,
    do: Callable[[], Any],
    *,
    quiet: bool = False,
) -> MDButton:
    """A button over the whole width: filled, or outlined where it is not the next thing to do."""
    return MDButton(
        MDButtonIcon(icon=icon),
        MDButtonText(text=app.say(code)),
        style="outlined" if quiet else "filled",
        theme_width="Custom",
        size_hint=(1, None),
        theme_height="Custom",
        height=look.touch(app.settings.text_size) * 1.1,
        on_release=lambda _button: do(),
    )


def choice_row(
    app: XiangtuApp, choices: Sequence[Choice], chosen: str, choose: Callable[[Any], Any]
) -> MDBoxLayout:
    """All choices side by side; the chosen one filled."""
    row = MDBoxLayout(size_hint_y=None, height=look.touch(app.settings.text_size), spacing=dp(8))
    for each in choices:
        row.add_widget(
            MDButton(
                MDButtonText(text=each.text, pos_hint={"center_x": 0.5, "center_y": 0.5}),
                style="filled" if each.value == chosen else "outlined",
                theme_width="Custom",
                size_hint_x=1,
                theme_height="Custom",
                height=look.touch(app.settings.text_size),
                on_release=lambda _button, value=each.value: choose(value),
            )
        )
    return row

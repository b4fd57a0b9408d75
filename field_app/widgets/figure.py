"""A large figure with what it is above it, to be read at arm's length."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from kivymd.uix.boxlayout import MDBoxLayout
from kivymd.uix.label import MDLabel

from .. import look

if TYPE_CHECKING:
    from ..app import XiangtuApp


_BEFORE_UNIT = re.compile(r"(?<=\d) (?=[^\W\d])")


def unbroken(text: str) -> str:
    """The text, with each number and its unit on one line."""
    return _BEFORE_UNIT.sub("\N{NO-BREAK SPACE}", text)


class Figure(MDBoxLayout):
    """`show` its text, in a colour where it says something good or bad."""

    def __init__(self, app: XiangtuApp, code: str, *, large: bool = False) -> None:
        super().__init__(orientation="vertical", adaptive_height=True)
        self._plain = look.fixed(app.theme_cls.onSurfaceColor)
        self.add_widget(
            MDLabel(
                text=app.say(code), adaptive_height=True, font_style="Body", role="medium",
                theme_text_color="Custom",
                text_color=look.fixed(app.theme_cls.onSurfaceVariantColor),
            )
        )  # fmt: skip
        self._text = MDLabel(
            adaptive_height=True,
            font_style="Headline" if large else "Title",
            role="medium" if large else "large",
            theme_text_color="Custom",
            text_color=self._plain,
        )
        self.add_widget(self._text)

    def show(self, text: str, colour: tuple[float, float, float, float] | None = None) -> None:
        self._text.text = unbroken(text)
        self._text.text_color = colour or self._plain


def figure_row(*figures: Figure) -> MDBoxLayout:
    """Figures side by side."""
    row = MDBoxLayout(adaptive_height=True)
    for each in figures:
        row.add_widget(each)
    return row

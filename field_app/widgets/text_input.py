"""A line to type in, whose text counts once the line is left: half-typed pinyin stands in it until
it is chosen."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from kivymd.uix.textfield import MDTextField, MDTextFieldHintText

from .. import look

if TYPE_CHECKING:
    from ..app import XiangtuApp


class TextInput(MDTextField):
    """`left` is told the text when the line loses the focus, if it is another than before."""

    def __init__(
        self,
        app: XiangtuApp,
        *,
        hint: str,
        left: Callable[[str], Any] | None = None,
        **properties: Any,
    ) -> None:
        super().__init__(
            # An empty one would leave a gap in the outline.
            *([MDTextFieldHintText(text=hint)] if hint else []),
            mode="outlined",
            theme_text_color="Custom",
            text_color_normal=look.fixed(app.theme_cls.onSurfaceColor),
            text_color_focus=look.fixed(app.theme_cls.onSurfaceColor),
            theme_height="Custom",
            height=look.touch(app.settings.text_size) * 1.25,
            size_hint_y=None,
            **properties,
        )
        self.hint = hint
        self._left = left
        self._before = self.text
        self.bind(focus=self._focus_changed)

    def _focus_changed(self, _field: object, focus: bool) -> None:
        if focus:
            self._before = self.text
        elif self._left is not None and self.text != self._before:
            self._left(self.text)

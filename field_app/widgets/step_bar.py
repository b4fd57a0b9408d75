"""The steps of a form side by side: where one is, how much is wrong in each; a touch jumps."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from kivy.clock import Clock
from kivy.metrics import dp
from kivy.uix.behaviors import ButtonBehavior
from kivymd.uix.boxlayout import MDBoxLayout
from kivymd.uix.label import MDLabel
from kivymd.uix.scrollview import MDScrollView

from .. import look
from .buttons import Choice

if TYPE_CHECKING:
    from ..app import XiangtuApp


class StepBar(MDScrollView):
    """One line that scrolls sideways; `go` is told the step that was touched."""

    def __init__(self, app: XiangtuApp, go: Callable[[str], Any]) -> None:
        height = look.touch(app.settings.text_size)
        super().__init__(size_hint_y=None, height=height + dp(8), do_scroll_y=False)
        self._app, self._told = app, go
        self._row = MDBoxLayout(adaptive_width=True, padding=(dp(8), dp(4)), spacing=dp(8))
        self.add_widget(self._row)
        self._shown: object = None
        self._here: _Step | None = None
        # Again whenever the row has its width: the words are measured a frame later.
        self._bring = Clock.create_trigger(self._bring_here, 0)
        self._row.bind(width=self._bring)
        self.bind(width=self._bring)

    def show(self, steps: Sequence[Choice], here: str, wrong: Mapping[str, int]) -> None:
        """The steps, the one that is shown, and how many things are wrong in each."""
        shown = (tuple(steps), here, dict(wrong))
        if shown == self._shown:
            return
        self._shown = shown
        self._row.clear_widgets()
        for each in steps:
            count = wrong.get(each.value, 0)
            step = _Step(
                self._app, f"{each.text} ({count})" if count else each.text,
                each.value == here, count > 0, lambda value=each.value: self._told(value),
            )  # fmt: skip
            self._row.add_widget(step)
            if each.value == here:
                self._here = step
        self._bring()

    def _bring_here(self, _dt: float) -> None:
        """The step that is shown to the middle, as far as there are steps on both sides."""
        over = self._row.width - self.width
        if self._here is None:
            return
        if over <= 0:
            self.scroll_x = 0.0  # as a longer form left it, the steps would stand at the right
            return
        left = self._here.center_x - self._row.x - self.width / 2
        self.scroll_x = min(max(left / over, 0.0), 1.0)


class _Step(ButtonBehavior, MDBoxLayout):
    def __init__(
        self, app: XiangtuApp, text: str, here: bool, wrong: bool, go: Callable[[], Any]
    ) -> None:
        theme = app.theme_cls
        super().__init__(
            adaptive_width=True, padding=(dp(14), 0), radius=dp(8),
            line_color=look.fixed(theme.outlineVariantColor),
            md_bg_color=look.fixed(theme.primaryContainerColor if here else theme.surfaceColor),
        )  # fmt: skip
        colour = (
            look.fixed(theme.onPrimaryContainerColor) if here else look.fixed(theme.onSurfaceColor)
        )
        if wrong and not here:  # where one is, the colour behind is too near to it
            colour = look.colours(app.settings.theme).bad
        self.add_widget(
            MDLabel(
                text=text, adaptive_width=True, font_style="Body", role="large",
                theme_text_color="Custom", text_color=colour, bold=here,
            )
        )  # fmt: skip
        self._go = go

    def on_release(self) -> None:
        self._go()

"""How long things on the map are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kivy.graphics import Color, Line
from kivy.metrics import Metrics, dp
from kivy.uix.widget import Widget
from kivymd.uix.boxlayout import MDBoxLayout
from kivymd.uix.label import MDLabel

from ... import look
from .viewport import Viewport, scale_bar

if TYPE_CHECKING:
    from ...app import XiangtuApp

_LONGEST_DP = 140
#: A scale is read, not reckoned with: two digits.
_DIGITS = 2


class ScaleBar(MDBoxLayout):
    """A bar of a round length with its words, and below it that there is more to see nearer by."""

    def __init__(self, app: XiangtuApp) -> None:
        own = look.colours(app.settings.theme)
        super().__init__(
            orientation="vertical", size_hint=(None, None), padding=dp(8), spacing=dp(2),
            radius=dp(8), md_bg_color=(*own.map_background[:3], 0.95),
        )  # fmt: skip
        self._app = app
        self._text = MDLabel(
            adaptive_size=True, font_style="Body", role="medium", theme_text_color="Custom",
            text_color=own.map_text,
        )  # fmt: skip
        self._bar = Widget(size_hint=(None, None), size=(dp(_LONGEST_DP), dp(8)))
        with self._bar.canvas:
            Color(*own.map_text)
            self._line = Line(width=dp(1))
        self._bar.bind(pos=lambda *_: self._draw(), size=lambda *_: self._draw())
        self._more = MDLabel(
            adaptive_size=True, font_style="Body", role="medium", theme_text_color="Custom",
            text_color=own.map_text,
        )  # fmt: skip
        for each in (self._text, self._bar):
            self.add_widget(each)
        self.bind(minimum_size=self.setter("size"))

    def look(self, viewport: Viewport) -> None:
        """Say how the map is scaled."""
        length_m, self._bar.width = scale_bar(viewport.ground_m, dp(_LONGEST_DP))
        length = f"{length_m / 1000:g} km" if length_m >= 1000 else f"{length_m:g} m"
        self._text.text = f"{length} · 1:{_rounded(viewport.scale(Metrics.dpi))}"

    def tell_more(self, more: bool) -> None:
        """Whether some layers are seen only from nearer by."""
        self._more.text = self._app.say("app.map.more")
        if more and self._more.parent is None:
            self.add_widget(self._more)
        elif not more and self._more.parent is not None:
            self.remove_widget(self._more)

    def _draw(self) -> None:
        x, y, high = self._bar.x, self._bar.y, self._bar.height
        right = x + self._bar.width
        self._line.points = (x, y + high, x, y, right, y, right, y + high)


def _rounded(scale: float) -> int:
    step = 10 ** max(len(str(int(scale))) - _DIGITS, 0)
    return round(scale / step) * step

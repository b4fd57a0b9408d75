"""The bar above every screen: back, its title, and what the receiver says at this moment."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from kivy.core.text import Label as Drawn
from kivy.metrics import dp
from kivymd.uix.boxlayout import MDBoxLayout
from kivymd.uix.label import MDLabel
from xiangtu.gnss.condition import RECEIVING
from xiangtu.gnss.receiver import Receiver

from .. import look
from .buttons import round_button

if TYPE_CHECKING:
    from ..app import XiangtuApp


class TopBar(MDBoxLayout):
    """One line, as high as a finger needs."""

    def __init__(self, app: XiangtuApp, on_back: Callable[[], object]) -> None:
        super().__init__(
            size_hint_y=None,
            height=look.touch(app.settings.text_size) * 1.15,
            padding=(dp(12), 0),
            spacing=dp(8),
            md_bg_color=look.fixed(app.theme_cls.surfaceContainerColor),
        )
        self.app = app
        self._back = round_button(app, "arrow-left", on_back, style="standard")
        self._back.pos_hint = {"center_y": 0.5}
        self._title = MDLabel(font_style="Title", role="large", shorten=True)
        self.receiver = MDLabel(
            font_style="Body",
            role="medium",
            halign="right",
            shorten=True,
            theme_text_color="Custom",
            size_hint_x=None,
        )
        #: The receiver's state in whole and in short, whichever there is room for.
        self._said = "", ""
        self.bind(width=self._fit)
        self.add_widget(self._title)
        self.add_widget(self.receiver)

    def show(self, title: str, *, may_go_back: bool) -> None:
        """The title of the screen that is shown."""
        self._title.text = title
        if may_go_back and self._back.parent is None:
            self.add_widget(self._back, index=len(self.children))
        elif not may_go_back and self._back.parent is not None:
            self.remove_widget(self._back)

    def show_receiver(self, receiver: Receiver, track_epochs: int | None) -> None:
        """Fix type and accuracy, else what is wrong; before it that a track is recorded."""
        colours = look.colours(self.app.settings.theme)
        fix, conditions = receiver.here, receiver.state.conditions
        short = self.app.say("app.no_position")
        if fix is not None and not math.isnan(fix.longitude_deg):
            accuracy = (
                "" if fix.horizontal_accuracy_m is None else f"±{fix.horizontal_accuracy_m:.2f} m"
            )
            text = short = f"{self.app.say(f'fix_type.{fix.fix_type}')} {accuracy}".strip()
            noted = len(conditions) > 1
            colour = colours.warning if noted or fix.mock else colours.good
        elif conditions and conditions[0].code != RECEIVING:
            text = self.app.say(conditions[0].code, **conditions[0].facts)
            colour = colours.bad
        else:
            text, colour = self.app.say("app.no_receiver"), colours.bad
        if track_epochs is not None:
            text = f"{self.app.say('app.track.runs', epochs=track_epochs)} · {text}"
            short = f"● {short}"
        self._said = text, short
        self.receiver.text_color = colour
        self._fit()

    def _fit(self, *_width: Any) -> None:
        """The receiver takes at most half, so that the title can be read."""
        room = self.width / 2
        label = self.receiver
        drawn = Drawn(font_name=label.font_name, font_size=label.font_size)
        whole, short = self._said
        text = whole if drawn.get_extents(whole)[0] <= room else short
        label.text, label.width = text, min(drawn.get_extents(text)[0] + dp(2), room)

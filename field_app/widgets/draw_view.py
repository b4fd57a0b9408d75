"""Drawing on a photo, over the whole window; what is kept is a copy."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from kivy.metrics import dp
from kivy.uix.modalview import ModalView
from kivymd.uix.boxlayout import MDBoxLayout
from kivymd.uix.label import MDLabel

from .. import look
from ..controllers.pen import Colour, Stroke
from .buttons import Switch, SwitchRow, action
from .picture_stage import PictureStage
from .question import ask
from .within_reach import hand_row

if TYPE_CHECKING:
    from ..app import XiangtuApp

#: Seen on earth, walls and leaves alike; and how thick, as part of the picture's longer side.
_COLOURS: tuple[tuple[str, Colour], ...] = (
    ("app.draw.red", (214, 20, 20)),
    ("app.draw.yellow", (255, 214, 0)),
    ("app.draw.blue", (20, 70, 210)),
)
_WIDTHS = (("app.draw.thin", 0.004), ("app.draw.thick", 0.010))


class DrawView(ModalView):
    """The window; `keep` is told the strokes, and calls back once they are kept."""

    def __init__(
        self,
        app: XiangtuApp,
        sha256: str,
        keep: Callable[[Sequence[Stroke], Callable[[], Any]], Any],
    ) -> None:
        super().__init__(background_color=(0, 0, 0, 0.8), background="", auto_dismiss=False)
        self._app, self._keep = app, keep
        self.stage = PictureStage(app, sha256)
        self.stage.pen_down = True
        self.stage.pen_colour, self.stage.pen_width = _COLOURS[0][1], _WIDTHS[0][1]
        box = MDBoxLayout(
            orientation="vertical", padding=dp(12), spacing=dp(8),
            md_bg_color=look.fixed(app.theme_cls.backgroundColor),
        )  # fmt: skip
        self._tools, self._pens = SwitchRow(app), SwitchRow(app)
        box.add_widget(self.stage)
        box.add_widget(
            MDLabel(
                text=app.say("app.draw.how"), adaptive_height=True, font_style="Body",
                role="medium",
            )
        )  # fmt: skip
        box.add_widget(self._tools)
        box.add_widget(self._pens)
        leave = action(app, "app.cancel", "close", self.back, quiet=True)
        box.add_widget(hand_row(app, leave, action(app, "app.draw.keep", "check", self._done)))
        self.add_widget(box)
        self._show_tools()

    def _show_tools(self) -> None:
        stage, say = self.stage, self._app.say
        colours = (
            Switch(
                say(code), stage.pen_down and stage.pen_colour == colour,
                lambda colour=colour: self._take_pen(colour=colour),
            )
            for code, colour in _COLOURS
        )  # fmt: skip
        widths = (
            Switch(
                say(code), stage.pen_down and stage.pen_width == width,
                lambda width=width: self._take_pen(width=width),
            )
            for code, width in _WIDTHS
        )  # fmt: skip
        self._pens.show(*colours)
        self._tools.show(
            *widths,
            Switch(say("app.draw.move"), not stage.pen_down, self._lay_down_pen),
            Switch(say("app.draw.take_back"), False, stage.take_back),
        )

    def _take_pen(self, colour: Colour | None = None, width: float | None = None) -> None:
        self.stage.pen_down = True
        self.stage.pen_colour = colour or self.stage.pen_colour
        self.stage.pen_width = width or self.stage.pen_width
        self._show_tools()

    def _lay_down_pen(self) -> None:
        self.stage.pen_down = False
        self._show_tools()

    def back(self) -> None:
        """Keep nothing; asked about where something was drawn."""
        if self.stage.strokes:
            ask(self._app, self._app.say("app.draw.really"), "app.draw.leave", self.dismiss)
        else:
            self.dismiss()

    def _done(self) -> None:
        if not self.stage.strokes:
            self._app.tell(self._app.say("app.draw.nothing"))
            return
        self._keep(tuple(self.stage.strokes), self.dismiss)

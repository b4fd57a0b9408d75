"""What was going on when the app ended: go on with it, end it, throw it away."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from kivymd.uix.label import MDLabel

from ..controllers.unfinished import Unfinished, finish
from ..local_time import local_time
from .buttons import action
from .panel import Panel
from .question import ask

if TYPE_CHECKING:
    from ..app import XiangtuApp


class UnfinishedPanel(Panel):
    """One thing that is not finished; `done` is called once it is behind."""

    def __init__(self, app: XiangtuApp, what: Unfinished, done: Callable[[], Any]) -> None:
        super().__init__(app, app.say(f"app.unfinished.{what.kind}"))
        self.app, self._what, self._done = app, what, done
        told = app.say(
            "app.unfinished.drawn_since" if self._is_drawn else "app.unfinished.since",
            layer=" ".join(
                each.in_language(app.language) for each in (what.label, what.title) if each.zh
            ),
            time=local_time(what.begun_at),
            epochs=what.epochs,
        )  # fmt: skip
        self.add_widget(MDLabel(text=told, adaptive_height=True, font_style="Body", role="large"))
        if what.kind == "track":
            self.add_widget(action(app, "app.unfinished.go_on", "play", self._go_on_with_track))
            self.add_widget(
                action(app, "app.unfinished.end", "flag-checkered", self._finish, quiet=True)
            )
            return
        if app.shell.has("capture"):
            self.add_widget(action(app, "app.unfinished.go_on", "play", self._go_on))
        self.add_widget(
            action(app, "app.unfinished.throw_away", "delete-outline", self._ask, quiet=True)
        )

    @property
    def _is_drawn(self) -> bool:
        return self._what.kind in ("shape", "split")

    def _go_on(self) -> None:
        what: dict[str, Any] = {"layer": self._what.layer, "record": self._what.record}
        if self._is_drawn:
            self.app.shell.show("draw", purpose=self._what.kind, **what)
        else:
            self.app.shell.show("capture", **what)

    def _go_on_with_track(self) -> None:
        self.app.tracking.begin(self._done)

    def _ask(self) -> None:
        code = "app.draw.throw_away_question" if self._is_drawn else "app.unfinished.sure"
        ask(
            self.app, self.app.say(code, epochs=self._what.epochs),
            "app.unfinished.throw_away", self._finish,
        )  # fmt: skip

    def _finish(self) -> None:
        fieldwork, what = self.app.fieldwork, self._what
        self.app.desk.ask(lambda: finish(fieldwork.survey, what), lambda _none: self._done())

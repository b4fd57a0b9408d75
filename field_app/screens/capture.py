"""Measuring a record: standing at its point, or walking around or along it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from kivy.clock import Clock
from kivy.metrics import dp
from kivymd.uix.boxlayout import MDBoxLayout
from kivymd.uix.label import MDLabel
from xiangtu.errors import SurveyError
from xiangtu.gnss.receiver import Listener

from ..controllers.measuring_at_work import Review, StandAtWork, StandState, WalkAtWork, WalkState
from ..widgets.question import ask
from .capture_review import ReviewWindow
from .screen import AppScreen
from .stand_view import StandView
from .walk_view import WalkView

if TYPE_CHECKING:
    from ..app import XiangtuApp

#: As often as receivers give positions; and without any, as often as the disk is written.
_EVERY_S, _AT_LEAST_EVERY_S = 0.1, 1.0

_Work = StandAtWork | WalkAtWork
_State = StandState | WalkState


class CaptureScreen(AppScreen):
    """Enter it with the `layer` and the `record`, which is there or has a draft: what is measured
    goes into that. A measurement that was begun and left goes on."""

    def __init__(self, app: XiangtuApp, **properties: Any) -> None:
        super().__init__(app, **properties)
        self._layer = self._record = ""
        self._work: _Work | None = None
        #: The view of what is measured takes the states of just that.
        self._view: Any = None
        self._listener: Listener | None = None
        self._ticking: Any = None
        #: The desk has a task of this screen whose answer is not here yet.
        self._asked = False
        self._quiet_s = 0.0
        #: The review is open: what comes in meanwhile waits.
        self._reviewing = False
        self._snap = True
        self.bind(on_pre_leave=lambda *_: self._leave())

    def title(self) -> str:
        if self._work is None:
            return super().title()
        return self._work.layer.label.in_language(self.app.language)

    def enter(self, **what: Any) -> None:
        self._layer, self._record = what["layer"], what["record"]
        self._end()
        self.clear_widgets()
        self._view, self._reviewing = None, False
        self.app.keep_awake("measuring", True)
        self._listener = self.app.receiver.listen()
        self._ticking = Clock.schedule_interval(self._tick, _EVERY_S)
        layer, record, at_work = self._layer, self._record, self.app.at_work
        here, settings = self.app.receiver.here, self.app.settings

        def task() -> tuple[_Work, _State]:
            work = at_work.open(layer, record, settings)
            return work, work.take([], here)

        self.app.desk.ask(task, self._opened, self._refused)

    # -- what its parts ask -------------------------------------------------------------------

    def do(self, step: Callable[[], _State]) -> None:
        """Have the desk take a step of the measurement, and show how it stands then."""
        self.app.desk.ask(step, self._show)

    def review(self) -> None:
        """Show what would go into the form."""
        work, snap = self._work, self._snap
        if work is None or self._reviewing:
            return
        self._reviewing = True
        self.app.desk.ask(lambda: work.review(snap=snap), self._reviewed, self._not_reviewed)

    def throw_away(self) -> None:
        """Forget the measurement, if the surveyor says so once more."""
        work = self._work
        if work is None:
            return

        def away() -> None:
            self.app.desk.ask(work.throw_away, lambda _none: self._go_back())

        question = self.app.say("app.capture.throw_away_question")
        ask(self.app, question, "app.capture.throw_away", away)

    def draw(self) -> None:
        """Go on with the corners so far on the map."""
        layer, record = self._layer, self._record
        self._go_back()
        self.app.shell.show("draw", purpose="shape", layer=layer, record=record)

    # -- inside -------------------------------------------------------------------------------

    def _opened(self, opened: tuple[_Work, _State]) -> None:
        work, state = opened
        if self._listener is None or work.record != self._record:
            return
        self._work = work
        self.app.shell.top_bar.show(self.title(), may_go_back=True)
        self.build(self._make(work, state))

    def _make(self, work: _Work, state: _State) -> Iterator[None]:
        view: StandView | WalkView = (
            StandView(self.app, self, work)
            if isinstance(work, StandAtWork)
            else WalkView(self.app, self, work)
        )
        box = MDBoxLayout(orientation="vertical")
        if work.resumed:
            box.add_widget(
                MDLabel(
                    text=self.app.say("app.capture.resumed"), adaptive_height=True,
                    font_style="Body", role="large", padding=(dp(16), dp(8), dp(16), 0),
                )
            )  # fmt: skip
        box.add_widget(view)
        self.add_widget(box)
        yield
        yield from view.make_actions()
        self._view = view
        self._show(state)

    def _refused(self, error: SurveyError) -> None:
        self.app.tell_refusal(error)
        self._go_back()

    def _tick(self, dt: float) -> None:
        if self.get_root_window() is None:
            self._end()  # made anew in another language or size, or the app has ended
            return
        work = self._work
        if work is None or self._view is None or self._listener is None:
            return
        if self._asked or self._reviewing:
            return
        fixes, here = self._listener.take(), self.app.receiver.here
        self._quiet_s = 0.0 if fixes else self._quiet_s + dt
        if not fixes and self._quiet_s < _AT_LEAST_EVERY_S:
            return
        self._quiet_s = 0.0
        self._asked = True

        def task() -> _State:
            try:
                return work.take(fixes, here)
            finally:
                self._asked = False

        self.app.desk.ask(task, self._show)

    def _show(self, state: _State) -> None:
        if self._view is not None:
            self._view.show(state)

    def _reviewed(self, review: Review) -> None:
        work = self._work
        if work is None or not self._reviewing:
            return
        ReviewWindow(
            self.app,
            review,
            snap=self._snap if work.snaps else None,
            kept=self._keep,
            snapped=self._snapping,
            left=self._go_on,
        ).open()

    def _not_reviewed(self, error: SurveyError) -> None:
        self._reviewing = False
        self.app.tell_refusal(error)

    def _snapping(self, snap: bool) -> None:
        self._snap, self._reviewing = snap, False
        self.review()

    def _go_on(self) -> None:
        self._reviewing = False

    def _keep(self, reason: str | None) -> None:
        work, snap = self._work, self._snap
        assert work is not None
        self.app.desk.ask(
            lambda: work.hand_over(snap=snap, reason=reason), self._kept, self._not_reviewed
        )

    def _kept(self, _none: None) -> None:
        self.app.device.taken()
        self.app.tell(self.app.say("app.capture.kept"))
        self._go_back()

    def _go_back(self) -> None:
        if self.app.shell.screen is self and not self.app.shell.back():
            self.app.shell.show("today")

    def _leave(self) -> None:
        """What was measured stays, and goes on when somebody enters again."""
        self._end()
        self.app.desk.ask(self.app.at_work.leave)

    def _end(self) -> None:
        """Listen no more."""
        if self._ticking is not None:
            self._ticking.cancel()
        if self._listener is not None:
            self._listener.close()
        self._ticking = self._listener = self._work = None
        self.build(None)
        self.app.keep_awake("measuring", False)

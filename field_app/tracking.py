"""Recording where the surveyor goes, on whatever screen he is."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from kivy.clock import Clock
from xiangtu.errors import SurveyError
from xiangtu.gnss.receiver import Listener

from .controllers.track_at_work import TrackAtWork, TrackState

if TYPE_CHECKING:
    from .app import XiangtuApp

#: As often as the file is written to.
_EVERY_S = 1.0


class Tracking:
    """Hands what the receiver says to the recording, on the desk's thread, once a second.

    `epochs` is how many positions the track has, None while none is recorded.
    """

    def __init__(self, app: XiangtuApp, work: TrackAtWork) -> None:
        self._app, self.work = app, work
        self.epochs: int | None = None
        self._listener: Listener | None = None
        self._told = ""
        self._on_its_way = False
        Clock.schedule_interval(lambda _dt: self._hand_on(), _EVERY_S)

    @property
    def runs(self) -> bool:
        return self._listener is not None

    def begin(self, begun: Callable[[], Any]) -> None:
        """Begin a track or go on with the one that was left off; `begun` is called then."""

        def then(state: TrackState) -> None:
            if self._listener is None:
                self._listener = self._app.receiver.listen()
            self._stands(state)
            begun()

        self._app.desk.ask(self.work.begin, then)

    def end(self, ended: Callable[[], Any]) -> None:
        """End the track, and tell how long it is; `ended` is called then."""

        def then(length_m: float | None) -> None:
            self._stop()
            self._app.tell(self._app.say("app.track.ended", length=f"{length_m or 0:.0f} m"))
            ended()

        fixes = self._taken()
        self._app.desk.ask(lambda: (self.work.take(fixes), self.work.end())[1], then)

    def _hand_on(self) -> None:
        if self._listener is None or self._on_its_way:
            return
        fixes = self._taken()
        self._on_its_way = True
        self._app.desk.ask(lambda: self.work.take(fixes), self._stands, self._refused)

    def _taken(self) -> list[Any]:
        return [] if self._listener is None else self._listener.take()

    def _stands(self, state: TrackState) -> None:
        self._on_its_way = False
        self.epochs = None if self._listener is None else state.epochs
        trouble = state.trouble.code if state.trouble else ""
        if state.trouble is not None and trouble != self._told:
            self._app.tell_refusal(state.trouble)
        self._told = trouble

    def _refused(self, error: SurveyError) -> None:
        """The track is no more: ended from the list of what was unfinished, or in another file."""
        self._on_its_way = False
        if self._listener is not None:
            self._stop()
            self._app.tell_refusal(error)

    def _stop(self) -> None:
        if self._listener is not None:
            self._listener.close()
        self._listener = self.epochs = None

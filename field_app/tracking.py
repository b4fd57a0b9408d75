"""Recording where the surveyor goes, on whatever screen he is."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from kivy.clock import Clock
from xiangtu.errors import SurveyError
from xiangtu.gnss.receiver import Listener

from .controllers.track_at_work import TrackAtWork, TrackState
from .controllers.track_in_service import TrackInService
from .platform.track_service import TrackServicePort

if TYPE_CHECKING:
    from .app import XiangtuApp

#: As often as the file is written to.
_EVERY_S = 1.0


class Tracking:
    """Hands what the receiver says to the recording, on the desk's thread, once a second; where a
    service of the system records, it follows that.

    `epochs` is how many positions the track has, None while none is recorded.
    """

    def __init__(self, app: XiangtuApp, service: TrackServicePort | None) -> None:
        self._app = app
        self._in_app = TrackAtWork(app.fieldwork)
        self._port = service
        self._in_service = (
            None if service is None else TrackInService(app.fieldwork, _OnMainThread(app, service))
        )
        self._work: TrackAtWork | TrackInService = self._in_app
        self.epochs: int | None = None
        self._listener: Listener | None = None
        self._told = ""
        self._on_its_way = False
        Clock.schedule_interval(self._hand_on, _EVERY_S)

    @property
    def runs(self) -> bool:
        return self._listener is not None

    def follow(self) -> None:
        """At the app's start: go along with the service that went on without it."""
        in_service = self._in_service
        if in_service is None:
            return

        def then(state: TrackState | None) -> None:
            if state is not None:
                self._work = in_service
                self._goes_on(state)

        self._app.desk.ask(in_service.running, then)

    def begin(self, begun: Callable[[], Any]) -> None:
        """Begin a track or go on with the one that was left off; `begun` is called then."""
        served = self._port is not None and self._app.receiver.state.address == self._port.address
        work = self._work = self._in_service if served and self._in_service else self._in_app

        def then(state: TrackState) -> None:
            self._goes_on(state)
            begun()

        self._app.desk.ask(work.begin, then)

    def leave(self) -> None:
        """Before the survey file is closed or opened anew; the recording goes on afterwards."""
        self._app.desk.ask(self._work.leave)

    def close(self) -> None:
        """The app ends: a track of its own is left off, that of a service goes on."""
        self._app.desk.ask(self._in_app.leave)

    def end(self, ended: Callable[[], Any]) -> None:
        """End the track, and tell how long it is; `ended` is called then."""

        def then(length_m: float | None) -> None:
            self._stop()
            self._app.tell(self._app.say("app.track.ended", length=f"{length_m or 0:.0f} m"))
            ended()

        fixes = self._taken()
        work = self._work
        self._app.desk.ask(lambda: (work.take(fixes), work.end())[1], then)

    def _hand_on(self, *_dt: float) -> None:
        if self._listener is None or self._on_its_way:
            return
        fixes = self._taken()
        self._on_its_way = True
        work = self._work
        self._app.desk.ask(lambda: work.take(fixes), self._stands, self._refused)

    def _taken(self) -> list[Any]:
        return [] if self._listener is None else self._listener.take()

    def _goes_on(self, state: TrackState) -> None:
        if self._listener is None:
            self._listener = self._app.receiver.listen()
            # A service records with the screen off; the app itself would be stopped.
            self._app.keep_awake("track", self._work is self._in_app)
        self._stands(state)

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
            self._app.keep_awake("track", False)
        self._listener = self.epochs = None


class _OnMainThread:
    """The service, asked for where Android finds the app's own classes, and only while the app is
    in front: Kivy's clock stands still when it is not."""

    def __init__(self, app: XiangtuApp, port: TrackServicePort) -> None:
        self._app, self._port = app, port

    def start(self) -> None:
        Clock.schedule_once(lambda _dt: self._start(), 0)

    def stop(self) -> None:
        Clock.schedule_once(lambda _dt: self._port.stop(), 0)

    def _start(self) -> None:
        self._port.start(self._app.folder, self._app.say("app.track.sign"))

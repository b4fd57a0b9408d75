"""Taking photos with the device's camera, for whichever record is open."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from kivy.clock import Clock
from xiangtu.errors import SurveyError

from .controllers import shots
from .platform.camera import CameraPort

if TYPE_CHECKING:
    from .app import XiangtuApp

Taken = Callable[[tuple[str, ...]], Any]


class Shooting:
    """Opens the camera and hands what it made to the desk. One photo at a time: while the camera
    is open, what it has not finished is not looked at."""

    def __init__(self, app: XiangtuApp, port: CameraPort) -> None:
        self._app, self.port = app, port
        self._open = False

    def shoot(self, record: str, layer: str, taken: Taken) -> None:
        """Have a photo of a record taken; `taken` is told the attachments that came of it, none
        where the camera was closed without a photo. What goes wrong is told the surveyor."""
        if self._open:
            return
        app = self._app
        try:
            ticket = self.port.ticket()
        except SurveyError as error:
            app.tell_refusal(error)
            return
        self._open = True
        # The surveyor aims at it now; in the camera's own app the compass is not ours to read.
        fix = app.receiver.here
        shot = shots.Shot(ticket, record, layer, app.compass.bearing_deg(fix), fix)

        def written(_none: None) -> None:
            self.port.open(ticket, self._on_main(self._closed, taken), self._on_main(self._refused))

        def not_written(error: SurveyError) -> None:
            self._open = False
            self.port.forget(ticket)
            app.tell_refusal(error)

        app.desk.ask(lambda: shots.expect(app.fieldwork.survey, shot), written, not_written)

    def collect(self, taken: Taken) -> None:
        """Take in what the camera made while the app was gone, or could not be kept before;
        `taken` is told of it if there is something."""
        if not self._open:
            self._take_in(lambda photos: taken(photos) if photos else None, with_fix=False)

    def _closed(self, taken: Taken) -> None:
        self._open = False
        self._take_in(taken, with_fix=True)

    def _refused(self, error: SurveyError) -> None:
        self._open = False
        self._app.tell_refusal(error)
        self._take_in(lambda _none: None, with_fix=False)

    def _take_in(self, taken: Taken, *, with_fix: bool) -> None:
        app, port = self._app, self.port
        fix = app.receiver.here if with_fix else None
        offset_min = utc_offset_min()

        def told(found: shots.TakenIn) -> None:
            taken(found.photos)
            # Over whatever opens for the photos.
            for each in found.refusals:
                app.tell_refusal(each)

        app.desk.ask(
            lambda: shots.take_in(
                app.fieldwork.survey, port.photo, port.forget, fix=fix, utc_offset_min=offset_min
            ),
            told,
        )

    @staticmethod
    def _on_main(call: Callable[..., Any], *more: Any) -> Callable[..., None]:
        """The port calls back on a thread of its own."""

        def soon(*said: Any) -> None:
            Clock.schedule_once(lambda _dt: call(*said, *more), 0)

        return soon


def utc_offset_min() -> int:
    """How far the tablet's clock is ahead of UTC, for cameras that do not say theirs."""
    offset = datetime.now().astimezone().utcoffset()
    return round(offset.total_seconds() / 60) if offset else 0

"""The track that a service of its own process records, as the app sees it: by the survey file."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Protocol

from xiangtu.errors import BadInput, FileBusy
from xiangtu.gnss.fix import Fix

from .recording import TrackRecording, UnfinishedTrack, end_unfinished, unfinished
from .start import Fieldwork
from .track_at_work import TrackState

#: The system ends a process within that time, and takes its claim from it.
_ENDING_S, _LOOK_S = 10.0, 0.05


class Service(Protocol):
    """Has `track_service` run, or ends its process; may be asked on any thread."""

    def start(self) -> None: ...

    def stop(self) -> None: ...


class TrackInService:
    """As TrackAtWork, to be used on the thread that has the survey file.

    The service records what it hears itself: what is given to `take` is not looked at.
    """

    def __init__(
        self, fieldwork: Fieldwork, service: Service, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._fieldwork, self._service, self._clock = fieldwork, service, clock
        self._uuid: str | None = None

    def running(self) -> TrackState | None:
        """The track that goes on though the app was gone, to be followed; None if there is none."""
        if not self._fieldwork.has_assignment:
            return None
        for track in unfinished(self._fieldwork.survey):
            if track.running:
                self._uuid = track.uuid
                return TrackState(track.epochs, None)
        return None

    def begin(self) -> TrackState:
        """Begin a track, go on with the one that was left off, or follow the one that runs.

        BadFile("tablet.no_assignment").
        """
        survey = self._fieldwork.survey
        left = unfinished(survey)
        if left:
            self._uuid = left[0].uuid
        else:
            with TrackRecording.begin(survey) as begun:
                self._uuid = begun.uuid
        self._service.start()
        return self.take(())

    def take(self, fixes: Sequence[Fix]) -> TrackState:
        """How the track stands; a service that the system ended is started again.

        BadInput("field.recording.none") if the track is no more.
        """
        track = self._track()
        if not track.running:
            self._service.start()
        return TrackState(track.epochs, None)

    def end(self) -> float | None:
        """End the track with its last position; metres of its line, None where there was none.

        BadInput("field.recording.none"); FileBusy if the service does not leave off: it then goes
        on.
        """
        uuid = self._track().uuid
        self.leave()
        survey = self._fieldwork.survey
        end_unfinished(survey, uuid)
        self._uuid = None
        survey.refresh_derived("track", [uuid])
        track = survey.get("track", uuid)
        return None if track is None else track["length_m"]

    def leave(self) -> None:
        """Have the service let the file go: the next `take` starts it again.

        FileBusy("field.recording.running") if it does not.
        """
        if self._uuid is None:
            return
        self._service.stop()
        ends_at = self._clock() + _ENDING_S
        while self._track().running:
            if self._clock() > ends_at:
                raise FileBusy("field.recording.running", path=str(self._fieldwork.survey.path))
            time.sleep(_LOOK_S)

    def _track(self) -> UnfinishedTrack:
        for track in unfinished(self._fieldwork.survey):
            if track.uuid == self._uuid:
                return track
        uuid, self._uuid = self._uuid, None
        raise BadInput("field.recording.none", uuid=uuid or "")

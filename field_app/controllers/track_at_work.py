"""The track that is recorded while the app runs; it outlives every screen, and the survey file
being opened anew for another assignment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from xiangtu.errors import BadFile, BadInput, FileBusy
from xiangtu.gnss.fix import Fix

from .recording import TrackRecording, unfinished
from .start import Fieldwork


@dataclass(frozen=True)
class TrackState:
    """How a recording stands: its positions so far, and why they wait to be written, if so."""

    epochs: int
    trouble: BadFile | FileBusy | None


class TrackAtWork:
    """To be used on the thread that has the survey file."""

    def __init__(self, fieldwork: Fieldwork) -> None:
        self._fieldwork = fieldwork
        self._recording: TrackRecording | None = None
        #: The track that goes on, also while nothing is written to it.
        self._uuid: str | None = None

    def begin(self) -> TrackState:
        """Begin a track, or go on with the one that was left off.

        FileBusy("field.recording.running") while another process records; BadFile
        ("tablet.no_assignment").
        """
        survey = self._fieldwork.survey
        left = [each for each in unfinished(survey) if not each.running]
        if left:
            self._recording = TrackRecording.resume(survey, left[0].uuid)
        else:
            self._recording = TrackRecording.begin(survey)
        self._uuid = self._recording.uuid
        return self._state(self._recording)

    def take(self, fixes: Sequence[Fix]) -> TrackState:
        """Record what came in, none too; it goes on in the file that is open now.

        BadInput("field.recording.none") if nothing is recorded, or the track has been ended
        elsewhere.
        """
        if self._uuid is None:
            raise BadInput("field.recording.none", uuid="")
        if self._recording is None:
            self._recording = TrackRecording.resume(self._fieldwork.survey, self._uuid)
        for fix in fixes:
            self._recording.add(fix)
        self._recording.tick()
        return self._state(self._recording)

    def end(self) -> float | None:
        """End the track; metres of its line, None where there was no position.

        BadFile or FileBusy if that cannot be written: it then goes on.
        """
        self.take(())
        assert self._recording is not None and self._uuid is not None
        self._recording.end()
        survey, uuid = self._fieldwork.survey, self._uuid
        self._recording = self._uuid = None
        survey.refresh_derived("track", [uuid])
        track = survey.get("track", uuid)
        return None if track is None else track["length_m"]

    def leave(self) -> None:
        """Write what waits and let the file go: the next `take` goes on, or the next start of the
        app. BadFile or FileBusy if that cannot be written."""
        recording, self._recording = self._recording, None
        if recording is not None:
            recording.close()

    def _state(self, recording: TrackRecording) -> TrackState:
        return TrackState(recording.epochs, recording.trouble)

"""A track while it is recorded: epoch by epoch into the survey file, so that what was recorded is
there whenever the process is killed.

Plain Python without the app: on Android a service of its own process records, with its own
connection to the survey file. One tablet records one track at a time.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import groupby
from operator import itemgetter
from types import TracebackType

from xiangtu.errors import BadFile, BadInput, FileBusy
from xiangtu.gnss.fix import Fix
from xiangtu.gnss.track_line import line_of
from xiangtu.store import UNCHANGED, SurveyFile, raw_fixes
from xiangtu.store.claims import Claim, claim, claimed
from xiangtu.store.values import stamp

from .answers import stored
from .write_behind import WriteBehind

_LAYER = "track"
_CLAIM = "recording"
#: Epochs that may wait for a disk that is full: an hour at 10 Hz, some 20 MB.
MOST_WAITING = 36_000


@dataclass(frozen=True)
class UnfinishedTrack:
    """A track that has not been ended: it is being recorded (`running`), or whoever recorded it
    was killed.

    `layer` and `record` say what is measured, if anything; `epochs` are those in the file, the
    last of them with a position at `longitude_deg`, `latitude_deg`, the last of all received at
    `last_at` (UTC, of the tablet's clock).
    """

    uuid: str
    purpose: str
    layer: str | None
    record: str | None
    started_at: str
    epochs: int
    longitude_deg: float | None
    latitude_deg: float | None
    last_at: str | None
    running: bool


class TrackRecording:
    """Records one track; made by `begin` and `resume`, ended by `end`.

    `close`, or the end of a `with` block, leaves off without ending it: it can be resumed.

    Attributes
    ----------
    uuid : str
        The track's record, which is there from the beginning on.
    """

    def __init__(
        self, survey: SurveyFile, uuid: str, held: Claim, clock: Callable[[], float]
    ) -> None:
        self._survey = survey
        self.uuid = uuid
        self._claim = held
        self._paused = False
        self._part = stamp(datetime.now(UTC))
        #: Epochs, each with the stretch that it belongs to.
        self._behind: WriteBehind[tuple[str, Fix]] = WriteBehind(
            self._write, most=MOST_WAITING, clock=clock
        )

    @classmethod
    def begin(
        cls,
        survey: SurveyFile,
        purpose: str = "travel",
        *,
        layer: str | None = None,
        record: str | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> TrackRecording:
        """Begin a track, of the way to work or along what is measured (`record` of `layer`).

        A new record, which is in no file before its form is confirmed, is not put down: the county
        would hold the track back for one that may never come. The layer is, all the same.

        Raises
        ------
        FileBusy
            "field.recording.running" while one is recorded, here or in another process.
        BadInput
            "field.recording.unfinished" if one waits to be resumed or ended;
            "field.answer.code" for another purpose than the code list has.
        """
        code = stored(survey.catalogue, survey.catalogue.layer(_LAYER).fields["purpose"], purpose)
        if layer is None or record is None or survey.get(layer, record) is None:
            record = None
        held = _claimed(survey)
        try:
            for before in unfinished(survey):
                raise BadInput(
                    "field.recording.unfinished",
                    started_at=before.started_at,
                    epochs=before.epochs,
                )
            values = {
                "author": survey.author or None,
                "purpose": code,
                "layer": layer,
                "record": record,
                "started_at": stamp(datetime.now(UTC)),
            }
            return cls(survey, survey.insert(_LAYER, values), held, clock)
        except BaseException:
            held.release()
            raise

    @classmethod
    def resume(
        cls, survey: SurveyFile, uuid: str, *, clock: Callable[[], float] = time.monotonic
    ) -> TrackRecording:
        """Go on with a track that was left off; the line begins a new part.

        FileBusy("field.recording.running"); BadInput("field.recording.none") if there is no such
        track that has not been ended.
        """
        held = _claimed(survey)
        try:
            _require_unfinished(survey, uuid)
            return cls(survey, uuid, held, clock)
        except BaseException:
            held.release()
            raise

    def __enter__(self) -> TrackRecording:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            self.close()
        except (BadFile, FileBusy):
            if error is None:
                raise  # else what ended the block is what is to be told

    # -- while recording ----------------------------------------------------------------------

    def add(self, fix: Fix) -> None:
        """Record an epoch, one without a position too; none while paused."""
        if self._paused:
            return
        if fix.tablet_time is None:
            fix = replace(fix, tablet_time=datetime.now(UTC))
        self._behind.add((self._part, fix))

    def tick(self) -> None:
        """Write what waits, if it is time; to be called while no epoch comes in."""
        self._behind.tick()

    def pause(self) -> None:
        """Record nothing until `go_on`."""
        self._paused = True

    def go_on(self) -> None:
        """Record again; the line begins a new part."""
        if self._paused:
            self._part = stamp(datetime.now(UTC))
            self._paused = False

    @property
    def paused(self) -> bool:
        return self._paused

    @property
    def trouble(self) -> BadFile | FileBusy | None:
        """Why epochs wait to be written (a full disk…), to be told; None if all is well."""
        return self._behind.trouble

    @property
    def waiting(self) -> int:
        """Epochs that are not in the file yet."""
        return self._behind.waiting

    @property
    def given_up(self) -> int:
        """Epochs that were thinned out since the file could not be written for too long."""
        return self._behind.given_up

    @property
    def epochs(self) -> int:
        """Epochs of the track, in the file or on their way there."""
        return raw_fixes.highest(self._survey, self.uuid) + self._behind.waiting

    # -- ending -------------------------------------------------------------------------------

    def end(self) -> None:
        """End the track: write its line and when it ended.

        BadFile or FileBusy if that cannot be written: the recording then goes on.
        """
        self._behind.flush()
        _write_line(self._survey, self.uuid, stamp(datetime.now(UTC)))
        self._claim.release()

    def close(self) -> None:
        """Leave off; what waits is written before, else BadFile or FileBusy."""
        try:
            self._behind.flush()
        finally:
            self._claim.release()

    def _write(self, epochs: list[tuple[str, Fix]]) -> None:
        with self._survey.atomic():
            for part, some in groupby(epochs, key=itemgetter(0)):
                self._survey.keep_fixes(self.uuid, (fix for _, fix in some), part=part)


def unfinished(survey: SurveyFile) -> list[UnfinishedTrack]:
    """Tracks that have not been ended, the latest first: what a killed app left, and the one that
    is being recorded."""
    columns = ("uuid", "purpose", "layer", "record", "started_at")
    tracks = list(survey.select(_LAYER, "ended_at IS NULL", columns=columns))
    running = bool(tracks) and claimed(survey.path, _CLAIM)
    found = []
    for track in sorted(tracks, key=lambda each: str(each["started_at"]), reverse=True):
        place = survey.connection.execute(
            "SELECT longitude_deg, latitude_deg FROM fix WHERE record = ? AND fix_type <> 'none' "
            "ORDER BY sequence DESC LIMIT 1",
            (track["uuid"],),
        ).fetchone()
        longitude_deg, latitude_deg = place or (None, None)
        found.append(
            UnfinishedTrack(
                **track,
                epochs=raw_fixes.highest(survey, track["uuid"]),
                longitude_deg=longitude_deg,
                latitude_deg=latitude_deg,
                last_at=_last_at(survey, track["uuid"]),
                running=running,
            )
        )
    return found


def end_unfinished(survey: SurveyFile, uuid: str) -> None:
    """End a track that was left off: it ended with its last epoch.

    FileBusy("field.recording.running"), BadInput("field.recording.none").
    """
    held = _claimed(survey)
    try:
        started_at = _require_unfinished(survey, uuid)
        _write_line(survey, uuid, _last_at(survey, uuid) or started_at)
    finally:
        held.release()


def _claimed(survey: SurveyFile) -> Claim:
    held = claim(survey.path, _CLAIM)
    if held is None:
        raise FileBusy("field.recording.running", path=str(survey.path))
    return held


def _require_unfinished(survey: SurveyFile, uuid: str) -> str:
    """When the track was begun."""
    for track in survey.select(_LAYER, "uuid = ? AND ended_at IS NULL", (uuid,)):
        return str(track["started_at"])
    raise BadInput("field.recording.none", uuid=uuid)


def _last_at(survey: SurveyFile, uuid: str) -> str | None:
    row = survey.connection.execute(
        "SELECT tablet_time FROM fix WHERE record = ? ORDER BY sequence DESC LIMIT 1", (uuid,)
    ).fetchone()
    return row[0] if row else None


def _write_line(survey: SurveyFile, uuid: str, ended_at: str) -> None:
    line = line_of(**raw_fixes.course(survey, uuid), srid=survey.srid)
    survey.update(_LAYER, uuid, {"ended_at": ended_at}, UNCHANGED if line is None else line)

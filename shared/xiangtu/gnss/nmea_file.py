"""A recorded file of NMEA sentences, replayed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import BinaryIO

from ..errors import BadFile
from .condition import ENDED
from .epochs import EpochJoiner
from .fix import Fix
from .framing import SentenceFramer
from .satellites import Satellite
from .source import Source

_PIECE_BYTES = 1 << 16
#: A stretch without sentences is not waited out longer than this when replaying.
_LONGEST_PAUSE_S = 30.0
#: Between epochs that do not say their date.
_SILENT_EPOCH_S = 1.0


class NmeaFile(Source):
    """The fixes of a file.

    Parameters
    ----------
    path : Path
    speed : float, optional
        1 replays as recorded, 10 ten times as fast; None as fast as can be.
    on : date, optional
        The date of the first epoch, for recordings that never say one.

    Raises
    ------
    BadFile
        "gnss.file.missing" or "gnss.file.unreadable", when it is made and wherever it can be read
        no further; "gnss.file.no_sentences" at its end, if there was not one.
    """

    def __init__(self, path: Path, *, speed: float | None = None, on: date | None = None) -> None:
        super().__init__(str(path))
        self._path = path
        self._speed = speed
        with self._told(), path.open("rb"):
            pass
        self._joiner = EpochJoiner("nmea", self.counts, on=on)

    def steps(self) -> Iterator[Fix | None]:
        previous: datetime | None = None
        for fix in self._all():
            if self._speed:
                pause_s = _SILENT_EPOCH_S
                if fix.time is not None and previous is not None:
                    pause_s = (fix.time - previous).total_seconds()
                previous = fix.time
                yield from self._rest(min(max(pause_s, 0.0), _LONGEST_PAUSE_S) / self._speed)
            if self.closed:
                break
            yield self._received(fix)
        self._end(ENDED)

    def sky(self) -> tuple[Satellite, ...]:
        return self._joiner.sky()

    def _all(self) -> Iterator[Fix]:
        framer, joiner = SentenceFramer(self.counts), self._joiner
        with self._told():
            stream = self._path.open("rb")
        with stream:
            while piece := self._read(stream):
                self._heard()
                for sentence in framer.feed(piece):
                    self.lines.append(sentence)
                    fix = joiner.feed(sentence)
                    if fix is not None:
                        yield fix
        framer.finish()
        last = joiner.flush()
        if last is not None:
            yield last
        if not self.counts.sentences:
            raise BadFile("gnss.file.no_sentences", path=str(self._path))

    def _read(self, stream: BinaryIO) -> bytes:
        with self._told():
            return stream.read(_PIECE_BYTES)

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Why the file cannot be read, as a BadFile."""
        try:
            yield
        except FileNotFoundError:
            raise BadFile("gnss.file.missing", path=str(self._path)) from None
        except OSError as error:
            reason = error.strerror or str(error)
            raise BadFile("gnss.file.unreadable", path=str(self._path), reason=reason) from None

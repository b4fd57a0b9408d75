"""A recorded file of NMEA sentences, replayed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import BinaryIO

from ..errors import BadFile
from .epochs import EpochJoiner
from .fix import Fix
from .framing import SentenceFramer, StreamCounts
from .source import CLOSED, ENDED, Source

_PIECE_BYTES = 1 << 16
#: A stretch without sentences is not waited out longer than this when replaying.
_LONGEST_PAUSE_S = 30.0


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
        "gnss.file.missing" or "gnss.file.unreadable", when it is made, not when it is read.
    """

    def __init__(self, path: Path, *, speed: float | None = None, on: date | None = None) -> None:
        super().__init__(str(path))
        self._path = path
        self._speed = speed
        self._on = on
        try:
            with path.open("rb"):
                pass
        except FileNotFoundError:
            raise BadFile("gnss.file.missing", path=str(path)) from None
        except OSError as error:
            reason = error.strerror or str(error)
            raise BadFile("gnss.file.unreadable", path=str(path), reason=reason) from None

    def steps(self) -> Iterator[Fix | None]:
        previous: datetime | None = None
        for fix in self._all():
            if self._speed and fix.time is not None:
                if previous is not None:
                    pause_s = (fix.time - previous).total_seconds() / self._speed
                    self._closing.wait(min(max(pause_s, 0.0), _LONGEST_PAUSE_S))
                previous = fix.time
            if self.closed:
                break
            yield self._received(fix)
        self.status = CLOSED if self.closed else ENDED

    def _all(self) -> Iterator[Fix]:
        with self._path.open("rb") as stream:
            yield from fixes_in(stream, self.counts, self._on)


def fixes_in(
    stream: BinaryIO, counts: StreamCounts | None = None, on: date | None = None
) -> Iterator[Fix]:
    """The fixes in a stream of NMEA sentences that has an end; what is no sentence is counted."""
    counts = counts or StreamCounts()
    framer = SentenceFramer(counts)
    joiner = EpochJoiner("nmea", counts, on=on)
    while piece := stream.read(_PIECE_BYTES):
        for sentence in framer.feed(piece):
            fix = joiner.feed(sentence)
            if fix is not None:
                yield fix
    framer.finish()
    last = joiner.flush()
    if last is not None:
        yield last

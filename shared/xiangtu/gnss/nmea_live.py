"""NMEA sentences as a receiver says them, over whatever link."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from .condition import LISTENING
from .epochs import EpochJoiner
from .fix import Fix
from .framing import SentenceFramer
from .live import Link, LiveSource
from .satellites import Satellite


class Opener(Protocol):
    """What makes links to one receiver, one after the other."""

    def open(self) -> Link | None:
        """A new link, None if nobody came within a step; OSError if there is none to be had."""

    def close(self) -> None:
        """Let go of what is held between links."""


class NmeaLive(LiveSource):
    """Fixes from the NMEA sentences that come over links of an opener."""

    def __init__(self, name: str, opener: Opener, **waits: float) -> None:
        super().__init__(name, **waits)
        self._opener = opener
        self._reset()

    def _open(self) -> Link | None:
        return self._opener.open()

    def _give_up(self) -> None:
        self._opener.close()

    def _reset(self) -> None:
        self._framer = SentenceFramer(self.counts)
        self._joiner = EpochJoiner("nmea", self.counts, live=True)

    def _take(self, data: bytes) -> Iterator[Fix]:
        for sentence in self._framer.feed(data):
            self.lines.append(sentence)
            fix = self._joiner.feed(sentence)
            if fix is not None:
                yield fix

    def _pause(self) -> Fix | None:
        return self._joiner.flush()

    def sky(self) -> tuple[Satellite, ...]:
        return self._joiner.sky()


class NmeaListening(NmeaLive):
    """One that waits for somebody to connect."""

    looking = LISTENING


class SerialOpener(Opener, Protocol):
    """One whose rate may have to be found."""

    def try_another_rate(self) -> bool:
        """Go on to the next rate; False where there is but one."""


class NmeaSerial(NmeaLive):
    """One at the end of a cable."""

    def __init__(self, name: str, opener: SerialOpener, **waits: float) -> None:
        super().__init__(name, opener, **waits)
        self._port = opener

    def _something_else(self) -> bool:
        return self._port.try_another_rate()

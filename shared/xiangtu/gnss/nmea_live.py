"""NMEA sentences as a receiver says them, over whatever link."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Protocol

from .condition import LISTENING
from .epochs import EpochJoiner
from .fix import Fix
from .framing import SentenceFramer
from .live import Link, LiveSource
from .satellites import Satellite

#: A receiver whose epochs lie so far apart may pause within one, for so many steps.
_SLOW = timedelta(seconds=0.9)
_STEPS_OF_A_SLOW_ONE = 3


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
        self._silent_steps = 0
        self._times: deque[datetime] = deque(maxlen=2)

    def _take(self, data: bytes) -> Iterator[Fix]:
        self._silent_steps = 0
        for sentence in self._framer.feed(data):
            self.lines.append(sentence)
            fix = self._joiner.feed(sentence)
            if fix is not None:
                yield self._noted(fix)

    def _pause(self, *, ended: bool) -> Fix | None:
        self._silent_steps += 1
        if not ended and self._silent_steps < self._steps_within_an_epoch():
            return None
        fix = self._joiner.flush()
        return fix and self._noted(fix)

    def _noted(self, fix: Fix) -> Fix:
        if fix.time is not None:
            self._times.append(fix.time)
        return fix

    def _steps_within_an_epoch(self) -> int:
        """How long a receiver may be silent before it has more to say of an epoch: over Bluetooth,
        one that speaks once a second takes half of it."""
        if len(self._times) == 2 and self._times[1] - self._times[0] < _SLOW:
            return 1
        return _STEPS_OF_A_SLOW_ONE

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

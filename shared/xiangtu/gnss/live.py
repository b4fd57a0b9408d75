"""A live source that outlives its connection: lost, tried again with back-off, found again."""

from __future__ import annotations

import errno
import socket
import time
from abc import abstractmethod
from collections.abc import Iterator
from typing import Protocol

from .condition import (
    CONNECTING,
    LISTENING,
    LOST,
    NO_EPOCHS,
    NO_POSITION,
    NO_RECEIVER,
    NOT_NMEA,
    RECEIVING,
    SILENT,
    WAITING,
)
from .fix import Fix
from .framing import StreamCounts
from .source import Source

#: Said to be silent after this, taken for dead (a cable pulled, a daemon hung) after that.
SILENT_AFTER_S = 3.0
DEAD_AFTER_S = 30.0
#: So many bytes without one sentence are something else than what they should be.
NOT_NMEA_BYTES = 600

_REASONS: tuple[tuple[type[OSError], str], ...] = (
    (ConnectionRefusedError, "gnss.reason.refused"),
    (ConnectionError, "gnss.reason.ended"),
    (socket.gaierror, "gnss.reason.unknown_host"),
    (TimeoutError, "gnss.reason.no_answer"),
    (FileNotFoundError, "gnss.reason.no_device"),
    (PermissionError, "gnss.reason.not_permitted"),
)
_REASONS_BY_NUMBER = {
    errno.EADDRINUSE: "gnss.reason.port_in_use",
    errno.EADDRNOTAVAIL: "gnss.reason.not_this_machine",
    errno.EHOSTUNREACH: "gnss.reason.unreachable",
    errno.ENETUNREACH: "gnss.reason.unreachable",
    errno.ENOENT: "gnss.reason.no_device",
    errno.ENXIO: "gnss.reason.no_device",
    errno.EACCES: "gnss.reason.not_permitted",
    errno.EBUSY: "gnss.reason.taken",
    errno.EIO: "gnss.reason.pulled_out",
}


class Link(Protocol):
    """An open way to a receiver."""

    def read(self) -> bytes | None:
        """Bytes, or None if none came within a step; b"" at the end, OSError if it broke."""

    def close(self) -> None:
        """Give it up."""


class LiveSource(Source):
    """A source at the other end of a link that may break.

    Parameters
    ----------
    first_wait_s, longest_wait_s : float
        How long to wait before trying again: doubled each time, back to the first when data came.
    """

    #: A listener waits for somebody; others look for them.
    looking = CONNECTING

    def __init__(
        self, name: str, *, first_wait_s: float = 0.5, longest_wait_s: float = 10.0
    ) -> None:
        super().__init__(name)
        self._first_wait_s = first_wait_s
        self._longest_wait_s = longest_wait_s
        self.status = self.looking
        #: How often the link was made; more than 1 means that it was lost in between.
        self.connections = 0

    @abstractmethod
    def _open(self) -> Link | None:
        """A new link; None if nobody came within a step; OSError if there is none to be had."""

    @abstractmethod
    def _take(self, data: bytes) -> Iterator[Fix]:
        """The fixes that `data` completes."""

    @abstractmethod
    def _pause(self, *, ended: bool) -> Fix | None:
        """The other side has been silent for a step, or has `ended`: the fix of the epoch said
        last, if there is one and nothing more is to be said of it."""

    @abstractmethod
    def _reset(self) -> None:
        """Forget what was half said: a new connection begins."""

    def _give_up(self) -> None:
        """The source ends: let go of what is held between links."""

    def steps(self) -> Iterator[Fix | None]:
        try:
            yield from self._try_again_and_again()
        finally:
            self._give_up()
        self._end()

    def _try_again_and_again(self) -> Iterator[Fix | None]:
        wait_s = self._first_wait_s
        while not self.closed:
            try:
                link = self._open()
            except OSError as error:
                self.reason = reason_of(error)
                self.status = LOST if self.connections else CONNECTING
            else:
                if link is None:
                    self.status = LISTENING
                    yield None
                    continue
                self.connections += 1
                self.status, self.reason = WAITING, ""
                before = self.counts.bytes
                try:
                    yield from self._receive(link)
                finally:
                    link.close()
                if self.counts.bytes > before:
                    wait_s = self._first_wait_s
                if self.status not in (NOT_NMEA, NO_EPOCHS):
                    self.status = LOST
            yield from self._rest(wait_s)
            wait_s = min(2 * wait_s, self._longest_wait_s)

    def _receive(self, link: Link) -> Iterator[Fix | None]:
        """All that one link gives, until it is lost."""
        self._reset()
        self._heard()
        said = _Said(self.counts)
        while not self.closed:
            try:
                data = link.read()
            except OSError as error:
                self.reason = reason_of(error)
                break
            if data is None:
                silent_s = self._silent_s()
                if silent_s > DEAD_AFTER_S:
                    self.reason = "gnss.reason.no_data"
                    break
                fix = self._pause(ended=False)
                if fix is not None or silent_s > SILENT_AFTER_S:
                    said.begin_anew()
                if silent_s > SILENT_AFTER_S and self.status != NO_RECEIVER:
                    self.status = SILENT
                yield self._received(fix)
                continue
            if not data:
                self.reason = "gnss.reason.ended"
                break
            self._heard()
            fixes = False
            said.something()
            for fix in self._take(data):
                fixes = True
                said.begin_anew()
                yield self._received(fix)
            if said.nothing_sound:
                if said.bytes > NOT_NMEA_BYTES:
                    self.status = NOT_NMEA
                    if self._something_else():
                        break
            elif self.status in (NOT_NMEA, SILENT):
                self.status = WAITING
            if said.barren_s > SILENT_AFTER_S and self.status in (WAITING, RECEIVING, NO_POSITION):
                self.status = NO_EPOCHS
            if said.unsound_s > DEAD_AFTER_S and self._something_else():
                break
            if not fixes:
                yield None
        # What was said before the link broke is still true.
        last = self._pause(ended=True)
        if last is not None and not self.closed:
            yield self._received(last)

    def _something_else(self) -> bool:
        """No sentence in what comes: whether trying otherwise may help."""
        return False


class _Said:
    """What came over one link: whether there were sentences in it, and epochs."""

    def __init__(self, counts: StreamCounts) -> None:
        self._counts = counts
        self._began, self._first = counts.bytes, counts.sentences
        self._sentences, self._sound_at = counts.sentences, time.monotonic()
        self._barren_since: float | None = None

    def something(self) -> None:
        """Data came."""
        now = time.monotonic()
        if self._counts.sentences != self._sentences:
            self._sentences, self._sound_at = self._counts.sentences, now
        if self._barren_since is None:
            self._barren_since = now

    def begin_anew(self) -> None:
        """An epoch was made of what came, or it is too long ago to matter."""
        self._barren_since = None

    @property
    def bytes(self) -> int:
        return self._counts.bytes - self._began

    @property
    def nothing_sound(self) -> bool:
        """There was not one sentence."""
        return self._counts.sentences == self._first

    @property
    def unsound_s(self) -> float:
        """For how long no sentence has been in what came."""
        return time.monotonic() - self._sound_at

    @property
    def barren_s(self) -> float:
        """For how long data has come that made no epoch."""
        return 0.0 if self._barren_since is None else time.monotonic() - self._barren_since


def reason_of(error: OSError) -> str:
    """Why there is no link: a code that has words, else what the system says."""
    for kind, code in _REASONS:
        if isinstance(error, kind):
            return code
    return _REASONS_BY_NUMBER.get(error.errno or 0) or error.strerror or str(error)

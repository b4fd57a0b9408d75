"""A live source that outlives its connection: lost, tried again with back-off, found again."""

from __future__ import annotations

import socket
import time
from abc import abstractmethod
from collections.abc import Iterator

from .fix import Fix
from .source import CLOSED, CONNECTING, LOST, NO_RECEIVER, SILENT, STEP_S, WAITING, Source

CONNECT_TIMEOUT_S = 5.0
#: Said to be silent after this, taken for dead (a cable pulled, a daemon hung) after that.
SILENT_AFTER_S = 3.0
DEAD_AFTER_S = 30.0
_READ_BYTES = 1 << 14


class ConnectionSource(Source):
    """A source at the other end of a TCP connection.

    Parameters
    ----------
    host, port
    first_wait_s, longest_wait_s : float
        How long to wait before trying again: doubled each time, back to the first when data came.
    """

    def __init__(
        self,
        name: str,
        host: str,
        port: int,
        *,
        first_wait_s: float = 0.5,
        longest_wait_s: float = 10.0,
    ) -> None:
        super().__init__(name)
        self._host = host
        self._port = port
        self._first_wait_s = first_wait_s
        self._longest_wait_s = longest_wait_s
        self.status = CONNECTING
        #: How often the connection was made; more than 1 means that it was lost in between.
        self.connections = 0

    @abstractmethod
    def _connect(self) -> socket.socket:
        """A connected socket; OSError if there is nothing (yet)."""

    @abstractmethod
    def _take(self, data: bytes) -> Iterator[Fix]:
        """The fixes that `data` completes."""

    @abstractmethod
    def _pause(self) -> Fix | None:
        """The other side fell silent for a moment: the fix of the epoch said last, if any."""

    @abstractmethod
    def _reset(self) -> None:
        """Forget what was half said: a new connection begins."""

    def steps(self) -> Iterator[Fix | None]:
        wait_s = self._first_wait_s
        while not self.closed:
            try:
                connection = self._connect()
            except OSError:
                self.status = LOST if self.connections else CONNECTING
            else:
                self.connections += 1
                self.status = WAITING
                with connection:
                    before = self.counts.bytes
                    yield from self._receive(connection)
                if self.counts.bytes > before:
                    wait_s = self._first_wait_s
                self.status = LOST
            yield from self._wait(wait_s)
            wait_s = min(2 * wait_s, self._longest_wait_s)
        self.status = CLOSED

    def _receive(self, connection: socket.socket) -> Iterator[Fix | None]:
        """All that one connection gives, until it is lost."""
        self._reset()
        connection.settimeout(STEP_S)
        heard_at = time.monotonic()
        while not self.closed:
            try:
                data = connection.recv(_READ_BYTES)
            except TimeoutError:
                silent_s = time.monotonic() - heard_at
                if silent_s > DEAD_AFTER_S:
                    break
                if silent_s > SILENT_AFTER_S and self.status != NO_RECEIVER:
                    self.status = SILENT
                yield self._received(self._pause())
                continue
            except OSError:
                break
            if not data:
                break
            heard_at = time.monotonic()
            for fix in self._take(data):
                yield self._received(fix)
        # What was said before the connection broke is still true.
        last = self._pause()
        if last is not None and not self.closed:
            yield self._received(last)

    def _wait(self, seconds: float) -> Iterator[None]:
        until = time.monotonic() + seconds
        while not self.closed and (left := until - time.monotonic()) > 0:
            self._closing.wait(min(left, STEP_S))
            yield None

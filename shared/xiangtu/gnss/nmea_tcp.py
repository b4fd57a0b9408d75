"""NMEA sentences over TCP: a receiver's or another app's server that we are a client of."""

from __future__ import annotations

import socket
from collections.abc import Iterator

from .connection import CONNECT_TIMEOUT_S, ConnectionSource
from .epochs import EpochJoiner
from .fix import Fix
from .framing import SentenceFramer


class NmeaTcp(ConnectionSource):
    """Fixes from NMEA sentences served at host and port."""

    def __init__(self, host: str, port: int, **waits: float) -> None:
        super().__init__(f"tcp://{host}:{port}", host, port, **waits)
        self._reset()

    def _connect(self) -> socket.socket:
        return socket.create_connection((self._host, self._port), timeout=CONNECT_TIMEOUT_S)

    def _reset(self) -> None:
        self._framer = SentenceFramer(self.counts)
        self._joiner = EpochJoiner("nmea", self.counts, live=True)

    def _take(self, data: bytes) -> Iterator[Fix]:
        for sentence in self._framer.feed(data):
            fix = self._joiner.feed(sentence)
            if fix is not None:
                yield fix

    def _pause(self) -> Fix | None:
        return self._joiner.flush()

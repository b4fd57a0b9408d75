"""Ways to a receiver that the standard library knows: TCP as client and as server, and UDP."""

from __future__ import annotations

import contextlib
import math
import socket
import time

from .live import Link
from .source import STEP_S

CONNECT_TIMEOUT_S = 5.0
_READ_BYTES = 1 << 14
#: Another sender is listened to once the first has been silent for so long.
_SENDER_SILENT_S = 5.0


class SocketLink:
    """A connected socket."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        connection.settimeout(STEP_S)

    def read(self) -> bytes | None:
        try:
            return self._connection.recv(_READ_BYTES)
        except TimeoutError:
            return None

    def close(self) -> None:
        self._connection.close()


class TcpClient:
    """A receiver, or another app, that serves its sentences at host and port."""

    def __init__(self, host: str, port: int) -> None:
        self._address = (host, port)

    def open(self) -> Link:
        return SocketLink(socket.create_connection(self._address, timeout=CONNECT_TIMEOUT_S))

    def close(self) -> None:
        """Nothing is held between links."""


class TcpServer:
    """A port of ours that a receiver or another app connects to; one at a time, the others wait.

    The port stays open between one and the next.
    """

    def __init__(self, host: str, port: int) -> None:
        self._address = (host, port)
        self._listening: socket.socket | None = None

    def open(self) -> Link | None:
        if self._listening is None:
            self._listening = socket.create_server(self._address)
            self._listening.settimeout(STEP_S)
        try:
            connection, _ = self._listening.accept()
        except TimeoutError:
            return None
        return SocketLink(connection)

    def close(self) -> None:
        if self._listening is not None:
            self._listening.close()
            self._listening = None


class UdpLink:
    """Datagrams that come to a port, of one sender at a time: two receivers' sentences must not
    become one position."""

    def __init__(self, host: str, port: int) -> None:
        self._socket = socket.socket(
            socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM
        )
        try:
            self._socket.bind((host, port))
        except OSError:
            self._socket.close()
            raise
        self._sender: object = None
        self._heard_at = -math.inf

    def read(self) -> bytes | None:
        # What another sender says in between is no pause of the one that is listened to.
        until = time.monotonic() + STEP_S
        while (left_s := until - time.monotonic()) > 0:
            self._socket.settimeout(left_s)
            try:
                data, sender = self._socket.recvfrom(1 << 16)
            except (TimeoutError, ConnectionResetError):  # Windows says so of what we never sent
                continue
            now = time.monotonic()
            if data and (sender == self._sender or now - self._heard_at >= _SENDER_SILENT_S):
                self._sender, self._heard_at = sender, now
                return data
        return None

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._socket.close()


class Udp:
    """Sentences that are sent to a port of ours."""

    def __init__(self, host: str, port: int) -> None:
        self._address = (host, port)

    def open(self) -> Link:
        return UdpLink(*self._address)

    def close(self) -> None:
        """Nothing is held between links."""

"""What all sources of positions have in common, and how one is opened from an address."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from ..errors import BadInput
from .fix import Fix
from .framing import StreamCounts

if TYPE_CHECKING:
    from typing import Self

#: The states of a source, as codes the front ends have words for.
CONNECTING = "gnss.status.connecting"
WAITING = "gnss.status.waiting"
NO_RECEIVER = "gnss.status.no_receiver"
NO_POSITION = "gnss.status.no_position"
RECEIVING = "gnss.status.receiving"
SILENT = "gnss.status.silent"
LOST = "gnss.status.lost"
ENDED = "gnss.status.ended"
CLOSED = "gnss.status.closed"

GPSD_PORT = 2947
#: How long one step of a live source blocks at most; a receiver silent for so long has finished
#: saying its epoch (5 Hz and slower), and `close` from another thread is heard within it.
STEP_S = 0.2


class Source(ABC):
    """A stream of fixes, one for each epoch, in order.

    Iterate over it, in a worker thread where a screen must not wait; `close` may be called from
    any thread. `status` and `counts` may be looked at at any time. Epochs without a usable
    position come as fixes of type "none" at NaN.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.status = WAITING
        self.counts = StreamCounts()
        self._closing = threading.Event()

    @abstractmethod
    def steps(self) -> Iterator[Fix | None]:
        """Fixes, and None whenever a step went by without one (so that a caller can look up)."""

    def __iter__(self) -> Iterator[Fix]:
        return (fix for fix in self.steps() if fix is not None)

    def close(self) -> None:
        """Stop; whoever iterates comes to the end within a step."""
        self._closing.set()

    @property
    def closed(self) -> bool:
        return self._closing.is_set()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def _received(self, fix: Fix | None) -> Fix | None:
        """Say by `status` what a fix means, and hand it on."""
        if fix is not None:
            self.status = NO_POSITION if fix.fix_type == "none" else RECEIVING
        return fix


def open_source(address: str | Path, *, speed: float | None = None) -> Source:
    """A source from what a person typed.

    "gpsd://host:port" and "tcp://host:port" are live; anything else is a file of NMEA sentences,
    replayed `speed` times as fast as it was recorded, or as fast as can be.

    Raises
    ------
    BadInput
        "gnss.address" for an address that is none; BadFile("gnss.file…") as NmeaFile does.
    """
    from .nmea_file import NmeaFile
    from .nmea_tcp import NmeaTcp

    text = str(address)
    scheme = text.partition("://")[0] if "://" in text else ""
    if scheme in ("", "file"):
        return NmeaFile(Path(text.removeprefix("file://")), speed=speed)
    host, port = _host_and_port(text)
    if scheme == "gpsd":
        from .gpsd import GpsdSource  # gpsd-py3 is not on the tablet

        return GpsdSource(host, port or GPSD_PORT)
    if scheme == "tcp" and port:
        return NmeaTcp(host, port)
    raise BadInput("gnss.address", address=text)


def _host_and_port(address: str) -> tuple[str, int | None]:
    try:
        parts = urlsplit(address)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise BadInput("gnss.address", address=address) from None
    if not host:
        raise BadInput("gnss.address", address=address)
    return host, port

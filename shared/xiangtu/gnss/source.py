"""What all sources of positions have in common."""

from __future__ import annotations

import threading
import time
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Iterator
from typing import TYPE_CHECKING

from .condition import (
    CLOSED,
    CONNECTING,
    LOST,
    NO_POSITION,
    NOT_NMEA,
    RECEIVING,
    SILENT,
    WAITING,
    Condition,
    notes_on,
)
from .fix import Fix
from .framing import StreamCounts
from .satellites import Satellite

if TYPE_CHECKING:
    from typing import Self

#: How long one step of a live source blocks at most; a receiver silent for so long has finished
#: saying its epoch (5 Hz and slower), and `close` from another thread is heard within it.
STEP_S = 0.2
#: How many of the last sentences a person may look at.
_LINES_KEPT = 12


class Source(ABC):
    """A stream of fixes, one for each epoch, in order.

    Iterate over it, in a worker thread where a screen must not wait; `close` may be called from
    any thread. `status`, `conditions`, `counts`, `lines` and `sky` may be looked at at any time.
    Epochs without a usable position come as fixes of type "none" at NaN.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.status = WAITING
        #: Why the last try to connect failed: a code (gnss.reason.…) or the system's own words.
        self.reason = ""
        self.counts = StreamCounts()
        #: The last sentences as they came, the latest last.
        self.lines: deque[str] = deque(maxlen=_LINES_KEPT)
        self.last: Fix | None = None
        self._heard_at = time.monotonic()
        self._closing = threading.Event()

    @abstractmethod
    def steps(self) -> Iterator[Fix | None]:
        """Fixes, and None whenever a step went by without one (so that a caller can look up)."""

    @abstractmethod
    def sky(self) -> tuple[Satellite, ...]:
        """The satellites in view, as last said."""

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

    def conditions(self) -> tuple[Condition, ...]:
        """What a person should read now: first the state, then what is worth knowing beside it."""
        status, fix = self.status, self.last
        silent_s = round(time.monotonic() - self._heard_at)
        if status in (CONNECTING, LOST):
            state = Condition(status, {"address": self.name, "reason": self.reason or "?"})
        elif status == SILENT:
            state = Condition(status, {"seconds": silent_s})
        elif status == NOT_NMEA:
            state = Condition(status, {"bytes": self.counts.bytes})
        elif status == NO_POSITION:
            satellites = 0 if fix is None else fix.satellites or 0
            in_view = 0 if fix is None else fix.satellites_in_view or len(self.sky())
            state = Condition(status, {"satellites": satellites, "in_view": in_view})
        else:
            state = Condition(status, {"address": self.name})
        if fix is None or status not in (NO_POSITION, RECEIVING):
            return (state,)
        return (state, *notes_on(fix, self.counts.clock_jumps))

    def _heard(self) -> None:
        self._heard_at = time.monotonic()

    def _silent_s(self) -> float:
        return time.monotonic() - self._heard_at

    def _received(self, fix: Fix | None) -> Fix | None:
        """Say by `status` what a fix means, and hand it on."""
        if fix is not None:
            self.last = fix
            self.status = NO_POSITION if fix.fix_type == "none" else RECEIVING
        return fix

    def _rest(self, seconds: float) -> Iterator[None]:
        """Wait, in steps, so that `close` is heard and a caller can look up."""
        until = time.monotonic() + seconds
        while not self.closed and (left := until - time.monotonic()) > 0:
            self._closing.wait(min(left, STEP_S))
            yield None

    def _end(self, status: str = CLOSED) -> None:
        self.status = CLOSED if self.closed else status

"""What a receiver gives ten times a second, written once a second; what cannot be written now is
kept and tried again."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Generic, TypeVar

from xiangtu.errors import BadFile, FileBusy

#: One sync of the disk a second: so much may be missing after a loss of power.
EVERY_S = 1.0

Item = TypeVar("Item")


class WriteBehind(Generic[Item]):
    """Items on their way into the survey file, in order.

    A full disk, or a file that another program keeps busy, loses none: they wait, `trouble` says
    why, and every second they are tried again. An error about an item itself passes.

    Parameters
    ----------
    write : callable
        Writes a list of items in one transaction, or raises and writes none.
    most : int, optional
        How many may wait. Beyond it every second one is given up, of those that wait and of those
        that come, so that what is left covers the whole time evenly; `given_up` counts those.
    clock : callable
        Seconds that never jump.

    Attributes
    ----------
    trouble : BadFile or FileBusy or None
        Why the last attempt failed, to be told; None once it is written.
    """

    def __init__(
        self,
        write: Callable[[list[Item]], None],
        *,
        most: int | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._write = write
        self._most = most
        self._clock = clock
        self._waiting: list[Item] = []
        #: Since the last writing: how many came, and each how many-eth of them is kept.
        self._taken, self._every = 0, 1
        self._tried_at = -EVERY_S
        self.trouble: BadFile | FileBusy | None = None
        self.given_up = 0

    @property
    def waiting(self) -> int:
        """How many items are not in the file yet."""
        return len(self._waiting)

    def add(self, item: Item, *, at_once: bool = False) -> None:
        """Take an item; written with all before it now, if that is asked or a second has passed
        since the last time."""
        self._taken += 1
        if self._taken % self._every:
            self.given_up += 1
        else:
            self._waiting.append(item)
        if self._most is not None and len(self._waiting) > self._most:
            kept = self._waiting[1::2]
            self.given_up += len(self._waiting) - len(kept)
            self._waiting = kept
            self._every *= 2
        if at_once and self.trouble is None:
            self._try()
        else:
            self.tick()

    def tick(self) -> None:
        """Write what waits, if a second has passed; to be called while nothing comes in too."""
        if self._waiting and self._clock() - self._tried_at >= EVERY_S:
            self._try()

    def flush(self) -> None:
        """Write all that waits now; BadFile or FileBusy if that cannot be."""
        self._tried_at = self._clock()
        if self._waiting:
            self._write(self._waiting)
            self._waiting = []
        self.trouble = None
        self._taken, self._every = 0, 1

    def forget(self) -> None:
        """Let go of what waits: it is not wanted any more."""
        self._waiting = []
        self.trouble = None

    def _try(self) -> None:
        try:
            self.flush()
        except (BadFile, FileBusy) as error:
            self.trouble = error

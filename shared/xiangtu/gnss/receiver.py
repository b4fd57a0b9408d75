"""The one receiver of an app: a source at work in a thread, its fixes handed to who listens."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from ..errors import BadInput, SurveyError
from .addresses import open_source
from .condition import CLOSED, RECEIVING, Condition
from .declared import Declared
from .fix import Fix
from .satellites import Satellite
from .source import Source

#: Until the source is there that the address means.
OPENING = "gnss.status.opening"
#: What a listener that takes nothing keeps: an hour at ten a second.
_LONGEST_QUEUE = 36_000
#: A fix is that of this moment for so long.
_HERE_HOLDS_S = 5.0
#: A source hears that it is closed within a step; opening a connection lasts longer.
_ENDING_S = 10.0


@dataclass(frozen=True)
class ReceiverState:
    """What the receiver is doing: `conditions` are what a person should read, the state first.

    `error` is why it cannot be used as it is set, where that is so: it goes on only after a
    `switch`. `fixes` is how many came in since the last switch.
    """

    address: str
    conditions: tuple[Condition, ...]
    error: SurveyError | None
    fixes: int

    @property
    def status(self) -> str:
        """The state's code (gnss.status.…), or that of the error."""
        return self.conditions[0].code


class Listener:
    """Fixes for one who listens, taken on the listener's own thread."""

    def __init__(self, receiver: Receiver) -> None:
        self._receiver = receiver
        self._fixes: deque[Fix] = deque(maxlen=_LONGEST_QUEUE)

    def take(self) -> list[Fix]:
        """What came in since the last time, in order; none of a source that was left."""
        with self._receiver._lock:
            fixes = list(self._fixes)
            self._fixes.clear()
        return fixes

    def close(self) -> None:
        """Listen no more."""
        self._receiver._forget(self)


class Receiver:
    """Runs one source at a time, chosen by `switch`, and says how it does.

    Nothing here waits for the source: it may be called from the thread of a screen.

    Parameters
    ----------
    opened_by : callable, optional
        Makes a source of an address, as `open_source` does; a recorded file is replayed at its
        own pace by default.
    declared : Declared, optional
        What every fix gets; may be set at any time, for the fixes that follow.
    """

    def __init__(
        self,
        opened_by: Callable[[str], Source] | None = None,
        declared: Declared | None = None,
    ) -> None:
        self.declared = declared or Declared()
        self._open = opened_by or partial(open_source, speed=1.0)
        self._lock = threading.Lock()
        self._listeners: list[Listener] = []
        self._run: _Run | None = None
        self._here: tuple[float, Fix] | None = None

    def listen(self) -> Listener:
        """A new listener, who hears what comes from now on."""
        listener = Listener(self)
        with self._lock:
            self._listeners.append(listener)
        return listener

    def switch(self, address: str) -> None:
        """Go over to another source, or begin the same anew.

        No fix of the old one is handed out after this returns. An address that is none, a file
        that is missing and the like are told by `state`.
        """
        with self._lock:
            before = self._leave()
            run = self._run = _Run(address)
            run.thread = threading.Thread(
                target=self._work, args=(run, before), name=f"receiver {address}", daemon=True
            )
            run.thread.start()

    def close(self) -> None:
        """Leave the source and wait until its thread has ended."""
        with self._lock:
            left = self._leave()
        if left is not None:
            left.join()

    @property
    def state(self) -> ReceiverState:
        with self._lock:
            run = self._run
            if run is None:
                return ReceiverState("", (Condition(CLOSED),), None, 0)
            if run.error is not None:
                conditions: tuple[Condition, ...] = (Condition(run.error.code, run.error.facts),)
            elif run.source is None:
                conditions = (Condition(OPENING, {"address": run.address}),)
            else:
                conditions = run.source.conditions()
            return ReceiverState(run.address, conditions, run.error, run.fixes)

    def sky(self) -> tuple[Satellite, ...]:
        """The satellites in view, as the source last said."""
        with self._lock:
            source = None if self._run is None else self._run.source
        return () if source is None else source.sky()

    @property
    def here(self) -> Fix | None:
        """The fix of this moment; None where the last one is too old, or the source in trouble."""
        if self.state.status != RECEIVING:
            return None
        with self._lock:
            at = self._here
        return at[1] if at is not None and time.monotonic() - at[0] <= _HERE_HOLDS_S else None

    def _leave(self) -> _Run | None:
        """Have the present run end, without waiting for it; the lock is held."""
        left, self._run, self._here = self._run, None, None
        for listener in self._listeners:
            listener._fixes.clear()
        if left is not None:
            left.end()
        return left

    def _forget(self, listener: Listener) -> None:
        with self._lock:
            if listener in self._listeners:
                self._listeners.remove(listener)

    def _work(self, run: _Run, before: _Run | None) -> None:
        """The thread of a run: its source from opening to its end."""
        if before is not None:
            before.join()  # both may want the same device
        if run.ended:
            return
        try:
            source = self._open(run.address)
            with source:
                with self._lock:
                    run.source = source
                    if run.ended:
                        return
                for fix in source:  # one that is left comes to its end by itself
                    self._hand_on(run, self.declared.apply(fix))
        except SurveyError as error:
            run.error = error
        except Exception as fault:
            # A thread that dies unheard would leave a screen that waits for ever; the fault
            # itself stays with the error, for who looks into it.
            reason = str(fault) or type(fault).__name__
            run.error = BadInput("gnss.receiver.failed", address=run.address, reason=reason)
            run.error.__cause__ = fault

    def _hand_on(self, run: _Run, fix: Fix) -> None:
        """Give a fix to all who listen, unless its source was left meanwhile."""
        with self._lock:
            if run is not self._run:
                return
            run.fixes += 1
            self._here = (time.monotonic(), fix)
            for listener in self._listeners:
                listener._fixes.append(fix)


class _Run:
    """One source from `switch` to the next."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.source: Source | None = None
        self.error: SurveyError | None = None
        self.fixes = 0
        self.ended = False
        self.thread: threading.Thread | None = None

    def end(self) -> None:
        self.ended = True
        if self.source is not None:
            self.source.close()

    def join(self) -> None:
        if self.thread is not None:
            self.thread.join(_ENDING_S)

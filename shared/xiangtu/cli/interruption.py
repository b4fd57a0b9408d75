"""Ctrl-C: the first stops long work between two steps, the second at once."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from types import FrameType, TracebackType


class Interruption:
    """While entered, Ctrl-C is heard here.

    Work that reports its progress is asked to stop (its `progress` returns False, so it cleans up
    after itself); other work gets KeyboardInterrupt, as does anything on a second Ctrl-C.
    """

    def __init__(self) -> None:
        self._asked = False
        self._reports_progress = False
        self._before: object = None

    def __enter__(self) -> Interruption:
        if threading.current_thread() is threading.main_thread():
            self._before = signal.signal(signal.SIGINT, self._heard)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._before is not None:
            signal.signal(signal.SIGINT, self._before)  # type: ignore[arg-type]

    def _heard(self, number: int, frame: FrameType | None) -> None:
        if self._asked or not self._reports_progress:
            raise KeyboardInterrupt
        self._asked = True

    def watched(self, draw: Callable[[float, str], None]) -> Callable[[float, str], bool]:
        """A `progress` that draws, and returns False once Ctrl-C was pressed."""

        def progress(fraction: float, step: str) -> bool:
            self._reports_progress = fraction < 1
            if not self._asked:
                draw(fraction, step)
            return not self._asked

        return progress

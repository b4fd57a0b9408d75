"""A progress bar on standard error, or plain lines where that is no terminal."""

from __future__ import annotations

import shutil
import sys
import time
import unicodedata
from collections.abc import Sequence
from typing import TextIO


class ProgressBar:
    """Shows how far a run of named, weighted steps is.

    Parameters
    ----------
    steps : sequence of (name, weight)
        In the order they will be begun; weights are relative durations.
    """

    def __init__(self, steps: Sequence[tuple[str, float]], stream: TextIO = sys.stderr) -> None:
        self._steps = list(steps)
        self._total = sum(weight for _, weight in steps)
        self._stream = stream
        self._live = stream.isatty()
        self._at = -1
        self._done = 0.0
        self._drawn_at = 0.0
        self._started = time.monotonic()

    def begin(self) -> None:
        """Go to the next step."""
        if self._at >= 0:
            self._done += self._steps[self._at][1]
        self._at += 1
        self._draw(0.0, force=True)
        if not self._live:
            seconds = time.monotonic() - self._started
            name = self._steps[self._at][0]
            print(
                f"[{self._percent(0):3.0f}%] {seconds:5.1f} s  {name}",
                file=self._stream,
                flush=True,
            )

    def tell(self, fraction: float, _code: str = "") -> None:
        """How far the step is, 0…1; also fits where the core takes a `progress`."""
        self._draw(fraction)

    def end(self) -> None:
        """All is done."""
        if self._live:
            self._done = self._total
            self._draw(0.0, force=True)
            print(file=self._stream)

    def _percent(self, fraction: float) -> float:
        weight = self._steps[self._at][1] if 0 <= self._at < len(self._steps) else 0
        return min(100.0, 100 * (self._done + weight * min(max(fraction, 0), 1)) / self._total)

    def _draw(self, fraction: float, *, force: bool = False) -> None:
        now = time.monotonic()
        if not self._live or (not force and now - self._drawn_at < 0.08):
            return
        self._drawn_at = now
        percent = self._percent(fraction)
        columns = shutil.get_terminal_size((80, 24)).columns
        width = max(10, min(36, columns - 58))
        full = round(width * percent / 100)
        name = self._steps[self._at][0] if self._at < len(self._steps) else ""
        seconds = time.monotonic() - self._started
        line = f"\r{'█' * full}{'░' * (width - full)} {percent:3.0f}% {seconds:4.0f} s  "
        room = columns - width - 16
        self._stream.write(line + _cut(name, room) + "\x1b[K")
        self._stream.flush()


def _cut(text: str, columns: int) -> str:
    """As much of the text as fits; Chinese letters take two columns."""
    used, kept = 0, ""
    for letter in text:
        used += 2 if unicodedata.east_asian_width(letter) in "WF" else 1
        if used > columns:
            break
        kept += letter
    return kept

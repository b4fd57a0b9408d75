"""When Python looks for garbage in cycles: while nobody touches, never in the middle of a touch.

Looking through all that the screens are made of takes a tablet some tenths of a second, which
would come whenever enough was made: just while a form opens.
"""

from __future__ import annotations

import gc
import time
from typing import Any

from kivy.clock import Clock
from kivy.core.window import Window

#: Seconds without a touch after which one does not notice, and between two times at least.
_QUIET_S, _AT_MOST_EVERY_S = 3.0, 30.0
_LOOK_EVERY_S = 1.0
#: Of Python's three generations: the young ones are quick and go on by themselves, the oldest
#: waits for a quiet moment.
_THRESHOLDS = (20_000, 20, 1_000_000)


class Tidying:
    """From the app's start until `end`."""

    def __init__(self) -> None:
        self._before = gc.get_threshold()
        self._touched_at = self._tidied_at = time.monotonic()
        gc.set_threshold(*_THRESHOLDS)
        Window.bind(on_touch_down=self._touched, on_touch_move=self._touched)
        self._looking = Clock.schedule_interval(self._look, _LOOK_EVERY_S)

    def end(self) -> None:
        """Leave it to Python again."""
        self._looking.cancel()
        Window.unbind(on_touch_down=self._touched, on_touch_move=self._touched)
        gc.set_threshold(*self._before)

    def _touched(self, *_touch: Any) -> None:
        self._touched_at = time.monotonic()

    def _look(self, _dt: float) -> None:
        now = time.monotonic()
        if now - self._touched_at >= _QUIET_S and now - self._tidied_at >= _AT_MOST_EVERY_S:
            gc.collect()
            self._tidied_at = time.monotonic()


def keep_modules() -> None:
    """What was imported stays for as long as the program runs: never look through it again."""
    gc.collect()
    gc.freeze()

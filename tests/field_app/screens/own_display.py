"""A screen without glass, on which Kivy opens its one window."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

WIDTH, HEIGHT = 800, 1280
#: Kivy reads these when it is imported, which the driver is the first to do.
KIVY = {
    "KIVY_NO_ARGS": "1",
    "KIVY_NO_FILELOG": "1",
    "KIVY_LOG_MODE": "PYTHON",  # the program's own log and errors are left alone
    "KCFG_GRAPHICS_WIDTH": str(WIDTH),
    "KCFG_GRAPHICS_HEIGHT": str(HEIGHT),
    "KCFG_GRAPHICS_MULTISAMPLES": "0",
    "KCFG_KIVY_EXIT_ON_ESCAPE": "0",
    "SDL_AUDIODRIVER": "dummy",
}


@contextmanager
def own_display() -> Iterator[None]:
    """An Xvfb where the tablet may lie or stand, for as long as it is needed."""
    reading, writing = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(writing), "-screen", "0", f"{HEIGHT}x{HEIGHT}x24", "-nolisten",
         "tcp"],
        pass_fds=[writing], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    os.close(writing)
    with os.fdopen(reading) as said:
        number = said.readline().strip()
    before = os.environ.get("DISPLAY")
    os.environ.update(KIVY)
    os.environ["DISPLAY"] = f":{number}"
    try:
        yield
    finally:
        if before is None:
            os.environ.pop("DISPLAY", None)
        else:
            os.environ["DISPLAY"] = before
        server.terminate()
        server.wait(timeout=10)

"""Calls in a thread that Python made, from a thread that Qt made.

Python keeps no state for Qt's threads between two calls in them. pyproj 3.7 hangs its PROJ
context on that state and its address on the thread, and crashes QGIS at the second use in one
(pyproj issue 1622); QGIS for Windows brings such a version.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TypeVar

Result = TypeVar("Result")


def in_python_thread(call: Callable[[], Result]) -> Result:
    """What `call` returns or raises; waits for it."""
    results: list[Result] = []
    faults: list[BaseException] = []

    def run() -> None:
        try:
            results.append(call())
        except BaseException as fault:
            faults.append(fault)

    thread = threading.Thread(target=run, name="xiangtu")
    thread.start()
    thread.join()
    if faults:
        raise faults[0]
    return results[0]

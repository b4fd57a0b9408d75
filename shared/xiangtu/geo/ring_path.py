"""The way along a ring from one of its corners to another."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def between(
    ring: NDArray[np.float64], start: int, end: int, *, other_way: bool = False
) -> NDArray[np.float64]:
    """The corners of a ring from one to another, both with it.

    Parameters
    ----------
    ring : array (n, 2)
        Corners in metres, the first one not again at the end.
    start, end : int
        Positions in the ring. From a corner to itself it is that corner alone; the other way, all
        around and back to it.
    other_way : bool
        Not the shorter way but the other one.

    Returns
    -------
    array (m, 2)
        The corners' own coordinates, to the last bit.
    """
    count = len(ring)
    onwards = np.arange(start, start + (end - start) % count + 1) % count
    steps_back = (start - end) % count
    if start == end:
        steps_back = count
    backwards = np.arange(start, start - steps_back - 1, -1) % count
    shorter, longer = sorted((onwards, backwards), key=lambda way: _length_m(ring[way]))
    return ring[longer if other_way else shorter]


def _length_m(corners: NDArray[np.float64]) -> float:
    return float(np.hypot(*np.diff(corners, axis=0).T).sum())

"""Which of many measurements of one thing are gross errors."""

from __future__ import annotations

import numpy as np

#: The median of the length of a normal error of deviation 1, on a line and in the plane, and how
#: far 99.9 % of them reach.
_MEDIAN_LENGTH = {1: 0.6745, 2: 1.1774}
_LIMIT = {1: 3.291, 2: 3.717}
#: Epochs one after the other scatter less than their receiver says, since they share its slow
#: errors. What lies within this part of what it says is not called an outlier all the same.
_LEAST_SCALE = 0.5
#: No epoch is held for more than this much better than the middle one, whatever it says.
_MOST_CONFIDENT = 2.0
#: Each round only moves the centre by what the last one rejected; few are needed.
_MOST_ROUNDS = 20


def believed(deviation: np.ndarray) -> np.ndarray:
    """Deviations as they are believed: none is less than half the middle one, so that no epoch
    has more than four times its weight. Array (n,) in, the same out, in the same unit."""
    return np.maximum(deviation, np.median(deviation) / _MOST_CONFIDENT)


def inliers(values: np.ndarray, deviation: np.ndarray) -> tuple[np.ndarray, float]:
    """Which measurements agree with most of the others: array (n,) of bool, true for at least half;
    and within how many believed deviations of their mean they had to lie for it.

    The centre begins at the median of each coordinate and is then the mean of the good ones; the
    scale is that of the median distance from it (as the median absolute deviation, which half of
    the values cannot spoil), but never less than half of what is stated. Rejected is what lies
    beyond the distance within which 99.9 % of normal errors of that scale lie.

    Parameters
    ----------
    values : array (n, 1) or (n, 2)
        Measurements of one thing, in one unit.
    deviation : array (n,)
        The standard deviation of each along one coordinate, as stated; above 0.
    """
    dimensions = values.shape[1]
    believed_to = believed(deviation)
    centre = np.median(values, axis=0)
    good = np.zeros(len(values), bool)
    limit = 0.0
    for _ in range(_MOST_ROUNDS):
        distance = np.linalg.norm(values - centre, axis=1) / believed_to
        scale = max(float(np.median(distance)) / _MEDIAN_LENGTH[dimensions], _LEAST_SCALE)
        limit = _LIMIT[dimensions] * scale
        before, good = good, distance <= limit
        if (good == before).all():
            break
        centre = values[good].mean(axis=0)
    return good, limit

"""Receivers with known truth: what they would say at given places, and how they err."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import numpy as np
from xiangtu.geo import gauss_kruger
from xiangtu.gnss.fix import Fix

SRID = 4548
E0, N0 = 454_000.0, 3_919_000.0
START = datetime(2025, 6, 5, 1, 0, tzinfo=UTC)


def fix_at(east_m: float, north_m: float, second: float = 0, **other) -> Fix:
    """A fix so many metres from the origin; RTK fixed unless said."""
    longitude, latitude = gauss_kruger.inverse(E0 + east_m, N0 + north_m, SRID)
    values = {"fix_type": "rtk_fixed", "horizontal_accuracy_m": 0.02, "satellites": 20} | other
    return Fix(START + timedelta(seconds=second), float(longitude), float(latitude), **values)


def nowhere(second: float) -> Fix:
    return Fix(START + timedelta(seconds=second), math.nan, math.nan, "none")


def fixes_at(places_m: np.ndarray, every_s: float, **other) -> list[Fix]:
    """Fixes at places, array (n, 2) of metres from the origin, one every so many seconds."""
    longitude, latitude = gauss_kruger.inverse(E0 + places_m[:, 0], N0 + places_m[:, 1], SRID)
    return [
        Fix(START + timedelta(seconds=n * every_s), float(x), float(y), **other)
        for n, (x, y) in enumerate(zip(longitude, latitude, strict=True))
    ]


def wandering(
    random: np.random.Generator,
    count: int,
    every_s: float,
    accuracy_m: float,
    *,
    over_s: float,
    white: float = 0.1,
) -> np.ndarray:
    """Errors as receivers have them, array (count, 2) of metres, `accuracy_m` (68 %) in all: a
    Gauss-Markov process that forgets itself over so many seconds, and a part of white noise."""
    kept = math.exp(-every_s / over_s)
    state = random.normal(size=2)
    wander = np.empty((count, 2))
    for step in wander:
        step[:] = state
        state = kept * state + math.sqrt(1 - kept**2) * random.normal(size=2)
    noise = random.normal(size=(count, 2))
    return accuracy_m / math.sqrt(2) * (math.sqrt(1 - white**2) * wander + white * noise)


def along(
    corners: Sequence[tuple[float, float]], speed_mps: float, every_s: float, stop_s: float = 0.0
) -> np.ndarray:
    """Places on a way from corner to corner, array (n, 2), with a stop at each but the last."""
    places: list[np.ndarray] = []
    for start, end in pairwise(corners):
        a, b = np.array(start, float), np.array(end, float)
        steps = max(round(math.dist(a, b) / (speed_mps * every_s)), 1)
        places += [a] * round(stop_s / every_s)
        places += [a + (b - a) * n / steps for n in range(steps)]
    return np.array([*places, np.array(corners[-1], float)])

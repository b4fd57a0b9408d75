"""What a receiver would have said: NMEA 0183 sentences for ways and stands, with their errors.

Each epoch is GGA, RMC, GST and GSA with checksums. The error wanders (a first-order
autoregression), as the error of a real receiver does, so that many epochs are no better than few.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import reduce
from operator import xor

import numpy as np
from xiangtu.geo import gauss_kruger

#: GGA quality, 68 % horizontal error in metres, HDOP and satellites of each kind of reception.
_RECEPTION = {
    "rtk_fixed": (4, 0.012, 0.6, 26),
    "rtk_float": (5, 0.22, 0.8, 22),
    "single": (1, 1.6, 1.1, 14),
    "none": (0, 0.0, 99.99, 3),
}


@dataclass(frozen=True)
class Stretch:
    """From this part (0…1) of the way on, what the receiver has."""

    begins: float
    reception: str


class Receiver:
    """A receiver carried by one team: it goes on in time from one way to the next.

    `height_at(x, y)` gives the height above sea level in metres for arrays of metres.
    """

    def __init__(
        self,
        srid: int,
        started_at: datetime,
        seed: Sequence[int],
        height_at: Callable[[np.ndarray, np.ndarray], np.ndarray],
        hertz: float = 1.0,
    ) -> None:
        self.srid = srid
        self.now = started_at
        self.height_at = height_at
        self.period = timedelta(seconds=1 / hertz)
        self._random = np.random.default_rng(list(seed))
        self._error = np.zeros(2)

    def rest(self, minutes: float) -> None:
        """Time goes by without a sentence."""
        self.now += timedelta(minutes=minutes)

    def stand(self, x: float, y: float, epochs: int, stretches: Sequence[Stretch] = ()) -> str:
        """Sentences of `epochs` epochs at one spot (metres in the receiver's CRS)."""
        return self._sentences(np.full(epochs, x), np.full(epochs, y), stretches)

    def walk(
        self, points: np.ndarray, stretches: Sequence[Stretch] = (), speed_mps: float = 1.3
    ) -> str:
        """Sentences along `points` (n, 2), which are metres in the receiver's CRS."""
        points = np.asarray(points, float)
        step = np.hypot(*np.diff(points, axis=0).T)
        along = np.concatenate([[0], np.cumsum(step)])
        every = speed_mps * self.period.total_seconds()
        # Walkers pass over the corners themselves.
        at = np.unique(np.round(np.concatenate([np.arange(0, along[-1], every), along]), 2))
        keep = np.concatenate([[True], np.diff(at) > 0.35 * every])
        keep |= np.isin(at, np.round(along, 2))
        at = at[keep]
        return self._sentences(
            np.interp(at, along, points[:, 0]), np.interp(at, along, points[:, 1]), stretches
        )

    def _sentences(self, x: np.ndarray, y: np.ndarray, stretches: Sequence[Stretch]) -> str:
        count = len(x)
        plan = list(stretches) or [Stretch(0, "rtk_fixed")]
        part = np.arange(count) / max(count - 1, 1)
        kinds = [next(s.reception for s in reversed(plan) if s.begins <= each) for each in part]
        sigma = np.array([_RECEPTION[each][1] for each in kinds]) / np.sqrt(2)
        error = np.empty((count, 2))
        for index in range(count):
            step = self._random.normal(size=2)
            self._error = 0.92 * self._error + np.sqrt(1 - 0.92**2) * step
            error[index] = self._error * sigma[index]
        longitude, latitude = gauss_kruger.inverse(x + error[:, 0], y + error[:, 1], self.srid)
        height = self.height_at(x, y) + error[:, 0] * 1.5
        dx, dy = np.gradient(x) if count > 1 else np.zeros(1), np.gradient(y) if count > 1 else 0
        course = np.degrees(np.arctan2(dx, dy)) % 360
        speed = np.hypot(dx, dy) / self.period.total_seconds()
        lines: list[str] = []
        for index, kind in enumerate(kinds):
            lines += self._epoch(
                kind, float(np.ravel(longitude)[index]), float(np.ravel(latitude)[index]),
                float(height[index]), float(speed[index]), float(course[index]),
            )  # fmt: skip
            self.now += self.period
        return "".join(lines)

    def _epoch(
        self, kind: str, longitude: float, latitude: float, height: float, speed: float,
        course: float,
    ) -> list[str]:  # fmt: skip
        quality, sigma, hdop, satellites = _RECEPTION[kind]
        clock = self.now.strftime("%H%M%S.") + f"{self.now.microsecond // 10000:02d}"
        day = self.now.strftime("%d%m%y")
        if not quality:
            return [
                sentence(f"GNGGA,{clock},,,,,0,{satellites:02d},{hdop:.2f},,,,,,"),
                sentence(f"GNRMC,{clock},V,,,,,,,{day},,,N"),
                sentence("GNGSA,A,1,,,,,,,,,,,,,99.99,99.99,99.99"),
            ]
        north, east = _degrees(latitude, 2, "NS"), _degrees(longitude, 3, "EW")
        age, station = ("1.0", "0101") if kind.startswith("rtk") else ("", "")
        mode = {"rtk_fixed": "R", "rtk_float": "F", "single": "A"}[kind]
        deviation = sigma / np.sqrt(2)
        return [
            sentence(
                f"GNGGA,{clock},{north},{east},{quality},{satellites:02d},{hdop:.2f},"
                f"{height:.3f},M,-18.500,M,{age},{station}"
            ),
            sentence(
                f"GNRMC,{clock},A,{north},{east},{speed / 0.514444:.2f},{course:.1f},{day},,,{mode}"
            ),
            sentence(
                f"GNGST,{clock},{sigma * 1.2:.3f},{deviation:.3f},{deviation:.3f},45.0,"
                f"{deviation:.3f},{deviation:.3f},{sigma * 1.6:.3f}"
            ),
            sentence(
                f"GNGSA,A,3,03,06,09,14,16,21,22,26,31,,,,{hdop * 1.6:.2f},{hdop:.2f},{hdop:.2f}"
            ),
        ]  # fmt: skip


def sentence(body: str) -> str:
    """An NMEA 0183 sentence with its checksum and line end."""
    return f"${body}*{reduce(xor, body.encode('ascii')):02X}\r\n"


def _degrees(value: float, whole: int, letters: str) -> str:
    """Degrees and minutes as NMEA writes them, minutes to 7 decimals (0.2 mm)."""
    size = abs(value)
    degrees = int(size)
    minutes = round((size - degrees) * 60, 7)
    if minutes >= 60:
        degrees, minutes = degrees + 1, 0.0
    return f"{degrees:0{whole}d}{minutes:010.7f},{letters[value < 0]}"

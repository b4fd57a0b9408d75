"""Positions that a system hands over: NMEA sentences and locations, joined into fixes.

Android calls back with both, on threads of its own. Its sentences say most, and feed the parser
that all sentences do; a location says what they lack: whether it is a mock one, and how accurate.
Where no sentences come, locations are all there is.
"""

from __future__ import annotations

import math
import queue
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from .condition import SILENT, WAITING, Condition
from .epochs import EpochJoiner
from .fix import Fix
from .framing import SentenceFramer
from .quality import position_problem
from .satellites import Satellite
from .source import STEP_S, Source

#: The system's own switch for positions is off.
SWITCHED_OFF = "gnss.status.switched_off"
#: Refusals by who opens such a source: its user has not allowed it; there is none.
NO_PERMISSION = "gnss.no_permission"
NO_OWN_RECEIVER = "gnss.no_own_receiver"

#: A location and an epoch whose times differ by less are of one position: receivers built into
#: tablets give one a second, and a location's time may be rounded.
_ONE_EPOCH_S = 0.5
#: While sentences come, a location waits for those of its epoch for so long.
_UNCLAIMED_S = 1.0
#: Sentences are taken to go on coming for so long after the last one, or the last that had a
#: position; and those of the tablet's own receiver mean nothing for so long after a mock location.
_SENTENCES_HOLD_S = 3.0
_MOCK_HOLDS_S = 5.0
_SILENT_AFTER_S = 3.0


@dataclass(frozen=True)
class PlainLocation:
    """A location as a system gives it; None where it does not say.

    The height is above the ellipsoid; accuracies are 68 %, as those of a Fix.
    """

    time: datetime | None
    longitude_deg: float
    latitude_deg: float
    height_ellipsoid_m: float | None = None
    height_sea_level_m: float | None = None
    horizontal_accuracy_m: float | None = None
    vertical_accuracy_m: float | None = None
    speed_mps: float | None = None
    track_deg: float | None = None
    satellites: int | None = None
    mock: bool = False


class PushedSource(Source):
    """Fixes of what is pushed, from any thread; `steps` runs in the thread of who iterates.

    A mock location stands for itself: the sentences that come along are of another position (the
    tablet's own receiver) and are left out while it lasts.
    """

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self._pushed: queue.SimpleQueue[bytes | PlainLocation] = queue.SimpleQueue()
        self._framer = SentenceFramer(self.counts)
        self._joiner = EpochJoiner(name, self.counts, live=True)
        self._switched_on = True
        #: Locations that wait for the sentences of their epoch, with when they came.
        self._waiting: list[tuple[float, PlainLocation]] = []
        self._mock_until = self._sentences_until = self._positions_until = -math.inf
        #: The time of the last location that was handed on alone.
        self._alone: datetime | None = None

    # -- from any thread ----------------------------------------------------------------------

    def push_nmea(self, data: bytes) -> None:
        """Take bytes of sentences, a whole one or any piece of the stream."""
        self._pushed.put(data)

    def push_location(self, location: PlainLocation) -> None:
        """Take a location."""
        self._pushed.put(location)

    def switch(self, on: bool) -> None:
        """Say whether the system gives positions at all."""
        self._switched_on = on
        if not on:
            self.status = SWITCHED_OFF
        elif self.status == SWITCHED_OFF:
            self.status = WAITING

    # -- in the thread of who iterates --------------------------------------------------------

    def steps(self) -> Iterator[Fix | None]:
        self._heard()
        # At the beginning either may come first.
        self._sentences_until = time.monotonic() + _SENTENCES_HOLD_S
        while not self.closed:
            try:
                pushed = self._pushed.get(timeout=STEP_S)
            except queue.Empty:
                fixes = self._pause()
                if self._switched_on and self._silent_s() > _SILENT_AFTER_S:
                    self.status = SILENT
            else:
                self._heard()
                if isinstance(pushed, PlainLocation):
                    fixes = self._take_location(pushed)
                else:
                    fixes = self._take_nmea(pushed)
            given = False
            for fix in fixes:
                if not self._switched_on:
                    break
                given = True
                yield self._received(fix)
            if not given:
                yield None
        self._end()

    def sky(self) -> tuple[Satellite, ...]:
        return self._joiner.sky()

    def conditions(self) -> tuple[Condition, ...]:
        if self.status == SWITCHED_OFF:
            return (Condition(SWITCHED_OFF),)
        return super().conditions()

    def _take_nmea(self, data: bytes) -> Iterator[Fix]:
        for sentence in self._framer.feed(data):
            self.lines.append(sentence)
            self._sentences_until = time.monotonic() + _SENTENCES_HOLD_S
            fix = self._joiner.feed(sentence)
            if fix is not None:
                yield from self._join(fix)
        yield from self._unclaimed()

    def _take_location(self, location: PlainLocation) -> Iterator[Fix]:
        if position_problem(location.longitude_deg, location.latitude_deg):
            self.counts.refused_positions += 1
            return
        now = time.monotonic()
        if location.mock:
            self._mock_until = now + _MOCK_HOLDS_S
            self._waiting.clear()
            yield self._fix_of(location)
        elif now >= self._mock_until:
            self._waiting.append((now, location))
            yield from self._unclaimed()

    def _pause(self) -> Iterator[Fix]:
        """Nothing was pushed for a step: the epoch that was being said is whole."""
        fix = self._joiner.flush()
        if fix is not None:
            yield from self._join(fix)
        yield from self._unclaimed()

    def _join(self, fix: Fix) -> Iterator[Fix]:
        """An epoch of sentences, with what the location of the same time adds."""
        if time.monotonic() < self._mock_until or _one_epoch(fix.time, self._alone):
            return
        location = self._claim(fix)
        if fix.fix_type != "none":
            self._positions_until = time.monotonic() + _SENTENCES_HOLD_S
            yield fix if location is None else _completed(fix, location)
        elif location is None:
            yield fix
        else:
            # The sentences do not say where it is, and the system does.
            yield replace(
                self._fix_of(location),
                satellites=location.satellites or fix.satellites,
                satellites_in_view=fix.satellites_in_view,
            )

    def _claim(self, fix: Fix) -> PlainLocation | None:
        """The location of an epoch: that of its time; of an epoch without a time, the last one."""
        for at in reversed(range(len(self._waiting))):
            location = self._waiting[at][1]
            if fix.time is None or location.time is None or _one_epoch(fix.time, location.time):
                del self._waiting[: at + 1]
                return location
        return None

    def _unclaimed(self) -> Iterator[Fix]:
        """Locations that no sentences come for; where sentences give positions, there are none."""
        now = time.monotonic()
        wait_s = _UNCLAIMED_S if now < self._sentences_until else 0.0
        while self._waiting and now - self._waiting[0][0] >= wait_s:
            _, location = self._waiting.pop(0)
            if now >= self._positions_until:
                self._alone = location.time
                yield self._fix_of(location)

    def _fix_of(self, location: PlainLocation) -> Fix:
        """A location as a fix; which kind of fix it is a location does not say, so a single one."""
        return Fix(
            time=location.time,
            longitude_deg=location.longitude_deg,
            latitude_deg=location.latitude_deg,
            fix_type="single",
            height_ellipsoid_m=location.height_ellipsoid_m,
            height_sea_level_m=location.height_sea_level_m,
            geoid_separation_m=_separation(location),
            satellites=location.satellites,
            horizontal_accuracy_m=location.horizontal_accuracy_m,
            vertical_accuracy_m=location.vertical_accuracy_m,
            accuracy_from=None if location.horizontal_accuracy_m is None else "receiver",
            speed_mps=location.speed_mps,
            track_deg=location.track_deg,
            source=self.name,
            tablet_time=datetime.now(UTC),
            mock=location.mock,
        )


def _one_epoch(one: datetime | None, other: datetime | None) -> bool:
    return (
        one is not None and other is not None and abs((one - other).total_seconds()) < _ONE_EPOCH_S
    )


def _completed(fix: Fix, location: PlainLocation) -> Fix:
    """A fix of sentences with what they lack and the location of the same epoch says."""
    added: dict[str, object] = {}
    accuracy_m = location.horizontal_accuracy_m
    if fix.accuracy_from in (None, "dop") and accuracy_m is not None:
        added |= {
            "horizontal_accuracy_m": accuracy_m,
            "vertical_accuracy_m": location.vertical_accuracy_m,
            "accuracy_from": "receiver",
        }
    if fix.height_sea_level_m is None and fix.height_ellipsoid_m is None:
        added |= {
            "height_ellipsoid_m": location.height_ellipsoid_m,
            "height_sea_level_m": location.height_sea_level_m,
            "geoid_separation_m": _separation(location),
        }
    elif fix.height_ellipsoid_m is None:
        added |= {"height_ellipsoid_m": location.height_ellipsoid_m}
    for name in ("time", "speed_mps", "track_deg", "satellites"):
        if getattr(fix, name) is None:
            added[name] = getattr(location, name)
    return replace(fix, **added)  # type: ignore[arg-type]


def _separation(location: PlainLocation) -> float | None:
    """Metres from the ellipsoid up to sea level, where a location has both heights."""
    if location.height_ellipsoid_m is None or location.height_sea_level_m is None:
        return None
    return location.height_ellipsoid_m - location.height_sea_level_m

"""Sentences of one epoch joined into one Fix.

A receiver says one position in several sentences: GGA has quality and height, RMC the date, GST
the accuracy, GSA and GSV the satellites. Sentences with a time belong to the epoch of that time,
those without (GSA, GSV, VTG) to the epoch that is being said.
"""

from __future__ import annotations

import math
import re
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache

from .fix import AccuracyFrom, Fix, FixType
from .framing import StreamCounts, checksum
from .quality import accuracy_from_dop, position_problem
from .satellites import Satellite, satellites_in_view, satellites_used
from .sentences import READERS, Epoch, Reader

_KIND = re.compile(r"(?:[A-Z]{2}|P)[A-Z0-9]{2,8}")
#: Quectel's talker PQ looks like a maker's own sentence and is none.
_PLAIN_DESPITE_P = ("PQGSV", "PQGSA")
#: GGA alone tells RTK from the rest everywhere; GLL says least.
_BELIEVED_IN_ORDER = ("GGA", "GNS", "UBX", "RMC", "GLL")
_HALF_A_DAY = timedelta(hours=12)
_NOWHERE = (math.nan, math.nan)


class EpochJoiner:
    """Feed it sentences, take a Fix when its epoch is complete.

    An epoch is complete when a sentence of another time arrives or `flush` is called: at the end
    of a file, or by a live source when the receiver falls silent for a moment. An epoch without
    a usable position is given as a Fix of type "none" at NaN, so that a dropout is seen.

    Parameters
    ----------
    source : str
        What the fixes say they came from.
    counts : StreamCounts
        Where sentences that could not be used are counted.
    on : date, optional
        The date to begin with, for receivers that never say one.
    live : bool
        Fixes then carry the computer's own time of their arrival.
    """

    def __init__(
        self,
        source: str = "nmea",
        counts: StreamCounts | None = None,
        on: date | None = None,
        live: bool = False,
    ) -> None:
        self.counts = counts or StreamCounts()
        self._source = source
        self._date = on
        self._live = live
        self._last_given: int | None = None
        self._previous: datetime | None = None
        self._epoch: Epoch | None = None
        self._sky = Epoch()

    def feed(self, sentence: str) -> Fix | None:
        """Take one sentence, "$…*hh"; the Fix of the epoch it completed, if it did.

        Sentences with a wrong or missing checksum or senseless contents are counted and dropped.
        """
        body = sentence[1:-3]
        try:
            if checksum(body) != int(sentence[-2:], 16):
                self.counts.bad_checksum += 1
                return None
        except ValueError:
            self.counts.bad_checksum += 1
            return None
        fields = body.split(",")
        reader = _reader_of(fields[0])
        if reader is None:
            if _KIND.fullmatch(fields[0]):
                self.counts.sentences += 1
                self.counts.unused += 1
            else:
                self.counts.unreadable += 1
            return None
        self.counts.sentences += 1
        return self._take(reader, fields)

    def _take(self, reader: Reader, fields: list[str]) -> Fix | None:
        finished = None
        try:
            if len(fields) < reader.fewest:
                raise ValueError(fields[0])
            if reader.time_field is not None:
                finished = self._begin(fields[reader.time_field])
            if self._epoch is None:
                if not reader.opens:
                    self.counts.unused += 1
                    return None
                self._epoch = Epoch()
            reader.read(self._epoch, fields)
        except (ValueError, OverflowError):  # a number of hundreds of digits is the latter
            self.counts.unreadable += 1
        return finished

    def flush(self) -> Fix | None:
        """The Fix of the epoch being said, complete or not; None if nothing was said."""
        epoch, self._epoch = self._epoch, None
        if epoch is None:
            return None
        if epoch.gsv or epoch.gsa:
            self._sky = epoch
        if epoch.late and epoch.said_on is not None:
            # Its epoch was given out without it; those that follow need not be.
            self._date = epoch.said_on
        if epoch.late or not epoch.fix_types:
            return None
        if epoch.microsecond is not None:
            self._last_given = epoch.microsecond
        return self._fix(epoch)

    def sky(self) -> tuple[Satellite, ...]:
        """The satellites in view, as the last epoch that spoke of them had them."""
        return satellites_in_view(self._sky.gsv, satellites_used(self._sky.gsa))

    def _begin(self, said_at: str) -> Fix | None:
        """Open the epoch of a time; the Fix of the one before, if it ends with that."""
        epoch = self._epoch
        if epoch is not None and epoch.said_at == said_at:
            return None
        microsecond = _microsecond_of_day(said_at)
        if epoch is None:
            self._epoch = Epoch(said_at, microsecond)
            if microsecond is not None and microsecond == self._last_given:
                self._epoch.late = True
                self.counts.late += 1
            return None
        if microsecond is None or epoch.microsecond == microsecond:
            return None  # one may have more decimals than the other
        if epoch.microsecond is None and not epoch.fix_types:
            # Only satellites were said so far: they are of this epoch.
            epoch.said_at, epoch.microsecond = said_at, microsecond
            return None
        finished = self.flush()
        self._epoch = Epoch(said_at, microsecond)
        return finished

    def _when(self, epoch: Epoch) -> datetime | None:
        """Date and time of an epoch; the date is the last one said, moved on at midnight."""
        if epoch.said_on is not None:
            self._date = epoch.said_on
        if epoch.microsecond is None or self._date is None:
            return None
        second, microsecond = divmod(epoch.microsecond, 1_000_000)
        minute, second = divmod(second, 60)
        hour, minute = divmod(minute, 60)
        day = self._date
        moment = datetime(day.year, day.month, day.day, hour, minute, second, microsecond, UTC)
        previous = self._previous
        if epoch.said_on is None and previous is not None and moment < previous - _HALF_A_DAY:
            self._date += timedelta(days=1)
            moment += timedelta(days=1)
        if previous is not None and moment < previous:
            self.counts.clock_jumps += 1
        self._previous = moment
        return moment

    def _fix(self, epoch: Epoch) -> Fix:
        fix_type, (longitude_deg, latitude_deg) = self._position(epoch)
        height = ellipsoid = None
        horizontal_m = vertical_m = None
        accuracy_from: AccuracyFrom | None = None
        if fix_type != "none":
            if epoch.mode != 2:
                height, ellipsoid = epoch.sea_level_m, epoch.ellipsoid_m
                if height is not None and epoch.separation_m is not None:
                    ellipsoid = height + epoch.separation_m
            if epoch.gst is not None:
                (horizontal_m, vertical_m), accuracy_from = epoch.gst, "gst"
            elif epoch.receiver is not None:
                (horizontal_m, vertical_m), accuracy_from = epoch.receiver, "receiver"
            else:
                horizontal_m = accuracy_from_dop(epoch.hdop, fix_type)
                if horizontal_m is not None:
                    accuracy_from = "dop"
        satellites = epoch.satellites
        if epoch.gsa:
            listed = len(satellites_used(epoch.gsa))
            satellites = listed if satellites is None else max(satellites, listed)
        return Fix(
            self._when(epoch),
            longitude_deg,
            latitude_deg,
            fix_type,
            ellipsoid,
            height,
            epoch.separation_m,
            satellites,
            _in_view(epoch) if epoch.gsv else None,
            epoch.hdop,
            epoch.pdop,
            horizontal_m,
            vertical_m,
            accuracy_from,
            epoch.correction_age_s,
            epoch.speed_mps,
            epoch.track_deg,
            self._source,
            tablet_time=datetime.now(UTC) if self._live else None,
            mock=epoch.mock,
        )

    def _position(self, epoch: Epoch) -> tuple[FixType, tuple[float, float]]:
        """The position of the sentence that is believed first, and its fix type."""
        for said_by in _BELIEVED_IN_ORDER:
            fix_type = epoch.fix_types.get(said_by)
            if fix_type == "none":
                break
            if fix_type is None:
                continue
            position = epoch.positions.get(said_by)
            if position is None:
                continue
            if position_problem(*position):
                self.counts.refused_positions += 1
                break
            return fix_type, position
        return "none", _NOWHERE


@lru_cache(maxsize=256)
def _reader_of(name: str) -> Reader | None:
    """How a sentence is read, by the name in its first field; None if it says no position."""
    if name.startswith("P") and name not in _PLAIN_DESPITE_P:
        return READERS.get(name)
    return READERS.get(name[2:]) if len(name) == 5 else None


def _microsecond_of_day(said_at: str) -> int | None:
    """A time of day as sentences write it, hhmmss.ss; None for an empty field.

    ValueError if it is none. A leap second is taken into the second before it.
    """
    if not said_at:
        return None
    hours, minutes, seconds = int(said_at[:2]), int(said_at[2:4]), float(said_at[4:])
    if len(said_at) < 6 or not (0 <= hours < 24 and 0 <= minutes < 60 and 0 <= seconds < 61):
        raise ValueError(said_at)
    if seconds >= 60:
        seconds -= 1
    return (hours * 60 + minutes) * 60_000_000 + round(seconds * 1_000_000)


def _in_view(epoch: Epoch) -> int:
    """How many satellites the epoch's GSV sentences name, each once whatever its signals."""
    named: set[str] = set()
    for fields in epoch.gsv:
        talker = fields[0][:2]
        named.update(talker + number for number in fields[4 : len(fields) - 3 : 4] if number)
    return len(named)

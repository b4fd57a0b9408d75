"""Sentences of one epoch joined into one Fix.

A receiver says one position in several sentences: GGA has quality and height, RMC the date, GST
the accuracy, GSA and GSV the satellites. Sentences with a time belong to the epoch of that time,
those without (GSA, GSV, VTG) to the epoch that is being said.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta

import pynmea2
from pynmea2.nmea_utils import timestamp

from .fix import Fix, FixType
from .framing import StreamCounts
from .quality import (
    GGA_QUALITY,
    GGA_SIMULATED,
    MODE_INDICATOR,
    accuracy_from_dop,
    position_problem,
    rank,
)

_KNOTS_IN_MPS = 0.514444
#: pynmea2 raises its own ParseError (a ValueError), and stumbles over proprietary sentences that
#: have fewer fields than it looks at.
_UNREADABLE = (ValueError, IndexError)


@dataclass
class _Epoch:
    """What the sentences of one time have said so far."""

    at: time | None
    late: bool = False
    said_on: date | None = None
    #: (longitude, latitude) by sentence; GGA is believed first.
    positions: dict[str, tuple[float, float]] = field(default_factory=dict)
    fix_types: dict[str, FixType] = field(default_factory=dict)
    mode: int | None = None
    mock: bool = False
    sea_level_m: float | None = None
    separation_m: float | None = None
    ellipsoid_m: float | None = None
    satellites: int | None = None
    in_view: dict[str, int] = field(default_factory=dict)
    hdop: float | None = None
    pdop: float | None = None
    gst: tuple[float | None, float | None] = (None, None)
    receiver: tuple[float | None, float | None] = (None, None)
    correction_age_s: float | None = None
    speed_mps: float | None = None
    track_deg: float | None = None


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
        self._last_time: time | None = None
        self._previous: datetime | None = None
        self._epoch: _Epoch | None = None

    def feed(self, sentence: str) -> Fix | None:
        """Take one sentence; the Fix of the epoch it completed, if it did.

        Sentences with a wrong or missing checksum or senseless contents are counted and dropped.
        """
        try:
            message = pynmea2.parse(sentence, check=True)
        except pynmea2.ChecksumError:
            self.counts.bad_checksum += 1
            return None
        except pynmea2.SentenceTypeError:
            self.counts.sentences += 1
            self.counts.unused += 1
            return None
        except _UNREADABLE:
            self.counts.unreadable += 1
            return None
        self.counts.sentences += 1
        reader = _READERS.get(_kind(message))
        if reader is None:
            self.counts.unused += 1
            return None
        try:
            finished = self._begin(_time_of(message)) if reader.timed else None
            if self._epoch is None:
                if not reader.opens:
                    self.counts.unused += 1
                    return finished
                self._epoch = _Epoch(None)
            reader.read(self._epoch, message)
        except _UNREADABLE:
            self.counts.unreadable += 1
            return None
        return finished

    def flush(self) -> Fix | None:
        """The Fix of the epoch being said, complete or not; None if nothing was said."""
        epoch, self._epoch = self._epoch, None
        if epoch is None or epoch.late or not epoch.fix_types:
            return None
        if epoch.at is not None:
            self._last_time = epoch.at
        return self._fix(epoch)

    def _begin(self, said: time | None) -> Fix | None:
        """Open the epoch of a time; the Fix of the one before, if it ends with that."""
        epoch = self._epoch
        if epoch is None:
            late = said is not None and said == self._last_time
            self.counts.late += late
            self._epoch = _Epoch(said, late=late)
            return None
        if said is None or epoch.at == said:
            return None
        if epoch.at is None and not epoch.fix_types:
            epoch.at = said  # only satellites were said so far: they are of this epoch
            return None
        finished = self.flush()
        self._epoch = _Epoch(said)
        return finished

    def _when(self, epoch: _Epoch) -> datetime | None:
        """Date and time of an epoch; the date is the last one said, moved on at midnight."""
        if epoch.at is None:
            return None
        if epoch.said_on is not None:
            self._date = epoch.said_on
            moment = datetime.combine(self._date, epoch.at, UTC)
        elif self._date is None:
            return None
        else:
            moment = datetime.combine(self._date, epoch.at, UTC)
            previous = self._previous
            if previous is not None and moment < previous - timedelta(hours=12):
                self._date += timedelta(days=1)
                moment += timedelta(days=1)
        self._previous = moment
        return moment

    def _fix(self, epoch: _Epoch) -> Fix:
        fix_type, position = self._position(epoch)
        usable = fix_type != "none"
        height = epoch.sea_level_m if usable and epoch.mode != 2 else None
        ellipsoid = epoch.ellipsoid_m if usable and epoch.mode != 2 else None
        if height is not None and epoch.separation_m is not None:
            ellipsoid = height + epoch.separation_m
        accuracy: tuple[float | None, float | None] = (None, None)
        accuracy_from = None
        if usable:
            from_dop = accuracy_from_dop(epoch.hdop, fix_type)
            if epoch.gst[0] is not None:
                accuracy, accuracy_from = epoch.gst, "gst"
            elif epoch.receiver[0] is not None:
                accuracy, accuracy_from = epoch.receiver, "receiver"
            elif from_dop is not None:
                accuracy, accuracy_from = (from_dop, None), "dop"
        return Fix(
            time=self._when(epoch),
            longitude_deg=position[0],
            latitude_deg=position[1],
            fix_type=fix_type,
            height_ellipsoid_m=ellipsoid,
            height_sea_level_m=height,
            geoid_separation_m=epoch.separation_m,
            satellites=epoch.satellites,
            satellites_in_view=sum(epoch.in_view.values()) if epoch.in_view else None,
            hdop=epoch.hdop,
            pdop=epoch.pdop,
            horizontal_accuracy_m=accuracy[0],
            vertical_accuracy_m=accuracy[1],
            accuracy_from=accuracy_from,  # type: ignore[arg-type]
            correction_age_s=epoch.correction_age_s,
            speed_mps=epoch.speed_mps,
            track_deg=epoch.track_deg,
            source=self._source,
            tablet_time=datetime.now(UTC) if self._live else None,
            mock=epoch.mock,
        )

    def _position(self, epoch: _Epoch) -> tuple[FixType, tuple[float, float]]:
        """The position of the sentence that is believed first, and its fix type."""
        for said_by in _BELIEVED_IN_ORDER:
            fix_type = epoch.fix_types.get(said_by)
            if fix_type == "none":
                break
            if fix_type is None or said_by not in epoch.positions:
                continue
            if position_problem(*epoch.positions[said_by]):
                self.counts.refused_positions += 1
                break
            return fix_type, epoch.positions[said_by]
        return "none", (math.nan, math.nan)


#: GGA alone tells RTK from the rest everywhere; GLL says least.
_BELIEVED_IN_ORDER = ("GGA", "GNS", "UBX00", "RMC", "GLL")


def _kind(message: pynmea2.NMEASentence) -> str:
    """ "GGA", "GST"… whichever the talker; "UBX00", "GRME", "SRFEPE" for receivers' own."""
    return getattr(message, "sentence_type", type(message).__name__)


def _time_of(message: pynmea2.NMEASentence) -> time | None:
    """Time of day in a sentence; None if it has none yet; ValueError if it is no time."""
    if _kind(message) == "SRFEPE":
        return timestamp(message.data[1]) if message.data[1] else None
    said = message.timestamp
    if said is None or isinstance(said, time):
        return said
    raise ValueError(said)


def _number(text: object) -> float | None:
    """A number as a sentence writes it; None for an empty field; ValueError for any other text."""
    if text is None or text == "":
        return None
    number = float(str(text))
    if not math.isfinite(number):
        raise ValueError(text)
    return number


def _whole(text: object) -> int | None:
    number = _number(text)
    return None if number is None else int(number)


def _take_position(epoch: _Epoch, message: pynmea2.NMEASentence) -> None:
    """Degrees from degrees and minutes; an empty field or a missing hemisphere is no position."""
    if not (message.lat and message.lon) or not (
        message.lat_dir in ("N", "S") and message.lon_dir in ("E", "W")
    ):
        return
    for text in (message.lat, message.lon):
        if float(text.rpartition(".")[0][-2:]) >= 60:
            raise ValueError(text)
    epoch.positions[_kind(message)] = (message.longitude, message.latitude)


def _read_gga(epoch: _Epoch, message: pynmea2.GGA) -> None:
    quality = _whole(message.gps_qual)
    epoch.fix_types["GGA"] = GGA_QUALITY.get(quality, "none") if quality else "none"
    epoch.mock = quality == GGA_SIMULATED
    _take_position(epoch, message)
    epoch.satellites = _whole(message.num_sats)
    epoch.hdop = _number(message.horizontal_dil) or epoch.hdop or None
    epoch.sea_level_m = _number(message.altitude)
    epoch.separation_m = _number(message.geo_sep)
    epoch.correction_age_s = _number(message.age_gps_data)


def _read_gns(epoch: _Epoch, message: pynmea2.GNS) -> None:
    # One letter for each constellation; the fix is as good as the best of them.
    kinds = [MODE_INDICATOR.get(letter, "none") for letter in message.mode_indicator]
    epoch.fix_types["GNS"] = max(kinds, key=rank, default="none")
    _take_position(epoch, message)
    if "GGA" not in epoch.fix_types:
        epoch.satellites = _whole(message.num_sats)
        epoch.hdop = _number(message.hdop) or epoch.hdop or None
        epoch.sea_level_m = _number(message.altitude)
        epoch.separation_m = _number(message.geo_sep)
        epoch.correction_age_s = _number(message.age_gps_data)


def _read_rmc(epoch: _Epoch, message: pynmea2.RMC) -> None:
    fix_type: FixType = "none"
    if message.status == "A":
        fix_type = MODE_INDICATOR.get(message.mode_indicator, "single")
    epoch.fix_types["RMC"] = fix_type
    _take_position(epoch, message)
    if isinstance(message.datestamp, date):
        epoch.said_on = message.datestamp
    speed_knots = _number(message.spd_over_grnd)
    epoch.speed_mps = None if speed_knots is None else speed_knots * _KNOTS_IN_MPS
    epoch.track_deg = _number(message.true_course)


def _read_gll(epoch: _Epoch, message: pynmea2.GLL) -> None:
    fix_type: FixType = "none"
    if message.status == "A":
        fix_type = MODE_INDICATOR.get(message.faa_mode, "single")
    epoch.fix_types["GLL"] = fix_type
    _take_position(epoch, message)


def _read_gst(epoch: _Epoch, message: pynmea2.GST) -> None:
    north_m = _number(message.std_dev_latitude)
    east_m = _number(message.std_dev_longitude)
    if north_m is None or east_m is None or north_m + east_m <= 0:
        return  # all zero is how some receivers write "unknown"
    epoch.gst = (math.hypot(north_m, east_m), _number(message.std_dev_altitude))


def _read_zda(epoch: _Epoch, message: pynmea2.ZDA) -> None:
    if message.year and message.month and message.day:
        epoch.said_on = date(message.year, message.month, message.day)


def _read_gsa(epoch: _Epoch, message: pynmea2.GSA) -> None:
    # One for each constellation; those without satellites say 1 (no fix).
    epoch.mode = max(epoch.mode or 1, _whole(message.mode_fix_type) or 1)
    epoch.pdop = _number(message.pdop) or epoch.pdop or None
    epoch.hdop = epoch.hdop or _number(message.hdop) or None


def _read_gsv(epoch: _Epoch, message: pynmea2.GSV) -> None:
    # Said again for each signal of a constellation: the same satellites.
    in_view = _whole(message.num_sv_in_view) or 0
    epoch.in_view[message.talker] = max(in_view, epoch.in_view.get(message.talker, 0))


def _read_ubx00(epoch: _Epoch, message: pynmea2.NMEASentence) -> None:
    kinds: dict[str, FixType] = {"G2": "single", "G3": "single", "D2": "differential"}
    kinds |= {"D3": "differential"}
    epoch.fix_types["UBX00"] = kinds.get(message.nav_stat, "none")
    if epoch.fix_types["UBX00"] == "none":
        return
    if message.lat and message.lon:
        epoch.positions["UBX00"] = (message.longitude, message.latitude)
    epoch.ellipsoid_m = _number(message.alt_ref)
    epoch.receiver = (_number(message.h_acc), _number(message.v_acc))
    epoch.hdop = epoch.hdop or _number(message.hdop) or None


def _read_garmin_error(epoch: _Epoch, message: pynmea2.NMEASentence) -> None:
    epoch.receiver = (_number(message.hpe), _number(message.vpe))


def _read_sirf_error(epoch: _Epoch, message: pynmea2.NMEASentence) -> None:
    if message.data[2] == "A":
        epoch.receiver = (_number(message.data[4]), _number(message.data[5]))


@dataclass(frozen=True)
class _Reader:
    """How a kind of sentence is read; `timed` ones say whose epoch they are, and only those that
    `opens` may begin one."""

    read: Callable[[_Epoch, pynmea2.NMEASentence], None]
    timed: bool = True
    opens: bool = True


_READERS = {
    "GGA": _Reader(_read_gga),
    "GNS": _Reader(_read_gns),
    "RMC": _Reader(_read_rmc),
    "GLL": _Reader(_read_gll),
    "GST": _Reader(_read_gst),
    "ZDA": _Reader(_read_zda),
    "GSA": _Reader(_read_gsa, timed=False),
    "GSV": _Reader(_read_gsv, timed=False),
    "UBX00": _Reader(_read_ubx00),
    "GRME": _Reader(_read_garmin_error, timed=False, opens=False),
    "SRFEPE": _Reader(_read_sirf_error),
}

"""What each kind of NMEA sentence says of its epoch.

Fields are those of NMEA 0183 (4.11) and of the makers' manuals for u-blox's PUBX,00, Garmin's
PGRME and SiRF's PSRFEPE; a sentence is a list of its fields, the first with talker and kind.
pynmea2 reads the same sentences and is what the tests hold this against; reading the fields here
is several times as fast, which a tablet has to pay for at 10 Hz all day.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from .fix import FixType
from .quality import GGA_QUALITY, GGA_SIMULATED, MODE_INDICATOR, MODE_SIMULATED, rank

Fields = Sequence[str]

_KNOTS_IN_MPS = 1852 / 3600
_KMH_IN_MPS = 1 / 3.6
_UBX_KINDS: Mapping[str, FixType] = {
    "G2": "single", "G3": "single", "D2": "differential", "D3": "differential",
}  # fmt: skip
#: What can be the year of a position.
_YEARS = (1980, 2999)
#: Two digits of a year from here on are of the last century; GPS began in 1980.
_FIRST_YEAR = 80
#: SQLite holds no whole number of twenty digits.
_MOST_DIGITS = 9


class Epoch:
    """What the sentences of one time have said so far: `said_at` as they write it, `microsecond` of
    the day.

    `positions` and `fix_types` are by kind of sentence; `gsa` and `gsv` the sentences themselves,
    since few ask for the sky.
    """

    late = False
    said_on: date | None = None
    mode: int | None = None
    mock = False
    sea_level_m: float | None = None
    separation_m: float | None = None
    ellipsoid_m: float | None = None
    satellites: int | None = None
    hdop: float | None = None
    pdop: float | None = None
    gst: tuple[float, float | None] | None = None
    receiver: tuple[float, float | None] | None = None
    correction_age_s: float | None = None
    speed_mps: float | None = None
    track_deg: float | None = None

    def __init__(self, said_at: str = "", microsecond: int | None = None) -> None:
        self.said_at = said_at
        self.microsecond = microsecond
        self.positions: dict[str, tuple[float, float]] = {}
        self.fix_types: dict[str, FixType] = {}
        self.gsa: list[Fields] = []
        self.gsv: list[Fields] = []


@dataclass(frozen=True, slots=True)
class Reader:
    """How a kind of sentence is read; `time_field` is where it says whose epoch it is of (None: of
    the one being said); only those that `opens` may begin an epoch without saying a time."""

    read: Callable[[Epoch, Fields], None]
    time_field: int | None
    fewest: int
    opens: bool = True


def _number(text: str) -> float | None:
    """A number as a sentence writes it; None for an empty field; ValueError for any other text."""
    if not text:
        return None
    number = float(text)
    if not -math.inf < number < math.inf:
        raise ValueError(text)
    return number


def _whole(text: str) -> int | None:
    """A whole number, as `_number`; one of more digits than anything counts is none."""
    if len(text) > _MOST_DIGITS:
        raise ValueError(text)
    return int(text) if text else None


def _take_position(epoch: Epoch, kind: str, fields: Fields, at: int) -> None:
    """Degrees from degrees and minutes; an empty field or a missing hemisphere is no position."""
    latitude, north, longitude, east = fields[at : at + 4]
    if not (latitude and longitude) or north not in ("N", "S") or east not in ("E", "W"):
        return
    epoch.positions[kind] = (
        _degrees(longitude) if east == "E" else -_degrees(longitude),
        _degrees(latitude) if north == "N" else -_degrees(latitude),
    )


def _degrees(text: str) -> float:
    """From "dddmm.mmm"; ValueError for anything else."""
    point = text.find(".")
    whole = (len(text) if point < 0 else point) - 2
    minutes = float(text[whole:])
    if not 0 <= minutes < 60:
        raise ValueError(text)
    return (int(text[:whole]) if whole else 0) + minutes / 60


def _read_gga(epoch: Epoch, fields: Fields) -> None:
    quality = _whole(fields[6])
    epoch.fix_types["GGA"] = GGA_QUALITY.get(quality, "none") if quality else "none"
    if quality == GGA_SIMULATED:
        epoch.mock = True
    _take_position(epoch, "GGA", fields, 2)
    _count_satellites(epoch, fields[7])
    _take_common(epoch, fields[8], fields[9], fields[11], fields[13])


def _take_common(epoch: Epoch, hdop: str, sea_level: str, separation: str, age: str) -> None:
    """What GGA and GNS say alike."""
    epoch.hdop = _number(hdop) or epoch.hdop
    epoch.sea_level_m = _number(sea_level)
    epoch.separation_m = _number(separation)
    epoch.correction_age_s = _number(age)


def _count_satellites(epoch: Epoch, text: str) -> None:
    """The most that any sentence says: GGA counts GPS alone on some receivers, or up to 12."""
    count = _whole(text)
    if count is not None and (epoch.satellites is None or count > epoch.satellites):
        epoch.satellites = count


def _read_gns(epoch: Epoch, fields: Fields) -> None:
    # One letter for each constellation; the fix is as good as the best of them.
    kinds = [MODE_INDICATOR.get(letter, "none") for letter in fields[6]]
    epoch.fix_types["GNS"] = max(kinds, key=rank, default="none")
    epoch.mock = epoch.mock or MODE_SIMULATED in fields[6]
    _take_position(epoch, "GNS", fields, 2)
    _count_satellites(epoch, fields[7])
    if "GGA" not in epoch.fix_types:
        _take_common(epoch, fields[8], fields[9], fields[10], fields[11])


def _read_rmc(epoch: Epoch, fields: Fields) -> None:
    mode = fields[12] if len(fields) > 12 else ""
    epoch.fix_types["RMC"] = MODE_INDICATOR.get(mode, "single") if fields[2] == "A" else "none"
    epoch.mock = epoch.mock or mode == MODE_SIMULATED
    _take_position(epoch, "RMC", fields, 3)
    text = fields[9]
    if text:
        if len(text) != 6:
            raise ValueError(text)
        year = int(text[4:])
        century = 1900 if year >= _FIRST_YEAR else 2000
        epoch.said_on = date(century + year, int(text[2:4]), int(text[:2]))
    speed_knots = _number(fields[7])
    if speed_knots is not None:
        epoch.speed_mps = speed_knots * _KNOTS_IN_MPS
    track_deg = _number(fields[8])
    if track_deg is not None:
        epoch.track_deg = track_deg


def _read_vtg(epoch: Epoch, fields: Fields) -> None:
    if epoch.speed_mps is None:
        speed_kmh = _number(fields[7])
        epoch.speed_mps = None if speed_kmh is None else speed_kmh * _KMH_IN_MPS
    if epoch.track_deg is None:
        epoch.track_deg = _number(fields[1])


def _read_gll(epoch: Epoch, fields: Fields) -> None:
    mode = fields[7] if len(fields) > 7 else ""
    epoch.fix_types["GLL"] = MODE_INDICATOR.get(mode, "single") if fields[6] == "A" else "none"
    epoch.mock = epoch.mock or mode == MODE_SIMULATED
    _take_position(epoch, "GLL", fields, 1)


def _read_gst(epoch: Epoch, fields: Fields) -> None:
    north_m, east_m = _number(fields[6]), _number(fields[7])
    if north_m is None or east_m is None or north_m + east_m <= 0:
        return  # all zero is how some receivers write "unknown"
    epoch.gst = (math.hypot(north_m, east_m), _number(fields[8]))


def _read_zda(epoch: Epoch, fields: Fields) -> None:
    day, month, year = fields[2:5]
    if day and month and year:
        if not _YEARS[0] <= int(year) <= _YEARS[1]:
            raise ValueError(year)
        epoch.said_on = date(int(year), int(month), int(day))


def _read_gsa(epoch: Epoch, fields: Fields) -> None:
    # One for each constellation; those without satellites say 1 (no fix).
    epoch.mode = max(epoch.mode or 1, _whole(fields[2]) or 1)
    epoch.pdop = _number(fields[15]) or epoch.pdop
    epoch.hdop = epoch.hdop or _number(fields[16]) or None
    epoch.gsa.append(fields)


def _read_gsv(epoch: Epoch, fields: Fields) -> None:
    _whole(fields[3])
    epoch.gsv.append(fields)


def _read_ubx(epoch: Epoch, fields: Fields) -> None:
    if fields[1] != "00":
        return
    fix_type = epoch.fix_types["UBX"] = _UBX_KINDS.get(fields[8], "none")
    if fix_type == "none":
        return
    _take_position(epoch, "UBX", fields, 3)
    epoch.ellipsoid_m = _number(fields[7])
    _take_receiver(epoch, fields[9], fields[10])
    epoch.hdop = epoch.hdop or _number(fields[15]) or None


def _read_garmin_error(epoch: Epoch, fields: Fields) -> None:
    _take_receiver(epoch, fields[1], fields[3])


def _read_sirf_error(epoch: Epoch, fields: Fields) -> None:
    if fields[2] == "A":
        _take_receiver(epoch, fields[4], fields[5])


def _take_receiver(epoch: Epoch, horizontal: str, vertical: str) -> None:
    horizontal_m = _number(horizontal)
    if horizontal_m is not None:
        epoch.receiver = (horizontal_m, _number(vertical))


#: By kind, whatever the talker; makers' own by their whole name.
READERS: Mapping[str, Reader] = {
    "GGA": Reader(_read_gga, 1, 15),
    "GNS": Reader(_read_gns, 1, 13),
    "RMC": Reader(_read_rmc, 1, 10),
    "GLL": Reader(_read_gll, 5, 7),
    "GST": Reader(_read_gst, 1, 9),
    "ZDA": Reader(_read_zda, 1, 5),
    "GSA": Reader(_read_gsa, None, 18),
    "GSV": Reader(_read_gsv, None, 4),
    "VTG": Reader(_read_vtg, None, 8, opens=False),
    "PUBX": Reader(_read_ubx, 2, 16),
    "PGRME": Reader(_read_garmin_error, None, 4, opens=False),
    "PSRFEPE": Reader(_read_sirf_error, 1, 6),
}

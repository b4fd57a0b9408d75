"""The satellites in view, named as RINEX does: G10, R05, E21, C19, J02, S23, I04."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

#: Letter of each constellation (RINEX 3.05, table 1) by talker of a sentence, where it says one.
#: PQ is Quectel's talker for BeiDou and QZSS.
_BY_TALKER: Mapping[str, str] = {
    "GP": "G", "GL": "R", "GA": "E", "GB": "C", "BD": "C", "PQ": "C", "GQ": "J", "QZ": "J",
    "GI": "I",
}  # fmt: skip
#: The same by system identifier (NMEA 0183 4.11), the last field of GSA.
BY_SYSTEM: Mapping[str, str] = {"1": "G", "2": "R", "3": "E", "4": "C", "5": "J", "6": "I"}
#: Where a number alone tells the constellation: first and last number, letter, what to take off.
_BY_NUMBER = (
    (1, 32, "G", 0),
    (33, 64, "S", 13),  # SBAS: PRN less 87 here, PRN less 100 in RINEX
    (65, 96, "R", 64),
    (120, 158, "S", 100),
    (193, 202, "J", 192),
    (201, 263, "C", 200),
    (301, 336, "E", 300),
    (401, 463, "C", 400),
)


@dataclass(frozen=True, slots=True)
class Satellite:
    """One satellite in view: `name` as in RINEX, degrees above the horizon and from north, carrier
    to noise density in dB-Hz (None: not tracked), and whether the position is made of it."""

    name: str
    elevation_deg: float | None
    azimuth_deg: float | None
    snr_dbhz: float | None
    used: bool


def satellite_name(number: int, talker: str = "GN", system: str = "") -> str | None:
    """The satellite that a sentence of a talker (and system identifier) gives a number to; None
    if there is no such satellite."""
    letter = BY_SYSTEM.get(system) or _BY_TALKER.get(talker)
    for first, last, by_number, less in _BY_NUMBER:
        if first <= number <= last and (by_number == letter or (letter is None)):
            return f"{by_number}{number - less:02d}"
    # A GPS or QZSS sentence may hold the augmentation satellites too; others count from 1.
    if letter in ("G", "J", "R") and (33 <= number <= 64 or 120 <= number <= 158):
        return f"S{number - (13 if number <= 64 else 100):02d}"
    if letter in ("E", "C", "J", "I") and 1 <= number <= 64:
        return f"{letter}{number:02d}"
    if letter == "G" and 193 <= number <= 202:
        return f"J{number - 192:02d}"
    return None


def satellites_used(gsa: Iterable[Sequence[str]]) -> frozenset[str]:
    """Names of those that the GSA sentences of an epoch (fields, the first the kind) list.

    In the form since NMEA 0183 4.11 the system identifier is field 18.
    """
    found = set()
    for fields in gsa:
        system = fields[18] if len(fields) > 18 else ""
        for text in fields[3:15]:
            if text.isdigit():
                found.add(satellite_name(int(text), fields[0][:2], system))
    return frozenset(name for name in found if name is not None)


def satellites_in_view(gsv: Iterable[Sequence[str]], used: frozenset[str]) -> tuple[Satellite, ...]:
    """The sky that the GSV sentences of an epoch (fields, the first the kind) draw, by name.

    A receiver says each satellite once for each signal; the strongest counts.
    """
    found: dict[str, Satellite] = {}
    for fields in gsv:
        talker = fields[0][:2]
        for at in range(4, len(fields) - 3, 4):
            number, *angles, strength = fields[at : at + 4]
            if not number.isdigit():
                continue
            name = satellite_name(int(number), talker)
            if name is None:
                continue
            elevation, azimuth = (float(each) if each.isdigit() else None for each in angles)
            snr = float(strength) if strength.isdigit() else None
            before = found.get(name)
            if before is not None and (before.snr_dbhz or 0) >= (snr or 0):
                continue
            found[name] = Satellite(name, elevation, azimuth, snr, name in used)
    return tuple(found[name] for name in sorted(found))

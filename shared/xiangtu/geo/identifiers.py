"""Structure and check digits of the codes a survey writes, and how a private one is masked.

Sources: GB/T 2260 (divisions), GB/T 10114 (townships, villages), NY/T 2539 (issuing party,
contractor, contracted parcel, contract), TD/T 1001 practice for cadastral parcels,
GB/T 37346-2019 (real-estate unit), GB 11643 (citizen id), GB 32100 (organisation).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType

_CITIZEN_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CITIZEN_DIGITS = "10X98765432"
_ORGANISATION_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_ORGANISATION_WEIGHTS = tuple(pow(3, place, 31) for place in range(17))

#: Third number of a township and of a village. 001–099 streets, 100–199 towns, 200–399 townships;
#: 001–199 residents', 200–399 villagers' committees; offices also issue 400–599 to development
#: zones, farms and the like (2,710 of the 41,352 townships published in 2023).
_LAST_LOCAL_NUMBER = 599
#: Numbers of contractors that are households; 8001–9000 are persons, 9001–9999 units (NY/T 2539).
_HOUSEHOLDS = range(1, 8001)
#: Second letter of a cadastral parcel that only collective land (J) can have.
_COLLECTIVE_ONLY = "AC"


def citizen_id_check_digit(first_17: str) -> str:
    """The 18th character of a citizen id (GB 11643) for its first 17 digits."""
    total = sum(w * int(d) for w, d in zip(_CITIZEN_WEIGHTS, first_17, strict=True))
    return _CITIZEN_DIGITS[total % 11]


def organisation_check_digit(first_17: str) -> str:
    """The 18th character of a unified social credit code (GB 32100) for its first 17."""
    values = (_ORGANISATION_ALPHABET.index(each) for each in first_17)
    total = sum(w * v for w, v in zip(_ORGANISATION_WEIGHTS, values, strict=True))
    return _ORGANISATION_ALPHABET[-total % 31]


@dataclass(frozen=True)
class Structure:
    """How a code is built: `pattern` is its whole shape, `examine` what a shape cannot say.

    `shown` is how many characters of a masked value stay readable at its start and end.
    """

    pattern: re.Pattern[str]
    lengths: tuple[int, ...]
    examine: Callable[[str], str | None]
    shown: tuple[int, int] = (0, 0)


def check(structure: str, value: str | None) -> str | None:
    """Why a value is no code of that structure, or None if it is one (or is None).

    `structure` is a name in STRUCTURES, or a regular expression beginning with "^" for a code
    without a national rule (the number of a relic). The reason is a code: length, characters,
    division, township, village, number, range, feature, date, check_digit, pattern.
    KeyError for an unknown name.
    """
    if value is None:
        return None
    if structure.startswith("^"):
        return None if re.search(structure, value) else "pattern"
    known = STRUCTURES[structure]
    if len(value) not in known.lengths:
        return "length"
    if not known.pattern.fullmatch(value):
        return "characters"
    return known.examine(value)


def mask(structure: str | None, value: str) -> str:
    """The value with all but the harmless ends starred: 990101********0019, 138****5678.

    A value not of the structure's length (a passport in the column of citizen ids), too short to
    keep its ends apart, or without a structure is starred as a whole, not telling its length.
    """
    known = STRUCTURES.get(structure) if structure else None
    if known is None or len(value) not in known.lengths or known.shown == (0, 0):
        return "****"
    first, last = known.shown
    return value[:first] + "*" * (len(value) - first - last) + value[len(value) - last :]


def _division(value: str) -> str | None:
    return "division" if value[:2] == "00" else None


def _township(value: str) -> str | None:
    if not 1 <= int(value[6:9]) <= _LAST_LOCAL_NUMBER:
        return "township"
    return _division(value)


def _village(value: str) -> str | None:
    if not 1 <= int(value[9:12]) <= _LAST_LOCAL_NUMBER:
        return "village"
    return _township(value)


def _contractor(value: str) -> str | None:
    return "range" if int(value[14:18]) == 0 else _village(value)


def _contracted_parcel(value: str) -> str | None:
    return "number" if value[14:] == "00000" else _village(value)


def _contract(value: str) -> str | None:
    household = int(value[14:18]) in _HOUSEHOLDS
    if household != (value[18] == "J"):
        return "range"
    return _contractor(value)


def _cadastral_parcel(value: str) -> str | None:
    if value[13] in _COLLECTIVE_ONLY and value[12] != "J":
        return "feature"
    return "number" if value[14:19] == "00000" else _division(value)


def _real_estate_unit(value: str) -> str | None:
    if (value[19] == "W") != (value[20:] == "00000000"):
        return "feature"
    return _cadastral_parcel(value[:19])


def _citizen_id(value: str) -> str | None:
    try:
        born = date(int(value[6:10]), int(value[10:12]), int(value[12:14]))
    except ValueError:
        return "date"
    if born.year < 1850:
        return "date"
    if value[17] != citizen_id_check_digit(value[:17]):
        return "check_digit"
    return _division(value)


def _organisation(value: str) -> str | None:
    return None if value[17] == organisation_check_digit(value[:17]) else "check_digit"


def _nothing_more(value: str) -> None:
    return None


def _built(
    pattern: str,
    length: int,
    examine: Callable[[str], str | None],
    shown: tuple[int, int] = (0, 0),
) -> Structure:
    return Structure(re.compile(pattern, re.ASCII), (length,), examine, shown)


_PARCEL = r"\d{12}[GJZ][ABSXCDEFWY]\d{5}"

#: Every structure by the name a catalogue gives it.
STRUCTURES = MappingProxyType(
    {
        "division": _built(r"\d{6}", 6, _division),
        "township": _built(r"\d{9}", 9, _township),
        "village": _built(r"\d{12}", 12, _village),
        "village_group": _built(r"\d{14}", 14, _village),
        "issuing_party": _built(r"\d{14}", 14, _village),
        "contractor": _built(r"\d{18}", 18, _contractor),
        "contracted_parcel": _built(r"\d{19}", 19, _contracted_parcel),
        "contract": _built(r"\d{18}[JQ]", 19, _contract),
        "certificate": _built(r"\d{18}[JQ]", 19, _contract),
        "cadastral_parcel": _built(_PARCEL, 19, _cadastral_parcel),
        "homestead": _built(r"\d{12}JC\d{5}", 19, _cadastral_parcel),
        "real_estate_unit": _built(_PARCEL + r"[FLQW]\d{8}", 28, _real_estate_unit),
        "citizen_id": _built(r"\d{17}[\dX]", 18, _citizen_id, shown=(6, 4)),
        "organisation": _built(rf"[{_ORGANISATION_ALPHABET}]{{18}}", 18, _organisation),
        "telephone": Structure(
            re.compile(r"1\d{10}|0\d{9,11}", re.ASCII), (10, 11, 12), _nothing_more, shown=(3, 4)
        ),
    }
)

"""A source's value as a field stores it, or the reason why it does not fit."""

from __future__ import annotations

import datetime
import math
import re
from collections.abc import Callable, Mapping
from typing import Any

from ..catalogue.model import Catalogue, Field

#: Doubles hold whole numbers exactly up to here; a longer code kept as a number has lost digits.
_EXACT = 2**53
_TRUE = {"1", "true", "t", "yes", "y", "是", "有", "√"}
#: 2 is "no" in NY/T 2539's table of yes and no.
_FALSE = {"0", "2", "false", "f", "no", "n", "否", "无", "×"}
_DATE = re.compile(r"(\d{4})[-/.年]?(\d{1,2})[-/.月]?(\d{1,2})日?")
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")
_THOUSANDS = re.compile(r"[+-]?\d{1,3}(?:,\d{3})+(?:\.\d+)?")
_TIME = re.compile(r"[T ](\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?\s*(Z|[+-]\d{2}(?::?\d{2})?)?")


class Misfit(ValueError):
    """A value that does not fit; `reason` is one of type, length, code, reference, date…"""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


Converter = Callable[[Any], Any]


def converter(field: Field, catalogue: Catalogue, find: Callable[[str, str], str]) -> Converter:
    """A function from a source's value (never None nor blank) to the stored one.

    `find(parent layer, value)` gives the uuid a reference means; it and the function returned
    raise Misfit.
    """
    if field.type == "integer":
        return _integer
    if field.type == "real":
        return _real
    if field.type == "boolean":
        return _boolean
    if field.type == "date":
        return _date
    if field.type == "datetime":
        return _datetime
    if field.type == "code":
        return _Codes(catalogue, str(field.code_list)).one
    if field.type == "codes":
        return _Codes(catalogue, str(field.code_list)).several
    if field.type == "reference":
        parent = str(field.references)
        return lambda value: find(parent, as_text(value))
    length = field.length

    def text(value: Any) -> str:
        out = as_text(value)
        if length is not None and len(out) > length:
            raise Misfit("length")
        return out

    return text


def as_text(value: Any) -> str:
    """Text of a value; a whole number has no ".0", and one that lost digits is a Misfit."""
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, float):
        if value.is_integer():
            if abs(value) >= _EXACT:
                raise Misfit("digits_lost")
            return str(int(value))
        return repr(value)
    return str(value).strip()


def as_number(value: Any) -> float:
    """A finite number; Misfit("type") for anything else."""
    if isinstance(value, str):
        text = value.strip()
        if _THOUSANDS.fullmatch(text):
            text = text.replace(",", "")
        if not _NUMBER.fullmatch(text):
            raise Misfit("type")
        value = float(text)
    if not math.isfinite(value):
        raise Misfit("type")
    return float(value)


def _integer(value: Any) -> int:
    if isinstance(value, int):
        return value
    number = as_number(value)
    if not number.is_integer() or abs(number) >= 2**63:
        raise Misfit("type")
    return int(number)


def _real(value: Any) -> float:
    return as_number(value)


def _boolean(value: Any) -> int:
    text = as_text(value).casefold()
    if text in _TRUE:
        return 1
    if text in _FALSE:
        return 0
    raise Misfit("type")


def _date(value: Any) -> str:
    text = as_text(value)
    found = _DATE.match(text)
    if not found or (found.end() < len(text) and not _TIME.fullmatch(text, found.end())):
        raise Misfit("date")
    return _day(found).isoformat()


def _day(found: re.Match[str]) -> datetime.date:
    try:
        return datetime.date(int(found[1]), int(found[2]), int(found[3]))
    except ValueError:
        raise Misfit("date") from None


def _datetime(value: Any) -> str:
    """ISO in UTC with Z; a time without an offset is taken to be UTC already."""
    text = as_text(value)
    found = _DATE.match(text)
    if not found:
        raise Misfit("date")
    day = _day(found)
    clock = _TIME.fullmatch(text, found.end())
    if clock is None:
        if found.end() < len(text):
            raise Misfit("date")
        return f"{day.isoformat()}T00:00:00Z"
    try:
        moment = datetime.datetime(
            day.year, day.month, day.day, int(clock[1]), int(clock[2]), int(clock[3] or 0)
        )
    except ValueError:
        raise Misfit("date") from None
    zone = clock[4]
    if zone and zone != "Z":
        minutes = int(zone[1:3]) * 60 + int(zone[3:].strip(":") or 0)
        moment -= datetime.timedelta(minutes=minutes if zone[0] == "+" else -minutes)
    return moment.isoformat() + "Z"


class _Codes:
    """A code list asked by code, by either label, or by the code of another list's edition."""

    def __init__(self, catalogue: Catalogue, name: str) -> None:
        codes = catalogue.code_lists[name]
        self._order = {code: place for place, code in enumerate(codes.codes)}
        self._known = {code.casefold(): code for code in codes.codes}
        labels: dict[str, set[str]] = {}
        for each in codes.codes.values():
            for label in (each.label.zh, each.label.en):
                labels.setdefault(label.casefold(), set()).add(each.code)
        # A label that two codes share (其他 in several classes) says nothing.
        self._labels = _only(labels)
        self._crosswalk = _only(_elsewhere(catalogue, name))

    def one(self, value: Any) -> str:
        text = as_text(value).casefold()
        found = self._known.get(text) or self._labels.get(text) or self._crosswalk.get(text)
        if found is None:
            raise Misfit("code")
        return found

    def several(self, value: Any) -> str:
        parts = [each for each in re.split(r"[,;，；、/|\s]+", as_text(value)) if each]
        found = {self.one(each) for each in parts}
        return ";".join(sorted(found, key=self._order.__getitem__))


def _elsewhere(catalogue: Catalogue, name: str) -> dict[str, set[str]]:
    """Codes of other lists → codes of this one, by the crosswalks that lead from or to it.

    So TDLYLX, which is written in the land uses of 2007, is read as those of 2017 where only one
    fits.
    """
    found: dict[str, set[str]] = {}
    for crosswalk in catalogue.crosswalks.values():
        for pair in crosswalk.pairs:
            if crosswalk.from_list == name:
                found.setdefault(pair.target.casefold(), set()).add(pair.source)
            elif crosswalk.to_list == name:
                found.setdefault(pair.source.casefold(), set()).add(pair.target)
    return found


def _only(found: Mapping[str, set[str]]) -> dict[str, str]:
    return {text: min(same) for text, same in found.items() if len(same) == 1}

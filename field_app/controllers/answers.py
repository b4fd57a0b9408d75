"""Answers as typed on a tablet, made into the values that are stored."""

from __future__ import annotations

import re
import unicodedata
from datetime import date, datetime
from typing import Any

from xiangtu.catalogue import Catalogue, Field
from xiangtu.errors import BadInput

_DATE = re.compile(r"(\d{4})\s*[-/.年]?\s*(\d{1,2})\s*[-/.月]?\s*(\d{1,2})\s*日?")


def stored(catalogue: Catalogue, field: Field, answer: Any) -> Any:
    """The value of an answer; None for an empty one.

    Numbers may be typed in full-width digits, dates as 2025-6-5, 2025/6/5 or 2025年6月5日; several
    codes are a list.

    Raises
    ------
    BadInput
        "field.answer.number", "field.answer.whole", "field.answer.date", "field.answer.code",
        "field.answer.yes_no": facts field, value.
    """
    if answer is None or (isinstance(answer, str) and not answer.strip()):
        return None
    if field.type in ("integer", "real"):
        return _number(field, answer)
    if field.type == "boolean":
        if answer in (True, False):
            return int(answer)
        raise _refused("yes_no", field, answer)
    if field.type == "date":
        return _date(field, answer)
    if field.type == "datetime" and isinstance(answer, datetime):
        return answer.isoformat().replace("+00:00", "Z")
    if field.type in ("code", "codes"):
        return _codes(catalogue, field, answer)
    return str(answer).strip()


def _number(field: Field, answer: Any) -> int | float:
    text = unicodedata.normalize("NFKC", str(answer)).strip()
    try:
        number = float(text)
    except ValueError:
        raise _refused("number", field, answer) from None
    if number != number or number in (float("inf"), float("-inf")):
        raise _refused("number", field, answer)
    if field.type == "real":
        return number
    if number != int(number):
        raise _refused("whole", field, answer)
    return int(number)


def _date(field: Field, answer: Any) -> str:
    if isinstance(answer, datetime):
        return answer.date().isoformat()
    if isinstance(answer, date):
        return answer.isoformat()
    match = _DATE.fullmatch(unicodedata.normalize("NFKC", str(answer)).strip())
    if match:
        try:
            return date(*(int(each) for each in match.groups())).isoformat()
        except ValueError:
            pass  # the 31st of February
    raise _refused("date", field, answer)


def _codes(catalogue: Catalogue, field: Field, answer: Any) -> str:
    known = catalogue.code_lists[field.code_list or ""].codes
    several = answer if isinstance(answer, list | tuple | set) else str(answer).split(";")
    chosen = {str(each).strip() for each in several}
    if not chosen <= set(known) or (field.type == "code" and len(chosen) != 1):
        raise _refused("code", field, answer)
    return ";".join(code for code in known if code in chosen)


def _refused(what: str, field: Field, answer: Any) -> BadInput:
    return BadInput(f"field.answer.{what}", field=field.name, value=str(answer))

"""Records to make mistakes with, and what a run says of them."""

from __future__ import annotations

from typing import Any

import shapely
from xiangtu import validate
from xiangtu.store import SurveyFile

VILLAGE = "990101101201"


def village(file: SurveyFile, outline: Any, code: str = VILLAGE) -> str:
    return file.insert("village", {"code": code, "village": code, "name": code}, outline)


def parcel(file: SurveyFile, outline: Any, **values: Any) -> str:
    given = {"village": VILLAGE, "name": "a parcel", "kind": "10", **values}
    return file.insert("farmland", given, outline)


def box(x: float, y: float, width: float = 10, height: float = 10) -> shapely.Geometry:
    """A rectangle somewhere in zone 4548, by its distance from a corner stone."""
    return shapely.box(450_000 + x, 3_900_000 + y, 450_000 + x + width, 3_900_000 + y + height)


def found(file: SurveyFile, *rules: str, **options: Any) -> list[tuple[str, str, str | None]]:
    """(rule, record, other) of what a run of these rules leaves open."""
    validate.run(file, rules=rules, **options)
    rows = file.connection.execute(
        "SELECT rule, record, other FROM finding WHERE state = 'open' ORDER BY rule, record, other"
    )
    return list(rows)

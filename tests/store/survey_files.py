"""Pieces that the tests of survey files share."""

from __future__ import annotations

import shapely
from xiangtu import store

SRID = 4548
VILLAGE = "990101101201"


def outline(x: float, y: float = 0.0, width: float = 20.0, height: float = 20.0):
    """A rectangle in the county's zone, metres from its corner."""
    east, north = 450_000 + x, 3_900_000 + y
    return shapely.box(east, north, east + width, north + height)


def operations(file: store.SurveyFile, uuid: str) -> list[str]:
    """What the journal says was done to a record, in order."""
    return [entry.operation for entry in file.history(uuid)]

"""Pairs of records that may be of one thing: found by merge.likeness, joined by merge.joining."""

from __future__ import annotations

from dataclasses import dataclass

from ..errors import BadInput
from ..store import SurveyFile
from .office_edits import catch_up

_COLUMNS = "id, layer, a, b, reason, state, survivor"


@dataclass(frozen=True)
class Pair:
    """Two records that may be one; `reason` is one of merge.likeness.REASONS; `state` open,
    joined or apart."""

    id: str
    layer: str
    a: str
    b: str
    reason: str
    state: str
    survivor: str | None


def list_pairs(file: SurveyFile, state: str | None = None) -> list[Pair]:
    """All proposed pairs, or those in a state."""
    catch_up(file)
    where = "WHERE state = ?" if state else ""
    return [
        Pair(*row)
        for row in file.connection.execute(
            f"SELECT {_COLUMNS} FROM duplicate {where} ORDER BY layer, id",
            (state,) if state else (),
        )
    ]


def find_pair(file: SurveyFile, name: str) -> Pair:
    """The pair of that id; BadInput("duplicate.unknown") if there is none."""
    catch_up(file)
    row = file.connection.execute(
        f"SELECT {_COLUMNS} FROM duplicate WHERE id = ?", (name,)
    ).fetchone()
    if row is None:
        raise BadInput("duplicate.unknown", pair=name)
    return Pair(*row)

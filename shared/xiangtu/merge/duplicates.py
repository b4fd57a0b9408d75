"""Pairs of records that may be of one thing: found by merge.likeness, joined by merge.joining."""

from __future__ import annotations

from dataclasses import dataclass

from ..errors import BadInput
from ..store import SurveyFile
from .conflicts import Which
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


def open_pairs(file: SurveyFile, which: Which) -> list[Pair]:
    """The pairs that wait for a decision and meet conditions: of a layer; one of the two in a
    village, or surveyed by a device. A pair is about no field."""
    names = {which.layer} if which.layer is not None else set(file.catalogue.layers)
    return [
        pair
        for pair in list_pairs(file, "open")
        if pair.layer in names and _meets(file, pair, which)
    ]


def _meets(file: SurveyFile, pair: Pair, which: Which) -> bool:
    both = (pair.a, pair.b)
    if (
        which.village is not None
        and not file.connection.execute(
            f'SELECT 1 FROM "{pair.layer}" WHERE uuid IN (?, ?) AND village = ?',
            (*both, which.village),
        ).fetchone()
    ):
        return False
    return which.device is None or bool(
        file.connection.execute(
            "SELECT 1 FROM change WHERE record IN (?, ?) AND device = ? AND live = 1",
            (*both, which.device),
        ).fetchone()
    )


def find_pair(file: SurveyFile, name: str) -> Pair:
    """The pair of that id; BadInput("duplicate.unknown") if there is none."""
    catch_up(file)
    row = file.connection.execute(
        f"SELECT {_COLUMNS} FROM duplicate WHERE id = ?", (name,)
    ).fetchone()
    if row is None:
        raise BadInput("duplicate.unknown", pair=name)
    return Pair(*row)

"""What can be proposed for outlines in conflict, and whom it concerns: the outline in which every
side's corners are moved, and the neighbours at the edges that were."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ..catalogue.model import GEOMETRY_COLUMN
from ..geo import blobs
from ..store import SurveyFile
from .corners import Edge
from .neighbours import Neighbour, sharing_moved_edges
from .outlines import Reshaping

if TYPE_CHECKING:
    from .conflicts import Conflict, Head

ACCURACY_COLUMN = "horizontal_accuracy_m"


def add_proposals(
    file: SurveyFile, conflicts: Sequence[Conflict], *, neighbours: bool = False
) -> list[Conflict]:
    """The same conflicts, those about outlines with what can be proposed for them.

    Nothing is proposed that is no other than one side's outline. Neighbours are looked for on
    demand, with one question to the spatial index for each layer.
    """
    about = [each for each in conflicts if each.unit == GEOMETRY_COLUMN]
    proposed: dict[str, Any] = {}
    moved: dict[str, dict[str, dict[Edge, tuple[int, ...]]]] = {}
    for conflict, shapes in zip(about, _shapes(about), strict=True):
        layer = file.catalogue.layer(conflict.layer)
        base, *heads = shapes
        reshaping = Reshaping(base, heads, layer.tolerance_m)
        if not reshaping.one_did_all():
            proposed[conflict.id] = reshaping.combined()
        if neighbours:
            moved.setdefault(conflict.layer, {})[conflict.record] = {
                edge: tuple(position + 1 for position in positions)
                for edge, positions in reshaping.moved_edges().items()
            }
    outlines = dict(zip(proposed, blobs.encode(list(proposed.values()), file.srid), strict=True))
    beside: dict[tuple[str, str], tuple[Neighbour, ...]] = {}
    for name, edges in moved.items():
        found = sharing_moved_edges(file, file.catalogue.layer(name), edges)
        beside |= {(name, record): each for record, each in found.items()}
    return [
        replace(
            each,
            combined=_combined(each, outlines.get(each.id)),
            neighbours=beside.get((each.layer, each.record), ()),
        )
        if each.unit == GEOMETRY_COLUMN
        else each
        for each in conflicts
    ]


def _shapes(conflicts: Sequence[Conflict]) -> list[list[Any]]:
    """Of each conflict the outline that all sides had before them, then those of the heads; None
    for what is missing or damaged."""
    stored = [
        [side.get(GEOMETRY_COLUMN) for side in (each.base, *(head.values for head in each.heads))]
        for each in conflicts
    ]
    shapes, _ = blobs.decode_readable([blob for each in stored for blob in each])  # type: ignore[misc]
    left = iter(shapes)
    return [[next(left) for _ in each] for each in stored]


def _combined(conflict: Conflict, outline: bytes | None) -> dict[str, object] | None:
    """The values of the whole unit: how it was measured is told by the least accurate head."""
    if outline is None:
        return None
    worst = max(conflict.heads, key=lambda head: accuracy_m(head) or math.inf)
    return {**worst.values, GEOMETRY_COLUMN: outline}


def accuracy_m(head: Head) -> float | None:
    """The horizontal accuracy that a head's outline was measured with; None if it is not known
    (a receiver that does not know it may say 0)."""
    value = head.values.get(ACCURACY_COLUMN)
    known = isinstance(value, int | float) and math.isfinite(value) and value > 0
    return float(value) if known else None  # type: ignore[arg-type]

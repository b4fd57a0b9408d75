"""Labels that do not lie on each other."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

#: left, bottom, right, top in pixels.
Box = tuple[float, float, float, float]
#: Boxes are looked for in squares of this side.
_SQUARE_PX = 96.0


def placed(boxes: Sequence[Box], most: int) -> list[int]:
    """Which of the boxes can stand: each that touches none of those kept before it, until there are
    as many as may be.

    Their order is their rank. The cost grows with the number of boxes, since only those near by
    are compared.
    """
    kept: list[int] = []
    squares: dict[tuple[int, int], list[Box]] = defaultdict(list)
    for number, box in enumerate(boxes):
        left, bottom, right, top = box
        mine = [
            (column, row)
            for column in range(int(left // _SQUARE_PX), int(right // _SQUARE_PX) + 1)
            for row in range(int(bottom // _SQUARE_PX), int(top // _SQUARE_PX) + 1)
        ]
        if any(_meet(box, other) for square in mine for other in squares[square]):
            continue
        kept.append(number)
        if len(kept) == most:
            break
        for square in mine:
            squares[square].append(box)
    return kept


def _meet(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]

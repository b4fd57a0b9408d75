"""What became of the corners of an outline: one side's rings or lines compared with those they
come from.

Where a ring begins, which way it runs and in what order rings stand differ from program to
program and mean nothing here.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import shapely

Corner = tuple[float, float]
#: Corners in order: those of a closed ring without the closing one, those of a line after START.
Chain = list[Corner]
#: A polygon: its shell, then its holes. A line: itself alone.
Part = list[Chain]
#: Which chain of an outline: the part's position, the chain's position in it.
Place = tuple[int, int]
#: A side of an outline, from corner to corner.
Edge = tuple[Corner, Corner]
Kind = Literal["polygon", "line"]

#: Stands before the first corner of a line and after its last, so that a line is a ring too.
START: Corner = (math.inf, math.inf)
#: Of corners at one place no more than this are compared, so that a line that goes over itself a
#: thousand times is not compared a million times.
_MOST_AT_A_PLACE = 4

_Where = tuple[Place, int]
_Near = dict[tuple[Place, Place], list[tuple[float, int, int]]]
_Pairs = dict[tuple[Place, Place], list[tuple[int, int]]]


@dataclass(frozen=True)
class Edit:
    """`count` corners of a chain from `first` on, round the end, give way to others.

    With a count of 0 the others were put in before corner `first`.
    """

    first: int
    count: int
    corners: tuple[Corner, ...]

    def claims(self, size: int) -> Iterator[tuple[str, int]]:
        """The corners, and the gaps before corners, of which this edit says what becomes of them.

        One that puts in more than it takes out may have put it at either end, so that the gaps
        there are its own too. `size` is the number of corners of the chain.
        """
        growing = int(len(self.corners) > self.count > 0)
        for step in range(self.count):
            yield "corner", (self.first + step) % size
        for step in range(1 - growing, self.count + growing):
            yield "gap", (self.first + step) % size
        if not self.count:
            yield "gap", self.first


@dataclass(frozen=True)
class Changes:
    """What one side did: edits by chain of the base, chains taken away, parts and holes put in."""

    edits: dict[Place, list[Edit]] = field(default_factory=dict)
    removed: set[Place] = field(default_factory=set)
    parts: list[Part] = field(default_factory=list)
    holes: list[tuple[int, Chain]] = field(default_factory=list)

    def places(self) -> set[tuple[object, ...]]:
        """Where it changed what the base had, whatever it made of it."""
        found: set[tuple[object, ...]] = {("removed", place) for place in self.removed}
        for place, edits in self.edits.items():
            found.update((place, edit.first, edit.count) for edit in edits)
        return found

    def added(self) -> list[Part]:
        """The parts and holes that it put in."""
        return [*self.parts, *([hole] for _, hole in self.holes)]

    def touches(self, part: int) -> bool:
        """Whether anything of a part of the base was changed."""
        places = (*self.edits, *self.removed, *self.holes)
        return any(place[0] == part for place in places)


def parts_of_outlines(shapes: Any, kind: Kind, tolerance_m: float) -> list[list[Part]]:
    """The parts of each outline (an array of normalized polygons, or of lines); a corner that
    repeats the one before it is left out."""
    found: list[list[Part]] = [[] for _ in shapes]
    parts, shape_of = shapely.get_parts(shapes, return_index=True)
    chains, part_of = parts, range(len(parts))
    if kind == "polygon":
        chains, part_of = shapely.get_rings(parts, return_index=True)
    coordinates, chain_of = shapely.get_coordinates(chains, return_index=True)
    corners: list[list[Corner]] = [[] for _ in chains]
    for chain, (x, y) in zip(chain_of.tolist(), coordinates.tolist(), strict=True):
        corners[chain].append((x, y))
    last = -1
    for chain, part in zip(corners, part_of, strict=True):
        of_shape = found[shape_of[part]]
        if part != last:
            of_shape.append([])
            last = part
        if kind == "line":
            of_shape[-1].append([START, *_distinct(chain, tolerance_m)])
        else:
            of_shape[-1].append(_distinct(chain[:-1], tolerance_m, closed=True))
    return found


def _distinct(chain: Chain, tolerance_m: float, *, closed: bool = False) -> Chain:
    kept: Chain = []
    for corner in chain:
        if not kept or not same_corner(corner, kept[-1], tolerance_m):
            kept.append(corner)
    while closed and len(kept) > 1 and same_corner(kept[0], kept[-1], tolerance_m):
        kept.pop()
    return kept


def same_corner(one: Corner, other: Corner, tolerance_m: float) -> bool:
    """Whether two corners are no further apart than the tolerance (metres)."""
    return one == other or math.dist(one, other) <= tolerance_m


def compare(base: list[Part], side: list[Part], kind: Kind, tolerance_m: float) -> Changes:
    """What a side did to the base."""
    changes = Changes()
    pairs = _shared_corners(base, side, tolerance_m)
    partners = _matched(
        {
            (here[0], there[0]): len(shared)
            for (here, there), shared in pairs.items()
            if here[1] == 0 == there[1]
        }
    )
    for part, other in list(partners.items()):
        shell, its = base[part][0], side[other][0]
        edits = _edits(shell, its, pairs[(part, 0), (other, 0)], kind)
        if edits is None:
            del partners[part]
            continue
        if edits:
            changes.edits[part, 0] = edits
        _compare_holes(changes, (part, base[part]), (other, side[other]), pairs)
    changes.removed.update((part, 0) for part in range(len(base)) if part not in partners)
    kept = set(partners.values())
    changes.parts.extend(part for other, part in enumerate(side) if other not in kept)
    return changes


def _compare_holes(
    changes: Changes, mine: tuple[int, Part], theirs: tuple[int, Part], pairs: _Pairs
) -> None:
    """Add to `changes` what became of the holes of a part."""
    (part, chains), (other, its) = mine, theirs
    partners = _matched(
        {
            (here[1], there[1]): len(shared)
            for (here, there), shared in pairs.items()
            if here[0] == part and there[0] == other and here[1] and there[1]
        }
    )
    for hole, partner in list(partners.items()):
        shared = pairs[(part, hole), (other, partner)]
        edits = _edits(chains[hole], its[partner], shared, "polygon")
        if edits is None:
            del partners[hole]
        elif edits:
            changes.edits[part, hole] = edits
    changes.removed.update((part, hole) for hole in range(1, len(chains)) if hole not in partners)
    kept = set(partners.values())
    changes.holes.extend((part, its[hole]) for hole in range(1, len(its)) if hole not in kept)


# -- which corners are the same ---------------------------------------------------------------


def _shared_corners(base: list[Part], side: list[Part], tolerance_m: float) -> _Pairs:
    """Corners that a chain of the base and one of the side share, for each such two chains."""
    here, there = _corners(base), _corners(side)
    found: _Near = {}
    exact: dict[Corner, list[_Where]] = {}
    for corner, where in there:
        at = exact.setdefault(corner, [])
        if len(at) < _MOST_AT_A_PLACE:
            at.append(where)
    left = []
    for corner, where in here:
        if corner in exact:
            for theirs in exact[corner]:
                _note(found, where, theirs, 0.0)
        else:
            left.append((corner, where))
    if left and tolerance_m > 0:
        known = {corner for corner, _ in here}
        near = Grid([each for each in there if each[0] not in known], tolerance_m)
        for corner, where in left:
            for distance, theirs in near.around(corner):
                _note(found, where, theirs, distance)
    return {chains: _one_to_one(shared) for chains, shared in found.items()}


class Grid:
    """Finds corners near a place."""

    def __init__(self, corners: Iterable[tuple[Corner, _Where]], tolerance_m: float) -> None:
        self._tolerance_m = tolerance_m
        self._cells: dict[tuple[int, int], list[tuple[Corner, _Where]]] = {}
        for corner, where in corners:
            cell = self._cells.setdefault(self._cell(corner), [])
            if len(cell) < _MOST_AT_A_PLACE:
                cell.append((corner, where))

    def _cell(self, corner: Corner) -> tuple[int, int]:
        return (
            math.floor(corner[0] / self._tolerance_m),
            math.floor(corner[1] / self._tolerance_m),
        )

    def around(self, place: Corner) -> Iterator[tuple[float, _Where]]:
        """(distance, where) of each corner no further away than the tolerance."""
        column, row = self._cell(place)
        for x in (column - 1, column, column + 1):
            for y in (row - 1, row, row + 1):
                for corner, where in self._cells.get((x, y), ()):
                    distance = math.dist(place, corner)
                    if distance <= self._tolerance_m:
                        yield distance, where


def _corners(parts: list[Part]) -> list[tuple[Corner, _Where]]:
    return [
        (corner, ((part, chain), place))
        for part, chains in enumerate(parts)
        for chain, corners in enumerate(chains)
        for place, corner in enumerate(corners)
        if corner is not START
    ]


def _note(found: _Near, here: _Where, there: _Where, distance: float) -> None:
    """Keep two corners that may be one, if both are of shells or both of holes."""
    if (here[0][1] == 0) == (there[0][1] == 0):
        found.setdefault((here[0], there[0]), []).append((distance, here[1], there[1]))


def _one_to_one(shared: list[tuple[float, int, int]]) -> list[tuple[int, int]]:
    """Of corners that may be one, the nearest, each corner once."""
    mine: set[int] = set()
    theirs: set[int] = set()
    found = []
    for _, i, j in sorted(shared):
        if i not in mine and j not in theirs:
            mine.add(i)
            theirs.add(j)
            found.append((i, j))
    return sorted(found)


def _matched(shares: Mapping[tuple[int, int], int]) -> dict[int, int]:
    """Mine → theirs, those that share most first."""
    found: dict[int, int] = {}
    taken: set[int] = set()
    for (mine, theirs), _ in sorted(shares.items(), key=lambda each: (-each[1], each[0])):
        if mine not in found and theirs not in taken:
            found[mine] = theirs
            taken.add(theirs)
    return found


# -- what happened between them ---------------------------------------------------------------


def _edits(
    base: Chain, theirs: Chain, shared: list[tuple[int, int]], kind: Kind
) -> list[Edit] | None:
    """What became of a chain of the base; None if its corners stand in another order."""
    if kind == "polygon":
        return _edits_between(base, theirs, shared)
    # The same line the other way round; START stays where it is.
    turned = [START, *theirs[:0:-1]]
    backwards = [(i, len(theirs) - j) for i, j in shared]
    both = [
        edits
        for chain, pairs in ((theirs, shared), (turned, backwards))
        if (edits := _edits_between(base, chain, [(0, 0), *pairs])) is not None
    ]
    return min(both, key=_resizing, default=None)


def _edits_between(base: Chain, theirs: Chain, shared: list[tuple[int, int]]) -> list[Edit] | None:
    following = [*shared[1:], *shared[:1]]
    if sum(there < here for (_, here), (_, there) in zip(shared, following, strict=True)) > 1:
        return None
    found: list[Edit] = []
    for (i, j), (i_next, j_next) in zip(shared, following, strict=True):
        count = (i_next - i - 1) % len(base)
        corners = [
            theirs[(j + 1 + step) % len(theirs)] for step in range((j_next - j - 1) % len(theirs))
        ]
        first = i + 1
        if corners and len(corners) != count:
            found.append(Edit(first % len(base), count, tuple(corners)))
            continue
        # As many as before, or none left: each corner by itself, so that another side may have
        # moved the one beside it.
        for step in range(count):
            now = (corners[step],) if corners else ()
            found.append(Edit((first + step) % len(base), 1, now))
    return found


def _resizing(edits: list[Edit]) -> tuple[int, int]:
    """How far edits are from moving corners only; the less, the likelier."""
    return sum(abs(edit.count - len(edit.corners)) for edit in edits), len(edits)


def edge_at(corners: Chain, place: int) -> Edge:
    """The edge from that corner to the next, round the end."""
    return corners[place % len(corners)], corners[(place + 1) % len(corners)]


def leaves_edges_in_place(base: Chain, edit: Edit, tolerance_m: float) -> bool:
    """Whether an edit only puts in or takes out corners on a straight edge."""
    size = len(base)
    before, after = base[(edit.first - 1) % size], base[(edit.first + edit.count) % size]
    if START in (before, after):
        return False
    gone = [base[(edit.first + step) % size] for step in range(edit.count)]
    old, new = [before, *gone, after], [before, *edit.corners, after]
    return all(
        any(_distance(corner, *edge) <= tolerance_m for edge in itertools.pairwise(path))
        for corners, path in ((edit.corners, old), (gone, new))
        for corner in corners
    )


def _distance(corner: Corner, start: Corner, end: Corner) -> float:
    """From a corner to the edge between two others."""
    x, y = end[0] - start[0], end[1] - start[1]
    square = x * x + y * y
    along = ((corner[0] - start[0]) * x + (corner[1] - start[1]) * y) / square if square else 0.0
    along = min(max(along, 0.0), 1.0)
    return math.dist(corner, (start[0] + along * x, start[1] + along * y))

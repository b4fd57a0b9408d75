"""One outline out of several that were made from the same one, each with other corners moved.

A merge of three sides by corners: each side's rings are compared with those they come from, and
what became of each corner is an edit (moved, taken out, put in). Edits of different corners go
together; where two sides did different things to one corner there is no common outline. Where a
ring begins, which way it runs and in what order rings stand differ from program to program and
mean nothing here.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import shapely

from .resolve import same_shape

Corner = tuple[float, float]
#: Corners in order: those of a closed ring without the closing one, those of a line after _START.
Chain = list[Corner]
#: A polygon: its shell, then its holes. A line: itself alone.
Part = list[Chain]
#: Which chain of the base: the part's position, the chain's position in it.
Place = tuple[int, int]
#: A side of the base outline, from corner to corner.
Edge = tuple[Corner, Corner]

#: Stands before the first corner of a line and after its last, so that a line is a ring too.
_START: Corner = (math.inf, math.inf)
_POLYGONAL, _LINEAR = (3, 6), (1, 5)
#: A common outline smaller than this share of the smallest side's has lost more than it should.
SMALLEST_SHARE = 0.5


def combine(base: Any, outlines: Sequence[Any], tolerance_m: float) -> Any:
    """The outline in which every side's corners are moved, as a MULTI geometry; None if none can.

    Parameters
    ----------
    base : shapely geometry
        What all sides were made from, polygons or lines in a metric CRS.
    outlines : sequence of shapely geometries
        The sides. Their order does not matter.
    tolerance_m : float
        Corners no further apart than this (metres) are the same.

    None where two sides did different things to one corner or put different corners between the
    same two, and where the outcome is invalid, empty or has lost more than it should.
    """
    return Reshaping(base, outlines, tolerance_m).combined()


@dataclass(frozen=True)
class _Edit:
    """`count` corners of a chain from `first` on, round the end, give way to others.

    With a count of 0 the others were put in before corner `first`.
    """

    first: int
    count: int
    corners: tuple[Corner, ...]

    def claims(self, size: int) -> Iterator[tuple[str, int]]:
        """The corners, and the gaps before corners, of which this edit says what becomes of them.

        One that puts in more than it takes out may have put it at either end, so that the gaps
        there are its own too.
        """
        growing = int(len(self.corners) > self.count > 0)
        for step in range(self.count):
            yield "corner", (self.first + step) % size
        for step in range(1 - growing, self.count + growing):
            yield "gap", (self.first + step) % size
        if not self.count:
            yield "gap", self.first


@dataclass(frozen=True)
class _Changes:
    """What one side did: edits by chain of the base, chains taken away, parts and holes put in."""

    edits: dict[Place, list[_Edit]] = field(default_factory=dict)
    removed: set[Place] = field(default_factory=set)
    parts: list[Part] = field(default_factory=list)
    holes: list[tuple[int, Chain]] = field(default_factory=list)

    def touches(self, part: int) -> bool:
        """Whether anything of a part of the base was changed."""
        places = (*self.edits, *self.removed, *self.holes)
        return any(place[0] == part for place in places)


class _Clash(Exception):
    """Two sides did different things to the same corner; never leaves this module."""


class Reshaping:
    """What several sides did to the outline that they come from."""

    def __init__(self, base: Any, outlines: Sequence[Any], tolerance_m: float) -> None:
        self._tolerance_m = tolerance_m
        self._shapes = [base, *outlines]
        self._kind = _common_kind(self._shapes)
        self._base: list[Part] = []
        self._changes: list[_Changes] = []
        if self._kind is not None:
            shapes = np.array(self._shapes, dtype=object)
            if self._kind == "polygon":
                shapes = shapely.normalize(shapes)
            self._base, *sides = (self._parts(each) for each in shapes)
            self._changes = [self._compare(side) for side in sides]

    # -- asked from outside -------------------------------------------------------------------

    def combined(self) -> Any:
        """The common outline; see `combine`."""
        if self._kind is None or not self._changes:
            return None
        try:
            parts = self._merged()
        except _Clash:
            return None
        return self._sound(parts)

    def moved_edges(self) -> dict[Edge, tuple[int, ...]]:
        """Edges of the base that are no longer where they were → positions of the sides that
        moved them."""
        found: dict[Edge, set[int]] = {}
        for position, changes in enumerate(self._changes):
            for part, chain in changes.removed:
                chains = self._base[part] if chain == 0 else [self._base[part][chain]]
                for each in chains:
                    for place in range(len(each)):
                        found.setdefault(_edge(each, place), set()).add(position)
            for (part, chain), edits in changes.edits.items():
                corners = self._base[part][chain]
                for edit in edits:
                    if self._stays_in_place(corners, edit):
                        continue
                    for step in range(-1, edit.count):
                        edge = _edge(corners, edit.first + step)
                        found.setdefault(edge, set()).add(position)
        return {
            edge: tuple(sorted(positions))
            for edge, positions in found.items()
            if _START not in edge
        }

    # -- comparing a side with the base -------------------------------------------------------

    def _parts(self, shape: Any) -> list[Part]:
        if self._kind == "line":
            return [
                [[_START, *self._chain(shapely.get_coordinates(each))]]
                for each in shapely.get_parts(shape)
            ]
        return [
            [
                self._chain(shapely.get_coordinates(ring)[:-1], closed=True)
                for ring in (each.exterior, *each.interiors)
            ]
            for each in shapely.get_parts(shape)
        ]

    def _chain(self, coordinates: Any, *, closed: bool = False) -> Chain:
        """The corners without repeats."""
        kept: Chain = []
        for x, y in coordinates.tolist():
            if not kept or not self._same((x, y), kept[-1]):
                kept.append((x, y))
        while closed and len(kept) > 1 and self._same(kept[0], kept[-1]):
            kept.pop()
        return kept

    def _same(self, one: Corner, other: Corner) -> bool:
        return one == other or math.dist(one, other) <= self._tolerance_m

    def _compare(self, side: list[Part]) -> _Changes:
        changes = _Changes()
        pairs = self._shared_corners(side)
        partners = _matched(
            {
                (here[0], there[0]): len(shared)
                for (here, there), shared in pairs.items()
                if here[1] == 0 == there[1]
            }
        )
        for part, other in list(partners.items()):
            edits = self._edits((part, 0), side[other][0], pairs[(part, 0), (other, 0)])
            if edits is None:
                del partners[part]
                continue
            if edits:
                changes.edits[part, 0] = edits
            self._compare_holes(changes, part, other, side[other], pairs)
        changes.removed.update((part, 0) for part in range(len(self._base)) if part not in partners)
        kept = set(partners.values())
        changes.parts.extend(part for other, part in enumerate(side) if other not in kept)
        return changes

    def _compare_holes(
        self, changes: _Changes, part: int, other: int, theirs: Part, pairs: _Pairs
    ) -> None:
        """Add to `changes` what became of the holes of a part."""
        partners = _matched(
            {
                (here[1], there[1]): len(shared)
                for (here, there), shared in pairs.items()
                if here[0] == part and there[0] == other and here[1] and there[1]
            }
        )
        for hole, its in list(partners.items()):
            edits = self._edits((part, hole), theirs[its], pairs[(part, hole), (other, its)])
            if edits is None:
                del partners[hole]
            elif edits:
                changes.edits[part, hole] = edits
        holes = range(1, len(self._base[part]))
        changes.removed.update((part, hole) for hole in holes if hole not in partners)
        kept = set(partners.values())
        changes.holes.extend(
            (part, theirs[its]) for its in range(1, len(theirs)) if its not in kept
        )

    def _shared_corners(self, side: list[Part]) -> _Pairs:
        """Corners that a chain of the base and one of the side share, for each such two chains."""
        here = _corners(self._base)
        there = _corners(side)
        found: _Pairs = {}
        left: list[tuple[Corner, tuple[Place, int]]] = []
        exact: dict[Corner, list[tuple[Place, int]]] = {}
        for corner, where in there:
            exact.setdefault(corner, []).append(where)
        for corner, where in here:
            if corner in exact:
                for theirs in exact[corner]:
                    _note(found, where, theirs, 0.0)
            else:
                left.append((corner, where))
        if left and self._tolerance_m > 0:
            known = {corner for corner, _ in here}
            near = _Grid([each for each in there if each[0] not in known], self._tolerance_m)
            for corner, where in left:
                for distance, theirs in near.around(corner):
                    _note(found, where, theirs, distance)
        return {chains: _one_to_one(shared) for chains, shared in found.items()}

    def _edits(
        self, place: Place, theirs: Chain, shared: list[tuple[int, int]]
    ) -> list[_Edit] | None:
        """What became of a chain of the base; None if its corners stand in another order."""
        base = self._base[place[0]][place[1]]
        if self._kind == "polygon":
            return _edits_between(base, theirs, shared)
        # The same line the other way round: its first corner stays _START.
        turned = [_START, *theirs[:0:-1]]
        both = [
            edits
            for chain, pairs in (
                (theirs, shared),
                (turned, [(i, len(theirs) - j) for i, j in shared]),
            )
            if (edits := _edits_between(base, chain, [(0, 0), *pairs])) is not None
        ]
        return min(both, key=_resizing, default=None)

    def _stays_in_place(self, base: Chain, edit: _Edit) -> bool:
        """Whether an edit only puts in or takes out corners on a straight edge."""
        size = len(base)
        before, after = base[(edit.first - 1) % size], base[(edit.first + edit.count) % size]
        if _START in (before, after):
            return False
        old = [before, *(base[(edit.first + step) % size] for step in range(edit.count)), after]
        new = [before, *edit.corners, after]
        return all(
            any(_distance(corner, *edge) <= self._tolerance_m for edge in zip(path, path[1:]))
            for corners, path in ((edit.corners, old), (old[1:-1], new))
            for corner in corners
        )

    # -- putting them together ----------------------------------------------------------------

    def _merged(self) -> list[Part]:
        """The parts with every side's edits; _Clash where they contradict each other."""
        self._refuse_edits_of_removed()
        merged: list[Part] = []
        gone = set().union(*(changes.removed for changes in self._changes))
        for part, chains in enumerate(self._base):
            if (part, 0) in gone:
                continue
            kept = [
                self._merged_chain((part, chain))
                for chain in range(len(chains))
                if (part, chain) not in gone
            ]
            holes = [
                [[hole] for owner, hole in changes.holes if owner == part]
                for changes in self._changes
            ]
            merged.append(kept + [hole for (hole,) in self._united(holes)])
        return merged + self._united([changes.parts for changes in self._changes])

    def _refuse_edits_of_removed(self) -> None:
        """What one side took away another must have left as it was, or taken away too; and what
        it put in must not hang on corners that another moved."""
        for changes in self._changes:
            for other in self._changes:
                if other is changes:
                    continue
                for part, chain in changes.removed - other.removed:
                    if (part, chain) in other.edits or (chain == 0 and other.touches(part)):
                        raise _Clash
                added = [*changes.parts, *([hole] for _, hole in changes.holes)]
                if added and self._hangs_on(added, other):
                    raise _Clash

    def _hangs_on(self, added: list[Part], other: _Changes) -> bool:
        """Whether a part or hole has a corner in common with the base that `other` moved."""
        touched = [
            (self._base[part][chain][place], ((part, chain), place))
            for (part, chain), edits in other.edits.items()
            for edit in edits
            for kind, place in edit.claims(len(self._base[part][chain]))
            if kind == "corner"
        ]
        if not touched:
            return False
        near = _Grid(touched, self._tolerance_m or 1e-9)
        return any(
            True
            for part in added
            for chain in part
            for corner in chain
            if corner is not _START
            for _ in near.around(corner)
        )

    def _merged_chain(self, place: Place) -> Chain:
        base = self._base[place[0]][place[1]]
        size = len(base)
        owners: dict[tuple[str, int], tuple[int, int]] = {}
        told: dict[tuple[int, int], list[tuple[Corner, ...]]] = {}
        for changes in self._changes:
            for edit in changes.edits.get(place, ()):
                what = (edit.first, edit.count)
                for claim in edit.claims(size):
                    if owners.setdefault(claim, what) != what:
                        raise _Clash
                told.setdefault(what, []).append(edit.corners)
        merged: Chain = []
        for corner in range(size):
            if (corner, 0) in told:
                merged += self._agreed(told[corner, 0])
            owner = owners.get(("corner", corner))
            if owner is None:
                merged.append(base[corner])
            elif owner[0] == corner:
                merged += self._agreed(told[owner])
        return merged

    def _agreed(self, told: list[tuple[Corner, ...]]) -> tuple[Corner, ...]:
        """What all sides say; the same one of them in whatever order they stand."""
        for one in told:
            for other in told:
                if len(one) != len(other) or not all(map(self._same, one, other)):
                    raise _Clash
        return min(told)

    def _united(self, added: Iterable[list[Part]]) -> list[Part]:
        """Parts that sides put in, one for those that several sides put in alike."""
        united: list[Part] = []
        for part in sorted(part for parts in added for part in parts):
            if not any(self._alike(part, other) for other in united):
                united.append(part)
        return united

    def _alike(self, one: Part, other: Part) -> bool:
        if one == other:
            return True
        shapes = [self._assembled([part]) for part in (one, other)]
        return None not in shapes and same_shape(*shapes, self._tolerance_m)

    def _assembled(self, parts: list[Part]) -> Any:
        """The geometry; None if a ring has less than three corners, a line less than two."""
        if self._kind == "line":
            lines = [_from_start(part[0]) for part in parts]
            if any(len(line) < 2 for line in lines):
                return None
            return shapely.multilinestrings([shapely.linestrings(line) for line in lines])
        if any(len(chain) < 3 for part in parts for chain in part):
            return None
        polygons = [shapely.Polygon(part[0], part[1:]) for part in parts]
        return shapely.normalize(shapely.multipolygons(polygons))

    def _sound(self, parts: list[Part]) -> Any:
        if self._kind == "polygon" and any(map(_inside_out, parts)):
            return None
        shape = self._assembled(parts) if parts else None
        if shape is None or not shapely.is_valid(shape):
            return None
        size = shapely.area if self._kind == "polygon" else shapely.length
        sizes = size(np.array(self._shapes, dtype=object))
        return shape if size(shape) >= SMALLEST_SHARE * sizes.min() else None


_Pairs = dict[tuple[Place, Place], list[tuple[int, int]]]
_Where = tuple[Place, int]


class _Grid:
    """Finds corners near a place."""

    def __init__(self, corners: Iterable[tuple[Corner, _Where]], tolerance_m: float) -> None:
        self._tolerance_m = tolerance_m
        self._cells: dict[tuple[int, int], list[tuple[Corner, _Where]]] = {}
        for corner, where in corners:
            self._cells.setdefault(self._cell(corner), []).append((corner, where))

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


def _common_kind(shapes: Sequence[Any]) -> str | None:
    """ "polygon" or "line" if all are that and none is empty."""
    kinds = {shapely.get_type_id(each) for each in shapes}
    if any(each is None or shapely.is_empty(each) for each in shapes):
        return None
    if kinds.issubset(_POLYGONAL):
        return "polygon"
    return "line" if kinds.issubset(_LINEAR) else None


def _corners(parts: list[Part]) -> list[tuple[Corner, _Where]]:
    return [
        (corner, ((part, chain), place))
        for part, chains in enumerate(parts)
        for chain, corners in enumerate(chains)
        for place, corner in enumerate(corners)
        if corner is not _START
    ]


def _note(found: dict[tuple[Place, Place], Any], here: _Where, there: _Where, far: float) -> None:
    """Keep two corners that may be one, if both are of shells or both of holes."""
    if (here[0][1] == 0) == (there[0][1] == 0):
        found.setdefault((here[0], there[0]), []).append((far, here[1], there[1]))


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


def _edits_between(
    base: Chain, theirs: Chain, shared: list[tuple[int, int]]
) -> list[_Edit] | None:
    """The edits between shared corners (base, theirs); None if those stand in another order."""
    following = [*shared[1:], *shared[:1]]
    if sum(there < here for (_, here), (_, there) in zip(shared, following, strict=True)) > 1:
        return None
    found: list[_Edit] = []
    for (i, j), (i_next, j_next) in zip(shared, following, strict=True):
        count = (i_next - i - 1) % len(base)
        corners = [
            theirs[(j + 1 + step) % len(theirs)] for step in range((j_next - j - 1) % len(theirs))
        ]
        first = i + 1
        if corners and len(corners) != count:
            found.append(_Edit(first % len(base), count, tuple(corners)))
            continue
        for step in range(count):
            now = (corners[step],) if corners else ()
            found.append(_Edit((first + step) % len(base), 1, now))
    return found


def _resizing(edits: list[_Edit]) -> tuple[int, int]:
    """How far edits are from moving corners only; the less, the likelier."""
    return sum(abs(edit.count - len(edit.corners)) for edit in edits), len(edits)


def _edge(corners: Chain, place: int) -> Edge:
    """The edge from that corner to the next."""
    return corners[place % len(corners)], corners[(place + 1) % len(corners)]


def _inside_out(part: Part) -> bool:
    """Whether the shell, which runs clockwise (as `normalize` makes it), was turned over by
    corners that passed each other."""
    return len(part[0]) > 2 and bool(shapely.is_ccw(shapely.linearrings(part[0])))


def _from_start(chain: Chain) -> Chain:
    """The corners of a line, from its first to its last."""
    start = chain.index(_START)
    return [*chain[start + 1 :], *chain[:start]]


def _distance(corner: Corner, start: Corner, end: Corner) -> float:
    """From a corner to the edge between two others."""
    x, y = end[0] - start[0], end[1] - start[1]
    square = x * x + y * y
    along = ((corner[0] - start[0]) * x + (corner[1] - start[1]) * y) / square if square else 0.0
    along = min(max(along, 0.0), 1.0)
    return math.dist(corner, (start[0] + along * x, start[1] + along * y))

"""One outline out of several that were made from the same one, each with other corners moved.

A merge of three sides by corners: what became of each corner (moved, taken out, put in) is an
edit. Edits of different corners go together; where two sides did different things to one corner
there is no common outline.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import shapely

from .corners import (
    START,
    Chain,
    Changes,
    Corner,
    Edge,
    Grid,
    Kind,
    Part,
    Place,
    compare,
    edge_at,
    leaves_edges_in_place,
    parts_of_outlines,
    same_corner,
)
from .resolve import same_shape

#: A common outline smaller than this share of the smallest side's has lost more than it should.
SMALLEST_SHARE = 0.5
_POLYGONAL, _LINEAR = (3, 6), (1, 5)


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


class _Clash(Exception):
    """Two sides did different things to the same corner; never leaves this module."""


class Reshaping:
    """What several sides did to the outline that they come from."""

    def __init__(self, base: Any, outlines: Sequence[Any], tolerance_m: float) -> None:
        self._tolerance_m = tolerance_m
        self._shapes = np.array([base, *outlines], dtype=object)
        self._kind = _common_kind(self._shapes)
        self._base: list[Part] = []
        self._changes: list[Changes] = []
        if self._kind is not None:
            shapes = self._shapes
            if self._kind == "polygon":
                shapes = shapely.normalize(shapes)
            self._base, *sides = parts_of_outlines(shapes, self._kind, tolerance_m)
            self._changes = [compare(self._base, side, self._kind, tolerance_m) for side in sides]

    def combined(self) -> Any:
        """The common outline; see `combine`."""
        if self._kind is None or not self._changes:
            return None
        try:
            parts = self._merged()
        except _Clash:
            return None
        return self._sound(parts)

    def one_did_all(self) -> bool:
        """Whether the common outline is no other than one side's, which did all that any did."""
        places = [changes.places() for changes in self._changes]
        every = set().union(*places)
        return any(
            mine == every
            and all(
                any(self._alike(part, own) for own in changes.added())
                for other in self._changes
                for part in other.added()
            )
            for changes, mine in zip(self._changes, places, strict=True)
        )

    def moved_edges(self) -> dict[Edge, tuple[int, ...]]:
        """Edges of the base that are no longer where they were → positions of the sides that
        moved them."""
        found: dict[Edge, set[int]] = {}
        for position, changes in enumerate(self._changes):
            for part, chain in changes.removed:
                for each in self._base[part] if chain == 0 else [self._base[part][chain]]:
                    for place in range(len(each)):
                        found.setdefault(edge_at(each, place), set()).add(position)
            for (part, chain), edits in changes.edits.items():
                corners = self._base[part][chain]
                for edit in edits:
                    if leaves_edges_in_place(corners, edit, self._tolerance_m):
                        continue
                    for step in range(-1, edit.count):
                        edge = edge_at(corners, edit.first + step)
                        found.setdefault(edge, set()).add(position)
        return {
            edge: tuple(sorted(positions)) for edge, positions in found.items() if START not in edge
        }

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
                added = changes.added()
                if added and self._hangs_on(added, other):
                    raise _Clash

    def _hangs_on(self, added: list[Part], other: Changes) -> bool:
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
        near = Grid(touched, self._tolerance_m or 1e-9)
        return any(
            True
            for part in added
            for chain in part
            for corner in chain
            if corner is not START
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
                if len(one) != len(other) or not all(
                    same_corner(mine, its, self._tolerance_m)
                    for mine, its in zip(one, other, strict=True)
                ):
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
        mine, its = self._assembled([one]), self._assembled([other])
        return None not in (mine, its) and same_shape(mine, its, self._tolerance_m)

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
        found, *theirs = size([shape, *self._shapes]).tolist()
        return shape if found >= SMALLEST_SHARE * min(theirs) else None


def _common_kind(shapes: Any) -> Kind | None:
    """What all of them are; None if they differ, or one is missing or empty."""
    kinds = set(shapely.get_type_id(shapes).tolist())
    if shapely.is_empty(shapes).any():
        return None
    if kinds.issubset(_POLYGONAL):
        return "polygon"
    return "line" if kinds.issubset(_LINEAR) else None


def _inside_out(part: Part) -> bool:
    """Whether the shell, which runs clockwise (as `normalize` makes it), was turned over by
    corners that passed each other."""
    return len(part[0]) > 2 and bool(shapely.is_ccw(shapely.linearrings(part[0])))


def _from_start(chain: Chain) -> Chain:
    """The corners of a line, from its first to its last."""
    start = chain.index(START)
    return [*chain[start + 1 :], *chain[:start]]

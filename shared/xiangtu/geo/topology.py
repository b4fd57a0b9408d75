"""What is wrong between and within outlines, found for whole arrays at once.

Every function takes arrays of shapely polygons or multipolygons in a metric CRS (None is passed
over) and returns positions in that array. `focus`, where taken, is a boolean array: only what
concerns one of those is looked for, and with all of them in focus the answer is the full one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

Geometries = NDArray[np.object_]
Floats = NDArray[np.float64]
Positions = NDArray[np.int64]
Flags = NDArray[np.bool_]

#: Outlines whose neighbours are looked for at once; bounds the memory of pairs.
_AT_ONCE = 20_000
_POLYGONAL = (3, 6)
#: Vertices of one cell that are compared all with all; of more, the outline is found anyhow.
_MOST_IN_A_CELL = 16


@dataclass(frozen=True)
class Pairs:
    """Pairs of outlines: positions first < second, what was measured, and where (m)."""

    first: Positions
    second: Positions
    measured: Floats
    x: Floats
    y: Floats

    def __len__(self) -> int:
        return len(self.first)


@dataclass(frozen=True)
class Places:
    """Outlines with the worst place of each: position, what was measured there, and where (m)."""

    index: Positions
    measured: Floats
    x: Floats
    y: Floats

    def __len__(self) -> int:
        return len(self.index)


def made_valid(geometries: Geometries) -> Geometries:
    """The same array with invalid outlines repaired and reduced to their areas."""
    geoms = geometries.copy()
    broken = np.flatnonzero(~shapely.is_valid(geoms) & ~shapely.is_missing(geoms))
    if not len(broken):
        return geoms
    geoms[broken] = shapely.make_valid(geoms[broken])
    mixed = broken[~np.isin(shapely.get_type_id(geoms[broken]), _POLYGONAL)]
    for index in mixed.tolist():
        parts = shapely.get_parts(shapely.get_parts(geoms[index]))
        geoms[index] = shapely.union_all(parts[shapely.get_type_id(parts) == 3])
    return geoms


def neighbours(
    geometries: Geometries, distance_m: float = 0.0, focus: Flags | None = None
) -> Iterator[tuple[Positions, Positions]]:
    """Pairs (first < second) whose bounds are within a distance of each other, in portions.

    Each pair comes once; with `focus`, only pairs of which at least one is in focus.
    """
    bounds = shapely.bounds(geometries)
    if distance_m:
        bounds = bounds + np.array([-1, -1, 1, 1]) * distance_m
    seeking = np.arange(len(geometries)) if focus is None else np.flatnonzero(focus)
    seeking = seeking[np.isfinite(bounds[seeking, 0])]
    if not len(seeking):
        return
    tree = shapely.STRtree(geometries)
    # Near ones together: the tree's nodes and the outlines then stay in the processor's cache.
    height = max(float(np.ptp(bounds[seeking, 1])) / max(len(seeking), 1) ** 0.5, 1e-9)
    row = np.floor((bounds[seeking, 1] - bounds[seeking, 1].min()) / height)
    seeking = seeking[np.lexsort((bounds[seeking, 0], row))]
    for start in range(0, len(seeking), _AT_ONCE):
        some = seeking[start : start + _AT_ONCE]
        source, found = tree.query(shapely.box(*bounds[some].T))
        source = some[source]
        wanted = source < found
        if focus is not None:
            wanted |= ~focus[found]
            wanted &= source != found
        source, found = source[wanted], found[wanted]
        yield np.minimum(source, found), np.maximum(source, found)


def overlaps(geometries: Geometries, minimum_m2: float, focus: Flags | None = None) -> Pairs:
    """Pairs that share more than `minimum_m2`; measured: the shared area, m².

    Invalid outlines are made valid first. Neighbours that only touch, by far the most, are told
    apart by a predicate, which costs a third of an overlay; what is overlaid is let go at once.
    """
    geoms = made_valid(geometries)
    bounds = shapely.bounds(geoms)
    found = []
    for first, second in neighbours(geoms, focus=focus):
        low = np.maximum(bounds[first, :2], bounds[second, :2])
        high = np.minimum(bounds[first, 2:], bounds[second, 2:])
        roomy = np.prod(high - low, axis=1) > minimum_m2
        first, second = first[roomy], second[roomy]
        inside = ~shapely.touches(geoms[first], geoms[second])
        first, second = first[inside], second[inside]
        meeting = shapely.intersects(geoms[first], geoms[second])
        first, second = first[meeting], second[meeting]
        shared = shapely.intersection(geoms[first], geoms[second])
        area = shapely.area(shared)
        large = area > minimum_m2
        found.append((first[large], second[large], area[large], _inside(shared[large])))
    return _pairs(found)


def repeats(geometries: Geometries) -> Pairs:
    """Outlines that exactly repeat an earlier one, each paired with the earliest; measured: m².

    Rings may start elsewhere or run the other way.
    """
    bounds = shapely.bounds(geometries)
    _, group, size = np.unique(bounds, axis=0, return_inverse=True, return_counts=True)
    suspects = np.flatnonzero((size[group.ravel()] > 1) & np.isfinite(bounds[:, 0]))
    flat = shapely.normalize(shapely.force_2d(geometries[suspects]))
    # Said outright: inside QGIS its own GEOS answers, and an older one refuses shapely's default.
    same = shapely.to_wkb(flat, output_dimension=2)
    earliest: dict[bytes, int] = {}
    first, second = [], []
    for index, wkb in zip(suspects.tolist(), same.tolist(), strict=True):
        before = earliest.setdefault(wkb, index)
        if before != index:
            first.append(before)
            second.append(index)
    at = np.array(second, dtype=np.int64)
    geoms = geometries[at]
    places = _inside(made_valid(geoms))
    return _pairs([(np.array(first, np.int64), at, shapely.area(geoms), places)])


def near_vertices(
    geometries: Geometries, within_m: float, on_it_m: float, focus: Flags | None = None
) -> Pairs:
    """Pairs where a vertex of one lies near the other's edge but not on it.

    Near is less than `within_m` and more than `on_it_m` (what rounding leaves). Measured: the
    largest such distance of the pair, and the place of that vertex.
    """
    rings = _Vertices(geometries)
    bounds = shapely.bounds(geometries) + np.array([-1, -1, 1, 1]) * within_m
    outlines = shapely.boundary(geometries)
    found = []
    for first, second in neighbours(geometries, within_m, focus):
        pair = np.tile(np.arange(len(first)), 2)
        owner, other = np.concatenate((first, second)), np.concatenate((second, first))
        expanded, vertex = rings.of(owner)
        pair, other = pair[expanded], other[expanded]
        x, y = rings.x[vertex], rings.y[vertex]
        box = bounds[other]
        close = (x >= box[:, 0]) & (x <= box[:, 2]) & (y >= box[:, 1]) & (y <= box[:, 3])
        close[close] = ~rings.shared(vertex[close], other[close])
        pair, other, vertex = pair[close], other[close], vertex[close]
        points = shapely.points(rings.x[vertex], rings.y[vertex])
        distance = shapely.distance(points, outlines[other])
        near = (distance < within_m) & (distance > on_it_m)
        pair, vertex, distance = pair[near], vertex[near], distance[near]
        worst = _worst(pair, -distance, rings.x[vertex], rings.y[vertex])
        pair, vertex, distance = pair[worst], vertex[worst], distance[worst]
        places = np.column_stack((rings.x[vertex], rings.y[vertex]))
        found.append((first[pair], second[pair], distance, places))
    return _pairs(found)


def close_vertices(geometries: Geometries, within_m: float) -> Places:
    """Outlines with two vertices closer than `within_m`; measured: the least distance, m."""
    rings = _Vertices(geometries)
    owners, distances, vertices = [], [], []
    # Two points closer than half a cell share a cell in at least one of four grids that are
    # offset by half a cell, so sorting by cell brings every such two together.
    cell = 2 * within_m
    origin_x, origin_y = rings.x.min(initial=0), rings.y.min(initial=0)
    for half_x, half_y in ((0.0, 0.0), (0.5, 0.0), (0.0, 0.5), (0.5, 0.5)):
        column = np.floor((rings.x - origin_x) / cell + half_x).astype(np.uint64)
        row = np.floor((rings.y - origin_y) / cell + half_y).astype(np.uint64)
        key = rings.owner.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
        key ^= column * np.uint64(0xC2B2AE3D27D4EB4F) ^ row * np.uint64(0x165667B19E3779F9)
        order = np.argsort(key, kind="stable")
        sorted_key = key[order]
        for apart in range(1, _MOST_IN_A_CELL):
            together = np.flatnonzero(sorted_key[apart:] == sorted_key[:-apart])
            if not len(together):
                break
            a, b = order[together], order[together + apart]
            distance = np.hypot(rings.x[a] - rings.x[b], rings.y[a] - rings.y[b])
            close = (distance < within_m) & (rings.owner[a] == rings.owner[b])
            owners.append(rings.owner[a[close]])
            distances.append(distance[close])
            vertices.append(a[close])
    if not owners:
        return Places(np.zeros(0, np.int64), np.zeros(0), np.zeros(0), np.zeros(0))
    return _places(rings, *map(np.concatenate, (owners, distances, vertices)))


def small_angles(geometries: Geometries, below_deg: float) -> Places:
    """Outlines with a vertex whose two edges meet below an angle; measured: the least, degrees."""
    rings = _Vertices(geometries, repeated=False)
    before, after = rings.neighbours()
    to_before = np.column_stack((rings.x[before] - rings.x, rings.y[before] - rings.y))
    to_after = np.column_stack((rings.x[after] - rings.x, rings.y[after] - rings.y))
    cross = to_before[:, 0] * to_after[:, 1] - to_before[:, 1] * to_after[:, 0]
    angle = np.degrees(np.arctan2(np.abs(cross), np.einsum("ij,ij->i", to_before, to_after)))
    edged = to_before.any(axis=1) & to_after.any(axis=1)
    sharp = np.flatnonzero((angle < below_deg) & edged)
    return _places(rings, rings.owner[sharp], angle[sharp], sharp)


def thin(geometries: Geometries, below_m: float) -> Places:
    """Slivers: outlines whose mean width (twice the area by the perimeter) is below a limit, m."""
    with np.errstate(invalid="ignore", divide="ignore"):
        width = 2 * shapely.area(geometries) / shapely.length(geometries)
    index = np.flatnonzero(width < below_m)
    places = _inside(made_valid(geometries[index]))
    return Places(index, width[index], places[:, 0], places[:, 1])


def invalid(geometries: Geometries) -> tuple[Places, list[str]]:
    """Outlines that are not valid, each with the reason in words of GEOS; measured is NaN."""
    broken = ~shapely.is_valid(geometries) & ~shapely.is_missing(geometries)
    index = np.flatnonzero(broken)
    reasons, x, y = [], [], []
    for text in shapely.is_valid_reason(geometries[index]).tolist():
        reason, _, place = text.partition("[")
        coordinates = place.rstrip("]").split()
        reasons.append(reason.strip())
        x.append(float(coordinates[0]) if len(coordinates) > 1 else np.nan)
        y.append(float(coordinates[1]) if len(coordinates) > 1 else np.nan)
    return Places(index, np.full(len(index), np.nan), np.array(x), np.array(y)), reasons


class _Vertices:
    """All vertices of an array of outlines in flat arrays, without those that close a ring."""

    def __init__(self, geometries: Geometries, repeated: bool = True) -> None:
        parts, part_owner = shapely.get_parts(geometries, return_index=True)
        rings, ring_part = shapely.get_rings(parts, return_index=True)
        coordinates, ring = shapely.get_coordinates(rings, return_index=True)
        kept = np.ones(len(ring), bool)
        kept[np.flatnonzero(np.diff(ring, append=-1))] = False
        if not repeated:
            same = (coordinates[1:] == coordinates[:-1]).all(axis=1) & (ring[1:] == ring[:-1])
            # The later of two equal ones goes, except the closing one, which goes anyhow.
            kept[1:] &= ~same
        self.x: Floats = np.ascontiguousarray(coordinates[kept, 0])
        self.y: Floats = np.ascontiguousarray(coordinates[kept, 1])
        self.ring: Positions = ring[kept]
        self.owner: Positions = part_owner[ring_part[self.ring]].astype(np.int64)
        self._ends = np.searchsorted(self.owner, np.arange(len(geometries) + 1))
        self._shared_keys: NDArray[np.int64] | None = None
        self._same_place: Positions | None = None

    def of(self, owners: Positions) -> tuple[Positions, Positions]:
        """The vertices of each of `owners`: (position in `owners`, vertex), flat."""
        start = self._ends[owners]
        count = self._ends[owners + 1] - start
        position = np.repeat(np.arange(len(owners)), count)
        before = np.repeat(np.cumsum(count) - count, count)
        return position, np.arange(len(position)) - before + np.repeat(start, count)

    def shared(self, vertices: Positions, owners: Positions) -> Flags:
        """Whether each vertex is, to the last bit, a vertex of the outline beside it too."""
        if self._shared_keys is None:
            place = self.x + 1j * self.y
            _, self._same_place = np.unique(place, return_inverse=True)
            self._shared_keys = np.sort(self._key(np.arange(len(self.x)), self.owner))
        keys = self._key(vertices, owners)
        at = np.searchsorted(self._shared_keys, keys)
        at[at == len(self._shared_keys)] = 0
        return np.asarray(self._shared_keys[at] == keys)

    def _key(self, vertices: Positions, owners: Positions) -> NDArray[np.int64]:
        assert self._same_place is not None
        return self._same_place[vertices] * len(self._ends) + owners

    def neighbours(self) -> tuple[Positions, Positions]:
        """For each vertex the one before and the one after it on its ring."""
        here = np.arange(len(self.ring))
        first = np.flatnonzero(np.diff(self.ring, prepend=-1))
        last = np.append(first[1:], len(here)) - 1 if len(here) else first
        before, after = here - 1, here + 1
        before[first], after[last] = last, first
        return before, after


def _inside(geoms: Geometries) -> Floats:
    """A point inside each, as an array (n, 2)."""
    points = shapely.point_on_surface(geoms)
    return np.column_stack((shapely.get_x(points), shapely.get_y(points)))


def _worst(group: Positions, *order: Floats) -> Positions:
    """For each group the position that sorts first; ties are settled by the later keys."""
    ranked = np.lexsort((*reversed(order), group))
    return ranked[np.flatnonzero(np.diff(group[ranked], prepend=-1))]


def _places(rings: _Vertices, owner: Positions, measured: Floats, vertex: Positions) -> Places:
    worst = _worst(owner, measured, rings.x[vertex], rings.y[vertex])
    at = vertex[worst]
    return Places(owner[worst], measured[worst], rings.x[at], rings.y[at])


def _pairs(found: list[tuple[Positions, Positions, Floats, Floats]]) -> Pairs:
    if not found:
        nothing = np.zeros(0)
        return Pairs(nothing.astype(np.int64), nothing.astype(np.int64), nothing, nothing, nothing)
    first, second, measured, places = (np.concatenate(each) for each in zip(*found, strict=True))
    order = np.lexsort((second, first))
    return Pairs(first[order], second[order], measured[order], places[order, 0], places[order, 1])

"""What outlines together enclose without covering it.

Where neighbours share an edge, one runs it up and the other down, and no gap begins there. Only
the edges left over are noded and made into faces; a face that no outline covers is a gap. In a
well-surveyed village few edges are left, so this costs a fraction of a union of all outlines.
"""

from __future__ import annotations

import numpy as np
import shapely
from numpy.typing import NDArray

from .topology import Geometries, made_valid


def gaps(geometries: Geometries) -> Geometries:
    """The gaps as polygons; a hole of one outline alone that nothing lies in counts too.

    Invalid outlines are made valid first. Noding may leave gaps of some square nanometres.
    """
    outlines = made_valid(geometries[~shapely.is_missing(geometries)])
    lines = _unshared_edges(outlines)
    if not len(lines):
        return lines
    noded = shapely.get_parts(shapely.union_all(lines))
    faces = shapely.get_parts(shapely.polygonize(noded))
    points = shapely.point_on_surface(faces)
    covered, _ = shapely.STRtree(outlines).query(points, predicate="intersects")
    open_faces = np.ones(len(faces), bool)
    open_faces[covered] = False
    return np.asarray(faces[open_faces])


def _unshared_edges(outlines: Geometries) -> Geometries:
    """Edges as lines, each once, without those that outlines lie on both sides of."""
    parts = shapely.get_parts(outlines)
    rings, part = shapely.get_rings(parts, return_index=True)
    outer = np.diff(part, prepend=-1) != 0
    coordinates, ring = shapely.get_coordinates(rings, return_index=True)
    vertices, number = np.unique(coordinates[:, 0] + 1j * coordinates[:, 1], return_inverse=True)
    start, end = number[:-1], number[1:]
    edge = (ring[:-1] == ring[1:]) & (start != end)
    # The land lies to the left of an outer ring that runs counter-clockwise, and of a hole that
    # runs clockwise; the others are taken as running the other way.
    backward = (shapely.is_ccw(rings) != outer)[ring[:-1]][edge]
    start, end = start[edge], end[edge]
    key = np.minimum(start, end).astype(np.int64) * len(vertices) + np.maximum(start, end)
    up = (start < end) != backward
    keys, which = np.unique(key, return_inverse=True)
    sides = np.bincount(which, up, len(keys)) > 0, np.bincount(which, ~up, len(keys)) > 0
    left: NDArray[np.int64] = keys[~(sides[0] & sides[1])]
    ends = vertices[np.column_stack((left // len(vertices), left % len(vertices)))]
    return np.asarray(shapely.linestrings(np.stack((ends.real, ends.imag), axis=-1)))

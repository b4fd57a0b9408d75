"""Outlines, fills and dots as triangles for the graphics card, many shapes in a few batches."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

#: A batch's indices have 16 bits; each segment takes four vertices.
_SEGMENTS = 16_000
_TRIANGLES = 21_000
#: A vertex is x, y and two coordinates in a texture that nothing here has.
_VERTEX = 4
_DOT_SIDES = 12


@dataclass(frozen=True)
class Batch:
    """Triangles: vertices (x, y, 0, 0), all in one row, and the indices into them."""

    vertices: NDArray[np.float32]
    indices: NDArray[np.uint16]


def lines(shapes: NDArray[np.object_], origin: tuple[float, float], width: float) -> list[Batch]:
    """Lines and outlines of a width, all in the map's metres, from an origin near by.

    Each side is a rectangle that reaches half a width past its ends, which fills the corners.
    """
    rings = shapely.get_parts(shapely.get_rings(shapely.get_parts(shapes)))
    parts = shapely.get_parts(shapes)
    chains = np.concatenate([rings, parts[shapely.get_dimensions(parts) == 1]])
    corners, chain = shapely.get_coordinates(chains, return_index=True)
    corners = corners - origin
    joined = chain[:-1] == chain[1:]
    start, end = corners[:-1][joined], corners[1:][joined]
    along = end - start
    length = np.hypot(along[:, 0], along[:, 1])
    start, end, along = start[length > 0], end[length > 0], along[length > 0]
    along *= (width / 2 / length[length > 0])[:, None]
    across = np.column_stack([-along[:, 1], along[:, 0]])
    four = np.stack(
        [
            start - along + across,
            start - along - across,
            end + along - across,
            end + along + across,
        ],
        axis=1,
    )
    return list(_batches(four, np.array([0, 1, 2, 0, 2, 3]), _SEGMENTS))


def fills(shapes: NDArray[np.object_], origin: tuple[float, float]) -> list[Batch]:
    """The insides of polygons; of none that cannot be cut into triangles, such as one that crosses
    itself."""
    parts = shapely.get_parts(shapes)
    sound = parts[(shapely.get_dimensions(parts) == 2) & shapely.is_valid(parts)]
    cut = shapely.get_parts(shapely.constrained_delaunay_triangles(sound))
    corners = shapely.get_coordinates(cut).reshape(-1, 4, 2)[:, :3] - origin
    return list(_batches(corners, np.array([0, 1, 2]), _TRIANGLES))


def dots(shapes: NDArray[np.object_], origin: tuple[float, float], radius: float) -> list[Batch]:
    """Points as discs of a radius in the map's metres."""
    middles = shapely.get_coordinates(shapes[shapely.get_dimensions(shapes) == 0]) - origin
    turn = np.linspace(0, 2 * np.pi, _DOT_SIDES, endpoint=False)
    edge = radius * np.column_stack([np.cos(turn), np.sin(turn)])
    fan = np.array([[0, n, n + 1] for n in range(1, _DOT_SIDES - 1)]).ravel()
    return list(_batches(middles[:, None, :] + edge, fan, 65_536 // _DOT_SIDES))


def _batches(
    pieces: NDArray[np.float64], triangles: NDArray[np.int_], most: int
) -> Iterator[Batch]:
    """Pieces (n, corners, 2), each of which is drawn by the same triangles of its corners."""
    for first in range(0, len(pieces), most):
        some = pieces[first : first + most]
        count, corners = some.shape[:2]
        vertices = np.zeros((count * corners, _VERTEX), np.float32)
        vertices[:, :2] = some.reshape(-1, 2)
        indices = np.arange(count)[:, None] * corners + triangles
        yield Batch(vertices.ravel(), indices.ravel().astype(np.uint16))

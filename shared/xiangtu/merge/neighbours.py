"""Neighbours of an outline in conflict: the records with which it shares an edge that was moved.

Whoever decides such a conflict decides about their outlines too. Only records of the same layer
are neighbours: parcel beside parcel, homestead beside homestead.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from ..catalogue.model import GEOMETRY_COLUMN, Layer
from ..geo import blobs
from ..store import SurveyFile, temporary_tables
from ..store.spatial_tables import index_name, is_indexed
from .changes import with_names
from .corners import Edge

#: Outlines this close run along the same edge (metres); the nearest at which the checks of
#: geometry let a corner lie beside a neighbour's edge.
ALONG_WITHIN_M = 0.05
#: So much of an edge must be shared (metres), or nearly all of a shorter one: two outlines that
#: meet in one corner share no edge.
LEAST_STRETCH_M = 0.5
_NEARLY_ALL = 0.9

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Neighbour:
    """A record beside one in conflict; `heads` are the numbers of the heads that moved the edge
    they share."""

    record: str
    title: str | None
    code: str | None
    heads: tuple[int, ...]


@dataclass(frozen=True)
class _Candidate:
    """A record near the moved edges of a conflict."""

    title: str | None
    code: str | None
    blob: bytes


def sharing_moved_edges(
    file: SurveyFile, layer: Layer, moved: Mapping[str, Mapping[Edge, tuple[int, ...]]]
) -> dict[str, tuple[Neighbour, ...]]:
    """The neighbours of each record of a layer, in the order of their uuids.

    Parameters
    ----------
    moved : record → edge of its former outline → numbers of the heads that moved it
        Coordinates are metres in the file's CRS.

    Costs what is named and what lies beside it; asks the spatial index once.
    """
    moved = {record: edges for record, edges in moved.items() if edges}
    if layer.geometry != "MULTIPOLYGON" or not layer.surveyed or not moved:
        return {}
    known = _candidates(file, layer, _near(file, layer, moved))
    names = list(known)
    shapes, _ = blobs.decode_readable([each.blob for each in known.values()])
    rows = [(record, *each) for record, edges in moved.items() for each in edges.items()]
    found: dict[str, dict[str, set[int]]] = {}
    for place, other in _sharing([edge for _, edge, _ in rows], shapely.boundary(shapes)):
        record, _, heads = rows[place]
        if names[other] != record:
            found.setdefault(record, {}).setdefault(names[other], set()).update(heads)
    return {
        record: tuple(
            Neighbour(other, known[other].title, known[other].code, tuple(sorted(heads)))
            for other, heads in sorted(others.items())
        )
        for record, others in found.items()
    }


def _sharing(edges: list[Edge], outlines: NDArray[np.object_]) -> list[tuple[int, int]]:
    """(position of an edge, position of an outline that runs along it)."""
    ends = np.array(edges)
    lines, outline_of = shapely.get_parts(outlines, return_index=True)
    corners, line_of = shapely.get_coordinates(lines, return_index=True)
    inside = np.flatnonzero(line_of[1:] == line_of[:-1])
    segments = np.stack((corners[inside], corners[inside + 1]), axis=1)
    tree = shapely.STRtree(shapely.linestrings(segments))
    edge, segment = tree.query(
        shapely.linestrings(ends), predicate="dwithin", distance=ALONG_WITHIN_M
    )
    pieces = _pieces(ends[edge], segments[segment])
    pairs, pair_of = np.unique(
        np.column_stack((edge, outline_of[line_of[inside[segment]]])), axis=0, return_inverse=True
    )
    stretch = np.zeros(len(pairs))
    np.add.at(stretch, pair_of.ravel(), pieces)
    length = np.hypot(*(ends[:, 1] - ends[:, 0]).T)
    wanted = np.minimum(LEAST_STRETCH_M, _NEARLY_ALL * length)
    return [tuple(pair) for pair in pairs[stretch >= wanted[pairs[:, 0]]].tolist()]


def _pieces(edges: Floats, segments: Floats) -> Floats:
    """How much of each segment runs along its edge, metres; both (n, 2 ends, 2)."""
    along = edges[:, 1] - edges[:, 0]
    length = np.hypot(along[:, 0], along[:, 1])
    along = along / length[:, None]
    across = np.column_stack((-along[:, 1], along[:, 0]))
    way, off = segments[:, 1] - segments[:, 0], segments[:, 0] - edges[:, 0]
    # The piece, as shares of the segment, that lies beside the edge and near to it.
    first, last = np.zeros(len(edges)), np.ones(len(edges))
    for axis, low, high in (
        (along, np.zeros(len(edges)), length),
        (across, np.full(len(edges), -ALONG_WITHIN_M), np.full(len(edges), ALONG_WITHIN_M)),
    ):
        at, step = (off * axis).sum(axis=1), (way * axis).sum(axis=1)
        level = np.abs(step) < 1e-12
        step = np.where(level, 1.0, step)
        ends = np.sort(np.column_stack(((low - at) / step, (high - at) / step)), axis=1)
        outside = level & ((at < low) | (at > high))
        first = np.maximum(first, np.where(level, 0.0, ends[:, 0]))
        last = np.where(outside, -1.0, np.minimum(last, np.where(level, 1.0, ends[:, 1])))
    return np.maximum(last - first, 0.0) * np.hypot(way[:, 0], way[:, 1])


def _near(
    file: SurveyFile, layer: Layer, moved: Mapping[str, Mapping[Edge, tuple[int, ...]]]
) -> set[str]:
    """Records whose bounds come near moved edges."""
    bounds = [
        (
            min(x for edge in edges for x, _ in edge) - ALONG_WITHIN_M,
            min(y for edge in edges for _, y in edge) - ALONG_WITHIN_M,
            max(x for edge in edges for x, _ in edge) + ALONG_WITHIN_M,
            max(y for edge in edges for _, y in edge) + ALONG_WITHIN_M,
        )
        for edges in moved.values()
    ]
    if not is_indexed(file.connection, layer.name):
        return {other for each in bounds for other in file.within(layer.name, each)}
    with temporary_tables.filling(file.connection):
        file.connection.execute(
            "CREATE TEMP TABLE IF NOT EXISTS moved (x0 REAL, y0 REAL, x1 REAL, y1 REAL)"
        )
        file.connection.execute("DELETE FROM temp.moved")
        file.connection.executemany("INSERT INTO temp.moved VALUES (?, ?, ?, ?)", bounds)
    return {
        uuid
        for (uuid,) in file.connection.execute(
            f'SELECT DISTINCT t.uuid FROM temp.moved m CROSS JOIN "{index_name(layer.name)}" b '
            "ON b.xmin <= m.x1 AND b.xmax >= m.x0 AND b.ymin <= m.y1 AND b.ymax >= m.y0 "
            f'CROSS JOIN "{layer.name}" t ON t.fid = b.pkid'
        )
    }


def _candidates(file: SurveyFile, layer: Layer, uuids: set[str]) -> dict[str, _Candidate]:
    """What is known of records that still stand and have an outline, by uuid."""
    with_names(file.connection, uuids)
    title, code = (f't."{name}"' if name else "NULL" for name in (layer.title_field, layer.key))
    return {
        uuid: _Candidate(
            None if its_title is None else str(its_title),
            None if its_code is None else str(its_code),
            blob,
        )
        for uuid, blob, its_title, its_code in file.connection.execute(
            f"SELECT t.uuid, t.{GEOMETRY_COLUMN}, {title}, {code} FROM temp.named n "
            f'CROSS JOIN "{layer.name}" t ON t.uuid = n.uuid '
            f"WHERE t.{GEOMETRY_COLUMN} IS NOT NULL AND t.ended_on IS NULL"
        )
    }

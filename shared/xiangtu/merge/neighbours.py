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
from ..store import SurveyFile
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
#: Edges looked at together; bounds the memory.
_AT_ONCE = 10_000

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
    pairs = _near(file, layer, moved)
    known = _candidates(file, layer, {other for _, other in pairs})
    shapes, _ = blobs.decode_readable([each.blob for each in known.values()])
    outlines = dict(zip(known, shapely.boundary(shapes), strict=True))
    rows = [
        (record, other, edge, heads)
        for record, other in pairs
        if outlines.get(other) is not None
        for edge, heads in moved[record].items()
    ]
    if not rows:
        return {}
    edges = np.array([edge for _, _, edge, _ in rows])
    beside = np.array([outlines[other] for _, other, _, _ in rows], dtype=object)
    found: dict[str, dict[str, set[int]]] = {}
    for place in _sharing(edges, beside).tolist():
        record, other, _, heads = rows[place]
        found.setdefault(record, {}).setdefault(other, set()).update(heads)
    return {
        record: tuple(
            Neighbour(other, known[other].title, known[other].code, tuple(sorted(heads)))
            for other, heads in sorted(others.items())
        )
        for record, others in found.items()
    }


def _sharing(edges: Floats, outlines: NDArray[np.object_]) -> NDArray[np.int64]:
    """Positions at which an outline (lines) runs along the edge (start and end, metres)."""
    near = np.flatnonzero(shapely.dwithin(shapely.linestrings(edges), outlines, ALONG_WITHIN_M))
    found = []
    for start in range(0, len(near), _AT_ONCE):
        some = near[start : start + _AT_ONCE]
        length = np.hypot(*(edges[some, 1] - edges[some, 0]).T)
        wanted = np.minimum(LEAST_STRETCH_M, _NEARLY_ALL * length)
        found.append(some[_stretch(edges[some], outlines[some]) >= wanted])
    return np.concatenate(found) if found else near


def _stretch(edges: Floats, outlines: NDArray[np.object_]) -> Floats:
    """How much of each outline runs along its edge, metres."""
    lines, owner = shapely.get_parts(outlines, return_index=True)
    corners, line = shapely.get_coordinates(lines, return_index=True)
    inside = np.flatnonzero(line[1:] == line[:-1])
    start, way = corners[inside], corners[inside + 1] - corners[inside]
    of = owner[line[inside]]
    origin, along = edges[of, 0], edges[of, 1] - edges[of, 0]
    length = np.hypot(along[:, 0], along[:, 1])
    along = along / length[:, None]
    across = np.column_stack((-along[:, 1], along[:, 0]))
    off = start - origin
    # The piece of each segment, as shares of it, that lies beside the edge and near to it.
    first, last = np.zeros(len(of)), np.ones(len(of))
    for axis, low, high in (
        (along, np.zeros(len(of)), length),
        (across, np.full(len(of), -ALONG_WITHIN_M), np.full(len(of), ALONG_WITHIN_M)),
    ):
        at, step = (off * axis).sum(axis=1), (way * axis).sum(axis=1)
        level = np.abs(step) < 1e-12
        step = np.where(level, 1.0, step)
        ends = np.sort(np.column_stack(((low - at) / step, (high - at) / step)), axis=1)
        outside = level & ((at < low) | (at > high))
        first = np.maximum(first, np.where(level, 0.0, ends[:, 0]))
        last = np.where(outside, -1.0, np.minimum(last, np.where(level, 1.0, ends[:, 1])))
    piece = np.maximum(last - first, 0.0) * np.hypot(way[:, 0], way[:, 1])
    total = np.zeros(len(outlines))
    np.add.at(total, of, piece)
    return total


def _near(
    file: SurveyFile, layer: Layer, moved: Mapping[str, Mapping[Edge, tuple[int, ...]]]
) -> list[tuple[str, str]]:
    """(record, other) whose bounds come near the moved edges."""
    bounds = [
        (
            record,
            min(x for edge in edges for x, _ in edge) - ALONG_WITHIN_M,
            min(y for edge in edges for _, y in edge) - ALONG_WITHIN_M,
            max(x for edge in edges for x, _ in edge) + ALONG_WITHIN_M,
            max(y for edge in edges for _, y in edge) + ALONG_WITHIN_M,
        )
        for record, edges in moved.items()
    ]
    if not is_indexed(file.connection, layer.name):
        return [
            (record, other)
            for record, x0, y0, x1, y1 in bounds
            for other in file.within(layer.name, (x0, y0, x1, y1))
            if other != record
        ]
    file.connection.execute(
        "CREATE TEMP TABLE IF NOT EXISTS moved (record TEXT, x0 REAL, y0 REAL, x1 REAL, y1 REAL)"
    )
    file.connection.execute("DELETE FROM temp.moved")
    file.connection.executemany("INSERT INTO temp.moved VALUES (?, ?, ?, ?, ?)", bounds)
    return file.connection.execute(
        f'SELECT m.record, t.uuid FROM temp.moved m CROSS JOIN "{index_name(layer.name)}" b '
        "ON b.xmin <= m.x1 AND b.xmax >= m.x0 AND b.ymin <= m.y1 AND b.ymax >= m.y0 "
        f'CROSS JOIN "{layer.name}" t ON t.fid = b.pkid WHERE t.uuid <> m.record'
    ).fetchall()


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

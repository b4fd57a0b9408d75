"""Outlines in portions: records that lie together, with all others near them.

A county of a million parcels is never in memory as a whole; a portion is decoded once and every
rule about geometry is asked of it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ..catalogue.model import GEOMETRY_COLUMN, Layer
from ..geo import blobs
from ..store import SurveyFile
from .scope import Scope

Geometries = NDArray[np.object_]
Positions = NDArray[np.int64]
Floats = NDArray[np.float64]
Bounds = tuple[float, float, float, float]

#: Records of a portion; about 20 MB of outlines.
_MOST = 20_000
#: How near another record is taken along; more than any rule's distance, in metres.
_MARGIN_M = 1.0


@dataclass(frozen=True)
class Tile:
    """Records of one layer as arrays of one length, in the order of their uuid.

    `members` are those asked about; the others lie within a metre of one. `values` holds the
    further columns asked for.
    """

    file: SurveyFile
    layer: Layer
    uuids: NDArray[np.object_]
    villages: NDArray[np.object_]
    geometries: Geometries
    members: NDArray[np.bool_]
    values: dict[str, NDArray[np.object_]]
    damaged: dict[int, str]
    everything: bool
    _bounds: Floats = field(repr=False)

    def around(self, layer: str, columns: Sequence[str] = ()) -> Records:
        """Records of another layer near the members."""
        if self.everything:
            low, high = self._bounds[:, :2].min(axis=0), self._bounds[:, 2:].max(axis=0)
            boxes = _boxes(np.concatenate((low, high))[None])
        else:
            boxes = _boxes(self._bounds)
        return named(self.file, layer, _near(self.file, layer, boxes), columns)


@dataclass(frozen=True)
class Records:
    """Records that have a geometry and have not ended, as arrays of one length; position of a
    damaged geometry, which is None → what is wrong with it."""

    uuids: NDArray[np.object_]
    geometries: Geometries
    values: dict[str, NDArray[np.object_]]
    damaged: dict[int, str]


def standing(layer: Layer) -> str:
    """SQL over a row: it has not ended (what was divided or is gone takes part in no topology)."""
    return "(ended_on IS NULL OR ended_on > date('now'))" if layer.surveyed else "1"


def named(
    file: SurveyFile,
    layer: str,
    values: Sequence[object],
    columns: Sequence[str] = (),
    by: str = "uuid",
) -> Records:
    """The records whose column `by` is among values, if they have a geometry and stand."""
    chosen = ("uuid", *columns, GEOMETRY_COLUMN)
    rows = file.connection.execute(
        f"""SELECT {", ".join(f'"{name}"' for name in chosen)} FROM "{layer}"
        WHERE "{by}" IN (SELECT value FROM json_each(?)) AND "{GEOMETRY_COLUMN}" IS NOT NULL
        AND {standing(file.catalogue.layer(layer))} ORDER BY uuid""",
        (json.dumps(list(values)),),
    ).fetchall()
    read = [_column(rows, at) for at in range(len(chosen))]
    geometries, damaged = blobs.decode_readable(read[-1].tolist())
    return Records(read[0], geometries, dict(zip(columns, read[1:-1], strict=True)), damaged)


def _column(rows: list[tuple[object, ...]], at: int) -> NDArray[np.object_]:
    column = np.empty(len(rows), dtype=object)
    column[:] = [row[at] for row in rows]
    return column


def count(file: SurveyFile, layer: Layer, scope: Scope) -> int:
    """How many records of a layer have a geometry to be looked at."""
    (number,) = file.connection.execute(
        f'SELECT count(*) FROM "{layer.name}" WHERE {_looked_at(layer, scope)}'
    ).fetchone()
    return int(number)


def tiles(
    file: SurveyFile, layer: Layer, scope: Scope, columns: Sequence[str] = ()
) -> Iterator[Tile]:
    """All records of the scope, portion by portion, each record a member of exactly one."""
    rows = file.connection.execute(
        f'SELECT fid, substr("{GEOMETRY_COLUMN}", 1, 38) FROM "{layer.name}" '
        f"WHERE {_looked_at(layer, scope)}"
    )
    fids, bounds = _read_bounds(rows)
    if not len(fids):
        return
    centres = (bounds[:, :2] + bounds[:, 2:]) / 2
    for members in _split(np.arange(len(fids)), centres):
        if scope.everything:
            near = fids[_touching(bounds, members)].tolist()
        else:
            boxes = _boxes(bounds[members] + _OUTWARD)
            own = set(fids[members].tolist())
            uuids = _near(file, layer.name, boxes)
            near = _fids(file, layer, uuids, own)
        records = named(file, layer.name, near, ("fid", "village", *columns), "fid")
        is_member = np.isin(records.values["fid"].astype(np.int64), fids[members])
        yield Tile(
            file,
            layer,
            records.uuids,
            records.values["village"],
            records.geometries,
            is_member,
            {name: records.values[name] for name in columns},
            records.damaged,
            scope.everything,
            bounds[members] + _OUTWARD,
        )


_OUTWARD = np.array([-1.0, -1.0, 1.0, 1.0]) * _MARGIN_M


def _looked_at(layer: Layer, scope: Scope) -> str:
    return (
        f'"{GEOMETRY_COLUMN}" IS NOT NULL AND {standing(layer)} AND {scope.condition(layer.name)}'
    )


def _read_bounds(rows: Iterator[tuple[int, bytes]]) -> tuple[Positions, Floats]:
    fids, bounds = [np.zeros(0, np.int64)], [np.zeros((0, 4))]
    while some := rows.fetchmany(50_000):  # type: ignore[attr-defined]
        fids.append(np.array([fid for fid, _ in some], np.int64))
        bounds.append(blobs.bounds_of_heads([_sound(head) for _, head in some]))
    return np.concatenate(fids), np.concatenate(bounds)


def _sound(head: object) -> bytes:
    """The head of a blob, or that of a point at the origin for one that is damaged: it becomes
    a member of some portion, and is found out there."""
    if isinstance(head, bytes) and len(head) == 38 and head[0] == 0 and head[1] <= 1:
        return head
    return b"\0\1" + bytes(36)


def _split(positions: Positions, centres: Floats) -> Iterator[Positions]:
    """Portions of at most _MOST that lie together, by halving the longer side at the median."""
    if len(positions) <= _MOST:
        yield positions
        return
    extent = np.ptp(centres[positions], axis=0)
    half = len(positions) // 2
    order = np.argpartition(centres[positions, int(np.argmax(extent))], half)
    yield from _split(positions[order[:half]], centres)
    yield from _split(positions[order[half:]], centres)


def _touching(bounds: Floats, members: Positions) -> NDArray[np.bool_]:
    """Which records come near the bounds of all members together."""
    low = bounds[members, :2].min(axis=0) - _MARGIN_M
    high = bounds[members, 2:].max(axis=0) + _MARGIN_M
    inside = (bounds[:, :2] <= high).all(axis=1) & (bounds[:, 2:] >= low).all(axis=1)
    return np.asarray(inside)


def _boxes(bounds: Floats) -> list[Bounds]:
    return [(min_x, min_y, max_x, max_y) for min_x, min_y, max_x, max_y in bounds.tolist()]


def _near(file: SurveyFile, layer: str, boxes: Sequence[Bounds]) -> list[str]:
    found: set[str] = set()
    for box in boxes:
        found.update(file.within(layer, box))
    return sorted(found)


def _fids(file: SurveyFile, layer: Layer, uuids: list[str], own: set[int]) -> list[int]:
    rows = file.connection.execute(
        f'SELECT fid FROM "{layer.name}" WHERE uuid IN (SELECT value FROM json_each(?))',
        (json.dumps(uuids),),
    )
    return sorted(own.union(fid for (fid,) in rows))

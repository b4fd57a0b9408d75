"""What a person looks at before deciding: outlines of each side, what lies around, the photos."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import shapely

from ..catalogue.model import GEOMETRY_COLUMN, Layer
from ..errors import MergeRefused
from ..geo import blobs
from ..store import SurveyFile
from .changes import GONE, LINEAGE, RECORD, with_names
from .conflicts import Conflict, Head
from .duplicates import Pair
from .successors import PARTS, parts_of_side
from .titles import titles

_Records = list[tuple[str, str]]
#: What lies this far around is shown too: a share of the outlines' larger side, at least metres.
_AROUND, _AROUND_M = 0.4, 15.0
#: More outlines than this only hide what it is about.
_AROUND_SHOWN = 300

Shape = Any


@dataclass(frozen=True)
class Photo:
    """A photo or other file of a record; `path` None where the file itself is lost.

    `device` took it, `record` is what it belongs to.
    """

    path: Path | None
    media_type: str
    caption: str | None
    role: str | None
    device: str | None
    taken_at: str | None
    record: str


@dataclass(frozen=True)
class Side:
    """One side of a decision. `title` is what people call the record, `shapes` its outlines,
    lines or points (shapely, metres in the file's CRS), `values` its columns, of a pair only."""

    title: str | None
    shapes: tuple[Shape, ...]
    values: Mapping[str, object]


@dataclass(frozen=True)
class Evidence:
    """`sides` in the order of the conflict's heads, or of the pair's a and b.

    `before` is what all sides had before them, or the record itself where it is not about its
    outline; `combined` the outline proposed, `around` what lies there in the same layer.
    """

    title: str | None
    sides: tuple[Side, ...]
    before: tuple[Shape, ...]
    combined: tuple[Shape, ...]
    around: tuple[Shape, ...]
    photos: tuple[Photo, ...]

    @property
    def shapes(self) -> list[Shape]:
        """All outlines that it is about, without those around."""
        told = [shape for side in self.sides for shape in side.shapes]
        return [*told, *self.before, *self.combined]


def of_conflict(file: SurveyFile, conflict: Conflict) -> Evidence:
    """The evidence of a conflict, photos of the record and of its parts in question among it."""
    layer = file.catalogue.layer(conflict.layer)
    standing = _shapes_of(file, [(conflict.layer, conflict.record)])
    told = [_side(file, conflict, head, standing) for head in conflict.heads]
    records = [(conflict.layer, conflict.record), *(each for _, about in told for each in about)]
    called = titles(file, records)
    sides = tuple(
        Side(", ".join(called.get(uuid, uuid) for _, uuid in about) or None, shapes, {})
        for shapes, about in told
    )
    before = standing
    if conflict.unit == GEOMETRY_COLUMN:
        before = _decoded([conflict.base.get(GEOMETRY_COLUMN)])
    combined = _decoded([(conflict.combined or {}).get(GEOMETRY_COLUMN)])
    involved = {uuid for _, uuid in records}
    seen = [*before, *combined, *(shape for side in sides for shape in side.shapes)]
    return Evidence(
        called.get(conflict.record),
        sides,
        before,
        combined,
        _around(file, layer, seen, involved),
        _photos(file, sorted(involved)),
    )


def of_pair(file: SurveyFile, pair: Pair) -> Evidence:
    """The evidence of a possible duplicate, with all values of both records.

    MergeRefused("duplicate.gone") if one of the two is not there any more.
    """
    layer = file.catalogue.layer(pair.layer)
    called = titles(file, [(pair.layer, pair.a), (pair.layer, pair.b)])
    sides = []
    for uuid in (pair.a, pair.b):
        row = file.get(pair.layer, uuid)
        if row is None:
            raise MergeRefused("duplicate.gone", record=uuid, layer=pair.layer)
        shape = row.pop(GEOMETRY_COLUMN, None)
        sides.append(Side(called.get(uuid), (shape,) if shape is not None else (), row))
    seen = [shape for side in sides for shape in side.shapes]
    return Evidence(
        None,
        tuple(sides),
        (),
        (),
        _around(file, layer, seen, {pair.a, pair.b}),
        _photos(file, (pair.a, pair.b)),
    )


def _side(
    file: SurveyFile, conflict: Conflict, head: Head, standing: tuple[Shape, ...]
) -> tuple[tuple[Shape, ...], _Records]:
    """Outlines of one side, and the records that it is about beside the record in conflict."""
    if conflict.unit == LINEAGE and head.says == PARTS:
        parts = parts_of_side(file, conflict.record, head.device)
        return _shapes_of(file, parts), parts
    if conflict.unit == RECORD:
        about = [(head.layer, head.record)] if head.record != conflict.record else []
        return () if head.says == GONE else standing, about
    if conflict.unit == GEOMETRY_COLUMN:
        return _decoded([head.values.get(GEOMETRY_COLUMN)]), []
    return (standing if conflict.unit == LINEAGE else ()), []


def _shapes_of(file: SurveyFile, records: _Records) -> tuple[Shape, ...]:
    found: list[object] = []
    for name in dict.fromkeys(name for name, _ in records):
        layer = file.catalogue.layers.get(name)
        if layer is not None and layer.geometry:
            with_names(file.connection, [uuid for each, uuid in records if each == name])
            found += [
                blob
                for (blob,) in file.connection.execute(
                    f"SELECT t.{GEOMETRY_COLUMN} FROM temp.named n "
                    f'CROSS JOIN "{name}" t ON t.uuid = n.uuid'
                )
            ]
    return _decoded(found)


def _decoded(values: list[object]) -> tuple[Shape, ...]:
    """Outlines as a journal has them; one that cannot be read is left out, as it is no outline."""
    shapes, _ = blobs.decode_readable([each for each in values if isinstance(each, bytes)])
    return tuple(shape for shape in shapes if shape is not None)


def _around(
    file: SurveyFile, layer: Layer, seen: list[Shape], without: set[str]
) -> tuple[Shape, ...]:
    if not seen or layer.geometry is None:
        return ()
    x0, y0, x1, y1 = shapely.total_bounds(seen)
    reach = max(_AROUND_M, _AROUND * max(x1 - x0, y1 - y0))
    near = file.within(layer.name, (x0 - reach, y0 - reach, x1 + reach, y1 + reach))
    wanted = [(layer.name, uuid) for uuid in near if uuid not in without][:_AROUND_SHOWN]
    return _shapes_of(file, wanted)


def _photos(file: SurveyFile, records: Iterable[str]) -> tuple[Photo, ...]:
    found = []
    for record in records:
        for row in file.attachments_of(record):
            path = file.attachment_path(row["sha256"])
            found.append(
                Photo(
                    path if path.is_file() else None,
                    row["media_type"] or "",
                    row["caption"],
                    row["role"],
                    row["device"],
                    row["taken_at"] or row["created_at"],
                    record,
                )
            )
    return tuple(found)

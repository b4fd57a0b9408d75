"""Records of one survey file: writing them checked, masked and with their derived columns,
reading them with shapely geometries."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import shapely
from numpy.typing import NDArray

from ..catalogue.model import BOOKKEEPING, GEOMETRY_COLUMN, Layer
from ..errors import BadInput
from ..geo import blobs
from . import derived, layer_tables, secrets, spatial_tables
from .identity import new_uuid
from .values import check_uuid

if TYPE_CHECKING:
    from .survey_file import SurveyFile


class _Unchanged:
    def __repr__(self) -> str:
        return "UNCHANGED"


#: Stands for "leave the geometry as it is", since None takes it away.
UNCHANGED: Final = _Unchanged()

_AT_ONCE = 2_000
#: SQLite takes 999 parameters everywhere.
_NAMES_AT_ONCE = 900
_SESSION_COLUMNS = {"surveyor": "author", "device": "device", "utc_offset_min": "utc_offset_min"}


def insert_many(
    file: SurveyFile,
    layer_name: str,
    rows: Iterable[Mapping[str, Any]],
    geometries: Iterable[Any] | None = None,
    uuids: Iterable[str | None] | None = None,
) -> list[str]:
    """Insert records in one transaction; see `SurveyFile.insert_many`."""
    layer = file.catalogue.layer(layer_name)
    if geometries is not None and layer.geometry is None:
        raise BadInput("geometry.not_expected", layer=layer.name)
    inserted: list[str] = []
    rows = iter(rows)
    shapes = iter(geometries) if geometries is not None else None
    names = iter(uuids) if uuids is not None else None
    with file.atomic():
        while some := list(islice(rows, _AT_ONCE)):
            count = len(some)
            theirs = list(islice(names, count)) if names is not None else [None] * count
            records = [new_uuid() if each is None else check_uuid(each) for each in theirs]
            _require_new(file.connection, layer, [each for each in theirs if each is not None])
            columns = _columns_of(file, layer, records, some)
            if shapes is not None:
                _add_geometry(file, layer, columns, list(islice(shapes, count)))
            _insert(file.connection, layer, records, columns)
            inserted += records
    return inserted


def _columns_of(
    file: SurveyFile, layer: Layer, records: list[str], rows: list[Mapping[str, Any]]
) -> dict[str, list[Any]]:
    check = file.value_check(layer)
    ready = [
        secrets.masked(file, layer, record, check.checked(row))
        for record, row in zip(records, rows, strict=True)
    ]
    names = dict.fromkeys(name for row in ready for name in row)
    return {name: [row.get(name) for row in ready] for name in names}


def _add_geometry(
    file: SurveyFile, layer: Layer, columns: dict[str, list[Any]], geometries: list[Any]
) -> None:
    shapes = sound_geometries(layer, geometries)
    columns[GEOMETRY_COLUMN] = blobs.encode(shapes, file.srid)
    columns.update(derived.compute(layer, shapes, file.srid))


def sound_geometries(layer: Layer, geometries: Sequence[Any]) -> NDArray[np.object_]:
    """Geometries of the layer's kind, XY; single ones are promoted to multi, None stays.

    SpatiaLite's constraint triggers end the whole transaction, so a geometry is checked before:
    BadInput("geometry.kind"), ("geometry.empty"), ("geometry.not_finite").
    """
    assert layer.geometry is not None
    given = np.empty(len(geometries), dtype=object)
    given[:] = geometries
    shapes = blobs.as_kind(given, layer.geometry)
    empty = np.flatnonzero(shapely.is_empty(shapes))
    if len(empty):
        raise BadInput("geometry.empty", layer=layer.name, index=int(empty[0]))
    coordinates, owner = shapely.get_coordinates(shapes, return_index=True)
    finite = np.isfinite(coordinates).all(axis=1)
    if not finite.all():
        index = int(owner[np.argmin(finite)])
        raise BadInput("geometry.not_finite", layer=layer.name, index=index)
    return shapes


def _insert(
    connection: sqlite3.Connection,
    layer: Layer,
    records: list[str],
    columns: dict[str, list[Any]],
) -> None:
    names = ["uuid", *columns]
    # Given at once, they spare the insert trigger a second write of the row.
    stamps = [f"(SELECT {column} FROM session)" for column in _SESSION_COLUMNS.values()]
    marks = ", ".join(["?"] * len(names) + stamps)
    listed = _listed([*names, *_SESSION_COLUMNS])
    connection.executemany(
        f'INSERT INTO "{layer.name}" ({listed}) VALUES ({marks})',
        zip(records, *columns.values(), strict=True),
    )


def _require_new(connection: sqlite3.Connection, layer: Layer, given: list[str]) -> None:
    """BadInput("record.exists") for a uuid that a record has, or that is given twice."""
    seen: set[str] = set()
    for uuid in given:
        if uuid in seen or exists(connection, layer.name, uuid):
            raise BadInput("record.exists", layer=layer.name, uuid=uuid)
        seen.add(uuid)


def exists(connection: sqlite3.Connection, layer: str, uuid: str) -> bool:
    """Whether the table of a layer has that record."""
    found = connection.execute(f'SELECT 1 FROM "{layer}" WHERE uuid = ?', (uuid,)).fetchone()
    return found is not None


def update(
    file: SurveyFile, layer_name: str, uuid: str, values: Mapping[str, Any], geometry: Any
) -> None:
    """Change a record; see `SurveyFile.update`."""
    layer = file.catalogue.layer(layer_name)
    reshaped = geometry is not UNCHANGED
    if reshaped and geometry is not None and layer.geometry is None:
        raise BadInput("geometry.not_expected", layer=layer.name)
    with file.atomic():
        if not exists(file.connection, layer.name, uuid):
            raise BadInput("record.missing", layer=layer.name, uuid=uuid)
        ready = secrets.masked(file, layer, uuid, file.value_check(layer).checked(values))
        if reshaped and layer.geometry:
            shapes = sound_geometries(layer, [geometry])
            ready[GEOMETRY_COLUMN] = blobs.encode(shapes, file.srid)[0]
            ready |= dict.fromkeys(layer.derived_columns)
        if not ready:
            return
        settings = ", ".join(f'"{name}" = ?' for name in ready)
        file.connection.execute(
            f'UPDATE "{layer.name}" SET {settings} WHERE uuid = ?', (*ready.values(), uuid)
        )
        if reshaped:
            refresh_derived(file, layer.name, [uuid])


def delete(file: SurveyFile, layer_name: str, uuid: str) -> None:
    """Delete a record and, by trigger, its parts; see `SurveyFile.delete`."""
    layer = file.catalogue.layer(layer_name)
    with file.atomic():
        if not exists(file.connection, layer.name, uuid):
            raise BadInput("record.missing", layer=layer.name, uuid=uuid)
        file.connection.execute(f'DELETE FROM "{layer.name}" WHERE uuid = ?', (uuid,))


def refresh_derived(
    file: SurveyFile, layer_name: str | None = None, uuids: Iterable[str] | None = None
) -> int:
    """Recompute derived columns; how many records. See `SurveyFile.refresh_derived`."""
    layers = (
        layer_tables.journalled_layers(file.catalogue)
        if layer_name is None
        else [file.catalogue.layer(layer_name)]
    )
    count = 0
    for layer in layers:
        if not layer.derived_columns or not layer.geometry:
            continue
        if uuids is None:
            count += _refresh(file, layer, layer_tables.stale(layer), ())
            continue
        wanted = iter(uuids)
        while some := tuple(islice(wanted, _NAMES_AT_ONCE)):
            marks = ", ".join("?" * len(some))
            count += _refresh(file, layer, f"uuid IN ({marks})", some)
    return count


def _refresh(file: SurveyFile, layer: Layer, where: str, parameters: tuple[Any, ...]) -> int:
    found = file.connection.execute(
        f'SELECT fid, {GEOMETRY_COLUMN} FROM "{layer.name}" WHERE {where}', parameters
    ).fetchall()
    if not found:
        return 0
    settings = ", ".join(f'"{name}" = ?' for name in layer.derived_columns)
    with file.atomic():
        for start in range(0, len(found), _AT_ONCE):
            some = found[start : start + _AT_ONCE]
            shapes = _readable([blob for _, blob in some])
            columns = derived.compute(layer, shapes, file.srid)
            file.connection.executemany(
                f'UPDATE "{layer.name}" SET {settings} WHERE fid = ?',
                zip(*columns.values(), [fid for fid, _ in some], strict=True),
            )
    return len(found)


def _readable(some: list[Any]) -> NDArray[np.object_]:
    """Geometries of blobs; None for one that is damaged (a finding, no reason to stop here)."""
    try:
        return blobs.decode(some)
    except BadInput:
        shapes = np.empty(len(some), dtype=object)
        for at, blob in enumerate(some):
            try:
                shapes[at] = blobs.decode_one(blob)
            except BadInput:
                shapes[at] = None
        return shapes


def all_columns(layer: Layer) -> tuple[str, ...]:
    """Every column a record is read with: uuid, journalled, derived and bookkeeping ones."""
    return ("uuid", *layer.columns, *layer.derived_columns, *BOOKKEEPING)


def select(
    file: SurveyFile,
    layer_name: str,
    where: str,
    parameters: Sequence[Any],
    columns: Sequence[str] | None,
) -> Iterator[dict[str, Any]]:
    """Read records as dictionaries; see `SurveyFile.select`."""
    layer, names = _readable_columns(file, layer_name, columns)
    rows = _query(file, layer, names, where, parameters)
    at = names.index(GEOMETRY_COLUMN) if GEOMETRY_COLUMN in names else None
    while some := rows.fetchmany(_AT_ONCE):
        if at is None:
            for row in some:
                yield dict(zip(names, row, strict=True))
        else:
            shapes = blobs.decode([row[at] for row in some])
            for row, shape in zip(some, shapes, strict=True):
                record = dict(zip(names, row, strict=True))
                record[GEOMETRY_COLUMN] = shape
                yield record


def arrays(
    file: SurveyFile,
    layer_name: str,
    columns: Sequence[str],
    where: str,
    parameters: Sequence[Any],
) -> tuple[dict[str, NDArray[Any]], NDArray[np.object_]]:
    """Read columns as arrays; see `SurveyFile.arrays`."""
    wanted = [name for name in columns if name != GEOMETRY_COLUMN]
    layer, names = _readable_columns(file, layer_name, wanted)
    if layer.geometry:
        names = [*names, GEOMETRY_COLUMN]
    rows = _query(file, layer, names, where, parameters).fetchall()
    by_column = list(zip(*rows, strict=True)) if rows else [()] * len(names)
    shapes = np.full(len(rows), None, dtype=object)
    if layer.geometry:
        shapes = blobs.decode(by_column.pop())
    numbers = {
        name
        for name, definition in layer_tables.column_definitions(layer).items()
        if definition.startswith(("REAL", "INTEGER"))
    }
    return {
        name: _as_array(values, name in numbers)
        for name, values in zip(wanted, by_column, strict=True)
    }, shapes


def _as_array(values: Sequence[Any], is_number: bool) -> NDArray[Any]:
    if is_number:
        return np.array(
            [each if isinstance(each, int | float) else np.nan for each in values], dtype=float
        )
    array = np.empty(len(values), dtype=object)
    array[:] = values
    return array


def within(
    file: SurveyFile, layer_name: str, bounds: tuple[float, float, float, float]
) -> list[str]:
    """Records whose bounds meet the given ones; see `SurveyFile.within`."""
    layer = file.catalogue.layer(layer_name)
    if layer.geometry is None:
        raise BadInput("geometry.not_expected", layer=layer.name)
    min_x, min_y, max_x, max_y = bounds
    among = ""
    parameters: tuple[float, ...] = ()
    if spatial_tables.is_indexed(file.connection, layer.name):
        among = (
            f'AND fid IN (SELECT pkid FROM "{spatial_tables.index_name(layer.name)}" '
            "WHERE xmin <= ? AND xmax >= ? AND ymin <= ? AND ymax >= ?)"
        )
        parameters = (max_x, min_x, max_y, min_y)
    # The index holds bounds rounded outwards to 32 bits; the head of a blob holds them exactly.
    rows = file.connection.execute(
        f'SELECT uuid, {GEOMETRY_COLUMN} FROM "{layer.name}" '
        f"WHERE {GEOMETRY_COLUMN} IS NOT NULL {among}",
        parameters,
    )
    found = []
    for uuid, blob in rows:
        try:
            x0, y0, x1, y1 = blobs.bounds_of(blob)
        except BadInput:
            continue  # a damaged blob lies nowhere; it is a finding, not an end
        if x0 <= max_x and x1 >= min_x and y0 <= max_y and y1 >= min_y:
            found.append(uuid)
    return found


def _readable_columns(
    file: SurveyFile, layer_name: str, columns: Sequence[str] | None
) -> tuple[Layer, list[str]]:
    layer = file.catalogue.layer(layer_name)
    known = all_columns(layer)
    if columns is None:
        return layer, list(known)
    for name in columns:
        if name not in known and name != "fid":
            raise BadInput("field.unknown", layer=layer.name, field=name)
    return layer, list(columns)


def _query(
    file: SurveyFile,
    layer: Layer,
    names: Sequence[str],
    where: str,
    parameters: Sequence[Any],
) -> sqlite3.Cursor:
    condition = f" WHERE {where}" if where else ""
    return file.connection.execute(
        f'SELECT {_listed(names)} FROM "{layer.name}"{condition}', tuple(parameters)
    )


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)

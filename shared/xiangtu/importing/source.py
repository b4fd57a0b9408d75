"""A file from outside, read through GDAL in chunks: Shapefile, GeoPackage, GeoJSON or CSV."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from osgeo import gdal, ogr, osr

from ..errors import BadFile, BadInput
from . import csv_rows
from . import encoding as encodings
from .encoding import Encoding
from .gdal_session import gdal_session

#: Ending → GDAL driver. Nothing else is opened: GDAL's other drivers may reach out to the network.
DRIVERS = {
    ".shp": "ESRI Shapefile",
    ".gpkg": "GPKG",
    ".geojson": "GeoJSON",
    ".json": "GeoJSON",
    ".csv": "CSV",
    ".txt": "CSV",
    ".tsv": "CSV",
}
_TYPES = {
    ogr.OFTInteger: "integer",
    ogr.OFTInteger64: "integer",
    ogr.OFTReal: "real",
    ogr.OFTDate: "date",
    ogr.OFTDateTime: "datetime",
}


@dataclass(frozen=True)
class Column:
    """A source's column; type is integer, real, date, datetime or text."""

    name: str
    type: str


@dataclass(frozen=True)
class Chunk:
    """Some rows of a source.

    rows : (n,) int, the rows' places in the source from 1
    values : column → n values (None, str, int, float)
    shapes : (n,) shapely geometries in the source's CRS, XY, None where there is none
    broken : (n,) bool, a geometry is there but cannot be read
    flattened : number of geometries that had a height or measure, now left out
    """

    rows: np.ndarray
    values: dict[str, list[Any]]
    shapes: np.ndarray
    broken: np.ndarray
    flattened: int


@dataclass(frozen=True)
class SourceFile:
    """One layer of an opened file; `crs` is what pyproj understands, None if the file has none.

    `surplus` are rows that have more values than there are columns.
    """

    path: Path
    driver: str
    layer_name: str
    columns: tuple[Column, ...]
    crs: str | None
    encoding: Encoding | None
    has_geometry: bool
    count: int
    warnings: list[str]
    surplus: frozenset[int]
    _layer: ogr.Layer = field(repr=False)

    def chunks(self, columns: Iterable[str], size: int = 20_000) -> Iterator[Chunk]:
        """All rows in order, with the values of those columns."""
        definition = self._layer.GetLayerDefn()
        wanted = [(name, definition.GetFieldIndex(name)) for name in dict.fromkeys(columns)]
        types = {each.name: each.type for each in self.columns}
        self._layer.ResetReading()
        row = 0
        while True:
            values: dict[str, list[Any]] = {name: [] for name, _ in wanted}
            wkbs: list[bytes | None] = []
            flattened = 0
            for feature in self._features(size):
                for name, index in wanted:
                    values[name].append(_value(feature, index, types[name]))
                shape = feature.GetGeometryRef()
                if shape is None:
                    wkbs.append(None)
                    continue
                if shape.Is3D() or shape.IsMeasured():
                    flattened += 1
                if shape.HasCurveGeometry():
                    shape = shape.GetLinearGeometry()
                wkbs.append(bytes(shape.ExportToWkb()))
            if not wkbs:
                return
            shapes, broken = _shapes(wkbs)
            rows = np.arange(row + 1, row + len(wkbs) + 1)
            row += len(wkbs)
            yield Chunk(rows, values, shapes, broken, flattened)

    def _features(self, size: int) -> Iterator[ogr.Feature]:
        for _ in range(size):
            try:
                feature = self._layer.GetNextFeature()
            except RuntimeError as fault:
                raise BadFile("import.unreadable", path=str(self.path), reason=fault) from None
            if feature is None:
                return
            yield feature


@contextmanager
def open_source(
    path: Path, layer: str | None = None, encoding: str | None = None
) -> Iterator[SourceFile]:
    """Open a file for reading; nothing is written beside it.

    Raises
    ------
    BadFile
        "file.missing", "file.is_directory", "file.empty", "import.format_unknown",
        "import.part_missing" (a Shapefile without its .shx or .dbf), "import.unreadable".
    BadInput
        "import.layer_unknown", or "import.layer_needed" if there are several and none is named.
    """
    path = Path(path)
    with _dataset(path, encoding) as opened:
        found = _layer(opened.dataset, path, layer if opened.driver != "CSV" else None)
        said = opened.encoding
        yield SourceFile(
            path,
            opened.driver,
            path.stem if opened.in_memory else found.GetName(),
            tuple(_columns(found)),
            _crs(found),
            said,
            found.GetGeomType() != ogr.wkbNone,
            found.GetFeatureCount(),
            opened.warnings,
            csv_rows.surplus_rows(path, said.codec)
            if opened.driver == "CSV" and said
            else frozenset(),
            found,
        )


def layer_names(path: Path, encoding: str | None = None) -> tuple[str, ...]:
    """The layers that a file has, in its order; errors as `open_source`."""
    with _dataset(Path(path), encoding) as opened:
        if opened.in_memory:
            return (Path(path).stem,)
        return _layer_names(opened.dataset)


@dataclass(frozen=True)
class _Opened:
    """A file as GDAL has it open; a CSV that is not in UTF-8 is a copy in memory."""

    dataset: gdal.Dataset
    driver: str
    encoding: Encoding | None
    in_memory: bool
    warnings: list[str]


@contextmanager
def _dataset(path: Path, encoding: str | None) -> Iterator[_Opened]:
    driver = _driver(path)
    with gdal_session() as warnings:
        said: Encoding | None = None
        options: list[str] = []
        opened, in_memory = str(path), None
        if driver == "ESRI Shapefile":
            for part in (".shx", ".dbf"):
                if encodings.part_of_shapefile(path, part) is None:
                    raise BadFile("import.part_missing", path=str(path), part=part)
            said = encodings.of_shapefile(path, encoding)
            options = [f"ENCODING={said.gdal_name}"]
        elif driver == "CSV":
            said = encodings.of_text_file(path, encoding)
            options = ["HEADERS=YES", "AUTODETECT_TYPE=NO", "EMPTY_STRING_AS_NULL=YES"]
            if said.codec not in ("utf-8", "utf-8-sig"):
                opened = in_memory = _in_utf8(path, said)
        try:
            try:
                dataset = gdal.OpenEx(
                    opened,
                    gdal.OF_VECTOR | gdal.OF_READONLY,
                    allowed_drivers=[driver],
                    open_options=options,
                )
            except RuntimeError as fault:
                raise BadFile("import.unreadable", path=str(path), reason=fault) from None
            yield _Opened(dataset, driver, said, in_memory is not None, warnings)
        finally:
            dataset = None
            if in_memory:
                gdal.Unlink(in_memory)


def _driver(path: Path) -> str:
    if path.is_dir():
        raise BadFile("file.is_directory", path=str(path))
    if not path.is_file():
        raise BadFile("file.missing", path=str(path))
    if path.stat().st_size == 0:
        raise BadFile("file.empty", path=str(path))
    try:
        return DRIVERS[path.suffix.lower()]
    except KeyError:
        known = " ".join(DRIVERS)
        raise BadFile("import.format_unknown", path=str(path), known=known) from None


def _in_utf8(path: Path, said: Encoding) -> str:
    try:
        text = path.read_bytes().decode(said.codec)
    except UnicodeDecodeError as fault:
        reason = f"{said.codec}: {fault.reason}"
        raise BadFile("import.unreadable", path=str(path), reason=reason) from None
    name = f"/vsimem/{uuid.uuid4().hex}.csv"
    gdal.FileFromMemBuffer(name, text.encode("utf-8"))
    return name


def _layer_names(dataset: gdal.Dataset) -> tuple[str, ...]:
    return tuple(dataset.GetLayer(index).GetName() for index in range(dataset.GetLayerCount()))


def _layer(dataset: gdal.Dataset, path: Path, wanted: str | None) -> ogr.Layer:
    names = _layer_names(dataset)
    known = ", ".join(names)
    if wanted is not None:
        if wanted not in names:
            raise BadInput("import.layer_unknown", path=str(path), layer=wanted, known=known)
        return dataset.GetLayer(names.index(wanted))
    if not names:
        raise BadFile("import.unreadable", path=str(path), reason="no layers")
    if len(names) > 1:
        raise BadInput("import.layer_needed", path=str(path), known=known)
    return dataset.GetLayer(0)


def _columns(layer: ogr.Layer) -> Iterator[Column]:
    definition = layer.GetLayerDefn()
    for index in range(definition.GetFieldCount()):
        each = definition.GetFieldDefn(index)
        kind = _TYPES.get(each.GetType(), "text")
        # dBase keeps whole numbers of more than 18 digits as reals of no decimals.
        if kind == "real" and each.GetWidth() and not each.GetPrecision():
            kind = "whole"
        yield Column(each.GetName(), kind)


def _crs(layer: ogr.Layer) -> str | None:
    reference: osr.SpatialReference | None = layer.GetSpatialRef()
    if reference is None or reference.IsLocal():
        return None
    if reference.GetAuthorityName(None) == "EPSG":
        return f"EPSG:{reference.GetAuthorityCode(None)}"
    return reference.ExportToWkt(["FORMAT=WKT2_2019"])


def _value(feature: ogr.Feature, index: int, kind: str) -> Any:
    if not feature.IsFieldSetAndNotNull(index):
        return None
    if kind == "integer":
        return feature.GetFieldAsInteger64(index)
    if kind in ("real", "whole"):
        return feature.GetFieldAsDouble(index)
    return feature.GetFieldAsString(index)


def _shapes(wkbs: list[bytes | None]) -> tuple[np.ndarray, np.ndarray]:
    """(n,) geometries in XY and (n,) whether one is there that cannot be read.

    A ring that is not closed is closed; nothing else is mended: faults are findings.
    """
    raw = np.array([*wkbs, None], dtype=object)[:-1]
    shapes = shapely.from_wkb(raw, on_invalid="fix")
    shapes = shapely.force_2d(shapes)
    there = np.array([wkb is not None for wkb in wkbs])
    broken = there & shapely.is_missing(shapes)
    shapes[shapely.is_empty(shapes)] = None
    return shapes, broken

"""The county's data for others: GeoPackage, GeoJSON and Shapefile through GDAL (county only).

Sensitive columns stay masked, sealed values never leave, and every export is a line in the log.
Geometries in a CGCS2000 zone go out with the zone's number before the easting, as offices expect.
"""

from __future__ import annotations

import csv
import shutil
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np
import shapely
from osgeo import gdal, ogr, osr

from ..catalogue.model import GEOMETRY_COLUMN, Catalogue, Layer
from ..errors import BadFile, BadInput, Cancelled
from ..geo import zones
from ..importing.gdal_session import gdal_session
from ..importing.outcome import Note
from ..store import SurveyFile, places
from . import coverage
from .columns import ExportColumn, columns_of

Format = Literal["gpkg", "geojson", "shp"]
Progress = Callable[[float, str], bool | None]

_DRIVERS = {"gpkg": "GPKG", "geojson": "GeoJSON", "shp": "ESRI Shapefile"}
_GEOMETRY = {
    None: ogr.wkbNone,
    "POINT": ogr.wkbPoint,
    "MULTILINESTRING": ogr.wkbMultiLineString,
    "MULTIPOLYGON": ogr.wkbMultiPolygon,
}
_TYPES = {
    "text": ogr.OFTString,
    "integer": ogr.OFTInteger64,
    "real": ogr.OFTReal,
    "date": ogr.OFTDate,
    "datetime": ogr.OFTString,
    "boolean": ogr.OFTInteger,
}
#: Larger contiguous areas may be a state secret (domain §7): said, not refused.
_CONTIGUOUS_LIMIT_KM2 = 25.0


#: GDAL before 3.7 makes this table by an older edition, where no two layers could share a name.
_COLUMNS_OF_GEOPACKAGE_1_3 = """
ALTER TABLE gpkg_data_columns RENAME TO older_data_columns;
CREATE TABLE gpkg_data_columns (
  table_name TEXT NOT NULL, column_name TEXT NOT NULL, name TEXT, title TEXT, description TEXT,
  mime_type TEXT, constraint_name TEXT,
  CONSTRAINT pk_gdc PRIMARY KEY (table_name, column_name),
  CONSTRAINT gdc_tn UNIQUE (table_name, name));
INSERT INTO gpkg_data_columns SELECT * FROM older_data_columns;
DROP TABLE older_data_columns;
"""


@dataclass(frozen=True)
class Exported:
    """What was written: `path` is the file (GeoPackage) or the folder; `counts` rows by layer."""

    path: Path
    files: tuple[Path, ...]
    counts: dict[str, int]
    srid: int
    notes: tuple[Note, ...]


def export(
    file: SurveyFile,
    out: Path,
    format: Format,
    author: str,
    *,
    public: bool = False,
    layers: Sequence[str] | None = None,
    progress: Progress | None = None,
) -> Exported:
    """Write the records that have not ended to `out`, a new file (gpkg) or folder (the others).

    With `public` only layers the catalogue calls public are written, without personal or
    sensitive fields and without who surveyed them.

    Raises
    ------
    BadInput
        "export.format_unknown", "layer.unknown", "file.exists" (nothing is written over).
    BadFile
        "place.missing", "file.readonly_place", "file.disk_full", "export.failed" (GDAL's reason).
    Cancelled
        `progress` returned False; nothing is left behind.
    """
    if format not in get_args(Format):
        raise BadInput("export.format_unknown", format=format, known=" ".join(get_args(Format)))
    out = Path(out)
    places.refuse_existing(out)
    if not out.parent.is_dir():
        raise BadFile("place.missing", path=str(out), folder=str(out.parent))
    wanted = _wanted(file.catalogue, layers, public)
    partial = out.with_name(f".partial-{out.name}")
    _remove(partial)
    srid = _export_srid(file.srid)
    writer = _Writer(file, partial, format, srid)
    try:
        with places.place_told(out):
            writer.start()
            for done, layer in enumerate(wanted):
                if progress and progress(done / len(wanted), "export.writing") is False:
                    raise Cancelled("cancelled", step="export.writing")
                writer.write(layer, columns_of(file.catalogue, layer, format, public))
            notes = writer.finish()
            detail = f"{out.name}: " + ", ".join(f"{name} {n}" for name, n in writer.counts.items())
            with file.atomic():
                # No export without its line: what cannot be logged is not handed out.
                file.log("export.public" if public else "export", detail=detail, author=author)
                partial.rename(out)
    except RuntimeError as fault:
        raise BadFile("export.failed", path=str(out), reason=str(fault)) from fault
    finally:
        writer.close()
        _remove(partial)
    files = (out,) if out.is_file() else tuple(sorted(out.iterdir()))
    return Exported(out, files, writer.counts, srid, notes)


def _wanted(catalogue: Catalogue, names: Sequence[str] | None, public: bool) -> list[Layer]:
    layers: Iterable[Layer] = catalogue.layers.values()
    if names is not None:
        layers = [catalogue.layer(name) for name in names]
    return [each for each in layers if each.surveyed and (each.public or not public)]


def _export_srid(srid: int) -> int:
    found = zones.zone_of_srid(srid)
    return found.zone.epsg_prefixed if found else srid


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


class _Writer:
    """One dataset (or folder of datasets) being written."""

    def __init__(self, file: SurveyFile, path: Path, format: Format, srid: int) -> None:
        self.counts: dict[str, int] = {}
        self._file = file
        self._path = path
        self._format = format
        self._srid = srid
        self._east_m = (
            zones.false_easting(srid) - zones.false_easting(file.srid)
            if (srid != file.srid)
            else 0.0
        )
        self._shapes: dict[str, np.ndarray] = {}
        self._names: list[tuple[str, ...]] = []
        self._cut: dict[str, int] = {}
        self._dataset: gdal.Dataset | None = None

    def start(self) -> None:
        """Make the folder that Shapefiles and GeoJSON go into."""
        if self._format != "gpkg":
            self._path.mkdir()

    def write(self, layer: Layer, columns: Sequence[ExportColumn]) -> None:
        """One layer with its rows."""
        values, shapes = self._rows(layer, columns)
        count = len(values["uuid"])
        self.counts[layer.name] = count
        if shapes is not None:
            self._shapes[layer.name] = shapes
        with gdal_session():
            dataset = self._dataset_for(layer)
            target = self._create(dataset, layer, columns)
            definition = target.GetLayerDefn()
            transactions = bool(dataset.TestCapability(ogr.ODsCTransactions))
            if transactions:
                dataset.StartTransaction()
            wkbs = (
                # Said outright: QGIS's own GEOS may refuse shapely's default.
                shapely.to_wkb(shapes, output_dimension=2).tolist()
                if shapes is not None
                else [None] * count
            )
            lists = [self._fitting(layer, each, values[each.source]) for each in columns]
            for wkb, row in zip(wkbs, zip(*lists, strict=True), strict=True):
                feature = ogr.Feature(definition)
                for index, value in enumerate(row):
                    if value is not None:
                        feature.SetField(index, value)
                if wkb is not None:
                    feature.SetGeometryDirectly(ogr.CreateGeometryFromWkb(wkb))
                target.CreateFeature(feature)
            if transactions:
                dataset.CommitTransaction()
            target = None
            if self._format != "gpkg":
                del dataset

    def finish(self) -> tuple[Note, ...]:
        """Close the files and say what a person should know."""
        self.close()
        if self._format == "shp":
            self._write_names()
        elif self._format == "gpkg":
            self._write_aliases()
        notes = [
            Note("export.text_cut", {"field": name, "count": count})
            for name, count in self._cut.items()
        ]
        area_km2 = coverage.contiguous_area_m2(self._shapes) / 1e6
        if area_km2 > _CONTIGUOUS_LIMIT_KM2:
            facts = {"area_km2": round(area_km2, 1), "limit_km2": _CONTIGUOUS_LIMIT_KM2}
            notes.append(Note("export.contiguous_area", facts))
        return tuple(notes)

    def close(self) -> None:
        """Let GDAL write what it still holds; harmless a second time."""
        with gdal_session():
            self._dataset = None

    def _rows(
        self, layer: Layer, columns: Sequence[ExportColumn]
    ) -> tuple[dict[str, np.ndarray], np.ndarray | None]:
        names = tuple(dict.fromkeys(("uuid", *(each.source for each in columns))))
        values, shapes = self._file.arrays(layer.name, names, "ended_on IS NULL")
        if layer.geometry is None:
            return values, None
        if self._east_m:
            shapes = shapely.transform(shapes, lambda xy: xy + np.array([self._east_m, 0.0]))
        return values, shapes

    def _dataset_for(self, layer: Layer) -> gdal.Dataset:
        driver = gdal.GetDriverByName(_DRIVERS[self._format])
        if self._format == "gpkg":
            if self._dataset is None:
                self._dataset = driver.Create(str(self._path), 0, 0, 0, gdal.GDT_Unknown)
                self._add_domains(self._dataset)
            return self._dataset
        suffix = ".geojson" if self._format == "geojson" else ".shp" if layer.geometry else ".dbf"
        return driver.Create(str(self._path / f"{layer.name}{suffix}"), 0, 0, 0, gdal.GDT_Unknown)

    def _add_domains(self, dataset: gdal.Dataset) -> None:
        """Code lists travel with a GeoPackage as coded domains, which QGIS shows as choices."""
        for name, codes in self._file.catalogue.code_lists.items():
            entries = {code: each.label.zh for code, each in codes.codes.items()}
            if entries:
                domain = ogr.CreateCodedFieldDomain(
                    name, codes.label.zh, ogr.OFTString, ogr.OFSTNone, entries
                )
                dataset.AddFieldDomain(domain)

    def _create(
        self, dataset: gdal.Dataset, layer: Layer, columns: Sequence[ExportColumn]
    ) -> ogr.Layer:
        reference = None
        if layer.geometry:
            reference = osr.SpatialReference()
            reference.ImportFromEPSG(self._srid)
            reference.SetAxisMappingStrategy(osr.OAMS_TRADITIONAL_GIS_ORDER)
        options = {
            "gpkg": [f"GEOMETRY_NAME={GEOMETRY_COLUMN}", f"IDENTIFIER={layer.label.zh}"],
            "geojson": ["RFC7946=YES", "COORDINATE_PRECISION=9", "WRITE_NAME=NO"],
            "shp": ["ENCODING=UTF-8"],
        }[self._format]
        target = dataset.CreateLayer(
            layer.name, reference, _GEOMETRY[layer.geometry], options=options
        )
        for each in columns:
            definition = ogr.FieldDefn(each.name, _TYPES[each.type])
            self._names.append((layer.name, each.name, each.source, each.label.zh, each.label.en))
            if self._format == "shp":
                definition.SetWidth(each.width)
                definition.SetPrecision(each.decimals)
            elif self._format == "gpkg":
                if each.code_list:
                    definition.SetDomainName(each.code_list)
                if each.type == "boolean":
                    definition.SetSubType(ogr.OFSTBoolean)
            target.CreateField(definition)
        return target

    def _fitting(self, layer: Layer, column: ExportColumn, values: np.ndarray) -> list[Any]:
        found = [None if value is None or value != value else value for value in values.tolist()]
        if column.type in ("integer", "boolean"):
            found = [None if value is None else int(value) for value in found]
        if self._format != "shp" or column.type not in ("text", "datetime"):
            return found
        for at, value in enumerate(found):
            if value is not None and len(value.encode("utf-8")) > column.width:
                found[at] = value.encode("utf-8")[: column.width].decode("utf-8", "ignore")
                name = f"{layer.name}.{column.source}"
                self._cut[name] = self._cut.get(name, 0) + 1
        return found

    def _write_names(self) -> None:
        """What each of the ten-letter names means; with a mark that tells Excel it is UTF-8."""
        path = self._path / "field_names.csv"
        with path.open("w", encoding="utf-8-sig", newline="") as stream:
            table = csv.writer(stream)
            table.writerow(("layer", "name", "field", "label_zh", "label_en"))
            table.writerows(self._names)

    def _write_aliases(self) -> None:
        """The labels, where GeoPackage's schema extension keeps them; GDAL before 3.7 cannot.

        QGIS shows them as aliases. A table cannot have one twice, so a second carries its column.
        """
        used: set[tuple[str, str]] = set()
        with closing(sqlite3.connect(self._path)) as connection, connection:
            connection.executescript(_COLUMNS_OF_GEOPACKAGE_1_3)
            for layer, name, _, label, _ in self._names:
                alias = label if (layer, label) not in used else f"{label} ({name})"
                used.add((layer, alias))
                connection.execute(
                    "INSERT INTO gpkg_data_columns (table_name, column_name, name, title) "
                    "VALUES (?, ?, ?, ?) ON CONFLICT (table_name, column_name) "
                    "DO UPDATE SET name = excluded.name, title = excluded.title",
                    (layer, name, alias, label),
                )

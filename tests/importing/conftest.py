"""A county to import into, and sources made by GDAL."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
import shapely
from osgeo import ogr, osr
from xiangtu import catalogue, store
from xiangtu.importing.gdal_session import gdal_session

DRIVERS = {".shp": "ESRI Shapefile", ".gpkg": "GPKG", ".geojson": "GeoJSON"}
TYPES = {int: ogr.OFTInteger64, float: ogr.OFTReal, str: ogr.OFTString}
WEST_M, SOUTH_M = 450_000.0, 3_900_000.0


@pytest.fixture(scope="session")
def county_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty county in CGCS2000 zone 39 (EPSG:4548) with two villages of 1 km side by side."""
    path = tmp_path_factory.mktemp("county") / "county.sqlite"
    with store.create(
        path, catalogue.load(), 4548, role="county", county="990101", name="青石县"
    ) as file:
        file.sign_in(author="officer")
        for number, name in enumerate(("上坪村", "下坪村")):
            west = WEST_M + 1000 * number
            code = f"99010110120{number + 1}"
            file.insert(
                "village",
                {"code": code, "village": code, "name": name, "township_name": "青石镇"},
                geometry=shapely.box(west, SOUTH_M, west + 1000, SOUTH_M + 1000),
            )
    return path


@pytest.fixture
def county(county_file: Path, tmp_path: Path) -> Iterator[store.SurveyFile]:
    """A copy of that county, open."""
    path = Path(shutil.copy(county_file, tmp_path))
    with store.open(path) as file:
        file.sign_in(author="officer")
        yield file


@pytest.fixture
def write_source(tmp_path: Path) -> Callable[..., Path]:
    """A function that has GDAL write rows of (values, WKT or None) to a file."""

    def write(
        name: str,
        columns: dict[str, type],
        rows: Sequence[tuple[Sequence[Any], str | None]],
        *,
        srid: int | None = 4548,
        kind: int = ogr.wkbUnknown,
        options: Sequence[str] = (),
        layer_name: str = "source",
    ) -> Path:
        path = tmp_path / name
        with gdal_session():
            driver = ogr.GetDriverByName(DRIVERS[path.suffix])
            dataset = (
                driver.Open(str(path), 1) if path.exists() else driver.CreateDataSource(str(path))
            )
            reference = None
            if srid is not None:
                reference = osr.SpatialReference()
                reference.ImportFromEPSG(srid)
                reference.SetAxisMappingStrategy(osr.OAMS_TRADITIONAL_GIS_ORDER)
            layer = dataset.CreateLayer(layer_name, reference, kind, options=list(options))
            for column, type_ in columns.items():
                layer.CreateField(ogr.FieldDefn(column, TYPES[type_]))
            for values, wkt in rows:
                feature = ogr.Feature(layer.GetLayerDefn())
                for index, value in enumerate(values):
                    if value is not None:
                        feature.SetField(index, value)
                if wkt is not None:
                    feature.SetGeometry(ogr.CreateGeometryFromWkt(wkt))
                layer.CreateFeature(feature)
            layer = dataset = None
        return path

    return write


@pytest.fixture
def square() -> Callable[..., str]:
    """WKT of a square field, metres east and north of the first village's corner."""

    def wkt(east_m: float, north_m: float, side_m: float = 20.0) -> str:
        west, south = WEST_M + east_m, SOUTH_M + north_m
        return shapely.box(west, south, west + side_m, south + side_m).wkt

    return wkt

"""What a source is, before anything is said about it."""

from __future__ import annotations

from pathlib import Path

import pytest
import shapely
from osgeo import ogr, osr
from xiangtu.errors import BadInput
from xiangtu.importing import look
from xiangtu.importing.gdal_session import gdal_session


@pytest.fixture
def geopackage(tmp_path: Path) -> Path:
    path = tmp_path / "two.gpkg"
    with gdal_session():
        reference = osr.SpatialReference()
        reference.ImportFromEPSG(4548)
        data = ogr.GetDriverByName("GPKG").CreateDataSource(str(path))
        for name, columns in (("farms", ("DKBM", "DKMC")), ("wells", ("depth",))):
            layer = data.CreateLayer(name, reference, ogr.wkbPoint)
            for column in columns:
                layer.CreateField(ogr.FieldDefn(column, ogr.OFTString))
            feature = ogr.Feature(layer.GetLayerDefn())
            feature.SetGeometry(ogr.CreateGeometryFromWkb(shapely.Point(1, 2).wkb))
            layer.CreateFeature(feature)
        layer = data = None
    return path


def test_layers_are_listed_and_the_first_is_told_of(geopackage: Path) -> None:
    found = look(geopackage)
    assert (found.layers, found.layer) == (("farms", "wells"), "farms")
    assert (found.columns, found.crs, found.rows) == (("DKBM", "DKMC"), "EPSG:4548", 1)
    assert found.has_geometry and found.encoding is None
    assert look(geopackage, "wells").columns == ("depth",)
    with pytest.raises(BadInput) as refusal:
        look(geopackage, "roads")
    assert refusal.value.code == "import.layer_unknown"


def test_a_table_in_chinese_is_told_with_its_encoding(tmp_path: Path) -> None:
    path = tmp_path / "表.csv"
    path.write_text("编码,名称\n1,石桥村\n2,青石村\n", encoding="gbk")
    found = look(path)
    assert (found.layers, found.layer) == (("表",), "表")
    assert (found.columns, found.encoding, found.rows) == (("编码", "名称"), "gb18030", 2)
    assert not found.has_geometry and found.crs is None

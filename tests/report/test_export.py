"""What leaves the office: opened with GDAL, as others would."""

from __future__ import annotations

import csv
import sqlite3
from pathlib import Path

import pytest
import shapely
from osgeo import gdal, ogr
from xiangtu.errors import BadFile, BadInput, Cancelled
from xiangtu.importing.gdal_session import gdal_session
from xiangtu.report import coverage
from xiangtu.report.export import export

ID_NUMBER = "990101199001010019"


def features(path: Path, layer: str | int = 0) -> list[dict]:
    """Values and geometry of a layer, opened by GDAL."""
    with gdal_session():
        dataset = gdal.OpenEx(str(path), gdal.OF_VECTOR)
        source = dataset.GetLayer(layer)
        found = []
        for feature in source:
            shape = feature.GetGeometryRef()
            geometry = shapely.from_wkb(bytes(shape.ExportToWkb())) if shape else None
            found.append({**feature.items(), "geometry": geometry})
        return found


def all_bytes(path: Path) -> bytes:
    if path.is_file():
        return path.read_bytes()
    return b"".join(each.read_bytes() for each in sorted(path.iterdir()))


def test_a_geopackage_has_every_layer_with_aliases_and_code_lists(county, tmp_path: Path):
    written = export(county, tmp_path / "out.gpkg", "gpkg", "王调查")
    surveyed = [each.name for each in county.catalogue.layers.values() if each.surveyed]
    with gdal_session():
        dataset = gdal.OpenEx(str(written.path), gdal.OF_VECTOR)
        names = [dataset.GetLayer(at).GetName() for at in range(dataset.GetLayerCount())]
        assert sorted(names) == sorted(surveyed)
        field = dataset.GetLayer("farmland").GetLayerDefn()
        land_use = field.GetFieldDefn(field.GetFieldIndex("land_use"))
        assert dataset.GetFieldDomain(land_use.GetDomainName()).GetEnumeration()["0101"] == "水田"
    with sqlite3.connect(written.path) as connection:
        # GDAL reads these as alternative names, and QGIS as aliases, from 3.7 on.
        aliases = connection.execute(
            "SELECT name, title FROM gpkg_data_columns WHERE column_name = 'land_use'"
        ).fetchall()
    assert aliases == [("土地利用类型", "土地利用类型")]
    assert written.counts["farmland"] == 7, "what has ended stays at home"
    assert len(features(written.path, "farmland")) == 7


def test_eastings_carry_the_number_of_the_zone(county, tmp_path: Path):
    written = export(county, tmp_path / "out.gpkg", "gpkg", "王调查")
    assert written.srid == 4527
    with gdal_session():
        dataset = gdal.OpenEx(str(written.path), gdal.OF_VECTOR)
        reference = dataset.GetLayer("village").GetSpatialRef()
        assert reference.GetAuthorityCode(None) == "4527"
    bounds = features(written.path, "village")[0]["geometry"].bounds
    assert bounds == pytest.approx((39_450_000, 3_900_000, 39_451_000, 3_901_000))


def test_shapefiles_have_official_names_a_cpg_and_a_table_of_names(county, tmp_path: Path):
    written = export(county, tmp_path / "shp", "shp", "王调查")
    parcel = next(
        each
        for each in features(written.path / "farmland.shp")
        if each["DKBM"] == "9901011012010100001"
    )
    assert parcel["DKMC"] == "地块1" and parcel["SCMJ"] == 100.0
    assert (written.path / "farmland.cpg").read_text().strip() == "UTF-8"
    assert (written.path / "farmland.prj").exists()
    assert features(written.path / "household.dbf")[0]["CBFMC"] == "张三"
    with (written.path / "field_names.csv").open(encoding="utf-8-sig") as stream:
        names = {(row["layer"], row["name"]): row for row in csv.DictReader(stream)}
    assert names["farmland", "DKBM"]["label_zh"] == "地块编码"
    assert all(len(name) <= 10 for _, name in names)
    with gdal_session():
        for layer in {layer for layer, _ in names}:
            path = next(written.path.glob(f"{layer}.[sd][hb][pf]"))
            dataset = gdal.OpenEx(str(path), gdal.OF_VECTOR)
            definition = dataset.GetLayer(0).GetLayerDefn()
            count = definition.GetFieldCount()
            in_file = {definition.GetFieldDefn(at).GetName() for at in range(count)}
            assert in_file == {name for owner, name in names if owner == layer}


def test_a_text_too_long_for_a_shapefile_is_cut_at_a_character_and_said(county, tmp_path: Path):
    (relic,) = county.select("relic", "code = '990101-0001'")
    county.update("relic", relic["uuid"], {"description": "长" * 100})
    written = export(county, tmp_path / "shp", "shp", "王调查", layers=["relic"])
    (note,) = (each for each in written.notes if each.code == "export.text_cut")
    assert note.facts == {"field": "relic.description", "count": 1}
    texts = {each["code"]: each["descriptio"] for each in features(written.path / "relic.shp")}
    assert texts["990101-0001"] == "长" * 84


def test_geojson_is_in_degrees(county, tmp_path: Path):
    written = export(county, tmp_path / "json", "geojson", "王调查")
    (village, *_) = features(written.path / "village.geojson")
    west, south, _, _ = village["geometry"].bounds
    assert (west, south) == pytest.approx((116.45076, 35.22777), abs=1e-4)
    assert features(written.path / "household.geojson")[0]["head_name"] == "张三"


@pytest.mark.parametrize("format", ["gpkg", "geojson", "shp"])
def test_sensitive_values_stay_masked_and_sealed_ones_at_home(county, tmp_path: Path, format):
    out = tmp_path / ("out.gpkg" if format == "gpkg" else "out")
    written = export(county, out, format, "王调查")
    content = all_bytes(written.path)
    assert ID_NUMBER.encode() not in content
    assert b"990101********0019" in content
    assert b"id_number_secret" not in content


@pytest.mark.parametrize("format", ["gpkg", "geojson", "shp"])
def test_what_is_public_names_nobody(county, tmp_path: Path, format):
    out = tmp_path / ("out.gpkg" if format == "gpkg" else "out")
    written = export(county, out, format, "王调查", public=True)
    assert "village" in written.counts and "household" not in written.counts
    content = all_bytes(written.path)
    for name in ("张三", "李指界", "赵所有", "王调查"):
        assert name.encode() not in content


def test_an_export_leaves_a_line_in_the_log(county, tmp_path: Path):
    export(county, tmp_path / "out.gpkg", "gpkg", "孙经手", layers=["farmland"])
    (line,) = county.connection.execute(
        "SELECT author, action, detail FROM access_log WHERE action LIKE 'export%'"
    ).fetchall()
    assert line[0] == "孙经手"
    assert "out.gpkg" in line[2] and "farmland 7" in line[2]


def test_nothing_is_written_over(county, tmp_path: Path):
    (tmp_path / "out.gpkg").write_text("mine")
    with pytest.raises(BadInput, match=r"file\.exists"):
        export(county, tmp_path / "out.gpkg", "gpkg", "王调查")
    assert (tmp_path / "out.gpkg").read_text() == "mine"


@pytest.mark.parametrize("format", ["gpkg", "shp"])
def test_cancelling_leaves_nothing_behind(county, tmp_path: Path, format):
    before = sorted(tmp_path.iterdir())
    steps = iter((None, None, False))
    with pytest.raises(Cancelled):
        export(county, tmp_path / "out.gpkg", format, "王", progress=lambda done, step: next(steps))
    assert sorted(tmp_path.iterdir()) == before


def test_a_place_or_format_that_is_not_there_is_refused(county, tmp_path: Path):
    with pytest.raises(BadFile, match=r"place\.missing"):
        export(county, tmp_path / "none" / "out.gpkg", "gpkg", "王调查")
    with pytest.raises(BadInput, match=r"export\.format_unknown"):
        export(county, tmp_path / "out.dxf", "dxf", "王调查")  # type: ignore[arg-type]


def test_a_contiguous_area_above_25_km2_is_said(county, tmp_path: Path):
    small = export(county, tmp_path / "small.gpkg", "gpkg", "王调查")
    assert small.notes == ()
    county.insert(
        "works",
        {"name": "水库", "village": "990101101201"},
        geometry=shapely.box(450_000, 3_900_000, 456_000, 3_905_000),
    )
    large = export(county, tmp_path / "large.gpkg", "gpkg", "王调查")
    (note,) = large.notes
    assert note.code == "export.contiguous_area"
    assert note.facts["area_km2"] == pytest.approx(30, abs=0.1)


def test_contiguous_area_bridges_paths_but_not_valleys():
    fields = [shapely.box(x, 0, x + 100, 100) for x in (0, 105, 210, 400)]
    import numpy as np

    joined = coverage.contiguous_area_m2({"farmland": np.array(fields, dtype=object)})
    assert joined == pytest.approx(31_000, rel=0.01)


def test_a_geopackage_is_one_file_without_leftovers(county, tmp_path: Path):
    before = ogr.GetUseExceptions()
    written = export(county, tmp_path / "out.gpkg", "gpkg", "王调查")
    assert written.files == (written.path,)
    assert not list(tmp_path.glob(".partial*"))
    with sqlite3.connect(written.path) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert ogr.GetUseExceptions() == before

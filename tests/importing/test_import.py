"""Imports: what is taken, what is refused and why, what is said."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
import shapely
from osgeo import gdal, ogr, osr
from xiangtu import importing
from xiangtu.errors import BadFile, BadInput, Cancelled
from xiangtu.importing import ImportMapping, Refusal, Source
from xiangtu.merge.undo import undo

COLUMNS = {"DKBM": str, "DKMC": str, "TDLYLX": str}
FIRST = "990101101201"


def parcel(number: int, land_use: str = "013", name: str = "梯田") -> tuple[str, str, str]:
    return (f"{FIRST}01{number:05d}", f"{name}{number}", land_use)


def codes(summary: importing.ImportSummary) -> list[str]:
    return [note.code for note in summary.notes]


def test_a_shapefile_by_official_names(county, write_source, square):
    path = write_source(
        "DK.shp",
        COLUMNS,
        [(parcel(1), square(0, 0)), (parcel(2), square(1100, 0))],
        kind=ogr.wkbPolygon,
        options=["ENCODING=GBK"],
    )
    summary = importing.run(county, "farmland", path)
    assert (summary.rows, summary.taken, summary.refused) == (2, 2, ())
    first, second = county.select("farmland", "1 ORDER BY code")
    assert first["code"] == "9901011012010100001"
    assert first["name"] == "梯田1"
    assert first["land_use"] == "0103"
    assert first["measured_how"] == "imported"
    assert first["state"] == "draft", "nobody has surveyed it here"
    assert first["area_m2"] == 400.0 and first["area_mu"] == 0.6
    assert first["geometry"].geom_type == "MultiPolygon"
    assert [first["village"], second["village"]] == ["990101101201", "990101101202"]


def test_an_import_is_journalled_as_one_batch(county, write_source, square):
    path = write_source("a.gpkg", COLUMNS, [(parcel(n), square(30 * n, 0)) for n in range(1, 6)])
    before = county.connection.execute("SELECT max(id) FROM change").fetchone()[0]
    summary = importing.run(county, "farmland", path)
    changes = county.connection.execute(
        "SELECT operation, layer, author, batch FROM change WHERE id > ?", (before,)
    ).fetchall()
    assert changes == [("insert", "farmland", "officer", summary.batch)] * 5
    kind, author, report = county.connection.execute(
        "SELECT kind, author, report FROM batch WHERE uuid = ?", (summary.batch,)
    ).fetchone()
    assert (kind, author) == ("import", "officer")
    assert '"taken": 5' in report


def test_an_import_can_be_undone_as_a_whole(county, write_source, square):
    path = write_source("a.gpkg", COLUMNS, [(parcel(n), square(30 * n, 0)) for n in range(1, 6)])
    kept = importing.run(county, "farmland", path)
    rows = [(parcel(n), square(30 * n, 100)) for n in range(11, 14)]
    wrong = importing.run(county, "farmland", write_source("b.gpkg", COLUMNS, rows))
    undo(county, str(wrong.number), author="officer")
    codes_left = [row["code"][-2:] for row in county.select("farmland", "1 ORDER BY code")]
    assert codes_left == ["01", "02", "03", "04", "05"]
    assert kept.number != wrong.number


def test_a_preview_says_what_would_happen_and_writes_nothing(county, write_source, square):
    rows = [
        (parcel(1), square(0, 0)),
        (parcel(2, land_use="玉米地"), square(30, 0)),
        (parcel(3, name="长" * 60), square(60, 0)),
        (parcel(4), None),
    ]
    path = write_source("a.gpkg", {**COLUMNS, "colour": str}, rows)
    before = county.path.stat().st_size, county.connection.total_changes
    preview = importing.preview(county, "farmland", path)
    assert (county.path.stat().st_size, county.connection.total_changes) == before
    assert (preview.rows, preview.would_take) == (4, 1)
    assert preview.refused == {"code": 1, "length": 1, "geometry_missing": 1}
    assert preview.examples["code"] == (Refusal(2, "code", "land_use", "玉米地"),)
    assert preview.unused == ("colour",)
    assert "purpose" in preview.without_source
    by_field = {column.field: column for column in preview.columns}
    assert by_field["code"].column == "DKBM" and by_field["code"].filled == 4
    assert by_field["land_use"].misfits == {"code": 1}
    assert by_field["geometry"].filled == 3
    assert preview.crs == "EPSG:4548"


def test_every_row_is_taken_or_refused_with_its_reason(county, write_source, square):
    rows = [
        (parcel(1), square(0, 0)),
        (parcel(2, land_use="99"), square(30, 0)),
        (parcel(3), None),
        (parcel(4), "LINESTRING (450000 3900000, 450010 3900010)"),
        (parcel(5), "POLYGON EMPTY"),
    ]
    summary = importing.run(county, "farmland", write_source("a.gpkg", COLUMNS, rows))
    assert summary.taken == 1
    assert [(each.row, each.reason) for each in summary.refused] == [
        (2, "code"),
        (3, "geometry_missing"),
        (4, "geometry_kind"),
        (5, "geometry_missing"),
    ]
    assert summary.reasons == {"code": 1, "geometry_missing": 2, "geometry_kind": 1}


def test_with_blank_a_misfit_is_left_out_and_counted(county, write_source, square):
    rows = [(parcel(1, land_use="99"), square(0, 0)), (parcel(2), None)]
    path = write_source("a.gpkg", COLUMNS, rows)
    summary = importing.run(county, "farmland", path, ImportMapping(misfits="blank"))
    assert (summary.taken, summary.refused) == (2, ())
    assert summary.left_out == {"land_use": 1, "geometry": 1}
    first, second = county.select("farmland", "1 ORDER BY code")
    assert first["land_use"] is None and second["geometry"] is None
    assert second["measured_how"] is None
    assert second["village"] == FIRST, "the official code says the village where no place does"


def test_an_invalid_outline_is_taken_as_it_is(county, write_source):
    bow_tie = "POLYGON ((450000 3900000, 450010 3900010, 450010 3900000, 450000 3900010, " + (
        "450000 3900000))"
    )
    path = write_source("a.gpkg", COLUMNS, [(parcel(1), bow_tie)])
    assert importing.run(county, "farmland", path).taken == 1
    (record,) = county.select("farmland")
    assert not record["geometry"].is_valid
    assert record["village"] == FIRST


def test_heights_are_dropped_and_said(county, write_source):
    high = "POLYGON Z ((450000 3900000 9, 450020 3900000 9, 450020 3900020 9, 450000 3900000 9))"
    path = write_source("a.gpkg", COLUMNS, [(parcel(1), high)], kind=ogr.wkbPolygon25D)
    summary = importing.run(county, "farmland", path)
    assert [(note.code, note.facts) for note in summary.notes] == [
        ("import.heights_dropped", {"count": 1})
    ]
    (record,) = county.select("farmland")
    assert not record["geometry"].has_z


@pytest.mark.parametrize("srid", [4527, 4490, 4326, 3857])
def test_any_source_crs_lands_in_the_countys(county, write_source, srid: int):
    from xiangtu.geo import transform

    home = shapely.box(450_100, 3_900_100, 450_120, 3_900_120)
    (elsewhere,) = transform.transformed([home], 4548, srid)
    name = f"a{srid}.gpkg"
    path = write_source(name, COLUMNS, [(parcel(1), elsewhere.wkt)], srid=srid)
    importing.run(county, "farmland", path)
    (record,) = county.select("farmland")
    assert shapely.hausdorff_distance(record["geometry"], home) < 0.001


def test_a_position_outside_the_crs_is_refused_alone(county, tmp_path: Path):
    path = tmp_path / "points.csv"
    path.write_text("name,lon,lat\na,116.45,35.22\nb,116.45,91\n", encoding="utf-8")
    summary = importing.run(county, "place_name", path)
    assert summary.taken == 1
    assert [(each.row, each.reason) for each in summary.refused] == [(2, "geometry_outside")]


@pytest.mark.parametrize(
    ("part", "code"),
    [
        (".shx", "import.part_missing"),
        (".dbf", "import.part_missing"),
        (".prj", "import.part_missing_crs"),
    ],
)
def test_a_missing_part_of_a_shapefile_is_named(county, write_source, square, part, code):
    path = write_source("a.shp", COLUMNS, [(parcel(1), square(0, 0))], kind=ogr.wkbPolygon)
    path.with_suffix(part).unlink()
    with pytest.raises(BadFile) as refused:
        importing.run(county, "farmland", path)
    assert (refused.value.code, refused.value.facts["part"]) == (code, part)


def test_a_missing_prj_does_not_matter_where_the_mapping_says_the_crs(county, write_source, square):
    path = write_source("a.shp", COLUMNS, [(parcel(1), square(0, 0))], kind=ogr.wkbPolygon)
    path.with_suffix(".prj").unlink()
    assert importing.run(county, "farmland", path, ImportMapping(crs="EPSG:4548")).taken == 1


def test_a_mapping_with_constants_and_values(county, write_source, square):
    path = write_source("a.gpkg", {"kind": str}, [(("旱",), square(0, 0))])
    mapping = ImportMapping(
        fields={
            "land_use": Source("kind", values={"旱": "0103"}),
            "state": Source(constant="accepted"),
            "name": Source(constant="无名"),
        }
    )
    importing.run(county, "farmland", path, mapping)
    (record,) = county.select("farmland")
    assert [record[name] for name in ("land_use", "state", "name")] == ["0103", "accepted", "无名"]


def test_a_reference_is_found_by_the_parents_official_code(county, tmp_path: Path):
    household = county.insert("household", {"code": f"{FIRST}010001", "head_name": "张三"})
    farmland = county.insert("farmland", {"code": f"{FIRST}0100001", "name": "门前地"})
    path = tmp_path / "CBDKXX.csv"
    path.write_text(
        f"DKBM,CBFBM\n{FIRST}0100001,{FIRST}010001\n{FIRST}0100002,{FIRST}010001\n",
        encoding="utf-8",
    )
    mapping = ImportMapping(
        fields={"farmland_uuid": Source("DKBM"), "household_uuid": Source("CBFBM")}
    )
    summary = importing.run(county, "land_right", path, mapping)
    assert summary.refused == (Refusal(2, "reference", "farmland_uuid", f"{FIRST}0100002"),)
    (right,) = county.select("land_right")
    assert (right["farmland_uuid"], right["household_uuid"]) == (farmland, household)


def test_a_private_number_is_masked_and_sealed(county, tmp_path: Path):
    from xiangtu.sealing import keys

    county.meta["recipient"] = keys.make_county_key(county.path)
    path = tmp_path / "CBF.csv"
    path.write_text(
        f"CBFBM,CBFMC,CBFZJHM\n{FIRST}010001,张三,990101199001010019\n", encoding="utf-8"
    )
    importing.run(county, "household", path)
    (record,) = county.select("household")
    assert record["id_number"] == "990101********0019"
    assert record["village"] == FIRST
    assert county.connection.execute("SELECT count(*) FROM secret").fetchone() == (1,)


def test_uuids_of_the_source_are_kept_but_never_twice(county, write_source, square):
    path = write_source("a.gpkg", COLUMNS, [(parcel(1), square(0, 0))])
    importing.run(county, "farmland", path)
    (record,) = county.select("farmland")
    again = write_source(
        "b.gpkg",
        {"uuid": str, **COLUMNS},
        [((record["uuid"], *parcel(2)), square(30, 0)), (("nonsense", *parcel(3)), square(60, 0))],
    )
    summary = importing.run(county, "farmland", again)
    assert [each.reason for each in summary.refused] == ["uuid_exists", "uuid"]


def test_codes_that_are_already_there_are_said(county, write_source, square):
    path = write_source("a.gpkg", COLUMNS, [(parcel(1), square(0, 0))])
    importing.run(county, "farmland", path)
    assert "import.codes_present" in codes(importing.run(county, "farmland", path))


def test_records_in_no_village_are_taken_and_counted(county, write_source, square):
    rows = [(("", "远处", "013"), square(0, 5000)), (parcel(1), square(0, 0))]
    summary = importing.run(county, "farmland", write_source("a.gpkg", COLUMNS, rows))
    assert [(note.code, note.facts) for note in summary.notes] == [
        ("import.village_unknown", {"count": 1})
    ]


def test_data_of_another_county_is_said(county, write_source, square):
    path = write_source("a.gpkg", COLUMNS, [(parcel(1), square(0, 300_000))])
    (far,) = (
        note
        for note in importing.run(county, "farmland", path).notes
        if note.code == "import.far_away"
    )
    assert far.facts["distance_km"] == 299


def test_several_layers_need_a_name(county, write_source, square):
    rows = [(parcel(1), square(0, 0))]
    path = write_source("a.gpkg", COLUMNS, rows, layer_name="old")
    write_source("a.gpkg", COLUMNS, rows * 2, layer_name="new")
    with pytest.raises(BadInput) as refused:
        importing.run(county, "farmland", path)
    assert (refused.value.code, refused.value.facts["known"]) == ("import.layer_needed", "old, new")
    with pytest.raises(BadInput, match=r"import\.layer_unknown"):
        importing.run(county, "farmland", path, ImportMapping(layer="newest"))
    assert importing.run(county, "farmland", path, ImportMapping(layer="new")).taken == 2


def test_cancelling_takes_nothing(county, write_source, square):
    path = write_source("a.gpkg", COLUMNS, [(parcel(1), square(0, 0))])
    with pytest.raises(Cancelled):
        importing.run(county, "farmland", path, progress=lambda fraction, step: False)
    assert list(county.select("farmland")) == []
    assert county.connection.execute("SELECT count(*) FROM batch").fetchone() == (0,)


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("none.shp", None, "file.missing"),
        ("empty.geojson", "", "file.empty"),
        ("plan.dwg", "AC1027", "import.format_unknown"),
        ("broken.geojson", '{"type": "FeatureCollection", "features": [', "import.unreadable"),
        ("text.gpkg", "no database", "import.unreadable"),
    ],
)
def test_a_file_that_cannot_be_read_is_named(county, tmp_path: Path, name, content, code):
    path = tmp_path / name
    if content is not None:
        path.write_text(content)
    with pytest.raises(BadFile) as refused:
        importing.run(county, "farmland", path)
    assert refused.value.code == code
    assert refused.value.facts["path"].endswith(name)


def test_a_folder_is_named(county, tmp_path: Path):
    with pytest.raises(BadFile, match=r"file\.is_directory"):
        importing.run(county, "farmland", tmp_path)


def test_a_csv_row_with_more_values_than_columns_is_refused(county, tmp_path: Path):
    path = tmp_path / "points.csv"
    text = 'name,lon,lat\n"桥, 东头",116.45,35.22\n\n桥,西头,116.45,35.22\n井,116.45,35.22,,\n'
    path.write_text(text, encoding="utf-8")
    summary = importing.run(county, "place_name", path)
    assert (summary.rows, summary.taken) == (3, 2)
    assert [(each.row, each.reason) for each in summary.refused] == [(2, "surplus")]
    assert {row["name"] for row in county.select("place_name")} == {"桥, 东头", "井"}


def test_csv_whose_x_is_north(county, tmp_path: Path):
    path = tmp_path / "points.csv"
    path.write_text("name,X,Y\n井,3900500.5,39450500.25\n", encoding="gbk")
    summary = importing.run(county, "place_name", path)
    assert codes(summary) == ["import.x_is_north", "import.crs_assumed"]
    (record,) = county.select("place_name")
    assert (record["geometry"].x, record["geometry"].y) == pytest.approx((450500.25, 3900500.5))


def test_csv_without_a_hint_of_its_crs_is_refused(county, tmp_path: Path):
    path = tmp_path / "points.csv"
    path.write_text("name,X,Y\n井,450500.25,3900500.5\n", encoding="utf-8")
    with pytest.raises(BadInput, match=r"import\.crs_needed"):
        importing.run(county, "place_name", path)
    assert importing.run(county, "place_name", path, ImportMapping(crs="EPSG:4548")).taken == 1


def test_csv_without_positions_is_refused_for_a_layer_that_has_them(county, tmp_path: Path):
    path = tmp_path / "points.csv"
    path.write_text("name,remark\n井,\n", encoding="utf-8")
    with pytest.raises(BadInput, match=r"import\.position_unknown"):
        importing.run(county, "place_name", path)


def test_many_rows_go_in_chunks_with_their_own_row_numbers(county, tmp_path: Path, monkeypatch):
    from xiangtu.importing.source import SourceFile

    whole = SourceFile.chunks
    monkeypatch.setattr(SourceFile, "chunks", lambda self, columns: whole(self, columns, 7))
    lines = [f"{n},{'NA' if n % 10 == 0 else 116.4 + n / 10000},35.2" for n in range(1, 51)]
    path = tmp_path / "points.csv"
    path.write_text("name,lon,lat\n" + "\n".join(lines), encoding="utf-8")
    summary = importing.run(county, "place_name", path)
    assert summary.taken == 45
    assert [each.row for each in summary.refused] == [10, 20, 30, 40, 50]
    names = Counter(row["name"] for row in county.select("place_name"))
    assert len(names) == 45


def test_gdals_own_switches_are_put_back(county, write_source, square):
    path = write_source("a.gpkg", COLUMNS, [(parcel(1), square(0, 0))])
    before = [module.GetUseExceptions() for module in (gdal, ogr, osr)]
    ogr.UseExceptions()
    try:
        importing.run(county, "farmland", path)
        assert [module.GetUseExceptions() for module in (gdal, ogr, osr)] == [
            before[0],
            1,
            before[2],
        ]
    finally:
        if not before[1]:
            ogr.DontUseExceptions()

"""A survey file in the hands of programs that are not ours."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pyproj
import pytest
import shapely
from survey_files import operations, outline
from xiangtu import store
from xiangtu.store import spatial_tables
from xiangtu.store.identity import is_uuid


@pytest.fixture
def filled(county_path: Path) -> dict[str, str]:
    """A closed county file with records of every kind of geometry, edited before."""
    with store.open(county_path) as file:
        file.sign_in(author="王芳")
        uuids = file.insert_many(
            "farmland",
            [{"name": str(number)} for number in range(300)],
            [outline(25 * (number % 20), 25 * (number // 20)) for number in range(300)],
        )
        file.update("farmland", uuids[0], {}, outline(7000))
        file.update("farmland", uuids[1], {}, None)
        file.delete("farmland", uuids[2])
        file.insert("route", {}, shapely.LineString([(450000, 3.9e6), (450100, 3.9e6)]))
        file.insert("relic", {}, shapely.Point(450010, 3900010))
    return {"first": uuids[0], "unshaped": uuids[1], "next": uuids[3], "last": uuids[-1]}


@pytest.fixture
def spatialite(county_path: Path, filled) -> Iterator[sqlite3.Connection]:
    with closing(_spatialite(county_path)) as connection:
        yield connection


def _spatialite(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None)
    if not hasattr(connection, "enable_load_extension"):
        connection.close()
        pytest.skip("this Python's sqlite3 loads no extensions")
    connection.enable_load_extension(True)
    try:
        connection.load_extension("mod_spatialite")
    except sqlite3.OperationalError:
        connection.close()
        pytest.skip("mod_spatialite is not installed")
    return connection


def check(connection: sqlite3.Connection) -> None:
    """Whatever SpatiaLite says of the whole file."""
    one = connection.execute("SELECT CheckSpatialMetaData()").fetchone()
    assert one == (3,)
    tables = [
        table
        for (table,) in connection.execute("SELECT f_table_name FROM geometry_columns").fetchall()
    ]
    assert len(tables) >= 10
    for table in tables:
        found = connection.execute("SELECT CheckSpatialIndex(?, 'geometry')", (table,)).fetchone()
        assert found == (1,), table
        assert connection.execute(
            f"SELECT count(*) FROM {table} WHERE geometry IS NOT NULL AND "
            "(ST_IsValid(geometry) <> 1 OR ST_SRID(geometry) <> 4548)"
        ).fetchone() == (0,)


def _statistics(connection: sqlite3.Connection) -> dict[str, tuple[float | None, ...]]:
    """Rows and extent by table, of those that have any."""
    rows = connection.execute(
        "SELECT f_table_name, row_count, extent_min_x, extent_max_x, extent_min_y, extent_max_y "
        "FROM geometry_columns_statistics WHERE row_count > 0"
    )
    return {name: tuple(found) for name, *found in rows}


def _verified_since_written(connection: sqlite3.Connection) -> set[str]:
    rows = connection.execute(
        "SELECT f_table_name FROM geometry_columns_statistics "
        "JOIN geometry_columns_time USING (f_table_name, f_geometry_column) "
        "WHERE last_verified >= max(last_insert, last_update, last_delete)"
    )
    return {name for (name,) in rows}


class TestSpatialite:
    def test_metadata_geometries_and_index_are_sound(self, spatialite):
        check(spatialite)
        area = spatialite.execute("SELECT sum(ST_Area(geometry)) FROM farmland").fetchone()[0]
        assert area == pytest.approx(298 * 400)
        assert spatialite.execute(
            "SELECT DISTINCT GeometryType(geometry) FROM farmland WHERE geometry IS NOT NULL"
        ).fetchall() == [("MULTIPOLYGON",)]
        # Statistics and layer lists work on our registrations.
        assert spatialite.execute("SELECT UpdateLayerStatistics()").fetchone() == (1,)
        row = spatialite.execute(
            "SELECT row_count FROM geometry_columns_statistics WHERE f_table_name = 'farmland'"
        ).fetchone()
        assert row == (299,)

    def test_what_it_would_count_anew_is_counted_when_a_county_is_closed(
        self, spatialite, county_path
    ):
        """Else QGIS waits for it, at its first look after each edit."""
        ours = _statistics(spatialite)
        assert {"farmland", "relic", "route"} <= _verified_since_written(spatialite)
        # Of their own accord they say the same, but for the index's floats.
        assert spatialite.execute("SELECT UpdateLayerStatistics()").fetchone() == (1,)
        for table, theirs in _statistics(spatialite).items():
            assert ours[table] == pytest.approx(theirs, abs=0.5), table
        with store.open(county_path) as file:
            file.update("relic", next(file.select("relic"))["uuid"], {}, shapely.Point(9, 3.9e6))
            assert "relic" not in _verified_since_written(file.connection)
        assert "relic" in _verified_since_written(spatialite)
        assert _statistics(spatialite)["relic"] == (1, 9, 9, 3.9e6, 3.9e6)

    def test_tables_and_triggers_are_those_that_spatialite_makes(self, spatialite, county_path):
        """Side by side with AddGeometryColumn and CreateSpatialIndex themselves."""
        spatialite.execute("CREATE TABLE theirs (fid INTEGER PRIMARY KEY, uuid TEXT)")
        spatialite.execute(
            "SELECT AddGeometryColumn('theirs', 'geometry', 4548, 'MULTIPOLYGON', 'XY')"
        )
        spatialite.execute("SELECT CreateSpatialIndex('theirs', 'geometry')")

        def made(table: str) -> dict[str, str]:
            rows = spatialite.execute(
                "SELECT name, sql FROM sqlite_master WHERE name LIKE '%\\_' || ? || '\\_geometry%' "
                "ESCAPE '\\'",
                (table,),
            )
            return {name.replace(table, "T"): sql.replace(table, "T") for name, sql in rows}

        def registered(table: str) -> list[tuple]:
            found = []
            for metadata in ("columns", "columns_auth", "columns_statistics"):
                found += spatialite.execute(
                    f"SELECT * FROM geometry_{metadata} WHERE f_table_name = ?", (table,)
                ).fetchall()
            return [tuple("T" if each == table else each for each in row) for row in found]

        assert len(made("theirs")) == 12
        assert made("homestead") == made("theirs")
        assert registered("homestead") == registered("theirs")
        assert spatialite.execute(
            "SELECT count(*) FROM geometry_columns_time WHERE f_table_name = 'homestead'"
        ).fetchone() == (1,)

    def test_edits_by_spatialite_keep_everything_sound(self, spatialite, county_path, filled):
        spatialite.execute(
            "INSERT INTO farmland (name, geometry) SELECT 'theirs', "
            "ST_Translate(geometry, 1000, 0, 0) FROM farmland WHERE uuid = ?",
            (filled["first"],),
        )
        spatialite.execute(
            "UPDATE farmland SET geometry = ST_Translate(geometry, 3000, 0, 0) WHERE uuid = ?",
            (filled["next"],),
        )
        spatialite.execute("DELETE FROM farmland WHERE uuid = ?", (filled["last"],))
        with pytest.raises(sqlite3.IntegrityError, match="violates Geometry constraint"):
            spatialite.execute("INSERT INTO farmland (geometry) VALUES (MakePoint(1, 2, 4548))")
        check(spatialite)
        with store.open(county_path) as file:
            (theirs,) = file.select("farmland", "name = 'theirs'")
            assert operations(file, theirs["uuid"]) == ["insert"]
            assert theirs["area_m2"] == 400.0
            assert operations(file, filled["next"]) == ["insert", "update"]
            assert operations(file, filled["last"]) == ["insert", "delete"]
            assert file.within("farmland", outline(8000).bounds) == [theirs["uuid"]]

    def test_an_index_built_later_is_as_sound(self, county_path, filled):
        with store.open(county_path) as file:
            connection = file.connection
            for name in spatial_tables.index_triggers("farmland"):
                connection.execute(f"DROP TRIGGER {name}")
            connection.execute("DROP TABLE idx_farmland_geometry")
            connection.execute(
                "UPDATE geometry_columns SET spatial_index_enabled = 0 "
                "WHERE f_table_name = 'farmland'"
            )
        with store.open(county_path) as file:
            file.insert("farmland", {}, outline(9000))
        with closing(_spatialite(county_path)) as connection:
            check(connection)

    def test_a_crs_written_from_proj_is_understood(self, tmp_path, county_path):
        with store.open(county_path) as file:
            catalogue = file.catalogue
        path = tmp_path / "far.sqlite"
        with store.create(path, catalogue, 32733, role="county", county="990101") as file:
            file.insert("farmland", {}, shapely.box(300000, 6000000, 300100, 6000100))
        with closing(_spatialite(path)) as connection:
            assert connection.execute("SELECT CheckSpatialMetaData()").fetchone() == (3,)
            lon, lat = connection.execute(
                "SELECT ST_X(p), ST_Y(p) FROM (SELECT ST_Transform(ST_Centroid(geometry), 4326) p "
                "FROM farmland)"
            ).fetchone()
        expected = pyproj.Transformer.from_crs(32733, 4326, always_xy=True)
        assert (lon, lat) == pytest.approx(expected.transform(300050, 6000050), abs=1e-9)


class TestShell:
    def test_the_spatialite_shell_reads_and_edits(self, county_path, filled):
        if not shutil.which("spatialite"):
            pytest.skip("the spatialite shell is not installed")
        script = (
            "SELECT 'checked', CheckSpatialMetaData(), CheckSpatialIndex('farmland', 'geometry');"
            "UPDATE farmland SET geometry = ST_Translate(geometry, 0, 500, 0) WHERE name = '7';"
            "SELECT 'again', CheckSpatialIndex('farmland', 'geometry');"
        )
        done = subprocess.run(
            ["spatialite", "-silent", str(county_path)],
            input=script,
            capture_output=True,
            text=True,
            check=True,
        )
        assert "checked|3|1" in done.stdout
        assert "again|1" in done.stdout
        with store.open(county_path) as file:
            (record,) = file.select("farmland", "name = '7'")
            assert operations(file, record["uuid"]) == ["insert", "update"]


def run(*words: object) -> str:
    if not shutil.which(str(words[0])):
        pytest.skip(f"{words[0]} is not installed")
    done = subprocess.run(
        [str(word) for word in words], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


class TestOgr:
    def test_ogrinfo_sees_the_layers(self, county_path, filled):
        said = run("ogrinfo", "-ro", "-so", county_path, "farmland")
        assert "Geometry: Multi Polygon" in said
        assert "Feature Count: 299" in said
        assert "CGCS2000 / 3-degree Gauss-Kruger CM 117E" in said
        assert "FID Column = fid" in said
        assert "area_m2: Real" in said
        within = run(
            "ogrinfo", "-ro", "-so", "-spat", "457000", "3900000", "457001", "3900001",
            county_path, "farmland",
        )  # fmt: skip
        assert "Feature Count: 1" in within

    def test_ogr2ogr_appends_with_sound_uuids_and_a_journal(self, county_path, filled, tmp_path):
        source = tmp_path / "new.geojson"
        ring = [[116.45, 35.2], [116.46, 35.2], [116.46, 35.21], [116.45, 35.2]]
        features = [
            {
                "type": "Feature",
                "properties": {"name": name, **extra},
                "geometry": {"type": "Polygon", "coordinates": [ring]},
            }
            for name, extra in (
                ("no uuid", {}),
                ("malformed", {"uuid": "7"}),
                ("split", {"uuid": f"{filled['first']}_1"}),
            )
        ]
        source.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
        run(
            "ogr2ogr", "-append", "-t_srs", "EPSG:4548", "-nlt", "PROMOTE_TO_MULTI",
            "-nln", "farmland", county_path, source,
        )  # fmt: skip
        with store.open(county_path) as file:
            assert file.repaired == ()
            for name in ("no uuid", "malformed", "split"):
                (record,) = file.select("farmland", "name = ?", (name,))
                assert is_uuid(record["uuid"])
                assert record["area_m2"] > 100_000
                assert operations(file, record["uuid"]) == ["insert"]
            parents = file.connection.execute("SELECT parent, child FROM lineage").fetchall()
            assert parents == [(filled["first"], record["uuid"])]
        with closing(_spatialite(county_path)) as connection:
            check(connection)


#: Run in Debian's Python, in a process of its own: QGIS is not unloaded again.
QGIS_EDITS = """
import json, sys
from qgis.core import (QgsApplication, QgsDataSourceUri, QgsFeature, QgsGeometry, QgsPointXY,
                       QgsRectangle, QgsVectorLayer, QgsVectorLayerUtils)
application = QgsApplication([], False)
application.initQgis()
path, first, following, last = sys.argv[1:]

def layer(name):
    uri = QgsDataSourceUri()
    uri.setDatabase(path)
    uri.setDataSource("", name, "geometry")
    found = QgsVectorLayer(uri.uri(), name, "spatialite")
    assert found.isValid(), name
    return found

farmland = layer("farmland")
said = {"crs": farmland.crs().authid(), "count": farmland.featureCount(),
        "types": {field.name(): field.typeName() for field in farmland.fields()}}

def one(condition):
    (feature,) = farmland.getFeatures(condition)
    return feature

def commit(layer):
    assert layer.commitChanges(), layer.commitErrors()

# The pencil: a new feature, as the form makes it.
assert farmland.startEditing()
shape = QgsGeometry.fromRect(QgsRectangle(460000, 3900000, 460020, 3900020))
made = QgsVectorLayerUtils.createFeature(farmland, shape)
made["name"] = "pencil"
assert farmland.addFeature(made)
commit(farmland)

# A feature with nothing said at all.
assert farmland.startEditing()
bare = QgsFeature(farmland.fields())
bare.setGeometry(QgsGeometry.fromRect(QgsRectangle(460100, 3900000, 460120, 3900020)))
bare["name"] = "bare"
assert farmland.addFeature(bare)
commit(farmland)

# Split.
assert farmland.startEditing()
x, y = 457010, 3900000
line = [QgsPointXY(x, y - 50), QgsPointXY(x, y + 100)]
result = farmland.splitFeatures(line, False)
said["split"] = int(result)
commit(farmland)

# Copy and paste in one layer, as the clipboard does.
assert farmland.startEditing()
source = one(f"uuid = '{following}'")
pasted = QgsVectorLayerUtils.createFeature(
    farmland, source.geometry(), dict(enumerate(source.attributes())))
pasted["name"] = "pasted"
assert farmland.addFeature(pasted)
commit(farmland)

# Edit a value and a shape.
assert farmland.startEditing()
feature = one(f"uuid = '{following}'")
assert farmland.changeAttributeValue(feature.id(), farmland.fields().indexOf("name"), "renamed")
moved = feature.geometry()
moved.translate(0, 600)
assert farmland.changeGeometry(feature.id(), moved)
commit(farmland)

# Delete.
assert farmland.startEditing()
assert farmland.deleteFeature(one(f"uuid = '{last}'").id())
commit(farmland)

# A table without geometry.
uri = QgsDataSourceUri()
uri.setDatabase(path)
uri.setDataSource("", "household", "")
household = QgsVectorLayer(uri.uri(), "household", "spatialite")
assert household.isValid()
assert household.startEditing()
row = QgsVectorLayerUtils.createFeature(household)
row["address"] = "by QGIS"
assert household.addFeature(row)
commit(household)

print(json.dumps(said))
sys.stdout.flush()
import os
os._exit(0)
"""


class TestQgis:
    @pytest.fixture
    def edited(self, county_path: Path, filled: dict[str, str]) -> dict:
        environment = os.environ | {"QT_QPA_PLATFORM": "offscreen"}
        probe = subprocess.run(
            [sys.executable, "-c", "import qgis.core"],
            capture_output=True,
            env=environment,
            check=False,
        )
        if probe.returncode:
            pytest.skip("PyQGIS is not installed")
        done = subprocess.run(
            [sys.executable, "-c", QGIS_EDITS, county_path]
            + [filled[name] for name in ("first", "next", "last")],
            capture_output=True,
            text=True,
            env=environment,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout.splitlines()[-1])

    def test_edits_by_qgis_appear_in_the_journal_with_sound_uuids(
        self, county_path, filled, edited
    ):
        assert edited["crs"] == "EPSG:4548"
        assert edited["count"] == 299
        assert edited["types"]["area_m2"] == "real"
        assert edited["types"]["satellites"] == "integer"
        assert edited["split"] == 0
        with store.open(county_path) as file:
            assert file.repaired == ()
            records = {row["uuid"]: row for row in file.select("farmland")}
            assert all(is_uuid(uuid) for uuid in records)
            by_name: dict[str, list[dict]] = {}
            for row in records.values():
                by_name.setdefault(row["name"], []).append(row)

            for name in ("pencil", "bare", "pasted"):
                (record,) = by_name[name]
                entries = file.history(record["uuid"])
                assert entries[0].operation == "insert"
                assert entries[0].author == "王芳"
                assert record["area_m2"] == 400.0
                assert record["device"] == file.device_id

            # The first kept its uuid; the other part is new and says where it came from.
            assert operations(file, filled["first"]) == ["insert", "update", "update"]
            assert records[filled["first"]]["area_m2"] == 200.0
            lineage = file.connection.execute("SELECT parent, child, kind FROM lineage").fetchall()
            split = [child for parent, child, kind in lineage if parent == filled["first"]]
            assert len(split) == 1
            assert records[split[0]]["area_m2"] == 200.0
            assert records[split[0]]["name"] == records[filled["first"]]["name"]
            assert (filled["next"], by_name["pasted"][0]["uuid"], "split") in lineage

            assert records[filled["next"]]["name"] == "renamed"
            changed = {
                each.field
                for entry in file.history(filled["next"])[1:]
                for each in entry.values
                if each.old != each.new
            }
            assert changed == {"name", "geometry"}
            assert filled["last"] not in records
            assert operations(file, filled["last"]) == ["insert", "delete"]
            (row,) = file.select("household")
            assert operations(file, row["uuid"]) == ["insert"]
        with closing(_spatialite(county_path)) as connection:
            check(connection)

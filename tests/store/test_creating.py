"""A new survey file is a genuine SpatiaLite database, made without SpatiaLite."""

from __future__ import annotations

import errno
import sqlite3
import struct
from pathlib import Path

import pytest
from survey_files import SRID, outline
from xiangtu import catalogue, store
from xiangtu.errors import BadFile, BadInput
from xiangtu.store import opening, places, spatial_tables
from xiangtu.store.system_tables import APPLICATION_ID, SCHEMA_VERSION


def made(path: Path, srid: int = SRID, role: str = "county") -> store.SurveyFile:
    return store.create(path, catalogue.load(), srid, role=role, county="990101")


def test_a_new_file_says_what_it_is(tmp_path):
    with made(tmp_path / "a.sqlite") as file:
        assert file.meta["role"] == "county"
        assert file.meta["county"] == "990101"
        assert file.srid == SRID
        assert file.device_id
        assert file.meta["catalogue"] == catalogue.load().version
        assert file.connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert file.connection.execute("PRAGMA synchronous").fetchone() == (2,)
    header = (tmp_path / "a.sqlite").read_bytes()[:100]
    assert struct.unpack_from(">I", header, 68) == (APPLICATION_ID,)
    assert struct.unpack_from(">I", header, 60) == (SCHEMA_VERSION,)
    assert [path.name for path in tmp_path.iterdir()] == ["a.sqlite"]


def test_numbers_are_of_types_that_qgis_shows_as_numbers(county):
    types = {
        kind
        for layer in county.catalogue.layers
        for (kind,) in county.connection.execute(
            "SELECT type FROM pragma_table_info(?) WHERE name <> 'geometry'", (layer,)
        )
    }
    assert types <= {"TEXT", "REAL", "INTEGER", "BLOB"}


def test_every_journalled_column_of_the_catalogue_has_a_column(county):
    for name, layer in county.catalogue.layers.items():
        columns = {
            column
            for (column,) in county.connection.execute(
                "SELECT name FROM pragma_table_info(?)", (name,)
            )
        }
        assert {"fid", "uuid", *layer.columns, *layer.derived_columns} <= columns, name


def test_a_file_is_never_overwritten(county_path):
    before = county_path.read_bytes()
    with pytest.raises(BadInput, match=r"file\.exists"):
        made(county_path)
    assert county_path.read_bytes() == before


def test_a_wal_left_by_an_earlier_file_of_that_name_is_not_taken_in(tmp_path):
    (tmp_path / "a.sqlite-wal").write_bytes(b"left")
    with pytest.raises(BadInput, match=r"file\.exists"):
        made(tmp_path / "a.sqlite")


def test_a_missing_folder_is_told(tmp_path):
    with pytest.raises(BadFile, match=r"place\.missing") as told:
        made(tmp_path / "nowhere" / "a.sqlite")
    assert told.value.facts["folder"] == str(tmp_path / "nowhere")


@pytest.mark.parametrize(("srid", "code"), [(4490, "crs.not_metric"), (1, "crs.unknown")])
def test_a_crs_that_is_not_metric_is_refused_and_nothing_stays(tmp_path, srid, code):
    with pytest.raises(BadInput) as told:
        made(tmp_path / "a.sqlite", srid)
    assert told.value.code == code
    assert list(tmp_path.iterdir()) == []


def test_a_crs_the_template_lacks_is_written_from_proj(tmp_path):
    with made(tmp_path / "a.sqlite", 32733) as file:
        name, proj, wkt = file.connection.execute(
            "SELECT ref_sys_name, proj4text, srtext FROM spatial_ref_sys WHERE srid = 32733"
        ).fetchone()
        assert name == "WGS 84 / UTM zone 33S"
        assert "+proj=utm" in proj
        assert wkt.startswith("PROJCS[")
        uuid = file.insert("farmland", {}, outline(0))
        record = file.get("farmland", uuid)
    # The ellipsoidal area is known in the zones of CGCS2000 only.
    assert record["area_m2"] == 400.0
    assert record["area_ellipsoid_m2"] is None


def test_all_zones_are_there_without_proj(county):
    srids = {srid for (srid,) in county.connection.execute("SELECT srid FROM spatial_ref_sys")}
    assert {4326, 4490, *range(4491, 4555)} <= srids


def test_a_county_file_on_a_network_share_is_refused(tmp_path, monkeypatch):
    mounts = tmp_path / "mounts"
    share = tmp_path / "the share"
    share.mkdir()
    monkeypatch.setattr(places, "_MOUNTS", mounts)
    escaped = str(share).replace(" ", "\\040")
    mounts.write_text(f"/dev/sda / ext4 rw 0 0\n//server/x {escaped} cifs rw 0 0\n")
    with pytest.raises(BadFile, match=r"file\.network_share") as told:
        made(share / "a.sqlite")
    assert told.value.facts["kind"] == "cifs"
    made(share / "b.sqlite", role="tablet").close()
    mounts.write_text("/dev/sda / ext4 rw 0 0\n")
    made(share / "a.sqlite").close()
    mounts.write_text(f"/dev/sda / ext4 rw 0 0\nserver:/x {escaped} nfs4 rw 0 0\n")
    before = (share / "a.sqlite").read_bytes()
    with pytest.raises(BadFile, match=r"file\.network_share"):
        store.open(share / "a.sqlite")
    assert (share / "a.sqlite").read_bytes() == before
    # A local disk mounted deeper inside the share is no share.
    mounts.write_text(f"server:/x {tmp_path} nfs4 rw 0 0\n/dev/sdb {escaped} ext4 rw 0 0\n")
    store.open(share / "a.sqlite").close()


def test_a_full_disk_is_told_and_leaves_nothing(tmp_path, monkeypatch):
    def full(path):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(places, "sync", full)
    with pytest.raises(BadFile, match=r"file\.disk_full"):
        made(tmp_path / "a.sqlite")
    assert list(tmp_path.iterdir()) == []


class TestWithoutRTree:
    """python-for-android's SQLite has no R*Tree."""

    @pytest.fixture(autouse=True)
    def bare(self, monkeypatch):
        connect = opening._connect

        def without(*args, **options):
            connection = connect(*args, **options)
            connection.set_authorizer(
                lambda action, *_: (
                    sqlite3.SQLITE_DENY
                    if action == sqlite3.SQLITE_CREATE_VTABLE
                    else sqlite3.SQLITE_OK
                )
            )
            return connection

        self.patches = monkeypatch
        monkeypatch.setattr(opening, "_connect", without)
        monkeypatch.setattr(spatial_tables, "has_rtree", lambda connection: False)

    def test_records_are_written_and_found(self, tmp_path):
        with made(tmp_path / "a.sqlite", role="tablet") as file:
            near = file.insert("farmland", {}, outline(0))
            far = file.insert("farmland", {}, outline(5000))
            file.update("farmland", far, {}, outline(4000))
            assert file.within("farmland", outline(10).bounds) == [near]
            file.delete("farmland", near)
            names = {name for (name,) in file.connection.execute("SELECT name FROM sqlite_master")}
            assert not any(name.startswith("idx_farmland") for name in names)
            assert not file.missing_triggers()

    def test_the_index_is_built_at_the_county(self, tmp_path):
        with made(tmp_path / "a.sqlite", role="tablet") as file:
            uuid = file.insert("farmland", {}, outline(0))
        self.patches.undo()
        with store.open(tmp_path / "a.sqlite") as file:
            assert spatial_tables.is_indexed(file.connection, "farmland")
            assert file.within("farmland", outline(10).bounds) == [uuid]
            (count,) = file.connection.execute(
                "SELECT count(*) FROM idx_farmland_geometry"
            ).fetchone()
            assert count == 1
            file.insert("farmland", {}, outline(100))
            assert not file.missing_triggers()

    def test_an_indexed_file_is_refused_for_writing(self, county_path):
        before = county_path.read_bytes()
        with pytest.raises(BadFile, match=r"file\.needs_rtree"):
            store.open(county_path)
        assert county_path.read_bytes() == before

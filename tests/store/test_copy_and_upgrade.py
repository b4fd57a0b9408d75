"""Copies of a file in use, and files of earlier versions."""

from __future__ import annotations

import gzip
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
import shapely
from survey_files import operations, outline
from xiangtu import catalogue, store
from xiangtu.catalogue.model import Catalogue, Field, Label, Layer
from xiangtu.errors import BadFile, BadInput
from xiangtu.gnss.fix import Fix
from xiangtu.store import copying, measuring, opening, raw_fixes
from xiangtu.store.system_tables import SCHEMA_VERSION

RELEASED = Path(__file__).parent / "released"


def test_a_file_in_use_is_copied_as_it_is_at_this_moment(county, tmp_path):
    uuid = county.insert("farmland", {"name": "坡地"}, outline(0))
    relic = county.insert("relic", {})
    photo = county.attach(relic, "relic", b"\xff\xd8\xff photo")
    out = tmp_path / "elsewhere" / "copy.sqlite"
    out.parent.mkdir()
    with county.atomic():
        county.insert("farmland", {"name": "not yet"})
        assert store.copy(county.path, out) == out
    names = sorted(path.name for path in out.parent.iterdir())
    assert names == ["attachments", "copy.sqlite"]
    with store.open(out) as file:
        assert [row["name"] for row in file.select("farmland")] == ["坡地"]
        assert operations(file, uuid) == ["insert"]
        assert file.missing_triggers() == []
        kept = file.attachment_path(file.get("attachment", photo)["sha256"])
        assert kept.read_bytes() == b"\xff\xd8\xff photo"


def test_damage_is_told_rather_than_copied(county_path, tmp_path):
    with store.open(county_path) as file:
        file.insert_many("farmland", [{"name": str(number)} for number in range(500)])
        (root,) = file.connection.execute(
            "SELECT rootpage FROM sqlite_master WHERE name = 'farmland'"
        ).fetchone()
    content = bytearray(county_path.read_bytes())
    content[(root - 1) * 4096 : (root - 1) * 4096 + 200] = b"\xff" * 200
    county_path.write_bytes(content)
    with pytest.raises(BadFile, match=r"file\.damaged") as told:
        store.copy(county_path, tmp_path / "copy.sqlite")
    assert told.value.facts["path"] == str(county_path)
    assert not (tmp_path / "copy.sqlite").exists()
    assert county_path.read_bytes() == content


def test_a_copy_overwrites_nothing(county, tmp_path):
    out = tmp_path / "copy.sqlite"
    out.write_text("mine")
    with pytest.raises(BadInput, match=r"file\.exists"):
        store.copy(county.path, out)
    assert out.read_text() == "mine"


def test_a_missing_folder_is_told(county, tmp_path):
    with pytest.raises(BadFile, match=r"place\.missing"):
        store.copy(county.path, tmp_path / "nowhere" / "copy.sqlite")


def test_what_is_no_survey_file_is_not_copied(tmp_path):
    bad = tmp_path / "bad.sqlite"
    bad.write_bytes(b"")
    with pytest.raises(BadFile, match=r"file\.empty"):
        store.copy(bad, tmp_path / "copy.sqlite")
    assert [path.name for path in tmp_path.iterdir()] == ["bad.sqlite"]


class TestUpgrade:
    @pytest.fixture
    def older(self, county_path, monkeypatch):
        """A file as the version before the next one would have left it."""
        with store.open(county_path) as file:
            file.insert("household", {"address": "a"})
        monkeypatch.setattr(opening, "SCHEMA_VERSION", SCHEMA_VERSION + 1)
        monkeypatch.setattr(copying, "SCHEMA_VERSION", SCHEMA_VERSION + 1)
        return county_path

    def test_a_current_file_needs_none(self, county_path):
        assert store.upgrade(county_path, catalogue.load()) is None
        assert [path.name for path in county_path.parent.iterdir()] == ["county.sqlite"]

    def test_an_older_file_is_refused_until_it_is_brought_forward(self, older, monkeypatch):
        with pytest.raises(BadFile, match=r"file\.older"):
            store.open(older)

        def step(connection: sqlite3.Connection) -> None:
            connection.execute("CREATE TABLE weather (day TEXT)")

        monkeypatch.setattr(copying, "STEPS", {SCHEMA_VERSION: step})
        aside = store.upgrade(older, catalogue.load())
        assert aside == older.with_name(f"county.v{SCHEMA_VERSION}.sqlite")
        with closing(sqlite3.connect(aside)) as connection:
            assert connection.execute("PRAGMA user_version").fetchone() == (SCHEMA_VERSION,)
            assert connection.execute("SELECT address FROM household").fetchall() == [("a",)]
        with store.open(older) as file:
            assert file.connection.execute("SELECT count(*) FROM weather").fetchone() == (0,)
            assert [row["address"] for row in file.select("household")] == ["a"]

    def test_a_step_that_fails_changes_nothing(self, older, monkeypatch):
        def step(connection: sqlite3.Connection) -> None:
            connection.execute("DROP TABLE household")
            raise RuntimeError

        monkeypatch.setattr(copying, "STEPS", {SCHEMA_VERSION: step})
        with pytest.raises(RuntimeError):
            store.upgrade(older, catalogue.load())
        with closing(sqlite3.connect(older)) as connection:
            assert connection.execute("PRAGMA user_version").fetchone() == (SCHEMA_VERSION,)
            assert connection.execute("SELECT address FROM household").fetchall() == [("a",)]


@pytest.mark.parametrize("packed", sorted(RELEASED.glob("*.sqlite.gz")), ids=lambda path: path.name)
def test_a_file_of_every_released_version_opens_today(packed, tmp_path):
    path = tmp_path / packed.stem
    path.write_bytes(gzip.decompress(packed.read_bytes()))
    store.upgrade(path, catalogue.load())
    with store.open(path) as file:
        assert file.missing_triggers() == []
        (parcel,) = file.select("farmland")
        assert parcel["name"] == "坡地"
        assert parcel["area_m2"] == 400.0
        assert operations(file, parcel["uuid"]) == ["insert", "update"]
        (house,) = file.select("house")
        assert file.get("homestead", house["homestead_uuid"])
        (household,) = file.select("household")
        assert household["id_number"] == "990101********0019"
        file.update("farmland", parcel["uuid"], {"remark": "today"}, outline(5))
        assert file.keep_fixes(parcel["uuid"], [Fix(None, 116.5, 35.4, pdop=1.2, mock=True)]) == 1
        *_, kept = file.fixes_of(parcel["uuid"])
        assert (kept["pdop"], kept["mock"], kept["coordinate_epoch"]) == (1.2, 1, None)
        assert kept["sequence"] == raw_fixes.highest(file, parcel["uuid"])
        index = "SELECT sql FROM sqlite_master WHERE name = 'fix_by_record'"
        assert "sequence" in file.connection.execute(index).fetchone()[0]
        measuring.begin(file, parcel["uuid"], "farmland", "walk", {})
        measuring.add(file, parcel["uuid"], [("take_back", None)])
        assert list(measuring.steps_of(file, parcel["uuid"])) == [("take_back", None)]
        for layer in file.catalogue.layers:
            list(file.select(layer))


def test_there_is_a_file_of_the_first_version():
    assert (RELEASED / "v1.sqlite.gz").exists()


def with_layer_and_field(known: Catalogue) -> Catalogue:
    """The catalogue of a county that added a layer and a field."""
    label = Label("泉", "Spring")
    farmland = known.layers["farmland"]
    fields = {**farmland.fields, "stones": Field("stones", "integer", label)}
    spring = Layer("spring", label, "POINT", {"name": Field("name", "text", label)})
    layers = {**known.layers, "farmland": replace(farmland, fields=fields), "spring": spring}
    return replace(known, version="newer", layers=layers)


def test_a_file_gets_what_a_newer_catalogue_has(county_path):
    newer = with_layer_and_field(catalogue.load())
    with store.open(county_path) as file:
        uuid = file.insert("farmland", {"name": "old"}, outline(0))
    with store.open(county_path, newer) as file:
        assert {"spring", "farmland.stones", "journal_update_farmland"} <= set(file.repaired)
        file.update("farmland", uuid, {"stones": 7})
        spring = file.insert("spring", {"name": "泉"}, shapely.Point(450000, 3900000))
        assert {each.field for each in file.history(uuid)[-1].values} == {"stones"}
        assert operations(file, spring) == ["insert"]
        assert file.within("spring", outline(-10).bounds) == [spring]
        assert file.meta["catalogue"] == "newer"
    # An older program leaves alone, and journals, what it does not know.
    with store.open(county_path) as file:
        file.connection.execute("UPDATE farmland SET stones = 8")
        assert [(each.field, each.old, each.new) for each in file.history(uuid)[-1].values] == [
            ("stones", 7, 8)
        ]
        assert file.connection.execute("SELECT count(*) FROM spring").fetchone() == (1,)

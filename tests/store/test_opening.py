"""What is no survey file is refused with its own code and left byte for byte as it was."""

from __future__ import annotations

import shutil
import sqlite3
import struct
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from survey_files import outline
from xiangtu import store
from xiangtu.errors import BadFile, BadInput, FileBusy
from xiangtu.store import opening


def _empty(path: Path) -> None:
    path.write_bytes(b"")


def _photo(path: Path) -> None:
    path.write_bytes(b"\xff\xd8\xff\xe0" + bytes(5000))


def _short(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:60])


def _other_database(path: Path) -> None:
    path.unlink()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE t (a)")


def _newer(path: Path) -> None:
    _patch(path, 60, 99)


def _older(path: Path) -> None:
    _patch(path, 60, 0)


def _cut_off(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-5000])


def _scribbled(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[100:4096] = bytes(3996)
    path.write_bytes(content)


def _sql(statement: str) -> Callable[[Path], None]:
    def spoil(path: Path) -> None:
        with closing(sqlite3.connect(path)) as connection, connection:
            connection.execute(statement)

    return spoil


def _patch(path: Path, offset: int, number: int) -> None:
    content = bytearray(path.read_bytes())
    struct.pack_into(">I", content, offset, number)
    path.write_bytes(content)


@pytest.mark.parametrize("readonly", [False, True])
@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (_empty, "file.empty"),
        (_photo, "file.not_sqlite"),
        (_short, "file.not_sqlite"),
        (_other_database, "file.not_survey"),
        (_newer, "file.newer"),
        (_older, "file.older"),
        (_cut_off, "file.truncated"),
        (_scribbled, "file.damaged"),
        (_sql("DELETE FROM meta WHERE key = 'role'"), "file.damaged"),
        (_sql("UPDATE meta SET value = NULL WHERE key = 'srid'"), "file.damaged"),
        (_sql("DROP TABLE meta"), "file.damaged"),
        (_sql("DROP TABLE change"), "file.damaged"),
        (_sql("DROP TABLE geometry_columns"), "file.damaged"),
    ],
)
def test_what_is_no_survey_file_is_refused_and_untouched(county_path, spoil, code, readonly):
    spoil(county_path)
    before = county_path.read_bytes()
    with pytest.raises(BadFile) as told:
        store.open(county_path, readonly=readonly)
    assert told.value.code == code
    assert told.value.facts["path"] == str(county_path)
    assert county_path.read_bytes() == before
    assert [path.name for path in county_path.parent.iterdir()] == ["county.sqlite"]


def test_a_missing_file_is_not_made(tmp_path):
    with pytest.raises(BadFile, match=r"file\.missing"):
        store.open(tmp_path / "a.sqlite")
    with pytest.raises(BadFile, match=r"file\.missing"):
        store.open(tmp_path / "nowhere" / "a.sqlite")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_is_told(tmp_path):
    with pytest.raises(BadFile, match=r"file\.is_directory"):
        store.open(tmp_path)


def test_a_file_that_another_program_holds_is_busy(county_path, monkeypatch):
    monkeypatch.setattr(opening, "BUSY_TIMEOUT_S", 0.05)
    with closing(sqlite3.connect(county_path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(FileBusy, match=r"file\.busy") as told:
            store.open(county_path)
        assert told.value.facts["path"] == str(county_path)
        other.execute("ROLLBACK")
    store.open(county_path).close()


def test_a_write_while_another_program_writes_is_busy(county, monkeypatch):
    county.connection.execute("PRAGMA busy_timeout = 50")
    with closing(sqlite3.connect(county.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(FileBusy):
            county.insert("farmland", {})
        # Readers are not held up: WAL.
        assert list(county.select("farmland")) == []
        other.execute("ROLLBACK")
    county.insert("farmland", {})


@pytest.mark.skipif(sys.platform == "win32", reason="no rights of that kind there")
def test_a_readonly_place_is_refused_for_writing_and_can_be_read(county_path):
    """As somebody without the right to write there."""
    script = f"""
import sys
from pathlib import Path
from xiangtu import store
from xiangtu.errors import BadFile
path = Path({str(county_path)!r})
try:
    store.open(path)
except BadFile as error:
    print(error.code)
with store.open(path, readonly=True) as file:
    print(file.meta["county"], len(list(file.select("village"))))
try:
    store.copy(path, path.parent / "b.sqlite")
except BadFile as error:
    print(error.code)
"""
    # The checkout and the interpreter may lie where only root can go: import first, then drop.
    nobody = f"""
import os
from xiangtu import store, catalogue
catalogue.load()
import xiangtu.store.opening as opening
opening._template()
import shapely, sqlite3
if os.geteuid() == 0:
    os.setgid(65534); os.setuid(65534)
{script}
"""
    folder = county_path.parent
    county_path.chmod(0o444)
    folder.chmod(0o555)
    parents = [parent for parent in folder.parents if not parent.stat().st_mode & 0o001]
    modes = {parent: parent.stat().st_mode for parent in parents}
    before = county_path.read_bytes()
    try:
        for parent in parents:
            parent.chmod(0o755)
        done = subprocess.run(
            [sys.executable, "-W", "error", "-c", nobody],
            capture_output=True,
            text=True,
            check=False,
        )
    finally:
        folder.chmod(0o755)
        for parent, mode in modes.items():
            parent.chmod(mode)
    assert done.stderr == ""
    assert done.stdout.split() == [
        "file.readonly_place",
        "990101",
        "0",
        "file.readonly_place",
    ]
    assert county_path.read_bytes() == before
    assert [path.name for path in folder.iterdir()] == ["county.sqlite"]


def test_a_disk_that_fills_up_while_writing_is_told_and_nothing_is_half_written(county):
    (pages,) = county.connection.execute("PRAGMA page_count").fetchone()
    county.connection.execute(f"PRAGMA max_page_count = {pages + 2}").fetchone()
    with pytest.raises(BadFile, match=r"file\.disk_full"):
        county.insert_many("farmland", ({"remark": "x" * 900} for _ in range(5000)))
    county.connection.execute("PRAGMA max_page_count = 100000000").fetchone()
    assert list(county.select("farmland")) == []
    assert county.connection.execute("SELECT count(*) FROM change").fetchone() == (0,)
    county.insert("farmland", {})


def test_reading_alone_changes_nothing_and_leaves_nothing(county_path):
    before = county_path.read_bytes()
    with store.open(county_path, readonly=True) as file:
        assert list(file.select("farmland")) == []
        with pytest.raises(BadFile, match=r"file\.readonly_place"):
            file.insert("farmland", {})
    assert county_path.read_bytes() == before
    assert [path.name for path in county_path.parent.iterdir()] == ["county.sqlite"]


def test_closing_leaves_the_single_file_whole(county_path):
    with store.open(county_path) as file:
        uuid = file.insert("farmland", {"name": "坡地"}, outline(0))
    assert [path.name for path in county_path.parent.iterdir()] == ["county.sqlite"]
    alone = county_path.with_name("alone.sqlite")
    shutil.copy(county_path, alone)
    with store.open(alone) as file:
        assert file.get("farmland", uuid)["name"] == "坡地"


def test_an_unfinished_wal_is_taken_in(county_path, tmp_path):
    """Power failed: the file lies there with its WAL."""
    with store.open(county_path) as file:
        uuid = file.insert("farmland", {"name": "坡地"}, outline(0))
        lost = tmp_path / "lost"
        lost.mkdir()
        for ending in ("", "-wal"):
            shutil.copy(f"{county_path}{ending}", lost / f"county.sqlite{ending}")
    with store.open(lost / "county.sqlite") as file:
        assert file.get("farmland", uuid)["name"] == "坡地"


def test_closing_twice_is_no_fault(county_path):
    file = store.open(county_path)
    file.close()
    file.close()


def test_a_layer_that_does_not_exist_is_told(county):
    with pytest.raises(BadInput, match=r"layer\.unknown"):
        county.insert("forest", {})
    with pytest.raises(BadInput, match=r"layer\.unknown"):
        list(county.select("forest"))


@pytest.mark.parametrize("name", ["journal_update_farmland", "gii_farmland_geometry"])
def test_a_dropped_trigger_is_named_and_made_anew(county_path, name):
    with closing(sqlite3.connect(county_path)) as other:
        other.execute(f"DROP TRIGGER {name}")
    with store.open(county_path, readonly=True) as file:
        assert file.missing_triggers() == [name]
    with store.open(county_path) as file:
        assert file.repaired == (name,)
        assert file.missing_triggers() == []


def test_records_that_came_while_there_were_no_triggers_are_journalled(county_path):
    with store.open(county_path) as file:
        file.insert("household", {"address": "李家沟"})
    with closing(sqlite3.connect(county_path)) as other, other:
        for (name,) in other.execute(
            "SELECT name FROM sqlite_master WHERE name LIKE 'journal_%_household'"
        ).fetchall():
            other.execute(f"DROP TRIGGER {name}")
        other.execute("INSERT INTO household (address, uuid) VALUES ('张', 'no uuid')")
    with store.open(county_path) as file:
        assert set(file.repaired) == {
            f"journal_{event}_household"
            for event in ("guard", "identity", "insert", "quiet_insert", "update", "delete")
        }
        for record in file.select("household"):
            [entry] = file.history(record["uuid"])
            assert entry.operation == "insert"
            assert {each.field: each.new for each in entry.values} == {"address": record["address"]}
        assert file.connection.execute("SELECT count(*) FROM household").fetchone() == (2,)


def test_a_table_made_anew_by_another_program_is_refused(county_path):
    with closing(sqlite3.connect(county_path)) as other, other:
        other.execute("DROP TABLE household")
        other.execute("CREATE TABLE household (fid INTEGER PRIMARY KEY, uuid VARCHAR, name)")
    with pytest.raises(BadFile, match=r"file\.foreign_table") as told:
        store.open(county_path)
    assert told.value.facts["layer"] == "household"

"""Who holds a survey file, and what processes that were killed leave beside it."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from xiangtu import store, words
from xiangtu.errors import BadFile, FileBusy
from xiangtu.store import holders, opening, places, processes

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="/proc is Linux's")


@contextmanager
def running(*command: object) -> Iterator[subprocess.Popen]:
    """Another process; killed at the end."""
    with subprocess.Popen(
        [str(each) for each in command], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None and process.stdout is not None
        try:
            yield process
        finally:
            process.kill()


def wait_for(process: subprocess.Popen, line: str) -> None:
    assert process.stdout is not None
    for said in process.stdout:
        if said.strip() == line:
            return
    raise AssertionError(f"the other process never said {line}")


IMPORTING = """
import sys
from xiangtu import store
with store.open(sys.argv[1]) as file, file.atomic(doing="import", author="李伟"):
    print("ready", flush=True)
    sys.stdin.readline()
"""


@contextmanager
def importing(path: Path) -> Iterator[subprocess.Popen]:
    with running(sys.executable, "-c", IMPORTING, path) as process:
        wait_for(process, "ready")
        yield process


def refusal(file: store.SurveyFile) -> FileBusy:
    file.connection.execute("PRAGMA busy_timeout = 20")
    with pytest.raises(FileBusy) as told:
        file.insert("farmland", {})
    return told.value


def gone() -> int:
    """The number of a process that has ended."""
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()
    return process.pid


def test_long_work_says_who_what_since_when_and_where(county):
    with importing(county.path) as process:
        told = refusal(county)
    assert told.facts["holder"] == "holder.work"
    assert (told.facts["doing"], told.facts["author"]) == ("doing.import", "李伟")
    assert (told.facts["program"], told.facts["process"]) == ("xiangtu", process.pid)
    for language, doing in (("en", "importing"), ("zh", "导入数据")):
        line = words.explain(told, language)
        for part in ("李伟", doing, str(process.pid), str(told.facts["since"])):
            assert part in line, (part, line)


def test_opening_tells_it_too(county_path, monkeypatch):
    monkeypatch.setattr(opening, "BUSY_TIMEOUT_S", 0.05)
    with importing(county_path), pytest.raises(FileBusy, match=r"holder\.work"):
        store.open(county_path)


def test_another_program_is_named(county):
    if shutil.which("spatialite") is None:
        pytest.skip("the spatialite shell is not installed")
    with running("spatialite", county.path) as process:
        assert process.stdin is not None
        process.stdin.write("BEGIN IMMEDIATE;\nSELECT 'held';\n")
        process.stdin.flush()
        wait_for(process, "held")
        told = refusal(county)
    assert told.facts["holder"] == "holder.program"
    assert (told.facts["program"], told.facts["process"]) == ("spatialite", process.pid)
    assert f"spatialite (process {process.pid}, user " in words.explain(told, "en")


def test_this_very_program_is_named_as_that(county):
    with closing(sqlite3.connect(county.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert refusal(county).facts["holder"] == "holder.here"


def test_work_done_leaves_no_announcement_nor_does_work_that_failed(county):
    place = holders.place_of(county.path)
    with county.atomic(doing="import"), county.atomic(doing="merge"):
        said = json.loads(place.read_text(encoding="utf-8"))
        assert (said["doing"], said["author"]) == ("doing.import", "王芳")
    assert not place.exists()
    with pytest.raises(ZeroDivisionError), county.atomic(doing="import"):
        1 / 0  # noqa: B018
    assert not place.exists()


def test_short_work_writes_no_announcement(county, monkeypatch):
    monkeypatch.setattr(holders, "announce", None)
    county.insert("farmland", {"name": "short"})
    with county.atomic(quiet=True):
        county.insert("farmland", {"name": "quiet"})


def test_a_killed_process_is_not_named_and_what_it_said_goes_at_the_next_start(county_path):
    place = holders.place_of(county_path)
    with importing(county_path) as process:
        process.kill()
        process.wait()
    assert place.exists()
    assert holders.facts(county_path) == {"holder": "holder.unknown"}
    store.open(county_path).close()
    assert not place.exists()


def test_an_announcement_left_behind_does_not_hide_who_holds_the_file_now(county):
    with closing(sqlite3.connect(county.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        said = holders.Announcement("doing.merge", "李伟", "", "QGIS", os.getppid(), "here")
        holders.place_of(county.path).write_text(json.dumps(said.__dict__), encoding="utf-8")
        assert refusal(county).facts["holder"] == "holder.here"


@pytest.mark.parametrize("text", ["", "{", "[]", '{"doing": 1}', "\ud800"])
def test_a_broken_announcement_is_passed_over(county_path, text):
    holders.place_of(county_path).write_bytes(text.encode("utf-8", "surrogatepass"))
    assert holders.facts(county_path)["holder"] == "holder.unknown"


def test_who_has_the_file_open_is_named_where_locks_cannot_be_read(county_path, monkeypatch):
    monkeypatch.setattr(processes, "writing", lambda path: [])
    with importing(county_path) as process:
        holders.clear(county_path)
        told = holders.facts(county_path)
    assert told["holder"] == "holder.open_in"
    assert f"({process.pid})" in str(told["programs"])


def test_looking_at_a_file_that_is_open_here_leaves_its_locks(county):
    """QGIS has its layers open while the plugin looks: whoever closes last elsewhere would take
    the WAL away under it, and what was saved after that would be in no file."""
    county.insert("farmland", {"name": "before"})
    store.open(county.path).close()
    store.open(county.path, readonly=True).close()
    wal = Path(f"{county.path}-wal")
    county.insert("farmland", {"name": "after"})
    held = wal.stat().st_ino
    script = (
        "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); "
        "c.execute(\"INSERT INTO access_log (author, action) VALUES ('x', 'y')\"); "
        "c.commit(); c.close()"
    )
    subprocess.run([sys.executable, "-c", script, county.path], check=True)
    assert wal.stat().st_ino == held
    with closing(sqlite3.connect(county.path)) as other:
        assert other.execute("SELECT count(*) FROM farmland").fetchone() == (2,)
        assert other.execute("SELECT count(*) FROM access_log").fetchone() == (1,)


def test_a_file_open_here_is_refused_just_as_before(county_path, tmp_path):
    other = tmp_path / "other.sqlite"
    with closing(sqlite3.connect(other)) as held:
        held.execute("CREATE TABLE t (a)")
        held.commit()
        with pytest.raises(BadFile, match=r"file\.not_survey"):
            store.open(other)


def test_what_a_killed_process_left_half_written_is_taken_away(county_path):
    folder = county_path.parent
    (folder / "attachments").mkdir()
    dead, name = gone(), "0" * 64
    left = [
        folder / "attachments" / f".{name}.{dead}.new",
        folder / f".receipt.xtr.{dead}.new",
        folder / f".copy.sqlite.{dead}.new-wal",
    ]
    kept = [
        folder / "attachments" / f".{name}.{os.getppid()}.new",
        folder / f"report.{dead}.new",
        folder / ".settings.new",
    ]
    for path in (*left, *kept):
        path.write_bytes(b"half")
    with importing(county_path) as process:  # cut off: that is when one looks
        process.kill()
        process.wait()
    store.open(county_path).close()
    assert [path for path in left if path.exists()] == []
    assert [path for path in kept if not path.exists()] == []


def test_what_nobody_has_written_to_for_a_day_is_taken_away(tmp_path):
    """Numbers of processes come again."""
    left = tmp_path / f".a.xtp.{os.getppid()}.new"
    left.write_bytes(b"half")
    places.sweep(tmp_path)
    assert left.exists()
    then = time.time() - 100_000
    os.utime(left, (then, then))
    with places.new_file(tmp_path / "b") as temporary:
        temporary.write_bytes(b"whole")
    assert [path.name for path in tmp_path.iterdir()] == ["b"]

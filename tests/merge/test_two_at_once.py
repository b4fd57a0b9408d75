"""Two at one county file: processes of ours, QGIS with its edits, readers that hold on."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from county import VILLAGE, County, known, make_county, outline
from xiangtu import store, words
from xiangtu.errors import BadInput, FileBusy
from xiangtu.merge import conflicts, joining, plan, waiting
from xiangtu.merge import undo as undoing
from xiangtu.merge.undo import undo

HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def first(tmp_path_factory) -> tuple[County, dict[str, Path]]:
    """A county and packages of two tablets."""
    county = make_county(tmp_path_factory.mktemp("first") / "county", "ab")
    packages = {}
    for name in "ab":
        county.assign(name)
    for name, remark in (("a", "one"), ("a", "two"), ("b", "three")):
        with county.survey(name) as file:
            file.update("farmland", known("farmland", 0), {"remark": remark})
            homestead = file.insert("homestead", {"village": VILLAGE}, outline(600, len(packages)))
            file.attach(homestead, "homestead", remark.encode(), role="overview")
        packages[remark] = county.pack(name)
    return county, packages


@pytest.fixture
def county(first, tmp_path) -> County:
    return first[0].copied(tmp_path / "county")


@pytest.fixture
def packages(first) -> dict[str, Path]:
    return first[1]


class Program:
    """Another process that is told what to do, a line of JSON each way."""

    def __init__(self, *command: object) -> None:
        self.process = subprocess.Popen(
            [sys.executable, *map(str, command)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | {"QT_QPA_PLATFORM": "offscreen"},
        )

    def answer(self) -> object:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, f"the other process ended ({self.process.wait()})"
        return json.loads(line)

    def begin(self, *step: object) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(step) + "\n")
        self.process.stdin.flush()

    def do(self, *step: object) -> object:
        self.begin(*step)
        return self.answer()

    def end(self) -> None:
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait()


@contextmanager
def ended(program: Program, ready: object) -> Iterator[Program]:
    try:
        assert program.answer() == ready
        yield program
    finally:
        program.end()


@contextmanager
def qgis(county: County) -> Iterator[Program]:
    probe = subprocess.run(
        [sys.executable, "-c", "import qgis.core"], capture_output=True, check=False
    )
    if probe.returncode:
        pytest.skip("PyQGIS is not installed")
    with ended(Program(HERE / "qgis_at_work.py", county.path), "ready") as program:
        yield program


#: Merges a package, and stops in the middle until it is told to go on.
MERGE = """
import json, sys
from pathlib import Path
from xiangtu import store
from xiangtu.merge.plan import merge
from xiangtu.sealing.keys import county_identity

def progress(fraction, step):
    if step == "merge.duplicates":
        print(json.dumps(step), flush=True)
        sys.stdin.readline()

path = Path(sys.argv[1])
with store.open(path) as file:
    report = merge(file, sys.argv[2], county_identity(path), author="李伟", progress=progress)
print(json.dumps(report.state), flush=True)
"""


@contextmanager
def merging(county: County, package: Path) -> Iterator[Program]:
    """Another process in the middle of a merge."""
    with ended(Program("-c", MERGE, county.path, package), "merge.duplicates") as program:
        yield program


def committed(answer: object) -> None:
    """What QGIS says of a commit that landed; no edit is left."""
    done, said, modified = answer  # type: ignore[misc]
    assert (done, modified) == (True, False)
    assert all(each.startswith("SUCCESS") for each in said), said


def remark_of(file: store.SurveyFile, uuid: str) -> object:
    row = file.get("homestead", uuid)
    assert row is not None
    return row["remark"]


def is_whole(county: County) -> bool:
    with county.open() as file:
        assert file.repaired == ()
        return file.connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


# -- two of ours ------------------------------------------------------------------------------


def test_who_is_kept_waiting_by_a_merge_is_told_who_merges(county, packages):
    with county.open() as file, merging(county, packages["one"]) as other:
        file.connection.execute("PRAGMA busy_timeout = 50")
        with pytest.raises(FileBusy) as told:
            undo(file, "1", author="王芳")
        for language in ("en", "zh"):
            line = words.explain(told.value, language)
            assert "李伟" in line and str(other.process.pid) in line and line.isprintable()
        assert told.value.facts["doing"] == "doing.merge"
        assert other.do("go on") == "merged"
        file.insert("farmland", {"village": VILLAGE})
    assert not list(county.folder.glob("*-holder"))


def test_a_package_merged_by_two_at_once_is_merged_once(county, packages, monkeypatch):
    """The second looked at the chain before the first had the file."""
    place_in_chain = waiting.place_in_chain
    looked = []

    def slowly(file, opened):
        found = place_in_chain(file, opened)
        if not looked:
            looked.append(found)
            assert county.merge(packages["one"]).state == "merged"
        return found

    monkeypatch.setattr(plan.waiting, "place_in_chain", slowly)
    assert county.merge(packages["one"]).state == "already"
    assert looked == [("merged", None)]
    with county.open() as file:
        assert file.connection.execute("SELECT count(*) FROM batch").fetchone() == (1,)


@pytest.mark.parametrize(
    ("module", "check", "decide"),
    [
        (undoing, "find_batch", lambda file: undo(file, "99", author="x")),
        (conflicts, "named_conflicts", lambda file: conflicts.take(file, "x", "1", author="x")),
        (joining, "find_pair", lambda file: joining.join(file, "x", author="x")),
        (joining, "find_pair", lambda file: joining.keep_apart(file, "x", author="x")),
    ],
)
def test_what_is_decided_is_looked_at_when_nobody_else_can_write(
    county, monkeypatch, module, check, decide
):
    looked = []
    plain = getattr(module, check)

    def watched(file, *facts):
        looked.append(file.connection.in_transaction)
        return plain(file, *facts)

    monkeypatch.setattr(module, check, watched)
    with county.open() as file:
        with pytest.raises(BadInput):
            decide(file)
        assert not file.connection.in_transaction
    assert looked[:1] == [True]


def test_what_waited_follows_though_the_first_merge_was_killed_before(
    county, packages, monkeypatch
):
    assert county.merge(packages["two"]).state == "waiting"
    assert len(list((county.folder / "waiting").iterdir())) == 1
    with monkeypatch.context() as killed:
        killed.setattr(plan.waiting, "next_in_line", lambda *_: [])
        killed.setattr(plan.waiting, "clear", lambda *_: None)
        county.merge(packages["one"])
    again = county.merge(packages["one"])
    assert (again.state, [each.state for each in again.followed]) == ("already", ["merged"])
    assert list((county.folder / "waiting").iterdir()) == []


def test_a_half_copied_package_is_taken_away_by_the_next_merge(county, packages):
    with subprocess.Popen([sys.executable, "-c", ""]) as gone:
        gone.wait()
    left = county.folder / "waiting" / f".{'0' * 64}.xtp.{gone.pid}.new"
    left.parent.mkdir()
    left.write_bytes(b"half")
    county.merge(packages["one"])
    assert not left.exists()


# -- QGIS and a merge -------------------------------------------------------------------------


def test_a_merge_waits_for_an_open_transaction_of_qgis_or_names_it(county, packages):
    edited = known("homestead", 0)
    with qgis(county) as other:
        other.do("transaction")
        assert other.do("change", edited, "by QGIS") is True
        with pytest.raises(FileBusy) as told:
            county.merge(packages["one"])
        assert told.value.facts["holder"] == "holder.program"
        assert str(other.process.pid) in words.explain(told.value, "en")
        committed(other.do("commit"))
        assert county.merge(packages["one"]).state == "merged"
    with county.open() as file:
        assert remark_of(file, edited) == "by QGIS"
        assert [each.operation for each in file.history(edited)] == ["insert", "update"]
    assert is_whole(county)


def test_a_commit_of_qgis_waits_for_a_merge_that_ends_in_time(county, packages):
    edited = known("homestead", 1)
    with qgis(county) as other, merging(county, packages["one"]) as ours:
        other.do("change", edited, "by QGIS")
        other.begin("commit")
        assert ours.do("go on") == "merged"
        committed(other.answer())
    with county.open() as file:
        assert remark_of(file, edited) == "by QGIS"
        assert [each.operation for each in file.history(edited)] == ["insert", "update"]
        assert len(list(file.select("homestead"))) == 5
    assert is_whole(county)


def test_a_commit_of_qgis_that_waited_too_long_keeps_its_edits_and_hinders_nobody(county, packages):
    """QGIS 3.22 then leaves a transaction open in which it has read: to us a reader that holds on,
    and as long as it lives its own commits fail."""
    edited = known("homestead", 1)
    with qgis(county) as other:
        with merging(county, packages["one"]) as ours:
            other.do("change", edited, "by QGIS")
            done, (said,), modified = other.do("commit")
            assert "not applied" in said and (done, modified) == (False, True)
            assert ours.do("go on") == "merged"
        assert county.merge(packages["two"]).state == "merged"
        assert is_whole(county)
        with qgis(county) as another:
            another.do("change", edited, "by the other")
            committed(another.do("commit"))
    with county.open() as file:
        assert remark_of(file, edited) == "by the other"
        assert len(list(file.select("homestead"))) == 6
    assert is_whole(county)
    assert not Path(f"{county.path}-wal").exists()


def test_two_of_qgis_edit_one_county_and_both_edits_land(county):
    with qgis(county) as one, qgis(county) as other:
        one.do("change", known("homestead", 0), "one")
        other.do("change", known("homestead", 1), "other")
        one.begin("commit")
        committed(other.do("commit"))
        committed(one.answer())
    with county.open() as file:
        for place, remark in ((0, "one"), (1, "other")):
            record = known("homestead", place)
            assert remark_of(file, record) == remark
            assert [each.operation for each in file.history(record)] == ["insert", "update"]
    assert is_whole(county)


# -- readers that hold on ---------------------------------------------------------------------


def test_a_merge_goes_on_while_qgis_reads(county, packages):
    wal = Path(f"{county.path}-wal")
    with qgis(county) as other:
        assert other.do("read")
        county.merge(packages["one"])
        county.merge(packages["two"])
        assert other.do("count") == 6
        # Nobody reads any more: the next to close takes all of it in, with QGIS still there.
        county.open().close()
        assert not wal.exists() or wal.stat().st_size == 0
    assert is_whole(county)


def test_the_wal_does_not_grow_without_end_while_readers_come_and_go(county, packages):
    wal = Path(f"{county.path}-wal")
    sizes = []
    with closing(sqlite3.connect(county.path, isolation_level=None)) as reader:
        for _ in range(4):
            reader.execute("BEGIN").execute("SELECT count(*) FROM homestead").fetchone()
            report = county.merge(packages["one"])
            sizes.append(wal.stat().st_size)
            reader.execute("COMMIT")
            county.undo(report.batch)
            shutil.rmtree(county.folder / "attachments")
    assert sizes[0] > 0
    assert max(sizes) < 2 * sizes[0]

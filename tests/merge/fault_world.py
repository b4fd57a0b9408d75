"""Counties and a tablet just before a piece of work, and all that can be asked of them after."""

from __future__ import annotations

import hashlib
import random
import re
import shutil
import sqlite3
import time
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from county import VILLAGE, County, known, make_county, orphans, outline, point
from faulty_work import Work
from xiangtu import store
from xiangtu.merge.conflicts import list_conflicts
from xiangtu.merge.duplicates import list_pairs
from xiangtu.package.receipt import write_receipt

_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z")

#: How many files a merge copied: none if an attempt that was cut off had copied them.
_COPIED = re.compile(r'"attachments": \d+, ')


@dataclass(frozen=True)
class Base:
    """A folder in which `work` can be done, again and again in copies of it."""

    folder: Path
    work: Work

    @property
    def file_name(self) -> str:
        return "survey.sqlite" if self.work.name == "receive" else "county.sqlite"


@dataclass(frozen=True)
class World:
    """Bases by name. What is made from `made_at` on was made by the work."""

    bases: dict[str, Base]
    made_at: datetime

    def dump(self, path: Path, *, labelled: bool = False) -> dict[str, list]:
        """All rows of all tables; with `labelled` what differs from one doing of the work to the
        next (new uuids, the time of day) gives way to a label."""
        with store.open(path, readonly=True) as file:
            tables = [
                name
                for (name,) in file.connection.execute(
                    "SELECT name FROM sqlite_master WHERE type = 'table' "
                    "AND name NOT LIKE 'idx\\_%' ESCAPE '\\' AND name NOT LIKE 'sqlite\\_%' "
                    "ESCAPE '\\' AND sql NOT LIKE 'CREATE VIRTUAL%'"
                )
            ]
            found = {}
            for table in tables:
                rows = file.connection.execute(f'SELECT * FROM "{table}"').fetchall()
                if labelled:
                    rows = [tuple(self._label(each) for each in row) for row in rows]
                found[table] = sorted(rows, key=repr)
        return found

    def _label(self, value: object) -> object:
        if not isinstance(value, str):
            return value
        milliseconds = int(self.made_at.timestamp() * 1000)
        first = self.made_at.strftime("%Y-%m-%dT%H:%M:%S")

        def new(found: re.Match[str]) -> str:
            made = int(found[0].replace("-", "")[:12], 16)
            return "NEW" if made >= milliseconds else found[0]

        text = _COPIED.sub("", _UUID.sub(new, value))
        return _TIME.sub(lambda each: "NOW" if each[0] >= first else each[0], text)


def make_world(folder: Path) -> World:
    """A county with three tablets, and the states in which its work is begun."""
    county = make_county(folder / "first", "ab")
    for name in county.tablets:
        county.assign(name)
    chance = random.Random(1)
    survey_a(county, chance)
    packages = {"a1": county.pack("a")}
    survey_a_again(county, chance)
    packages["a2"] = county.pack("a")
    survey_b(county, chance)
    packages["b1"] = county.pack("b")
    for name, path in packages.items():
        path.rename(folder / f"{name}.xtp")

    def state(name: str, merged: tuple[str, ...]) -> County:
        found = county.copied(folder / name)
        for each in merged:
            found.merge(folder / f"{each}.xtp")
        return found

    state("fresh", ())
    state("waiting", ("a2",))
    one = state("one", ("a1",))
    two = state("two", ("a1", "b1"))
    with two.open() as file:
        conflict = next(each for each in list_conflicts(file) if each.unit == "@record")
        (pair, *_) = list_pairs(file)
        batches = [number for (number,) in file.connection.execute("SELECT number FROM batch")]
    device = county.tablets["a"].device_id
    with one.open() as file:
        write_receipt(file, folder / "a.xtr", device, one.identity)
    shutil.copytree(county.tablets["a"].folder, folder / "tablet")
    works = {
        "merge": ("fresh", Work("merge", "a1.xtp")),
        "merge into a full cache": ("fresh", Work("merge", "a1.xtp", spilling=True)),
        "merge what clashes": ("one", Work("merge", "b1.xtp")),
        "merge what has to wait": ("fresh", Work("merge", "a2.xtp")),
        "merge what was waited for": ("waiting", Work("merge", "a1.xtp")),
        "undo": ("two", Work("undo", str(max(batches)))),
        "undo in a full cache": ("two", Work("undo", str(max(batches)), spilling=True)),
        "take": ("two", Work("take", conflict.id, "1")),
        "join": ("two", Work("join", pair.id)),
        "write a receipt": ("two", Work("receipt", device)),
        "read a receipt": ("tablet", Work("receive", "a.xtr")),
    }
    made_at = datetime.now(UTC)
    time.sleep(1)  # times in the file have whole seconds here and there
    return World(
        {name: Base(folder / state, work) for name, (state, work) in works.items()}, made_at
    )


def photo(chance: random.Random) -> bytes:
    return b"\xff\xd8\xff" + chance.randbytes(30_000)


def survey_a(county: County, chance: random.Random) -> None:
    """New homesteads with houses and photos, values changed, a house deleted."""
    with county.survey("a") as file:
        for place in range(12):
            homestead = file.insert(
                "homestead", {"village": VILLAGE}, outline(place * 30, 300 + place)
            )
            file.insert(
                "house",
                {"village": VILLAGE, "homestead_uuid": homestead, "storeys": 1 + place % 3},
                outline(place * 30 + 2, 302 + place, 8, 8),
            )
            file.attach(homestead, "homestead", photo(chance), role="overview")
        file.insert(
            "facility",
            {"village": VILLAGE, "kind": "well", "horizontal_accuracy_m": 1.0},
            point(700, 700),
        )
        for place in range(4):
            file.update("homestead", known("homestead", place), {"remark": "a"})
            file.update("farmland", known("farmland", place), {}, outline(place * 30 + 1, 101))
        file.delete("homestead", known("homestead", 3))


def survey_a_again(county: County, chance: random.Random) -> None:
    with county.survey("a") as file:
        file.update("homestead", known("homestead", 0), {"remark": "a again"})
        file.attach(known("homestead", 1), "homestead", photo(chance), role="detail")
        file.insert("farmland", {"village": VILLAGE}, outline(900, 100))


def survey_b(county: County, chance: random.Random) -> None:
    """What contradicts the first tablet, and a thing that it surveyed too."""
    with county.survey("b") as file:
        for place in range(3):
            file.update("homestead", known("homestead", place), {"remark": "b"})
            file.update("farmland", known("farmland", place), {}, outline(place * 30 + 3, 104))
        file.update("house", known("house", 3), {"storeys": 3})
        file.attach(known("house", 3), "house", photo(chance), role="overview")
        file.insert(
            "facility",
            {"village": VILLAGE, "kind": "well", "horizontal_accuracy_m": 1.0},
            point(700.5, 700),
        )
        for place in range(6):
            file.insert("farmland", {"village": VILLAGE}, outline(place * 30, 500))


# -- what can be asked of a folder ------------------------------------------------------------


def unlike(one: dict[str, list], other: dict[str, list]) -> list[str]:
    """Rows that only one of two dumps has, short enough to be read."""
    found = []
    for table in sorted({*one, *other}):
        rows, others = one.get(table, []), other.get(table, [])
        found += [f"{table} - {row!r:.300}" for row in rows if row not in others]
        found += [f"{table} + {row!r:.300}" for row in others if row not in rows]
        if not found and rows != others:
            found.append(f"{table}: {len(rows)} and {len(others)} rows")
    return found


def names_in(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


def check_whole(path: Path) -> None:
    """Opened as a person would: sound for SQLite and for SpatiaLite, nothing to repair, no part
    without its record, every attachment there with its bytes."""
    with store.open(path) as file:
        assert file.repaired == ()
        assert file.connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert file.connection.execute("SELECT quiet FROM session").fetchone() == (0,)
        assert orphans(file) == []
        for row in file.select("attachment"):
            kept = file.attachment_path(row["sha256"])
            # What another tablet's record has may be known here without its bytes.
            if file.meta["role"] == "county" or kept.exists():
                assert hashlib.sha256(kept.read_bytes()).hexdigest() == row["sha256"]
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.enable_load_extension(True)
        connection.load_extension("mod_spatialite")
        connection.execute("BEGIN")  # each check writes a line of its own into the file
        assert connection.execute("SELECT CheckSpatialMetaData()").fetchone() == (3,)
        for (table,) in connection.execute(
            "SELECT f_table_name FROM geometry_columns WHERE spatial_index_enabled"
        ).fetchall():
            found = connection.execute("SELECT CheckSpatialIndex(?, 'geometry')", (table,))
            assert found.fetchone() == (1,), table
        connection.execute("ROLLBACK")

"""Long random histories: tablets, second assignments, edits and decisions in the office, undoing.

Packages are handed over without their containers, which other tests try, so that many histories
can be played: the journal, the merge and the taking in of assignments are the real ones.
"""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from county import SRID, VILLAGE, fill, orphans, outline, point, state_of
from hypothesis import HealthCheck, Phase, settings
from xiangtu import catalogue, store
from xiangtu.errors import MergeRefused
from xiangtu.geo import blobs
from xiangtu.merge import conflicts, duplicates, joining, plan, waiting
from xiangtu.merge.changes import LINEAGE
from xiangtu.merge.state import Settling
from xiangtu.merge.undo import undo
from xiangtu.package.description import PackageDescription
from xiangtu.package.work_in_progress import WorkInProgress
from xiangtu.sealing import age
from xiangtu.store.identity import new_uuid
from xiangtu.store.seen import seen_when_handed_out
from xiangtu.store.system_tables import SYSTEM_TABLES

LAYERS = ("homestead", "house", "farmland", "facility", "relic")
IDENTITY = age.generate_identity()
OTHER_VILLAGE = "990101100202"
_MEMORY = Path("/dev/shm")
TABLETS = tuple(f"t{number}" for number in range(5))
#: At most so many steps of all tablets together.
MOST_STEPS = 200
#: When a decision was made differs from run to run; all else of a record must not.
_CLOCK = "updated_at"


class _TakenBack(Exception):
    """Ends a transaction that was only to be looked at."""


@contextlib.contextmanager
def taken_back(file: store.SurveyFile) -> Iterator[None]:
    """Whatever the block does to the file is undone at its end, by SQLite itself."""
    with contextlib.suppress(_TakenBack), file.atomic():
        yield
        raise _TakenBack


@contextlib.contextmanager
def place_to_play(tablets: Sequence[str]) -> Iterator[Path]:
    """A folder with a `blank` county and tablets in it, where memory serves as a disk, if there is
    such a place: many times as fast."""
    with tempfile.TemporaryDirectory(dir=_MEMORY if _MEMORY.is_dir() else None) as name:
        folder = Path(name)
        (folder / "blank").mkdir()
        make_blank(folder / "blank", tablets)
        yield folder


def histories(usually: int) -> settings:
    """So many random histories, or as many as `make soak` asks for. Each is a whole county with
    its tablets, told by its seed: nothing to shrink."""
    return settings(
        max_examples=int(os.environ.get("XIANGTU_HISTORIES", usually)),
        deadline=None,
        phases=[Phase.explicit, Phase.reuse, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )


def make_blank(folder: Path, tablets: Sequence[str]) -> None:
    """A county and its tablets before anything was handed out."""
    for name in ("county", *tablets):
        with store.create(
            folder / f"{name}.sqlite",
            catalogue.load(),
            SRID,
            role="county" if name == "county" else "tablet",
            county="990101",
            device=None if name == "county" else name,
            recipient=age.recipient_of(IDENTITY),
        ) as file:
            if name == "county":
                fill(file)
                for each in tablets:
                    file.connection.execute(
                        "INSERT INTO device VALUES (?, ?, x'', '', '', NULL)", (each, each)
                    )


@contextlib.contextmanager
def opened(
    blank: Path, folder: Path, tablets: Sequence[str]
) -> Iterator[tuple[store.SurveyFile, dict[str, store.SurveyFile]]]:
    """Copies of a blank county and of these tablets, open until the block ends."""
    with contextlib.ExitStack() as files:
        found = {}
        for name in ("county", *tablets):
            shutil.copy(blank / f"{name}.sqlite", folder)
            file = files.enter_context(store.open(folder / f"{name}.sqlite"))
            # Other tests kill processes and pull plugs; here thousands of histories are played.
            file.connection.execute("PRAGMA synchronous = OFF")
            found[name] = file
        yield found.pop("county"), found


@dataclass
class World:
    """A county, its tablets and the packages on their way; all files are open."""

    county: store.SurveyFile
    tablets: dict[str, store.SurveyFile]
    chance: random.Random
    packages: list[SimpleNamespace] = field(default_factory=list)
    assignments: int = 0

    # -- handing out and back ----------------------------------------------------------------

    def assign(self, name: str) -> None:
        self.assignments += 1
        basis = new_uuid()
        county, tablet = self.county, self.tablets[name]
        conflicts.list_conflicts(county)  # as a person would look before handing out
        seen = seen_when_handed_out(county.connection, county.device_id)
        with county.atomic():
            county.connection.execute(
                "INSERT INTO basis VALUES (?, ?, '')", (basis, seen.to_json())
            )
            county.connection.execute(
                "INSERT INTO assignment VALUES (?, ?, ?, 's', '[]', '[]', '', 0, '{}')",
                (basis, name, self.assignments),
            )
        about = SimpleNamespace(villages=(VILLAGE,), layers=LAYERS, uuid=basis, seen=seen.to_json())
        with tablet.atomic(quiet=True):
            WorkInProgress(tablet, county.connection, about, seen).merge()
        tablet.sign_in(author=f"surveyor {name}", device=name, basis=basis)

    def pack(self, name: str) -> None:
        """What the tablet changed since its last package, as the county would open it."""
        mine = [each.description for each in self.packages if each.description.device == name]
        first = mine[-1].last_change + 1 if mine else 1
        tablet = self.tablets[name].connection
        changes = tablet.execute(
            "SELECT * FROM change WHERE device = ? AND number >= ? ORDER BY number", (name, first)
        ).fetchall()
        if not changes:
            return
        packed = sqlite3.connect(":memory:")
        packed.executescript(SYSTEM_TABLES)
        marks = ", ".join("?" * len(changes[0]))
        packed.executemany(f"INSERT INTO change VALUES ({marks})", changes)
        packed.executemany(
            "INSERT INTO change_value VALUES (?, ?, ?, ?)",
            tablet.execute(
                "SELECT v.* FROM change c JOIN change_value v ON c.id = v.change "
                "WHERE c.device = ? AND c.number >= ?",
                (name, first),
            ),
        )
        packed.executemany(
            "INSERT INTO lineage VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            tablet.execute("SELECT * FROM lineage WHERE batch IS NULL AND device = ?", (name,)),
        )
        tablet.execute("UPDATE lineage SET batch = 'packed' WHERE batch IS NULL")
        uuid = new_uuid()
        about = PackageDescription(
            uuid=uuid,
            device=name,
            number=len(mine) + 1,
            previous=mine[-1].uuid if mine else None,
            county="990101",
            srid=SRID,
            assignment=uuid,
            catalogue=catalogue.load().version,
            first_change=first,
            last_change=first + len(changes) - 1,
            counts={},
            missing_attachments=(),
            made_at="",
            software="",
        )
        self.spoil(packed)
        self.packages.append(
            SimpleNamespace(
                path=Path(uuid), description=about, connection=packed, attachments={}, sha256=uuid
            )
        )

    def spoil(self, packed: sqlite3.Connection) -> None:
        """Now and then something in a journal cannot stand: its record is to be held."""
        if self.chance.random() > 0.1:
            return
        row = packed.execute(
            "SELECT v.change, v.field FROM change_value v JOIN change c ON c.id = v.change "
            "WHERE c.operation <> 'delete' AND v.field IN ('storeys', 'geometry') "
            "AND v.new IS NOT NULL ORDER BY v.change DESC LIMIT 1"
        ).fetchone()
        if row:
            wrong = {"storeys": "many", "geometry": blobs.encode_one(point(1), 3857)}[row[1]]
            packed.execute(
                "UPDATE change_value SET new = ? WHERE change = ? AND field = ?", (wrong, *row)
            )

    # -- what people do ----------------------------------------------------------------------

    def work(self, file: store.SurveyFile, steps: int) -> None:
        with file.atomic():
            for _ in range(steps):
                self.step(file)

    def step(self, file: store.SurveyFile) -> None:
        chance = self.chance
        layer = chance.choice(("homestead", "house", "house", "farmland", "farmland", "facility"))
        operation = chance.choice(
            ("value", "value", "remark", "move", "move", "delete", "new", "photo", "caption")
            if chance.random() < 0.7
            else ("parent", "village", "divide", "unite", "claim")
        )
        records = [uuid for (uuid,) in file.connection.execute(f"SELECT uuid FROM {layer}")]
        if operation == "new" or not records:
            self.insert(file, layer)
            return
        record = chance.choice(sorted(records))
        if operation == "value":
            values: dict[str, Any] = {"state": chance.choice(("draft", "surveyed"))}
            if layer == "house":
                values["storeys"] = chance.randint(1, 4)
            file.update(layer, record, values)
        elif operation == "remark":
            file.update(layer, record, {"remark": chance.choice("xyz")})
        elif operation == "village":
            file.update(layer, record, {"village": chance.choice((VILLAGE, OTHER_VILLAGE))})
        elif operation == "move":
            place = chance.randint(0, 40)
            moved = point(place) if layer == "facility" else outline(place * 10, place)
            file.update(layer, record, {"horizontal_accuracy_m": chance.choice((0.1, 2.0))}, moved)
        elif operation == "delete":
            file.delete(layer, record)
        elif operation == "photo":
            file.insert(
                "attachment",
                {"record": record, "layer": layer, "sha256": f"{chance.randint(0, 99):064}"},
            )
        elif operation == "caption":
            photos = file.connection.execute("SELECT uuid FROM attachment").fetchall()
            if photos:
                (photo,) = chance.choice(sorted(photos))
                file.update("attachment", photo, {"caption": chance.choice("pqr")})
        elif operation == "parent" and layer == "house":
            homesteads = file.connection.execute("SELECT uuid FROM homestead").fetchall()
            if homesteads:
                (other,) = chance.choice(sorted(homesteads))
                file.update("house", record, {"homestead_uuid": other})
        elif operation == "divide" and layer == "farmland":
            self.divide(file, record)
        elif operation == "unite" and layer == "farmland" and len(records) > 1:
            self.unite(file, chance.sample(sorted(records), 2))
        elif operation == "claim" and file is not self.county:
            self.claim(file, layer, record)

    def claim(self, file: store.SurveyFile, layer: str, record: str) -> None:
        """One identity in two layers, as when a program pastes a feature into another layer."""
        other = self.chance.choice(("facility", "facility", "farmland", "homestead"))
        if self.chance.random() > 0.3 or other == layer or file.get(other, record):
            return
        kind, shape = ({"kind": "well"}, point(9)) if other == "facility" else ({}, outline(9, 100))
        file.insert(other, {"village": VILLAGE, **kind}, shape, record)

    def insert(self, file: store.SurveyFile, layer: str) -> None:
        place = self.chance.randint(0, 40)
        values: dict[str, Any] = {"village": VILLAGE}
        if layer == "house":
            homesteads = file.connection.execute("SELECT uuid FROM homestead").fetchall()
            if not homesteads:
                return
            values["homestead_uuid"] = self.chance.choice(sorted(homesteads))[0]
        if layer == "facility":
            values |= {"kind": self.chance.choice(("well", "pond")), "horizontal_accuracy_m": 1.0}
        if layer == "farmland" and self.chance.random() < 0.3:
            values["code"] = f"99010110020100000{self.chance.randint(0, 9)}"
        shape = point(place) if layer == "facility" else outline(place * 10, place, 15, 15)
        file.insert(layer, values, shape)

    def divide(self, file: store.SurveyFile, parcel: str) -> None:
        """As the app does: the parcel ends, its two parts begin and come from it."""
        place = self.chance.randint(0, 40)
        for half in range(2):
            part = file.insert(
                "farmland",
                {"village": VILLAGE, "began_on": "2026-05-01"},
                outline(place * 10 + half * 10, 100, 10),
            )
            file.descend("farmland", parcel, part, "split")
        file.update("farmland", parcel, {"ended_on": "2026-05-01"})

    def unite(self, file: store.SurveyFile, parcels: Sequence[str]) -> None:
        place = self.chance.randint(0, 40)
        whole = file.insert("farmland", {"village": VILLAGE}, outline(place * 10, 100, 40))
        for parcel in parcels:
            file.descend("farmland", parcel, whole, "join")
            file.update("farmland", parcel, {"ended_on": "2026-05-02"})

    # -- what the office does ----------------------------------------------------------------

    def decide_some(self) -> None:
        """A few conflicts and pairs, for whichever side chance says."""
        for _ in range(self.chance.randint(0, 3)):
            found = conflicts.list_conflicts(self.county)
            if found:
                one = self.chance.choice(found)
                head = self.chance.choice(one.heads)
                conflicts.take(self.county, one.id, head.change, author="officer", reason="seen")
        for _ in range(self.chance.randint(0, 2)):
            pairs = duplicates.list_pairs(self.county)
            if pairs:
                settle_pair(self.county, self.chance.choice(pairs), self.chance.random() < 0.6)

    def undo_one(self) -> None:
        """Some batch, also an old one; what others build on it is refused and named."""
        batches = [
            str(number)
            for (number,) in self.county.connection.execute(
                "SELECT number FROM batch WHERE undone_at IS NULL AND kind <> 'undo'"
            )
        ]
        if batches:
            try:
                undo(self.county, self.chance.choice(batches), author="officer")
            except MergeRefused as refused:
                assert refused.code == "undo.depends"
                assert refused.facts["dependents"]


def settle_pair(file: store.SurveyFile, pair: duplicates.Pair, alike: bool) -> None:
    """Join a pair or keep it apart; whatever cannot be done any more is refused in words."""
    # Deciding one pair may settle another.
    if pair.id not in {each.id for each in duplicates.list_pairs(file)}:
        return
    with contextlib.suppress(MergeRefused):
        if alike and pair.state == "open":
            joining.join(file, pair.id, author="officer", reason="one thing")
        elif not alike:
            joining.keep_apart(file, pair.id, author="officer", reason="two things")


def take_in(file: store.SurveyFile, packages: Sequence[SimpleNamespace]) -> list[int]:
    """Merge packages as they come; one that waits for another is tried again after it."""
    batches: list[int] = []
    left = list(packages)
    while left:
        for package in list(left):
            state, _ = waiting.place_in_chain(file, package)
            if state == "waiting":
                continue
            left.remove(package)
            if state == "already":
                continue
            about = package.description
            report = plan.MergeReport(about.uuid, about.device, about.number, state)
            with file.atomic(quiet=True):
                merged = plan.take_in(file, package, IDENTITY, "officer", report, None)
            assert merged.batch is not None
            batches.append(merged.batch)
    return batches


def undo_all(file: store.SurveyFile, batches: Sequence[int]) -> None:
    """Take batches out, the newest first, but none before what builds on it."""
    left = list(reversed(batches))
    while left:
        waits = []
        for batch in left:
            try:
                undo(file, str(batch), author="officer")
            except MergeRefused as refused:
                assert refused.code == "undo.depends"
                waits.append(batch)
        assert len(waits) < len(left), f"batches {waits} all wait for one another"
        left = waits


def decide_all(file: store.SurveyFile, salt: int) -> None:
    """The same decisions on the same conflicts and pairs, whatever the order they arose in."""

    chance = random.Random(salt)
    for pair in duplicates.list_pairs(file, "open"):
        settle_pair(file, pair, chance.random() < 0.6)
    chosen = []
    for each in conflicts.list_conflicts(file):
        choices = [head.change for head in each.heads]
        if each.combined:
            choices.append(conflicts.COMBINED)
        _, heirs = Settling(file).unaware(each.record)
        if each.unit == LINEAGE and len({heir.device for heir in heirs}) == 1:
            choices.append("carry")
        chosen.append((each.id, chance.choice(choices)))
    conflicts.take_all(file, chosen, author="officer", reason="as agreed")


def decided_state(file: store.SurveyFile) -> dict[str, Any]:
    """`state_of` but for when and by which change it was decided."""
    found = dict(state_of(file))
    for name, layer in file.catalogue.layers.items():
        columns = [
            row[1]
            for row in file.connection.execute(f"PRAGMA table_info({layer.name})")
            if row[1] not in ("fid", _CLOCK)
        ]
        found[name] = file.connection.execute(
            f"SELECT {', '.join(columns)} FROM {name} ORDER BY uuid"
        ).fetchall()
    found["conflicts"] = [(each[0], each[1], each[3]) for each in found["conflicts"]]
    return found


# -- what must hold --------------------------------------------------------------------------


def check_reachable(file: store.SurveyFile, packages: Sequence[SimpleNamespace]) -> None:
    """Every value that was ever written on a tablet is in the county's journal, as it was."""
    for package in packages:
        for change, name, old, new in package.connection.execute(
            "SELECT c.uuid, v.field, v.old, v.new FROM change c "
            "JOIN change_value v ON v.change = c.id"
        ):
            kept = file.connection.execute(
                "SELECT v.old, v.new FROM change c JOIN change_value v ON v.change = c.id "
                "WHERE c.uuid = ? AND v.field = ?",
                (change, name),
            ).fetchone()
            assert kept == (old, new), f"{name} of change {change} was lost"


def check_settled(file: store.SurveyFile) -> None:
    """The tables are what the whole journal says: settling everything anew changes nothing."""
    records = {
        record
        for (record,) in file.connection.execute(
            "SELECT DISTINCT record FROM change WHERE live = 1"
        )
    }
    before = state_of(file)
    with taken_back(file):
        with file.atomic(quiet=True):
            Settling(file).settle(records)
        assert_same(before, state_of(file), "the tables are what the whole journal says")


def check_conflicts(file: store.SurveyFile) -> None:
    """Every side of every conflict can be listed with what it says."""
    for conflict in conflicts.list_conflicts(file):
        assert len(conflict.heads) > 1 or conflict.unit.startswith("@"), conflict
        live = file.connection.execute(
            f"SELECT count(*) FROM change WHERE live = 1 AND uuid IN "
            f"({', '.join('?' * len(conflict.heads))})",
            [head.change for head in conflict.heads],
        ).fetchone()
        assert live == (len(conflict.heads),)


def check_spatialite(path: Path) -> None:
    """SpatiaLite itself finds its metadata and indexes in order."""
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.enable_load_extension(True)
        connection.load_extension("mod_spatialite")
        assert connection.execute("SELECT CheckSpatialMetaData()").fetchone() == (3,)
        for table, column in connection.execute(
            "SELECT f_table_name, f_geometry_column FROM geometry_columns"
        ).fetchall():
            found = connection.execute("SELECT CheckSpatialIndex(?, ?)", (table, column)).fetchone()
            assert found == (1,), table


def play(seed: int, blank: Path, folder: Path) -> None:
    """One history, and everything that must hold of it. Fails with what does not."""
    chance = random.Random(seed)
    names = TABLETS[: chance.randint(2, len(TABLETS))]
    with opened(blank, folder, names) as (county, tablets):
        world = World(county, tablets, chance)
        last = _until_the_last_packages(world)
        _check_the_last(world, last, chance)
        file = world.county
        take_in(file, world.packages)
        check_reachable(file, world.packages)
        check_conflicts(file)
        for package in world.packages:
            package.connection.close()
    check_spatialite(folder / "county.sqlite")


def _until_the_last_packages(world: World) -> list[SimpleNamespace]:
    """Rounds of work and merging; returns packages that were not merged yet."""
    chance, names = world.chance, list(world.tablets)
    steps = max(1, MOST_STEPS // (len(names) * 3))
    for name in names:
        world.assign(name)
    merged = 0
    for _ in range(chance.randint(1, 2)):
        for name in names:
            world.work(world.tablets[name], chance.randint(0, steps))
            if chance.random() < 0.7:
                world.pack(name)
        # What was undone meanwhile comes again, too.
        ready = list(world.packages)
        chance.shuffle(ready)
        take_in(world.county, ready)
        merged = len(world.packages)
        world.work(world.county, chance.randint(0, 5))
        world.decide_some()
        if chance.random() < 0.3:
            world.undo_one()
        for name in names:
            if chance.random() < 0.6:
                world.assign(name)
    for name in names:
        world.work(world.tablets[name], chance.randint(0, steps))
        world.pack(name)
    return world.packages[merged:]


def _check_the_last(world: World, last: Sequence[SimpleNamespace], chance: random.Random) -> None:
    """Any order of merging gives one county, decisions too; undo restores; twice equals once."""
    file = world.county
    before = state_of(file)
    # Undone packages before these would be let in with them.
    wanted = [each for each in world.packages if not _merged(file, each)]
    salt = chance.randint(0, 2**32)
    found: list[dict[str, Any]] = []
    decided: list[dict[str, Any]] = []
    for _ in range(3):
        mixed = list(wanted)
        chance.shuffle(mixed)
        with taken_back(file):
            batches = take_in(file, mixed)
            found.append(state_of(file))
            assert_same(found[0], found[-1], "another order gives the same county")
            assert not orphans(file), "a part without its record"
            assert take_in(file, mixed) == [], "merged twice"
            check_settled(file)
            with taken_back(file):
                decide_all(file, salt)
                decided.append(decided_state(file))
                assert_same(decided[0], decided[-1], "the same decisions give the same county")
                assert not orphans(file), "a part without its record, after deciding"
                check_settled(file)
            undo_all(file, batches)
            assert_same(before, state_of(file), "undoing restores the county")
            take_in(file, mixed)
            assert_same(found[0], state_of(file), "merging again brings it back")


def _merged(file: store.SurveyFile, package: SimpleNamespace) -> bool:
    return waiting.place_in_chain(file, package)[0] == "already"


def assert_same(one: dict[str, Any], other: dict[str, Any], what: str) -> None:
    """Both states are equal, or the difference is told."""
    told = []
    for name, rows in one.items():
        told += [f"  {name} - {each}"[:900] for each in rows if each not in other[name]]
        told += [f"  {name} + {each}"[:900] for each in other[name] if each not in rows]
        if not told and rows != other[name]:
            told.append(f"  {name}: {rows} and {other[name]}"[:1800])
    assert one == other, "\n".join([f"not true: {what}", *told])

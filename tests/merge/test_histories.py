"""Long random histories: tablets, second assignments, edits in the office, undoing.

Packages are handed over without their containers, which other tests try, so that many histories
can be played: the journal, the merge and the taking in of assignments are the real ones.
"""

from __future__ import annotations

import contextlib
import os
import random
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace

import pytest
from county import SRID, VILLAGE, fill, orphans, outline, point, state_of
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from xiangtu import catalogue, store
from xiangtu.merge import plan, waiting
from xiangtu.merge.undo import undo
from xiangtu.package.description import PackageDescription
from xiangtu.package.work_in_progress import WorkInProgress
from xiangtu.sealing import age
from xiangtu.store.identity import new_uuid
from xiangtu.store.seen import seen_when_handed_out
from xiangtu.store.system_tables import SYSTEM_TABLES

#: `make soak` plays more of them.
HISTORIES = int(os.environ.get("XIANGTU_HISTORIES", "10"))
LAYERS = ("homestead", "house", "farmland", "facility", "relic")
IDENTITY = age.generate_identity()


@dataclass
class World:
    """A county, its tablets and the packages on their way."""

    folder: Path
    chance: random.Random
    tablets: list[str] = field(default_factory=list)
    packages: list[SimpleNamespace] = field(default_factory=list)
    assignments: int = 0

    @property
    def county(self) -> Path:
        return self.folder / "county.sqlite"

    def tablet(self, name: str) -> Path:
        return self.folder / f"{name}.sqlite"

    # -- handing out and back ----------------------------------------------------------------

    def assign(self, name: str) -> None:
        self.assignments += 1
        basis = new_uuid()
        with store.open(self.county) as county:
            seen = seen_when_handed_out(county.connection, county.device_id)
            with county.atomic():
                county.connection.execute(
                    "INSERT INTO basis VALUES (?, ?, '')", (basis, seen.to_json())
                )
                county.connection.execute(
                    "INSERT INTO assignment VALUES (?, ?, ?, 's', '[]', '[]', '', 0, '{}')",
                    (basis, name, self.assignments),
                )
            about = SimpleNamespace(
                villages=(VILLAGE,), layers=LAYERS, uuid=basis, seen=seen.to_json()
            )
            with store.open(self.tablet(name)) as tablet:
                with tablet.atomic(quiet=True):
                    WorkInProgress(tablet, county.connection, about, seen).merge()
                tablet.sign_in(author=f"surveyor {name}", device=name, basis=basis)

    def pack(self, name: str) -> None:
        """What the tablet changed since its last package, as the county would open it."""
        mine = [each.description for each in self.packages if each.description.device == name]
        first = mine[-1].last_change + 1 if mine else 1
        packed = sqlite3.connect(":memory:")
        packed.executescript(SYSTEM_TABLES)
        with store.open(self.tablet(name)) as tablet:
            changes = tablet.connection.execute(
                "SELECT * FROM change WHERE number >= ? ORDER BY number", (first,)
            ).fetchall()
            if not changes:
                return
            marks = ", ".join("?" * len(changes[0]))
            packed.executemany(f"INSERT INTO change VALUES ({marks})", changes)
            packed.executemany(
                "INSERT INTO change_value VALUES (?, ?, ?, ?)",
                tablet.connection.execute(
                    "SELECT v.* FROM change_value v JOIN change c ON c.id = v.change "
                    "WHERE c.number >= ?",
                    (first,),
                ),
            )
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
        self.packages.append(
            SimpleNamespace(
                path=Path(uuid), description=about, connection=packed, attachments={}, sha256=uuid
            )
        )

    # -- what people do ----------------------------------------------------------------------

    def work(self, path: Path, steps: int) -> None:
        with store.open(path) as file:
            for _ in range(steps):
                self.step(file)

    def step(self, file: store.SurveyFile) -> None:
        chance = self.chance
        layer = chance.choice(("homestead", "house", "house", "farmland", "facility"))
        records = [uuid for (uuid,) in file.connection.execute(f"SELECT uuid FROM {layer}")]
        operation = chance.choice(
            ("value", "value", "remark", "move", "delete", "new", "photo", "parent")
        )
        values: dict[str, object] = {"village": VILLAGE}
        if operation == "new" or not records:
            self.insert(file, layer)
            return
        record = chance.choice(records)
        if operation == "value":
            if layer == "house":
                values = {"storeys": chance.randint(1, 4)}
            file.update(layer, record, {**values, "state": chance.choice(("draft", "surveyed"))})
        elif operation == "remark":
            file.update(layer, record, {"remark": chance.choice("xyz")})
        elif operation == "move":
            place = chance.randint(0, 40)
            moved = point(place) if layer == "facility" else outline(place * 10, place)
            file.update(layer, record, {"horizontal_accuracy_m": chance.choice((0.1, 2.0))}, moved)
        elif operation == "delete":
            file.delete(layer, record)
        elif operation == "photo":
            file.insert(
                "attachment",
                {"record": record, "layer": layer, "sha256": "0" * 64, "kind": "photo"},
            )
        elif layer == "house":
            homesteads = file.connection.execute("SELECT uuid FROM homestead").fetchall()
            if homesteads:
                (other,) = chance.choice(homesteads)
                file.update("house", record, {"homestead_uuid": other})

    def insert(self, file: store.SurveyFile, layer: str) -> None:
        place = self.chance.randint(0, 40)
        values: dict[str, object] = {"village": VILLAGE}
        if layer == "house":
            homesteads = file.connection.execute("SELECT uuid FROM homestead").fetchall()
            if not homesteads:
                return
            values["homestead_uuid"] = self.chance.choice(homesteads)[0]
        if layer == "facility":
            values |= {"kind": self.chance.choice(("well", "pond")), "horizontal_accuracy_m": 1.0}
        shape = point(place) if layer == "facility" else outline(place * 10, place, 15, 15)
        file.insert(layer, values, shape)


def take_in(file: store.SurveyFile, packages: list[SimpleNamespace]) -> list[int]:
    """Merge packages as they come; one that waits for another is tried again after it."""
    batches: list[int] = []
    left = list(packages)
    while left:
        for opened in list(left):
            state, _ = waiting.place_in_chain(file, opened)
            if state == "waiting":
                continue
            left.remove(opened)
            if state == "already":
                continue
            about = opened.description
            report = plan.MergeReport(about.uuid, about.device, about.number, state)
            with file.atomic(quiet=True):
                merged = plan.take_in(file, opened, IDENTITY, "officer", report, None)
            batches.append(merged.batch)
    return batches


@contextlib.contextmanager
def copied(path: Path, place: Path) -> Iterator[store.SurveyFile]:
    store.copy(path, place)
    with store.open(place) as file:
        yield file
    place.unlink()


@pytest.fixture(scope="module")
def blank(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("blank")
    names = [("county", "county", None), *((f"t{i}", "tablet", f"t{i}") for i in range(5))]
    for name, role, device in names:
        with store.create(
            folder / f"{name}.sqlite",
            catalogue.load(),
            SRID,
            role=role,
            county="990101",
            device=device,
            recipient=age.recipient_of(IDENTITY),
        ) as file:
            if role == "county":
                fill(file)
    return folder


@given(st.integers(0, 2**32))
@settings(
    max_examples=HISTORIES,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_a_county_is_a_function_of_what_it_holds(blank, tmp_path_factory, seed):
    chance = random.Random(seed)
    world = World(tmp_path_factory.mktemp("world"), chance)
    for each in blank.iterdir():
        store.copy(each, world.folder / each.name)
    world.tablets = [f"t{i}" for i in range(chance.randint(2, 5))]
    steps = max(1, 200 // (len(world.tablets) * 3))
    with store.open(world.county) as file:
        for name in world.tablets:
            file.connection.execute(
                "INSERT INTO device VALUES (?, ?, x'', '', '', NULL)", (name, name)
            )
    for name in world.tablets:
        world.assign(name)
    merged = 0
    for _ in range(chance.randint(1, 2)):
        for name in world.tablets:
            world.work(world.tablet(name), chance.randint(0, steps))
            if chance.random() < 0.7:
                world.pack(name)
        ready = world.packages[merged:]
        chance.shuffle(ready)
        with store.open(world.county) as file:
            take_in(file, [each for each in world.packages[:merged]] + ready)
        merged = len(world.packages)
        world.work(world.county, chance.randint(0, 5))
        for name in world.tablets:
            if chance.random() < 0.6:
                world.assign(name)
    for name in world.tablets:
        world.work(world.tablet(name), chance.randint(0, steps))
        world.pack(name)
    last = world.packages[merged:]

    with store.open(world.county) as file:
        before = state_of(file)
    found = []
    for order in range(3):
        mixed = list(last)
        chance.shuffle(mixed)
        with copied(world.county, world.folder / f"order{order}.sqlite") as file:
            batches = take_in(file, mixed)
            found.append(state_of(file))
            assert not orphans(file)
            assert take_in(file, mixed) == []
            journal = {uuid for (uuid,) in file.connection.execute("SELECT uuid FROM change")}
            for package in world.packages:
                written = package.connection.execute("SELECT uuid FROM change")
                assert {uuid for (uuid,) in written} <= journal
            for batch in reversed(batches):
                undo(file, str(batch), author="officer")
            assert state_of(file) == before
            take_in(file, last)
            assert state_of(file) == found[0]
    assert found[1:] == found[:1] * 2

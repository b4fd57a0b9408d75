"""Random histories of merging, undoing and deciding: no record is ever called safe whose every
change, and those of its parts, are not in force at the county."""

from __future__ import annotations

import contextlib
import json
import random
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from histories import IDENTITY, World, histories, opened, place_to_play
from hypothesis import given
from hypothesis import strategies as st
from xiangtu import store
from xiangtu.errors import BadInput, MergeRefused
from xiangtu.merge import batches, conflicts, duplicates, joining, plan, waiting
from xiangtu.merge.office_edits import catch_up
from xiangtu.merge.undo import undo
from xiangtu.package import clearing, package_table, receipt
from xiangtu.package.description import ReceiptDescription, from_json, to_json
from xiangtu.package.record_states import STATES, part_columns, record_states

TABLETS = ("a" * 16, "b" * 16, "c" * 16)


class Office(World):
    """A county that answers its tablets."""

    def pack(self, name: str) -> None:
        before = len(self.packages)
        super().pack(name)
        for package in self.packages[before:]:
            tablet = self.tablets[name]
            with tablet.atomic():
                package_table.note(tablet.connection, package.description, package.sha256, "packed")

    def day(self, name: str) -> None:
        """A tablet at work, packages as they come, decisions, a receipt."""
        chance, tablet = self.chance, self.tablets[name]
        self.work(tablet, chance.randint(1, 6))
        if chance.random() < 0.2:
            tablet.connection.execute(
                "UPDATE house SET storeys = 'many' WHERE fid = (SELECT min(fid) FROM house)"
            )
        if chance.random() < 0.8:
            self.pack(name)
        for _ in range(chance.randint(1, 4)):
            self.merge()
        for _ in range(chance.randint(0, 2)):
            self.decide()
        self.answer(chance.choice(sorted(self.tablets)))
        if chance.random() < 0.2:
            self.assign(chance.choice(sorted(self.tablets)))

    def merge(self) -> None:
        """One package as it comes, in whatever order."""
        file = self.county
        if not self.packages:
            return
        package = self.chance.choice(self.packages)
        about = package.description
        if self.chance.random() < 0.15:
            refuse(file, about)
            return
        state, _ = waiting.place_in_chain(file, package)
        if state == "waiting":
            with file.atomic():
                package_table.note(file.connection, about, package.sha256, "waiting")
        elif state == "merged":
            report = plan.MergeReport(about.uuid, about.device, about.number, state)
            with file.atomic(quiet=True):
                plan.take_in(file, package, IDENTITY, "officer", report, None)

    def decide(self) -> None:
        file = self.county
        what = self.chance.choice(("conflict", "pair", "undo", "undo"))
        if what == "conflict":
            found = conflicts.list_conflicts(file)
            if found:
                conflict = self.chance.choice(found)
                head = self.chance.choice(conflict.heads)
                conflicts.take(file, conflict.id, str(head.number), author="officer")
        elif what == "pair":
            pairs = duplicates.list_pairs(file, "open")
            if pairs:
                pair = self.chance.choice(pairs)
                settle = self.chance.choice((joining.join, joining.keep_apart))
                with contextlib.suppress(MergeRefused):
                    settle(file, pair.id, author="officer")
        else:
            found = batches.list_batches(file)
            if found:
                with contextlib.suppress(MergeRefused, BadInput):
                    undo(file, str(self.chance.choice(found).number), author="officer")

    def answer(self, name: str) -> None:
        """A receipt written, read and held against the county's journal."""
        file, tablet = self.county, self.tablets[name]
        catch_up(file)
        about = receipt.describe(file, name)
        if about is None:
            return
        told = from_json(ReceiptDescription, to_json(about), Path("receipt"))
        assert told == about
        receipt.take_in(tablet, told, Path("receipt"))
        check(file, tablet)
        if self.chance.random() < 0.4:
            journal = tablet.connection.execute("SELECT * FROM change").fetchall()
            clearing.clear_survey(tablet)
            assert tablet.connection.execute("SELECT * FROM change").fetchall() == journal
            check(file, tablet)


def refuse(file: store.SurveyFile, about) -> None:
    """What merging a damaged copy leaves behind, unless the county has the package."""
    if file.connection.execute("SELECT 1 FROM package WHERE uuid = ?", (about.uuid,)).fetchone():
        return
    why = {"code": "package.truncated", "facts": {}, "author": "", "file": "", "verified": False}
    file.connection.execute(
        "INSERT INTO package (uuid, device, number, assignment, first_change, last_change, state, "
        "made_at, arrived_at, sha256, description) VALUES (?, ?, ?, '', 0, 0, 'refused', '', "
        "'2026-01-01T00:00:00.000Z', '', ?)",
        (about.uuid, about.device, about.number, json.dumps(why)),
    )


def check(county: store.SurveyFile, tablet: store.SurveyFile) -> None:
    """Every record of the tablet's journal has one state; those that are safe are so."""
    states = record_states(tablet)
    changes: dict[str, set[int]] = {}
    for record, number in tablet.connection.execute("SELECT record, number FROM change"):
        changes.setdefault(record, set()).add(number)
    assert set(states) == set(changes)
    assert all(each.state in STATES and each.record == uuid for uuid, each in states.items())
    live = {
        number
        for (number,) in county.connection.execute(
            "SELECT number FROM change WHERE device = ? AND live = 1", (tablet.device_id,)
        )
    }
    in_conflict = {record for (record,) in county.connection.execute("SELECT record FROM conflict")}
    parts = parts_now(tablet)
    for record, each in states.items():
        if each.safe:
            assert each.state == "taken"
            for one in {record} | below(parts, record):
                assert changes.get(one, set()) <= live, (record, one)
                if one in changes:
                    assert one not in in_conflict


def parts_now(tablet: store.SurveyFile) -> dict[str, set[str]]:
    """Record → the records that are its parts on the tablet."""
    found: dict[str, set[str]] = {}
    for layer, columns in part_columns(tablet.catalogue).items():
        for column in columns:
            for uuid, owner in tablet.connection.execute(f"SELECT uuid, {column} FROM {layer}"):
                found.setdefault(owner, set()).add(uuid)
    return found


def below(parts: dict[str, set[str]], record: str) -> set[str]:
    found: set[str] = set()
    level = {record}
    while level:
        level = set().union(*(parts.get(each, set()) for each in level)) - found
        found |= level
    return found


@pytest.fixture(scope="module")
def place() -> Iterator[Path]:
    with place_to_play(TABLETS) as folder:
        yield folder


@given(st.integers(0, 2**32))
@histories(40)
def test_nothing_is_called_safe_that_is_not_in_force(place: Path, seed: int):
    chance = random.Random(seed)
    names = TABLETS[: chance.randint(1, len(TABLETS))]
    with (
        tempfile.TemporaryDirectory(dir=place) as folder,
        opened(place / "blank", Path(folder), names) as (county, tablets),
    ):
        office = Office(county, tablets, chance)
        for name in names:
            office.assign(name)
        for _ in range(chance.randint(4, 10)):
            office.day(chance.choice(names))

"""The process killed, or the disk full, at random points of merge, undo, decision and receipt: at
the next start the file is whole, and wholly before or wholly after.

A case is all in its number: `pytest "tests/merge/test_faults.py" -k "[17]"` repeats it.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from fault_world import Base, World, check_whole, make_world, names_in, unlike
from faulty_work import KINDS, command, do
from small_disk import fill, own_disk
from xiangtu import store, words
from xiangtu.errors import BadFile, SurveyError
from xiangtu.package.opened_package import inspect
from xiangtu.sealing.keys import county_identity

#: `make soak` tries more.
FAULTS = int(os.environ.get("XIANGTU_FAULTS", "30"))
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="kills and mounts as Linux does")
#: What refuses the same work once it has been done.
_DONE_BEFORE = {"undo.already", "conflict.unknown", "duplicate.settled", "file.exists"}


@dataclass(frozen=True)
class Undisturbed:
    """A piece of work done without a fault: the points it passes, the room it needs beyond what
    was there, the states that it may be found in, and the names it leaves."""

    passed: dict[str, int]
    room_bytes: int
    states: list[dict[str, list]]
    names: set[str]


@dataclass
class Faults:
    """The world, what is known of each work, and a tally of how the cases ended."""

    world: World
    folder: Path
    known: dict[str, Undisturbed] = field(default_factory=dict)
    tally: dict[str, int] = field(default_factory=dict)

    def count(self, *words: str) -> None:
        for word in words:
            self.tally[word] = self.tally.get(word, 0) + 1

    def undisturbed(self, name: str) -> Undisturbed:
        if name not in self.known:
            self.known[name] = self._without_fault(name)
        return self.known[name]

    def _without_fault(self, name: str) -> Undisturbed:
        base = self.world.bases[name]
        where = Path(tempfile.mkdtemp(dir=self.folder))
        with own_disk(where / "disk", 64, needed=False) as disk:
            folder = placed(base, disk)
            state = os.statvfs(disk)
            at_first = (state.f_blocks - state.f_bavail) * state.f_frsize
            ran = Case(base, folder, where).run("--disk", disk)
            assert ran.refused is None
            after = self.world.dump(folder / base.file_name, labelled=True)
            names = names_in(folder)
        states = [self.world.dump(base.folder / base.file_name, labelled=True), after]
        if name == "merge what was waited for":
            states.insert(1, self._between(base, where))
        assert states[0] != after or base.work.name == "receipt"
        return Undisturbed(ran.passed, ran.peak_bytes - at_first, states, names)

    def _between(self, base: Base, where: Path) -> dict[str, list]:
        """One package merged and the one that waited for it not yet."""
        folder = placed(base, where)
        for kept in (folder / "waiting").iterdir():
            kept.unlink()
        do(base.work, folder)
        return self.world.dump(folder / base.file_name, labelled=True)


@dataclass(frozen=True)
class Ran:
    """How the process with the work ended."""

    code: int
    passed: dict[str, int]
    peak_bytes: int
    refused: dict | None


@dataclass(frozen=True)
class Case:
    """A copy of a base to do the work in, with temporary files in a place of their own."""

    base: Base
    folder: Path
    where: Path

    @property
    def path(self) -> Path:
        return self.folder / self.base.file_name

    def run(self, *options: object, temporary: Path | None = None) -> Ran:
        (self.where / "tmp").mkdir(exist_ok=True)
        place = temporary or self.where / "tmp"
        ran = subprocess.run(
            command(self.folder, self.base.work, *options),
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, "TMPDIR": str(place)},
        )
        if ran.returncode < 0:
            return Ran(ran.returncode, {}, 0, None)
        assert ran.returncode in (0, 2), ran.stderr
        told = json.loads(ran.stdout)
        return Ran(ran.returncode, told["passed"], told["peak"], told["refused"])

    def do_again(self) -> str:
        """The same work, now undisturbed; the code of a refusal, or ""."""
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(tempfile, "tempdir", str(self.where / "tmp"))
            try:
                do(self.base.work, self.folder)
            except SurveyError as error:
                return error.code
        return ""


def placed(base: Base, where: Path) -> Path:
    """A copy of a base to work in, with the packages beside it."""
    folder = where / "case"
    shutil.copytree(base.folder, folder)
    if base.work.subject.endswith((".xtp", ".xtr")):
        shutil.copy(base.folder.parent / base.work.subject, where)
    return folder


@pytest.fixture(scope="module")
def faults(tmp_path_factory, request) -> Iterator[Faults]:
    folder = tmp_path_factory.mktemp("faults")
    found = Faults(make_world(folder / "world"), folder)
    yield found
    if not found.tally:
        return
    counts = ", ".join(f"{number} {word}" for word, number in sorted(found.tally.items()))
    with request.config.pluginmanager.get_plugin("capturemanager").global_and_fixture_disabled():
        print(f"\nfaults: {counts}")


@pytest.mark.parametrize("seed", range(FAULTS))
def test_a_fault_leaves_a_file_before_or_after(faults: Faults, tmp_path: Path, seed: int):
    chance = random.Random(seed)
    names = list(faults.world.bases)
    name = names[seed % len(names)]
    known = faults.undisturbed(name)
    if seed // len(names) % 3 == 2:
        fill_the_disk(faults, name, known, chance, tmp_path)
    else:
        kill(faults, name, known, chance, tmp_path)


def kill(faults: Faults, name: str, known: Undisturbed, chance: random.Random, where: Path) -> None:
    base = faults.world.bases[name]
    case = Case(base, placed(base, where), where)
    kind = chance.choices(KINDS, (1, 3, 1))[0]  # COMMIT and checkpoint are among the writes
    point = chance.randrange(known.passed[kind])
    torn = chance.random() < 0.3
    print(f"{name}: killed at {kind} {point} of {known.passed[kind]}{' torn' if torn else ''}")
    ran = case.run("--kind", kind, "--point", point, *(["--torn"] if torn else []))
    if ran.code == 0:
        faults.count("not reached")
    place = look(faults, case, known)
    faults.count("kills", place)
    finish(faults, case, known, place)


def fill_the_disk(
    faults: Faults, name: str, known: Undisturbed, chance: random.Random, where: Path
) -> None:
    base = faults.world.bases[name]
    with own_disk(where / "disk", 64) as disk:
        case = Case(base, placed(base, disk), where)
        leave_bytes = chance.randrange(int(known.room_bytes * 1.05) + 1)
        beside = chance.random() < 0.25
        print(f"{name}: {leave_bytes} of {known.room_bytes} bytes left")
        filler = fill(disk, leave_bytes)
        ran = case.run(temporary=disk if beside else None)
        saved = ran.refused is None or ran.refused["code"] == "file.left_beside"
        if ran.refused is not None:
            faults.count(f"refused by {ran.refused['code']}")
            assert saved or ran.refused["code"] == "file.disk_full"
            for line in ran.refused["lines"]:
                assert line.isprintable() and str(disk) in line
            # Also while there is no room.
            try:
                store.open(case.path).close()
            except BadFile as error:
                assert error.code in ("file.disk_full", "file.left_beside")
        filler.unlink()
        place = look(faults, case, known)
        assert (place == "ended after") == saved or base.work.name == "receipt"
        faults.count("fills", place)
        finish(faults, case, known, place)


def look(faults: Faults, case: Case, known: Undisturbed) -> str:
    """The next start: whether the file is whole, and which of its states it is in."""
    check_whole(case.path)
    found = faults.world.dump(case.path)
    if found == faults.world.dump(case.base.folder / case.base.file_name):
        place = "ended before"
    else:
        labelled = faults.world.dump(case.path, labelled=True)
        assert labelled in known.states, [unlike(labelled, each) for each in known.states]
        place = ("ended before", "ended between", "ended after")[
            known.states.index(labelled) + 3 - len(known.states)
        ]
    receipt = case.folder / "receipt.xtr"
    if receipt.exists():
        identity = county_identity(case.path)
        assert inspect(receipt, identity=identity)["verified"]
        place = "ended after"
    return place


def finish(faults: Faults, case: Case, known: Undisturbed, place: str) -> None:
    """The same work once more ends where the undisturbed one did, and nothing is left over."""
    code = case.do_again()
    if code:
        assert code in _DONE_BEFORE and place == "ended after"
    check_whole(case.path)
    left = unlike(faults.world.dump(case.path, labelled=True), known.states[-1])
    if case.base.work.name == "receipt" and place == "ended after":
        left = [each for each in left if not each.startswith("access_log + ")]  # written twice
    assert left == []
    assert names_in(case.folder) == known.names
    assert list(case.where.rglob("xiangtu-*")) == []


def test_what_was_saved_stays_beside_the_file_when_the_disk_fills_before_it_is_closed(
    faults: Faults, tmp_path: Path
):
    base = faults.world.bases["undo"]
    with own_disk(tmp_path / "disk", 64) as disk:
        path = placed(base, disk) / "county.sqlite"
        file = store.open(path)
        with file.atomic():
            uuids = [file.insert("household", {"address": "x" * 3000}) for _ in range(200)]
        filler = fill(disk, 0)
        with pytest.raises(BadFile, match=r"file\.left_beside") as told:
            file.close()
        for language in ("en", "zh"):
            assert "county.sqlite-wal" in words.explain(told.value, language)
        filler.unlink()
        with store.open(path) as file:
            assert all(file.get("household", uuid) for uuid in uuids)
        assert not Path(f"{path}-wal").exists()
        check_whole(path)


def test_the_first_refusal_is_told_and_not_that_of_closing(faults: Faults, tmp_path: Path):
    base = faults.world.bases["undo"]
    with own_disk(tmp_path / "disk", 64) as disk:
        path = placed(base, disk) / "county.sqlite"
        with (
            pytest.raises(BadFile, match=r"file\.disk_full"),
            store.open(path) as file,
            file.atomic(doing="import"),
        ):
            file.insert("household", {"address": "x" * 3000})
            fill(disk, 0)
            for _ in range(200):
                file.insert("household", {"address": "x" * 3000})
        assert not list(disk.rglob("*-holder"))

"""An inbox of packages: what each is before it is merged, and merging many in order."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from county import County, known
from xiangtu.errors import Cancelled
from xiangtu.merge import arrivals, conflicts
from xiangtu.merge.arrivals import Arrival, find, look, merge_in_order
from xiangtu.package.refused_packages import list_refused


def packed(world: County, name: str, remark: str) -> Path:
    with world.survey(name) as file:
        file.update("house", known("house", 0), {"remark": remark})
    return world.pack(name)


def inbox(world: County, *paths: Path) -> list[Arrival]:
    with world.open() as file:
        return look(file, paths, world.identity)


def standings(found: list[Arrival]) -> list[tuple[int, str]]:
    return [(each.contents.description.number, each.standing) for each in found if each.contents]


def test_packages_are_in_the_order_of_their_numbers_and_all_ready(world):
    first, second = packed(world, "a", "one"), packed(world, "a", "two")
    found = inbox(world, second, first)
    assert standings(found) == [(1, "ready"), (2, "ready")]
    assert found[0].contents.authors == ("surveyor a",)
    assert found[0].contents.description.device == world.tablets["a"].device_id


def test_a_gap_in_the_numbers_is_named(world):
    packed(world, "a", "one")
    packed(world, "a", "two")
    third = packed(world, "a", "three")
    (found,) = inbox(world, third)
    assert (found.standing, found.missing) == ("waiting", (1, 2))


def test_what_is_merged_is_known_with_its_batch_and_a_second_copy_beside_it(world):
    first = packed(world, "a", "one")
    copied = world.folder / "copied.xtp"
    shutil.copy(first, copied)
    assert [each.standing for each in inbox(world, first, copied)] == ["ready", "already"]
    batch = world.merge(first).batch
    assert [(each.standing, each.batch) for each in inbox(world, first, copied)] == [
        ("already", batch),
        ("already", batch),
    ]


def test_a_copied_tablets_package_is_refused_and_can_be_taken_in_as_anothers(world):
    copied = world.cloned(world.folder.parent / "copied")
    first, other = packed(world, "a", "one"), packed(copied, "a", "another")
    found = inbox(world, first, other)
    assert [each.standing for each in found] == ["ready", "refused"]
    world.merge(first)
    (refused,) = inbox(world, other)
    assert refused.clone and refused.refusal.code == "package.number_used_twice"
    with world.open() as file:
        (attempt,) = merge_in_order(file, [refused], world.identity, author="officer")
    assert attempt.report.state == "merged" and attempt.report.device.endswith("~2")
    assert [each.standing for each in inbox(world, other)] == ["already"]


def test_a_damaged_file_is_refused_with_its_reason_and_noted_nowhere(world):
    first, second = packed(world, "a", "one"), packed(world, "b", "two")
    second.write_bytes(second.read_bytes()[:-200])
    sound, broken = inbox(world, second, first)
    assert (sound.standing, broken.standing, broken.contents) == ("ready", "refused", None)
    assert broken.refusal.code.startswith("package.")
    with world.open() as file:
        assert list_refused(file) == [], "looking at a package refuses nothing"


def test_one_refused_does_not_stop_those_after_it(world):
    paths = [packed(world, "a", "one"), packed(world, "a", "two"), packed(world, "b", "three")]
    found = inbox(world, *paths)
    lost = found[0].path
    lost.write_bytes(lost.read_bytes()[:-200])
    with world.open() as file:
        attempts = merge_in_order(file, found, world.identity, author="officer")
    assert [each.report and each.report.state for each in attempts].count("merged") >= 1
    assert attempts[0].refusal is not None
    assert len(attempts) == 3


def test_cancelling_in_the_second_leaves_the_first_merged(world):
    found = inbox(world, packed(world, "a", "one"), packed(world, "b", "two"))
    with world.open() as file:
        first, second = merge_in_order(
            file, found, world.identity,
            author="officer", progress=lambda fraction, _step: fraction < 0.7,
        )  # fmt: skip
        assert first.report.state == "merged"
        assert isinstance(second.refusal, Cancelled)
    assert sorted(each.standing for each in inbox(world, *(each.path for each in found))) == [
        "already",
        "ready",
    ]


@pytest.mark.parametrize(("last", "left"), [("three", 1), ("two", 0)])
def test_what_is_to_decide_is_what_is_open_after_the_last_package(world, last, left):
    """The third package goes on with the conflict of the first two, or agrees with the second."""
    paths = [packed(world, "a", "one"), packed(world, "b", "two"), packed(world, "a", last)]
    found = {each.path: each for each in inbox(world, *paths)}
    with world.open() as file:
        in_turn = [found[path] for path in paths]
        attempts = merge_in_order(file, in_turn, world.identity, author="officer")
        assert arrivals.to_decide(attempts) == (left, 0)
        assert conflicts.count_conflicts(file) == left


def test_a_dry_run_writes_nothing(world):
    found = inbox(world, packed(world, "a", "one"))
    with world.open() as file:
        (attempt,) = merge_in_order(file, found, world.identity, author="", dry_run=True)
    assert attempt.report.updated == 1
    assert [each.standing for each in inbox(world, found[0].path)] == ["ready"]


def test_a_file_that_is_the_same_is_not_opened_again(world, monkeypatch):
    first, second = packed(world, "a", "one"), packed(world, "b", "two")
    before = [each.contents for each in inbox(world, first, second)]
    opened = []
    real = arrivals.open_package
    monkeypatch.setattr(
        arrivals, "open_package", lambda path, **more: opened.append(path) or real(path, **more)
    )
    second.write_bytes(second.read_bytes())
    with world.open() as file:
        found = look(file, [first, second], world.identity, before)
    assert opened == [second] and len(found) == 2


def test_packages_are_found_in_folders_inside_a_stick_but_not_in_its_waste(world, tmp_path):
    first = packed(world, "a", "one")
    stick = tmp_path / "stick"
    for folder in ("team", ".Trash-1000"):
        (stick / folder).mkdir(parents=True)
        shutil.copy(first, stick / folder / "one.XTP")
    (stick / "photo.jpg").write_bytes(b"")
    assert find([stick, first, first]) == [stick / "team" / "one.XTP", first]


@pytest.mark.parametrize("gone", ["missing.xtp", "no such folder"])
def test_a_place_that_is_not_there_is_told(world, tmp_path, gone):
    (found,) = inbox(world, *find([tmp_path / gone]))
    assert found.standing == "refused" and found.refusal.code == "package.missing"

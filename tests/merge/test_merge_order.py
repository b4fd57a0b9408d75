"""Small random histories on three tablets: every order of merging gives the same county."""

from __future__ import annotations

import itertools
import tempfile
from pathlib import Path

import pytest
from county import VILLAGE, County, known, make_county, orphans, outline, point, state
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

TABLETS = "abc"
places = st.integers(0, 1)
operations = st.one_of(
    st.tuples(st.just("storeys"), places, st.integers(1, 3)),
    st.tuples(st.just("remark"), places, st.sampled_from(["x", "y"])),
    st.tuples(st.just("outline"), places, st.integers(0, 2)),
    st.tuples(st.just("delete house"), places, st.none()),
    st.tuples(st.just("delete homestead"), places, st.none()),
    st.tuples(st.just("new house"), places, st.integers(0, 2)),
    st.tuples(st.just("new facility"), places, st.integers(0, 2)),
    st.tuples(st.just("move house"), places, st.integers(0, 1)),
)
# Each example is a whole county with tablets and packages: shrinking one takes minutes.
no_shrinking = settings(
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
histories = st.tuples(*(st.lists(operations, max_size=4) for _ in TABLETS))


@pytest.fixture(scope="module")
def begun(tmp_path_factory) -> County:
    county = make_county(tmp_path_factory.mktemp("begun"))
    for name in TABLETS:
        county.assign(name)
    return county


def play(file, operation: str, place: int, value) -> None:
    """One step of a surveyor; what is already gone from the tablet is left alone."""
    house, homestead = known("house", place), known("homestead", place)
    if operation == "storeys" and file.get("house", house):
        file.update("house", house, {"storeys": value})
    elif operation == "remark" and file.get("homestead", homestead):
        file.update("homestead", homestead, {"remark": value})
    elif operation == "outline" and file.get("homestead", homestead):
        file.update("homestead", homestead, {}, outline(place * 30 + value))
    elif operation == "delete house" and file.get("house", house):
        file.delete("house", house)
    elif operation == "delete homestead" and file.get("homestead", homestead):
        file.delete("homestead", homestead)
    elif operation == "new house" and file.get("homestead", homestead):
        file.insert(
            "house",
            {"village": VILLAGE, "homestead_uuid": homestead},
            outline(place * 30 + 11, 11 + value, 8, 8),
        )
    elif operation == "new facility":
        file.insert(
            "facility",
            {"village": VILLAGE, "horizontal_accuracy_m": 1.0},
            point(place * 50 + value),
        )
    elif operation == "move house" and file.get("house", house):
        other = known("homestead", value)
        if file.get("homestead", other):
            file.update("house", house, {"homestead_uuid": other})


def surveyed(world: County, history) -> list[Path]:
    """Every tablet's steps, and a package of each that changed anything."""
    packages = []
    for name, steps in zip(TABLETS, history, strict=True):
        with world.survey(name) as file:
            for step in steps:
                play(file, *step)
            (changes,) = file.connection.execute("SELECT count(*) FROM change").fetchone()
        if changes:
            packages.append(world.pack(name))
    return packages


@given(histories)
@settings(no_shrinking, max_examples=12)
def test_every_order_of_merging_gives_the_same_county(begun, history):
    with tempfile.TemporaryDirectory() as folder:
        world = begun.cloned(Path(folder) / "world")
        packages = surveyed(world, history)
        found = []
        for order, way in enumerate(itertools.permutations(packages)):
            county = world.copied(Path(folder) / f"order{order}")
            for package in way:
                county.merge(package)
            found.append(state(county))
            with county.open() as file:
                assert not orphans(file)
            for package in way:
                assert county.merge(package).state == "already"
            assert state(county) == found[-1]
        assert all(each == found[0] for each in found)


@given(histories)
@settings(no_shrinking, max_examples=8)
def test_undoing_a_merge_restores_the_county_and_merging_again_brings_it_back(begun, history):
    with tempfile.TemporaryDirectory() as folder:
        world = begun.cloned(Path(folder) / "world")
        states = [state(world)]
        packages = surveyed(world, history)
        batches = []
        for package in packages:
            batches.append(world.merge(package).batch)
            states.append(state(world))
        for batch, before in zip(reversed(batches), reversed(states[:-1]), strict=True):
            world.undo(batch)
            assert state(world) == before
        for package in packages:
            world.merge(package)
        assert state(world) == states[-1]

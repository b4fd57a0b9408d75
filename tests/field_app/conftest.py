"""A county that hands out work, and a tablet that has taken it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from screens.own_display import KIVY
from small_village import COMPLETE, SRID, VILLAGE, World, fix_at, square
from xiangtu import catalogue, store
from xiangtu.gnss.fix import Fix
from xiangtu.sealing import keys

from field_app.controllers.start import Fieldwork

# Whichever test is the first to import Kivy: its one window is as large as the tablet.
os.environ.update(KIVY)


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, World]:
    """One village 1 km wide with two parcels beside each other and a household; and a tablet
    with its assignment, signed in. Copied for each test."""
    folder = tmp_path_factory.mktemp("template")
    path = folder / "county" / "county.sqlite"
    path.parent.mkdir()
    recipient = keys.make_county_key(path)
    with store.create(
        path, catalogue.load(), SRID, role="county", county="990101", name="青石县",
        recipient=recipient,
    ) as file:  # fmt: skip
        file.sign_in(author="county")
        file.insert("campaign", {"name": "2025", "kind": "full", "reference_date": "2025-06-01"})
        file.insert("village", {"code": VILLAGE, "name": "上河村"}, square(0, 0, 1000))
        common = COMPLETE | {
            "village": VILLAGE, "kind": "10", "land_use": "0101", "purpose": "1",
            "state": "accepted", "ownership": "30", "basic_farmland": "2",
        }  # fmt: skip
        parcels = {
            name: file.insert(
                "farmland",
                common | {"name": title, "code": f"{VILLAGE}01{number:05d}"},
                square(x, 100, 50),
            )
            for number, (name, title, x) in enumerate(
                [("west", "西地", 100), ("east", "东地", 150)], 1
            )
        }
        household = file.insert(
            "household", {"code": VILLAGE + "010007", "head_name": "张三", "village": VILLAGE}
        )
    world = World(path, keys.county_identity(path), parcels, household)
    with Fieldwork(folder / "tablet", "平板一") as started:
        started.take_assignment(world.assignment_for(started, folder / "out.xta"))
        started.sign_in("王芳")
    return folder, world


@pytest.fixture
def world(template: tuple[Path, World], tmp_path: Path) -> World:
    """The county that handed out the work."""
    folder, made = template
    shutil.copytree(folder / "county", tmp_path / "county")
    return replace(made, county=tmp_path / "county" / "county.sqlite")


@pytest.fixture
def work(template: tuple[Path, World], tmp_path: Path) -> Iterator[Fieldwork]:
    """A tablet with the village's assignment, signed in."""
    shutil.copytree(template[0] / "tablet", tmp_path / "tablet")
    with Fieldwork(tmp_path / "tablet") as started:
        yield started


@pytest.fixture
def stand() -> Callable[..., list[Fix]]:
    """Fixes while standing still: stand(x, y, epochs)."""

    def make(x: float, y: float, epochs: int = 12, **other) -> list[Fix]:
        return [fix_at(x + 0.01 * (-1) ** n, y, n, **other) for n in range(epochs)]

    return make


@pytest.fixture
def stick(tmp_path: Path) -> Path:
    """A stick that is plugged in."""
    folder = tmp_path / "stick"
    folder.mkdir()
    return folder

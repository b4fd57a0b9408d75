"""A county that hands out work, and a tablet that has taken it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from small_village import SRID, VILLAGE, World, fix_at, square
from xiangtu import catalogue, store
from xiangtu.gnss.fix import Fix
from xiangtu.sealing import keys

from field_app.controllers.start import Fieldwork


@pytest.fixture
def world(tmp_path: Path) -> World:
    """One village 1 km wide with two parcels beside each other, a household and a relic."""
    path = tmp_path / "county" / "county.sqlite"
    path.parent.mkdir()
    recipient = keys.make_county_key(path)
    with store.create(
        path, catalogue.load(), SRID, role="county", county="990101", name="青石县",
        recipient=recipient,
    ) as file:  # fmt: skip
        file.sign_in(author="county")
        campaign = file.insert(
            "campaign", {"name": "2025", "kind": "full", "reference_date": "2025-06-01"}
        )
        file.insert("village", {"code": VILLAGE, "name": "上河村"}, square(0, 0, 1000))
        common = {
            "village": VILLAGE, "kind": "10", "land_use": "0101", "purpose": "1",
            "state": "accepted", "ownership": "30",
        }  # fmt: skip
        parcels = {
            "west": file.insert(
                "farmland", common | {"name": "西地", "code": VILLAGE + "0100001"},
                square(100, 100, 50),
            ),
            "east": file.insert(
                "farmland", common | {"name": "东地", "code": VILLAGE + "0100002"},
                square(150, 100, 50),
            ),
        }  # fmt: skip
        household = file.insert(
            "household", {"code": VILLAGE + "010007", "head_name": "张三", "village": VILLAGE}
        )
    return World(path, keys.county_identity(path), parcels, household, campaign)


@pytest.fixture
def work(world: World, tmp_path: Path) -> Iterator[Fieldwork]:
    """A tablet with the village's assignment, signed in."""
    with Fieldwork(tmp_path / "tablet", "平板一") as started:
        started.take_assignment(world.assignment_for(started, tmp_path / "out.xta"))
        started.sign_in("王芳")
        yield started


@pytest.fixture
def stand() -> Callable[..., list[Fix]]:
    """Fixes while standing still: stand(x, y, epochs)."""

    def make(x: float, y: float, epochs: int = 12, **other) -> list[Fix]:
        return [fix_at(x + 0.01 * (-1) ** n, y, n, **other) for n in range(epochs)]

    return make

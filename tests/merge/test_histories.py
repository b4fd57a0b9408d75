"""What must hold of every history, however long and mixed (see histories.py)."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from histories import make_blank, play
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

#: `make soak` plays more of them.
HISTORIES = int(os.environ.get("XIANGTU_HISTORIES", "300"))
#: Where memory serves as a disk, a history takes a third of the time.
MEMORY = Path("/dev/shm")


@pytest.fixture(scope="module")
def place() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as folder:
        yield Path(folder)


@pytest.fixture(scope="module")
def blank(place: Path) -> Path:
    folder = place / "blank"
    folder.mkdir()
    make_blank(folder)
    return folder


# Every example is a whole county with its tablets, told by its seed: nothing to shrink.
@given(st.integers(0, 2**32))
@settings(
    max_examples=HISTORIES,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_a_county_is_a_function_of_what_it_holds(place: Path, blank: Path, seed: int):
    with tempfile.TemporaryDirectory(dir=place) as folder:
        play(seed, blank, Path(folder))

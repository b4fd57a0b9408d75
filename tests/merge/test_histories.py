"""What must hold of every history, however long and mixed (see histories.py)."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from histories import TABLETS, in_memory, make_blank, play
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

#: `make soak` plays more of them.
HISTORIES = int(os.environ.get("XIANGTU_HISTORIES", "300"))


@pytest.fixture(scope="module")
def place() -> Iterator[Path]:
    with in_memory() as folder:
        (folder / "blank").mkdir()
        make_blank(folder / "blank", TABLETS)
        yield folder


# Every example is a whole county with its tablets, told by its seed: nothing to shrink.
@given(st.integers(0, 2**32))
@settings(
    max_examples=HISTORIES,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_a_county_is_a_function_of_what_it_holds(place: Path, seed: int):
    with tempfile.TemporaryDirectory(dir=place) as folder:
        play(seed, place / "blank", Path(folder))

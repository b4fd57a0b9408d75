"""What must hold of every history, however long and mixed (see histories.py)."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from histories import TABLETS, histories, place_to_play, play
from hypothesis import given
from hypothesis import strategies as st


@pytest.fixture(scope="module")
def place() -> Iterator[Path]:
    with place_to_play(TABLETS) as folder:
        yield folder


@given(st.integers(0, 2**32))
@histories(300)
def test_a_county_is_a_function_of_what_it_holds(place: Path, seed: int):
    with tempfile.TemporaryDirectory(dir=place) as folder:
        play(seed, place / "blank", Path(folder))

"""A county whose two tablets have their first assignment, for every test of the merge."""

from __future__ import annotations

from pathlib import Path

import pytest
from county import County, make_county


@pytest.fixture(scope="session")
def begun(tmp_path_factory: pytest.TempPathFactory) -> County:
    """Not to be written to."""
    county = make_county(tmp_path_factory.mktemp("begun"), "ab")
    for name in "ab":
        county.assign(name)
    return county


@pytest.fixture
def world(begun: County, tmp_path: Path) -> County:
    """A copy of the county and its tablets to do anything with."""
    return begun.cloned(tmp_path / "world")

"""A county file and a tablet's, made once and copied for each test."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from survey_files import SRID
from xiangtu import catalogue, store
from xiangtu.sealing import age


@pytest.fixture(scope="session")
def identity() -> str:
    return age.generate_identity()


@pytest.fixture(scope="session")
def fresh(tmp_path_factory: pytest.TempPathFactory, identity: str) -> Path:
    """An empty county file, closed; to be copied only."""
    path = tmp_path_factory.mktemp("fresh") / "county.sqlite"
    recipient = age.recipient_of(identity)
    store.create(
        path,
        catalogue.load(),
        SRID,
        role="county",
        county="990101",
        name="青石县",
        recipient=recipient,
    ).close()
    return path


@pytest.fixture
def county_path(tmp_path: Path, fresh: Path) -> Path:
    return Path(shutil.copy(fresh, tmp_path / "county.sqlite"))


@pytest.fixture
def county(county_path: Path) -> Iterator[store.SurveyFile]:
    with store.open(county_path) as file:
        file.sign_in(author="王芳", utc_offset_min=480)
        yield file

"""An empty county to put mistakes into."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from xiangtu import catalogue, store
from xiangtu.store import SurveyFile


@pytest.fixture(scope="session")
def empty_county(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("empty") / "county.sqlite"
    with store.create(path, catalogue.load(), 4548, role="county", county="990101", name="青石县"):
        pass
    return path


@pytest.fixture
def new_county(empty_county: Path, tmp_path: Path) -> Iterator[Callable[[], SurveyFile]]:
    opened: list[SurveyFile] = []

    def make() -> SurveyFile:
        folder = tmp_path / str(len(opened))
        folder.mkdir()
        shutil.copy(empty_county, folder / "county.sqlite")
        file = store.open(folder / "county.sqlite", catalogue.load())
        file.sign_in(author="office")
        opened.append(file)
        return file

    yield make
    for file in opened:
        file.close()


@pytest.fixture
def county(new_county: Callable[[], SurveyFile]) -> SurveyFile:
    return new_county()

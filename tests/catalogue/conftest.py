"""The product's catalogue, and a county's own folder written by the test."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from xiangtu.catalogue.loader import load


@pytest.fixture
def county(tmp_path: Path) -> Callable[..., Path]:
    """Writes a county's own folder: county(**{"file_name": "content"}) -> the folder."""
    folder = tmp_path / "own"
    folder.mkdir()

    def write(**files: str) -> Path:
        for name, content in files.items():
            (folder / f"{name}.toml").write_text(content, encoding="utf-8")
        return folder

    return write


@pytest.fixture(scope="session")
def catalogue():
    return load()

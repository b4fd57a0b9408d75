"""What whole journeys stand on: the small county of command_line.py, and a disk of its own."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import small_disk
from command_line import packed_once, place
from refusing import Lockable

__all__ = ["lockable", "own_disk", "packed_once", "place"]


@pytest.fixture
def lockable(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Lockable]:
    """For root a disk, since rights do not bind root; for others a folder without the right."""
    if os.geteuid() == 0:
        disk = request.getfixturevalue("own_disk")

        def remount() -> None:
            subprocess.run(["mount", "-o", "remount,ro", disk], check=True)

        yield Lockable(disk, remount)
        return
    folder = tmp_path / "locked"
    folder.mkdir()

    def allow(mode: int) -> None:
        for path in (folder, *folder.rglob("*")):
            path.chmod(mode)

    yield Lockable(folder, lambda: allow(0o555))
    allow(0o755)


@pytest.fixture
def own_disk(tmp_path: Path) -> Iterator[Path]:
    """A folder on a small disk of its own, which only root can have."""
    with small_disk.own_disk(tmp_path / "disk", 8) as disk:
        yield disk

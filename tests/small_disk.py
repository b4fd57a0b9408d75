"""A small disk of its own for tests that fill it."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


@contextmanager
def own_disk(folder: Path, megabytes: int, *, needed: bool = True) -> Iterator[Path]:
    """A disk of its own, which only root can have; if that is not needed, else a mere folder."""
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", folder],
        capture_output=True,
        text=True,
    )
    if mounted.returncode != 0:
        if needed:
            pytest.skip(f"no disk can be mounted here ({mounted.stderr.strip()})")
        yield folder
        return
    try:
        yield folder
    finally:
        subprocess.run(["umount", folder], check=True)


def fill(disk: Path, leave_bytes: int) -> Path:
    """Fill a disk up to a rest; the file that fills it."""
    state = os.statvfs(disk)
    filler = disk / "filler"
    with filler.open("wb") as stream:
        os.posix_fallocate(
            stream.fileno(), 0, max(state.f_bavail * state.f_frsize - leave_bytes, 1)
        )
    return filler

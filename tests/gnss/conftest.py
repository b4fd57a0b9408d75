"""Fixtures of the tests of positions."""

from __future__ import annotations

import re
from pathlib import Path

import pytest


@pytest.fixture
def rtk_file(shared_data: Path, tmp_path: Path) -> Path:
    """The RTK recording without comments and without sentences gpsfake does not know."""
    data = (shared_data / "nmea" / "gpsd" / "nmea-rtk.log").read_bytes()
    lines = [line for line in data.splitlines() if re.match(rb"\$G[NP](GGA|RMC),", line)]
    path = tmp_path / "rtk.nmea"
    path.write_bytes(b"\r\n".join(lines) + b"\r\n")
    return path

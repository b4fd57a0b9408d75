"""The peak of memory is the search's own, not that of the process that started it."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from pathlib import Path

import shapely

from bench.county_files import ROOT


def test_a_large_parent_does_not_count(tmp_path: Path):
    path = tmp_path / "parcels.gpkg"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE farmland (geom BLOB)")
        blob = bytes(40) + shapely.to_wkb(shapely.box(0, 0, 1, 1))
        connection.executemany("INSERT INTO farmland VALUES (?)", [(blob,)] * 2)
    ballast = bytearray(b"x") * 600_000_000
    done = subprocess.run(
        [sys.executable, "-m", "bench.overlaps", "plain", str(path)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        check=True,
    )
    assert len(ballast) == 600_000_000
    found = json.loads(done.stdout)
    assert found["pairs"] == 1
    assert 0 < found["peak_bytes"] < 500_000_000

"""Makes survey.sqlite.gz, the empty SpatiaLite database every survey file starts as.

Run once, with mod_spatialite at hand, and commit what it writes:

    .venv/bin/python resources/template/make_template.py

Only then is real SpatiaLite needed: survey files are written by the standard library alone.
"""

from __future__ import annotations

import gzip
import sqlite3
import tempfile
from pathlib import Path

TEMPLATE = Path(__file__).resolve().parent / "survey.sqlite.gz"
#: Geographic WGS 84 and CGCS2000; 6° zones with and without prefix; 3° zones the same.
SRIDS = (4326, 4490, *range(4491, 4513), *range(4513, 4555))


def make_template(target: Path) -> None:
    """Write the compressed template; the same SpatiaLite gives the same tables every time."""
    with tempfile.TemporaryDirectory() as folder:
        raw = Path(folder) / "survey.sqlite"
        connection = sqlite3.connect(raw, isolation_level=None)
        try:
            connection.enable_load_extension(True)
            connection.load_extension("mod_spatialite")
            connection.execute("PRAGMA page_size = 4096")
            connection.execute("SELECT InitSpatialMetaData(1, 'NONE')")
            for srid in SRIDS:
                (done,) = connection.execute("SELECT InsertEpsgSrid(?)", (srid,)).fetchone()
                if not done:
                    raise SystemExit(f"SpatiaLite does not know EPSG:{srid}")
            connection.execute("VACUUM")
        finally:
            connection.close()
        target.write_bytes(gzip.compress(raw.read_bytes(), 9, mtime=0))


if __name__ == "__main__":
    make_template(TEMPLATE)

"""Makes v<schema>.sqlite.gz, the survey file that stands for a released version in the tests.

Run once, when a schema version is released, and commit what it writes; never run again for it:

    .venv/bin/python tests/store/released/make_release.py
"""

from __future__ import annotations

import gzip
import tempfile
from pathlib import Path

import shapely
from xiangtu import catalogue, store
from xiangtu.sealing import age
from xiangtu.store.system_tables import SCHEMA_VERSION


def make_release(folder: Path) -> Path:
    """A county file with a record of each sort that later versions must keep."""
    with tempfile.TemporaryDirectory() as temporary:
        path = Path(temporary) / "county.sqlite"
        with store.create(
            path,
            catalogue.load(),
            4548,
            role="county",
            county="990101",
            name="青石县",
            recipient=age.recipient_of(age.generate_identity()),
        ) as file:
            file.sign_in(author="王芳", utc_offset_min=480)
            shape = shapely.box(450_000, 3_900_000, 450_020, 3_900_020)
            parcel = file.insert("farmland", {"name": "地"}, shape)
            file.update("farmland", parcel, {"name": "坡地"})
            homestead = file.insert("homestead", {}, shape)
            file.insert("house", {"homestead_uuid": homestead}, shape)
            file.insert("household", {"id_number": "990101199001010019"})
            file.save_draft("01900000-0000-7000-8000-00000000000a", "farmland", {"name": "x"})
        packed = folder / f"v{SCHEMA_VERSION}.sqlite.gz"
        packed.write_bytes(gzip.compress(path.read_bytes(), 9, mtime=0))
    return packed


if __name__ == "__main__":
    make_release(Path(__file__).resolve().parent)

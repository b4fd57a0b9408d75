"""Offline basemaps: a file that claims to be MBTiles, checked before it is handed out."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path

from ..errors import BadInput

#: How tile images begin: PNG, JPEG, WebP (after four bytes of length).
_IMAGE_STARTS = (b"\x89PNG", b"\xff\xd8\xff", b"RIFF")


def check(path: Path) -> None:
    """See that `path` is an MBTiles file with at least one tile that is an image.

    Raises BadInput: "basemap.missing", "basemap.not_mbtiles" (reason).
    """
    if not path.is_file():
        raise BadInput("basemap.missing", path=path)
    try:
        with contextlib.closing(
            sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro&immutable=1", uri=True)
        ) as connection:
            connection.execute("PRAGMA trusted_schema = OFF")
            connection.execute("SELECT name, value FROM metadata LIMIT 1").fetchone()
            row = connection.execute(
                "SELECT zoom_level, tile_column, tile_row, tile_data FROM tiles LIMIT 1"
            ).fetchone()
    except sqlite3.Error as fault:
        raise BadInput("basemap.not_mbtiles", path=path, reason=str(fault)) from fault
    if row is None:
        raise BadInput("basemap.not_mbtiles", path=path, reason="reason.no_tiles")
    image = row[3]
    if not isinstance(image, bytes) or not image.startswith(_IMAGE_STARTS):
        raise BadInput("basemap.not_mbtiles", path=path, reason="reason.no_images")

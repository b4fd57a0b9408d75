"""MBTiles files of the tests' own: tiles of one colour each."""

from __future__ import annotations

import io
import sqlite3
from collections.abc import Mapping
from pathlib import Path

from PIL import Image

Colour = tuple[int, int, int]


def image(colour: Colour, kind: str = "PNG", side: int = 256) -> bytes:
    stream = io.BytesIO()
    options = {"lossless": True} if kind == "WEBP" else {}
    Image.new("RGB", (side, side), colour).save(stream, kind, **options)
    return stream.getvalue()


def make(path: Path, tiles: Mapping[tuple[int, int, int], bytes]) -> Path:
    """An MBTiles file of tiles by zoom, column and row from the south, without metadata."""
    with sqlite3.connect(path) as connection:
        connection.execute(
            "CREATE TABLE tiles (zoom_level INTEGER, tile_column INTEGER, tile_row INTEGER, "
            "tile_data BLOB)"
        )
        connection.executemany(
            "INSERT INTO tiles VALUES (?, ?, ?, ?)",
            [(*place, data) for place, data in tiles.items()],
        )
    connection.close()
    return path

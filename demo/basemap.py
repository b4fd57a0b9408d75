"""The land from above as tiles of an MBTiles file, for a tablet's map without a network."""

from __future__ import annotations

import io
import math
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import shapely
from numpy.typing import NDArray
from PIL import Image
from xiangtu.geo import gauss_kruger

from .terrain import CELL_M, Terrain

#: The deepest zoom is some 2 m a pixel here; nearer, the app stretches it.
_ZOOMS = range(12, 17)
_SIDE = 256
#: Valley floor, slopes and the hills' tops by their height above the river (metres), and water.
_HEIGHTS_M = (0.0, 12.0, 60.0, 130.0)
_GROUND = np.array([(214, 214, 176), (196, 206, 158), (150, 176, 122), (118, 148, 100)], float)
_WATER = (150, 186, 206)
_RIVER_M, _STREAM_M = 14.0, 3.5
#: Light from the north-west, as maps have it.
_LIGHT = np.array([-1.0, 1.0, 1.6]) / math.hypot(1.0, 1.0, 1.6)


def write_basemap(terrain: Terrain, srid: int, path: Path) -> Path:
    """Write the tiles (PNG) that the terrain fills at least in part; the path."""
    water = shapely.union_all(
        [terrain.river.buffer(_RIVER_M), *(each.buffer(_STREAM_M) for each in terrain.streams)]
    )
    with sqlite3.connect(path) as file:
        file.execute("CREATE TABLE metadata (name TEXT, value TEXT)")
        file.executemany(
            "INSERT INTO metadata VALUES (?, ?)", [("name", path.stem), ("format", "png")]
        )
        file.execute(
            "CREATE TABLE tiles (zoom_level INTEGER, tile_column INTEGER, tile_row INTEGER, "
            "tile_data BLOB)"
        )
        for zoom in _ZOOMS:
            file.executemany(
                "INSERT INTO tiles VALUES (?, ?, ?, ?)",
                (
                    (zoom, column, 2**zoom - 1 - row,
                     _png(_colours(terrain, srid, water, zoom, column, row)))
                    for column, row in _tiles(terrain, srid, zoom)
                ),
            )  # fmt: skip
    file.close()
    return path


def _tiles(terrain: Terrain, srid: int, zoom: int) -> Iterator[tuple[int, int]]:
    """Columns from the west and rows from the north."""
    x, y = np.meshgrid(terrain.x[[0, -1]], terrain.y[[0, -1]])
    longitude, latitude = gauss_kruger.inverse(x, y, srid)
    across = (longitude + 180) / 360 * 2**zoom
    down = (1 - np.arcsinh(np.tan(np.radians(latitude))) / np.pi) / 2 * 2**zoom
    for column in range(int(across.min()), int(across.max()) + 1):
        for row in range(int(down.min()), int(down.max()) + 1):
            yield column, row


def _colours(
    terrain: Terrain, srid: int, water: shapely.Geometry, zoom: int, column: int, row: int
) -> NDArray[np.uint8]:
    """Red, green, blue and opacity of each pixel, shape (256, 256, 4)."""
    step = (np.arange(_SIDE) + 0.5) / _SIDE
    longitude, down = np.meshgrid((column + step) / 2**zoom * 360 - 180, (row + step) / 2**zoom)
    latitude = np.degrees(np.arctan(np.sinh(np.pi * (1 - 2 * down))))
    x, y = gauss_kruger.forward(longitude, latitude, srid)
    above = terrain.at(terrain.above_river_m, x, y)
    ground = np.stack([np.interp(above, _HEIGHTS_M, each) for each in _GROUND.T], axis=-1)
    east, west = (terrain.at(terrain.height_m, x + side, y) for side in (CELL_M, -CELL_M))
    north, south = (terrain.at(terrain.height_m, x, y + side) for side in (CELL_M, -CELL_M))
    rise = np.stack([west - east, south - north, np.full_like(x, 2 * CELL_M)], axis=-1)
    light = (rise @ _LIGHT) / np.linalg.norm(rise, axis=-1)
    # Level land keeps its colour.
    colours = ground * np.clip(0.62 + 0.38 * light / _LIGHT[2], 0.4, 1.15)[..., None]
    # The little of it that lies here is looked through in no time.
    here = shapely.clip_by_rect(water, x.min(), y.min(), x.max(), y.max())
    shapely.prepare(here)
    colours[shapely.contains_xy(here, x, y)] = _WATER
    known = (x > terrain.x[0]) & (x < terrain.x[-1]) & (y > terrain.y[0]) & (y < terrain.y[-1])
    return np.dstack([np.clip(colours, 0, 255), known * 255.0]).astype(np.uint8)


def _png(colours: NDArray[np.uint8]) -> bytes:
    out = io.BytesIO()
    Image.fromarray(colours).quantize(64, Image.Quantize.FASTOCTREE).save(out, "PNG", optimize=True)
    return out.getvalue()

"""The offline basemap: tiles out of an MBTiles file.

Source of the format: mbtiles-spec 1.3. Its metadata are not needed: what the file has is asked of
its tiles, and what a tile is, of its bytes.
"""

from __future__ import annotations

import io
import sqlite3
import warnings
from dataclasses import dataclass
from pathlib import Path

from PIL import Image
from xiangtu.errors import BadFile
from xiangtu.package.adoption import BASEMAP
from xiangtu.store import SurveyFile

#: A tile of more pixels a side is none: real ones have 256 or 512.
_LARGEST_SIDE = 2048
_DEEPEST_ZOOM = 30


@dataclass(frozen=True, order=True)
class TileKey:
    """A tile of the Web Mercator square: zoom, column from the west, row from the **south**."""

    zoom: int
    column: int
    row: int

    @property
    def parent(self) -> TileKey:
        """The tile of the zoom before that holds this one."""
        return TileKey(self.zoom - 1, self.column // 2, self.row // 2)


@dataclass(frozen=True)
class Tile:
    """A tile as RGBA bytes, the upper row first."""

    key: TileKey
    width: int
    height: int
    pixels: bytes


class Basemap:
    """An MBTiles file, open; to be used on the thread that made it.

    Parameters
    ----------
    path : Path

    Raises
    ------
    BadFile
        "app.basemap.missing"; "app.basemap.damaged" (path, reason) where it is no MBTiles file or
        cannot be read.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        if not path.is_file():
            raise BadFile("app.basemap.missing", path=str(path))
        self._connection = sqlite3.connect(
            f"{path.resolve().as_uri()}?mode=ro&immutable=1", uri=True
        )
        try:
            self._connection.execute("PRAGMA trusted_schema = OFF")
            self.first_zoom, self.last_zoom = self._ask(
                "SELECT min(zoom_level), max(zoom_level) FROM tiles WHERE zoom_level "
                f"BETWEEN 0 AND {_DEEPEST_ZOOM}"
            )
        except BadFile:
            self._connection.close()
            raise
        if self.last_zoom is None:
            self._connection.close()
            raise BadFile("app.basemap.damaged", path=str(path), reason="reason.no_tiles")

    def close(self) -> None:
        self._connection.close()

    def tile(self, key: TileKey) -> Tile | None:
        """The tile, or else the nearest one above it that the file has; None where there is none.

        BadFile("app.basemap.damaged") where the file breaks off or the tile is no image.
        """
        while key.zoom >= self.first_zoom:
            row = self._ask(
                "SELECT tile_data FROM tiles "
                "WHERE zoom_level = ? AND tile_column = ? AND tile_row = ?",
                (key.zoom, key.column, key.row),
            )
            if row is not None and row[0]:
                return self._decoded(key, row[0])
            key = key.parent
        return None

    def _ask(self, query: str, values: tuple[int, ...] = ()) -> tuple:
        try:
            return self._connection.execute(query, values).fetchone()
        except sqlite3.Error as fault:
            raise BadFile("app.basemap.damaged", path=str(self.path), reason=str(fault)) from fault

    def _decoded(self, key: TileKey, data: bytes) -> Tile:
        try:
            with warnings.catch_warnings():
                # Pillow warns of an image that is too large by its own measure; ours is smaller.
                warnings.simplefilter("ignore", Image.DecompressionBombWarning)
                image = Image.open(io.BytesIO(data), formats=("PNG", "JPEG", "WEBP"))
                if max(image.size) > _LARGEST_SIDE:
                    raise ValueError(f"{image.width} x {image.height}")
                pixels = image.convert("RGBA").tobytes()
        except (OSError, ValueError, SyntaxError, TypeError, Image.DecompressionBombError) as fault:
            name = f"{key.zoom}/{key.column}/{key.row}"
            raise BadFile(
                "app.basemap.damaged_tile", path=str(self.path), tile=name, reason=str(fault)
            ) from fault
        return Tile(key, image.width, image.height, pixels)


def basemap_of(survey: SurveyFile) -> Path | None:
    """Where the basemap of the tablet's assignments lies; None where none came with them."""
    name = survey.meta.get(BASEMAP)
    return survey.path.parent / str(name) if name else None

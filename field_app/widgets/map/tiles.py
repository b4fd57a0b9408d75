"""The basemap under the survey: the tiles that are in view, or the nearest that the file has."""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kivy.graphics import Color, Rectangle
from kivy.graphics.texture import Texture
from xiangtu.errors import SurveyError
from xiangtu.geo.web_mercator import HALF_M

from ... import look
from ...controllers.basemap import Basemap, Tile, TileKey
from .place import Placed
from .viewport import Viewport

if TYPE_CHECKING:
    from ...app import XiangtuApp

_TILE_PX = 256
#: What is asked for at once, so that a tile that is out of view by then keeps nobody waiting.
_ASKED_AT_ONCE = 3
#: Textures that are kept; each takes 256 kB.
_KEPT = 96
#: More tiles than fill a window: the file begins far nearer than the map looks.
_MOST_IN_VIEW = 60


class TileLayer(Placed):
    """Draws the tiles that it has and asks for the others, the middle of the view first.

    `refused` is told of each tile that cannot be had.
    """

    def __init__(self, app: XiangtuApp, refused: Callable[[SurveyError], Any]) -> None:
        super().__init__()
        self._app, self._told = app, refused
        self._light = look.colours(app.settings.theme).basemap
        self._path: Path | None = None
        self._zooms: tuple[int, int] | None = None
        self._asked: set[TileKey] = set()
        #: The tile that stands for another; None where there is nothing.
        self._stands_for: dict[TileKey, TileKey | None] = {}
        self._textures: OrderedDict[TileKey, Texture] = OrderedDict()
        self._drawn: list[TileKey] = []
        self._viewport = Viewport()

    def open(self, path: Path) -> None:
        """Show the basemap of a path."""
        self._path = path
        self._app.tiles.ask(
            path, lambda basemap: (basemap.first_zoom, basemap.last_zoom), self._opened, self._told
        )

    def look(self, viewport: Viewport) -> None:
        self._viewport = viewport
        self._refresh()
        super().look(viewport)

    def _opened(self, zooms: tuple[int, int]) -> None:
        self._zooms = zooms
        self.look(self._viewport)

    def _refresh(self) -> None:
        """Ask for what is missing, and draw anew if something else is to be seen."""
        wanted = list(self._wanted())
        shown = {key for each in wanted if (key := self._nearest_there(each)) is not None}
        for key in shown:
            self._textures.move_to_end(key)
        drawn = sorted(shown)  # a tile of a farther zoom lies under those of nearer ones
        if drawn != self._drawn:
            self._drawn = drawn
            origin = (self._viewport.x_m, self._viewport.y_m)
            self.draw(origin, [Color(*self._light), *(self._rectangle(each) for each in drawn)])
        for key in wanted:
            if len(self._asked) >= _ASKED_AT_ONCE:
                break
            if key not in self._asked and not self._is_known(key):
                self._ask(key)

    def _wanted(self) -> Iterator[TileKey]:
        """The tiles that fill the view, the middle ones first."""
        if self._zooms is None:
            return
        zoom = round(math.log2(2 * HALF_M / (_TILE_PX * self._viewport.pixel_m)))
        zoom = min(max(zoom, self._zooms[0]), self._zooms[1])
        side_m, most = 2 * HALF_M / 2**zoom, 2**zoom - 1
        west, south, east, north = (
            min(max(math.floor((each + HALF_M) / side_m), 0), most)
            for each in self._viewport.bounds()
        )
        if (east - west + 1) * (north - south + 1) > _MOST_IN_VIEW:
            return
        keys = [
            TileKey(zoom, column, row)
            for column in range(west, east + 1)
            for row in range(south, north + 1)
        ]
        yield from sorted(
            keys,
            key=lambda key: abs(2 * key.column - west - east) + abs(2 * key.row - south - north),
        )

    def _nearest_there(self, key: TileKey) -> TileKey | None:
        """The tile to draw for one: itself, what stands for it, or meanwhile one above it."""
        while key.zoom >= 0:
            found = self._stands_for.get(key, key)
            if found in self._textures:
                return found
            key = key.parent
        return None

    def _is_known(self, key: TileKey) -> bool:
        return key in self._stands_for and (
            self._stands_for[key] is None or self._stands_for[key] in self._textures
        )

    def _ask(self, key: TileKey) -> None:
        assert self._path is not None
        self._asked.add(key)

        def task(basemap: Basemap) -> Tile | None:
            return basemap.tile(key)

        self._app.tiles.ask(
            self._path,
            task,
            lambda tile: self._got(key, tile),
            lambda error: self._refused(key, error),
        )

    def _got(self, key: TileKey, tile: Tile | None) -> None:
        self._asked.discard(key)
        self._stands_for[key] = tile.key if tile else None
        if tile is not None and tile.key not in self._textures:
            texture = Texture.create(size=(tile.width, tile.height), colorfmt="rgba")
            texture.blit_buffer(tile.pixels, colorfmt="rgba", bufferfmt="ubyte")
            texture.flip_vertical()
            texture.wrap = "clamp_to_edge"
            self._textures[tile.key] = texture
            while len(self._textures) > max(_KEPT, len(self._drawn)):
                self._textures.popitem(last=False)
        self.look(self._viewport)

    def _refused(self, key: TileKey, error: SurveyError) -> None:
        self._asked.discard(key)
        self._stands_for[key] = None
        self._told(error)
        self.look(self._viewport)

    def _rectangle(self, key: TileKey) -> Rectangle:
        side_m = 2 * HALF_M / 2**key.zoom
        x, y = key.column * side_m - HALF_M, key.row * side_m - HALF_M
        return Rectangle(
            pos=(x - self._viewport.x_m, y - self._viewport.y_m),
            size=(side_m, side_m),
            texture=self._textures[key],
        )

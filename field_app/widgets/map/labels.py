"""Names on the map, none on another."""

from __future__ import annotations

import unicodedata
from collections import OrderedDict
from dataclasses import dataclass
from operator import itemgetter

import numpy as np
from kivy.core.text import Label as CoreLabel
from kivy.graphics import Color, InstructionGroup, PopMatrix, PushMatrix, Rectangle, Translate
from kivy.graphics.texture import Texture
from kivy.metrics import dp, sp
from numpy.typing import NDArray

from ... import look
from ...controllers.map_content import MapContent
from ...controllers.settings import Theme
from .label_placing import placed
from .viewport import Viewport

_SIZE_SP = 14
_HALO_DP = 2
#: A name is as wide as its letters at the most: Chinese ones are square, others about half.
_WIDE, _NARROW, _HIGH = 1.0, 0.62, 1.35
#: More names than these are no help, and each is a texture; nor are more looked at for a place.
_MOST = 120
_CONSIDERED = 1_500
_KEPT = 400
#: Above the middle of a dot, so that it can be seen.
_ABOVE_DOT_DP = 16


@dataclass(frozen=True)
class Names:
    """Names in the order in which they have their place: what they say, where they stand in Web
    Mercator, how many pixels they are lifted from there, and how wide they are at the most."""

    texts: tuple[str, ...]
    places: NDArray[np.float64]
    lifts_px: NDArray[np.float64]
    widths_px: NDArray[np.float64]


def names_of(content: MapContent) -> Names:
    """The names of a content: those of layers that are drawn last come first, since they are the
    small things that one looks for. Within a layer they come mixed, and always alike, so that
    those that have a place are spread over the map and stay as it is moved."""
    found = [
        (text, place, dp(_ABOVE_DOT_DP) if each.layer.geometry == "POINT" else 0.0)
        for each in reversed(content.layers)
        for _, text, place in sorted(
            zip((uuid[::-1] for uuid in each.records), each.labels, each.anchors, strict=True),
            key=itemgetter(0),
        )
        if text
    ]
    texts, places, lifts = zip(*found, strict=True) if found else ((), (), ())
    widths = [
        sum(_WIDE if unicodedata.east_asian_width(each) in "WF" else _NARROW for each in text)
        for text in texts
    ]
    return Names(
        texts,
        np.array(places, float).reshape(-1, 2),
        np.array(lifts, float),
        np.array(widths, float) * sp(_SIZE_SP) + 2 * dp(_HALO_DP),
    )


class LabelLayer(InstructionGroup):
    """Writes as many names as can stand beside each other."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        own = look.colours(theme)
        self._text, self._halo = own.map_text, own.map_halo
        self._names = names_of(MapContent((0, 0, 0, 0), (), ()))
        self._shown: list[tuple[int, Rectangle]] = []
        self._textures: OrderedDict[str, Texture] = OrderedDict()
        self._placed_at = Viewport()
        self._translate = Translate(0, 0, 0)
        self._inside = InstructionGroup()
        for each in (
            PushMatrix(), self._translate, Color(1, 1, 1, 1), self._inside, PopMatrix()
        ):  # fmt: skip
            self.add(each)

    @property
    def texts(self) -> list[str]:
        """What is written at this moment."""
        return [self._names.texts[n] for n, _ in self._shown]

    def put(self, names: Names, viewport: Viewport) -> None:
        """Write these in place of those before."""
        self._shown = []
        self._names = names
        self.place(viewport)

    def place(self, viewport: Viewport) -> None:
        """Choose anew which names can stand, as the map lies."""
        x, y = self._pixels(viewport)
        seen = (x >= 0) & (x <= viewport.width) & (y >= 0) & (y <= viewport.height)
        inside = np.flatnonzero(seen)[:_CONSIDERED]
        wide, high = self._names.widths_px[inside] / 2, (_HIGH * sp(_SIZE_SP)) / 2 + dp(_HALO_DP)
        x, y = x[inside], y[inside]
        boxes = np.column_stack([x - wide, y - high, x + wide, y + high])
        kept = placed([(left, low, right, up) for left, low, right, up in boxes.tolist()], _MOST)
        self._inside.clear()
        self._shown = []
        for n in inside[kept].tolist():
            texture = self._texture(self._names.texts[n])
            rectangle = Rectangle(texture=texture, size=texture.size)
            self._inside.add(rectangle)
            self._shown.append((n, rectangle))
        self._lay(viewport)

    def look(self, viewport: Viewport) -> None:
        """Move the names along with the map."""
        before = self._placed_at
        if viewport.pixel_m != before.pixel_m or viewport.height != before.height:
            self._lay(viewport)
            return
        x, y = viewport.to_pixels(before.x_m, before.y_m)
        # On whole pixels, or the letters blur.
        self._translate.xyz = (
            round(x - viewport.width / 2), round(y - viewport.height / 2), 0
        )  # fmt: skip

    def _lay(self, viewport: Viewport) -> None:
        self._placed_at = viewport
        self._translate.xyz = (0, 0, 0)
        x, y = self._pixels(viewport)
        for n, rectangle in self._shown:
            width, height = rectangle.size
            rectangle.pos = (round(x[n] - width / 2), round(y[n] - height / 2))

    def _pixels(self, viewport: Viewport) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Where the middles of all names lie."""
        x, y = viewport.to_pixels(self._names.places[:, 0], self._names.places[:, 1])
        return x, y + self._names.lifts_px

    def _texture(self, text: str) -> Texture:
        if text in self._textures:
            self._textures.move_to_end(text)
            return self._textures[text]
        label = CoreLabel(
            text=text, font_size=sp(_SIZE_SP), font_name="Roboto", color=self._text,
            outline_width=dp(_HALO_DP), outline_color=self._halo,
        )  # fmt: skip
        label.refresh()
        self._textures[text] = label.texture
        while len(self._textures) > _KEPT:
            self._textures.popitem(last=False)
        return label.texture

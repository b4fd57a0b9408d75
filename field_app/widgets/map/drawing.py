"""The survey's records as the map draws them: made on the desk's thread, shown on the main one."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

import numpy as np
from kivy.graphics import Color, Instruction, Mesh
from kivy.metrics import dp
from xiangtu.catalogue import Layer
from xiangtu.geo import web_mercator

from ... import look
from ...controllers.map_content import LayerShapes, MapContent, Mark
from ...controllers.settings import Theme
from . import strokes

Rgba = tuple[float, float, float, float]

#: Insides are drawn of so many outlines in one view at the most; of more, outlines alone.
_FILLED_MOST = 1_500
_FILL_OPACITY = 0.4
#: Least contrast of a line to the background (WCAG 2.1, 1.4.11).
_LINE_CONTRAST = 3.0
_DOT_DP, _DOT_EDGE_DP = 5.0, 1.5
#: A line of the office's 0.3 mm in dp, which are 1/160 inch; and how much wider marked ones are.
_DP_PER_MM = 160 / 25.4
_MARKED = 2.0


@dataclass(frozen=True)
class Drawing:
    """What was in view, and how it is drawn from an origin at a size of the pixel."""

    content: MapContent
    origin: tuple[float, float]
    pixel_m: float
    parts: tuple[tuple[Rgba, tuple[strokes.Batch, ...]], ...]

    def instructions(self) -> list[Instruction]:
        """For a group whose coordinates are metres from the origin."""
        made: list[Instruction] = []
        for colour, batches in self.parts:
            made.append(Color(*colour))
            made += [
                Mesh(vertices=each.vertices, indices=each.indices, mode="triangles")
                for each in batches
            ]
        return made


def draw(content: MapContent, pixel_m: float, theme: Theme) -> Drawing:
    """How a content is drawn where a pixel is so many metres of Web Mercator."""
    west, south, east, north = content.bounds
    origin = ((west + east) / 2, (south + north) / 2)
    parts: list[tuple[Rgba, tuple[strokes.Batch, ...]]] = []
    for each in content.layers:
        parts += _layer(each, origin, pixel_m, theme)
    return Drawing(content, origin, pixel_m, tuple(parts))


def outline(
    shape: object, origin: tuple[float, float], pixel_m: float, width_dp: float
) -> list[Mesh]:
    """One shape as a line of a width, or a dot in a ring."""
    shapes = np.array([shape], dtype=object)
    batches = strokes.lines(shapes, origin, dp(width_dp) * pixel_m)
    batches += strokes.dots(shapes, origin, dp(_DOT_DP + width_dp) * pixel_m)
    return [
        Mesh(vertices=each.vertices, indices=each.indices, mode="triangles") for each in batches
    ]


def line_colour(layer: Layer, theme: Theme) -> Rgba:
    """A layer's own, made lighter or darker as far as it must be to be seen in a theme."""
    background = look.colours(theme).map_background
    colour = _rgba(layer.style.stroke)
    towards = 1.0 if look.contrast_ratio(background, (1, 1, 1, 1)) > 4.5 else 0.0
    while look.contrast_ratio(colour, background) < _LINE_CONTRAST:
        red, green, blue = (each + 0.1 * (towards - each) for each in colour[:3])
        colour = (red, green, blue, 1.0)
    return colour


def _layer(
    found: LayerShapes, origin: tuple[float, float], pixel_m: float, theme: Theme
) -> list[tuple[Rgba, tuple[strokes.Batch, ...]]]:
    own = look.colours(theme)
    edges: dict[Mark, Rgba] = {
        "": line_colour(found.layer, theme),
        "draft": own.warning, "today": own.good, "returned": own.bad,
    }  # fmt: skip
    marked: dict[Mark, list[int]] = defaultdict(list)
    for n, mark in enumerate(found.marks):
        marked[mark].append(n)
    filled: dict[str, list[int]] = defaultdict(list)
    for n, fill in enumerate(found.fills):
        if fill:
            filled[fill].append(n)
    parts: list[tuple[Rgba, list[strokes.Batch]]] = []
    is_point = found.layer.geometry == "POINT"
    if found.layer.geometry == "MULTIPOLYGON" and len(found.records) <= _FILLED_MOST:
        for fill, which in filled.items():
            batches = strokes.fills(found.shapes[which], origin)
            parts.append(((*_rgba(fill)[:3], _FILL_OPACITY), batches))
    width = dp(found.layer.style.width_mm * _DP_PER_MM) * pixel_m
    # The marked ones over the others, whose sides they share.
    for mark, which in sorted(marked.items()):
        if is_point:
            edge = dp(_DOT_DP + _DOT_EDGE_DP * (_MARKED if mark else 1.0)) * pixel_m
            parts.append((edges[mark], strokes.dots(found.shapes[which], origin, edge)))
        else:
            wide = width * (_MARKED if mark else 1.0)
            parts.append((edges[mark], strokes.lines(found.shapes[which], origin, wide)))
    if is_point:
        for fill, which in filled.items():
            middle = strokes.dots(found.shapes[which], origin, dp(_DOT_DP) * pixel_m)
            parts.append((_rgba(fill), middle))
    return [(colour, tuple(batches)) for colour, batches in parts if batches]


def _rgba(text: str) -> Rgba:
    red, green, blue = (int(text[n : n + 2], 16) / 255 for n in (1, 3, 5))
    return red, green, blue, 1.0


def accuracy_pixels(accuracy_m: float, latitude_deg: float, pixel_m: float) -> float:
    """The radius of a circle of so many metres on the ground."""
    return accuracy_m * web_mercator.stretch(latitude_deg) / pixel_m

"""What a finger draws, on a photo or as a signature: strokes, smoothed, put on a picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise

from PIL import Image, ImageDraw

Place = tuple[float, float]
Colour = tuple[int, int, int]

#: A stroke is drawn so many times larger and made small again, so that it has soft edges.
_FINER = 2
#: A curve goes through the places of the finger with so many straight pieces between two.
_PIECES = 6


@dataclass(frozen=True)
class Stroke:
    """One line of the pen, from where it was put down to where it was lifted.

    `places` are parts of the picture's width and height, from its upper left corner; `width` is a
    part of its longer side; `colour` is red, green and blue from 0 to 255.
    """

    places: tuple[Place, ...]
    width: float
    colour: Colour = (0, 0, 0)


def curve(places: Sequence[Place]) -> list[Place]:
    """A smooth line through all places (Catmull-Rom), which a finger's few places do not make."""
    different = [place for place, _same in groupby(places)]
    if len(different) < 3:
        return different
    ends = [different[0], *different, different[-1]]
    found = [different[0]]
    for before, start, end, after in zip(ends, ends[1:], ends[2:], ends[3:], strict=False):
        for piece in range(1, _PIECES + 1):
            t = piece / _PIECES
            x, y = (
                0.5
                * (
                    2 * start[axis]
                    + (end[axis] - before[axis]) * t
                    + (2 * before[axis] - 5 * start[axis] + 4 * end[axis] - after[axis]) * t**2
                    + (3 * start[axis] - before[axis] - 3 * end[axis] + after[axis]) * t**3
                )
                for axis in (0, 1)
            )
            found.append((x, y))
    return found


def draw(picture: Image.Image, strokes: Sequence[Stroke]) -> None:
    """Put strokes on an RGB picture, in their order."""
    for colour, several in groupby(strokes, key=lambda each: each.colour):
        ink = Image.new("L", (picture.width * _FINER, picture.height * _FINER), 0)
        pen = ImageDraw.Draw(ink)
        for stroke in several:
            _draw_one(pen, stroke, ink.size)
        picture.paste(colour, mask=ink.reduce(_FINER))


def _draw_one(pen: ImageDraw.ImageDraw, stroke: Stroke, size: tuple[int, int]) -> None:
    width = max(round(stroke.width * max(size)), 1)
    line = [(x * size[0], y * size[1]) for x, y in curve(stroke.places)]
    for one, other in pairwise(line):
        pen.line((one, other), fill=255, width=width)
    # Round at the ends and wherever it turns; a dot is nothing else.
    for x, y in line:
        pen.ellipse((x - width / 2, y - width / 2, x + width / 2, y + width / 2), fill=255)

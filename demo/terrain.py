"""The land of the invented county: a valley with side valleys between wooded hills, on a grid."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely

#: Extent of the grid in metres; the county lies well inside it.
WIDTH_M = 4800.0
HEIGHT_M = 3800.0
#: False easting and northing of the grid's lower left corner (near 111.0 E, 27.3 N in EPSG:4546).
ORIGIN = (499_000.0, 3_020_500.0)
CELL_M = 10.0
#: The grid goes on this far beyond the extent on all sides, so that maps are shaded to their frame.
BEYOND_M = 280.0


@dataclass(frozen=True)
class Terrain:
    """Heights on a regular grid.

    `height_m` has the shape (rows, columns), row 0 in the south; `x`, `y` are eastings and
    northings of its columns and rows in metres. `river` and `streams` are the valley lines.
    """

    x: np.ndarray
    y: np.ndarray
    height_m: np.ndarray
    slope: np.ndarray
    above_river_m: np.ndarray
    river: shapely.LineString
    streams: tuple[shapely.LineString, ...]

    def at(self, field: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Bilinear value of a grid `field` at the points (arrays of equal shape, metres)."""
        column = np.clip((np.asarray(x) - self.x[0]) / CELL_M, 0, len(self.x) - 1.001)
        row = np.clip((np.asarray(y) - self.y[0]) / CELL_M, 0, len(self.y) - 1.001)
        c, r = column.astype(int), row.astype(int)
        u, v = column - c, row - r
        return (
            field[r, c] * (1 - u) * (1 - v)
            + field[r, c + 1] * u * (1 - v)
            + field[r + 1, c] * (1 - u) * v
            + field[r + 1, c + 1] * u * v
        )


class Waves:
    """Smooth noise about -1…1: a sum of plane waves of random direction and phase."""

    def __init__(self, random: np.random.Generator, shortest_m: float, longest_m: float) -> None:
        count = 28
        length = np.geomspace(longest_m, shortest_m, count)
        angle = random.uniform(0, 2 * np.pi, count)
        self._kx = 2 * np.pi / length * np.cos(angle)
        self._ky = 2 * np.pi / length * np.sin(angle)
        self._phase = random.uniform(0, 2 * np.pi, count)
        amplitude = length**0.8
        self._amplitude = amplitude / np.sqrt((amplitude**2).sum() / 2) / 1.6

    def __call__(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        x, y = np.asarray(x, float), np.asarray(y, float)
        total = np.zeros(np.broadcast(x, y).shape)
        for kx, ky, phase, amplitude in zip(
            self._kx, self._ky, self._phase, self._amplitude, strict=True
        ):
            total += amplitude * np.sin(kx * x + ky * y + phase)
        return total


def _river_y(x: np.ndarray) -> np.ndarray:
    return (
        HEIGHT_M / 2 + 250 * np.sin(2 * np.pi * x / 3100 + 0.7) + 70 * np.sin(2 * np.pi * x / 1050)
    )


def _stream(start_x: float, heading_deg: float, length_m: float, bend: float) -> shapely.LineString:
    steps = np.arange(0, length_m, 25.0)
    heading = np.radians(heading_deg) + bend * np.sin(steps / length_m * 2 * np.pi)
    x = start_x + np.concatenate([[0], np.cumsum(25 * np.cos(heading[:-1]))])
    y = float(_river_y(np.array([start_x]))[0]) + np.concatenate(
        [[0], np.cumsum(25 * np.sin(heading[:-1]))]
    )
    return shapely.LineString(np.column_stack([x, y]) + ORIGIN)


def make_terrain(seed: int) -> Terrain:
    """The same land for the same seed."""
    random = np.random.default_rng(seed)
    x = np.arange(-BEYOND_M, WIDTH_M + BEYOND_M + CELL_M, CELL_M)
    y = np.arange(-BEYOND_M, HEIGHT_M + BEYOND_M + CELL_M, CELL_M)
    river_x = np.arange(-BEYOND_M - 100, WIDTH_M + BEYOND_M + 101, 20.0)
    river = shapely.LineString(np.column_stack([river_x, _river_y(river_x)]) + ORIGIN)
    streams = (
        _stream(900, 112, 1300, 0.5),
        _stream(1500, -75, 1250, 0.45),
        _stream(2350, 78, 1350, -0.5),
        _stream(3050, -108, 1300, 0.5),
        _stream(3750, 66, 1150, 0.4),
    )
    gx, gy = np.meshgrid(x, y)
    points = shapely.points(gx + ORIGIN[0], gy + ORIGIN[1])
    to_river = shapely.distance(points, river)
    to_stream = shapely.distance(points, shapely.multilinestrings(list(streams)))
    hills = Waves(random, 330, 1900)(gx, gy)
    rough = Waves(random, 120, 420)(gx, gy)
    rise = 205 * (1 - np.exp(-((np.maximum(to_river - 45, 0) / 760) ** 1.35)))
    rise *= 1 - 0.74 * np.exp(-((to_stream / 250) ** 1.5))
    rise *= 1 + 0.26 * hills
    above = rise + 3.0 * rough * np.clip(rise / 25, 0.05, 1.0) + 0.9
    height = 372 - 0.0045 * gx + above
    slope_y, slope_x = np.gradient(height, CELL_M)
    return Terrain(
        x + ORIGIN[0], y + ORIGIN[1], height, np.hypot(slope_x, slope_y), above, river, streams
    )


def contour_lines(terrain: Terrain, field: np.ndarray, level: float) -> list[shapely.LineString]:
    """Lines of equal value of a grid field by marching squares, joined and smoothed, in metres."""
    # A value exactly at the level would make zero-length pieces.
    values = np.where(field == level, field + 1e-9, field) - level
    a, b = values[:-1, :-1], values[:-1, 1:]
    d, c = values[1:, :-1], values[1:, 1:]
    inside = (a > 0) + 2 * (b > 0) + 4 * (c > 0) + 8 * (d > 0)
    rows, columns = np.nonzero((inside != 0) & (inside != 15))
    if not len(rows):
        return []
    x0, y0 = terrain.x[columns], terrain.y[rows]
    av, bv, cv, dv = (each[rows, columns] for each in (a, b, c, d))
    with np.errstate(divide="ignore", invalid="ignore"):
        edge = np.stack(
            [
                np.stack([x0 + CELL_M * av / (av - bv), y0], 1),
                np.stack([x0 + CELL_M, y0 + CELL_M * bv / (bv - cv)], 1),
                np.stack([x0 + CELL_M * dv / (dv - cv), y0 + CELL_M], 1),
                np.stack([x0, y0 + CELL_M * av / (av - dv)], 1),
            ],
            1,
        )
    pairs = {
        1: [(3, 0)], 2: [(0, 1)], 3: [(3, 1)], 4: [(1, 2)], 5: [(3, 2), (0, 1)], 6: [(0, 2)],
        7: [(3, 2)], 8: [(2, 3)], 9: [(0, 2)], 10: [(3, 0), (1, 2)], 11: [(1, 2)], 12: [(1, 3)],
        13: [(0, 1)], 14: [(0, 3)],
    }  # fmt: skip
    kind = inside[rows, columns]
    segments = []
    for number, each in pairs.items():
        chosen = kind == number
        for start, end in each:
            segments.append(np.stack([edge[chosen, start], edge[chosen, end]], 1))
    stacked = np.round(np.concatenate(segments), 6)
    length = np.abs(stacked[:, 0] - stacked[:, 1]).sum(1)
    merged = shapely.line_merge(shapely.multilinestrings(shapely.linestrings(stacked[length > 0])))
    return [_smooth(line) for line in shapely.get_parts(merged) if line.length > 4 * CELL_M]


def _smooth(line: shapely.LineString) -> shapely.LineString:
    """Corner cutting after Chaikin, once, on a slightly simplified line."""
    points = shapely.get_coordinates(line.simplify(0.8))
    if len(points) < 4:
        return line
    quarter = 0.75 * points[:-1] + 0.25 * points[1:]
    three = 0.25 * points[:-1] + 0.75 * points[1:]
    cut = np.empty((2 * len(quarter), 2))
    cut[0::2], cut[1::2] = quarter, three
    ends = (cut, cut[:1]) if line.is_closed else (points[:1], cut, points[-1:])
    return shapely.LineString(np.concatenate(ends)).simplify(0.25)

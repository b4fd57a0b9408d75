"""The county's outline and its villages: warped Voronoi cells that share their edges exactly."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely

from .terrain import CELL_M, HEIGHT_M, ORIGIN, WIDTH_M, Terrain, Waves

#: Coordinates are kept to the millimetre, as surveyed ones are.
GRID_M = 0.001
COUNTY = "990101"
COUNTY_NAME = "青石县"
#: Code and names of the towns, and of the villages of each; all invented.
TOWNS = (
    ("990101101", "青石镇", "Qingshi", (("青石村", "Qingshi"), ("石桥村", "Shiqiao"),
     ("杨柳村", "Yangliu"), ("上湾村", "Shangwan"))),
    ("990101102", "云溪镇", "Yunxi", (("云溪村", "Yunxi"), ("竹园村", "Zhuyuan"),
     ("白岩村", "Baiyan"), ("双井村", "Shuangjing"))),
    ("990101201", "松岭乡", "Songling", (("松岭村", "Songling"), ("马鞍村", "Ma'an"),
     ("梅子坪村", "Meiziping"), ("大坪村", "Daping"))),
)  # fmt: skip


@dataclass(frozen=True)
class Village:
    """A village: official 12-digit code, names, outline, and where its houses stand."""

    code: str
    name: str
    pinyin: str
    town_code: str
    town_name: str
    outline: shapely.Polygon
    centre: shapely.Point


def county_outline(terrain: Terrain) -> shapely.Polygon:
    """A rounded outline well inside the terrain's grid."""
    angle = np.linspace(0, 2 * np.pi, 240, endpoint=False)
    radius = (
        1 + 0.05 * np.sin(3 * angle + 1) + 0.035 * np.sin(5 * angle) + 0.02 * np.sin(11 * angle)
    )
    x = (
        ORIGIN[0]
        + WIDTH_M / 2
        + 0.43 * WIDTH_M * radius * np.sign(np.cos(angle)) * np.abs(np.cos(angle)) ** 0.75
    )
    y = (
        ORIGIN[1]
        + HEIGHT_M / 2
        + 0.40 * HEIGHT_M * radius * np.sign(np.sin(angle)) * np.abs(np.sin(angle)) ** 0.75
    )
    return shapely.Polygon(np.round(np.column_stack([x, y]), 3))


def _spread(points: np.ndarray, weight: np.ndarray, count: int) -> np.ndarray:
    """Centres of `count` regions of about equal weight by Lloyd's iteration."""
    order = np.argsort(points[:, 0], kind="stable")
    edges = np.searchsorted(
        np.cumsum(weight[order]), np.linspace(0, weight.sum(), count // 2 + 1)[1:-1]
    )
    centres = []
    for strip in np.split(order, edges):
        for half in (True, False):
            y = points[strip, 1]
            chosen = strip[(y > np.median(y)) == half]
            centres.append(np.average(points[chosen], axis=0, weights=weight[chosen]))
    found = np.array(centres)
    for _ in range(40):
        nearest = ((points[:, None, :] - found[None]) ** 2).sum(2).argmin(1)
        for index in range(count):
            mine = nearest == index
            found[index] = np.average(points[mine], axis=0, weights=weight[mine] + 1e-6)
    return found


def make_villages(terrain: Terrain, seed: int) -> list[Village]:
    """Twelve villages in three towns, with codes in official order."""
    random = np.random.default_rng(seed + 1)
    county = county_outline(terrain)
    gx, gy = np.meshgrid(terrain.x[::4], terrain.y[::4])
    weight = np.exp(-terrain.above_river_m / 55) + 0.12
    inside = shapely.contains_xy(county, gx, gy)
    points = np.column_stack([gx[inside], gy[inside]])
    centres = _spread(points, weight[::4, ::4][inside], 12)
    cells = shapely.voronoi_polygons(
        shapely.multipoints(centres), extend_to=county.buffer(500), only_edges=True
    )
    bend = Waves(random, 260, 900), Waves(random, 260, 900)
    dense = shapely.segmentize(cells, 18.0)
    warped = shapely.transform(
        dense,
        lambda each: each
        + 42 * np.column_stack([wave(each[:, 0] - ORIGIN[0], each[:, 1] - ORIGIN[1])
                                for wave in bend]),
    )  # fmt: skip
    lines = shapely.unary_union([warped, county.exterior], grid_size=GRID_M)
    faces = shapely.get_parts(shapely.polygonize(shapely.get_parts(lines)))
    faces = [each for each in faces if county.buffer(1).contains(each)]
    by_x = sorted(faces, key=lambda each: each.centroid.x)
    villages: list[Village] = []
    for number, (town_code, town_name, _, names) in enumerate(TOWNS):
        members = sorted(by_x[4 * number : 4 * number + 4], key=lambda each: -each.centroid.y)
        for index, (outline, (name, pinyin)) in enumerate(zip(members, names, strict=True)):
            villages.append(
                Village(
                    f"{town_code}{201 + index}", name, pinyin, town_code, town_name, outline,
                    _seat(terrain, outline, [each.centre for each in villages]),
                )
            )  # fmt: skip
    return villages


def _seat(terrain: Terrain, outline: shapely.Polygon, taken: list[shapely.Point]) -> shapely.Point:
    """Where the houses stand: gentle, above the flood, inside the village, apart from others."""
    gx, gy = np.meshgrid(terrain.x, terrain.y)
    water = shapely.union_all([terrain.river, *terrain.streams])
    inside = shapely.contains_xy(outline.buffer(-150).difference(water.buffer(95)), gx, gy)
    if not inside.any():
        return outline.representative_point()
    x, y = gx[inside], gy[inside]
    reach = int(60 / CELL_M)
    steepest = terrain.slope.copy()
    for shift in (-reach, reach):
        for axis in (0, 1):
            steepest = np.maximum(steepest, np.roll(terrain.slope, shift, axis))
    middle = outline.centroid
    cost = (
        6 * steepest[inside]
        + np.abs(terrain.above_river_m[inside] - 16) / 40
        + np.hypot(x - middle.x, y - middle.y) / 500
    )
    for other in taken:
        cost += np.maximum(0, 500 - np.hypot(x - other.x, y - other.y)) / 100
    best = int(cost.argmin())
    return shapely.Point(float(x[best]), float(y[best]))

"""Homesteads in rows along the slope around each village's centre, with their houses."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from shapely import affinity

from .network import Network
from .terrain import Terrain
from .villages import GRID_M, Village


@dataclass(frozen=True)
class Lot:
    """A homestead's ground and its houses (the dwelling first)."""

    village: Village
    outline: shapely.Polygon
    houses: tuple[shapely.Polygon, ...]


@dataclass(frozen=True)
class Settlements:
    lots: tuple[Lot, ...]
    #: Ground of each village (by code) that its houses, lanes and yards occupy.
    ground: dict[str, shapely.Polygon]


def _rounded(shape: shapely.Geometry) -> shapely.Polygon:
    return shapely.transform(shape, lambda points: np.round(points, 3))


def _lot(
    random: np.random.Generator, centre: tuple[float, float], heading_deg: float, village: Village
) -> Lot:
    width = random.choice([9.6, 10.4, 10.8, 11.2])
    depth = random.choice([11.2, 12.0, 12.8, 13.4])
    house_width = width - random.uniform(0.8, 1.8)
    house_depth = random.uniform(7.4, 9.2)
    plain = shapely.box(-width / 2, -depth / 2, width / 2, depth / 2)
    back = depth / 2 - 0.4
    dwelling = shapely.box(-house_width / 2, back - house_depth, house_width / 2, back)
    shapes = [dwelling]
    if random.random() < 0.4:
        side = random.uniform(2.6, 3.4)
        deep = min(random.uniform(2.2, 2.8), back - house_depth + depth / 2 - 0.7)
        shapes.append(shapely.box(-width / 2 + 0.3, -depth / 2 + 0.3,
                                  -width / 2 + 0.3 + side, -depth / 2 + 0.3 + deep))  # fmt: skip

    def placed(shape: shapely.Polygon) -> shapely.Polygon:
        turned = affinity.rotate(shape, heading_deg, origin=(0, 0))
        return _rounded(affinity.translate(turned, *centre))

    return Lot(village, placed(plain), tuple(placed(each) for each in shapes))


def make_settlements(
    terrain: Terrain, villages: list[Village], network: Network, homesteads: int, seed: int
) -> Settlements:
    """`homesteads` lots, shared out evenly over the villages."""
    lots: list[Lot] = []
    ground: dict[str, shapely.Polygon] = {}
    shares = np.diff(np.round(np.linspace(0, homesteads, len(villages) + 1)).astype(int))
    for number, (village, share) in enumerate(zip(villages, shares, strict=True)):
        random = np.random.default_rng([seed, 2, number])
        x, y = village.centre.x, village.centre.y
        step = 25.0
        rise = [
            float(terrain.at(terrain.height_m, x + dx, y + dy))
            for dx, dy in ((step, 0), (-step, 0), (0, step), (0, -step))
        ]
        downhill = np.degrees(np.arctan2(rise[3] - rise[2], rise[1] - rise[0]))
        # Houses face downhill: the lot's front is its lower edge, along -y before turning.
        heading = downhill + 90
        rows = np.arange(-8, 9)
        places = [
            ((column + 0.5 * (row % 2)) * 12.4 + 2.5 * np.sin(row), row * 19.0)
            for row in rows
            for column in np.arange(-9, 10)
        ]
        places.sort(key=lambda each: np.hypot(each[0], 1.15 * each[1]))
        radians = np.radians(heading)
        mine: list[Lot] = []
        free = village.outline.buffer(-15).difference(network.taken.buffer(2.0))
        for px, py in places:
            if len(mine) == share:
                break
            if random.random() < 0.16:
                continue
            bend = 6 * np.sin(px / 45)
            cx = x + px * np.cos(radians) - (py + bend) * np.sin(radians)
            cy = y + px * np.sin(radians) + (py + bend) * np.cos(radians)
            lot = _lot(random, (cx, cy), heading + random.normal(0, 1.2), village)
            if free.contains(lot.outline):
                mine.append(lot)
        lots += mine
        around = shapely.union_all([each.outline.buffer(9) for each in mine]).buffer(-5)
        biggest = max(shapely.get_parts(around.buffer(4)), key=lambda each: each.area)
        whole = shapely.union_all([biggest] + [each.outline.buffer(2.5) for each in mine])
        ground[village.code] = shapely.set_precision(
            shapely.union_all([shapely.Polygon(each.exterior) for each in shapely.get_parts(whole)]
            ).simplify(0.6), GRID_M,
        )  # fmt: skip
    return Settlements(tuple(lots), ground)

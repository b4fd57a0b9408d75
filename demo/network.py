"""Roads that avoid steep ground, the river, canals along terraces, and a power line."""

from __future__ import annotations

import heapq
from dataclasses import dataclass

import numpy as np
import shapely

from .terrain import CELL_M, Terrain
from .villages import GRID_M, Village

#: Widths in metres of what farmland must leave free, both sides together.
RIVER_M = 26.0
STREAM_M = 7.0
#: Ground between the water and the fields.
BANK_M = 1.5


@dataclass(frozen=True)
class Road:
    """A road: its class (county, township, village), line and the villages it serves."""

    level: str
    width_m: float
    line: shapely.LineString
    villages: tuple[Village, ...]


@dataclass(frozen=True)
class Network:
    """All lines of the county; `taken` is the ground that roads and water occupy."""

    roads: tuple[Road, ...]
    power: tuple[shapely.LineString, ...]
    water: shapely.Geometry
    taken: shapely.Geometry


def _smooth(points: np.ndarray, times: int = 3) -> shapely.LineString:
    for _ in range(times):
        inner = 0.25 * points[:-2] + 0.5 * points[1:-1] + 0.25 * points[2:]
        points = np.concatenate([points[:1], inner, points[-1:]])
    return shapely.LineString(np.round(points, 3)).simplify(0.4)


class _Ground:
    """Cheapest ways over a coarse grid; a way along existing roads is cheaper."""

    def __init__(self, terrain: Terrain, water: shapely.Geometry, step: int = 3) -> None:
        self.x, self.y = terrain.x[::step], terrain.y[::step]
        self.height = terrain.height_m[::step, ::step]
        gx, gy = np.meshgrid(self.x, self.y)
        self.wet = shapely.contains_xy(water.buffer(8), gx, gy)
        self.size_m = CELL_M * step
        self.goal = np.zeros(self.height.shape, bool)

    def cell(self, x: float, y: float) -> tuple[int, int]:
        return (
            int(np.clip(round((y - self.y[0]) / self.size_m), 0, len(self.y) - 1)),
            int(np.clip(round((x - self.x[0]) / self.size_m), 0, len(self.x) - 1)),
        )

    def add_goal(self, line: shapely.LineString) -> None:
        for x, y in shapely.get_coordinates(shapely.segmentize(line, self.size_m / 2)):
            self.goal[self.cell(x, y)] = True

    def way(self, start: shapely.Point) -> np.ndarray:
        """Points (n, 2) from `start` to the nearest cell of a road, by Dijkstra."""
        origin = self.cell(start.x, start.y)
        best = {origin: 0.0}
        came: dict[tuple[int, int], tuple[int, int]] = {}
        queue = [(0.0, origin)]
        end = origin
        while queue:
            cost, here = heapq.heappop(queue)
            if cost > best[here]:
                continue
            if self.goal[here]:
                end = here
                break
            for dr, dc in ((0, 1), (1, 0), (0, -1), (-1, 0), (1, 1), (1, -1), (-1, 1), (-1, -1)):
                there = here[0] + dr, here[1] + dc
                if not (0 <= there[0] < len(self.y) and 0 <= there[1] < len(self.x)):
                    continue
                run = self.size_m * (1.414 if dr and dc else 1.0)
                grade = abs(self.height[there] - self.height[here]) / run
                step = run * (1 + (grade / 0.11) ** 2) + (70 if self.wet[there] else 0)
                if cost + step < best.get(there, np.inf):
                    best[there] = cost + step
                    came[there] = here
                    heapq.heappush(queue, (cost + step, there))
        cells = [end]
        while cells[-1] != origin:
            cells.append(came[cells[-1]])
        cells.reverse()
        points = [(start.x, start.y)] + [(self.x[c], self.y[r]) for r, c in cells[1:]]
        return np.array(points)


def make_network(terrain: Terrain, villages: list[Village]) -> Network:
    """One county road along the river, a road from each village to it, one power line."""
    county = shapely.union_all([each.outline for each in villages])
    river = shapely.intersection(terrain.river, county)
    water = shapely.union_all(
        [river.buffer(RIVER_M / 2)]
        + [each.buffer(STREAM_M / 2) for each in terrain.streams if each.intersects(county)]
    )
    water = shapely.intersection(water, county).simplify(0.15)
    side = terrain.river.simplify(12).offset_curve(58).simplify(3)
    main = _smooth(shapely.get_coordinates(shapely.segmentize(side, 40)), 6)
    main = max(shapely.get_parts(main.intersection(county)), key=lambda each: each.length)
    roads = [
        Road("county", 7.0, main, tuple(each for each in villages if each.outline.intersects(main)))
    ]
    ground = _Ground(terrain, water)
    ground.add_goal(main)
    for village in sorted(villages, key=lambda each: each.centre.distance(main)):
        points = ground.way(village.centre)
        if len(points) < 3:
            continue
        nearest = shapely.shortest_line(
            shapely.Point(points[-1]), shapely.union_all([each.line for each in roads])
        )
        points = np.concatenate([points[:-1], shapely.get_coordinates(nearest)[-1:]])
        line = _smooth(points)
        level = "township" if village.code.endswith("201") else "village"
        roads.append(Road(level, 5.0 if level == "township" else 4.0, line, (village,)))
        ground.add_goal(line)
    power = main.offset_curve(95).simplify(40).intersection(county)
    lines = [each for each in shapely.get_parts(power) if each.length > 150]
    banks = water.buffer(BANK_M, quad_segs=4)
    taken = shapely.union_all(
        [each.line.buffer(each.width_m / 2 + 0.75) for each in roads] + [banks], grid_size=GRID_M
    )
    return Network(tuple(roads), tuple(lines), water, taken)

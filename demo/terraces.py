"""Contracted parcels as terraces: contour bands cut down the slope, sharing every edge exactly.

All lines (contours, cuts, edges of roads and settlements) are noded together on a grid and
polygonised, so two neighbours have the very same corners between them; then the grid is bent
smoothly, so that coordinates look as measured ones do.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from xiangtu.geo.gaps import gaps

from .terrain import Terrain, Waves, contour_lines
from .villages import GRID_M, Village

#: Lines are noded on this grid: no two corners come nearer to each other, nor to another's edge.
NODE_M = 0.1
#: Ground left free along a village's boundary, to each side.
RIDGE_M = 0.6
LARGEST_M2 = 2700.0
SMALLEST_M2 = 260.0


@dataclass(frozen=True)
class Terrace:
    """A parcel: outline, its village, mean height, slope (rise over run), height above water."""

    village: Village
    outline: shapely.Polygon
    height_m: float
    slope: float
    above_river_m: float


@dataclass(frozen=True)
class Terraces:
    parcels: tuple[Terrace, ...]
    #: Noded contour lines inside farmland, low to high: canals follow some of them.
    steps: tuple[tuple[float, shapely.Geometry], ...]


def make_terraces(
    terrain: Terrain,
    villages: list[Village],
    taken: shapely.Geometry,
    parcels: int,
    seed: int,
) -> Terraces:
    """About `parcels` terraces on the gentlest ground that `taken` leaves free."""
    random = np.random.default_rng([seed, 3])
    farmland = _farmland(terrain, villages, taken, parcels * 1235.0, seed)
    levels = _levels(terrain)
    contours = [
        shapely.intersection(
            shapely.multilinestrings(contour_lines(terrain, terrain.above_river_m, level)), farmland
        )
        for level in levels
    ]
    cuts = _cuts(terrain, contours, random)
    lines = shapely.unary_union([farmland.boundary, *contours, *cuts], grid_size=NODE_M)
    faces = _faces(lines, farmland)
    for _ in range(3):
        chords = _chords(faces)
        if not len(chords):
            break
        lines = shapely.unary_union([lines, *chords], grid_size=NODE_M)
        faces = _faces(lines, farmland)
    faces = _absorb_small(faces, villages)
    faces = _fill_gaps(faces, villages, taken)
    faces = shapely.transform(faces, _bent)
    return Terraces(_described(terrain, faces, villages), _steps(terrain, contours, levels, faces))


def _bent(points: np.ndarray) -> np.ndarray:
    """Points moved by up to 6 cm, neighbours alike, to the millimetre."""
    x, y = points[:, 0], points[:, 1]
    dx = 0.04 * np.sin(x / 41 + y / 67) + 0.02 * np.sin(y / 23)
    dy = 0.04 * np.cos(x / 53 - y / 37) + 0.02 * np.cos(x / 19)
    return np.round(points + np.column_stack([dx, dy]), 3)


def _levels(terrain: Terrain) -> np.ndarray:
    """Heights of the steps above the river, narrower on the valley floor, in metres."""
    floor = (1.15, 1.6, 2.3, 3.3, 4.8, 6.8)
    return np.concatenate([floor, np.arange(9.2, terrain.above_river_m.max(), 3.1)])


def _farmland(
    terrain: Terrain,
    villages: list[Village],
    taken: shapely.Geometry,
    area_m2: float,
    seed: int,
) -> shapely.Geometry:
    """The gentlest and lowest ground near the villages, of about that area, without slivers."""
    county = shapely.union_all([each.outline for each in villages])
    gx, gy = np.meshgrid(terrain.x, terrain.y)
    noise = Waves(np.random.default_rng([seed, 4]), 150, 700)(gx - gx.min(), gy - gy.min())
    unfit = terrain.slope / 0.2 + terrain.above_river_m / 130 + 0.35 * noise
    ridges = shapely.union_all([each.outline.exterior.buffer(RIDGE_M) for each in villages])
    free = county.difference(shapely.union(taken, ridges))
    inside = shapely.contains_xy(free, gx, gy)
    share = min(0.9, area_m2 / free.area)
    # A village in the hills makes do with steeper ground than one by the river.
    offset = np.zeros_like(unfit)
    weight = np.full_like(unfit, 1e-9)
    for village in villages:
        distance = np.hypot(gx - village.centre.x, gy - village.centre.y)
        unfit -= 0.7 * np.exp(-((distance / 300) ** 2))
    for village in villages:
        distance = np.hypot(gx - village.centre.x, gy - village.centre.y)
        own = shapely.contains_xy(village.outline, gx, gy) & inside
        near = np.exp(-((distance / 330) ** 2))
        offset += near * np.quantile(unfit[own], share)
        weight += near
    unfit -= 0.85 * offset / weight
    level = float(np.quantile(unfit[inside], share))
    lines = contour_lines(terrain, np.where(np.isfinite(unfit), unfit, 9), level)
    frame = shapely.box(terrain.x[0], terrain.y[0], terrain.x[-1], terrain.y[-1])
    faces = shapely.get_parts(
        shapely.polygonize(
            shapely.get_parts(shapely.unary_union([*lines, frame.exterior], grid_size=GRID_M))
        )
    )
    inner = shapely.point_on_surface(faces)
    fit = terrain.at(unfit, shapely.get_x(inner), shapely.get_y(inner)) < level
    area = _areal(shapely.union_all(faces[fit]).intersection(free, grid_size=GRID_M))
    opened = area.buffer(-6, join_style="mitre").buffer(6, join_style="mitre")
    area = _areal(area.intersection(opened, grid_size=GRID_M))
    kept = [
        shapely.Polygon(part.exterior, [ring for ring in part.interiors
                                        if shapely.Polygon(ring).area > 900])
        for part in shapely.get_parts(area)
        if part.area > 6000
    ]  # fmt: skip
    return _areal(shapely.union_all(kept).intersection(free, grid_size=GRID_M))


def _areal(shape: shapely.Geometry) -> shapely.MultiPolygon:
    """Only the areas of a mixed result: an intersection may leave points and lines too."""
    return shapely.MultiPolygon(
        [each for each in shapely.get_parts(shape) if each.geom_type == "Polygon"]
    )


def _cuts(
    terrain: Terrain, contours: list[shapely.Geometry], random: np.random.Generator
) -> list[shapely.LineString]:
    """Lines up the slope from points spaced along each contour to a little beyond the next."""
    starts = []
    for contour in contours:
        for line in shapely.get_parts(contour):
            if line.length < 25:
                continue
            at = random.uniform(15, 45)
            while at < line.length - 8:
                starts.append(shapely.get_coordinates(line.interpolate(at))[0])
                at += random.uniform(42, 92)
    if not starts:
        return []
    here = np.array(starts)
    start_height = terrain.at(terrain.above_river_m, here[:, 0], here[:, 1])
    levels = _levels(terrain)
    next_level = levels[np.minimum(np.searchsorted(levels, start_height + 0.3), len(levels) - 1)]
    slope_y, slope_x = np.gradient(terrain.above_river_m, terrain.x[1] - terrain.x[0])
    paths = [here]
    rising = np.ones(len(here), bool)
    for _ in range(24):
        gx = terrain.at(slope_x, here[:, 0], here[:, 1])
        gy = terrain.at(slope_y, here[:, 0], here[:, 1])
        steep = np.maximum(np.hypot(gx, gy), 1e-6)
        step = np.column_stack([gx / steep, gy / steep]) * (4.0 * rising)[:, None]
        here = here + step
        paths.append(here)
        rising &= terrain.at(terrain.above_river_m, here[:, 0], here[:, 1]) < next_level + 0.12
    stacked = np.stack(paths, 1)
    # The first point lies a hand's breadth below the contour, so that the cut crosses it.
    stacked[:, 0] -= 0.4 * (stacked[:, 1] - stacked[:, 0]) / 4
    return [shapely.LineString(each).simplify(0.5) for each in stacked]


def _faces(lines: shapely.Geometry, farmland: shapely.Geometry) -> np.ndarray:
    faces = shapely.get_parts(shapely.polygonize(shapely.get_parts(lines)))
    shapely.prepare(farmland)
    return faces[shapely.contains(farmland, shapely.point_on_surface(faces))]


def _chords(faces: np.ndarray) -> list[shapely.LineString]:
    """One cut across the middle of every face that is too large for a parcel."""
    chords = []
    for face in faces[shapely.area(faces) > LARGEST_M2]:
        box = shapely.get_coordinates(shapely.minimum_rotated_rectangle(face))
        sides = box[1:3] - box[0:2]
        long_side = sides[int(np.hypot(*sides.T).argmax())]
        across = np.array([-long_side[1], long_side[0]]) / np.hypot(*long_side) * 400
        middle = shapely.get_coordinates(face.centroid)[0]
        chord = shapely.LineString([middle - across, middle + across]).intersection(
            face.buffer(0.05)
        )
        chords += [each for each in shapely.get_parts(chord) if each.length > 3]
    return chords


def _absorb_small(faces: np.ndarray, villages: list[Village]) -> np.ndarray:
    """Join what is too small or too thin to the neighbour of its village it shares most with."""
    home = _home(faces, villages)
    shapes = dict(enumerate(faces))
    for _ in range(4):
        keys = np.array(list(shapes))
        array = np.array([shapes[key] for key in keys])
        small = np.nonzero(_unfit_shape(array))[0]
        if not len(small):
            break
        tree = shapely.STRtree(array)
        small = small[np.argsort(shapely.area(array[small]), kind="stable")]
        changed: set[int] = set()
        for index in small:
            if int(keys[index]) in changed:
                continue
            near = [
                n for n in np.sort(tree.query(array[index], predicate="touches"))
                if home[keys[n]] == home[keys[index]] and int(keys[n]) not in changed
            ]  # fmt: skip
            best = _best_neighbour(array[index], array[near]) if near else None
            if best is None:
                continue
            joined = shapely.union(array[index], array[near[best]])
            if joined.geom_type != "Polygon" or joined.interiors:
                continue
            shapes[int(keys[near[best]])] = joined
            del shapes[int(keys[index])]
            changed |= {int(keys[index]), int(keys[near[best]])}
    array = np.array(list(shapes.values()))
    return array[~((shapely.area(array) < 120) | _is_thread(array))]


def _unfit_shape(faces: np.ndarray) -> np.ndarray:
    area = shapely.area(faces)
    thin = 4 * np.pi * area / shapely.length(faces) ** 2 < 0.09
    return (area < SMALLEST_M2) | (thin & (area < 700)) | _is_thread(faces) | is_sharp(faces)


def _is_thread(faces: np.ndarray) -> np.ndarray:
    """What no one would contract: a long thread along an edge."""
    return shapely.area(shapely.buffer(faces, -2.0)) < 20


def is_sharp(faces: np.ndarray) -> np.ndarray:
    """Outlines with a corner of less than eight degrees."""
    sharp = np.zeros(len(faces), bool)
    for index, face in enumerate(faces):
        points = shapely.get_coordinates(face.exterior)[:-1]
        before, after = np.roll(points, 1, axis=0) - points, np.roll(points, -1, axis=0) - points
        cosine = (before * after).sum(1) / (np.hypot(*before.T) * np.hypot(*after.T))
        sharp[index] = bool((cosine > np.cos(np.radians(8))).any())
    return sharp


def _best_neighbour(face: shapely.Polygon, near: np.ndarray) -> int | None:
    """Which of `near` shares the longest edge with the face, of 2 m at least."""
    shared = shapely.length(shapely.intersection(face, near))
    best = int(shared.argmax())
    return best if shared[best] >= 2 else None


def _fill_gaps(faces: np.ndarray, villages: list[Village], taken: shapely.Geometry) -> np.ndarray:
    """Give what is enclosed by a village's parcels, and is neither road nor houses, to one."""
    home = _home(faces, villages)
    shapes = faces.copy()
    for index in range(len(villages)):
        mine = np.nonzero(home == index)[0]
        for gap in gaps(shapes[mine]):
            if gap.area > 2500 or gap.intersection(taken).area > 0.05 * gap.area:
                continue
            best = _best_neighbour(gap, shapes[mine])
            if best is None:
                continue
            joined = shapely.union(shapes[mine[best]], gap)
            if joined.geom_type == "Polygon":
                shapes[mine[best]] = joined
    return shapes


def _home(faces: np.ndarray, villages: list[Village]) -> np.ndarray:
    inner = shapely.point_on_surface(faces)
    home = np.full(len(faces), -1)
    for index, village in enumerate(villages):
        shapely.prepare(village.outline)
        home[shapely.contains(village.outline, inner)] = index
    return home


def _described(terrain: Terrain, faces: np.ndarray, villages: list[Village]) -> tuple[Terrace, ...]:
    home = _home(faces, villages)
    inner = shapely.point_on_surface(faces)
    x, y = shapely.get_x(inner), shapely.get_y(inner)
    height, slope, above = (
        terrain.at(field, x, y)
        for field in (terrain.height_m, terrain.slope, terrain.above_river_m)
    )
    order = np.lexsort((x, -np.round(y / 40), home))
    return tuple(
        Terrace(
            villages[home[each]], faces[each], float(height[each]), float(slope[each]),
            float(above[each]),
        )
        for each in order
        if home[each] >= 0
    )  # fmt: skip


def _steps(
    terrain: Terrain, contours: list[shapely.Geometry], levels: np.ndarray, faces: np.ndarray
) -> tuple[tuple[float, shapely.Geometry], ...]:
    union = shapely.union_all(faces, grid_size=GRID_M)
    return tuple(
        (float(level), inside)
        for level, contour in zip(levels, contours, strict=False)
        if not (inside := shapely.intersection(contour, union)).is_empty
    )

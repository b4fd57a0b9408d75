"""Rules about one outline or line by itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import shapely

from ..catalogue.model import Label
from ..geo import topology
from .rule import Found, Rule
from .tiles import Tile

AREAS = ("village", "homestead", "house", "farmland", "works", "relic_extent")
LINES = ("boundary_line", "route")

RULES = (
    Rule(
        "geometry.damaged",
        "error",
        Label("图形损坏", "Damaged geometry"),
        Label("图形数据读不出来", "The stored geometry cannot be read"),
        Label("在 QGIS 中重画，或从备份恢复", "Draw it again in QGIS, or take it from a backup"),
        layers=(*AREAS, *LINES, "boundary_point", "facility", "relic", "relic_point", "place_name"),
    ),
    Rule(
        "geometry.invalid",
        "error",
        Label("图形无效", "Invalid outline"),
        Label(
            "界线自相交、岛洞重叠或相接成面等，面积无法确定",
            "The outline crosses or touches itself, or its holes do not lie within it",
        ),
        Label("在标出的位置修改界线", "Correct the outline at the marked place"),
        layers=AREAS,
    ),
    Rule(
        "geometry.several_parts",
        "warning",
        Label("多部件图形", "Several parts"),
        Label("一个地块由几个分开的部分组成", "One record has an outline of several parts"),
        Label(
            "确为飞地的可说明理由后接受，否则拆成几条记录",
            "Split it into several records; accept it with the reason if it is meant",
        ),
        layers=("village", "homestead", "house", "farmland", "works"),
    ),
    Rule(
        "geometry.repeated",
        "error",
        Label("重复图形", "Repeated outline"),
        Label("界线与另一条记录完全相同", "The outline is exactly that of another, earlier record"),
        Label("删去多余的记录，或改正界线", "Delete the one too many, or correct its outline"),
        layers=("village", "homestead", "house", "farmland", "works"),
    ),
    Rule(
        "geometry.close_vertices",
        "warning",
        Label("节点过密", "Vertices too close"),
        Label("两个界址节点相距小于限值", "Two vertices of the outline are closer than the limit"),
        Label("删去多余节点", "Remove the vertex too many"),
        layers=("homestead", "house", "farmland", "works"),
        limits={"": 0.05},
        unit="m",
    ),
    Rule(
        "geometry.small_angle",
        "warning",
        Label("角度过小", "Angle too small"),
        Label("界线在某节点的夹角小于限值，多为尖刺", "Two edges meet in a spike"),
        Label("检查并删去尖刺节点", "Check the vertex, and remove it if it is a spike"),
        layers=("village", "homestead", "house", "farmland", "works"),
        limits={"": 5.0},
        unit="°",
    ),
    Rule(
        "geometry.too_small",
        "warning",
        Label("面积过小", "Area too small"),
        Label("面积小于限值", "The area is below the limit"),
        Label("并入相邻地块，或重新采集", "Join it to a neighbour, or survey it again"),
        layers=AREAS,
        limits={"": 1.0, "homestead": 10.0, "village": 10_000.0},
        unit="m²",
    ),
    Rule(
        "geometry.too_short",
        "warning",
        Label("线过短", "Line too short"),
        Label("线长小于限值", "The line is shorter than the limit"),
        Label("删去，或与相连的线合并", "Delete it, or join it to the line it continues"),
        layers=LINES,
        limits={"": 2.0, "boundary_line": 0.05},
        unit="m",
    ),
    Rule(
        "geometry.sliver",
        "warning",
        Label("狭长图形", "Sliver"),
        Label(
            "平均宽度（两倍面积除以周长）小于限值",
            "The mean width (twice the area by the perimeter) is below the limit",
        ),
        Label("并入相邻地块", "Join it to a neighbour"),
        layers=("homestead", "house", "farmland", "works"),
        limits={"": 0.3},
        unit="m",
    ),
)


def find_damaged(tile: Tile, rule: Rule) -> Iterator[Found]:
    for index, reason in tile.damaged.items():
        if tile.members[index]:
            yield _found(tile, rule, index, detail={"reason": reason})


def find_invalid(tile: Tile, rule: Rule) -> Iterator[Found]:
    chosen = np.flatnonzero(tile.members)
    places, reasons = topology.invalid(tile.geometries[chosen])
    for at, reason in enumerate(reasons):
        index = int(chosen[places.index[at]])
        place = (float(places.x[at]), float(places.y[at]))
        detail = {"reason": reason.lower().replace(" ", "_").replace("-", "_")}
        yield _found(tile, rule, index, place=place, detail=detail)


def find_several_parts(tile: Tile, rule: Rule) -> Iterator[Found]:
    parts = shapely.get_num_geometries(tile.geometries)
    for index in np.flatnonzero(tile.members & (parts > 1)).tolist():
        yield _found(tile, rule, index, measured=float(parts[index]), limit=1.0)


def find_repeated(tile: Tile, rule: Rule) -> Iterator[Found]:
    pairs = topology.repeats(tile.geometries)
    for at in np.flatnonzero(tile.members[pairs.second]).tolist():
        yield _found(
            tile,
            rule,
            int(pairs.second[at]),
            measured=float(pairs.measured[at]),
            place=(float(pairs.x[at]), float(pairs.y[at])),
            other=tile.uuids[pairs.first[at]],
        )


def find_close_vertices(tile: Tile, rule: Rule) -> Iterator[Found]:
    limit = rule.limit(tile.layer.name)
    chosen = np.flatnonzero(tile.members)
    yield from _places(tile, rule, chosen, topology.close_vertices(tile.geometries[chosen], limit))


def find_small_angle(tile: Tile, rule: Rule) -> Iterator[Found]:
    limit = rule.limit(tile.layer.name)
    chosen = np.flatnonzero(tile.members)
    yield from _places(tile, rule, chosen, topology.small_angles(tile.geometries[chosen], limit))


def find_sliver(tile: Tile, rule: Rule) -> Iterator[Found]:
    limit = rule.limit(tile.layer.name)
    chosen = np.flatnonzero(_sound_members(tile))
    yield from _places(tile, rule, chosen, topology.thin(tile.geometries[chosen], limit))


def find_too_small(tile: Tile, rule: Rule) -> Iterator[Found]:
    limit = rule.limit(tile.layer.name)
    areas = shapely.area(tile.geometries)
    for index in np.flatnonzero(_sound_members(tile) & (areas < limit)).tolist():
        yield _found(tile, rule, index, measured=float(areas[index]), limit=limit)


def find_too_short(tile: Tile, rule: Rule) -> Iterator[Found]:
    limit = rule.limit(tile.layer.name)
    lengths = shapely.length(tile.geometries)
    for index in np.flatnonzero(tile.members & (lengths < limit)).tolist():
        yield _found(tile, rule, index, measured=float(lengths[index]), limit=limit)


#: Asked of each portion, by the code of the rule.
FINDERS = {
    "geometry.damaged": find_damaged,
    "geometry.invalid": find_invalid,
    "geometry.several_parts": find_several_parts,
    "geometry.repeated": find_repeated,
    "geometry.close_vertices": find_close_vertices,
    "geometry.small_angle": find_small_angle,
    "geometry.too_small": find_too_small,
    "geometry.too_short": find_too_short,
    "geometry.sliver": find_sliver,
}


def _sound_members(tile: Tile) -> np.ndarray:
    """Members whose area means something: that of a crossed outline may even be 0."""
    return np.asarray(tile.members & shapely.is_valid(tile.geometries))


def _places(tile: Tile, rule: Rule, chosen: np.ndarray, places: topology.Places) -> Iterator[Found]:
    for at, index in enumerate(chosen[places.index].tolist()):
        yield _found(
            tile,
            rule,
            index,
            measured=float(places.measured[at]),
            limit=rule.limit(tile.layer.name),
            place=(float(places.x[at]), float(places.y[at])),
        )


def _found(
    tile: Tile,
    rule: Rule,
    index: int,
    *,
    measured: float | None = None,
    limit: float | None = None,
    place: tuple[float, float] | None = None,
    other: str | None = None,
    detail: Mapping[str, object] | None = None,
) -> Found:
    x, y = place or (None, None)
    return Found(
        rule.code,
        tile.layer.name,
        tile.uuids[index],
        tile.villages[index],
        other,
        x,
        y,
        measured,
        limit,
        detail=detail or {},
    )

"""Rules about outlines that lie side by side: overlaps, near misses, gaps."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import shapely

from ..catalogue.model import Label
from ..geo import gaps, topology
from ..store import SurveyFile
from .rule import Found, Rule
from .scope import Scope
from .tiles import Tile, named, standing

RULES = (
    Rule(
        "topology.overlap",
        "error",
        Label("图形重叠", "Overlap"),
        Label("两个图形重叠的面积大于限值", "Two outlines share more area than the limit"),
        Label("核对公共界线，只留一条", "Agree on the common boundary and draw it once"),
        layers=("village", "homestead", "house", "farmland", "works"),
        about="pair",
        limits={"": 0.001},
        unit="m²",
    ),
    Rule(
        "topology.near_miss",
        "warning",
        Label("未咬合", "Near miss"),
        Label(
            "节点离相邻图形的边不到限值，却不在边上",
            "A vertex lies nearer to a neighbour's edge than the limit, but not on it",
        ),
        Label("用捕捉功能把节点移到边上", "Snap the vertex to the edge"),
        layers=("village", "homestead", "farmland", "works"),
        about="pair",
        limits={"": 0.05},
        unit="m",
    ),
    Rule(
        "topology.gap",
        "warning",
        Label("地块间空隙", "Gap between parcels"),
        Label(
            "同一村的地块围住一小块未调查的地",
            "Parcels of one village enclose a patch that nobody surveyed",
        ),
        Label("补测，或把相邻界线对齐", "Survey it, or bring the boundaries together"),
        layers=("farmland",),
        reads=("homestead", "works", "house"),
        about="village",
        limits={"": 2000.0},
        unit="m²",
    ),
)
#: What covers the land of a village; a patch within these that none of them covers is a gap.
COVERING = ("farmland", "homestead", "works", "house")
#: Rounding leaves patches that are none, and the land survey overlaps no smaller.
_SMALLEST_GAP_M2 = 0.001


def find_overlap(tile: Tile, rule: Rule) -> Iterator[Found]:
    pairs = topology.overlaps(tile.geometries, rule.limit(tile.layer.name), _focus(tile))
    if tile.layer.name == "house":
        # A record is one storey; those of different storeys stand on one another.
        storeys = tile.values["storey"]
        apart = [
            None not in (a, b) and a != b
            for a, b in zip(storeys[pairs.first], storeys[pairs.second], strict=True)
        ]
        yield from _pairs(tile, rule, pairs, ~np.array(apart, dtype=bool))
    else:
        yield from _pairs(tile, rule, pairs, np.ones(len(pairs), bool))


def find_near_miss(tile: Tile, rule: Rule) -> Iterator[Found]:
    limit = rule.limit(tile.layer.name)
    pairs = topology.near_vertices(tile.geometries, limit, tile.layer.tolerance_m, _focus(tile))
    yield from _pairs(tile, rule, pairs, np.ones(len(pairs), bool))


def villages_with_parcels(file: SurveyFile, scope: Scope) -> list[str]:
    """Codes of the villages that are looked at and have parcels."""
    condition = f"{standing(file.catalogue.layer('farmland'))} AND {scope.village_condition()}"
    rows = file.connection.execute(
        f"SELECT DISTINCT village FROM farmland WHERE {condition} AND village IS NOT NULL"
    )
    return [village for (village,) in rows]


def find_gaps(file: SurveyFile, village: str, rule: Rule) -> Iterator[Found]:
    """Gaps of a village; the finding names the parcel with the lowest uuid of those around, and
    is known by the bounds of the gap to the centimetre."""
    parcels = named(file, "farmland", [village], by="village")
    covering = [parcels.geometries] + [
        named(file, layer, [village], by="village").geometries for layer in COVERING[1:]
    ]
    patches = gaps.gaps(np.concatenate(covering))
    areas = shapely.area(patches)
    limit = rule.limit("farmland")
    small = (areas > _SMALLEST_GAP_M2) & (areas < limit)
    patches, areas = patches[small], areas[small]
    if not len(patches):
        return
    tree = shapely.STRtree(parcels.geometries)
    gap, parcel = tree.query(patches, predicate="dwithin", distance=0.001)
    points = shapely.point_on_surface(patches)
    for index in np.unique(gap).tolist():
        around = sorted(parcels.uuids[parcel[gap == index]])
        bounds = shapely.bounds(patches[index]).tolist()
        yield Found(
            rule.code,
            "farmland",
            around[0],
            village,
            around[1] if len(around) > 1 else None,
            float(shapely.get_x(points[index])),
            float(shapely.get_y(points[index])),
            float(areas[index]),
            limit,
            key=" ".join(f"{each:.2f}" for each in bounds),
            detail={"around": len(around)},
        )


#: Asked of each portion, by the code of the rule.
FINDERS = {"topology.overlap": find_overlap, "topology.near_miss": find_near_miss}
#: Further columns that a layer's portions are read with.
COLUMNS = {"house": ("storey",)}


def _focus(tile: Tile) -> np.ndarray | None:
    return None if tile.members.all() else tile.members


def _pairs(tile: Tile, rule: Rule, pairs: topology.Pairs, wanted: np.ndarray) -> Iterator[Found]:
    for at in np.flatnonzero(wanted).tolist():
        first, second = int(pairs.first[at]), int(pairs.second[at])
        yield Found(
            rule.code,
            tile.layer.name,
            tile.uuids[first],
            tile.villages[first],
            tile.uuids[second],
            float(pairs.x[at]),
            float(pairs.y[at]),
            float(pairs.measured[at]),
            rule.limit(tile.layer.name),
        )

"""Thirty invented relics: what they are, which picture shows them, what state they are in."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely

from .settlements import Settlements
from .terrain import Terrain
from .villages import Village


@dataclass(frozen=True)
class Relic:
    """A relic before it is registered; `extent` is its body, metres."""

    village: Village
    name: str
    code_class: str
    era: str
    modern: bool
    level: str
    condition: str
    scene: str
    text: str
    point: shapely.Point
    extent: shapely.Polygon


#: Name after the village, class, era, modern, level, condition, picture, description.
_KINDS = (
    ("古石拱桥", "0313", "清", False, "3", "2", "bridge", "单孔石拱桥，条石砌筑，桥面铺青石板，两侧石栏保存基本完整。"),
    ("文昌塔", "0311", "清", False, "2", "3", "pagoda", "七级六面楼阁式砖塔，底层南面辟门，塔身各层设假窗。"),
    ("节孝牌坊", "0309", "清", False, "3", "2", "arch", "四柱三间石坊，明间额枋浮雕缠枝花卉，柱下有抱鼓石。"),
    ("宗祠", "0304", "清", False, "3", "3", "hall", "三进两天井，硬山顶，马头墙，正厅梁架保存较好。"),
    ("摩崖石刻", "0402", "明", False, "2", "2", "cliff", "崖面阴刻楷书两方，内容为修路筑堰事，字口清晰。"),
    ("古井", "0315", "明", False, "4", "2", "well", "青石井圈，内壁有绳痕，至今仍为村民饮用。"),
    ("窑址", "0104", "宋", False, "4", "4", "mound", "坡地龙窑遗存，地表散布青瓷残片与匣钵。"),
    ("古墓", "0203", "明", False, "4", "3", "tomb", "封土圆形，前立石碑一通，石砌墓圈局部坍塌。"),
    ("书院旧址", "0306", "清", False, "3", "3", "hall", "现存讲堂与东厢，穿斗式木构架，门额石刻尚存。"),
    ("古驿道", "0108", "明", False, "4", "3", "steps", "石板铺砌，残长约三百米，随山势设踏步。"),
    ("红军标语墙", "0502", "1934 年", True, "3", "3", "wall", "砖墙上墨书标语三条，其中一条局部漫漶。"),
    ("水轮泵站旧址", "0511", "1958 年", True, "4", "3", "house", "石砌机房一座，引水渠与泄水口保存完整。"),
    ("古聚落遗址", "0102", "新石器时代", False, "2", "3", "mound", "台地遗址，断面可见灰坑与红烧土堆积。"),
    ("修堰碑", "0403", "清", False, "4", "2", "stele", "青石碑一通，记乾隆年间合村修堰始末。"),
    ("古民居", "0303", "清", False, "4", "3", "hall", "一正两厢，天井铺卵石，木雕窗格保存较好。"),
)  # fmt: skip


def make_relics(
    terrain: Terrain,
    villages: list[Village],
    settlements: Settlements,
    taken: shapely.Geometry,
    parcels: np.ndarray,
    count: int,
    seed: int,
) -> list[Relic]:
    """`count` relics near the villages, on ground that is neither parcel nor homestead."""
    random = np.random.default_rng([seed, 6])
    busy = shapely.union_all([*parcels]).buffer(4)
    lots = shapely.union_all([each.outline for each in settlements.lots]).buffer(3)
    shapely.prepare(busy)
    shapely.prepare(lots)
    relics: list[Relic] = []
    for number in range(count):
        village = villages[number % len(villages)]
        kind = _KINDS[(number * 7 + number // len(villages)) % len(_KINDS)]
        name, code_class, era, modern, level, condition, scene, text = kind
        for attempt in range(600):
            reach = 90 + attempt * 0.9
            x = village.centre.x + random.normal(0, reach)
            y = village.centre.y + random.normal(0, reach)
            point = shapely.Point(round(x, 3), round(y, 3))
            extent = _body(random, point)
            free = not busy.intersects(extent) and not lots.intersects(extent)
            apart = all(point.distance(each.point) > 110 for each in relics)
            if (
                free
                and apart
                and village.outline.buffer(-25).contains(point)
                and (scene == "bridge" or not taken.intersects(extent))
            ):
                break
        place = village.name.removesuffix("村")
        relics.append(
            Relic(village, place + name, code_class, era, modern, level, condition, scene, text,
                  point, extent)
        )  # fmt: skip
    return relics


def _body(random: np.random.Generator, point: shapely.Point) -> shapely.Polygon:
    size = random.uniform(5, 13)
    angle = np.sort(random.uniform(0, 2 * np.pi, 7))
    angle = np.linspace(0, 2 * np.pi, 7, endpoint=False) + 0.25 * np.sin(angle)
    radius = size * random.uniform(0.8, 1.15, 7)
    ring = np.column_stack([point.x + radius * np.cos(angle), point.y + radius * np.sin(angle)])
    return shapely.Polygon(np.round(ring, 3))

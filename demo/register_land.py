"""Contracted parcels and who holds them as rows of the register."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import shapely
from xiangtu.geo import area

from .land import Land
from .register import Register
from .register_people import Holder
from .terraces import Terrace, is_sharp

_NAMES = (
    *("大丘", "长田", "门前田", "弯丘", "沙田", "石坎田", "秧田", "井边田", "庙前", "枫树坪"),
    *("坡上", "桐子坡", "塘边", "水口", "梨树湾", "竹山脚", "岩脚", "新田", "半边丘", "三角丘"),
)
_GRAIN = {"0101": "水稻", "0102": "玉米", "0103": "红薯"}


@dataclass(frozen=True)
class Holding:
    """A registered parcel: its uuid, code, terrace, holder (None where nobody contracts it)."""

    uuid: str
    code: str
    terrace: Terrace
    holder: Holder | None
    land_use: str


def add_farmland(
    register: Register,
    land: Land,
    holders: list[Holder],
    parties: dict[str, str],
    seed: int,
) -> list[Holding]:
    """All terraces with neighbours named on all sides, and the right of each holder."""
    random = np.random.default_rng([seed, 9])
    parcels = land.terraces.parcels
    owners = [_choose(random, each, holders) for each in parcels]
    sides = _neighbours(parcels, owners, land)
    counts: Counter[str] = Counter()
    holdings = []
    for terrace, holder, around in zip(parcels, owners, sides, strict=True):
        group = holder.group if holder else "01"
        party = terrace.village.code + group
        counts[party] += 1
        code = f"{party}{counts[party]:05d}"
        values = _parcel(random, terrace, holder, code)
        area_m2 = terrace.outline.area
        uuid = register.add(
            "farmland", code,
            register.surveyed(
                terrace.village.code, "2019-05-20", **values, **around,
                **register.measured("imported"),
            ),
            terrace.outline,
        )  # fmt: skip
        if holder:
            contract = round(area_m2 * random.choice([1, 1, 1, 0.98, 1.01]), 2)
            register.add(
                "land_right", code,
                register.surveyed(
                    terrace.village.code, "2019-07-01", farmland_uuid=uuid,
                    household_uuid=holder.uuid, issuing_party_uuid=parties[party], obtained="110",
                    right_state="valid", contract_code=f"{holder.code}J",
                    certificate_code=f"{holder.code}J", contract_area_m2=contract,
                    contract_area_mu=mu(contract), certificate_area_m2=contract,
                    contract_from="1999-01-01", contract_until="2028-12-31", share_only="2",
                ),
            )  # fmt: skip
        holdings.append(Holding(uuid, code, terrace, holder, values["land_use"]))
    return holdings


def mu(area_m2: float) -> float:
    """Mu to two decimals, as contracts write them."""
    return float(area.mu(area_m2))


def _choose(random: np.random.Generator, terrace: Terrace, holders: list[Holder]) -> Holder | None:
    """A household of the same village and side of it; a few parcels are kept by the collective."""
    if random.random() < 0.025:
        return None
    west = terrace.outline.centroid.x <= terrace.village.centre.x
    mine = [each for each in holders if each.village is terrace.village]
    near = [each for each in mine if (each.group == "01") == west] or mine
    return near[int(random.integers(0, len(near)))]


def _parcel(
    random: np.random.Generator, terrace: Terrace, holder: Holder | None, code: str
) -> dict[str, Any]:
    degrees = float(np.degrees(np.arctan(terrace.slope)))
    slope_class = str(1 + sum(degrees > limit for limit in (2, 6, 15, 25)))
    if terrace.above_river_m < 7:
        land_use = "0101"
    elif terrace.above_river_m < 22 and random.random() < 0.75:
        land_use = str(random.choice(["0101", "0102", "0102"]))
    else:
        land_use = str(random.choice(["0103", "0103", "0103", "0103", "0201", "0202"]))
    if slope_class == "5" or (slope_class == "4" and random.random() < 0.12):
        land_use = "0301"
    cultivated = land_use.startswith("01")
    basic = cultivated and degrees < 13 and random.random() < 0.8
    planting = None
    if cultivated:
        others = ("LYFL", "XG") if basic else ("LYFL", "FLS", "FLS", "XG")
        planting = "LS" if random.random() < 0.8 else str(random.choice(others))
    area_m2 = round(terrace.outline.area, 2)
    return {
        "code": code,
        "name": str(random.choice(_NAMES)),
        "ownership": "31",
        "kind": "10" if holder else "22",
        "land_use": land_use,
        "purpose": "2" if land_use == "0301" else "1",
        "grade": f"{int(np.clip(round(2 + degrees / 4 + random.normal(0, 0.7)), 1, 10)):02d}",
        "delegate_name": holder.head.name if holder else None,
        "planting": planting,
        "crop": _GRAIN[land_use] if planting in ("LS", "LYFL") else
        ("油菜" if planting == "FLS" else None),
        "irrigation": {"0101": "full", "0102": "partial"}.get(land_use, "none"),
        "slope_class": slope_class,
        "terrace": None if slope_class == "1" else "terrace",
        "quality": str(int(np.clip(round(3 + degrees / 5), 1, 10))) if cultivated else None,
        "high_standard": int(basic and terrace.above_river_m < 5),
        "black_soil": 0,
        "basic_farmland": "1" if basic else "2",
        "basic_farmland_code": f"YN{code[6:]}" if basic else None,
        "basic_farmland_patch_m2": area_m2 if basic else None,
        "basic_farmland_m2": area_m2 if basic else None,
        "protected_from": "2017-06-01" if basic else None,
        "stable": "1" if basic else None,
    }  # fmt: skip


def _neighbours(
    parcels: tuple[Terrace, ...], owners: list[Holder | None], land: Land
) -> list[dict[str, str]]:
    """Whose land or what lies east, south, west and north of each parcel."""
    shapes = np.array([each.outline for each in parcels])
    tree = shapely.STRtree(shapes)
    middle = shapely.get_coordinates(shapely.centroid(shapes))
    mine, other = tree.query(shapes, predicate="touches")
    roads = shapely.union_all([each.line for each in land.network.roads])
    by_road = shapely.distance(shapes, roads) < 6
    by_water = shapely.distance(shapes, land.network.water) < 3
    sides: list[dict[str, str]] = []
    touching: list[list[int]] = [[] for _ in parcels]
    for a, b in zip(mine, other, strict=True):
        touching[a].append(int(b))
    for index in range(len(parcels)):
        rest = "道路" if by_road[index] else "河沟" if by_water[index] else "山坡"
        around = {f"neighbour_{name}": rest for name in ("east", "south", "west", "north")}
        best: dict[str, float] = {}
        for there in sorted(touching[index]):
            dx, dy = middle[there] - middle[index]
            name = ("east" if dx > 0 else "west") if abs(dx) > abs(dy) else (
                "north" if dy > 0 else "south")  # fmt: skip
            distance = float(np.hypot(dx, dy))
            if distance < best.get(name, np.inf):
                best[name] = distance
                holder = owners[there]
                around[f"neighbour_{name}"] = holder.head.name if holder else "集体机动地"
        sides.append(around)
    return sides


def dividing_line(holding: Holding) -> np.ndarray | None:
    """Two corners of a parcel between which it can be cut about evenly, (2, 2); None if none do.

    Corners that are there already: a new one on a neighbour's edge would not be the neighbour's.
    """
    outline = holding.terrace.outline
    ring = shapely.get_coordinates(outline.exterior)[:-1]
    first, second = np.triu_indices(len(ring), 2)
    # The first and the last corner lie side by side.
    apart = second - first < len(ring) - 1
    first, second = first[apart], second[apart]
    length = np.hypot(*(ring[first] - ring[second]).T)
    uneven = np.array(
        [
            abs(1 - 2 * shapely.Polygon(ring[i : j + 1]).area / outline.area)
            for i, j in zip(first, second, strict=True)
        ]
    )
    for best in np.argsort(uneven + length / 60, kind="stable")[:40]:
        ends = ring[[first[best], second[best]]]
        pieces = np.array(_pieces(ring, int(first[best]), int(second[best])))
        if (
            outline.covers(shapely.LineString(ends))
            and shapely.is_valid(pieces).all()
            and shapely.area(pieces).min() >= 200
            and not is_sharp(pieces).any()
        ):
            return ends
    return None


def _pieces(ring: np.ndarray, first: int, second: int) -> list[shapely.Polygon]:
    rest = np.concatenate([ring[second:], ring[: first + 1]])
    return [shapely.Polygon(ring[first : second + 1]), shapely.Polygon(rest)]


def subdivided(holding: Holding) -> tuple[Terrace, Terrace] | None:
    """A parcel cut along its `dividing_line`, from west to east; None if it has none."""
    ends = dividing_line(holding)
    if ends is None:
        return None
    ring = shapely.get_coordinates(holding.terrace.outline.exterior)[:-1]
    first, second = sorted(int((ring == end).all(axis=1).argmax()) for end in ends)
    pieces = sorted(_pieces(ring, first, second), key=lambda each: (each.centroid.x, each.area))
    west, east = (replace(holding.terrace, outline=each) for each in pieces)
    return west, east

"""Thirty invented relics: what they are, which picture shows them, what state they are in."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

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
    level: str
    condition: str
    scene: str
    text: str
    point: shapely.Point
    extent: shapely.Polygon


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
    with (Path(__file__).parent / "relics.toml").open("rb") as stream:
        kinds = tomllib.load(stream)["kinds"]
    relics: list[Relic] = []
    for number in range(count):
        village = villages[number % len(villages)]
        kind = kinds[(number * 7 + number // len(villages)) % len(kinds)]
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
                and (kind["scene"] == "bridge" or not taken.intersects(extent))
            ):
                break
        place = village.name.removesuffix("村")
        relics.append(
            Relic(
                village, place + kind["name"], kind["class"], kind["era"], kind["level"],
                kind["condition"], kind["scene"], kind["text"], point, extent,
            )
        )  # fmt: skip
    return relics


def _body(random: np.random.Generator, point: shapely.Point) -> shapely.Polygon:
    size = random.uniform(5, 13)
    angle = np.sort(random.uniform(0, 2 * np.pi, 7))
    angle = np.linspace(0, 2 * np.pi, 7, endpoint=False) + 0.25 * np.sin(angle)
    radius = size * random.uniform(0.8, 1.15, 7)
    ring = np.column_stack([point.x + radius * np.cos(angle), point.y + radius * np.sin(angle)])
    return shapely.Polygon(np.round(ring, 3))

"""The whole invented land as values, before any of it is registered."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import shapely

from .network import Network, make_network
from .relics import Relic, make_relics
from .settlements import Settlements, make_settlements
from .terraces import Terraces, make_terraces
from .terrain import Terrain, make_terrain
from .villages import Village, make_villages

SEED = 990101


@dataclass(frozen=True)
class Size:
    """How much of everything there is; the land itself is always the same twelve villages."""

    parcels: int = 2000
    homesteads: int = 400
    relics: int = 30

    @classmethod
    def small(cls) -> Size:
        """For tests."""
        return cls(parcels=800, homesteads=60, relics=12)


@dataclass(frozen=True)
class Land:
    terrain: Terrain
    villages: list[Village]
    network: Network
    settlements: Settlements
    terraces: Terraces
    relics: list[Relic]


def make_land(size: Size, seed: int, tell: Callable[[float], None]) -> Land:
    """The same land for the same size and seed; `tell` hears how far it is (0…1)."""
    terrain = make_terrain(seed)
    tell(0.2)
    villages = make_villages(terrain, seed)
    network = make_network(terrain, villages)
    tell(0.3)
    settlements = make_settlements(terrain, villages, network, size.homesteads, seed)
    tell(0.4)
    taken = shapely.union_all([network.taken, *settlements.ground.values()])
    terraces = make_terraces(terrain, villages, taken, size.parcels, seed)
    tell(0.9)
    parcels = np.array([each.outline for each in terraces.parcels])
    relics = make_relics(terrain, villages, settlements, taken, parcels, size.relics, seed)
    tell(1.0)
    return Land(terrain, villages, network, settlements, terraces, relics)

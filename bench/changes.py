"""What ten teams change: the same values for every way of merging that is measured."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import shapely
from shapely.affinity import scale
from xiangtu.store import SurveyFile

_MEASURED = {
    "measured_how": "gnss_walk",
    "fix_type": "rtk_fixed",
    "horizontal_accuracy_m": 0.03,
    "satellites": 18,
    "epochs": 40,
}


@dataclass(frozen=True)
class Change:
    """New values of one parcel; every third has a new outline with how it was measured."""

    uuid: str
    values: dict[str, Any] = field(default_factory=dict)
    geometry: shapely.Geometry | None = None


def changes_of_team(file: SurveyFile, village: str, count: int) -> list[Change]:
    """`count` changes to the parcels of a village, the same every time."""
    values, shapes = file.arrays(
        "farmland", ("uuid", "code"), "village = ? ORDER BY code", (village,)
    )
    changes = []
    for number, (uuid, shape) in enumerate(zip(values["uuid"][:count], shapes, strict=False)):
        if number % 3:
            new = {"planting": "FLS" if number % 2 else "LS", "crop": f"作物{number % 7}"}
            changes.append(Change(uuid, new))
        else:
            outline = scale(shape, 0.995, 0.995)
            changes.append(Change(uuid, {**_MEASURED, "state": "surveyed"}, outline))
    if len(changes) != count:
        raise ValueError(f"village {village} has fewer than {count} parcels")
    return changes

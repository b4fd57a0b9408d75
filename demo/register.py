"""Rows for the county's register, collected by layer, with uuids that are the same every time."""

from __future__ import annotations

import uuid as uuids
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

import shapely

_NAMESPACE = uuids.UUID("6ba7b811-9dad-11d1-80b4-00c04fd430c8")

#: The round that the county closed, and the one that the demonstration works on.
OLD_CAMPAIGN = ("2019年农村承包地与房屋普查", "2019-12-31", "2019-03-01", "2019-12-20")
NEW_CAMPAIGN = ("2025年乡村资源更新调查", "2025-06-30", "2025-03-01", None)


def fixed_uuid(layer: str, name: str) -> str:
    """A version 5 uuid: two runs of the demonstration name a record alike."""
    return str(uuids.uuid5(_NAMESPACE, f"https://xiangtu.invalid/{layer}/{name}"))


@dataclass
class Rows:
    """Rows of one layer: values, geometries and uuids side by side."""

    values: list[dict[str, Any]] = field(default_factory=list)
    geometries: list[shapely.Geometry | None] = field(default_factory=list)
    uuids: list[str] = field(default_factory=list)


class Register:
    """Collects rows; nothing is written here."""

    def __init__(self) -> None:
        self.layers: dict[str, Rows] = defaultdict(Rows)
        self.old_campaign = fixed_uuid("campaign", "old")
        self.new_campaign = fixed_uuid("campaign", "new")

    def add(
        self,
        layer: str,
        name: str,
        values: dict[str, Any],
        geometry: shapely.Geometry | None = None,
    ) -> str:
        """Take a row; `name` is what its uuid is made of. Returns the uuid."""
        rows = self.layers[layer]
        made = fixed_uuid(layer, name)
        rows.values.append(values)
        rows.geometries.append(geometry)
        rows.uuids.append(made)
        return made

    def surveyed(self, village: str, day: str, **more: Any) -> dict[str, Any]:
        """The common fields of a record of the old campaign."""
        return {
            "village": village,
            "campaign": self.old_campaign,
            "state": "accepted",
            "began_on": day,
            **more,
        }

    def measured(self, how: str = "imported") -> dict[str, Any]:
        """The measuring fields of an outline from the records of the old campaign."""
        if how == "imported":
            return {"measured_how": "imported"}
        return {
            "measured_how": how,
            "fix_type": "rtk_fixed",
            "horizontal_accuracy_m": 0.03,
            "satellites": 22,
            "epochs": 10,
            "measured_at": "2019-06-18T03:20:00.000Z",
        }


def add_campaigns(register: Register) -> None:
    """The two survey rounds."""
    name, reference, started, closed = OLD_CAMPAIGN
    register.add(
        "campaign", "old",
        {"name": name, "kind": "full", "reference_date": reference, "started_on": started,
         "closed_on": closed},
    )  # fmt: skip
    name, reference, started, _ = NEW_CAMPAIGN
    register.add(
        "campaign", "new",
        {"name": name, "kind": "update", "reference_date": reference, "started_on": started,
         "previous_campaign_uuid": register.old_campaign},
    )  # fmt: skip

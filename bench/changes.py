"""What ten teams change: the same values for every way of merging that is measured.

A team's work is of one kind. "mixed" is a survey as it goes: the form of every parcel is filled
in and the outline of every second one is walked again, so that a third of the changes are
outlines and no team needs more parcels than a small county has for it. "attributes" and
"outlines" are one change to a parcel, of that kind alone.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import shapely
from shapely.affinity import scale
from xiangtu.store import SurveyFile

from . import terraces

MIXED, ATTRIBUTES, OUTLINES = KINDS = ("mixed", "attributes", "outlines")
_MEASURED = {
    "measured_how": "gnss_walk",
    "fix_type": "rtk_fixed",
    "horizontal_accuracy_m": 0.03,
    "satellites": 18,
    "epochs": 40,
    "state": "surveyed",
}


@dataclass(frozen=True)
class Change:
    """New values of one parcel, or a new outline with how it was measured."""

    uuid: str
    values: dict[str, Any] = field(default_factory=dict)
    geometry: shapely.Geometry | None = None


@dataclass(frozen=True)
class Plan:
    """Who changes what in a county of `parcels`: each of `teams` makes `changes` of a kind."""

    kind: str
    parcels: int
    teams: int
    changes: int

    @property
    def fits(self) -> bool:
        """Whether each team finds parcels of its own to change."""
        return (
            self._parcels_of_a_team * self._teams_in_a_village <= terraces.PER_VILLAGE
            and -(-self.teams // self._teams_in_a_village) * terraces.PER_VILLAGE <= self.parcels
        )

    def village(self, team: int) -> str:
        """The village a team works in; those that are worked in lie all over the county."""
        villages = self.parcels // terraces.PER_VILLAGE
        worked_in = -(-self.teams // self._teams_in_a_village)
        return terraces.village_code(team // self._teams_in_a_village * villages // worked_in)

    def records(self, team: int) -> int:
        """How many parcels the team changes."""
        return len(set(self._places(team)))

    def of_team(self, file: SurveyFile, team: int) -> list[Change]:
        """The changes of a team, from 0, in the order they are made; the same every time."""
        values, shapes = file.arrays(
            "farmland", ("uuid",), "village = ? ORDER BY code", (self.village(team),)
        )
        return [
            self._change(number, values["uuid"][place], shapes[place])
            for number, place in enumerate(self._places(team))
        ]

    @property
    def _teams_in_a_village(self) -> int:
        return 2 if self.kind == MIXED else 1

    @property
    def _parcels_of_a_team(self) -> int:
        return -(-self.changes * 2 // 3) if self.kind == MIXED else self.changes

    def _places(self, team: int) -> list[int]:
        """Which parcel of the village each change is made to."""
        first = team % self._teams_in_a_village * self._parcels_of_a_team
        numbers = range(self.changes)
        if self.kind == MIXED:
            return [first + number // 3 * 2 + number % 3 // 2 for number in numbers]
        return [first + number for number in numbers]

    def _change(self, number: int, uuid: str, outline: shapely.Geometry) -> Change:
        if self.kind == OUTLINES or (self.kind == MIXED and number % 3 == 1):
            return Change(uuid, _MEASURED, scale(outline, 0.995, 0.995))
        new = {"planting": "FLS" if number % 2 else "LS", "crop": f"作物{number % 7}"}
        return Change(uuid, new)

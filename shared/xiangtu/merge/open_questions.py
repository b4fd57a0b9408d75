"""What waits for a decision, counted by layer, village and tablet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ..package.selection import VILLAGE
from ..store import SurveyFile
from .office_edits import catch_up


@dataclass(frozen=True)
class Spread:
    """How the open conflicts lie: conflicts by layer, by village code, by tablet that is a side
    of them; `villages` names the codes that have a name. `pairs` are open duplicates by layer."""

    by_layer: Mapping[str, int]
    by_village: Mapping[str, int]
    by_device: Mapping[str, int]
    pairs: Mapping[str, int]
    villages: Mapping[str, str]

    @property
    def conflicts(self) -> int:
        """All open conflicts."""
        return sum(self.by_layer.values())


def spread(file: SurveyFile) -> Spread:
    """Count what waits; costs what waits, however large the county is."""
    catch_up(file)

    def counts(sql: str) -> dict[str, int]:
        return dict(file.connection.execute(sql))

    return Spread(
        counts("SELECT layer, count(*) FROM conflict GROUP BY layer"),
        counts("SELECT village, count(*) FROM conflict WHERE village > '' GROUP BY village"),
        counts(
            "SELECT c.device, count(DISTINCT k.id) FROM conflict k, json_each(k.heads) h "
            "CROSS JOIN change c ON c.uuid = h.value GROUP BY c.device"
        ),
        counts("SELECT layer, count(*) FROM duplicate WHERE state = 'open' GROUP BY layer"),
        _names(file),
    )


def _names(file: SurveyFile) -> dict[str, str]:
    layer = file.catalogue.layer(VILLAGE)
    rows = file.select(VILLAGE, "ended_on IS NULL", (), (layer.key or "", layer.title_field or ""))
    return {code: name for code, name in (tuple(row.values()) for row in rows) if code and name}

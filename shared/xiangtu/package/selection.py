"""Which records go to a tablet: those of its villages, their parts, and what they refer to."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence

from ..catalogue import Catalogue, Layer
from ..errors import BadInput
from ..store import SurveyFile
from .row_copying import quoted

VILLAGE = "village"
#: Layers whose rows are never handed out: a tablet brings them in.
_NOT_HANDED_OUT = ("attachment", "track")


class Selection:
    """The chosen records, in temporary table `chosen` (layer, uuid, context) of the file.

    With context = 1 a record is there to be looked at: a parent elsewhere, a neighbour's outline.
    """

    def __init__(self, file: SurveyFile) -> None:
        self._file = file
        self._connection: sqlite3.Connection = file.connection
        self._connection.execute("DROP TABLE IF EXISTS temp.chosen")
        self._connection.execute(
            "CREATE TEMP TABLE chosen (layer TEXT, uuid TEXT, context INTEGER, "
            "PRIMARY KEY (layer, uuid)) WITHOUT ROWID"
        )

    def choose(self, layers: Sequence[Layer], villages: Sequence[str]) -> None:
        """Fill the table; `layers` must hold the parts of its layers (see `with_parts`)."""
        catalogue = self._file.catalogue
        for layer in layers:
            if layer.name != VILLAGE:
                marks = ", ".join("?" * len(villages))
                self._add(layer.name, f"village IN ({marks})", tuple(villages))
        village = catalogue.layer(VILLAGE)
        marks = ", ".join("?" * len(villages))
        self._add(VILLAGE, f"{quoted(village.key or '')} IN ({marks})", tuple(villages))
        self._add_parts(layers)
        self._add_parents(catalogue)
        self._add_neighbours()
        self._add("campaign", "1", (), context=1)

    def counts(self) -> dict[str, int]:
        """Layer → how many records were chosen."""
        return dict(
            self._connection.execute(
                "SELECT layer, count(*) FROM temp.chosen GROUP BY layer ORDER BY layer"
            ).fetchall()
        )

    def where(self) -> str:
        """A condition for rows of the layer whose name is bound to its only parameter."""
        return "WHERE uuid IN (SELECT uuid FROM temp.chosen WHERE layer = ?)"

    def drop(self) -> None:
        self._connection.execute("DROP TABLE temp.chosen")

    def _add(
        self, layer: str, condition: str, parameters: Sequence[object], *, context: int = 0
    ) -> int:
        return self._connection.execute(
            f"INSERT OR IGNORE INTO temp.chosen SELECT ?, uuid, ? FROM {quoted(layer)} "
            f"WHERE {condition}",
            (layer, context, *parameters),
        ).rowcount

    def _add_parts(self, layers: Sequence[Layer]) -> None:
        """Parts of what was chosen, whatever village they name, to any depth."""
        added = 1
        while added:
            added = 0
            for layer in layers:
                for relation in layer.compositions:
                    added += self._add(
                        layer.name,
                        f"{quoted(relation.field)} IN "
                        "(SELECT uuid FROM temp.chosen WHERE layer = ? AND context = 0)",
                        (relation.parent,),
                    )

    def _add_parents(self, catalogue: Catalogue) -> None:
        """What the chosen records refer to, and what that refers to."""
        added = 1
        while added:
            added = 0
            for layer in catalogue.layers.values():
                for relation in layer.relations:
                    added += self._add(
                        relation.parent,
                        f"uuid IN (SELECT {quoted(relation.field)} FROM {quoted(layer.name)} "
                        "WHERE uuid IN (SELECT uuid FROM temp.chosen WHERE layer = ?))",
                        (layer.name,),
                        context=1,
                    )

    def _add_neighbours(self) -> None:
        """Outlines of the villages around, so that a team sees where its own ends."""
        outlines = self._file.select(
            VILLAGE,
            "uuid IN (SELECT uuid FROM temp.chosen WHERE layer = ?)",
            (VILLAGE,),
            columns=("geometry",),
        )
        for outline in [row["geometry"] for row in outlines]:
            if outline is None or outline.is_empty:
                continue
            for uuid in self._file.within(VILLAGE, outline.bounds):
                self._add(VILLAGE, "uuid = ?", (uuid,), context=1)


def with_parts(catalogue: Catalogue, names: Iterable[str] | None) -> list[Layer]:
    """The named layers (all surveyed ones for None) and the layers of their parts, in order.

    BadInput("layer.unknown"), or "assign.layer" for one that is not handed out.
    """
    if names is None:
        return [layer for layer in catalogue.layers.values() if layer.surveyed]
    wanted = set()
    for name in names:
        layer = catalogue.layer(name)
        if not layer.surveyed or name in _NOT_HANDED_OUT:
            raise BadInput("assign.layer", layer=name)
        wanted.add(name)
    while True:
        parts = {
            layer.name
            for layer in catalogue.layers.values()
            if any(relation.parent in wanted for relation in layer.compositions)
        }
        if parts <= wanted:
            return [layer for layer in catalogue.layers.values() if layer.name in wanted]
        wanted |= parts

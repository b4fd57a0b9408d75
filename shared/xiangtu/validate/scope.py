"""Which records a run looks at: all of them, those a batch and what followed it touched, those
that the file's journal tells of, or those of some villages or given by name.

What a change can make right or wrong are the record itself, its children and parents (as they are
and as they were), the records of a changed village, those that had or have the same code or
outline, and the record of a changed attachment. These make up the focus; every rule is asked
about all of it, so that a run in focus and a full one agree.
"""

from __future__ import annotations

import json
from collections.abc import Iterable

import numpy as np

from ..catalogue.model import GEOMETRY_COLUMN, Layer
from ..errors import BadInput
from ..geo import blobs
from ..store import SurveyFile

_FOCUS = """
CREATE TEMP TABLE IF NOT EXISTS validate_focus (
  layer TEXT NOT NULL, record TEXT NOT NULL, PRIMARY KEY (layer, record)) WITHOUT ROWID;
CREATE TEMP TABLE IF NOT EXISTS validate_change (id INTEGER PRIMARY KEY);
CREATE TEMP TABLE IF NOT EXISTS validate_village (code TEXT PRIMARY KEY) WITHOUT ROWID;
DELETE FROM validate_focus; DELETE FROM validate_change; DELETE FROM validate_village;
"""
#: A package counts by when it was merged, an edit in the office (which has no batch) by its time;
#: a batch undone since then by what it had changed.
_CHANGES = """
INSERT INTO validate_change
SELECT c.id FROM batch b JOIN change c ON c.batch = b.uuid
 WHERE b.number >= :number OR b.undone_at >= :made_at
UNION
SELECT id FROM change WHERE batch IS NULL AND time >= :made_at
"""


class Scope:
    """The records a run is about; `everything` or a focus kept in temporary tables."""

    def __init__(
        self,
        file: SurveyFile,
        since: str | int | None,
        *,
        touched: bool = False,
        records: Iterable[str] | None = None,
        villages: Iterable[str] | None = None,
    ) -> None:
        self.file = file
        named = records is not None or villages is not None
        self.everything = since is None and not touched and not named
        if self.everything:
            return
        for statement in _FOCUS.split(";"):
            file.connection.execute(statement)
        if since is not None:
            number, made_at = _batch(file, since)
            self._run(_CHANGES, {"number": number, "made_at": made_at})
        elif touched:
            self._run("INSERT INTO validate_change SELECT id FROM change")
        if named:
            self._name(list(records or ()), list(villages or ()))
        self._fill()

    def condition(self, layer: str) -> str:
        """SQL over a row of the layer's table: is it looked at? Layer names are sound SQL."""
        if self.everything:
            return "1"
        return f"uuid IN (SELECT record FROM temp.validate_focus WHERE layer = '{layer}')"

    def finding_condition(self, about: str) -> str:
        """SQL over table finding: is what it is about looked at?"""
        if self.everything:
            return "1"
        if about == "village":
            return "village IN (SELECT code FROM temp.validate_village)"
        seen = "SELECT record FROM temp.validate_focus"
        if about == "pair":
            return f"(record IN ({seen}) OR other IN ({seen}))"
        return f"record IN ({seen})"

    def village_condition(self) -> str:
        """SQL over a row with a column village: is the village looked at?"""
        if self.everything:
            return "village IS NOT NULL"
        return "village IN (SELECT code FROM temp.validate_village)"

    def _name(self, records: list[str], villages: list[str]) -> None:
        """Take in records by uuid and those of villages, gone ones of which a finding still tells
        among them, with all that was ever changed of them: what they were before says whom else
        they could make right or wrong."""
        given = {"records": json.dumps(records), "villages": json.dumps(villages)}
        some = "SELECT value FROM json_each(:records)"
        there = "SELECT value FROM json_each(:villages)"
        for layer in self.file.catalogue.layers.values():
            of_village = f"OR village IN ({there})" if layer.surveyed else ""
            self._run(
                f"INSERT OR IGNORE INTO validate_focus SELECT '{layer.name}', uuid "
                f'FROM "{layer.name}" WHERE uuid IN ({some}) {of_village}',
                given,
            )
        self._run(
            "INSERT OR IGNORE INTO validate_focus SELECT layer, record FROM finding "
            f"WHERE state <> 'fixed' AND (record IN ({some}) OR village IN ({there}))",
            given,
        )
        self._run(
            "INSERT OR IGNORE INTO validate_change SELECT id FROM change "
            f"WHERE record IN (SELECT record FROM validate_focus UNION {some})",
            given,
        )

    def _fill(self) -> None:
        self._run(
            "INSERT OR IGNORE INTO validate_focus SELECT layer, record FROM change "
            "WHERE id IN (SELECT id FROM validate_change)"
        )
        changed = {
            layer: records
            for layer in self.file.catalogue.layers
            if (records := self._records(layer))
        }
        for layer in self.file.catalogue.layers.values():
            if layer.name in changed:
                self._add_same_code(layer)
                self._add_same_outline(layer, changed[layer.name])
                self._add_parents(layer)
        for layer in self.file.catalogue.layers.values():
            for relation in layer.relations:
                if relation.parent in changed:
                    self._add(layer.name, relation.field, relation.parent)
        if self._came_or_went("campaign"):
            for layer in self.file.catalogue.layers.values():
                if layer.surveyed:
                    self._add(layer.name, "campaign", "campaign")
        if "attachment" in changed:
            self._add_owners()
        self._add_villages("village" in changed)

    def _run(self, sql: str, parameters: Iterable[object] | dict[str, object] = ()) -> None:
        self.file.connection.execute(sql, parameters)  # type: ignore[arg-type]

    def _came_or_went(self, layer: str) -> bool:
        (found,) = self.file.connection.execute(
            "SELECT EXISTS (SELECT 1 FROM change WHERE layer = ? AND operation <> 'update' "
            "AND id IN (SELECT id FROM validate_change))",
            (layer,),
        ).fetchone()
        return bool(found)

    def _records(self, layer: str) -> list[str]:
        rows = self.file.connection.execute(
            "SELECT record FROM validate_focus WHERE layer = ?", (layer,)
        )
        return [record for (record,) in rows]

    def _either(self, field: str, part: str = "{}") -> str:
        """SQL for what a column of a changed record was before and after each change."""
        return " UNION ".join(
            f"SELECT {part.format(side)} AS value FROM change_value v JOIN change c "
            f"ON c.id = v.change WHERE c.layer = :layer AND v.field = '{field}' "
            "AND c.id IN (SELECT id FROM validate_change)"
            for side in ("v.old", "v.new")
        )

    def _add(self, layer: str, column: str, parent: str) -> None:
        """Records of a layer whose column names a changed record of the parent."""
        self._run(
            f"INSERT OR IGNORE INTO validate_focus SELECT '{layer}', uuid FROM \"{layer}\" "
            f"WHERE \"{column}\" IN (SELECT record FROM validate_focus WHERE layer = '{parent}')"
        )

    def _add_same_code(self, layer: Layer) -> None:
        if layer.key is None:
            return
        focus = f"SELECT record FROM validate_focus WHERE layer = '{layer.name}'"
        self._run(
            f'INSERT OR IGNORE INTO validate_focus SELECT :layer, uuid FROM "{layer.name}" '
            f'WHERE "{layer.key}" IN (SELECT "{layer.key}" FROM "{layer.name}" '
            f"WHERE uuid IN ({focus}) UNION {self._either(layer.key)})",
            {"layer": layer.name},
        )

    def _add_parents(self, layer: Layer) -> None:
        for relation in layer.relations:
            focus = f"SELECT record FROM validate_focus WHERE layer = '{layer.name}'"
            self._run(
                f"INSERT OR IGNORE INTO validate_focus SELECT '{relation.parent}', value FROM ("
                f'SELECT "{relation.field}" AS value FROM "{layer.name}" WHERE uuid IN ({focus}) '
                f"UNION {self._either(relation.field)}) WHERE value IS NOT NULL",
                {"layer": layer.name},
            )

    def _add_owners(self) -> None:
        focus = "SELECT record FROM validate_focus WHERE layer = 'attachment'"
        rows = self.file.connection.execute(
            f"SELECT record AS value FROM attachment WHERE uuid IN ({focus}) "
            f"UNION {self._either('record')}",
            {"layer": "attachment"},
        ).fetchall()
        owners = json.dumps([record for (record,) in rows])
        for layer in self.file.catalogue.layers.values():
            if layer.photos or layer.signatures:
                self._run(
                    f"INSERT OR IGNORE INTO validate_focus SELECT '{layer.name}', uuid "
                    f'FROM "{layer.name}" WHERE uuid IN (SELECT value FROM json_each(?))',
                    (owners,),
                )

    def _add_same_outline(self, layer: Layer, records: list[str]) -> None:
        """Records with the very bounds a changed one has or had: among them are all with the
        same outline, of which another may now be the one that repeats."""
        if layer.geometry != "MULTIPOLYGON":
            return
        head = f'substr("{GEOMETRY_COLUMN}", 1, 38)'
        heads = self.file.connection.execute(
            f'SELECT {head} FROM "{layer.name}" '
            "WHERE uuid IN (SELECT value FROM json_each(:records)) "
            f"UNION {self._either(GEOMETRY_COLUMN, 'substr({}, 1, 38)')}",
            {"layer": layer.name, "records": json.dumps(records)},
        ).fetchall()
        wanted = {head for (head,) in heads if head}
        near: set[str] = set()
        for bounds in np.unique(blobs.bounds_of_heads(list(wanted)), axis=0).tolist():
            near.update(self.file.within(layer.name, tuple(bounds)))
        rows = self.file.connection.execute(
            f'SELECT uuid, {head} FROM "{layer.name}" '
            "WHERE uuid IN (SELECT value FROM json_each(?))",
            (json.dumps(sorted(near)),),
        )
        same = [uuid for uuid, its_head in rows if its_head in wanted]
        self._run(
            f"INSERT OR IGNORE INTO validate_focus SELECT '{layer.name}', value FROM json_each(?)",
            (json.dumps(same),),
        )

    def _add_villages(self, outline_changed: bool) -> None:
        """Villages of all that changed, as they are and were; and all records of a village whose
        own record changed."""
        for layer in self.file.catalogue.layers.values():
            if layer.surveyed:
                self._run(
                    "INSERT OR IGNORE INTO validate_village SELECT value FROM ("
                    f'SELECT village AS value FROM "{layer.name}" WHERE uuid IN (SELECT record '
                    f"FROM validate_focus WHERE layer = '{layer.name}') "
                    f"UNION {self._either('village')}) WHERE value IS NOT NULL",
                    {"layer": layer.name},
                )
        if not outline_changed:
            return
        rows = self.file.connection.execute(
            "SELECT code AS value FROM village WHERE uuid IN (SELECT record FROM validate_focus "
            f"WHERE layer = 'village') UNION {self._either('code')}",
            {"layer": "village"},
        ).fetchall()
        codes = json.dumps([code for (code,) in rows if code is not None])
        for layer in self.file.catalogue.layers.values():
            if layer.surveyed:
                self._run(
                    f"INSERT OR IGNORE INTO validate_focus SELECT '{layer.name}', uuid "
                    f'FROM "{layer.name}" WHERE village IN (SELECT value FROM json_each(?))',
                    (codes,),
                )


def _batch(file: SurveyFile, since: str | int) -> tuple[int, str]:
    """Number and time of a batch given by its number or uuid."""
    row = file.connection.execute(
        "SELECT number, made_at FROM batch WHERE uuid = :given OR CAST(number AS TEXT) = :given",
        {"given": str(since)},
    ).fetchone()
    if row is None:
        raise BadInput("batch.unknown", batch=since)
    return int(row[0]), str(row[1])

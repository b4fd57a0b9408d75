"""What a run found against what earlier ones did: new, still there, fixed."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ..catalogue.model import GEOMETRY_COLUMN
from ..geo import blobs
from ..store import SurveyFile
from ..store.system_tables import NOW
from .rule import Found, Rule
from .scope import Scope

_FOUND = """
CREATE TEMP TABLE IF NOT EXISTS validate_found (
  id TEXT PRIMARY KEY, rule TEXT, severity TEXT, layer TEXT, record TEXT, other TEXT, x REAL,
  y REAL, measured REAL, "limit" REAL, detail TEXT, village TEXT) WITHOUT ROWID
"""
_COLUMNS = 'rule, severity, layer, record, other, x, y, measured, "limit", detail, village'


@dataclass(frozen=True)
class Settled:
    """How many findings a run opened, and how many it found to be gone."""

    new: int
    fixed: int


def begin(file: SurveyFile) -> None:
    """Make room for what a run finds, out of the way of the file."""
    file.connection.execute(_FOUND)
    file.connection.execute("DELETE FROM temp.validate_found")


def note(file: SurveyFile, found: Iterable[Found], rules: Mapping[str, Rule]) -> None:
    """Keep findings of a run; one that comes again (at the edge of two portions) is kept once."""
    rows = (
        (
            each.id(rules[each.rule].about),
            each.rule,
            rules[each.rule].severity,
            each.layer,
            each.record,
            each.other,
            each.x,
            each.y,
            each.measured,
            each.limit,
            json.dumps(each.detail, ensure_ascii=False, sort_keys=True) if each.detail else None,
            each.village,
        )
        for each in found
    )
    file.connection.executemany(
        f"INSERT OR REPLACE INTO temp.validate_found (id, {_COLUMNS}) "
        "VALUES (?,?,?,?,?,?,?,?,?,?,?,?)",
        rows,
    )


def settle(
    file: SurveyFile, scope: Scope, rules: Mapping[str, Rule], layers: Iterable[str]
) -> Settled:
    """Write the findings of a run, in one transaction.

    One found again keeps its time and state, but is open again if it was fixed. One not found
    any more, of a rule and a record that were looked at, is fixed; its reason stays to be read.
    """
    connection = file.connection
    _place(file)
    with file.atomic(doing="validate"):
        new = connection.execute(
            "SELECT count(*) FROM temp.validate_found f LEFT JOIN finding k ON k.id = f.id "
            "WHERE k.id IS NULL OR k.state = 'fixed'"
        ).fetchone()[0]
        connection.execute(
            f"INSERT INTO finding (id, {_COLUMNS}, found_at) "
            f"SELECT id, {_COLUMNS}, {NOW} FROM temp.validate_found WHERE true "
            "ON CONFLICT (id) DO UPDATE SET severity = excluded.severity, "
            "layer = excluded.layer, record = excluded.record, other = excluded.other, "
            "x = excluded.x, y = excluded.y, measured = excluded.measured, "
            '"limit" = excluded."limit", detail = excluded.detail, village = excluded.village, '
            "found_at = iif(state = 'fixed', excluded.found_at, found_at), "
            "reason = iif(state = 'fixed', NULL, reason), "
            "author = iif(state = 'fixed', NULL, author), "
            "settled_at = iif(state = 'fixed', NULL, settled_at), "
            "state = iif(state = 'fixed', 'open', state)"
        )
        fixed = 0
        for about in ("record", "pair", "village"):
            codes = [code for code, rule in rules.items() if rule.about == about]
            fixed += connection.execute(
                f"UPDATE finding SET state = 'fixed', settled_at = {NOW} WHERE state <> 'fixed' "
                "AND rule IN (SELECT value FROM json_each(?)) "
                "AND layer IN (SELECT value FROM json_each(?)) "
                f"AND {scope.finding_condition(about)} "
                "AND NOT EXISTS (SELECT 1 FROM temp.validate_found f WHERE f.id = finding.id)",
                (json.dumps(codes), json.dumps(list(layers))),
            ).rowcount
    return Settled(int(new), fixed)


def _place(file: SurveyFile) -> None:
    """Give findings without a place of their own the middle of the record's bounds."""
    connection = file.connection
    for layer in file.catalogue.layers.values():
        if layer.geometry is None:
            continue
        rows = connection.execute(
            f'SELECT f.id, substr(t."{GEOMETRY_COLUMN}", 1, 38) FROM temp.validate_found f '
            f'JOIN "{layer.name}" t ON t.uuid = f.record WHERE f.layer = ? AND f.x IS NULL '
            f'AND length(t."{GEOMETRY_COLUMN}") > 38',
            (layer.name,),
        ).fetchall()
        rows = [(id, head) for id, head in rows if head[0] == 0 and head[1] <= 1]
        bounds = blobs.bounds_of_heads([head for _, head in rows])
        middle = (bounds[:, :2] + bounds[:, 2:]) / 2
        connection.executemany(
            "UPDATE temp.validate_found SET x = ?, y = ? WHERE id = ?",
            [(x, y, id) for (id, _), (x, y) in zip(rows, middle.tolist(), strict=True)],
        )

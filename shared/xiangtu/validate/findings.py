"""Findings in a file: read them, accept one with a reason."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ..catalogue.model import Severity
from ..errors import BadInput
from ..store import SurveyFile
from ..store.system_tables import NOW


@dataclass(frozen=True)
class Finding:
    """One row of table finding; x and y in the file's CRS, `measured` and `limit` in the unit of
    the rule, `detail` what else the rule says (field, value, reason…)."""

    id: str
    rule: str
    severity: Severity
    layer: str
    record: str
    other: str | None
    x: float | None
    y: float | None
    measured: float | None
    limit: float | None
    detail: Mapping[str, object]
    village: str | None
    state: str
    reason: str | None
    author: str | None
    found_at: str
    settled_at: str | None


_COLUMNS = (
    'id, rule, severity, layer, record, other, x, y, measured, "limit", detail, village, state, '
    "reason, author, found_at, settled_at"
)
_BY_WEIGHT = "CASE severity WHEN 'error' THEN 0 WHEN 'warning' THEN 1 ELSE 2 END"


def list_findings(
    file: SurveyFile,
    layers: Iterable[str] | None = None,
    rules: Iterable[str] | None = None,
    state: str | None = "open",
    record: str | None = None,
    village: str | None = None,
    records: Iterable[str] | None = None,
) -> list[Finding]:
    """Findings, errors first, then by rule, village and record; all states with state=None.

    `record`, or one of `records`, is found where it is the other of two as well.
    """
    wheres, parameters = ["1"], []
    for column, values in (("layer", layers), ("rule", rules)):
        if values is not None:
            wheres.append(f"{column} IN (SELECT value FROM json_each(?))")
            parameters.append(json.dumps(list(values)))
    for column, value in (("state", state), ("village", village)):
        if value is not None:
            wheres.append(f"{column} = ?")
            parameters.append(value)
    if record is not None:
        wheres.append("(record = ? OR other = ?)")
        parameters += [record, record]
    if records is not None:
        some = json.dumps(list(records))
        any_of_them = "IN (SELECT value FROM json_each(?))"
        wheres.append(f"(record {any_of_them} OR other {any_of_them})")
        parameters += [some, some]
    rows = file.connection.execute(
        f"SELECT {_COLUMNS} FROM finding WHERE {' AND '.join(wheres)} "
        f"ORDER BY {_BY_WEIGHT}, rule, village, record, id",
        parameters,
    )
    return [_finding(row) for row in rows]


def accept(file: SurveyFile, id: str, reason: str, author: str) -> None:
    """Let an open finding stand, with the reason and by whom; later runs leave it so.

    BadInput: "finding.reason_missing", "finding.unknown", "finding.not_open" (already fixed).
    """
    if not reason.strip():
        raise BadInput("finding.reason_missing", finding=id)
    with file.atomic():
        row = file.connection.execute("SELECT state FROM finding WHERE id = ?", (id,)).fetchone()
        if row is None:
            raise BadInput("finding.unknown", finding=id)
        if row[0] == "fixed":
            raise BadInput("finding.not_open", finding=id)
        file.connection.execute(
            f"UPDATE finding SET state = 'accepted', reason = ?, author = ?, settled_at = {NOW} "
            "WHERE id = ?",
            (reason.strip(), author, id),
        )


def _finding(row: tuple[object, ...]) -> Finding:
    values = list(row)
    values[10] = json.loads(str(values[10])) if values[10] else {}
    return Finding(*values)  # type: ignore[arg-type]

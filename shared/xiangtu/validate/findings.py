"""Findings in a file: read them, accept one with a reason, see how far each village is."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import shapely

from ..catalogue.model import GEOMETRY_COLUMN, Severity
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


def reopen(file: SurveyFile, id: str, author: str) -> None:
    """Take the acceptance of a finding back; access_log keeps by whom, and the reason it had.

    BadInput: "finding.unknown", "finding.not_accepted".
    """
    with file.atomic():
        row = file.connection.execute(
            "SELECT state, record, reason FROM finding WHERE id = ?", (id,)
        ).fetchone()
        if row is None:
            raise BadInput("finding.unknown", finding=id)
        state, record, reason = row
        if state != "accepted":
            raise BadInput("finding.not_accepted", finding=id)
        file.connection.execute(
            "UPDATE finding SET state = 'open', reason = NULL, author = NULL, settled_at = NULL "
            "WHERE id = ?",
            (id,),
        )
        file.log("reopen", record=record, field=id, detail=reason, author=author)


@dataclass(frozen=True)
class VillageProgress:
    """How far a village is: open findings by severity, and those that were settled."""

    code: str
    name: str
    errors: int
    warnings: int
    notes: int
    accepted: int
    fixed: int

    @property
    def settled_share(self) -> float:
        """Of all errors and warnings ever found and all that was accepted, how much is settled:
        0…1; 1 where nothing was found."""
        settled = self.accepted + self.fixed
        found = settled + self.errors + self.warnings
        return settled / found if found else 1.0


def by_village(file: SurveyFile) -> list[VillageProgress]:
    """Every village of the county, in the order of their codes; findings of records without a
    village last, under "" if there are any."""
    columns = ", ".join(
        f"coalesce(sum({condition}), 0)"
        for condition in (
            "f.state = 'open' AND f.severity = 'error'",
            "f.state = 'open' AND f.severity = 'warning'",
            "f.state = 'open' AND f.severity = 'note'",
            "f.state = 'accepted'",
            "f.state = 'fixed' AND f.severity <> 'note'",
        )
    )
    rows = file.connection.execute(
        f"SELECT v.code, coalesce(v.name, ''), {columns} FROM (SELECT code, max(name) AS name "
        "FROM village WHERE code IS NOT NULL AND ended_on IS NULL GROUP BY code) v "
        "LEFT JOIN finding f ON f.village = v.code GROUP BY v.code ORDER BY v.code"
    ).fetchall()
    rows += file.connection.execute(
        f"SELECT '', '', {columns} FROM finding f WHERE f.village IS NULL "
        "OR f.village NOT IN (SELECT code FROM village WHERE code IS NOT NULL "
        "AND ended_on IS NULL) HAVING count(*) > 0"
    ).fetchall()
    return [VillageProgress(*row) for row in rows]


def shapes(file: SurveyFile, finding: Finding) -> list[shapely.Geometry]:
    """What the records of a finding look like in the file's CRS: the record, then the other of
    two; left out where there is none."""
    found = []
    others = [name for name in file.catalogue.layers if name != finding.layer]
    for record, names in (
        (finding.record, [finding.layer]),
        (finding.other, [finding.layer, *others]),
    ):
        for name in names:
            layer = file.catalogue.layers.get(name)
            if record is None or layer is None or layer.geometry is None:
                continue
            row = next(
                file.select(name, "uuid = ?", (record,), columns=("uuid", GEOMETRY_COLUMN)), None
            )
            if row is not None:
                if row[GEOMETRY_COLUMN] is not None:
                    found.append(row[GEOMETRY_COLUMN])
                break
    return found


def _finding(row: tuple[object, ...]) -> Finding:
    values = list(row)
    values[10] = json.loads(str(values[10])) if values[10] else {}
    return Finding(*values)  # type: ignore[arg-type]

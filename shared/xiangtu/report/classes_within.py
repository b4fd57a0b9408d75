"""Which classes of a map's layers there are in a place: what its legend has to explain."""

from __future__ import annotations

from collections.abc import Mapping

from ..store import SurveyFile
from ..store.records import all_columns
from ..store.spatial_tables import index_name, is_indexed

#: The table of findings, whose open ones a map shows at their place.
FINDING = "finding"
Bounds = tuple[float, float, float, float]


def classes_within(
    file: SurveyFile, columns: Mapping[str, str | None], bounds: Bounds
) -> dict[str, set[str | None]]:
    """The values that current records have within some bounds, by layer.

    Parameters
    ----------
    columns : layer → the column it is classed by; None, or no column of the layer, where all its
        records are of one class. `FINDING` stands for the open findings.
    bounds : (min x, min y, max x, max y) in metres of the file's CRS. A record whose bounds meet
        them counts; where the file has no spatial index, every record does.

    Returns
    -------
    dict
        Layer → values as text; {None} for records without a value, or of one class. A layer
        without records there is left out.
    """
    found: dict[str, set[str | None]] = {}
    for name, column in columns.items():
        sql, parameters = _asked(file, name, column, bounds)
        values = {None if row[0] is None else str(row[0]) for row in file.connection.execute(
            sql, parameters
        )}  # fmt: skip
        if values:
            found[name] = values
    return found


def _asked(
    file: SurveyFile, name: str, column: str | None, bounds: Bounds
) -> tuple[str, tuple[float, ...]]:
    min_x, min_y, max_x, max_y = bounds
    if name == FINDING:
        wheres = ["state = 'open'", "x BETWEEN ? AND ?", "y BETWEEN ? AND ?"]
        parameters: tuple[float, ...] = (min_x, max_x, min_y, max_y)
        known = {"severity", "rule", "layer", "village"}
    else:
        layer = file.catalogue.layer(name)
        known = set(all_columns(layer))
        wheres = ["ended_on IS NULL"] if layer.surveyed else ["1"]
        parameters = ()
        if is_indexed(file.connection, name):
            wheres.append(
                f'fid IN (SELECT pkid FROM "{index_name(name)}" '
                "WHERE xmin <= ? AND xmax >= ? AND ymin <= ? AND ymax >= ?)"
            )
            parameters = (max_x, min_x, max_y, min_y)
    where = " AND ".join(wheres)
    if column is None or column not in known:
        return f'SELECT NULL FROM "{name}" WHERE {where} LIMIT 1', parameters
    return f'SELECT DISTINCT "{column}" FROM "{name}" WHERE {where}', parameters

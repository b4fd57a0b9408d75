"""What edits in the office (QGIS, plain SQL, an import) settle or bring up: such edits pass the
journal's triggers and not the merge, so conflicts and pairs are looked at again before they are
shown or built upon."""

from __future__ import annotations

from ..package import package_table
from ..store import SurveyFile
from . import likeness
from .changes import with_names
from .kinship import parent_columns
from .state import Settling

_CHECKED = "office_edits_checked"


def catch_up(file: SurveyFile) -> None:
    """Settle the conflicts that office edits have answered, and look for pairs beside them.

    Costs what was edited since the last call; nothing before the first package is merged. A file
    that is only read stays as it was looked at last.
    """
    if file.readonly:
        return
    connection = file.connection
    (last,) = connection.execute("SELECT coalesce(max(id), 0) FROM change").fetchone()
    checked = int(file.meta.get(_CHECKED, 0))
    if checked >= last:
        return
    with file.atomic(quiet=True):
        file.meta[_CHECKED] = last
        taken = "SELECT 1 FROM package WHERE state <> ? LIMIT 1"
        if not connection.execute(taken, (package_table.REFUSED,)).fetchone():
            return
        # No DISTINCT, and + before the device: SQLite would walk through the whole journal.
        edited = {
            record
            for (record,) in connection.execute(
                "SELECT record FROM change WHERE id > ? AND +device = ? AND operation <> 'decide'",
                (checked, file.device_id),
            )
        }
        if edited:
            in_question = {
                record for (record,) in connection.execute("SELECT record FROM conflict")
            }
            if in_question:
                answered = in_question & (edited | _above(file, edited, checked))
                edited |= Settling(file).settle(answered).touched
            likeness.propose(file, edited)


def _above(file: SurveyFile, records: set[str], after: int) -> set[str]:
    """All that these records came from, or are parts of, however far up, or were before change id
    `after`."""
    found = {
        parent
        for (parent,) in file.connection.execute(
            "SELECT v.old FROM change c JOIN change_value v ON v.change = c.id WHERE c.id > ? "
            "AND +c.device = ? AND v.old IS NOT NULL "
            "AND (substr(v.field, -5) = '_uuid' OR v.field = 'record')",
            (after, file.device_id),
        )
    }
    with_names(file.connection, records)
    found |= {
        parent
        for (parent,) in file.connection.execute(
            "SELECT l.parent FROM temp.named n CROSS JOIN lineage l ON l.child = n.uuid"
        )
    }
    level = records | found
    while level:
        with_names(file.connection, level)
        above = {
            parent
            for layer in file.catalogue.layers.values()
            for column in parent_columns(layer)
            for (parent,) in file.connection.execute(
                f'SELECT t."{column}" FROM temp.named n CROSS JOIN "{layer.name}" t '
                f'ON t.uuid = n.uuid WHERE t."{column}" IS NOT NULL'
            )
        }
        level = above - found
        found |= above
    return found

"""What edits in the office (QGIS, plain SQL, an import) settle or bring up: such edits pass the
journal's triggers and not the merge, so conflicts and pairs are looked at again before they are
shown or built upon."""

from __future__ import annotations

from ..package import package_table
from ..store import SurveyFile
from . import likeness
from .state import Settling

_CHECKED = "office_edits_checked"


def catch_up(file: SurveyFile) -> None:
    """Settle the conflicts that office edits have answered, and look for pairs beside them.

    Costs what was edited since the last call; nothing before the first package is merged.
    """
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
            in_conflict = {
                record for (record,) in connection.execute("SELECT record FROM conflict")
            }
            answered = in_conflict.intersection(edited)
            if answered:
                Settling(file).settle(answered)
            likeness.propose(file, edited)

"""Records that have one photo: the same bytes attached to both, by different teams.

A picture that many records share is no evidence: a blank one, a default one, a village's map.
"""

from __future__ import annotations

from collections.abc import Iterable

from ..catalogue.model import Layer
from ..store import SurveyFile
from ..store.journal_triggers import OWNER_COLUMN
from .changes import with_names
from .kinship import aliases

#: More records than this with one photo, and it says nothing of any of them.
MOST_OWNERS = 5
_LAYER = "attachment"
#: A signature tells who signed, not what for; a blank one is the same everywhere.
_SPEAKS = "kind IS NOT 'signature' AND record IS NOT NULL AND sha256 <> ''"


def pairs(file: SurveyFile, layer: Layer, uuids: Iterable[str]) -> list[tuple[str, str]]:
    """The named records with every other of their layer that has a photo of theirs."""
    if _LAYER not in file.catalogue.layers:
        return []
    with_names(file.connection, uuids)
    owned = file.connection.execute(
        "SELECT DISTINCT t.record, t.sha256 FROM temp.named n "
        f'CROSS JOIN "{_LAYER}" t ON t.record = n.uuid WHERE t.{_SPEAKS}'
    ).fetchall()
    owners = {sha256: _owners(file, sha256, MOST_OWNERS + 1) for _, sha256 in owned}
    found = [
        (record, other)
        for record, sha256 in owned
        if len(owners[sha256]) <= MOST_OWNERS
        for other in owners[sha256]
        if other != record
    ]
    with_names(file.connection, {other for _, other in found})
    standing = {
        uuid
        for (uuid,) in file.connection.execute(
            f'SELECT t.uuid FROM temp.named n CROSS JOIN "{layer.name}" t ON t.uuid = n.uuid '
            "WHERE t.ended_on IS NULL"
        )
    }
    return [pair for pair in found if pair[1] in standing]


def owners_concerned(file: SurveyFile, touched: Iterable[str]) -> set[str]:
    """Records whose photos are others, or are shared by more or fewer, now that the touched
    attachments are as they are."""
    if _LAYER not in file.catalogue.layers:
        return set()
    connection = file.connection
    with_names(connection, touched)
    owners: set[str] = set()
    attachments: dict[str, set[str]] = {}
    for attachment, column, old, new in connection.execute(
        "SELECT c.record, v.field, v.old, v.new FROM temp.named n "
        "CROSS JOIN change c ON c.record = n.uuid CROSS JOIN change_value v ON v.change = c.id "
        f"WHERE c.layer = '{_LAYER}' AND v.field IN ('{OWNER_COLUMN}', 'sha256')"
    ):
        values = {value for value in (old, new) if isinstance(value, str) and value}
        if column == OWNER_COLUMN:
            owners |= values
        else:
            for value in values:
                attachments.setdefault(value, set()).add(attachment)
    owners |= set(aliases(connection, owners).values())
    for sha256, some in attachments.items():
        # If more records than MOST_OWNERS have the photo by other attachments, it said nothing
        # before and says nothing now.
        others = _owners(file, sha256, MOST_OWNERS + 1 + len(some))
        if len(others) <= MOST_OWNERS + len(some):
            owners |= others
    return owners


def _owners(file: SurveyFile, sha256: str, most: int) -> set[str]:
    return {
        record
        for (record,) in file.connection.execute(
            f'SELECT DISTINCT record FROM "{_LAYER}" WHERE sha256 = ? AND {_SPEAKS} LIMIT ?',
            (sha256, most),
        )
    }

"""Records that go back to the surveyor with what was found wrong with them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass

from ..errors import BadInput
from ..store import SurveyFile
from ..store.history import RETURN

#: The code of list record_state.
RETURNED = "returned"
#: What access_log calls it when a record is kept after all.
TAKE_BACK = "keep"
#: Its outlines are the county's own; no surveyor mends them.
_VILLAGE = "village"


@dataclass(frozen=True)
class WentBack:
    """How many records go back by this, how many did before, and how many of the findings stay
    at the office, since no surveyor has the record: it is gone, or a village."""

    records: int
    already: int
    left: int


def send_back(file: SurveyFile, ids: Iterable[str], reason: str = "") -> WentBack:
    """Put the records of open findings into the state "returned": the next assignment of their
    village names them as sent back, and the findings go along.

    Of a finding about two records the first goes back. `reason` may be empty; it stands at the
    finding, for the surveyor, and in the record's history. Who writes is who is signed in.

    BadInput: "finding.unknown", "finding.not_open" (accepted or fixed).
    """
    reason = reason.strip()
    records: dict[tuple[str, str], list[str]] = {}
    connection = file.connection
    with file.atomic():
        for id in dict.fromkeys(ids):
            row = connection.execute(
                "SELECT layer, record, state FROM finding WHERE id = ?", (id,)
            ).fetchone()
            if row is None:
                raise BadInput("finding.unknown", finding=id)
            if row[2] != "open":
                raise BadInput("finding.not_open", finding=id)
            records.setdefault((row[0], row[1]), []).append(id)
        counts = {"records": 0, "already": 0, "left": 0}
        for (layer, record), found in records.items():
            state = _state(file, layer, record)
            if state is None:
                counts["left"] += len(found)
                continue
            connection.executemany(
                "UPDATE finding SET reason = ?, author = (SELECT author FROM session) WHERE id = ?",
                [(reason or None, id) for id in found],
            )
            if state == RETURNED:
                counts["already"] += 1
                continue
            file.update(layer, record, {"state": RETURNED})
            (change,) = connection.execute(
                "SELECT uuid FROM change WHERE record = ? ORDER BY id DESC LIMIT 1", (record,)
            ).fetchone()
            detail = {"change": change, "findings": found, "reason": reason}
            file.log(RETURN, record, "state", json.dumps(detail, ensure_ascii=False))
            counts["records"] += 1
    return WentBack(**counts)


def take_back(file: SurveyFile, ids: Iterable[str]) -> int:
    """Keep records after all that were to go back: each gets the state it had before, and its open
    findings lose what was said to the surveyor. How many records that are.

    An assignment that was handed out meanwhile is not changed by it.

    BadInput: "finding.unknown", "finding.not_returned".
    """
    records: dict[str, str] = {}
    connection = file.connection
    with file.atomic():
        for id in ids:
            row = connection.execute(
                "SELECT layer, record FROM finding WHERE id = ?", (id,)
            ).fetchone()
            if row is None:
                raise BadInput("finding.unknown", finding=id)
            if row[1] not in records and _state(file, *row) != RETURNED:
                raise BadInput("finding.not_returned", finding=id)
            records[row[1]] = row[0]
        for record, layer in records.items():
            (before,) = connection.execute(
                "SELECT v.old FROM change c JOIN change_value v ON v.change = c.id "
                "WHERE c.record = ? AND v.field = 'state' AND v.new = ? ORDER BY c.id DESC LIMIT 1",
                (record, RETURNED),
            ).fetchone()
            file.update(layer, record, {"state": before})
            connection.execute(
                "UPDATE finding SET reason = NULL, author = NULL WHERE record = ? "
                "AND state = 'open'",
                (record,),
            )
            file.log(TAKE_BACK, record, "state")
    return len(records)


def _state(file: SurveyFile, layer: str, record: str) -> str | None:
    """The state of a record that a surveyor may mend; None for any other."""
    known = file.catalogue.layers.get(layer)
    if known is None or not known.surveyed or layer == _VILLAGE:
        return None
    row = file.connection.execute(
        f'SELECT state FROM "{layer}" WHERE uuid = ?', (record,)
    ).fetchone()
    return None if row is None else str(row[0])


def returned(file: SurveyFile) -> set[str]:
    """Of the records that there are findings about, those that are with the surveyor again."""
    found: set[str] = set()
    for layer in file.catalogue.layers.values():
        if layer.surveyed:
            rows = file.connection.execute(
                "SELECT r.uuid FROM (SELECT DISTINCT record FROM finding WHERE layer = ?) f "
                f'CROSS JOIN "{layer.name}" r ON r.uuid = f.record WHERE r.state = ?',
                (layer.name, RETURNED),
            )
            found.update(uuid for (uuid,) in rows)
    return found

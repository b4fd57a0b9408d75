"""Work on a tablet that was begun and has not come to its end: nothing of it may be cleared."""

from __future__ import annotations

import sqlite3


def records(connection: sqlite3.Connection) -> set[str]:
    """Records with a draft or a measurement that goes on, and tracks that are being recorded."""
    return {
        record
        for (record,) in connection.execute(
            "SELECT record FROM draft UNION SELECT record FROM measuring "
            "UNION SELECT uuid FROM track WHERE ended_at IS NULL"
        )
    }

"""Table package: which packages were made or came, and what became of them."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import asdict
from typing import Literal

from ..store.system_tables import NOW
from .description import PackageDescription

State = Literal["packed", "received", "merged", "waiting", "undone", "refused"]
#: A package that the county would not take: no link of any chain. Whoever asks for the chain
#: leaves these rows out.
REFUSED = "refused"


def note(
    connection: sqlite3.Connection,
    about: PackageDescription,
    sha256: str,
    state: State,
    batch: str | None = None,
) -> None:
    """Write down a package and its state, in place of what was known of it before.

    `sha256` is of the container; `batch` the one that merged it. It has arrived unless this is
    the tablet that packed it.
    """
    arrived = "NULL" if state == "packed" else NOW
    connection.execute(
        "INSERT OR REPLACE INTO package (uuid, device, number, previous, assignment, "
        "first_change, last_change, state, batch, made_at, arrived_at, sha256, description) "
        f"VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, {arrived}, ?, ?)",
        (
            about.uuid,
            about.device,
            about.number,
            about.previous,
            about.assignment,
            about.first_change,
            about.last_change,
            state,
            batch,
            about.made_at,
            sha256,
            json.dumps(asdict(about), ensure_ascii=False, sort_keys=True),
        ),
    )

"""Changes into a county file in a process of its own: our merge, or plain journalled writes."""

from __future__ import annotations

import json
import sqlite3
import sys
import time
from dataclasses import astuple
from pathlib import Path
from typing import Any

from xiangtu import store
from xiangtu.geo import blobs
from xiangtu.merge import plan
from xiangtu.store import spatial_functions

from . import own_process, terraces
from .changes import Change
from .county_files import Files

MERGE, PLAIN = "merge", "plain"


def run(which: str, county: Path, files: Files, kind: str) -> dict[str, Any]:
    """Start the process; its `seconds`, `peak_bytes`, and `start_bytes` before it had begun."""
    said = (which, county, kind, *astuple(files))
    return own_process.run("into_county", *said)


def _merge(county: Path, files: Files, kind: str) -> float:
    identity = files.identity
    with store.open(county) as file:
        file.sign_in(author="bench")
        start = time.perf_counter()
        for team in range(files.teams):
            report = plan.merge(file, files.package(kind, team), identity, author="bench")
            whole = (report.changes, report.updated) == (
                files.changes,
                files.plan(kind).records(team),
            )
            if not whole or report.held or report.conflicts:
                raise RuntimeError(f"package {team + 1} was not merged whole: {report}")
        return time.perf_counter() - start


def _plain(county: Path, files: Files, kind: str) -> float:
    """UPDATEs by the standard library, a transaction a package; the same triggers journal them."""
    statements = [
        [_statement(change) for change in of_team] for of_team in files.changes_of_teams(kind)
    ]
    with store.open(county) as file:
        # As much memory for pages as the merge has.
        (cache_size,) = file.connection.execute("PRAGMA cache_size").fetchone()
    connection = sqlite3.connect(county, isolation_level=None)
    spatial_functions.register(connection)
    for pragma in ("journal_mode = WAL", "synchronous = FULL", f"cache_size = {cache_size}"):
        connection.execute(f"PRAGMA {pragma}")
    start = time.perf_counter()
    for of_team in statements:
        connection.execute("BEGIN IMMEDIATE")
        for sql, parameters in of_team:
            connection.execute(sql, parameters)
        connection.execute("COMMIT")
    seconds = time.perf_counter() - start
    connection.close()
    return seconds


def _statement(change: Change) -> tuple[str, tuple[object, ...]]:
    values = dict(change.values)
    if change.geometry is not None:
        values["geometry"] = blobs.encode_one(change.geometry, terraces.SRID)
    settings = ", ".join(f'"{name}" = ?' for name in values)
    return f"UPDATE farmland SET {settings} WHERE uuid = ?", (*values.values(), change.uuid)


def main(which: str, county: str, kind: str, folder: str, packages: str, *numbers: str) -> None:
    """The process itself: one JSON document on standard output."""
    start_bytes = own_process.peak_bytes()
    files = Files(Path(folder), Path(packages), *map(int, numbers))
    seconds = (_merge if which == MERGE else _plain)(Path(county), files, kind)
    print(
        json.dumps(
            {
                "seconds": seconds,
                "start_bytes": start_bytes,
                "peak_bytes": own_process.peak_bytes(),
            }
        )
    )


if __name__ == "__main__":
    main(*sys.argv[1:])

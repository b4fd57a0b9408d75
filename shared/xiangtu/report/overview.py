"""How a county stands, in a glance: counts alone, quick however large the county is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ..catalogue.model import Severity
from ..merge.batches import UNDO, Batch, list_batches
from ..store import SurveyFile

_BATCHES_SHOWN = 5


@dataclass(frozen=True)
class Overview:
    """What the first page of a county says.

    `records` are those that have not ended, by layer, layers without any left out; `findings` the
    open ones by severity; `held` records held back, `waiting` packages whose predecessor is
    missing, `refused` packages; `batches` the last ones that are in force, newest first; `undone`
    how many were taken out again.
    """

    name: str
    county: str
    srid: int
    records: Mapping[str, int]
    conflicts: int
    duplicates: int
    held: int
    waiting: int
    refused: int
    findings: Mapping[Severity, int]
    tablets: int
    batches: tuple[Batch, ...]
    undone: int


def overview(file: SurveyFile) -> Overview:
    """Count what a county file holds and what waits in it for a person."""

    def count(sql: str) -> int:
        (number,) = file.connection.execute(f"SELECT count(*) FROM {sql}").fetchone()
        return int(number)

    records = {
        name: count(f'"{name}" WHERE ended_on IS NULL')
        for name, layer in file.catalogue.layers.items()
        if layer.surveyed
    }
    findings = dict(
        file.connection.execute(
            "SELECT severity, count(*) FROM finding WHERE state = 'open' GROUP BY severity"
        )
    )
    batches = list_batches(file)
    in_force = [each for each in batches if each.undone_at is None and each.kind != UNDO]
    return Overview(
        name=file.meta["name"],
        county=file.meta["county"],
        srid=file.srid,
        records={name: number for name, number in records.items() if number},
        conflicts=count("conflict"),
        duplicates=count("duplicate WHERE state = 'open'"),
        held=count("held WHERE released_at IS NULL"),
        waiting=count("package WHERE state = 'waiting'"),
        refused=count("package WHERE state = 'refused'"),
        findings=findings,
        tablets=count("device WHERE retired_at IS NULL"),
        batches=tuple(in_force[:_BATCHES_SHOWN]),
        undone=sum(each.undone_at is not None for each in batches),
    )

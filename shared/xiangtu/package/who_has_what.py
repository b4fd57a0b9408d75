"""Who has what: each tablet's assignments, what came back of them, and how the villages stand."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

import shapely

from ..store import SurveyFile
from .enrolment import Device, devices
from .package_table import REFUSED
from .receipt import WRITTEN as RECEIPT_WRITTEN
from .row_copying import quoted
from .selection import VILLAGE


@dataclass(frozen=True)
class HandedOut:
    """An assignment; `records` are those that went along, `campaign` a uuid.

    `came_back_at` is when the last package arrived that was made with it, or with a later
    assignment of the same tablet, which goes on with its work; None as long as there is none.
    """

    uuid: str
    number: int
    surveyor: str
    villages: tuple[str, ...]
    layers: tuple[str, ...]
    campaign: str | None
    made_at: str
    records: int
    came_back_at: str | None


@dataclass(frozen=True)
class TabletAtWork:
    """A tablet with its assignments, the first one first; counts are of its packages, `waiting`
    for an earlier one. `receipt_at` is when its last receipt was written."""

    device: Device
    assignments: tuple[HandedOut, ...]
    merged: int
    waiting: int
    refused: int
    last_arrived_at: str | None
    receipt_at: str | None


@dataclass(frozen=True)
class VillageAtWork:
    """A village with its records that have not ended, of all layers; `returned` of these are sent
    back; `findings` are open. `outline` is in the county's CRS."""

    code: str
    name: str
    records: int
    returned: int
    findings: int
    outline: shapely.Geometry | None


@dataclass(frozen=True)
class Overlap:
    """Villages that another tablet has too, with some of the layers, in the same campaign."""

    tablet: Device
    assignment: HandedOut
    villages: tuple[str, ...]


def tablets_at_work(file: SurveyFile) -> tuple[TabletAtWork, ...]:
    """All tablets that a county knows, by name."""
    found = [_tablet(file, each) for each in devices(file)]
    return tuple(sorted(found, key=lambda each: (each.device.name, each.device.id)))


def _tablet(file: SurveyFile, device: Device) -> TabletAtWork:
    rows = file.connection.execute(
        "SELECT assignment, state, arrived_at FROM package WHERE device = ?", (device.id,)
    ).fetchall()
    states = Counter(state for _, state, _ in rows)
    arrived = [(assignment, at) for assignment, state, at in rows if at and state != REFUSED]
    assignments: list[HandedOut] = []
    back: str | None = None
    for (
        uuid,
        number,
        surveyor,
        villages,
        layers,
        made_at,
        records,
        description,
    ) in file.connection.execute(
        "SELECT uuid, number, surveyor, villages, layers, made_at, records, description "
        "FROM assignment WHERE device = ? ORDER BY number DESC",
        (device.id,),
    ):
        back = max([at for named, at in arrived if named == uuid] + ([back] if back else []),
                   default=None)  # fmt: skip
        assignments.append(
            HandedOut(
                uuid,
                number,
                surveyor,
                tuple(json.loads(villages)),
                tuple(json.loads(layers)),
                json.loads(description).get("campaign"),
                made_at,
                records,
                back,
            )
        )
    return TabletAtWork(
        device,
        tuple(reversed(assignments)),
        states["merged"],
        states["waiting"],
        states[REFUSED],
        max((at for _, at in arrived), default=None),
        file.connection.execute(
            "SELECT max(at) FROM access_log WHERE action = ? AND detail = ?",
            (RECEIPT_WRITTEN, device.id),
        ).fetchone()[0],
    )


def villages_at_work(file: SurveyFile) -> tuple[VillageAtWork, ...]:
    """All villages that have not ended, by code; reads every record's village, so that it takes
    a while in a large county."""
    records: Counter[str] = Counter()
    returned: Counter[str] = Counter()
    for layer in file.catalogue.layers.values():
        if not layer.surveyed or layer.name == VILLAGE:
            continue
        for village, count, sent_back in file.connection.execute(
            "SELECT village, count(*), count(*) FILTER (WHERE state = 'returned') "
            f"FROM {quoted(layer.name)} WHERE ended_on IS NULL GROUP BY village"
        ):
            records[village] += count
            returned[village] += sent_back
    findings = dict(
        file.connection.execute(
            "SELECT village, count(*) FROM finding WHERE state = 'open' GROUP BY village"
        )
    )
    key = file.catalogue.layer(VILLAGE).key or ""
    return tuple(
        VillageAtWork(
            row[key],
            row["name"] or "",
            records[row[key]],
            returned[row[key]],
            findings.get(row[key], 0),
            row["geometry"],
        )
        for row in sorted(
            file.select(VILLAGE, "ended_on IS NULL", columns=(key, "name", "geometry")),
            key=lambda row: str(row[key]),
        )
        if row[key]
    )


def campaigns(file: SurveyFile) -> list[tuple[str, str]]:
    """(uuid, name) of the survey rounds, the newest first."""
    return file.connection.execute(
        "SELECT uuid, name FROM campaign ORDER BY reference_date DESC, uuid DESC"
    ).fetchall()


def overlaps(
    tablets: Iterable[TabletAtWork],
    device: str,
    villages: Sequence[str],
    layers: Collection[str],
    campaign: str | None,
) -> tuple[Overlap, ...]:
    """Who else has some of these villages and layers in a campaign (a uuid).

    Tablets that were put away are left out; of each other one the last assignment that counts.
    """
    found = []
    for tablet in tablets:
        if tablet.device.id == device or tablet.device.retired_at is not None:
            continue
        for each in reversed(tablet.assignments):
            shared = tuple(code for code in villages if code in each.villages)
            if shared and each.campaign == campaign and not set(layers).isdisjoint(each.layers):
                found.append(Overlap(tablet.device, each, shared))
                break
    return tuple(found)

"""A county in which two tablets contradict each other about very many parcels at once.

The tablets' journals are written straight into their packages: making ten thousand edits through
two tablets would take longer than all that is tried with them.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import SimpleNamespace

import shapely
from county import SRID, outline
from xiangtu import catalogue, store
from xiangtu.geo import blobs
from xiangtu.merge import plan
from xiangtu.package.description import PackageDescription
from xiangtu.sealing import age
from xiangtu.store.identity import new_uuid
from xiangtu.store.seen import seen_now
from xiangtu.store.system_tables import SYSTEM_TABLES

VILLAGES = ("990101100201", "990101100202")
SIDE_M = 20.0
_MEASURED = {
    "measured_how": "1",
    "fix_type": "rtk_fixed",
    "satellites": 20,
    "epochs": 5,
    "measured_at": "2026-05-01T00:00:00.000Z",
}


def parcel(place: int) -> str:
    """The uuid of parcel number `place`."""
    return f"01900000-0000-7000-8000-0003{place:08x}"


def grid(parcels: int) -> list[shapely.MultiPolygon]:
    """Parcels side by side in rows of a hundred, each sharing its sides with the next."""
    return [
        outline(place % 100 * SIDE_M, place // 100 * SIDE_M, SIDE_M, SIDE_M)
        for place in range(parcels)
    ]


def corner_moved(shape: shapely.MultiPolygon, corner: int, by_m: float) -> shapely.MultiPolygon:
    """The parcel with one corner moved to the east."""
    ring = shapely.get_coordinates(shape)[:-1]
    ring[corner, 0] += by_m
    return shapely.multipolygons([shapely.polygons(ring)])


Edit = tuple[str, str, Mapping[str, object]]


def edits(parcels: int, name: str, corner: int, accuracy_m: float) -> Iterator[Edit]:
    """Each second parcel with another name, the rest with one corner moved."""
    for place, shape in enumerate(grid(parcels)):
        if place % 2:
            yield parcel(place), "update", {"name": f"{name}{place}"}
        else:
            moved = blobs.encode_one(corner_moved(shape, corner, 1.0 + corner), SRID)
            measured = {**_MEASURED, "horizontal_accuracy_m": accuracy_m, "geometry": moved}
            yield parcel(place), "update", measured


def deletions(parcels: int) -> Iterator[Edit]:
    """Every parcel taken away."""
    for place in range(parcels):
        yield parcel(place), "delete", {"village": VILLAGES[place % 4 // 2]}


def make(
    folder: Path, parcels: int, *, deleted: bool = False, office: Mapping[str, str] | None = None
) -> Path:
    """A county file with `parcels` open conflicts, half about names and half about outlines; or
    all about whether the parcel exists, if one tablet deleted what the other edited.

    `office` are names that the county gave parcels after it had handed them out.
    """
    path = folder / "county.sqlite"
    identity = age.generate_identity()
    with store.create(
        path,
        catalogue.load(),
        SRID,
        role="county",
        county="990101",
        recipient=age.recipient_of(identity),
    ) as file:
        file.sign_in(author="officer")
        file.insert_many(
            "farmland",
            [{"village": VILLAGES[place % 4 // 2]} for place in range(parcels)],
            grid(parcels),
            [parcel(place) for place in range(parcels)],
        )
        bases = {device: assign(file, device) for device in ("t1", "t2")}
        for uuid, name in (office or {}).items():
            file.update("farmland", uuid, {"name": name})
        for device, name, corner, accuracy_m in (("t1", "东", 1, 0.5), ("t2", "西", 3, 0.1)):
            made = edits(parcels, name, corner, accuracy_m)
            if deleted and device == "t2":
                made = deletions(parcels)
            opened = packed(device, bases[device], made)
            about = opened.description
            report = plan.MergeReport(about.uuid, about.device, about.number, "merged")
            with file.atomic(quiet=True):
                plan.take_in(file, opened, identity, "officer", report, None)
    return path


def assign(file: store.SurveyFile, device: str) -> str:
    """Note that the county was handed out to a tablet as it stands; the assignment's uuid."""
    uuid = new_uuid()
    with file.atomic():
        file.connection.execute(
            "INSERT INTO device VALUES (?, ?, x'', '', '', NULL)", (device, device)
        )
        file.connection.execute(
            "INSERT INTO basis VALUES (?, ?, '')", (uuid, seen_now(file.connection).to_json())
        )
        file.connection.execute(
            "INSERT INTO assignment VALUES (?, ?, 1, 's', '[]', '[]', "
            "'2026-04-30T00:00:00.000Z', 0, '{}')",
            (uuid, device),
        )
    return uuid


def packed(device: str, basis: str, made: Iterator[Edit]) -> SimpleNamespace:
    """A package of edits (record, operation, values), as the county would have opened it."""
    connection = sqlite3.connect(":memory:")
    connection.executescript(SYSTEM_TABLES)
    count = 0
    for count, (record, operation, values) in enumerate(made, 1):
        connection.execute(
            "INSERT INTO change VALUES (?, ?, 'farmland', ?, ?, ?, ?, ?, ?, ?, 480, NULL, 1)",
            (
                count,
                new_uuid(),
                record,
                operation,
                f"surveyor {device}",
                device,
                count,
                basis,
                f"2026-05-01T{count // 3600:02d}:{count // 60 % 60:02d}:{count % 60:02d}."
                f"{device[1:].zfill(3)}Z",
            ),
        )
        connection.executemany(
            "INSERT INTO change_value VALUES (?, ?, ?, ?)",
            [
                (count, name, *((value, None) if operation == "delete" else (None, value)))
                for name, value in values.items()
            ],
        )
    uuid = new_uuid()
    about = PackageDescription(
        uuid=uuid,
        device=device,
        number=1,
        previous=None,
        county="990101",
        srid=SRID,
        assignment=basis,
        catalogue=catalogue.load().version,
        first_change=1,
        last_change=count,
        counts={},
        missing_attachments=(),
        made_at="",
        software="",
    )
    return SimpleNamespace(
        path=Path(uuid), description=about, connection=connection, attachments={}, sha256=uuid
    )

"""Handing out work: records, code ranges, the county's catalogue and geoid grid, a basemap."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from ..catalogue import Layer
from ..errors import BadInput, Cancelled
from ..geo import zones
from ..store import SurveyFile
from ..store.faults import told
from ..store.geoid_grids import CountyGeoid
from ..store.identity import new_uuid
from ..store.seen import seen_when_handed_out
from ..store.system_tables import APPLICATION_ID
from . import basemap as basemaps
from . import container, county_catalogue, county_geoid, enrolment, numbering
from .adoption import AdoptionSummary, adopt
from .bag import BagWriter
from .description import AssignmentDescription
from .row_copying import columns_of, copy_rows, insert_statement, listed, quoted
from .selection import VILLAGE, Selection, with_parts
from .who_has_what import campaigns

__all__ = ["AdoptionSummary", "AssignmentSummary", "adopt", "assign"]

Progress = Callable[[float, str], bool | None] | None
#: Tables beside the layers that go along whole or in part.
FINDINGS, RANGES, PERSONS = "finding", "number_range", "person"


@dataclass(frozen=True)
class AssignmentSummary:
    """What was handed out; `counts` are records by layer, `geoid_grid` the label of the
    geoid grid that goes along."""

    path: Path
    uuid: str
    device: str
    number: int
    surveyor: str
    villages: tuple[str, ...]
    counts: dict[str, int]
    findings: int
    ranges: int
    sha256: str
    size_bytes: int
    geoid_grid: str | None = None


def assign(
    file: SurveyFile,
    out: Path | str,
    device: str,
    surveyor: str,
    villages: Sequence[str],
    layers: Sequence[str] | None = None,
    basemap: Path | str | None = None,
    campaign: str | None = None,
    identity: str | None = None,
    progress: Progress = None,
) -> AssignmentSummary:
    """Hand out villages to an enrolled tablet, as a container at `out` (.xta).

    Parameters
    ----------
    villages : sequence of str
        Codes of villages that the county file has.
    layers : sequence of str
        Names of layers; their parts come with them. All surveyed layers by default.
    campaign : str
        Name or uuid of a campaign; the newest by default.
    identity : str
        The county's secret key; by default the one in the file beside the county file.

    Raises
    ------
    BadInput
        "assign.not_county", "assign.crs", "assign.village", "assign.layer", "assign.surveyor",
        "assign.campaign", "device.unknown", "device.retired", "basemap.…", "layer.unknown",
        "assign.catalogue_name", "assign.catalogue_size", "county_key.other".
    BadFile
        "file.…", "county_key.missing", "geoid.missing", "geoid.changed".
    """
    out = Path(out)
    if file.meta["role"] != "county":
        raise BadInput("assign.not_county", path=file.path)
    if zones.zone_of_srid(file.srid) is None:
        raise BadInput("assign.crs", srid=file.srid, path=file.path)
    if not surveyor.strip() or not surveyor.isprintable():
        raise BadInput("assign.surveyor", surveyor=surveyor)
    tablet = enrolment.device(file, device)
    county = enrolment.county_keys(file, identity)
    chosen = with_parts(file.catalogue, layers)
    villages = tuple(dict.fromkeys(villages))
    check_villages(file, villages)
    if basemap is not None:
        basemaps.check(Path(basemap))
    own_catalogue = county_catalogue.to_hand_out(file.path)
    geoid = county_geoid.to_hand_out(file)
    step(progress, 0.0, "assign.choosing")
    with container.private_folder() as folder:
        database = folder / "records.sqlite"
        with _taken_back_on_error(out) as written, file.atomic(doing="assign"):
            selection = Selection(file)
            selection.choose(chosen, villages)
            ranges = numbering.allot(file, device, chosen, villages)
            description = _describe(
                file, tablet, surveyor, villages, chosen, campaign, selection, basemap,
                geoid[0] if geoid else None,
            )  # fmt: skip
            step(progress, 0.2, "assign.copying")
            findings = write_records(
                file, database, description.layers, selection, ranges, surveyor
            )
            selection.drop()
            _record(file, description)
            step(progress, 0.5, "assign.sealing")

            def fill(bag: BagWriter) -> None:
                bag.add_file("records.sqlite", database, compress=True)
                county_catalogue.add_to(bag, own_catalogue)
                if geoid is not None:
                    bag.add_file(county_geoid.FILE_NAME, geoid[1], compress=True)
                if basemap is not None:
                    bag.add_file("basemap.mbtiles", Path(basemap), compress=False)

            made = container.write(
                out,
                "assignment",
                description,
                fill,
                county,
                [tablet.recipient, county.public.recipient],
            )
            written.append(out)
    step(progress, 1.0, "assign.done")
    return AssignmentSummary(
        out,
        description.uuid,
        device,
        description.number,
        surveyor,
        villages,
        dict(description.counts),
        findings,
        len(ranges),
        made.sha256,
        made.size_bytes,
        geoid[0].label if geoid else None,
    )


def step(progress: Progress, fraction: float, code: str) -> None:
    """Tell how far it is; Cancelled("assign.cancelled") where that is no longer wanted."""
    if progress is not None and progress(fraction, code) is False:
        raise Cancelled("assign.cancelled")


@contextmanager
def _taken_back_on_error(out: Path) -> Iterator[list[Path]]:
    """A container must not get out without the rows that say so: its changes would come back on
    an unknown basis. Deletes `out` if it was written, but the rows could not be kept."""
    written: list[Path] = []
    try:
        yield written
    except BaseException:
        for path in written:
            path.unlink(missing_ok=True)
        raise


def check_villages(file: SurveyFile, villages: Sequence[str]) -> None:
    """BadInput("assign.no_village"), or "assign.village" for one that the county has not."""
    if not villages:
        raise BadInput("assign.no_village")
    key = quoted(file.catalogue.layer(VILLAGE).key or "")
    for village in villages:
        row = file.connection.execute(
            f"SELECT 1 FROM {VILLAGE} WHERE {key} = ?", (village,)
        ).fetchone()
        if row is None:
            raise BadInput("assign.village", village=village, path=file.path)


def _campaign(file: SurveyFile, wanted: str | None) -> str | None:
    """The uuid of the campaign that was named, or of the newest there is."""
    rows = campaigns(file)
    if wanted is None:
        return rows[0][0] if rows else None
    for uuid, name in rows:
        if wanted in (uuid, name):
            return str(uuid)
    known = ", ".join(str(name) for _, name in rows)
    raise BadInput("assign.campaign", campaign=wanted, known=known)


def _describe(
    file: SurveyFile,
    tablet: enrolment.Device,
    surveyor: str,
    villages: tuple[str, ...],
    layers: Sequence[Layer],
    campaign: str | None,
    selection: Selection,
    basemap: Path | str | None,
    geoid: CountyGeoid | None,
) -> AssignmentDescription:
    connection = file.connection
    (number,) = connection.execute(
        "SELECT coalesce(max(number), 0) + 1 FROM assignment WHERE device = ?", (tablet.id,)
    ).fetchone()
    return AssignmentDescription(
        uuid=new_uuid(),
        device=tablet.id,
        number=number,
        county=file.meta["county"],
        county_name=file.meta["name"],
        srid=file.srid,
        surveyor=surveyor,
        villages=villages,
        layers=tuple(layer.name for layer in layers),
        campaign=_campaign(file, campaign),
        catalogue=file.catalogue.version,
        recipient=file.meta["recipient"],
        seen=seen_when_handed_out(connection, file.device_id).to_json(),
        counts=selection.counts(),
        basemap=Path(basemap).stem if basemap is not None else None,
        made_at=enrolment.now(),
        software=container.SOFTWARE,
        geoid=geoid,
    )


def write_records(
    file: SurveyFile,
    path: Path,
    layers: Sequence[str],
    selection: Selection,
    ranges: Sequence[numbering.NumberRange],
    surveyor: str,
) -> int:
    """The rows for the tablet in a plain database at `path`; returns how many findings."""
    with told(path), closing(sqlite3.connect(path)) as target:
        target.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        for layer in dict.fromkeys((*layers, *selection.counts())):
            _make_table(file.connection, target, layer)
            copy_rows(file.connection, target, layer, selection.where(), (layer,))
        for table in (FINDINGS, RANGES, PERSONS):
            _make_table(file.connection, target, table)
        findings = copy_rows(
            file.connection,
            target,
            FINDINGS,
            "WHERE state = 'open' AND record IN (SELECT uuid FROM temp.chosen WHERE context = 0)",
        )
        copy_rows(file.connection, target, PERSONS, "WHERE active AND name = ?", (surveyor,))
        columns = ("device", "layer", "prefix", "first", "last")
        target.executemany(
            insert_statement(RANGES, columns),
            ([getattr(each, name) for name in columns] for each in ranges),
        )
        target.commit()
    return findings


def _make_table(source: sqlite3.Connection, target: sqlite3.Connection, table: str) -> None:
    """A table with the columns of the survey file's, untyped, so that values stay as they are."""
    target.execute(f"CREATE TABLE {quoted(table)} ({listed(columns_of(source, table))})")


def _record(file: SurveyFile, about: AssignmentDescription) -> None:
    file.connection.execute(
        "INSERT INTO basis (uuid, seen, made_at) VALUES (?, ?, ?)",
        (about.uuid, about.seen, about.made_at),
    )
    file.connection.execute(
        "INSERT INTO assignment (uuid, device, number, surveyor, villages, layers, made_at, "
        "records, description) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        about.row(),
    )
    file.log("assign", record=about.uuid, detail=f"{about.device} {', '.join(about.villages)}")

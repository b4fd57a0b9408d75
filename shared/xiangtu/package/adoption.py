"""Taking an assignment in on the tablet: the first makes the survey file, later ones are merged.

Rows are copied out of the assignment; its database never becomes the tablet's. What the tablet
changed and the county has not seen stays: unit by unit the tablet's own value is kept, and where
the county changed the same unit to something else, that is noted in table `conflict`.
"""

from __future__ import annotations

import contextlib
import json
import shutil
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from .. import store
from ..catalogue import Catalogue
from ..errors import BadFile, BadPackage, Cancelled, RefusedSignature
from ..geo import zones
from ..sealing import age, keys
from ..store import geoid_grids, places
from ..store.seen import Seen
from . import container, county_catalogue, county_geoid
from . import tablet as tablets
from .description import AssignmentDescription, from_json
from .doubtful_database import open_doubtful
from .row_copying import columns_of, copy_rows
from .work_in_progress import WorkInProgress

Progress = Callable[[float, str], bool | None] | None
_DATABASE = "records.sqlite"
_BASEMAP = "basemap.mbtiles"
#: Keys of table meta that an assignment sets: the county's signing key, met the first time; the
#: campaign that new records belong to; the basemap's path in the tablet's folder.
COUNTY_KEY, CAMPAIGN, BASEMAP = "county_signing_key", "campaign", "basemap"
_TABLES = ("finding", "number_range", "person")


@dataclass(frozen=True)
class AdoptionSummary:
    """What an assignment brought. `kept` records have work that the county has not seen;
    `conflicts` of them were changed at the county too. `catalogue_differs` when the county uses
    another catalogue: fields that this tablet does not know were left out. `geoid_grid` is the
    label of the geoid grid that holds on the tablet from now on, None if it has none."""

    uuid: str
    number: int
    surveyor: str
    villages: tuple[str, ...]
    counts: dict[str, int]
    first: bool
    already: bool = False
    written: int = 0
    removed: int = 0
    kept: int = 0
    conflicts: int = 0
    findings: int = 0
    catalogue_differs: bool = False
    geoid_grid: str | None = None


def adopt(
    tablet_dir: Path | str,
    xta_path: Path | str,
    progress: Progress = None,
) -> AdoptionSummary:
    """Take an assignment (.xta) into a tablet's folder.

    Raises
    ------
    BadPackage
        What container and bag refuse; "assignment.other_tablet", "assignment.other_county",
        "assignment.older" than the newest that was taken in, "assignment.other_crs",
        "assign.crs" for a county CRS that tablets cannot compute in, "assignment.tablet_behind",
        "assignment.catalogue" if the county's own catalogue does not load here,
        "assignment.geoid" if its geoid grid is none.
    RefusedSignature
        Not signed by the county that gave the first assignment.
    """
    tablet, path = tablets.load(tablet_dir), Path(xta_path)
    _step(progress, 0.0, "adopt.opening")
    header = container.read_header(path, "assignment")
    if header.device != tablet.device_id:
        raise BadPackage(
            "assignment.other_tablet", path=path, found=header.device, expected=tablet.device_id
        )
    with contextlib.ExitStack() as stack:
        survey = stack.enter_context(tablet.survey()) if tablet.survey_path.exists() else None
        known = keys.from_text(survey.meta[COUNTY_KEY], 32) if survey is not None else None
        bag, folder = stack.enter_context(
            container.unsealed(path, "assignment", tablet.secret.identity)
        )
        # The first assignment says which county this is; from then on it must be the same.
        signing_key = known or bag.claimed_key()
        if signing_key is None:
            raise RefusedSignature("package.wrong_signature", path=path)
        bag.verify(signing_key)
        names = bag.extract(folder)
        for name in (container.DESCRIPTION, _DATABASE):
            if name not in names:
                raise BadPackage("package.incomplete", path=path, name=name)
        about = from_json(
            AssignmentDescription, (folder / container.DESCRIPTION).read_bytes(), path
        )
        container.check_inside(header, about, path)
        seen = _checked(about, path)
        _step(progress, 0.2, "adopt.reading")
        known_catalogue = county_catalogue.handed_out(folder / _DATABASE, path)
        catalogue_moves = county_catalogue.taking_place(tablet.survey_path, folder / _DATABASE)
        if survey is not None and _check_chain(survey, about, path):
            _take_geoid(tablet, about, names, folder, path)
            with catalogue_moves as move:
                move()
            return _already(about, survey)
        source = stack.enter_context(
            contextlib.closing(
                open_doubtful(folder / _DATABASE, {*known_catalogue.layers, *_TABLES}, path)
            )
        )
        _check_tables(source, known_catalogue, path)
        basemap = _take_basemap(tablet, names.get(_BASEMAP), folder / _BASEMAP)
        _step(progress, 0.4, "adopt.writing")
        _check_not_behind(survey, tablet.device_id, seen, path)
        _take_geoid(tablet, about, names, folder, path)
        taking = _Taking(about, seen, source, basemap, keys.to_text(signing_key))
        try:
            with catalogue_moves as move:
                if survey is None:
                    summary = _first(tablet, known_catalogue, taking, move)
                else:
                    with survey.atomic():
                        if survey.catalogue.version != known_catalogue.version:
                            survey.follow(known_catalogue)
                        summary = taking.into(survey, first=False)
                        move()
        except sqlite3.Error as fault:
            # What the tablet's own file says of itself has been put into words by the store.
            raise BadPackage("package.database", path=path, reason=str(fault)) from fault
    _step(progress, 1.0, "adopt.done")
    return summary


def assigned_villages(survey: store.SurveyFile) -> frozenset[str]:
    """Codes of the villages that a tablet was given work in: a later assignment adds to an earlier
    one, so none is ever taken back."""
    rows = survey.connection.execute("SELECT villages FROM assignment")
    return frozenset(village for (text,) in rows for village in json.loads(text))


def _step(progress: Progress, fraction: float, code: str) -> None:
    if progress is not None and progress(fraction, code) is False:
        raise Cancelled("adopt.cancelled")


def _checked(about: AssignmentDescription, path: Path) -> Seen:
    """What the county had seen, once the description can be worked with."""
    if zones.zone_of_srid(about.srid) is None:
        raise BadPackage("assign.crs", srid=about.srid, path=path)
    try:
        age.check_recipient(about.recipient)
        return Seen.from_json(about.seen)
    except (BadFile, ValueError) as fault:
        raise BadPackage("package.description", path=path, field="recipient") from fault


def _check_chain(survey: store.SurveyFile, about: AssignmentDescription, path: Path) -> bool:
    """Whether this very assignment was taken in before; refuses one that does not fit."""
    if survey.meta["county"] != about.county:
        raise BadPackage(
            "assignment.other_county",
            path=path,
            found=about.county,
            expected=survey.meta["county"],
        )
    if survey.srid != about.srid:
        raise BadPackage("assignment.other_crs", path=path, found=about.srid, expected=survey.srid)
    uuid, number = survey.connection.execute(
        "SELECT uuid, number FROM assignment ORDER BY number DESC LIMIT 1"
    ).fetchone()
    if about.uuid == uuid:
        return True
    if about.number <= number:
        raise BadPackage("assignment.older", path=path, number=about.number, newest=number)
    return False


def _check_tables(source: sqlite3.Connection, catalogue: Catalogue, path: Path) -> None:
    """Every table that is there has the column that tells its records apart."""
    for name in catalogue.layers:
        columns = columns_of(source, name)
        if columns and "uuid" not in columns:
            raise BadPackage(
                "package.database_table", path=path, name=f"{name}.uuid", reason="reason.missing"
            )


def _check_not_behind(survey: store.SurveyFile | None, device: str, seen: Seen, path: Path) -> None:
    """A tablet whose file was lost or put back from a copy would give numbers away twice."""
    last = 0
    if survey is not None:
        (last,) = survey.connection.execute(
            "SELECT coalesce(max(number), 0) FROM change WHERE device = ?", (device,)
        ).fetchone()
    if seen.highest.get(device, 0) > last:
        raise BadPackage(
            "assignment.tablet_behind", path=path, county=seen.highest[device], tablet=last
        )


def _already(about: AssignmentDescription, survey: store.SurveyFile) -> AdoptionSummary:
    return AdoptionSummary(
        about.uuid,
        about.number,
        about.surveyor,
        about.villages,
        dict(about.counts),
        first=False,
        already=True,
        geoid_grid=_geoid_of(survey),
    )


def _geoid_of(survey: store.SurveyFile) -> str | None:
    holding = geoid_grids.held(survey.meta)
    return holding.label if holding else None


def _take_geoid(
    tablet: tablets.Tablet,
    about: AssignmentDescription,
    names: Mapping[str, str],
    folder: Path,
    path: Path,
) -> None:
    """Put the geoid grid beside the survey file, where it waits until it holds."""
    if about.geoid is not None:
        name = county_geoid.FILE_NAME
        county_geoid.take(tablet.folder, about.geoid, names.get(name), folder / name, path)


def _take_basemap(tablet: tablets.Tablet, sha256: str | None, source: Path) -> str | None:
    """Put the basemap under its hash, so that one in use is never written over."""
    if sha256 is None:
        return None
    name = f"basemap/{sha256[:16]}.mbtiles"
    target = tablet.folder / name
    if not target.exists():
        target.parent.mkdir(exist_ok=True)
        with places.new_file(target) as temporary:
            shutil.copyfile(source, temporary)
    return name


def _first(
    tablet: tablets.Tablet, catalogue: Catalogue, taking: _Taking, move: Callable[[], None]
) -> AdoptionSummary:
    """Make the survey file, whole or not at all."""
    about = taking.about
    with (
        places.new_file(tablet.survey_path) as temporary,
        store.create(
            temporary,
            catalogue,
            about.srid,
            role="tablet",
            county=about.county,
            name=about.county_name,
            recipient=about.recipient,
            device=tablet.device_id,
        ) as survey,
    ):
        summary = taking.into(survey, first=True)
        move()
    return summary


@dataclass(frozen=True)
class _Taking:
    """One assignment on its way into a survey file."""

    about: AssignmentDescription
    seen: Seen
    source: sqlite3.Connection
    basemap: str | None
    county_key: str

    def into(self, survey: store.SurveyFile, *, first: bool) -> AdoptionSummary:
        about = self.about
        with survey.atomic(quiet=True):
            work = WorkInProgress(survey, self.source, about, self.seen)
            if first:
                self._copy_all(survey)
            else:
                work.merge()
            findings = self._copy_tables(survey.connection)
            self._record(survey)
            survey.sign_in(author=about.surveyor, device=survey.meta["device"], basis=about.uuid)
        survey.refresh_derived()
        return AdoptionSummary(
            about.uuid,
            about.number,
            about.surveyor,
            about.villages,
            dict(about.counts),
            first=first,
            written=sum(about.counts.values()) if first else work.written,
            removed=work.removed,
            kept=work.kept,
            conflicts=work.conflicts,
            findings=findings,
            catalogue_differs=about.catalogue != survey.catalogue.version,
            geoid_grid=_geoid_of(survey),
        )

    def _copy_all(self, survey: store.SurveyFile) -> None:
        for layer in self._layers(survey):
            copy_rows(self.source, survey.connection, layer)

    def _layers(self, survey: store.SurveyFile) -> Iterator[str]:
        for layer in survey.catalogue.layers:
            if columns_of(self.source, layer):
                yield layer

    def _copy_tables(self, target: sqlite3.Connection) -> int:
        """Findings, number ranges and people are the county's to say; returns the findings."""
        target.execute("DELETE FROM finding")
        findings = copy_rows(self.source, target, "finding")
        for table in ("number_range", "person"):
            copy_rows(self.source, target, table, verb="INSERT OR REPLACE")
        return findings

    def _record(self, survey: store.SurveyFile) -> None:
        about, connection = self.about, survey.connection
        connection.execute(
            "INSERT OR IGNORE INTO basis (uuid, seen, made_at) VALUES (?, ?, ?)",
            (about.uuid, about.seen, about.made_at),
        )
        connection.execute(
            "INSERT INTO assignment (uuid, device, number, surveyor, villages, layers, made_at, "
            "records, description) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            about.row(),
        )
        survey.meta["recipient"] = about.recipient
        survey.meta["name"] = about.county_name
        survey.meta[COUNTY_KEY] = self.county_key
        if about.campaign is not None:
            survey.meta[CAMPAIGN] = about.campaign
        if about.geoid is not None:
            geoid_grids.hold(survey, about.geoid)
        if self.basemap is not None:
            survey.meta[BASEMAP] = self.basemap

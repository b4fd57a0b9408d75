"""County files, survey packages and GeoPackages to measure with, made once and kept in .cache."""

from __future__ import annotations

import hashlib
import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import shapely
from osgeo import gdal, ogr, osr
from xiangtu import catalogue, store
from xiangtu.package import adoption, assignment, enrolment, survey_package, tablet
from xiangtu.sealing import keys

from . import terraces
from .changes import KINDS, MIXED, Change, Plan

ROOT = Path(__file__).resolve().parents[1]
Say = Callable[[str], None]
_INSERTED_AT_ONCE = 20_000


@dataclass(frozen=True)
class Files:
    """What belongs to one size of county: county.sqlite, its key, parcels.gpkg, packages."""

    folder: Path
    packages: Path
    parcels: int
    teams: int
    changes: int

    @property
    def county(self) -> Path:
        return self.folder / "county.sqlite"

    @property
    def geopackage(self) -> Path:
        return self.folder / "parcels.gpkg"

    def plan(self, kind: str) -> Plan:
        """Who changes what, when all teams do work of that kind."""
        return Plan(kind, self.parcels, self.teams, self.changes)

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds of work that this county has parcels enough for."""
        return tuple(kind for kind in KINDS if self.plan(kind).fits)

    def package(self, kind: str, team: int) -> Path:
        """The package of a team, from 0."""
        return self.packages / f"{kind}{team}.xtp"

    @property
    def identity(self) -> str:
        """The county's secret key."""
        return keys.county_identity(self.county)

    def changes_of_teams(self, kind: str) -> list[list[Change]]:
        """What each team changed, one after the other."""
        plan = self.plan(kind)
        with store.open(self.county, readonly=True) as file:
            return [plan.of_team(file, team) for team in range(self.teams)]


def prepare(cache: Path, parcels: int, teams: int, changes: int, say: Say) -> Files:
    """The files for a county of that size, from the cache or made now."""
    folder = cache / f"{parcels}-{teams}x{changes}-{county_made_by()}"
    files = Files(folder, folder / f"packages-{packages_made_by()}", parcels, teams, changes)
    if folder.is_dir():
        prepare_packages(files, MIXED, say)
        return files
    for stale in cache.glob(f"{parcels}-{teams}x{changes}-*"):
        shutil.rmtree(stale)
    cache.mkdir(parents=True, exist_ok=True)
    # A folder of this run's own: two runs at once must not build in one another's.
    with TemporaryDirectory(dir=cache, prefix=".building-") as building:
        made = replace(files, folder=Path(building) / "files")
        made.folder.mkdir()
        make_county(made.county, parcels, say)
        say(f"{parcels:,} parcels: GeoPackage")
        _make_geopackage(made)
        if not folder.is_dir():
            made.folder.rename(folder)
    prepare_packages(files, MIXED, say)
    return files


def prepare_packages(files: Files, kind: str, say: Say) -> None:
    """The teams' packages of a kind of changes, those that are not there yet."""
    for stale in set(files.folder.glob("packages-*")) - {files.packages}:
        shutil.rmtree(stale)
    files.packages.mkdir(exist_ok=True)
    for team in range(files.teams):
        if not files.package(kind, team).exists():
            say(f"{files.parcels:,} parcels: package {team + 1} of {files.teams}, {kind}")
            _make_package(files, kind, team)


def county_made_by() -> str:
    """What the kept county files are a result of, as a hash; they are made again when it changes.

    That is the bench's own modules, and the tables and triggers of a county file: other work on
    the program leaves the same files, and three million parcels are minutes.
    """
    digest = _sources("bench/terraces.py", "bench/changes.py", "bench/county_files.py")
    with TemporaryDirectory() as folder, _new_county(Path(folder) / "county.sqlite") as file:
        for (sql,) in file.connection.execute("SELECT sql FROM sqlite_master ORDER BY name"):
            digest.update(str(sql).encode())
    return digest.hexdigest()[:12]


def tablet_made_by() -> str:
    """The same of a kept tablet."""
    return (
        county_made_by()
        + _sources("bench/tablet_files.py", "shared/xiangtu/package/*.py").hexdigest()[:8]
    )


def packages_made_by() -> str:
    """The same of the kept packages, of which ten are made in seconds."""
    return _sources("shared/xiangtu/package/*.py", "shared/xiangtu/sealing/*.py").hexdigest()[:12]


def _sources(*patterns: str) -> hashlib._Hash:
    digest = hashlib.sha256()
    for pattern in patterns:
        for path in sorted(ROOT.glob(pattern)):
            digest.update(path.read_bytes())
    return digest


def _new_county(path: Path) -> store.SurveyFile:
    return store.create(
        path,
        catalogue.load(),
        terraces.SRID,
        role="county",
        county=terraces.COUNTY,
        name="测试县",
        recipient=keys.make_county_key(path),
    )


def make_county(county: Path, parcels: int, say: Say) -> None:
    """Villages and parcels, by the same inserts as an import, so journalled like one."""
    land = terraces.make(parcels)
    with _new_county(county) as file:
        file.sign_in(author="bench")
        villages = [{"code": code, "village": code, "name": code} for code in land.village_codes]
        file.insert_many("village", villages, land.villages())
        for start in range(0, parcels, _INSERTED_AT_ONCE):
            say(f"{parcels:,} parcels: county file {100 * start // parcels} %")
            end = min(parcels, start + _INSERTED_AT_ONCE)
            rows = [_parcel(number) for number in range(start, end)]
            file.insert_many("farmland", rows, land.parcels(start, end))


def _parcel(number: int) -> dict[str, str]:
    block, within = divmod(number, terraces.PER_VILLAGE)
    village = terraces.village_code(block)
    return {
        "code": f"{village}{2:02d}{within + 1:05d}",
        "village": village,
        "name": f"梯田{number + 1}",
        "land_use": "0103",
        "state": "accepted",
    }


def _make_package(files: Files, kind: str, team: int) -> None:
    """A tablet of its own: enrolled, handed a village, edited, packed."""
    plan = files.plan(kind)
    with TemporaryDirectory(dir=files.folder) as folder:
        work = Path(folder)
        device = tablet.start(work / "tablet", f"team {team + 1}")
        with store.open(files.county) as file:
            file.sign_in(author="bench")
            enrolment.enrol(file, device.card)
            assignment.assign(
                file,
                work / "out.xta",
                device.device_id,
                f"team {team + 1}",
                [plan.village(team)],
                ["village", "farmland"],
            )
            changes = plan.of_team(file, team)
        adoption.adopt(work / "tablet", work / "out.xta")
        with device.survey() as survey:
            survey.sign_in(author=f"team {team + 1}", device=device.device_id)
            with survey.atomic():
                for each in changes:
                    if each.geometry is None:
                        survey.update("farmland", each.uuid, each.values)
                    else:
                        survey.update("farmland", each.uuid, each.values, each.geometry)
        survey_package.pack(work / "tablet", work / "packed.xtp")
        (work / "packed.xtp").rename(files.package(kind, team))


def _make_geopackage(files: Files) -> None:
    """The same parcels with the same columns of text, as Mergin and others keep them."""
    gdal.UseExceptions()
    ogr.UseExceptions()
    dataset = gdal.GetDriverByName("GPKG").Create(str(files.geopackage), 0, 0, 0, gdal.GDT_Unknown)
    reference = osr.SpatialReference()
    reference.ImportFromEPSG(terraces.SRID)
    layer = dataset.CreateLayer("farmland", reference, ogr.wkbMultiPolygon)
    columns = ("uuid", "village", "code", "name", "land_use", "state", "planting", "crop")
    for name in columns:
        layer.CreateField(ogr.FieldDefn(name, ogr.OFTString))
    dataset.StartTransaction()
    with store.open(files.county, readonly=True) as file:
        for start in range(0, files.parcels, _INSERTED_AT_ONCE):
            values, shapes = file.arrays(
                "farmland", columns, "fid > ? AND fid <= ?", (start, start + _INSERTED_AT_ONCE)
            )
            for row, wkb in zip(
                zip(*(values[name].tolist() for name in columns), strict=True),
                shapely.to_wkb(shapes).tolist(),
                strict=True,
            ):
                feature = ogr.Feature(layer.GetLayerDefn())
                for index, value in enumerate(row):
                    if value is not None:
                        feature.SetField(index, value)
                feature.SetGeometryDirectly(ogr.CreateGeometryFromWkb(wkb))
                layer.CreateFeature(feature)
    dataset.CommitTransaction()
    layer = dataset = None
    with sqlite3.connect(files.geopackage) as connection:
        connection.execute("CREATE UNIQUE INDEX farmland_uuid ON farmland (uuid)")


@contextmanager
def copied(files: Files) -> Iterator[Files]:
    """A copy of the county file (with its key) that a measurement may change."""
    with TemporaryDirectory(dir=files.folder.parent, prefix=".measured-") as folder:
        for path in (files.county, keys.county_key_path(files.county)):
            shutil.copy(path, folder)
        # Else what is measured waits for gigabytes of the copy to reach the disk.
        os.sync()
        yield replace(files, folder=Path(folder))

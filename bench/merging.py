"""Ten teams' changes into one county: our merge, plain journalled writes, pygeodiff."""

from __future__ import annotations

import os
import shutil
import sqlite3
import time
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import pygeodiff
import shapely
from osgeo import gdal, ogr
from xiangtu import store
from xiangtu.geo import blobs
from xiangtu.merge import plan
from xiangtu.store import spatial_functions

from . import terraces
from .changes import Change
from .county_files import Files, Say, copied


@dataclass(frozen=True)
class MergeTimes:
    """Seconds for all packages into a county of `parcels`."""

    parcels: int
    ours_s: float
    plain_s: float
    geodiff_s: float


def measure(files: Files, say: Say) -> MergeTimes:
    """All three, one after the other, each from a fresh copy."""
    changes = [files.changes_of(team) for team in range(files.teams)]
    say(f"{files.parcels:,} parcels: plain journalled writes")
    plain_s = _plain(files, changes)
    say(f"{files.parcels:,} parcels: merge")
    ours_s = _ours(files)
    say(f"{files.parcels:,} parcels: pygeodiff")
    geodiff_s = _geodiff(files, changes, say)
    return MergeTimes(files.parcels, ours_s, plain_s, geodiff_s)


def _ours(files: Files) -> float:
    identity = files.identity
    with copied(files) as copy, store.open(copy.county) as file:
        file.sign_in(author="bench")
        start = time.perf_counter()
        for team in range(files.teams):
            report = plan.merge(file, files.package(team), identity, author="bench")
            if report.updated != files.changes or report.held or report.conflicts:
                raise RuntimeError(f"package {team + 1} was not merged whole: {report}")
        return time.perf_counter() - start


def _plain(files: Files, changes: list[list[Change]]) -> float:
    """UPDATEs by the standard library, a transaction a package; the same triggers journal them."""
    statements = [[_statement(change) for change in of_team] for of_team in changes]
    with copied(files) as copy:
        connection = sqlite3.connect(copy.county, isolation_level=None)
        spatial_functions.register(connection)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
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


def _geodiff(files: Files, changes: list[list[Change]], say: Say) -> float:
    """Each team's GeoPackage against the base: create_changeset, rebase on what came before, apply.

    Copying and editing the GeoPackages is not counted.
    """
    tool = pygeodiff.GeoDiff()
    seconds = 0.0
    with TemporaryDirectory(dir=files.folder.parent) as folder:
        work = Path(folder)
        master, theirs = work / "master.gpkg", work / "theirs.diff"
        shutil.copy(files.geopackage, master)
        for team, of_team in enumerate(changes):
            say(f"{files.parcels:,} parcels: pygeodiff, package {team + 1}")
            edited = work / "edited.gpkg"
            shutil.copy(files.geopackage, edited)
            _edit(edited, of_team)
            os.sync()
            own, rebased = work / f"own{team}.diff", work / f"rebased{team}.diff"
            start = time.perf_counter()
            tool.create_changeset(str(files.geopackage), str(edited), str(own))
            if team == 0:
                shutil.copy(own, rebased)
            else:
                tool.create_rebased_changeset(
                    str(files.geopackage),
                    str(edited),
                    str(theirs),
                    str(rebased),
                    str(work / f"conflicts{team}.json"),
                )
            tool.apply_changeset(str(master), str(rebased))
            parts = [str(work / f"rebased{each}.diff") for each in range(team + 1)]
            if len(parts) == 1:
                shutil.copy(parts[0], theirs)
            else:
                tool.concat_changes(parts, str(theirs))
            seconds += time.perf_counter() - start
            edited.unlink()
    return seconds


def _edit(path: Path, changes: list[Change]) -> None:
    gdal.UseExceptions()
    ogr.UseExceptions()
    dataset = gdal.OpenEx(str(path), gdal.OF_VECTOR | gdal.OF_UPDATE)
    layer = dataset.GetLayer(0)
    known = {layer.GetLayerDefn().GetFieldDefn(at).GetName() for at in range(8)}
    dataset.StartTransaction()
    for change in changes:
        layer.SetAttributeFilter(f"uuid = '{change.uuid}'")
        feature = layer.GetNextFeature()
        for name, value in change.values.items():
            if name in known:
                feature.SetField(name, value)
        if change.geometry is not None:
            feature.SetGeometry(ogr.CreateGeometryFromWkb(shapely.to_wkb(change.geometry)))
        layer.SetFeature(feature)
    dataset.CommitTransaction()
    layer = dataset = None

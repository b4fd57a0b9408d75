"""Changes of ten teams into one GeoPackage by pygeodiff, as Mergin Maps does it."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import pygeodiff
import shapely
from osgeo import gdal, ogr

from .changes import MIXED, Change
from .county_files import Files, Say


def seconds(files: Files, say: Say) -> float:
    """Each team's GeoPackage against the base: create_changeset, rebase on what came before, apply.

    Copying and editing the GeoPackages is not counted.
    """
    tool = pygeodiff.GeoDiff()
    total_s = 0.0
    with TemporaryDirectory(dir=files.folder.parent, prefix=".measured-") as folder:
        work = Path(folder)
        master, theirs = work / "master.gpkg", work / "theirs.diff"
        shutil.copy(files.geopackage, master)
        for team, changes in enumerate(files.changes_of_teams(MIXED)):
            say(f"{files.parcels:,} parcels: pygeodiff, package {team + 1}")
            edited = work / "edited.gpkg"
            shutil.copy(files.geopackage, edited)
            _edit(edited, changes)
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
            total_s += time.perf_counter() - start
            edited.unlink()
    return total_s


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

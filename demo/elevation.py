"""The terrain as a raster that QGIS shades beneath the map."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from osgeo import gdal, osr

from .terrain import CELL_M, Terrain


def write_elevation(terrain: Terrain, srid: int, path: Path) -> None:
    """A GeoTIFF of heights in metres, north up."""
    gdal.UseExceptions()
    rows, columns = terrain.height_m.shape
    options = ["COMPRESS=DEFLATE", "PREDICTOR=3", "TILED=YES"]
    raster = gdal.GetDriverByName("GTiff").Create(
        str(path), columns, rows, 1, gdal.GDT_Float32, options
    )
    top = float(terrain.y[-1]) + CELL_M / 2
    raster.SetGeoTransform((float(terrain.x[0]) - CELL_M / 2, CELL_M, 0, top, 0, -CELL_M))
    reference = osr.SpatialReference()
    reference.ImportFromEPSG(srid)
    raster.SetProjection(reference.ExportToWkt())
    raster.GetRasterBand(1).WriteArray(terrain.height_m[::-1].astype(np.float32))
    raster.FlushCache()

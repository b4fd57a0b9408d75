"""GDAL with exceptions on and nothing on the terminal, for the length of a block.

Both switches are the process's, which QGIS and its other plugins share, so they are put back.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from osgeo import gdal, ogr, osr


@contextmanager
def gdal_session() -> Iterator[list[str]]:
    """Yield a list that collects GDAL's warnings; its errors are raised as RuntimeError."""
    warnings: list[str] = []

    def collect(_severity: int, _number: int, message: str) -> None:
        if message not in warnings:
            warnings.append(message)

    modules = (gdal, ogr, osr)
    before = [module.GetUseExceptions() for module in modules]
    gdal.PushErrorHandler(collect)
    for module in modules:
        module.UseExceptions()
    try:
        yield warnings
    finally:
        for module, used in zip(modules, before, strict=True):
            if not used:
                module.DontUseExceptions()
        gdal.PopErrorHandler()

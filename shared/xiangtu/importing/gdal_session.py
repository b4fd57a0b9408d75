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

    def collect(severity: int, _number: int, message: str) -> None:
        if severity == gdal.CE_Warning and message not in warnings:
            warnings.append(message)

    gdal.PushErrorHandler(collect)
    # Each switch is a handler on the same stack as ours, so they go in reverse.
    switched = [module for module in (gdal, ogr, osr) if not module.GetUseExceptions()]
    for module in switched:
        module.UseExceptions()
    try:
        yield warnings
    finally:
        for module in reversed(switched):
            module.DontUseExceptions()
        gdal.PopErrorHandler()

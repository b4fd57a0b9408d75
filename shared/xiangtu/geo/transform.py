"""Any CRS to the county's, through PROJ. County only: the tablet has gauss_kruger."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pyproj
import shapely
from numpy.typing import ArrayLike, NDArray

from ..errors import BadInput


def crs_of(crs: int | str) -> pyproj.CRS:
    """The CRS of an EPSG code or of WKT; BadInput("crs.unknown") if PROJ knows none."""
    try:
        return pyproj.CRS.from_user_input(crs)
    except pyproj.exceptions.CRSError:
        raise BadInput("crs.unknown", crs=str(crs)[:80]) from None


def require_metric(srid: int) -> None:
    """BadInput("crs.not_metric") unless the CRS is projected with metres on both axes."""
    crs = crs_of(srid)
    metres = all(axis.unit_conversion_factor == 1 for axis in crs.axis_info)
    if not crs.is_projected or not metres:
        raise BadInput("crs.not_metric", srid=srid, name=crs.name)


def mover(
    source: int | str, target: int | str
) -> Callable[[NDArray[np.float64]], NDArray[np.float64]] | None:
    """A function that brings (n, 2) positions from one CRS to another, None if they are the same.

    x is always east or longitude, y north or latitude, whatever the CRS declares. What cannot be
    brought over comes back as infinite. BadInput("crs.unknown").
    """
    from_crs, to_crs = crs_of(source), crs_of(target)
    if from_crs.equals(to_crs, ignore_axis_order=True):
        return None
    transformer = pyproj.Transformer.from_crs(from_crs, to_crs, always_xy=True)

    def move(xy: NDArray[np.float64]) -> NDArray[np.float64]:
        if len(xy) == 1:
            # pyproj takes an array of one for a number, by a way that numpy deprecates.
            return np.array([transformer.transform(*xy[0].tolist())])
        return np.column_stack(transformer.transform(xy[:, 0], xy[:, 1]))

    return move


def transformed(
    geometries: ArrayLike | Sequence[Any], source: int | str, srid: int
) -> NDArray[np.object_]:
    """Geometries in XY brought from a CRS (EPSG code or WKT) to that of `srid`.

    x is always east or longitude, y north or latitude, whatever the CRS declares. None stays
    None. BadInput("crs.outside", crs, srid, index) if a position cannot be brought over.
    """
    geoms = shapely.force_2d(np.asarray(geometries, dtype=object).ravel())
    move = mover(source, srid)
    if move is None:
        return geoms
    coordinates, owner = shapely.get_coordinates(geoms, return_index=True)
    moved = move(coordinates)
    outside = ~np.isfinite(moved).all(axis=1)
    if outside.any():
        index = int(owner[np.argmax(outside)])
        raise BadInput("crs.outside", crs=crs_of(source).name, srid=srid, index=index)
    return shapely.set_coordinates(geoms.copy(), moved)
